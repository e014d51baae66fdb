/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/hits.h"

/* Rank of the first relevant document, 0 when there is none. */
static uint32_t first_rank(const struct rkb_measure *m,
                           const struct rkb_judged *q)
{
    for (size_t i = 0; i < q->n_hits; i++)
        if (rkb_is_rel(m, q->hits[i]))
            return q->hits[i].rank;
    return 0;
}

static void rr_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                    double *out)
{
    uint32_t rank = first_rank(m, q);

    *out = rank ? 1.0 / (double)rank : 0;
}

const struct rkb_measure_def rkb_measure_rr = {
    .name = "RR",
    .trec_name = "recip_rank",
    .aliases = "MRR",
    .summary = "reciprocal rank of the first relevant document, at any depth",
    .source = "Kantor & Voorhees 2000, The TREC-5 Confusion Track",
    .params = rkb_rel_params,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC,
    .version = 1,
    .calc = rr_calc,
};

static void rr_cut_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                        double *out)
{
    uint32_t rank = first_rank(m, q);

    for (size_t i = 0; i < m->n_cuts; i++)
        out[i] = rank && rank <= m->cuts[i] ? 1.0 / (double)rank : 0;
}

const struct rkb_measure_def rkb_measure_rr_cut = {
    .name = "RR@k",
    .aliases = "MRR recip_rank",
    .summary = "reciprocal rank of the first relevant document, 0 beyond "
               "rank k",
    .source = "Bajaj et al. 2016 (MS MARCO) as MRR@10",
    .params = rkb_rel_params,
    .args = RKB_ARGS_CUTS,
    .version = 1,
    .calc = rr_cut_calc,
};
