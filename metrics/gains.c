/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/gains.h"

#include <math.h>
#include <string.h>

const struct rkb_opt rkb_gains_params[] = { RKB_GAINS_ROW, { .name = NULL } };

static double plain_gain(const struct rkb_measure *m, int32_t grade)
{
    if (grade <= 0)
        return 0;
    return m->exp_gain ? ldexp(1.0, grade) - 1 : (double)grade;
}

static struct rkb_rung *find_rung(struct rkb_ladder *l, int64_t grade)
{
    for (size_t i = 0; i < l->n_rungs; i++)
        if (l->rungs[i].grade == grade)
            return &l->rungs[i];
    return NULL;
}

static bool add_rung(struct rkb_ladder *l, int64_t grade, double gain)
{
    if (l->n_rungs == RKB_MAX_RUNGS)
        return false;
    l->rungs[l->n_rungs++] = (struct rkb_rung){ .grade = grade, .gain = gain };
    return true;
}

/* Merge sort as in glibc's qsort: the comparison is not transitive, so only
 * the same sequence of comparisons gives trec_eval's order. */
static void sort_rungs(struct rkb_rung *rungs, size_t n, struct rkb_rung *tmp)
{
    size_t half = n / 2, left = 0, right = half, to = 0;

    if (n <= 1)
        return;
    sort_rungs(rungs, half, tmp);
    sort_rungs(rungs + half, n - half, tmp);
    while (left < half && right < n) {
        bool keep = rungs[left].gain - rungs[right].gain < 1;

        tmp[to++] = keep ? rungs[left++] : rungs[right++];
    }
    memcpy(tmp + to, rungs + left, (half - left) * sizeof(*tmp));
    to += half - left;
    memcpy(rungs, tmp, to * sizeof(*tmp));
}

/* All grades from 0 to the highest, as trec_eval lists them; where that is
 * too many, those that occur. */
static bool list_rungs(struct rkb_ladder *l)
{
    int64_t top = l->q->n_judged ? l->q->grades[0] : -1;
    bool every = (size_t)(top + 1) + l->m->n_gains <= RKB_MAX_RUNGS;

    for (size_t i = 0; i < l->m->n_gains; i++)
        if (!add_rung(l, (int64_t)l->m->gains[2 * i], l->m->gains[2 * i + 1]))
            return false;
    for (int64_t g = 0; every && g <= top; g++)
        if (!find_rung(l, g))
            add_rung(l, g, (double)g);
    for (size_t i = l->q->n_judged; i-- > 0;) {
        int32_t grade = l->q->grades[i];

        if (!find_rung(l, grade) && !add_rung(l, grade, (double)grade))
            return false;
        find_rung(l, grade)->n++;
    }
    return true;
}

bool rkb_ladder_init(struct rkb_ladder *l, const struct rkb_measure *m,
                     const struct rkb_judged *q)
{
    struct rkb_rung tmp[RKB_MAX_RUNGS];

    l->m = m;
    l->q = q;
    l->n_rungs = l->at = l->taken = 0;
    l->top = q->n_judged ? plain_gain(m, q->grades[0]) : 0;
    l->min = 0;
    l->max = l->top;
    if (!m->n_gains)
        return true;
    if (!list_rungs(l))
        return false;
    sort_rungs(l->rungs, l->n_rungs, tmp);
    l->at = l->n_rungs;
    l->top = l->rungs[l->n_rungs - 1].gain;
    l->max = 0;
    for (size_t i = 0; i < l->n_rungs; i++) {
        l->min = fmin(l->min, l->rungs[i].gain);
        l->max = fmax(l->max, l->rungs[i].gain);
    }
    return true;
}

double rkb_ladder_next(struct rkb_ladder *l)
{
    if (!l->m->n_gains)
        return l->at < l->q->n_judged ? plain_gain(l->m, l->q->grades[l->at++])
                                      : 0;
    while (l->at > 0 && l->taken == l->rungs[l->at - 1].n) {
        l->at--;
        l->taken = 0;
    }
    if (l->at == 0)
        return 0;
    l->taken++;
    return l->rungs[l->at - 1].gain;
}

double rkb_ladder_gain(const struct rkb_ladder *l, int32_t grade)
{
    if (!l->m->n_gains)
        return plain_gain(l->m, grade);
    for (size_t i = 0; i < l->n_rungs; i++)
        if (l->rungs[i].grade == grade)
            return l->rungs[i].gain;
    return 0;
}
