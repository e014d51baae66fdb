/* SPDX-License-Identifier: Apache-2.0 */
/* Is a run worse or slower than a baseline? The decision, without reading or
 * printing anything: docs/gate.md has the rule, metrics/gate_rule.h its
 * arithmetic. One question for each limit and data set; everything that is
 * returned lives in the arena, or in the two sides. */
#ifndef RKB_HARNESS_EVAL_VERDICT_H
#define RKB_HARNESS_EVAL_VERDICT_H

#include "harness/eval/baseline.h"
#include "metrics/gate_rule.h"

enum rkb_verdict { /* from good to bad */
                   RKB_VERDICT_PASS,
                   RKB_VERDICT_UNSURE,
                   RKB_VERDICT_INVALID, /* incomplete, or on other data */
                   RKB_VERDICT_WORSE
};
/* "pass", "cannot tell", "not comparable", "worse". */
const char *rkb_verdict_name(enum rkb_verdict v);

struct rkb_verdict_limit {
    rkb_sv measure;    /* in any spelling; empty: a time */
    double percentile; /* of times                       */
    double limit;      /* drop >= 0, or ratio > 0        */
};

/* "nDCG@10=0.005", cut at the last '='. RKB_E_USAGE. */
enum rkb_status rkb_verdict_max_drop(rkb_sv text, struct rkb_verdict_limit *out,
                                     struct rkb_err *err) RKB_MUST_CHECK;
/* "p50=1.10", or "1.10" for the median. */
enum rkb_status rkb_verdict_max_slowdown(rkb_sv text,
                                         struct rkb_verdict_limit *out,
                                         struct rkb_err *err) RKB_MUST_CHECK;

struct rkb_verdict_want {
    const struct rkb_verdict_limit *limits;
    size_t n_limits;
    double alpha; /* 0 < alpha < 0.5                          */
    double noise; /* SD of one repeat's mean; NaN: not told   */
};

struct rkb_verdict_pair {
    rkb_sv qid;
    double before, after, drop; /* drop > 0: the candidate is worse */
};

struct rkb_question {
    rkb_sv dataset;
    rkb_sv name; /* "nDCG@10", "p50 ms" */
    bool is_time;
    double before, after; /* means over repeats; percentiles in ms; NaN: none */
    double limit;
    struct rkb_gate_noise noise; /* of a measure */
    size_t n_before, n_after;    /* repeats      */
    struct rkb_gate_answer answer;
    double p_holm; /* p_worse, corrected over all questions; NaN: none */
    enum rkb_verdict verdict;
    rkb_sv why;       /* one clause, never empty                    */
    size_t repeats;   /* a side that would settle it, 0: none known */
    size_t n_pairs;   /* queries that both sides have               */
    double p_queries; /* randomization test over queries, two-sided:
                                 information. NaN: none                     */
    struct rkb_verdict_pair
        *pairs; /* [n_pairs] of a measure, worst first     */
};

struct rkb_verdicts {
    struct rkb_question *questions; /* by data set, then limit */
    size_t n;
    size_t counts[RKB_VERDICT_WORSE + 1];
    enum rkb_verdict verdict; /* the worst of all              */
    rkb_sv *left_out;         /* [n_left_out] data sets without a baseline */
    size_t n_left_out;
};

/* RKB_E_USAGE when the baseline lacks a measure. */
enum rkb_status rkb_verdicts_decide(struct rkb_arena *a,
                                    const struct rkb_baseline *before,
                                    const struct rkb_baseline *after,
                                    const struct rkb_verdict_want *want,
                                    struct rkb_verdicts *out,
                                    struct rkb_err *err) RKB_MUST_CHECK;

#endif
