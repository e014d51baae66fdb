/* SPDX-License-Identifier: Apache-2.0 */
/* Published next to measured. */
#include "reports/grid.h"
#include "reports/published.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct paper {
    struct rkb_grid grid;
    struct rkb_published published;
    const char *row; /* --row: NULL = by what runs are called */
    bool *shown;     /* [n_runs] is behind a line */
    size_t n_matched;
};

/* A printed value and what was measured for it. */
struct line {
    const struct rkb_published_table *table;
    const struct rkb_published_row *row;
    const struct rkb_published_value *value;
    const struct rkb_system *system;  /* NULL: nothing was measured */
    const struct rkb_report_run *run; /* one of the system's        */
    struct rkb_figure figure;
    double least, most; /* of its repeats, whole ones; NaN: fewer than two */
};

/* ---- who is who ------------------------------------------------------------- */

static const char *squeeze(struct rkb_arena *a, const char *text)
{
    char *out = rkb_arena_new(a, strlen(text) + 1, 1), *p = out;

    for (; *text; text++)
        if (isalnum((unsigned char)*text))
            *p++ = (char)tolower((unsigned char)*text);
    return out;
}

/* Length of the key that names the run, 0 = it does not. */
static size_t names_run(struct rkb_arena *a, const char *match,
                        const struct rkb_report_run *r)
{
    bool first_stage = strcmp(r->reranker, "first-stage") == 0;

    if (first_stage || strcmp(match, "firststage") == 0)
        return first_stage && strcmp(match, "firststage") == 0 ? strlen(match)
                                                               : 0;
    if (strstr(squeeze(a, r->label), match) ||
        strstr(squeeze(a, r->reranker), match) ||
        (r->model && strstr(squeeze(a, r->model), match)))
        return strlen(match);
    return 0;
}

/* Other spellings of what the files call one thing. */
static const char *stage_id(struct rkb_arena *a, const char *name)
{
    static const char *const same[][2] = {
        { "spladepped", "spladepp" },
        { "spladeppensembledistil", "spladepp" },
        { "spladeppensembledistilonnx", "spladepp" },
        { "bm25flat", "bm25" },
        { "bm25default", "bm25" },
    };
    const char *id = squeeze(a, name);

    for (size_t i = 0; i < RKB_COUNT(same); i++)
        if (strcmp(id, same[i][0]) == 0)
            return same[i][1];
    return id;
}

static bool stage_differs(struct rkb_arena *a,
                          const struct rkb_published_row *row,
                          const struct rkb_system *s)
{
    return row->first_stage && strcmp(stage_id(a, row->first_stage),
                                      stage_id(a, s->first_stage)) != 0;
}

static bool depth_differs(const struct rkb_published_row *row,
                          const struct rkb_system *s)
{
    return row->depth && row->depth != s->depth;
}

static const struct rkb_report_run *first_run(const struct paper *p,
                                              const struct rkb_system *s,
                                              const char *dataset)
{
    const struct rkb_report_run *any = NULL;

    for (size_t i = 0; i < p->grid.data.n_runs; i++) {
        const struct rkb_report_run *r = &p->grid.data.runs[i];

        if (!rkb_system_has(s, r))
            continue;
        if (strcmp(r->dataset, dataset) == 0)
            return r;
        any = any ? any : r;
    }
    return any;
}

static const struct rkb_published_value *value_of(
    const struct rkb_published_row *row, const char *dataset)
{
    for (size_t i = 0; i < row->n_values; i++)
        if (strcmp(row->values[i].dataset, dataset) == 0)
            return &row->values[i];
    return NULL;
}

/* The printed row that a system is held against: the longest name that fits,
 * then the fewest differing conditions, then the first. */
static const struct rkb_published_row *row_for(
    const struct paper *p, const struct rkb_published_table *t,
    const struct rkb_system *s, const struct rkb_report_run *run,
    const char *dataset)
{
    const struct rkb_published_row *best = NULL;
    struct rkb_arena *a = p->grid.arena;
    size_t best_name = 0, best_differs = 0;

    for (size_t i = 0; i < t->n_rows; i++) {
        const struct rkb_published_row *row = &t->rows[i];
        size_t differs =
            (size_t)stage_differs(a, row, s) + (size_t)depth_differs(row, s);
        size_t name = p->row ? strstr(row->system, p->row) != NULL
                             : names_run(a, row->match, run);

        /* Of a first stage the name is all there is. */
        if (!name || !value_of(row, dataset) ||
            (strcmp(row->match, "firststage") == 0 && stage_differs(a, row, s)))
            continue;
        if (!best || name > best_name ||
            (name == best_name && differs < best_differs)) {
            best = row;
            best_name = name;
            best_differs = differs;
        }
    }
    return best;
}

/* ---- the verdict --------------------------------------------------------------- */

static bool same_digits(const struct line *l)
{
    char ours[512];

    snprintf(ours, sizeof ours, "%.*f", l->table->digits,
             l->figure.value * l->table->scale);
    return strcmp(ours, l->value->text) == 0;
}

static double printed_value(const struct line *l)
{
    double x = NAN;

    return rkb_sv_to_double(rkb_sv_of(l->value->text), &x) ? x / l->table->scale
                                                           : (double)NAN;
}

static const char *verdict_of(const struct line *l)
{
    double printed = printed_value(l), ours = l->figure.value;
    bool fixed = l->run->recorded || strcmp(l->row->match, "firststage") == 0;

    if (!l->figure.whole)
        return "unknown";
    if (same_digits(l))
        return l->run->recorded ? "regenerated" : "equal";
    if (ours >= l->value->lo && ours <= l->value->hi)
        return "within spread";
    if (printed >= l->least && printed <= l->most)
        return "within spread";
    if (fixed || !isnan(l->value->lo) || !isnan(l->least))
        return "differs";
    return "unknown";
}

static void add_condition(struct rkb_buf *out, const char *text)
{
    rkb_buf_printf(out, "%s%s", out->len ? ", " : "", text);
}

static void conditions_of(struct rkb_arena *a, const struct line *l,
                          struct rkb_buf *out)
{
    const struct rkb_json *probe = rkb_json_get(l->run->identity, "probe");

    if (stage_differs(a, l->row, l->system))
        add_condition(out, "first stage");
    else if (!l->row->first_stage)
        add_condition(out, "first stage not stated");
    if (depth_differs(l->row, l->system))
        add_condition(out, "depth");
    else if (!l->row->depth)
        add_condition(out, "depth not stated");
    if (probe && rkb_json_get(probe, "template") && !l->run->recorded)
        add_condition(out, "template not compared");
}

/* ---- rows ------------------------------------------------------------------------ */

/* Of a single collection and a single run that asked each query once. */
static enum rkb_status interval_of(const struct paper *p, const struct line *l,
                                   double *lo, double *hi, struct rkb_err *err)
{
    const struct rkb_report_measure *m =
        rkb_run_measure(l->run, l->table->measure);
    struct rkb_value_row *rows;
    double *values;
    size_t n;

    *lo = *hi = NAN;
    if (!m || l->figure.n_runs > 1 || l->run->n_evals > 1 ||
        strcmp(l->run->dataset, l->value->dataset) != 0)
        return RKB_OK;
    enum rkb_status rc =
        rkb_store_values(p->grid.want->store, p->grid.arena, l->run->evals[0],
                         rkb_sv_of(m->name), &rows, &n, err);

    if (rc)
        return rc;
    values = rkb_arena_new(p->grid.arena, n, sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = rows[i].value;
    p->grid.want->math->interval(values, n, lo, hi);
    return RKB_OK;
}

static void spread_of(const struct paper *p, struct line *l)
{
    size_t n = 0;

    l->least = l->most = NAN;
    for (size_t i = 0; i < p->grid.data.n_runs; i++) {
        const struct rkb_report_run *r = &p->grid.data.runs[i];
        const struct rkb_report_measure *m;

        if (!rkb_system_has(l->system, r) ||
            strcmp(r->dataset, l->value->dataset) != 0)
            continue;
        m = rkb_run_measure(r, l->table->measure);
        if (!m || !m->figure.whole || isnan(m->figure.value))
            continue;
        n++;
        if (isnan(l->least) || m->figure.value < l->least)
            l->least = m->figure.value;
        if (isnan(l->most) || m->figure.value > l->most)
            l->most = m->figure.value;
    }
    if (n < 2)
        l->least = l->most = NAN;
}

static void printed_cells(struct rkb_table *t, const struct line *l)
{
    rkb_table_text(t, l->row->system);
    rkb_table_text(t, l->row->first_stage);
    if (l->row->depth)
        rkb_table_int(t, l->row->depth);
    else
        rkb_table_none(t);
    rkb_table_text(t, l->value->dataset);
    rkb_table_text(t, l->value->text);
}

static enum rkb_status put_line(const struct paper *p, struct rkb_table *t,
                                const struct line *l, struct rkb_err *err)
{
    double scale = l->table->scale, lo, hi;
    int digits = l->table->digits;
    struct rkb_buf differs = { 0 };

    printed_cells(t, l);
    if (!l->system) {
        for (int i = 0; i < 6; i++)
            rkb_table_none(t);
        return RKB_OK;
    }
    enum rkb_status rc = interval_of(p, l, &lo, &hi, err);

    if (l->figure.whole)
        rkb_table_real(t, scale * l->figure.value, digits);
    else
        rkb_table_printf(
            t, "%.*f (%lld of %lld)", digits, scale * l->figure.value,
            (long long)l->figure.n_finished, (long long)l->figure.n_queries);
    /* Of what is printed on both sides: 0.0000 where the digits agree. */
    rkb_table_printf(
        t, "%+.*f", digits,
        same_digits(l) ? 0.0 : scale * (l->figure.value - printed_value(l)));
    if (isnan(lo))
        rkb_table_none(t);
    else
        rkb_table_printf(t, "%.*f to %.*f", digits, scale * lo, digits,
                         scale * hi);
    rkb_table_text(t, l->system->label);
    conditions_of(p->grid.arena, l, &differs);
    rkb_table_sv(t, differs.len ? rkb_buf_view(&differs) : (rkb_sv){ 0 });
    rkb_table_text(t, verdict_of(l));
    rkb_buf_release(&differs);
    return rc;
}

static struct rkb_table *open_table(const struct rkb_published_table *p,
                                    struct rkb_arena *a, struct rkb_doc *doc)
{
    static const char *const names[] = { "system",      "first stage", "#depth",
                                         "dataset",     "#printed",    "#ours",
                                         "#difference", "interval",    "run",
                                         "differs in",  "verdict" };
    struct rkb_table *t =
        rkb_doc_table(doc, rkb_arena_printf(a, "%s, %s%s", p->title, p->measure,
                                            p->scale > 1 ? ", times 100" : ""));

    for (size_t i = 0; i < RKB_COUNT(names); i++)
        rkb_table_column(t, names[i] + (names[i][0] == '#'),
                         names[i][0] == '#');
    rkb_doc_caption(t, "Evidence: %s (%s).", p->evidence, p->source);
    return t;
}

/* What was measured for one printed value: lines in the order of systems. */
static enum rkb_status measured_lines(struct paper *p,
                                      const struct rkb_published_table *pt,
                                      const struct rkb_published_row *row,
                                      const struct rkb_published_value *value,
                                      struct rkb_doc *doc, struct rkb_table **t,
                                      bool *any, struct rkb_err *err)
{
    const struct rkb_grid_column column = { NULL, NULL, value->dataset,
                                            pt->measure };
    enum rkb_status rc = RKB_OK;

    for (size_t s = 0; s < p->grid.n_systems && !rc; s++) {
        struct line l = { .table = pt,
                          .row = row,
                          .value = value,
                          .system = &p->grid.systems[s] };
        const struct rkb_report_run *run;

        l.run = first_run(p, l.system, value->dataset);
        if (row_for(p, pt, l.system, l.run, value->dataset) != row)
            continue;
        rc = rkb_grid_figure(&p->grid, l.system, &column, &l.figure, &run, err);
        if (rc || isnan(l.figure.value))
            continue;
        *t = *t ? *t : open_table(pt, p->grid.arena, doc);
        spread_of(p, &l);
        rc = put_line(p, *t, &l, err);
        *any = true;
        p->n_matched++;
        if (run)
            p->shown[run - p->grid.data.runs] = true;
    }
    return rc;
}

static enum rkb_status put_tables(struct paper *p, bool all,
                                  struct rkb_doc *doc, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < p->published.n_tables; i++) {
        const struct rkb_published_table *pt = &p->published.tables[i];
        struct rkb_table *t = NULL;

        for (size_t r = 0; r < pt->n_rows; r++)
            for (size_t v = 0; v < pt->rows[r].n_values && !rc; v++) {
                const struct line printed = { .table = pt,
                                              .row = &pt->rows[r],
                                              .value = &pt->rows[r].values[v] };
                bool any = false;

                rc = measured_lines(p, pt, printed.row, printed.value, doc, &t,
                                    &any, err);
                if (!any && all && !rc) {
                    t = t ? t : open_table(pt, p->grid.arena, doc);
                    rc = put_line(p, t, &printed, err);
                }
            }
    }
    return rc;
}

static void put_notes(const struct paper *p, bool all, struct rkb_doc *doc)
{
    if (!doc->n_tables)
        return;
    struct rkb_table *t = doc->tables[doc->n_tables - 1];

    rkb_table_note(
        t, "regenerated: equal, from recorded answers; equal: to the printed "
           "digits; within spread: of repeats, theirs or ours; differs: more "
           "than a known spread, or nothing that could vary; unknown: no "
           "spread is known, or queries are unfinished");
    rkb_table_note(t, "interval: 95 %% over the queries of our run; it decides "
                      "nothing");
    for (size_t i = 0; i < p->grid.data.n_runs; i++) {
        const struct rkb_report_run *r = &p->grid.data.runs[i];
        bool told = !p->shown[i] || !r->judged_by;

        for (size_t k = 0; k < i && !told; k++)
            told =
                p->shown[k] &&
                strcmp(p->grid.data.runs[k].dataset, r->dataset) == 0 &&
                rkb_digest_eq(&p->grid.data.runs[k].judgments, &r->judgments);
        if (!told)
            rkb_table_note(t, "our judgments of %s: %s", r->dataset,
                           r->judged_by);
    }
    for (size_t i = 0; i < p->published.n_notes; i++)
        rkb_table_note(t, "%s", p->published.notes[i]);
    if (!p->n_matched)
        rkb_table_note(t, "no run matches a row of this paper: name one with "
                          "--runs and its row with --row");
    else if (!all)
        rkb_table_note(t, "printed values without a measured one: --all");
}

static enum rkb_status build_paper(struct rkb_arena *a,
                                   const struct rkb_report_want *want,
                                   struct rkb_doc *doc, struct rkb_err *err)
{
    bool all = rkb_optset_flag(want->options, "all");
    struct paper p = { .row = rkb_optset_cstr(want->options, "row") };
    enum rkb_status rc =
        rkb_published_load(a, want->subject, &p.published, err);

    if (!rc)
        rc = rkb_grid_open(&p.grid, a, want, err);
    if (rc)
        return rc;
    p.shown = rkb_arena_new(a, p.grid.data.n_runs, sizeof *p.shown);
    doc->title = rkb_arena_printf(&doc->arena, "%s%s%s%s", p.published.title,
                                  p.published.arxiv ? " (arXiv " : "",
                                  p.published.arxiv ? p.published.arxiv : "",
                                  p.published.arxiv ? ")" : "");
    rc = put_tables(&p, all, doc, err);
    if (!rc && !p.n_matched && !all)
        rc = put_tables(&p, all = true, doc, err);
    put_notes(&p, all, doc);
    rkb_grid_close(&p.grid);
    return rc;
}

const struct rkb_report_def rkb_report_paper = {
    .name = "paper",
    .summary = "what a paper prints next to what was measured",
    .takes = "row all",
    .subject = "PAPER",
    .build = build_paper,
};
