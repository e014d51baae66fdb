/* SPDX-License-Identifier: Apache-2.0 */
/* What `sweep` reads of the loads it has measured: the same as `report sweep`,
 * so that what decides where it goes on is what is printed. (Documents of
 * datasets and of reports have one name: this header knows neither.) */
#ifndef RKB_HARNESS_CLI_SWEEP_SEEN_H
#define RKB_HARNESS_CLI_SWEEP_SEEN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "runs/store.h"

struct rkb_sweep_seen;

/* `slo` "p95=2s", or NULL; RKB_E_USAGE. Lives in the arena. */
enum rkb_status rkb_sweep_seen_new(struct rkb_arena *a, const char *slo,
                                   struct rkb_sweep_seen **out,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* Requests that its percentile takes; 0 without a limit. */
size_t rkb_sweep_seen_needs(const struct rkb_sweep_seen *s);

struct rkb_load_seen {
    double throughput;  /* answered requests a second; NaN: nobody knows */
    double percentile;  /* of the limit, or 50                           */
    double seconds;     /* that it is; infinite, NaN: see reports/rung.h */
    const char *answer; /* of the limit: "yes", "no", "unknown"; or NULL */
    bool holds;
    size_t n_answered;
};
enum rkb_status rkb_sweep_seen_add(struct rkb_sweep_seen *s,
                                   struct rkb_store *store, int64_t run_id,
                                   struct rkb_load_seen *out,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* The report of what was added; nothing for nothing. */
enum rkb_status rkb_sweep_seen_print(const struct rkb_sweep_seen *s,
                                     struct rkb_store *store, rkb_sv format,
                                     struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
