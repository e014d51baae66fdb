/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/plot.h"

#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char ink[] = "#333333";
enum { LINE = 11, GAP = 5, KEY_MARK = 16 };

/* Dark ones first: they also write names. */
static const char *const colours[] = { "#0072B2", "#D55E00", "#009E73",
                                       "#CC79A7", "#E69F00", "#56B4E9",
                                       "#000000" };
/* gnuplot's point types, filled ones first. */
static const int shapes[] = { 7, 5, 9, 11, 13, 15, 6, 4, 8, 10, 12, 14 };
static const char *const dashes[] = { "1",          "(6,3)",  "(2,2)",
                                      "(8,3,2,3)",  "(12,4)", "(4,2,1,2,1,2)",
                                      "(10,2,2,2)", "(1,3)",  "(3,5)",
                                      "(14,2,4,2)" };

const char *rkb_plot_colour(size_t look)
{
    return colours[look % RKB_COUNT(colours)];
}

const char *rkb_plot_fill(size_t look)
{
    static const char *const fills[] = {
        "solid noborder",   "pattern 4 border", "pattern 5 border",
        "pattern 1 border", "pattern 2 border", "pattern 0 border"
    };

    return fills[look / RKB_COUNT(colours) % RKB_COUNT(fills)];
}

/* ---- axes ---------------------------------------------------------------- */

static void add_tick(struct rkb_axis *axis, double at, const char *text)
{
    axis->ticks[axis->n_ticks++] = (struct rkb_plot_tick){ at, text };
}

enum { TICKS_MAX = 64, NAME_WIDTH = 135 };

/* The smallest of 1, 2, 5 times a power of ten that is no less. */
static double round_step(double least)
{
    double power = pow(10, floor(log10(least)));

    for (int i = 0; i < 3; i++) {
        static const double mantissas[] = { 1, 2, 5 };

        if (mantissas[i] * power >= least * (1 - 1e-9))
            return mantissas[i] * power;
    }
    return 10 * power;
}

static void linear_ticks(struct rkb_plot *p, struct rkb_axis *axis)
{
    double step = round_step((axis->hi - axis->lo) / 6);

    if (axis->whole)
        step = fmax(step, 1);
    int digits = (int)-floor(log10(step) + 1e-9);

    for (double k = ceil(axis->lo / step - 1e-9);
         k * step <= axis->hi + step * 1e-9 && axis->n_ticks < TICKS_MAX; k++) {
        double at = k == 0 ? 0 : k * step;

        add_tick(axis, at,
                 fabs(at) < 1e6 && digits < 7
                     ? rkb_arena_printf(&p->arena, "%.*f",
                                        digits > 0 ? digits : 0, at)
                     : rkb_arena_printf(&p->arena, "%g", at));
    }
}

/* "10 ms" of 0.01 seconds. */
static const char *time_text(struct rkb_plot *p, double seconds)
{
    static const struct {
        double scale;
        const char *name;
    } units[] = { { 1, "s" }, { 1e3, "ms" }, { 1e6, "\xc2\xb5s" } };
    size_t i = 0;

    while (i + 1 < RKB_COUNT(units) && seconds * units[i].scale < 0.999)
        i++;
    return rkb_arena_printf(&p->arena, "%g %s", seconds * units[i].scale,
                            units[i].name);
}

static void log_ticks(struct rkb_plot *p, struct rkb_axis *axis)
{
    static const double mantissas[] = { 1, 2, 5 };
    double decades = log10(axis->hi / axis->lo);
    int each = decades <= 2 ? 3 : 1, skip = (int)ceil(decades / 7);
    int from = (int)floor(log10(axis->lo)), to = (int)ceil(log10(axis->hi));

    for (int k = from; k <= to && axis->n_ticks + 3 < TICKS_MAX; k++)
        for (int m = 0; m < each; m++) {
            double at = mantissas[m] * pow(10, k);

            if ((k - from) % skip == 0 && at >= axis->lo && at <= axis->hi)
                add_tick(axis, at,
                         axis->unit_s > 0
                             ? time_text(p, at * axis->unit_s)
                             : rkb_arena_printf(&p->arena, "%g", at));
        }
}

void rkb_plot_ticks(struct rkb_plot *p, struct rkb_axis *axis,
                    const double *values, size_t n)
{
    axis->ticks = rkb_arena_new(&p->arena, n, sizeof *axis->ticks);
    axis->n_ticks = 0;
    for (size_t i = 0; i < n; i++)
        add_tick(axis, values[i], rkb_arena_printf(&p->arena, "%g", values[i]));
}

void rkb_plot_range(struct rkb_plot *p, struct rkb_axis *axis,
                    const char *title, double lo, double hi, unsigned flags)
{
    double pad;

    *axis = (struct rkb_axis){ .title = title, .unit_s = axis->unit_s };
    axis->ticks = rkb_arena_new(&p->arena, TICKS_MAX, sizeof *axis->ticks);
    axis->log = flags & RKB_AXIS_LOG && lo > 0 && hi / lo >= 8;
    if (axis->log) {
        pad = pow(hi / lo, 0.05);
        axis->lo = lo / pad;
        axis->hi = hi * pad;
        log_ticks(p, axis);
        return;
    }
    if (flags & RKB_AXIS_WHOLE) {
        axis->whole = true;
        axis->lo = lo - 0.5;
        axis->hi = hi + 0.5;
        linear_ticks(p, axis);
        return;
    }
    if (flags & RKB_AXIS_ZERO) {
        lo = fmin(lo, 0);
        hi = fmax(hi, 0);
    }
    pad = hi > lo ? (hi - lo) * 0.06 : hi != 0 ? fabs(hi) * 0.1 : 0.1;
    axis->lo = flags & RKB_AXIS_ZERO && lo == 0 ? 0 : lo - pad;
    axis->hi = flags & RKB_AXIS_ZERO && hi == 0 && lo < 0 ? 0 : hi + pad;
    linear_ticks(p, axis);
}

void rkb_plot_times(struct rkb_plot *p, struct rkb_axis *axis,
                    const char *title, const char *unit, double unit_s,
                    double lo, double hi)
{
    axis->unit_s = unit_s;
    rkb_plot_range(p, axis, title, lo, hi, RKB_AXIS_LOG);
    if (!axis->log)
        axis->title = rkb_arena_printf(&p->arena, "%s (%s)", title, unit);
}

void rkb_plot_names(struct rkb_plot *p, struct rkb_axis *axis,
                    const char *title, const char *const *names, size_t n)
{
    *axis = (struct rkb_axis){ .title = title, .names = true };
    axis->lo = -0.5;
    axis->hi = (double)n - 0.5;
    axis->ticks = rkb_arena_new(&p->arena, n, sizeof *axis->ticks);
    for (size_t i = 0; i < n; i++)
        add_tick(axis, (double)i,
                 rkb_plot_fit(&p->arena, names[i], NAME_WIDTH));
}

static double widest(const struct rkb_axis *axis)
{
    double most = 0;

    for (size_t i = 0; i < axis->n_ticks; i++)
        most = fmax(most, rkb_plot_text_width(axis->ticks[i].text));
    return most;
}

static double fraction(const struct rkb_axis *axis, double v)
{
    return axis->log ? log(v / axis->lo) / log(axis->hi / axis->lo)
                     : (v - axis->lo) / (axis->hi - axis->lo);
}

double rkb_plot_x(const struct rkb_plot *p, double value)
{
    return p->left + fraction(&p->x, value) * (p->right - p->left);
}

double rkb_plot_y(const struct rkb_plot *p, double value)
{
    return p->bottom - fraction(&p->y, value) * (p->bottom - p->top);
}

void rkb_plot_lay(struct rkb_plot *p, double height)
{
    p->left = widest(&p->y) + 2 * GAP + (p->y.title ? LINE + 3 : 0);
    p->right = RKB_PLOT_WIDTH - 10;
    p->top = 8;
    p->bottom = p->top + height;
    p->x.upright = p->x.names && widest(&p->x) + GAP > (p->right - p->left) /
                                                           (double)p->x.n_ticks;
}

/* ---- content -------------------------------------------------------------- */

RKB_PRINTF(2, 0)
static void add_format(struct rkb_buf *out, const char *fmt, va_list args)
{
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *text = rkb_new((size_t)n + 1, 1);

    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    rkb_buf_text(out, text);
    rkb_free(text);
}

void rkb_plot_item(struct rkb_plot *p, const char *fmt, ...)
{
    va_list args;

    rkb_buf_text(&p->items, p->items.len ? ", \\\n    data " : "plot data ");
    va_start(args, fmt);
    add_format(&p->items, fmt, args);
    va_end(args);
    rkb_buf_text(&p->items, " notitle");
}

void rkb_plot_set(struct rkb_plot *p, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_format(&p->extra, fmt, args);
    va_end(args);
    rkb_buf_char(&p->extra, '\n');
}

void rkb_plot_key(struct rkb_plot *p, enum rkb_key_kind kind, size_t look,
                  const char *text)
{
    p->keys = rkb_grow(p->keys, &p->keys_cap, p->n_keys + 1, sizeof *p->keys);
    p->keys[p->n_keys++] = (struct rkb_plot_key){
        kind, look,
        rkb_plot_fit(&p->arena, text, RKB_PLOT_WIDTH - KEY_MARK - 3 * GAP)
    };
}

static void add_text(struct rkb_plot *p, const struct rkb_plot_text *t)
{
    p->texts =
        rkb_grow(p->texts, &p->texts_cap, p->n_texts + 1, sizeof *p->texts);
    p->texts[p->n_texts++] = *t;
}

void rkb_plot_text(struct rkb_plot *p, double x, double y,
                   enum rkb_anchor anchor, const char *colour, const char *text)
{
    const struct rkb_plot_text t = {
        x, y, anchor, 0, colour, rkb_arena_cstr(&p->arena, rkb_sv_of(text))
    };

    add_text(p, &t);
}

/* ---- writing --------------------------------------------------------------- */

/* What no XML parser and no terminal wants to see. */
static bool is_bad(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xFFFE || c == 0xFFFF;
}

void rkb_plot_quote(struct rkb_buf *out, const char *text)
{
    rkb_sv sv = rkb_sv_of(text);
    uint32_t before[2] = { 0 };

    rkb_buf_char(out, '\'');
    for (size_t i = 0; i < sv.len;) {
        size_t from = i;
        uint32_t c = rkb_sv_code_point(sv, &i);

        /* gnuplot leaves > as it is, and ]]> is no XML. */
        if (c == '>' && before[0] == ']' && before[1] == ']')
            rkb_buf_char(out, ' ');
        if (c == '\'')
            rkb_buf_text(out, "''");
        else if (is_bad(c) || (c == 0xFFFD && i == from + 1))
            rkb_buf_char(out, '?');
        else
            rkb_buf_sv(out, (rkb_sv){ sv.at + from, i - from });
        before[0] = before[1];
        before[1] = c;
    }
    rkb_buf_char(out, '\'');
}

struct page {
    struct rkb_plot *plot;
    struct rkb_buf *out;
    double height;
};

static void at(const struct page *g, double x, double y)
{
    rkb_buf_printf(g->out, "screen %.4f,%.4f", x / RKB_PLOT_WIDTH,
                   1 - y / g->height);
}

static void write_text(const struct page *g, const struct rkb_plot_text *t)
{
    static const char *const anchors[] = { "left", "center", "right" };

    rkb_buf_text(g->out, "set label ");
    rkb_plot_quote(g->out, t->text);
    rkb_buf_text(g->out, " at ");
    at(g, t->x, t->y);
    rkb_buf_printf(g->out, " %s", anchors[t->anchor]);
    if (t->rotate)
        rkb_buf_printf(g->out, " rotate by %d", t->rotate);
    rkb_buf_printf(g->out, " front tc rgb '%s'\n", t->colour);
}

static void tick_texts(struct rkb_plot *p)
{
    for (size_t i = 0; i < p->x.n_ticks; i++) {
        const struct rkb_plot_tick *t = &p->x.ticks[i];
        bool up = p->x.upright;
        const struct rkb_plot_text text = { rkb_plot_x(p, t->at),
                                            p->bottom +
                                                (up ? GAP : GAP + LINE / 2.0),
                                            up ? RKB_RIGHT : RKB_CENTER,
                                            up ? 90 : 0,
                                            ink,
                                            t->text };

        add_text(p, &text);
    }
    for (size_t i = 0; i < p->y.n_ticks; i++)
        rkb_plot_text(p, p->left - GAP, rkb_plot_y(p, p->y.ticks[i].at),
                      RKB_RIGHT, ink, p->y.ticks[i].text);
}

/* Below the ticks; returns where the key may start. */
static double titles(struct rkb_plot *p)
{
    double ticks = p->x.upright ? widest(&p->x) : p->x.n_ticks ? LINE : 0;
    double below = p->bottom + GAP + ticks;

    if (p->y.title) {
        struct rkb_plot_text t = {
            LINE / 2.0 + 2, (p->top + p->bottom) / 2, RKB_CENTER, 90, ink, NULL
        };

        t.text = rkb_plot_fit(&p->arena, p->y.title, p->bottom + GAP);
        add_text(p, &t);
    }
    if (p->x.title) {
        const char *text =
            rkb_plot_fit(&p->arena, p->x.title, RKB_PLOT_WIDTH - 2 * GAP);
        double half = rkb_plot_text_width(text) / 2;
        double middle =
            fmin((p->left + p->right) / 2, RKB_PLOT_WIDTH - GAP - half);

        rkb_plot_text(p, middle, below + 2 + LINE / 2.0, RKB_CENTER, ink, text);
        below += LINE + 2;
    }
    return below + 3;
}

static size_t key_columns(const struct rkb_plot *p, double *width)
{
    double most = 0;
    size_t n;

    for (size_t i = 0; i < p->n_keys; i++)
        most = fmax(most, rkb_plot_text_width(p->keys[i].text));
    *width = most + KEY_MARK + 2 * GAP;
    n = (size_t)((RKB_PLOT_WIDTH - GAP) / *width);
    n = n < 1 ? 1 : n;
    return n < p->n_keys ? n : p->n_keys;
}

static void key_mark(const struct page *g, const struct rkb_plot_key *k,
                     double x, double y)
{
    size_t style = k->look + 1;

    if (k->kind == RKB_KEY_LINE || k->kind == RKB_KEY_BOTH) {
        rkb_buf_text(g->out, "set arrow from ");
        at(g, x, y);
        rkb_buf_text(g->out, " to ");
        at(g, x + KEY_MARK - 2, y);
        rkb_buf_printf(g->out, " nohead ls %zu\n", style);
    }
    if (k->kind == RKB_KEY_POINT || k->kind == RKB_KEY_BOTH) {
        rkb_buf_text(g->out, "set label '' at ");
        at(g, x + KEY_MARK / 2.0 - 1, y);
        rkb_buf_printf(g->out, " point ls %zu\n", style);
    }
    if (k->kind == RKB_KEY_BOX) {
        rkb_buf_text(g->out, "set object rectangle from ");
        at(g, x + 2, y - 4);
        rkb_buf_text(g->out, " to ");
        at(g, x + KEY_MARK - 4, y + 4);
        rkb_buf_printf(g->out, " fc rgb '%s' fs %s\n", rkb_plot_colour(k->look),
                       rkb_plot_fill(k->look));
    }
}

static double key_rows(const struct rkb_plot *p)
{
    double width;
    size_t n = p->n_keys ? key_columns(p, &width) : 1;

    return (double)((p->n_keys + n - 1) / n);
}

static void write_key(const struct page *g, double y)
{
    struct rkb_plot *p = g->plot;
    double width, from;

    if (!p->n_keys)
        return;
    size_t n = key_columns(p, &width);

    from = (RKB_PLOT_WIDTH - width * (double)n) / 2 + GAP;
    for (size_t i = 0; i < p->n_keys; i++) {
        const struct rkb_plot_key *k = &p->keys[i];
        double x = from + width * (double)(i % n);
        double middle = y + LINE * (double)(i / n) + LINE / 2.0;
        const struct rkb_plot_text text = { x + KEY_MARK, middle, RKB_LEFT, 0,
                                            ink,          k->text };

        key_mark(g, k, x, middle);
        write_text(g, &text);
    }
}

static void write_ticks(const struct page *g, char axis,
                        const struct rkb_axis *x)
{
    rkb_buf_printf(g->out, "set %crange [%.8g:%.8g]\n", axis, x->lo, x->hi);
    if (x->log)
        rkb_buf_printf(g->out, "set logscale %c\n", axis);
    if (x->names) {
        rkb_buf_printf(g->out, "unset %ctics\n", axis);
        return;
    }
    rkb_buf_printf(g->out, "set %ctics out nomirror scale 0.4 (", axis);
    for (size_t i = 0; i < x->n_ticks; i++)
        rkb_buf_printf(g->out, "%s'' %.8g", i ? ", " : "", x->ticks[i].at);
    rkb_buf_text(g->out, ")\n");
}

static void write_frame(const struct page *g)
{
    const struct rkb_plot *p = g->plot;

    rkb_buf_printf(g->out,
                   "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
                   "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
                   p->left / RKB_PLOT_WIDTH, p->right / RKB_PLOT_WIDTH,
                   1 - p->top / g->height, 1 - p->bottom / g->height);
    rkb_buf_text(g->out, "set border 3 lw 0.6 lc rgb '#333333'\nunset key\n");
    write_ticks(g, 'x', &p->x);
    write_ticks(g, 'y', &p->y);
    for (size_t i = 0; i < p->n_looks; i++)
        rkb_buf_printf(g->out,
                       "set style line %zu lc rgb '%s' lw 1.2 dt %s pt %d "
                       "ps 0.45\n",
                       i + 1, rkb_plot_colour(i),
                       dashes[i / RKB_COUNT(colours)],
                       shapes[i % RKB_COUNT(shapes)]);
}

void rkb_plot_finish(struct rkb_plot *p, struct rkb_doc *doc)
{
    struct rkb_buf out = { 0 };
    double key = titles(p), height;

    height = ceil(key + (p->n_keys ? key_rows(p) * LINE : 0) + 3);
    const struct page page = { p, &out, height };

    tick_texts(p);
    write_frame(&page);
    for (size_t i = 0; i < p->n_texts; i++)
        write_text(&page, &p->texts[i]);
    write_key(&page, key);
    rkb_buf_sv(&out, rkb_buf_view(&p->extra));
    rkb_buf_sv(&out, rkb_buf_view(&p->items));
    rkb_buf_char(&out, '\n');
    doc->script = rkb_arena_cstr(&doc->arena, rkb_buf_view(&out));
    doc->width = RKB_PLOT_WIDTH;
    doc->height = (int)height;
    rkb_buf_release(&out);
    rkb_plot_release(p);
}

void rkb_plot_release(struct rkb_plot *p)
{
    rkb_free(p->texts);
    rkb_free(p->keys);
    rkb_free(p->taken);
    rkb_buf_release(&p->items);
    rkb_buf_release(&p->extra);
    rkb_arena_release(&p->arena);
    *p = (struct rkb_plot){ 0 };
}
