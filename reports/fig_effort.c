/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a query slow: latency against what there is to do. */
#include "reports/figure.h"

#include "base/io/db.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

enum { COL_TIME, COL_DOCS, COL_PROMPT, COL_OUTPUT };

static const struct effort {
    const char *name, *title;
    bool docs, prompt, output;
} efforts[] = {
    { "candidates", "candidates of a query", true, false, false },
    { "prompt", "prompt tokens of a query", false, true, false },
    { "output", "generated tokens of a query", false, false, true },
    { "tokens", "prompt and generated tokens of a query", false, true, true },
};

static const char select_effort[] =
    "SELECT latency_ns, n_docs, prompt_tokens, output_tokens FROM v_result"
    " WHERE run_id = ?1 AND latency_ns IS NOT NULL AND status <> 'failed'"
    " ORDER BY ord, sample";

/* Runs that differ in their depth alone are one cloud. */
struct dots {
    const char *name;
    double *x, *seconds;
    size_t n, x_cap, seconds_cap;
};

/* A run with --top-k reranks no more candidates than that. */
static double n_reranked(const struct rkb_report_run *r, int64_t n_docs)
{
    return (double)(r->depth && n_docs > r->depth ? r->depth : n_docs);
}

static enum rkb_status read_dots(struct rkb_store *store,
                                 const struct rkb_report_run *r,
                                 const struct effort *e, struct dots *d,
                                 struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc =
        rkb_db_prepare(rkb_store_db(store), select_effort, &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, r->row.id);
    while (!rc) {
        rc = rkb_db_step(q, &row, err);
        if (rc || !row)
            break;
        if ((e->prompt && rkb_db_is_null(q, COL_PROMPT)) ||
            (e->output && rkb_db_is_null(q, COL_OUTPUT)))
            continue;
        d->x = rkb_grow(d->x, &d->x_cap, d->n + 1, sizeof *d->x);
        d->seconds =
            rkb_grow(d->seconds, &d->seconds_cap, d->n + 1, sizeof *d->seconds);
        d->x[d->n] = (e->docs ? n_reranked(r, rkb_db_i64(q, COL_DOCS)) : 0) +
                     (e->prompt ? (double)rkb_db_i64(q, COL_PROMPT) : 0) +
                     (e->output ? (double)rkb_db_i64(q, COL_OUTPUT) : 0);
        d->seconds[d->n++] = (double)rkb_db_i64(q, COL_TIME) / 1e9;
    }
    return rc;
}

static enum rkb_status effort_of(const struct rkb_report_want *want,
                                 const struct effort **out, struct rkb_err *err)
{
    rkb_sv by = rkb_optset_text(want->options, "by");

    *out = &efforts[0];
    for (size_t i = 0; i < RKB_COUNT(efforts); i++)
        if (rkb_sv_is(by, efforts[i].name))
            *out = &efforts[i];
    if (by.len && !rkb_sv_is(by, (*out)->name))
        return rkb_fail(err, RKB_E_USAGE,
                        "--by '%.*s' is none of candidates, prompt, output, "
                        "tokens",
                        (int)by.len, by.at);
    return RKB_OK;
}

static void effort_plot(struct rkb_figure_data *f, const struct effort *e,
                        const struct dots *dots, size_t n, struct rkb_doc *doc)
{
    double lo[2] = { NAN, NAN }, hi[2] = { NAN, NAN };
    struct rkb_plot p = { 0 };
    struct rkb_figure_unit unit;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < dots[i].n; k++) {
            rkb_figure_widen(dots[i].x[k], &lo[0], &hi[0]);
            rkb_figure_widen(dots[i].seconds[k], &lo[1], &hi[1]);
        }
    unit = rkb_figure_unit(hi[1]);
    rkb_plot_range(&p, &p.x, e->title, lo[0], hi[0], RKB_AXIS_LOG);
    if (!p.x.log && hi[0] - lo[0] < 6)
        rkb_plot_range(&p, &p.x, e->title, lo[0], hi[0], RKB_AXIS_WHOLE);
    rkb_plot_times(
        &p, &p.y, rkb_arena_printf(f->arena, "latency on %s", f->dataset),
        unit.name, 1 / unit.scale, lo[1] * unit.scale, hi[1] * unit.scale);
    rkb_plot_lay(&p, RKB_PLOT_TALL);
    p.n_looks = n;
    doc->title = rkb_arena_printf(&doc->arena, "Latency on %s by %s",
                                  f->dataset, e->title);
    for (size_t i = 0; i < n; i++) {
        struct rkb_table *t = rkb_doc_table(doc, dots[i].name);

        rkb_table_column(t, e->title, true);
        rkb_table_column(t, rkb_arena_printf(f->arena, "latency %s", unit.name),
                         true);
        for (size_t k = 0; k < dots[i].n; k++) {
            rkb_figure_cell6(t, dots[i].x[k]);
            rkb_figure_cell6(t, dots[i].seconds[k] * unit.scale);
        }
        rkb_plot_item(&p, "index %zu using 1:2 with points ls %zu ps 0.3", i,
                      i + 1);
        rkb_plot_key(&p, RKB_KEY_POINT, i, dots[i].name);
    }
    rkb_plot_finish(&p, doc);
}

/* Clouds with dots, in the order of the runs. */
static enum rkb_status read_clouds(struct rkb_figure_data *f,
                                   const struct effort *e, struct dots *dots,
                                   size_t *n, struct rkb_err *err)
{
    size_t n_runs = f->data.n_runs;
    struct rkb_figure_name *list =
        rkb_arena_new(f->arena, n_runs, sizeof *list);
    const char **names;

    for (size_t i = 0; i < n_runs; i++) {
        const struct rkb_report_run *r = &f->data.runs[i];

        list[i] = (struct rkb_figure_name){ r->label, r->first_stage, 0,
                                            r->row.repeat };
    }
    names = rkb_figure_names(f->arena, list, n_runs);
    *n = 0;
    for (size_t i = 0; i < n_runs; i++) {
        enum rkb_status rc;
        size_t k = 0;

        while (k < *n && strcmp(dots[k].name, names[i]) != 0)
            k++;
        dots[k].name = names[i];
        rc = read_dots(f->want->store, &f->data.runs[i], e, &dots[k], err);
        *n += k == *n && dots[k].n > 0;
        if (rc)
            return rc;
    }
    if (!*n)
        return rkb_fail(err, RKB_E_USAGE, "no run over %s has latencies and %s",
                        f->dataset, e->title);
    return rkb_figure_few(*n, err);
}

static enum rkb_status build_effort(struct rkb_arena *a,
                                    const struct rkb_report_want *want,
                                    struct rkb_doc *doc, struct rkb_err *err)
{
    const struct effort *e;
    struct rkb_figure_data f;
    struct dots *dots = NULL;
    size_t n = 0;
    enum rkb_status rc = effort_of(want, &e, err);

    if (!rc)
        rc = rkb_figure_open(&f, a, want, err);
    if (rc)
        return rc;
    dots = rkb_arena_new(a, f.data.n_runs, sizeof *dots);
    rc = read_clouds(&f, e, dots, &n, err);
    if (!rc)
        effort_plot(&f, e, dots, n, doc);
    for (size_t i = 0; i < f.data.n_runs; i++) {
        rkb_free(dots[i].x);
        rkb_free(dots[i].seconds);
    }
    return rc;
}

const struct rkb_report_def rkb_report_effort = {
    .name = "effort",
    .summary = "figure: latency of queries against candidates or tokens",
    .takes = "by",
    .build = build_effort,
};
