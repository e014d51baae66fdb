/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats_tests.h"

#include "metrics/stats.h"
#include "metrics/stats_special.h"

#include <assert.h>
#include <math.h>

#define NEAR 0x1p-40

static double largest(const double *d, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(d[i]));
    return most;
}

double rkb_sd(const double *values, size_t n)
{
    double mean = rkb_mean(values, n), sum = 0;

    if (n < 2)
        return NAN;
    for (size_t i = 0; i < n; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    double sd = sqrt(sum / (double)(n - 1));

    return sd <= NEAR * largest(values, n) ? 0 : sd;
}

struct rkb_t_test rkb_t_test(const double *d, size_t n, double alpha)
{
    struct rkb_t_test r = { NAN, (double)n - 1, NAN, NAN, NAN };
    double mean = rkb_mean(d, n), sd = rkb_sd(d, n);

    if (n < 2 || !(sd > 0))
        return r;
    double error = sd / sqrt((double)n);
    double reach = rkb_t_critical(alpha, r.df) * error;

    r.t = mean / error;
    r.p = rkb_t_two_sided(r.t, r.df);
    r.lo = mean - reach;
    r.hi = mean + reach;
    return r;
}

/* ---- Wilcoxon ------------------------------------------------------------ */

enum { EXACT_RANKS = 50, EXACT_SUMS = EXACT_RANKS * (EXACT_RANKS + 1) / 2 };

/* P(W+ <= w) when each of the ranks 1..n has either sign: subsets of the ranks
 * counted by their sum. Counts stay below 2^50, so doubles hold them exactly. */
static double below_exact(size_t n, size_t w)
{
    double ways[EXACT_SUMS + 1] = { 1 }, sum = 0;

    for (size_t rank = 1; rank <= n; rank++)
        for (size_t s = rank * (rank + 1) / 2; s >= rank; s--)
            ways[s] += ways[s - rank];
    for (size_t s = 0; s <= w; s++)
        sum += ways[s];
    return ldexp(sum, -(int)n);
}

struct rkb_wilcoxon rkb_wilcoxon(const double *by_size, size_t n)
{
    struct rkb_wilcoxon r = { .p = 1 };
    double near = n ? NEAR * fabs(by_size[n - 1]) : 0, ties = 0;
    size_t zeros = 0;

    while (zeros < n && fabs(by_size[zeros]) <= near)
        zeros++;
    by_size += zeros;
    r.n = n - zeros;
    for (size_t i = 0, end; i < r.n; i = end) {
        for (end = i + 1;
             end < r.n && fabs(by_size[end]) - fabs(by_size[i]) <= near; end++)
            ;
        double same = (double)(end - i);
        double rank = (double)(i + 1 + end) / 2;

        ties += same * same * same - same;
        for (size_t k = i; k < end; k++)
            *(by_size[k] > 0 ? &r.w_plus : &r.w_minus) += rank;
    }
    if (!r.n)
        return r;
    double m = (double)r.n, smaller = fmin(r.w_plus, r.w_minus);

    r.exact = !zeros && ties <= 0 && r.n <= EXACT_RANKS;
    if (r.exact) {
        r.p = fmin(1, 2 * below_exact(r.n, (size_t)smaller));
        return r;
    }
    double middle = m * (m + 1) / 4;
    double sd = sqrt(m * (m + 1) * (2 * m + 1) / 24 - ties / 48);
    double distance = middle - smaller;

    if (distance > 0)
        r.p = fmin(1, 2 * rkb_normal_below(-(distance - 0.5) / sd));
    return r;
}

/* ---- several tests -------------------------------------------------------- */

static size_t order_by_p(const double *p, size_t n, size_t *order)
{
    size_t m = 0;

    for (size_t i = 0; i < n; i++) {
        size_t at = m;

        if (isnan(p[i]))
            continue;
        for (; at && p[order[at - 1]] > p[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
        m++;
    }
    return m;
}

void rkb_correct(enum rkb_correction how, const double *p, size_t n,
                 size_t *order, double *out)
{
    size_t m = order_by_p(p, n, order);
    double bound = how == RKB_BENJAMINI_HOCHBERG ? 1 : 0;

    for (size_t i = 0; i < n; i++)
        out[i] = NAN;
    for (size_t i = 0; i < m; i++) {
        size_t at = how == RKB_BENJAMINI_HOCHBERG ? m - 1 - i : i;
        double value = p[order[at]];

        switch (how) {
        case RKB_HOLM: /* step down: none below its predecessor */
            bound = value = fmax(bound, (double)(m - at) * value);
            break;
        case RKB_BONFERRONI:
            value *= (double)m;
            break;
        case RKB_BENJAMINI_HOCHBERG: /* step up: none above its successor */
            value = fmin(bound, value * (double)m / (double)(at + 1));
            bound = value;
            break;
        case RKB_UNCORRECTED:
            break;
        }
        out[order[at]] = fmin(1, value);
    }
}

double rkb_cohen_d(const double *d, size_t n)
{
    double sd = rkb_sd(d, n);

    return sd > 0 ? rkb_mean(d, n) / sd : NAN;
}

struct rkb_wins rkb_wins(const double *d, size_t n)
{
    struct rkb_wins w = { 0 };
    double near = NEAR * largest(d, n);

    for (size_t i = 0; i < n; i++) {
        w.win += d[i] > near;
        w.loss += d[i] < -near;
    }
    w.tie = n - w.win - w.loss;
    return w;
}

double rkb_detectable(double sd, size_t n, double alpha, double power)
{
    double df = (double)n - 1;

    assert(power > 0.5 && power < 1);
    if (n < 2)
        return NAN;
    return (rkb_t_critical(alpha, df) + rkb_t_critical(2 * (1 - power), df)) *
           sd / sqrt((double)n);
}
