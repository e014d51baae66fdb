/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of paired differences, one difference a query, and what is said beside
 * a p-value. All p are two-sided. Nothing here allocates; what must be sorted
 * or kept is the caller's. docs/statistics.md has the formulas.
 *
 * Differences come out of a subtraction, so equal ones can differ in their
 * last bits: what lies closer than 2^-40 of the largest is taken as equal, and
 * what is that close to zero as zero. */
#ifndef RKB_METRICS_STATS_TESTS_H
#define RKB_METRICS_STATS_TESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* n-1 in the denominator; NaN for n < 2, 0 when all are equal (see above). */
double rkb_sd(const double *values, size_t n);

struct rkb_t_test {
    double t, df, p; /* NaN: n < 2, or no spread at all */
    double lo, hi;   /* 1 - alpha interval of the mean; NaN as above */
};
/* Source: Student 1908. */
struct rkb_t_test rkb_t_test(const double *d, size_t n, double alpha);

struct rkb_wilcoxon {
    double w_plus, w_minus; /* sums of ranks */
    size_t n;               /* differences that are not zero */
    double p;               /* 1 when there are none */
    bool exact;
};
/* `by_size` is sorted by absolute value, ascending. Zeros are dropped. Exact
 * for up to 50 differences without ties and zeros; otherwise the normal
 * approximation with tie and continuity correction: R's wilcox.test, and
 * scipy's wilcoxon(correction=True). Source: Wilcoxon 1945; Hollander & Wolfe. */
struct rkb_wilcoxon rkb_wilcoxon(const double *by_size, size_t n);

/* ---- randomization (Fisher 1935; Smucker, Allan & Carterette 2007) ------ */

/* Exact up to so many differences that are not zero. */
enum { RKB_FLIP_EXACT = 20 };
/* Rearrangements come in blocks, each with its own random stream, so that
 * results do not depend on who computes which. */
enum { RKB_FLIP_BLOCK = 256 };

/* Signs of differences, flipped. Sums are 64-bit whole numbers, so that they
 * do not depend on the order of adding. */
struct rkb_flip {
    int64_t *table;  /* [n_groups][256] signed sums of eight differences */
    size_t n_groups; /* a multiple of 8 */
    size_t n;        /* differences that are not zero */
    uint64_t least;  /* |sum| from which on one is as extreme as observed */
};
/* Numbers that `table` must hold for n differences. */
size_t rkb_flip_needs(size_t n);
void rkb_flip_init(struct rkb_flip *f, const double *d, size_t n,
                   int64_t *table);
/* Of rearrangements first, ..., first + n - 1 of this seed, how many are at
 * least as extreme as what was observed. `first` is a multiple of
 * RKB_FLIP_BLOCK. p = (that + 1) / (n + 1) (Phipson & Smyth 2010). */
uint64_t rkb_flip_chunk(const struct rkb_flip *f, uint64_t seed, uint64_t first,
                        uint64_t n);
/* Over all rearrangements; f->n <= RKB_FLIP_EXACT. */
double rkb_flip_exact(const struct rkb_flip *f);

/* ---- several tests, sizes of effects ------------------------------------ */

/* In the order of `--correction`. */
enum rkb_correction {
    RKB_HOLM,               /* Holm 1979 */
    RKB_BONFERRONI,         /* Dunn 1961 */
    RKB_BENJAMINI_HOCHBERG, /* 1995: false discovery rate */
    RKB_UNCORRECTED
};
/* Corrected p-values, at most 1. A NaN stays one and counts in no family.
 * order [n] is scratch. */
void rkb_correct(enum rkb_correction how, const double *p, size_t n,
                 size_t *order, double *out);

/* Mean over standard deviation of the differences (Cohen's d_z). NaN without
 * a spread. */
double rkb_cohen_d(const double *d, size_t n);

struct rkb_wins {
    size_t win, tie, loss; /* differences > 0, = 0, < 0 */
};
struct rkb_wins rkb_wins(const double *d, size_t n);

/* The smallest true mean difference that a two-sided paired t-test at `alpha`
 * finds with probability `power`, when the spread is sd: (t(1 - alpha/2) +
 * t(power)) sd / sqrt(n), n - 1 degrees of freedom. NaN for n < 2. */
double rkb_detectable(double sd, size_t n, double alpha, double power);

#endif
