/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine adds to a query: the time between the end of one answer and
 * the next question, with a reranker that answers at once. The commit is the
 * writer thread's and goes on beside it; what a query costs in all, commits
 * included, is printed next to it. 100 candidates a query, one query at a
 * time; the store lies in TMPDIR. Exit 1 when 100 us are not met. */
#include "base/clock.h"
#include "base/sort.h"
#include "harness/eval/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N_QUERIES = 3000, N_DOCS = 100, N_ROUNDS = 5, GOAL_US = 100 };

static int64_t gaps_ns[N_QUERIES];
static size_t n_gaps;
static int64_t left_ns;

static void must(enum rkb_status rc, const struct rkb_err *err)
{
    if (rc) {
        fprintf(stderr, "bench_engine: %s\n", err->msg);
        exit(1);
    }
}

/* first-stage between two looks at the clock. */
static enum rkb_status timed(void *self, struct rkb_branch *branch,
                             const struct rkb_request *request,
                             struct rkb_outcome *outcome, struct rkb_err *err)
{
    if (left_ns)
        gaps_ns[n_gaps++] = rkb_clock_now() - left_ns;
    enum rkb_status rc =
        rkb_reranker_first_stage.rerank(self, branch, request, outcome, err);

    left_ns = rkb_clock_now();
    return rc;
}

static int by_time(const void *a, const void *b, void *ctx)
{
    const int64_t *x = a, *y = b;

    (void)ctx;
    return (*x > *y) - (*x < *y);
}

static double us_at(double part)
{
    rkb_sort(gaps_ns, n_gaps, sizeof *gaps_ns, by_time, NULL);
    return (double)gaps_ns[(size_t)(part * (double)(n_gaps - 1))] / 1000;
}

static void write_inputs(const char *qrels, const char *run)
{
    FILE *q = fopen(qrels, "w"), *r = fopen(run, "w");

    if (!q || !r)
        exit(1);
    for (unsigned i = 0; i < N_QUERIES; i++) {
        fprintf(q, "%u 0 %u 1\n", 1000000 + i, 8000000 + i);
        for (unsigned k = 0; k < N_DOCS; k++)
            fprintf(r, "%u Q0 %u %u %.6f bm25\n", 1000000 + i,
                    8000000 + (i * 37 + k * 101) % 500000, k + 1,
                    30 - (double)k / 7);
    }
    if (fclose(q) || fclose(r))
        exit(1);
}

/* Median gap of one run with its own store; *whole_us: of a query in all. */
static double one_round(const struct rkb_testbed *from, const char *store_path,
                        bool durable, double *p90_us, double *whole_us)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_CREATE,
                                           .durable = durable };
    struct rkb_reranker_def row = rkb_reranker_first_stage;
    struct rkb_pool *pool = rkb_pool_open(1);
    struct rkb_testbed bed = *from;
    struct rkb_engine_report report;
    struct rkb_store *store;
    struct rkb_err err = { 0 };

    row.rerank = timed;
    must(rkb_store_open(&store, store_path, &how, &err), &err);
    must(rkb_testbed_store(&bed, store, false, &err), &err);
    const struct rkb_engine_job job = { .testbed = &bed,
                                        .spec = "first-stage",
                                        .def = &row,
                                        .top_k = SIZE_MAX,
                                        .repeat = 1,
                                        .pool = pool };

    n_gaps = 0;
    left_ns = 0;
    int64_t start_ns = rkb_clock_now();

    must(rkb_engine_run(&job, store, &report, &err), &err);
    *whole_us = (double)(rkb_clock_now() - start_ns) / 1000 / N_QUERIES;
    if (!report.complete)
        exit(1);
    rkb_store_close(store);
    rkb_pool_close(pool);
    *p90_us = us_at(0.9);
    return us_at(0.5);
}

int main(void)
{
    static const char *const names[] = { "qrels",     "run",      "s.db",
                                         "s.db.lock", "s.db-wal", "s.db-shm" };
    const char *tmp = getenv("TMPDIR");
    char folder[256], paths[6][300];
    struct rkb_testbed bed = { 0 };
    struct rkb_err err = { 0 };
    double worst_us = 0;

    snprintf(folder, sizeof folder, "%s/rkb-bench.XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return 1;
    for (size_t i = 0; i < RKB_COUNT(names); i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
    write_inputs(paths[0], paths[1]);
    const struct rkb_dataset_source source = { .qrels = paths[0] };
    const struct rkb_candidates_want want = { .spec = paths[1],
                                              .compat = RKB_COMPAT_9,
                                              .depth = SIZE_MAX };

    must(rkb_testbed_open(&bed, &source, &err), &err);
    must(rkb_testbed_load(&bed, &want, &err), &err);
    printf("first-stage, %d queries x %d candidates, us a query\n", N_QUERIES,
           N_DOCS);
    for (int durable = 0; durable < 2; durable++)
        for (int round = 0; round < N_ROUNDS; round++) {
            double p90_us, whole_us;
            double p50_us =
                one_round(&bed, paths[2], durable, &p90_us, &whole_us);

            printf("%-6s engine p50 %6.1f  p90 %6.1f   with commits %6.1f\n",
                   durable ? "FULL" : "NORMAL", p50_us, p90_us, whole_us);
            worst_us = p50_us > worst_us ? p50_us : worst_us;
            for (size_t i = 2; i < RKB_COUNT(names); i++)
                unlink(paths[i]);
        }
    rkb_testbed_close(&bed);
    for (size_t i = 0; i < 2; i++)
        unlink(paths[i]);
    rmdir(folder);
    printf("engine p50 %.1f us at most, goal %d us\n", worst_us, GOAL_US);
    return worst_us >= GOAL_US;
}
