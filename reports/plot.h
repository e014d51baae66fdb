/* SPDX-License-Identifier: Apache-2.0 */
/* Figures: a document whose tables are the data, and what gnuplot is told to
 * make of them. The figure is laid out here, to the last label, and gnuplot
 * only draws it: so script and data are the same bytes everywhere.
 *
 * Lengths are in hundredths of an inch, from the upper left corner. A figure is
 * as wide as a column of a paper; type is 7 points high. Colours are those of
 * Okabe and Ito (2008, "Color universal design"), and never all that tells two
 * series apart. */
#ifndef RKB_REPORTS_PLOT_H
#define RKB_REPORTS_PLOT_H

#include "reports/doc.h"

enum {
    RKB_PLOT_WIDTH = 330,
    RKB_PLOT_TALL = 150,  /* height of most areas               */
    RKB_PLOT_SERIES = 64, /* that looks tell apart              */
    RKB_PLOT_BARS = 42,   /* that colours and fills tell apart   */
    RKB_PLOT_DIRECT = 5   /* so many lines can bear their names */
};

enum rkb_axis_flags {
    RKB_AXIS_LOG = 1,  /* where values span a factor of 8 or more */
    RKB_AXIS_ZERO = 2, /* bars start at 0                         */
    RKB_AXIS_WHOLE = 4 /* counts: 1, 2, ...                       */
};

struct rkb_plot_tick {
    double at;
    const char *text;
};

struct rkb_axis {
    const char *title; /* NULL: none */
    double lo, hi;
    bool log, whole;
    double unit_s; /* of times, in seconds: ticks of a logarithmic axis say
                      "10 ms"; 0: other values */
    struct rkb_plot_tick *ticks; /* [n_ticks] */
    size_t n_ticks;
    bool names;   /* ticks are categories at 0, 1, ...            */
    bool upright; /* of the x axis: too long to stand side by side */
};

enum rkb_key_kind {
    RKB_KEY_POINT,
    RKB_KEY_LINE,
    RKB_KEY_BOTH, /* a line with points */
    RKB_KEY_BOX,
    RKB_KEY_NONE /* words alone */
};

struct rkb_plot_key {
    enum rkb_key_kind kind;
    size_t look;
    const char *text;
};

enum rkb_anchor { RKB_LEFT, RKB_CENTER, RKB_RIGHT };

struct rkb_plot_text {
    double x, y; /* of its middle in height, its anchor in width */
    enum rkb_anchor anchor;
    int rotate;         /* degrees, counterclockwise */
    const char *colour; /* "#333333"                 */
    const char *text;
};

struct rkb_plot_box {
    double x0, y0, x1, y1;
};

/* A zeroed struct is an empty plot. Set the axes, then lay it out, then add;
 * finish hands the figure to the document and releases all. */
struct rkb_plot {
    struct rkb_arena arena;
    struct rkb_axis x, y;
    double left, right, top, bottom; /* of the area */
    struct rkb_buf items, extra;
    struct rkb_plot_text *texts;
    size_t n_texts, texts_cap;
    struct rkb_plot_key *keys;
    size_t n_keys, keys_cap;
    struct rkb_plot_box *taken; /* by points, lines and texts */
    size_t n_taken, taken_cap;
    size_t n_looks;
};

/* ---- axes ---------------------------------------------------------------- */

/* A range around lo..hi with round ticks; flags of enum rkb_axis_flags. */
void rkb_plot_range(struct rkb_plot *p, struct rkb_axis *axis,
                    const char *title, double lo, double hi, unsigned flags);
/* The same for latencies in this unit of so many seconds: logarithmic where
 * they span much, and then each tick tells its own unit. */
void rkb_plot_times(struct rkb_plot *p, struct rkb_axis *axis,
                    const char *title, const char *unit, double unit_s,
                    double lo, double hi);
/* Ticks at these values instead. */
void rkb_plot_ticks(struct rkb_plot *p, struct rkb_axis *axis,
                    const double *values, size_t n);
/* 0 .. n-1; the names are cut at a length that leaves room for the rest. */
void rkb_plot_names(struct rkb_plot *p, struct rkb_axis *axis,
                    const char *title, const char *const *names, size_t n);
/* Fixes the area: `height` high, and as wide as the ticks' names leave. */
void rkb_plot_lay(struct rkb_plot *p, double height);
double rkb_plot_x(const struct rkb_plot *p, double value);
double rkb_plot_y(const struct rkb_plot *p, double value);

/* ---- what is in it ------------------------------------------------------- */

/* What follows `plot data`: "index 0 using 1:2 with lines ls 1". Look i is
 * gnuplot's line style i + 1. */
void rkb_plot_item(struct rkb_plot *p, const char *fmt, ...) RKB_PRINTF(2, 3);
/* A whole line of the script before `plot`. */
void rkb_plot_set(struct rkb_plot *p, const char *fmt, ...) RKB_PRINTF(2, 3);
void rkb_plot_key(struct rkb_plot *p, enum rkb_key_kind kind, size_t look,
                  const char *text);
void rkb_plot_text(struct rkb_plot *p, double x, double y,
                   enum rkb_anchor anchor, const char *colour,
                   const char *text);
/* "#0072B2" of a look; "solid noborder" of a bar. */
const char *rkb_plot_colour(size_t look);
const char *rkb_plot_fill(size_t look);

/* ---- places for names (plot_place.c) -------------------------------------- */

/* How wide a text is, at most. */
double rkb_plot_text_width(const char *text);
/* A copy of at most `width`; what is cut out is "...". */
const char *rkb_plot_fit(struct rkb_arena *a, const char *text, double width);
/* Names must not cover this point, or this line from value to value. */
void rkb_plot_take_point(struct rkb_plot *p, double x, double y);
void rkb_plot_take_line(struct rkb_plot *p, double x0, double y0, double x1,
                        double y1);
/* Writes a name beside a point where nothing is in its way. False: there is no
 * such place. */
bool rkb_plot_name_point(struct rkb_plot *p, double x, double y,
                         const char *colour, const char *text);

/* ---- the end (plot.c, plot_file.c) ---------------------------------------- */

void rkb_plot_finish(struct rkb_plot *p, struct rkb_doc *doc);
void rkb_plot_release(struct rkb_plot *p);

/* Adds a text in single quotes, where gnuplot takes every byte as it is (in
 * double quotes it would run what is between backquotes). What XML or UTF-8
 * have no place for is replaced. */
void rkb_plot_quote(struct rkb_buf *out, const char *text);
/* The tables as gnuplot reads them: one block each, columns of numbers first,
 * a tab between two. */
void rkb_plot_data(const struct rkb_doc *doc, struct rkb_buf *out);

/* One picture format. */
struct rkb_picture_format {
    const char *name; /* and ending: "svg" */
};
/* NULL when it is none. */
const struct rkb_picture_format *rkb_picture_format_find(rkb_sv name);
/* The script that draws STEM.NAME from STEM.dat, all in one folder. */
void rkb_plot_script(const struct rkb_doc *doc, const char *stem,
                     const struct rkb_picture_format *format,
                     struct rkb_buf *out);
/* RKB_E_USAGE for a name that a script cannot hold: with a '/', control bytes,
 * not UTF-8, or empty. */
enum rkb_status rkb_plot_check_stem(const char *stem, struct rkb_err *err)
    RKB_MUST_CHECK;
/* STEM.gp and STEM.dat in this folder. */
enum rkb_status rkb_plot_write(const struct rkb_doc *doc, const char *folder,
                               const char *stem,
                               const struct rkb_picture_format *format,
                               struct rkb_err *err) RKB_MUST_CHECK;
/* Has gnuplot draw it. STEM is a checked one; picture->at is NULL, and err says why, when it cannot
 * be started, which is no error. */
enum rkb_status rkb_plot_draw(struct rkb_arena *a, const struct rkb_doc *doc,
                              const char *stem,
                              const struct rkb_picture_format *format,
                              rkb_sv *picture, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
