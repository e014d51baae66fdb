/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/hits.h"

static double least(size_t a, size_t b)
{
    return (double)(a < b ? a : b);
}

static void bpref_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    size_t n_rel = rkb_n_rel(m, q), n_nonrel = q->n_judged - n_rel, above = 0;
    double sum = 0;

    for (size_t i = 0; i < q->n_hits; i++) {
        if (q->hits[i].grade < 0)
            continue;
        if (!rkb_is_rel(m, q->hits[i]))
            above++;
        else if (above)
            sum += 1.0 - least(above, n_rel) / least(n_nonrel, n_rel);
        else
            sum += 1.0;
    }
    *out = n_rel ? sum / (double)n_rel : sum;
}

const struct rkb_measure_def rkb_measure_bpref = {
    .name = "Bpref",
    .trec_name = "bpref",
    .summary = "binary preference: share of the first R judged nonrelevant "
               "documents that each relevant document is ranked above",
    .source = "Buckley & Voorhees 2004, Retrieval Evaluation with Incomplete "
              "Information; min(N, R) in the divisor as in trec_eval",
    .params = rkb_rel_params,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC,
    .version = 1,
    .calc = bpref_calc,
};

const struct rkb_measure_def rkb_measure_gm_bpref = {
    .name = "gm_bpref",
    .trec_name = "gm_bpref",
    .summary = "Bpref, with a geometric mean over the queries: "
               "exp(mean(ln(max(Bpref, 0.00001))))",
    .source = "trec_eval",
    .params = rkb_rel_params,
    .traits = RKB_IN_ALL_TREC | RKB_NOT_IN_QUERIES,
    .agg = RKB_AGG_GEOMETRIC,
    .version = 1,
    .calc = bpref_calc,
};
