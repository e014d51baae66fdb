/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one reranker over the candidates of one dataset and keeps every
 * query's order, latency and account in the store. A query that is done is
 * not sent again; a failed one is tried again as its next attempt. */
#ifndef RKB_HARNESS_EVAL_ENGINE_H
#define RKB_HARNESS_EVAL_ENGINE_H

#include "base/par.h"
#include "base/stop.h"
#include "harness/eval/scenario.h"
#include "harness/eval/shard.h"
#include "harness/eval/testbed.h"
#include "harness/rerankers/reranker.h"
#include "runs/result_writer.h"
#include "runs/store_write.h"

/* The queries of a run that a shard sends. */
struct rkb_engine_share {
    struct rkb_shard shard;
    const uint8_t *mine; /* [n_lists] 1: this shard's */
    size_t n;            /* of them */
};

struct rkb_engine_job {
    const struct rkb_testbed *testbed;
    const char *spec;                   /* "bm25(k1=0.9)"                     */
    const struct rkb_reranker_def *def; /* NULL: the row the spec names */
    const char *label;                  /* NULL: the reranker's name          */
    const char *build;                  /* part of the identity; NULL: none   */
    const char *data_dir;
    size_t top_k; /* candidates reranked, SIZE_MAX = all */
    uint64_t seed;
    int64_t repeat;        /* from 1                             */
    struct rkb_load load;  /* how queries are sent               */
    bool again;            /* run a complete run as a new repeat */
    struct rkb_pool *pool; /* of queries and of what they fork */
    size_t concurrency;    /* queries under way at once, at most (see
                              rkb_load_lanes); 0: the pool's size */
    size_t in_flight;      /* calls to servers at once; 0: 1   */
    const struct rkb_engine_share *share; /* NULL: every query */
    size_t cell; /* of the plan, from 1: the order of its runs; 0: no plan */
    const char *gpu;       /* of this machine, NULL: none */
    const char *host_root; /* of host.h; NULL: this machine */
    bool interleaved;      /* takes turns with others: for the record */
    const struct rkb_stop *stop;
};

struct rkb_engine_report {
    int64_t run_id;
    enum rkb_run_state state;
    char date[32];  /* of a complete run                           */
    int64_t repeat; /* as it was run                               */
    size_t n_sent, n_ok, n_repaired, n_failed; /* of this session       */
    size_t n_done_before; /* queries that an earlier session finished  */
    bool complete;        /* of a share: every query of the share is finished */
    bool stopped;
    size_t n_late; /* of open: due while as many as may be were under way */
    size_t n_warm, n_warm_failed; /* sent before, to warm up */
    bool warmed_by_others; /* by queries that are not asked; else by measured
                              ones with the candidates of another          */
    char first_failure[256];
};

/* What a run would ask of a model server, over all its queries and samples. */
struct rkb_engine_count {
    size_t n_queries;
    int64_t n_calls;
    int64_t prompt_tokens; /* at most: rkb_tokens_at_most of every prompt   */
    int64_t output_tokens; /* at most: the limit that is sent with each call */
};

/* Runs the method with answers made up the way `counting` says (not
 * RKB_ASKING): nothing is sent and nothing is stored, so job->label, again and
 * warm-up do not matter. Where answers decide what is asked next, another way
 * gives another count. */
enum rkb_status rkb_engine_count(const struct rkb_engine_job *job,
                                 enum rkb_counting counting,
                                 struct rkb_engine_count *out,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* RKB_OK also when queries failed or the run was stopped: the report tells.
 * Other codes: nothing was run (bad spec, another process has the run, ...),
 * or the store could not be written. */
enum rkb_status rkb_engine_run(const struct rkb_engine_job *job,
                               struct rkb_store *store,
                               struct rkb_engine_report *out,
                               struct rkb_err *err) RKB_MUST_CHECK;

/* The same in turns, so that several runs can take theirs. Open finds what is
 * to be done and warms up; job, store and report must outlive the engine. On
 * an error there is none to close. */
struct rkb_engine;
enum rkb_status rkb_engine_open(struct rkb_engine **out,
                                const struct rkb_engine_job *job,
                                struct rkb_store *store,
                                struct rkb_engine_report *report,
                                struct rkb_err *err) RKB_MUST_CHECK;
enum rkb_step {
    RKB_STEP_QUERY,  /* one query, or as many as may be under way at once */
    RKB_STEP_SAMPLE, /* what is left of one sample */
    RKB_STEP_ALL
};
/* Sends, and waits for what it sent. *more: another turn has something to
 * send; not after an error or a stop. Time between turns is not measured. */
enum rkb_status rkb_engine_step(struct rkb_engine *s, enum rkb_step step,
                                bool *more, struct rkb_err *err) RKB_MUST_CHECK;
/* Says in the store what became of it and fills the report. `rc` and *err are
 * of the last turn; an earlier error stays the one that is returned. */
enum rkb_status rkb_engine_close(struct rkb_engine *s, enum rkb_status rc,
                                 struct rkb_err *err) RKB_MUST_CHECK;

#endif
