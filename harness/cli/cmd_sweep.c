/* SPDX-License-Identifier: Apache-2.0 */
/* Rerankers under one load after another, and the highest that holds a limit
 * of latency. Every load is a run of its own, so that a sweep that was cut off
 * goes on, and what was measured stays. */
#include "base/clock.h"
#include "base/log.h"
#include "harness/cli/command.h"
#include "harness/cli/sweep_seen.h"
#include "harness/eval/climb.h"
#include "harness/eval/engine.h"
#include "harness/eval/host.h"
#include "harness/eval/plan.h"
#include "harness/eval/testbed.h"

#include <math.h>
#include <stdlib.h>

static const struct rkb_opt options[] = {
    { .name = "ladder",
      .type = RKB_OPT_TEXT,
      .fallback = "closed:1,2,4,8,16",
      .value_name = "LOADS",
      .help = "closed:N,N,... queries under way at once, or "
              "open:RATE,RATE,... a second at random times" },
    { .name = "slo",
      .type = RKB_OPT_TEXT,
      .value_name = "pN=T",
      .help = "find the highest load under which this percentile of latency "
              "is at most T: p95=2s" },
    { .name = "precision",
      .type = RKB_OPT_REAL,
      .fallback = "0.05",
      .min = 0.001,
      .max = 1,
      .help = "how close to that load to come: 0.05 is 5 %" },
#include "harness/eval/plan_options.def"
    { 0 },
};

struct sweep {
    struct rkb_context *ctx;
    struct rkb_plan plan;
    struct rkb_ladder ladder;
    bool limited;
    double precision;
    struct rkb_store *store;
    struct rkb_stop *stop;
    struct rkb_testbed bed;
    const char *gpu;
    struct rkb_sweep_seen *seen;
    size_t n_answered; /* requests, all loads together */
};

/* ---- what is asked for --------------------------------------------------------- */

/* A sweep says itself how queries are sent, and of what. */
static enum rkb_status refuse_others(const struct rkb_optset *o,
                                     struct rkb_err *err)
{
    static const char *const others[] = {
        "scenario", "repeat", "interleave",     "again",      "dry-run",
        "shard",    "local",  "server-command", "checkpoint", "prices"
    };

    for (size_t i = 0; i < RKB_COUNT(others); i++)
        if (rkb_optset_get(o, others[i])->given)
            return rkb_fail(err, RKB_E_USAGE, "sweep takes no --%s", others[i]);
    return RKB_OK;
}

static enum rkb_status check_plan(const struct rkb_plan *p, struct rkb_err *err)
{
    if (p->n_datasets != 1 || p->n_candidates != 1)
        return rkb_fail(err, RKB_E_USAGE,
                        "a sweep is over one dataset and one list of "
                        "candidates, not %zu and %zu",
                        p->n_datasets, p->n_candidates);
    if (p->load.scenario.kind != RKB_SCENARIO_SINGLE || p->repeat > 1 ||
        p->again || p->interleave || p->server_command)
        return rkb_fail(err, RKB_E_USAGE,
                        "%s: a sweep takes no scenario, repeat, interleave "
                        "or server-command",
                        p->path ? p->path : "plan");
    return RKB_OK;
}

static enum rkb_status read_args(struct sweep *s, const struct rkb_args *args,
                                 struct rkb_err *err)
{
    const struct rkb_optset *o = &args->opts;
    const char *slo = rkb_optset_cstr(o, "slo");
    enum rkb_status rc = refuse_others(o, err);

    s->limited = slo != NULL;
    s->precision = rkb_optset_real(o, "precision");
    if (!rc && rkb_ladder_parse(rkb_optset_text(o, "ladder"), &s->ladder, err))
        rc = rkb_wrap(err, "--ladder");
    if (!rc && rkb_sweep_seen_new(s->ctx->arena, slo, &s->seen, err))
        rc = rkb_wrap(err, "--slo");
    if (!rc)
        rc = rkb_plan_load(s->ctx->arena,
                           args->n_operands ? args->operands[0] : NULL, o,
                           &s->plan, err);
    if (!rc)
        rc = check_plan(&s->plan, err);
    if (!rc && s->ladder.kind == RKB_SCENARIO_CLOSED && s->plan.concurrency)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "a closed ladder says how many queries are under way: "
                      "leave out --concurrency");
    return rc;
}

/* Said before anything is sent. */
static enum rkb_status check_requests(const struct sweep *s,
                                      struct rkb_err *err)
{
    const struct rkb_load *load = &s->plan.load;
    size_t n_queries = s->bed.candidates->n_lists;
    size_t n = n_queries * (load->n_samples ? load->n_samples : 1);
    size_t needs = rkb_sweep_seen_needs(s->seen);

    if (!n)
        return rkb_fail(err, RKB_E_DATA, "there is no query to send");
    if (!s->limited || load->min_ns || n >= needs)
        return RKB_OK;
    return rkb_fail(err, RKB_E_USAGE,
                    "the percentile of --slo takes %zu requests and there are "
                    "%zu: give --samples %zu or more, or --min-seconds",
                    needs, n, (needs + n_queries - 1) / n_queries);
}

/* ---- what it runs on ------------------------------------------------------------ */

static enum rkb_status open_bed(struct sweep *s, struct rkb_err *err)
{
    const struct rkb_plan *plan = &s->plan;
    struct rkb_pool *cpus = rkb_pool_open(0);
    unsigned traits = 0;

    for (size_t i = 0; i < plan->n_rerankers; i++)
        traits |= plan->rerankers[i].traits;
    const struct rkb_candidates_want want = {
        .spec = plan->cells[0].candidates_spec,
        .bm25 = plan->candidates[0].bm25,
        .order = plan->candidate_order,
        .compat = plan->compat,
        .depth = plan->depth,
        .all_queries = plan->all_queries,
        .texts = (traits & RKB_NEEDS_TEXT) || plan->keep_texts,
        .word_stats = traits & RKB_WANTS_STATS,
        .missing = plan->missing_text,
        .n_spare = rkb_load_spares(&plan->load),
        .pool = cpus,
        .stop = s->stop,
    };
    const struct rkb_store_options how = { .mode = RKB_STORE_CREATE,
                                           .durable = plan->durable };
    enum rkb_status rc =
        rkb_testbed_open(&s->bed, &plan->datasets[0].source, err);

    if (!rc)
        rc = rkb_testbed_load(&s->bed, &want, err);
    if (!rc)
        rc = check_requests(s, err);
    if (!rc)
        rc = rkb_store_open(&s->store, plan->store, &how, err);
    if (!rc)
        rc = rkb_testbed_store(&s->bed, s->store, plan->keep_texts, err);
    rkb_pool_close(cpus);
    return rc;
}

/* ---- one load ---------------------------------------------------------------------- */

static size_t n_threads(const struct sweep *s, const struct rkb_load *load,
                        const struct rkb_plan_cell *cell)
{
    const struct rkb_plan *plan = &s->plan;
    unsigned traits = plan->rerankers[cell->reranker].traits;
    bool asks = traits & RKB_ASKS_SERVERS;

    return rkb_load_pool(load, (size_t)plan->concurrency,
                         asks ? (size_t)plan->in_flight : 0);
}

static void tell_load(const char *label, const struct rkb_load_seen *seen,
                      const struct rkb_engine_report *report)
{
    struct rkb_buf text = { 0 };

    if (!isnan(seen->throughput))
        rkb_buf_printf(&text, "%.3f queries a second", seen->throughput);
    if (!isnan(seen->seconds) && !isinf(seen->seconds))
        rkb_buf_printf(&text, "%sp%g %.4g s", text.len ? ", " : "",
                       seen->percentile, seen->seconds);
    if (seen->answer)
        rkb_buf_printf(&text, "%sholds: %s", text.len ? "; " : "",
                       seen->answer);
    rkb_log(RKB_LOG_INFO, "%s: %s", label, text.len ? text.at : "done");
    if (report->n_failed)
        rkb_log(RKB_LOG_WARN, "%s: %zu queries failed, the first: %s", label,
                report->n_failed, report->first_failure);
    rkb_buf_release(&text);
}

static enum rkb_status run_load(struct sweep *s,
                                const struct rkb_plan_cell *cell, double size,
                                bool *holds, struct rkb_err *err)
{
    const struct rkb_plan *plan = &s->plan;
    struct rkb_load load = plan->load;
    struct rkb_engine_report report;
    struct rkb_buf text = { 0 };
    struct rkb_load_seen seen;

    load.scenario = rkb_ladder_scenario(&s->ladder, size);
    rkb_scenario_text(&load.scenario, &text);
    const char *label =
        rkb_arena_printf(s->ctx->arena, "%s/%s", cell->label, text.at);
    struct rkb_pool *pool = rkb_pool_open(n_threads(s, &load, cell));
    const struct rkb_engine_job job = {
        .testbed = &s->bed,
        .spec = cell->reranker_spec,
        .cell = (size_t)(cell - plan->cells) + 1,
        .gpu = s->gpu,
        .host_root = getenv("RERANKBENCH_HOST_ROOT"), /* for tests */
        .label = label,
        .build = plan->build,
        .data_dir = plan->data_dir,
        .top_k = plan->top_k,
        .seed = plan->seed,
        .repeat = 1,
        .load = load,
        .pool = pool,
        .concurrency = rkb_load_lanes(&load, (size_t)plan->concurrency),
        .in_flight = (size_t)plan->in_flight,
        .stop = s->stop,
    };
    enum rkb_status rc = rkb_engine_run(&job, s->store, &report, err);

    rkb_buf_release(&text);
    rkb_pool_close(pool);
    if (!rc && report.stopped)
        rc = rkb_fail(err, RKB_E_STOPPED,
                      "interrupted; the same command goes on from here");
    else if (rc)
        rkb_wrap(err, "%s", label);
    if (!rc)
        rc = rkb_sweep_seen_add(s->seen, s->store, report.run_id, &seen, err);
    if (rc)
        return rc;
    tell_load(label, &seen, &report);
    s->n_answered += seen.n_answered;
    *holds = seen.holds;
    if (plan->cool_down_ns && report.n_sent)
        rkb_stop_sleep(s->stop, rkb_clock_now() + plan->cool_down_ns);
    return RKB_OK;
}

/* ---- all of them ------------------------------------------------------------------- */

static enum rkb_status sweep_all(struct sweep *s, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < s->plan.n_cells && !rc; i++) {
        struct rkb_climb climb;
        double load;
        bool holds;

        rkb_climb_start(&climb, &s->ladder, s->limited, s->precision);
        while (!rc && rkb_climb_next(&climb, &load)) {
            rc = run_load(s, &s->plan.cells[i], load, &holds, err);
            if (!rc)
                rkb_climb_tell(&climb, load, holds);
        }
    }
    return rc;
}

static enum rkb_status run_sweep(struct rkb_context *ctx,
                                 const struct rkb_args *args,
                                 struct rkb_err *err)
{
    struct sweep s = { .ctx = ctx };
    struct rkb_err late;
    enum rkb_status rc = read_args(&s, args, err);

    if (rc)
        return rc;
    s.stop = rkb_stop_open();
    rc = open_bed(&s, err);
    if (!rc) {
        s.gpu = rkb_host_gpu(ctx->arena);
        rc = sweep_all(&s, err);
        /* What was measured is printed even when it was cut off. */
        enum rkb_status printed =
            rkb_sweep_seen_print(s.seen, s.store, rkb_sv_of(s.plan.format),
                                 ctx->out, rc ? &late : err);

        rc = rc ? rc : printed;
        if (!rc && !s.n_answered)
            rc = rkb_fail(err, RKB_E_INCOMPLETE, "no query was answered");
    }
    rkb_store_close(s.store);
    rkb_testbed_close(&s.bed);
    rkb_stop_close(s.stop);
    return rc;
}

const struct rkb_command_def rkb_command_sweep = {
    .name = "sweep",
    .summary = "rerankers under growing load; which load holds a latency",
    .usage = "[PLAN.yaml]",
    .detail =
        "Every load of the ladder is a run of its own, named "
        "RERANKER/closed:8, with all\nits samples. With --slo the ladder ends "
        "at the first load that does not hold\nit, and the way between that "
        "and the last one that did is halved. The same\ncommand goes on where "
        "it was cut off. 'report sweep' prints it again,\nand draws it.",
    .options = options,
    .min_operands = 0,
    .max_operands = 1,
    .run = run_sweep,
};
