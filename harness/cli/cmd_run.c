/* SPDX-License-Identifier: Apache-2.0 */
/* Runs rerankers over candidates, resumes, scores, prints one table. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "harness/cli/command.h"
#include "harness/cli/dry_run.h"
#include "harness/cli/run_table.h"
#include "harness/eval/engine.h"
#include "harness/eval/host.h"
#include "harness/eval/model_server.h"
#include "harness/eval/score.h"
#include "harness/eval/shard_store.h"
#include "reports/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the cell at hand runs on: cells come grouped by it. */
struct bed {
    struct rkb_testbed testbed;
    struct rkb_measures measures;
    size_t dataset, candidates; /* indices into the plan, SIZE_MAX = none */
};

struct runner {
    struct rkb_context *ctx;
    struct rkb_plan plan;
    struct rkb_store *store;
    struct rkb_pool *pool; /* of queries and of their calls to servers */
    struct rkb_pool *cpus; /* all processors, while nothing is measured   */
    struct rkb_stop *stop;
    struct bed bed;
    struct rkb_run_table table;
    struct rkb_shard_store *shard; /* NULL: the work is not parted */
    struct rkb_dealer dealer;      /* likewise */
    struct rkb_model_server *server;
    const char *gpu;
    size_t n_incomplete, n_with_failures;
    bool stopped;
};

/* ---- dataset and candidates --------------------------------------------- */

static enum rkb_status load_dataset(struct runner *r, size_t index,
                                    struct rkb_err *err)
{
    struct bed *bed = &r->bed;

    if (bed->dataset == index)
        return RKB_OK;
    bed->dataset = bed->candidates = SIZE_MAX;
    rkb_measures_release(&bed->measures);
    enum rkb_status rc =
        rkb_testbed_open(&bed->testbed, &r->plan.datasets[index].source, err);

    if (!rc)
        rc = rkb_plan_measures(&r->plan, bed->testbed.dataset->preset,
                               &bed->measures, err);
    if (!rc)
        bed->dataset = index;
    return rc;
}

/* What all rerankers over these candidates need together. */
static unsigned traits_of(const struct rkb_plan *plan)
{
    unsigned traits = 0;

    for (size_t i = 0; i < plan->n_rerankers; i++)
        traits |= plan->rerankers[i].traits;
    return traits;
}

static void tell_candidates(const struct runner *r, const char *name)
{
    const struct rkb_candidates *c = r->bed.testbed.candidates;
    const char *d = r->bed.testbed.dataset->name;

    if (c->n_unjudged)
        rkb_log(RKB_LOG_INFO,
                "%s: %zu queries without judgments are not sent (--all-queries "
                "sends them)",
                d, c->n_unjudged);
    if (c->n_foreign)
        rkb_log(RKB_LOG_INFO,
                "%s %s: queries of the file that the dataset lacks are left "
                "out (%zu)",
                d, name, c->n_foreign);
    if (c->n_empty)
        rkb_log(RKB_LOG_WARN,
                "%s: %zu judged queries have no candidates and count 0", d,
                c->n_empty);
    if (c->n_differ)
        rkb_log(RKB_LOG_INFO,
                "%s %s: in %zu queries the file's order is not the "
                "evaluator's (%zu have ties); taken in %s order",
                d, name, c->n_differ, c->n_tied, rkb_order_name(c->order));
    if (c->n_self)
        rkb_log(RKB_LOG_INFO,
                "%s: dropped %zu candidates that are the query "
                "itself",
                d, c->n_self);
    if (c->n_excluded)
        rkb_log(RKB_LOG_INFO, "%s: dropped %zu excluded candidates", d,
                c->n_excluded);
    if (c->n_missing_text)
        rkb_log(RKB_LOG_WARN, "%s: %zu candidates have no text (%s)", d,
                c->n_missing_text,
                r->plan.missing_text == RKB_MISSING_DROP ? "dropped" : "empty");
}

static enum rkb_status load_candidates(struct runner *r,
                                       const struct rkb_plan_cell *cell,
                                       struct rkb_err *err)
{
    struct bed *bed = &r->bed;
    const struct rkb_plan *plan = &r->plan;
    const struct rkb_plan_candidates *from =
        &plan->candidates[cell->candidates];
    unsigned traits = traits_of(plan);

    if (bed->candidates == cell->candidates)
        return RKB_OK;
    bed->candidates = SIZE_MAX;
    const struct rkb_candidates_want want = {
        .spec = cell->candidates_spec,
        .bm25 = from->bm25,
        .order = plan->candidate_order,
        .compat = plan->compat,
        .depth = plan->depth,
        .all_queries = plan->all_queries,
        .texts = (traits & RKB_NEEDS_TEXT) || plan->keep_texts,
        .word_stats = traits & RKB_WANTS_STATS,
        .missing = plan->missing_text,
        .n_spare = plan->dry_run ? 0 : rkb_load_spares(&plan->load),
        .pool = r->cpus,
        .stop = r->stop,
    };
    enum rkb_status rc = rkb_testbed_load(&bed->testbed, &want, err);

    if (!rc) {
        tell_candidates(r, from->name);
        if (r->store) /* none in a dry run */
            rc = rkb_testbed_store(&bed->testbed, r->store, plan->keep_texts,
                                   err);
    }
    if (!rc)
        bed->candidates = cell->candidates;
    return rc;
}

/* ---- shards and servers ------------------------------------------------- */

/* Every cell is dealt, in order, whoever runs it. */
static void deal(struct runner *r, struct rkb_arena *a,
                 struct rkb_engine_share *out)
{
    const struct rkb_candidates *c = r->bed.testbed.candidates;
    const struct rkb_plan *plan = &r->plan;
    uint8_t *mine = rkb_arena_new(a, c->n_lists, 1);

    *out = (struct rkb_engine_share){ .shard = plan->shard, .mine = mine };
    for (size_t i = 0; i < c->n_lists; i++) {
        size_t n = c->lists[i].n < plan->top_k ? c->lists[i].n : plan->top_k;

        mine[i] = rkb_dealer_next(&r->dealer, n) == plan->shard.index;
        out->n += mine[i];
    }
}

/* Started by the first cell that names it, so that no other cell waits. */
static enum rkb_status need_server(struct runner *r,
                                   const struct rkb_plan_cell *cell,
                                   struct rkb_err *err)
{
    const struct rkb_plan *plan = &r->plan;

    if (r->server || !strstr(cell->reranker_spec, "{url}"))
        return RKB_OK;
    if (!plan->server_command)
        return rkb_fail(err, RKB_E_USAGE,
                        "'{url}' is of the server that server-command starts, "
                        "and there is none");
    const char *base =
        plan->shard.of ? rkb_shard_path(r->ctx->arena, plan->store, plan->shard)
                       : plan->store;
    const struct rkb_model_server_want want = {
        .command = plan->server_command,
        .health = plan->server_health,
        .log = rkb_arena_printf(r->ctx->arena, "%s.server.log", base),
        .wait_ns = plan->server_wait_ns,
        .stop = r->stop,
    };

    return rkb_model_server_open(&r->server, &want, err);
}

/* A server that went down is why the run was stopped. */
static enum rkb_status check_server(struct runner *r, enum rkb_status rc,
                                    struct rkb_err *err)
{
    struct rkb_err late;

    if (!r->server || (rc && rc != RKB_E_STOPPED) ||
        !rkb_model_server_check(r->server, &late))
        return rc;
    *err = late;
    return late.code;
}

/* ---- the table ---------------------------------------------------------- */

static struct rkb_table_run *add_row(struct runner *r,
                                     const struct rkb_plan_cell *cell,
                                     const struct rkb_engine_report *report,
                                     const struct rkb_score *score,
                                     const char *machines, const char *loaded)
{
    bool repeats = report->repeat > 1 || r->plan.repeat > 1;
    const char *label =
        repeats ? rkb_arena_printf(r->ctx->arena, "%s#%lld", cell->label,
                                   (long long)report->repeat)
                : cell->label;
    struct rkb_table_run *row = rkb_run_table_add_score(
        &r->table, r->ctx->arena, r->bed.testbed.dataset,
        r->plan.candidates[cell->candidates].name, label, &r->bed.measures,
        score);

    row->machines = machines;
    row->loaded = loaded;
    row->sees_grades =
        r->plan.rerankers[cell->reranker].traits & RKB_SEES_GRADES;
    return row;
}

static void tell_run(struct runner *r, const struct rkb_plan_cell *cell,
                     const struct rkb_engine_report *report,
                     const struct rkb_score *score)
{
    const char *d = r->bed.testbed.dataset->name;

    if (report->state == RKB_RUN_COMPLETE)
        rkb_log(RKB_LOG_INFO, "%s %s: 0 sent, results of %s", d, cell->label,
                report->date);
    else if (report->n_done_before)
        rkb_log(RKB_LOG_INFO, "%s %s: resumed; %zu were done, %zu sent", d,
                cell->label, report->n_done_before, report->n_sent);
    if (report->n_late)
        rkb_log(RKB_LOG_WARN,
                "%s %s: the generator was saturated: %zu queries were due "
                "while as many as may be were under way (--concurrency)",
                d, cell->label, report->n_late);
    if (report->n_failed) {
        rkb_log(RKB_LOG_WARN, "%s %s: %zu queries failed, the first: %s", d,
                cell->label, report->n_failed, report->first_failure);
        r->n_with_failures++;
    } else if (score->n_failed || score->n_failed_samples) {
        r->n_with_failures++;
    }
    if (!report->complete)
        r->n_incomplete++;
}

/* ---- cells -------------------------------------------------------------- */

static struct rkb_engine_job job_of(const struct runner *r,
                                    const struct rkb_plan_cell *cell)
{
    const struct rkb_plan *plan = &r->plan;
    const char *url =
        r->server ? rkb_model_server_url(r->server) : "http://127.0.0.1:1";

    return (struct rkb_engine_job){
        .testbed = &r->bed.testbed,
        .spec = rkb_model_server_fill(r->ctx->arena, cell->reranker_spec, url),
        .cell = (size_t)(cell - plan->cells) + 1,
        .gpu = r->gpu,
        .host_root = getenv("RERANKBENCH_HOST_ROOT"), /* for tests */
        .label = cell->label,
        .build = plan->build,
        .data_dir = plan->data_dir,
        .top_k = plan->top_k,
        .seed = plan->seed,
        .repeat = cell->repeat,
        .load = plan->load,
        .again = plan->again,
        .pool = r->pool,
        .concurrency = rkb_load_lanes(&plan->load, (size_t)plan->concurrency),
        .in_flight = (size_t)plan->in_flight,
        .stop = r->stop,
    };
}

/* A cell on its way. */
struct cell_run {
    const struct rkb_plan_cell *cell;
    struct rkb_engine_share share;
    struct rkb_engine_job job;
    struct rkb_engine_report report;
    struct rkb_engine *engine; /* of cells that take turns */
    enum rkb_status rc;        /* of its last turn */
    bool more;
};

/* The arena is for the share. */
static enum rkb_status begin_cell(struct runner *r, struct rkb_arena *a,
                                  const struct rkb_plan_cell *cell,
                                  struct cell_run *c, struct rkb_err *err)
{
    const struct rkb_plan *plan = &r->plan;
    enum rkb_status rc = load_dataset(r, cell->dataset, err);

    *c = (struct cell_run){ .cell = cell };
    if (rc)
        return rc;
    rc = load_candidates(r, cell, err);
    if (rc)
        return rkb_wrap(err, "dataset '%s'",
                        plan->datasets[cell->dataset].name);
    if (plan->shard.of)
        deal(r, a, &c->share);
    rc = need_server(r, cell, err);
    if (rc)
        return rc;
    c->job = job_of(r, cell);
    c->job.share = plan->shard.of ? &c->share : NULL;
    return RKB_OK;
}

static enum rkb_status score_cell(struct runner *r, struct cell_run *c,
                                  struct rkb_err *err)
{
    const struct rkb_score_want want = {
        .run_id = c->report.run_id,
        .judgment_set = r->bed.testbed.judgment_set,
        .judgments = r->bed.testbed.judgments,
        .measures = &r->bed.measures,
        .compat = r->plan.compat,
        .failed = r->plan.failed,
    };
    struct rkb_arena arena = { 0 };
    const char *machines = NULL, *loaded = NULL, *load = NULL;
    struct rkb_pace pace = { 0 };
    bool warm = false;
    struct rkb_score score;
    enum rkb_status rc = rkb_score_run(r->store, &arena, &want, &score, err);

    if (!rc)
        rc = rkb_machines_tell(r->store, r->ctx->arena, c->report.run_id,
                               &machines, err);
    if (!rc)
        rc = rkb_loaded_tell(r->store, r->ctx->arena, c->report.run_id, &loaded,
                             err);
    if (!rc)
        rc = rkb_load_tell(r->store, r->ctx->arena, c->report.run_id, &pace,
                           &load, err);
    if (!rc)
        rc = rkb_warm_tell(r->store, r->ctx->arena, c->report.run_id, &warm,
                           err);
    if (!rc) {
        struct rkb_table_run *row =
            add_row(r, c->cell, &c->report, &score, machines, loaded);

        row->load = load;
        row->warm = warm;
        row->pace = pace;
        tell_run(r, c->cell, &c->report, &score);
    }
    r->stopped |= c->report.stopped;
    rkb_arena_release(&arena);
    return check_server(r, rc, err);
}

/* Nothing of it is under way any more; servers and machines get a rest. */
static void cool_down(struct runner *r, size_t n_sent)
{
    int64_t rest_ns = r->plan.cool_down_ns;

    if (rest_ns && n_sent && !r->stopped)
        rkb_stop_sleep(r->stop, rkb_clock_now() + rest_ns);
}

static enum rkb_status run_cell(struct runner *r,
                                const struct rkb_plan_cell *cell,
                                struct rkb_err *err)
{
    struct rkb_arena arena = { 0 };
    struct cell_run c;
    enum rkb_status rc = begin_cell(r, &arena, cell, &c, err);

    if (!rc) {
        rc = rkb_engine_run(&c.job, r->store, &c.report, err);
        if (rc) {
            rkb_wrap(err, "%s", cell->label);
            rc = check_server(r, rc, err);
        } else {
            rc = score_cell(r, &c, err);
        }
        cool_down(r, c.report.n_sent);
    }
    rkb_arena_release(&arena);
    return rc;
}

/* ---- cells that take turns ---------------------------------------------- */

static bool is_beside(const struct rkb_plan_cell *a,
                      const struct rkb_plan_cell *b)
{
    return a->dataset == b->dataset && a->candidates == b->candidates &&
           a->repeat == b->repeat;
}

/* A B A B: one waits while another one sends. */
static enum rkb_status take_turns(struct runner *r, struct cell_run *cells,
                                  size_t n, struct rkb_err *err)
{
    bool one_by_one =
        rkb_load_lanes(&r->plan.load, (size_t)r->plan.concurrency) == 1;
    enum rkb_status rc = RKB_OK;
    bool more = true;

    while (more && !rc) {
        more = false;
        for (size_t i = 0; i < n && !rc && !r->stopped; i++) {
            if (!cells[i].more)
                continue;
            rc = cells[i].rc = rkb_engine_step(
                cells[i].engine, one_by_one ? RKB_STEP_QUERY : RKB_STEP_SAMPLE,
                &cells[i].more, err);
            more |= cells[i].more;
            r->stopped |= cells[i].report.stopped;
            if (rc)
                rkb_wrap(err, "%s", cells[i].cell->label);
        }
        more &= !r->stopped;
    }
    return rc;
}

/* All of them end, whatever became of one. */
static enum rkb_status close_cells(const struct runner *r,
                                   struct cell_run *cells, size_t n,
                                   enum rkb_status rc, struct rkb_err *err)
{
    bool cut = rc || r->stopped;
    struct rkb_err late;

    for (size_t i = 0; i < n; i++) {
        /* What another one's end cut off is not done. */
        cells[i].report.stopped |= cut && !cells[i].rc && cells[i].more;
        enum rkb_status closed =
            rkb_engine_close(cells[i].engine, cells[i].rc, rc ? &late : err);

        if (closed && !rc) {
            rkb_wrap(err, "%s", cells[i].cell->label);
            rc = closed;
        }
    }
    return rc;
}

/* The cells that belong beside the one at `first`, which is the first. */
static enum rkb_status run_beside(struct runner *r, size_t first,
                                  struct rkb_err *err)
{
    const struct rkb_plan *plan = &r->plan;
    struct cell_run *cells = rkb_new(plan->n_cells, sizeof *cells);
    size_t n = 0, n_sent = 0;
    enum rkb_status rc = RKB_OK;

    for (size_t i = first; i < plan->n_cells && !rc && !r->stopped; i++) {
        struct cell_run *c = &cells[n];

        if (!is_beside(&plan->cells[first], &plan->cells[i]))
            continue;
        rc = begin_cell(r, NULL, &plan->cells[i], c, err);
        if (rc)
            break;
        c->more = c->job.interleaved = true;
        rc = rkb_engine_open(&c->engine, &c->job, r->store, &c->report, err);
        if (rc)
            rkb_wrap(err, "%s", c->cell->label);
        else
            n++;
        r->stopped |= c->report.stopped;
    }
    if (!rc)
        rc = take_turns(r, cells, n, err);
    rc = close_cells(r, cells, n, rc, err);
    rc = check_server(r, rc, err);
    for (size_t i = 0; i < n && !rc; i++) {
        rc = score_cell(r, &cells[i], err);
        n_sent += cells[i].report.n_sent;
    }
    cool_down(r, n_sent);
    rkb_free(cells);
    return rc;
}

static bool is_first_of_its_kind(const struct rkb_plan *plan, size_t cell)
{
    for (size_t i = 0; i < cell; i++)
        if (is_beside(&plan->cells[i], &plan->cells[cell]))
            return false;
    return true;
}

/* Candidates are loaded only where a reranker's calls are to be counted. */
static enum rkb_status dry_cell(struct runner *r, struct rkb_dry_run *d,
                                const struct rkb_plan_cell *cell,
                                struct rkb_err *err)
{
    const struct rkb_plan *plan = &r->plan;
    bool asks = plan->rerankers[cell->reranker].traits & RKB_ASKS_SERVERS;
    enum rkb_status rc = RKB_OK;

    if (asks) {
        rc = load_dataset(r, cell->dataset, err);
        if (!rc)
            rc = load_candidates(r, cell, err);
        if (rc)
            return rkb_wrap(err, "dataset '%s'",
                            plan->datasets[cell->dataset].name);
    }
    const struct rkb_engine_job job = job_of(r, cell);

    rc = rkb_dry_run_cell(d, plan, cell, asks ? &job : NULL, err);
    return rc ? rkb_wrap(err, "%s", cell->label) : RKB_OK;
}

static enum rkb_status dry_run(struct runner *r, struct rkb_err *err)
{
    const struct rkb_plan *plan = &r->plan;
    struct rkb_prices prices;
    struct rkb_dry_run d;
    enum rkb_status rc = RKB_OK;

    if (plan->prices)
        rc = rkb_prices_read(r->ctx->arena, plan->prices, &prices, err);
    if (rc)
        return rc;
    rkb_dry_run_begin(&d, plan, plan->prices ? &prices : NULL);
    for (size_t i = 0; i < plan->n_cells && !rc; i++)
        rc = dry_cell(r, &d, &plan->cells[i], err);
    if (!rc)
        rc = rkb_table_write(&d.table, rkb_sv_of(plan->format), r->ctx->out,
                             err);
    rkb_table_release(&d.table);
    return rc;
}

/* Which rule made the means, where queries have failed. */
static const char *const failed_notes[] = {
    [RKB_FAILED_NONE] = "failed queries are in no mean",
    [RKB_FAILED_ZERO] = "failed queries count 0 (--failed zero)",
    [RKB_FAILED_FIRST_STAGE] =
        "failed queries count as their first stage (--failed first-stage)",
};

static enum rkb_status open_store(struct runner *r, struct rkb_err *err)
{
    const struct rkb_plan *plan = &r->plan;
    const struct rkb_store_options how = { .mode = RKB_STORE_CREATE,
                                           .durable = plan->durable };
    const char *path = plan->store;
    enum rkb_status rc = RKB_OK;

    if (plan->shard.of) {
        rc = rkb_shard_store_open(&r->shard, plan->store, plan->shard,
                                  plan->local, err);
        if (rc)
            return rc;
        path = rkb_shard_store_path(r->shard);
        rkb_dealer_init(&r->dealer, plan->shard.of);
    }
    rc = rkb_store_open(&r->store, path, &how, err);
    if (!rc && rkb_store_one_writer(r->store))
        rkb_log(RKB_LOG_WARN,
                "%s is on a network file system: only one process can write "
                "to it",
                path);
    if (!rc && r->shard)
        rkb_shard_store_watch(r->shard, plan->checkpoint_ns);
    return rc;
}

/* What was done is copied whatever came of it. */
static void close_store(struct runner *r, enum rkb_status *rc,
                        struct rkb_err *err)
{
    struct rkb_err late;

    rkb_store_close(r->store);
    r->store = NULL;
    if (r->shard && rkb_shard_store_finish(r->shard, *rc ? &late : err) && !*rc)
        *rc = err->code;
    rkb_shard_store_close(r->shard);
    rkb_dealer_release(&r->dealer);
    r->shard = NULL;
}

static enum rkb_status run_cells(struct runner *r, struct rkb_err *err)
{
    const struct rkb_plan *plan = &r->plan;
    enum rkb_status rc = open_store(r, err);

    r->gpu = rkb_host_gpu(r->ctx->arena);
    for (size_t i = 0; i < plan->n_cells && !rc && !r->stopped; i++)
        if (!plan->interleave)
            rc = run_cell(r, &plan->cells[i], err);
        else if (is_first_of_its_kind(plan, i))
            rc = run_beside(r, i, err);
    rkb_model_server_close(r->server);
    close_store(r, &rc, err);
    return rc;
}

static enum rkb_status run_all(struct runner *r, struct rkb_err *err)
{
    const struct rkb_plan *plan = &r->plan;
    enum rkb_status rc = run_cells(r, err);
    struct rkb_err late;

    if (rkb_run_table_print(&r->table, rkb_sv_of(plan->format),
                            r->n_with_failures ? failed_notes[plan->failed]
                                               : NULL,
                            r->ctx->out, &late) &&
        !rc) {
        *err = late;
        rc = late.code;
    }
    if (rc == RKB_E_STOPPED || (!rc && r->stopped))
        rc = rkb_fail(err, RKB_E_STOPPED,
                      "interrupted; the same command goes on from here");
    if (!rc && (r->n_incomplete || r->n_with_failures))
        rc = rkb_fail(err, RKB_E_INCOMPLETE,
                      "%zu of %zu runs are incomplete; the same command tries "
                      "the failed queries again",
                      r->n_incomplete, plan->n_cells);
    return rc;
}

static size_t n_threads(const struct rkb_plan *plan)
{
    bool asks = traits_of(plan) & RKB_ASKS_SERVERS;

    return rkb_load_pool(&plan->load, (size_t)plan->concurrency,
                         asks ? (size_t)plan->in_flight : 0);
}

static enum rkb_status run_run(struct rkb_context *ctx,
                               const struct rkb_args *args, struct rkb_err *err)
{
    struct runner r = {
        .ctx = ctx, .bed = { .dataset = SIZE_MAX, .candidates = SIZE_MAX }
    };
    const char *path = args->n_operands ? args->operands[0] : NULL;
    enum rkb_status rc =
        rkb_plan_load(ctx->arena, path, &args->opts, &r.plan, err);

    if (rc)
        return rc;
    r.stop = rkb_stop_open();
    r.pool = rkb_pool_open(n_threads(&r.plan));
    r.cpus = rkb_pool_open(0);
    rc = r.plan.dry_run ? dry_run(&r, err) : run_all(&r, err);
    rkb_testbed_close(&r.bed.testbed);
    rkb_measures_release(&r.bed.measures);
    rkb_run_table_release(&r.table);
    rkb_pool_close(r.pool);
    rkb_pool_close(r.cpus);
    rkb_stop_close(r.stop);
    return rc;
}

const struct rkb_command_def rkb_command_run = {
    .name = "run",
    .summary = "run rerankers over a dataset's candidates and score them",
    .usage = "[PLAN.yaml]",
    .detail =
        "Datasets x candidates x rerankers x repeats come from the flags or "
        "from a plan\nfile. Every query's order and latency goes into the "
        "store as it is done; a run\nthat was cut off goes on where it "
        "stopped. Ctrl-C stops (exit code 5).\nHow queries are sent and timed: "
        "--scenario, --samples, --min-seconds,\n--warm-up, --interleave, "
        "--prefix (docs/latency.md).",
    .options = rkb_plan_options,
    .min_operands = 0,
    .max_operands = 1,
    .run = run_run,
};
