/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/hits.h"

#include <math.h>

/* Equation 4 of the paper: the reader stops at a document of grade g with
 * probability (2^g - 1) / 2^gmax. A grade above gmax counts as gmax. */
static void err_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                     double *out)
{
    double most = ldexp(1.0, (int)m->p), sum = 0, still_reading = 1;
    size_t cut = 0;

    for (size_t i = 0; i < q->n_hits && cut < m->n_cuts; i++) {
        double grade = fmin((double)q->hits[i].grade, m->p), stop;

        if (grade <= 0)
            continue;
        while (cut < m->n_cuts && q->hits[i].rank > m->cuts[cut])
            out[cut++] = sum;
        stop = (ldexp(1.0, (int)grade) - 1) / most;
        sum += stop * still_reading / (double)q->hits[i].rank;
        still_reading *= 1 - stop;
    }
    while (cut < m->n_cuts)
        out[cut++] = sum;
}

static enum rkb_status err_prepare(struct rkb_measure *m, struct rkb_err *err)
{
    (void)err;
    m->p = (double)rkb_optset_int(&m->params, "gmax");
    return RKB_OK;
}

static const struct rkb_opt err_params[] = {
    { .name = "gmax",
      .type = RKB_OPT_INT,
      .fallback = "4",
      .min = 1,
      .max = 30,
      .help = "the highest grade of the scale" },
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_err = {
    .name = "ERR@k",
    .summary = "expected reciprocal rank where a reader stops at grade g with "
               "probability (2^g - 1) / 2^gmax",
    .source = "Chapelle et al. 2009, Expected Reciprocal Rank for Graded "
              "Relevance; gmax 4 as in TREC's gdeval",
    .params = err_params,
    .args = RKB_ARGS_CUTS,
    .version = 1,
    .prepare = err_prepare,
    .calc = err_calc,
};
