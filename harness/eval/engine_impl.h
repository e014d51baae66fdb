/* SPDX-License-Identifier: Apache-2.0 */
/* A run under way: engine.c opens and closes it, engine_load.c finds what is
 * to be sent and sends it, engine_query.c does one query of it. */
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
    struct rkb_store *store;
    struct rkb_arena arena;
    struct rkb_reranker reranker;
    struct rkb_run run;
    struct rkb_result_writer *writer;
    struct rkb_lane *lanes;
    int64_t run_id, session_id; /* session_id 0: none was opened */
    struct rkb_host host;
    struct rkb_host_moment host_before;
    const uint32_t *mine; /* [n_mine] indices of lists     */
    size_t n_mine;
    const struct rkb_digest *request_shas;    /* [n_lists] */
    const struct rkb_candidate_list *warmers; /* [n_warmers] */
    size_t n_warmers;

    struct rkb_monitor *monitor; /* guards all that follows */
    struct rkb_flow flow;
    size_t end_sample;   /* of this turn                        */
    size_t n_left;       /* tickets of this turn; SIZE_MAX: all */
    int64_t origin_ns;   /* time 0 of the flow, by the clock    */
    int64_t paused_ns;   /* when the last turn ended            */
    bool warmup, halted; /* halted: nothing more is sent        */
    struct rkb_engine_report *report;
    struct rkb_err ended_by; /* why the run cannot go on */
    size_t n_finished, n_todo;
    char progress_name[96];
    struct rkb_buf probe, conditions; /* what the reranker's probe told */
    struct rkb_account counted;       /* of a run that is only counted  */
};

/* Queries under way at once, at most. */
size_t rkb_engine_concurrency(const struct rkb_engine *s);

/* What is to be sent, from what the store has. */
enum rkb_status rkb_engine_find(struct rkb_engine *s, struct rkb_err *err);
enum rkb_status rkb_engine_warm_up(struct rkb_engine *s, struct rkb_err *err);

/* Sends what the ticket says on the lane of `worker`; its result goes to the
 * writer. RKB_E_STOPPED, and what ends the whole run, which s->ended_by
 * tells. */
enum rkb_status rkb_engine_query(struct rkb_engine *s,
                                 const struct rkb_ticket *t, size_t worker);
/* List `i` with made-up answers: adds to engine->counted. A rkb_pool_fn. */
enum rkb_status rkb_engine_count_query(void *engine, size_t i, size_t worker);

#endif
