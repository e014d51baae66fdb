/* SPDX-License-Identifier: Apache-2.0 */
/* An engine with a reranker that does what a test says, over the usual
 * testbed; and a clock that moves only when that reranker works. */
#ifndef RKB_TESTS_ENGINE_FIXTURE_H
#define RKB_TESTS_ENGINE_FIXTURE_H

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
    int64_t takes_ns; /* every query, by the fake clock; 0: 1, 2, ... us */
    size_t stalls;    /* this one, from 1, takes two seconds more */
    size_t n_sent, n_inside, most_inside;
    uint64_t seeds[BED_QUERIES + 1];
    size_t n_docs[BED_QUERIES + 1];
    bool saw_text, saw_grade;
    char sent[1024];
};
static struct script script;

static atomic_llong now_ns;
TAP_UNUSED int64_t fake_now(void *ctx)
{
    (void)ctx;
    return atomic_load(&now_ns);
}

TAP_UNUSED void fake_skip(void *ctx, int64_t until_ns)
{
    (void)ctx;
    if (atomic_load(&now_ns) < until_ns)
        atomic_store(&now_ns, until_ns);
}

/* "q3", and "q3~" when it only warms up. */
TAP_UNUSED size_t number_of(rkb_sv qid)
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
    atomic_fetch_add(&now_ns,
                     script.takes_ns
                         ? script.takes_ns
                         : 1000 * (int64_t)(number_of(request->qid) + 1));
    if (script.stalls && script.n_sent == script.stalls)
        atomic_fetch_add(&now_ns, 2000000000);
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

TAP_UNUSED void rig_close(struct rig *r)
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

TAP_UNUSED struct rig rig_open(const struct rkb_candidates_want *want)
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

TAP_UNUSED enum rkb_status rig_run(struct rig *r, size_t concurrency)
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

TAP_UNUSED void must_run(struct rig *r, size_t concurrency)
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

#endif
