/* SPDX-License-Identifier: Apache-2.0 */
/* BM25's arithmetic, in 32-bit floats as Lucene's BM25Similarity has it, so
 * that equal scores are equal here too. */
#ifndef RKB_HARNESS_RETRIEVE_BM25_FORMULA_H
#define RKB_HARNESS_RETRIEVE_BM25_FORMULA_H

#include "base/map.h"
#include "harness/retrieve/bm25.h"

struct rkb_bm25_stats {
    struct rkb_map terms;
    uint64_t *df; /* [terms.n] */
    uint64_t n_docs, n_tokens;
};

/* For every length byte: 1 / (k1 * (1 - b + b * length / avgdl)). */
struct rkb_bm25_norms {
    float at[256];
};
void rkb_bm25_norms_init(struct rkb_bm25_norms *norms, struct rkb_bm25_params p,
                         const struct rkb_bm25_stats *s);

/* A document length squeezed into one byte: exact below 40, then in steps
 * that double. Source: Lucene SmallFloat.intToByte4 and byte4ToInt. */
uint8_t rkb_bm25_squeeze(uint64_t length);
uint64_t rkb_bm25_unsqueeze(uint8_t byte);

/* Of a term that the query has `count` times. */
float rkb_bm25_weight(const struct rkb_bm25_stats *s, uint32_t term,
                      uint32_t count);

static inline float rkb_bm25_part(float weight, uint32_t tf, float norm)
{
    return weight - weight / (1.0f + (float)tf * norm);
}

/* The distinct terms of a query, in order of appearance. */
struct rkb_bm25_query {
    uint32_t *terms; /* [n] */
    uint32_t *counts;
    size_t n;
};

/* Stop words left out. New terms are added to the map. */
void rkb_bm25_query_init(struct rkb_bm25_query *q, struct rkb_arena *a,
                         struct rkb_map *terms, rkb_sv text);

#endif
