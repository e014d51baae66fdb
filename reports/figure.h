/* SPDX-License-Identifier: Apache-2.0 */
/* What figures share: one dataset, one measure, and names of runs. */
#ifndef RKB_REPORTS_FIGURE_H
#define RKB_REPORTS_FIGURE_H

#include "reports/grid.h"
#include "reports/plot.h"
#include "reports/spent.h"

struct rkb_figure_data {
    struct rkb_arena *arena;
    const struct rkb_report_want *want;
    struct rkb_gathered data;
    const char *dataset; /* of all runs                      */
    const char *measure; /* asked for, or nDCG@10            */
    const char *quality; /* "nDCG@10 on dl19": for an axis   */
    const char **names;  /* [n_runs] that tell them apart    */
    bool lower;          /* smaller values are better        */
};

/* RKB_E_USAGE for no runs, or several datasets. */
enum rkb_status rkb_figure_open(struct rkb_figure_data *f, struct rkb_arena *a,
                                const struct rkb_report_want *want,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* The one measure of -m, or nDCG@10. */
enum rkb_status rkb_figure_measure(struct rkb_arena *a,
                                   const struct rkb_report_want *want,
                                   const char **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* "nDCG@10 on dl19", "nDCG@10, times 100"; on may be NULL. */
const char *rkb_figure_title(struct rkb_arena *a,
                             const struct rkb_report_want *want,
                             const char *measure, const char *on);

/* A label; where another of the list has the same, what they differ in. */
struct rkb_figure_name {
    const char *label, *first_stage;
    int64_t depth, repeat;
};
const char **rkb_figure_names(struct rkb_arena *a,
                              const struct rkb_figure_name *list, size_t n);
/* Such names of the grid's systems, [n_systems]. */
const char **rkb_figure_systems(const struct rkb_grid *g);

/* Seconds to what is readable: "s", "ms" or "us" by the largest value. */
struct rkb_figure_unit {
    const char *name;
    double scale;
};
struct rkb_figure_unit rkb_figure_unit(double most_seconds);

/* RKB_E_USAGE when there are more than can be told apart. */
enum rkb_status rkb_figure_few(size_t n, struct rkb_err *err) RKB_MUST_CHECK;
/* Notes it when not all were timed under the same conditions. */
void rkb_figure_conditions(const struct rkb_spent *const *spent, size_t n,
                           struct rkb_table *t);
/* Lowest and highest so far; start with NaN, NaN. */
void rkb_figure_widen(double v, double *lo, double *hi);
/* %.6g; NaN is no value. */
void rkb_figure_cell6(struct rkb_table *t, double value);

/* Names lines at one of the points given or, where they are many or a name has
 * no room, in the key. */
struct rkb_figure_line {
    const char *name;
    const double *x, *y; /* [n] places for the name, best first */
    size_t n;
};
void rkb_figure_name_lines(struct rkb_plot *p,
                           const struct rkb_figure_line *lines, size_t n,
                           enum rkb_key_kind kind);

#endif
