/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/merge.h"

#include "base/io/file.h"
#include "base/rng.h"
#include "tests/io_fixture.h"
#include "tests/store_fixture.h"

enum { MOST_STORES = 8 };

/* As fixture_path, but good until the program ends. */
static const char *place(const char *name)
{
    static struct rkb_arena names;

    return rkb_arena_cstr(&names, rkb_sv_of(fixture_path(name)));
}

/* A store with three runs over four queries, one of which failed before it
 * went well; q3 of run "c" was never asked. */
static const char *whole_store(const char *name)
{
    static const char *const runs[] = { "a", "b", "c" };
    const char *path = place(name);
    struct rkb_store *s = fix_open(path, RKB_STORE_CREATE);
    struct rkb_err err = { 0 };

    for (size_t i = 0; i < RKB_COUNT(runs); i++) {
        struct rkb_run run = fix_run(s, runs[i]);
        int64_t first = fix_session(s, run.id), second;
        struct rkb_result r = fix_result(run.id, first, 1);
        struct rkb_result_call call = { .path = { "0", 1 },
                                        .http = 200,
                                        .start_ns = 77,
                                        .answer = { "[2]", 3 } };

        r.status = RKB_RESULT_FAILED;
        r.order = NULL;
        r.score = NULL;
        r.why = rkb_sv_of("no answer");
        fix_write(s, &r, 1);
        fix_must(rkb_session_end(s, first, rkb_sv_of("stopped"), &err), &err);
        fix_exec(s, "UPDATE session SET started_utc='2026-01-01T00:00:00Z',"
                    " ended_utc='2026-01-01T01:00:00Z', pid=7"
                    " WHERE id = (SELECT max(id) FROM session)");
        second = fix_session(s, run.id);
        for (int64_t q = 0; q < FIX_QUERIES - (i == 2); q++) {
            r = fix_result(run.id, second, q);
            r.calls = &call;
            r.n_calls_kept = 1;
            fix_write(s, &r, 1);
        }
        fix_must(rkb_session_end(s, second, rkb_sv_of("done"), &err), &err);
        fix_must(rkb_run_end(s, &run, NULL, &err), &err);
    }
    rkb_store_close(s);
    return path;
}

static void change(const char *path, const char *sql)
{
    struct rkb_store *s = fix_open(path, RKB_STORE_WRITE);

    fix_exec(s, "PRAGMA foreign_keys=OFF");
    fix_exec(s, sql);
    rkb_store_close(s);
}

/* A copy without the results that `gone` has a bit for. */
static const char *part(const char *from, const char *name, uint64_t gone)
{
    const char *path = place(name);
    struct rkb_err err = { 0 };
    char sql[200];

    fix_must(rkb_store_copy(from, path, &err), &err);
    snprintf(sql, sizeof sql,
             "DELETE FROM call WHERE (%llu >> result_id) & 1;"
             "DELETE FROM ranking WHERE (%llu >> result_id) & 1;"
             "DELETE FROM query_result WHERE (%llu >> id) & 1",
             (unsigned long long)gone, (unsigned long long)gone,
             (unsigned long long)gone);
    change(path, sql);
    return path;
}

static enum rkb_status merge(const char *to, const char *const *from, size_t n,
                             struct rkb_merged *out, struct rkb_err *err)
{
    static struct rkb_arena a;

    rkb_arena_reset(&a);
    rkb_store_remove(to);
    return rkb_store_merge(to, from, n, &a, out, err);
}

static struct rkb_merged must_merge(const char *to, const char *const *from,
                                    size_t n)
{
    struct rkb_merged out;
    struct rkb_err err = { 0 };

    fix_must(merge(to, from, n, &out, &err), &err);
    return out;
}

static bool same_bytes(const char *a, const char *b)
{
    struct rkb_arena arena = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv x, y;

    fix_must(rkb_file_read(&arena, a, 1 << 24, &x, &err), &err);
    fix_must(rkb_file_read(&arena, b, 1 << 24, &y, &err), &err);
    bool same = rkb_sv_eq(x, y);

    rkb_arena_release(&arena);
    return same;
}

/* Parts that overlap at will, given in any order, twice, or as what was merged
 * of them before: the same file. */
static void neither_order_nor_repetition_matters(void)
{
    const char *whole = whole_store("whole.db"), *paths[2 * MOST_STORES];
    const char *want = place("want.db"), *got = place("got.db");
    const char *all = place("all.db");
    struct rkb_rng rng;

    must_merge(all, &whole, 1);
    rkb_rng_init(&rng, 3);
    for (int round = 0; round < 12; round++) {
        size_t n = 2 + (size_t)rkb_rng_below(&rng, MOST_STORES - 2);
        uint64_t gone_everywhere = UINT64_MAX >> 2;
        uint32_t order[2 * MOST_STORES];

        for (size_t i = 0; i < n; i++) {
            char name[32];
            uint64_t gone = rkb_rng_next(&rng) >> 2; /* SQL has signs */

            /* The last part has whatever no other one has. */
            gone = i + 1 < n ? gone : gone & ~gone_everywhere;
            gone_everywhere &= gone;
            snprintf(name, sizeof name, "part%zu.db", i);
            rkb_store_remove(place(name));
            paths[i] = part(whole, name, gone);
        }
        must_merge(want, paths, n);
        CHECK(same_bytes(want, all));

        size_t more = n + (size_t)rkb_rng_below(&rng, n);

        for (size_t i = n; i < more; i++)
            paths[i] = i == n ? want : paths[rkb_rng_below(&rng, n)];
        for (uint32_t i = 0; i < more; i++)
            order[i] = i;
        rkb_rng_shuffle(&rng, order, more);
        const char *shuffled[2 * MOST_STORES];

        for (size_t i = 0; i < more; i++)
            shuffled[i] = paths[order[i]];
        must_merge(got, shuffled, more);
        CHECK(same_bytes(got, want));
    }
    fixture_done();
}

static void what_is_there_twice_is_kept_once_and_counted(void)
{
    const char *whole = whole_store("whole.db"), *to = place("to.db");
    const char *from[] = { whole, whole };
    struct rkb_merged m = must_merge(to, from, 2);
    struct rkb_store *s = fix_open(to, RKB_STORE_READ);

    CHECK_EQ_INT(m.n_runs, 3);
    CHECK_EQ_INT(m.n_results, 14);
    CHECK_EQ_INT(m.n_same, 14);
    CHECK_EQ_INT(m.n_again, 0);
    CHECK_EQ_INT(m.runs[2].n_missing, 1);
    CHECK(rkb_sv_is(m.runs[2].missing[0], "q3"));
    CHECK_STR(fix_text(s, "SELECT group_concat(status) FROM run"),
              "complete,complete,incomplete");
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM session"), 6);
    /* The failure stays before what went well. */
    CHECK_STR(fix_text(s, "SELECT group_concat(attempt || status) FROM"
                          " query_result WHERE run_id=1 AND ord=1"),
              "1failed,2ok");
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM call"), 11);
    CHECK_EQ_INT(fix_number(s, "SELECT sum(start_ns) FROM call"), 11 * 77);
    rkb_store_close(s);
    fixture_done();
}

static void missing_queries_are_listed_and_the_run_stays_incomplete(void)
{
    const char *whole = whole_store("whole.db"), *to = place("to.db");
    const char *from = part(whole, "part.db", 1u << 3);
    struct rkb_merged m = must_merge(to, &from, 1);
    struct rkb_store *s = fix_open(to, RKB_STORE_READ);

    /* Result 3 is the second attempt at q1 of the first run. */
    CHECK_EQ_INT(m.runs[0].n_failed, 1);
    CHECK_EQ_INT(m.runs[0].n_missing, 0);
    CHECK_EQ_INT(m.runs[1].n_failed + m.runs[1].n_missing, 0);
    CHECK_STR(fix_text(s, "SELECT group_concat(status) FROM run"),
              "incomplete,complete,incomplete");
    rkb_store_close(s);
    fixture_done();
}

/* A run that asks every query twice: q0 has both samples, q1 failed in the
 * second one, q2 lacks it, q3 was never asked. */
static void a_query_is_finished_when_every_sample_is(void)
{
    const char *path = place("twice.db"), *to = place("to.db");
    struct rkb_store *s = fix_open(path, RKB_STORE_CREATE);
    struct rkb_run_spec spec = fix_spec(s, "a");
    struct rkb_run run = { 0 };
    struct rkb_err err = { 0 };

    spec.n_samples = 2;
    fix_must(rkb_run_begin(s, &spec, &run, &err), &err);
    int64_t session = fix_session(s, run.id);

    for (int64_t i = 0; i < 5; i++) {
        struct rkb_result r = fix_result(run.id, session, i % 3);

        r.sample = i / 3;
        if (i == 4) {
            r.status = RKB_RESULT_FAILED;
            r.order = NULL;
            r.score = NULL;
        }
        fix_write(s, &r, 1);
    }
    fix_must(rkb_session_end(s, session, rkb_sv_of("done"), &err), &err);
    fix_must(rkb_run_end(s, &run, NULL, &err), &err);
    rkb_store_close(s);
    struct rkb_merged m = must_merge(to, &path, 1);

    CHECK_EQ_INT(m.runs[0].n_failed, 1);
    CHECK_EQ_INT(m.runs[0].n_missing, 2);
    CHECK(rkb_sv_is(m.runs[0].missing[0], "q2"));
    CHECK(rkb_sv_is(m.runs[0].missing[1], "q3"));
    s = fix_open(to, RKB_STORE_READ);
    CHECK_STR(fix_text(s, "SELECT status FROM run"), "incomplete");
    rkb_store_close(s);
    fixture_done();
}

/* The same queries, done by another session. */
static const char *done_elsewhere(const char *whole, const char *sql)
{
    const char *path = part(whole, "other.db", 0);

    change(path, "UPDATE session SET host='other',"
                 " started_utc='2026-02-02T00:00:00Z';"
                 "UPDATE query_result SET latency_ns = 5");
    change(path, sql);
    return path;
}

static void equal_results_of_two_sessions_keep_the_earlier(void)
{
    const char *whole = whole_store("whole.db"), *to = place("to.db");
    const char *from[] = { done_elsewhere(whole, "SELECT 1"), whole };
    struct rkb_merged m;
    struct rkb_store *s;

    change(whole, "UPDATE session SET started_utc='2026-01-03T00:00:00Z'"
                  " WHERE pid <> 7");
    m = must_merge(to, from, 2);
    s = fix_open(to, RKB_STORE_READ);
    CHECK_EQ_INT(m.n_again, 11);
    CHECK_EQ_INT(m.n_same, 0);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM query_result WHERE status"
                               " = 'ok' AND latency_ns = 5"),
                 0);
    /* Both sessions failed once, and both failures happened. */
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM query_result WHERE status"
                               " = 'failed'"),
                 6);
    rkb_store_close(s);
    fixture_done();
}

static void unequal_results_are_an_error_that_names_them(void)
{
    static const char *const rows[][2] = {
        { "UPDATE ranking SET perm='[0,1,3,2]' WHERE result_id=3",
          "query 'q1' of 'a' on dl19: orders" },
        { "UPDATE ranking SET score='[4,3,2,1]' WHERE result_id=3", "scores" },
        { "UPDATE query_result SET status='repaired' WHERE id=3", "statuses" },
        { "UPDATE query_result SET request_sha=x'00' WHERE id=3", "requests" },
    };
    const char *to = place("to.db");

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const char *whole = whole_store("whole.db");
        const char *from[] = { whole, done_elsewhere(whole, rows[i][0]) };
        struct rkb_merged m;
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(merge(to, from, 2, &m, &err), RKB_E_DATA);
        CHECK(fix_says(&err, "1 queries have unequal results"));
        CHECK(fix_says(&err, rows[i][1]));
        CHECK(!rkb_file_exists(to));
        rkb_store_remove(whole);
        rkb_store_remove(from[1]);
    }
    fixture_done();
}

static void damaged_stores_are_refused(void)
{
    static const char *const rows[][2] = {
        { "UPDATE run SET identity='{\"x\":1}' WHERE id=1", "the same key" },
        { "UPDATE run SET n_queries=5 WHERE id=1", "the same key" },
        { "UPDATE run SET n_samples=3 WHERE id=1", "two measurements" },
        { "UPDATE query_result SET session_id=5 WHERE id=3", "session" },
        { "UPDATE query_result SET ord=77 WHERE id=3", "has no query 77" },
    };
    const char *to = place("to.db");

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const char *whole = whole_store("whole.db");
        const char *from[] = { whole, part(whole, "bad.db", 0) };
        struct rkb_merged m;
        struct rkb_err err = { 0 };

        change(from[1], rows[i][0]);
        CHECK_EQ_INT(merge(to, from, 2, &m, &err), RKB_E_DATA);
        CHECK(fix_says(&err, rows[i][1]));
        rkb_store_remove(whole);
        rkb_store_remove(from[1]);
    }
    fixture_done();
}

TESTS(TEST(neither_order_nor_repetition_matters),
      TEST(what_is_there_twice_is_kept_once_and_counted),
      TEST(missing_queries_are_listed_and_the_run_stays_incomplete),
      TEST(a_query_is_finished_when_every_sample_is),
      TEST(equal_results_of_two_sessions_keep_the_earlier),
      TEST(unequal_results_are_an_error_that_names_them),
      TEST(damaged_stores_are_refused))
