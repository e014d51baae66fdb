/* SPDX-License-Identifier: Apache-2.0 */
/* What a run took: times, calls, tokens and classes of answers, query by
 * query, and under which conditions. */
#ifndef RKB_REPORTS_SPENT_H
#define RKB_REPORTS_SPENT_H

#include "reports/gather.h"

enum rkb_spent_kind {
    RKB_SPENT_CALLS,
    RKB_SPENT_PROMPT,
    RKB_SPENT_CACHED,
    RKB_SPENT_OUTPUT,
    RKB_SPENT_REASONING,
    RKB_SPENT_KINDS
};

/* A class of answers and how often it came. */
struct rkb_answer_class {
    const char *name;
    int64_t n;
};

struct rkb_spent {
    const struct rkb_report_run *run;
    size_t n;          /* finished queries                                  */
    size_t n_latency;  /* of them with a latency: none from recorded answers */
    double *latency_s; /* [n_latency] by ord: mean over samples, seconds */
    int64_t *latency_ord; /* [n_latency] */
    /* Of every sample whose time is known, ascending; and how long was waited
     * for those that failed. */
    double *request_s, *failed_s; /* [n_requests], [n_failed_s] */
    size_t n_requests, n_failed_s;
    size_t n_timed;                /* different queries among them */
    double total[RKB_SPENT_KINDS]; /* over those that tell it  */
    size_t n_told[RKB_SPENT_KINDS];
    int64_t n_ok, n_repaired, n_failed;
    struct rkb_answer_class *classes; /* [n_classes] by name */
    size_t n_classes;
    /* "single, 1 at a time, cold prefixes, on box": what must be equal before
     * times are compared. "mixed" where the run's sessions differ in it. */
    const char *conditions;
    int64_t n_late; /* sent late by a saturated generator */
    const char
        *loaded; /* why the machine was too busy; NULL: not known to be */
};

enum rkb_status rkb_spent(struct rkb_arena *a, struct rkb_store *store,
                          const struct rkb_report_run *run,
                          struct rkb_spent *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Of s->run: conditions, n_late and loaded alone. */
enum rkb_status rkb_spent_conditions(struct rkb_arena *a,
                                     struct rkb_store *store,
                                     struct rkb_spent *s, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Of the requests that were sent, in seconds. Those that failed took no less
 * than what was waited: with *at_least the percentile is no smaller. NaN unless
 * enough different queries are behind it. */
double rkb_spent_percentile(const struct rkb_spent *s,
                            const struct rkb_report_math *math, double p,
                            bool *at_least);

#endif
