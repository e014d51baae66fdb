/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/store_read.h"

#include "runs/store_json.h"
#include "tests/store_fixture.h"

static struct rkb_arena arena;
static struct rkb_store *store;
static struct rkb_run run;
static int64_t session;

static void set_up(void)
{
    store = fix_open(fix_path(), RKB_STORE_CREATE);
    run = fix_run(store, "a");
    session = fix_session(store, run.id);
}

static void tear_down(void)
{
    rkb_run_release(&run);
    rkb_store_close(store);
    rkb_arena_release(&arena);
    fix_clean();
}

/* Query 0 twice, the second one counts; 1 failed; 2 unchanged; 3 empty and, in
 * sample 1, only warmed up. */
static void write_results(void)
{
    static const uint32_t same[FIX_DOCS] = { 0, 1, 2, 3 };
    struct rkb_result r[6];

    for (int i = 0; i < 4; i++)
        r[i] = fix_result(run.id, session, i);
    r[1].status = RKB_RESULT_FAILED;
    r[1].order = NULL;
    r[1].why = rkb_sv_of("timed out");
    r[1].latency_ns = RKB_UNKNOWN;
    r[2].order = same;
    r[2].score = NULL;
    r[4] = fix_result(run.id, session, 0);
    r[4].n_calls = 3;
    r[4].request_sha = fix_digest("second");
    r[5] = fix_result(run.id, session, 3);
    r[5].sample = 1;
    r[5].warmup = true;
    fix_write(store, r, 6);
}

static bool next(struct rkb_result_cursor *c, struct rkb_result_row *row)
{
    struct rkb_err err = { 0 };
    bool more;

    fix_must(rkb_store_next_result(store, &arena, c, row, &more, &err), &err);
    return more;
}

static void results_come_back_as_they_were_given(void)
{
    static const double score[FIX_DOCS] = { 0.1, 0.25, 1.0 / 3, 1e300 };
    struct rkb_result_cursor c;
    struct rkb_result_row row;

    set_up();
    write_results();
    c = rkb_result_cursor(run.id);
    if (!CHECK(next(&c, &row)))
        return;
    CHECK(rkb_sv_is(row.qid, "q0"));
    CHECK_EQ_INT(row.r.attempt, 2);
    CHECK_EQ_INT(row.r.n_calls, 3);
    CHECK_EQ_INT(row.r.latency_ns, 1000000);
    CHECK_EQ_INT(row.r.wait_ns, RKB_UNKNOWN);
    CHECK_EQ_INT(row.r.n_docs, FIX_DOCS);
    for (uint32_t i = 0; i < FIX_DOCS; i++) {
        CHECK_EQ_INT(row.r.order[i], FIX_DOCS - 1 - i);
        CHECK(row.r.score[i] == score[i]); /* to the last bit */
        CHECK_EQ_INT(row.r.scored[i], 1);
    }
    CHECK(rkb_sv_is(row.docids[1], "d\"1"));
    CHECK(rkb_sv_is(row.docids[2], "d\xc3\xa9"));
    CHECK(row.first_score[3] == 0.1);
    CHECK(isnan(row.first_score[2]));

    CHECK(next(&c, &row));
    CHECK_EQ_INT(row.r.status, RKB_RESULT_FAILED);
    CHECK(row.r.order == NULL && row.r.score == NULL);
    CHECK(rkb_sv_is(row.r.why, "timed out"));
    CHECK_EQ_INT(row.r.latency_ns, RKB_UNKNOWN);
    CHECK_EQ_INT(row.r.n_docs, FIX_DOCS);

    CHECK(next(&c, &row));
    CHECK_EQ_INT(row.r.order[3], 3);
    CHECK(row.r.score == NULL && row.first_score == NULL);
    CHECK(next(&c, &row));
    CHECK_EQ_INT(row.r.n_docs, 0);
    CHECK_EQ_INT(row.r.sample, 0);
    CHECK(!next(&c, &row));
    tear_down();
}

static void two_walks_do_not_disturb_each_other(void)
{
    struct rkb_result_cursor a, b;
    struct rkb_result_row x, y;

    set_up();
    write_results();
    a = rkb_result_cursor(run.id);
    CHECK(next(&a, &x));
    b = rkb_result_cursor(run.id);
    for (int i = 0; i < 3; i++) {
        CHECK(next(&a, &x) && next(&b, &y));
        CHECK_EQ_INT(x.r.ord, y.r.ord + 1);
    }
    tear_down();
}

static void done_is_the_latest_attempt(void)
{
    struct rkb_err err = { 0 };
    struct rkb_digest second = fix_digest("second");
    struct rkb_done *done;
    size_t n;

    set_up();
    write_results();
    fix_must(rkb_store_done(store, &arena, run.id, &done, &n, &err), &err);
    CHECK_EQ_INT(n, 4);
    CHECK_EQ_INT(done[0].attempt, 2);
    CHECK(rkb_digest_eq(&done[0].request_sha, &second));
    CHECK_EQ_INT(done[1].status, RKB_RESULT_FAILED);
    CHECK_EQ_INT(done[3].ord, 3);
    fix_must(rkb_store_done(store, &arena, 99, &done, &n, &err), &err);
    CHECK_EQ_INT(n, 0);
    tear_down();
}

static void all_attempts_at_a_query_can_be_seen(void)
{
    struct rkb_err err = { 0 };
    struct rkb_result_row *rows;
    size_t n;

    set_up();
    write_results();
    fix_must(rkb_store_attempts(store, &arena, run.id, rkb_sv_of("q0"), &rows,
                                &n, &err),
             &err);
    CHECK_EQ_INT(n, 2);
    CHECK_EQ_INT(rows[0].r.attempt, 1);
    CHECK_EQ_INT(rows[1].r.attempt, 2);
    fix_must(rkb_store_attempts(store, &arena, run.id, rkb_sv_of("q3"), &rows,
                                &n, &err),
             &err);
    CHECK_EQ_INT(n, 2);
    CHECK(rows[1].r.warmup && rows[1].r.sample == 1);
    CHECK_EQ_INT(rkb_store_attempts(store, &arena, run.id, rkb_sv_of("q9"),
                                    &rows, &n, &err),
                 RKB_E_USAGE);
    tear_down();
}

static void calls_come_back_in_order(void)
{
    struct rkb_digest sha = fix_digest("call");
    struct rkb_result_call calls[] = {
        { .path = { "1", 1 }, .http = 200, .answer = { "x", 1 } },
        { .path = { "0", 1 }, .seq = 1, .request_sha = &sha },
        { .path = { "0", 1 },
          .http = RKB_UNKNOWN,
          .total_ns = 5,
          .start_ns = 77 },
    };
    struct rkb_err err = { 0 };
    struct rkb_result_call *got;
    struct rkb_result r;
    size_t n;

    set_up();
    r = fix_result(run.id, session, 0);
    r.calls = calls;
    r.n_calls_kept = 3;
    fix_write(store, &r, 1);
    fix_must(rkb_store_calls(store, &arena, 1, &got, &n, &err), &err);
    if (!CHECK_EQ_INT(n, 3))
        return;
    CHECK_EQ_INT(got[0].http, RKB_UNKNOWN);
    CHECK_EQ_INT(got[0].total_ns, 5);
    CHECK_EQ_INT(got[0].start_ns, 77);
    CHECK(got[0].answer.at == NULL && got[0].request_sha == NULL);
    CHECK(rkb_digest_eq(got[1].request_sha, &sha));
    CHECK(rkb_sv_is(got[2].path, "1") && rkb_sv_is(got[2].answer, "x"));
    tear_down();
}

static void sets_and_texts_come_back(void)
{
    struct rkb_digest d = fix_digest("queries");
    struct rkb_err err = { 0 };
    struct rkb_candidate_row row;
    struct rkb_judgment_row *j;
    rkb_sv text;
    int64_t id;
    bool more;
    size_t n;

    set_up();
    fix_must(rkb_store_candidates(store, &arena, 1, 1, &row, &more, &err),
             &err);
    CHECK(more && rkb_sv_is(row.qid, "q1") && row.n == FIX_DOCS);
    CHECK(rkb_sv_is(row.docids[0], "d0") && row.score[0] == 4.0);
    fix_must(rkb_store_candidates(store, &arena, 1, 4, &row, &more, &err),
             &err);
    CHECK(!more);
    fix_must(rkb_store_begin(store, &err), &err);
    fix_must(
        rkb_store_put_judgment_set(store, &d, rkb_sv_of("s"), &id, &more, &err),
        &err);
    for (int i = 0; i < 4; i++)
        fix_must(rkb_store_add_judgment(store, id, rkb_sv_of(i % 2 ? "q" : "p"),
                                        rkb_sv_of(i < 2 ? "b" : "a"), i, &err),
                 &err);
    fix_must(
        rkb_store_add_query(store, &d, rkb_sv_of("q0"), rkb_sv_of("why"), &err),
        &err);
    fix_must(rkb_store_commit(store, &err), &err);
    fix_must(
        rkb_store_judgments(store, &arena, id, (rkb_sv){ 0 }, &j, &n, &err),
        &err);
    CHECK_EQ_INT(n, 4);
    CHECK_EQ_INT(j[0].grade * 100 + j[1].grade * 10 + j[3].grade, 201);
    fix_must(
        rkb_store_judgments(store, &arena, id, rkb_sv_of("q"), &j, &n, &err),
        &err);
    CHECK_EQ_INT(n, 2);
    fix_must(
        rkb_store_query_text(store, &arena, &d, rkb_sv_of("q0"), &text, &err),
        &err);
    CHECK(rkb_sv_is(text, "why"));
    fix_must(
        rkb_store_query_text(store, &arena, &d, rkb_sv_of("q1"), &text, &err),
        &err);
    CHECK(text.at == NULL);
    tear_down();
}

static void what_compare_asks_for_comes_back(void)
{
    struct rkb_digest d = fix_digest("some");
    struct rkb_err err = { 0 };
    struct rkb_query_row *queries;
    struct rkb_latency_row *times;
    int64_t id;
    bool there;
    rkb_sv text;
    size_t n;

    set_up();
    write_results();
    fix_must(rkb_store_begin(store, &err), &err);
    fix_must(rkb_store_put_judgment_set(store, &d, rkb_sv_of("s"), &id, &there,
                                        &err),
             &err);
    for (int i = 0; i < 4; i++)
        fix_must(rkb_store_add_judgment(store, id,
                                        rkb_sv_of(i == 3 ? "other"
                                                  : i    ? "q2"
                                                         : "q0"),
                                        rkb_sv_of(i == 2 ? "d1" : "d0"), i,
                                        &err),
                 &err);
    fix_must(rkb_store_put_doc(store, rkb_sv_of("d0"), rkb_sv_of("one"), &err),
             &err);
    for (int i = 0; i < 2; i++)
        fix_must(rkb_store_put_doc(store, rkb_sv_of("d1"),
                                   rkb_sv_of(i ? "this" : "that"), &err),
                 &err);
    fix_must(rkb_store_commit(store, &err), &err);
    fix_must(rkb_store_judged_queries(store, &arena, 1, id, &queries, &n, &err),
             &err);
    CHECK_EQ_INT(n, 2);
    CHECK(rkb_sv_is(queries[0].qid, "q0") && queries[0].ord == 0);
    CHECK(rkb_sv_is(queries[1].qid, "q2") && queries[1].ord == 2);
    fix_must(rkb_store_doc_text(store, &arena, rkb_sv_of("d0"), &text, &err),
             &err);
    CHECK(rkb_sv_is(text, "one"));
    fix_must(rkb_store_doc_text(store, &arena, rkb_sv_of("d1"), &text, &err),
             &err);
    CHECK(text.at == NULL);
    fix_must(rkb_store_doc_text(store, &arena, rkb_sv_of("d9"), &text, &err),
             &err);
    CHECK(text.at == NULL);
    fix_must(rkb_store_latencies(store, &arena, run.id, &times, &n, &err),
             &err);
    CHECK_EQ_INT(n, 3); /* one failed, one was a warm-up */
    CHECK_EQ_INT(times[0].ord * 100 + times[1].ord * 10 + times[2].ord, 23);
    CHECK_EQ_INT(times[1].latency_ns, 1000002);
    tear_down();
}

/* Each row: what somebody did to the store, and what reading says. */
static void damage_is_found_and_named(void)
{
    static const struct {
        const char *sql, *says;
    } cases[] = {
        { "UPDATE ranking SET perm='[3,2,1,1]'", "candidate 1 twice" },
        { "UPDATE ranking SET perm='[3,2,1,4]'", "candidate 4 of 4" },
        { "UPDATE ranking SET perm='[3,2,1]'", "3 elements" },
        { "UPDATE ranking SET perm='[3,2,1,0'", "perm" },
        { "UPDATE ranking SET perm='[3,2,1,0.0]'", "no index" },
        { "UPDATE ranking SET perm='[3,2,1,-1]'", "no index" },
        { "UPDATE ranking SET perm='[3,2,1,\"0\"]'", "no index" },
        { "UPDATE ranking SET perm='{}'", "not a JSON array" },
        { "UPDATE ranking SET perm=''", "perm" },
        { "UPDATE ranking SET score='[1,2,3]'", "scores" },
        { "UPDATE ranking SET score='[1,2,3,\"x\"]'", "no number" },
        { "UPDATE ranking SET score='[1,2,3,1e999]'", "no number" },
        { "UPDATE candidate_list SET docids='[1,2,3,4]'", "no string" },
        { "UPDATE candidate_list SET n_docs=3", "list of 3" },
        { "UPDATE candidate_list SET scores='[]'", "first-stage" },
        { "DELETE FROM candidate_list", "no candidate list" },
        { "DELETE FROM ranking", "disagree" },
        { "UPDATE query_result SET status='failed'", "disagree" },
        { "UPDATE query_result SET request_sha=x'00'", "digest" },
        { "PRAGMA ignore_check_constraints=1;"
          "UPDATE query_result SET status='fine'",
          "status 'fine'" },
        { "PRAGMA ignore_check_constraints=1;"
          "UPDATE query_result SET n_docs=-1;"
          "UPDATE candidate_list SET n_docs=-1",
          "docids" },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rkb_result_cursor c;
        struct rkb_result_row row;
        struct rkb_err err = { 0 };
        struct rkb_result r;
        bool more;

        set_up();
        r = fix_result(run.id, session, 0);
        fix_write(store, &r, 1);
        c = rkb_result_cursor(run.id);
        fix_exec(store, "PRAGMA foreign_keys=0");
        fix_exec(store, cases[i].sql);
        CHECK_EQ_INT(
            rkb_store_next_result(store, &arena, &c, &row, &more, &err),
            RKB_E_DATA);
        CHECK(fix_says(&err, "result 1"));
        if (!CHECK(fix_says(&err, cases[i].says)))
            printf("# after %s\n", cases[i].sql);
        tear_down();
    }
}

/* Runs: 1 first@dl19#1, 2 first@dl19#2, 3 first@dl20#1, 4 bm25@dl19#1,
 * 5 "a@b#2"@dl19#1, 6 "4"@dl20#1. */
static void make_runs(void)
{
    static const struct {
        const char *label, *dataset;
        int64_t repeat;
    } runs[] = { { "first", "dl19", 1 }, { "first", "dl19", 2 },
                 { "first", "dl20", 1 }, { "bm25", "dl19", 1 },
                 { "a@b#2", "dl19", 1 }, { "4", "dl20", 1 } };

    store = fix_open(fix_path(), RKB_STORE_CREATE);
    for (size_t i = 0; i < 6; i++) {
        char key[16];
        struct rkb_run_spec spec;
        struct rkb_err err = { 0 };

        snprintf(key, sizeof(key), "k%zu", i);
        spec = fix_spec(store, key);
        spec.label = rkb_sv_of(runs[i].label);
        spec.dataset = rkb_sv_of(runs[i].dataset);
        spec.repeat = runs[i].repeat;
        fix_must(rkb_run_begin(store, &spec, &run, &err), &err);
        rkb_run_release(&run);
    }
}

static void selectors_find_runs(void)
{
    static const struct {
        const char *selector, *ids;
    } cases[] = {
        { "1", "1" },           { "first", "123" },
        { "first@dl19", "12" }, { "first@dl19#2", "2" },
        { "first#1", "13" },    { "*@dl20", "36" },
        { "*", "123456" },      { "f*#[2-9]", "2" },
        { "a@b#2", "5" },       { "4", "6" }, /* the label comes first */
        { "b?25", "4" },        { "3", "3" },
    };

    make_runs();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rkb_run_row *rows;
        struct rkb_err err = { 0 };
        char ids[32] = "";
        size_t n;

        fix_must(rkb_store_select(store, &arena, rkb_sv_of(cases[i].selector),
                                  &rows, &n, &err),
                 &err);
        for (size_t k = 0; k < n; k++)
            snprintf(ids + k, sizeof(ids) - k, "%d", (int)rows[k].id);
        CHECK_STR(ids, cases[i].ids);
    }
    tear_down();
}

static void a_selector_that_does_not_name_one_run_says_why(void)
{
    struct rkb_err err = { 0 };
    struct rkb_run_row row;

    make_runs();
    CHECK_EQ_INT(
        rkb_store_select_one(store, &arena, rkb_sv_of("first"), &row, &err),
        RKB_E_USAGE);
    CHECK_STR(err.msg, "'first' matches 3 runs where one is needed: "
                       "1 (first@dl19#1), 2 (first@dl19#2), 3 (first@dl20#1)");
    CHECK_EQ_INT(
        rkb_store_select_one(store, &arena, rkb_sv_of("frist"), &row, &err),
        RKB_E_USAGE);
    CHECK(fix_says(&err, "did you mean 'first'?"));
    CHECK_EQ_INT(
        rkb_store_select_one(store, &arena, rkb_sv_of("99"), &row, &err),
        RKB_E_USAGE);
    CHECK_EQ_INT(rkb_store_select_one(store, &arena, rkb_sv_of(""), &row, &err),
                 RKB_E_USAGE);
    fix_must(rkb_store_select_one(store, &arena, rkb_sv_of("bm25"), &row, &err),
             &err);
    CHECK_EQ_INT(row.id, 4);
    tear_down();
    store = fix_open(fix_path(), RKB_STORE_CREATE);
    CHECK_EQ_INT(
        rkb_store_select_one(store, &arena, rkb_sv_of("x"), &row, &err),
        RKB_E_USAGE);
    CHECK(fix_says(&err, "the store has none"));
    tear_down();
}

static void runs_are_listed_with_filters_and_counts(void)
{
    struct rkb_run_filter filter = { .label = rkb_sv_of("f*"),
                                     .dataset = rkb_sv_of("dl20") };
    struct rkb_digest key = fix_digest("a"), none = fix_digest("none");
    struct rkb_err err = { 0 };
    struct rkb_run_row *rows, row;
    bool found;
    size_t n;

    make_runs();
    fix_must(rkb_store_runs(store, &arena, NULL, &rows, &n, &err), &err);
    CHECK_EQ_INT(n, 6);
    fix_must(rkb_store_runs(store, &arena, &filter, &rows, &n, &err), &err);
    CHECK_EQ_INT(n, 1);
    CHECK_EQ_INT(rows[0].id, 3);
    tear_down();

    set_up();
    write_results();
    fix_must(rkb_store_run_by_key(store, &arena, &key, &row, &found, &err),
             &err);
    CHECK(found);
    CHECK_EQ_INT(row.n_ok, 3);
    CHECK_EQ_INT(row.n_failed, 1);
    CHECK_EQ_INT(row.n_queries, FIX_QUERIES);
    CHECK(rkb_sv_is(row.status, "running"));
    CHECK_EQ_INT(row.started_utc.len, 20);
    CHECK_EQ_INT(row.ended_utc.len, 0);
    fix_must(rkb_store_run_by_key(store, &arena, &none, &row, &found, &err),
             &err);
    CHECK(!found);
    tear_down();
}

static void lists_read_what_they_wrote(void)
{
    uint32_t order[300];
    double score[300];
    const uint32_t *order_back;
    const double *score_back;
    struct rkb_buf text = { 0 };
    struct rkb_err err = { 0 };

    for (uint32_t i = 0; i < 300; i++) {
        order[i] = (i * 7 + 3) % 300;
        score[i] = i ? sin(i) * pow(10, (int)i - 150) : -0.0;
    }
    fix_must(rkb_order_write(order, 300, &text, &err), &err);
    fix_must(
        rkb_order_read(&arena, rkb_buf_view(&text), 300, &order_back, &err),
        &err);
    CHECK(memcmp(order, order_back, sizeof(order)) == 0);
    rkb_buf_reset(&text);
    fix_must(rkb_scores_write(score, NULL, 300, &text, &err), &err);
    fix_must(
        rkb_scores_read(&arena, rkb_buf_view(&text), 300, &score_back, &err),
        &err);
    for (int i = 0; i < 300; i++)
        CHECK(score[i] == score_back[i]);
    rkb_buf_release(&text);
    rkb_arena_release(&arena);
}

TESTS(TEST(results_come_back_as_they_were_given),
      TEST(two_walks_do_not_disturb_each_other),
      TEST(done_is_the_latest_attempt),
      TEST(all_attempts_at_a_query_can_be_seen), TEST(calls_come_back_in_order),
      TEST(sets_and_texts_come_back), TEST(what_compare_asks_for_comes_back),
      TEST(damage_is_found_and_named), TEST(selectors_find_runs),
      TEST(a_selector_that_does_not_name_one_run_says_why),
      TEST(runs_are_listed_with_filters_and_counts),
      TEST(lists_read_what_they_wrote))
