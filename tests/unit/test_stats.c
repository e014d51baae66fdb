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

TESTS(TEST(percentiles_need_enough_samples), TEST(mean_adds_then_divides),
      TEST(percentile_is_a_value_of_the_sample), TEST(percentile_of_few_values))
