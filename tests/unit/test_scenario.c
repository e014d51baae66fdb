/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/scenario.h"

#include "tests/tap.h"

#include <math.h>
#include <string.h>

static const char *text_of(const struct rkb_scenario *s)
{
    static char out[64];
    struct rkb_buf b = { 0 };

    rkb_scenario_text(s, &b);
    snprintf(out, sizeof out, "%s", b.at);
    rkb_buf_release(&b);
    return out;
}

static void scenarios_are_read_as_they_are_written(void)
{
    static const char *const texts[] = { "single",   "closed:1",
                                         "closed:8", "closed:1024",
                                         "open:20",  "open:0.5",
                                         "offline",  "open:100000" };

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        struct rkb_scenario s;
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(rkb_scenario_parse(rkb_sv_of(texts[i]), &s, &err), RKB_OK);
        CHECK_STR(text_of(&s), texts[i]);
    }
}

static void what_is_no_scenario_is_refused(void)
{
    static const char *const texts[] = {
        "",          "closed",    "closed:",   "closed:0", "closed:-1",
        "closed:1x", "open",      "open:",     "open:0",   "open:-1",
        "open:nan",  "open:inf",  "open:1e9",  "open:1 ",  "closed:1025",
        "single:1",  "offline:2", "closed:2:", "burst",    "Open:3",
    };

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        struct rkb_scenario s;
        struct rkb_err err = { 0 };

        if (!CHECK_EQ_INT(rkb_scenario_parse(rkb_sv_of(texts[i]), &s, &err),
                          RKB_E_USAGE))
            printf("# %s\n", texts[i]);
        CHECK(strstr(err.msg, "' is not "));
    }
}

static void amounts_are_counts_or_seconds(void)
{
    static const struct {
        const char *text;
        size_t n;
        int64_t ns; /* -1: refused */
    } rows[] = {
        { "0", 0, 0 },
        { "10", 10, 0 },
        { "5s", 0, 5000000000 },
        { "0.5s", 0, 500000000 },
        { "1000000", 1000000, 0 },
        { "-1", 0, -1 },
        { "0s", 0, -1 },
        { "-1s", 0, -1 },
        { "s", 0, -1 },
        { "", 0, -1 },
        { "5m", 0, -1 },
        { "nans", 0, -1 },
        { "1e9s", 0, -1 },
        { "1000001", 0, -1 },
        { "2.5", 0, -1 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_amount a;
        struct rkb_err err = { 0 };
        enum rkb_status rc =
            rkb_amount_parse(rkb_sv_of(rows[i].text), &a, &err);

        CHECK_EQ_INT(rc, rows[i].ns < 0 ? RKB_E_USAGE : RKB_OK);
        if (rows[i].ns < 0)
            continue;
        CHECK_EQ_INT(a.n, rows[i].n);
        CHECK_EQ_INT(a.ns, rows[i].ns);
    }
}

/* ---- flows ----------------------------------------------------------------- */

static void samples_follow_each_other_without_what_is_done(void)
{
    static const uint8_t done[] = { 1, 0, 0, 1, 1, 1 };
    struct rkb_flow f = {
        .n_items = 3, .n_samples = 3, .done = done, .n_done_samples = 2
    };
    struct rkb_ticket t;
    char seen[64] = "";

    rkb_flow_start(&f, 1);
    for (int64_t now = 0; rkb_flow_next(&f, now, SIZE_MAX, &t); now += 5) {
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%u.%d ",
                 (unsigned)t.item, (int)t.sample);
        CHECK_EQ_INT(t.due_ns, now);
        CHECK(!t.late);
    }
    CHECK_STR(seen, "1.0 2.0 0.2 1.2 2.2 ");
    CHECK(f.ended);
}

static void a_flow_pauses_between_samples(void)
{
    struct rkb_flow f = { .n_items = 2, .n_samples = 2 };
    struct rkb_ticket t;

    rkb_flow_start(&f, 1);
    CHECK(rkb_flow_next(&f, 0, 1, &t));
    CHECK(rkb_flow_next(&f, 0, 1, &t));
    CHECK(!rkb_flow_next(&f, 0, 1, &t) && !f.ended);
    CHECK(rkb_flow_next(&f, 0, 2, &t) && t.sample == 1);
    CHECK(rkb_flow_next(&f, 0, 2, &t));
    CHECK(!rkb_flow_next(&f, 0, 2, &t) && f.ended);
}

static void nothing_to_send_ends_at_once(void)
{
    struct rkb_flow f = { .n_samples = RKB_LOAD_SAMPLES, .min_ns = 5 };
    struct rkb_ticket t;

    rkb_flow_start(&f, 1);
    CHECK(!rkb_flow_next(&f, 0, SIZE_MAX, &t) && f.ended);
}

static void time_goes_on_in_whole_samples(void)
{
    struct rkb_flow f = { .n_items = 4, .n_samples = 1, .min_ns = 100 };
    struct rkb_ticket t;
    size_t n = 0;

    rkb_flow_start(&f, 1);
    for (int64_t now = 0; rkb_flow_next(&f, now, SIZE_MAX, &t); now += 7)
        n++;
    CHECK_EQ_INT(n, 16); /* 15 * 7 >= 100 */
    CHECK_EQ_INT(f.n_samples, 4);
}

/* ---- arrivals --------------------------------------------------------------- */

enum { ARRIVALS = 20000 };

/* Asked too early every time, as by a thread that waits. */
static double *arrivals(double rate, uint64_t seed)
{
    static double at[ARRIVALS];
    struct rkb_flow f = { .n_items = ARRIVALS, .n_samples = 1, .rate = rate };
    struct rkb_ticket t;

    rkb_flow_start(&f, seed);
    for (size_t i = 0; i < ARRIVALS && rkb_flow_next(&f, -1, 1, &t); i++) {
        CHECK(!t.late);
        at[i] = (double)t.due_ns / 1e9;
    }
    return at;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Kolmogorov-Smirnov against 1 - exp(-rate x). Beyond 1.95 / sqrt(n) a sample
 * of that distribution comes in 0.1 % of the draws. */
static void gaps_of_open_are_exponential(void)
{
    static const double rates[] = { 0.3, 20, 5000 };

    for (size_t r = 0; r < RKB_COUNT(rates); r++) {
        double *at = arrivals(rates[r], 42 + r), worst = 0, mean;
        double gaps[ARRIVALS];

        for (size_t i = 0; i < ARRIVALS; i++)
            gaps[i] = i ? at[i] - at[i - 1] : at[0];
        mean = at[ARRIVALS - 1] / ARRIVALS;
        CHECK_NEAR(mean * rates[r], 1, 4 / sqrt(ARRIVALS));
        qsort(gaps, ARRIVALS, sizeof *gaps, by_size);
        for (size_t i = 0; i < ARRIVALS; i++) {
            double p = 1 - exp(-rates[r] * gaps[i]);

            worst = fmax(worst, fabs(p - (double)i / ARRIVALS));
            worst = fmax(worst, fabs(p - (double)(i + 1) / ARRIVALS));
        }
        CHECK(worst < 1.95 / sqrt(ARRIVALS));
    }
}

/* Neighbours say nothing of each other: |r| < 4 / sqrt(n). */
static void gaps_of_open_are_independent(void)
{
    double *at = arrivals(10, 7), sum = 0, squares = 0;
    double before = at[0] - 0.1;

    for (size_t i = 1; i < ARRIVALS; i++) {
        double gap = at[i] - at[i - 1] - 0.1;

        sum += gap * before;
        squares += gap * gap;
        before = gap;
    }
    CHECK_NEAR(sum / squares, 0, 4 / sqrt(ARRIVALS));
}

/* M/D/1, as in test_engine_load, by Lindley's recursion. */
static void waits_behind_a_busy_server_are_those_of_theory(void)
{
    static const double rhos[] = { 0.5, 0.7, 0.9 };
    enum { N = 3000000 };

    for (size_t r = 0; r < RKB_COUNT(rhos); r++) {
        struct rkb_flow f = { .n_items = N, .n_samples = 1, .rate = rhos[r] };
        double free_s = 0, wait_s = 0;
        struct rkb_ticket t;

        rkb_flow_start(&f, 42);
        while (rkb_flow_next(&f, 0, 1, &t)) {
            double due_s = (double)t.due_ns / 1e9;

            wait_s += fmax(0, free_s - due_s);
            free_s = fmax(free_s, due_s) + 1;
        }
        CHECK_NEAR(wait_s / N / (rhos[r] / (2 * (1 - rhos[r]))), 1, 0.05);
    }
}

static void the_same_seed_gives_the_same_times(void)
{
    double first = arrivals(10, 3)[ARRIVALS - 1];

    CHECK(arrivals(10, 3)[ARRIVALS - 1] == first);
    CHECK(arrivals(10, 4)[ARRIVALS - 1] != first);
    /* Twice the rate: the same times, twice as fast. */
    CHECK_NEAR(arrivals(20, 3)[ARRIVALS - 1], first / 2, 1e-6);
}

static void what_was_due_before_it_was_asked_for_is_late(void)
{
    struct rkb_flow f = { .n_items = 3, .n_samples = 1, .rate = 10 };
    struct rkb_ticket t;

    rkb_flow_start(&f, 1);
    CHECK(rkb_flow_next(&f, 0, 1, &t) && !t.late);
    CHECK(rkb_flow_next(&f, (int64_t)1e12, 1, &t) && t.late);
    CHECK(t.due_ns < (int64_t)1e12);
}

/* Open for a time: known from the times of the queries, not from a clock. */
static void an_open_flow_ends_by_its_own_times(void)
{
    struct rkb_flow f = {
        .n_items = 10, .n_samples = 1, .rate = 100, .min_ns = 1000000000
    };
    struct rkb_ticket t = { 0 };
    size_t n = 0;

    rkb_flow_start(&f, 5);
    while (rkb_flow_next(&f, 0, SIZE_MAX, &t))
        n++;
    CHECK(n % 10 == 0 && n >= 60 && n <= 140);
    CHECK(t.due_ns > 700000000);
}

static void a_load_says_what_makes_it_another_run(void)
{
    static const struct {
        struct rkb_load load;
        const char *text;
    } rows[] = {
        { { .n_samples = 5, .warm_up = { 3, 0 } }, "" },
        { { .min_ns = 2500000000 }, "single for 2.5 s" },
        { { .scenario = { RKB_SCENARIO_OPEN, 0, 0.5 } }, "open:0.5" },
        { { .scenario = { RKB_SCENARIO_CLOSED, 8, 0 }, .min_ns = 60000000000 },
          "closed:8 for 60 s" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_buf b = { 0 };

        rkb_load_text(&rows[i].load, &b);
        CHECK(rkb_sv_is(rkb_buf_view(&b), rows[i].text));
        rkb_buf_release(&b);
    }
}

static void a_load_says_what_it_needs(void)
{
    static const struct {
        struct rkb_load load;
        size_t asked, calls, threads, spares;
    } rows[] = {
        { { .n_samples = 5 }, 0, 0, 1, 0 },
        { { .warm_up = { 3, 0 } }, 2, 8, 8, 3 },
        { { .warm_up = { 257, 0 } }, 9, 8, 9, 256 },
        { { .scenario = { RKB_SCENARIO_CLOSED, 8, 0 } }, 0, 4, 8, 0 },
        { { .scenario = { RKB_SCENARIO_OPEN, 0, 0.5 }, .warm_up = { 0, 1 } },
          100,
          4,
          104,
          256 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const struct rkb_load *l = &rows[i].load;

        CHECK_EQ_INT(rkb_load_pool(l, rows[i].asked, rows[i].calls),
                     rows[i].threads);
        CHECK_EQ_INT(rkb_load_spares(l), rows[i].spares);
    }
}

TESTS(TEST(scenarios_are_read_as_they_are_written),
      TEST(what_is_no_scenario_is_refused), TEST(amounts_are_counts_or_seconds),
      TEST(samples_follow_each_other_without_what_is_done),
      TEST(a_flow_pauses_between_samples), TEST(nothing_to_send_ends_at_once),
      TEST(time_goes_on_in_whole_samples), TEST(gaps_of_open_are_exponential),
      TEST(gaps_of_open_are_independent),
      TEST(waits_behind_a_busy_server_are_those_of_theory),
      TEST(the_same_seed_gives_the_same_times),
      TEST(what_was_due_before_it_was_asked_for_is_late),
      TEST(an_open_flow_ends_by_its_own_times),
      TEST(a_load_says_what_makes_it_another_run),
      TEST(a_load_says_what_it_needs))
