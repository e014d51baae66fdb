/* SPDX-License-Identifier: Apache-2.0 */
/* The distributions that tests and intervals need. Absolute errors are below
 * 1e-12, tails keep nine digits and more. */
#ifndef RKB_METRICS_STATS_SPECIAL_H
#define RKB_METRICS_STATS_SPECIAL_H

#include <stddef.h>

/* I_x(a,b), a and b > 0; `y` is 1 - x, which the caller often knows more
 * exactly than a subtraction would give it.
 * Source: DLMF 8.17.22, the continued fraction, and 8.17.4. */
double rkb_incomplete_beta(double a, double b, double x, double y);

/* P(|T| >= |t|) for Student's t with df > 0 degrees of freedom. */
double rkb_t_two_sided(double t, double df);
/* The t >= 0 with P(|T| >= t) = p, 0 < p <= 1. */
double rkb_t_critical(double p, double df);

/* P(Z <= z) of the standard normal, and its inverse for 0 < p < 1. */
double rkb_normal_below(double z);
double rkb_normal_quantile(double p);

/* P(B <= k) for n trials of probability p in [0,1]; k < 0 gives 0. */
double rkb_binomial_below(long k, size_t n, double p);

#endif
