/* SPDX-License-Identifier: Apache-2.0 */
/* How far two runs agree, what ties may have decided, and how a ranking
 * follows a changed instruction. Nothing here allocates.
 *
 * Two rankings A and B of one query come as `rank_in_b`: for A's documents in
 * A's order their ranks in B, from 1, 0 = not there. */
#ifndef RKB_METRICS_STATS_AGREE_H
#define RKB_METRICS_STATS_AGREE_H

#include <stddef.h>
#include <stdint.h>

/* (C - D) / sqrt((C + D + Tx)(C + D + Ty)) over all pairs; NaN when x or y is
 * constant or n < 2. Takes n^2 / 2 steps. Source: Kendall 1945. */
double rkb_tau_b(const double *x, const double *y, size_t n);

/* RBO_EXT, the point estimate that goes on with the agreement seen, for lists
 * of unequal length too; 0 < p < 1. Lists that are both empty agree (1), one
 * empty list agrees with nothing (0). scratch [max(n_a, n_b) + 1].
 * Source: Webber, Moffat & Zobel 2010, equation 32. */
double rkb_rbo(const uint32_t *rank_in_b, size_t n_a, size_t n_b, double p,
               uint32_t *scratch);

/* Documents in the top k of both, over k, or over the length of the longer
 * list where both are shorter; NaN for two empty lists. k >= 1. */
double rkb_overlap(const uint32_t *rank_in_b, size_t n_a, size_t n_b, size_t k);

/* Rank churn: how many ranks A's top k moved in B, on average; a document that
 * B lacks counts as ranked n_b + 1. NaN for an empty A. k >= 1. */
double rkb_churn(const uint32_t *rank_in_b, size_t n_a, size_t n_b, size_t k);

/* Root of the mean squared difference; NaN for n = 0. */
double rkb_rmse(const double *a, const double *b, size_t n);

/* p-MRR of one document whose relevance the changed instruction took away:
 * its ranks (from 1; absent: length of the list + 1) before and after. In
 * (-1, 1), positive = it was moved down, as it should.
 * Source: Weller et al. 2024 (FollowIR). */
double rkb_p_mrr(size_t rank_before, size_t rank_after);

/* What the order of tied documents may have decided, of one query. */
struct rkb_ties {
    size_t n_tied;                /* of the top k: share their score      */
    double worst, expected, best; /* nDCG@k over all orders of the ties   */
};
/* score and gain [n] in ranking order, scores descending; gains are >= 0 and
 * come back reordered within ties. `ideal` = DCG@k of the ideal order, > 0.
 * Source: McSherry & Najork 2008. */
struct rkb_ties rkb_ties(const double *score, double *gain, size_t n, size_t k,
                         double ideal);

#endif
