/* SPDX-License-Identifier: Apache-2.0 */
/* Expected values: tests/oracle/statistics.pl, unless a line says otherwise. */
#include "metrics/stats_tests.h"

#include "tests/stats_fixture.h"

/* R's documentation of t.test prints t = 4.0621, p = 0.002833 and 0.7001142 to
 * 2.4598858 for Student's data; Fisher found p = 0.0497 for Darwin's. */
static void t_test_of_printed_data(void)
{
    static const struct {
        const double *d;
        size_t n;
        double t, p, lo, hi;
    } cases[] = {
        { fix_sleep, N_OF(fix_sleep), 4.06212768338204, 0.00283289019738409,
          0.700114236723018, 2.45988576327698 },
        { fix_darwin, N_OF(fix_darwin), 2.14798746133112, 0.0497029440218009,
          0.0311933183929582, 41.8354733482737 },
        { fix_hollander, N_OF(fix_hollander), 3.03537541564859,
          0.0161766274349082, 0.103778712272168, 0.759999065505609 },
    };

    for (size_t i = 0; i < N_OF(cases); i++) {
        struct rkb_t_test r = rkb_t_test(cases[i].d, cases[i].n, 0.05);

        CHECK_NEAR(r.t, cases[i].t, 1e-12);
        CHECK_NEAR(r.df, (double)cases[i].n - 1, 0);
        CHECK_NEAR(r.p, cases[i].p, 1e-12);
        CHECK_NEAR(r.lo, cases[i].lo, 1e-10);
        CHECK_NEAR(r.hi, cases[i].hi, 1e-10);
    }
}

static void t_test_without_a_spread_has_no_value(void)
{
    const double zeros[5] = { 0 }, same[] = { 0.3 - 0.2, 0.2 - 0.1, 0.1 };

    CHECK(isnan(rkb_t_test(zeros, 5, 0.05).p));
    CHECK(isnan(rkb_t_test(same, 3, 0.05).p));
    CHECK(isnan(rkb_t_test(same, 3, 0.05).lo));
    CHECK(isnan(rkb_t_test(same, 1, 0.05).t));
    CHECK(isnan(rkb_t_test(same, 0, 0.05).p));
    CHECK(isnan(rkb_sd(same, 1)));
    CHECK_NEAR(rkb_sd(same, 3), 0, 0);
}

/* An interval of 1 - alpha touches 0 exactly when p = alpha. */
static void t_test_and_its_interval_agree(void)
{
    double p = rkb_t_test(fix_darwin, N_OF(fix_darwin), 0.05).p;

    CHECK_NEAR(rkb_t_test(fix_darwin, N_OF(fix_darwin), p).lo, 0, 1e-12);
}

static struct rkb_wilcoxon wilcoxon(const double *d, size_t n)
{
    double sorted[64];

    memcpy(sorted, d, n * sizeof *d);
    qsort(sorted, n, sizeof *sorted, fix_by_size);
    return rkb_wilcoxon(sorted, n);
}

/* R's documentation of wilcox.test prints V = 40 and a one-sided p of 0.01953
 * for these. */
static void wilcoxon_is_exact_without_ties(void)
{
    struct rkb_wilcoxon r = wilcoxon(fix_hollander, N_OF(fix_hollander));

    CHECK(r.exact);
    CHECK_EQ_INT(r.n, 9);
    CHECK_NEAR(r.w_plus, 40, 0);
    CHECK_NEAR(r.w_minus, 5, 0);
    CHECK_NEAR(r.p, 0.0390625, 1e-15);
    r = wilcoxon(fix_darwin, N_OF(fix_darwin));
    CHECK(r.exact);
    CHECK_NEAR(r.w_plus, 96, 0);
    CHECK_NEAR(r.p, 0.041259765625, 1e-15);
}

/* R gives V = 45, p = 0.009091 with its warning about ties and zeros. */
static void wilcoxon_with_ties_or_zeros_is_the_normal_approximation(void)
{
    struct rkb_wilcoxon r = wilcoxon(fix_sleep, N_OF(fix_sleep));

    CHECK(!r.exact);
    CHECK_EQ_INT(r.n, 9);
    CHECK_NEAR(r.w_plus, 45, 0);
    CHECK_NEAR(r.w_minus, 0, 0);
    CHECK_NEAR(r.p, 0.00909069801592506, 1e-12);
}

/* With the ranks 1 .. n all of one sign, p = 2 / 2^n; beyond 50 it is the
 * normal's. */
static void wilcoxon_at_its_bounds(void)
{
    double d[51];

    for (int i = 0; i < 51; i++)
        d[i] = i + 1;
    CHECK_NEAR(rkb_wilcoxon(d, 50).p, ldexp(1, -49), 1e-30);
    CHECK(rkb_wilcoxon(d, 50).exact && !rkb_wilcoxon(d, 51).exact);
    for (int i = 0; i < 51; i += 3)
        d[i] = -d[i];
    /* Subsets of 1 .. 50 with a sum of up to 425, counted in whole numbers. */
    CHECK_NEAR(rkb_wilcoxon(d, 50).p, 0.03996834652842374, 1e-14);
    CHECK_NEAR(rkb_wilcoxon(d, 1).p, 1, 0);
    CHECK_NEAR(rkb_wilcoxon(d, 0).p, 1, 0);
    d[0] = d[1] = 0;
    CHECK_NEAR(rkb_wilcoxon(d, 2).p, 1, 0);
    CHECK_EQ_INT(rkb_wilcoxon(d, 2).n, 0);
}

/* 0.3 - 0.2 and 0.2 - 0.1 are not the same double. */
static void rounding_makes_no_order_among_equal_differences(void)
{
    const double d[] = { 0.3 - 0.2, -(0.2 - 0.1), 0.1, 0.4 - 0.4, 0.9 - 0.1 };
    struct rkb_wilcoxon r = wilcoxon(d, 5);

    CHECK(!r.exact);
    CHECK_EQ_INT(r.n, 4);
    CHECK_NEAR(r.w_minus, 2, 0);
    CHECK_NEAR(r.w_plus, 8, 0);
}

/* Benjamini & Hochberg 1995, section 3.2: of these fifteen, Bonferroni and
 * Holm reject three at 0.05, their procedure four. */
static void corrections_reject_what_their_paper_says(void)
{
    const double p[] = { .0095, .0001, .0004, .0019, .0201, .0278, .0298, .0344,
                         1,     .3240, .4262, .5719, .6528, .7590, .0459 };
    size_t order[15];
    double out[15];
    size_t rejected[4] = { 0 };

    for (int how = RKB_HOLM; how <= RKB_UNCORRECTED; how++) {
        rkb_correct((enum rkb_correction)how, p, 15, order, out);
        for (size_t i = 0; i < 15; i++) {
            rejected[how] += out[i] <= 0.05;
            CHECK(out[i] >= p[i] && out[i] <= 1);
        }
    }
    CHECK_EQ_INT(rejected[RKB_HOLM], 3);
    CHECK_EQ_INT(rejected[RKB_BONFERRONI], 3);
    CHECK_EQ_INT(rejected[RKB_BENJAMINI_HOCHBERG], 4);
    CHECK_EQ_INT(rejected[RKB_UNCORRECTED], 9);
}

static void corrections_by_hand(void)
{
    static const double p[] = { 0.02, NAN, 0.03, 0.01, 0.04, 0.03 };
    static const double want[][6] = {
        { 0.08, NAN, 0.09, 0.05, 0.09, 0.09 },
        { 0.1, NAN, 0.15, 0.05, 0.2, 0.15 },
        { 0.0375, NAN, 0.0375, 0.0375, 0.04, 0.0375 },
        { 0.02, NAN, 0.03, 0.01, 0.04, 0.03 },
    };
    size_t order[6];
    double out[6];

    for (int how = RKB_HOLM; how <= RKB_UNCORRECTED; how++) {
        rkb_correct((enum rkb_correction)how, p, 6, order, out);
        for (size_t i = 0; i < 6; i++)
            if (isnan(want[how][i]))
                CHECK(isnan(out[i]));
            else
                CHECK_NEAR(out[i], want[how][i], 1e-15);
    }
    rkb_correct(RKB_HOLM, p, 0, order, out);
}

static void sizes_of_effects(void)
{
    const double d[] = { 1, 2, 3, 0, -1 }, none[] = { 0.2, 0.2 };
    struct rkb_wins w = rkb_wins(d, 5);

    CHECK_NEAR(rkb_cohen_d(d, 5), 1 / sqrt(2.5), 1e-15);
    CHECK(isnan(rkb_cohen_d(none, 2)));
    CHECK(isnan(rkb_cohen_d(d, 1)));
    CHECK_EQ_INT(w.win, 3);
    CHECK_EQ_INT(w.tie, 1);
    CHECK_EQ_INT(w.loss, 1);
    w = rkb_wins(d, 0);
    CHECK_EQ_INT(w.win + w.tie + w.loss, 0);
}

static void detectable_difference_shrinks_with_queries(void)
{
    double sd = rkb_sd(fix_sleep, N_OF(fix_sleep));

    CHECK_NEAR(rkb_detectable(sd, 10, 0.05, 0.8), 1.22349340121835, 1e-12);
    sd = rkb_sd(fix_darwin, N_OF(fix_darwin));
    CHECK_NEAR(rkb_detectable(sd, 15, 0.05, 0.8), 29.3618170014506, 1e-10);
    CHECK(rkb_detectable(1, 40, 0.05, 0.8) < rkb_detectable(1, 20, 0.05, 0.8));
    CHECK(isnan(rkb_detectable(1, 1, 0.05, 0.8)));
}

TESTS(TEST(t_test_of_printed_data), TEST(t_test_without_a_spread_has_no_value),
      TEST(t_test_and_its_interval_agree), TEST(wilcoxon_is_exact_without_ties),
      TEST(wilcoxon_with_ties_or_zeros_is_the_normal_approximation),
      TEST(wilcoxon_at_its_bounds),
      TEST(rounding_makes_no_order_among_equal_differences),
      TEST(corrections_reject_what_their_paper_says), TEST(corrections_by_hand),
      TEST(sizes_of_effects), TEST(detectable_difference_shrinks_with_queries))
