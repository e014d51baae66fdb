/* SPDX-License-Identifier: Apache-2.0 */
/* Loads against what became of them: a table a system, and a figure. */
#include "reports/figure.h"
#include "reports/rung.h"

#include "base/sort.h"

#include <math.h>
#include <string.h>

/* Rungs of one system, ascending. */
struct ladder {
    const struct rkb_report_run *run; /* one of them */
    const char *name;
    const char *rest; /* of its loads: " for 60 s" */
    struct rkb_rung *rungs;
    size_t n;
};

struct sweep {
    struct rkb_arena *arena;
    const struct rkb_report_math *math;
    struct rkb_gathered data;
    struct ladder *ladders; /* [n] as the runs come */
    size_t n;
    struct rkb_slo slo;
    bool limited;
};

/* ---- which rungs belong together ------------------------------------------------- */

static const char *rest_of(const char *load)
{
    const char *space = strchr(load, ' ');

    return space ? space : "";
}

static bool belongs(const struct ladder *l, const struct rkb_report_run *run,
                    const struct rkb_rung *rung)
{
    return strcmp(l->rungs[0].system, rung->system) == 0 &&
           l->rungs[0].open == rung->open &&
           strcmp(l->rest, rest_of(rung->load)) == 0 &&
           strcmp(l->run->dataset, run->dataset) == 0 &&
           strcmp(l->run->first_stage, run->first_stage) == 0 &&
           l->run->depth == run->depth && l->run->row.repeat == run->row.repeat;
}

static int by_load(const void *a, const void *b, void *ctx)
{
    const struct rkb_rung *x = a, *y = b;

    (void)ctx;
    return (x->size > y->size) - (x->size < y->size);
}

static const char *name_of(struct rkb_arena *a, const struct ladder *l)
{
    const struct rkb_report_run *r = l->run;
    const char *name = rkb_arena_printf(
        a, "%s on %s, %s, depth %lld, %s%s", l->rungs[0].system, r->dataset,
        r->first_stage, (long long)r->depth,
        l->rungs[0].open ? "queries a second (open)"
                         : "queries at once (closed)",
        l->rest);

    return r->row.repeat > 1 ? rkb_arena_printf(a, "%s, repeat %lld", name,
                                                (long long)r->row.repeat)
                             : name;
}

static enum rkb_status open_sweep(struct rkb_arena *a,
                                  const struct rkb_report_want *want,
                                  struct sweep *s, struct rkb_err *err)
{
    const char *slo = rkb_optset_cstr(want->options, "slo");
    enum rkb_status rc = RKB_OK;

    *s = (struct sweep){ .arena = a, .math = want->math, .limited = slo };
    if (slo)
        rc = rkb_slo_read(rkb_sv_of(slo), &s->slo, err);
    if (rc)
        return rkb_wrap(err, "--slo");
    rc = rkb_gather(a, want, &s->data, err);
    if (rc)
        return rc;
    s->ladders = rkb_arena_new(a, s->data.n_runs, sizeof *s->ladders);
    for (size_t i = 0; i < s->data.n_runs; i++) {
        const struct rkb_report_run *run = &s->data.runs[i];
        struct rkb_rung rung;
        size_t k = 0;
        bool is_one;

        rc = rkb_rung_read(a, want->store, run, &rung, &is_one, err);
        if (rc)
            return rc;
        if (!is_one)
            continue;
        while (k < s->n && !belongs(&s->ladders[k], run, &rung))
            k++;
        struct ladder *l = &s->ladders[k];

        if (k == s->n) {
            s->n++;
            *l = (struct ladder){ .run = run,
                                  .rest = rest_of(rung.load),
                                  .rungs = rkb_arena_new(a, s->data.n_runs,
                                                         sizeof *l->rungs) };
        }
        l->rungs[l->n++] = rung;
    }
    for (size_t k = 0; k < s->n; k++) {
        rkb_sort(s->ladders[k].rungs, s->ladders[k].n,
                 sizeof *s->ladders[k].rungs, by_load, NULL);
        s->ladders[k].name = name_of(a, &s->ladders[k]);
    }
    return s->n ? RKB_OK
                : rkb_fail(err, RKB_E_USAGE,
                           "no run was made under a load: `sweep`, or `run "
                           "--scenario closed:N|open:RATE`, makes some");
}

/* ---- tables ------------------------------------------------------------------------ */

static const double shown[] = { 50, 90, 99 };

static void time_cell(const struct sweep *s, const struct rkb_rung *r, double p,
                      double scale, struct rkb_table *t)
{
    bool at_least;
    double seconds = rkb_rung_percentile(r, s->math, p, &at_least);

    rkb_table_real(t, seconds * scale, 4);
    if (at_least)
        rkb_table_super(t, (t->n_cells - 1) / t->n_columns,
                        (t->n_cells - 1) % t->n_columns, "F");
}

/* The highest load below all that do not hold. */
static void tell_limit(const struct sweep *s, const struct ladder *l,
                       struct rkb_table *t)
{
    const struct rkb_rung *held = NULL, *not = NULL;

    for (size_t i = 0; i < l->n && !not ; i++)
        if (rkb_rung_holds(&l->rungs[i], s->math, &s->slo) == RKB_HOLDS)
            held = &l->rungs[i];
        else
            not = &l->rungs[i];
    if (held && not )
        rkb_table_note(t,
                       "p%g <= %.6g s holds up to %.6g (%.6g queries a "
                       "second); at %.6g: %s",
                       s->slo.percentile, s->slo.seconds, held->size,
                       held->throughput, not ->size,
                       rkb_holds_name(rkb_rung_holds(not, s->math, &s->slo)));
    else if (held)
        rkb_table_note(t, "p%g <= %.6g s holds at every load, up to %.6g",
                       s->slo.percentile, s->slo.seconds, held->size);
    else
        rkb_table_note(t,
                       "p%g <= %.6g s holds at no load; at the lowest, %.6g: "
                       "%s",
                       s->slo.percentile, s->slo.seconds, not ->size,
                       rkb_holds_name(rkb_rung_holds(not, s->math, &s->slo)));
}

static void rung_notes(const struct rkb_rung *r, struct rkb_table *t)
{
    if (!r->whole)
        rkb_table_note(t, "%.6g is unfinished", r->size);
    if (r->n_late)
        rkb_table_note(t,
                       "%.6g: %lld queries were due while as many as may be "
                       "were under way (--concurrency)",
                       r->size, (long long)r->n_late);
}

static void ladder_table(const struct sweep *s, const struct ladder *l,
                         struct rkb_figure_unit unit, struct rkb_doc *doc)
{
    struct rkb_table *t = rkb_doc_table(doc, l->name);
    const struct rkb_rung *first = NULL;
    size_t n_loaded = 0;

    rkb_table_column(t, "load", true);
    rkb_table_column(t, "requests", true);
    rkb_table_column(t, "failed", true);
    rkb_table_column(t, "queries a second", true);
    for (size_t p = 0; p < RKB_COUNT(shown); p++)
        rkb_table_column_of(t, unit.name,
                            rkb_arena_printf(s->arena, "p%g", shown[p]), true);
    if (s->limited) {
        rkb_table_column_of(
            t, "limit",
            rkb_arena_printf(s->arena, "p%g %s", s->slo.percentile, unit.name),
            true);
        rkb_table_column_of(t, "limit", "holds", false);
    }
    for (size_t i = 0; i < l->n; i++) {
        const struct rkb_rung *r = &l->rungs[i];

        rkb_table_printf(t, "%.6g", r->size);
        rkb_table_int(t, r->n);
        rkb_table_int(t, r->n_failed);
        rkb_table_real(t, r->throughput, 3);
        for (size_t p = 0; p < RKB_COUNT(shown); p++)
            time_cell(s, r, shown[p], unit.scale, t);
        if (s->limited) {
            time_cell(s, r, s->slo.percentile, unit.scale, t);
            rkb_table_text(t,
                           rkb_holds_name(rkb_rung_holds(r, s->math, &s->slo)));
        }
        if (r->loaded)
            rkb_table_loaded(t, rkb_table_rows(t) - 1, 3);
        if (r->loaded && !n_loaded++)
            first = r;
        rung_notes(r, t);
    }
    if (first)
        rkb_table_note_loaded(
            t, n_loaded,
            rkb_arena_printf(s->arena, "%s/%s", first->system, first->load),
            first->loaded);
    if (s->limited)
        tell_limit(s, l, t);
}

/* ---- the figure ----------------------------------------------------------------------- */

/* What is drawn: the limit's percentile, or the median. */
static double height(const struct sweep *s, const struct rkb_rung *r)
{
    bool ignored;
    double y = rkb_rung_percentile(
        r, s->math, s->limited ? s->slo.percentile : 50, &ignored);

    return isnan(r->throughput) ? (double)NAN : y;
}

static void draw_line(const struct sweep *s, const struct ladder *l,
                      struct rkb_figure_unit unit, struct rkb_plot *p,
                      struct rkb_figure_line *line)
{
    double *xs = rkb_arena_new(s->arena, 2 * l->n, sizeof *xs);
    size_t n = 0;

    for (size_t i = l->n; i-- > 0;) { /* the last is the name's first choice */
        double y = height(s, &l->rungs[i]) * unit.scale;

        if (isnan(y))
            continue;
        xs[n] = l->rungs[i].throughput;
        xs[l->n + n] = y;
        rkb_plot_take_point(p, xs[n], y);
        if (n)
            rkb_plot_take_line(p, xs[n - 1], xs[l->n + n - 1], xs[n], y);
        n++;
    }
    *line = (struct rkb_figure_line){ l->rungs[0].system, xs, xs + l->n, n };
}

static void draw(const struct sweep *s, struct rkb_figure_unit unit,
                 double lo[2], double hi[2], struct rkb_doc *doc)
{
    struct rkb_figure_line *lines =
        rkb_arena_new(s->arena, s->n, sizeof *lines);
    double percentile = s->limited ? s->slo.percentile : 50;
    double limit = s->slo.seconds * unit.scale;
    size_t column = s->limited ? 8 : 5;
    struct rkb_plot p = { 0 };

    if (s->limited)
        rkb_figure_widen(s->slo.seconds, &lo[1], &hi[1]);
    rkb_plot_range(&p, &p.x, "queries a second", lo[0], hi[0], RKB_AXIS_LOG);
    rkb_plot_times(
        &p, &p.y, rkb_arena_printf(s->arena, "p%g of latency", percentile),
        unit.name, 1 / unit.scale, lo[1] * unit.scale, hi[1] * unit.scale);
    rkb_plot_lay(&p, RKB_PLOT_TALL);
    p.n_looks = s->n;
    for (size_t k = 0; k < s->n; k++) {
        draw_line(s, &s->ladders[k], unit, &p, &lines[k]);
        rkb_plot_item(&p, "index %zu using 4:%zu with linespoints ls %zu", k,
                      column, k + 1);
    }
    if (s->limited)
        rkb_plot_set(&p,
                     "set arrow from graph 0, first %.8g to graph 1, first "
                     "%.8g nohead back lw 0.8 dt 2 lc rgb '#999999'",
                     limit, limit);
    rkb_figure_name_lines(&p, lines, s->n, RKB_KEY_BOTH);
    rkb_plot_finish(&p, doc);
}

static enum rkb_status build_sweep(struct rkb_arena *a,
                                   const struct rkb_report_want *want,
                                   struct rkb_doc *doc, struct rkb_err *err)
{
    double lo[2] = { NAN, NAN }, hi[2] = { NAN, NAN }, most = 0;
    struct sweep s;
    enum rkb_status rc = open_sweep(a, want, &s, err);

    if (!rc)
        rc = rkb_figure_few(s.n, err);
    if (rc)
        return rc;
    for (size_t k = 0; k < s.n; k++)
        for (size_t i = 0; i < s.ladders[k].n; i++) {
            const struct rkb_rung *r = &s.ladders[k].rungs[i];
            double y = height(&s, r);

            if (r->n_timed)
                most = fmax(most, r->seconds[r->n_timed - 1]);
            if (isnan(y))
                continue;
            rkb_figure_widen(r->throughput, &lo[0], &hi[0]);
            rkb_figure_widen(y, &lo[1], &hi[1]);
        }
    struct rkb_figure_unit unit = rkb_figure_unit(most);

    doc->title = "Load";
    for (size_t k = 0; k < s.n; k++) {
        ladder_table(&s, &s.ladders[k], unit, doc);
        rkb_doc_caption(
            doc->tables[k],
            "Requests: each sample of each query. One that failed is no "
            "faster than what was waited for it (F: at least so "
            "much), and never in time for a limit.");
    }
    if (!isnan(lo[0]))
        draw(&s, unit, lo, hi, doc);
    return RKB_OK;
}

const struct rkb_report_def rkb_report_sweep = {
    .name = "sweep",
    .summary = "throughput and latency by load, and the load that holds a "
               "limit; also a figure",
    .takes = "slo",
    .build = build_sweep,
};
