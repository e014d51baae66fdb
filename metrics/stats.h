/* SPDX-License-Identifier: Apache-2.0 */
/* Summaries of samples. */
#ifndef RKB_METRICS_STATS_H
#define RKB_METRICS_STATS_H

#include <stddef.h>

/* Added from first to last, then divided; NaN for n = 0. */
double rkb_mean(const double *values, size_t n);

/* p in [0,100]; `sorted` holds n >= 1 ascending values in any unit.
 * Nearest rank: element ceil(p/100 * n), at least the first; no interpolation.
 * Source: Hyndman & Fan 1996, definition 1. */
double rkb_percentile(const double *sorted, size_t n, double p);

#endif
