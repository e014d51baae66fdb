/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/engine.h"

#include "base/clock.h"
#include "base/rng.h"
#include "tests/testbed_fixture.h"

#include <stdatomic.h>

/* ---- a reranker that does what it is told -------------------------------- */

enum act {
    TURN_AROUND, /* ok, with scores */
    STAY,
    REPAIR,
    FAIL,         /* says so itself        */
    FAIL_LOUDLY,  /* by an error code      */
    NAME_TWICE,   /* no permutation        */
    NAME_UNKNOWN, /* out of range          */
    SCORE_NAN,
    SCORE_INFINITE,
    SAY_RUBBISH, /* a reason that is not UTF-8 */
    ASK_TO_STOP, /* as Ctrl-C does, then is cancelled */
    CALL_SERVER, /* three calls, one from a cache if told */
};

/* Guarded by the monitor, but for what stays as it is during a run. */
struct script {
    struct rkb_monitor *monitor;
    enum act acts[BED_QUERIES + 1]; /* of q1 ... */
    size_t wait_for; /* queries that must be under way at once, 0: any */
    struct rkb_stop *stop;
    bool cached;
    size_t n_sent, n_inside, most_inside;
    uint64_t seeds[BED_QUERIES + 1];
    size_t n_docs[BED_QUERIES + 1];
    bool saw_text, saw_grade;
    char sent[256];
};
static struct script script;

static atomic_llong now_ns;
static int64_t fake_now(void *ctx)
{
    (void)ctx;
    return atomic_load(&now_ns);
}

static size_t number_of(rkb_sv qid)
{
    return (size_t)(qid.at[1] - '1');
}

/* Counts, and holds the query until as many as wanted are inside. */
static void enter(const struct rkb_request *request)
{
    size_t q = number_of(request->qid);

    rkb_monitor_lock(script.monitor);
    script.n_sent++;
    script.seeds[q] = request->seed;
    script.n_docs[q] = request->n_docs;
    snprintf(script.sent + strlen(script.sent),
             sizeof script.sent - strlen(script.sent), "%.*s ",
             (int)request->qid.len, request->qid.at);
    for (size_t i = 0; i < request->n_docs; i++) {
        script.saw_text |= request->docs[i].text.len > 0;
        script.saw_grade |= request->docs[i].grade != RKB_UNPOOLED;
    }
    script.n_inside++;
    if (script.n_inside > script.most_inside)
        script.most_inside = script.n_inside;
    rkb_monitor_signal(script.monitor);
    while (script.most_inside < script.wait_for)
        rkb_monitor_wait(script.monitor);
    rkb_monitor_unlock(script.monitor);
}

static void leave(void)
{
    rkb_monitor_lock(script.monitor);
    script.n_inside--;
    rkb_monitor_unlock(script.monitor);
}

static void turn_around(const struct rkb_request *request,
                        struct rkb_outcome *outcome)
{
    for (size_t i = 0; i < request->n_docs; i++) {
        outcome->order[i] = (uint32_t)(request->n_docs - 1 - i);
        outcome->score[i] = (double)i / 3;
        outcome->scored[i] = 1;
    }
}

static void call_server(struct rkb_branch *branch)
{
    for (int i = 0; i < 3; i++) {
        const struct rkb_call call = { .seq = rkb_branch_seq(branch),
                                       .http = 200,
                                       .total_ns = 5,
                                       .class_name = "ok",
                                       .answer = rkb_sv_of("[1]") };

        rkb_branch_log(branch, &call);
    }
    *branch->account = (struct rkb_account){ .n_calls = 3,
                                             .n_cached = script.cached,
                                             .prompt_tokens = 11,
                                             .output_tokens = -1,
                                             .wait_ns = 7 };
}

static enum rkb_status act(enum act what, struct rkb_branch *branch,
                           const struct rkb_request *request,
                           struct rkb_outcome *outcome, struct rkb_err *err)
{
    if (!request->n_docs)
        return RKB_OK;
    switch (what) {
    case TURN_AROUND:
        turn_around(request, outcome);
        break;
    case STAY:
        break;
    case REPAIR:
        turn_around(request, outcome);
        outcome->status = RKB_QUERY_REPAIRED;
        snprintf(outcome->why, sizeof outcome->why, "one index twice");
        break;
    case FAIL:
        turn_around(request, outcome);
        outcome->status = RKB_QUERY_FAILED;
        snprintf(outcome->why, sizeof outcome->why, "no answer");
        break;
    case FAIL_LOUDLY:
        turn_around(request, outcome);
        return rkb_fail(err, RKB_E_IO, "connection refused");
    case NAME_TWICE:
        outcome->order[0] = 1;
        break;
    case NAME_UNKNOWN:
        outcome->order[0] = (uint32_t)request->n_docs;
        break;
    case SCORE_NAN:
    case SCORE_INFINITE:
        turn_around(request, outcome);
        outcome->score[2] = what == SCORE_NAN ? NAN : INFINITY;
        break;
    case SAY_RUBBISH:
        outcome->status = RKB_QUERY_FAILED;
        memset(outcome->why, 0xc3, sizeof outcome->why - 1);
        outcome->why[1] = '\n';
        break;
    case ASK_TO_STOP:
        rkb_stop_request(script.stop);
        return rkb_branch_check(branch, err);
    case CALL_SERVER:
        call_server(branch);
        break;
    }
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    (void)self;
    enter(request);
    atomic_fetch_add(&now_ns, 1000 * (int64_t)(number_of(request->qid) + 1));
    enum rkb_status rc = act(script.acts[number_of(request->qid)], branch,
                             request, outcome, err);

    leave();
    return rc;
}

static const struct rkb_reranker_def plain_row = {
    .name = "told",
    .summary = "does what a test says",
    .source = "this test",
    .version = 1,
    .rerank = rerank,
};

/* ---- running it ------------------------------------------------------------ */

struct rig {
    struct rkb_store *store;
    struct rkb_testbed bed;
    struct rkb_reranker_def row;
    struct rkb_engine_job job;
    struct rkb_engine_report report;
    struct rkb_err err;
};

static void rig_close(struct rig *r)
{
    rkb_testbed_close(&r->bed);
    rkb_store_close(r->store);
    fix_clean();
    fixture_done();
    rkb_monitor_free(script.monitor);
    rkb_stop_close(script.stop);
    script = (struct script){ 0 };
    rkb_clock_set(NULL, NULL);
}

static struct rig rig_open(const struct rkb_candidates_want *want)
{
    struct rig r = { .row = plain_row };

    script =
        (struct script){ .monitor = rkb_monitor_new(), .stop = rkb_stop_new() };
    atomic_store(&now_ns, 1000000);
    r.store = fix_open(fix_path(), RKB_STORE_CREATE);
    r.bed = bed_of(&bed_usual, want, r.store);
    r.job = (struct rkb_engine_job){
        .spec = "told", .top_k = SIZE_MAX, .seed = 42, .repeat = 1
    };
    return r;
}

static enum rkb_status rig_run(struct rig *r, size_t concurrency)
{
    struct rkb_pool *pool = rkb_pool_open(concurrency);
    enum rkb_status rc;

    r->job.testbed = &r->bed;
    r->job.def = &r->row;
    r->job.pool = pool;
    r->job.stop = script.stop;
    script.n_sent = script.most_inside = 0;
    script.sent[0] = '\0';
    rc = rkb_engine_run(&r->job, r->store, &r->report, &r->err);
    rkb_pool_close(pool);
    return rc;
}

static void must_run(struct rig *r, size_t concurrency)
{
    fix_must(rig_run(r, concurrency), &r->err);
}

/* "q1 1 ok|q1 2 ..." of all rows in the order of queries and attempts. */
#define ROWS(columns)                                                     \
    "SELECT group_concat(x, '|') FROM (SELECT c.qid || ' ' || q.attempt " \
    "|| ' ' || q.status || " columns " AS x FROM query_result AS q JOIN " \
    "run AS r ON r.id = q.run_id JOIN candidate_list AS c ON c.set_id = " \
    "r.candidate_set AND c.ord = q.ord LEFT JOIN ranking AS k ON "        \
    "k.result_id = q.id ORDER BY q.run_id, q.ord, q.attempt)"

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
    r.job.n_warmup = 2;
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

static void warm_ups_are_sent_first_and_do_not_count(void)
{
    struct rig r = rig_open(NULL);

    r.job.n_warmup = 2;
    must_run(&r, 1);
    CHECK_STR(script.sent, "q1 q2 q1 q2 q3 q4 q5 q6 q7 ");
    CHECK_EQ_INT(r.report.n_sent, 7);
    CHECK(r.report.complete);
    CHECK_STR(fix_text(r.store, ROWS("' ' || q.warmup")),
              "q1 1 ok 1|q1 2 ok 0|q2 1 ok 1|q2 2 ok 0|q3 1 ok 0|q4 1 ok 0|"
              "q5 1 ok 0|q6 1 ok 0|q7 1 ok 0");
    must_run(&r, 1);
    CHECK_EQ_INT(script.n_sent, 0);
    rig_close(&r);
}

static void more_warm_ups_than_queries_are_all_queries(void)
{
    struct rig r = rig_open(NULL);

    r.job.n_warmup = 100;
    script.acts[0] = FAIL;
    must_run(&r, 2);
    CHECK_EQ_INT(script.n_sent, 14);
    CHECK_EQ_INT(r.report.n_failed, 1);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM v_result"), 7);
    rig_close(&r);
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
      TEST(warm_ups_are_sent_first_and_do_not_count),
      TEST(more_warm_ups_than_queries_are_all_queries),
      TEST(again_adds_the_next_repeat), TEST(a_run_that_another_has_is_refused),
      TEST(a_store_that_fails_ends_the_run_and_says_why),
      TEST(a_bad_spec_touches_nothing))
