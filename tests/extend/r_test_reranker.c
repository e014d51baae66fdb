/* SPDX-License-Identifier: Apache-2.0 */
/* What a new reranker takes: this file in harness/rerankers/ and one line in
 * rerankers.def. tests/long/extend_reranker.sh does just that. */
#include "harness/rerankers/reranker.h"

/* Shorter texts first. */
static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    (void)self;
    (void)branch;
    (void)err;
    for (uint32_t i = 1; i < request->n_docs; i++) {
        size_t len = request->docs[i].text.len, k = i;

        for (; k > 0 && request->docs[outcome->order[k - 1]].text.len > len;
             k--)
            outcome->order[k] = outcome->order[k - 1];
        outcome->order[k] = i;
    }
    return RKB_OK;
}

const struct rkb_reranker_def rkb_reranker_test_reranker = {
    .name = "test-reranker",
    .summary = "puts shorter texts first",
    .source = "tests/extend",
    .traits = RKB_NEEDS_TEXT,
    .version = 1,
    .rerank = rerank,
};
