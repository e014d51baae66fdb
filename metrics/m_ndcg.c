/* SPDX-License-Identifier: Apache-2.0 */
/* Discounted cumulative gain: gain / log2(rank + 1), summed. */
#include "metrics/gains.h"
#include "metrics/hits.h"

#include <math.h>

#define JK "Jarvelin & Kekalainen 2002, Cumulated Gain-Based Evaluation"

static double discounted(double gain, size_t rank)
{
    return gain / log2((double)(rank + 1));
}

static double dcg_of(const struct rkb_ladder *l)
{
    const struct rkb_judged *q = l->q;
    double sum = 0;

    for (size_t i = 0; i < q->n_hits; i++) {
        double gain = rkb_ladder_gain(l, q->hits[i].grade);

        if (gain != 0)
            sum += discounted(gain, q->hits[i].rank);
    }
    return sum;
}

/* The first `next` was not asked for yet; top is its gain, or that of a grade
 * no document has. */
static double ideal_dcg_of(struct rkb_ladder *l)
{
    double sum = 0, gain = l->top;

    for (size_t rank = 1; gain > 0; rank++) {
        gain = rkb_ladder_next(l);
        if (gain > 0)
            sum += discounted(gain, rank);
    }
    return sum;
}

static void dcg_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                     double *out)
{
    struct rkb_ladder l;

    *out = rkb_ladder_init(&l, m, q) ? dcg_of(&l) : NAN;
}

static void ideal_dcg_calc(const struct rkb_measure *m,
                           const struct rkb_judged *q, double *out)
{
    struct rkb_ladder l;

    *out = rkb_ladder_init(&l, m, q) ? ideal_dcg_of(&l) : NAN;
}

static void ndcg_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                      double *out)
{
    struct rkb_ladder l;
    double ideal;

    if (!rkb_ladder_init(&l, m, q)) {
        *out = NAN;
        return;
    }
    ideal = ideal_dcg_of(&l);
    *out = ideal > 0 ? dcg_of(&l) / ideal : 0;
}

/* DCG at every cut-off, then divided by the ideal one at the same cut-off:
 * two walks, however many cut-offs there are. */
static void ndcg_cut_calc(const struct rkb_measure *m,
                          const struct rkb_judged *q, double *out)
{
    struct rkb_ladder l;
    double sum = 0, ideal = 0, gain;
    bool known = rkb_ladder_init(&l, m, q);
    size_t cut = 0;

    for (size_t i = 0; known && i < q->n_hits && cut < m->n_cuts; i++) {
        gain = rkb_ladder_gain(&l, q->hits[i].grade);
        if (gain == 0)
            continue;
        while (cut < m->n_cuts && q->hits[i].rank > m->cuts[cut])
            out[cut++] = sum;
        sum += discounted(gain, q->hits[i].rank);
    }
    while (cut < m->n_cuts)
        out[cut++] = known ? sum : NAN;
    if (!known)
        return;
    cut = 0;
    gain = l.top;
    for (size_t rank = 1; gain > 0 && cut < m->n_cuts; rank++) {
        gain = rkb_ladder_next(&l);
        if (!(gain > 0))
            break;
        for (; cut < m->n_cuts && (double)rank > m->cuts[cut]; cut++)
            out[cut] /= ideal;
        ideal += discounted(gain, rank);
    }
    for (; cut < m->n_cuts; cut++)
        out[cut] = ideal > 0 ? out[cut] / ideal : 0;
}

/* trec_eval's nDCG averaged over the relevant documents: at each one
 * retrieved, the DCG so far over the ideal DCG so far; for each one missed,
 * the final ratio. */
static void ndcg_rel_calc(const struct rkb_measure *m,
                          const struct rkb_judged *q, double *out)
{
    struct rkb_ladder l;
    double dcg = 0, ideal = 0, sum = 0, ideal_gain;
    int64_t n_rel = 0, n_found = 0;
    size_t rank = 0, hit = 0;

    if (!rkb_ladder_init(&l, m, q)) {
        *out = NAN;
        return;
    }
    ideal_gain = l.top;
    while (ideal_gain > 0 || hit < q->n_hits) {
        double gain = 0;

        rank = ideal_gain > 0 ? rank + 1 : q->hits[hit].rank;
        if (hit < q->n_hits && q->hits[hit].rank == rank)
            gain = rkb_ladder_gain(&l, q->hits[hit++].grade);
        if (gain != 0)
            dcg += discounted(gain, rank);
        if (ideal_gain > 0)
            ideal_gain = rkb_ladder_next(&l);
        if (ideal_gain > 0) {
            n_rel++;
            ideal += discounted(ideal_gain, rank);
        }
        if (gain > 0) {
            sum += dcg / ideal;
            n_found++;
        }
    }
    sum += (double)(n_rel - n_found) * dcg / ideal;
    *out = sum > 0 ? sum / (double)n_rel : 0;
}

struct rndcg {
    double dcg, ideal, sum, old_gain;
    size_t n;
};

static void rndcg_take(struct rndcg *r)
{
    if (r->ideal > 0) {
        r->sum += r->dcg / r->ideal;
        r->n++;
    }
}

/* One rank of the ideal order, with the gain of the document retrieved there
 * (0 for none). */
static double rndcg_step(struct rndcg *r, struct rkb_ladder *l, size_t rank,
                         double gain)
{
    double ideal_gain = rkb_ladder_next(l);

    if (r->old_gain != ideal_gain) {
        rndcg_take(r);
        r->old_gain = ideal_gain;
    }
    if (gain != 0)
        r->dcg += discounted(gain, rank);
    if (ideal_gain > 0)
        r->ideal += discounted(ideal_gain, rank);
    return ideal_gain;
}

/* trec_eval's nDCG averaged over the ranks where the gain of the ideal order
 * changes, and the end of the ranking when that is further down. */
static void rndcg_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    struct rkb_ladder l;
    struct rndcg r = { 0 };
    double ideal_gain;
    size_t rank = 1, hit = 0;
    bool known = rkb_ladder_init(&l, m, q);

    if (!known || rkb_n_rel(m, q) == 0) {
        *out = known ? 0 : NAN;
        return;
    }
    ideal_gain = r.old_gain = l.top;
    for (; rank <= q->n_ret && ideal_gain > 0; rank++) {
        double gain = 0;

        if (hit < q->n_hits && q->hits[hit].rank == rank)
            gain = rkb_ladder_gain(&l, q->hits[hit++].grade);
        ideal_gain = rndcg_step(&r, &l, rank, gain);
    }
    for (; hit < q->n_hits; hit++) {
        double gain = rkb_ladder_gain(&l, q->hits[hit].grade);

        if (gain != 0)
            r.dcg += discounted(gain, q->hits[hit].rank);
    }
    if (rank <= q->n_ret)
        rndcg_take(&r);
    for (; ideal_gain > 0; rank++)
        ideal_gain = rndcg_step(&r, &l, rank, 0);
    *out = r.n ? r.sum / (double)r.n : NAN;
}

static enum rkb_status ndcg_prepare(struct rkb_measure *m, struct rkb_err *err)
{
    m->exp_gain = rkb_sv_is(rkb_optset_text(&m->params, "dcg"), "exp-log2");
    if (m->exp_gain && m->n_gains)
        return rkb_fail(err, RKB_E_USAGE,
                        "dcg='exp-log2' and gains exclude each other");
    return RKB_OK;
}

static const struct rkb_opt ndcg_params[] = {
    { .name = "dcg",
      .type = RKB_OPT_CHOICE,
      .fallback = "log2",
      .choices = "log2|exp-log2",
      .help = "gain: the grade, or 2^grade - 1" },
    RKB_GAINS_ROW,
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_dcg = {
    .name = "dcg",
    .trec_name = "dcg",
    .summary = "discounted cumulative gain: sum of gain / log2(rank + 1)",
    .source = JK,
    .params = rkb_gains_params,
    .args = RKB_ARGS_PAIRS,
    .args_name = "gains",
    .version = 1,
    .calc = dcg_calc,
};

const struct rkb_measure_def rkb_measure_ideal_dcg = {
    .name = "ideal_dcg",
    .trec_name = "ideal_dcg",
    .summary = "discounted cumulative gain of the best order of all judged "
               "documents",
    .source = JK,
    .params = rkb_gains_params,
    .args = RKB_ARGS_PAIRS,
    .args_name = "gains",
    .version = 1,
    .calc = ideal_dcg_calc,
};

const struct rkb_measure_def rkb_measure_ndcg = {
    .name = "nDCG",
    .trec_name = "ndcg",
    .summary = "DCG over that of the best order of all judged documents; the "
               "gain is the grade",
    .source = JK,
    .params = ndcg_params,
    .args = RKB_ARGS_PAIRS,
    .args_name = "gains",
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .prepare = ndcg_prepare,
    .calc = ndcg_calc,
};

const struct rkb_measure_def rkb_measure_ndcg_cut = {
    .name = "nDCG@k",
    .trec_name = "ndcg_cut",
    .aliases = "ndcg",
    .summary = "nDCG of the first k documents, the best order cut at k too; "
               "dcg='exp-log2' has gain 2^grade - 1",
    .source = JK "; exponential gain: Burges et al. 2005",
    .params = ndcg_params,
    .args = RKB_ARGS_CUTS,
    .args_name = "gains",
    .fallback = RKB_CUTS,
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .prepare = ndcg_prepare,
    .calc = ndcg_cut_calc,
};

const struct rkb_measure_def rkb_measure_ndcg_rel = {
    .name = "ndcg_rel",
    .trec_name = "ndcg_rel",
    .summary = "nDCG averaged over the relevant documents (experimental)",
    .source = "trec_eval",
    .params = rkb_gains_params,
    .args = RKB_ARGS_PAIRS,
    .args_name = "gains",
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = ndcg_rel_calc,
};

static const struct rkb_opt rndcg_params[] = {
    RKB_REL_ROW,
    RKB_GAINS_ROW,
    { .name = NULL },
};

const struct rkb_measure_def rkb_measure_rndcg = {
    .name = "Rndcg",
    .trec_name = "Rndcg",
    .summary = "nDCG averaged over the ranks where the ideal gain changes "
               "(experimental); 0 without a relevant document",
    .source = "trec_eval",
    .params = rndcg_params,
    .args = RKB_ARGS_PAIRS,
    .args_name = "gains",
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = rndcg_calc,
};
