/* SPDX-License-Identifier: Apache-2.0 */
/* Rank-biased precision: a reader goes on to the next rank with probability
 * p. Powers of p are multiplied up, not taken with pow, as in trec_eval. */
#include "metrics/gains.h"
#include "metrics/hits.h"

#include <math.h>

#define SOURCE "Moffat & Zobel 2008, Rank-Biased Precision; trec_eval 10"

/* Gains outside [0, 1] are mapped onto it, from the range of all grades up to
 * the highest of the query. trec_eval starts that range from variables it
 * never set; they are 0 in an unoptimised build, which printed its published
 * results, and here. */
static void rbp_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                     double *out)
{
    struct rkb_ladder l;
    double sum = 0, power = 1.0;
    size_t rank = 1;
    bool scale;

    if (!rkb_ladder_init(&l, m, q)) {
        *out = NAN;
        return;
    }
    scale = l.min < 0 || l.max > 1;
    for (size_t i = 0; i < q->n_hits; i++) {
        double gain = rkb_ladder_gain(&l, q->hits[i].grade);

        if (scale && q->hits[i].grade >= 0)
            gain = (gain - l.min) / (l.max - l.min);
        if (gain == 0)
            continue;
        for (; rank < q->hits[i].rank; rank++)
            power *= m->p;
        sum += gain * power;
    }
    *out = (1.0 - m->p) * sum;
}

static enum rkb_status rbp_prepare(struct rkb_measure *m, struct rkb_err *err)
{
    (void)err;
    m->p = rkb_optset_real(&m->params, "p");
    return RKB_OK;
}

static const struct rkb_opt rbp_params[] = {
    { .name = "p",
      .type = RKB_OPT_REAL,
      .fallback = "0.9",
      .min = 0,
      .max = 1,
      .help = "persistence of the reader" },
    RKB_GAINS_ROW,
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_rbp = {
    .name = "rbp",
    .trec_name = "rbp",
    .summary = "rank-biased precision: (1 - p) times the sum of gain times "
               "p^(rank - 1), gains mapped onto [0, 1]",
    .source = SOURCE,
    .params = rbp_params,
    .args = RKB_ARGS_PAIRS,
    .args_name = "gains",
    .traits = RKB_IN_ALL_TREC_10 | RKB_EXACT_CASE,
    .version = 1,
    .prepare = rbp_prepare,
    .calc = rbp_calc,
};

/* Every document without a judgment adds p^(rank - 1), but soon too little
 * to change the sum or the result; from there on nothing happens. */
static void rbp_resid_calc(const struct rkb_measure *m,
                           const struct rkb_judged *q, double *out)
{
    double sum = 0, power = 1.0, rest = 1 - m->p;
    size_t hit = 0, n_judged_ret = 0;

    for (size_t i = 0; i < q->n_hits; i++)
        n_judged_ret += q->hits[i].grade >= 0;
    for (size_t rank = 1; rank <= q->n_ret; rank++) {
        bool judged = false;

        if (hit < q->n_hits && q->hits[hit].rank == rank)
            judged = q->hits[hit++].grade >= 0;
        if (!judged)
            sum += power;
        power *= m->p;
        if (sum + power == sum && power + rest * sum == rest * sum)
            break;
    }
    *out = n_judged_ret < q->n_ret ? power + rest * sum : 0;
}

const struct rkb_measure_def rkb_measure_rbp_resid = {
    .name = "rbp_resid",
    .trec_name = "rbp_resid",
    .summary = "what rbp would gain if every document retrieved without a "
               "judgment had the full gain",
    .source = SOURCE,
    .params = rbp_params,
    .args = RKB_ARGS_PAIRS,
    .args_name = "gains",
    .traits = RKB_IN_ALL_TREC_10 | RKB_ZERO_IF_ABSENT | RKB_EXACT_CASE,
    .version = 1,
    .smaller_is_better = true,
    .prepare = rbp_prepare,
    .calc = rbp_resid_calc,
};

/* Moffat and Zobel's own: a document is relevant or is not. */
static double rbp_within(const struct rkb_measure *m,
                         const struct rkb_judged *q, double depth)
{
    double sum = 0, power = 1.0;
    size_t rank = 1;

    for (size_t i = 0; i < q->n_hits && q->hits[i].rank <= depth; i++) {
        if (!rkb_is_rel(m, q->hits[i]))
            continue;
        for (; rank < q->hits[i].rank; rank++)
            power *= m->p;
        sum += power;
    }
    return (1.0 - m->p) * sum;
}

static void rbp_binary_calc(const struct rkb_measure *m,
                            const struct rkb_judged *q, double *out)
{
    *out = rbp_within(m, q, INFINITY);
}

static void rbp_cut_calc(const struct rkb_measure *m,
                         const struct rkb_judged *q, double *out)
{
    for (size_t i = 0; i < m->n_cuts; i++)
        out[i] = rbp_within(m, q, m->cuts[i]);
}

static const struct rkb_opt rbp_binary_params[] = {
    RKB_REL_ROW,
    { .name = "p",
      .type = RKB_OPT_REAL,
      .fallback = "0.8",
      .min = 0,
      .max = 1,
      .help = "persistence of the reader" },
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_rbp_binary = {
    .name = "RBP",
    .summary = "rank-biased precision of relevant documents: (1 - p) times "
               "the sum of p^(rank - 1)",
    .source = "Moffat & Zobel 2008; ir_measures' RBP(rel=...)",
    .params = rbp_binary_params,
    .traits = RKB_EXACT_CASE,
    .version = 1,
    .prepare = rbp_prepare,
    .calc = rbp_binary_calc,
};

const struct rkb_measure_def rkb_measure_rbp_cut = {
    .name = "RBP@k",
    .summary = "RBP of the first k documents",
    .source = "Moffat & Zobel 2008",
    .params = rbp_binary_params,
    .args = RKB_ARGS_CUTS,
    .traits = RKB_EXACT_CASE,
    .version = 1,
    .prepare = rbp_prepare,
    .calc = rbp_cut_calc,
};
