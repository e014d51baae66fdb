/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats_agree.h"

#include <assert.h>
#include <math.h>
#include <string.h>

double rkb_tau_b(const double *x, const double *y, size_t n)
{
    double agree = 0, tied_x = 0, tied_y = 0, pairs = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            int dx = (x[i] > x[j]) - (x[i] < x[j]);
            int dy = (y[i] > y[j]) - (y[i] < y[j]);

            agree += dx * dy;
            tied_x += !dx;
            tied_y += !dy;
            pairs++;
        }
    if (tied_x >= pairs || tied_y >= pairs)
        return NAN;
    return agree / sqrt((pairs - tied_x) * (pairs - tied_y));
}

double rkb_rbo(const uint32_t *rank_in_b, size_t n_a, size_t n_b, double p,
               uint32_t *scratch)
{
    size_t l = n_a > n_b ? n_a : n_b, s = n_a < n_b ? n_a : n_b;
    double sum = 0, weight = 1, x = 0, x_s = 0;

    assert(p > 0 && p < 1);
    if (!s)
        return l ? 0 : 1;
    /* A document is in both lists from the deeper of its two ranks on. */
    memset(scratch, 0, (l + 1) * sizeof *scratch);
    for (size_t i = 0; i < n_a; i++)
        if (rank_in_b[i])
            scratch[rank_in_b[i] > i + 1 ? rank_in_b[i] : i + 1]++;
    for (size_t d = 1; d <= l; d++) {
        double depth = (double)d, short_depth = (double)s;

        weight *= p;
        x += scratch[d];
        if (d == s)
            x_s = x;
        sum += x / depth * weight;
        if (d > s)
            sum += x_s * (depth - short_depth) / (short_depth * depth) * weight;
    }
    return (1 - p) / p * sum +
           ((x - x_s) / (double)l + x_s / (double)s) * weight;
}

double rkb_overlap(const uint32_t *rank_in_b, size_t n_a, size_t n_b, size_t k)
{
    size_t longest = n_a > n_b ? n_a : n_b, common = 0;

    assert(k >= 1);
    if (!longest)
        return NAN;
    for (size_t i = 0; i < n_a && i < k; i++)
        common += rank_in_b[i] && rank_in_b[i] <= k;
    return (double)common / (double)(k < longest ? k : longest);
}

double rkb_churn(const uint32_t *rank_in_b, size_t n_a, size_t n_b, size_t k)
{
    size_t n = n_a < k ? n_a : k;
    double sum = 0;

    assert(k >= 1);
    for (size_t i = 0; i < n; i++) {
        double other = rank_in_b[i] ? rank_in_b[i] : (double)n_b + 1;

        sum += fabs((double)(i + 1) - other);
    }
    return n ? sum / (double)n : NAN;
}

double rkb_rmse(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return n ? sqrt(sum / (double)n) : NAN;
}

double rkb_p_mrr(size_t rank_before, size_t rank_after)
{
    double before = (double)rank_before, after = (double)rank_after;

    assert(rank_before >= 1 && rank_after >= 1);
    return before >= after ? after / before - 1 : 1 - before / after;
}

static double discount(size_t rank)
{
    return 1 / log2((double)rank + 1);
}

/* Largest first, in place. */
static void sort_gains(double *gain, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double g = gain[i];
        size_t at = i;

        for (; at && gain[at - 1] < g; at--)
            gain[at] = gain[at - 1];
        gain[at] = g;
    }
}

struct rkb_ties rkb_ties(const double *score, double *gain, size_t n, size_t k,
                         double ideal)
{
    struct rkb_ties t = { 0 };
    size_t end;

    assert(ideal > 0);
    for (size_t first = 0; first < n && first < k; first = end) {
        double sum = 0;

        for (end = first; end < n && !(score[end] < score[first]); end++)
            sum += gain[end];
        size_t shown = end < k ? end : k, same = end - first;

        if (same > 1) {
            t.n_tied += shown - first;
            sort_gains(gain + first, same);
        }
        for (size_t i = first; i < shown; i++) {
            t.best += gain[i] * discount(i + 1);
            t.worst += gain[end - 1 - (i - first)] * discount(i + 1);
            t.expected += sum / (double)same * discount(i + 1);
        }
    }
    t.worst /= ideal;
    t.expected /= ideal;
    t.best /= ideal;
    return t;
}
