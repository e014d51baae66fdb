/* SPDX-License-Identifier: Apache-2.0 */
/* A run under way: engine.c opens and closes it and finds what is to be done,
 * engine_query.c does one query of it. */
#ifndef RKB_HARNESS_EVAL_ENGINE_IMPL_H
#define RKB_HARNESS_EVAL_ENGINE_IMPL_H

#include "harness/eval/engine.h"
#include "harness/eval/host.h"

/* A worker's memory for one query at a time. */
struct rkb_lane {
    struct rkb_arena arena;
    struct rkb_candidate *docs;
    uint32_t *order;
    double *score;
    uint8_t *scored;
    size_t cap;
};

struct rkb_engine {
    const struct rkb_engine_job *job;
    struct rkb_arena arena;
    struct rkb_reranker reranker;
    struct rkb_result_writer *writer;
    struct rkb_lane *lanes;
    int64_t run_id, session_id;
    struct rkb_host host;
    struct rkb_host_moment host_before;
    const uint32_t *todo; /* [n_todo] indices of lists */
    size_t n_todo;
    const struct rkb_digest *request_shas; /* [n_lists] */
    bool warmup;
    struct rkb_monitor *monitor; /* guards the report and the progress */
    struct rkb_engine_report *report;
    struct rkb_err ended_by; /* why the run cannot go on */
    size_t n_finished;
    char progress_name[96];
    struct rkb_buf probe, conditions; /* what the reranker's probe told */
    struct rkb_account counted;       /* of a run that is only counted  */
};

/* Item `i` of engine->todo on the lane of `worker`: an rkb_pool_fn over a struct
 * rkb_engine. Its result goes to the writer. RKB_E_STOPPED, and what ends the
 * whole run, which engine->ended_by tells. */
enum rkb_status rkb_engine_query(void *engine, size_t i, size_t worker);
/* List `i` with made-up answers: adds to engine->counted. */
enum rkb_status rkb_engine_count_query(void *engine, size_t i, size_t worker);

#endif
