/* SPDX-License-Identifier: Apache-2.0 */
/* A measure from outside: this file, dropped into metrics/, and one line in
 * measures.def are all it takes. See tests/long/extend_measure.sh. */
#include "metrics/hits.h"

static void test_measure_calc(const struct rkb_measure *m,
                              const struct rkb_judged *q, double *out)
{
    rkb_rel_at_cuts(m, q, out);
    for (size_t i = 0; i < m->n_cuts; i++)
        out[i] = 2 * out[i] / (m->cuts[i] + (double)rkb_n_rel(m, q));
}

const struct rkb_measure_def rkb_measure_test_measure = {
    .name = "TestF@k",
    .summary = "F1 of the first k documents",
    .source = "tests/extend",
    .params = rkb_rel_params,
    .args = RKB_ARGS_CUTS,
    .version = 1,
    .calc = test_measure_calc,
};
