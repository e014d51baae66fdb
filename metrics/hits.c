/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/hits.h"

const struct rkb_opt rkb_rel_params[] = { RKB_REL_ROW, { .name = NULL } };

size_t rkb_n_rel(const struct rkb_measure *m, const struct rkb_judged *q)
{
    size_t n = 0;

    if (m->rel == 1)
        return q->n_pos;
    while (n < q->n_judged && q->grades[n] >= m->rel)
        n++;
    return n;
}

size_t rkb_n_rel_ret(const struct rkb_measure *m, const struct rkb_judged *q)
{
    size_t n = 0;

    for (size_t i = 0; i < q->n_hits; i++)
        n += rkb_is_rel(m, q->hits[i]);
    return n;
}

void rkb_rel_at_cuts(const struct rkb_measure *m, const struct rkb_judged *q,
                     double *out)
{
    size_t n = 0, cut = 0;

    for (size_t i = 0; i < q->n_hits && cut < m->n_cuts; i++) {
        if (!rkb_is_rel(m, q->hits[i]))
            continue;
        while (cut < m->n_cuts && q->hits[i].rank > m->cuts[cut])
            out[cut++] = (double)n;
        n++;
    }
    while (cut < m->n_cuts)
        out[cut++] = (double)n;
}
