/* SPDX-License-Identifier: Apache-2.0 */
/* Measures that see the retrieved documents as a set. a = relevant
 * retrieved, ret = retrieved, R = relevant. */
#include "metrics/hits.h"

#define TREC "trec_eval"

static void set_p_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    *out = q->n_ret ? (double)rkb_n_rel_ret(m, q) / (double)q->n_ret : 0;
}

const struct rkb_measure_def rkb_measure_set_p = {
    .name = "SetP",
    .trec_name = "set_P",
    .summary = "precision of the whole list: a / ret",
    .source = TREC,
    .params = rkb_rel_params,
    .traits = RKB_IN_ALL_TREC | RKB_IN_SET,
    .version = 1,
    .calc = set_p_calc,
};

static void set_relative_p_calc(const struct rkb_measure *m,
                                const struct rkb_judged *q, double *out)
{
    size_t n_rel = rkb_n_rel(m, q), most = n_rel < q->n_ret ? n_rel : q->n_ret;

    *out = most ? (double)rkb_n_rel_ret(m, q) / (double)most : 0;
}

const struct rkb_measure_def rkb_measure_set_relative_p = {
    .name = "set_relative_P",
    .trec_name = "set_relative_P",
    .summary = "precision of the whole list over the best possible: "
               "a / min(ret, R)",
    .source = TREC,
    .params = rkb_rel_params,
    .traits = RKB_IN_ALL_TREC | RKB_IN_SET,
    .version = 1,
    .calc = set_relative_p_calc,
};

static void set_r_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    size_t n_rel = rkb_n_rel(m, q);

    *out = n_rel ? (double)rkb_n_rel_ret(m, q) / (double)n_rel : 0;
}

const struct rkb_measure_def rkb_measure_set_r = {
    .name = "SetR",
    .trec_name = "set_recall",
    .summary = "recall of the whole list: a / R",
    .source = TREC,
    .params = rkb_rel_params,
    .traits = RKB_IN_ALL_TREC | RKB_IN_SET,
    .version = 1,
    .calc = set_r_calc,
};

static void set_ap_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                        double *out)
{
    double n_rel = (double)rkb_n_rel(m, q), n_ret = (double)q->n_ret;
    double found = (double)rkb_n_rel_ret(m, q);

    *out = n_rel > 0 && n_ret > 0 ? (found * found) / (n_ret * n_rel) : 0;
}

const struct rkb_measure_def rkb_measure_set_ap = {
    .name = "SetAP",
    .trec_name = "set_map",
    .summary = "precision times recall of the whole list: a * a / (ret * R)",
    .source = TREC,
    .params = rkb_rel_params,
    .traits = RKB_IN_ALL_TREC | RKB_IN_SET,
    .version = 1,
    .calc = set_ap_calc,
};

static void set_f_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    double found = (double)rkb_n_rel_ret(m, q), x = m->cuts[0];
    double p = found / (double)q->n_ret, r = found / (double)rkb_n_rel(m, q);

    *out = found > 0 ? (x + 1.0) * p * r / (x * p + r) : 0;
}

static const struct rkb_opt set_f_params[] = {
    RKB_REL_ROW,
    { .name = "x", .type = RKB_OPT_TEXT, .help = "weight of recall, beta^2" },
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_set_f = {
    .name = "SetF",
    .trec_name = "set_F",
    .summary = "F of the whole list: (x + 1) P R / (x P + R), x = beta "
               "squared",
    .source = "van Rijsbergen 1979, Information Retrieval; trec_eval",
    .params = set_f_params,
    .args = RKB_ARGS_LIST,
    .args_name = "x",
    .fallback = "1",
    .n_args = 1,
    .traits = RKB_IN_ALL_TREC | RKB_IN_SET,
    .version = 1,
    .calc = set_f_calc,
};

static void utility_calc(const struct rkb_measure *m,
                         const struct rkb_judged *q, double *out)
{
    int64_t found = (int64_t)rkb_n_rel_ret(m, q), n_ret = (int64_t)q->n_ret;
    int64_t n_rel = (int64_t)rkb_n_rel(m, q);

    *out = m->cuts[0] * (double)found + m->cuts[1] * (double)(n_ret - found) +
           m->cuts[2] * (double)(n_rel - found) +
           m->cuts[3] * (double)(q->n_collection + found - n_ret - n_rel);
}

static const struct rkb_opt utility_params[] = {
    RKB_REL_ROW,
    { .name = "weights",
      .type = RKB_OPT_TEXT,
      .help = "of relevant retrieved, nonrelevant retrieved, relevant missed, "
              "nonrelevant not retrieved" },
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_utility = {
    .name = "utility",
    .trec_name = "utility",
    .summary = "w1 a + w2 (ret - a) + w3 (R - a) + w4 (N + a - ret - R), N = "
               "documents in the collection, 0 when unknown",
    .source = TREC,
    .params = utility_params,
    .args = RKB_ARGS_LIST,
    .args_name = "weights",
    .fallback = "1,-1,0,0",
    .n_args = 4,
    .traits = RKB_IN_ALL_TREC | RKB_IN_SET | RKB_ZERO_IF_ABSENT,
    .version = 1,
    .calc = utility_calc,
};
