/* SPDX-License-Identifier: Apache-2.0 */
/* Screening: somebody reads the whole ranking down to a wanted recall. */
#include "metrics/hits.h"

#include <math.h>

/* Rank of the n-th relevant document (n >= 1); the whole ranking when it has
 * fewer. */
static double rank_of_rel(const struct rkb_measure *m,
                          const struct rkb_judged *q, double n)
{
    for (size_t i = 0; i < q->n_hits; i++)
        if (rkb_is_rel(m, q->hits[i]) && --n <= 0)
            return (double)q->hits[i].rank;
    return (double)q->n_ret;
}

static enum rkb_status wss_prepare(struct rkb_measure *m, struct rkb_err *err)
{
    for (size_t i = 0; i < m->n_cuts; i++)
        if (!(m->cuts[i] > 0 && m->cuts[i] <= 1))
            return rkb_fail(err, RKB_E_USAGE,
                            "the recall must be above 0 and at most 1, as in "
                            "WSS@0.95, not %.15g",
                            m->cuts[i]);
    return RKB_OK;
}

/* 0.55 * 20 is a little above 11; the eleventh is meant. */
static void wss_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                     double *out)
{
    double n = (double)q->n_ret, n_rel = (double)rkb_n_rel(m, q);

    for (size_t i = 0; i < m->n_cuts; i++) {
        double wanted = ceil(m->cuts[i] * n_rel - 1e-9);

        out[i] = 0;
        if (n > 0 && n_rel > 0)
            out[i] = (n - rank_of_rel(m, q, wanted)) / n - (1 - m->cuts[i]);
    }
}

const struct rkb_measure_def rkb_measure_wss = {
    .name = "WSS@x",
    .summary = "work saved over sampling: share of the ranking below the rank "
               "where recall reaches x, less 1 - x, what a random order saves",
    .source = "Cohen et al. 2006, Reducing Workload in Systematic Review "
              "Preparation",
    .params = rkb_rel_params,
    .args = RKB_ARGS_POINTS,
    .fallback = "0.95,1",
    .version = 1,
    .prepare = wss_prepare,
    .calc = wss_calc,
};

static void last_rel_calc(const struct rkb_measure *m,
                          const struct rkb_judged *q, double *out)
{
    *out = 0;
    for (size_t i = q->n_hits; i > 0 && *out == 0; i--)
        if (rkb_is_rel(m, q->hits[i - 1]))
            *out = (double)q->hits[i - 1].rank;
}

const struct rkb_measure_def rkb_measure_last_rel = {
    .name = "LastRel",
    .aliases = "last_rel",
    .summary = "rank of the last relevant document retrieved, 0 when there is "
               "none; those not retrieved do not count",
    .source = "Kanoulas et al. 2017 (CLEF TAR) as last_rel",
    .params = rkb_rel_params,
    .version = 1,
    .smaller_is_better = true,
    .calc = last_rel_calc,
};
