/* SPDX-License-Identifier: Apache-2.0 */
/* How much of a ranking the judgments know. Judged = a grade of at least 0;
 * a negative grade is in the pool, but nobody looked. */
#include "metrics/hits.h"

#include <math.h>

/* out[i]: judged documents within the first cuts[i] ranks. */
static void judged_at_cuts(const struct rkb_measure *m,
                           const struct rkb_judged *q, double *out)
{
    size_t n = 0, cut = 0;

    for (size_t i = 0; i < q->n_hits; i++) {
        while (cut < m->n_cuts && q->hits[i].rank > m->cuts[cut])
            out[cut++] = (double)n;
        n += q->hits[i].grade >= 0;
    }
    while (cut < m->n_cuts)
        out[cut++] = (double)n;
}

/* Documents within the first `cut` ranks. */
static double depth(const struct rkb_judged *q, double cut)
{
    return cut < (double)q->n_ret ? cut : (double)q->n_ret;
}

static void judged_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                        double *out)
{
    judged_at_cuts(m, q, out);
    for (size_t i = 0; i < m->n_cuts; i++)
        out[i] = q->n_ret ? out[i] / depth(q, m->cuts[i]) : NAN;
}

const struct rkb_measure_def rkb_measure_judged = {
    .name = "Judged@k",
    .summary = "share of the first k documents retrieved that were judged; "
               "of all of them where fewer than k were retrieved",
    .source = "MacAvaney et al. 2022 (ir_measures)",
    .args = RKB_ARGS_CUTS,
    .version = 1,
    .calc = judged_calc,
};

static void unj_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                     double *out)
{
    judged_at_cuts(m, q, out);
    for (size_t i = 0; i < m->n_cuts; i++)
        out[i] = (depth(q, m->cuts[i]) - out[i]) / m->cuts[i];
}

const struct rkb_measure_def rkb_measure_unj = {
    .name = "unj@k",
    .trec_name = "unj",
    .summary = "documents among the first k that were not judged, over k",
    .source = "trec_eval 10",
    .args = RKB_ARGS_CUTS,
    .fallback = "5,10,20",
    .traits = RKB_IN_ALL_TREC_10 | RKB_ONLY_10 | RKB_ZERO_IF_ABSENT,
    .version = 1,
    .smaller_is_better = true,
    .calc = unj_calc,
};

/* BEIR asks whether anybody ever looked at the document, for whatever query:
 * a line of any grade will do. */
static void hole_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                      double *out)
{
    size_t n_hits = 0, n_others = 0;

    for (size_t i = 0; i < m->n_cuts; i++) {
        while (n_hits < q->n_hits && q->hits[n_hits].rank <= m->cuts[i])
            n_hits++;
        while (n_others < q->n_others && q->others[n_others] <= m->cuts[i])
            n_others++;
        out[i] =
            (depth(q, m->cuts[i]) - (double)(n_hits + n_others)) / m->cuts[i];
    }
}

const struct rkb_measure_def rkb_measure_hole = {
    .name = "Hole@k",
    .summary = "documents among the first k that are in the judgments of no "
               "query at all, over k",
    .source = "Thakur et al. 2021 (BEIR)",
    .args = RKB_ARGS_CUTS,
    .traits = RKB_SEES_OTHERS,
    .version = 1,
    .smaller_is_better = true,
    .calc = hole_calc,
};

static void num_nonrel_calc(const struct rkb_measure *m,
                            const struct rkb_judged *q, double *out)
{
    size_t n = 0;

    for (size_t i = 0; i < q->n_hits; i++)
        n += q->hits[i].grade >= 0 && !rkb_is_rel(m, q->hits[i]);
    *out = (double)n;
}

const struct rkb_measure_def rkb_measure_num_nonrel_judged_ret = {
    .name = "num_nonrel_judged_ret",
    .trec_name = "num_nonrel_judged_ret",
    .summary = "judged nonrelevant documents retrieved",
    .source = "trec_eval",
    .params = rkb_rel_params,
    .traits = RKB_IN_ALL_TREC,
    .agg = RKB_AGG_SUM,
    .version = 1,
    .smaller_is_better = true,
    .whole_number = true,
    .calc = num_nonrel_calc,
};
