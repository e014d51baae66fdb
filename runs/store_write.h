/* SPDX-License-Identifier: Apache-2.0 */
/* Writing into the store, in the order in which a run does it: what is ranked
 * (candidate and judgment sets, texts), the run with its sessions, and
 * evaluations. Results of queries go through runs/result_writer.h.
 *
 * Functions marked (T) need an open transaction (rkb_store_begin); the others
 * are one transaction each, or join an open one. What is named by a digest is
 * written once: a second put finds it.
 */
#ifndef RKB_RUNS_STORE_WRITE_H
#define RKB_RUNS_STORE_WRITE_H

#include "base/io/digest.h"
#include "runs/comparison.h"
#include "runs/store.h"

#include <stddef.h>

/* ---- sets ------------------------------------------------------------ */

struct rkb_candidate_set {
    struct rkb_digest digest; /* of everything that decides the lists */
    rkb_sv source;            /* file or recipe, for people           */
    rkb_sv order_rule;        /* "evaluator", "file", "rank", ...     */
    int64_t depth;            /* candidates kept per query, 0 = all   */
};
/* (T) *there: the set was known and no lists are to be added. */
enum rkb_status rkb_store_put_candidate_set(struct rkb_store *s,
                                            const struct rkb_candidate_set *set,
                                            int64_t *id, bool *there,
                                            struct rkb_err *err) RKB_MUST_CHECK;
/* (T) One query's candidates in first-stage order; ord = 0, 1, ... in the
 * order in which means are summed. score NULL: none; a NaN in it: that one has
 * none. n may be 0. Docids within a list are distinct (RKB_E_DATA). */
enum rkb_status rkb_store_add_candidates(struct rkb_store *s, int64_t set_id,
                                         int64_t ord, rkb_sv qid,
                                         const rkb_sv *docids,
                                         const double *score, size_t n,
                                         struct rkb_err *err) RKB_MUST_CHECK;

/* (T) */
enum rkb_status rkb_store_put_judgment_set(struct rkb_store *s,
                                           const struct rkb_digest *digest,
                                           rkb_sv source, int64_t *id,
                                           bool *there, struct rkb_err *err)
    RKB_MUST_CHECK;
/* (T) A document judged twice is RKB_E_DATA. */
enum rkb_status rkb_store_add_judgment(struct rkb_store *s, int64_t set_id,
                                       rkb_sv qid, rkb_sv docid, int64_t grade,
                                       struct rkb_err *err) RKB_MUST_CHECK;

/* Is a set of query texts with this digest here? */
enum rkb_status rkb_store_has_queries(struct rkb_store *s,
                                      const struct rkb_digest *digest,
                                      bool *there, struct rkb_err *err)
    RKB_MUST_CHECK;
/* (T) */
enum rkb_status rkb_store_add_query(struct rkb_store *s,
                                    const struct rkb_digest *digest, rkb_sv qid,
                                    rkb_sv text, struct rkb_err *err)
    RKB_MUST_CHECK;
/* (T) Only with --keep-texts. Known texts are left alone. */
enum rkb_status rkb_store_put_doc(struct rkb_store *s, rkb_sv docid,
                                  rkb_sv text, struct rkb_err *err)
    RKB_MUST_CHECK;

/* ---- runs ------------------------------------------------------------ */

enum rkb_run_state {
    RKB_RUN_NEW,
    RKB_RUN_RESUMED, /* known, not complete                  */
    RKB_RUN_COMPLETE /* nothing to do; `date` says since when */
};

struct rkb_run_spec {
    struct rkb_digest key;     /* rkb_manifest_key                  */
    rkb_sv identity;           /* rkb_manifest_json                 */
    rkb_sv label;              /* empty: the reranker's name        */
    rkb_sv dataset, reranker;  /* names, for people and selectors   */
    struct rkb_digest queries; /* digest of the query texts         */
    int64_t candidate_set;     /* id                                */
    int64_t repeat;            /* from 1                            */
    uint64_t seed;             /* at most INT64_MAX                 */
    int64_t n_queries;
    int64_t n_samples; /* times each query is asked, from 1 */
};

struct rkb_lock; /* runs/store_lock.h */

/* A run that this process works on. A zeroed struct is valid. */
struct rkb_run {
    int64_t id;
    enum rkb_run_state state;
    char date[32];         /* UTC end of its last session, "" = none */
    struct rkb_lock *lock; /* NULL when complete                     */
};

/* Finds the run by its key or makes it, and locks it: RKB_E_IO when another
 * process works on it ("... by process 123 on host x"). A complete run is not
 * locked. Labels need not be unique: two keys may share one, and a known run
 * takes the label given here. n_queries must not change (RKB_E_DATA). */
enum rkb_status rkb_run_begin(struct rkb_store *s,
                              const struct rkb_run_spec *spec,
                              struct rkb_run *out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* Stores whether every query has an ok or repaired result in every sample
 * (complete) or not (incomplete), as counted here, and unlocks. Flush the
 * result writer first. *complete may be NULL. */
enum rkb_status rkb_run_end(struct rkb_store *s, struct rkb_run *run,
                            bool *complete, struct rkb_err *err) RKB_MUST_CHECK;
/* Unlocks and leaves the status alone: for error paths. */
void rkb_run_release(struct rkb_run *run);

/* How often each query of the run is asked, where that is known only as it is
 * being run. */
enum rkb_status rkb_run_set_samples(struct rkb_store *s, int64_t run_id,
                                    int64_t n_samples, struct rkb_err *err)
    RKB_MUST_CHECK;

/* One stretch of work on a run: who, where, under which conditions. */
struct rkb_session_spec {
    int64_t run_id;
    rkb_sv host, cpu, program_version;
    rkb_sv conditions; /* JSON object: URLs, concurrency, scenario, load */
};
enum rkb_status rkb_session_begin(struct rkb_store *s,
                                  const struct rkb_session_spec *spec,
                                  int64_t *id, struct rkb_err *err)
    RKB_MUST_CHECK;
/* Adds members to its conditions: what is known only later. `json` is an
 * object. */
enum rkb_status rkb_session_add(struct rkb_store *s, int64_t id, rkb_sv json,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* status: "done", "stopped" or "failed". */
enum rkb_status rkb_session_end(struct rkb_store *s, int64_t id, rkb_sv status,
                                struct rkb_err *err) RKB_MUST_CHECK;

/* ---- evaluations ----------------------------------------------------- */

struct rkb_evaluation {
    int64_t run_id, judgment_set;
    int64_t compat; /* 9 or 10                                          */
    rkb_sv rules;   /* what else decides the numbers, as canonical text */
    int64_t sample;
};
/* Finds or makes the evaluation. */
enum rkb_status rkb_store_put_evaluation(struct rkb_store *s,
                                         const struct rkb_evaluation *e,
                                         int64_t *id, struct rkb_err *err)
    RKB_MUST_CHECK;

/* One measure of an evaluation. */
struct rkb_measured {
    rkb_sv measure;      /* canonical name: "nDCG@10"                  */
    int64_t version;     /* of its definition                          */
    const int64_t *ord;  /* [n_values] of the queries                  */
    const double *value; /* [n_values] NaN: this query has none        */
    size_t n_values;
    double mean; /* or what else sums them up; NaN = undefined */
    int64_t n, n_missing, n_failed; /* queries: in the mean; at 0 for want of
                                       candidates; left out as failed */
};
/* (T) Replaces what the evaluation had of this measure; comparisons that used
 * it go, and those of latency. Other measures stay. Infinity is RKB_E_DATA. */
enum rkb_status rkb_store_put_measure(struct rkb_store *s, int64_t eval_id,
                                      const struct rkb_measured *m,
                                      struct rkb_err *err) RKB_MUST_CHECK;

/* Replaces the comparison of the same evaluations, measure, test, correction
 * and family. */
enum rkb_status rkb_store_put_comparison(struct rkb_store *s,
                                         const struct rkb_comparison *c,
                                         struct rkb_err *err) RKB_MUST_CHECK;

#endif
