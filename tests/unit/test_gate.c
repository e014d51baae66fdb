/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/par.h"
#include "harness/llm/gate.h"
#include "tests/tap.h"

#include <sched.h>
#include <stdatomic.h>

struct crowd {
    struct rkb_gate *gate;
    atomic_int inside, most, per_url[3], passed;
};

static enum rkb_status pass(void *arg, size_t i, size_t worker)
{
    struct crowd *c = arg;
    struct rkb_err err;
    size_t url;
    int n, seen;
    enum rkb_status rc = rkb_gate_enter(c->gate, NULL, 0, &url, &err);

    (void)i;
    (void)worker;
    if (rc)
        return rc;
    n = atomic_fetch_add(&c->inside, 1) + 1;
    seen = atomic_load(&c->most);
    while (n > seen && !atomic_compare_exchange_weak(&c->most, &seen, n))
        ;
    atomic_fetch_add(&c->per_url[url], 1);
    for (int k = 0; k < 20; k++)
        sched_yield();
    atomic_fetch_add(&c->passed, 1);
    atomic_fetch_sub(&c->inside, 1);
    rkb_gate_leave(c->gate, url, 0, false);
    return RKB_OK;
}

static void no_more_than_its_number_are_inside(void)
{
    struct crowd c = { .gate = rkb_gate_open(3, 4, 0) };
    struct rkb_pool *pool = rkb_pool_open(12);

    CHECK_EQ_INT(rkb_pool_run(pool, 600, pass, &c), RKB_OK);
    CHECK_EQ_INT(atomic_load(&c.passed), 600);
    CHECK(atomic_load(&c.most) <= 4);
    /* How evenly depends on who is kept waiting where: a URL whose caller sleeps
     * is the busier one. The next case has the rule. */
    for (int i = 0; i < 3; i++)
        CHECK(atomic_load(&c.per_url[i]) > 0);
    rkb_pool_close(pool);
    rkb_gate_close(c.gate);
}

struct comer {
    struct rkb_gate *gate;
    int64_t deadline_ns;
    int number, *order, *n; /* guarded by the one place in the gate */
    enum rkb_status rc;
};

static void come(void *arg)
{
    struct comer *c = arg;
    struct rkb_err err;
    size_t url;

    c->rc = rkb_gate_enter(c->gate, NULL, c->deadline_ns, &url, &err);
    if (c->rc)
        return;
    c->order[(*c->n)++] = c->number;
    rkb_gate_leave(c->gate, url, 0, false);
}

/* Otherwise whoever has just left comes in again before those that sleep, and
 * calls under load have a tail that is none of the server's. */
static void who_came_first_is_let_in_first(void)
{
    enum { N = 6, IMPATIENT = 2 };
    struct rkb_gate *g = rkb_gate_open(1, 1, 0);
    struct comer comers[N];
    struct rkb_thread *threads[N];
    int order[N] = { 0 }, n = 0;
    struct rkb_err err;
    size_t url;

    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_OK);
    for (int i = 0; i < N; i++) {
        comers[i] = (struct comer){ g, 0, i, order, &n, RKB_OK };
        if (i == IMPATIENT)
            comers[i].deadline_ns = rkb_clock_now() + 1;
        threads[i] = rkb_thread_start(come, &comers[i]);
        if (i == IMPATIENT)
            rkb_thread_join(threads[i]);
        while (rkb_gate_n_waiting(g) < (size_t)(i < IMPATIENT ? i + 1 : i))
            sched_yield();
    }
    rkb_gate_leave(g, url, 0, false);
    for (int i = 0; i < N; i++)
        if (i != IMPATIENT)
            rkb_thread_join(threads[i]);
    CHECK_EQ_INT(comers[IMPATIENT].rc, RKB_E_IO);
    CHECK_EQ_INT(n, N - 1);
    for (int i = 0; i < n; i++)
        CHECK_EQ_INT(order[i], i < IMPATIENT ? i : i + 1);
    CHECK_EQ_INT(rkb_gate_n_waiting(g), 0);
    rkb_gate_close(g);
}

static void the_least_busy_url_is_next_and_equals_take_turns(void)
{
    struct rkb_gate *g = rkb_gate_open(2, 4, 0);
    struct rkb_err err;
    size_t a, b, c;

    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &a, &err), RKB_OK);
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &b, &err), RKB_OK);
    CHECK(a != b);
    rkb_gate_leave(g, b, 0, false);
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &c, &err), RKB_OK);
    CHECK_EQ_INT(c, b);
    rkb_gate_leave(g, a, 0, false);
    rkb_gate_leave(g, c, 0, false);
    rkb_gate_close(g);
}

static int64_t now_ns;

static int64_t test_clock(void *ctx)
{
    (void)ctx;
    return now_ns += 1000000;
}

static void a_url_that_asked_for_a_wait_gets_it(void)
{
    struct rkb_gate *g = rkb_gate_open(1, 4, 0);
    struct rkb_err err;
    size_t url;

    now_ns = 0;
    rkb_clock_set(test_clock, NULL);
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_OK);
    rkb_gate_leave(g, url, 2000000000, false);
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_OK);
    CHECK(now_ns >= 2000000000);
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, now_ns - 1, &url, &err), RKB_E_IO);
    rkb_gate_leave(g, 0, 0, false);
    rkb_clock_set(NULL, NULL);
    rkb_gate_close(g);
}

static void a_url_that_fails_is_left_alone_where_there_are_others(void)
{
    const int64_t rest = 1000000000;
    struct rkb_gate *g = rkb_gate_open(2, 4, rest);
    struct rkb_err err;
    size_t url;

    now_ns = 0;
    rkb_clock_set(test_clock, NULL);
    for (int i = 0; i < 3; i++) { /* 1 s, 2 s, 4 s: the other one is used */
        do {
            CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_OK);
            rkb_gate_leave(g, url, 0, url == 0);
        } while (url);
        if (i < 2)
            now_ns += rest << i;
    }
    now_ns += 3 * rest;
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_OK);
    CHECK_EQ_INT(url, 1);
    now_ns += rest;
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_OK);
    CHECK_EQ_INT(url, 0);
    rkb_gate_leave(g, 0, 0, false); /* well again: no rest */
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_OK);
    CHECK_EQ_INT(url, 0);
    rkb_clock_set(NULL, NULL);
    rkb_gate_close(g);
}

static void nobody_waits_longer_than_ten_minutes(void)
{
    struct rkb_gate *g = rkb_gate_open(2, 4, 0);
    struct rkb_err err;
    size_t url;

    now_ns = 0;
    rkb_clock_set(test_clock, NULL);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_OK);
        rkb_gate_leave(g, url, INT64_C(3600000000000), true);
    }
    CHECK_EQ_INT(rkb_gate_enter(g, NULL, 0, &url, &err), RKB_E_REFUSED);
    CHECK_STR(err.msg, "every server asks to wait 3599 s");
    rkb_clock_set(NULL, NULL);
    rkb_gate_close(g);
}

static void a_stop_lets_nobody_in(void)
{
    struct rkb_gate *g = rkb_gate_open(1, 1, 0);
    struct rkb_stop *stop = rkb_stop_new();
    struct rkb_err err;
    size_t url;

    rkb_stop_request(stop);
    CHECK_EQ_INT(rkb_gate_enter(g, stop, 0, &url, &err), RKB_E_STOPPED);
    rkb_stop_close(stop);
    rkb_gate_close(g);
}

TESTS(TEST(no_more_than_its_number_are_inside),
      TEST(who_came_first_is_let_in_first),
      TEST(the_least_busy_url_is_next_and_equals_take_turns),
      TEST(a_url_that_asked_for_a_wait_gets_it),
      TEST(a_url_that_fails_is_left_alone_where_there_are_others),
      TEST(nobody_waits_longer_than_ten_minutes), TEST(a_stop_lets_nobody_in))
