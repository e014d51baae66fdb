/* SPDX-License-Identifier: Apache-2.0 */
/* Measures of a stored run: read back, joined with judgments, summed in the
 * order of the queries, and stored beside it. */
#ifndef RKB_HARNESS_EVAL_SCORE_H
#define RKB_HARNESS_EVAL_SCORE_H

#include "harness/eval/join.h"
#include "harness/eval/plan.h"
#include "harness/eval/times.h"
#include "metrics/spec.h"
#include "runs/store_read.h"
#include "runs/store_write.h"

struct rkb_score_want {
    int64_t run_id;
    int64_t judgment_set; /* id of the judgments in the store */
    const struct rkb_judgments *judgments;
    const struct rkb_measures *measures;
    enum rkb_compat compat;
    enum rkb_failed_rule failed; /* what a failed query counts */
};

/* "none", "zero", "first-stage": in the rules of evaluations. */
const char *rkb_failed_name(enum rkb_failed_rule rule);

/* Arrays are the arena's. */
struct rkb_score {
    double *means; /* [n_slots] of the measures, NaN = undefined */
    size_t n_queries, n_ok, n_repaired, n_failed; /* of the first sample */
    size_t n_failed_samples; /* failed when they were asked again */
    size_t n_unfinished;     /* queries without a result           */
    size_t n_empty;    /* judged queries without candidates: they count 0 */
    size_t n_unjudged; /* sent, but nobody judged them       */
    size_t n_counted;  /* queries behind the means           */
    struct rkb_times times; /* of all samples */
    size_t n_unchanged;     /* queries whose order is the first stage's */
};

enum rkb_status rkb_score_run(struct rkb_store *store, struct rkb_arena *a,
                              const struct rkb_score_want *want,
                              struct rkb_score *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
