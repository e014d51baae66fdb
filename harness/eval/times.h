/* SPDX-License-Identifier: Apache-2.0 */
/* How long the requests of a run took. A request is one sample of one query,
 * its latest attempt. One that failed took at least as long as was waited for
 * it: it stays in, as a lower bound. */
#ifndef RKB_HARNESS_EVAL_TIMES_H
#define RKB_HARNESS_EVAL_TIMES_H

#include "metrics/stats.h"
#include "runs/store_read.h"

struct rkb_times {
    double *ns; /* [n] ascending */
    size_t n;
    double *failed_ns; /* [n_failed] ascending: waited for in vain */
    size_t n_failed;
    size_t n_queries; /* different ones among all these */
};

/* Requests without a known time (recorded or cached answers) are left out. */
enum rkb_status rkb_times_read(struct rkb_store *store, struct rkb_arena *a,
                               int64_t run_id, struct rkb_times *out,
                               struct rkb_err *err) RKB_MUST_CHECK;

/* Over requests; NaN unless there are as many different queries as the
 * percentile needs: to ask one query twice tells nothing of others. */
struct rkb_bounded rkb_times_percentile(const struct rkb_times *t, double p);

/* Answers a second; NaN where nobody knows. */
double rkb_pace_answers(const struct rkb_pace *p);

/* Did a server keep what earlier prompts began with, as was asked for? */
enum rkb_status rkb_warm_tell(struct rkb_store *store, struct rkb_arena *a,
                              int64_t run_id, bool *warm, struct rkb_err *err)
    RKB_MUST_CHECK;

/* How the requests of a run were sent, where that was asked for, and what came
 * of it: "open:20, 2 samples: 19.8 answers a second over 1.01 s, ...". *out is
 * NULL for a plain run, and *pace nothing. */
enum rkb_status rkb_load_tell(struct rkb_store *store, struct rkb_arena *a,
                              int64_t run_id, struct rkb_pace *pace,
                              const char **out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
