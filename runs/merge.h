/* SPDX-License-Identifier: Apache-2.0 */
/* Joins stores into a new one: what shards did, or machines, or colleagues.
 *
 * Runs with the same key become one. An attempt at a query that several stores
 * have is kept once. A query that was finished twice, by different sessions,
 * keeps the earlier result when the two are equal (status, order, scores), and
 * is an error that names it when they are not. Failed attempts stay, before
 * the finished one. A run is complete when every query is finished.
 *
 * Runs, sessions and attempts come in an order that is made of what they are,
 * so neither the order of the stores nor a store that is given twice, nor one
 * that was merged before, makes a difference. Comparisons are not taken over:
 * they may be of less than there is now. */
#ifndef RKB_RUNS_MERGE_H
#define RKB_RUNS_MERGE_H

#include "base/arena.h"
#include "runs/store.h"

#define RKB_MERGE_STORES 1000 /* most of them at once */
#define RKB_MERGE_NAMED 20    /* missing queries that are told by name */

/* A run of the new store. */
struct rkb_merged_run {
    int64_t id, repeat, n_queries, n_samples;
    rkb_sv label, dataset;
    /* Queries that lack a sample: one was never asked; all were, some in vain. */
    size_t n_missing, n_failed;
    rkb_sv *missing; /* the first RKB_MERGE_NAMED qids */
};

struct rkb_merged {
    struct rkb_merged_run *runs; /* [n_runs] in the order of the new store */
    size_t n_runs;
    size_t n_results;     /* kept */
    size_t n_same;        /* the same attempts in other stores */
    size_t n_again;       /* other, equal results of a finished query */
    size_t n_comparisons; /* not taken over */
};

/* `to` is made, with a rollback journal, and must not be there; after an error
 * it is gone. Evaluations are there with the names of their measures, without
 * values: rkb_rescore makes those. RKB_E_DATA for stores that contradict each
 * other. Memory: a query of every store at a time. */
enum rkb_status rkb_store_merge(const char *to, const char *const *from,
                                size_t n_from, struct rkb_arena *a,
                                struct rkb_merged *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
