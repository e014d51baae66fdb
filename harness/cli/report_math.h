/* SPDX-License-Identifier: Apache-2.0 */
/* The definitions of metrics/ that reports get handed in. */
#ifndef RKB_HARNESS_CLI_REPORT_MATH_H
#define RKB_HARNESS_CLI_REPORT_MATH_H

#include "reports/report.h"

extern const struct rkb_report_math rkb_report_math;

#endif
