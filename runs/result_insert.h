/* SPDX-License-Identifier: Apache-2.0 */
/* One result into the tables query_result, ranking and call. */
#ifndef RKB_RUNS_RESULT_INSERT_H
#define RKB_RUNS_RESULT_INSERT_H

#include "base/arena.h"
#include "base/io/db.h"
#include "runs/result_writer.h"

/* A result in the form in which it waits: it owns its texts, and its lists
 * are JSON. */
struct rkb_result_item {
    struct rkb_arena arena; /* of everything here, this struct too */
    struct rkb_result r;    /* order, score and scored are not used */
    bool has_order;
    rkb_sv perm, score; /* at == NULL: stored as NULL */
};

/* Inside a transaction. RKB_E_DATA when the query's candidate list is another
 * length than n_docs, or the run, session or query is unknown. */
enum rkb_status rkb_result_insert(struct rkb_db *db,
                                  const struct rkb_result_item *item,
                                  struct rkb_err *err) RKB_MUST_CHECK;

#endif
