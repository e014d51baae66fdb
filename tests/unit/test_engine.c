/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/engine_fixture.h"

/* ---- cases -------------------------------------------------------------------- */

static void every_kind_of_answer_is_a_row(void)
{
    struct rig r = rig_open(NULL);

    script.acts[1] = REPAIR;
    script.acts[2] = FAIL;
    script.acts[3] = FAIL_LOUDLY;
    script.acts[4] = STAY;
    must_run(&r, 1);
    CHECK_STR(fix_text(r.store, ROWS("coalesce(' ' || k.perm, '') || "
                                     "coalesce(' ' || q.why, '')")),
              "q1 1 ok [5,4,3,2,1,0]|"
              "q2 1 repaired [5,4,3,2,1,0] one index twice|"
              "q3 1 failed no answer|q4 1 failed connection refused|"
              "q5 1 ok|q6 1 ok [5,4,3,2,1,0]|q7 1 ok");
    CHECK_EQ_INT(r.report.n_sent, 7);
    CHECK_EQ_INT(r.report.n_ok, 4);
    CHECK_EQ_INT(r.report.n_repaired, 1);
    CHECK_EQ_INT(r.report.n_failed, 2);
    CHECK_EQ_INT(r.report.n_done_before, 0);
    CHECK(!r.report.complete && !r.report.stopped);
    CHECK_EQ_INT(r.report.state, RKB_RUN_NEW);
    CHECK_STR(r.report.first_failure, "no answer");
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM ranking"), 5);
    CHECK_STR(fix_text(r.store, "SELECT score FROM ranking LIMIT 1"),
              "[0,0.3333333333333333,0.6666666666666666,1,"
              "1.3333333333333333,1.6666666666666667]");
    CHECK_STR(fix_text(r.store, "SELECT status FROM run"), "incomplete");
    rig_close(&r);
}

static void an_answer_that_cannot_be_is_a_failure_of_its_query(void)
{
    static const struct {
        enum act act;
        const char *why;
    } rows[] = {
        { NAME_TWICE, "the order is not a permutation: position 2 has "
                      "candidate 1" },
        { NAME_UNKNOWN, "the order is not a permutation: position 1 has "
                        "candidate 6" },
        { SCORE_NAN, "the score of candidate 2 is not finite" },
        { SCORE_INFINITE, "the score of candidate 2 is not finite" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rig r = rig_open(NULL);

        script.acts[2] = rows[i].act;
        must_run(&r, 1);
        CHECK_EQ_INT(r.report.n_sent, 7);
        CHECK_EQ_INT(r.report.n_ok, 6);
        CHECK_EQ_INT(r.report.n_failed, 1);
        CHECK_STR(fix_text(r.store, "SELECT why FROM query_result WHERE "
                                    "status='failed'"),
                  rows[i].why);
        rig_close(&r);
    }
}

static void a_reason_is_printable_text(void)
{
    struct rig r = rig_open(NULL);

    script.acts[0] = SAY_RUBBISH;
    must_run(&r, 1);
    const char *why = fix_text(r.store, "SELECT why FROM query_result WHERE "
                                        "status='failed'");

    CHECK(rkb_sv_is_utf8(rkb_sv_of(why), NULL));
    CHECK(strlen(why) > 200 && !strchr(why, '\n'));
    CHECK(rkb_sv_is_utf8(rkb_sv_of(r.report.first_failure), NULL));
    rig_close(&r);
}

static void a_failed_query_is_tried_again_and_both_rows_stay(void)
{
    struct rig r = rig_open(NULL);
    int64_t id;

    script.acts[2] = FAIL;
    script.acts[3] = NAME_TWICE;
    must_run(&r, 1);
    id = r.report.run_id;
    script.acts[2] = FAIL_LOUDLY;
    script.acts[3] = TURN_AROUND;
    must_run(&r, 1);
    CHECK_STR(script.sent, "q3 q4 ");
    CHECK_EQ_INT(r.report.state, RKB_RUN_RESUMED);
    CHECK_EQ_INT(r.report.run_id, id);
    CHECK_EQ_INT(r.report.n_done_before, 5);
    CHECK(!r.report.complete);
    script.acts[2] = REPAIR;
    must_run(&r, 1);
    CHECK_STR(script.sent, "q3 ");
    CHECK(r.report.complete);
    CHECK_STR(fix_text(r.store, ROWS("''")),
              "q1 1 ok|q2 1 ok|q3 1 failed|q3 2 failed|q3 3 repaired|"
              "q4 1 failed|q4 2 ok|q5 1 ok|q6 1 ok|q7 1 ok");
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM session"), 3);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM v_result"), 7);

    must_run(&r, 1); /* complete: nothing is sent, no session is made */
    CHECK_EQ_INT(script.n_sent, 0);
    CHECK_EQ_INT(r.report.state, RKB_RUN_COMPLETE);
    CHECK(r.report.complete);
    CHECK_EQ_INT(strlen(r.report.date), 20);
    CHECK_EQ_INT(r.report.n_done_before, 7);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM session"), 3);
    rig_close(&r);
}

static void a_stop_leaves_no_row_of_what_it_cancelled(void)
{
    struct rig r = rig_open(NULL);

    script.acts[2] = ASK_TO_STOP;
    must_run(&r, 1);
    CHECK(r.report.stopped && !r.report.complete);
    CHECK_EQ_INT(r.report.n_sent, 2);
    CHECK_EQ_INT(r.report.n_failed, 0);
    CHECK_STR(fix_text(r.store, ROWS("''")), "q1 1 ok|q2 1 ok");
    CHECK_STR(fix_text(r.store, "SELECT status FROM session"), "stopped");
    CHECK_STR(fix_text(r.store, "SELECT status FROM run"), "incomplete");

    rkb_stop_close(script.stop);
    script.stop = rkb_stop_new();
    script.acts[2] = TURN_AROUND;
    must_run(&r, 1);
    CHECK_STR(script.sent, "q3 q4 q5 q6 q7 ");
    CHECK(r.report.complete && !r.report.stopped);
    CHECK_EQ_INT(r.report.n_done_before, 2);
    CHECK_EQ_INT(fix_number(r.store, "SELECT max(attempt) FROM query_result"),
                 1);
    rig_close(&r);
}

static void what_was_asked_to_stop_before_sends_nothing(void)
{
    struct rig r = rig_open(NULL);

    rkb_stop_request(script.stop);
    r.job.load.warm_up.n = 2;
    must_run(&r, 4);
    CHECK_EQ_INT(script.n_sent, 0);
    CHECK(r.report.stopped && !r.report.complete);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM query_result"), 0);
    rig_close(&r);
}

static void concurrency_is_how_many_are_under_way_at_once(void)
{
    struct rig r = rig_open(NULL);

    script.wait_for = 4; /* would hang if fewer came in */
    must_run(&r, 4);
    CHECK_EQ_INT(script.most_inside, 4);
    CHECK(r.report.complete);
    CHECK_STR(fix_text(r.store, "SELECT conditions ->> '$.concurrency' FROM "
                                "session"),
              "4");
    rig_close(&r);
}

static void a_serial_reranker_gets_one_query_at_a_time(void)
{
    struct rig r = rig_open(NULL);

    r.row.traits = RKB_SERIAL;
    must_run(&r, 8);
    CHECK_EQ_INT(script.n_sent, 7);
    CHECK_EQ_INT(script.most_inside, 1);
    CHECK_STR(script.sent, "q1 q2 q3 q4 q5 q6 q7 ");
    CHECK_STR(fix_text(r.store, "SELECT conditions ->> '$.concurrency' FROM "
                                "session"),
              "1");
    rig_close(&r);
}

static void latency_is_what_the_clock_says_around_the_reranker(void)
{
    struct rig r = rig_open(NULL);

    rkb_clock_set(fake_now, NULL);
    script.acts[3] = FAIL;
    must_run(&r, 1);
    CHECK_STR(fix_text(r.store, ROWS("' ' || q.latency_ns")),
              "q1 1 ok 1000|q2 1 ok 2000|q3 1 ok 3000|q4 1 failed 4000|"
              "q5 1 ok 5000|q6 1 ok 6000|q7 1 ok 7000");
    rig_close(&r);
}

static void calls_and_counts_are_kept_with_the_query(void)
{
    struct rig r = rig_open(NULL);

    script.acts[0] = CALL_SERVER;
    must_run(&r, 1);
    CHECK_STR(fix_text(r.store,
                       "SELECT n_calls || ' ' || n_cached || ' ' || "
                       "prompt_tokens || ' ' || coalesce(output_tokens, "
                       "'null') || ' ' || wait_ns || ' ' || "
                       "coalesce(first_token_ns, 'null') FROM query_result "
                       "WHERE ord=0"),
              "3 0 11 null 7 null");
    CHECK_STR(fix_text(r.store, "SELECT group_concat(path || seq || http || "
                                "class || answer, ' ') FROM call"),
              "0200ok[1] 1200ok[1] 2200ok[1]");
    CHECK_EQ_INT(fix_number(r.store, "SELECT latency_ns >= 0 FROM "
                                     "query_result WHERE ord=0"),
                 1);
    rig_close(&r);
}

static void a_cached_answer_has_no_latency(void)
{
    struct rig r = rig_open(NULL);

    script.cached = true;
    script.acts[1] = CALL_SERVER;
    must_run(&r, 1);
    CHECK_STR(fix_text(r.store, "SELECT group_concat(ord) FROM query_result "
                                "WHERE latency_ns IS NULL"),
              "1");
    rig_close(&r);
}

static void below_top_k_the_rest_follows_unchanged(void)
{
    static const struct {
        size_t top_k;
        const char *perm;
    } rows[] = { { 1, "(none)" },
                 { 2, "[1,0,2,3,4,5]" },
                 { 5, "[4,3,2,1,0,5]" },
                 { 6, "[5,4,3,2,1,0]" },
                 { 100, "[5,4,3,2,1,0]" } };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rig r = rig_open(NULL);

        r.job.top_k = rows[i].top_k;
        must_run(&r, 1);
        CHECK_EQ_INT(script.n_docs[0], rows[i].top_k < 6 ? rows[i].top_k : 6);
        CHECK_STR(fix_text(r.store, "SELECT perm FROM ranking AS k JOIN "
                                    "query_result AS q ON q.id = k.result_id "
                                    "WHERE q.ord=0 AND perm IS NOT NULL"),
                  rows[i].perm);
        CHECK_EQ_INT(fix_number(r.store, "SELECT n_docs FROM query_result "
                                         "WHERE ord=0"),
                     6);
        rig_close(&r);
    }
}

static void scores_below_top_k_are_none(void)
{
    struct rig r = rig_open(NULL);

    r.job.top_k = 2;
    must_run(&r, 1);
    CHECK_STR(fix_text(r.store, "SELECT score FROM ranking LIMIT 1"),
              "[0,0.3333333333333333,null,null,null,null]");
    rig_close(&r);
}

static void seeds_come_from_seed_qid_and_repeat_alone(void)
{
    uint64_t seen[2][BED_QUERIES];
    struct rig r = rig_open(NULL);

    must_run(&r, 1);
    for (size_t q = 0; q < BED_QUERIES; q++)
        seen[0][q] = script.seeds[q];
    rig_close(&r);
    r = rig_open(NULL);
    script.wait_for = 5;
    script.acts[0] = FAIL;
    must_run(&r, 8);
    for (size_t q = 0; q < BED_QUERIES; q++) {
        char qid[8];

        snprintf(qid, sizeof qid, "q%zu", q + 1);
        CHECK(script.seeds[q] == rkb_rng_key(42, rkb_sv_of(qid), 1));
        seen[1][q] = script.seeds[q];
    }
    CHECK(memcmp(seen[0], seen[1], sizeof seen[0]) == 0);
    script.acts[0] = STAY;
    script.wait_for = 0;
    must_run(&r, 1); /* a second attempt has the seed of the first */
    CHECK(script.seeds[0] == seen[0][0]);
    r.job.repeat = 2;
    must_run(&r, 1);
    for (size_t q = 0; q < BED_QUERIES; q++)
        CHECK(script.seeds[q] != seen[0][q]);
    rig_close(&r);
}

static void results_do_not_depend_on_concurrency(void)
{
    static char first[4096];

    for (size_t concurrency = 1; concurrency <= 8; concurrency *= 8) {
        struct rig r = rig_open(NULL);

        r.row = rkb_reranker_random;
        r.job.spec = "random";
        must_run(&r, concurrency);
        const char *rows = fix_text(r.store, ROWS("' ' || coalesce(k.perm, '')"
                                                  " || hex(q.request_sha)"));

        if (concurrency == 1)
            snprintf(first, sizeof first, "%s", rows);
        CHECK_STR(rows, first);
        CHECK_STR(fix_text(r.store, "SELECT DISTINCT conditions ->> "
                                    "'$.scenario' FROM session"),
                  concurrency == 1 ? "single" : "closed");
        rig_close(&r);
    }
}

static void texts_and_grades_go_only_to_who_asks_for_them(void)
{
    static const unsigned traits[] = { 0, RKB_NEEDS_TEXT, RKB_SEES_GRADES };

    for (size_t i = 0; i < RKB_COUNT(traits); i++) {
        struct rig r = rig_open(NULL);

        r.row.traits = traits[i];
        must_run(&r, 1);
        CHECK(script.saw_text == (traits[i] == RKB_NEEDS_TEXT));
        CHECK(script.saw_grade == (traits[i] == RKB_SEES_GRADES));
        rig_close(&r);
    }
}

static void again_adds_the_next_repeat(void)
{
    struct rig r = rig_open(NULL);

    r.job.again = true;
    must_run(&r, 1); /* nothing is complete yet */
    CHECK_EQ_INT(r.report.repeat, 1);
    must_run(&r, 1);
    CHECK_EQ_INT(r.report.repeat, 2);
    CHECK_EQ_INT(script.n_sent, 7);
    script.acts[0] = FAIL;
    must_run(&r, 1);
    CHECK_EQ_INT(r.report.repeat, 3);
    script.acts[0] = STAY;
    must_run(&r, 1); /* an incomplete repeat goes on first */
    CHECK_EQ_INT(r.report.repeat, 3);
    CHECK_EQ_INT(script.n_sent, 1);
    CHECK_STR(fix_text(r.store, "SELECT group_concat(repeat || status, ' ') "
                                "FROM run"),
              "1complete 2complete 3complete");
    rig_close(&r);
}

static void a_run_that_another_has_is_refused(void)
{
    struct rig r = rig_open(NULL);
    struct rkb_store *other = fix_open(fix_store_path, RKB_STORE_WRITE);
    struct rkb_run run = { 0 };

    script.acts[0] = FAIL;
    must_run(&r, 1);
    struct rkb_run_spec spec = {
        .identity = rkb_sv_of("{}"),
        .label = rkb_sv_of("told"),
        .n_queries = BED_QUERIES,
        .n_samples = 1,
        .repeat = 1,
    };
    struct rkb_arena a = { 0 };
    struct rkb_run_row row;

    fix_must(rkb_store_run(other, &a, r.report.run_id, &row, &r.err), &r.err);
    spec.key = row.key;
    fix_must(rkb_run_begin(other, &spec, &run, &r.err), &r.err);
    CHECK_EQ_INT(rig_run(&r, 1), RKB_E_IO);
    CHECK(fix_says(&r.err, "run 'told' is being worked on by another process"));
    CHECK_EQ_INT(script.n_sent, 0);
    rkb_run_release(&run);
    must_run(&r, 1);
    rkb_arena_release(&a);
    rkb_store_close(other);
    rig_close(&r);
}

static void a_store_that_fails_ends_the_run_and_says_why(void)
{
    struct rig r = rig_open(NULL);

    fix_exec(r.store, "CREATE TRIGGER full BEFORE INSERT ON query_result "
                      "WHEN new.ord = 3 BEGIN SELECT raise(ABORT, 'no more'); "
                      "END");
    CHECK_EQ_INT(rig_run(&r, 1), RKB_E_DATA);
    CHECK(fix_says(&r.err, "no more"));
    CHECK_STR(fix_text(r.store, "SELECT status FROM session"), "failed");
    fix_exec(r.store, "DROP TRIGGER full");
    must_run(&r, 1);
    CHECK(r.report.complete);
    CHECK_EQ_INT(fix_number(r.store, "SELECT max(attempt) FROM query_result"),
                 1);
    rig_close(&r);
}

static void a_bad_spec_touches_nothing(void)
{
    static const char *const specs[] = { "bm25(k1=x)", "bm26", "bm25(" };
    struct rig r = rig_open(NULL);

    for (size_t i = 0; i < RKB_COUNT(specs); i++) {
        struct rkb_engine_job job = { .testbed = &r.bed, .spec = specs[i] };

        CHECK_EQ_INT(rkb_engine_run(&job, r.store, &r.report, &r.err),
                     RKB_E_USAGE);
    }
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM run"), 0);
    rig_close(&r);
}

TESTS(TEST(every_kind_of_answer_is_a_row),
      TEST(an_answer_that_cannot_be_is_a_failure_of_its_query),
      TEST(a_reason_is_printable_text),
      TEST(a_failed_query_is_tried_again_and_both_rows_stay),
      TEST(a_stop_leaves_no_row_of_what_it_cancelled),
      TEST(what_was_asked_to_stop_before_sends_nothing),
      TEST(concurrency_is_how_many_are_under_way_at_once),
      TEST(a_serial_reranker_gets_one_query_at_a_time),
      TEST(latency_is_what_the_clock_says_around_the_reranker),
      TEST(calls_and_counts_are_kept_with_the_query),
      TEST(a_cached_answer_has_no_latency),
      TEST(below_top_k_the_rest_follows_unchanged),
      TEST(scores_below_top_k_are_none),
      TEST(seeds_come_from_seed_qid_and_repeat_alone),
      TEST(results_do_not_depend_on_concurrency),
      TEST(texts_and_grades_go_only_to_who_asks_for_them),
      TEST(again_adds_the_next_repeat), TEST(a_run_that_another_has_is_refused),
      TEST(a_store_that_fails_ends_the_run_and_says_why),
      TEST(a_bad_spec_touches_nothing))
