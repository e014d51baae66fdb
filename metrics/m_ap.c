/* SPDX-License-Identifier: Apache-2.0 */
/* Average precision and its relatives. */
#include "metrics/hits.h"

#include <math.h>

/* Precision summed over the relevant documents of hits[0..n_hits). */
static double sum_precision(const struct rkb_measure *m,
                            const struct rkb_judged *q)
{
    size_t n = 0;
    double sum = 0;

    for (size_t i = 0; i < q->n_hits; i++)
        if (rkb_is_rel(m, q->hits[i]))
            sum += (double)++n / (double)q->hits[i].rank;
    return sum;
}

static void ap_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                    double *out)
{
    double sum = sum_precision(m, q);

    *out = sum > 0 ? sum / (double)rkb_n_rel(m, q) : 0;
}

const struct rkb_measure_def rkb_measure_ap = {
    .name = "AP",
    .trec_name = "map",
    .aliases = "MAP",
    .summary = "average precision: precision at each relevant document "
               "retrieved, summed, over all relevant documents",
    .source = "Buckley & Voorhees 2005, in TREC: Experiment and Evaluation",
    .params = rkb_rel_params,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC,
    .version = 1,
    .calc = ap_calc,
};

const struct rkb_measure_def rkb_measure_gm_map = {
    .name = "gm_map",
    .trec_name = "gm_map",
    .summary = "AP, with a geometric mean over the queries: "
               "exp(mean(ln(max(AP, 0.00001))))",
    .source = "Robertson 2006, On GMAP",
    .params = rkb_rel_params,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC | RKB_NOT_IN_QUERIES,
    .agg = RKB_AGG_GEOMETRIC,
    .version = 1,
    .calc = ap_calc,
};

static void ap_cut_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                        double *out)
{
    double n_rel = (double)rkb_n_rel(m, q), sum = 0;
    size_t n = 0, cut = 0;

    for (size_t i = 0; i < q->n_hits && cut < m->n_cuts; i++) {
        if (!rkb_is_rel(m, q->hits[i]))
            continue;
        while (cut < m->n_cuts && q->hits[i].rank > m->cuts[cut])
            out[cut++] = sum / n_rel;
        sum += (double)++n / (double)q->hits[i].rank;
    }
    while (cut < m->n_cuts)
        out[cut++] = n_rel > 0 ? sum / n_rel : 0;
}

const struct rkb_measure_def rkb_measure_ap_cut = {
    .name = "AP@k",
    .trec_name = "map_cut",
    .aliases = "MAP",
    .summary = "average precision of the first k documents; the divisor is "
               "still all relevant documents",
    .source = "trec_eval",
    .params = rkb_rel_params,
    .args = RKB_ARGS_CUTS,
    .fallback = RKB_CUTS,
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = ap_cut_calc,
};

/* Equation 4 of the paper, with its epsilon as trec_eval sets it. The order
 * of the operations is trec_eval's, so that the last bit is too. */
static void infap_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    const double eps = 0.00001;
    size_t n_rel = rkb_n_rel(m, q), rel = 0, nonrel = 0, unjudged = 0;
    double sum = 0;

    for (size_t i = 0; i < q->n_hits; i++) {
        double above = (double)(q->hits[i].rank - 1);

        if (q->hits[i].grade < 0) {
            unjudged++;
        } else if (!rkb_is_rel(m, q->hits[i])) {
            nonrel++;
        } else if (q->hits[i].rank == 1) {
            rel++;
            sum += 1.0;
        } else {
            double judged = (double)(rel + nonrel);

            sum += 1.0 / (above + 1.0) +
                   (above / (above + 1.0)) *
                       ((double)(rel + nonrel + unjudged) / above) *
                       (((double)rel + eps) / (judged + 2 * eps));
            rel++;
        }
    }
    *out = n_rel ? sum / (double)n_rel : sum;
}

const struct rkb_measure_def rkb_measure_infap = {
    .name = "infAP",
    .trec_name = "infAP",
    .summary = "average precision estimated where only a sample of the pool "
               "was judged (negative grades: in the pool, not judged)",
    .source = "Yilmaz & Aslam 2006, Estimating Average Precision with "
              "Incomplete and Imperfect Judgments",
    .params = rkb_rel_params,
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = infap_calc,
};

static void yaap_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                      double *out)
{
    double sum = sum_precision(m, q);

    *out = log((1.0 + sum) / (1.0 + (double)rkb_n_rel(m, q) - sum));
}

const struct rkb_measure_def rkb_measure_yaap = {
    .name = "yaap",
    .trec_name = "yaap",
    .summary = "yet another average precision: log odds of the precision sum "
               "s of R relevant documents, ln((1 + s) / (1 + R - s))",
    .source = "Robertson, after trec_eval",
    .params = rkb_rel_params,
    .version = 1,
    .calc = yaap_calc,
};
