/* SPDX-License-Identifier: Apache-2.0 */
/* A plane through points by least squares. */
#ifndef RKB_METRICS_STATS_FIT_H
#define RKB_METRICS_STATS_FIT_H

#include <stdbool.h>
#include <stddef.h>

#define RKB_FIT_MOST 4 /* coefficients, the constant included */

/* y = coef[0] + coef[1] x_1 + ... + coef[k] x_k. A column that is constant, or
 * a combination of those before it, cannot be told apart from them: it has no
 * coefficient (NaN), its share is in theirs, and `separate` is false. Two
 * columns count as the same from a squared correlation of 1 - 1e-9 on. */
struct rkb_fit {
    size_t n, k;
    bool separate;
    double coef[RKB_FIT_MOST];
    double se[RKB_FIT_MOST]; /* standard errors; NaN without residuals left:
                                n at most the number of coefficients */
    double r2; /* 1 - residual / total sum of squares; NaN: y is constant */
    double sd; /* of the residuals: their squares over n less coefficients */
    double mean[RKB_FIT_MOST];                  /* [0] of y, [j] of x_j */
    double inverse[RKB_FIT_MOST][RKB_FIT_MOST]; /* of the centred X'X */
};

/* `x` [n * k] row by row; k < RKB_FIT_MOST. With n = 0 all is NaN.
 * Source: Draper & Smith 1998, chapter 5; centred, so that large counts do not
 * cancel. */
void rkb_fit(const double *x, const double *y, size_t n, size_t k,
             struct rkb_fit *out);

/* The mean of y at `x` [k], and its standard error. NaN unless every column
 * has a coefficient. */
double rkb_fit_at(const struct rkb_fit *f, const double *x, double *se);

#endif
