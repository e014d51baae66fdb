/* SPDX-License-Identifier: Apache-2.0 */
/* metrics/stats_fit.h as reports take it. */
#ifndef RKB_HARNESS_CLI_FIT_CALLS_H
#define RKB_HARNESS_CLI_FIT_CALLS_H

#include "reports/report.h"

/* The `fit` of struct rkb_report_math. */
void rkb_fit_calls(const double *x, const double *y, size_t n,
                   const double at[2], struct rkb_report_fit *out);

#endif
