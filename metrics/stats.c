/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats.h"

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
double rkb_percentile(const double *sorted, size_t n, double p)
{
    double rank;

    assert(n > 0 && p >= 0 && p <= 100);
    rank = ceil(p * (double)n / 100);
    if (rank < 1)
        rank = 1;
    return sorted[(size_t)rank - 1];
}

size_t rkb_percentile_needs(double p)
{
    size_t n = 1;

    for (double below = p / 100; below >= 0.05; below *= p / 100)
        n++;
    return n;
}
