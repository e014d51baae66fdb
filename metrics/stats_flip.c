/* SPDX-License-Identifier: Apache-2.0 */
/* The randomization test. */
#include "base/rng.h"
#include "metrics/stats_tests.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { GROUP = 8, SIGNS = 1 << GROUP, ROUND = 8 };

/* Groups are padded to whole rounds: a round takes one random word. */
size_t rkb_flip_needs(size_t n)
{
    size_t per_round = (size_t)GROUP * ROUND;

    return (n + per_round - 1) / per_round * ROUND * SIGNS;
}

/* Entry `signs` is the sum with the differences of the set bits negated. It
 * follows from the entry with the highest of these bits cleared. */
static void fill_group(int64_t *table, const int64_t *d)
{
    table[0] = 0;
    for (int i = 0; i < GROUP; i++)
        table[0] += d[i];
    for (int high = 0; high < GROUP; high++)
        for (int signs = 0; signs < 1 << high; signs++)
            table[(1 << high) + signs] = table[signs] - 2 * d[high];
}

void rkb_flip_init(struct rkb_flip *f, const double *d, size_t n,
                   int64_t *table)
{
    double largest = 0, total = 0;
    int64_t group[GROUP] = { 0 }, observed = 0, size = 0;
    int exponent = 0;

    *f = (struct rkb_flip){ .table = table };
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs(d[i]));
        total += fabs(d[i]);
    }
    /* total < 2^exponent, so that all sums stay below 2^61, rounding added. */
    frexp(total, &exponent);
    for (size_t i = 0; i < n; i++) {
        if (fabs(d[i]) <= 0x1p-40 * largest)
            continue;
        int64_t whole = llrint(ldexp(d[i], 60 - exponent));

        observed += whole;
        size += whole < 0 ? -whole : whole;
        group[f->n++ % GROUP] = whole;
        if (f->n % GROUP == 0) {
            fill_group(table + f->n_groups++ * SIGNS, group);
            memset(group, 0, sizeof group);
        }
    }
    if (f->n % GROUP)
        fill_group(table + f->n_groups++ * SIGNS, group);
    for (; f->n_groups % ROUND; f->n_groups++)
        memset(table + f->n_groups * SIGNS, 0, SIGNS * sizeof *table);
    uint64_t sum = (uint64_t)(observed < 0 ? -observed : observed);
    uint64_t near = (uint64_t)size >> 40;

    f->least = sum > near ? sum - near : 0;
}

static uint64_t count_extreme(const int64_t *sums, size_t n, uint64_t least)
{
    uint64_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += (uint64_t)(sums[i] < 0 ? -sums[i] : sums[i]) >= least;
    return count;
}

/* A round's tables (16 KiB) stay in the first-level cache while every
 * rearrangement of the block goes through them; the whole table would not. */
static uint64_t flip_block(const struct rkb_flip *f, uint64_t key, size_t n)
{
    int64_t sums[RKB_FLIP_BLOCK] = { 0 };
    struct rkb_rng rng;

    rkb_rng_init(&rng, key);
    for (size_t g = 0; g < f->n_groups; g += ROUND) {
        const int64_t *t = f->table + g * SIGNS;

        for (size_t i = 0; i < RKB_FLIP_BLOCK; i++) {
            uint64_t r = rkb_rng_next(&rng);

            sums[i] += t[r & 255] + t[256 + (r >> 8 & 255)] +
                       t[512 + (r >> 16 & 255)] + t[768 + (r >> 24 & 255)] +
                       t[1024 + (r >> 32 & 255)] + t[1280 + (r >> 40 & 255)] +
                       t[1536 + (r >> 48 & 255)] + t[1792 + (r >> 56)];
        }
    }
    return count_extreme(sums, n, f->least);
}

uint64_t rkb_flip_chunk(const struct rkb_flip *f, uint64_t seed, uint64_t first,
                        uint64_t n)
{
    uint64_t count = 0;

    assert(first % RKB_FLIP_BLOCK == 0);
    for (uint64_t i = first; i < first + n; i += RKB_FLIP_BLOCK) {
        uint64_t left = first + n - i;
        uint64_t key = rkb_rng_key(seed, rkb_sv_of("flip"), i / RKB_FLIP_BLOCK);

        count += flip_block(
            f, key, left < RKB_FLIP_BLOCK ? (size_t)left : RKB_FLIP_BLOCK);
    }
    return count;
}

/* At most 20 differences are at most three groups of one round. */
double rkb_flip_exact(const struct rkb_flip *f)
{
    size_t all = (size_t)1 << f->n;
    uint64_t count = 0;

    assert(f->n <= RKB_FLIP_EXACT);
    if (!f->n)
        return 1;
    for (size_t r = 0; r < all; r++) {
        int64_t sum = f->table[r & 255] + f->table[256 + (r >> 8 & 255)] +
                      f->table[512 + (r >> 16 & 255)];

        count += count_extreme(&sum, 1, f->least);
    }
    return (double)count / (double)all;
}
