/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"
#include "harness/rerankers/reranker.h"

/* Not judged and judged unusable are one class behind all grades. */
static int32_t grade_of(const struct rkb_request *request, uint32_t doc)
{
    int32_t grade = request->docs[doc].grade;

    return grade < 0 ? -1 : grade;
}

static int compare(const void *a, const void *b, void *ctx)
{
    const struct rkb_request *const *request = ctx;
    int32_t p = grade_of(*request, *(const uint32_t *)a);
    int32_t q = grade_of(*request, *(const uint32_t *)b);

    return (p < q) - (p > q);
}

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    (void)self;
    (void)branch;
    (void)err;
    rkb_sort(outcome->order, request->n_docs, sizeof(*outcome->order), compare,
             &request);
    return RKB_OK;
}

const struct rkb_reranker_def rkb_reranker_oracle = {
    .name = "oracle",
    .summary = "sorts by the judgments: the most any reranker can reach with "
               "these candidates",
    .source = "grades descending, ties in input order, not judged last",
    .traits = RKB_SEES_GRADES | RKB_NO_SCORES,
    .version = 1,
    .rerank = rerank,
};
