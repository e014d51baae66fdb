/* SPDX-License-Identifier: Apache-2.0 */
/* Where the time of a run went (runs/time_parts.h), what a call costs by its
 * tokens, and what other tokens would have taken. */
#ifndef RKB_REPORTS_TIME_SPENT_H
#define RKB_REPORTS_TIME_SPENT_H

#include "reports/report.h"
#include "runs/time_parts.h"

struct rkb_time_spent {
    const char *label;
    size_t n;         /* finished queries whose latency could be parted   */
    size_t n_unknown; /* with a latency and calls that do not tell when they
                         began: of an older store                         */
    int64_t parts_ns[RKB_TIME_PARTS]; /* of the n together: they sum to  */
    int64_t latency_ns;               /* this                             */
    double store_ms; /* a query: writing its result, after the clock; NaN:
                        not known                                         */
    /* Calls of the n queries that were answered and told their tokens. */
    size_t n_calls;
    double *tokens;  /* [n_calls * 2] prompt less cached ones, output     */
    double *call_ms; /* [n_calls] from having a connection to the end     */
};
enum rkb_status rkb_time_spent(struct rkb_arena *a, struct rkb_store *store,
                               int64_t run_id, const char *label,
                               struct rkb_time_spent *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Other tokens than those measured, of each call; NaN: the run's own mean. */
struct rkb_predict {
    double prompt, output;
    double calls; /* a query */
};
/* "output=1,calls=9"; RKB_E_USAGE. */
enum rkb_status rkb_predict_read(rkb_sv text, struct rkb_predict *out,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* Two tables: milliseconds a query by part, and the costs of a call. `predict`
 * NULL: none. */
void rkb_time_tables(const struct rkb_time_spent *runs, size_t n,
                     const struct rkb_report_math *math,
                     const struct rkb_predict *predict, struct rkb_doc *doc);

/* `report latency --breakdown`. */
enum rkb_status rkb_time_report(struct rkb_arena *a,
                                const struct rkb_report_want *want,
                                struct rkb_doc *doc, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
