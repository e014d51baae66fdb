/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of measures at work: sums over queries, missing queries. */
#include "tests/tap.h"

#include "tests/judged_fixture.h"

static struct fixture f;
static struct rkb_arena arena;

static double slot_of(const struct rkb_measures *ms, const char *name,
                      const double *values)
{
    size_t i = rkb_measures_find(ms, rkb_sv_of(name));

    return CHECK(i < ms->n_slots) ? values[i] : NAN;
}

static void means_divide_by_the_number_of_queries(void)
{
    struct rkb_measures ms = { 0 };
    struct rkb_measures_sum sum;
    double v[16];

    measures_of(&ms, "num_q num_ret map gm_map num_rel runid", 1, 9);
    rkb_measures_sum_init(&sum, &arena, &ms, false);
    fixture_init(&f, "1", "1");
    rkb_measures_calc(&ms, &f.q, v);
    rkb_measures_sum_add(&sum, &f.q, v);
    fixture_init(&f, "-1", "1");
    rkb_measures_calc(&ms, &f.q, v);
    CHECK_NEAR(slot_of(&ms, "gm_map", v), 0.5, 0);
    rkb_measures_sum_add(&sum, &f.q, v);
    fixture_init(&f, "0", "20");
    rkb_measures_calc(&ms, &f.q, v);
    rkb_measures_sum_add(&sum, &f.q, v);
    rkb_measures_sum_finish(&sum, v);
    CHECK_NEAR(slot_of(&ms, "num_q", v), 3, 0);
    CHECK_NEAR(slot_of(&ms, "num_ret", v), 4, 0);
    CHECK_NEAR(slot_of(&ms, "num_rel", v), 3, 0);
    CHECK_NEAR(slot_of(&ms, "map", v), 1.5 / 3, 0);
    CHECK_NEAR(slot_of(&ms, "gm_map", v),
               exp((log(1) + log(0.5) + log(1e-5)) / 3), 1e-15);
    CHECK(isnan(slot_of(&ms, "runid", v)));
    rkb_measures_release(&ms);
    rkb_arena_release(&arena);
}

static void missing_queries_count_as_their_version_says(void)
{
    for (int compat = 9; compat <= 10; compat++) {
        struct rkb_measures ms = { 0 };
        struct rkb_measures_sum sum;
        double v[16];

        measures_of(&ms,
                    "num_q num_ret num_rel map gm_map utility ideal_dcg "
                    "utility.1,-1,0,0.5",
                    2, compat);
        rkb_measures_sum_init(&sum, &arena, &ms, true);
        fixture_init(&f, "2", "210");
        rkb_measures_calc(&ms, &f.q, v);
        rkb_measures_sum_add(&sum, &f.q, v);
        fixture_init(&f, "-", "3310");
        rkb_measures_absent(&ms, &f.q, v);
        CHECK_NEAR(slot_of(&ms, "num_ret", v), 0, 0);
        CHECK_NEAR(slot_of(&ms, "map", v), 0, 0);
        CHECK(compat == 9 ? slot_of(&ms, "ideal_dcg", v) == 0
                          : slot_of(&ms, "ideal_dcg", v) > 5);
        rkb_measures_sum_absent(&sum, &f.q, v);
        rkb_measures_sum_finish(&sum, v);
        CHECK_NEAR(slot_of(&ms, "num_q", v), 2, 0);
        CHECK_NEAR(slot_of(&ms, "num_ret", v), 1, 0);
        CHECK_NEAR(slot_of(&ms, "num_rel", v), 2 + 3, 0); /* not -l 2 */
        CHECK_NEAR(slot_of(&ms, "map", v), 0.5, 0);
        CHECK_NEAR(slot_of(&ms, "gm_map", v), exp(log(1e-5) / 2), 1e-15);
        rkb_measures_release(&ms);
        rkb_arena_release(&arena);
    }
}

static void version_10_resets_by_the_plain_name_only(void)
{
    struct rkb_measures ms = { 0 };
    struct rkb_buf text = { 0 };
    double v[16];

    measures_of(&ms, "utility rbp_resid unj.2 relstring", 1, 10);
    fixture_init(&f, "-", "1");
    rkb_measures_absent(&ms, &f.q, v);
    for (size_t i = 0; i < ms.n_slots; i++)
        CHECK(ms.slots[i].is_text || v[i] == 0);
    rkb_slot_text(&ms, 0, &f.q, true, &text);
    CHECK_STR(text.at, "''");
    rkb_measures_release(&ms);

    measures_of(&ms, "utility.1,-1,0,0.5 rbp_resid.p=0.5 relstring.5", 1, 10);
    rkb_measures_absent(&ms, &f.q, v);
    CHECK_NEAR(slot_of(&ms, "utility_1,-1,0,0.5", v), -1 - 0.5 * 2, 0);
    CHECK_NEAR(slot_of(&ms, "rbp_resid_p=0.5", v), 0.5 + 0.5, 0);
    rkb_buf_reset(&text);
    rkb_slot_text(&ms, 0, &f.q, true, &text);
    CHECK_STR(text.at, "'-'");
    rkb_buf_release(&text);
    rkb_measures_release(&ms);
}

static void one_undefined_value_makes_the_mean_undefined(void)
{
    struct rkb_measures ms = { 0 };
    struct rkb_measures_sum sum;
    double v[2];

    measures_of(&ms, "Judged@5 P@5", 1, 9);
    rkb_measures_sum_init(&sum, &arena, &ms, false);
    rkb_measures_sum_finish(&sum, v);
    CHECK(isnan(v[0]) && isnan(v[1]));
    fixture_init(&f, "", "1");
    rkb_measures_calc(&ms, &f.q, v);
    rkb_measures_sum_add(&sum, &f.q, v);
    rkb_measures_sum_finish(&sum, v);
    CHECK_NEAR(slot_of(&ms, "P@5", v), 0, 0);
    CHECK(isnan(slot_of(&ms, "Judged@5", v)));
    rkb_measures_release(&ms);
    rkb_arena_release(&arena);
}

static void a_slot_is_found_by_each_of_its_names(void)
{
    struct rkb_measures ms = { 0 };

    measures_of(&ms, "map_cut.5,100 nDCG@10", 2, 9);
    CHECK_EQ_INT(rkb_measures_find(&ms, rkb_sv_of("map_cut_100")), 2);
    CHECK_EQ_INT(rkb_measures_find(&ms, rkb_sv_of("AP(rel=2)@100")), 2);
    CHECK_EQ_INT(rkb_measures_find(&ms, rkb_sv_of("nDCG@10")), 0);
    CHECK_EQ_INT(rkb_measures_find(&ms, rkb_sv_of("ndcg_cut_10")), 0);
    CHECK(rkb_measures_find(&ms, rkb_sv_of("AP@100")) == SIZE_MAX);
    rkb_measures_release(&ms);
}

TESTS(TEST(means_divide_by_the_number_of_queries),
      TEST(missing_queries_count_as_their_version_says),
      TEST(version_10_resets_by_the_plain_name_only),
      TEST(one_undefined_value_makes_the_mean_undefined),
      TEST(a_slot_is_found_by_each_of_its_names))
