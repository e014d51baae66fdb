/* SPDX-License-Identifier: Apache-2.0 */
/* What a run sends, and when: tickets of a flow, taken by lanes of a pool. */
#include "base/clock.h"
#include "harness/eval/engine_impl.h"
#include "runs/store_read.h"

#include <stdio.h>
#include <string.h>

/* The first arrival waits until every lane has taken its ticket. */
#define HEAD_START_NS ((int64_t)20000000)

static bool is_open(const struct rkb_engine *s)
{
    return s->job->load.scenario.kind == RKB_SCENARIO_OPEN;
}

size_t rkb_engine_concurrency(const struct rkb_engine *s)
{
    const struct rkb_engine_job *job = s->job;
    size_t n = job->concurrency, most = rkb_pool_size(job->pool);

    if (s->reranker.traits & RKB_SERIAL)
        return 1;
    return n && n < most ? n : most;
}

/* ---- what is to be sent -------------------------------------------------- */

/* What is sent for a query: the key says that the whole set is the same, this
 * that the single request is. */
static struct rkb_digest request_sha(const struct rkb_engine_job *job,
                                     const struct rkb_candidate_list *list,
                                     bool texts)
{
    const struct rkb_dataset *d = job->testbed->dataset;
    struct rkb_hasher *h = rkb_hasher_new();

    rkb_hasher_field(h, d->queries[list->query].qid);
    rkb_hasher_field(h, d->queries[list->query].text);
    rkb_hasher_u64(h, job->top_k);
    for (size_t i = 0; i < list->n; i++) {
        const struct rkb_doc *doc = &d->docs[list->docs[i]];
        uint64_t bits;

        memcpy(&bits, &list->scores[i], sizeof bits);
        rkb_hasher_field(h, d->docids.keys[list->docs[i]]);
        rkb_hasher_u64(h, bits);
        if (texts) {
            rkb_hasher_field(h, doc->title);
            rkb_hasher_field(h, doc->text);
        }
    }
    return rkb_hasher_done(h);
}

static void find_requests(struct rkb_engine *s)
{
    const struct rkb_candidates *c = s->job->testbed->candidates;
    bool texts = s->reranker.traits & RKB_NEEDS_TEXT;
    struct rkb_digest *shas =
        rkb_arena_new(&s->arena, c->n_lists, sizeof *shas);
    uint32_t *mine = rkb_arena_new(&s->arena, c->n_lists, sizeof *mine);

    for (uint32_t i = 0; i < c->n_lists; i++) {
        shas[i] = request_sha(s->job, &c->lists[i], texts);
        if (!s->job->share || s->job->share->mine[i])
            mine[s->n_mine++] = i;
    }
    s->request_shas = shas;
    s->mine = mine;
}

/* Samples that an earlier session came to are finished in any case. */
static size_t n_samples_of(const struct rkb_engine *s,
                           const struct rkb_done *done, size_t n_done)
{
    const struct rkb_load *load = &s->job->load;
    size_t n = load->n_samples ? load->n_samples : 1;

    for (size_t i = 0; load->min_ns && i < n_done; i++)
        if (done[i].sample >= 0 && done[i].sample < RKB_LOAD_SAMPLES &&
            (size_t)done[i].sample >= n)
            n = (size_t)done[i].sample + 1;
    return n;
}

/* As many samples as the store has something of, not as many as are asked for:
 * that may be a large number. */
static size_t n_samples_begun(const struct rkb_engine *s,
                              const struct rkb_done *done, size_t n_done)
{
    size_t n = 0;

    for (size_t i = 0; i < n_done; i++)
        if (done[i].sample >= 0 && (size_t)done[i].sample >= n)
            n = (size_t)done[i].sample + 1;
    return n < s->flow.n_samples ? n : s->flow.n_samples;
}

static void mark_done(struct rkb_engine *s, const struct rkb_done *done,
                      size_t n_done)
{
    size_t n_lists = s->job->testbed->candidates->n_lists;
    size_t n_samples = n_samples_begun(s, done, n_done);
    uint32_t *place = rkb_arena_new(&s->arena, n_lists, sizeof *place);
    uint8_t *marks = rkb_arena_new(&s->arena, n_samples * s->n_mine, 1);

    for (uint32_t k = 0; k < s->n_mine; k++)
        place[s->mine[k]] = k + 1; /* 0: not mine */
    for (size_t i = 0; i < n_done; i++) {
        const struct rkb_done *d = &done[i];

        if (d->ord < 0 || (size_t)d->ord >= n_lists || !place[d->ord] ||
            d->sample < 0 || (size_t)d->sample >= n_samples ||
            d->status == RKB_RESULT_FAILED ||
            !rkb_digest_eq(&d->request_sha, &s->request_shas[d->ord]))
            continue;
        marks[(size_t)d->sample * s->n_mine + place[d->ord] - 1] = 1;
        s->report->n_done_before++;
    }
    s->flow.done = marks;
    s->flow.n_done_samples = n_samples;
}

enum rkb_status rkb_engine_find(struct rkb_engine *s, struct rkb_err *err)
{
    const struct rkb_load *load = &s->job->load;
    struct rkb_pace pace = { 0 };
    struct rkb_done *done;
    size_t n_done;
    enum rkb_status rc =
        rkb_store_done(s->store, &s->arena, s->run_id, &done, &n_done, err);

    if (!rc && load->min_ns)
        rc = rkb_store_pace(s->store, s->run_id, &pace, err);
    if (rc)
        return rc;
    find_requests(s);
    s->flow = (struct rkb_flow){
        .n_items = s->n_mine,
        .n_samples = n_samples_of(s, done, n_done),
        .min_ns = load->min_ns,
        .spent_ns = pace.measured_ns,
        .rate = is_open(s) ? load->scenario.rate : 0,
    };
    mark_done(s, done, n_done);
    s->n_todo = s->flow.n_samples * s->n_mine - s->report->n_done_before;
    /* After a resume, other gaps than those before. */
    rkb_flow_start(&s->flow, rkb_rng_key(s->job->seed, rkb_sv_of("arrivals"),
                                         s->report->n_done_before));
    return RKB_OK;
}

/* ---- sending -------------------------------------------------------------- */

/* Under way: nothing is left in the flow, or somebody has halted it. */
static bool take(struct rkb_engine *s, struct rkb_ticket *t)
{
    bool got = false;

    rkb_monitor_lock(s->monitor);
    if (!s->halted && s->n_left)
        got = rkb_flow_next(&s->flow, rkb_clock_now() - s->origin_ns,
                            s->end_sample, t);
    if (got && rkb_stop_level(s->job->stop)) {
        s->halted = s->report->stopped = true;
        got = false;
    }
    if (got) {
        s->n_left -= s->n_left != SIZE_MAX;
        s->report->n_late +=
            t->late && !s->warmup && !(s->reranker.traits & RKB_SERIAL);
    }
    rkb_monitor_unlock(s->monitor);
    return got;
}

/* An rkb_pool_fn: one line of queries, one after another. */
static enum rkb_status lane(void *arg, size_t i, size_t worker)
{
    struct rkb_engine *s = arg;
    struct rkb_ticket t;
    enum rkb_status rc = RKB_OK;

    (void)i;
    while (!rc && take(s, &t))
        rc = rkb_engine_query(s, &t, worker);
    if (!rc)
        return RKB_OK;
    rkb_monitor_lock(s->monitor);
    s->halted = true;
    s->report->stopped |= rc == RKB_E_STOPPED;
    rkb_monitor_unlock(s->monitor);
    return rc == RKB_E_STOPPED ? RKB_OK : rc;
}

static enum rkb_status send(struct rkb_engine *s, struct rkb_err *err)
{
    size_t n = rkb_engine_concurrency(s);
    enum rkb_status rc;

    if (s->reranker.traits & RKB_SERIAL) {
        struct rkb_pool *alone = rkb_pool_open(1);

        rc = rkb_pool_run(alone, 1, lane, s);
        rkb_pool_close(alone);
    } else {
        rc = rkb_pool_run_few(s->job->pool, n, n, lane, s);
    }
    enum rkb_status flushed = rkb_result_writer_flush(s->writer, err);

    if (!rc || flushed)
        return flushed; /* the cause, whichever query met it first */
    *err = s->ended_by;
    return rc;
}

enum rkb_status rkb_engine_step(struct rkb_engine *s, enum rkb_step step,
                                bool *more, struct rkb_err *err)
{
    int64_t now_ns = rkb_clock_now();

    *more = false;
    if (!s->session_id || s->halted)
        return RKB_OK;
    if (s->paused_ns)
        s->origin_ns += now_ns - s->paused_ns;
    else
        s->origin_ns = now_ns + (is_open(s) ? HEAD_START_NS : 0);
    s->n_left = step == RKB_STEP_QUERY ? rkb_engine_concurrency(s) : SIZE_MAX;
    s->end_sample = step == RKB_STEP_SAMPLE ? s->flow.sample + 1 : SIZE_MAX;
    if (step == RKB_STEP_SAMPLE && s->flow.item == s->flow.n_items)
        s->end_sample++;
    enum rkb_status rc = send(s, err);

    s->paused_ns = rkb_clock_now();
    *more = !rc && !s->halted && !s->flow.ended;
    return rc;
}

/* ---- warming up ----------------------------------------------------------- */

/* Queries that are not asked; where there are none, each measured query with
 * the candidates of the next one: no measured request has these. */
static void find_warmers(struct rkb_engine *s)
{
    const struct rkb_candidates *c = s->job->testbed->candidates;
    struct rkb_candidate_list *lists;

    s->warmers = c->spares;
    s->n_warmers = c->n_spares;
    s->report->warmed_by_others = s->n_warmers > 0;
    if (s->n_warmers)
        return;
    lists = rkb_arena_new(&s->arena, c->n_lists, sizeof *lists);
    for (size_t i = 0; i < c->n_lists; i++) {
        const struct rkb_candidate_list *next = &c->lists[(i + 1) % c->n_lists];

        if (c->n_lists < 2 || !next->n || !c->lists[i].n)
            continue;
        lists[s->n_warmers] = *next;
        lists[s->n_warmers++].query = c->lists[i].query;
    }
    s->warmers = lists;
}

enum rkb_status rkb_engine_warm_up(struct rkb_engine *s, struct rkb_err *err)
{
    const struct rkb_amount *amount = &s->job->load.warm_up;
    struct rkb_flow measured = s->flow;
    char name[sizeof s->progress_name];

    if (!amount->n && !amount->ns)
        return RKB_OK;
    find_warmers(s);
    memcpy(name, s->progress_name, sizeof name);
    snprintf(s->progress_name, sizeof s->progress_name, "warm-up");
    s->flow = (struct rkb_flow){ .n_items = s->n_warmers,
                                 .n_samples = RKB_LOAD_SAMPLES,
                                 .n_most = amount->n,
                                 .until_ns = amount->ns,
                                 .rate = measured.rate };
    rkb_flow_start(&s->flow,
                   rkb_rng_key(s->job->seed, rkb_sv_of("warm-up"), 0));
    s->warmup = true;
    s->n_left = s->end_sample = SIZE_MAX;
    s->origin_ns = rkb_clock_now() + (is_open(s) ? HEAD_START_NS : 0);
    enum rkb_status rc = send(s, err);

    s->warmup = false;
    s->flow = measured;
    memcpy(s->progress_name, name, sizeof name);
    return rc;
}
