/* SPDX-License-Identifier: Apache-2.0 */
/* What rerankers get: the candidates of every query of a dataset that is
 * sent, in first-stage order, after excluded and self ids are dropped and the
 * list is cut. They come from a TREC run, a file that carries texts (rank_llm
 * requests), or our own BM25 over the dataset's corpus. */
#ifndef RKB_HARNESS_EVAL_CANDIDATES_H
#define RKB_HARNESS_EVAL_CANDIDATES_H

#include "base/io/digest.h"
#include "base/par.h"
#include "datasets/dataset.h"
#include "harness/eval/plan.h"
#include "harness/retrieve/bm25.h"
#include "runs/ranking.h"

#include <stddef.h>
#include <stdint.h>

/* A TREC run is ordered by the rule, so that by default `first-stage` equals
 * the published first stage; a request file keeps its array order. */
const char *rkb_order_name(enum rkb_candidate_order order);

struct rkb_candidates_want {
    const char *spec; /* "PATH" or "FORMAT:PATH"                        */
    bool bm25;        /* our own, over the corpus, instead of a file    */
    enum rkb_candidate_order order; /* of a TREC run */
    enum rkb_compat compat;
    size_t depth;     /* SIZE_MAX = all                            */
    bool all_queries; /* also those without judgments              */
    bool texts;       /* texts of candidates are needed            */
    bool word_stats;  /* BM25 statistics are, where there is a corpus */
    enum rkb_missing_text missing;
    size_t n_spare; /* queries without judgments kept beside, at most */
    struct rkb_pool *pool;
    const struct rkb_stop *stop; /* ends a scan of a corpus; may be NULL */
};

struct rkb_candidate_list {
    uint32_t query; /* index into the dataset's queries          */
    uint32_t *docs; /* [n] indices into the dataset's docs       */
    double *scores; /* [n] of the first stage, NaN = none        */
    size_t n;
};

/* A zeroed struct may be released. The dataset must outlive it. */
struct rkb_candidates {
    struct rkb_arena arena;
    struct rkb_candidate_list *lists; /* [n_lists] by qid, ascending bytes: the
                                         order in which means are summed */
    size_t n_lists;
    /* Of queries that are not sent, for what must not repeat one that is: in
     * the order of the file, cut; with a text and candidates, without those
     * that have no text. In no digest and no count. */
    struct rkb_candidate_list *spares;
    size_t n_spares;
    enum rkb_candidate_order order; /* as it was applied */
    struct rkb_digest digest;       /* of qids, docids and scores in order   */
    struct rkb_digest texts;        /* of what was loaded; zero without texts */
    struct rkb_bm25 *bm25;          /* NULL: no corpus was scanned */
    /* What people should know. */
    size_t n_unjudged;         /* queries not sent because nobody judged them */
    size_t n_empty;            /* judged queries without candidates           */
    size_t n_self, n_excluded; /* candidates dropped                     */
    size_t n_differ; /* queries whose file order is not evaluator order */
    size_t n_tied;   /* queries with tied scores                    */
    size_t n_missing_text;
    size_t n_foreign; /* queries of the file that the dataset lacks  */
};

enum rkb_status rkb_candidates_load(struct rkb_dataset *d,
                                    const struct rkb_candidates_want *want,
                                    struct rkb_candidates *out,
                                    struct rkb_err *err) RKB_MUST_CHECK;
void rkb_candidates_release(struct rkb_candidates *c);

#endif
