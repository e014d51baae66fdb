/* SPDX-License-Identifier: Apache-2.0 */
/* Shares of relevant documents within a number of ranks. */
#include "metrics/hits.h"

static void p_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                   double *out)
{
    rkb_rel_at_cuts(m, q, out);
    for (size_t i = 0; i < m->n_cuts; i++)
        out[i] /= m->cuts[i];
}

const struct rkb_measure_def rkb_measure_p = {
    .name = "P@k",
    .trec_name = "P",
    .aliases = "Precision",
    .summary = "precision: relevant among the first k, over k, also where "
               "fewer than k were retrieved",
    .source = "trec_eval",
    .params = rkb_rel_params,
    .args = RKB_ARGS_CUTS,
    .fallback = RKB_CUTS,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC,
    .version = 1,
    .calc = p_calc,
};

static void r_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                   double *out)
{
    size_t n_rel = rkb_n_rel(m, q);

    rkb_rel_at_cuts(m, q, out);
    for (size_t i = 0; i < m->n_cuts; i++)
        out[i] = n_rel ? out[i] / (double)n_rel : 0;
}

const struct rkb_measure_def rkb_measure_r = {
    .name = "R@k",
    .trec_name = "recall",
    .aliases = "Recall",
    .summary = "recall: relevant among the first k, over all relevant",
    .source = "trec_eval",
    .params = rkb_rel_params,
    .args = RKB_ARGS_CUTS,
    .fallback = RKB_CUTS,
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = r_calc,
};

static void r_cap_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    double n_rel = (double)rkb_n_rel(m, q);

    rkb_rel_at_cuts(m, q, out);
    for (size_t i = 0; i < m->n_cuts; i++) {
        double most = m->cuts[i] < n_rel ? m->cuts[i] : n_rel;

        out[i] = n_rel > 0 ? out[i] / most : 0;
    }
}

const struct rkb_measure_def rkb_measure_r_cap = {
    .name = "R_cap@k",
    .trec_name = "relative_P",
    .aliases = "Recall_cap",
    .summary = "capped recall, or relative precision: relevant among the "
               "first k, over the most there could be, min(k, R)",
    .source = "trec_eval; Thakur et al. 2021 (BEIR) as R_cap@k",
    .params = rkb_rel_params,
    .args = RKB_ARGS_CUTS,
    .fallback = RKB_CUTS,
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = r_cap_calc,
};

static void success_calc(const struct rkb_measure *m,
                         const struct rkb_judged *q, double *out)
{
    rkb_rel_at_cuts(m, q, out);
    for (size_t i = 0; i < m->n_cuts; i++)
        out[i] = out[i] > 0;
}

const struct rkb_measure_def rkb_measure_success = {
    .name = "Success@k",
    .trec_name = "success",
    .aliases = "Hit",
    .summary = "1 when a relevant document is among the first k, else 0",
    .source = "trec_eval",
    .params = rkb_rel_params,
    .args = RKB_ARGS_CUTS,
    .fallback = "1,5,10",
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = success_calc,
};

/* Relevant documents within the first `depth` ranks. */
static size_t rel_within(const struct rkb_measure *m,
                         const struct rkb_judged *q, double depth)
{
    size_t n = 0;

    for (size_t i = 0; i < q->n_hits && q->hits[i].rank <= depth; i++)
        n += rkb_is_rel(m, q->hits[i]);
    return n;
}

static void rprec_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    double n_rel = (double)rkb_n_rel(m, q);

    *out = n_rel > 0 ? (double)rel_within(m, q, n_rel) / n_rel : 0;
}

const struct rkb_measure_def rkb_measure_rprec = {
    .name = "Rprec",
    .trec_name = "Rprec",
    .summary = "precision at R, the number of relevant documents",
    .source = "Buckley & Voorhees 2005, in TREC: Experiment and Evaluation",
    .params = rkb_rel_params,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC,
    .version = 1,
    .calc = rprec_calc,
};

/* The 0.9 is trec_eval's way of rounding up that leaves 0.2 * 5 at 1. */
static void rprec_mult_calc(const struct rkb_measure *m,
                            const struct rkb_judged *q, double *out)
{
    double n_rel = (double)rkb_n_rel(m, q);

    for (size_t i = 0; i < m->n_cuts; i++) {
        double depth = (double)(int64_t)(m->cuts[i] * n_rel + 0.9);

        out[i] = depth > 0 ? (double)rel_within(m, q, depth) / depth : 0;
    }
}

const struct rkb_measure_def rkb_measure_rprec_mult = {
    .name = "Rprec_mult@x",
    .trec_name = "Rprec_mult",
    .summary = "precision at x times R, the number of relevant documents",
    .source = "trec_eval",
    .params = rkb_rel_params,
    .args = RKB_ARGS_POINTS,
    .fallback = "0.2,0.4,0.6,0.8,1,1.2,1.4,1.6,1.8,2",
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = rprec_mult_calc,
};
