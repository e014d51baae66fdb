/* SPDX-License-Identifier: Apache-2.0 */
/* Interpolated precision at recall points. */
#include "metrics/hits.h"

#include <math.h>

/* Relevant documents that recall x asks for. Version 9 rounds up in its own
 * way, version 10 to the nearest. */
static int64_t wanted(const struct rkb_measure *m, double x, double n_rel)
{
    if (m->compat >= 10)
        return (int64_t)llround(x * n_rel);
    return (int64_t)(x * n_rel + 0.9);
}

/* Interpolated precision is the best precision at this rank or below, so the
 * walk goes from the last relevant document to the first and from the last
 * point to the first. Puts single values into out, unless NULL, and returns
 * their sum in that order. Nothing retrieved: 0/0, as in trec_eval. */
static double interpolate(const struct rkb_measure *m,
                          const struct rkb_judged *q, double *out)
{
    double n_rel = (double)rkb_n_rel(m, q), sum = 0, best;
    size_t left = m->n_cuts;
    int64_t n = (int64_t)rkb_n_rel_ret(m, q);

    best = q->n_ret ? (double)n / (double)q->n_ret : NAN;
    for (; left && wanted(m, m->cuts[left - 1], n_rel) > n; left--)
        if (out)
            out[left - 1] = 0;
    for (size_t i = q->n_hits; i-- > 0 && n > 0 && left;) {
        double precision = (double)n / (double)q->hits[i].rank;

        if (!rkb_is_rel(m, q->hits[i]))
            continue;
        if (best < precision)
            best = precision;
        for (; left && wanted(m, m->cuts[left - 1], n_rel) == n; left--) {
            sum += best;
            if (out)
                out[left - 1] = best;
        }
        n--;
    }
    for (; left; left--) {
        sum += best;
        if (out)
            out[left - 1] = best;
    }
    return sum;
}

static void iprec_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    interpolate(m, q, out);
}

const struct rkb_measure_def rkb_measure_iprec = {
    .name = "IPrec@x",
    .trec_name = "iprec_at_recall",
    .summary = "interpolated precision at recall x: the best precision from "
               "the rank on where x of the relevant documents were found",
    .source = "Buckley & Voorhees 2005, in TREC: Experiment and Evaluation",
    .params = rkb_rel_params,
    .args = RKB_ARGS_POINTS,
    .fallback = RKB_POINTS,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC,
    .version = 1,
    .calc = iprec_calc,
};

static void avg11_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    *out = interpolate(m, q, NULL) / (double)m->n_cuts;
}

static const struct rkb_opt avg11_params[] = {
    RKB_REL_ROW,
    { .name = "points", .type = RKB_OPT_TEXT, .help = "recall points" },
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_avg11 = {
    .name = "11pt_avg",
    .trec_name = "11pt_avg",
    .summary = "mean of the interpolated precision at eleven recall points",
    .source = "trec_eval",
    .params = avg11_params,
    .args = RKB_ARGS_LIST,
    .args_name = "points",
    .fallback = RKB_POINTS,
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = avg11_calc,
};
