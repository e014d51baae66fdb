/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/engine_fixture.h"

#include "runs/store_read.h"

static void warm_ups_are_other_queries_sent_first_and_not_kept(void)
{
    struct rkb_candidates_want want = bed_want();
    struct rig r;

    want.n_spare = 5;
    r = rig_open(&want);
    r.job.load.warm_up.n = 3;
    script.acts[7] = FAIL;
    must_run(&r, 1); /* q8 is the one that nobody judged */
    CHECK_STR(script.sent, "q8 q8 q8 q1 q2 q3 q4 q5 q6 q7 ");
    CHECK_EQ_INT(r.report.n_sent, 7);
    CHECK_EQ_INT(r.report.n_warm, 3);
    CHECK_EQ_INT(r.report.n_warm_failed, 3);
    CHECK(r.report.complete && r.report.warmed_by_others);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM query_result"), 7);
    CHECK_STR(fix_text(r.store, "SELECT conditions ->> '$.warmup' || ' ' || "
                                "(conditions ->> '$.warmup_by') FROM session"),
              "3 other queries");
    must_run(&r, 1);
    CHECK_EQ_INT(script.n_sent, 0);
    rig_close(&r);
}

static void without_others_warm_ups_swap_the_candidates(void)
{
    struct rig r = rig_open(NULL);

    r.job.load.warm_up.n = 8;
    script.acts[1] = FAIL;
    must_run(&r, 1); /* q7 has no candidates: five pairs are left */
    CHECK_STR(script.sent, "q1~ q2~ q3~ q4~ q5~ q1~ q2~ q3~ "
                           "q1 q2 q3 q4 q5 q6 q7 ");
    CHECK(!r.report.warmed_by_others);
    CHECK_EQ_INT(r.report.n_failed, 1);
    must_run(&r, 1); /* again after a resume */
    CHECK_STR(script.sent, "q1~ q2~ q3~ q4~ q5~ q1~ q2~ q3~ q2 ");
    rig_close(&r);
}

static void warm_ups_last_as_long_as_they_are_told_to(void)
{
    struct rig r = rig_open(NULL);

    rkb_clock_set(fake_now, NULL);
    r.job.load.warm_up.ns = 7000; /* q1 1, q2 2, q3 3, q4 4 us */
    must_run(&r, 1);
    CHECK_STR(script.sent, "q1~ q2~ q3~ q4~ q1 q2 q3 q4 q5 q6 q7 ");
    CHECK_EQ_INT(fix_number(r.store, "SELECT min(scheduled_ns) FROM "
                                     "query_result"),
                 0);
    rig_close(&r);
}

/* ---- samples, times, turns ------------------------------------------------- */

static void every_sample_is_kept_and_seeds_differ(void)
{
    struct rig r = rig_open(NULL);
    uint64_t first;

    must_run(&r, 1);
    first = script.seeds[0];
    r.job.load.n_samples = 3;
    must_run(&r, 1); /* another run: it is asked for another thing */
    CHECK_EQ_INT(r.report.n_sent, 21);
    CHECK(r.report.complete);
    CHECK(script.seeds[0] == rkb_rng_key(first, rkb_sv_of("sample"), 2));
    CHECK_STR(fix_text(r.store, "SELECT group_concat(x, ' ') FROM (SELECT ord "
                                "|| '.' || sample AS x FROM query_result WHERE "
                                "run_id=2 AND ord<2 ORDER BY id)"),
              "0.0 1.0 0.1 1.1 0.2 1.2");
    CHECK_EQ_INT(fix_number(r.store, "SELECT n_samples FROM run WHERE id=2"),
                 3);
    CHECK_EQ_INT(fix_number(r.store, "SELECT count(*) FROM run"), 2);
    rig_close(&r);
}

static void samples_go_on_until_the_time_is_over(void)
{
    struct rig r = rig_open(NULL);

    rkb_clock_set(fake_now, NULL); /* a sample takes 28 us */
    r.job.load.min_ns = 60000;
    script.acts[3] = FAIL;
    must_run(&r, 1);
    CHECK_EQ_INT(r.report.n_sent, 21); /* whole samples */
    CHECK(!r.report.complete);
    CHECK_EQ_INT(fix_number(r.store, "SELECT n_samples FROM run"), 3);
    script.acts[3] = STAY;
    must_run(&r, 1); /* what had failed, and nothing more */
    CHECK_EQ_INT(r.report.n_sent, 3);
    CHECK(r.report.complete);
    must_run(&r, 1);
    CHECK_EQ_INT(r.report.n_sent, 0);
    CHECK_EQ_INT(r.report.state, RKB_RUN_COMPLETE);
    r.job.load.min_ns = 0; /* the plain run is another one */
    must_run(&r, 1);
    CHECK_EQ_INT(r.report.n_sent, 7);
    CHECK_STR(fix_text(r.store, "SELECT group_concat(coalesce(identity ->> "
                                "'$.load', 'none'), '|') FROM run"),
              "single for 6e-05 s|none");
    rig_close(&r);
}

static void a_cut_off_run_goes_on_for_the_rest_of_its_time(void)
{
    struct rig r = rig_open(NULL);

    rkb_clock_set(fake_now, NULL);
    r.job.load.min_ns = 60000;
    script.acts[5] = ASK_TO_STOP;
    must_run(&r, 1); /* 1 + 2 + 3 + 4 + 5 us */
    CHECK(r.report.stopped);
    CHECK_EQ_INT(r.report.n_sent, 5);
    rkb_stop_close(script.stop);
    script.stop = rkb_stop_new();
    script.acts[5] = STAY;
    must_run(&r, 1); /* 6 + 7, then 28 make 56 us: 28 more are needed */
    CHECK_EQ_INT(r.report.n_sent, 16);
    CHECK(r.report.complete);
    CHECK_EQ_INT(fix_number(r.store, "SELECT n_samples FROM run"), 3);
    rig_close(&r);
}

static void concurrency_is_a_condition_and_a_scenario_another_run(void)
{
    static const struct {
        struct rkb_scenario scenario;
        const char *load, *shown;
    } rows[] = {
        { { RKB_SCENARIO_SINGLE, 0, 0 }, "", "closed" },
        { { RKB_SCENARIO_CLOSED, 4, 0 }, "closed:4", "closed" },
        { { RKB_SCENARIO_OPEN, 0, 1e5 }, "open:100000", "open:100000" },
        { { RKB_SCENARIO_OFFLINE, 0, 0 }, "offline", "offline" },
    };
    struct rig r = rig_open(NULL);

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        r.job.load.scenario = rows[i].scenario;
        must_run(&r, 4);
        CHECK_EQ_INT(r.report.n_sent, 7);
        CHECK_STR(fix_text(r.store, "SELECT identity ->> '$.load' FROM run "
                                    "ORDER BY id DESC LIMIT 1"),
                  rows[i].load);
        CHECK_STR(fix_text(r.store, "SELECT conditions ->> '$.scenario' FROM "
                                    "session ORDER BY id DESC LIMIT 1"),
                  rows[i].shown);
    }
    rig_close(&r);
}

/* ---- open: against theory --------------------------------------------------- */

/* One server that always takes as long, asked at random times: M/D/1. A mean
 * wait of rho / (2 mu (1 - rho)) by Pollaczek and Khinchine. test_scenario has
 * it for busier servers, which need more arrivals. */
static void waits_behind_one_server_are_those_of_theory(void)
{
    static const double rhos[] = { 0.3, 0.5 };

    for (size_t i = 0; i < RKB_COUNT(rhos); i++) {
        struct rig r = rig_open(NULL);
        double takes_s = 0.01;
        double want = rhos[i] * takes_s / (2 * (1 - rhos[i]));

        rkb_clock_set(fake_now, NULL);
        rkb_clock_set_skip(fake_skip);
        script.takes_ns = 10000000;
        r.row.traits = RKB_SERIAL;
        r.job.load.scenario =
            (struct rkb_scenario){ RKB_SCENARIO_OPEN, 0, rhos[i] / takes_s };
        r.job.load.n_samples = 3000;
        must_run(&r, 1);
        CHECK_EQ_INT(r.report.n_sent, 21000);
        CHECK_EQ_INT(r.report.n_late, 0); /* the queue is the system's own */
        double wait_s = (double)fix_number(r.store, "SELECT sum(queue_ns) "
                                                    "FROM query_result") /
                        21000e9;

        CHECK_NEAR(wait_s / want, 1, 0.05);
        CHECK_EQ_INT(fix_number(r.store,
                                "SELECT count(*) FROM query_result WHERE "
                                "latency_ns <> queue_ns + 10000000"),
                     0);
        rig_close(&r);
    }
}

static int64_t p99_ms(struct rig *r)
{
    return fix_number(r->store,
                      "SELECT latency_ns / 1000000 FROM query_result ORDER BY "
                      "latency_ns LIMIT 1 OFFSET 1385"); /* ceil(.99 n) - 1 */
}

/* 1,400 queries of 10 ms, one of which stalls for 2 s. Who waits for each
 * answer before the next query meets the stall once; at 50 a second it hits a
 * hundred of them. */
static void a_stall_shows_in_the_tail_of_open_only(void)
{
    for (int open = 0; open < 2; open++) {
        struct rig r = rig_open(NULL);

        rkb_clock_set(fake_now, NULL);
        rkb_clock_set_skip(fake_skip);
        script.takes_ns = 10000000;
        script.stalls = 700;
        r.row.traits = RKB_SERIAL;
        if (open)
            r.job.load.scenario =
                (struct rkb_scenario){ RKB_SCENARIO_OPEN, 0, 50 };
        r.job.load.n_samples = 200;
        must_run(&r, 1);
        if (open)
            CHECK(p99_ms(&r) > 1500 && p99_ms(&r) <= 2100);
        else
            CHECK_EQ_INT(p99_ms(&r), 10);
        rig_close(&r);
    }
}

/* Two lanes of an open loop cannot hold a rate that needs three. */
static void more_than_may_be_under_way_is_told(void)
{
    struct rig r = rig_open(NULL);

    rkb_clock_set(fake_now, NULL);
    rkb_clock_set_skip(fake_skip);
    script.takes_ns = 10000000;
    r.job.load.scenario = (struct rkb_scenario){ RKB_SCENARIO_OPEN, 0, 300 };
    r.job.load.n_samples = 10;
    must_run(&r, 1);
    CHECK(r.report.n_late > 60);
    CHECK_EQ_INT(fix_number(r.store, "SELECT conditions ->> '$.saturated' FROM "
                                     "session"),
                 1);
    CHECK_EQ_INT(fix_number(r.store, "SELECT conditions ->> '$.late' FROM "
                                     "session"),
                 (int64_t)r.report.n_late);
    rig_close(&r);
}

/* ---- real time ---------------------------------------------------------------- */

static int64_t inside_ns[BED_QUERIES];

/* A server that takes 50 ms, timed by itself. */
static enum rkb_status constant(void *self, struct rkb_branch *branch,
                                const struct rkb_request *request,
                                struct rkb_outcome *outcome,
                                struct rkb_err *err)
{
    int64_t start = rkb_clock_now();

    (void)self;
    (void)branch;
    (void)outcome;
    (void)err;
    rkb_stop_sleep(NULL, start + 50000000);
    inside_ns[number_of(request->qid)] = rkb_clock_now() - start;
    return RKB_OK;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The median of what is added; the best of five, as a busy machine may get in
 * between the two readings of a clock. */
static void a_constant_server_is_measured_as_it_is(void)
{
    static char sql[BED_QUERIES][80];
    int64_t best = INT64_MAX;

    for (int k = 0; k < 5 && best >= 50000; k++) {
        struct rig r = rig_open(NULL);
        int64_t added[BED_QUERIES];

        r.row.rerank = constant;
        must_run(&r, 1);
        for (int q = 0; q < BED_QUERIES; q++) {
            /* Statements are known by where their text is. */
            snprintf(sql[q], sizeof sql[q],
                     "SELECT latency_ns FROM query_result WHERE ord=%d", q);
            added[q] = fix_number(r.store, sql[q]) - inside_ns[q];
            CHECK(added[q] >= 0 && inside_ns[q] >= 50000000);
        }
        qsort(added, BED_QUERIES, sizeof *added, by_size);
        if (added[BED_QUERIES / 2] < best)
            best = added[BED_QUERIES / 2];
        rig_close(&r);
    }
    printf("# added at the median: %lld ns\n", (long long)best);
    CHECK(best < 50000);
}

/* ---- turns ------------------------------------------------------------------- */

static void runs_take_turns_and_waiting_is_not_measured(void)
{
    struct rig r = rig_open(NULL);
    struct rkb_pool *pool = rkb_pool_open(1);
    struct rkb_engine *engines[2];
    struct rkb_engine_report reports[2];
    struct rkb_engine_job jobs[2];
    bool more = true, any = true;

    rkb_clock_set(fake_now, NULL);
    r.job.testbed = &r.bed;
    r.job.def = &r.row;
    r.job.pool = pool;
    for (size_t i = 0; i < 2; i++) {
        jobs[i] = r.job;
        jobs[i].seed = i;
        fix_must(rkb_engine_open(&engines[i], &jobs[i], r.store, &reports[i],
                                 &r.err),
                 &r.err);
    }
    while (any) {
        any = false;
        for (size_t i = 0; i < 2; i++) {
            fix_must(rkb_engine_step(engines[i], RKB_STEP_QUERY, &more, &r.err),
                     &r.err);
            any |= more;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        fix_must(rkb_engine_close(engines[i], RKB_OK, &r.err), &r.err);
        CHECK(reports[i].complete);
    }
    CHECK_STR(script.sent, "q1 q1 q2 q2 q3 q3 q4 q4 q5 q5 q6 q6 q7 q7 ");
    CHECK_STR(fix_text(r.store, "SELECT group_concat(scheduled_ns, ' ') FROM "
                                "query_result WHERE run_id=2"),
              "0 1000 3000 6000 10000 15000 21000");
    struct rkb_pace pace;

    fix_must(rkb_store_pace(r.store, 2, &pace, &r.err), &r.err);
    CHECK_EQ_INT(pace.n, 7);
    CHECK_EQ_INT(pace.measured_ns, 28000);
    rkb_pool_close(pool);
    rig_close(&r);
}

TESTS(TEST(warm_ups_are_other_queries_sent_first_and_not_kept),
      TEST(without_others_warm_ups_swap_the_candidates),
      TEST(warm_ups_last_as_long_as_they_are_told_to),
      TEST(every_sample_is_kept_and_seeds_differ),
      TEST(samples_go_on_until_the_time_is_over),
      TEST(a_cut_off_run_goes_on_for_the_rest_of_its_time),
      TEST(concurrency_is_a_condition_and_a_scenario_another_run),
      TEST(waits_behind_one_server_are_those_of_theory),
      TEST(a_stall_shows_in_the_tail_of_open_only),
      TEST(more_than_may_be_under_way_is_told),
      TEST(a_constant_server_is_measured_as_it_is),
      TEST(runs_take_turns_and_waiting_is_not_measured))
