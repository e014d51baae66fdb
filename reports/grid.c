/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/grid_impl.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- sets --------------------------------------------------------------- */

const struct rkb_report_set rkb_report_sets[] = {
#define RKB_SET(set_name, from, ...) \
    { .name = set_name,              \
      .source = from,                \
      .members = (const char *const[]){ __VA_ARGS__, NULL } },
#include "reports/sets.def"
#undef RKB_SET
    { 0 },
};

const struct rkb_report_set *rkb_report_set_find(const char *name)
{
    for (const struct rkb_report_set *s = rkb_report_sets; s->name; s++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

/* ---- rows and columns ---------------------------------------------------- */

bool rkb_system_has(const struct rkb_system *s, const struct rkb_report_run *r)
{
    return strcmp(s->label, r->label) == 0 &&
           strcmp(s->first_stage, r->first_stage) == 0 && s->depth == r->depth;
}

static void add_system(struct rkb_grid *g, const struct rkb_report_run *r)
{
    for (size_t i = 0; i < g->n_systems; i++)
        if (rkb_system_has(&g->systems[i], r)) {
            g->systems[i].sees_grades |= r->sees_grades;
            return;
        }
    g->systems[g->n_systems++] =
        (struct rkb_system){ .label = r->label,
                             .first_stage = r->first_stage,
                             .depth = r->depth,
                             .sees_grades = r->sees_grades };
}

/* All of one first stage after another. */
static void order_systems(struct rkb_grid *g)
{
    struct rkb_system *out = rkb_arena_new(g->arena, g->n_systems, sizeof *out);
    size_t n = 0;

    for (size_t i = 0; i < g->n_systems; i++) {
        const char *stage = g->systems[i].first_stage;
        bool first = true;

        for (size_t k = 0; k < i && first; k++)
            first = strcmp(g->systems[k].first_stage, stage) != 0;
        for (size_t k = i; k < g->n_systems && first; k++)
            if (strcmp(g->systems[k].first_stage, stage) == 0)
                out[n++] = g->systems[k];
    }
    g->systems = out;
}

enum rkb_status rkb_grid_open(struct rkb_grid *g, struct rkb_arena *a,
                              const struct rkb_report_want *want,
                              struct rkb_err *err)
{
    *g = (struct rkb_grid){ .arena = a, .want = want };
    enum rkb_status rc = rkb_gather(a, want, &g->data, err);

    if (rc)
        return rc;
    g->systems = rkb_arena_new(a, g->data.n_runs, sizeof *g->systems);
    for (size_t i = 0; i < g->data.n_runs; i++)
        add_system(g, &g->data.runs[i]);
    order_systems(g);
    return RKB_OK;
}

void rkb_grid_close(struct rkb_grid *g)
{
    rkb_free(g->columns);
    *g = (struct rkb_grid){ 0 };
}

void rkb_grid_column(struct rkb_grid *g, const char *group, const char *name,
                     const char *dataset, const char *measure)
{
    g->columns = rkb_grow(g->columns, &g->columns_cap, g->n_columns + 1,
                          sizeof *g->columns);
    g->columns[g->n_columns++] =
        (struct rkb_grid_column){ group, name, dataset, measure };
}

bool rkb_grid_has(const struct rkb_grid *g, const char *dataset)
{
    const struct rkb_report_set *set = rkb_report_set_find(dataset);

    for (size_t i = 0; i < g->data.n_runs; i++)
        if (strcmp(g->data.runs[i].dataset, dataset) == 0)
            return true;
    for (size_t i = 0; set && set->members[i]; i++)
        if (rkb_grid_has(g, set->members[i]))
            return true;
    return false;
}

const char **rkb_grid_datasets(const struct rkb_grid *g, size_t *n)
{
    const char **names =
        rkb_arena_new(g->arena, g->data.n_runs, sizeof(*names));

    *n = 0;
    for (size_t i = 0; i < g->data.n_runs; i++) {
        bool seen = false;

        for (size_t k = 0; k < *n && !seen; k++)
            seen = strcmp(names[k], g->data.runs[i].dataset) == 0;
        if (!seen)
            names[(*n)++] = g->data.runs[i].dataset;
    }
    return names;
}

const char *const *rkb_grid_measures(const struct rkb_grid *g,
                                     const char *const *fallback)
{
    const struct rkb_opt_value *asked =
        rkb_optset_get(g->want->options, "measure");
    const char **out;

    if (!asked->n_all)
        return fallback;
    out = rkb_arena_new(g->arena, asked->n_all + 1, sizeof *out);
    for (size_t i = 0; i < asked->n_all; i++)
        out[i] = rkb_arena_cstr(g->arena, asked->all[i]);
    return out;
}

/* ---- cells ----------------------------------------------------------------- */

static void add_figure(struct rkb_figure *sum, const struct rkb_figure *f)
{
    if (sum->n_runs == 0) {
        *sum = *f;
        return;
    }
    sum->value += f->value;
    sum->n_missing =
        f->n_missing > sum->n_missing ? f->n_missing : sum->n_missing;
    sum->n_failed = f->n_failed > sum->n_failed ? f->n_failed : sum->n_failed;
    sum->n = f->n < sum->n ? f->n : sum->n;
    if (f->n_finished < sum->n_finished)
        sum->n_finished = f->n_finished;
    sum->whole &= f->whole;
    sum->n_runs += f->n_runs;
}

static enum rkb_status different_runs(const struct rkb_report_run *x,
                                      const struct rkb_report_run *y,
                                      struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE,
                    "runs %lld and %lld are both called '%s' on %s and differ "
                    "in more than their repeat; choose with --runs",
                    (long long)x->row.id, (long long)y->row.id, x->label,
                    x->dataset);
}

/* The mean over the repeats of a run. */
static enum rkb_status one_dataset(const struct rkb_grid *g,
                                   const struct rkb_system *s,
                                   const struct rkb_grid_column *c,
                                   struct rkb_figure *out,
                                   const struct rkb_report_run **run,
                                   struct rkb_err *err)
{
    struct rkb_figure sum = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < g->data.n_runs; i++) {
        const struct rkb_report_run *r = &g->data.runs[i];
        const struct rkb_report_measure *m;
        bool repeat = true;

        if (!rkb_system_has(s, r) || strcmp(r->dataset, c->dataset) != 0)
            continue;
        if (*run) {
            enum rkb_status rc = rkb_runs_repeat(*run, r, &repeat, err);

            if (rc)
                return rc;
            if (!repeat)
                return different_runs(*run, r, err);
        }
        m = rkb_run_measure(r, c->measure);
        if (m)
            add_figure(&sum, &m->figure);
        *run = *run ? *run : r;
        n++;
    }
    *out = sum;
    out->value = n && sum.n_runs == n ? sum.value / (double)n : (double)NAN;
    return RKB_OK;
}

/* No average unless every member is there, whole. */
static enum rkb_status set_of_datasets(const struct rkb_grid *g,
                                       const struct rkb_system *s,
                                       const struct rkb_grid_column *c,
                                       const struct rkb_report_set *set,
                                       struct rkb_figure *out,
                                       struct rkb_err *err)
{
    struct rkb_figure sum = { .whole = true, .n_runs = 1 };
    size_t n = 0;

    for (; set->members[n]; n++) {
        struct rkb_grid_column member = *c;
        const struct rkb_report_run *run = NULL;
        struct rkb_figure f;
        enum rkb_status rc;

        member.dataset = set->members[n];
        rc = rkb_grid_figure(g, s, &member, &f, &run, err);
        if (rc)
            return rc;
        sum.value += f.whole ? f.value : (double)NAN;
        sum.n += f.n;
        sum.n_missing += f.n_missing;
        sum.n_queries += f.n_queries;
        sum.n_finished += f.n_finished;
    }
    *out = sum;
    out->value = sum.value / (double)n;
    return RKB_OK;
}

enum rkb_status rkb_grid_figure(const struct rkb_grid *g,
                                const struct rkb_system *s,
                                const struct rkb_grid_column *c,
                                struct rkb_figure *out,
                                const struct rkb_report_run **run,
                                struct rkb_err *err)
{
    const struct rkb_report_set *set = rkb_report_set_find(c->dataset);

    *run = NULL;
    if (set)
        return set_of_datasets(g, s, c, set, out, err);
    return one_dataset(g, s, c, out, run, err);
}

double rkb_measure_scale(const struct rkb_report_want *want)
{
    return rkb_optset_flag(want->options, "x100") ? 100 : 1;
}

int rkb_measure_digits(const struct rkb_report_want *want)
{
    if (rkb_optset_get(want->options, "digits")->given)
        return (int)rkb_optset_int(want->options, "digits");
    return rkb_optset_flag(want->options, "x100") ? 2 : 4;
}

double rkb_measure_printed(const struct rkb_report_want *want, double value)
{
    char text[512];
    double back = NAN;

    snprintf(text, sizeof text, "%.*f", rkb_measure_digits(want),
             value * rkb_measure_scale(want));
    return rkb_sv_to_double(rkb_sv_of(text), &back) ? back : (double)NAN;
}

void rkb_figure_cell(const struct rkb_report_want *want, struct rkb_table *t,
                     const struct rkb_figure *f)
{
    int digits = rkb_measure_digits(want);
    double value = f->value * rkb_measure_scale(want);

    if (f->whole || isnan(f->value))
        rkb_table_real(t, value, digits);
    else
        rkb_table_printf(t, "%.*f (%lld of %lld)", digits, value,
                         (long long)f->n_finished, (long long)f->n_queries);
}

void rkb_queries_cell(struct rkb_table *t, const struct rkb_report_run *r)
{
    int64_t n = r->row.n_finished;

    if (n == r->row.n_queries)
        rkb_table_int(t, n);
    else
        rkb_table_printf(t, "%lld of %lld", (long long)n,
                         (long long)r->row.n_queries);
}

/* ---- the table --------------------------------------------------------------- */

static enum rkb_status fill(struct rkb_grid *g, struct rkb_filled *f,
                            struct rkb_err *err)
{
    size_t n = g->n_systems * g->n_columns;

    f->figures = rkb_arena_new(g->arena, n, sizeof *f->figures);
    f->runs = rkb_arena_new(g->arena, n, sizeof(*f->runs));
    f->shown = rkb_arena_new(g->arena, g->n_systems, sizeof *f->shown);
    for (size_t i = 0; i < n; i++) {
        enum rkb_status rc = rkb_grid_figure(g, &g->systems[i / g->n_columns],
                                             &g->columns[i % g->n_columns],
                                             &f->figures[i], &f->runs[i], err);

        if (rc)
            return rc;
        if (!isnan(f->figures[i].value))
            f->shown[i / g->n_columns] = true;
    }
    return RKB_OK;
}

bool rkb_cell_competes(const struct rkb_grid *g, const struct rkb_filled *f,
                       size_t i)
{
    return f->figures[i].whole && !isnan(f->figures[i].value) &&
           !g->systems[i / g->n_columns].sees_grades;
}

bool rkb_judged_alike(const struct rkb_grid *g, const struct rkb_filled *f,
                      size_t column)
{
    const struct rkb_report_run *first = NULL;

    for (size_t s = 0; s < g->n_systems; s++) {
        const struct rkb_report_run *r = f->runs[s * g->n_columns + column];

        if (!r || !r->judged_by)
            continue;
        if (first && !rkb_digest_eq(&first->judgments, &r->judgments))
            return false;
        first = first ? first : r;
    }
    return true;
}

/* The best printed value of a column that is worse than `bound` (NaN: none
 * is); NaN when there is none. */
static double next_best(const struct rkb_grid *g, const struct rkb_filled *f,
                        size_t column, double bound, double sign)
{
    double best = NAN;

    for (size_t s = 0; s < g->n_systems; s++) {
        size_t i = s * g->n_columns + column;
        double v = sign * rkb_measure_printed(g->want, f->figures[i].value);

        if (rkb_cell_competes(g, f, i) && (isnan(bound) || v < bound) &&
            (isnan(best) || v > best))
            best = v;
    }
    return best;
}

static size_t n_competing(const struct rkb_grid *g, const struct rkb_filled *f,
                          size_t column)
{
    size_t n = 0;

    for (size_t s = 0; s < g->n_systems; s++)
        n += rkb_cell_competes(g, f, s * g->n_columns + column);
    return n;
}

/* One value alone, or all of them equal, is no best. */
static void mark_column(const struct rkb_grid *g, const struct rkb_filled *f,
                        size_t column, size_t heads, struct rkb_table *t)
{
    bool low = g->want->math->smaller_is_better(g->columns[column].measure);
    double sign = low ? -1 : 1;
    double best = next_best(g, f, column, NAN, sign);
    double second = next_best(g, f, column, best, sign);
    size_t row = 0;

    if (n_competing(g, f, column) < 2 || isnan(second))
        return;
    for (size_t s = 0; s < g->n_systems; s++) {
        size_t i = s * g->n_columns + column;
        double v = sign * rkb_measure_printed(g->want, f->figures[i].value);

        if (rkb_cell_competes(g, f, i) && v >= best)
            rkb_table_mark(t, row, heads + column, RKB_MARK_BEST);
        else if (rkb_cell_competes(g, f, i) && v >= second)
            rkb_table_mark(t, row, heads + column, RKB_MARK_SECOND);
        row += f->shown[s];
    }
}

static bool depth_varies(const struct rkb_grid *g, const struct rkb_filled *f)
{
    const struct rkb_system *first = NULL;

    for (size_t s = 0; s < g->n_systems; s++) {
        if (!f->shown[s])
            continue;
        if (first && first->depth != g->systems[s].depth)
            return true;
        first = first ? first : &g->systems[s];
    }
    return false;
}

static size_t put_rows(struct rkb_grid *g, const struct rkb_filled *f,
                       struct rkb_table *t)
{
    bool depth = depth_varies(g, f), lettered = g->letters != NULL;
    const char *stage = NULL;

    if (lettered)
        rkb_table_column(t, "row", false);
    rkb_table_column(t, "model", false);
    rkb_table_column(t, "first stage", false);
    if (depth)
        rkb_table_column(t, "depth", true);
    for (size_t c = 0; c < g->n_columns; c++)
        rkb_table_column_of(t, g->columns[c].group, g->columns[c].name, true);
    for (size_t s = 0; s < g->n_systems; s++) {
        const struct rkb_system *system = &g->systems[s];

        if (!f->shown[s])
            continue;
        if (stage && strcmp(stage, system->first_stage) != 0)
            rkb_table_rule(t);
        stage = system->first_stage;
        if (lettered)
            rkb_table_text(t, g->letters[s]);
        rkb_table_text(t, system->label);
        rkb_table_text(t, stage);
        if (depth && system->depth)
            rkb_table_int(t, system->depth);
        else if (depth)
            rkb_table_text(t, "all");
        for (size_t c = 0; c < g->n_columns; c++)
            rkb_figure_cell(g->want, t, &f->figures[s * g->n_columns + c]);
    }
    return (depth ? 3u : 2u) + (lettered ? 1u : 0u);
}

/* ---- caption and notes ----------------------------------------------------- */

/* "dl19 43, dl20 54": the queries behind the means, of single collections. */
static void caption_n(const struct rkb_grid *g, const struct rkb_filled *f,
                      struct rkb_table *t)
{
    struct rkb_buf text = { 0 };

    for (size_t c = 0; c < g->n_columns; c++) {
        int64_t least = INT64_MAX, most = 0;
        bool seen = rkb_report_set_find(g->columns[c].dataset) != NULL;

        for (size_t k = 0; k < c && !seen; k++)
            seen = strcmp(g->columns[k].dataset, g->columns[c].dataset) == 0;
        for (size_t s = 0; s < g->n_systems && !seen; s++) {
            const struct rkb_figure *x = &f->figures[s * g->n_columns + c];

            if (isnan(x->value))
                continue;
            least = x->n < least ? x->n : least;
            most = x->n > most ? x->n : most;
        }
        if (!most || seen)
            continue;
        rkb_buf_printf(&text, "%s%s ", text.len ? ", " : "",
                       g->columns[c].dataset);
        if (least == most)
            rkb_buf_printf(&text, "%lld", (long long)most);
        else
            rkb_buf_printf(&text, "%lld to %lld", (long long)least,
                           (long long)most);
    }
    if (text.len)
        rkb_doc_caption(t, "Queries: %s.", text.at);
    rkb_buf_release(&text);
}

static void caption_measures(const struct rkb_grid *g, struct rkb_table *t)
{
    struct rkb_buf text = { 0 };

    for (size_t c = 0; c < g->n_columns; c++) {
        bool seen = false;

        for (size_t k = 0; k < c && !seen; k++)
            seen = strcmp(g->columns[k].measure, g->columns[c].measure) == 0;
        if (!seen)
            rkb_buf_printf(&text, "%s%s", text.len ? ", " : "",
                           g->columns[c].measure);
    }
    rkb_doc_caption(t, "%s%s.", text.len ? text.at : "",
                    rkb_measure_scale(g->want) > 1 ? ", times 100" : "");
    rkb_buf_release(&text);
}

static void note_queries(const struct rkb_grid *g, const struct rkb_filled *f,
                         struct rkb_table *t)
{
    for (size_t s = 0; s < g->n_systems; s++)
        for (size_t c = 0; c < g->n_columns; c++) {
            const struct rkb_figure *x = &f->figures[s * g->n_columns + c];
            const struct rkb_report_run *r = f->runs[s * g->n_columns + c];
            bool seen = !r || isnan(x->value);

            for (size_t k = 0; k < c && !seen; k++)
                seen = f->runs[s * g->n_columns + k] == r;
            if (seen)
                continue;
            if (x->n_missing)
                rkb_table_note(t,
                               "%s on %s: judged queries without candidates, "
                               "which count 0: %lld",
                               r->label, r->dataset, (long long)x->n_missing);
            if (!x->whole)
                rkb_table_note(t,
                               "%s on %s: %lld of %lld queries finished, %lld "
                               "failed; the mean is over those that finished",
                               r->label, r->dataset, (long long)x->n_finished,
                               (long long)x->n_queries, (long long)x->n_failed);
            if (x->n_runs > 1)
                rkb_table_note(t, "%s on %s: mean of %zu repeats", r->label,
                               r->dataset, x->n_runs);
        }
}

static void note_systems(const struct rkb_grid *g, const struct rkb_filled *f,
                         struct rkb_table *t)
{
    size_t hidden = 0;

    for (size_t s = 0; s < g->n_systems; s++) {
        bool told = !f->shown[s] || !g->systems[s].sees_grades;

        hidden += !f->shown[s];
        for (size_t k = 0; k < s && !told; k++)
            told = f->shown[k] && g->systems[k].sees_grades &&
                   strcmp(g->systems[k].label, g->systems[s].label) == 0;
        if (!told)
            rkb_table_note(t, "%s sees the judgments: a ceiling, no competitor",
                           g->systems[s].label);
    }
    if (hidden)
        rkb_table_note(t, "systems left out, without any of these values: %zu",
                       hidden);
}

static void note_judgments(const struct rkb_grid *g, const struct rkb_filled *f,
                           struct rkb_table *t)
{
    for (size_t c = 0; c < g->n_columns; c++)
        if (!rkb_judged_alike(g, f, c))
            rkb_table_note(t,
                           "%s %s: runs rest on different judgments and are "
                           "not ranked; choose with --judgments",
                           g->columns[c].dataset, g->columns[c].name);
}

static void note_absent(const struct rkb_grid *g, const struct rkb_filled *f,
                        struct rkb_table *t)
{
    for (size_t c = 0; c < g->n_columns; c++) {
        const char *name = g->columns[c].measure;
        bool there = false, seen = false;

        for (size_t k = 0; k < c && !seen; k++)
            seen = strcmp(g->columns[k].measure, name) == 0;
        for (size_t k = c; k < g->n_columns && !seen; k++)
            for (size_t s = 0; s < g->n_systems; s++)
                there |= strcmp(g->columns[k].measure, name) == 0 &&
                         !isnan(f->figures[s * g->n_columns + k].value);
        if (!there && !seen)
            rkb_table_note(t,
                           "no run has %s; `run -m %s` with the same settings "
                           "adds it without sending anything",
                           name, name);
    }
}

enum rkb_status rkb_grid_write(struct rkb_grid *g, struct rkb_doc *doc,
                               const char *title, struct rkb_err *err)
{
    struct rkb_filled f = { 0 };
    enum rkb_status rc = fill(g, &f, err);

    if (!rc)
        rc = rkb_letter_rows(g, &f, err);
    if (rc)
        return rc;
    struct rkb_table *t = rkb_doc_table(doc, title);
    size_t heads = put_rows(g, &f, t);

    for (size_t c = 0; c < g->n_columns; c++)
        if (rkb_judged_alike(g, &f, c))
            mark_column(g, &f, c, heads, t);
    caption_measures(g, t);
    caption_n(g, &f, t);
    if (g->letters)
        rc = rkb_letter_cells(g, &f, heads, t, err);
    note_queries(g, &f, t);
    note_systems(g, &f, t);
    note_judgments(g, &f, t);
    note_absent(g, &f, t);
    return rc;
}
