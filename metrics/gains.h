/* SPDX-License-Identifier: Apache-2.0 */
/* What a grade is worth, and the best order there could be. By default the
 * gain is the grade, or 2^grade - 1; "1=3,2=9" gives grades gains of their
 * own. For the m_*.c files of the DCG family.
 *
 * With gains of one's own the ideal order is trec_eval's, which sorts by a
 * comparison that cuts differences to whole numbers: gains less than 1 apart
 * keep the order in which they were listed. */
#ifndef RKB_METRICS_GAINS_H
#define RKB_METRICS_GAINS_H

#include "metrics/measure.h"

enum { RKB_MAX_RUNGS = 256 };

/* A grade and how many documents of the query have it. */
struct rkb_rung {
    int64_t grade;
    double gain;
    size_t n;
};

/* The ideal order of one query, read from the best document on. */
struct rkb_ladder {
    const struct rkb_measure *m;
    const struct rkb_judged *q;
    size_t n_rungs; /* 0: the grades of q themselves, largest first */
    size_t at, taken;
    double top, min, max; /* gain of the best grade; of all, and 0 */
    struct rkb_rung rungs[RKB_MAX_RUNGS];
};

/* False when gains were given and the query has too many different grades:
 * the measure is undefined. */
bool rkb_ladder_init(struct rkb_ladder *l, const struct rkb_measure *m,
                     const struct rkb_judged *q);
/* Gain of the next best document; 0 at the end, and once it is not positive
 * there is no more. */
double rkb_ladder_next(struct rkb_ladder *l);
/* Gain of a retrieved document. */
double rkb_ladder_gain(const struct rkb_ladder *l, int32_t grade);

/* The row "gains" of the DCG family's parameters. */
#define RKB_GAINS_ROW                             \
    {                                             \
        .name = "gains", .type = RKB_OPT_TEXT,    \
        .help = "gains of grades, as in 1=3,2=9", \
    }
extern const struct rkb_opt rkb_gains_params[]; /* that row alone */

#endif
