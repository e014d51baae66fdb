/* SPDX-License-Identifier: Apache-2.0 */
/* What merging costs: 10 stores, as 10 shards of 10 runs over 7,000 queries
 * with 1,000 documents leave them (7,000 results and all candidates each),
 * become one. Wall time, size and the peak memory of the merge, which runs in
 * a process of its own. STORES and QUERIES say otherwise. */
#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "runs/merge.h"
#include "runs/result_writer.h"
#include "runs/store_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DOCS = 1000 };

static void must(enum rkb_status rc, const struct rkb_err *err)
{
    if (rc) {
        fprintf(stderr, "bench_merge: %s\n", err->msg);
        exit(1);
    }
}

static int64_t put_lists(struct rkb_store *s, int64_t n_queries)
{
    struct rkb_candidate_set set = { .digest = rkb_digest_of(rkb_sv_of("c")) };
    struct rkb_err err = { 0 };
    struct rkb_arena a = { 0 };
    int64_t id;
    bool there;

    must(rkb_store_begin(s, &err), &err);
    must(rkb_store_put_candidate_set(s, &set, &id, &there, &err), &err);
    for (int64_t q = 0; q < n_queries; q++) {
        rkb_sv docids[DOCS], qid;
        double scores[DOCS];

        rkb_arena_reset(&a);
        qid = rkb_sv_of(rkb_arena_printf(&a, "%lld", (long long)q));
        for (int i = 0; i < DOCS; i++) {
            docids[i] = rkb_sv_of(rkb_arena_printf(
                &a, "%lld", (long long)(q * 1237 + i * 8191) % 8841823));
            scores[i] = (double)(30 - i * 0.0173);
        }
        must(
            rkb_store_add_candidates(s, id, q, qid, docids, scores, DOCS, &err),
            &err);
    }
    must(rkb_store_commit(s, &err), &err);
    rkb_arena_release(&a);
    return id;
}

static void put_run(struct rkb_store *s, int64_t set, int64_t n_queries,
                    int run_no, int shard, int n_shards)
{
    char name[32];
    struct rkb_run_spec spec = { .candidate_set = set,
                                 .repeat = 1,
                                 .n_queries = n_queries,
                                 .n_samples = 1 };
    struct rkb_session_spec session = { .host = rkb_sv_of("n"),
                                        .conditions = rkb_sv_of("{}") };
    struct rkb_result_writer *w;
    struct rkb_result r;
    static uint32_t order[DOCS];
    struct rkb_err err = { 0 };
    struct rkb_run run;
    struct rkb_rng rng;

    snprintf(name, sizeof(name), "run%d", run_no);
    spec.key = rkb_digest_of(rkb_sv_of(name));
    spec.label = rkb_sv_of(name);
    must(rkb_run_begin(s, &spec, &run, &err), &err);
    rkb_result_init(&r);
    session.run_id = r.run_id = run.id;
    must(rkb_session_begin(s, &session, &r.session_id, &err), &err);
    must(rkb_result_writer_open(&w, s, &err), &err);
    r.n_docs = DOCS;
    r.order = order;
    for (int64_t q = shard; q < n_queries; q += n_shards) {
        rkb_rng_init(&rng, (uint64_t)(q + run_no));
        for (uint32_t i = 0; i < DOCS; i++)
            order[i] = i;
        rkb_rng_shuffle(&rng, order, DOCS);
        r.ord = q;
        r.latency_ns = 1000 + q;
        must(rkb_result_writer_append(w, &r, &err), &err);
    }
    must(rkb_result_writer_flush(w, &err), &err);
    rkb_result_writer_close(w);
    must(rkb_session_end(s, r.session_id, rkb_sv_of("done"), &err), &err);
    must(rkb_run_end(s, &run, NULL, &err), &err);
}

static int number(const char *name, int fallback)
{
    const char *text = getenv(name);
    int64_t n = fallback;

    if (text && !rkb_sv_to_i64(rkb_sv_of(text), 1, 1000000, &n))
        exit(2);
    return (int)n;
}

static double megabytes(const char *path)
{
    struct stat st;

    return stat(path, &st) ? 0 : (double)st.st_size / 1e6;
}

int main(void)
{
    struct rkb_store_options o = { .mode = RKB_STORE_CREATE, .no_wal = true };
    int n = number("STORES", 10), queries = number("QUERIES", 7000);
    const char *tmp = getenv("TMPDIR");
    struct rkb_arena a = { 0 };
    char *folder =
        rkb_arena_printf(&a, "%s/rkb-merge.XXXXXX", tmp ? tmp : "/tmp");
    const char **paths = rkb_arena_new(&a, (size_t)n, sizeof(*paths));
    struct rkb_err err = { 0 };
    double in = 0;

    if (!mkdtemp(folder))
        return 1;
    const char *to = rkb_arena_printf(&a, "%s/all.db", folder);

    for (int i = 0; i < n; i++) {
        struct rkb_store *s;

        paths[i] = rkb_arena_printf(&a, "%s/%d.db", folder, i);
        must(rkb_store_open(&s, paths[i], &o, &err), &err);
        int64_t set = put_lists(s, queries);

        for (int run = 0; run < 10; run++)
            put_run(s, set, queries, run, i, n);
        rkb_store_close(s);
        in += megabytes(paths[i]);
    }
    int64_t start = rkb_clock_now();
    pid_t pid = fork();

    if (pid == 0) {
        struct rkb_merged m;

        must(rkb_store_merge(to, paths, (size_t)n, &a, &m, &err), &err);
        _exit(m.n_results == (size_t)queries * 10 ? 0 : 3);
    }
    struct rusage used;
    int status;

    if (wait4(pid, &status, 0, &used) != pid || status)
        return 1;
    printf("merge  %d stores, %d queries x %d documents, 10 runs: %.1f s,"
           " %.0f MB in, %.0f MB out, peak %.1f MB\n",
           n, queries, DOCS, (double)(rkb_clock_now() - start) / 1e9, in,
           megabytes(to), (double)used.ru_maxrss / 1e3);
    for (int i = 0; i < n; i++)
        rkb_store_remove(paths[i]);
    rkb_store_remove(to);
    rmdir(folder);
    rkb_arena_release(&a);
    return 0;
}
