/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tap.h"

#include "metrics/gains.h"
#include "tests/judged_fixture.h"

static struct fixture f;
static struct rkb_ladder ladder;

/* The gains of the ideal order, as text. */
static const char *ideal(const char *measure, const char *qrels)
{
    static char text[256];
    struct rkb_measures ms = { 0 };
    size_t len = 0;

    fixture_init(&f, "", qrels);
    measures_of(&ms, measure, 1, 9);
    text[0] = '\0';
    if (rkb_ladder_init(&ladder, &ms.items[0].measure, &f.q)) {
        double gain = ladder.top;

        while (gain > 0 && len < sizeof(text) - 32) {
            gain = rkb_ladder_next(&ladder);
            len += (size_t)snprintf(text + len, 32, "%g ", gain);
        }
    }
    rkb_measures_release(&ms);
    return text;
}

static void gain_is_the_grade(void)
{
    CHECK_STR(ideal("nDCG", "013.21"), "3 2 1 1 0 ");
    CHECK_STR(ideal("nDCG", "11"), "1 1 0 ");
    CHECK_STR(ideal("nDCG", "00."), "");
    CHECK_STR(ideal("nDCG", ""), "");
}

static void gain_is_a_power_of_2(void)
{
    CHECK_STR(ideal("nDCG(dcg='exp-log2')", "013.21"), "7 3 1 1 0 ");
}

static void gains_of_ones_own_set_the_order(void)
{
    CHECK_STR(ideal("ndcg.1=3", "2110"), "3 3 2 0 ");
    CHECK_STR(ideal("ndcg.0=1,1=-2", "2110"), "2 1 -2 ");
    CHECK_STR(ideal("ndcg.7=9", "10"), "1 0 ");
    CHECK_STR(ideal("ndcg.1=0", "11"), "");
}

/* The example in trec_eval's own help: 3.5 stands before 3 in the list, and
 * their difference counts as none. */
static void gains_less_than_1_apart_keep_their_order(void)
{
    CHECK_STR(ideal("ndcg.1=3.5,2=9.0,4=7.0", "43210"), "9 7 3 3.5 0 ");
}

static void too_many_grades_are_undefined(void)
{
    struct rkb_measures ms = { 0 };
    double v[2];

    fixture_init(&f, "", "");
    for (int i = 0; i < 400; i++)
        f.grades[i] = 100000 - 7 * i;
    f.q.n_qrels = f.q.n_judged = f.q.n_pos = 400;
    measures_of(&ms, "ndcg.1=3", 1, 9);
    rkb_measures_calc(&ms, &f.q, v);
    CHECK(isnan(v[0]));
    f.q.n_judged = f.q.n_pos = 200; /* few enough, though far apart */
    rkb_measures_calc(&ms, &f.q, v);
    CHECK_NEAR(v[0], 0, 0);
    rkb_measures_release(&ms);
}

TESTS(TEST(gain_is_the_grade), TEST(gain_is_a_power_of_2),
      TEST(gains_of_ones_own_set_the_order),
      TEST(gains_less_than_1_apart_keep_their_order),
      TEST(too_many_grades_are_undefined))
