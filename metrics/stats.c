/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats.h"

#include "metrics/stats_special.h"

#include <assert.h>
#include <math.h>

double rkb_mean(const double *values, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return n ? sum / (double)n : NAN;
}

/* p * n / 100 rather than p / 100 * n: the latter makes 7 % of 100 values the
 * eighth, because 0.07 * 100 is a little above 7. */
static size_t nearest_rank(size_t n, double p)
{
    double rank = ceil(p * (double)n / 100);

    return rank < 1 ? 1 : (size_t)rank;
}

double rkb_percentile(const double *sorted, size_t n, double p)
{
    assert(n > 0 && p >= 0 && p <= 100);
    return sorted[nearest_rank(n, p) - 1];
}

/* The smallest it can be has the bounds for values, the largest has none of
 * those values at all below it. */
struct rkb_bounded rkb_percentile_bounded(const double *known, size_t n,
                                          const double *bounds, size_t n_bounds,
                                          double p)
{
    size_t rank = nearest_rank(n + n_bounds, p), i = 0, k = 0;
    double least = 0;

    assert(n + n_bounds > 0 && p >= 0 && p <= 100);
    while (i + k < rank)
        if (k == n_bounds || (i < n && known[i] <= bounds[k]))
            least = known[i++];
        else
            least = bounds[k++];
    return (struct rkb_bounded){ least, rank > n || known[rank - 1] > least };
}

size_t rkb_percentile_needs(double p)
{
    size_t n = 1;

    for (double below = p / 100; below >= 0.05; below *= p / 100)
        n++;
    return n;
}

/* The percentile lies below the r-th value unless fewer than r of n values
 * are below it. The number below it is binomial, so the lower end is the
 * largest r with P(B < r) <= alpha / 2, the upper one the smallest r with
 * P(B >= r) <= alpha / 2. */
struct rkb_rank_interval rkb_percentile_interval(size_t n, double p,
                                                 double alpha)
{
    struct rkb_rank_interval r = { 0 };
    size_t first = 1, last = n;

    assert(p > 0 && p < 100 && alpha > 0 && alpha < 1);
    while (first <= last) { /* P(B < r) grows with r */
        size_t rank = first + (last - first) / 2;

        if (rkb_binomial_below((long)rank - 1, n, p / 100) <= alpha / 2) {
            r.lo = rank;
            first = rank + 1;
        } else {
            last = rank - 1;
        }
    }
    first = 1;
    last = n;
    while (first <= last) {
        size_t rank = first + (last - first) / 2;

        if (1 - rkb_binomial_below((long)rank - 1, n, p / 100) <= alpha / 2) {
            r.hi = rank;
            last = rank - 1;
        } else {
            first = rank + 1;
        }
    }
    return r;
}
