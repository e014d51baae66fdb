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
        outcome->score[i] = 0.0;
        outcome->scored[i] = 1;
    }
    return RKB_OK;
}

const struct rkb_reranker_def rkb_reranker_constant = {
    .name = "constant",
    .summary = "scores everything 0 and keeps the order: shows how a report "
               "treats ties",
    .source = "a scorer without opinion; ties keep the order of the input",
    .version = 1,
    .rerank = rerank,
};
