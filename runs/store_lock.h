/* SPDX-License-Identifier: Apache-2.0 */
/* Advisory locks between processes on PATH.lock, one byte each. The database
 * file itself is never locked: those locks are SQLite's. A lock goes with its
 * process, however that ends. */
#ifndef RKB_RUNS_STORE_LOCK_H
#define RKB_RUNS_STORE_LOCK_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct rkb_lock;

#define RKB_LOCK_STORE UINT64_MAX       /* the whole store: one writer  */
#define RKB_LOCK_SHARD (UINT64_MAX - 4) /* a shard's: one that fills it */

/* Locks the byte that `what` names (of its 64 bits 62 count). *got is false,
 * and *out NULL, when another holder has it: this process counts too.
 * RKB_E_IO when the lock file cannot be made. */
enum rkb_status rkb_lock_take(struct rkb_lock **out, const char *store_path,
                              uint64_t what, bool *got, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_lock_release(struct rkb_lock *l); /* NULL is fine */

/* NFS, SMB, FUSE, cluster file systems: where WAL does not work. False also
 * when it cannot be told. The path or else its folder must exist. */
bool rkb_path_is_network(const char *path);

#endif
