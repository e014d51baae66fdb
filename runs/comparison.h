/* SPDX-License-Identifier: Apache-2.0 */
/* What the store keeps of a comparison, and families of comparisons: what a
 * table asks for and harness/eval computes. */
#ifndef RKB_RUNS_COMPARISON_H
#define RKB_RUNS_COMPARISON_H

#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A paired comparison of two evaluations; NaN, and counts below 0, where there
 * is no number. schema.sql says what each is. */
struct rkb_comparison {
    int64_t eval_a, eval_b;
    rkb_sv measure, test, correction, family;
    int64_t n, n_a, n_b, draws;
    bool forced;
    double alpha;
    uint64_t seed;
    double mean_a, lo_a, hi_a, mean_b, lo_b, hi_b, diff, lo, hi;
    double p, p_corrected, effect, detectable;
    int64_t win, tie, loss;
    double ratio, ratio_sd, ratio_lo, ratio_hi;
};

/* A value that stands in a table. Several evaluations are repeats, whose values
 * are averaged query by query; the first one stands for all in the store. */
struct rkb_contrast_cell {
    const int64_t *evals; /* [n_evals] */
    size_t n_evals;
    const char *measure; /* as stored */
};
struct rkb_contrast_pair {
    size_t a, b; /* cells with the same measure */
};
/* All that is tested in one table: p-values are corrected over it. */
struct rkb_family {
    const char *name;
    const struct rkb_contrast_cell *cells;
    size_t n_cells;
    const struct rkb_contrast_pair *pairs;
    size_t n_pairs;
};

#endif
