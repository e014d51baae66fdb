/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one reranker over the candidates of one dataset and keeps every
 * query's order, latency and account in the store. A query that is done is
 * not sent again; a failed one is tried again as its next attempt. */
#ifndef RKB_HARNESS_EVAL_ENGINE_H
#define RKB_HARNESS_EVAL_ENGINE_H

#include "base/par.h"
#include "base/stop.h"
#include "harness/eval/testbed.h"
#include "harness/rerankers/reranker.h"
#include "runs/result_writer.h"
#include "runs/store_write.h"

struct rkb_engine_job {
    const struct rkb_testbed *testbed;
    const char *spec;                   /* "bm25(k1=0.9)"                     */
    const struct rkb_reranker_def *def; /* NULL: the row the spec names */
    const char *label;                  /* NULL: the reranker's name          */
    const char *data_dir;
    size_t top_k; /* candidates reranked, SIZE_MAX = all */
    uint64_t seed;
    int64_t repeat;        /* from 1                             */
    size_t n_warmup;       /* queries sent first, not counted    */
    bool again;            /* run a complete run as a new repeat */
    struct rkb_pool *pool; /* its size is the concurrency    */
    const struct rkb_stop *stop;
};

struct rkb_engine_report {
    int64_t run_id;
    enum rkb_run_state state;
    char date[32];  /* of a complete run                           */
    int64_t repeat; /* as it was run                               */
    size_t n_sent, n_ok, n_repaired, n_failed; /* of this session       */
    size_t n_done_before; /* queries that an earlier session finished  */
    bool complete, stopped;
    char first_failure[256];
};

/* RKB_OK also when queries failed or the run was stopped: the report tells.
 * Other codes: nothing was run (bad spec, another process has the run, ...),
 * or the store could not be written. */
enum rkb_status rkb_engine_run(const struct rkb_engine_job *job,
                               struct rkb_store *store,
                               struct rkb_engine_report *out,
                               struct rkb_err *err) RKB_MUST_CHECK;

#endif
