/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/process.h"

#include "base/clock.h"
#include "base/io/proc.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Answers hold one or two numbers a document; what else a message may hold is
 * bounded by this, so that a long line cannot become a tree of gigabytes. */
enum { OTHER_VALUES = 64 << 10 };

/* How long the end of a program is waited for that closed its stdout. */
#define SETTLE_NS ((int64_t)100 * 1000 * 1000)

/* A query whose thread waits; on that thread's stack. */
struct ask {
    const struct rkb_request *request;
    struct rkb_outcome *outcome;
    struct rkb_process_counts counts;
    uint64_t id, stderr_from;
    bool done; /* then err has its status, RKB_OK when answered */
    struct rkb_err err;
};

struct slot {
    uint64_t id;     /* 0 = free */
    struct ask *ask; /* NULL: late, nobody waits any more */
};

enum state { DOWN, LOADING, READY };

/* All guarded by the monitor. While a thread leads, it polls without holding
 * the monitor, so `proc` must not be ended or replaced by another one. */
struct rkb_process {
    struct rkb_process_want want;
    struct rkb_monitor *monitor;
    int wake; /* eventfd: makes the leader look again */
    bool leading;
    enum state state;
    struct rkb_proc *proc; /* NULL when DOWN */
    struct rkb_err why;    /* it went down */
    int64_t n_starts, load_until_ns;
    int64_t failed_start; /* the last of n_starts that never got ready */
    struct rkb_process_hello hello;
    struct slot *slots; /* [hello.max_in_flight] */
    uint64_t last_id;
    struct rkb_arena scratch; /* of one message */
};

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void poke_leader(const struct rkb_process *p)
{
    if (p->leading)
        (void)!write(p->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
}

/* ---- down and up ------------------------------------------------------- */

static void add_stderr(const struct rkb_process *p, uint64_t since,
                       struct rkb_err *err)
{
    rkb_sv line = rkb_proc_stderr_line(p->proc, since);

    if (line.len)
        rkb_fail(err, err->code, "%s; stderr: %.*s", err->msg,
                 (int)(line.len < 300 ? line.len : 300), line.at);
}

static void finish(struct rkb_process *p, struct ask *ask,
                   const struct rkb_err *err)
{
    ask->err = *err;
    if (err->code)
        add_stderr(p, ask->stderr_from, &ask->err);
    ask->done = true;
}

static size_t n_in_hand(const struct rkb_process *p)
{
    size_t n = 0;

    for (size_t i = 0; p->slots && i < p->hello.max_in_flight; i++)
        n += p->slots[i].ask != NULL;
    return n;
}

/* Ends the program and fails what it has in hand. */
static void go_down(struct rkb_process *p, const struct rkb_err *why)
{
    struct rkb_err shared = *why;
    size_t n = n_in_hand(p);

    assert(!p->leading && p->proc);
    if (n > 1)
        rkb_fail(&shared, why->code, "%s, with %zu queries in hand", why->msg,
                 n);
    for (size_t i = 0; p->slots && i < p->hello.max_in_flight; i++) {
        if (p->slots[i].ask)
            finish(p, p->slots[i].ask, &shared);
    }
    rkb_free(p->slots);
    p->slots = NULL;
    p->why = *why;
    add_stderr(p, 0, &p->why);
    rkb_proc_close(p->proc, 0, NULL);
    p->proc = NULL;
    if (p->state == LOADING)
        p->failed_start = p->n_starts;
    p->state = DOWN;
}

static enum rkb_status start(struct rkb_process *p, struct rkb_err *err)
{
    enum rkb_status rc;

    if (p->n_starts > p->want.max_restarts)
        return rkb_fail(err, RKB_E_IO,
                        "the program is not started again after %lld restarts; "
                        "the last time: %s",
                        (long long)p->want.max_restarts, p->why.msg);
    if (p->n_starts)
        rkb_log(RKB_LOG_WARN, "'%s': %s; starting it again (%lld of %lld)",
                p->want.argv[0], p->why.msg, (long long)p->n_starts,
                (long long)p->want.max_restarts);
    p->n_starts++;
    rc = rkb_proc_open(&p->proc, p->want.argv, 0, err);
    if (rc) {
        p->why = *err;
        return rc;
    }
    p->state = LOADING;
    p->load_until_ns = rkb_clock_now() + p->want.load_ns;
    return RKB_OK;
}

/* ---- messages ---------------------------------------------------------- */

static enum rkb_status on_hello(struct rkb_process *p, rkb_sv line,
                                struct rkb_err *err)
{
    struct rkb_process_hello hello;
    enum rkb_status rc = rkb_process_read_hello(&p->scratch, line, &hello, err);

    if (rc)
        return rc;
    if (p->n_starts > 1 &&
        (!rkb_sv_is(rkb_sv_of(hello.name), p->hello.name) ||
         !rkb_sv_is(rkb_sv_of(hello.version), p->hello.version)))
        return rkb_fail(err, RKB_E_DATA,
                        "it was '%s' version '%s' and now is '%s' version '%s'",
                        p->hello.name, p->hello.version, hello.name,
                        hello.version);
    p->hello = hello;
    p->slots = rkb_new(hello.max_in_flight, sizeof(*p->slots));
    p->state = READY;
    return RKB_OK;
}

static enum rkb_status on_answer(struct rkb_process *p, rkb_sv line,
                                 struct rkb_err *err)
{
    struct rkb_process_answer answer;
    struct slot *slot = NULL;
    struct ask *ask;
    size_t max_docs = 0;
    enum rkb_status rc;

    for (size_t i = 0; i < p->hello.max_in_flight; i++) {
        ask = p->slots[i].ask;
        if (ask && ask->request->n_docs > max_docs)
            max_docs = ask->request->n_docs;
    }
    rc = rkb_process_read(&p->scratch, line, 2 * max_docs + OTHER_VALUES,
                          &answer, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < p->hello.max_in_flight && !slot; i++) {
        if (answer.id && p->slots[i].id == answer.id)
            slot = &p->slots[i];
    }
    if (!slot)
        return rkb_fail(err, RKB_E_DATA, "%s id %llu",
                        answer.id && answer.id <= p->last_id
                            ? "a second answer to"
                            : "an answer to unknown",
                        (unsigned long long)answer.id);
    ask = slot->ask;
    *slot = (struct slot){ 0 };
    if (ask) {
        struct rkb_err bad = { 0 };

        if (!rkb_process_apply(&answer, ask->request->n_docs, ask->outcome,
                               &ask->counts, &bad))
            bad.code = RKB_OK;
        finish(p, ask, &bad);
    }
    return RKB_OK;
}

static enum rkb_status no_more_lines(struct rkb_process *p, struct rkb_err *err)
{
    char status[80];

    if (rkb_proc_ended(p->proc) == RKB_PROC_TOO_LONG)
        return rkb_fail(err, RKB_E_LIMIT, "a line over %zu MiB on stdout",
                        RKB_PROC_LINE >> 20);
    rkb_proc_settle(p->proc, rkb_clock_now() + SETTLE_NS);
    rkb_proc_status(p->proc, status, sizeof(status));
    return rkb_fail(err, RKB_E_IO, "the program closed its stdout and %s",
                    status);
}

/* Takes in what has come. Not while another thread leads. */
static void look(struct rkb_process *p)
{
    struct rkb_err err = { 0 };
    enum rkb_status rc = RKB_OK;
    rkb_sv line;

    if (p->leading || !p->proc)
        return;
    rkb_proc_step(p->proc);
    while (!rc && rkb_proc_line(p->proc, &line)) {
        rkb_arena_reset(&p->scratch);
        rc = p->state == LOADING ? on_hello(p, line, &err)
                                 : on_answer(p, line, &err);
    }
    if (!rc && rkb_proc_ended(p->proc) != RKB_PROC_RUNS)
        rc = no_more_lines(p, &err);
    if (!rc && p->state == LOADING && rkb_clock_now() >= p->load_until_ns)
        rc = rkb_fail(&err, RKB_E_IO, "the program was not ready within %g s",
                      (double)p->want.load_ns / 1e9);
    if (rc)
        go_down(p, &err);
}

/* Until something happened or the time: leads, or waits for the leader. */
static void take_turn(struct rkb_process *p, int64_t until_ns,
                      const struct rkb_stop *stop)
{
    struct pollfd fds[RKB_PROC_FDS + 2];
    int64_t left_ns = until_ns - rkb_clock_now();
    struct timespec left = { 0 };
    uint64_t pokes;

    if (p->leading) {
        rkb_monitor_wait_until(p->monitor, until_ns);
        return;
    }
    if (left_ns > 0)
        left = (struct timespec){ .tv_sec = (time_t)(left_ns / 1000000000),
                                  .tv_nsec = (long)(left_ns % 1000000000) };
    rkb_proc_watch(p->proc, fds);
    fds[RKB_PROC_FDS] = (struct pollfd){ .fd = p->wake, .events = POLLIN };
    fds[RKB_PROC_FDS + 1] = (struct pollfd){
        .fd =
            rkb_stop_level(stop) ? rkb_stop_abort_fd(stop) : rkb_stop_fd(stop),
        .events = POLLIN,
    };
    p->leading = true;
    rkb_monitor_unlock(p->monitor);
    (void)!ppoll(fds, RKB_COUNT(fds), &left, NULL);
    rkb_monitor_lock(p->monitor);
    p->leading = false;
    (void)!read(p->wake, &pokes, sizeof(pokes));
    look(p);
    rkb_monitor_signal(p->monitor);
}

/* ---- a query ----------------------------------------------------------- */

static struct slot *free_slot(const struct rkb_process *p)
{
    for (size_t i = 0; i < p->hello.max_in_flight; i++) {
        if (!p->slots[i].id)
            return &p->slots[i];
    }
    return NULL;
}

/* Every place is taken by a query that nobody waits for any more. */
static bool is_stuck(const struct rkb_process *p)
{
    return p->state == READY && !free_slot(p) && !n_in_hand(p);
}

static void end_stuck(struct rkb_process *p)
{
    struct rkb_err err;

    rkb_fail(&err, RKB_E_IO, "the program overran its time with %zu queries",
             p->hello.max_in_flight);
    if (!p->leading)
        go_down(p, &err);
}

/* The next message of the program wakes all who wait here. A failed load fails
 * those who waited for it; others try another one. */
static enum rkb_status wait_for_slot(struct rkb_process *p,
                                     struct rkb_branch *branch,
                                     struct slot **slot, struct rkb_err *err)
{
    int64_t waited_for = 0; /* of n_starts */
    enum rkb_status rc = RKB_OK;

    *slot = NULL;
    while (!rc) {
        int64_t until_ns =
            branch->deadline_ns ? branch->deadline_ns : INT64_MAX;

        rc = rkb_branch_check(branch, err);
        if (rc)
            break;
        look(p);
        if (is_stuck(p))
            end_stuck(p);
        if (p->state == READY && (*slot = free_slot(p)))
            break;
        if (waited_for && waited_for == p->failed_start)
            return rkb_fail(err, p->why.code, "%s", p->why.msg);
        if (p->state == DOWN)
            rc = start(p, err);
        if (p->state == LOADING) {
            branch->account->untimed = true;
            waited_for = p->n_starts;
            until_ns = earlier(until_ns, p->load_until_ns);
        }
        if (!rc)
            take_turn(p, until_ns, branch->stop);
    }
    return rc;
}

static void send(struct rkb_process *p, struct slot *slot, struct ask *ask)
{
    struct rkb_buf line = { 0 };

    ask->id = ++p->last_id;
    ask->stderr_from = rkb_proc_stderr_bytes(p->proc);
    *slot = (struct slot){ .id = ask->id, .ask = ask };
    rkb_process_write(&line, ask->id, ask->request);
    rkb_proc_send(p->proc, rkb_buf_view(&line));
    rkb_buf_release(&line);
    poke_leader(p); /* to watch for room in the pipe */
}

/* From here on the program may answer when it likes. */
static void give_up(struct rkb_process *p, struct ask *ask)
{
    for (size_t i = 0; i < p->hello.max_in_flight; i++) {
        if (p->slots[i].ask == ask)
            p->slots[i].ask = NULL;
    }
    poke_leader(p);
    rkb_monitor_signal(p->monitor);
}

static enum rkb_status wait_for_answer(struct rkb_process *p,
                                       const struct rkb_branch *branch,
                                       struct ask *ask, struct rkb_err *err)
{
    int64_t until_ns = rkb_clock_now() + p->want.timeout_ns;
    bool stopping = false, out_of_time;

    if (branch->deadline_ns)
        until_ns = earlier(until_ns, branch->deadline_ns);
    do {
        if (rkb_stop_level(branch->stop) && !stopping) {
            stopping = true;
            until_ns = earlier(until_ns, rkb_clock_now() + p->want.grace_ns);
        }
        take_turn(p, until_ns, branch->stop);
        out_of_time = rkb_clock_now() >= until_ns;
    } while (!ask->done && !out_of_time && rkb_stop_level(branch->stop) < 2);
    if (ask->done) {
        *err = ask->err;
        return err->code;
    }
    rkb_fail(err, stopping ? RKB_E_STOPPED : RKB_E_IO, "no answer within %g s",
             (double)p->want.timeout_ns / 1e9);
    if (rkb_stop_level(branch->stop) > 1)
        rkb_fail(err, RKB_E_STOPPED, "stopped");
    add_stderr(p, ask->stderr_from, err);
    give_up(p, ask);
    return err->code;
}

enum rkb_status rkb_process_ask(struct rkb_process *p,
                                struct rkb_branch *branch,
                                const struct rkb_request *request,
                                struct rkb_outcome *outcome,
                                struct rkb_err *err)
{
    struct ask ask = { .request = request,
                       .outcome = outcome,
                       .counts = { -1, -1, -1 } };
    struct rkb_call call = { .seq = rkb_branch_seq(branch),
                             .http = -1,
                             .connect_ns = -1,
                             .first_byte_ns = -1,
                             .first_token_ns = -1,
                             .parse_ns = -1,
                             .cached_tokens = -1,
                             .server_ns = -1,
                             .render_ns = -1 };
    int64_t start_ns = rkb_clock_now(), sent_ns;
    enum rkb_status rc;
    struct slot *slot;

    rkb_monitor_lock(p->monitor);
    rc = wait_for_slot(p, branch, &slot, err);
    sent_ns = rkb_clock_now();
    if (!rc) {
        send(p, slot, &ask);
        rc = wait_for_answer(p, branch, &ask, err);
    }
    rkb_monitor_unlock(p->monitor);
    call.start_ns = start_ns - branch->start_ns;
    call.queue_ns = sent_ns - start_ns;
    call.total_ns = rkb_clock_now() - sent_ns;
    call.prompt_tokens = ask.counts.prompt_tokens;
    call.output_tokens = ask.counts.output_tokens;
    call.class_name = rc ? "failed" : "ok";
    rkb_branch_log(branch, &call);
    rkb_account_add(
        branch->account,
        &(struct rkb_account){
            .n_calls = ask.counts.n_calls < 0 ? 1 : ask.counts.n_calls,
            .prompt_tokens = ask.counts.prompt_tokens,
            .cached_tokens = -1,
            .output_tokens = ask.counts.output_tokens,
            .reasoning_tokens = -1,
            .wait_ns = call.queue_ns,
            .n_truncated = -1,
        });
    return rc;
}

/* ---- open and close ---------------------------------------------------- */

static enum rkb_status load(struct rkb_process *p, struct rkb_err *err)
{
    enum rkb_status rc = start(p, err);

    while (!rc && p->state == LOADING) {
        if (rkb_stop_level(p->want.stop))
            rc = rkb_fail(err, RKB_E_STOPPED, "stopped");
        else
            take_turn(p, p->load_until_ns, p->want.stop);
    }
    if (!rc && p->state == DOWN)
        rc = rkb_fail(err, p->why.code, "%s", p->why.msg);
    return rc;
}

enum rkb_status rkb_process_open(struct rkb_process **out,
                                 const struct rkb_process_want *want,
                                 struct rkb_err *err)
{
    struct rkb_process *p = rkb_new(1, sizeof(*p));
    enum rkb_status rc;

    *out = NULL;
    p->want = *want;
    p->monitor = rkb_monitor_new();
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    rkb_monitor_lock(p->monitor);
    rc = p->wake < 0 ? rkb_fail(err, RKB_E_IO, "cannot make an eventfd")
                     : load(p, err);
    rkb_monitor_unlock(p->monitor);
    if (rc) {
        rkb_process_close(p);
        return rc;
    }
    *out = p;
    return RKB_OK;
}

void rkb_process_close(struct rkb_process *p)
{
    if (!p)
        return;
    /* One that loads or does not answer does not see the end of its stdin. */
    bool listens = p->state == READY && !is_stuck(p);

    rkb_proc_close(p->proc, listens ? p->want.grace_ns : 0, p->want.stop);
    if (p->wake >= 0)
        close(p->wake);
    rkb_free(p->slots);
    rkb_arena_release(&p->scratch);
    rkb_monitor_free(p->monitor);
    rkb_free(p);
}

const struct rkb_process_hello *rkb_process_hello(const struct rkb_process *p)
{
    return &p->hello;
}
