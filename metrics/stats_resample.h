/* SPDX-License-Identifier: Apache-2.0 */
/* Bootstrap intervals: queries are drawn with replacement. Resample i of a
 * seed is the same whoever computes it, so a caller may spread chunks over
 * threads. Source: Efron & Tibshirani 1993, chapters 13 and 14. */
#ifndef RKB_METRICS_STATS_RESAMPLE_H
#define RKB_METRICS_STATS_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* What is resampled: the mean of `a`, or, where `b` is given, the mean of a
 * over the mean of b, with both drawn together (paired by query). */
struct rkb_sample {
    const double *a, *b; /* [n]; b NULL: no ratio */
    size_t n;            /* 1 ... 2^32 - 1 */
};
double rkb_sample_estimate(const struct rkb_sample *s);
/* out[0 .. n-1] = resamples first, ..., first + n - 1. Indices are drawn as 32
 * random bits times n: their bias is below n / 2^32. */
void rkb_resample_chunk(const struct rkb_sample *s, uint64_t seed,
                        uint64_t first, size_t n, double *out);

struct rkb_interval {
    double lo, hi; /* NaN: cannot be told */
};
/* `sorted` holds n >= 1 ascending resamples; percentiles are rkb_percentile's. */
struct rkb_interval rkb_bootstrap_percentile(const double *sorted, size_t n,
                                             double alpha);
/* Corrected for bias and skewness (BCa, Efron 1987), the acceleration from the
 * jackknife. NaN for fewer than two queries, or when all resamples lie on one
 * side of the estimate. Without any spread both ends are the estimate. */
struct rkb_interval rkb_bootstrap_bca(const struct rkb_sample *s,
                                      const double *sorted, size_t n,
                                      double alpha);

#endif
