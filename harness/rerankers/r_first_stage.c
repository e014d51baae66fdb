/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/reranker.h"

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    (void)self;
    (void)branch;
    (void)err;
    for (size_t i = 0; i < request->n_docs; i++) {
        outcome->score[i] = request->docs[i].score;
        outcome->scored[i] = request->docs[i].has_score;
    }
    return RKB_OK;
}

const struct rkb_reranker_def rkb_reranker_first_stage = {
    .name = "first-stage",
    .summary = "keeps the candidates as they come: what reranking starts from",
    .source = "the identity permutation",
    .traits = RKB_KEEPS_SCORES,
    .version = 1,
    .rerank = rerank,
};
