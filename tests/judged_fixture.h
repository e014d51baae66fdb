/* SPDX-License-Identifier: Apache-2.0 */
/* Small judged rankings for tests, written as strings: one character per
 * document. In a ranking '0'-'9' is the grade, '-' a document that is not in
 * the judgments, 'x' one that is in those of another query and '.' one that is
 * pooled but not judged. In the judgments of the query, '0'-'9' and '.'. Scores
 * fall from the length of the ranking to 1. */
#ifndef RKB_TESTS_JUDGED_FIXTURE_H
#define RKB_TESTS_JUDGED_FIXTURE_H

#include "metrics/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIXTURE_MAX = 2048 };

struct fixture {
    struct rkb_judged q;
    struct rkb_hit hits[FIXTURE_MAX];
    uint32_t others[FIXTURE_MAX];
    int32_t grades[FIXTURE_MAX];
};

static inline int fixture_cmp(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (y > x) - (y < x);
}

static inline void fixture_init(struct fixture *f, const char *ranking,
                                const char *qrels)
{
    f->q = (struct rkb_judged){ .qid = rkb_sv_of("q"),
                                .tag = rkb_sv_of("tag"),
                                .hits = f->hits,
                                .others = f->others,
                                .grades = f->grades,
                                .n_ret = strlen(ranking),
                                .n_qrels = strlen(qrels) };
    for (size_t i = 0; i < f->q.n_ret; i++) {
        if (ranking[i] == 'x')
            f->others[f->q.n_others++] = (uint32_t)i + 1;
        if (ranking[i] == '-' || ranking[i] == 'x')
            continue;
        f->hits[f->q.n_hits++] = (struct rkb_hit){
            .rank = (uint32_t)i + 1,
            .grade = ranking[i] == '.' ? -1 : ranking[i] - '0',
            .score = (double)(f->q.n_ret - i),
        };
    }
    for (size_t i = 0; i < f->q.n_qrels; i++)
        f->grades[i] = qrels[i] == '.' ? -1 : qrels[i] - '0';
    qsort(f->grades, f->q.n_qrels, sizeof(f->grades[0]), fixture_cmp);
    while (f->q.n_judged < f->q.n_qrels && f->grades[f->q.n_judged] >= 0)
        f->q.n_judged++;
    while (f->q.n_pos < f->q.n_judged && f->grades[f->q.n_pos] > 0)
        f->q.n_pos++;
}

/* The list of measures in `text`, separated by blanks; exits when one is
 * refused. */
static inline void measures_of(struct rkb_measures *ms, const char *text,
                               int32_t rel, int compat)
{
    struct rkb_measure_rules rules = { .rel = rel, .compat = compat };
    rkb_sv rest = rkb_sv_of(text), word;
    struct rkb_err err;

    while ((word = rkb_sv_word(&rest)).len) {
        if (rkb_measures_add(ms, word, &rules, &err) == RKB_OK)
            continue;
        printf("Bail out! '%s': %s\n", text, err.msg);
        exit(1);
    }
}

/* The first value of one measure. */
static inline double value_of(const char *measure, int compat,
                              const struct rkb_judged *q)
{
    struct rkb_measures ms = { 0 };
    double values[64];

    measures_of(&ms, measure, 1, compat);
    rkb_measures_calc(&ms, q, values);
    rkb_measures_release(&ms);
    return values[0];
}

#endif
