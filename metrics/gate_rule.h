/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of `gate`, one question at a time: is a drop, or a slow-down, more
 * than what is allowed? Nothing here allocates. docs/gate.md has the rule in
 * words, with its error rates.
 *
 * Every answer has two one-sided p-values. p_worse: how often something as bad
 * as this is seen when the truth is exactly what is allowed. p_within: how
 * often something as good. At most alpha says worse, or within. */
#ifndef RKB_METRICS_GATE_RULE_H
#define RKB_METRICS_GATE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much the mean of one repeat moves when nothing has changed. */
struct rkb_gate_noise {
    double sd; /* NaN: not known */
    double df; /* degrees of freedom behind it; INFINITY: told, not measured */
};
/* From the repeats of both sides, each around its own mean; a side with fewer
 * than two tells nothing. 0 when repeats are equal (see stats_tests.h). */
struct rkb_gate_noise rkb_gate_noise(const double *a, size_t n_a,
                                     const double *b, size_t n_b);

struct rkb_gate_answer {
    double change;            /* drop of the mean, or ratio of times      */
    double lo, hi;            /* one-sided bounds, each missed with alpha */
    double p_worse, p_within; /* NaN: nothing can be told                 */
};

/* `drop` is the difference of two means over n_a and n_b >= 1 repeats, `limit`
 * what is allowed. Student's t with the noise's df. Without noise (sd 0) the
 * drop is exact: p is 0 or 1, and a drop of `limit` is within; what lies closer
 * than `near` counts as equal. */
struct rkb_gate_answer rkb_gate_drop(double drop, struct rkb_gate_noise noise,
                                     size_t n_a, size_t n_b, double limit,
                                     double near, double alpha);

/* Is a single value beyond the end of a band that it should stay within? What
 * lies closer than 2^-40 of either is not. NaN never is. */
bool rkb_outside_band(double value, double end, bool smaller_is_better);

/* How many repeats a side would settle it if drop and noise stay as they are:
 * each side has at least its n_a or n_b. 0: RKB_GATE_REPEATS_MAX would not. */
enum { RKB_GATE_REPEATS_MAX = 1000 };
size_t rkb_gate_repeats(double drop, struct rkb_gate_noise noise, size_t n_a,
                        size_t n_b, double limit, double alpha);

/* Times of the same n >= 1 queries before and after, all > 0; `limit` is the
 * ratio that is allowed. p 50: the median of the queries' own ratios, by the
 * sign test, exact whatever their distribution. Other p: the ratio of the p-th
 * percentiles, queries drawn together RKB_GATE_RESAMPLES times (bootstrap,
 * percentile interval). Fewer queries than rkb_percentile_needs(p): all NaN but
 * the change. scratch [3 * n + RKB_GATE_RESAMPLES]. */
enum { RKB_GATE_RESAMPLES = 10000 };
struct rkb_gate_answer rkb_gate_ratio(const double *before, const double *after,
                                      size_t n, double p, double limit,
                                      double alpha, uint64_t seed,
                                      double *scratch);

#endif
