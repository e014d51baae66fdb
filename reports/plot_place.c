/* SPDX-License-Identifier: Apache-2.0 */
/* Where names can stand: how wide they are, and what is in their way. */
#include "reports/plot.h"

#include "base/mem.h"

#include <math.h>

/* Of DejaVu Sans, which is wider than what browsers take for sans-serif. */
enum { LINE_HEIGHT = 11 };
static const double narrow = 3.3, middling = 6.2, broad = 9.8, square = 10.5;

static double width_of(uint32_t c)
{
    static const char thin[] = "ijltfrI.,:;'|!()[]/ ";

    if (c >= 0x1100)
        return square;
    for (const char *t = thin; c < 0x80 && *t; t++)
        if ((uint32_t)*t == c)
            return narrow + 0.6;
    if (c == 'm' || c == 'w' || c == 'M' || c == 'W' || c == '@' || c == '%')
        return broad;
    return c >= 'A' && c <= 'Z' ? middling + 0.8 : middling;
}

double rkb_plot_text_width(const char *text)
{
    rkb_sv sv = rkb_sv_of(text);
    double width = 0;

    for (size_t i = 0; i < sv.len;)
        width += width_of(rkb_sv_code_point(sv, &i));
    return width;
}

/* In the middle: names often differ at their ends. */
const char *rkb_plot_fit(struct rkb_arena *a, const char *text, double width)
{
    double room = width - rkb_plot_text_width("...");
    double left = rkb_plot_text_width(text), before = 0;
    rkb_sv sv = rkb_sv_of(text);
    size_t head = 0, tail = 0;

    if (left <= width)
        return rkb_arena_cstr(a, sv);
    for (size_t i = 0; i < sv.len;) {
        double w = width_of(rkb_sv_code_point(sv, &i));

        if (head == tail && before + w <= room / 2) {
            before += w;
            head = i;
        }
        left -= w;
        tail = i;
        if (before + left <= room && tail > head)
            break;
    }
    return rkb_arena_printf(a, "%.*s...%s", (int)head, text, text + tail);
}

/* ---- what is in the way --------------------------------------------------- */

static void take(struct rkb_plot *p, struct rkb_plot_box box)
{
    p->taken =
        rkb_grow(p->taken, &p->taken_cap, p->n_taken + 1, sizeof *p->taken);
    p->taken[p->n_taken++] = box;
}

void rkb_plot_take_point(struct rkb_plot *p, double x, double y)
{
    double cx = rkb_plot_x(p, x), cy = rkb_plot_y(p, y);

    take(p, (struct rkb_plot_box){ cx - 4, cy - 4, cx + 4, cy + 4 });
}

/* In short pieces, so that a slanted line does not take all around it. */
void rkb_plot_take_line(struct rkb_plot *p, double x0, double y0, double x1,
                        double y1)
{
    double ax = rkb_plot_x(p, x0), ay = rkb_plot_y(p, y0);
    double dx = rkb_plot_x(p, x1) - ax, dy = rkb_plot_y(p, y1) - ay;
    bool slanted = fabs(dx) > 1 && fabs(dy) > 1;
    int n = slanted ? (int)(hypot(dx, dy) / 6) + 1 : 1;

    for (int i = 0; i < n; i++) {
        double fx = ax + dx * i / n, fy = ay + dy * i / n;
        double tx = ax + dx * (i + 1) / n, ty = ay + dy * (i + 1) / n;

        take(p, (struct rkb_plot_box){ fmin(fx, tx) - 1, fmin(fy, ty) - 1,
                                       fmax(fx, tx) + 1, fmax(fy, ty) + 1 });
    }
}

static bool is_free(const struct rkb_plot *p, const struct rkb_plot_box *b)
{
    if (b->x0 < p->left + 1 || b->x1 > RKB_PLOT_WIDTH - 1 || b->y0 < 1 ||
        b->y1 > p->bottom - 1)
        return false;
    for (size_t i = 0; i < p->n_taken; i++) {
        const struct rkb_plot_box *t = &p->taken[i];

        if (b->x0 < t->x1 && t->x0 < b->x1 && b->y0 < t->y1 && t->y0 < b->y1)
            return false;
    }
    return true;
}

bool rkb_plot_name_point(struct rkb_plot *p, double x, double y,
                         const char *colour, const char *text)
{
    static const struct {
        double dx, dy;
        enum rkb_anchor anchor;
    } places[] = {
        { 6, 0, RKB_LEFT },    { -6, 0, RKB_RIGHT }, { 0, -10, RKB_CENTER },
        { 0, 10, RKB_CENTER }, { 5, -8, RKB_LEFT },  { 5, 8, RKB_LEFT },
        { -5, -8, RKB_RIGHT }, { -5, 8, RKB_RIGHT }, { 0, -10, RKB_RIGHT },
        { 0, -10, RKB_LEFT },  { 0, 10, RKB_RIGHT }, { 0, 10, RKB_LEFT },
    };
    double width = rkb_plot_text_width(text);

    for (size_t i = 0; i < RKB_COUNT(places); i++) {
        double at = rkb_plot_x(p, x) + places[i].dx;
        double middle = rkb_plot_y(p, y) + places[i].dy;
        double from = at - width * (double)places[i].anchor / 2;
        struct rkb_plot_box box = { from, middle - LINE_HEIGHT / 2.0,
                                    from + width, middle + LINE_HEIGHT / 2.0 };

        if (!is_free(p, &box))
            continue;
        take(p, box);
        rkb_plot_text(p, at, middle, places[i].anchor, colour, text);
        return true;
    }
    return false;
}
