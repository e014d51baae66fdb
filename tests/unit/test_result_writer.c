/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/result_writer.h"

#include "base/par.h"
#include "tests/store_fixture.h"

#include <signal.h>
#include <sys/resource.h>

static struct rkb_store *store;
static struct rkb_run run;
static int64_t session;

static void set_up(void)
{
    store = fix_open(fix_path(), RKB_STORE_CREATE);
    run = fix_run(store, "a");
    session = fix_session(store, run.id);
}

static void tear_down(void)
{
    rkb_run_release(&run);
    rkb_store_close(store);
    fix_clean();
}

static void what_is_flushed_can_be_read(void)
{
    struct rkb_result_writer *w;
    struct rkb_err err = { 0 };
    struct rkb_result r;

    set_up();
    w = fix_writer(store);
    fix_must(rkb_result_writer_flush(w, &err), &err); /* nothing yet */
    for (int i = 0; i < 10; i++) {
        r = fix_result(run.id, session, i % 3);
        fix_must(rkb_result_writer_append(w, &r, &err), &err);
    }
    fix_must(rkb_result_writer_flush(w, &err), &err);
    CHECK_EQ_INT(rkb_result_writer_n_committed(w), 10);
    CHECK_EQ_INT(fix_number(store, "SELECT count(*) FROM query_result"), 10);
    CHECK_STR(fix_text(store, "SELECT group_concat(attempt, '') FROM"
                              " (SELECT attempt FROM query_result"
                              " WHERE ord=0 ORDER BY attempt)"),
              "1234");
    rkb_result_writer_close(w);
    rkb_result_writer_close(NULL);
    tear_down();
}

static void close_drains_the_queue(void)
{
    struct rkb_result_writer *w;
    struct rkb_err err = { 0 };

    set_up();
    w = fix_writer(store);
    for (int i = 0; i < 1000; i++) {
        struct rkb_result r = fix_result(run.id, session, i % 4);

        fix_must(rkb_result_writer_append(w, &r, &err), &err);
    }
    rkb_result_writer_close(w);
    CHECK_EQ_INT(fix_number(store, "SELECT count(*) FROM query_result"), 1000);
    tear_down();
}

/* What the caller reuses at once was copied. */
static void nothing_of_the_callers_is_kept(void)
{
    uint32_t order[FIX_DOCS] = { 1, 0, 3, 2 };
    double score[FIX_DOCS] = { 1, 2, 3, 4 };
    uint8_t scored[FIX_DOCS] = { 1, 0, 1, 1 };
    char why[] = "window 2 had no answer", path[] = "0/3",
         answer[] = "[1] > [2]";
    struct rkb_digest sha = fix_digest("call");
    struct rkb_result_call call = { .path = rkb_sv_of(path),
                                    .class_name = rkb_sv_of("ok"),
                                    .request_sha = &sha,
                                    .answer = rkb_sv_of(answer),
                                    .http = 200,
                                    .queue_ns = RKB_UNKNOWN };
    struct rkb_result_writer *w;
    struct rkb_err err = { 0 };
    struct rkb_result r;

    set_up();
    w = fix_writer(store);
    r = fix_result(run.id, session, 0);
    r.status = RKB_RESULT_REPAIRED;
    r.order = order;
    r.score = score;
    r.scored = scored;
    r.why = rkb_sv_of(why);
    r.classes = rkb_sv_of("{\"ok\":1}");
    r.calls = &call;
    r.n_calls_kept = 1;
    fix_must(rkb_result_writer_append(w, &r, &err), &err);
    memset(order, 0xff, sizeof(order));
    memset(score, 0, sizeof(score));
    memset(scored, 0, sizeof(scored));
    memset(why, 'x', sizeof(why) - 1);
    memset(path, 'x', sizeof(path) - 1);
    memset(answer, 'x', sizeof(answer) - 1);
    memset(&sha, 0, sizeof(sha));
    memset(&call, 0, sizeof(call));
    fix_must(rkb_result_writer_flush(w, &err), &err);
    rkb_result_writer_close(w);
    CHECK_STR(fix_text(store, "SELECT perm || score FROM ranking"),
              "[1,0,3,2][1,null,3,4]");
    CHECK_STR(fix_text(store, "SELECT why FROM query_result"),
              "window 2 had no answer");
    CHECK_STR(fix_text(store, "SELECT path || class || answer || http"
                              " || (queue_ns IS NULL) FROM call"),
              "0/3ok[1] > [2]2001");
    CHECK_EQ_INT(fix_number(store, "SELECT length(request_sha) FROM call"), 32);
    tear_down();
}

static void an_order_left_as_it_came_is_null(void)
{
    static const uint32_t same[FIX_DOCS] = { 0, 1, 2, 3 };
    struct rkb_result r;

    set_up();
    r = fix_result(run.id, session, 0);
    r.order = same;
    r.score = NULL;
    fix_write(store, &r, 1);
    r = fix_result(run.id, session, 3); /* no candidates */
    fix_write(store, &r, 1);
    CHECK_EQ_INT(fix_number(store, "SELECT count(*) FROM ranking"
                                   " WHERE perm IS NULL AND score IS NULL"),
                 2);
    tear_down();
}

static void bad_results_are_refused_and_the_writer_goes_on(void)
{
    static const uint32_t twice[FIX_DOCS] = { 0, 1, 1, 3 };
    static const uint32_t beyond[FIX_DOCS] = { 0, 1, 2, 4 };
    static const double nan_score[FIX_DOCS] = { 1, (double)NAN, 2, 3 };
    static const double infinite[FIX_DOCS] = { 1, (double)INFINITY, 2, 3 };
    static const uint8_t all[FIX_DOCS] = { 1, 1, 1, 1 };
    struct rkb_result r[6];
    struct rkb_result_writer *w;
    struct rkb_err err = { 0 };

    set_up();
    w = fix_writer(store);
    for (int i = 0; i < 6; i++)
        r[i] = fix_result(run.id, session, 0);
    r[0].order = twice;
    r[1].order = beyond;
    r[2].score = nan_score;
    r[2].scored = all;
    r[3].score = infinite;
    r[4].order = NULL;
    r[5].status = RKB_RESULT_FAILED;
    for (int i = 0; i < 6; i++) {
        CHECK_EQ_INT(rkb_result_writer_append(w, &r[i], &err), RKB_E_DATA);
        CHECK(fix_says(&err, "query 0 of run 1"));
    }
    r[2].scored = NULL; /* NaN where nothing says that a score is there */
    CHECK_EQ_INT(rkb_result_writer_append(w, &r[2], &err), RKB_OK);
    CHECK_EQ_INT(rkb_result_writer_flush(w, &err), RKB_OK);
    CHECK_STR(fix_text(store, "SELECT score FROM ranking"), "[1,null,2,3]");
    rkb_result_writer_close(w);
    tear_down();
}

static void an_error_of_the_thread_is_kept_and_told(void)
{
    struct rkb_result_writer *w;
    struct rkb_result r, good;
    struct rkb_err err = { 0 };

    set_up();
    w = fix_writer(store);
    good = r = fix_result(run.id, session, 0);
    r.n_docs = 3; /* the list has 4 */
    r.order = (const uint32_t[]){ 2, 0, 1 };
    CHECK_EQ_INT(rkb_result_writer_append(w, &r, &err), RKB_OK);
    CHECK_EQ_INT(rkb_result_writer_flush(w, &err), RKB_E_DATA);
    CHECK(fix_says(&err, "4 candidates, its result 3"));
    CHECK_EQ_INT(rkb_result_writer_append(w, &good, &err), RKB_E_DATA);
    CHECK_EQ_INT(rkb_result_writer_flush(w, &err), RKB_E_DATA);
    CHECK_EQ_INT(rkb_result_writer_n_committed(w), 0);
    rkb_result_writer_close(w);
    CHECK_EQ_INT(fix_number(store, "SELECT count(*) FROM query_result"), 0);

    for (int i = 0; i < 3; i++) {
        w = fix_writer(store);
        r = good;
        r.run_id += i == 0;
        r.session_id += i == 1;
        r.ord += i == 2 ? 9 : 0;
        CHECK_EQ_INT(rkb_result_writer_append(w, &r, &err), RKB_OK);
        CHECK_EQ_INT(rkb_result_writer_flush(w, &err), RKB_E_DATA);
        rkb_result_writer_close(w);
    }
    tear_down();
}

static struct rkb_result_writer *shared;

static enum rkb_status append_many(void *arg, size_t i, size_t worker)
{
    struct rkb_err err = { 0 };
    enum rkb_status rc = RKB_OK;

    (void)arg;
    (void)worker;
    for (int k = 0; !rc && k < 50; k++) {
        struct rkb_result r = fix_result(run.id, session, k % 3);

        r.sample = (int64_t)i;
        rc = rkb_result_writer_append(shared, &r, &err);
        if (!rc && k % 10 == 0)
            rc = rkb_result_writer_flush(shared, &err);
    }
    return rc;
}

static void many_threads_append_and_flush(void)
{
    struct rkb_pool *pool = rkb_pool_open(8);
    struct rkb_err err = { 0 };

    set_up();
    shared = fix_writer(store);
    CHECK_EQ_INT(rkb_pool_run(pool, 16, append_many, NULL), RKB_OK);
    fix_must(rkb_result_writer_flush(shared, &err), &err);
    CHECK_EQ_INT(rkb_result_writer_n_committed(shared), 800);
    rkb_result_writer_close(shared);
    CHECK_EQ_INT(fix_number(store, "SELECT count(*) FROM query_result"), 800);
    CHECK_EQ_INT(fix_number(store, "SELECT max(attempt) FROM query_result"),
                 17);
    rkb_pool_close(pool);
    tear_down();
}

/* In a child: files may not grow beyond a limit. 0 = as it should be. */
static int fill_the_disk(void)
{
    struct rlimit limit = { 400000, 400000 };
    struct rkb_result_writer *w;
    struct rkb_err err = { 0 };
    enum rkb_status rc = RKB_OK;
    int acknowledged = 0;

    signal(SIGXFSZ, SIG_IGN);
    set_up();
    w = fix_writer(store);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 77;
    for (int i = 0; !rc && i < 5000; i++) {
        struct rkb_result r = fix_result(run.id, session, i % 3);

        rc = rkb_result_writer_append(w, &r, &err);
        if (!rc)
            rc = rkb_result_writer_flush(w, &err);
        acknowledged += !rc;
    }
    rkb_result_writer_close(w);
    if (rc != RKB_E_IO || !fix_says(&err, "cannot") || acknowledged < 10)
        return 1;
    printf("# %d acknowledged, then: %s\n", acknowledged, err.msg);
    if (fix_number(store, "SELECT count(*) FROM query_result") != acknowledged)
        return 2;
    if (fix_number(store, "SELECT count(*) FROM ranking") != acknowledged)
        return 3;
    if (strcmp(fix_text(store, "PRAGMA integrity_check"), "ok") != 0)
        return 4;
    rkb_store_close(store);
    fflush(stdout);
    return 0;
}

static void a_full_disk_is_an_error_with_nothing_half_written(void)
{
    pid_t pid;
    int rc;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        rc = fill_the_disk();
        fix_clean();
        _exit(rc);
    }
    rc = fix_wait(pid);
    if (rc == 77)
        SKIP("cannot set RLIMIT_FSIZE");
    CHECK_EQ_INT(rc, 0);
}

TESTS(TEST(what_is_flushed_can_be_read), TEST(close_drains_the_queue),
      TEST(nothing_of_the_callers_is_kept),
      TEST(an_order_left_as_it_came_is_null),
      TEST(bad_results_are_refused_and_the_writer_goes_on),
      TEST(an_error_of_the_thread_is_kept_and_told),
      TEST(many_threads_append_and_flush),
      TEST(a_full_disk_is_an_error_with_nothing_half_written))
