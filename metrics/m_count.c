/* SPDX-License-Identifier: Apache-2.0 */
/* Counts, and the two measures that are text. */
#include "metrics/hits.h"

#define TREC "trec_eval"

static void runid_text(const struct rkb_measure *m, const struct rkb_judged *q,
                       struct rkb_buf *out)
{
    (void)m;
    rkb_buf_sv(out, q->tag);
}

const struct rkb_measure_def rkb_measure_runid = {
    .name = "runid",
    .trec_name = "runid",
    .summary = "tag of the run",
    .source = TREC,
    .traits =
        RKB_IN_OFFICIAL | RKB_IN_ALL_TREC | RKB_IN_SET | RKB_NOT_IN_QUERIES,
    .agg = RKB_AGG_NONE,
    .version = 1,
    .text = runid_text,
};

static void num_q_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    (void)m;
    (void)q;
    *out = 1;
}

const struct rkb_measure_def rkb_measure_num_q = {
    .name = "num_q",
    .trec_name = "num_q",
    .aliases = "NumQ",
    .summary = "number of queries",
    .source = TREC,
    .traits =
        RKB_IN_OFFICIAL | RKB_IN_ALL_TREC | RKB_IN_SET | RKB_NOT_IN_QUERIES,
    .agg = RKB_AGG_COUNT,
    .version = 1,
    .whole_number = true,
    .calc = num_q_calc,
};

static void num_ret_calc(const struct rkb_measure *m,
                         const struct rkb_judged *q, double *out)
{
    (void)m;
    *out = (double)q->n_ret;
}

const struct rkb_measure_def rkb_measure_num_ret = {
    .name = "num_ret",
    .trec_name = "num_ret",
    .aliases = "NumRet",
    .summary = "documents retrieved",
    .source = TREC,
    .traits =
        RKB_IN_OFFICIAL | RKB_IN_ALL_TREC | RKB_IN_SET | RKB_ZERO_IF_ABSENT,
    .agg = RKB_AGG_SUM,
    .version = 1,
    .whole_number = true,
    .calc = num_ret_calc,
};

static void num_rel_calc(const struct rkb_measure *m,
                         const struct rkb_judged *q, double *out)
{
    *out = (double)rkb_n_rel(m, q);
}

const struct rkb_measure_def rkb_measure_num_rel = {
    .name = "num_rel",
    .trec_name = "num_rel",
    .aliases = "NumRel",
    .summary = "relevant documents in the judgments",
    .source = TREC,
    .params = rkb_rel_params,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC | RKB_IN_SET |
              RKB_ALL_GRADES_IF_COMPLETE,
    .agg = RKB_AGG_SUM,
    .version = 1,
    .whole_number = true,
    .calc = num_rel_calc,
};

static void num_rel_ret_calc(const struct rkb_measure *m,
                             const struct rkb_judged *q, double *out)
{
    *out = (double)rkb_n_rel_ret(m, q);
}

const struct rkb_measure_def rkb_measure_num_rel_ret = {
    .name = "num_rel_ret",
    .trec_name = "num_rel_ret",
    .aliases = "NumRelRet",
    .summary = "relevant documents retrieved",
    .source = TREC,
    .params = rkb_rel_params,
    .traits = RKB_IN_OFFICIAL | RKB_IN_ALL_TREC | RKB_IN_SET,
    .agg = RKB_AGG_SUM,
    .version = 1,
    .whole_number = true,
    .calc = num_rel_ret_calc,
};

static char grade_char(int32_t grade)
{
    if (grade < 0)
        return '.';
    return (char)(grade > 9 ? '>' : '0' + grade);
}

static void relstring_text(const struct rkb_measure *m,
                           const struct rkb_judged *q, struct rkb_buf *out)
{
    size_t n = m->cuts[0] < 0 ? 0 : (size_t)m->cuts[0], hit = 0;

    rkb_buf_char(out, '\'');
    for (size_t rank = 1; rank <= n && rank <= q->n_ret; rank++) {
        if (hit < q->n_hits && q->hits[hit].rank == rank)
            rkb_buf_char(out, grade_char(q->hits[hit++].grade));
        else
            rkb_buf_char(out, '-');
    }
    rkb_buf_char(out, '\'');
}

static const struct rkb_opt relstring_params[] = {
    { .name = "n", .type = RKB_OPT_TEXT, .help = "documents shown" },
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_relstring = {
    .name = "relstring",
    .trec_name = "relstring",
    .summary = "grades of the first documents, one character each: 0-9, > "
               "above 9, - not in the judgments, . in the pool but not judged",
    .source = TREC,
    .params = relstring_params,
    .args = RKB_ARGS_LIST,
    .args_name = "n",
    .fallback = "10",
    .n_args = 1,
    .traits = RKB_IN_ALL_TREC | RKB_NOT_IN_ALL | RKB_ZERO_IF_ABSENT,
    .agg = RKB_AGG_NONE,
    .version = 1,
    .text = relstring_text,
};
