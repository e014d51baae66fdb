/* SPDX-License-Identifier: Apache-2.0 */
/* What a call to a model server costs the harness. A listwise row asks for one
 * window of 20 passages of 100 words a query; a server in a process of its own
 * answers at once (tests/mock). First one query at a time: from the end of one
 * query to the end of the next, less what the call spent on the wire (its
 * total_ns): rendering, writing and reading JSON, parsing, logging, and the
 * engine with handing the result to the store. Commits go on in the writer's
 * thread; what a call costs in CPU, all threads and the wire included, stands
 * beside it. Then 64 calls at once before a server that takes as long as makes
 * them 500 a second. Exit 1 when 200 us, or half a core, are not met. */
#include "base/clock.h"
#include "base/sort.h"
#include "base/stop.h"
#include "harness/eval/engine.h"
#include "tests/mock/mock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_QUERIES = 2000, N_DOCS = 20, N_TEXTS = 1000, N_WORDS = 100 };
enum { GOAL_US = 200, IN_FLIGHT = 64, RATE = 500 };

static int64_t spent_ns[N_QUERIES];
static size_t n_spent;
static int64_t left_ns;

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "bench_llm: %s\n", what);
        exit(1);
    }
}

/* ---- the server -------------------------------------------------------- */

struct server {
    pid_t pid;
    char url[64];
};

static struct server start_server(int wait_ms)
{
    struct server s = { 0 };
    int ends[2];

    must(pipe(ends) == 0, "no pipe");
    s.pid = fork();
    if (s.pid == 0) {
        char answer[300] = "", script[900];
        struct mock_options options = { .script = script, .forgetful = true };
        struct mock *m;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int i = N_DOCS; i > 0; i--)
            snprintf(answer + strlen(answer), sizeof answer - strlen(answer),
                     "[%d]%s", i, i > 1 ? " > " : "");
        snprintf(script, sizeof script,
                 "on path=/models\n reply 404 {}\non\n wait %d\n reply 200 "
                 "{\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                 "\"message\":{\"role\":\"assistant\",\"content\":\"%s\"},"
                 "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":"
                 "3000,\"completion_tokens\":99}}\n",
                 wait_ms, answer);
        m = mock_open(&options);
        must(write(ends[1], mock_url(m), strlen(mock_url(m))) > 0, "no pipe");
        for (;;)
            pause();
    }
    must(s.pid > 0 && read(ends[0], s.url, sizeof s.url - 1) > 0, "no server");
    close(ends[0]);
    close(ends[1]);
    return s;
}

static void stop_server(const struct server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
}

/* ---- input ---------------------------------------------------------------- */

static const char *const names[] = { "queries.tsv",    "qrels.txt",
                                     "collection.tsv", "run.trec",
                                     "s.db",           "s.db.lock",
                                     "s.db-wal",       "s.db-shm" };
static char folder[256], paths[8][300];

static FILE *create(size_t i)
{
    FILE *f = fopen(paths[i], "w");

    must(f != NULL, "cannot write");
    return f;
}

static void write_inputs(void)
{
    FILE *q = create(0), *j = create(1), *c = create(2), *r = create(3);

    for (unsigned i = 0; i < N_TEXTS; i++) {
        fprintf(c, "%u\t", i);
        for (unsigned k = 0; k < N_WORDS; k++)
            fprintf(c, "%.*s ", (int)(3 + (i + k * 7) % 7), "abcdefghijkl");
        fprintf(c, "\n");
    }
    for (unsigned i = 0; i < N_QUERIES; i++) {
        fprintf(q, "q%u\twhat do the texts say of number %u, please\n", i + 1,
                i);
        fprintf(j, "q%u 0 %u 1\n", i + 1, i % N_TEXTS);
        for (unsigned k = 0; k < N_DOCS; k++)
            fprintf(r, "q%u Q0 %u %u %u x\n", i + 1, (i + k * 31) % N_TEXTS,
                    k + 1, 100 - k);
    }
    must(!fclose(q) && !fclose(j) && !fclose(c) && !fclose(r), "cannot write");
}

/* ---- one run ---------------------------------------------------------------- */

/* listwise between two looks at the clock; what its call spent on the wire is
 * not ours. */
static enum rkb_status timed(void *self, struct rkb_branch *branch,
                             const struct rkb_request *request,
                             struct rkb_outcome *outcome, struct rkb_err *err)
{
    int64_t since_ns = left_ns;
    enum rkb_status rc =
        rkb_reranker_listwise.rerank(self, branch, request, outcome, err);

    left_ns = rkb_clock_now();
    if (!since_ns)
        return rc;
    spent_ns[n_spent] = left_ns - since_ns;
    for (size_t i = 0; i < branch->calls->n; i++)
        spent_ns[n_spent] -= branch->calls->items[i].total_ns;
    n_spent++;
    return rc;
}

struct cost {
    double wall_s, cpu_s;
};

static struct cost run_all(const struct rkb_testbed *from, const char *url,
                           size_t in_flight, const struct rkb_reranker_def *row)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_CREATE };
    struct rkb_pool *pool = rkb_pool_open(in_flight);
    struct rkb_testbed bed = *from;
    struct rkb_engine_report report;
    struct rkb_store *store;
    struct rkb_err err = { 0 };
    struct cost cost;
    char spec[200];

    snprintf(spec, sizeof spec, "listwise(server='%s')", url);
    must(!rkb_store_open(&store, paths[4], &how, &err), err.msg);
    must(!rkb_testbed_store(&bed, store, false, &err), err.msg);
    const struct rkb_engine_job job = { .testbed = &bed,
                                        .spec = spec,
                                        .def = row,
                                        .top_k = SIZE_MAX,
                                        .repeat = 1,
                                        .pool = pool,
                                        .in_flight = in_flight };
    int64_t start_ns = rkb_clock_now(), cpu_ns = rkb_clock_cpu();

    must(!rkb_engine_run(&job, store, &report, &err), err.msg);
    cost.wall_s = (double)(rkb_clock_now() - start_ns) / 1e9;
    cost.cpu_s = (double)(rkb_clock_cpu() - cpu_ns) / 1e9;
    must(report.n_ok == N_QUERIES, report.first_failure);
    rkb_store_close(store);
    rkb_pool_close(pool);
    for (size_t i = 4; i < RKB_COUNT(names); i++)
        unlink(paths[i]);
    return cost;
}

static int by_time(const void *a, const void *b, void *ctx)
{
    const int64_t *x = a, *y = b;

    (void)ctx;
    return (*x > *y) - (*x < *y);
}

static double us_at(double part)
{
    rkb_sort(spent_ns, n_spent, sizeof *spent_ns, by_time, NULL);
    return (double)spent_ns[(size_t)(part * (double)(n_spent - 1))] / 1000;
}

static double time_one(const struct rkb_testbed *bed)
{
    struct rkb_reranker_def row = rkb_reranker_listwise;
    struct server server = start_server(0);
    struct cost cost;

    row.rerank = timed;
    cost = run_all(bed, server.url, 1, &row);
    stop_server(&server);
    printf("one at a time:   %.1f us a call outside the wire at the median "
           "(p90 %.1f, p99 %.1f)\n",
           us_at(0.5), us_at(0.9), us_at(0.99));
    printf(
        "                 %.1f us of CPU a call, wire and commits included\n",
        cost.cpu_s / N_QUERIES * 1e6);
    return us_at(0.5);
}

/* Share of a core that RATE calls a second take. */
static double time_many(const struct rkb_testbed *bed)
{
    struct server server = start_server(1000 * IN_FLIGHT / RATE);
    struct cost cost =
        run_all(bed, server.url, IN_FLIGHT, &rkb_reranker_listwise);

    stop_server(&server);
    printf("%d in flight:    %.0f calls a second take %.1f%% of a core\n",
           IN_FLIGHT, N_QUERIES / cost.wall_s, cost.cpu_s / cost.wall_s * 100);
    return cost.cpu_s / N_QUERIES * RATE;
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");
    struct rkb_testbed bed = { 0 };
    struct rkb_err err = { 0 };
    double us, busy;

    rkb_stop_survive_writes();
    snprintf(folder, sizeof folder, "%s/rkb-bench.XXXXXX", tmp ? tmp : "/tmp");
    must(mkdtemp(folder) != NULL, "no folder");
    for (size_t i = 0; i < RKB_COUNT(names); i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, names[i]);
    write_inputs();
    const struct rkb_dataset_source source = { .queries = paths[0],
                                               .qrels = paths[1],
                                               .corpus = paths[2] };
    const struct rkb_candidates_want want = { .spec = paths[3],
                                              .compat = RKB_COMPAT_9,
                                              .depth = SIZE_MAX,
                                              .texts = true };

    must(!rkb_testbed_open(&bed, &source, &err), err.msg);
    must(!rkb_testbed_load(&bed, &want, &err), err.msg);
    us = time_one(&bed);
    busy = time_many(&bed);
    rkb_testbed_close(&bed);
    for (size_t i = 0; i < 4; i++)
        unlink(paths[i]);
    rmdir(folder);
    printf("%.1f us a call, goal < %d; %d calls a second take %.1f%% of a "
           "core, goal < 50%%\n",
           us, GOAL_US, RATE, busy * 100);
    return us >= GOAL_US || busy >= 0.5;
}
