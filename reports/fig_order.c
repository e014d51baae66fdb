/* SPDX-License-Identifier: Apache-2.0 */
/* Quality along something that grows: depth, passes, time. */
#include "reports/figure.h"

#include "base/sort.h"

#include <math.h>
#include <string.h>

/* ---- along an option ----------------------------------------------------------- */

struct step {
    const struct rkb_report_run *run;
    double x, sum; /* sum of n repeats */
    size_t n;
};

struct series {
    const char *name;
    struct step *steps; /* [n] by x */
    size_t n;
};

static bool value_along(const struct rkb_report_run *r, rkb_sv by, double *out)
{
    const struct rkb_json *options = rkb_json_get(r->identity, "options");
    struct rkb_arena a = { 0 };
    const struct rkb_json *value;
    bool there;

    if (rkb_sv_is(by, "depth")) {
        *out = (double)r->depth;
        return r->depth > 0;
    }
    value = options ? rkb_json_get(options, rkb_arena_cstr(&a, by)) : NULL;
    there = value && rkb_json_double(value, out);
    rkb_arena_release(&a);
    return there;
}

/* Do they differ in nothing but what the figure goes along, and the repeat?
 * Depth is part of what the candidates are, so these have to differ with it. */
static enum rkb_status belong(const struct rkb_report_run *x,
                              const struct rkb_report_run *y, rkb_sv by,
                              bool *out, struct rkb_err *err)
{
    static const char *const depth[] = { "repeat",     "seed",  "top_k",
                                         "candidates", "texts", NULL };
    struct rkb_arena a = { 0 };
    const char *option =
        rkb_arena_printf(&a, "options.%.*s", (int)by.len, by.at);
    const char *const plain[] = { "repeat", "seed", option, NULL };
    bool differ;
    enum rkb_status rc = rkb_runs_differ(
        x, y, rkb_sv_is(by, "depth") ? depth : plain, &differ, err);

    *out = !differ && strcmp(x->first_stage, y->first_stage) == 0;
    rkb_arena_release(&a);
    return rc;
}

/* What their labels have in common: "zephyr" of "zephyr-p1", "zephyr-p2". */
static const char *common_name(struct rkb_arena *a, const struct series *s)
{
    const char *first = s->steps[0].run->label;
    size_t len = strlen(first);
    bool whole = true;

    for (size_t i = 1; i < s->n; i++) {
        const char *label = s->steps[i].run->label;
        size_t same = 0;

        while (same < len && label[same] == first[same])
            same++;
        whole &= strcmp(label, first) == 0;
        len = same;
    }
    if (whole)
        return first;
    for (size_t end = len; end > 1; end--)
        if (strchr("-_. /", first[end - 1]))
            return rkb_arena_cstr(a, (rkb_sv){ first, end - 1 });
    return len > 2 ? rkb_arena_cstr(a, (rkb_sv){ first, len })
                   : s->steps[0].run->reranker;
}

static void add_step(struct rkb_arena *a, struct series *s, size_t most,
                     const struct rkb_report_run *r, double x, double value)
{
    size_t i = 0;

    if (!s->steps)
        s->steps = rkb_arena_new(a, most, sizeof *s->steps);
    while (i < s->n && s->steps[i].x < x)
        i++;
    if (i == s->n || s->steps[i].x > x) {
        memmove(&s->steps[i + 1], &s->steps[i],
                (s->n - i) * sizeof s->steps[0]);
        s->steps[i] = (struct step){ .run = r, .x = x };
        s->n++;
    }
    s->steps[i].sum += value;
    s->steps[i].n++;
}

static enum rkb_status sort_into_series(const struct rkb_figure_data *f,
                                        rkb_sv by, struct series *out,
                                        size_t *n, struct rkb_err *err)
{
    *n = 0;
    for (size_t i = 0; i < f->data.n_runs; i++) {
        const struct rkb_report_run *r = &f->data.runs[i];
        const struct rkb_report_measure *m = rkb_run_measure(r, f->measure);
        bool mine = false;
        size_t k = 0;
        double x;

        if (!m || isnan(m->figure.value) || !value_along(r, by, &x))
            continue;
        while (k < *n && !mine) {
            enum rkb_status rc = belong(out[k].steps[0].run, r, by, &mine, err);

            if (rc)
                return rc;
            k += !mine;
        }
        *n += k == *n;
        add_step(f->arena, &out[k], f->data.n_runs, r, x,
                 m->figure.value * rkb_measure_scale(f->want));
    }
    return RKB_OK;
}

static void name_series(const struct rkb_figure_data *f, struct series *s,
                        size_t n)
{
    struct rkb_figure_name *list = rkb_arena_new(f->arena, n, sizeof *list);
    const char **names;

    for (size_t i = 0; i < n; i++)
        list[i] =
            (struct rkb_figure_name){ common_name(f->arena, &s[i]),
                                      s[i].steps[0].run->first_stage, 0, 1 };
    names = rkb_figure_names(f->arena, list, n);
    for (size_t i = 0; i < n; i++)
        s[i].name = names[i];
}

static int by_value(const void *a, const void *b, void *ctx)
{
    const double *x = a, *y = b;

    (void)ctx;
    return *x < *y ? -1 : *x > *y;
}

/* Where there are values, unless these are many or close. */
static void ticks_at_steps(struct rkb_arena *a, struct rkb_plot *p,
                           const struct series *series, size_t n)
{
    double *all, before = -INFINITY;
    size_t most = 0, kept = 0, k = 0;

    for (size_t s = 0; s < n; s++)
        most += series[s].n;
    all = rkb_arena_new(a, most, sizeof *all);
    for (size_t s = 0; s < n; s++)
        for (size_t i = 0; i < series[s].n; i++)
            all[k++] = series[s].steps[i].x;
    rkb_sort(all, most, sizeof *all, by_value, NULL);
    for (size_t i = 0; i < most; i++) {
        double at = rkb_plot_x(p, all[i]);

        if (i && all[i] == all[kept - 1])
            continue;
        if (at - before < 26)
            return;
        all[kept++] = all[i];
        before = at;
    }
    rkb_plot_ticks(p, &p->x, all, kept);
}

static void depth_plot(const struct rkb_figure_data *f, rkb_sv by,
                       const struct series *series, size_t n,
                       struct rkb_doc *doc)
{
    double lo[2] = { NAN, NAN }, hi[2] = { NAN, NAN };
    const char *along = rkb_plain_text(f->arena, by);
    struct rkb_figure_line *lines = rkb_arena_new(f->arena, n, sizeof *lines);
    struct rkb_plot p = { 0 };

    doc->title = rkb_arena_printf(&doc->arena, "%s by %s", f->quality, along);
    for (size_t s = 0; s < n; s++) {
        struct rkb_table *t = rkb_doc_table(doc, series[s].name);
        double *xs = rkb_arena_new(f->arena, 2 * series[s].n, sizeof *xs);

        rkb_table_column(t, along, true);
        rkb_table_column(t, f->measure, true);
        rkb_table_column(t, "runs", true);
        lines[s] = (struct rkb_figure_line){ series[s].name, xs,
                                             xs + series[s].n, series[s].n };
        for (size_t i = 0; i < series[s].n; i++) {
            const struct step *step = &series[s].steps[i];
            double y = step->sum / (double)step->n;

            rkb_figure_cell6(t, step->x);
            rkb_figure_cell6(t, y);
            rkb_table_int(t, (int64_t)step->n);
            rkb_figure_widen(step->x, &lo[0], &hi[0]);
            rkb_figure_widen(y, &lo[1], &hi[1]);
            /* The last point is the first choice for a name. */
            xs[series[s].n - 1 - i] = step->x;
            xs[series[s].n + series[s].n - 1 - i] = y;
        }
    }
    rkb_plot_range(&p, &p.x,
                   rkb_sv_is(by, "depth") ? "candidates reranked" : along,
                   lo[0], hi[0], RKB_AXIS_LOG);
    rkb_plot_range(&p, &p.y, f->quality, lo[1], hi[1], 0);
    rkb_plot_lay(&p, RKB_PLOT_TALL);
    ticks_at_steps(f->arena, &p, series, n);
    p.n_looks = n;
    for (size_t s = 0; s < n; s++) {
        const struct rkb_figure_line *l = &lines[s];

        rkb_plot_item(&p, "index %zu using 1:2 with linespoints ls %zu", s,
                      s + 1);
        for (size_t i = 0; i < l->n; i++) {
            rkb_plot_take_point(&p, l->x[i], l->y[i]);
            if (i)
                rkb_plot_take_line(&p, l->x[i - 1], l->y[i - 1], l->x[i],
                                   l->y[i]);
        }
    }
    rkb_figure_name_lines(&p, lines, n, RKB_KEY_BOTH);
    rkb_plot_finish(&p, doc);
}

static enum rkb_status build_depth(struct rkb_arena *a,
                                   const struct rkb_report_want *want,
                                   struct rkb_doc *doc, struct rkb_err *err)
{
    rkb_sv by = rkb_optset_text(want->options, "by");
    struct rkb_figure_data f;
    struct series *series;
    size_t n;
    enum rkb_status rc = rkb_figure_open(&f, a, want, err);

    if (!by.len)
        by = rkb_sv_of("depth");
    if (rc)
        return rc;
    series = rkb_arena_new(a, f.data.n_runs, sizeof *series);
    rc = sort_into_series(&f, by, series, &n, err);
    if (!rc && !n)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "no run over %s has both %s and a number '%.*s'",
                      f.dataset, f.measure, (int)by.len, by.at);
    if (!rc)
        rc = rkb_figure_few(n, err);
    if (rc)
        return rc;
    name_series(&f, series, n);
    depth_plot(&f, by, series, n, doc);
    return RKB_OK;
}

const struct rkb_report_def rkb_report_depth = {
    .name = "depth",
    .summary = "figure: a measure by depth, passes or another option",
    .takes = "measure x100 by",
    .build = build_depth,
};

/* ---- history -------------------------------------------------------------------- */

struct moment {
    const struct rkb_report_run *run;
    const char *name;
    double value;
    bool whole, at_least; /* the value is no smaller: requests failed */
};

/* When they were started; what began in the same second by their key. */
static int by_start(const void *a, const void *b, void *ctx)
{
    const struct moment *x = a, *y = b;
    int c = rkb_sv_cmp(x->run->row.started_utc, y->run->row.started_utc);

    (void)ctx;
    return c ? c
             : memcmp(&x->run->row.key, &y->run->row.key,
                      sizeof x->run->row.key);
}

/* Beyond what rounding makes of a difference that is just tolerated. */
static bool is_outside(const struct rkb_figure_data *f, double value,
                       double end)
{
    return f->want->math->outside_band(value, end, f->lower);
}

static void history_table(const struct rkb_figure_data *f,
                          const struct moment *m, size_t n, double base,
                          double limit, struct rkb_doc *doc)
{
    struct rkb_table *t = rkb_doc_table(doc, "runs, oldest first");

    doc->title = rkb_arena_printf(&doc->arena, "%s run after run", f->quality);
    rkb_table_column(t, "run", false);
    rkb_table_column(t, "started", false);
    rkb_table_column(t, "number", true);
    rkb_table_column(t, f->measure, true);
    rkb_table_column(t, "in the band", true);
    for (size_t i = 0; i < n; i++) {
        rkb_table_text(t, m[i].name);
        rkb_table_sv(t, m[i].run->row.started_utc);
        rkb_table_int(t, (int64_t)i + 1);
        rkb_figure_cell6(t, m[i].value);
        rkb_table_int(t, !is_outside(f, m[i].value, limit));
        if (!m[i].whole)
            rkb_table_note(t, "%s is incomplete: %lld of %lld queries",
                           m[i].name, (long long)m[i].run->row.n_finished,
                           (long long)m[i].run->row.n_queries);
        if (m[i].at_least)
            rkb_table_note(t, "%s: requests failed; its %s is at least this",
                           m[i].name, f->measure);
    }
    rkb_table_note(t,
                   "the band lies between %.6g, which is the baseline, and "
                   "%.6g",
                   base, limit);
}

static const char *history_span(struct rkb_arena *a, const struct moment *m,
                                size_t n)
{
    rkb_sv from = m[0].run->row.started_utc;
    rkb_sv to = m[n - 1].run->row.started_utc;

    from.len = from.len < 10 ? from.len : 10;
    to.len = to.len < 10 ? to.len : 10;
    if (rkb_sv_eq(from, to))
        return rkb_arena_printf(a, "runs of %.*s", (int)from.len, from.at);
    return rkb_arena_printf(a, "runs, %.*s to %.*s", (int)from.len, from.at,
                            (int)to.len, to.at);
}

static void history_plot(const struct rkb_figure_data *f,
                         const struct moment *m, size_t n, double base,
                         double limit, struct rkb_doc *doc)
{
    double lo = fmin(base, limit), hi = fmax(base, limit);
    struct rkb_plot p = { 0 };
    bool out = false;

    for (size_t i = 0; i < n; i++) {
        rkb_figure_widen(m[i].value, &lo, &hi);
        out |= is_outside(f, m[i].value, limit);
    }
    rkb_plot_range(&p, &p.x, history_span(f->arena, m, n), 1, (double)n,
                   RKB_AXIS_WHOLE);
    rkb_plot_range(&p, &p.y, f->quality, lo, hi, 0);
    rkb_plot_lay(&p, RKB_PLOT_TALL);
    p.n_looks = 2;
    rkb_plot_set(&p,
                 "set object rectangle from graph 0, first %.8g to graph 1, "
                 "first %.8g behind fc rgb '#DDE8F0' fs solid noborder",
                 limit, base);
    rkb_plot_set(&p,
                 "set arrow from graph 0, first %.8g to graph 1, first "
                 "%.8g nohead back lw 0.8 lc rgb '#7799AA'",
                 base, base);
    rkb_plot_item(&p, "index 0 using 1:2 with lines lc rgb '#999999' lw 0.8");
    rkb_plot_item(&p, "index 0 using 1:($3 == 1 ? $2 : NaN) with points ls 1");
    if (out)
        rkb_plot_item(&p,
                      "index 0 using 1:($3 == 0 ? $2 : NaN) with points ls 2");
    rkb_plot_key(&p, RKB_KEY_POINT, 0, "in the band, or better");
    if (out)
        rkb_plot_key(&p, RKB_KEY_POINT, 1,
                     f->lower ? "above the band" : "below the band");
    rkb_plot_finish(&p, doc);
}

/* "p95=1.2" or "1.2". */
static enum rkb_status read_slowdown(rkb_sv text, double *percentile,
                                     double *times, struct rkb_err *err)
{
    rkb_sv rest = text, key;
    int64_t p = 50;
    bool good = true;

    (void)rkb_sv_split(&rest, '=', &key);
    if (rest.at) {
        good = rkb_sv_starts(key, "p") &&
               rkb_sv_to_i64((rkb_sv){ key.at + 1, key.len - 1 }, 1, 99, &p);
        key = rest;
    }
    good = good && rkb_sv_to_double(key, times) && *times >= 1 && *times <= 1e6;
    *percentile = (double)p;
    return good ? RKB_OK
                : rkb_fail(err, RKB_E_USAGE,
                           "--max-slowdown is p50=1.1, or 1.1 for p50, not "
                           "'%.*s'",
                           (int)(text.len < 100 ? text.len : 100),
                           text.len ? text.at : "");
}

/* Runs with a percentile of their times instead of a measure, in ms. */
static enum rkb_status timed_moments(struct rkb_figure_data *f, double p,
                                     struct moment *m, size_t *n,
                                     struct rkb_err *err)
{
    const struct rkb_report_math *math = f->want->math;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < f->data.n_runs && !rc; i++) {
        const struct rkb_report_run *r = &f->data.runs[i];
        struct rkb_spent spent;
        bool at_least;

        rc = rkb_spent(f->arena, f->want->store, r, &spent, err);
        double seconds =
            rc ? (double)NAN : rkb_spent_percentile(&spent, math, p, &at_least);

        if (isnan(seconds))
            continue;
        m[(*n)++] =
            (struct moment){ r, f->names[i], 1e3 * seconds,
                             r->row.n_finished == r->row.n_queries, at_least };
    }
    f->lower = true;
    f->measure = rkb_arena_printf(f->arena, "p%g ms", p);
    f->quality =
        rkb_arena_printf(f->arena, "p%g of latency on %s (ms)", p, f->dataset);
    return rc;
}

static enum rkb_status build_history(struct rkb_arena *a,
                                     const struct rkb_report_want *want,
                                     struct rkb_doc *doc, struct rkb_err *err)
{
    const char *base = rkb_optset_cstr(want->options, "baseline");
    const char *slower = rkb_optset_cstr(want->options, "max-slowdown");
    double scale = rkb_measure_scale(want), p = 50, times = 1;
    const struct moment *held = NULL;
    struct rkb_figure_data f;
    struct moment *m;
    size_t n = 0;
    enum rkb_status rc = rkb_figure_open(&f, a, want, err);

    if (!rc && slower)
        rc = read_slowdown(rkb_sv_of(slower), &p, &times, err);
    if (!rc && slower &&
        (rkb_optset_get(want->options, "measure")->given ||
         rkb_optset_get(want->options, "max-drop")->given))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "--max-slowdown is of times: leave out -m and "
                      "--max-drop");
    if (rc)
        return rc;
    m = rkb_arena_new(a, f.data.n_runs, sizeof *m);
    if (slower)
        rc = timed_moments(&f, p, m, &n, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < f.data.n_runs && !slower; i++) {
        const struct rkb_report_run *r = &f.data.runs[i];
        const struct rkb_report_measure *x = rkb_run_measure(r, f.measure);

        if (x && !isnan(x->figure.value))
            m[n++] = (struct moment){ r, f.names[i], x->figure.value * scale,
                                      x->figure.whole, false };
    }
    rkb_sort(m, n, sizeof *m, by_start, NULL);
    for (size_t i = 0; i < n && !held; i++)
        if (!base || strcmp(m[i].run->label, base) == 0)
            held = &m[i];
    if (!held && base)
        return rkb_fail(err, RKB_E_USAGE,
                        "no run over %s with %s is called '%s'", f.dataset,
                        f.measure, base);
    if (!held && slower)
        return rkb_fail(err, RKB_E_USAGE,
                        "no run over %s has the %zu timed queries that p%g "
                        "takes",
                        f.dataset, want->math->percentile_needs(p), p);
    if (!held)
        return rkb_fail(err, RKB_E_USAGE, "no run over %s has %s", f.dataset,
                        f.measure);
    double drop = rkb_optset_real(want->options, "max-drop") * scale;
    double limit =
        slower ? held->value * times : held->value + (f.lower ? drop : -drop);

    history_table(&f, m, n, held->value, limit, doc);
    history_plot(&f, m, n, held->value, limit, doc);
    return RKB_OK;
}

const struct rkb_report_def rkb_report_history = {
    .name = "history",
    .summary = "figure: a measure, or a time, run after run, with the band "
               "that is tolerated",
    .takes = "measure x100 baseline max-drop max-slowdown",
    .build = build_history,
};
