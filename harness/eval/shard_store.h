/* SPDX-License-Identifier: Apache-2.0 */
/* Where a shard's results go. Beside the plan's store there is a folder with
 * one store a shard, "STORE.shards/3-of-8.db", for `merge`. Where that is a
 * network file system, or on demand, the shard writes a store on this machine
 * and copies it there now and then, and at the end; a shard that was killed
 * goes on from the copy, or from what it left here when that is more. */
#ifndef RKB_HARNESS_EVAL_SHARD_STORE_H
#define RKB_HARNESS_EVAL_SHARD_STORE_H

#include "base/arena.h"
#include "harness/eval/shard.h"

/* "STORE.shards" and "STORE.shards/3-of-8.db". */
const char *rkb_shard_folder(struct rkb_arena *a, const char *store);
const char *rkb_shard_path(struct rkb_arena *a, const char *store,
                           struct rkb_shard shard);

struct rkb_shard_store;

/* Makes the folders, brings the shard's earlier results here, and keeps others
 * on this machine from the same shard (RKB_E_IO). local NULL: a folder is
 * chosen where one is needed. */
enum rkb_status rkb_shard_store_open(struct rkb_shard_store **out,
                                     const char *store, struct rkb_shard shard,
                                     const char *local, struct rkb_err *err)
    RKB_MUST_CHECK;
/* The store to write. */
const char *rkb_shard_store_path(const struct rkb_shard_store *s);
/* From now on, when there is anything new, a copy every so often. One that
 * fails is a warning. Nothing where the store is written in its place. */
void rkb_shard_store_watch(struct rkb_shard_store *s, int64_t every_ns);
/* The last copy; then the local store is removed. The store is closed. */
enum rkb_status rkb_shard_store_finish(struct rkb_shard_store *s,
                                       struct rkb_err *err) RKB_MUST_CHECK;
/* Without a copy when finish was not called. NULL is fine. */
void rkb_shard_store_close(struct rkb_shard_store *s);

#endif
