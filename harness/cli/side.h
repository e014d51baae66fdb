/* SPDX-License-Identifier: Apache-2.0 */
/* BASELINE and RUN on a command line: runs of the store, or a file that
 * `baseline` has written. */
#ifndef RKB_HARNESS_CLI_SIDE_H
#define RKB_HARNESS_CLI_SIDE_H

#include "harness/eval/baseline.h"
#include "runs/store.h"

/* A file there by that name is read, anything else selects runs. *store is
 * opened when it is needed first; the caller closes it. */
enum rkb_status rkb_side_open(struct rkb_arena *a, const char *name,
                              const char *store_path, struct rkb_store **store,
                              const struct rkb_baseline *like,
                              struct rkb_baseline *out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* RKB_E_USAGE when both select one and the same run. */
enum rkb_status rkb_sides_differ(struct rkb_arena *a, struct rkb_store *store,
                                 const char *one, const char *other,
                                 struct rkb_err *err) RKB_MUST_CHECK;

#endif
