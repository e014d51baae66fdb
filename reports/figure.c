/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/figure.h"

#include <math.h>
#include <string.h>

enum rkb_status rkb_figure_measure(struct rkb_arena *a,
                                   const struct rkb_report_want *want,
                                   const char **out, struct rkb_err *err)
{
    const struct rkb_opt_value *asked =
        rkb_optset_get(want->options, "measure");

    if (asked->n_all > 1)
        return rkb_fail(err, RKB_E_USAGE, "a figure shows one measure");
    *out = asked->n_all ? rkb_arena_cstr(a, asked->all[0]) : "nDCG@10";
    return RKB_OK;
}

const char *rkb_figure_title(struct rkb_arena *a,
                             const struct rkb_report_want *want,
                             const char *measure, const char *on)
{
    return rkb_arena_printf(a, "%s%s%s%s", measure,
                            rkb_measure_scale(want) > 1 ? ", times 100" : "",
                            on ? " on " : "", on ? on : "");
}

enum rkb_status rkb_figure_few(size_t n, struct rkb_err *err)
{
    if (n > RKB_PLOT_SERIES)
        return rkb_fail(err, RKB_E_USAGE,
                        "%zu systems are more than the %d that a figure tells "
                        "apart; choose with --runs",
                        n, RKB_PLOT_SERIES);
    return RKB_OK;
}

/* ---- names ------------------------------------------------------------------- */

const char **rkb_figure_names(struct rkb_arena *a,
                              const struct rkb_figure_name *list, size_t n)
{
    const char **out = rkb_arena_new(a, n, sizeof(*out));

    for (size_t i = 0; i < n; i++) {
        const struct rkb_figure_name *x = &list[i];
        bool stage = false, depth = false, repeat = false;

        for (size_t k = 0; k < n; k++) {
            if (strcmp(list[k].label, x->label) != 0)
                continue;
            stage |= strcmp(list[k].first_stage, x->first_stage) != 0;
            depth |= list[k].depth != x->depth;
            repeat |= list[k].repeat != x->repeat;
        }
        out[i] = x->label;
        if (stage)
            out[i] = rkb_arena_printf(a, "%s over %s", out[i], x->first_stage);
        if (depth && x->depth)
            out[i] = rkb_arena_printf(a, "%s, top %lld", out[i],
                                      (long long)x->depth);
        if (repeat)
            out[i] =
                rkb_arena_printf(a, "%s #%lld", out[i], (long long)x->repeat);
    }
    return out;
}

const char **rkb_figure_systems(const struct rkb_grid *g)
{
    struct rkb_figure_name *list =
        rkb_arena_new(g->arena, g->n_systems, sizeof *list);

    for (size_t i = 0; i < g->n_systems; i++)
        list[i] = (struct rkb_figure_name){ g->systems[i].label,
                                            g->systems[i].first_stage,
                                            g->systems[i].depth, 1 };
    return rkb_figure_names(g->arena, list, g->n_systems);
}

enum rkb_status rkb_figure_open(struct rkb_figure_data *f, struct rkb_arena *a,
                                const struct rkb_report_want *want,
                                struct rkb_err *err)
{
    struct rkb_figure_name *list;
    enum rkb_status rc;

    *f = (struct rkb_figure_data){ .arena = a, .want = want };
    rc = rkb_gather(a, want, &f->data, err);
    if (!rc)
        rc = rkb_figure_measure(a, want, &f->measure, err);
    if (rc)
        return rc;
    f->dataset = f->data.runs[0].dataset;
    list = rkb_arena_new(a, f->data.n_runs, sizeof *list);
    for (size_t i = 0; i < f->data.n_runs; i++) {
        const struct rkb_report_run *r = &f->data.runs[i];

        if (strcmp(r->dataset, f->dataset) != 0)
            return rkb_fail(err, RKB_E_USAGE,
                            "runs over %s and %s do not go into one figure; "
                            "choose with --runs '*@%s'",
                            f->dataset, r->dataset, f->dataset);
        list[i] = (struct rkb_figure_name){ r->label, r->first_stage, r->depth,
                                            r->row.repeat };
    }
    f->names = rkb_figure_names(a, list, f->data.n_runs);
    f->quality = rkb_figure_title(a, want, f->measure, f->dataset);
    f->lower = want->math->smaller_is_better(f->measure);
    return RKB_OK;
}

/* ---- numbers ------------------------------------------------------------------ */

struct rkb_figure_unit rkb_figure_unit(double most_seconds)
{
    if (most_seconds >= 0.5)
        return (struct rkb_figure_unit){ "s", 1 };
    if (most_seconds >= 0.0005)
        return (struct rkb_figure_unit){ "ms", 1e3 };
    return (struct rkb_figure_unit){ "\xc2\xb5s", 1e6 };
}

void rkb_figure_widen(double v, double *lo, double *hi)
{
    if (isnan(v))
        return;
    *lo = isnan(*lo) ? v : fmin(*lo, v);
    *hi = isnan(*hi) ? v : fmax(*hi, v);
}

void rkb_figure_cell6(struct rkb_table *t, double value)
{
    if (isnan(value))
        rkb_table_none(t);
    else
        rkb_table_printf(t, "%.6g", value == 0 ? 0 : value);
}

void rkb_figure_conditions(const struct rkb_spent *const *spent, size_t n,
                           struct rkb_table *t)
{
    const char *first = NULL;
    bool differ = false;

    for (size_t i = 0; i < n; i++) {
        if (!spent[i]->n_latency)
            continue;
        differ |= first && strcmp(first, spent[i]->conditions) != 0;
        first = first ? first : spent[i]->conditions;
    }
    if (differ)
        rkb_table_note(t, "not all were timed under the same conditions: "
                          "`report latency` shows them");
    else if (first)
        rkb_table_note(t, "timed: %s", first);
}

/* ---- lines with names ----------------------------------------------------------- */

static bool name_at_one(struct rkb_plot *p, const struct rkb_figure_line *line,
                        size_t look)
{
    for (size_t k = 0; k < line->n; k++)
        if (rkb_plot_name_point(p, line->x[k], line->y[k],
                                rkb_plot_colour(look), line->name))
            return true;
    return false;
}

void rkb_figure_name_lines(struct rkb_plot *p,
                           const struct rkb_figure_line *lines, size_t n,
                           enum rkb_key_kind kind)
{
    for (size_t i = 0; i < n; i++)
        if (n > RKB_PLOT_DIRECT || !name_at_one(p, &lines[i], i))
            rkb_plot_key(p, kind, i, lines[i].name);
}
