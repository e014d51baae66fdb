/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that papers print: reports/published/NAME.json, embedded. A file
 * holds tables of one measure each; values are kept as they were printed.
 * `match` is what a run's label, model or reranker must hold (letters and
 * digits, small) to be held against the row; "firststage" is the reranker
 * first-stage. */
#ifndef RKB_REPORTS_PUBLISHED_H
#define RKB_REPORTS_PUBLISHED_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rkb_published_value {
    const char *dataset; /* of the store, or a set of sets.def */
    const char *text;    /* as printed, at the table's scale   */
    double lo, hi;       /* what repeats gave, scale 1; NaN: no repeats known */
};

struct rkb_published_row {
    const char *system, *match;
    const char *first_stage, *backbone;       /* NULL: not stated */
    int64_t depth;                            /* 0: not stated    */
    const struct rkb_published_value *values; /* [n_values] */
    size_t n_values;
};

struct rkb_published_table {
    const char *title, *measure;
    const char *source;
    const char *evidence; /* "primary": the authors' own files or cards;
                             "transcribed": from a text of the paper or another
                             one; "secondary": as others quote it */
    double scale;         /* 1 or 100 */
    int digits;           /* behind the point */
    const struct rkb_published_row *rows; /* [n_rows] */
    size_t n_rows;
};

struct rkb_published {
    const char *name, *title;
    const char *arxiv;        /* NULL: none */
    const char *const *notes; /* [n_notes] */
    size_t n_notes;
    const struct rkb_published_table *tables; /* [n_tables] */
    size_t n_tables;
};

/* The name of the i-th file, in order; NULL behind the last. */
const char *rkb_published_name(struct rkb_arena *a, size_t i);
/* RKB_E_USAGE with the names there are. */
enum rkb_status rkb_published_load(struct rkb_arena *a, const char *name,
                                   struct rkb_published *out,
                                   struct rkb_err *err) RKB_MUST_CHECK;

#endif
