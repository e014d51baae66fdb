/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of quality: a row a system, a column a collection (or the average of
 * several) and a measure. Repeats of a run are averaged; the best and second
 * best of a column are marked, ties both, but only among whole cells that rest
 * on the same judgments. */
#ifndef RKB_REPORTS_GRID_H
#define RKB_REPORTS_GRID_H

#include "reports/gather.h"

/* A row of sets.def. */
struct rkb_report_set {
    const char *name, *source;
    const char *const *members; /* ended by NULL */
};
extern const struct rkb_report_set rkb_report_sets[]; /* ended by no name */
const struct rkb_report_set *rkb_report_set_find(const char *name);

/* What one row shows: a label over one first stage at one depth. */
struct rkb_system {
    const char *label, *first_stage;
    int64_t depth;
    bool sees_grades;
};
/* Is the run one of its repeats, on any collection? */
bool rkb_system_has(const struct rkb_system *s, const struct rkb_report_run *r);

struct rkb_grid_column {
    const char *group, *name; /* heads; group may be NULL     */
    const char *dataset;      /* of the store, or a set's name */
    const char *measure;
};

struct rkb_grid {
    struct rkb_arena *arena;
    const struct rkb_report_want *want;
    struct rkb_gathered data;
    struct rkb_system *systems; /* in the order of the runs, parted by first
                                   stage: those of the first one come first */
    size_t n_systems;
    struct rkb_grid_column *columns;
    size_t n_columns, columns_cap;
    const char **letters; /* [n_systems] of rows that --against names, else "";
                             NULL: none is named */
};

enum rkb_status rkb_grid_open(struct rkb_grid *g, struct rkb_arena *a,
                              const struct rkb_report_want *want,
                              struct rkb_err *err) RKB_MUST_CHECK;
void rkb_grid_column(struct rkb_grid *g, const char *group, const char *name,
                     const char *dataset, const char *measure);
void rkb_grid_close(struct rkb_grid *g);
/* Has any of the runs this dataset, or a member of this set? */
bool rkb_grid_has(const struct rkb_grid *g, const char *dataset);
/* Of its runs, in their order. */
const char **rkb_grid_datasets(const struct rkb_grid *g, size_t *n);
/* The canonical measures of -m, or the given ones. NULL-terminated. */
const char *const *rkb_grid_measures(const struct rkb_grid *g,
                                     const char *const *fallback);

/* *run: one of the runs behind it, NULL for a set or none at all.
 * RKB_E_USAGE when runs of one name are not repeats of each other. */
enum rkb_status rkb_grid_figure(const struct rkb_grid *g,
                                const struct rkb_system *s,
                                const struct rkb_grid_column *c,
                                struct rkb_figure *out,
                                const struct rkb_report_run **run,
                                struct rkb_err *err) RKB_MUST_CHECK;

/* Adds the table: rows of systems without any value are left out. Its caption
 * and notes say what is averaged, missing, failed, partial. */
enum rkb_status rkb_grid_write(struct rkb_grid *g, struct rkb_doc *doc,
                               const char *title, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Shared with other reports: a measure as it is printed (--digits, --x100),
 * with "(41 of 43)" where queries are lacking. */
void rkb_figure_cell(const struct rkb_report_want *want, struct rkb_table *t,
                     const struct rkb_figure *f);
/* How many queries finished: "43", "41 of 43". */
void rkb_queries_cell(struct rkb_table *t, const struct rkb_report_run *r);
int rkb_measure_digits(const struct rkb_report_want *want);
double rkb_measure_scale(const struct rkb_report_want *want);
/* As it is printed, so that ties on paper are ties. */
double rkb_measure_printed(const struct rkb_report_want *want, double value);

#endif
