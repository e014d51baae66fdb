/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/gate.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/par.h"
#include "harness/llm/retry.h"

/* How long a waiter sleeps before it looks at the stop flag again. */
#define SLICE_NS INT64_C(50000000)

struct place {
    size_t n_inside;
    int64_t not_before_ns, rest_ns; /* rest_ns 0: it has not failed */
};

/* Somebody who waits, on the stack of their own thread. */
struct waiter {
    struct waiter *next;
};

struct rkb_gate {
    struct rkb_monitor *monitor;
    struct waiter *first, **last; /* in the order in which they came */
    struct place *urls;
    size_t n_urls, next; /* where the search for the least busy starts */
    size_t n_inside, most;
    int64_t rest_ns;
};

struct rkb_gate *rkb_gate_open(size_t n_urls, size_t in_flight, int64_t rest_ns)
{
    struct rkb_gate *g = rkb_new(1, sizeof *g);

    g->monitor = rkb_monitor_new();
    g->last = &g->first;
    g->urls = rkb_new(n_urls, sizeof *g->urls);
    g->n_urls = n_urls;
    g->most = in_flight ? in_flight : 1;
    g->rest_ns = rest_ns;
    return g;
}

void rkb_gate_close(struct rkb_gate *g)
{
    if (!g)
        return;
    rkb_monitor_free(g->monitor);
    rkb_free(g->urls);
    rkb_free(g);
}

/* SIZE_MAX when none is open now; *opens_ns then says when one is. */
static size_t least_busy(const struct rkb_gate *g, int64_t now,
                         int64_t *opens_ns)
{
    size_t best = SIZE_MAX;

    *opens_ns = INT64_MAX;
    for (size_t k = 0; k < g->n_urls; k++) {
        size_t i = (g->next + k) % g->n_urls;
        const struct place *p = &g->urls[i];

        if (p->not_before_ns > now) {
            if (p->not_before_ns < *opens_ns)
                *opens_ns = p->not_before_ns;
        } else if (best == SIZE_MAX || p->n_inside < g->urls[best].n_inside) {
            best = i;
        }
    }
    return best;
}

static enum rkb_status may_wait(const struct rkb_stop *stop,
                                int64_t deadline_ns, struct rkb_err *err)
{
    if (rkb_stop_level(stop) > 0)
        return rkb_fail(err, RKB_E_STOPPED, "stopped");
    if (deadline_ns && rkb_clock_now() >= deadline_ns)
        return rkb_fail(err, RKB_E_IO, "the query's time limit has passed");
    return RKB_OK;
}

static void leave_line(struct rkb_gate *g, struct waiter *me)
{
    struct waiter **at = &g->first;

    while (*at != me)
        at = &(*at)->next;
    *at = me->next;
    if (!me->next)
        g->last = at;
    /* Somebody else is the first now. All are woken, so only where it helps. */
    if (g->first && g->n_inside < g->most)
        rkb_monitor_signal(g->monitor);
}

enum rkb_status rkb_gate_enter(struct rkb_gate *g, const struct rkb_stop *stop,
                               int64_t deadline_ns, size_t *url,
                               struct rkb_err *err)
{
    struct waiter me = { 0 };
    enum rkb_status rc;

    rkb_monitor_lock(g->monitor);
    *g->last = &me;
    g->last = &me.next;
    for (;;) {
        int64_t now = rkb_clock_now(), opens_ns = INT64_MAX;
        size_t i = SIZE_MAX;

        rc = may_wait(stop, deadline_ns, err);
        if (rc)
            break;
        if (g->first == &me && g->n_inside < g->most)
            i = least_busy(g, now, &opens_ns);
        if (i != SIZE_MAX) {
            g->n_inside++;
            g->urls[i].n_inside++;
            g->next = (i + 1) % g->n_urls;
            *url = i;
            break;
        }
        if (opens_ns != INT64_MAX && opens_ns - now > RKB_RETRY_AFTER_MOST_NS) {
            rc =
                rkb_fail(err, RKB_E_REFUSED, "every server asks to wait %lld s",
                         (long long)((opens_ns - now) / 1000000000));
            break;
        }
        rkb_monitor_wait_until(
            g->monitor, opens_ns < now + SLICE_NS ? opens_ns : now + SLICE_NS);
    }
    leave_line(g, &me);
    rkb_monitor_unlock(g->monitor);
    return rc;
}

size_t rkb_gate_n_waiting(struct rkb_gate *g)
{
    size_t n = 0;

    rkb_monitor_lock(g->monitor);
    for (const struct waiter *w = g->first; w; w = w->next)
        n++;
    rkb_monitor_unlock(g->monitor);
    return n;
}

/* When a URL that failed is tried again. */
static int64_t rests_until(const struct rkb_gate *g, struct place *p,
                           bool failed)
{
    if (!failed || g->n_urls == 1) {
        p->rest_ns = 0;
        return 0;
    }
    p->rest_ns = p->rest_ns ? 2 * p->rest_ns : g->rest_ns;
    if (p->rest_ns > RKB_BACKOFF_MOST_NS)
        p->rest_ns = RKB_BACKOFF_MOST_NS;
    return rkb_clock_now() + p->rest_ns;
}

void rkb_gate_leave(struct rkb_gate *g, size_t url, int64_t not_before_ns,
                    bool failed)
{
    int64_t rests;

    rkb_monitor_lock(g->monitor);
    rests = rests_until(g, &g->urls[url], failed);
    if (rests > not_before_ns)
        not_before_ns = rests;
    g->n_inside--;
    g->urls[url].n_inside--;
    if (not_before_ns > g->urls[url].not_before_ns)
        g->urls[url].not_before_ns = not_before_ns;
    rkb_monitor_signal(g->monitor);
    rkb_monitor_unlock(g->monitor);
}
