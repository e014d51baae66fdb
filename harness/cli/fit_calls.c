/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/fit_calls.h"

#include "metrics/stats_fit.h"

void rkb_fit_calls(const double *x, const double *y, size_t n,
                   const double at[2], struct rkb_report_fit *out)
{
    struct rkb_fit f;

    rkb_fit(x, y, n, 2, &f);
    *out = (struct rkb_report_fit){ .n = n, .r2 = f.r2, .sd = f.sd };
    for (int j = 0; j < 3; j++) {
        out->coef[j] = f.coef[j];
        out->se[j] = f.se[j];
    }
    out->at = rkb_fit_at(&f, at, &out->at_se);
}
