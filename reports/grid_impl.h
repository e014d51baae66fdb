/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the tables of quality share. */
#ifndef RKB_REPORTS_GRID_IMPL_H
#define RKB_REPORTS_GRID_IMPL_H

#include "reports/grid.h"

struct rkb_filled {
    struct rkb_figure *figures;         /* [n_systems][n_columns] */
    const struct rkb_report_run **runs; /* likewise               */
    bool *shown;                        /* [n_systems]            */
};

/* May cell i be ranked? Not when queries are lacking, nor when its system sees
 * the judgments. */
bool rkb_cell_competes(const struct rkb_grid *g, const struct rkb_filled *f,
                       size_t i);
bool rkb_judged_alike(const struct rkb_grid *g, const struct rkb_filled *f,
                      size_t column);

/* ---- significance (letters.c) --------------------------------------------- */

/* "a" of 0, "z" of 25, "aa" of 26. */
const char *rkb_letter(struct rkb_arena *a, size_t i);
/* Sets g->letters where --against is given. RKB_E_USAGE for a name that no row
 * has. */
enum rkb_status rkb_letter_rows(struct rkb_grid *g, const struct rkb_filled *f,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* Cells that are better than a named row, by comparisons that are stored, get
 * its letter; `heads` columns stand before the first value. A family that the
 * store lacks is added to want->lacking. */
enum rkb_status rkb_letter_cells(const struct rkb_grid *g,
                                 const struct rkb_filled *f, size_t heads,
                                 struct rkb_table *t, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
