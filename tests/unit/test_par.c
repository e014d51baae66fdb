/* SPDX-License-Identifier: Apache-2.0 */
#include "base/par.h"

#include "base/clock.h"
#include "base/mem.h"
#include "tests/tap.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>

enum { N_ITEMS = 1000 };

/* ---- pool ---- */

struct count {
    atomic_int runs[N_ITEMS];
    atomic_int bad_workers, busy[16];
    size_t n_workers;
};

static enum rkb_status count_item(void *arg, size_t i, size_t worker)
{
    struct count *c = arg;

    if (worker >= c->n_workers || atomic_fetch_add(&c->busy[worker], 1))
        atomic_fetch_add(&c->bad_workers, 1);
    atomic_fetch_add(&c->runs[i], 1);
    atomic_fetch_sub(&c->busy[worker], 1);
    return RKB_OK;
}

static void every_item_runs_once_on_a_worker_of_its_own(void)
{
    static const struct {
        size_t n_threads, n;
        int n_runs;
    } rows[] = { { 1, N_ITEMS, 1 }, { 2, N_ITEMS, 20 }, { 8, N_ITEMS, 20 },
                 { 8, 3, 2000 },    { 2, 2, 2000 },     { 4, 1, 1 },
                 { 4, 0, 1 },       { 1, 0, 1 } };

    for (size_t r = 0; r < RKB_COUNT(rows); r++) {
        struct rkb_pool *p = rkb_pool_open(rows[r].n_threads);
        struct count *c = rkb_new(1, sizeof(*c));
        int wrong = 0;

        c->n_workers = rkb_pool_size(p);
        CHECK_EQ_INT(c->n_workers, rows[r].n_threads);
        for (int i = 0; i < rows[r].n_runs; i++)
            CHECK_EQ_INT(rkb_pool_run(p, rows[r].n, count_item, c), RKB_OK);
        for (size_t i = 0; i < N_ITEMS; i++)
            wrong += atomic_load(&c->runs[i]) !=
                     (i < rows[r].n ? rows[r].n_runs : 0);
        CHECK_EQ_INT(wrong, 0);
        CHECK_EQ_INT(atomic_load(&c->bad_workers), 0);
        rkb_free(c);
        rkb_pool_close(p);
    }
}

/* ---- few threads ---- */

struct few {
    struct rkb_pool *pool;
    atomic_int outer, most_outer, inner, most_inner, runs;
};

static void enter(atomic_int *now, atomic_int *most)
{
    int n = atomic_fetch_add(now, 1) + 1, seen = atomic_load(most);

    while (n > seen && !atomic_compare_exchange_weak(most, &seen, n))
        ;
}

static enum rkb_status few_inner(void *arg, size_t i, size_t worker)
{
    struct few *f = arg;

    (void)i;
    (void)worker;
    enter(&f->inner, &f->most_inner);
    for (int k = 0; k < 50; k++)
        sched_yield();
    atomic_fetch_add(&f->runs, 1);
    atomic_fetch_sub(&f->inner, 1);
    return RKB_OK;
}

static enum rkb_status few_outer(void *arg, size_t i, size_t worker)
{
    struct few *f = arg;
    enum rkb_status rc;

    (void)i;
    (void)worker;
    enter(&f->outer, &f->most_outer);
    rc = rkb_pool_run(f->pool, 20, few_inner, f);
    atomic_fetch_sub(&f->outer, 1);
    return rc;
}

static void few_threads_run_items_and_the_rest_what_they_start(void)
{
    static const size_t max[] = { 1, 2, 3 };

    for (size_t m = 0; m < RKB_COUNT(max); m++) {
        struct few f = { .pool = rkb_pool_open(6) };

        CHECK_EQ_INT(rkb_pool_run_few(f.pool, max[m], 30, few_outer, &f),
                     RKB_OK);
        CHECK_EQ_INT(atomic_load(&f.runs), 600);
        CHECK(atomic_load(&f.most_outer) <= (int)max[m]);
        CHECK(atomic_load(&f.most_inner) > 1);
        CHECK(atomic_load(&f.most_inner) <= 6);
        rkb_pool_close(f.pool);
    }
}

static void no_pool_is_a_pool_of_the_caller(void)
{
    struct count *c = rkb_new(1, sizeof(*c));

    c->n_workers = rkb_pool_size(NULL);
    CHECK_EQ_INT(c->n_workers, 1);
    CHECK_EQ_INT(rkb_pool_run(NULL, 5, count_item, c), RKB_OK);
    CHECK_EQ_INT(atomic_load(&c->runs[4]), 1);
    CHECK_EQ_INT(atomic_load(&c->bad_workers), 0);
    rkb_free(c);
    rkb_pool_close(NULL);
}

static void a_pool_of_zero_has_a_thread_per_cpu(void)
{
    struct rkb_pool *p = rkb_pool_open(0);

    CHECK(rkb_cpu_count() >= 1);
    CHECK_EQ_INT(rkb_pool_size(p), rkb_cpu_count());
    rkb_pool_close(p);
}

/* Items 0 and 1 meet: neither returns before the other has begun. */
static enum rkb_status meet(void *arg, size_t i, size_t worker)
{
    atomic_int *here = arg;

    (void)i;
    (void)worker;
    atomic_fetch_add(here, 1);
    while (atomic_load(here) < 2)
        sched_yield();
    return RKB_OK;
}

static void items_run_at_the_same_time(void)
{
    struct rkb_pool *p = rkb_pool_open(2);
    atomic_int here = 0;

    CHECK_EQ_INT(rkb_pool_run(p, 2, meet, &here), RKB_OK);
    CHECK_EQ_INT(atomic_load(&here), 2);
    rkb_pool_close(p);
}

struct nest {
    struct rkb_pool *pool;
    size_t depth, worker;
    atomic_int *leaves, *strays;
};

static enum rkb_status nest_item(void *arg, size_t i, size_t worker)
{
    struct nest *up = arg;
    struct nest down = *up;

    (void)i;
    if (up->depth == 0) {
        atomic_fetch_add(up->leaves, 1);
        return RKB_OK;
    }
    down.depth--;
    down.worker = worker;
    return rkb_pool_run(up->pool, 5, nest_item, &down);
}

static void nested_runs_finish_and_run_every_leaf(void)
{
    for (size_t n_threads = 1; n_threads <= 6; n_threads++) {
        for (int again = 0; again < 10; again++) {
            atomic_int leaves = 0;
            struct nest top = { .pool = rkb_pool_open(n_threads),
                                .depth = 3,
                                .leaves = &leaves };

            CHECK_EQ_INT(rkb_pool_run(top.pool, 5, nest_item, &top), RKB_OK);
            CHECK_EQ_INT(atomic_load(&leaves), 625);
            rkb_pool_close(top.pool);
        }
    }
}

/* A run of one item stays on the worker that starts it. */
static enum rkb_status same_worker(void *arg, size_t i, size_t worker)
{
    const struct nest *up = arg;

    (void)i;
    if (worker != up->worker)
        atomic_fetch_add(up->strays, 1);
    return RKB_OK;
}

static enum rkb_status run_one(void *arg, size_t i, size_t worker)
{
    struct nest down = *(struct nest *)arg;

    (void)i;
    down.worker = worker;
    return rkb_pool_run(down.pool, 1, same_worker, &down);
}

static void a_nested_run_keeps_its_worker(void)
{
    atomic_int strays = 0;
    struct nest top = { .pool = rkb_pool_open(4), .strays = &strays };

    CHECK_EQ_INT(rkb_pool_run(top.pool, 200, run_one, &top), RKB_OK);
    CHECK_EQ_INT(atomic_load(&strays), 0);
    rkb_pool_close(top.pool);
}

static enum rkb_status fail_from_ten(void *arg, size_t i, size_t worker)
{
    atomic_int *runs = arg;

    (void)worker;
    atomic_fetch_add(runs, 1);
    if (i == 10)
        return RKB_E_DATA;
    return i > 10 ? RKB_E_IO : RKB_OK;
}

static void the_lowest_failing_item_decides_and_stops_the_rest(void)
{
    for (size_t n_threads = 1; n_threads <= 8; n_threads++) {
        struct rkb_pool *p = rkb_pool_open(n_threads);

        for (int again = 0; again < 50; again++) {
            atomic_int runs = 0;

            CHECK_EQ_INT(rkb_pool_run(p, 1000000, fail_from_ten, &runs),
                         RKB_E_DATA);
            CHECK(atomic_load(&runs) >= 11 && atomic_load(&runs) < 1000000);
        }
        rkb_pool_close(p);
    }
}

/* Both items run before either fails, so both failures are known. */
static enum rkb_status meet_and_fail(void *arg, size_t i, size_t worker)
{
    (void)meet(arg, i, worker);
    return i == 0 ? RKB_E_DATA : RKB_E_IO;
}

static void of_two_failures_the_lower_item_decides(void)
{
    struct rkb_pool *p = rkb_pool_open(2);

    for (int again = 0; again < 50; again++) {
        atomic_int here = 0;

        CHECK_EQ_INT(rkb_pool_run(p, 2, meet_and_fail, &here), RKB_E_DATA);
    }
    rkb_pool_close(p);
}

static void run_from_outside(void *arg)
{
    struct nest top = *(struct nest *)arg;

    for (int again = 0; again < 20; again++)
        (void)rkb_pool_run(top.pool, 5, nest_item, &top);
}

static void threads_outside_take_turns(void)
{
    atomic_int leaves = 0;
    struct nest top = { .pool = rkb_pool_open(3),
                        .depth = 1,
                        .leaves = &leaves };
    struct rkb_thread *threads[4];

    for (size_t i = 0; i < RKB_COUNT(threads); i++)
        threads[i] = rkb_thread_start(run_from_outside, &top);
    for (size_t i = 0; i < RKB_COUNT(threads); i++)
        rkb_thread_join(threads[i]);
    CHECK_EQ_INT(atomic_load(&leaves), 4 * 20 * 25);
    rkb_pool_close(top.pool);
}

/* ---- monitor ---- */

struct shared {
    struct rkb_monitor *monitor;
    int turn;
};

static void answer_turns(void *arg)
{
    struct shared *s = arg;

    rkb_monitor_lock(s->monitor);
    while (s->turn < 200) {
        while (s->turn % 2 == 0)
            rkb_monitor_wait(s->monitor);
        s->turn++;
        rkb_monitor_signal(s->monitor);
    }
    rkb_monitor_unlock(s->monitor);
}

static void a_monitor_passes_turns_between_threads(void)
{
    struct shared s = { .monitor = rkb_monitor_new() };
    struct rkb_thread *t = rkb_thread_start(answer_turns, &s);

    rkb_monitor_lock(s.monitor);
    for (int i = 0; i < 100; i++) {
        CHECK_EQ_INT(s.turn, 2 * i);
        s.turn++;
        rkb_monitor_signal(s.monitor);
        while (s.turn % 2)
            rkb_monitor_wait(s.monitor);
    }
    rkb_monitor_unlock(s.monitor);
    rkb_thread_join(t);
    rkb_monitor_free(s.monitor);
    rkb_monitor_free(NULL);
}

static void waiting_until_a_past_time_returns_false(void)
{
    static const int64_t ago_ns[] = { 0, 1, 1000000000 };
    struct rkb_monitor *m = rkb_monitor_new();

    rkb_monitor_lock(m);
    for (size_t i = 0; i < RKB_COUNT(ago_ns); i++)
        CHECK(!rkb_monitor_wait_until(m, rkb_clock_now() - ago_ns[i]));
    CHECK(!rkb_monitor_wait_until(m, -5));
    CHECK(!rkb_monitor_wait_until(m, rkb_clock_now() + 1000000));
    rkb_monitor_unlock(m);
    rkb_monitor_free(m);
}

static void raise_turn(void *arg)
{
    struct shared *s = arg;

    rkb_monitor_lock(s->monitor);
    s->turn = 1;
    rkb_monitor_signal(s->monitor);
    rkb_monitor_unlock(s->monitor);
}

static void a_signal_ends_a_wait_before_its_time(void)
{
    struct shared s = { .monitor = rkb_monitor_new() };
    int64_t deadline_ns = rkb_clock_now() + INT64_C(60000000000);
    struct rkb_thread *t;

    rkb_monitor_lock(s.monitor);
    t = rkb_thread_start(raise_turn, &s);
    while (!s.turn && rkb_monitor_wait_until(s.monitor, deadline_ns))
        continue;
    CHECK_EQ_INT(s.turn, 1);
    rkb_monitor_unlock(s.monitor);
    rkb_thread_join(t);
    rkb_monitor_free(s.monitor);
}

static int64_t frozen(void *ctx)
{
    return *(int64_t *)ctx;
}

static void nothing_waits_under_a_test_clock(void)
{
    struct rkb_monitor *m = rkb_monitor_new();
    int64_t now_ns = rkb_clock_now();

    rkb_clock_set(frozen, &now_ns);
    rkb_monitor_lock(m);
    CHECK(!rkb_monitor_wait_until(m, now_ns + INT64_C(3600000000000)));
    rkb_monitor_unlock(m);
    rkb_clock_set(NULL, NULL);
    rkb_monitor_free(m);
}

/* ---- queue ---- */

struct flow {
    struct rkb_queue *queue;
    atomic_ullong sum;
    atomic_int n_taken, n_refused;
};

static void put_many(void *arg)
{
    struct flow *f = arg;

    for (uint64_t i = 1; i <= 1000; i++) {
        if (!rkb_queue_put(f->queue, &i))
            atomic_fetch_add(&f->n_refused, 1);
    }
}

static void take_all(void *arg)
{
    struct flow *f = arg;
    uint64_t item;

    while (rkb_queue_take(f->queue, &item)) {
        atomic_fetch_add(&f->sum, item);
        atomic_fetch_add(&f->n_taken, 1);
    }
}

static void every_item_put_is_taken_once(void)
{
    static const size_t capacities[] = { 1, 2, 7, 5000 };

    for (size_t c = 0; c < RKB_COUNT(capacities); c++) {
        struct flow f = { .queue = rkb_queue_open(capacities[c], 8) };
        struct rkb_thread *in[3], *out[3];

        for (size_t i = 0; i < 3; i++) {
            in[i] = rkb_thread_start(put_many, &f);
            out[i] = rkb_thread_start(take_all, &f);
        }
        for (size_t i = 0; i < 3; i++)
            rkb_thread_join(in[i]);
        rkb_queue_close(f.queue);
        for (size_t i = 0; i < 3; i++)
            rkb_thread_join(out[i]);
        CHECK_EQ_INT(atomic_load(&f.n_taken), 3000);
        CHECK_EQ_INT(atomic_load(&f.sum), 3 * 500500);
        CHECK_EQ_INT(atomic_load(&f.n_refused), 0);
        rkb_queue_free(f.queue);
    }
}

static void a_queue_keeps_order_and_wraps_around(void)
{
    struct rkb_queue *q = rkb_queue_open(3, sizeof(int));
    int item = 0, want = 0;

    CHECK(!rkb_queue_try_take(q, &item));
    for (int i = 0; i < 20; i += 2) {
        int next = i + 1;

        CHECK(rkb_queue_put(q, &i) && rkb_queue_put(q, &next));
        for (int j = 0; j < 2; j++) {
            CHECK(rkb_queue_try_take(q, &item));
            CHECK_EQ_INT(item, want++);
        }
    }
    rkb_queue_free(q);
    rkb_queue_free(NULL);
}

static void a_closed_queue_refuses_items_and_is_drained(void)
{
    struct rkb_queue *q = rkb_queue_open(4, sizeof(int));
    int item = 7;

    CHECK(rkb_queue_put(q, &item));
    rkb_queue_close(q);
    CHECK(!rkb_queue_put(q, &item));
    item = 0;
    CHECK(rkb_queue_take(q, &item));
    CHECK_EQ_INT(item, 7);
    CHECK(!rkb_queue_take(q, &item));
    CHECK(!rkb_queue_try_take(q, &item));
    rkb_queue_free(q);
}

/* Repeated, because only most of the times the thread already waits. */
static void closing_wakes_whoever_waits_to_put(void)
{
    for (int again = 0; again < 50; again++) {
        struct flow f = { .queue = rkb_queue_open(1, 8) };
        struct rkb_thread *t = rkb_thread_start(put_many, &f);
        uint64_t item = 0;

        CHECK(rkb_queue_take(f.queue, &item));
        CHECK_EQ_INT(item, 1);
        for (int i = 0; i < 20; i++)
            sched_yield();
        rkb_queue_close(f.queue);
        rkb_thread_join(t);
        CHECK(atomic_load(&f.n_refused) >= 998);
        rkb_queue_free(f.queue);
    }
}

static void closing_wakes_whoever_waits_to_take(void)
{
    for (int again = 0; again < 50; again++) {
        struct flow f = { .queue = rkb_queue_open(1, 8) };
        struct rkb_thread *t = rkb_thread_start(take_all, &f);

        for (int i = 0; i < 20; i++)
            sched_yield();
        rkb_queue_close(f.queue);
        rkb_thread_join(t);
        CHECK_EQ_INT(atomic_load(&f.n_taken), 0);
        rkb_queue_free(f.queue);
    }
}

TESTS(TEST(every_item_runs_once_on_a_worker_of_its_own),
      TEST(few_threads_run_items_and_the_rest_what_they_start),
      TEST(no_pool_is_a_pool_of_the_caller),
      TEST(a_pool_of_zero_has_a_thread_per_cpu),
      TEST(items_run_at_the_same_time),
      TEST(nested_runs_finish_and_run_every_leaf),
      TEST(a_nested_run_keeps_its_worker),
      TEST(the_lowest_failing_item_decides_and_stops_the_rest),
      TEST(of_two_failures_the_lower_item_decides),
      TEST(threads_outside_take_turns),
      TEST(a_monitor_passes_turns_between_threads),
      TEST(waiting_until_a_past_time_returns_false),
      TEST(a_signal_ends_a_wait_before_its_time),
      TEST(nothing_waits_under_a_test_clock),
      TEST(every_item_put_is_taken_once),
      TEST(a_queue_keeps_order_and_wraps_around),
      TEST(a_closed_queue_refuses_items_and_is_drained),
      TEST(closing_wakes_whoever_waits_to_put),
      TEST(closing_wakes_whoever_waits_to_take))
