/* SPDX-License-Identifier: Apache-2.0 */
/* A run, or one query of it: both orders side by side with grades and gains. */
#include "base/mem.h"
#include "harness/cli/command.h"
#include "harness/cli/show_against.h"
#include "harness/cli/show_time.h"
#include "harness/eval/times.h"
#include "reports/table.h"
#include "runs/store_read.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const struct rkb_opt options[] = {
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "where results are kept" },
    { .name = "against",
      .type = RKB_OPT_TEXT,
      .value_name = "RUN",
      .help = "beside the order of this run instead of the first stage's" },
    { .name = "depth",
      .type = RKB_OPT_INT,
      .fallback = "20",
      .min = 0,
      .max = 1000000,
      .help = "documents of a query to show; 0 = all" },
    { .name = "time",
      .type = RKB_OPT_FLAG,
      .help = "where the time went, and what a call costs by its tokens" },
    { .name = "predict",
      .type = RKB_OPT_TEXT,
      .value_name = "output=N",
      .help = "with --time of a run: what calls of other tokens would take; "
              "also prompt=N, calls=N, parted by commas" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md|tex|html",
      .fallback = "text",
      .help = "how to print" },
    { 0 },
};

struct show {
    struct rkb_context *ctx;
    const struct rkb_optset *opts;
    struct rkb_store *store;
    struct rkb_run_row run;
};

/* ---- a run ------------------------------------------------------------- */

static void fact(struct rkb_table *t, const char *name, rkb_sv value)
{
    rkb_table_text(t, name);
    rkb_table_sv(t, value);
}

static void fact_printf(struct rkb_table *t, const char *name, const char *fmt,
                        ...) RKB_PRINTF(3, 4);
static void fact_printf(struct rkb_table *t, const char *name, const char *fmt,
                        ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fact(t, name, rkb_sv_of(text));
}

static enum rkb_status add_latency(struct show *s, struct rkb_table *t,
                                   struct rkb_err *err)
{
    static const double shown[] = { 50, 90, 95, 99 };
    struct rkb_arena *a = s->ctx->arena;
    struct rkb_times times;
    struct rkb_pace pace;
    const char *load;
    enum rkb_status rc = rkb_times_read(s->store, a, s->run.id, &times, err);

    if (!rc)
        rc = rkb_load_tell(s->store, a, s->run.id, &pace, &load, err);
    if (rc)
        return rc;
    if (load)
        fact(t, "load", rkb_sv_of(load));
    for (size_t i = 0; i < RKB_COUNT(shown); i++) {
        struct rkb_bounded p = rkb_times_percentile(&times, shown[i]);
        char name[32];

        snprintf(name, sizeof name, "latency p%g", shown[i]);
        if (isnan(p.value))
            fact_printf(t, name, "not told by %zu queries (%zu are needed)",
                        times.n_queries, rkb_percentile_needs(shown[i]));
        else
            fact_printf(t, name, "%s%.6g ms%s", p.at_least ? "at least " : "",
                        p.value / 1e6,
                        p.at_least ? ": some failed after so long" : "");
    }
    return RKB_OK;
}

static enum rkb_status add_means(struct show *s, struct rkb_table *t,
                                 struct rkb_err *err)
{
    struct rkb_arena *a = s->ctx->arena;
    struct rkb_evaluation_row *evals;
    size_t n_evals;
    enum rkb_status rc =
        rkb_store_evaluations(s->store, a, s->run.id, &evals, &n_evals, err);

    for (size_t i = 0; i < n_evals && !rc; i++) {
        struct rkb_mean_row *means;
        size_t n;

        fact_printf(t, "judgments", "%.*s (compat %lld, %.*s)",
                    (int)evals[i].source.len, evals[i].source.at,
                    (long long)evals[i].compat, (int)evals[i].rules.len,
                    evals[i].rules.at);
        rc = rkb_store_means(s->store, a, evals[i].id, &means, &n, err);
        for (size_t m = 0; !rc && m < n; m++)
            fact_printf(t, rkb_arena_cstr(a, means[m].measure),
                        "%.4f over %lld queries", means[m].value,
                        (long long)means[m].n);
    }
    return rc;
}

static enum rkb_status show_run(struct show *s, struct rkb_err *err)
{
    struct rkb_arena *a = s->ctx->arena;
    const struct rkb_run_row *run = &s->run;
    struct rkb_table t = { 0 };
    struct rkb_session_row *sessions;
    size_t n_sessions = 0;

    rkb_table_column(&t, "what", false);
    rkb_table_column(&t, "value", false);
    fact_printf(&t, "run", "%lld", (long long)run->id);
    fact(&t, "label", run->label);
    fact(&t, "dataset", run->dataset);
    fact_printf(&t, "candidates", "%.*s, %.*s order, depth %lld (0 = all)",
                (int)run->candidates.len, run->candidates.at,
                (int)run->order_rule.len, run->order_rule.at,
                (long long)run->depth);
    fact(&t, "reranker", run->reranker);
    fact_printf(&t, "repeat", "%lld", (long long)run->repeat);
    fact_printf(&t, "seed", "%lld", (long long)run->seed);
    fact(&t, "status", run->status);
    if (run->n_samples > 1)
        fact_printf(&t, "samples", "%lld of each query",
                    (long long)run->n_samples);
    fact_printf(&t, "queries", "%lld: %lld ok, %lld repaired, %lld failed",
                (long long)run->n_queries, (long long)run->n_ok,
                (long long)run->n_repaired, (long long)run->n_failed);
    fact(&t, "identity", run->identity);
    enum rkb_status rc =
        rkb_store_sessions(s->store, a, run->id, &sessions, &n_sessions, err);

    for (size_t i = 0; i < n_sessions && !rc; i++) {
        const struct rkb_session_row *w = &sessions[i];

        fact_printf(&t, "session", "%.*s to %.*s, %.*s, on %.*s",
                    (int)w->started_utc.len, w->started_utc.at,
                    (int)w->ended_utc.len, w->ended_utc.at, (int)w->status.len,
                    w->status.at, (int)w->host.len, w->host.at);
        fact(&t, "conditions", w->conditions);
        if (w->loaded.len)
            fact(&t, "loaded machine", w->loaded);
        if (!i || !rkb_sv_eq(w->cpu, w[-1].cpu))
            fact(&t, "processor", w->cpu);
        if (!i || !rkb_sv_eq(w->program_version, w[-1].program_version))
            fact(&t, "program", w->program_version);
    }
    if (!rc)
        rc = add_latency(s, &t, err);
    if (!rc)
        rc = add_means(s, &t, err);
    if (!rc)
        rc = rkb_table_write(&t, rkb_optset_text(s->opts, "format"),
                             s->ctx->out, err);
    rkb_table_release(&t);
    return rc;
}

/* ---- a query ------------------------------------------------------------ */

/* Judgments of the run's first evaluation; none when it was never scored. */
static enum rkb_status judgments_of(struct show *s, rkb_sv qid,
                                    struct rkb_judgment_row **out, size_t *n,
                                    struct rkb_err *err)
{
    struct rkb_evaluation_row *evals;
    size_t n_evals;
    enum rkb_status rc = rkb_store_evaluations(
        s->store, s->ctx->arena, s->run.id, &evals, &n_evals, err);

    *n = 0;
    if (rc || !n_evals)
        return rc;
    return rkb_store_judgments(s->store, s->ctx->arena, evals[0].judgment_set,
                               qid, out, n, err);
}

static const struct rkb_judgment_row *find_grade(
    const struct rkb_judgment_row *rows, size_t n, rkb_sv docid)
{
    for (size_t i = 0; i < n; i++)
        if (rkb_sv_eq(rows[i].docid, docid))
            return &rows[i];
    return NULL;
}

static double gain_at(const struct rkb_judgment_row *j, size_t rank)
{
    return j ? rkb_show_gain(j->grade, rank) : 0;
}

static void document_row(struct rkb_table *t, const struct rkb_result_row *row,
                         size_t i, const struct rkb_judgment_row *judged,
                         size_t n_judged)
{
    uint32_t doc = row->r.order ? row->r.order[i] : (uint32_t)i;
    const struct rkb_judgment_row *j =
        find_grade(judged, n_judged, row->docids[doc]);
    const struct rkb_judgment_row *f =
        find_grade(judged, n_judged, row->docids[i]);

    rkb_table_int(t, (int64_t)i + 1);
    rkb_table_sv(t, row->docids[doc]);
    if (j)
        rkb_table_int(t, j->grade);
    else
        rkb_table_none(t);
    rkb_table_real(t, gain_at(j, i + 1), 4);
    if (row->r.score && (!row->r.scored || row->r.scored[doc]))
        rkb_table_printf(t, "%.6g", row->r.score[doc]);
    else
        rkb_table_none(t);
    rkb_table_printf(t, "%+lld", (long long)doc - (long long)i);
    rkb_table_sv(t, row->docids[i]);
    if (f)
        rkb_table_int(t, f->grade);
    else
        rkb_table_none(t);
    rkb_table_real(t, gain_at(f, i + 1), 4);
}

static enum rkb_status add_calls(struct show *s, struct rkb_table *t,
                                 int64_t result_id, struct rkb_err *err)
{
    struct rkb_result_call *calls;
    size_t n;
    enum rkb_status rc =
        rkb_store_calls(s->store, s->ctx->arena, result_id, &calls, &n, err);

    for (size_t i = 0; i < n && !rc; i++)
        rkb_table_note(t,
                       "call %.*s%s%lld attempt %lld: %.3f ms, %lld prompt "
                       "and %lld output tokens, %.*s",
                       (int)calls[i].path.len, calls[i].path.at,
                       calls[i].path.len ? "/" : "", (long long)calls[i].seq,
                       (long long)calls[i].attempt,
                       (double)calls[i].total_ns / 1e6,
                       (long long)calls[i].prompt_tokens,
                       (long long)calls[i].output_tokens,
                       (int)calls[i].class_name.len, calls[i].class_name.at);
    return rc;
}

static void note_result(struct rkb_table *t, const struct rkb_result_row *row)
{
    rkb_table_note(t, "query %.*s: %s, attempt %lld", (int)row->qid.len,
                   row->qid.at, rkb_result_status_name(row->r.status),
                   (long long)row->r.attempt);
    if (row->r.why.len)
        rkb_table_note(t, "why: %.*s", (int)row->r.why.len, row->r.why.at);
    if (row->r.latency_ns >= 0)
        rkb_table_note(t, "latency: %.6g ms", (double)row->r.latency_ns / 1e6);
    else
        rkb_table_note(t, "latency: not known");
}

/* What the same query took when it was asked again. */
static void note_samples(struct rkb_table *t, const struct rkb_result_row *rows,
                         size_t n)
{
    int64_t least_ns = INT64_MAX, most_ns = -1, n_samples = 0, n_failed = 0;

    for (size_t i = 0; i < n; i++) {
        const struct rkb_result *r = &rows[i].r;
        bool latest = i + 1 == n || rows[i + 1].r.sample != r->sample;

        if (!r->sample || r->warmup || !latest)
            continue;
        n_samples++;
        n_failed += r->status == RKB_RESULT_FAILED;
        if (r->latency_ns < 0)
            continue;
        least_ns = r->latency_ns < least_ns ? r->latency_ns : least_ns;
        most_ns = r->latency_ns > most_ns ? r->latency_ns : most_ns;
    }
    if (n_samples && most_ns >= 0)
        rkb_table_note(t, "asked %lld times more: %.6g to %.6g ms, %lld failed",
                       (long long)n_samples, (double)least_ns / 1e6,
                       (double)most_ns / 1e6, (long long)n_failed);
}

static enum rkb_status show_query(struct show *s, rkb_sv qid,
                                  struct rkb_err *err)
{
    size_t depth = (size_t)rkb_optset_int(s->opts, "depth");
    struct rkb_result_row *rows;
    struct rkb_judgment_row *judged = NULL;
    struct rkb_table t = { 0 };
    size_t n, n_judged = 0;
    rkb_sv text = { 0 };
    enum rkb_status rc = rkb_store_attempts(s->store, s->ctx->arena, s->run.id,
                                            qid, &rows, &n, err);
    const struct rkb_result_row *row =
        rc ? NULL : rkb_attempt_that_counts(rows, n);

    if (!rc && !row)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "run %lld has no result for query "
                      "'%.*s'",
                      (long long)s->run.id, (int)qid.len, qid.at);
    if (!rc)
        rc = judgments_of(s, qid, &judged, &n_judged, err);
    if (rc)
        return rc;

    if (rkb_optset_flag(s->opts, "time"))
        return rkb_show_query_time(s->ctx, s->store, row,
                                   rkb_optset_text(s->opts, "format"), err);
    static const struct rkb_column columns[] = {
        { "rank", true },         { "reranked", false }, { "grade", true },
        { "gain", true },         { "score", true },     { "moved", true },
        { "first stage", false }, { "its grade", true }, { "its gain", true },
    };

    for (size_t c = 0; c < RKB_COUNT(columns); c++)
        rkb_table_column(&t, columns[c].name, columns[c].number);
    for (size_t i = 0; i < row->r.n_docs && (!depth || i < depth) &&
                       row->r.status != RKB_RESULT_FAILED;
         i++)
        document_row(&t, row, i, judged, n_judged);
    note_result(&t, row);
    note_samples(&t, rows, n);
    rc = rkb_store_query_text(s->store, s->ctx->arena, &s->run.queries, qid,
                              &text, err);
    if (!rc && text.len)
        rkb_table_note(&t, "text: %.*s", (int)text.len, text.at);
    if (!rc)
        rc = add_calls(s, &t, row->id, err);
    if (!rc)
        rc = rkb_table_write(&t, rkb_optset_text(s->opts, "format"),
                             s->ctx->out, err);
    rkb_table_release(&t);
    return rc;
}

static enum rkb_status show_against(struct show *s, rkb_sv qid, rkb_sv selector,
                                    struct rkb_err *err)
{
    struct rkb_run_row other;
    const struct rkb_show_against what = {
        .store = s->store,
        .runs = { &s->run, &other },
        .qid = qid,
        .depth = (size_t)rkb_optset_int(s->opts, "depth"),
        .format = rkb_optset_text(s->opts, "format"),
    };
    enum rkb_status rc =
        rkb_store_select_one(s->store, s->ctx->arena, selector, &other, err);

    return rc ? rc : rkb_show_against(s->ctx, &what, err);
}

static enum rkb_status run_show(struct rkb_context *ctx,
                                const struct rkb_args *args,
                                struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_READ };
    struct show s = { .ctx = ctx, .opts = &args->opts };
    const char *other = rkb_optset_cstr(&args->opts, "against");

    bool time = rkb_optset_flag(&args->opts, "time");
    const char *predict = rkb_optset_cstr(&args->opts, "predict");

    if (other && time)
        return rkb_fail(err, RKB_E_USAGE,
                        "--time and --against are two tables");
    if (predict && (!time || args->n_operands > 1))
        return rkb_fail(err, RKB_E_USAGE,
                        "--predict goes with --time of a run");
    if (other && args->n_operands == 1)
        return rkb_fail(err, RKB_E_USAGE,
                        "--against shows one query: give its id (for whole "
                        "runs see 'rerankbench compare')");
    enum rkb_status rc = rkb_store_open(
        &s.store, rkb_optset_cstr(&args->opts, "store"), &how, err);

    if (!rc)
        rc = rkb_store_select_one(s.store, ctx->arena,
                                  rkb_sv_of(args->operands[0]), &s.run, err);
    if (!rc && args->n_operands == 1 && time)
        rc = rkb_show_time(ctx, s.store, &s.run, predict,
                           rkb_optset_text(&args->opts, "format"), err);
    else if (!rc && args->n_operands == 1)
        rc = show_run(&s, err);
    else if (!rc && !other)
        rc = show_query(&s, rkb_sv_of(args->operands[1]), err);
    else if (!rc)
        rc = show_against(&s, rkb_sv_of(args->operands[1]), rkb_sv_of(other),
                          err);
    rkb_store_close(s.store);
    return rc;
}

const struct rkb_command_def rkb_command_show = {
    .name = "show",
    .summary = "a stored run, or one query of it with both orders",
    .usage = "RUN [QID]",
    .detail = "RUN is an id, a label, or label@dataset#repeat with globs. "
              "'moved' is how many\nranks a document rose; gains are nDCG's, "
              "grade / log2(rank + 1). With\n--against both runs stand side "
              "by side, with texts where the store keeps them\n(run "
              "--keep-texts). With --time: docs/reports.md.",
    .options = options,
    .min_operands = 1,
    .max_operands = 2,
    .run = run_show,
};
