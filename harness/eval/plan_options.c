/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/plan.h"

const struct rkb_opt rkb_plan_options[] = {
#include "harness/eval/plan_options.def"
    { 0 },
};
