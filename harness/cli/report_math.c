/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/report_math.h"

#include "metrics/gate_rule.h"
#include "metrics/spec.h"
#include "metrics/stats.h"
#include "metrics/stats_fit.h"
#include "metrics/stats_tests.h"

#include <math.h>

static void mean_interval(const double *values, size_t n, double *lo,
                          double *hi)
{
    struct rkb_t_test t = rkb_t_test(values, n, 0.05);

    *lo = t.lo;
    *hi = t.hi;
}

static void percentile_interval(const double *sorted, size_t n, double p,
                                double *lo, double *hi)
{
    struct rkb_rank_interval i = rkb_percentile_interval(n, p, 0.05);

    *lo = i.lo ? sorted[i.lo - 1] : (double)NAN;
    *hi = i.hi ? sorted[i.hi - 1] : (double)NAN;
}

static bool smaller_is_better(const char *measure)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    struct rkb_measures ms = { 0 };
    struct rkb_err err = { 0 };
    bool yes = false;

    if (!rkb_measures_add(&ms, rkb_sv_of(measure), &rules, &err) && ms.n_slots)
        yes = ms.slots[0].def->smaller_is_better;
    rkb_measures_release(&ms);
    return yes;
}

static void fit_plane(const double *x, const double *y, size_t n,
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

static double percentile_bounded(const double *sorted, size_t n,
                                 const double *bounds, size_t n_bounds,
                                 double p, bool *at_least)
{
    struct rkb_bounded b =
        rkb_percentile_bounded(sorted, n, bounds, n_bounds, p);

    *at_least = b.at_least;
    return b.value;
}

const struct rkb_report_math rkb_report_math = {
    .percentile = rkb_percentile,
    .percentile_bounded = percentile_bounded,
    .percentile_interval = percentile_interval,
    .percentile_needs = rkb_percentile_needs,
    .sd = rkb_sd,
    .interval = mean_interval,
    .smaller_is_better = smaller_is_better,
    .outside_band = rkb_outside_band,
    .fit = fit_plane,
};
