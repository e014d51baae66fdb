/* SPDX-License-Identifier: Apache-2.0 */
/* What a system did under one load: a run with --scenario closed:N or
 * open:RATE, of `sweep` or of `run`. Here a request counts, each sample of each
 * query: what users of a server ask for, and what a limit on latency is about.
 * (Tables that compare systems count distinct queries.)
 *
 * The first attempt at each counts: it was the one under this load. A request
 * that failed is in the percentiles as no faster than what was waited for it;
 * for a limit it was never in time. */
#ifndef RKB_REPORTS_RUNG_H
#define RKB_REPORTS_RUNG_H

#include "reports/gather.h"

struct rkb_rung {
    const char *system; /* the label without its load */
    const char *load;   /* "closed:8", "open:2 for 60 s" */
    bool open;
    double size;         /* queries at once, or a second           */
    int64_t n, n_failed; /* requests; of them                      */
    double *seconds;     /* [n_timed + n_failed_s] ascending: of those that did
                            not fail, then INFINITY for each that did */
    double *failed_s;    /* [n_failed_s] likewise: how long was waited for those
                         that failed */
    size_t n_failed_s;
    size_t n_timed;     /* all of them, but for recorded answers  */
    double throughput;  /* requests that did not fail, a second; NaN */
    int64_t n_late;     /* of open: held up by our own threads    */
    const char *loaded; /* rkb_session_row; NULL: not known to be */
    bool whole;         /* every request was made                 */
};

/* A limit: "p95=2s". */
struct rkb_slo {
    double percentile, seconds;
};
/* "p95=2s", "p50=80ms"; RKB_E_USAGE. */
enum rkb_status rkb_slo_read(rkb_sv text, struct rkb_slo *out,
                             struct rkb_err *err) RKB_MUST_CHECK;

/* *is_one: the run was made under a load. */
enum rkb_status rkb_rung_read(struct rkb_arena *a, struct rkb_store *store,
                              const struct rkb_report_run *run,
                              struct rkb_rung *out, bool *is_one,
                              struct rkb_err *err) RKB_MUST_CHECK;

/* Seconds; with *at_least no smaller than that. NaN: too few requests. */
double rkb_rung_percentile(const struct rkb_rung *r,
                           const struct rkb_report_math *math, double p,
                           bool *at_least);
/* For a limit: INFINITY where it falls on a failed request. */
double rkb_rung_in_time(const struct rkb_rung *r,
                        const struct rkb_report_math *math, double p);

enum rkb_holds {
    RKB_HOLDS,
    RKB_HOLDS_NOT,
    RKB_HOLDS_UNKNOWN /* too few requests, unfinished, or held up by us */
};
enum rkb_holds rkb_rung_holds(const struct rkb_rung *r,
                              const struct rkb_report_math *math,
                              const struct rkb_slo *slo);
const char *rkb_holds_name(enum rkb_holds h); /* "yes" "no" "unknown" */

#endif
