/* SPDX-License-Identifier: Apache-2.0 */
/* How far the orders of two runs agree, query by query. */
#ifndef RKB_HARNESS_EVAL_AGREE_H
#define RKB_HARNESS_EVAL_AGREE_H

#include "runs/store_read.h"

/* p of RBO as most papers have it, and the cut of overlap and moves. */
#define RKB_AGREE_P 0.9
enum { RKB_AGREE_TOP = 10 };

/* Means over the queries that both finished; NaN = over none. */
struct rkb_agreement {
    size_t n;       /* such queries                                  */
    double tau_b;   /* of the ranks of documents that both have      */
    double rbo;     /* RBO(RKB_AGREE_P)                              */
    double overlap; /* of the top RKB_AGREE_TOP                      */
    double churn;   /* ranks by which the top of `a` moved in `b`    */
};
/* Of sample 0 of two runs of the store, paired by query id. */
enum rkb_status rkb_agree(struct rkb_store *store, int64_t run_a, int64_t run_b,
                          struct rkb_agreement *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
