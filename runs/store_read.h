/* SPDX-License-Identifier: Apache-2.0 */
/* Reading from the store. Everything returned lives in the arena given.
 * Every list has a stated order. What a store holds is checked as it is read:
 * RKB_E_DATA names the row that is damaged.
 */
#ifndef RKB_RUNS_STORE_READ_H
#define RKB_RUNS_STORE_READ_H

#include "base/arena.h"
#include "runs/comparison.h"
#include "runs/result_writer.h"
#include "runs/store.h"

/* ---- runs ------------------------------------------------------------ */

struct rkb_run_row {
    int64_t id;
    struct rkb_digest key, queries;
    rkb_sv identity, label, dataset, reranker;
    rkb_sv status; /* "running" (or cut off), "complete", "incomplete" */
    int64_t candidate_set, repeat, seed, n_queries, n_samples;
    int64_t n_ok, n_repaired, n_failed; /* latest attempts, all samples */
    int64_t n_finished; /* n_ok and n_repaired as queries: by n_samples  */
    rkb_sv started_utc, ended_utc; /* first begin, last end; may be empty */
    rkb_sv candidates, order_rule; /* source and order of the candidate set */
    int64_t depth;                 /* of it, 0 = all                        */
};

/* Empty members match everything; the others are globs. */
struct rkb_run_filter {
    rkb_sv label, dataset, reranker, status;
};
/* By id, which is the order of first begin. filter may be NULL. */
enum rkb_status rkb_store_runs(struct rkb_store *s, struct rkb_arena *a,
                               const struct rkb_run_filter *filter,
                               struct rkb_run_row **out, size_t *n,
                               struct rkb_err *err) RKB_MUST_CHECK;
/* RKB_E_USAGE when there is none. */
enum rkb_status rkb_store_run(struct rkb_store *s, struct rkb_arena *a,
                              int64_t id, struct rkb_run_row *out,
                              struct rkb_err *err) RKB_MUST_CHECK;
/* *found = false when no run has that key. */
enum rkb_status rkb_store_run_by_key(struct rkb_store *s, struct rkb_arena *a,
                                     const struct rkb_digest *key,
                                     struct rkb_run_row *out, bool *found,
                                     struct rkb_err *err) RKB_MUST_CHECK;

/* A selector is an id, a label, or label@dataset#repeat; @dataset and #repeat
 * may be left out and all three may be globs. Runs whose whole label is the
 * selector come before any other reading. Nothing matches: RKB_E_USAGE with
 * the nearest label. */
enum rkb_status rkb_store_select(struct rkb_store *s, struct rkb_arena *a,
                                 rkb_sv selector, struct rkb_run_row **out,
                                 size_t *n, struct rkb_err *err) RKB_MUST_CHECK;
/* Several matches are RKB_E_USAGE too, and the message lists them. */
enum rkb_status rkb_store_select_one(struct rkb_store *s, struct rkb_arena *a,
                                     rkb_sv selector, struct rkb_run_row *out,
                                     struct rkb_err *err) RKB_MUST_CHECK;

/* A stretch of work on a run. */
struct rkb_session_row {
    int64_t id;
    rkb_sv started_utc, ended_utc, host, cpu, program_version, conditions,
        status;
    rkb_sv loaded; /* why its times are not to be trusted; empty: they are, or
                      nobody knows. Of the conditions. */
};
/* By id. */
enum rkb_status rkb_store_sessions(struct rkb_store *s, struct rkb_arena *a,
                                   int64_t run_id, struct rkb_session_row **out,
                                   size_t *n, struct rkb_err *err)
    RKB_MUST_CHECK;

/* How much was sent in how much time: from the start of a session to the end
 * of its last query, over all sessions. n 0: nobody timed it, or answers that
 * were recorded or cached are among them. */
struct rkb_pace {
    int64_t n, n_failed; /* attempts, warm-ups left out; of them failed */
    int64_t measured_ns;
};
enum rkb_status rkb_store_pace(struct rkb_store *s, int64_t run_id,
                               struct rkb_pace *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* A kind of machine on which queries of a run were timed. */
struct rkb_machine_row {
    rkb_sv cpu, gpu; /* gpu.at == NULL: none is known */
    rkb_sv host;     /* the first by name */
    int64_t n_hosts, n_queries;
};
/* By cpu, gpu. Only finished queries with a latency count. */
enum rkb_status rkb_store_machines(struct rkb_store *s, struct rkb_arena *a,
                                   int64_t run_id, struct rkb_machine_row **out,
                                   size_t *n, struct rkb_err *err)
    RKB_MUST_CHECK;

/* ---- results --------------------------------------------------------- */

/* The latest attempt at each (query, sample) of a run, warm-ups left out: what
 * the engine need not send again. By (ord, sample). */
struct rkb_done {
    int64_t ord, sample, attempt;
    enum rkb_result_status status;
    struct rkb_digest request_sha;
};
enum rkb_status rkb_store_done(struct rkb_store *s, struct rkb_arena *a,
                               int64_t run_id, struct rkb_done **out, size_t *n,
                               struct rkb_err *err) RKB_MUST_CHECK;

struct rkb_result_row {
    int64_t id; /* of the attempt, for rkb_store_calls */
    rkb_sv qid;
    struct rkb_result r;       /* order, score and scored are the arena's;
                               calls are not filled in */
    const rkb_sv *docids;      /* [r.n_docs] by candidate index */
    const double *first_score; /* [r.n_docs] of the first stage, NaN = none;
                                  NULL: the whole list has none */
};
/* What stands at rank `i`, from 0. */
rkb_sv rkb_result_docid(const struct rkb_result_row *row, size_t i);
/* Walks the latest attempts by (ord, sample). Several cursors may be under way
 * at once. */
struct rkb_result_cursor {
    int64_t run_id;
    int64_t ord, sample; /* of the last row; start at -1, 0 */
};
struct rkb_result_cursor rkb_result_cursor(int64_t run_id);
/* *row = false at the end. The order is a checked permutation. */
enum rkb_status rkb_store_next_result(struct rkb_store *s, struct rkb_arena *a,
                                      struct rkb_result_cursor *c,
                                      struct rkb_result_row *out, bool *row,
                                      struct rkb_err *err) RKB_MUST_CHECK;
/* How long the latest attempts took, where that is known: of every sample, by
 * (ord, sample). */
struct rkb_time_row {
    int64_t ord, latency_ns;
    bool failed; /* after so long */
};
enum rkb_status rkb_store_times(struct rkb_store *s, struct rkb_arena *a,
                                int64_t run_id, struct rkb_time_row **out,
                                size_t *n, struct rkb_err *err) RKB_MUST_CHECK;
/* The mean over the samples of each query, by ord: of queries none of whose
 * samples failed and all of whose times are known. */
struct rkb_latency_row {
    int64_t ord, latency_ns;
};
enum rkb_status rkb_store_latencies(struct rkb_store *s, struct rkb_arena *a,
                                    int64_t run_id,
                                    struct rkb_latency_row **out, size_t *n,
                                    struct rkb_err *err) RKB_MUST_CHECK;
/* All attempts at one query, warm-ups included, by (sample, attempt). */
enum rkb_status rkb_store_attempts(struct rkb_store *s, struct rkb_arena *a,
                                   int64_t run_id, rkb_sv qid,
                                   struct rkb_result_row **out, size_t *n,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* Of these the one whose order counts: the latest at the first sample; warm-ups
 * never do. NULL: there is none. */
const struct rkb_result_row *rkb_attempt_that_counts(
    const struct rkb_result_row *rows, size_t n);
/* By (path, seq, attempt). */
enum rkb_status rkb_store_calls(struct rkb_store *s, struct rkb_arena *a,
                                int64_t result_id, struct rkb_result_call **out,
                                size_t *n, struct rkb_err *err) RKB_MUST_CHECK;

/* ---- sets and texts -------------------------------------------------- */

struct rkb_candidate_row {
    int64_t ord;
    rkb_sv qid;
    const rkb_sv *docids; /* [n] */
    const double *score;  /* [n] NaN = none; NULL: none at all */
    size_t n;
};
/* The list with the smallest ord >= from; *row = false when there is none. */
enum rkb_status rkb_store_candidates(struct rkb_store *s, struct rkb_arena *a,
                                     int64_t set_id, int64_t from,
                                     struct rkb_candidate_row *out, bool *row,
                                     struct rkb_err *err) RKB_MUST_CHECK;

struct rkb_judgment_row {
    rkb_sv qid, docid;
    int64_t grade;
};
/* By (qid, docid); of one query, or of all when qid.at is NULL. */
enum rkb_status rkb_store_judgments(struct rkb_store *s, struct rkb_arena *a,
                                    int64_t set_id, rkb_sv qid,
                                    struct rkb_judgment_row **out, size_t *n,
                                    struct rkb_err *err) RKB_MUST_CHECK;
/* The queries of a candidate set that a judgment set judges, by ord. */
struct rkb_query_row {
    int64_t ord;
    rkb_sv qid;
};
enum rkb_status rkb_store_judged_queries(struct rkb_store *s,
                                         struct rkb_arena *a,
                                         int64_t candidate_set,
                                         int64_t judgment_set,
                                         struct rkb_query_row **out, size_t *n,
                                         struct rkb_err *err) RKB_MUST_CHECK;
/* out->at is NULL unless the store has one text of that document, and one
 * only: two collections may use the same id. */
enum rkb_status rkb_store_doc_text(struct rkb_store *s, struct rkb_arena *a,
                                   rkb_sv docid, rkb_sv *out,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* out->at is NULL when the text is not in the store. */
enum rkb_status rkb_store_query_text(struct rkb_store *s, struct rkb_arena *a,
                                     const struct rkb_digest *queries,
                                     rkb_sv qid, rkb_sv *out,
                                     struct rkb_err *err) RKB_MUST_CHECK;

/* ---- evaluations ----------------------------------------------------- */

struct rkb_evaluation_row {
    int64_t id, run_id, judgment_set, compat, sample;
    struct rkb_digest judgments;
    rkb_sv rules, source; /* source of the judgments */
};
/* Of one run, or of all with run_id 0; by id. */
enum rkb_status rkb_store_evaluations(struct rkb_store *s, struct rkb_arena *a,
                                      int64_t run_id,
                                      struct rkb_evaluation_row **out,
                                      size_t *n, struct rkb_err *err)
    RKB_MUST_CHECK;

struct rkb_mean_row {
    rkb_sv measure;
    double value; /* NaN = undefined */
    int64_t n, n_missing, n_failed;
};
/* In the order in which they were put. */
enum rkb_status rkb_store_means(struct rkb_store *s, struct rkb_arena *a,
                                int64_t eval_id, struct rkb_mean_row **out,
                                size_t *n, struct rkb_err *err) RKB_MUST_CHECK;

struct rkb_value_row {
    int64_t ord, version;
    double value;
};
/* By ord; queries without a value have no row. */
enum rkb_status rkb_store_values(struct rkb_store *s, struct rkb_arena *a,
                                 int64_t eval_id, rkb_sv measure,
                                 struct rkb_value_row **out, size_t *n,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* Of one family, or all when family.at is NULL; in the order in which they were
 * put. */
enum rkb_status rkb_store_comparisons(struct rkb_store *s, struct rkb_arena *a,
                                      rkb_sv family,
                                      struct rkb_comparison **out, size_t *n,
                                      struct rkb_err *err) RKB_MUST_CHECK;

#endif
