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

static int64_t n_samples(const struct rkb_engine_job *job)
{
    return job->load.n_samples ? (int64_t)job->load.n_samples : 1;
}

/* Texts are part of it only where the reranker gets them: they may have been
 * loaded for another one of the plan. */
static enum rkb_status identity(struct rkb_engine *s, int64_t repeat,
                                struct rkb_buf *json, struct rkb_err *err)
{
    const struct rkb_engine_job *job = s->job;
    const struct rkb_testbed *b = job->testbed;
    const struct rkb_reranker_def *def = s->reranker.def;
    struct rkb_buf options = { 0 }, load = { 0 };
    struct rkb_digest texts = { 0 };
    enum rkb_status rc;

    if (s->reranker.traits & RKB_NEEDS_TEXT)
        texts = b->candidates->texts;

    rkb_optset_json(&s->reranker.options, &options);
    rkb_load_text(&job->load, &load);
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
        .n_samples = n_samples(job),
        .load = rkb_buf_view(&load),
        .judgments = s->reranker.traits & RKB_SEES_GRADES
                         ? &b->dataset->grades_digest
                         : NULL,
    };
    rkb_buf_reset(json);
    rc = rkb_manifest_json(&m, json, err);
    rkb_buf_release(&options);
    rkb_buf_release(&load);
    return rc;
}

/* ---- the whole run ------------------------------------------------------- */

/* "closed" without its number, which is the concurrency. */
static void scenario_json(const struct rkb_engine *s, struct rkb_buf *out)
{
    const struct rkb_scenario *scenario = &s->job->load.scenario;
    struct rkb_buf text = { 0 };

    rkb_buf_text(out, ",\"scenario\":");
    if (scenario->kind == RKB_SCENARIO_CLOSED ||
        (scenario->kind == RKB_SCENARIO_SINGLE &&
         rkb_engine_concurrency(s) > 1))
        rkb_buf_text(&text, "closed");
    else
        rkb_scenario_text(scenario, &text);
    rkb_buf_json(out, rkb_buf_view(&text));
    rkb_buf_release(&text);
}

static void conditions_json(const struct rkb_engine *s, struct rkb_buf *out)
{
    const struct rkb_engine_job *job = s->job;
    const struct rkb_engine_share *share = job->share;
    struct rkb_buf machine = { 0 };

    rkb_buf_printf(out, "{\"concurrency\":%zu", rkb_engine_concurrency(s));
    scenario_json(s, out);
    rkb_host_before(&s->host, &s->host_before, &machine);
    if (machine.len)
        rkb_buf_printf(out, ",%s", machine.at);
    rkb_buf_release(&machine);
    if (job->load.min_ns) {
        rkb_buf_text(out, ",\"min_seconds\":");
        rkb_buf_real(out, (double)job->load.min_ns / 1e9);
    }
    if (s->conditions.len)
        rkb_buf_printf(out, ",\"reranker\":%s", s->conditions.at);
    if (job->gpu) {
        rkb_buf_text(out, ",\"gpu\":");
        rkb_buf_json(out, rkb_sv_of(job->gpu));
    }
    if (job->cell)
        rkb_buf_printf(out, ",\"cell\":%zu", job->cell);
    if (job->interleaved)
        rkb_buf_text(out, ",\"interleaved\":true");
    if (share)
        rkb_buf_printf(out,
                       ",\"shard\":{\"index\":%lld,\"of\":%lld,"
                       "\"queries\":%zu}",
                       (long long)share->shard.index,
                       (long long)share->shard.of, share->n);
    rkb_buf_char(out, '}');
}

static enum rkb_status open_session(struct rkb_engine *s, struct rkb_err *err)
{
    struct rkb_buf conditions = { 0 };
    char version[64];

    rkb_host_look(&s->arena, s->job->host_root, &s->host);
    rkb_host_moment(&s->arena, s->job->host_root, s->job->gpu != NULL,
                    &s->host_before);
    conditions_json(s, &conditions);
    snprintf(version, sizeof version, "%s (%s)", rkb_version, rkb_commit);
    const struct rkb_session_spec spec = {
        .run_id = s->run_id,
        .host = s->host.name,
        .cpu = s->host.cpu,
        .program_version = rkb_sv_of(version),
        .conditions = rkb_buf_view(&conditions),
    };
    enum rkb_status rc =
        rkb_session_begin(s->store, &spec, &s->session_id, err);

    if (rc)
        s->session_id = 0;
    rkb_buf_release(&conditions);
    return rc;
}

/* What of a session is known when it ends. */
static void found_json(struct rkb_engine *s, struct rkb_buf *out)
{
    const struct rkb_engine_report *r = s->report;
    struct rkb_host_moment after;
    struct rkb_buf machine = { 0 };

    rkb_buf_printf(out, "{\"warmup\":%zu", r->n_warm);
    if (r->n_warm)
        rkb_buf_printf(out, ",\"warmup_failed\":%zu,\"warmup_by\":\"%s\"",
                       r->n_warm_failed,
                       r->warmed_by_others ? "other queries"
                                           : "other candidates");
    if (s->job->load.scenario.kind == RKB_SCENARIO_OPEN)
        rkb_buf_printf(out, ",\"late\":%zu,\"saturated\":%s", r->n_late,
                       r->n_late ? "true" : "false");
    if (s->writer)
        rkb_buf_printf(out, ",\"n_stored\":%lld,\"store_ns\":%lld",
                       (long long)rkb_result_writer_n_committed(s->writer),
                       (long long)rkb_result_writer_spent_ns(s->writer));
    rkb_host_moment(&s->arena, s->job->host_root, s->job->gpu != NULL, &after);
    rkb_host_after(&s->host, &s->host_before, &after, &machine);
    if (machine.len)
        rkb_buf_printf(out, ",%s", machine.at);
    rkb_buf_release(&machine);
    rkb_buf_char(out, '}');
}

/* Finds the run by its identity. With `again` a complete run gives way to its
 * next repeat. */
static enum rkb_status begin(struct rkb_engine *s, struct rkb_err *err)
{
    const struct rkb_engine_job *job = s->job;
    struct rkb_run *run = &s->run;
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
            .n_samples = n_samples(job),
        };
        rc = rkb_run_begin(s->store, &spec, run, err);
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
static enum rkb_status has_work(struct rkb_engine *s, bool *yes,
                                struct rkb_err *err)
{
    struct rkb_session_row *rows;
    size_t n = 0;
    enum rkb_status rc = RKB_OK;

    if (s->job->share && !s->n_todo)
        rc = rkb_store_sessions(s->store, &s->arena, s->run_id, &rows, &n, err);
    *yes = s->n_todo || !n;
    return rc;
}

/* The session that was begun ends as well as it can. */
static enum rkb_status end_session(struct rkb_engine *s, enum rkb_status rc,
                                   struct rkb_err *err)
{
    struct rkb_buf found = { 0 };
    struct rkb_err late;
    const char *how = rc ? "failed" : s->report->stopped ? "stopped" : "done";

    struct rkb_err *told = rc ? &late : err;

    found_json(s, &found);
    rkb_result_writer_close(s->writer);
    if ((rkb_session_add(s->store, s->session_id, rkb_buf_view(&found), told) ||
         rkb_session_end(s->store, s->session_id, rkb_sv_of(how), told)) &&
        !rc)
        rc = err->code;
    rkb_buf_release(&found);
    if (!rc && s->flow.n_samples > (size_t)n_samples(s->job))
        rc = rkb_run_set_samples(s->store, s->run_id,
                                 (int64_t)s->flow.n_samples, err);
    return rc;
}

enum rkb_status rkb_engine_open(struct rkb_engine **out,
                                const struct rkb_engine_job *job,
                                struct rkb_store *store,
                                struct rkb_engine_report *report,
                                struct rkb_err *err)
{
    struct rkb_engine *s = rkb_new(1, sizeof *s);
    bool yes = false;

    *s = (struct rkb_engine){ .job = job, .store = store, .report = report };
    *report = (struct rkb_engine_report){ 0 };
    *out = s;
    enum rkb_status rc = open_session_reranker(s, RKB_ASKING, err);

    if (!rc)
        rc = begin(s, err);
    if (rc || s->run.state == RKB_RUN_COMPLETE)
        goto done;
    rc = rkb_engine_find(s, err);
    if (!rc)
        rc = has_work(s, &yes, err);
    if (rc || !yes)
        goto done;
    rc = open_session(s, err);
    if (!rc)
        rc = rkb_result_writer_open(&s->writer, store, err);
    if (!rc)
        rc = rkb_engine_warm_up(s, err);
done:
    if (!rc)
        return RKB_OK;
    *out = NULL;
    return rkb_engine_close(s, rc, err);
}

enum rkb_status rkb_engine_close(struct rkb_engine *s, enum rkb_status rc,
                                 struct rkb_err *err)
{
    const struct rkb_engine_job *job = s->job;
    struct rkb_engine_report *out = s->report;

    if (s->session_id)
        rc = end_session(s, rc, err);
    if (!rc && s->run.state == RKB_RUN_COMPLETE) {
        out->complete = true;
        out->n_done_before = job->testbed->candidates->n_lists;
    } else if (!rc) {
        rc = rkb_run_end(s->store, &s->run, &out->complete, err);
        if (job->share)
            out->complete = out->n_done_before + out->n_ok + out->n_repaired ==
                            job->share->n * (size_t)n_samples(job);
    }
    rkb_run_release(&s->run);
    close_session(s);
    rkb_free(s);
    return rc;
}

enum rkb_status rkb_engine_run(const struct rkb_engine_job *job,
                               struct rkb_store *store,
                               struct rkb_engine_report *out,
                               struct rkb_err *err)
{
    struct rkb_engine *s;
    enum rkb_status rc = rkb_engine_open(&s, job, store, out, err);
    bool more;

    if (rc)
        return rc;
    rc = rkb_engine_step(s, RKB_STEP_ALL, &more, err);
    return rkb_engine_close(s, rc, err);
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
        rc = rkb_pool_run_few(job->pool, rkb_engine_concurrency(&s), c->n_lists,
                              rkb_engine_count_query, &s);
        if (rc)
            *err = s.ended_by;
        if (rc == RKB_E_STOPPED)
            rkb_fail(err, rc, "stopped");
    }
    out->n_queries *= (size_t)n_samples(job);
    out->n_calls = s.counted.n_calls * n_samples(job);
    out->prompt_tokens = s.counted.prompt_tokens * n_samples(job);
    out->output_tokens = s.counted.output_tokens * n_samples(job);
    close_session(&s);
    return rc;
}
