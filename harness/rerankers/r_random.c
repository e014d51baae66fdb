/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"
#include "harness/rerankers/reranker.h"

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct rkb_rng rng;

    (void)self;
    (void)branch;
    (void)err;
    rkb_rng_init(&rng, request->seed);
    rkb_rng_shuffle(&rng, outcome->order, request->n_docs);
    return RKB_OK;
}

const struct rkb_reranker_def rkb_reranker_random = {
    .name = "random",
    .summary = "shuffles the reranked head by the run's seed and the query id",
    .source = "Fisher & Yates 1938 (Durstenfeld 1964)",
    .traits = RKB_NO_SCORES,
    .version = 1,
    .rerank = rerank,
};
