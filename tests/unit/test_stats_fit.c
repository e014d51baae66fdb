/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats_fit.h"

#include "base/rng.h"
#include "tests/tap.h"

/* x is -1, -1, 1, 1 and z is -1, 1, -1, 1, so that everything is a fraction:
 * b = (-1 - 3 + 5 + 8) / 4, c = (-1 + 3 - 5 + 8) / 4, residuals +-1/4. */
static void an_orthogonal_plane_is_what_the_fractions_say(void)
{
    static const double x[] = { -1, -1, -1, 1, 1, -1, 1, 1 };
    static const double y[] = { 1, 3, 5, 8 };
    struct rkb_fit f;
    double se;

    rkb_fit(x, y, 4, 2, &f);
    CHECK(f.separate);
    CHECK_NEAR(f.coef[0], 17.0 / 4, 1e-15);
    CHECK_NEAR(f.coef[1], 9.0 / 4, 1e-15);
    CHECK_NEAR(f.coef[2], 5.0 / 4, 1e-15);
    CHECK_NEAR(f.r2, 106.0 / 107, 1e-15);
    CHECK_NEAR(f.sd, 1.0 / 2, 1e-15); /* 4/16 over 4 - 3 */
    for (int j = 0; j < 3; j++)
        CHECK_NEAR(f.se[j], 1.0 / 4, 1e-15); /* 1/2 over the root of 4 */
    /* At (2, 0): 17/4 + 18/4; the spread is 1/4 + 4/4. */
    CHECK_NEAR(rkb_fit_at(&f, (double[]){ 2, 0 }, &se), 35.0 / 4, 1e-15);
    CHECK_NEAR(se, 0.5 * sqrt(1.25), 1e-15);
}

/* x = 0, 1, 2, 3 has mean 3/2 and squares 5; y = 1, 2, 2, 4 has mean 9/4 and
 * squares 19/4, products 9/2: the slope is 9/10, the constant 9/10, what is left
 * 19/4 - 81/20 = 7/10 over 2. */
static void a_line_is_what_the_fractions_say(void)
{
    static const double x[] = { 0, 1, 2, 3 }, y[] = { 1, 2, 2, 4 };
    struct rkb_fit f;

    rkb_fit(x, y, 4, 1, &f);
    CHECK_NEAR(f.coef[0], 0.9, 1e-15);
    CHECK_NEAR(f.coef[1], 0.9, 1e-15);
    CHECK_NEAR(f.r2, 81.0 / 95, 1e-15);
    CHECK_NEAR(f.sd, sqrt(7.0 / 20), 1e-15);
    CHECK_NEAR(f.se[1], sqrt(7.0 / 20 / 5), 1e-15);
    /* The constant: 1/4 + (9/4) / 5 = 7/10. */
    CHECK_NEAR(f.se[0], sqrt(7.0 / 20 * 7 / 10), 1e-15);
}

/* Without noise any design gives the plane back, large counts too. */
static void a_plane_without_noise_comes_back(void)
{
    struct rkb_rng rng;
    double x[2 * 40], y[40];
    struct rkb_fit f;
    double se;

    rkb_rng_init(&rng, 3);
    for (size_t i = 0; i < 40; i++) {
        x[2 * i] = 3e6 + (double)rkb_rng_below(&rng, 4000);
        x[2 * i + 1] = (double)rkb_rng_below(&rng, 100);
        y[i] = 12.5 + 0.25 * x[2 * i] + 9 * x[2 * i + 1];
    }
    rkb_fit(x, y, 40, 2, &f);
    CHECK_NEAR(f.coef[0], 12.5, 1e-5);
    CHECK_NEAR(f.coef[1], 0.25, 1e-11);
    CHECK_NEAR(f.coef[2], 9, 1e-9);
    CHECK_NEAR(f.r2, 1, 1e-12);
    CHECK_NEAR(rkb_fit_at(&f, (double[]){ 3e6, 1 }, &se), 750021.5, 1e-6);
}

static void what_cannot_be_told_apart_has_no_coefficient(void)
{
    static const double twice[] = { 1, 2, 2, 4, 3, 6, 4, 8 };
    static const double same[] = { 1, 7, 2, 7, 3, 7, 4, 7 };
    static const double y[] = { 1, 2, 2, 4 };
    const double *const both[] = { twice, same };
    double se;

    for (size_t i = 0; i < 2; i++) {
        struct rkb_fit f;

        rkb_fit(both[i], y, 4, 2, &f);
        CHECK(!f.separate);
        /* The line through the first column: as above, moved by one. */
        CHECK_NEAR(f.coef[0], 0.0, 1e-12);
        CHECK_NEAR(f.coef[1], 0.9, 1e-12);
        CHECK(isnan(f.coef[2]) && isnan(f.se[2]));
        CHECK_NEAR(f.sd, sqrt(7.0 / 20), 1e-12);
        CHECK(isnan(rkb_fit_at(&f, (double[]){ 1, 2 }, &se)) && isnan(se));
    }
}

static void few_points_tell_no_errors(void)
{
    static const double x[] = { 1, 1, 2, 1, 3, 5 }, y[] = { 3, 4, 9 };
    struct rkb_fit f;

    rkb_fit(x, y, 3, 2, &f); /* a plane through three points is exact */
    CHECK(f.separate);
    CHECK_NEAR(f.coef[0], 1, 1e-12);
    CHECK_NEAR(f.coef[1], 1, 1e-12);
    CHECK_NEAR(f.coef[2], 1, 1e-12);
    CHECK(isnan(f.sd) && isnan(f.se[1]));
    rkb_fit(x, y, 1, 2, &f);
    CHECK(!f.separate && isnan(f.coef[1]) && isnan(f.r2));
    CHECK_NEAR(f.coef[0], 3, 0);
    rkb_fit(x, y, 0, 2, &f);
    CHECK(!f.separate && isnan(f.coef[0]));
}

/* 400 draws of 50 points: the interval of two standard errors (t with 47
 * degrees of freedom: 2.012) holds the truth in 95 % of them. */
static void standard_errors_are_as_wide_as_they_say(void)
{
    struct rkb_rng rng;
    int hits = 0, at_hits = 0;

    rkb_rng_init(&rng, 11);
    for (int draw = 0; draw < 400; draw++) {
        double x[100], y[50], se, at;
        struct rkb_fit f;

        for (size_t i = 0; i < 50; i++) {
            double noise = 0;

            for (int k = 0; k < 12; k++)
                noise += rkb_rng_unit(&rng) - 0.5;
            x[2 * i] = rkb_rng_unit(&rng);
            x[2 * i + 1] = x[2 * i] + rkb_rng_unit(&rng);
            y[i] = 1 + 2 * x[2 * i] - x[2 * i + 1] + noise;
        }
        rkb_fit(x, y, 50, 2, &f);
        hits += fabs(f.coef[2] + 1) <= 2.012 * f.se[2];
        at = rkb_fit_at(&f, (double[]){ 0.5, 2 }, &se);
        at_hits += fabs(at - 0) <= 2.012 * se;
    }
    CHECK(hits >= 365 && hits <= 393); /* 380 +- 3 sd */
    CHECK(at_hits >= 365 && at_hits <= 393);
}

TESTS(TEST(an_orthogonal_plane_is_what_the_fractions_say),
      TEST(a_line_is_what_the_fractions_say),
      TEST(a_plane_without_noise_comes_back),
      TEST(what_cannot_be_told_apart_has_no_coefficient),
      TEST(few_points_tell_no_errors),
      TEST(standard_errors_are_as_wide_as_they_say))
