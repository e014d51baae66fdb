/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats_special.h"

#include <assert.h>
#include <float.h>
#include <math.h>

/* A continued fraction of this length has converged long before: near x =
 * (a+1)/(a+b+2) it takes about sqrt(max(a, b)) steps. */
enum { MAX_STEPS = 100000, HALVINGS = 200 };

/* lgamma writes a global variable, this one does not. */
static double log_gamma(double x)
{
    int sign;

    return lgamma_r(x, &sign);
}

/* Lentz's way of evaluating 1 / (1 + d1/(1 + d2/(1 + ...))). */
static double fraction(double a, double b, double x)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1), h;

    d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
    h = d;
    for (int m = 1; m < MAX_STEPS; m++) {
        double k = m, even, odd, step;

        even = k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k));
        odd = -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));
        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
        h *= d * (fabs(c) < DBL_MIN ? DBL_MIN : c);
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
        step = d * (fabs(c) < DBL_MIN ? DBL_MIN : c);
        h *= step;
        if (fabs(step - 1) < DBL_EPSILON)
            break;
    }
    return h;
}

/* The logarithm of the smaller of x and y = 1 - x is exact as it is; that of
 * the larger is so by way of the smaller. */
static double log_of(double x, double y)
{
    return x < y ? log(x) : log1p(-y);
}

double rkb_incomplete_beta(double a, double b, double x, double y)
{
    assert(a > 0 && b > 0 && x >= 0 && y >= 0);
    if (x <= 0)
        return 0;
    if (y <= 0)
        return 1;
    double front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) +
                       a * log_of(x, y) + b * log_of(y, x));

    if (x < (a + 1) / (a + b + 2))
        return front / a * fraction(a, b, x);
    return 1 - front / b * fraction(b, a, y);
}

double rkb_t_two_sided(double t, double df)
{
    double square = t * t;

    assert(df > 0);
    if (isinf(square))
        return 0;
    return rkb_incomplete_beta(df / 2, 0.5, df / (df + square),
                               square / (df + square));
}

double rkb_t_critical(double p, double df)
{
    double low = 0, high = 1;

    assert(p > 0 && p <= 1);
    while (rkb_t_two_sided(high, df) > p)
        high *= 2;
    for (int i = 0; i < HALVINGS && low < high; i++) {
        double middle = low + (high - low) / 2;

        if (rkb_t_two_sided(middle, df) > p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double rkb_normal_below(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

double rkb_normal_quantile(double p)
{
    double low = -40, high = 0;

    assert(p > 0 && p < 1);
    if (p > 0.5)
        return -rkb_normal_quantile(1 - p);
    for (int i = 0; i < HALVINGS && low < high; i++) {
        double middle = low + (high - low) / 2;

        if (rkb_normal_below(middle) < p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double rkb_binomial_below(long k, size_t n, double p)
{
    assert(p >= 0 && p <= 1);
    if (k < 0)
        return 0;
    if ((size_t)k >= n)
        return 1;
    return rkb_incomplete_beta((double)n - (double)k, (double)k + 1, 1 - p, p);
}
