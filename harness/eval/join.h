/* SPDX-License-Identifier: Apache-2.0 */
/* Rankings meet judgments here, and nowhere else.
 *
 * Judgments are held for looking up: per query a list of docids with hash and
 * grade. A join looks every document of a ranking up once, finds documents
 * that occur twice on the way, and yields the sparse view that measures take.
 */
#ifndef RKB_HARNESS_EVAL_JOIN_H
#define RKB_HARNESS_EVAL_JOIN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "metrics/measure.h"
#include "runs/ranking.h"

/* One line of the qrels. */
struct rkb_judgment {
    rkb_sv docid;
    uint64_t hash;
    int32_t grade;
};

struct rkb_judged_query {
    rkb_sv qid;
    struct rkb_judgment *docs; /* [n_docs] in file order */
    size_t n_docs, cap;
    int32_t *grades; /* [n_docs] largest first */
    size_t n_judged, n_pos;
    struct rkb_judgment *excluded; /* [n_excluded] documents that no ranking of
                                      this query may have; no grades */
    size_t n_excluded, excluded_cap;
};

/* A zeroed struct is valid and empty. Constant once sealed. */
struct rkb_judgments {
    struct rkb_arena arena;
    struct rkb_map qids;
    struct rkb_judged_query *queries; /* [qids.n] in order of appearance */
    size_t cap;
    uint32_t *by_qid; /* [qids.n] query indices, qid ascending: trec_eval's
                         order, in which everything is summed and printed */
    size_t n_positive_queries;
};

void rkb_judgments_release(struct rkb_judgments *j);
void rkb_judgments_add(struct rkb_judgments *j, rkb_sv qid, rkb_sv docid,
                       int32_t grade);
/* The document is taken out of rankings of the query before they are cut. A
 * query without judgments is passed over. */
void rkb_judgments_exclude(struct rkb_judgments *j, rkb_sv qid, rkb_sv docid);
/* Sorts and counts. A docid twice for one query is RKB_E_DATA that names
 * both; *qid and *docid tell where, for a caller who can find the line. */
enum rkb_status rkb_judgments_seal(struct rkb_judgments *j, rkb_sv *qid,
                                   rkb_sv *docid, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Every document that is judged for any query: for rkb_join_rules. The caller
 * releases the map. */
void rkb_judgments_docids(const struct rkb_judgments *j, struct rkb_map *out);

struct rkb_join_rules {
    enum rkb_compat compat;
    size_t max_ret;   /* -M: only the top so many; SIZE_MAX = all     */
    bool judged_only; /* -J: drop what the qrels do not judge first   */
    bool ordered;     /* entries come in ranking order: do not sort   */
    bool drop_self;   /* first drop the document with the query's id  */
    int64_t n_collection;
    const struct rkb_map *docids; /* of the judgments, for RKB_SEES_OTHERS;
                                     NULL: nobody asks */
};

/* Scratch space of one thread. A zeroed struct is valid. */
struct rkb_joiner {
    struct rkb_ranker ranker;
    struct rkb_hit *hits;
    uint32_t *others;
    int32_t *grades;
    uint64_t *slots;
    size_t n_cap, n_slots, slots_cap;
};
void rkb_joiner_release(struct rkb_joiner *j);

/* The view in *out is valid until the next join with this joiner. A docid
 * twice in the entries is RKB_E_DATA, wherever it stands, and *twice (may be
 * NULL) is its index: also below -M, where trec_eval does not look. */
enum rkb_status rkb_join(struct rkb_joiner *j,
                         const struct rkb_judged_query *query,
                         const struct rkb_entry *entries, size_t n,
                         const struct rkb_join_rules *rules,
                         struct rkb_judged *out, size_t *twice,
                         struct rkb_err *err) RKB_MUST_CHECK;

/* The view of a query for which there is no ranking. trec_eval 10 ranks one
 * unknown document for it, which -J takes away again. */
struct rkb_judged rkb_join_absent(const struct rkb_judged_query *query,
                                  const struct rkb_join_rules *rules);

#endif
