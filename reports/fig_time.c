/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of time: what quality costs, and how long the slow queries take. */
#include "reports/figure.h"

#include "base/sort.h"

#include <math.h>

/* ---- quality against latency ------------------------------------------------------ */

struct point {
    double seconds, quality; /* NaN: none */
    const char *name;
    const struct rkb_system *system;
    bool front;
};

struct pareto {
    struct rkb_grid grid;
    const char *dataset, *measure;
    struct point *points; /* [n] by seconds, then quality */
    size_t n;
};

/* The mean of its repeats' medians; with *at_least it is no smaller. */
static enum rkb_status median_of(struct pareto *f, const struct rkb_system *s,
                                 double *out, bool *at_least,
                                 struct rkb_err *err)
{
    const struct rkb_report_want *want = f->grid.want;
    struct rkb_arena *a = f->grid.arena;
    size_t n = 0;

    *out = 0;
    *at_least = false;
    for (size_t i = 0; i < f->grid.data.n_runs; i++) {
        const struct rkb_report_run *r = &f->grid.data.runs[i];
        struct rkb_spent spent;
        enum rkb_status rc;
        bool bound;

        if (!rkb_system_has(s, r))
            continue;
        rc = rkb_spent(a, want->store, r, &spent, err);
        if (rc)
            return rc;
        *out += rkb_spent_percentile(&spent, want->math, 50, &bound);
        *at_least |= bound;
        n++;
    }
    *out /= (double)n;
    return RKB_OK;
}

static int by_cost(const void *a, const void *b, void *ctx)
{
    const struct point *x = a, *y = b;
    double sign = *(const double *)ctx;

    if (x->seconds != y->seconds)
        return x->seconds < y->seconds ? -1 : 1;
    return sign * x->quality > sign * y->quality
               ? -1
               : sign * x->quality < sign * y->quality;
}

/* Means of the same values in another order differ in their last digits. */
static const double NEAR = 0x1p-40;

/* Nothing is both as fast and better. Who sees the judgments does not count. */
static void find_front(struct pareto *f, double sign)
{
    double best = -INFINITY;

    rkb_sort(f->points, f->n, sizeof *f->points, by_cost, &sign);
    for (size_t i = 0; i < f->n; i++) {
        struct point *p = &f->points[i];

        p->front = !p->system->sees_grades &&
                   sign * p->quality > best + NEAR * fabs(p->quality);
        if (p->front)
            best = sign * p->quality;
    }
}

static enum rkb_status read_points(struct pareto *f, struct rkb_table *t,
                                   struct rkb_err *err)
{
    struct rkb_arena *a = f->grid.arena;
    size_t n = f->grid.n_systems;
    const char **names = rkb_figure_systems(&f->grid);

    f->points = rkb_arena_new(a, n, sizeof *f->points);
    for (size_t i = 0; i < n; i++) {
        const struct rkb_system *s = &f->grid.systems[i];
        const struct rkb_grid_column c = { NULL, "", f->dataset, f->measure };
        const struct rkb_report_run *run;
        struct point p = { .name = names[i], .system = s };
        struct rkb_figure value;
        bool at_least;
        enum rkb_status rc =
            rkb_grid_figure(&f->grid, s, &c, &value, &run, err);

        if (!rc)
            rc = median_of(f, s, &p.seconds, &at_least, err);
        if (rc)
            return rc;
        p.quality = value.value * rkb_measure_scale(f->grid.want);
        if (isnan(p.quality))
            rkb_table_note(t, "%s has no %s", p.name, f->measure);
        else if (isnan(p.seconds))
            rkb_table_note(t,
                           "%s has no median latency: that takes %zu "
                           "queries with a latency",
                           p.name, f->grid.want->math->percentile_needs(50));
        else
            f->points[f->n++] = p;
        if (at_least && !isnan(p.seconds))
            rkb_table_note(
                t, "%s: requests failed; its median is at least this", p.name);
        if (s->sees_grades)
            rkb_table_note(t, "%s sees the judgments: a ceiling, no competitor",
                           p.name);
        if (!isnan(p.quality) && !value.whole)
            rkb_table_note(t, "%s: %lld of %lld queries finished", p.name,
                           (long long)value.n_finished,
                           (long long)value.n_queries);
    }
    return RKB_OK;
}

static void pareto_tables(const struct pareto *f, struct rkb_doc *doc,
                          struct rkb_table *t, struct rkb_figure_unit unit,
                          const char *quality)
{
    const char *x = rkb_arena_printf(f->grid.arena, "p50 %s", unit.name);

    for (int only_front = 0; only_front < 2; only_front++) {
        if (only_front)
            t = rkb_doc_table(doc, "the Pareto front: nothing is as fast and "
                                   "better");
        rkb_table_column(t, "system", false);
        rkb_table_column(t, "first stage", false);
        rkb_table_column(t, x, true);
        rkb_table_column(t, quality, true);
        for (size_t i = 0; i < f->n; i++) {
            if (only_front && !f->points[i].front)
                continue;
            rkb_table_text(t, f->points[i].name);
            rkb_table_text(t, f->points[i].system->first_stage);
            rkb_figure_cell6(t, f->points[i].seconds * unit.scale);
            rkb_figure_cell6(t, f->points[i].quality);
        }
    }
}

static void take_front(const struct pareto *f, struct rkb_plot *p, double scale)
{
    const struct point *from = NULL;

    for (size_t i = 0; i < f->n; i++) {
        const struct point *to = &f->points[i];

        if (!to->front)
            continue;
        if (from) {
            rkb_plot_take_line(p, from->seconds * scale, from->quality,
                               to->seconds * scale, from->quality);
            rkb_plot_take_line(p, to->seconds * scale, from->quality,
                               to->seconds * scale, to->quality);
        }
        from = to;
    }
}

/* Of more points only those on the front bear their names. */
enum { NAMED_POINTS = 12 };

static void pareto_plot(const struct pareto *f, struct rkb_plot *p,
                        struct rkb_figure_unit unit, const char *quality)
{
    double lo[2] = { NAN, NAN }, hi[2] = { NAN, NAN };
    bool any_front = false;

    for (size_t i = 0; i < f->n; i++) {
        rkb_figure_widen(f->points[i].seconds * unit.scale, &lo[0], &hi[0]);
        rkb_figure_widen(f->points[i].quality, &lo[1], &hi[1]);
        any_front |= f->points[i].front;
    }
    rkb_plot_times(p, &p->x, "median latency of a query", unit.name,
                   1 / unit.scale, lo[0], hi[0]);
    rkb_plot_range(p, &p->y, quality, lo[1], hi[1], 0);
    rkb_plot_lay(p, RKB_PLOT_TALL);
    p->n_looks = f->n;
    if (any_front)
        rkb_plot_item(p, "index 1 using 1:2 with steps lc rgb '#999999' lw 1");
    for (size_t i = 0; i < f->n; i++) {
        rkb_plot_item(p,
                      "index 0 using 1:2 every ::%zu::%zu with points ls %zu",
                      i, i, i + 1);
        rkb_plot_take_point(p, f->points[i].seconds * unit.scale,
                            f->points[i].quality);
    }
    take_front(f, p, unit.scale);
    /* Those of the front first: they are what the figure is about. */
    for (int front = 1; front >= 0; front--)
        for (size_t i = 0; i < f->n; i++)
            if (f->points[i].front == (front == 1) &&
                ((!front && f->n > NAMED_POINTS) ||
                 !rkb_plot_name_point(p, f->points[i].seconds * unit.scale,
                                      f->points[i].quality, "#333333",
                                      f->points[i].name)))
                rkb_plot_key(p, RKB_KEY_POINT, i, f->points[i].name);
}

static enum rkb_status build_pareto(struct rkb_arena *a,
                                    const struct rkb_report_want *want,
                                    struct rkb_doc *doc, struct rkb_err *err)
{
    struct rkb_figure_data data;
    struct rkb_figure_unit unit;
    struct rkb_plot plot = { 0 };
    struct pareto f = { 0 };
    double most = 0;
    enum rkb_status rc = rkb_figure_open(&data, a, want, err);

    if (!rc)
        rc = rkb_grid_open(&f.grid, a, want, err);
    if (!rc)
        rc = rkb_figure_few(f.grid.n_systems, err);
    if (rc)
        return rc;
    struct rkb_table *t = rkb_doc_table(doc, "the systems");

    doc->title =
        rkb_arena_printf(&doc->arena, "%s against latency", data.quality);

    f.dataset = data.dataset;
    f.measure = data.measure;
    rc = read_points(&f, t, err);
    if (!rc && !f.n)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "no run over %s has both %s and a median latency, which "
                      "takes %zu queries with a latency",
                      f.dataset, f.measure, want->math->percentile_needs(50));
    if (rc)
        return rc;
    find_front(&f, data.lower ? -1 : 1);
    for (size_t i = 0; i < f.n; i++)
        most = fmax(most, f.points[i].seconds);
    unit = rkb_figure_unit(most);
    pareto_tables(&f, doc, t, unit, data.measure);
    pareto_plot(&f, &plot, unit, data.quality);
    rkb_plot_finish(&plot, doc);
    return RKB_OK;
}

const struct rkb_report_def rkb_report_pareto = {
    .name = "pareto",
    .summary = "figure: a measure against latency, with the Pareto front",
    .takes = "measure x100",
    .build = build_pareto,
};

/* ---- shares of queries ------------------------------------------------------------- */

static struct rkb_figure_unit unit_of(const struct rkb_spent *spent, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        if (spent[i].n_requests)
            most = fmax(most, spent[i].request_s[spent[i].n_requests - 1]);
    return rkb_figure_unit(most);
}

static enum rkb_status read_spent(struct rkb_figure_data *f,
                                  struct rkb_spent **spent, size_t *n_timed,
                                  struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    *n_timed = 0;
    *spent = rkb_arena_new(f->arena, f->data.n_runs, sizeof **spent);
    for (size_t i = 0; i < f->data.n_runs && !rc; i++) {
        rc = rkb_spent(f->arena, f->want->store, &f->data.runs[i], &(*spent)[i],
                       err);
        *n_timed += (*spent)[i].n_requests > 0;
    }
    if (!rc && !*n_timed)
        rc = rkb_fail(err, RKB_E_USAGE, "no run over %s has a latency",
                      f->dataset);
    return rc ? rc : rkb_figure_few(*n_timed, err);
}

/* Failed ones stay in: whoever leaves them out is fast. */
static size_t n_sent(const struct rkb_spent *s)
{
    return s->n_requests + s->n_failed_s;
}

static void note_untimed(const struct rkb_figure_data *f,
                         const struct rkb_spent *spent, struct rkb_table *t)
{
    const struct rkb_spent **all =
        rkb_arena_new(f->arena, f->data.n_runs, sizeof(*all));

    for (size_t i = 0; i < f->data.n_runs; i++) {
        all[i] = &spent[i];
        if (!spent[i].n_requests)
            rkb_table_note(t, "%s has no latency", f->names[i]);
        else if (spent[i].n_failed_s)
            rkb_table_note(t,
                           "%s: %zu of %zu requests failed; they are never "
                           "done",
                           f->names[i], spent[i].n_failed_s, n_sent(&spent[i]));
    }
    rkb_figure_conditions(all, f->data.n_runs, t);
}

/* Steps up at each query's time. */
struct curve {
    const double *x; /* [n] ascending */
    size_t n, n_sent;
};

static void take_curve(struct rkb_plot *p, struct curve c)
{
    for (size_t k = 0; k < c.n; k++) {
        double y = (double)(k + 1) / (double)c.n_sent;

        rkb_plot_take_line(p, c.x[k], (double)k / (double)c.n_sent, c.x[k], y);
        if (k + 1 < c.n)
            rkb_plot_take_line(p, c.x[k], y, c.x[k + 1], y);
    }
}

/* Points of the curve where its name could stand. */
static struct rkb_figure_line curve_line(struct rkb_arena *a, const char *name,
                                         struct curve c)
{
    static const double shares[] = { 0.5, 0.65, 0.35, 0.8, 0.2, 0.92, 0.08 };
    double *at = rkb_arena_new(a, 2 * RKB_COUNT(shares), sizeof *at);
    double *share = at + RKB_COUNT(shares);

    for (size_t i = 0; i < RKB_COUNT(shares); i++) {
        size_t k = (size_t)(shares[i] * (double)c.n);

        at[i] = c.x[k < c.n ? k : c.n - 1];
        share[i] = ((double)(k < c.n ? k : c.n - 1) + 0.5) / (double)c.n_sent;
    }
    return (struct rkb_figure_line){ name, at, share, RKB_COUNT(shares) };
}

static enum rkb_status build_cdf(struct rkb_arena *a,
                                 const struct rkb_report_want *want,
                                 struct rkb_doc *doc, struct rkb_err *err)
{
    struct rkb_figure_data f;
    struct rkb_plot p = { 0 };
    struct rkb_spent *spent;
    struct rkb_figure_line *lines;
    double lo = NAN, hi = NAN;
    size_t n_timed, s = 0;
    enum rkb_status rc = rkb_figure_open(&f, a, want, err);

    if (!rc)
        rc = read_spent(&f, &spent, &n_timed, err);
    if (rc)
        return rc;
    struct rkb_figure_unit unit = unit_of(spent, f.data.n_runs);
    struct curve *curves = rkb_arena_new(a, n_timed, sizeof *curves);
    struct rkb_table *t = NULL;

    lines = rkb_arena_new(a, n_timed, sizeof *lines);
    for (size_t i = 0; i < f.data.n_runs; i++) {
        size_t n = spent[i].n_requests;
        double *x = rkb_arena_new(a, n, sizeof *x);

        if (!n)
            continue;
        curves[s] = (struct curve){ x, n, n_sent(&spent[i]) };
        t = rkb_doc_table(doc, f.names[i]);
        rkb_table_column(t, rkb_arena_printf(a, "latency %s", unit.name), true);
        rkb_table_column(t, "share of queries", true);
        for (size_t k = 0; k < n; k++) {
            x[k] = spent[i].request_s[k] * unit.scale;
            rkb_figure_cell6(t, x[k]);
            rkb_figure_cell6(t, (double)(k + 1) / (double)curves[s].n_sent);
            rkb_figure_widen(x[k], &lo, &hi);
        }
        lines[s++].name = f.names[i];
    }
    note_untimed(&f, spent, t);
    doc->title =
        rkb_arena_printf(&doc->arena, "Latency of queries on %s", f.dataset);
    rkb_plot_times(&p, &p.x,
                   rkb_arena_printf(a, "latency of a query on %s", f.dataset),
                   unit.name, 1 / unit.scale, lo, hi);
    rkb_plot_range(&p, &p.y, "share of queries", 0, 1, RKB_AXIS_ZERO);
    rkb_plot_lay(&p, RKB_PLOT_TALL);
    p.n_looks = n_timed;
    for (size_t i = 0; i < n_timed; i++) {
        /* From the axis up to the first query, which `steps` leaves out. */
        rkb_plot_set(&p, "set arrow from %.8g,0 to %.8g,%.8g nohead ls %zu",
                     curves[i].x[0], curves[i].x[0],
                     1 / (double)curves[i].n_sent, i + 1);
        rkb_plot_item(&p, "index %zu using 1:2 with steps ls %zu", i, i + 1);
        take_curve(&p, curves[i]);
        lines[i] = curve_line(a, lines[i].name, curves[i]);
    }
    rkb_figure_name_lines(&p, lines, n_timed, RKB_KEY_LINE);
    rkb_plot_finish(&p, doc);
    return RKB_OK;
}

const struct rkb_report_def rkb_report_cdf = {
    .name = "cdf",
    .summary = "figure: the share of queries that are done after a time",
    .takes = "",
    .build = build_cdf,
};
