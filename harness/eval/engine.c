/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/engine.h"

#include "base/embed.h"
#include "base/mem.h"
#include "harness/eval/engine_impl.h"
#include "runs/manifest.h"
#include "runs/store_read.h"

#include <stdio.h>
#include <string.h>

/* ---- who is it --------------------------------------------------------- */

static enum rkb_status open_reranker(struct rkb_engine *s,
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
static enum rkb_status identity(struct rkb_engine *s, int64_t repeat,
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
        .build = rkb_sv_of(job->build),
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

static size_t concurrency(const struct rkb_engine *s)
{
    if (s->reranker.traits & RKB_SERIAL)
        return 1;
    return s->job->concurrency ? s->job->concurrency
                               : rkb_pool_size(s->job->pool);
}

/* ---- the whole run ------------------------------------------------------- */

static enum rkb_status run_queries(struct rkb_engine *s, struct rkb_err *err)
{
    struct rkb_pool *alone = NULL;
    enum rkb_status rc;

    if (s->reranker.traits & RKB_SERIAL) {
        alone = rkb_pool_open(1);
        rc = rkb_pool_run(alone, s->n_todo, rkb_engine_query, s);
        rkb_pool_close(alone);
    } else {
        rc = rkb_pool_run_few(s->job->pool, concurrency(s), s->n_todo,
                              rkb_engine_query, s);
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

static enum rkb_status find_todo(struct rkb_engine *s, struct rkb_store *store,
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
        if (s->job->share && !s->job->share->mine[i])
            continue;
        else if (finished[i])
            s->report->n_done_before++;
        else
            todo[s->n_todo++] = i;
    s->request_shas = shas;
    s->todo = todo;
    return RKB_OK;
}

static enum rkb_status open_session(struct rkb_engine *s,
                                    struct rkb_store *store,
                                    struct rkb_err *err)
{
    const struct rkb_engine_share *share = s->job->share;
    struct rkb_buf conditions = { 0 }, machine = { 0 };
    char version[64];

    rkb_host_look(&s->arena, s->job->host_root, &s->host);
    rkb_host_moment(&s->arena, s->job->host_root, s->job->gpu != NULL,
                    &s->host_before);
    rkb_host_before(&s->host, &s->host_before, &machine);
    rkb_buf_printf(&conditions,
                   "{\"concurrency\":%zu,\"scenario\":\"%s\","
                   "\"warmup\":%zu%s%s",
                   concurrency(s), concurrency(s) > 1 ? "closed" : "single",
                   s->job->n_warmup, machine.len ? "," : "",
                   machine.len ? machine.at : "");
    rkb_buf_release(&machine);
    if (s->conditions.len)
        rkb_buf_printf(&conditions, ",\"reranker\":%s", s->conditions.at);
    if (s->job->gpu) {
        rkb_buf_text(&conditions, ",\"gpu\":");
        rkb_buf_json(&conditions, rkb_sv_of(s->job->gpu));
    }
    if (s->job->cell)
        rkb_buf_printf(&conditions, ",\"cell\":%zu", s->job->cell);
    if (share)
        rkb_buf_printf(&conditions,
                       ",\"shard\":{\"index\":%lld,\"of\":%lld,"
                       "\"queries\":%zu}",
                       (long long)share->shard.index,
                       (long long)share->shard.of, share->n);
    rkb_buf_char(&conditions, '}');
    snprintf(version, sizeof version, "%s (%s)", rkb_version, rkb_commit);
    const struct rkb_session_spec spec = {
        .run_id = s->run_id,
        .host = s->host.name,
        .cpu = s->host.cpu,
        .program_version = rkb_sv_of(version),
        .conditions = rkb_buf_view(&conditions),
    };
    enum rkb_status rc = rkb_session_begin(store, &spec, &s->session_id, err);

    rkb_buf_release(&conditions);
    return rc;
}

/* Finds the run by its identity. With `again` a complete run gives way to its
 * next repeat. */
static enum rkb_status begin(struct rkb_engine *s, struct rkb_store *store,
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

static enum rkb_status warm_up(struct rkb_engine *s, struct rkb_err *err)
{
    struct rkb_engine first = *s;
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

/* What is known of a session when it ends. */
static enum rkb_status end_session(struct rkb_engine *s,
                                   struct rkb_store *store, const char *how,
                                   struct rkb_err *err)
{
    struct rkb_buf machine = { 0 }, json = { 0 };
    struct rkb_host_moment after;
    enum rkb_status rc = RKB_OK;

    rkb_host_moment(&s->arena, s->job->host_root, s->job->gpu != NULL, &after);
    rkb_host_after(&s->host, &s->host_before, &after, &machine);
    if (s->writer) {
        rkb_buf_printf(&json, "{\"n_stored\":%lld,\"store_ns\":%lld%s%s}",
                       (long long)rkb_result_writer_n_committed(s->writer),
                       (long long)rkb_result_writer_spent_ns(s->writer),
                       machine.len ? "," : "", machine.len ? machine.at : "");
        rc = rkb_session_add(store, s->session_id, rkb_buf_view(&json), err);
    }
    if (!rc)
        rc = rkb_session_end(store, s->session_id, rkb_sv_of(how), err);
    rkb_buf_release(&machine);
    rkb_buf_release(&json);
    return rc;
}

static enum rkb_status work(struct rkb_engine *s, struct rkb_store *store,
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
    struct rkb_err late;
    const char *how = rc ? "failed" : s->report->stopped ? "stopped" : "done";

    if (end_session(s, store, how, rc ? &late : err) && !rc)
        rc = err->code;
    rkb_result_writer_close(s->writer);
    return rc;
}

/* ---- opening and closing --------------------------------------------------- */

static enum rkb_status open_session_reranker(struct rkb_engine *s,
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

static void close_session(struct rkb_engine *s)
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

/* A shard without anything left leaves no session, but for its first: that one
 * says how much of the run is the shard's. */
static enum rkb_status has_work(struct rkb_engine *s, struct rkb_store *store,
                                bool *yes, struct rkb_err *err)
{
    struct rkb_session_row *rows;
    size_t n = 0;
    enum rkb_status rc = RKB_OK;

    if (s->job->share && !s->n_todo)
        rc = rkb_store_sessions(store, &s->arena, s->run_id, &rows, &n, err);
    *yes = s->n_todo || !n;
    return rc;
}

enum rkb_status rkb_engine_run(const struct rkb_engine_job *job,
                               struct rkb_store *store,
                               struct rkb_engine_report *out,
                               struct rkb_err *err)
{
    struct rkb_engine s = { .job = job, .report = out };
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
    bool yes = false;

    rc = find_todo(&s, store, err);
    if (!rc)
        rc = has_work(&s, store, &yes, err);
    if (!rc && yes)
        rc = work(&s, store, err);
    if (!rc)
        rc = rkb_run_end(store, &run, &out->complete, err);
    if (job->share)
        out->complete =
            out->n_done_before + out->n_ok + out->n_repaired == job->share->n;
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
    struct rkb_engine s = { .job = job, .report = &report };
    const struct rkb_candidates *c = job->testbed->candidates;
    enum rkb_status rc = open_session_reranker(&s, counting, err);

    *out = (struct rkb_engine_count){ .n_queries = c->n_lists };
    if (!rc) {
        rc = rkb_pool_run_few(job->pool, concurrency(&s), c->n_lists,
                              rkb_engine_count_query, &s);
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
