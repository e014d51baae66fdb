/* SPDX-License-Identifier: Apache-2.0 */
/* Run files against judgments: what `eval` does, for one file. */
#ifndef RKB_HARNESS_EVAL_EVALUATE_H
#define RKB_HARNESS_EVAL_EVALUATE_H

#include "base/par.h"
#include "harness/eval/join.h"
#include "metrics/spec.h"

/* Five ids of each side tell more than a count. */
enum { RKB_SAMPLE_IDS = 5 };

/* A run file evaluated. Arrays are indexed like judgments->queries. A zeroed
 * struct may be released. */
struct rkb_evaluated {
    struct rkb_arena arena;
    size_t n_slots;
    double *values; /* [n_queries][n_slots]; of queries that are `seen`, and
                       of absent ones where `complete` evaluates them */
    uint8_t *seen;  /* [n_queries] the run has the query */
    rkb_sv
        *texts;  /* [n_queries][n_slots] of text slots; NULL: there are none */
    double *all; /* [n_slots] over the queries that count */
    size_t n_queries, n_seen, n_missing; /* of the judgments */
    size_t n_counted;                    /* queries behind the means */
    size_t n_run_only;                   /* of the run, not judged */
    rkb_sv run_only[RKB_SAMPLE_IDS];     /* the smallest of their ids */
    rkb_sv tag;
};
void rkb_evaluated_release(struct rkb_evaluated *e);

struct rkb_evaluate {
    const struct rkb_judgments *judgments;
    const struct rkb_measures *measures;
    struct rkb_join_rules rules;
    bool complete; /* -c: judged queries without a ranking count too */
    enum rkb_rank_rule order; /* PLACE is the rank column, which must be 1, 2, 3
                             ... in every query; files of three fields are
                             read then as well */
    struct rkb_pool *pool;
};

/* Reads the file once; a second time when a query's lines stand apart. RKB_E_DATA
 * with PATH:LINE for a malformed line, a NaN score, a docid twice for a judged
 * query, a wrong rank where the order is that of ranks. Queries in common are not required here: see n_seen. The result does
 * not depend on the number of threads. */
enum rkb_status rkb_evaluate_file(const struct rkb_evaluate *how,
                                  const char *path, struct rkb_evaluated *out,
                                  struct rkb_err *err) RKB_MUST_CHECK;

/* TREC or BEIR qrels, or any dataset that has judgments; "-" and pipes are
 * TREC qrels. RKB_E_DATA with PATH:LINE for a docid twice in one query.
 * `excludes`: the collection's convention is that RKB_GRADE_EXCLUDED is no
 * grade but excludes the document; *n_excluded (may be NULL) = how many. */
enum rkb_status rkb_judgments_read(struct rkb_judgments *j, const char *spec,
                                   bool excludes, size_t *n_excluded,
                                   struct rkb_err *err) RKB_MUST_CHECK;

#endif
