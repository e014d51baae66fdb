/* SPDX-License-Identifier: Apache-2.0 */
/* What most measures ask of a judged ranking: which hits are relevant, and
 * how many there are. For the m_*.c files. */
#ifndef RKB_METRICS_HITS_H
#define RKB_METRICS_HITS_H

#include "metrics/measure.h"

/* trec_eval's defaults. */
#define RKB_CUTS "5,10,15,20,30,100,200,500,1000"
#define RKB_POINTS "0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1"

/* The parameter of every binary measure. Without it the rules decide. */
#define RKB_REL_ROW                                                     \
    {                                                                   \
        .name = "rel", .type = RKB_OPT_INT, .min = 0, .max = INT32_MAX, \
        .help = "smallest relevant grade",                              \
    }
extern const struct rkb_opt rkb_rel_params[]; /* that row alone */

static inline bool rkb_is_rel(const struct rkb_measure *m, struct rkb_hit hit)
{
    return hit.grade >= m->rel && hit.grade >= 0;
}

/* Relevant documents of the query, retrieved or not. */
size_t rkb_n_rel(const struct rkb_measure *m, const struct rkb_judged *q);

/* Relevant documents that were retrieved. */
size_t rkb_n_rel_ret(const struct rkb_measure *m, const struct rkb_judged *q);

/* out[i]: relevant documents within the first cuts[i] ranks. */
void rkb_rel_at_cuts(const struct rkb_measure *m, const struct rkb_judged *q,
                     double *out);

#endif
