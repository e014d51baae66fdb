/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/reranker.h"

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    (void)self;
    (void)branch;
    (void)err;
    for (size_t i = 0; i < request->n_docs; i++)
        outcome->order[i] = (uint32_t)(request->n_docs - 1 - i);
    return RKB_OK;
}

const struct rkb_reranker_def rkb_reranker_reverse = {
    .name = "reverse",
    .summary = "turns the reranked head upside down: what a method can lose",
    .source = "the reversed permutation",
    .traits = RKB_NO_SCORES,
    .version = 1,
    .rerank = rerank,
};
