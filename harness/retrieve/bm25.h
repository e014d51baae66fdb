/* SPDX-License-Identifier: Apache-2.0 */
/* BM25 as Anserini's flat index computes it: candidates from a corpus, and
 * scores of given texts. No corpus index: all queries are known before the
 * one pass over the documents, and only their terms get postings.
 * Source: Lucene BM25Similarity (no factor k1 + 1, lengths squeezed into one
 * byte, 32-bit floats); METHODS.md Appendix C. */
#ifndef RKB_HARNESS_RETRIEVE_BM25_H
#define RKB_HARNESS_RETRIEVE_BM25_H

#include "base/arena.h"
#include "base/err.h"
#include "base/par.h"
#include "base/sv.h"

#include <stddef.h>
#include <stdint.h>

#define RKB_BM25_K1 0.9
#define RKB_BM25_B 0.4

struct rkb_bm25_params {
    double k1, b; /* k1 >= 0, 0 <= b <= 1 */
};

/* ---- candidates from a corpus ---- */

struct rkb_bm25;

/* pool may be NULL. The results do not depend on it. */
struct rkb_bm25 *rkb_bm25_open(struct rkb_bm25_params params,
                               struct rkb_pool *pool);
void rkb_bm25_close(struct rkb_bm25 *x); /* NULL is fine */

/* Before the first document: only statistics are wanted, searches find
 * nothing, and memory does not grow with the corpus. */
void rkb_bm25_count_only(struct rkb_bm25 *x);

/* All queries first; returns 0, 1, 2 ... in order of the calls. */
uint32_t rkb_bm25_add_query(struct rkb_bm25 *x, rkb_sv text);

/* Then every document, once each: ctx is the struct rkb_bm25, so that this is
 * the on_doc of an rkb_sink. Copies what it keeps. RKB_E_LIMIT for more than
 * 2^32 - 2 documents. */
enum rkb_status rkb_bm25_on_doc(void *ctx, rkb_sv docid, rkb_sv title,
                                rkb_sv text, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Then this, once; searches come after it. */
enum rkb_status rkb_bm25_finish(struct rkb_bm25 *x, struct rkb_err *err)
    RKB_MUST_CHECK;

struct rkb_bm25_hit {
    rkb_sv docid; /* valid as long as the struct rkb_bm25       */
    double score; /* exactly a 32-bit float, as Lucene gives it */
};

/* At most `depth` documents that hold a term of the query, in evaluator order
 * (score descending, docid descending), in the arena; *n = 0 when there are
 * none. Threads may search at once, each with an arena of its own. */
void rkb_bm25_search(const struct rkb_bm25 *x, struct rkb_arena *a,
                     uint32_t query, size_t depth, struct rkb_bm25_hit **hits,
                     size_t *n);

/* ---- scores of given texts ---- */

struct rkb_bm25_stats;

/* Of the scanned corpus, for all terms of the queries that were added; valid
 * as long as the struct rkb_bm25. */
const struct rkb_bm25_stats *rkb_bm25_stats(const struct rkb_bm25 *x);
/* Documents with at least one term, as Lucene counts them; mean length. */
uint64_t rkb_bm25_n_docs(const struct rkb_bm25_stats *s);
double rkb_bm25_avgdl(const struct rkb_bm25_stats *s);
/* Of all terms with their document counts, whatever their order. */
uint64_t rkb_bm25_fingerprint(const struct rkb_bm25_stats *s);

struct rkb_bm25_text {
    rkb_sv title, text;
};

/* score[n], 0 for a text without a term of the query. With `stats` NULL they
 * are taken from the n texts themselves; else RKB_E_DATA for a term that no
 * added query had. The same document gets the same score as in a search. */
enum rkb_status rkb_bm25_score(const struct rkb_bm25_stats *stats,
                               struct rkb_bm25_params params, rkb_sv query,
                               const struct rkb_bm25_text *texts, size_t n,
                               double *score, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
