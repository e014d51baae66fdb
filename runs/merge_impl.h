/* SPDX-License-Identifier: Apache-2.0 */
/* What the files merge*.c share. */
#ifndef RKB_RUNS_MERGE_IMPL_H
#define RKB_RUNS_MERGE_IMPL_H

#include "base/buf.h"
#include "base/map.h"
#include "runs/merge.h"
#include "runs/store_impl.h"

/* A session of a run, told from others by everything but how it ended. */
struct rkb_merge_session {
    rkb_sv started, host, cpu, version, conditions;
    int64_t pid;
    rkb_sv ended, status; /* of the store that knows most */
    int64_t id;           /* in the new store */
};

struct rkb_merge_source {
    struct rkb_store *store;
    int64_t run_id;     /* of the run at hand, 0: it lacks it */
    struct rkb_map ids; /* "session id" ... */
    uint32_t *sessions; /* [ids.n] ... to its place among merge.sessions */
    /* The attempt that comes next; row: there is one. */
    struct rkb_db_stmt *cursor;
    bool row;
};

struct rkb_merge {
    struct rkb_store *to;
    struct rkb_merge_source *sources;
    size_t n_sources;
    struct rkb_arena *arena;            /* the caller's */
    struct rkb_arena run_arena;         /* of the run at hand */
    struct rkb_merge_session *sessions; /* of the run, in their order */
    size_t n_sessions;
    struct rkb_merged *out;
    size_t n_conflicts;
    struct rkb_buf conflicts; /* the first of them, by name */
};

/* The row of one statement into the first parameters of another, which is
 * run; those behind are bound already. */
enum rkb_status rkb_merge_row(struct rkb_db_stmt *from, int n_columns,
                              struct rkb_db_stmt *to, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Candidate and judgment sets and texts. */
enum rkb_status rkb_merge_sets(struct rkb_merge *m, struct rkb_err *err)
    RKB_MUST_CHECK;
/* All attempts of the run at hand, whose sessions are there. */
enum rkb_status rkb_merge_results(struct rkb_merge *m,
                                  struct rkb_merged_run *run,
                                  struct rkb_err *err) RKB_MUST_CHECK;
/* What the run at hand was measured by. */
enum rkb_status rkb_merge_evaluations(struct rkb_merge *m, int64_t run_id,
                                      struct rkb_err *err) RKB_MUST_CHECK;

#endif
