/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats_resample.h"

#include "base/rng.h"
#include "metrics/stats.h"
#include "metrics/stats_special.h"

#include <assert.h>
#include <math.h>

double rkb_sample_estimate(const struct rkb_sample *s)
{
    double mean = rkb_mean(s->a, s->n);

    return s->b ? mean / rkb_mean(s->b, s->n) : mean;
}

static double resample(const struct rkb_sample *s, struct rkb_rng *rng)
{
    double a = 0, b = 0;

    for (size_t i = 0; i < s->n; i += 2) {
        uint64_t r = rkb_rng_next(rng);

        for (size_t half = i; half < i + 2 && half < s->n; half++, r >>= 32) {
            size_t at = (size_t)((r & UINT32_MAX) * s->n >> 32);

            a += s->a[at];
            b += s->b ? s->b[at] : 1;
        }
    }
    return a / b;
}

void rkb_resample_chunk(const struct rkb_sample *s, uint64_t seed,
                        uint64_t first, size_t n, double *out)
{
    assert(s->n >= 1 && s->n <= UINT32_MAX);
    for (size_t i = 0; i < n; i++) {
        struct rkb_rng rng;

        rkb_rng_init(&rng,
                     rkb_rng_key(seed, rkb_sv_of("bootstrap"), first + i));
        out[i] = resample(s, &rng);
    }
}

struct rkb_interval rkb_bootstrap_percentile(const double *sorted, size_t n,
                                             double alpha)
{
    return (struct rkb_interval){ rkb_percentile(sorted, n, 50 * alpha),
                                  rkb_percentile(sorted, n, 100 - 50 * alpha) };
}

/* The estimate without query i. */
static double without(const struct rkb_sample *s, double sum_a, double sum_b,
                      size_t i)
{
    if (s->b)
        return (sum_a - s->a[i]) / (sum_b - s->b[i]);
    return (sum_a - s->a[i]) / (double)(s->n - 1);
}

static double acceleration(const struct rkb_sample *s)
{
    double sum_a = 0, sum_b = 0, mean = 0, squares = 0, cubes = 0;

    for (size_t i = 0; i < s->n; i++) {
        sum_a += s->a[i];
        sum_b += s->b ? s->b[i] : 0;
    }
    for (size_t i = 0; i < s->n; i++)
        mean += without(s, sum_a, sum_b, i) / (double)s->n;
    for (size_t i = 0; i < s->n; i++) {
        double d = mean - without(s, sum_a, sum_b, i);

        squares += d * d;
        cubes += d * d * d;
    }
    return squares > 0 ? cubes / (6 * squares * sqrt(squares)) : 0;
}

/* The percentile that BCa takes instead of that of z. */
static double moved(double z, double bias, double accel)
{
    double shifted = bias + z;

    return 100 * rkb_normal_below(bias + shifted / (1 - accel * shifted));
}

struct rkb_interval rkb_bootstrap_bca(const struct rkb_sample *s,
                                      const double *sorted, size_t n,
                                      double alpha)
{
    double estimate = rkb_sample_estimate(s), below = 0;
    double near = 0x1p-40 * fmax(fabs(sorted[0]), fabs(sorted[n - 1]));

    if (s->n < 2)
        return (struct rkb_interval){ NAN, NAN };
    if (sorted[n - 1] - sorted[0] <= near)
        return (struct rkb_interval){ estimate, estimate };
    /* Resamples that are the estimate itself, as half of them may be with few
     * queries, count half: else the bias would be one of rounding. */
    for (size_t i = 0; i < n; i++)
        below += sorted[i] < estimate - near    ? 1
                 : sorted[i] <= estimate + near ? 0.5
                                                : 0;
    below /= (double)n;
    if (!(below > 0 && below < 1))
        return (struct rkb_interval){ NAN, NAN };
    double bias = rkb_normal_quantile(below), accel = acceleration(s);
    double z = rkb_normal_quantile(alpha / 2);

    return (struct rkb_interval){
        rkb_percentile(sorted, n, moved(z, bias, accel)),
        rkb_percentile(sorted, n, moved(-z, bias, accel))
    };
}
