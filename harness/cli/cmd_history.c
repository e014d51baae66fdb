/* SPDX-License-Identifier: Apache-2.0 */
/* A measure and a latency over time, and the first run that left its band. */
#include "base/io/json.h"
#include "base/sort.h"
#include "harness/cli/command.h"
#include "harness/cli/side.h"
#include "harness/eval/verdict.h"
#include "metrics/gate_rule.h"
#include "metrics/spec.h"
#include "metrics/stats.h"
#include "reports/table.h"

#include <math.h>

static const struct rkb_opt options[] = {
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "where results are kept" },
    { .name = "dataset",
      .type = RKB_OPT_TEXT,
      .value_name = "D",
      .help = "name of the data set, as 'list runs' shows it" },
    { .name = "reranker",
      .type = RKB_OPT_TEXT,
      .fallback = "*",
      .value_name = "R",
      .help = "name of the reranker, may be a glob" },
    { .name = "label",
      .type = RKB_OPT_TEXT,
      .fallback = "*",
      .value_name = "L",
      .help = "label of the runs, may be a glob" },
    { .name = "baseline",
      .type = RKB_OPT_TEXT,
      .value_name = "RUN",
      .help = "where the band lies: runs, or a file of 'rerankbench baseline' "
              "(default: the first run shown)" },
    { .name = "max-drop",
      .type = RKB_OPT_REAL,
      .fallback = "0.005",
      .min = 0,
      .max = 1e9,
      .value_name = "D",
      .help = "how much of the measure may be lost" },
    { .name = "max-slowdown",
      .type = RKB_OPT_TEXT,
      .fallback = "p50=1.10",
      .value_name = "[pN=]R",
      .help = "how many times as long a query may take" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md|tex",
      .fallback = "text",
      .help = "how to print" },
    { 0 },
};

/* A run, or what the band lies around. NaN: not known. */
struct point {
    const struct rkb_run_row *run;
    const struct rkb_baseline_set *set; /* NULL: never scored */
    double value, ms;
};

struct history {
    struct rkb_context *ctx;
    const struct rkb_optset *opts;
    struct rkb_store *store;
    rkb_sv measure; /* as asked; then its canonical name */
    double sign;    /* -1: smaller is better             */
    struct rkb_verdict_limit slow;
    struct rkb_run_row *runs;
    struct point *points; /* [n] */
    size_t n;
    struct point base;
};

/* ---- points -------------------------------------------------------------------- */

static int ascending(const void *a, const void *b, void *ctx)
{
    double x = *(const double *)a, y = *(const double *)b;

    (void)ctx;
    return (x > y) - (x < y);
}

static double percentile_of(struct rkb_arena *a,
                            const struct rkb_baseline_set *s, double p)
{
    double *ms = rkb_arena_new(a, s->n_queries, sizeof *ms);
    size_t n = 0;

    for (size_t i = 0; i < s->n_queries; i++)
        if (!isnan(s->queries[i].ms))
            ms[n++] = s->queries[i].ms;
    rkb_sort(ms, n, sizeof *ms, ascending, NULL);
    return n < rkb_percentile_needs(p) ? (double)NAN : rkb_percentile(ms, n, p);
}

static enum rkb_status make_point(struct history *h,
                                  const struct rkb_baseline_set *s,
                                  struct point *out, struct rkb_err *err)
{
    size_t m;
    enum rkb_status rc = rkb_baseline_measure(s, h->measure, &m, err);

    if (rc)
        return rc;
    out->set = s;
    out->ms = percentile_of(h->ctx->arena, s, h->slow.percentile);
    if (m < SIZE_MAX) {
        out->value = rkb_mean(s->measures[m].means, s->n_repeats);
        h->measure = s->measures[m].name;
    }
    return RKB_OK;
}

static enum rkb_status read_run(struct history *h, struct rkb_run_row *run,
                                struct point *out, struct rkb_err *err)
{
    struct rkb_evaluation_row *evals;
    struct rkb_baseline side;
    size_t n;
    enum rkb_status rc = rkb_store_evaluations(h->store, h->ctx->arena, run->id,
                                               &evals, &n, err);

    *out = (struct point){ .run = run, .value = NAN, .ms = NAN };
    if (rc || !n)
        return rc;
    rc =
        rkb_baseline_of_runs(h->store, h->ctx->arena, run, 1, NULL, &side, err);
    return rc ? rc : make_point(h, &side.sets[0], out, err);
}

static enum rkb_status read_base(struct history *h, const char *name,
                                 rkb_sv dataset, struct rkb_err *err)
{
    const struct rkb_baseline_set *s;
    struct rkb_baseline side;
    enum rkb_status rc =
        rkb_side_open(h->ctx->arena, name, NULL, &h->store, NULL, &side, err);

    if (rc)
        return rc;
    s = rkb_baseline_find(&side, dataset);
    h->base = (struct point){ .value = NAN, .ms = NAN };
    if (!s)
        return rkb_fail(err, RKB_E_USAGE,
                        "the baseline '%s' has no dataset '%.*s'", name,
                        (int)dataset.len, dataset.at);
    return make_point(h, s, &h->base, err);
}

/* The first run with a value, where nothing else was named. */
static void default_base(struct history *h)
{
    h->base = (struct point){ .value = NAN, .ms = NAN };
    for (size_t i = 0; i < h->n && isnan(h->base.value); i++)
        if (h->points[i].set && !h->points[i].set->why.len)
            h->base = h->points[i];
}

/* ---- the band ------------------------------------------------------------------- */

static bool same_data(const struct rkb_baseline_set *a,
                      const struct rkb_baseline_set *b)
{
    return rkb_digest_eq(&a->judgments, &b->judgments) &&
           rkb_digest_eq(&a->query_set, &b->query_set) &&
           rkb_digest_eq(&a->candidates, &b->candidates);
}

/* NULL: no value to hold against the band. */
static const char *place(bool outside, bool *left)
{
    const char *word = !outside ? "in" : *left ? "out" : "LEFT";

    *left |= outside;
    return word;
}

static const char *value_place(const struct history *h, const struct point *p,
                               bool *left)
{
    double allowed = rkb_optset_real(h->opts, "max-drop");
    double end = h->base.value - h->sign * allowed;

    if (isnan(p->value) || isnan(h->base.value))
        return NULL;
    if (p->set->why.len)
        return "incomplete";
    if (!same_data(p->set, h->base.set))
        return "other data";
    return place(rkb_outside_band(p->value, end, h->sign < 0), left);
}

static const char *time_place(const struct history *h, const struct point *p,
                              bool *left)
{
    if (isnan(p->ms) || isnan(h->base.ms))
        return NULL;
    if (!rkb_sv_eq(p->set->host, h->base.set->host) ||
        !rkb_sv_eq(p->set->cpu, h->base.set->cpu))
        return "other host";
    if (!rkb_sv_eq(p->set->timing, h->base.set->timing))
        return "other timing";
    return place(rkb_outside_band(p->ms, h->base.ms * h->slow.limit, true),
                 left);
}

/* ---- printing ------------------------------------------------------------------- */

static rkb_sv build_of(struct rkb_arena *a, const struct rkb_run_row *run)
{
    const struct rkb_json *json;
    struct rkb_err ignored;
    rkb_sv build = { 0 };

    if (!rkb_json_parse(a, run->identity, &json, &ignored))
        rkb_json_string(rkb_json_get(json, "build"), &build);
    return build;
}

enum { TIME_COLUMN = 8 };

/* Only where there is a time to be doubted. */
static bool is_loaded(const struct point *p)
{
    return p->set && p->set->loaded.len && !isnan(p->ms);
}

static void row(struct history *h, struct rkb_table *t, const struct point *p,
                bool *value_left, bool *time_left)
{
    const struct rkb_run_row *run = p->run;
    rkb_sv build = build_of(h->ctx->arena, run);

    rkb_table_int(t, run->id);
    rkb_table_sv(t, run->started_utc);
    rkb_table_sv(t, run->label);
    rkb_table_sv(t, build.len ? build : (rkb_sv){ 0 });
    rkb_table_int(t, run->repeat);
    if (run->n_finished == run->n_queries)
        rkb_table_int(t, run->n_queries);
    else
        rkb_table_printf(t, "%lld of %lld", (long long)run->n_finished,
                         (long long)run->n_queries);
    rkb_table_real(t, p->value, 4);
    rkb_table_text(t, value_place(h, p, value_left));
    rkb_table_real(t, p->ms, 4);
    rkb_table_text(t, time_place(h, p, time_left));
    rkb_table_sv(t, p->set ? p->set->host : (rkb_sv){ 0 });
    if (is_loaded(p))
        rkb_table_loaded(t, rkb_table_rows(t) - 1, TIME_COLUMN);
}

static void note_loaded(const struct history *h, struct rkb_table *t)
{
    const struct point *first = NULL;
    size_t n = 0;

    for (size_t i = 0; i < h->n; i++)
        if (is_loaded(&h->points[i]) && !n++)
            first = &h->points[i];
    if (first)
        rkb_table_note_loaded(
            t, n, rkb_arena_cstr(h->ctx->arena, first->run->label),
            rkb_arena_cstr(h->ctx->arena, first->set->loaded));
}

static void note_band(const struct history *h, struct rkb_table *t)
{
    double allowed = rkb_optset_real(h->opts, "max-drop");
    const char *of = h->base.run ? "the first run" : "the baseline";

    if (!isnan(h->base.value))
        rkb_table_note(
            t, "band of %.*s: %s %.4f, %g off the %.4f of %s",
            (int)h->measure.len, h->measure.at, h->sign > 0 ? "from" : "up to",
            h->base.value - h->sign * allowed, allowed, h->base.value, of);
    if (!isnan(h->base.ms))
        rkb_table_note(t, "band of p%g: up to %.4g ms, %g times the %.4g of %s",
                       h->slow.percentile, h->base.ms * h->slow.limit,
                       h->slow.limit, h->base.ms, of);
}

static enum rkb_status print(struct history *h, struct rkb_err *err)
{
    bool value_left = false, time_left = false;
    struct rkb_arena *a = h->ctx->arena;
    struct rkb_table t = { 0 };
    const struct rkb_column columns[] = {
        { "run", true },
        { "started", false },
        { "label", false },
        { "build", false },
        { "repeat", true },
        { "queries", true },
        { rkb_arena_cstr(a, h->measure), true },
        { "band", false },
        { rkb_arena_printf(a, "p%g ms", h->slow.percentile), true },
        { "time band", false },
        { "host", false },
    };

    for (size_t i = 0; i < RKB_COUNT(columns); i++)
        rkb_table_column(&t, columns[i].name, columns[i].number);
    for (size_t i = 0; i < h->n; i++)
        row(h, &t, &h->points[i], &value_left, &time_left);
    note_band(h, &t);
    note_loaded(h, &t);
    enum rkb_status rc = rkb_table_write(&t, rkb_optset_text(h->opts, "format"),
                                         h->ctx->out, err);

    rkb_table_release(&t);
    return rc;
}

/* ---- the command ------------------------------------------------------------------ */

/* Checks the name before anything is read; which way is better comes along. */
static enum rkb_status read_measure(struct history *h, const char *name,
                                    struct rkb_err *err)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    struct rkb_measures ms = { 0 };
    enum rkb_status rc = rkb_measures_add(&ms, rkb_sv_of(name), &rules, err);

    h->measure = rkb_sv_of(name);
    if (!rc)
        h->sign = ms.slots[0].def->smaller_is_better ? -1 : 1;
    rkb_measures_release(&ms);
    return rc;
}

/* By begin, which is the order of ids. */
static enum rkb_status read_runs(struct history *h, rkb_sv dataset,
                                 struct rkb_err *err)
{
    const struct rkb_run_filter filter = {
        .dataset = dataset,
        .reranker = rkb_optset_text(h->opts, "reranker"),
        .label = rkb_optset_text(h->opts, "label"),
    };
    bool any = false;
    enum rkb_status rc =
        rkb_store_runs(h->store, h->ctx->arena, &filter, &h->runs, &h->n, err);

    if (!rc && !h->n)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "no run over dataset '%.*s' matches; 'list runs' shows "
                      "what there is",
                      (int)dataset.len, dataset.at);
    h->points = rkb_arena_new(h->ctx->arena, h->n, sizeof *h->points);
    for (size_t i = 0; !rc && i < h->n; i++) {
        rc = read_run(h, &h->runs[i], &h->points[i], err);
        any = any || !isnan(h->points[i].value);
    }
    if (!rc && !any)
        rc = rkb_fail(err, RKB_E_USAGE, "no run over it was scored by '%.*s'",
                      (int)h->measure.len, h->measure.at);
    return rc;
}

static enum rkb_status run_history(struct rkb_context *ctx,
                                   const struct rkb_args *args,
                                   struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_READ };
    struct history h = { .ctx = ctx, .opts = &args->opts };
    const char *base = rkb_optset_cstr(h.opts, "baseline");
    rkb_sv dataset = rkb_optset_text(h.opts, "dataset");
    enum rkb_status rc = read_measure(&h, args->operands[0], err);

    if (!rc && !dataset.len)
        rc = rkb_fail(err, RKB_E_USAGE, "of which data set? Give --dataset");
    if (!rc && rkb_verdict_max_slowdown(rkb_optset_text(h.opts, "max-slowdown"),
                                        &h.slow, err))
        rc = rkb_wrap(err, "--max-slowdown");
    if (!rc)
        rc = rkb_store_open(&h.store, rkb_optset_cstr(h.opts, "store"), &how,
                            err);
    if (!rc)
        rc = read_runs(&h, dataset, err);
    if (!rc && base)
        rc = read_base(&h, base, dataset, err);
    else if (!rc)
        default_base(&h);
    if (!rc)
        rc = print(&h, err);
    rkb_store_close(h.store);
    return rc;
}

const struct rkb_command_def rkb_command_history = {
    .name = "history",
    .summary = "a measure and a latency over time, with what left its band",
    .usage = "MEASURE --dataset D",
    .detail = "Runs in the order in which they began. 'LEFT' marks the first "
              "one outside of\nthe band, 'out' those that follow. --build of "
              "'run' says what was run.",
    .options = options,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_history,
};
