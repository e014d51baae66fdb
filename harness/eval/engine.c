/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/engine.h"

#include "base/clock.h"
#include "base/embed.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/rng.h"
#include "harness/eval/host.h"
#include "runs/manifest.h"
#include "runs/store_read.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A worker's memory for one query at a time. */
struct lane {
    struct rkb_arena arena;
    struct rkb_candidate *docs;
    uint32_t *order;
    double *score;
    uint8_t *scored;
    size_t cap;
};

struct session {
    const struct rkb_engine_job *job;
    struct rkb_arena arena;
    struct rkb_reranker reranker;
    struct rkb_result_writer *writer;
    struct lane *lanes;
    int64_t run_id, session_id;
    const uint32_t *todo; /* [n_todo] indices of lists */
    size_t n_todo;
    const struct rkb_digest *request_shas; /* [n_lists] */
    bool warmup;
    struct rkb_monitor *monitor; /* guards the report and the progress */
    struct rkb_engine_report *report;
    struct rkb_err ended_by; /* why the run cannot go on */
    size_t n_finished;
    char progress_name[96];
    struct rkb_buf probe, conditions; /* what the reranker's probe told */
    struct rkb_account counted;       /* of a run that is only counted  */
};

/* ---- who is it --------------------------------------------------------- */

static enum rkb_status open_reranker(struct session *s,
                                     const struct rkb_env *env,
                                     struct rkb_err *err)
{
    const struct rkb_engine_job *job = s->job;
    struct rkb_spec spec;

    if (!job->def)
        return rkb_reranker_open(&s->reranker, rkb_sv_of(job->spec), env, err);
    enum rkb_status rc =
        rkb_spec_parse(env->arena, rkb_sv_of(job->spec), &spec, err);

    return rc ? rc
              : rkb_reranker_open_row(&s->reranker, job->def, &spec, env, err);
}

/* Texts are part of it only where the reranker gets them: they may have been
 * loaded for another one of the plan. */
static enum rkb_status identity(struct session *s, int64_t repeat,
                                struct rkb_buf *json, struct rkb_err *err)
{
    const struct rkb_engine_job *job = s->job;
    const struct rkb_testbed *b = job->testbed;
    const struct rkb_reranker_def *def = s->reranker.def;
    struct rkb_buf options = { 0 };
    struct rkb_digest texts = { 0 };
    enum rkb_status rc;

    if (s->reranker.traits & RKB_NEEDS_TEXT)
        texts = b->candidates->texts;

    rkb_optset_json(&s->reranker.options, &options);
    const struct rkb_manifest m = {
        .reranker = rkb_sv_of(def->name),
        .version = def->version,
        .options = rkb_buf_view(&options),
        .probe = rkb_buf_view(&s->probe),
        .candidates = b->candidates->digest,
        .queries = b->dataset->queries_digest,
        .texts = texts,
        .top_k = job->top_k == SIZE_MAX ? 0 : (int64_t)job->top_k,
        .seed = job->seed,
        .repeat = repeat,
        .n_samples = 1,
        .judgments = s->reranker.traits & RKB_SEES_GRADES
                         ? &b->dataset->grades_digest
                         : NULL,
    };
    rkb_buf_reset(json);
    rc = rkb_manifest_json(&m, json, err);
    rkb_buf_release(&options);
    return rc;
}

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

static size_t concurrency(const struct session *s)
{
    if (s->reranker.traits & RKB_SERIAL)
        return 1;
    return s->job->concurrency ? s->job->concurrency
                               : rkb_pool_size(s->job->pool);
}

/* ---- one query --------------------------------------------------------- */

/* Also for no candidates: an order of none is not the same as no order. */
static void make_room(struct lane *lane, size_t n)
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

static void fill_docs(const struct session *s, struct lane *lane,
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

static void count_result(struct session *s, const struct rkb_result *r)
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

static enum rkb_status keep(struct session *s, struct lane *lane, uint32_t ord,
                            int64_t latency_ns, const struct rkb_branch *branch,
                            const struct rkb_outcome *outcome,
                            struct rkb_err *err)
{
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
    r.warmup = s->warmup;
    r.status = failed                                  ? RKB_RESULT_FAILED
               : outcome->status == RKB_QUERY_REPAIRED ? RKB_RESULT_REPAIRED
                                                       : RKB_RESULT_OK;
    r.why = rkb_sv_of(outcome->why);
    r.request_sha = s->request_shas[ord];
    /* A recorded or cached answer took no time worth telling. */
    r.latency_ns = a->n_cached > 0 || a->untimed ? RKB_UNKNOWN : latency_ns;
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
static void end_run(struct session *s, const struct rkb_err *err)
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

static void begin_query(const struct session *s, struct lane *lane,
                        const struct rkb_candidate_list *list, struct query *q)
{
    const struct rkb_engine_job *job = s->job;
    const struct rkb_query *query =
        &job->testbed->dataset->queries[list->query];
    uint64_t seed =
        rkb_rng_key(job->seed, query->qid, (uint64_t)s->report->repeat);

    rkb_arena_reset(&lane->arena);
    fill_docs(s, lane, list);
    *q = (struct query){ 0 };
    q->branch = (struct rkb_branch){ .arena = &lane->arena,
                                     .account = &q->account,
                                     .calls = &q->calls,
                                     .stop = job->stop,
                                     .pool = job->pool,
                                     .qid = query->qid,
                                     .seed = seed };
    q->request = (struct rkb_request){
        .qid = query->qid,
        .query = query->text,
        .seed = seed,
        .docs = lane->docs,
        .n_docs = job->top_k < list->n ? job->top_k : list->n,
    };
    q->outcome = (struct rkb_outcome){ .order = lane->order,
                                       .score = lane->score,
                                       .scored = lane->scored };
}

static enum rkb_status run_query(void *arg, size_t i, size_t worker)
{
    struct session *s = arg;
    const struct rkb_engine_job *job = s->job;
    struct lane *lane = &s->lanes[worker];
    uint32_t ord = s->todo[i];
    struct rkb_err err = { 0 };
    struct query q;

    if (rkb_stop_level(job->stop))
        return RKB_E_STOPPED;
    begin_query(s, lane, &job->testbed->candidates->lists[ord], &q);
    int64_t start = rkb_clock_now();
    enum rkb_status rc = s->reranker.def->rerank(s->reranker.self, &q.branch,
                                                 &q.request, &q.outcome, &err);
    int64_t latency_ns = rkb_clock_now() - start;

    if (!rc && q.outcome.status != RKB_QUERY_FAILED)
        rc =
            rkb_outcome_check(&q.outcome, q.request.n_docs, &lane->arena, &err);
    if (rc == RKB_E_STOPPED)
        return rc;           /* a cancelled query leaves no row */
    if (rc == RKB_E_USAGE) { /* nor one that no query can do better than */
        end_run(s, &err);
        return rc;
    }
    if (rc) {
        q.outcome.status = RKB_QUERY_FAILED;
        snprintf(q.outcome.why, sizeof q.outcome.why, "%.*s",
                 (int)sizeof q.outcome.why - 1, err.msg);
    }
    rkb_printable(q.outcome.why,
                  strlen(q.outcome.why) == sizeof q.outcome.why - 1);
    rc = keep(s, lane, ord, latency_ns, &q.branch, &q.outcome, &err);
    if (rc)
        end_run(s, &err);
    return rc;
}

/* ---- one query, counted --------------------------------------------------- */

static enum rkb_status count_query(void *arg, size_t i, size_t worker)
{
    struct session *s = arg;
    struct lane *lane = &s->lanes[worker];
    struct rkb_err err = { 0 };
    struct query q;

    if (rkb_stop_level(s->job->stop))
        return RKB_E_STOPPED;
    begin_query(s, lane, &s->job->testbed->candidates->lists[i], &q);
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

/* ---- the whole run ------------------------------------------------------- */

static enum rkb_status run_queries(struct session *s, struct rkb_err *err)
{
    struct rkb_pool *alone = NULL;
    enum rkb_status rc;

    if (s->reranker.traits & RKB_SERIAL) {
        alone = rkb_pool_open(1);
        rc = rkb_pool_run(alone, s->n_todo, run_query, s);
        rkb_pool_close(alone);
    } else {
        rc = rkb_pool_run_few(s->job->pool, concurrency(s), s->n_todo,
                              run_query, s);
    }
    if (rc == RKB_E_STOPPED) {
        s->report->stopped = true;
        rc = RKB_OK;
    }
    enum rkb_status flushed = rkb_result_writer_flush(s->writer, err);

    if (!rc || flushed)
        return flushed; /* the cause, whichever query met it first */
    *err = s->ended_by;
    return rc;
}

static enum rkb_status find_todo(struct session *s, struct rkb_store *store,
                                 struct rkb_err *err)
{
    const struct rkb_candidates *c = s->job->testbed->candidates;
    bool texts = s->reranker.traits & RKB_NEEDS_TEXT;
    struct rkb_digest *shas =
        rkb_arena_new(&s->arena, c->n_lists, sizeof *shas);
    uint32_t *todo = rkb_arena_new(&s->arena, c->n_lists, sizeof *todo);
    uint8_t *finished = rkb_arena_new(&s->arena, c->n_lists, 1);
    struct rkb_done *done;
    size_t n_done;
    enum rkb_status rc =
        rkb_store_done(store, &s->arena, s->run_id, &done, &n_done, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < c->n_lists; i++)
        shas[i] = request_sha(s->job, &c->lists[i], texts);
    for (size_t i = 0; i < n_done; i++)
        if (done[i].ord >= 0 && (size_t)done[i].ord < c->n_lists &&
            done[i].status != RKB_RESULT_FAILED &&
            rkb_digest_eq(&done[i].request_sha, &shas[done[i].ord]))
            finished[done[i].ord] = 1;
    for (uint32_t i = 0; i < c->n_lists; i++)
        if (finished[i])
            s->report->n_done_before++;
        else
            todo[s->n_todo++] = i;
    s->request_shas = shas;
    s->todo = todo;
    return RKB_OK;
}

static enum rkb_status open_session(struct session *s, struct rkb_store *store,
                                    struct rkb_err *err)
{
    struct rkb_host host;
    struct rkb_buf conditions = { 0 };
    char version[64];

    rkb_host_look(&s->arena, &host);
    rkb_buf_printf(&conditions,
                   "{\"concurrency\":%zu,\"load_before\":%.2f,"
                   "\"scenario\":\"%s\",\"warmup\":%zu",
                   concurrency(s), host.load,
                   concurrency(s) > 1 ? "closed" : "single", s->job->n_warmup);
    if (s->conditions.len)
        rkb_buf_printf(&conditions, ",\"reranker\":%s", s->conditions.at);
    rkb_buf_char(&conditions, '}');
    snprintf(version, sizeof version, "%s (%s)", rkb_version, rkb_commit);
    const struct rkb_session_spec spec = {
        .run_id = s->run_id,
        .host = host.name,
        .cpu = host.cpu,
        .program_version = rkb_sv_of(version),
        .conditions = rkb_buf_view(&conditions),
    };
    enum rkb_status rc = rkb_session_begin(store, &spec, &s->session_id, err);

    rkb_buf_release(&conditions);
    return rc;
}

/* Finds the run by its identity. With `again` a complete run gives way to its
 * next repeat. */
static enum rkb_status begin(struct session *s, struct rkb_store *store,
                             struct rkb_run *run, struct rkb_err *err)
{
    const struct rkb_engine_job *job = s->job;
    const struct rkb_testbed *b = job->testbed;
    struct rkb_buf json = { 0 };
    int64_t repeat = job->repeat;
    enum rkb_status rc;

    for (;; repeat++) {
        rc = identity(s, repeat, &json, err);
        if (rc)
            break;
        const struct rkb_run_spec spec = {
            .key = rkb_manifest_key(rkb_buf_view(&json)),
            .identity = rkb_buf_view(&json),
            .label = rkb_sv_of(job->label),
            .dataset = rkb_sv_of(b->dataset->name),
            .reranker = rkb_sv_of(s->reranker.def->name),
            .queries = b->dataset->queries_digest,
            .candidate_set = b->candidate_set,
            .repeat = repeat,
            .seed = job->seed,
            .n_queries = (int64_t)b->candidates->n_lists,
            .n_samples = 1,
        };
        rc = rkb_run_begin(store, &spec, run, err);
        if (rc || run->state != RKB_RUN_COMPLETE || !job->again)
            break;
    }
    s->report->repeat = repeat;
    s->report->state = run->state;
    s->report->run_id = s->run_id = run->id;
    memcpy(s->report->date, run->date, sizeof s->report->date);
    rkb_buf_release(&json);
    return rc;
}

static enum rkb_status warm_up(struct session *s, struct rkb_err *err)
{
    struct session first = *s;
    struct rkb_engine_report ignored = { 0 };
    size_t n = s->job->n_warmup;

    if (!n || !s->n_todo)
        return RKB_OK;
    first.n_todo = n < s->n_todo ? n : s->n_todo;
    first.warmup = true;
    first.report = &ignored;
    first.n_finished = 0;
    snprintf(first.progress_name, sizeof first.progress_name, "warm-up");
    enum rkb_status rc = run_queries(&first, err);

    s->report->stopped = ignored.stopped;
    return rc;
}

static enum rkb_status work(struct session *s, struct rkb_store *store,
                            struct rkb_err *err)
{
    enum rkb_status rc = open_session(s, store, err);

    if (rc)
        return rc;
    rc = rkb_result_writer_open(&s->writer, store, err);
    if (!rc)
        rc = warm_up(s, err);
    if (!rc && !s->report->stopped)
        rc = run_queries(s, err);
    rkb_result_writer_close(s->writer);
    struct rkb_err late;
    const char *how = rc ? "failed" : s->report->stopped ? "stopped" : "done";

    if (rkb_session_end(store, s->session_id, rkb_sv_of(how),
                        rc ? &late : err) &&
        !rc)
        rc = err->code;
    return rc;
}

/* ---- opening and closing --------------------------------------------------- */

static enum rkb_status open_session_reranker(struct session *s,
                                             enum rkb_counting counting,
                                             struct rkb_err *err)
{
    const struct rkb_engine_job *job = s->job;
    const struct rkb_candidates *c = job->testbed->candidates;
    const struct rkb_env env = { .data_dir = job->data_dir,
                                 .arena = &s->arena,
                                 .stats =
                                     c->bm25 ? rkb_bm25_stats(c->bm25) : NULL,
                                 .pool = job->pool,
                                 .compat = RKB_COMPAT_9,
                                 .stop = job->stop,
                                 .in_flight = job->in_flight,
                                 .repeat = job->repeat,
                                 .counting = counting };
    enum rkb_status rc = open_reranker(s, &env, err);

    if (!rc && s->reranker.def->probe)
        rc = s->reranker.def->probe(s->reranker.self, &s->probe, &s->conditions,
                                    err);
    if (rc)
        return rc;
    s->monitor = rkb_monitor_new();
    s->lanes = rkb_new(rkb_pool_size(job->pool), sizeof *s->lanes);
    snprintf(s->progress_name, sizeof s->progress_name, "%s %s",
             job->testbed->dataset->name,
             job->label ? job->label : s->reranker.def->name);
    return RKB_OK;
}

static void close_session(struct session *s)
{
    for (size_t i = 0; s->lanes && i < rkb_pool_size(s->job->pool); i++) {
        rkb_arena_release(&s->lanes[i].arena);
        rkb_free(s->lanes[i].docs);
        rkb_free(s->lanes[i].order);
        rkb_free(s->lanes[i].score);
        rkb_free(s->lanes[i].scored);
    }
    rkb_free(s->lanes);
    rkb_monitor_free(s->monitor);
    rkb_buf_release(&s->probe);
    rkb_buf_release(&s->conditions);
    rkb_reranker_close(&s->reranker);
    rkb_arena_release(&s->arena);
}

enum rkb_status rkb_engine_run(const struct rkb_engine_job *job,
                               struct rkb_store *store,
                               struct rkb_engine_report *out,
                               struct rkb_err *err)
{
    struct session s = { .job = job, .report = out };
    struct rkb_run run = { 0 };

    *out = (struct rkb_engine_report){ 0 };
    enum rkb_status rc = open_session_reranker(&s, RKB_ASKING, err);

    if (!rc)
        rc = begin(&s, store, &run, err);
    if (rc)
        goto done;
    if (run.state == RKB_RUN_COMPLETE) {
        out->complete = true;
        out->n_done_before = job->testbed->candidates->n_lists;
        goto done;
    }
    rc = find_todo(&s, store, err);
    if (!rc)
        rc = work(&s, store, err);
    if (!rc)
        rc = rkb_run_end(store, &run, &out->complete, err);
done:
    rkb_run_release(&run);
    close_session(&s);
    return rc;
}

enum rkb_status rkb_engine_count(const struct rkb_engine_job *job,
                                 enum rkb_counting counting,
                                 struct rkb_engine_count *out,
                                 struct rkb_err *err)
{
    struct rkb_engine_report report = { .repeat = job->repeat };
    struct session s = { .job = job, .report = &report };
    const struct rkb_candidates *c = job->testbed->candidates;
    enum rkb_status rc = open_session_reranker(&s, counting, err);

    *out = (struct rkb_engine_count){ .n_queries = c->n_lists };
    if (!rc) {
        rc = rkb_pool_run_few(job->pool, concurrency(&s), c->n_lists,
                              count_query, &s);
        if (rc)
            *err = s.ended_by;
        if (rc == RKB_E_STOPPED)
            rkb_fail(err, rc, "stopped");
    }
    out->n_calls = s.counted.n_calls;
    out->prompt_tokens = s.counted.prompt_tokens;
    out->output_tokens = s.counted.output_tokens;
    close_session(&s);
    return rc;
}
