/* SPDX-License-Identifier: Apache-2.0 */
/* A ranking made elsewhere becomes a run in the store: its own lists are the
 * candidates, its order is theirs. No latency is known unless it is given. */
#ifndef RKB_HARNESS_EVAL_IMPORT_H
#define RKB_HARNESS_EVAL_IMPORT_H

#include "harness/eval/testbed.h"
#include "runs/result_writer.h"

/* What stands for the reranker of such a run. */
#define RKB_IMPORT_NAME "import"

struct rkb_import {
    const struct rkb_testbed *testbed; /* stored; candidates = the file */
    const char *path;                  /* of the run                    */
    const char *latency_path; /* "qid<TAB>milliseconds" a line, or NULL */
    const char *label;
    const char *host_root; /* of host.h; NULL: this machine */
};

/* *state is RKB_RUN_COMPLETE when the same file was imported before. A query
 * in the latency file that the run lacks is RKB_E_DATA with FILE:LINE; a query
 * without a line there has no latency. */
enum rkb_status rkb_import_run(const struct rkb_import *import,
                               struct rkb_store *store, int64_t *run_id,
                               enum rkb_run_state *state, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
