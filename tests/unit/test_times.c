/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/times.h"

#include "tests/store_fixture.h"

#include <math.h>

static struct rkb_store *store;
static struct rkb_run run;
static struct rkb_arena arena;
static struct rkb_err err;

static void set_up(const char *identity, int64_t n_samples)
{
    store = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_run_spec spec = fix_spec(store, "a");

    spec.identity = rkb_sv_of(identity);
    spec.n_samples = n_samples;
    run = (struct rkb_run){ 0 };
    fix_must(rkb_run_begin(store, &spec, &run, &err), &err);
}

static void tear_down(void)
{
    rkb_run_release(&run);
    rkb_store_close(store);
    rkb_arena_release(&arena);
    fix_clean();
}

/* A request of `ms` that was handed over at `at_ms`; failed after < 0 ms. */
static void put(int64_t session, int64_t ord, int64_t sample, int64_t at_ms,
                int64_t ms)
{
    struct rkb_result r = fix_result(run.id, session, ord);

    r.sample = sample;
    r.scheduled_ns = at_ms * 1000000;
    r.latency_ns = (ms < 0 ? -ms : ms) * 1000000;
    if (ms < 0) {
        r.status = RKB_RESULT_FAILED;
        r.order = NULL;
        r.score = NULL;
    }
    fix_write(store, &r, 1);
}

static void percentiles_are_over_requests_of_enough_queries(void)
{
    struct rkb_times t;

    set_up("{}", 5);
    int64_t session = fix_session(store, run.id);

    for (int64_t sample = 0; sample < 5; sample++)
        for (int64_t ord = 0; ord < 3; ord++)
            put(session, ord, sample, 0, 1 + 3 * sample + ord);
    fix_must(rkb_times_read(store, &arena, run.id, &t, &err), &err);
    CHECK_EQ_INT(t.n, 15);
    CHECK_EQ_INT(t.n_queries, 3);
    CHECK_NEAR(t.ns[14], 15e6, 0);
    CHECK(isnan(rkb_times_percentile(&t, 50).value)); /* five are needed */
    t.n_queries = 5;
    CHECK_NEAR(rkb_times_percentile(&t, 50).value, 8e6, 0);
    CHECK(isnan(rkb_times_percentile(&t, 90).value));
    tear_down();
}

static void the_time_of_a_query_is_the_mean_over_its_samples(void)
{
    struct rkb_latency_row *rows;
    size_t n;

    set_up("{}", 2);
    int64_t session = fix_session(store, run.id);

    put(session, 0, 0, 0, 10);
    put(session, 0, 1, 0, 20);
    put(session, 1, 0, 0, 10);
    put(session, 1, 1, 0, -20); /* of this nobody knows the mean */
    put(session, 2, 0, 0, 7);
    fix_must(rkb_store_latencies(store, &arena, run.id, &rows, &n, &err), &err);
    CHECK_EQ_INT(n, 2);
    CHECK_EQ_INT(rows[0].latency_ns, 15000000);
    CHECK_EQ_INT(rows[1].ord, 2);
    tear_down();
}

static void what_failed_stays_in_as_a_bound(void)
{
    struct rkb_times t;
    struct rkb_bounded p;

    set_up("{}", 1);
    int64_t session = fix_session(store, run.id);

    put(session, 0, 0, 0, 10);
    put(session, 1, 0, 0, -30);
    put(session, 2, 0, 0, -5);
    put(session, 2, 0, 0, 20); /* the second attempt counts */
    fix_must(rkb_times_read(store, &arena, run.id, &t, &err), &err);
    CHECK_EQ_INT(t.n, 2);
    CHECK_EQ_INT(t.n_failed, 1);
    CHECK_EQ_INT(t.n_queries, 3);
    t.n_queries = 5;
    p = rkb_times_percentile(&t, 50);
    CHECK(!p.at_least);
    CHECK_NEAR(p.value, 20e6, 0);
    t.n_queries = 59;
    p = rkb_times_percentile(&t, 95);
    CHECK(p.at_least);
    CHECK_NEAR(p.value, 30e6, 0);
    tear_down();
}

static void throughput_is_over_the_sessions_of_a_run(void)
{
    struct rkb_pace pace;
    const char *told;

    set_up("{\"load\":\"open:20\"}", 2);
    int64_t first = fix_session(store, run.id);

    put(first, 0, 0, 0, 10);
    put(first, 1, 0, 500, -100); /* ends at 600 ms */
    put(first, 2, 0, 550, 20);
    fix_must(rkb_session_add(store, first,
                             rkb_sv_of("{\"concurrency\":4,\"late\":2,"
                                       "\"warmup\":3,\"warmup_failed\":1,"
                                       "\"warmup_by\":\"other queries\"}"),
                             &err),
             &err);
    int64_t second = fix_session(store, run.id);

    put(second, 1, 0, 0, 400);
    fix_must(rkb_load_tell(store, &arena, run.id, &pace, &told, &err), &err);
    CHECK_EQ_INT(pace.n, 4);
    CHECK_EQ_INT(pace.n_failed, 1);
    CHECK_EQ_INT(pace.measured_ns, 1000000000);
    CHECK_NEAR(rkb_pace_answers(&pace), 3, 1e-9);
    CHECK_STR(told,
              "open:20, 2 samples: 3 answers a second over 1 s, at most 4 at "
              "once, 1 of 4 failed; the generator was saturated: 2 were due "
              "while all those were under way; 3 warm-ups before, by queries "
              "that are not asked, 1 failed");
    tear_down();
}

static void without_times_there_is_no_throughput(void)
{
    struct rkb_pace pace;
    const char *told;

    set_up("{\"load\":\"offline\"}", 1);
    int64_t session = fix_session(store, run.id);
    struct rkb_result r = fix_result(run.id, session, 0);

    put(session, 1, 0, 0, 10);
    r.latency_ns = RKB_UNKNOWN; /* a recorded answer */
    fix_write(store, &r, 1);
    fix_must(rkb_load_tell(store, &arena, run.id, &pace, &told, &err), &err);
    CHECK(isnan(rkb_pace_answers(&pace)));
    CHECK_STR(told, "offline: no throughput is known");
    tear_down();
}

static void of_a_plain_run_there_is_nothing_to_tell(void)
{
    struct rkb_pace pace;
    const char *told;

    set_up("{}", 1);
    put(fix_session(store, run.id), 0, 0, 0, 10);
    fix_must(rkb_load_tell(store, &arena, run.id, &pace, &told, &err), &err);
    CHECK(!told && !pace.n);
    tear_down();
}

TESTS(TEST(percentiles_are_over_requests_of_enough_queries),
      TEST(the_time_of_a_query_is_the_mean_over_its_samples),
      TEST(what_failed_stays_in_as_a_bound),
      TEST(throughput_is_over_the_sessions_of_a_run),
      TEST(without_times_there_is_no_throughput),
      TEST(of_a_plain_run_there_is_nothing_to_tell))
