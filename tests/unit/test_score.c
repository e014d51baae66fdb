/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/score.h"

#include "tests/testbed_fixture.h"

/* Reciprocal ranks of the usual testbed as its candidates come, q1 to q7:
 * 1, 1, 1/3, 1, 1/6, 1 and, for want of candidates, 0. */
struct rig {
    struct rkb_store *store;
    struct rkb_testbed bed;
    struct rkb_measures measures;
    struct rkb_run run;
    struct rkb_arena arena;
    struct rkb_score score;
    int64_t session;
};

static struct rig rig_open(bool all_queries)
{
    static const char *const names[] = { "RR", "P@1", "R@3", "num_ret" };
    const struct rkb_measure_rules rules = { 1, 9 };
    struct rkb_candidates_want want = bed_want();
    struct rkb_err err = { 0 };
    struct rig r = { 0 };

    want.all_queries = all_queries;
    r.store = fix_open(fix_path(), RKB_STORE_CREATE);
    r.bed = bed_of(&bed_usual, &want, r.store);
    for (size_t i = 0; i < RKB_COUNT(names); i++)
        fix_must(
            rkb_measures_add(&r.measures, rkb_sv_of(names[i]), &rules, &err),
            &err);
    const struct rkb_run_spec spec = {
        .key = fix_digest("key"),
        .identity = rkb_sv_of("{}"),
        .label = rkb_sv_of("told"),
        .dataset = rkb_sv_of("dl19"),
        .reranker = rkb_sv_of("told"),
        .queries = r.bed.dataset->queries_digest,
        .candidate_set = r.bed.candidate_set,
        .repeat = 1,
        .n_queries = (int64_t)r.bed.candidates->n_lists,
        .n_samples = 1,
    };

    fix_must(rkb_run_begin(r.store, &spec, &r.run, &err), &err);
    r.session = fix_session(r.store, r.run.id);
    return r;
}

static void rig_close(struct rig *r)
{
    rkb_run_release(&r->run);
    rkb_measures_release(&r->measures);
    rkb_testbed_close(&r->bed);
    rkb_store_close(r->store);
    rkb_arena_release(&r->arena);
    fix_clean();
    fixture_done();
}

/* One letter a query: (s)tay, (t)urn around, (r)epaired and turned around,
 * (f)ailed, (.) nothing yet. */
static void put(struct rig *r, const char *acts)
{
    for (int64_t ord = 0; acts[ord]; ord++) {
        size_t n = r->bed.candidates->lists[ord].n;
        uint32_t order[BED_DOCS] = { 0 };
        struct rkb_result one;

        if (acts[ord] == '.')
            continue;
        rkb_result_init(&one);
        one.run_id = r->run.id;
        one.session_id = r->session;
        one.ord = ord;
        one.latency_ns = 1000 - 10 * ord;
        one.n_docs = n;
        for (uint32_t i = 0; i < n; i++)
            order[i] = acts[ord] == 's' ? i : (uint32_t)n - 1 - i;
        one.order = acts[ord] == 'f' ? NULL : order;
        one.status = acts[ord] == 'f'   ? RKB_RESULT_FAILED
                     : acts[ord] == 'r' ? RKB_RESULT_REPAIRED
                                        : RKB_RESULT_OK;
        fix_write(r->store, &one, 1);
    }
}

static void score(struct rig *r, enum rkb_failed_rule failed)
{
    const struct rkb_score_want want = {
        .run_id = r->run.id,
        .judgment_set = r->bed.judgment_set,
        .judgments = r->bed.judgments,
        .measures = &r->measures,
        .compat = RKB_COMPAT_9,
        .failed = failed,
    };
    struct rkb_err err = { 0 };

    fix_must(rkb_score_run(r->store, &r->arena, &want, &r->score, &err), &err);
}

static double mean_of(const struct rig *r, const char *name)
{
    return r->score.means[rkb_measures_find(&r->measures, rkb_sv_of(name))];
}

/* What the store has of the measure: "mean n n_missing n_failed". */
static const char *stored(struct rig *r, const char *measure)
{
    char sql[300];

    snprintf(sql, sizeof sql,
             "SELECT printf('%%.4f %%d %%d %%d', value, n, n_missing, "
             "n_failed) FROM measure_mean WHERE measure='%s' ORDER BY id DESC "
             "LIMIT 1",
             measure);
    return fix_text(r->store, sql);
}

static void means_are_those_by_hand(void)
{
    struct rig r = rig_open(false);

    put(&r, "sssssss");
    score(&r, RKB_FAILED_NONE);
    CHECK_NEAR(mean_of(&r, "RR"), 4.5 / 7, 1e-15);
    CHECK_NEAR(mean_of(&r, "P@1"), 4.0 / 7, 1e-15);
    CHECK_NEAR(mean_of(&r, "R@3"), 5.0 / 7, 1e-15);
    CHECK_NEAR(mean_of(&r, "num_ret"), 36, 0);
    CHECK_EQ_INT(r.score.n_queries, 7);
    CHECK_EQ_INT(r.score.n_ok, 7);
    CHECK_EQ_INT(r.score.n_counted, 7);
    CHECK_EQ_INT(r.score.n_empty, 1);
    CHECK_EQ_INT(r.score.n_unchanged, 7);
    CHECK_EQ_INT(r.score.n_unfinished, 0);
    CHECK_STR(stored(&r, "RR"), "0.6429 7 1 0");
    CHECK_STR(fix_text(r.store, "SELECT group_concat(printf('%.4f', value), "
                                "' ') FROM (SELECT value FROM measure_value "
                                "WHERE measure='RR' ORDER BY ord)"),
              "1.0000 1.0000 0.3333 1.0000 0.1667 1.0000 0.0000");
    rig_close(&r);
}

/* q1 d6 d5 d4 d3: 1/4; q2 last: 1/6; q3 d7 d6 d5 d9: 1/4; q4 d9 d8 d7 d5: 1/4;
 * q5 d1: 1; q6 last: 1/6. */
static void the_stored_order_counts(void)
{
    struct rig r = rig_open(false);

    put(&r, "ttrrtts");
    score(&r, RKB_FAILED_NONE);
    CHECK_NEAR(mean_of(&r, "RR"), (0.75 + 1 + 2.0 / 6) / 7, 1e-15);
    CHECK_EQ_INT(r.score.n_ok, 5);
    CHECK_EQ_INT(r.score.n_repaired, 2);
    CHECK_EQ_INT(r.score.n_unchanged, 1);
    rig_close(&r);
}

static void a_failed_query_counts_as_it_is_told(void)
{
    static const struct {
        enum rkb_failed_rule rule;
        double mean;
        size_t n;
        const char *stored, *rules;
    } rows[] = {
        { RKB_FAILED_NONE, 25.0 / 36, 6, "0.6944 6 1 1", "failed=none" },
        { RKB_FAILED_ZERO, 25.0 / 42, 7, "0.5952 7 1 0", "failed=zero" },
        { RKB_FAILED_FIRST_STAGE, 4.5 / 7, 7, "0.6429 7 1 0",
          "failed=first-stage" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rig r = rig_open(false);

        put(&r, "ssfssss");
        score(&r, rows[i].rule);
        CHECK_NEAR(mean_of(&r, "RR"), rows[i].mean, 1e-15);
        CHECK_EQ_INT(r.score.n_failed, 1);
        CHECK_EQ_INT(r.score.n_ok, 6);
        CHECK_EQ_INT(r.score.n_counted, rows[i].n);
        CHECK_STR(stored(&r, "RR"), rows[i].stored);
        CHECK_STR(fix_text(r.store, "SELECT rules FROM evaluation"),
                  rows[i].rules);
        CHECK_EQ_INT(r.score.times.n, 6);
        rig_close(&r);
    }
}

static void the_last_attempt_counts(void)
{
    struct rig r = rig_open(false);

    put(&r, "ssfssss");
    put(&r, "..s");
    score(&r, RKB_FAILED_NONE);
    CHECK_NEAR(mean_of(&r, "RR"), 4.5 / 7, 1e-15);
    CHECK_EQ_INT(r.score.n_failed, 0);
    rig_close(&r);
}

static void an_unjudged_query_is_not_counted(void)
{
    struct rig r = rig_open(true);

    put(&r, "sssssssf");
    score(&r, RKB_FAILED_NONE);
    CHECK_NEAR(mean_of(&r, "RR"), 4.5 / 7, 1e-15);
    CHECK_EQ_INT(r.score.n_queries, 8);
    CHECK_EQ_INT(r.score.n_unjudged, 1);
    CHECK_EQ_INT(r.score.n_failed, 1);
    CHECK_STR(stored(&r, "RR"), "0.6429 7 1 0");
    rig_close(&r);
}

static void what_is_not_there_yet_is_left_out(void)
{
    struct rig r = rig_open(false);

    put(&r, "s.s....");
    score(&r, RKB_FAILED_ZERO);
    CHECK_NEAR(mean_of(&r, "RR"), (4.0 / 3) / 2, 1e-15);
    CHECK_EQ_INT(r.score.n_unfinished, 5);
    rig_close(&r);
}

static void nothing_at_all_is_no_value(void)
{
    struct rig r = rig_open(false);

    score(&r, RKB_FAILED_NONE);
    CHECK(isnan(mean_of(&r, "RR")));
    CHECK(isnan(mean_of(&r, "num_ret")));
    CHECK_EQ_INT(r.score.n_unfinished, 7);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM measure_mean WHERE "
                                     "value IS NULL"),
                 4);
    put(&r, "fffffff");
    score(&r, RKB_FAILED_NONE);
    CHECK(isnan(mean_of(&r, "RR")));
    CHECK_EQ_INT(r.score.n_failed, 7);
    rig_close(&r);
}

static void latencies_are_sorted(void)
{
    struct rig r = rig_open(false);

    put(&r, "sssf.ss");
    score(&r, RKB_FAILED_NONE);
    CHECK_EQ_INT(r.score.times.n, 5);
    for (size_t i = 1; i < r.score.times.n; i++)
        CHECK(r.score.times.ns[i - 1] < r.score.times.ns[i]);
    CHECK_NEAR(r.score.times.ns[0], 940, 0);
    rig_close(&r);
}

static void scoring_twice_leaves_one_evaluation(void)
{
    struct rig r = rig_open(false);

    put(&r, "sssssss");
    score(&r, RKB_FAILED_NONE);
    score(&r, RKB_FAILED_NONE);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM evaluation"), 1);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM measure_mean"), 4);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM measure_value"), 28);
    score(&r, RKB_FAILED_ZERO);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM evaluation"), 2);
    rig_close(&r);
}

static void a_run_that_is_not_there_is_told(void)
{
    struct rig r = rig_open(false);
    const struct rkb_score_want want = { .run_id = 99,
                                         .measures = &r.measures };
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_score_run(r.store, &r.arena, &want, &r.score, &err),
                 RKB_E_USAGE);
    CHECK(fix_says(&err, "there is no run 99"));
    rig_close(&r);
}

TESTS(TEST(means_are_those_by_hand), TEST(the_stored_order_counts),
      TEST(a_failed_query_counts_as_it_is_told), TEST(the_last_attempt_counts),
      TEST(an_unjudged_query_is_not_counted),
      TEST(what_is_not_there_yet_is_left_out), TEST(nothing_at_all_is_no_value),
      TEST(latencies_are_sorted), TEST(scoring_twice_leaves_one_evaluation),
      TEST(a_run_that_is_not_there_is_told))
