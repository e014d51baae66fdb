/* SPDX-License-Identifier: Apache-2.0 */
/* Buckley's G: gain, discounted by how much better the list above could have
 * been. */
#include "metrics/gains.h"
#include "metrics/hits.h"

#include <math.h>

static void bin_g_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                       double *out)
{
    size_t n_rel = rkb_n_rel(m, q), n = 0;
    double sum = 0;

    for (size_t i = 0; i < q->n_hits; i++) {
        if (!rkb_is_rel(m, q->hits[i]))
            continue;
        n++;
        sum += 1.0 / log2((double)(2 + q->hits[i].rank - n));
    }
    *out = n ? sum / (double)n_rel : 0;
}

const struct rkb_measure_def rkb_measure_bin_g = {
    .name = "binG",
    .trec_name = "binG",
    .summary = "mean over the relevant documents of 1 / log2(2 + documents "
               "above that are not relevant)",
    .source = "trec_eval, experimental measure of 2008",
    .params = rkb_rel_params,
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = bin_g_calc,
};

struct g_sums {
    double results, cost, g;
};

static void g_take(struct g_sums *s, double gain)
{
    s->results += gain;
    if (gain != 0)
        s->g += gain / log2(2 + s->cost - s->results);
}

/* `n` ranks at the least cost of 1. With gains that are no whole numbers one
 * by one, because the sum rounds. */
static void g_pass(struct g_sums *s, size_t n)
{
    if (s->cost == floor(s->cost))
        s->cost += (double)n;
    else
        while (n-- > 0)
            s->cost += 1.0;
}

static void g_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                   double *out)
{
    struct rkb_ladder l;
    struct g_sums s = { 0 };
    double ideal = 0, ideal_gain;
    size_t rank = 1, hit = 0;

    if (!rkb_ladder_init(&l, m, q)) {
        *out = NAN;
        return;
    }
    ideal_gain = l.top;
    for (; ideal_gain > 0; rank++) {
        double gain = 0;

        if (hit < q->n_hits && q->hits[hit].rank == rank)
            gain = rkb_ladder_gain(&l, q->hits[hit++].grade);
        ideal_gain = rkb_ladder_next(&l);
        if (ideal_gain > 0)
            ideal += ideal_gain;
        s.cost += ideal_gain >= 1.0 ? ideal_gain : 1.0;
        g_take(&s, gain);
    }
    for (; hit < q->n_hits; hit++) {
        g_pass(&s, q->hits[hit].rank + 1 - rank);
        rank = q->hits[hit].rank + 1;
        g_take(&s, rkb_ladder_gain(&l, q->hits[hit].grade));
    }
    *out = ideal > 0 ? s.g / ideal : 0;
}

const struct rkb_measure_def rkb_measure_g = {
    .name = "G",
    .trec_name = "G",
    .summary = "sum of gain / log2(2 + cost of the ideal order so far - gain "
               "so far), over the sum of all ideal gains; the cost of a rank "
               "is its ideal gain, at least 1",
    .source = "trec_eval, experimental measure of 2008",
    .params = rkb_gains_params,
    .args = RKB_ARGS_PAIRS,
    .args_name = "gains",
    .traits = RKB_IN_ALL_TREC,
    .version = 1,
    .calc = g_calc,
};
