/* SPDX-License-Identifier: Apache-2.0 */
/* One side of a gate, made up: a data set with N queries, two measures. */
#ifndef RKB_TESTS_BASELINE_FIXTURE_H
#define RKB_TESTS_BASELINE_FIXTURE_H

#include "harness/eval/baseline.h"
#include "tests/tap.h"

enum { FIX_N = 60, FIX_REPEATS = 5 };

/* nDCG@10 and LastRel, of which the smaller is better. */
struct fix_side {
    struct rkb_baseline b;
    struct rkb_baseline_set set;
    struct rkb_baseline_measure measures[2];
    struct rkb_baseline_query queries[FIX_N];
    double values[FIX_N][2], means[2][FIX_REPEATS];
    struct rkb_digest rankings[FIX_REPEATS];
    char qids[FIX_N][16];
};

TAP_UNUSED void fix_means(struct fix_side *s)
{
    for (int m = 0; m < 2; m++) {
        double sum = 0, moved = 0;

        for (int q = 0; q < FIX_N; q++)
            sum += s->values[q][m];
        /* Repeats may stand apart, but around what the queries have. */
        for (size_t r = 0; r < s->set.n_repeats; r++)
            moved += s->means[m][r];
        for (size_t r = 0; r < s->set.n_repeats; r++)
            s->means[m][r] += sum / FIX_N - moved / (double)s->set.n_repeats;
    }
}

/* Every query has `value` (and 40 ranks to its last relevant document) and
 * takes 10 ms and more; one repeat. */
TAP_UNUSED void fix_side(struct fix_side *s, double value)
{
    memset(s, 0, sizeof *s);
    for (int q = 0; q < FIX_N; q++) {
        snprintf(s->qids[q], sizeof s->qids[q], "q %d", q + 1);
        s->values[q][0] = value;
        s->values[q][1] = 40;
        s->queries[q] = (struct rkb_baseline_query){
            .qid = rkb_sv_of(s->qids[q]),
            .ms = 10 + q,
            .values = s->values[q],
        };
    }
    s->measures[0] = (struct rkb_baseline_measure){
        .name = rkb_sv_of("nDCG@10"),
        .version = 1,
        .steady = true,
        .means = s->means[0],
    };
    s->measures[1] = (struct rkb_baseline_measure){
        .name = rkb_sv_of("LastRel"),
        .version = 1,
        .steady = true,
        .means = s->means[1],
    };
    s->set = (struct rkb_baseline_set){
        .dataset = rkb_sv_of("dl20"),
        .label = rkb_sv_of("main"),
        .reranker = rkb_sv_of("listwise"),
        .system = rkb_sv_of("{\"reranker\":\"listwise\"}"),
        .judgments = rkb_digest_of(rkb_sv_of("judgments")),
        .query_set = rkb_digest_of(rkb_sv_of("queries")),
        .texts = rkb_digest_of(rkb_sv_of("texts")),
        .candidates = rkb_digest_of(rkb_sv_of("candidates")),
        .rules = rkb_sv_of("compat=9 failed=none"),
        .host = rkb_sv_of("box"),
        .cpu = rkb_sv_of("cpu"),
        .timing = rkb_sv_of("scenario=single concurrency=1"),
        .n_repeats = 1,
        .rankings = s->rankings,
        .measures = s->measures,
        .n_measures = 2,
        .queries = s->queries,
        .n_queries = FIX_N,
    };
    s->b = (struct rkb_baseline){ .program = rkb_sv_of("0.1.0"),
                                  .sets = &s->set,
                                  .n_sets = 1 };
    for (int r = 0; r < FIX_REPEATS; r++)
        s->rankings[r] = rkb_digest_of((rkb_sv){ s->qids[r], (size_t)r + 1 });
    fix_means(s);
}

/* Means that stand apart by a standard deviation of sd. */
TAP_UNUSED void fix_repeats(struct fix_side *s, double sd)
{
    static const double around[FIX_REPEATS] = { -1, -0.5, 0, 0.5, 1 };

    s->set.n_repeats = FIX_REPEATS;
    for (int m = 0; m < 2; m++) {
        s->measures[m].steady = !(sd > 0);
        for (int r = 0; r < FIX_REPEATS; r++)
            s->means[m][r] = around[r] * sd / sqrt(2.5 / 4);
    }
    fix_means(s);
}

#endif
