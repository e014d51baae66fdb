/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tap.h"

#include "metrics/stats.h"

#include "base/err.h"

static void mean_adds_then_divides(void)
{
    const double values[] = { 1, 2, 6 };

    CHECK_NEAR(rkb_mean(values, 3), 3, 0);
    CHECK_NEAR(rkb_mean(values, 1), 1, 0);
    CHECK(isnan(rkb_mean(values, 0)));
}

static void percentile_is_a_value_of_the_sample(void)
{
    double values[100];

    for (int i = 0; i < 100; i++)
        values[i] = i + 1;
    for (int p = 1; p <= 100; p++)
        CHECK_NEAR(rkb_percentile(values, 100, p), p, 0);
    CHECK_NEAR(rkb_percentile(values, 100, 0), 1, 0);
    CHECK_NEAR(rkb_percentile(values, 100, 0.5), 1, 0);
    CHECK_NEAR(rkb_percentile(values, 100, 50.5), 51, 0);
    CHECK_NEAR(rkb_percentile(values, 100, 99.9), 100, 0);
}

static void percentile_of_few_values(void)
{
    const double values[] = { 10, 20, 30, 40 };

    CHECK_NEAR(rkb_percentile(values, 1, 99), 10, 0);
    CHECK_NEAR(rkb_percentile(values, 4, 25), 10, 0);
    CHECK_NEAR(rkb_percentile(values, 4, 26), 20, 0);
    CHECK_NEAR(rkb_percentile(values, 4, 50), 20, 0);
    CHECK_NEAR(rkb_percentile(values, 3, 50), 20, 0);
    CHECK_NEAR(rkb_percentile(values, 4, 95), 40, 0);
}

static void percentiles_need_enough_samples(void)
{
    CHECK_EQ_INT(rkb_percentile_needs(50), 5);
    CHECK_EQ_INT(rkb_percentile_needs(90), 29);
    CHECK_EQ_INT(rkb_percentile_needs(95), 59);
    CHECK_EQ_INT(rkb_percentile_needs(99), 299);
}

/* tests/oracle/statistics.pl adds the binomials term by term. */
static void percentiles_have_brackets_of_ranks(void)
{
    static const struct {
        size_t n;
        double p;
        size_t lo, hi;
    } cases[] = {
        { 5, 50, 0, 0 },      { 6, 50, 1, 6 },     { 10, 50, 2, 9 },
        { 10, 90, 7, 0 },     { 43, 50, 15, 29 },  { 43, 90, 35, 43 },
        { 43, 95, 38, 0 },    { 100, 50, 40, 61 }, { 100, 90, 84, 96 },
        { 100, 95, 90, 100 }, { 100, 99, 97, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rkb_rank_interval r =
            rkb_percentile_interval(cases[i].n, cases[i].p, 0.05);

        CHECK_EQ_INT(r.lo, cases[i].lo);
        CHECK_EQ_INT(r.hi, cases[i].hi);
    }
    CHECK_EQ_INT(rkb_percentile_interval(0, 50, 0.05).lo, 0);
}

/* Of 1 ... 9 known, and of some that are no smaller than a bound. */
static void a_percentile_over_bounds_says_what_it_hangs_on(void)
{
    static const struct {
        double bounds[3];
        size_t n_bounds;
        double p, value;
        bool at_least;
    } rows[] = {
        { { 0 }, 0, 50, 5, false },  /* as without any */
        { { 20 }, 1, 50, 5, false }, /* slower in any case */
        { { 9 }, 1, 90, 9, false },
        { { 20 }, 1, 91, 20, true }, /* the bound itself */
        { { 1 }, 1, 50, 4, true },   /* 4 if it is 1, 5 if it is long */
        { { 1 }, 1, 10, 1, false },  /* 1 in both cases */
        { { 0.5 }, 1, 10, 0.5, true },
        { { 2, 3, 30 }, 3, 50, 4, true }, /* 12: the sixth of 1 2 2 3 3 4 */
    };
    static const double known[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    struct rkb_bounded b;

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        b = rkb_percentile_bounded(known, 9, rows[i].bounds, rows[i].n_bounds,
                                   rows[i].p);
        CHECK_NEAR(b.value, rows[i].value, 0);
        CHECK(b.at_least == rows[i].at_least);
    }
    b = rkb_percentile_bounded(NULL, 0, known, 9, 50);
    CHECK(b.at_least);
    CHECK_NEAR(b.value, 5, 0);
}

TESTS(TEST(a_percentile_over_bounds_says_what_it_hangs_on),
      TEST(percentiles_have_brackets_of_ranks),
      TEST(percentiles_need_enough_samples), TEST(mean_adds_then_divides),
      TEST(percentile_is_a_value_of_the_sample), TEST(percentile_of_few_values))
