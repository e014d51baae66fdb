/* SPDX-License-Identifier: Apache-2.0 */
/* What significance costs, on one core: the randomization test and bootstrap
 * intervals over made-up differences. Best of five. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "metrics/stats_resample.h"
#include "metrics/stats_tests.h"

#include <math.h>
#include <stdio.h>

enum { FLIPS = 100000, RESAMPLES = 10000, TIMES = 5 };

static double best(int64_t *ns)
{
    int64_t least = ns[0];

    for (int i = 1; i < TIMES; i++)
        least = ns[i] < least ? ns[i] : least;
    return (double)least / 1e6;
}

static void measure(size_t n)
{
    double *d = rkb_new(n, sizeof *d), *out = rkb_new(RESAMPLES, sizeof *out);
    int64_t *table = rkb_new(rkb_flip_needs(n), sizeof *table);
    int64_t flip_ns[TIMES], draw_ns[TIMES];
    const struct rkb_sample s = { .a = d, .n = n };
    uint64_t extreme = 0;
    struct rkb_rng rng;

    rkb_rng_init(&rng, n);
    for (size_t i = 0; i < n; i++)
        d[i] = rkb_rng_unit(&rng) - 0.5 + 1 / sqrt((double)n);
    for (int i = 0; i < TIMES; i++) {
        struct rkb_flip f;
        int64_t start = rkb_clock_now();

        rkb_flip_init(&f, d, n, table);
        extreme = rkb_flip_chunk(&f, 1, 0, FLIPS);
        flip_ns[i] = rkb_clock_now() - start;
        start = rkb_clock_now();
        rkb_resample_chunk(&s, 1, 0, RESAMPLES, out);
        draw_ns[i] = rkb_clock_now() - start;
    }
    printf("%6zu queries: %d sign flips %7.2f ms (p = %.5f), %d bootstrap "
           "means %7.2f ms\n",
           n, FLIPS, best(flip_ns), (double)(extreme + 1) / (FLIPS + 1),
           RESAMPLES, best(draw_ns));
    rkb_free(d);
    rkb_free(out);
    rkb_free(table);
}

int main(void)
{
    printf("statistics, one core; goal: under 100 ms for 100000 sign flips of "
           "6980 queries\n");
    measure(43);
    measure(323);
    measure(6980);
    return 0;
}
