/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/rng.h"
#include "metrics/stats_tests.h"
#include "tests/stats_fixture.h"

static double exact(const double *d, size_t n)
{
    int64_t *table = rkb_new(rkb_flip_needs(n), sizeof *table);
    struct rkb_flip f;

    rkb_flip_init(&f, d, n, table);
    double p = rkb_flip_exact(&f);

    rkb_free(table);
    return p;
}

static uint64_t count(const double *d, size_t n, uint64_t seed, uint64_t first,
                      uint64_t many)
{
    int64_t *table = rkb_new(rkb_flip_needs(n), sizeof *table);
    struct rkb_flip f;

    rkb_flip_init(&f, d, n, table);
    uint64_t extreme = rkb_flip_chunk(&f, seed, first, many);

    rkb_free(table);
    return extreme;
}

/* Fisher 1935, The Design of Experiments, section 21: 863 of 32,768
 * arrangements on each side. The others are of tests/oracle/statistics.pl. */
static void exact_is_fishers_own_count(void)
{
    CHECK_NEAR(exact(fix_darwin, N_OF(fix_darwin)), 2 * 863.0 / 32768, 0);
    CHECK_NEAR(exact(fix_sleep, N_OF(fix_sleep)), 0.00390625, 0);
    CHECK_NEAR(exact(fix_hollander, N_OF(fix_hollander)), 0.02734375, 0);
}

/* One of one sign each: of 2^20 arrangements two are as extreme. */
static void exact_goes_up_to_twenty_differences(void)
{
    double d[20];

    for (int i = 0; i < 20; i++)
        d[i] = 0.01 * (i + 1);
    CHECK_NEAR(exact(d, 20), ldexp(2, -20), 0);
    for (size_t n = 1; n < 20; n++)
        CHECK_NEAR(exact(d, n), ldexp(2, -(int)n), 0);
}

static void no_difference_is_no_evidence(void)
{
    const double zeros[30] = { 0 };

    CHECK_NEAR(exact(zeros, 30), 1, 0);
    CHECK_NEAR(exact(zeros, 0), 1, 0);
    CHECK_EQ_INT(count(zeros, 30, 1, 0, 1000), 1000);
}

/* The sum of these is 0.2 in four of eight arrangements, and rounding makes
 * each of them another double. */
static void rounding_decides_no_tie(void)
{
    const double d[] = { 0.7 - 0.6, 0.3 - 0.2, 0.2 - 0.1, -(0.5 - 0.4) };

    CHECK_NEAR(exact(d, 4), 10.0 / 16, 0);
}

/* Units do not matter, up to the smallest and the largest. */
static void scale_does_not_matter(void)
{
    double d[N_OF(fix_darwin)];

    for (int scale = -1000; scale <= 1000; scale += 500) {
        for (size_t i = 0; i < N_OF(d); i++)
            d[i] = ldexp(fix_darwin[i], scale);
        CHECK_NEAR(exact(d, N_OF(d)), 2 * 863.0 / 32768, 0);
    }
}

/* Four standard errors of 100,000 draws. */
static void random_arrangements_meet_the_exact_share(void)
{
    double p = 2 * 863.0 / 32768, error = sqrt(p * (1 - p) / 1e5);

    for (uint64_t seed = 0; seed < 5; seed++)
        CHECK_NEAR(
            (double)count(fix_darwin, N_OF(fix_darwin), seed, 0, 100000) / 1e5,
            p, 4 * error);
}

/* Many differences: against their normal limit. */
static void random_arrangements_of_many_queries(void)
{
    struct rkb_rng rng;
    static double d[1003];
    double sum = 0, squares = 0;

    rkb_rng_init(&rng, 3);
    for (size_t i = 0; i < 1003; i++) {
        d[i] = rkb_rng_unit(&rng) - 0.49;
        sum += d[i];
        squares += d[i] * d[i];
    }
    double p = erfc(fabs(sum) / sqrt(2 * squares));

    CHECK(p > 0.001 && p < 0.3);
    CHECK_NEAR((double)count(d, 1003, 9, 0, 100000) / 1e5, p, 0.004);
}

static void chunks_add_up_to_the_whole(void)
{
    uint64_t all = count(fix_darwin, N_OF(fix_darwin), 7, 0, 5000), parts = 0;

    for (uint64_t first = 0; first < 5000; first += 3 * RKB_FLIP_BLOCK) {
        uint64_t left = 5000 - first;

        parts += count(fix_darwin, N_OF(fix_darwin), 7, first,
                       left < 3 * RKB_FLIP_BLOCK ? left : 3 * RKB_FLIP_BLOCK);
    }
    CHECK_EQ_INT(parts, all);
    CHECK_EQ_INT(count(fix_darwin, N_OF(fix_darwin), 7, 0, 5000), all);
    CHECK(count(fix_darwin, N_OF(fix_darwin), 8, 0, 5000) != all);
}

TESTS(TEST(exact_is_fishers_own_count),
      TEST(exact_goes_up_to_twenty_differences),
      TEST(no_difference_is_no_evidence), TEST(rounding_decides_no_tie),
      TEST(scale_does_not_matter),
      TEST(random_arrangements_meet_the_exact_share),
      TEST(random_arrangements_of_many_queries),
      TEST(chunks_add_up_to_the_whole))
