/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values: tests/oracle/statistics.pl, unless a line says otherwise. */
#include "metrics/stats_special.h"

#include "tests/tap.h"

static void t_has_the_tails_of_its_finite_sums(void)
{
    static const struct {
        double t, df, p;
    } cases[] = {
        { 0, 7, 1 },
        { 0.5, 1, 0.704832764699133 },
        { 12.7, 1, 0.0500243276893442 },
        { 2, 2, 0.183503419072274 },
        { 4.3, 2, 0.0500571541170916 },
        { 1.96, 5, 0.107287952505294 },
        { 2.5, 42, 0.0164104120921852 },
        { 6, 53, 1.81056794112955e-07 },
        { 0.001, 99, 0.999204127857137 },
        { 3.3, 6979, 0.000971697820842499 },
        { 1.96, 100000, 0.0499985631936051 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double tolerance = cases[i].df > 1000 ? 1e-11 : 1e-13;

        CHECK_NEAR(rkb_t_two_sided(cases[i].t, cases[i].df), cases[i].p,
                   tolerance);
        CHECK_NEAR(rkb_t_two_sided(-cases[i].t, cases[i].df), cases[i].p,
                   tolerance);
    }
    CHECK_NEAR(rkb_t_two_sided(INFINITY, 3), 0, 0);
}

/* P = 2 atan(1/t) / pi with one degree of freedom, and with two
 * 2 / (r (r + t)), r = sqrt(t^2 + 2). */
static void far_tails_keep_their_digits(void)
{
    for (double t = 10; t < 1e12; t *= 10) {
        double r = sqrt(t * t + 2);
        double one = 2 * atan(1 / t) / M_PI, two = 2 / (r * (r + t));

        CHECK_NEAR(rkb_t_two_sided(t, 1) / one, 1, 1e-13);
        CHECK_NEAR(rkb_t_two_sided(t, 2) / two, 1, 1e-13);
    }
}

static void critical_values_turn_the_tails_round(void)
{
    CHECK_NEAR(rkb_t_critical(0.05, 1), 12.7062047361747, 1e-11);
    CHECK_NEAR(rkb_t_critical(0.05, 9), 2.2621571627982, 1e-12);
    CHECK_NEAR(rkb_t_critical(0.01, 42), 2.69806618621998, 1e-12);
    CHECK_NEAR(rkb_t_critical(0.05, 6979), 1.96030395813361, 1e-10);
    CHECK_NEAR(rkb_t_critical(0.9, 3), 0.136598199353699, 1e-12);
    CHECK_NEAR(rkb_t_critical(1, 3), 0, 1e-15);
}

/* Published: Phi(1.959963984540054) = 0.975, Phi^-1(0.999) = 3.0902323061678,
 * Phi^-1(1e-10) = -6.3613409024040. */
static void normal_and_its_inverse(void)
{
    CHECK_NEAR(rkb_normal_below(0), 0.5, 0);
    CHECK_NEAR(rkb_normal_below(1.959963984540054), 0.975, 1e-15);
    CHECK_NEAR(rkb_normal_quantile(0.975), 1.959963984540054, 1e-14);
    CHECK_NEAR(rkb_normal_quantile(0.999), 3.0902323061678, 1e-12);
    CHECK_NEAR(rkb_normal_quantile(1e-10), -6.3613409024040, 1e-12);
    CHECK_NEAR(rkb_normal_quantile(0.5), 0, 1e-15);
    for (double p = 0.01; p < 1; p += 0.01)
        CHECK_NEAR(rkb_normal_below(rkb_normal_quantile(p)), p, 1e-14);
}

static void binomials_add_up_term_by_term(void)
{
    CHECK_NEAR(rkb_binomial_below(3, 10, 0.5), 0.171875, 1e-14);
    CHECK_NEAR(rkb_binomial_below(45, 50, 0.9), 0.568801593170923, 1e-13);
    CHECK_NEAR(rkb_binomial_below(0, 7, 0.3), 0.0823543, 1e-14);
    CHECK_NEAR(rkb_binomial_below(95, 100, 0.99), 0.00343232158775424, 1e-13);
    CHECK_NEAR(rkb_binomial_below(-1, 7, 0.3), 0, 0);
    CHECK_NEAR(rkb_binomial_below(7, 7, 0.3), 1, 0);
    CHECK_NEAR(rkb_binomial_below(3, 7, 0), 1, 0);
    CHECK_NEAR(rkb_binomial_below(3, 7, 1), 0, 0);
}

static void incomplete_beta_has_its_closed_forms(void)
{
    for (double x = 0.05; x < 1; x += 0.05) {
        CHECK_NEAR(rkb_incomplete_beta(1, 1, x, 1 - x), x, 1e-15);
        CHECK_NEAR(rkb_incomplete_beta(3, 1, x, 1 - x), x * x * x, 1e-14);
        CHECK_NEAR(rkb_incomplete_beta(0.5, 0.5, x, 1 - x),
                   2 / M_PI * asin(sqrt(x)), 1e-14);
        CHECK_NEAR(rkb_incomplete_beta(70, 900, x, 1 - x) +
                       rkb_incomplete_beta(900, 70, 1 - x, x),
                   1, 1e-12);
    }
    CHECK_NEAR(rkb_incomplete_beta(2, 3, 0, 1), 0, 0);
    CHECK_NEAR(rkb_incomplete_beta(2, 3, 1, 0), 1, 0);
}

TESTS(TEST(t_has_the_tails_of_its_finite_sums),
      TEST(far_tails_keep_their_digits),
      TEST(critical_values_turn_the_tails_round), TEST(normal_and_its_inverse),
      TEST(binomials_add_up_term_by_term),
      TEST(incomplete_beta_has_its_closed_forms))
