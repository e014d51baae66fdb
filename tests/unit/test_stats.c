/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tap.h"

#include "metrics/stats.h"

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

TESTS(TEST(percentiles_have_brackets_of_ranks),
      TEST(percentiles_need_enough_samples), TEST(mean_adds_then_divides),
      TEST(percentile_is_a_value_of_the_sample), TEST(percentile_of_few_values))
