/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/stats_agree.h"

#include "tests/stats_fixture.h"

/* By hand: pairs in order minus pairs out of order. */
static void tau_b_counts_pairs(void)
{
    const double up[] = { 1, 2, 3, 4 }, down[] = { 4, 3, 2, 1 };
    const double mixed[] = { 1, 3, 2, 4 }, ties[] = { 1, 1, 2, 2 };
    const double flat[] = { 5, 5, 5, 5 };

    CHECK_NEAR(rkb_tau_b(up, up, 4), 1, 0);
    CHECK_NEAR(rkb_tau_b(up, down, 4), -1, 0);
    CHECK_NEAR(rkb_tau_b(up, mixed, 4), 4.0 / 6, 1e-15);
    CHECK_NEAR(rkb_tau_b(up, ties, 4), 4 / sqrt(6.0 * 4), 1e-15);
    CHECK_NEAR(rkb_tau_b(ties, ties, 4), 1, 1e-15);
    CHECK(isnan(rkb_tau_b(up, flat, 4)));
    CHECK(isnan(rkb_tau_b(up, up, 1)));
}

static double rbo(const uint32_t *ranks, size_t n_a, size_t n_b, double p)
{
    uint32_t scratch[64];

    return rkb_rbo(ranks, n_a, n_b, p, scratch);
}

/* Fractions in p, from equation 32 by hand. */
static void rbo_by_hand(void)
{
    const uint32_t same[] = { 1, 2, 3, 4, 5 }, swapped[] = { 2, 1 };
    const uint32_t none[] = { 0, 0, 0 }, second[] = { 2 };

    for (double p = 0.1; p < 1; p += 0.2) {
        CHECK_NEAR(rbo(same, 5, 5, p), 1, 1e-14);
        CHECK_NEAR(rbo(none, 3, 3, p), 0, 0);
        CHECK_NEAR(rbo(swapped, 2, 2, p), p, 1e-15);
        /* A = (x), B = (y, x): X_1 = 0, X_2 = 1, s = 1, l = 2. */
        CHECK_NEAR(rbo(second, 1, 2, p), (1 - p) / p * (p * p / 2) + p * p / 2,
                   1e-15);
        /* A = (x), B = (x, y): the agreement of 1 goes on. */
        CHECK_NEAR(rbo(same, 1, 2, p), 1, 1e-15);
        CHECK_NEAR(rbo(same, 3, 5, p), 1, 1e-14);
    }
    CHECK_NEAR(rbo(none, 0, 0, 0.9), 1, 0);
    CHECK_NEAR(rbo(none, 0, 3, 0.9), 0, 0);
}

/* The same two lists of unequal length, seen from either side. */
static void rbo_does_not_care_which_list_comes_first(void)
{
    const uint32_t in_b[] = { 3, 0, 1, 7 };          /* of A = a b c d      */
    const uint32_t in_a[] = { 3, 0, 1, 0, 0, 0, 4 }; /* of B = c . a . . . d */

    for (double p = 0.1; p < 1; p += 0.2)
        CHECK_NEAR(rbo(in_b, 4, 7, p), rbo(in_a, 7, 4, p), 1e-15);
}

/* Webber, Moffat & Zobel: at p = 0.9 the top ten hold 0.8556 of the weight of
 * RBO, so lists of fifty that agree in these alone have RBO_EXT between that
 * and 1 - but not less than with the tail counted as seen. */
static void rbo_weighs_the_top(void)
{
    uint32_t top[50] = { 0 }, bottom[50] = { 0 };

    for (uint32_t i = 0; i < 10; i++) {
        top[i] = i + 1;
        bottom[40 + i] = 41 + i;
    }
    CHECK(rbo(top, 50, 50, 0.9) > 0.8556);
    CHECK(rbo(top, 50, 50, 0.9) < 1);
    CHECK(rbo(bottom, 50, 50, 0.9) < 0.01);
}

static void overlap_and_churn(void)
{
    const uint32_t ranks[] = { 2, 1, 0, 9, 5 }; /* A's five among B's nine */

    CHECK_NEAR(rkb_overlap(ranks, 5, 9, 1), 0, 0);
    CHECK_NEAR(rkb_overlap(ranks, 5, 9, 2), 1, 0);
    CHECK_NEAR(rkb_overlap(ranks, 5, 9, 5), 0.6, 1e-15);
    CHECK_NEAR(rkb_overlap(ranks, 5, 9, 100), 4.0 / 9, 1e-15);
    CHECK(isnan(rkb_overlap(ranks, 0, 0, 5)));
    CHECK_NEAR(rkb_churn(ranks, 5, 9, 2), 1, 0);
    CHECK_NEAR(rkb_churn(ranks, 5, 9, 5), (1 + 1 + 7 + 5 + 0) / 5.0, 1e-15);
    CHECK(isnan(rkb_churn(ranks, 0, 9, 5)));
}

static void rmse_by_hand(void)
{
    const double a[] = { 1, 2, 3 }, b[] = { 1, 4, 2 };

    CHECK_NEAR(rkb_rmse(a, b, 3), sqrt(5.0 / 3), 1e-15);
    CHECK_NEAR(rkb_rmse(a, a, 3), 0, 0);
    CHECK(isnan(rkb_rmse(a, b, 0)));
}

/* The values of FollowIR's own evaluation code. */
static void p_mrr_rewards_what_moves_down(void)
{
    CHECK_NEAR(rkb_p_mrr(1, 4), 0.75, 0);
    CHECK_NEAR(rkb_p_mrr(4, 1), -0.75, 0);
    CHECK_NEAR(rkb_p_mrr(7, 7), 0, 0);
    CHECK_NEAR(rkb_p_mrr(2, 1001), 1 - 2.0 / 1001, 1e-15);
}

/* tests/oracle/statistics.pl goes through all orders of the four tied. */
static void ties_over_all_orders(void)
{
    const double score[] = { 5, 4, 4, 4, 4, 1 };
    double gain[] = { 0, 3, 1, 0, 2, 1 };
    double ideal = 3 + 2 / log2(3) + 0.5 + 1 / log2(5);
    struct rkb_ties t = rkb_ties(score, gain, 6, 4, ideal);

    CHECK_EQ_INT(t.n_tied, 3);
    CHECK_NEAR(t.worst, 0.262174994848125, 1e-14);
    CHECK_NEAR(t.expected, 0.451110871074845, 1e-14);
    CHECK_NEAR(t.best, 0.640046747301565, 1e-14);
}

static void ties_that_are_none(void)
{
    const double score[] = { 3, 2, 1 };
    double gain[] = { 1, 0, 1 };
    struct rkb_ties t = rkb_ties(score, gain, 3, 10, 2);

    CHECK_EQ_INT(t.n_tied, 0);
    CHECK_NEAR(t.worst, 0.75, 1e-15);
    CHECK_NEAR(t.expected, 0.75, 1e-15);
    CHECK_NEAR(t.best, 0.75, 1e-15);
    t = rkb_ties(score, gain, 0, 10, 2);
    CHECK_NEAR(t.best, 0, 0);
}

TESTS(TEST(tau_b_counts_pairs), TEST(rbo_by_hand),
      TEST(rbo_does_not_care_which_list_comes_first), TEST(rbo_weighs_the_top),
      TEST(overlap_and_churn), TEST(rmse_by_hand),
      TEST(p_mrr_rewards_what_moves_down), TEST(ties_over_all_orders),
      TEST(ties_that_are_none))
