/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of settings does, and what chance does. */
#include "base/sort.h"
#include "reports/grid.h"
#include "runs/manifest.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static const char *const ndcg[] = { "nDCG@10", NULL };

/* ---- ablation ---------------------------------------------------------------- */

/* A digest is named by its head. */
static const char *shorten(struct rkb_arena *a, rkb_sv text)
{
    struct rkb_buf out = { 0 };
    const char *copy;

    for (size_t i = 0; i < text.len;) {
        size_t n = 0;

        while (i + n < text.len && isxdigit((unsigned char)text.at[i + n]))
            n++;
        if (n == 64)
            rkb_buf_printf(&out, "%.8s..", text.at + i);
        else if (n)
            rkb_buf_sv(&out, (rkb_sv){ text.at + i, n });
        else
            rkb_buf_char(&out, text.at[i]);
        i += n ? n : 1;
    }
    copy = rkb_plain_text(a, rkb_buf_view(&out));
    rkb_buf_release(&out);
    return copy;
}

/* Of the label on the same dataset and first stage: the same depth, or else
 * any. */
static const struct rkb_report_run *partner(const struct rkb_gathered *g,
                                            const struct rkb_report_run *r,
                                            const char *label)
{
    const struct rkb_report_run *found = NULL;

    for (size_t i = 0; i < g->n_runs; i++) {
        const struct rkb_report_run *b = &g->runs[i];

        if (strcmp(b->label, label) == 0 &&
            strcmp(b->dataset, r->dataset) == 0 &&
            strcmp(b->first_stage, r->first_stage) == 0 &&
            (!found || (b->depth == r->depth && found->depth != r->depth)))
            found = b;
    }
    return found;
}

/* What differs from the baseline on the first dataset that both have. */
static enum rkb_status changes_of(struct rkb_grid *g,
                                  const struct rkb_system *s, const char *label,
                                  const char **out, struct rkb_err *err)
{
    struct rkb_buf diff = { 0 };
    enum rkb_status rc = RKB_OK;

    *out = NULL;
    for (size_t i = 0; i < g->data.n_runs && !*out && !rc; i++) {
        const struct rkb_report_run *r = &g->data.runs[i], *b;

        if (!rkb_system_has(s, r))
            continue;
        b = partner(&g->data, r, label);
        if (!b)
            continue;
        rc = rkb_manifest_diff(b->row.identity, r->row.identity, &diff, err);
        if (!rc)
            *out =
                diff.len ? shorten(g->arena, rkb_buf_view(&diff)) : "nothing";
    }
    rkb_buf_release(&diff);
    return rc;
}

/* Of the label over the same first stage: the same depth, or else any. */
static const struct rkb_system *base_system(const struct rkb_grid *g,
                                            const struct rkb_system *s,
                                            const char *label)
{
    const struct rkb_system *found = NULL;

    for (size_t i = 0; i < g->n_systems; i++) {
        const struct rkb_system *b = &g->systems[i];

        if (strcmp(b->label, label) == 0 &&
            strcmp(b->first_stage, s->first_stage) == 0 &&
            (!found || b->depth == s->depth))
            found = b;
    }
    return found;
}

static void difference_cell(const struct rkb_report_want *want,
                            struct rkb_table *t, const struct rkb_figure *x,
                            const struct rkb_figure *base)
{
    double d = (x->value - base->value) * rkb_measure_scale(want);

    if (x->whole && base->whole && !isnan(d))
        rkb_table_printf(t, "%+.*f", rkb_measure_digits(want), d);
    else
        rkb_table_none(t);
}

static enum rkb_status ablation_row(struct rkb_grid *g,
                                    const struct rkb_system *s,
                                    const char *label, struct rkb_table *t,
                                    struct rkb_err *err)
{
    const struct rkb_system *base = base_system(g, s, label);
    const char *changes;
    enum rkb_status rc = changes_of(g, s, label, &changes, err);

    rkb_table_text(t, s->label);
    rkb_table_text(t, s->first_stage);
    rkb_table_text(t, base == s ? "baseline" : changes);
    for (size_t c = 0; c < g->n_columns && !rc; c++) {
        struct rkb_figure x, b = { .value = NAN };
        const struct rkb_report_run *run;

        rc = rkb_grid_figure(g, s, &g->columns[c], &x, &run, err);
        if (!rc && base)
            rc = rkb_grid_figure(g, base, &g->columns[c], &b, &run, err);
        if (rc)
            break;
        rkb_figure_cell(g->want, t, &x);
        if (base == s)
            rkb_table_none(t);
        else
            difference_cell(g->want, t, &x, &b);
    }
    return rc;
}

static void dataset_columns(struct rkb_grid *g, const char *const *measures)
{
    size_t n;
    const char *const *datasets = rkb_grid_datasets(g, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t m = 0; measures[m]; m++)
            rkb_grid_column(g, datasets[i], measures[m], datasets[i],
                            measures[m]);
}

static enum rkb_status build_ablation(struct rkb_arena *a,
                                      const struct rkb_report_want *want,
                                      struct rkb_doc *doc, struct rkb_err *err)
{
    const char *label = rkb_optset_cstr(want->options, "baseline");
    bool there = false;
    struct rkb_grid g;

    if (!label)
        return rkb_fail(err, RKB_E_USAGE,
                        "report ablation needs --baseline LABEL");
    enum rkb_status rc = rkb_grid_open(&g, a, want, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < g.data.n_runs; i++)
        there |= strcmp(g.data.runs[i].label, label) == 0;
    if (!there)
        rc = rkb_fail(err, RKB_E_USAGE, "no run of the report is called '%s'",
                      label);
    dataset_columns(&g, rkb_grid_measures(&g, ndcg));
    struct rkb_table *t = rkb_doc_table(doc, NULL);

    doc->title = "Ablation";
    rkb_table_column(t, "run", false);
    rkb_table_column(t, "first stage", false);
    rkb_table_column(t, "differs from the baseline in", false);
    for (size_t c = 0; c < g.n_columns; c++) {
        rkb_table_column_of(t, g.columns[c].group, g.columns[c].name, true);
        rkb_table_column_of(t, g.columns[c].group,
                            rkb_arena_printf(a, "d %s", g.columns[c].name),
                            true);
    }
    for (size_t s = 0; s < g.n_systems && !rc; s++)
        rc = ablation_row(&g, &g.systems[s], label, t, err);
    rkb_doc_caption(t,
                    "d: minus the value of %s over the same first stage; "
                    "no difference where either has unfinished queries.",
                    label);
    rkb_grid_close(&g);
    return rc;
}

const struct rkb_report_def rkb_report_ablation = {
    .name = "ablation",
    .summary = "what differs from a baseline in settings and in value",
    .takes = "measure baseline x100",
    .build = build_ablation,
};

/* ---- robustness ---------------------------------------------------------------- */

/* Runs that differ in nothing but repeat and seed, and their values. */
struct repeats {
    const struct rkb_report_run *first;
    double *values; /* [n] */
    size_t n, n_partial;
    const char *order;
};

struct robust {
    struct repeats *groups;
    size_t n;
};

static const char *option_text(struct rkb_arena *a,
                               const struct rkb_report_run *r, const char *name)
{
    const struct rkb_json *options = rkb_json_get(r->identity, "options");
    const struct rkb_json *o = options ? rkb_json_get(options, name) : NULL;

    if (!o)
        return NULL;
    if (o->kind == RKB_JSON_TRUE || o->kind == RKB_JSON_FALSE)
        return o->kind == RKB_JSON_TRUE ? "true" : "false";
    return o->text.len ? rkb_plain_text(a, o->text) : NULL;
}

/* How the candidates came to the reranker: as the file has them, or shuffled
 * by the reranker's own option. */
static const char *order_of(struct rkb_arena *a, const struct rkb_report_run *r)
{
    const char *rule = rkb_plain_text(a, r->row.order_rule);
    const char *shuffle = option_text(a, r, "shuffle");

    return shuffle && strcmp(shuffle, "true") == 0
               ? rkb_arena_printf(a, "%s, shuffled", rule)
               : rule;
}

static bool may_repeat(const struct rkb_report_run *x,
                       const struct rkb_report_run *y)
{
    return strcmp(x->label, y->label) == 0 &&
           strcmp(x->dataset, y->dataset) == 0 && x->depth == y->depth &&
           x->row.candidate_set == y->row.candidate_set;
}

static enum rkb_status add_repeat(struct robust *o, const struct rkb_grid *g,
                                  const struct rkb_report_run *r,
                                  const char *measure, struct rkb_err *err)
{
    const struct rkb_report_measure *m = rkb_run_measure(r, measure);
    struct repeats *to = NULL;

    for (size_t i = 0; i < o->n && !to; i++) {
        bool same = may_repeat(o->groups[i].first, r);

        if (same) {
            enum rkb_status rc =
                rkb_runs_repeat(o->groups[i].first, r, &same, err);
            if (rc)
                return rc;
        }
        to = same ? &o->groups[i] : NULL;
    }
    if (!to) {
        to = &o->groups[o->n++];
        to->first = r;
        to->order = order_of(g->arena, r);
        to->values =
            rkb_arena_new(g->arena, g->data.n_runs, sizeof *to->values);
    }
    if (m && !isnan(m->figure.value) && m->figure.whole)
        to->values[to->n++] = m->figure.value;
    else
        to->n_partial++;
    return RKB_OK;
}

static double mean(const double *values, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return n ? sum / (double)n : (double)NAN;
}

static void spread_cells(const struct rkb_report_want *want,
                         struct rkb_table *t, const double *values, size_t n)
{
    double scale = rkb_measure_scale(want);
    int digits = rkb_measure_digits(want);
    double least = NAN, most = NAN;

    for (size_t i = 0; i < n; i++) {
        least = isnan(least) || values[i] < least ? values[i] : least;
        most = isnan(most) || values[i] > most ? values[i] : most;
    }
    rkb_table_int(t, (int64_t)n);
    rkb_table_real(t, scale * mean(values, n), digits);
    rkb_table_real(t, scale * want->math->sd(values, n), digits);
    rkb_table_real(t, scale * least, digits);
    rkb_table_real(t, scale * most, digits);
}

static void spread_columns(struct rkb_table *t, const char *n)
{
    rkb_table_column(t, n, true);
    rkb_table_column(t, "mean", true);
    rkb_table_column(t, "SD", true);
    rkb_table_column(t, "least", true);
    rkb_table_column(t, "most", true);
}

static void repeats_table(struct rkb_grid *g, const struct robust *o,
                          const char *measure, struct rkb_doc *doc)
{
    struct rkb_table *t = rkb_doc_table(
        doc, rkb_arena_printf(g->arena, "%s over repeats", measure));
    size_t partial = 0;

    rkb_table_column(t, "run", false);
    rkb_table_column(t, "dataset", false);
    rkb_table_column(t, "first stage", false);
    rkb_table_column(t, "order", false);
    rkb_table_column(t, "depth", true);
    spread_columns(t, "repeats");
    for (size_t i = 0; i < o->n; i++) {
        const struct repeats *r = &o->groups[i];

        rkb_table_text(t, r->first->label);
        rkb_table_text(t, r->first->dataset);
        rkb_table_text(t, r->first->first_stage);
        rkb_table_text(t, r->order);
        rkb_table_int(t, r->first->depth);
        spread_cells(g->want, t, r->values, r->n);
        partial += r->n_partial;
    }
    rkb_doc_caption(t, "Runs that differ in repeat and seed alone; SD: with n "
                       "- 1, over the means of the runs.");
    if (partial)
        rkb_table_note(t,
                       "runs left out, with unfinished queries or without "
                       "this measure: %zu",
                       partial);
}

/* Two groups of one row here differ in what this table is over. */
static bool same_but(const struct repeats *x, const struct repeats *y,
                     bool over_depth)
{
    bool order = strcmp(x->order, y->order) == 0;
    bool depth = x->first->depth == y->first->depth;

    return strcmp(x->first->label, y->first->label) == 0 &&
           strcmp(x->first->dataset, y->first->dataset) == 0 &&
           strcmp(x->first->first_stage, y->first->first_stage) == 0 &&
           (over_depth ? order : depth);
}

static void over_table(struct rkb_grid *g, const struct robust *o,
                       bool over_depth, const char *measure,
                       struct rkb_doc *doc)
{
    double *values = rkb_arena_new(g->arena, o->n, sizeof *values);
    struct rkb_table *t = NULL;

    for (size_t i = 0; i < o->n; i++) {
        size_t n = 0;
        bool first = true;

        for (size_t k = 0; k < o->n; k++) {
            if (!same_but(&o->groups[i], &o->groups[k], over_depth))
                continue;
            first &= k >= i;
            if (o->groups[k].n)
                values[n++] = mean(o->groups[k].values, o->groups[k].n);
        }
        if (!first || n < 2)
            continue;
        if (!t) {
            t = rkb_doc_table(
                doc, rkb_arena_printf(g->arena, "%s over %s", measure,
                                      over_depth ? "depths" : "orders"));
            rkb_table_column(t, "run", false);
            rkb_table_column(t, "dataset", false);
            rkb_table_column(t, "first stage", false);
            spread_columns(t, over_depth ? "depths" : "orders");
            rkb_doc_caption(t, "Over the means of the table above.");
        }
        rkb_table_text(t, o->groups[i].first->label);
        rkb_table_text(t, o->groups[i].first->dataset);
        rkb_table_text(t, o->groups[i].first->first_stage);
        spread_cells(g->want, t, values, n);
    }
}

static enum rkb_status build_robustness(struct rkb_arena *a,
                                        const struct rkb_report_want *want,
                                        struct rkb_doc *doc,
                                        struct rkb_err *err)
{
    struct rkb_grid g;
    enum rkb_status rc = rkb_grid_open(&g, a, want, err);

    if (rc)
        return rc;
    const char *const *measures = rkb_grid_measures(&g, ndcg);

    doc->title = "Robustness";
    for (size_t m = 0; measures[m] && !rc; m++) {
        struct robust o = { .groups = rkb_arena_new(a, g.data.n_runs,
                                                    sizeof *o.groups) };

        for (size_t i = 0; i < g.data.n_runs && !rc; i++)
            rc = add_repeat(&o, &g, &g.data.runs[i], measures[m], err);
        if (rc)
            break;
        repeats_table(&g, &o, measures[m], doc);
        over_table(&g, &o, false, measures[m], doc);
        over_table(&g, &o, true, measures[m], doc);
    }
    rkb_grid_close(&g);
    return rc;
}

const struct rkb_report_def rkb_report_robustness = {
    .name = "robustness",
    .summary = "mean and spread over repeats, orders and depths",
    .takes = "measure x100",
    .build = build_robustness,
};
