/* SPDX-License-Identifier: Apache-2.0 */
/* The table that `run` prints: a row a run, a column for every measure that
 * any of them has. A collection that is the mean of its parts (CQADupStack)
 * gets a row of its own once all parts are there, whole. */
#ifndef RKB_HARNESS_CLI_RUN_TABLE_H
#define RKB_HARNESS_CLI_RUN_TABLE_H

#include "datasets/dataset.h"
#include "harness/eval/score.h"
#include "reports/table.h"

struct rkb_run_value {
    const char *name; /* as it is printed: "nDCG@10"     */
    double value;     /* NaN = undefined                 */
    bool whole_number;
};

/* Texts and values must outlive the table. */
struct rkb_table_run {
    const char *dataset, *candidates, *run;
    const struct rkb_preset *preset; /* NULL: none known */
    size_t n_queries, n_finished;
    struct rkb_run_value *values; /* [n_values] in the order of the columns */
    size_t n_values;
    struct rkb_bounded p50, p90; /* ns; NaN: not known, or too few queries */
    size_t n_requests, n_failed_requests; /* with a time */
    bool warm;            /* rkb_warm_tell                      */
    const char *load;     /* rkb_load_tell: NULL, a plain run */
    struct rkb_pace pace; /* of a run that has a load */
    bool sees_grades;     /* a ceiling, no competitor */
    const char *machines; /* rkb_machines_tell: NULL, all alike */
    const char *loaded;   /* rkb_loaded_tell: NULL, not known to be */
};

/* A zeroed struct is an empty table. */
struct rkb_run_table {
    struct rkb_arena arena; /* of the rows of means */
    struct rkb_table_run *rows;
    size_t n_rows, rows_cap;
};

void rkb_run_table_add(struct rkb_run_table *t,
                       const struct rkb_table_run *row);
/* Percentiles of a scored run, where it has enough queries for them. */
void rkb_run_table_latency(struct rkb_table_run *row,
                           const struct rkb_score *score);
/* A row of a scored run; the pointer is good until the next one is added.
 * Percentiles only where there are enough queries for them. */
struct rkb_table_run *rkb_run_table_add_score(
    struct rkb_run_table *t, struct rkb_arena *a,
    const struct rkb_dataset *dataset, const char *candidates, const char *run,
    const struct rkb_measures *ms, const struct rkb_score *score);
/* Nothing when there are no rows. `note` is one more line below it, or NULL. */
enum rkb_status rkb_run_table_print(struct rkb_run_table *t, rkb_sv format,
                                    const char *note, struct rkb_buf *out,
                                    struct rkb_err *err) RKB_MUST_CHECK;
void rkb_run_table_release(struct rkb_run_table *t);

#endif
