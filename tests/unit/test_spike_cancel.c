/* SPDX-License-Identifier: Apache-2.0 */
/* A reranker of many slow calls, cancelled half-way: what rkb_fork promises
 * when it matters. No call sleeps; a server that never answers of itself
 * holds them until it lets some go. */
#include "harness/rerankers/reranker.h"

#include "base/mem.h"
#include "tests/tap.h"

enum { N_QUERIES = 4, N_CALLS = 24, N_THREADS = 4, ANSWERED = 20 };

/* All members but stop are guarded by the monitor. */
struct server {
    struct rkb_monitor *monitor;
    struct rkb_stop *stop;
    size_t n_in_flight, n_free; /* calls now held; those that may be answered */
    size_t n_answered, n_cut;
    bool all_returned; /* from here on nothing may happen */
};

/* Blocks until answered or cancelled. */
static enum rkb_status call(struct server *s, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    rkb_monitor_lock(s->monitor);
    CHECK(!s->all_returned);
    s->n_in_flight++;
    rkb_monitor_signal(s->monitor);
    while (s->n_free == 0 && rkb_stop_level(s->stop) == 0)
        rkb_monitor_wait(s->monitor);
    if (s->n_free > 0) {
        s->n_free--;
        s->n_answered++;
    } else {
        s->n_cut++;
        rc = rkb_fail(err, RKB_E_STOPPED, "cancelled");
    }
    s->n_in_flight--;
    rkb_monitor_signal(s->monitor);
    rkb_monitor_unlock(s->monitor);
    return rc;
}

/* Lets ANSWERED calls through, waits until all threads hang in the next ones,
 * then stops. Every request of a stop is followed by a signal, as the real
 * call door wakes its poll. */
static void operate(void *arg)
{
    struct server *s = arg;

    rkb_monitor_lock(s->monitor);
    s->n_free = ANSWERED;
    rkb_monitor_signal(s->monitor);
    while (s->n_answered < ANSWERED || s->n_in_flight < N_THREADS)
        rkb_monitor_wait(s->monitor);
    rkb_stop_request(s->stop);
    rkb_monitor_signal(s->monitor);
    rkb_monitor_unlock(s->monitor);
}

struct answers {
    struct server *server;
    uint8_t *got; /* [N_CALLS] of the query */
};

static enum rkb_status ask(struct rkb_branch *b, size_t i, void *arg,
                           struct rkb_err *err)
{
    struct answers *a = arg;
    struct rkb_call entry = { .seq = rkb_branch_seq(b) };
    char *prompt = rkb_arena_printf(b->arena, "is document %zu relevant?", i);
    enum rkb_status rc = call(a->server, err);

    CHECK(prompt[0] == 'i'); /* still there */
    if (rc)
        return rc;
    b->account->n_calls++;
    entry.answer = rkb_sv_of(prompt);
    rkb_branch_log(b, &entry);
    a->got[i] = 1;
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct answers a = {
        .server = self,
        .got = rkb_arena_new(branch->arena, request->n_docs, 1),
    };
    enum rkb_status rc = rkb_fork(branch, request->n_docs, ask, &a, err);

    for (size_t i = 0; i < request->n_docs; i++)
        outcome->scored[i] = a.got[i];
    return rc;
}

static const struct rkb_reranker_def slow = {
    .name = "slow",
    .summary = "asks one slow call a document",
    .source = "this test",
    .version = 1,
    .rerank = rerank,
};

struct query {
    struct rkb_arena arena;
    struct rkb_account account;
    struct rkb_calls calls;
    enum rkb_status rc;
    struct rkb_err err;
    uint8_t scored[N_CALLS];
    bool ran;
};

struct run {
    struct server server;
    struct rkb_pool *pool;
    struct query queries[N_QUERIES];
};

/* What the engine does with one query. */
static enum rkb_status one_query(void *arg, size_t i, size_t worker)
{
    struct run *run = arg;
    struct query *q = &run->queries[i];
    struct rkb_branch root = {
        .arena = &q->arena,
        .account = &q->account,
        .calls = &q->calls,
        .stop = run->server.stop,
        .pool = run->pool,
    };
    struct rkb_candidate docs[N_CALLS] = { 0 };
    uint32_t order[N_CALLS];
    double score[N_CALLS];
    const struct rkb_request request = { .docs = docs, .n_docs = N_CALLS };
    struct rkb_outcome outcome = { .order = order,
                                   .score = score,
                                   .scored = q->scored };

    (void)worker;
    q->ran = true;
    q->rc = slow.rerank(&run->server, &root, &request, &outcome, &q->err);
    return q->rc;
}

static void check_query(const struct query *q, size_t *n_answered)
{
    size_t n_scored = 0;

    if (!q->ran)
        return;
    CHECK_EQ_INT(q->rc, RKB_E_STOPPED);
    CHECK_EQ_INT(q->err.code, RKB_E_STOPPED);
    for (size_t i = 0; i < N_CALLS; i++)
        n_scored += q->scored[i];
    CHECK_EQ_INT(q->calls.n, n_scored);
    CHECK_EQ_INT(q->account.n_calls, n_scored);
    *n_answered += n_scored;
    /* In index order, each once, the answer of its own call. */
    long last = -1;
    for (size_t i = 0; i < q->calls.n; i++) {
        const struct rkb_call *c = &q->calls.items[i];
        long item = strtol(c->path, NULL, 10);
        char want[64];

        CHECK(item > last && q->scored[item]);
        last = item;
        snprintf(want, sizeof(want), "is document %ld relevant?", item);
        CHECK_STR(c->answer.at, want);
    }
}

static void a_cancelled_fork_leaves_nothing_behind(void)
{
    for (int round = 0; round < 20; round++) {
        struct run *run = rkb_new(1, sizeof(*run));
        struct server *s = &run->server;
        struct rkb_thread *operator;
        size_t n_answered = 0;

        s->monitor = rkb_monitor_new();
        s->stop = rkb_stop_new();
        run->pool = rkb_pool_open(N_THREADS);
        operator= rkb_thread_start(operate, s);
        CHECK_EQ_INT(rkb_pool_run(run->pool, N_QUERIES, one_query, run),
                     RKB_E_STOPPED);
        rkb_monitor_lock(s->monitor);
        s->all_returned = true;
        CHECK_EQ_INT(s->n_in_flight, 0);
        CHECK_EQ_INT(s->n_answered, ANSWERED);
        CHECK(s->n_cut >= 1 && s->n_cut <= N_THREADS);
        rkb_monitor_unlock(s->monitor);
        rkb_thread_join(operator);
        rkb_pool_close(run->pool);
        for (size_t i = 0; i < N_QUERIES; i++) {
            check_query(&run->queries[i], &n_answered);
            rkb_arena_release(&run->queries[i].arena);
        }
        CHECK_EQ_INT(n_answered, ANSWERED);
        rkb_stop_close(s->stop);
        rkb_monitor_free(s->monitor);
        rkb_free(run);
    }
}

TESTS(TEST(a_cancelled_fork_leaves_nothing_behind))
