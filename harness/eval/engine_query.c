/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/engine_impl.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/rng.h"

#include <stdio.h>
#include <string.h>

/* ---- one query --------------------------------------------------------- */

/* Also for no candidates: an order of none is not the same as no order. */
static void make_room(struct rkb_lane *lane, size_t n)
{
    if (n < lane->cap)
        return;
    lane->cap = (n + 1) * 2;
    lane->docs = rkb_resize(lane->docs, lane->cap, sizeof *lane->docs);
    lane->order = rkb_resize(lane->order, lane->cap, sizeof *lane->order);
    lane->score = rkb_resize(lane->score, lane->cap, sizeof *lane->score);
    lane->scored = rkb_resize(lane->scored, lane->cap, sizeof *lane->scored);
}

static int32_t grade_of(const struct rkb_query *q, uint32_t doc)
{
    for (size_t i = 0; i < q->n_grades; i++)
        if (q->grades[i].doc == doc)
            return q->grades[i].grade;
    return RKB_UNPOOLED;
}

static void fill_docs(const struct rkb_engine *s, struct rkb_lane *lane,
                      const struct rkb_candidate_list *list)
{
    const struct rkb_dataset *d = s->job->testbed->dataset;
    const struct rkb_query *q = &d->queries[list->query];
    unsigned traits = s->reranker.traits;

    make_room(lane, list->n);
    for (size_t i = 0; i < list->n; i++) {
        const struct rkb_doc *doc = &d->docs[list->docs[i]];
        bool has_score = list->scores[i] == list->scores[i];
        bool has_text = traits & RKB_NEEDS_TEXT;

        lane->docs[i] = (struct rkb_candidate){
            .docid = d->docids.keys[list->docs[i]],
            .title = has_text ? doc->title : (rkb_sv){ 0 },
            .text = has_text ? doc->text : (rkb_sv){ 0 },
            .score = has_score ? list->scores[i] : 0,
            .has_score = has_score,
            .grade = traits & RKB_SEES_GRADES ? grade_of(q, list->docs[i])
                                              : RKB_UNPOOLED,
        };
        lane->order[i] = (uint32_t)i;
        lane->score[i] = 0;
    }
    memset(lane->scored, 0, list->n);
}

static void count_result(struct rkb_engine *s, const struct rkb_result *r)
{
    struct rkb_engine_report *report = s->report;

    rkb_monitor_lock(s->monitor);
    report->n_sent++;
    s->n_finished++;
    switch (r->status) {
    case RKB_RESULT_OK:
        report->n_ok++;
        break;
    case RKB_RESULT_REPAIRED:
        report->n_repaired++;
        break;
    case RKB_RESULT_FAILED:
        if (!report->n_failed++)
            snprintf(report->first_failure, sizeof report->first_failure,
                     "%.*s", (int)r->why.len, r->why.at);
        break;
    }
    rkb_log_progress(s->progress_name, s->n_finished, s->n_todo);
    rkb_monitor_unlock(s->monitor);
}

/* {"ok":8,"missing":1}: every call and every failed attempt at one, in order of
 * first appearance; not what was asked beside them ("PATH~"). */
static rkb_sv classes_json(struct rkb_arena *a, const struct rkb_calls *calls)
{
    struct rkb_map names = { 0 };
    size_t *counts = rkb_arena_new(a, calls->n, sizeof *counts);
    struct rkb_buf b = { 0 };
    rkb_sv out = { 0 };

    for (size_t i = 0; i < calls->n; i++) {
        const struct rkb_call *c = &calls->items[i];

        if (c->class_name && !rkb_sv_ends(rkb_sv_of(c->path), "~"))
            counts[rkb_map_add(&names, rkb_sv_of(c->class_name), NULL)]++;
    }
    for (size_t i = 0; i < names.n; i++) {
        rkb_buf_char(&b, i ? ',' : '{');
        rkb_buf_json(&b, names.keys[i]);
        rkb_buf_printf(&b, ":%zu", counts[i]);
    }
    if (names.n) {
        rkb_buf_char(&b, '}');
        out = rkb_arena_copy(a, rkb_buf_view(&b));
    }
    rkb_map_release(&names);
    rkb_buf_release(&b);
    return out;
}

static bool is_set(const struct rkb_digest *d)
{
    static const struct rkb_digest none;

    return !rkb_digest_eq(d, &none);
}

/* When the query was due and handed over, since the start, and how long it
 * took. */
struct times {
    int64_t due_ns, sent_ns, latency_ns;
    bool open;
};

static enum rkb_status keep(struct rkb_engine *s, struct rkb_lane *lane,
                            const struct rkb_ticket *t,
                            const struct times *times,
                            const struct rkb_branch *branch,
                            const struct rkb_outcome *outcome,
                            struct rkb_err *err)
{
    uint32_t ord = s->mine[t->item];
    const struct rkb_candidate_list *list =
        &s->job->testbed->candidates->lists[ord];
    const struct rkb_account *a = branch->account;
    bool failed = outcome->status == RKB_QUERY_FAILED, any_score = false;
    struct rkb_result r;

    for (size_t i = 0; i < list->n; i++)
        any_score |= lane->scored[i];
    rkb_result_init(&r);
    r.run_id = s->run_id;
    r.session_id = s->session_id;
    r.ord = ord;
    r.sample = t->sample;
    r.status = failed                                  ? RKB_RESULT_FAILED
               : outcome->status == RKB_QUERY_REPAIRED ? RKB_RESULT_REPAIRED
                                                       : RKB_RESULT_OK;
    r.why = rkb_sv_of(outcome->why);
    r.request_sha = s->request_shas[ord];
    /* A recorded or cached answer took no time worth telling. */
    r.latency_ns =
        a->n_cached > 0 || a->untimed ? RKB_UNKNOWN : times->latency_ns;
    r.scheduled_ns = times->due_ns;
    r.queue_ns = times->open ? times->sent_ns - times->due_ns : RKB_UNKNOWN;
    r.wait_ns = a->wait_ns;
    r.first_token_ns = a->first_token_ns > 0 ? a->first_token_ns : RKB_UNKNOWN;
    r.n_calls = a->n_calls;
    r.n_cached = a->n_cached;
    r.retries = a->retries;
    r.prompt_tokens = a->prompt_tokens;
    r.cached_tokens = a->cached_tokens;
    r.output_tokens = a->output_tokens;
    r.reasoning_tokens = a->reasoning_tokens;
    r.n_truncated = a->n_truncated;
    r.classes = classes_json(&lane->arena, branch->calls);
    r.n_docs = list->n;
    r.order = failed ? NULL : lane->order;
    r.score = !failed && any_score ? lane->score : NULL;
    r.scored = r.score ? lane->scored : NULL;
    struct rkb_result_call *calls =
        rkb_arena_new(&lane->arena, branch->calls->n, sizeof *calls);

    for (size_t i = 0; i < branch->calls->n; i++) {
        const struct rkb_call *c = &branch->calls->items[i];

        calls[i] = (struct rkb_result_call){
            .path = rkb_sv_of(c->path),
            .seq = c->seq,
            .attempt = c->attempt,
            .http = c->http,
            .queue_ns = c->queue_ns,
            .connect_ns = c->connect_ns,
            .first_byte_ns = c->first_byte_ns,
            .first_token_ns = c->first_token_ns,
            .total_ns = c->total_ns,
            .parse_ns = c->parse_ns,
            .prompt_tokens = c->prompt_tokens,
            .output_tokens = c->output_tokens,
            .cached_tokens = c->cached_tokens,
            .server_ns = c->server_ns,
            .render_ns = c->render_ns,
            .start_ns = c->start_ns,
            .request_sha = is_set(&c->request_sha) ? &c->request_sha : NULL,
            .class_name = rkb_sv_of(c->class_name),
            .answer = c->answer,
        };
    }
    r.calls = calls;
    r.n_calls_kept = branch->calls->n;
    enum rkb_status rc = rkb_result_writer_append(s->writer, &r, err);

    if (!rc)
        count_result(s, &r);
    return rc;
}

/* Why nothing more is sent; the first to say so counts. */
static void end_run(struct rkb_engine *s, const struct rkb_err *err)
{
    rkb_monitor_lock(s->monitor);
    if (!s->ended_by.code)
        s->ended_by = *err;
    rkb_monitor_unlock(s->monitor);
}

/* Everything a query needs, in its lane's memory. */
struct query {
    struct rkb_account account;
    struct rkb_calls calls;
    struct rkb_branch branch;
    struct rkb_request request;
    struct rkb_outcome outcome;
};

static void begin_query(const struct rkb_engine *s, struct rkb_lane *lane,
                        const struct rkb_candidate_list *list, rkb_sv qid,
                        uint64_t seed, struct query *q)
{
    const struct rkb_engine_job *job = s->job;

    fill_docs(s, lane, list);
    *q = (struct query){ 0 };
    q->branch = (struct rkb_branch){ .arena = &lane->arena,
                                     .account = &q->account,
                                     .calls = &q->calls,
                                     .stop = job->stop,
                                     .pool = job->pool,
                                     .qid = qid,
                                     .seed = seed };
    q->request = (struct rkb_request){
        .qid = qid,
        .query = job->testbed->dataset->queries[list->query].text,
        .seed = seed,
        .docs = lane->docs,
        .n_docs = job->top_k < list->n ? job->top_k : list->n,
    };
    q->outcome = (struct rkb_outcome){ .order = lane->order,
                                       .score = lane->score,
                                       .scored = lane->scored };
}

static void begin_measured(const struct rkb_engine *s, struct rkb_lane *lane,
                           uint32_t ord, int64_t sample, struct query *q)
{
    const struct rkb_testbed *b = s->job->testbed;
    const struct rkb_candidate_list *list = &b->candidates->lists[ord];
    rkb_sv qid = b->dataset->queries[list->query].qid;
    uint64_t seed = rkb_rng_key(s->job->seed, qid, (uint64_t)s->report->repeat);

    rkb_arena_reset(&lane->arena);
    if (sample) /* the first one's is that of a run without samples */
        seed = rkb_rng_key(seed, rkb_sv_of("sample"), (uint64_t)sample);
    begin_query(s, lane, list, qid, seed, q);
}

/* Under another id: recorded answers stay for the query itself. */
static void begin_warm_up(const struct rkb_engine *s, struct rkb_lane *lane,
                          const struct rkb_ticket *t, struct query *q)
{
    const struct rkb_candidate_list *list = &s->warmers[t->item];
    rkb_sv qid = s->job->testbed->dataset->queries[list->query].qid;

    rkb_arena_reset(&lane->arena);
    if (!s->report->warmed_by_others)
        qid = rkb_sv_of(
            rkb_arena_printf(&lane->arena, "%.*s~", (int)qid.len, qid.at));
    begin_query(
        s, lane, list, qid,
        rkb_rng_key(s->job->seed, rkb_sv_of("warm-up"), (uint64_t)t->sample),
        q);
}

static void count_warm_up(struct rkb_engine *s, bool failed)
{
    rkb_monitor_lock(s->monitor);
    s->report->n_warm++;
    s->report->n_warm_failed += failed;
    rkb_monitor_unlock(s->monitor);
}

enum rkb_status rkb_engine_query(struct rkb_engine *s,
                                 const struct rkb_ticket *t, size_t worker)
{
    const struct rkb_engine_job *job = s->job;
    struct rkb_lane *lane = &s->lanes[worker];
    struct times times = {
        .due_ns = t->due_ns,
        .open = job->load.scenario.kind == RKB_SCENARIO_OPEN,
    };
    struct rkb_err err = { 0 };
    struct query q;

    if (s->warmup)
        begin_warm_up(s, lane, t, &q);
    else
        begin_measured(s, lane, s->mine[t->item], t->sample, &q);
    if (times.open && rkb_stop_sleep(job->stop, s->origin_ns + t->due_ns))
        return RKB_E_STOPPED;
    int64_t start = q.branch.start_ns = rkb_clock_now();
    enum rkb_status rc = s->reranker.def->rerank(s->reranker.self, &q.branch,
                                                 &q.request, &q.outcome, &err);
    int64_t end = rkb_clock_now();

    times.sent_ns = start - s->origin_ns;
    if (!times.open)
        times.due_ns = times.sent_ns;
    times.latency_ns = end - s->origin_ns - times.due_ns;
    if (!rc && q.outcome.status != RKB_QUERY_FAILED)
        rc =
            rkb_outcome_check(&q.outcome, q.request.n_docs, &lane->arena, &err);
    if (rc == RKB_E_STOPPED)
        return rc; /* a cancelled query leaves no row */
    /* Nor has one that no query can do better than. */
    if (rc == RKB_E_USAGE || rc == RKB_E_REFUSED) {
        end_run(s, &err);
        return rc;
    }
    if (rc) {
        q.outcome.status = RKB_QUERY_FAILED;
        snprintf(q.outcome.why, sizeof q.outcome.why, "%.*s",
                 (int)sizeof q.outcome.why - 1, err.msg);
    }
    if (s->warmup) {
        count_warm_up(s, q.outcome.status == RKB_QUERY_FAILED);
        return RKB_OK;
    }
    rkb_printable(q.outcome.why,
                  strlen(q.outcome.why) == sizeof q.outcome.why - 1);
    rc = keep(s, lane, t, &times, &q.branch, &q.outcome, &err);
    if (rc)
        end_run(s, &err);
    return rc;
}

/* ---- one query, counted --------------------------------------------------- */

enum rkb_status rkb_engine_count_query(void *arg, size_t i, size_t worker)
{
    struct rkb_engine *s = arg;
    struct rkb_lane *lane = &s->lanes[worker];
    struct rkb_err err = { 0 };
    struct query q;

    if (rkb_stop_level(s->job->stop))
        return RKB_E_STOPPED;
    begin_measured(s, lane, (uint32_t)i, 0, &q);
    enum rkb_status rc = s->reranker.def->rerank(s->reranker.self, &q.branch,
                                                 &q.request, &q.outcome, &err);

    if (rc) {
        rkb_wrap(&err, "query '%.*s'", (int)q.request.qid.len,
                 q.request.qid.at);
        end_run(s, &err);
        return rc;
    }
    rkb_monitor_lock(s->monitor);
    rkb_account_add(&s->counted, &q.account);
    rkb_log_progress(s->progress_name, ++s->n_finished,
                     s->job->testbed->candidates->n_lists);
    rkb_monitor_unlock(s->monitor);
    return RKB_OK;
}
