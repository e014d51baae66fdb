/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/gate_rule.h"

#include "base/rng.h"
#include "base/sort.h"
#include "metrics/stats.h"
#include "metrics/stats_special.h"
#include "metrics/stats_tests.h"

#include <assert.h>
#include <math.h>

struct rkb_gate_noise rkb_gate_noise(const double *a, size_t n_a,
                                     const double *b, size_t n_b)
{
    struct rkb_gate_noise noise = { NAN, 0 };
    double sum = 0;

    if (n_a > 1) {
        sum += rkb_sd(a, n_a) * rkb_sd(a, n_a) * (double)(n_a - 1);
        noise.df += (double)(n_a - 1);
    }
    if (n_b > 1) {
        sum += rkb_sd(b, n_b) * rkb_sd(b, n_b) * (double)(n_b - 1);
        noise.df += (double)(n_b - 1);
    }
    if (noise.df > 0)
        noise.sd = sqrt(sum / noise.df);
    return noise;
}

/* P(T >= t), and the t that has it. */
static double above(double t, double df)
{
    if (isinf(df))
        return rkb_normal_below(-t);
    double half = rkb_t_two_sided(t, df) / 2;

    return t > 0 ? half : 1 - half;
}

static double critical(double alpha, double df)
{
    return isinf(df) ? rkb_normal_quantile(1 - alpha)
                     : rkb_t_critical(2 * alpha, df);
}

static double error_of(struct rkb_gate_noise noise, size_t n_a, size_t n_b)
{
    return noise.sd * sqrt(1 / (double)n_a + 1 / (double)n_b);
}

struct rkb_gate_answer rkb_gate_drop(double drop, struct rkb_gate_noise noise,
                                     size_t n_a, size_t n_b, double limit,
                                     double near, double alpha)
{
    struct rkb_gate_answer r = { drop, NAN, NAN, NAN, NAN };

    assert(alpha > 0 && alpha < 0.5 && n_a && n_b);
    if (isnan(noise.sd) || isnan(drop))
        return r;
    double error = error_of(noise, n_a, n_b);

    if (error <= 0) {
        r.lo = r.hi = drop;
        r.p_worse = drop > limit + near ? 0 : 1;
        r.p_within = 1 - r.p_worse;
        return r;
    }
    double reach = critical(alpha, noise.df) * error;

    r.lo = drop - reach;
    r.hi = drop + reach;
    r.p_worse = above((drop - limit) / error, noise.df);
    r.p_within = above((limit - drop) / error, noise.df);
    return r;
}

/* With more repeats than there were, a side brings more degrees of freedom; a
 * noise that was told has no more to learn. */
static bool settles(double drop, struct rkb_gate_noise noise, size_t n_a,
                    size_t n_b, double limit, double alpha)
{
    if (!isinf(noise.df))
        noise.df = (double)n_a + (double)n_b - 2;
    if (!(noise.df > 0))
        return false;
    double error = error_of(noise, n_a, n_b);

    return critical(alpha, noise.df) * error < fabs(drop - limit);
}

size_t rkb_gate_repeats(double drop, struct rkb_gate_noise noise, size_t n_a,
                        size_t n_b, double limit, double alpha)
{
    size_t low = 1, high = RKB_GATE_REPEATS_MAX;

    if (isnan(noise.sd) || isnan(drop))
        return 0;
    while (low < high) { /* more repeats never widen a bound */
        size_t n = (low + high) / 2;

        if (settles(drop, noise, n > n_a ? n : n_a, n > n_b ? n : n_b, limit,
                    alpha))
            high = n;
        else
            low = n + 1;
    }
    return settles(drop, noise, low > n_a ? low : n_a, low > n_b ? low : n_b,
                   limit, alpha)
               ? low
               : 0;
}

/* ---- times ---------------------------------------------------------------- */

static int ascending(const void *a, const void *b, void *ctx)
{
    double x = *(const double *)a, y = *(const double *)b;

    (void)ctx;
    return (x > y) - (x < y);
}

/* Each query's ratio lies above the median of all ratios or below it, like a
 * coin: Dixon & Mood 1946. A ratio of `limit` itself speaks for neither. */
static struct rkb_gate_answer median_ratio(const double *before,
                                           const double *after, size_t n,
                                           double limit, double alpha,
                                           double *ratio)
{
    struct rkb_gate_answer r = { NAN, NAN, NAN, NAN, NAN };
    size_t n_above = 0, n_below = 0;

    for (size_t i = 0; i < n; i++) {
        ratio[i] = after[i] / before[i];
        n_above += ratio[i] > limit;
        n_below += ratio[i] < limit;
    }
    rkb_sort(ratio, n, sizeof *ratio, ascending, NULL);
    r.change = rkb_percentile(ratio, n, 50);
    if (n < rkb_percentile_needs(50))
        return r;
    struct rkb_rank_interval ranks = rkb_percentile_interval(n, 50, 2 * alpha);

    if (ranks.lo)
        r.lo = ratio[ranks.lo - 1];
    if (ranks.hi)
        r.hi = ratio[ranks.hi - 1];
    r.p_worse = 1 - rkb_binomial_below((long)n_above - 1, n, 0.5);
    r.p_within = 1 - rkb_binomial_below((long)n_below - 1, n, 0.5);
    return r;
}

/* The k-th largest: sorting everything would find it more slowly, so only the k
 * largest are kept, in a heap whose least is at the top. */
static double kth_largest(const double *values, size_t n, size_t k,
                          double *heap)
{
    size_t m = 0, at, child;

    for (size_t i = 0; i < n; i++) {
        double v = values[i];

        if (m < k) {
            for (at = m++; at && heap[(at - 1) / 2] > v; at = (at - 1) / 2)
                heap[at] = heap[(at - 1) / 2];
            heap[at] = v;
        } else if (v > heap[0]) {
            for (at = 0; (child = 2 * at + 1) < k; at = child) {
                child += child + 1 < k && heap[child + 1] < heap[child];
                if (heap[child] >= v)
                    break;
                heap[at] = heap[child];
            }
            heap[at] = v;
        }
    }
    return heap[0];
}

static struct rkb_gate_answer percentile_ratio(const double *before,
                                               const double *after, size_t n,
                                               double p, double limit,
                                               double alpha, uint64_t seed,
                                               double *scratch)
{
    struct rkb_gate_answer r = { NAN, NAN, NAN, NAN, NAN };
    double *x = scratch, *y = x + n, *heap = y + n, *ratio = heap + n;
    double rank = ceil(p / 100 * (double)n);
    size_t k = n - (rank > 1 ? (size_t)rank : 1) + 1; /* rkb_percentile's */
    size_t n_above = 0, n_below = 0;
    struct rkb_rng rng;

    r.change = kth_largest(after, n, k, heap) / kth_largest(before, n, k, heap);
    if (n < rkb_percentile_needs(p))
        return r;
    rkb_rng_init(&rng, seed);
    for (size_t b = 0; b < RKB_GATE_RESAMPLES; b++) {
        for (size_t i = 0; i < n; i++) {
            size_t q = (size_t)rkb_rng_below(&rng, n);

            x[i] = before[q];
            y[i] = after[q];
        }
        ratio[b] = kth_largest(y, n, k, heap) / kth_largest(x, n, k, heap);
        n_above += ratio[b] > limit;
        n_below += ratio[b] < limit;
    }
    rkb_sort(ratio, RKB_GATE_RESAMPLES, sizeof *ratio, ascending, NULL);
    r.lo = rkb_percentile(ratio, RKB_GATE_RESAMPLES, 100 * alpha);
    r.hi = rkb_percentile(ratio, RKB_GATE_RESAMPLES, 100 * (1 - alpha));
    r.p_worse =
        (double)(RKB_GATE_RESAMPLES - n_above + 1) / (RKB_GATE_RESAMPLES + 1);
    r.p_within =
        (double)(RKB_GATE_RESAMPLES - n_below + 1) / (RKB_GATE_RESAMPLES + 1);
    return r;
}

struct rkb_gate_answer rkb_gate_ratio(const double *before, const double *after,
                                      size_t n, double p, double limit,
                                      double alpha, uint64_t seed,
                                      double *scratch)
{
    assert(n && alpha > 0 && alpha < 0.5 && p > 0 && p < 100);
    if (p < 50 || p > 50)
        return percentile_ratio(before, after, n, p, limit, alpha, seed,
                                scratch);
    return median_ratio(before, after, n, limit, alpha, scratch);
}

bool rkb_outside_band(double value, double end, bool smaller_is_better)
{
    double beyond = smaller_is_better ? value - end : end - value;

    return beyond > 0x1p-40 * fmax(fabs(value), fabs(end));
}
