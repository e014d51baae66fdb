/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats_resample.h"

#include "metrics/stats_special.h"
#include "tests/stats_fixture.h"

enum { RESAMPLES = 20000 };

static double drawn[RESAMPLES];

static void draw(const struct rkb_sample *s, uint64_t seed)
{
    rkb_resample_chunk(s, seed, 0, RESAMPLES, drawn);
    qsort(drawn, RESAMPLES, sizeof *drawn, fix_by_value);
}

static void chunks_are_parts_of_the_whole(void)
{
    const struct rkb_sample s = { .a = fix_darwin, .n = N_OF(fix_darwin) };
    double whole[100], part[100];

    rkb_resample_chunk(&s, 5, 0, 100, whole);
    rkb_resample_chunk(&s, 5, 37, 63, part + 37);
    rkb_resample_chunk(&s, 5, 0, 37, part);
    CHECK(memcmp(whole, part, sizeof whole) == 0);
    rkb_resample_chunk(&s, 6, 0, 100, part);
    CHECK(memcmp(whole, part, sizeof whole) != 0);
}

/* The mean of resamples is the mean; their variance is that of the sample with
 * n below, over n. Four standard errors of the Monte Carlo. */
static void resamples_have_the_moments_of_theory(void)
{
    const struct rkb_sample s = { .a = fix_darwin, .n = N_OF(fix_darwin) };
    double mean = 314.0 / 15, variance = 0, m = 0, v = 0;

    for (size_t i = 0; i < 15; i++)
        variance += (fix_darwin[i] - mean) * (fix_darwin[i] - mean) / 225;
    CHECK_NEAR(rkb_sample_estimate(&s), mean, 1e-12);
    draw(&s, 1);
    for (size_t i = 0; i < RESAMPLES; i++)
        m += drawn[i] / RESAMPLES;
    for (size_t i = 0; i < RESAMPLES; i++)
        v += (drawn[i] - m) * (drawn[i] - m) / RESAMPLES;
    CHECK_NEAR(m, mean, 4 * sqrt(variance / RESAMPLES));
    CHECK_NEAR(v / variance, 1, 4 * sqrt(2.0 / RESAMPLES));
}

/* Resamples of n zeros and ones are binomials, so the exact percentiles are
 * known: of 40 with 12 ones, 7 to 17 at 90 %. */
static void percentile_interval_of_a_binomial(void)
{
    double d[40] = { 0 };
    const struct rkb_sample s = { .a = d, .n = 40 };

    for (int i = 0; i < 12; i++)
        d[i * 3] = 1;
    draw(&s, 2);
    CHECK(rkb_binomial_below(6, 40, 0.3) < 0.045);
    CHECK(rkb_binomial_below(7, 40, 0.3) > 0.055);
    CHECK(rkb_binomial_below(16, 40, 0.3) < 0.945);
    CHECK(rkb_binomial_below(17, 40, 0.3) > 0.955);
    struct rkb_interval i = rkb_bootstrap_percentile(drawn, RESAMPLES, 0.1);

    CHECK_NEAR(i.lo, 7.0 / 40, 1e-12);
    CHECK_NEAR(i.hi, 17.0 / 40, 1e-12);
}

/* A mean's acceleration is its skewness over 6 sqrt(n) (Efron 1987, eq. 4.4);
 * with that, and the bias counted here, the ends are those of his eq. 3.9. */
static void bca_is_efrons_formula(void)
{
    const double d[] = { 0.1, 0.2, 0.1, 0.9, 0.3, 0.15, 2.5, 0.4 };
    const struct rkb_sample s = { .a = d, .n = 8 };
    double mean = 0, squares = 0, cubes = 0, below = 0;

    draw(&s, 3);
    for (int i = 0; i < 8; i++)
        mean += d[i] / 8;
    for (int i = 0; i < 8; i++) {
        squares += pow(d[i] - mean, 2);
        cubes += pow(d[i] - mean, 3);
    }
    double a = cubes / (6 * pow(squares, 1.5));

    for (int i = 0; i < RESAMPLES; i++)
        below += fabs(drawn[i] - mean) < 1e-12 ? 0.5 : drawn[i] < mean;
    double z0 = rkb_normal_quantile(below / RESAMPLES), ends[2];

    for (int i = 0; i < 2; i++) {
        double z = z0 + (i ? 1.959963984540054 : -1.959963984540054);
        double share = rkb_normal_below(z0 + z / (1 - a * z));

        ends[i] = drawn[(size_t)ceil(share * RESAMPLES) - 1];
    }
    struct rkb_interval got = rkb_bootstrap_bca(&s, drawn, RESAMPLES, 0.05);

    CHECK_NEAR(got.lo, ends[0], 1e-12);
    CHECK_NEAR(got.hi, ends[1], 1e-12);
    /* Skewed to the right: both ends lie above the percentile interval's. */
    struct rkb_interval plain = rkb_bootstrap_percentile(drawn, RESAMPLES, .05);

    CHECK(got.lo > plain.lo && got.hi > plain.hi);
}

static void ratio_of_a_constant_factor_has_no_spread(void)
{
    double slow[30], fast[30];
    const struct rkb_sample s = { .a = slow, .b = fast, .n = 30 };

    for (int i = 0; i < 30; i++) {
        fast[i] = 1 + i * i;
        slow[i] = 3 * fast[i];
    }
    CHECK_NEAR(rkb_sample_estimate(&s), 3, 1e-12);
    draw(&s, 4);
    struct rkb_interval got = rkb_bootstrap_bca(&s, drawn, RESAMPLES, 0.05);

    CHECK_NEAR(got.lo, 3, 1e-12);
    CHECK_NEAR(got.hi, 3, 1e-12);
}

/* The delta method: var(A/B) is about var(a - r b) / (n B^2). */
static void ratio_has_the_spread_of_the_delta_method(void)
{
    double slow[200], fast[200], var = 0;
    const struct rkb_sample s = { .a = slow, .b = fast, .n = 200 };

    for (int i = 0; i < 200; i++) {
        fast[i] = 10 + i % 7;
        slow[i] = 2 * fast[i] + (i % 5 - 2);
    }
    double r = rkb_sample_estimate(&s), v = 0, m = 0, b = 0;

    for (int i = 0; i < 200; i++) {
        b += fast[i] / 200;
        var += pow(slow[i] - r * fast[i], 2) / 200;
    }
    draw(&s, 5);
    for (int i = 0; i < RESAMPLES; i++)
        m += drawn[i] / RESAMPLES;
    for (int i = 0; i < RESAMPLES; i++)
        v += pow(drawn[i] - m, 2) / RESAMPLES;
    CHECK_NEAR(v / (var / (200 * b * b)), 1, 0.06);
}

static void few_queries(void)
{
    const double one[] = { 0.5 }, same[] = { 0.3 - 0.2, 0.2 - 0.1, 0.1 };
    const struct rkb_sample s = { .a = one, .n = 1 };
    const struct rkb_sample t = { .a = same, .n = 3 };

    draw(&s, 6);
    CHECK(isnan(rkb_bootstrap_bca(&s, drawn, RESAMPLES, 0.05).lo));
    CHECK_NEAR(rkb_bootstrap_percentile(drawn, RESAMPLES, 0.05).hi, 0.5, 0);
    draw(&t, 6);
    CHECK_NEAR(rkb_bootstrap_bca(&t, drawn, RESAMPLES, 0.05).lo, 0.1, 1e-12);
}

TESTS(TEST(chunks_are_parts_of_the_whole),
      TEST(resamples_have_the_moments_of_theory),
      TEST(percentile_interval_of_a_binomial), TEST(bca_is_efrons_formula),
      TEST(ratio_of_a_constant_factor_has_no_spread),
      TEST(ratio_has_the_spread_of_the_delta_method), TEST(few_queries))
