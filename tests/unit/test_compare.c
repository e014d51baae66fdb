/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/compare.h"

#include "tests/stats_fixture.h"

enum { N = 15 };

/* Darwin's crossed plants against self-fertilised ones of height 100, with
 * times in proportion 2 to 1, and a third system that lost two queries. */
static void make_panel(struct rkb_panel *p)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    struct rkb_err err;

    *p = (struct rkb_panel){ .n_systems = 3, .n_queries = N };
    if (rkb_measures_add(&p->measures, rkb_sv_of("nDCG@10"), &rules, &err))
        exit(1);
    p->systems = rkb_arena_new(&p->arena, 3, sizeof *p->systems);
    for (size_t i = 0; i < 3; i++) {
        struct rkb_system *s = &p->systems[i];

        s->eval.id = (int64_t)i + 11;
        s->n_has = N;
        s->has = rkb_arena_new(&p->arena, N, 1);
        s->values = rkb_arena_new(&p->arena, N, sizeof *s->values);
        s->latency_ns = rkb_arena_new(&p->arena, N, sizeof *s->latency_ns);
        for (size_t q = 0; q < N; q++) {
            s->has[q] = 1;
            s->values[q] = 100 + (i == 1 ? fix_darwin[q] : 0);
            s->latency_ns[q] = (i ? 1e6 : 2e6) * (double)(q + 1);
        }
    }
    p->systems[2].values[3] = p->systems[2].values[5] = NAN;
    p->systems[2].latency_ns[3] = NAN;
}

static struct rkb_comparisons compare(struct rkb_panel *p, enum rkb_test test,
                                      uint64_t seed, size_t n_threads)
{
    static const bool timed[] = { false, true, true };
    const struct rkb_compare_want want = { .test = test,
                                           .correction = RKB_HOLM,
                                           .alpha = 0.05,
                                           .seed = seed,
                                           .pool = rkb_pool_open(n_threads) };
    struct rkb_comparisons c;

    rkb_compare(p, &want, timed, &c);
    rkb_pool_close(want.pool);
    return c;
}

/* Expected values as in test_stats_tests.c and test_stats_flip.c. */
static void each_test_gives_its_p_and_its_interval(void)
{
    struct rkb_panel p;
    struct rkb_comparisons c;

    make_panel(&p);
    c = compare(&p, RKB_TEST_T, 1, 1);
    CHECK_EQ_INT(c.n, 4);
    CHECK_EQ_INT(c.n_tests, 1); /* the third has no spread, so no t */
    CHECK_NEAR(c.rows[0].c.p, 0.0497029440218009, 1e-12);
    CHECK_NEAR(c.rows[0].c.p_corrected, 0.0497029440218009, 1e-12);
    CHECK_NEAR(c.rows[0].c.lo, 0.0311933183929582, 1e-10);
    CHECK_NEAR(c.rows[0].c.hi, 41.8354733482737, 1e-10);
    CHECK_NEAR(c.rows[0].c.diff, 314.0 / 15, 1e-12);
    CHECK_NEAR(c.rows[0].c.detectable, 29.3618170014506, 1e-10);
    CHECK_EQ_INT(c.rows[0].c.win, 13);
    CHECK_EQ_INT(c.rows[0].c.loss, 2);
    CHECK(isnan(c.rows[1].c.p) && isnan(c.rows[1].c.p_corrected));
    c = compare(&p, RKB_TEST_RANDOMIZATION, 1, 1);
    CHECK_EQ_INT(c.n_tests, 2);
    CHECK_NEAR(c.rows[0].c.p, 2 * 863.0 / 32768, 0);
    CHECK_NEAR(c.rows[0].c.p_corrected, 4 * 863.0 / 32768, 1e-15);
    CHECK_EQ_INT(c.rows[0].c.draws, 0);
    CHECK_NEAR(c.rows[1].c.p, 1, 0);
    CHECK(c.rows[0].c.lo > -15 && c.rows[0].c.lo < 5);
    CHECK(c.rows[0].c.hi > 30 && c.rows[0].c.hi < 42);
    c = compare(&p, RKB_TEST_WILCOXON, 1, 1);
    CHECK_NEAR(c.rows[0].c.p, 0.041259765625, 1e-15);
    rkb_panel_release(&p);
}

static void queries_without_a_value_are_in_no_pair(void)
{
    struct rkb_panel p;
    struct rkb_comparisons c;

    make_panel(&p);
    c = compare(&p, RKB_TEST_RANDOMIZATION, 1, 1);
    CHECK_EQ_INT(c.n_common, N);
    CHECK_EQ_INT(c.n_missing, 2);
    CHECK_EQ_INT(c.rows[1].c.n, N - 2);
    CHECK_EQ_INT(c.rows[1].c.n_a, N - 2);
    CHECK_EQ_INT(c.rows[1].c.n_b, N);
    CHECK_EQ_INT(c.baseline[0].n, N);
    CHECK_NEAR(c.baseline[0].mean, 100, 1e-12);
    rkb_panel_release(&p);
}

static void times_give_a_ratio_over_common_queries(void)
{
    struct rkb_panel p;
    struct rkb_comparisons c;

    make_panel(&p);
    c = compare(&p, RKB_TEST_RANDOMIZATION, 1, 1);
    CHECK_EQ_INT(c.rows[2].slot == SIZE_MAX, 1);
    CHECK(rkb_sv_is(c.rows[2].c.measure, "latency_ms"));
    CHECK_NEAR(c.rows[2].c.mean_a, 8, 1e-12);
    CHECK_NEAR(c.rows[2].c.mean_b, 16, 1e-12);
    CHECK_NEAR(c.rows[2].c.ratio, 2, 1e-12);
    CHECK_NEAR(c.rows[2].c.ratio_lo, 2, 1e-12);
    CHECK_NEAR(c.rows[2].c.ratio_sd, 0, 1e-9);
    CHECK_EQ_INT(c.rows[3].c.n, N - 1);
    CHECK_NEAR(c.rows[3].c.mean_a, 116.0 / 14, 1e-12);
    CHECK(isnan(c.rows[2].c.p));
    rkb_panel_release(&p);
}

/* More queries than the exact test takes. */
static void make_long_panel(struct rkb_panel *p, size_t n)
{
    make_panel(p);
    p->n_systems = 2;
    p->n_queries = n;
    for (size_t i = 0; i < 2; i++) {
        struct rkb_system *s = &p->systems[i];

        s->has = rkb_arena_new(&p->arena, n, 1);
        s->values = rkb_arena_new(&p->arena, n, sizeof *s->values);
        s->latency_ns = rkb_arena_new(&p->arena, n, sizeof *s->latency_ns);
        for (size_t q = 0; q < n; q++) {
            s->has[q] = 1;
            s->values[q] = (double)((q * 37 + i * (q % 5) * 11) % 101) / 101;
            s->latency_ns[q] = (double)(100 + (q * 53 + i * 7) % 89);
        }
    }
}

static void same_seed_same_bits_on_any_number_of_threads(void)
{
    struct rkb_panel p;
    struct rkb_comparison first[2];
    struct rkb_comparisons c;

    make_long_panel(&p, 211);
    c = compare(&p, RKB_TEST_RANDOMIZATION, 7, 1);
    CHECK_EQ_INT(c.rows[0].c.draws, RKB_FLIPS);
    first[0] = c.rows[0].c;
    first[1] = c.rows[1].c;
    for (size_t threads = 2; threads < 6; threads++) {
        c = compare(&p, RKB_TEST_RANDOMIZATION, 7, threads);
        for (int i = 0; i < 2; i++) {
            const struct rkb_comparison *x = &first[i], *y = &c.rows[i].c;
            const double a[] = { x->p,    x->lo,       x->hi,      x->lo_a,
                                 x->hi_b, x->ratio_lo, x->ratio_sd };
            const double b[] = { y->p,    y->lo,       y->hi,      y->lo_a,
                                 y->hi_b, y->ratio_lo, y->ratio_sd };

            CHECK(memcmp(a, b, sizeof a) == 0);
        }
    }
    c = compare(&p, RKB_TEST_RANDOMIZATION, 8, 1);
    CHECK(c.rows[0].c.lo < first[0].lo || c.rows[0].c.lo > first[0].lo);
    rkb_panel_release(&p);
}

static void single_and_no_queries(void)
{
    struct rkb_panel p;
    struct rkb_comparisons c;

    make_panel(&p);
    for (size_t q = 1; q < N; q++)
        p.systems[1].values[q] = p.systems[1].latency_ns[q] = NAN;
    for (size_t q = 0; q < N; q++)
        p.systems[2].values[q] = p.systems[2].latency_ns[q] = NAN;
    for (int test = 0; test < 3; test++) {
        c = compare(&p, (enum rkb_test)test, 1, 1);
        CHECK_EQ_INT(c.rows[0].c.n, 1);
        CHECK_NEAR(c.rows[0].c.diff, 49, 1e-12);
        CHECK(isnan(c.rows[0].c.lo) && isnan(c.rows[0].c.effect));
        CHECK_EQ_INT(c.rows[1].c.n, 0);
        CHECK(isnan(c.rows[1].c.diff) && isnan(c.rows[1].c.p));
        CHECK_NEAR(c.rows[2].c.ratio, 2, 1e-12);
        CHECK(isnan(c.rows[2].c.ratio_lo) && isnan(c.rows[3].c.ratio));
    }
    rkb_panel_release(&p);
}

static void families_say_what_they_are(void)
{
    struct rkb_panel p;

    make_panel(&p);
    CHECK_STR(compare(&p, RKB_TEST_T, 1, 1).family,
              "nDCG@10 of 12,13 against 11");
    rkb_panel_release(&p);
}

TESTS(TEST(each_test_gives_its_p_and_its_interval),
      TEST(queries_without_a_value_are_in_no_pair),
      TEST(times_give_a_ratio_over_common_queries),
      TEST(same_seed_same_bits_on_any_number_of_threads),
      TEST(single_and_no_queries), TEST(families_say_what_they_are))
