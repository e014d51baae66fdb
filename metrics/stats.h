/* SPDX-License-Identifier: Apache-2.0 */
/* Summaries of samples. */
#ifndef RKB_METRICS_STATS_H
#define RKB_METRICS_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* Added from first to last, then divided; NaN for n = 0. */
double rkb_mean(const double *values, size_t n);

/* p in [0,100]; `sorted` holds n >= 1 ascending values in any unit.
 * Nearest rank: element ceil(p/100 * n), at least the first; no interpolation.
 * Source: Hyndman & Fan 1996, definition 1. */
double rkb_percentile(const double *sorted, size_t n, double p);

/* Samples that a percentile needs before it is printed: the smallest n for
 * which all n lie below the true percentile with a probability of less than
 * 5 %, (p/100)^n < 0.05. 5 for the median, 29 for p90, 59 for p95, 299 for
 * p99. 0 < p < 100. Source: MLPerf Inference, early stopping. */
size_t rkb_percentile_needs(double p);

/* The same where of some values only a lower bound is known, as of queries that
 * failed after so long. Both arrays ascend; n + n_bounds >= 1. With at_least the
 * percentile is no less than `value`: it depends on what the bounds hide. */
struct rkb_bounded {
    double value;
    bool at_least;
};
struct rkb_bounded rkb_percentile_bounded(const double *known, size_t n,
                                          const double *bounds, size_t n_bounds,
                                          double p);

/* Which of n ascending values bracket the true p-th percentile, whatever the
 * distribution: ranks from 1, 0 = so few values cannot tell. Each end is missed
 * with a probability of at most alpha / 2. 0 < p < 100.
 * Source: Hahn & Meeker 1991, section 5.2. */
struct rkb_rank_interval {
    size_t lo, hi;
};
struct rkb_rank_interval rkb_percentile_interval(size_t n, double p,
                                                 double alpha);

#endif
