/* SPDX-License-Identifier: Apache-2.0 */
/* How far a shard is, as its store beside the others tells. */
#ifndef RKB_HARNESS_EVAL_SHARD_STATUS_H
#define RKB_HARNESS_EVAL_SHARD_STATUS_H

#include "harness/eval/plan.h"

enum rkb_shard_state {
    RKB_SHARD_NEW,        /* there is no store                        */
    RKB_SHARD_UNFINISHED, /* under way, or cut off                    */
    RKB_SHARD_FAILED,     /* through, but some queries have failed    */
    RKB_SHARD_DONE
};
const char *rkb_shard_state_name(enum rkb_shard_state state);

struct rkb_shard_status {
    enum rkb_shard_state state;
    size_t n_begun; /* runs of the plan that it came to */
    /* Queries that are the shard's, in the runs that were begun, as often as
     * each is asked. */
    int64_t n_queries, n_done, n_failed;
    rkb_sv host, last; /* of its last session: UTC of its end or begin */
};

/* Runs are found by label, data set and repeat. A store that cannot be read is
 * an error. */
enum rkb_status rkb_shard_look(struct rkb_arena *a, const struct rkb_plan *plan,
                               struct rkb_shard shard,
                               struct rkb_shard_status *out,
                               struct rkb_err *err) RKB_MUST_CHECK;

#endif
