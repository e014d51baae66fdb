/* SPDX-License-Identifier: Apache-2.0 */
/* Scores a stored run again from nothing but the store: the measures that it
 * has names of, against the judgments that are there. */
#ifndef RKB_HARNESS_EVAL_RESCORE_H
#define RKB_HARNESS_EVAL_RESCORE_H

#include "harness/eval/score.h"

/* What came of the last evaluation; arrays and names are the arena's. */
struct rkb_rescored {
    const char **names; /* [n_names] canonical */
    double *values;     /* [n_names] NaN = undefined */
    bool *counts;       /* [n_names] a whole number, such as num_rel */
    size_t n_names;
    struct rkb_score score; /* n_queries 0: the run has no evaluation */
};

enum rkb_status rkb_rescore(struct rkb_store *store, struct rkb_arena *a,
                            int64_t run_id, struct rkb_rescored *out,
                            struct rkb_err *err) RKB_MUST_CHECK;

#endif
