/* SPDX-License-Identifier: Apache-2.0 */
/* What storing costs: microseconds per committed query, one by one and when
 * results come faster than they are written. Medians; the store lies in
 * TMPDIR. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "base/sort.h"
#include "runs/store_read.h"
#include "runs/store_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define N_ALONE 400     /* queries that wait for their commit   */
#define N_TOGETHER 4000 /* queries of one burst, five times over */
#define N_BURSTS 5

static void must(enum rkb_status rc, const struct rkb_err *err)
{
    if (rc) {
        fprintf(stderr, "bench_store: %s\n", err->msg);
        exit(1);
    }
}

static int by_time(const void *a, const void *b, void *ctx)
{
    const int64_t *x = a, *y = b;

    (void)ctx;
    return (*x > *y) - (*x < *y);
}

static double median_us(int64_t *ns, size_t n)
{
    rkb_sort(ns, n, sizeof(*ns), by_time, NULL);
    return (double)ns[n / 2] / 1000.0;
}

static int64_t make_run(struct rkb_store *s, uint32_t n_docs)
{
    struct rkb_arena a = { 0 };
    rkb_sv *docids = rkb_arena_new(&a, n_docs, sizeof(*docids));
    struct rkb_candidate_set set = { .digest = rkb_digest_of(rkb_sv_of("c")) };
    struct rkb_run_spec spec = { .key = rkb_digest_of(rkb_sv_of("k")),
                                 .repeat = 1,
                                 .n_queries = 1,
                                 .n_samples = 1 };
    struct rkb_run run;
    struct rkb_err err = { 0 };
    bool there;

    for (uint32_t i = 0; i < n_docs; i++)
        docids[i] = rkb_sv_of(rkb_arena_printf(&a, "%u", 8000000 + i * 7));
    must(rkb_store_begin(s, &err), &err);
    must(
        rkb_store_put_candidate_set(s, &set, &spec.candidate_set, &there, &err),
        &err);
    must(rkb_store_add_candidates(s, spec.candidate_set, 0, rkb_sv_of("q"),
                                  docids, NULL, n_docs, &err),
         &err);
    must(rkb_store_commit(s, &err), &err);
    must(rkb_run_begin(s, &spec, &run, &err), &err);
    rkb_run_release(&run);
    rkb_arena_release(&a);
    return run.id;
}

static int64_t append(struct rkb_result_writer *w, struct rkb_result *r, int n,
                      int group)
{
    struct rkb_err err = { 0 };
    int64_t start = rkb_clock_now();

    for (int i = 0; i < n; i++) {
        r->sample++;
        must(rkb_result_writer_append(w, r, &err), &err);
        if (i % group == group - 1)
            must(rkb_result_writer_flush(w, &err), &err);
    }
    return rkb_clock_now() - start;
}

static void measure(const char *path, bool durable, uint32_t n_docs,
                    bool scores)
{
    struct rkb_store_options o = { .mode = RKB_STORE_CREATE,
                                   .durable = durable };
    static int64_t alone[N_ALONE], together[N_BURSTS];
    static uint32_t order[1000];
    static double score[1000];
    struct rkb_session_spec session = { 0 };
    struct rkb_result_writer *w;
    struct rkb_store *s;
    struct rkb_result r;
    struct rkb_rng rng;
    struct rkb_err err = { 0 };

    must(rkb_store_open(&s, path, &o, &err), &err);
    rkb_result_init(&r);
    session.run_id = r.run_id = make_run(s, n_docs);
    must(rkb_session_begin(s, &session, &r.session_id, &err), &err);
    rkb_rng_init(&rng, 1);
    for (uint32_t i = 0; i < n_docs; i++) {
        order[i] = i;
        score[i] = (double)(float)rkb_rng_unit(&rng);
    }
    rkb_rng_shuffle(&rng, order, n_docs);
    r.n_docs = n_docs;
    r.order = order;
    r.score = scores ? score : NULL;
    must(rkb_result_writer_open(&w, s, &err), &err);
    for (int i = 0; i < N_ALONE; i++)
        alone[i] = append(w, &r, 1, 1);
    for (int i = 0; i < N_BURSTS; i++)
        together[i] = append(w, &r, N_TOGETHER, N_TOGETHER) / N_TOGETHER;
    printf("store  %-6s  depth %4lu  %-15s  one by one %7.1f us"
           "  burst %7.1f us\n",
           durable ? "FULL" : "NORMAL", (unsigned long)n_docs,
           scores ? "order + scores" : "order", median_us(alone, N_ALONE),
           median_us(together, N_BURSTS));
    rkb_result_writer_close(w);
    rkb_store_close(s);
}

static void read_back(const char *path)
{
    struct rkb_store_options o = { .mode = RKB_STORE_READ };
    struct rkb_result_cursor c = rkb_result_cursor(1);
    static int64_t ns[N_ALONE];
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    struct rkb_result_row row;
    struct rkb_store *s;
    bool more = true;

    must(rkb_store_open(&s, path, &o, &err), &err);
    for (int i = 0; i < N_ALONE && more; i++) {
        int64_t start = rkb_clock_now();

        must(rkb_store_next_result(s, &a, &c, &row, &more, &err), &err);
        ns[i] = rkb_clock_now() - start;
        rkb_arena_reset(&a);
    }
    printf("read   depth %4lu  %7.1f us a query\n", (unsigned long)row.r.n_docs,
           median_us(ns, N_ALONE));
    rkb_store_close(s);
    rkb_arena_release(&a);
}

int main(void)
{
    static const uint32_t depths[] = { 100, 1000 };
    const char *tmp = getenv("TMPDIR");
    char folder[300], path[400];

    snprintf(folder, sizeof(folder), "%.200s/rkb-bench.XXXXXX",
             tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof(path), "%s/t.db", folder);
    for (int i = 0; i < 8; i++) {
        bool durable = i & 4, scores = i & 1;
        char lock[420];

        measure(path, durable, depths[i >> 1 & 1], scores);
        if (!durable && scores)
            read_back(path);
        snprintf(lock, sizeof(lock), "%s.lock", path);
        unlink(lock);
        unlink(path);
    }
    rmdir(folder);
    return 0;
}
