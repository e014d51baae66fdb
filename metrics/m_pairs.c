/* SPDX-License-Identifier: Apache-2.0 */
/* Do scores agree with grades? Asked of every pair of judged documents that
 * were retrieved, so that ties of scores show, which a ranking breaks. */
#include "metrics/gains.h"

#include <math.h>

/* Pairs of documents, by what their scores and grades say. */
struct pairs {
    double agree, disagree;
    double same_score, same_grade; /* but not both */
};

/* Documents of each grade, among those with higher scores and among those
 * with the score at hand. */
struct tally {
    int32_t grades[RKB_MAX_RUNGS];
    size_t n_grades;
    double above[RKB_MAX_RUNGS], here[RKB_MAX_RUNGS];
};

/* False when there are too many different grades. */
static bool tally_init(struct tally *t, const struct rkb_judged *q)
{
    t->n_grades = 0;
    for (size_t i = 0; i < q->n_judged; i++) {
        if (i > 0 && q->grades[i] == q->grades[i - 1])
            continue;
        if (t->n_grades == RKB_MAX_RUNGS)
            return false;
        t->above[t->n_grades] = t->here[t->n_grades] = 0;
        t->grades[t->n_grades++] = q->grades[i];
    }
    return true;
}

static void tally_fold(struct tally *t)
{
    for (size_t i = 0; i < t->n_grades; i++) {
        t->above[i] += t->here[i];
        t->here[i] = 0;
    }
}

static void tally_add(struct tally *t, int32_t grade, struct pairs *p)
{
    for (size_t i = 0; i < t->n_grades; i++) {
        if (t->grades[i] == grade) {
            p->same_grade += t->above[i];
            t->here[i]++;
            continue;
        }
        if (t->grades[i] > grade)
            p->agree += t->above[i];
        else
            p->disagree += t->above[i];
        p->same_score += t->here[i];
    }
}

/* trec_eval 9 ranks by 32-bit scores: to it these are equal. */
static double score_of(const struct rkb_measure *m, const struct rkb_hit *hit)
{
    return m->compat < 10 ? (double)(float)hit->score : hit->score;
}

static bool count_pairs(const struct rkb_measure *m, const struct rkb_judged *q,
                        struct pairs *p)
{
    const struct rkb_hit *before = NULL;
    struct tally t;

    *p = (struct pairs){ 0 };
    if (!tally_init(&t, q))
        return false;
    for (size_t i = 0; i < q->n_hits; i++) {
        const struct rkb_hit *hit = &q->hits[i];

        if (hit->grade < 0)
            continue;
        if (before && score_of(m, hit) < score_of(m, before))
            tally_fold(&t);
        tally_add(&t, hit->grade, p);
        before = hit;
    }
    return true;
}

static void tau_calc(const struct rkb_measure *m, const struct rkb_judged *q,
                     double *out)
{
    struct pairs p;
    double n, by_score, by_grade;

    *out = NAN;
    if (!count_pairs(m, q, &p))
        return;
    n = p.agree + p.disagree;
    by_score = n + p.same_grade;
    by_grade = n + p.same_score;
    if (by_score > 0 && by_grade > 0)
        *out = (p.agree - p.disagree) / sqrt(by_score * by_grade);
}

const struct rkb_measure_def rkb_measure_tau_b = {
    .name = "Tau_b",
    .aliases = "Tau Kendall",
    .summary = "Kendall's tau-b of scores and grades of the judged documents "
               "retrieved; undefined when either are all equal",
    .source = "Kendall 1945, The treatment of ties in ranking problems",
    .version = 1,
    .calc = tau_calc,
};

static void pair_acc_calc(const struct rkb_measure *m,
                          const struct rkb_judged *q, double *out)
{
    struct pairs p;
    double n;

    *out = NAN;
    if (!count_pairs(m, q, &p))
        return;
    n = p.agree + p.disagree + p.same_score;
    if (n > 0)
        *out = (p.agree + p.same_score / 2) / n;
}

const struct rkb_measure_def rkb_measure_pair_acc = {
    .name = "PairAcc",
    .aliases = "pairwise_accuracy",
    .summary = "of the pairs of judged documents retrieved with different "
               "grades, the share whose better document has the higher score; "
               "equal scores are half right",
    .source = "Hanley & McNeil 1982 (area under the ROC curve), any grades",
    .version = 1,
    .calc = pair_acc_calc,
};
