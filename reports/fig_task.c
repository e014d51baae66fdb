/* SPDX-License-Identifier: Apache-2.0 */
/* One measure of many systems on many collections: bars, or a heat map. */
#include "reports/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct tasks {
    struct rkb_arena *arena;
    const struct rkb_report_want *want;
    struct rkb_grid grid;
    const char *measure, *title;
    const char **datasets, **shown; /* [n_datasets]; shown without "beir/" */
    size_t n_datasets;
    const char **names; /* [n_systems] */
    size_t n_systems;   /* those of the grid with any value */
    double *values;     /* [n_systems][n_datasets] */
    double lo, hi;
};

static void find_datasets(struct tasks *f)
{
    const char *slash = NULL;
    bool common = true;

    f->datasets = rkb_grid_datasets(&f->grid, &f->n_datasets);
    f->shown = rkb_arena_new(f->arena, f->n_datasets, sizeof(*f->shown));
    slash = strrchr(f->datasets[0], '/');
    for (size_t i = 0; i < f->n_datasets && slash; i++)
        common &= strncmp(f->datasets[i], f->datasets[0],
                          (size_t)(slash - f->datasets[0]) + 1) == 0;
    for (size_t i = 0; i < f->n_datasets; i++)
        f->shown[i] = slash && common
                          ? f->datasets[i] + (slash - f->datasets[0]) + 1
                          : f->datasets[i];
}

static void note_value(const struct tasks *f, const char *system,
                       const char *dataset, const struct rkb_figure *value,
                       struct rkb_table *t)
{
    if (isnan(value->value))
        rkb_table_note(t, "%s has no %s on %s", system, f->measure, dataset);
    else if (!value->whole)
        rkb_table_note(t, "%s on %s: %lld of %lld queries finished", system,
                       dataset, (long long)value->n_finished,
                       (long long)value->n_queries);
}

static enum rkb_status read_values(struct tasks *f, struct rkb_table *t,
                                   struct rkb_err *err)
{
    size_t n = f->grid.n_systems;
    const char **names = rkb_figure_systems(&f->grid);

    f->values = rkb_arena_new(f->arena, n * f->n_datasets, sizeof *f->values);
    f->names = rkb_arena_new(f->arena, n, sizeof(*f->names));
    f->lo = f->hi = NAN;
    for (size_t i = 0; i < n; i++) {
        double *row = f->values + f->n_systems * f->n_datasets;
        bool any = false;

        for (size_t d = 0; d < f->n_datasets; d++) {
            const struct rkb_grid_column c = { NULL, "", f->datasets[d],
                                               f->measure };
            const struct rkb_report_run *run;
            struct rkb_figure value;
            enum rkb_status rc = rkb_grid_figure(&f->grid, &f->grid.systems[i],
                                                 &c, &value, &run, err);

            if (rc)
                return rc;
            row[d] = value.value * rkb_measure_scale(f->want);
            any |= !isnan(row[d]);
            rkb_figure_widen(row[d], &f->lo, &f->hi);
            note_value(f, names[i], f->datasets[d], &value, t);
        }
        if (!any)
            continue;
        if (f->grid.systems[i].sees_grades)
            rkb_table_note(t, "%s sees the judgments: a ceiling, no competitor",
                           names[i]);
        f->names[f->n_systems++] = names[i];
    }
    if (!f->n_systems)
        return rkb_fail(err, RKB_E_USAGE, "no run has %s", f->measure);
    return rkb_figure_few(f->n_systems, err);
}

static enum rkb_status open_tasks(struct tasks *f, struct rkb_arena *a,
                                  const struct rkb_report_want *want,
                                  struct rkb_doc *doc, struct rkb_err *err)
{
    *f = (struct tasks){ .arena = a, .want = want };
    enum rkb_status rc = rkb_figure_measure(a, want, &f->measure, err);

    if (!rc)
        rc = rkb_grid_open(&f->grid, a, want, err);
    if (rc)
        return rc;
    f->title = rkb_figure_title(a, want, f->measure, NULL);
    find_datasets(f);
    doc->title = rkb_arena_printf(&doc->arena, "%s by task", f->title);
    return read_values(f, rkb_doc_table(doc, "systems and tasks"), err);
}

/* What a bar takes of the height of a task, gap included. */
static double bar_share(const struct tasks *f)
{
    return 0.84 / (double)f->n_systems;
}

/* The upper edge of a bar. Bars of a task stand together, around its name,
 * where some systems are without a value. */
static double bar_place(const struct tasks *f, size_t system, size_t task)
{
    size_t before = 0, all = 0;

    for (size_t s = 0; s < f->n_systems; s++) {
        bool there = !isnan(f->values[s * f->n_datasets + task]);

        before += there && s < system;
        all += there;
    }
    return (double)task +
           bar_share(f) * ((double)before - (double)all / 2 + 0.05);
}

static void task_table(const struct tasks *f, struct rkb_table *t, bool bars)
{
    rkb_table_column(t, "system", false);
    rkb_table_column(t, "task", false);
    rkb_table_column(t, "number of system", true);
    rkb_table_column(t, bars ? "place of bar" : "number of task", true);
    rkb_table_column(t, f->measure, true);
    for (size_t s = 0; s < f->n_systems; s++)
        for (size_t d = 0; d < f->n_datasets; d++) {
            double v = f->values[s * f->n_datasets + d];

            if (isnan(v))
                continue;
            rkb_table_text(t, f->names[s]);
            rkb_table_text(t, f->datasets[d]);
            rkb_table_int(t, (int64_t)s);
            if (bars)
                rkb_table_real(t, bar_place(f, s, d), 4);
            else
                rkb_table_int(t, (int64_t)d);
            rkb_figure_cell6(t, v);
        }
}

/* Lying, so that names of tasks can be read; the first task on top. */
static enum rkb_status build_tasks(struct rkb_arena *a,
                                   const struct rkb_report_want *want,
                                   struct rkb_doc *doc, struct rkb_err *err)
{
    struct rkb_plot p = { 0 };
    struct tasks f;
    enum rkb_status rc = open_tasks(&f, a, want, doc, err);

    if (rc)
        return rc;
    if (f.n_systems > RKB_PLOT_BARS)
        return rkb_fail(err, RKB_E_USAGE,
                        "%zu systems are more than the %d whose bars can be "
                        "told apart; choose with --runs, or take `report heat`",
                        f.n_systems, RKB_PLOT_BARS);
    double thick = f.n_systems < 4 ? 9 : f.n_systems < 8 ? 6 : 4;

    task_table(&f, doc->tables[0], true);
    rkb_plot_names(&p, &p.y, NULL, f.shown, f.n_datasets);
    p.y.lo = (double)f.n_datasets - 0.5;
    p.y.hi = -0.5;
    rkb_plot_range(&p, &p.x, f.title, f.lo, f.hi, RKB_AXIS_ZERO);
    rkb_plot_lay(&p, (double)f.n_datasets *
                         fmax(thick * (double)f.n_systems / 0.84, 14));
    p.n_looks = f.n_systems;
    for (size_t s = 0; s < f.n_systems; s++) {
        rkb_plot_item(&p,
                      "index 0 using ($1 == %zu ? $3 : NaN):2:(0):3:"
                      "2:($2%+.4f) with boxxyerror lc rgb '%s' fs %s",
                      s, bar_share(&f) * 0.9, rkb_plot_colour(s),
                      rkb_plot_fill(s));
        rkb_plot_key(&p, RKB_KEY_BOX, s, f.names[s]);
    }
    rkb_plot_finish(&p, doc);
    return RKB_OK;
}

const struct rkb_report_def rkb_report_tasks = {
    .name = "tasks",
    .summary = "figure: a measure of every system on every collection, as bars",
    .takes = "measure x100",
    .build = build_tasks,
};

/* ---- heat map ------------------------------------------------------------------ */

/* viridis: as light in grey as in colour. */
static const char palette[] =
    "set palette defined (0 '#440154', 1 '#3B528B', 2 '#21918C', 3 '#5EC962', "
    "4 '#FDE725')";

/* ".47", "47.1", "1.00" */
static const char *cell_text(struct rkb_arena *a, double v, double room)
{
    char text[64];
    const char *from = text;

    for (int digits = fabs(v) >= 10 ? 1 : 3; digits >= 0; digits--) {
        snprintf(text, sizeof text, "%.*f", digits, v);
        from = text[0] == '0' && text[1] == '.' ? text + 1 : text;
        if (rkb_plot_text_width(from) <= room)
            return rkb_arena_cstr(a, rkb_sv_of(from));
    }
    return NULL;
}

static void heat_cells(const struct tasks *f, struct rkb_plot *p)
{
    double room = (p->right - p->left) / (double)f->n_datasets - 2;
    double span = f->hi > f->lo ? f->hi - f->lo : 1;

    for (size_t s = 0; s < f->n_systems; s++)
        for (size_t d = 0; d < f->n_datasets; d++) {
            double v = f->values[s * f->n_datasets + d];
            const char *text = isnan(v) ? "-" : cell_text(f->arena, v, room);

            if (text)
                rkb_plot_text(p, rkb_plot_x(p, (double)d),
                              rkb_plot_y(p, (double)s), RKB_CENTER,
                              isnan(v) || (v - f->lo) / span > 0.55 ? "#000000"
                                                                    : "#FFFFFF",
                              text);
        }
}

static enum rkb_status build_heat(struct rkb_arena *a,
                                  const struct rkb_report_want *want,
                                  struct rkb_doc *doc, struct rkb_err *err)
{
    struct rkb_plot p = { 0 };
    struct tasks f;
    enum rkb_status rc = open_tasks(&f, a, want, doc, err);

    if (rc)
        return rc;
    task_table(&f, doc->tables[0], false);
    rkb_plot_names(&p, &p.x, NULL, f.shown, f.n_datasets);
    rkb_plot_names(&p, &p.y, NULL, f.names, f.n_systems);
    p.y.lo = (double)f.n_systems - 0.5;
    p.y.hi = -0.5;
    rkb_plot_lay(&p, 17 * (double)f.n_systems);
    rkb_plot_set(&p, "%s", palette);
    rkb_plot_set(&p, "unset border\nunset colorbox\nset cbrange [%.8g:%.8g]",
                 f.lo, f.hi > f.lo ? f.hi : f.lo + 1);
    rkb_plot_item(&p, "index 0 using 2:1:($2-0.48):($2+0.48):($1-0.46):"
                      "($1+0.46):3 with boxxyerror fs solid noborder "
                      "lc palette");
    heat_cells(&f, &p);
    rkb_plot_key(&p, RKB_KEY_NONE, 0,
                 f.hi > f.lo
                     ? rkb_arena_printf(a, "%s: dark %.4g to light %.4g",
                                        f.title, f.lo, f.hi)
                     : rkb_arena_printf(a, "%s: all %.4g", f.title, f.lo));
    rkb_plot_finish(&p, doc);
    return RKB_OK;
}

const struct rkb_report_def rkb_report_heat = {
    .name = "heat",
    .summary = "figure: the same as a heat map",
    .takes = "measure x100",
    .build = build_heat,
};
