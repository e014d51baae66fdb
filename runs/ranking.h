/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that decides the order of a ranking.
 *
 * Order: score descending, then docid descending by unsigned bytes, as
 * trec_eval's qsort over comp_sim_docno. trec_eval up to 9.0.8 keeps scores
 * as 32-bit floats, 10 as doubles; published numbers rest on 9.0.x. The rank
 * column of a file does not matter then.
 */
#ifndef RKB_RUNS_RANKING_H
#define RKB_RUNS_RANKING_H

#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A retrieved document of one query. */
struct rkb_entry {
    rkb_sv docid;
    double score; /* never NaN; may be infinite */
};

/* Scratch space, reused from query to query. A zeroed struct is valid. */
struct rkb_ranker {
    uint64_t *keys, *spare;
    uint32_t *order;
    size_t cap;
};

void rkb_ranker_release(struct rkb_ranker *r);

/* Which trec_eval decides whether two scores are equal. */
enum rkb_compat { RKB_COMPAT_9 = 9, RKB_COMPAT_10 = 10 };

/* NULL when the entries are in ranking order already; else [n] indices into
 * `entries`, best first, valid until the next call. n < 2^32. */
const uint32_t *rkb_rank(struct rkb_ranker *r, const struct rkb_entry *entries,
                         size_t n, enum rkb_compat compat);

/* Other orders than trec_eval's, for those who compare with tools that have
 * them. */
enum rkb_rank_rule {
    RKB_RANK_TREC,   /* as above */
    RKB_RANK_STABLE, /* score descending, as doubles, then `place`, ascending:
                         BEIR's, with places in the file */
    RKB_RANK_PLACE   /* `place` alone: MS MARCO's, with the rank column */
};
/* [n] indices into `entries`, best first, valid until the next call. */
const uint32_t *rkb_rank_by(struct rkb_ranker *r, enum rkb_rank_rule by,
                            const struct rkb_entry *entries,
                            const int64_t *place, size_t n);

/* < 0 when a goes before b. */
int rkb_entry_cmp(const struct rkb_entry *a, const struct rkb_entry *b,
                  enum rkb_compat compat);

/* Number of entries that share their score with another one. */
size_t rkb_tied(struct rkb_ranker *r, const struct rkb_entry *entries, size_t n,
                enum rkb_compat compat);

#endif
