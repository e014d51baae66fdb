/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/branch.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <string.h>

static void add_known(int64_t *to, int64_t from)
{
    *to = *to < 0 || from < 0 ? -1 : *to + from;
}

void rkb_account_add(struct rkb_account *to, const struct rkb_account *from)
{
    add_known(&to->n_calls, from->n_calls);
    add_known(&to->n_cached, from->n_cached);
    add_known(&to->retries, from->retries);
    add_known(&to->prompt_tokens, from->prompt_tokens);
    add_known(&to->cached_tokens, from->cached_tokens);
    add_known(&to->output_tokens, from->output_tokens);
    add_known(&to->reasoning_tokens, from->reasoning_tokens);
    add_known(&to->wait_ns, from->wait_ns);
    add_known(&to->n_truncated, from->n_truncated);
    to->untimed = to->untimed || from->untimed;
    if (from->first_token_ns > 0 &&
        (to->first_token_ns <= 0 || from->first_token_ns < to->first_token_ns))
        to->first_token_ns = from->first_token_ns;
}

enum rkb_status rkb_branch_check(const struct rkb_branch *b,
                                 struct rkb_err *err)
{
    if (rkb_stop_level(b->stop) > 0)
        return rkb_fail(err, RKB_E_STOPPED, "stopped");
    if (b->deadline_ns && rkb_clock_now() >= b->deadline_ns)
        return rkb_fail(err, RKB_E_IO, "the query's time limit has passed");
    return RKB_OK;
}

int64_t rkb_branch_seq(struct rkb_branch *b)
{
    return b->n_seqs++;
}

/* ---- calls ------------------------------------------------------------- */

static struct rkb_call *call_slot(struct rkb_calls *calls, struct rkb_arena *a)
{
    if (calls->n == calls->cap) {
        size_t cap = calls->cap ? 2 * calls->cap : 1; /* most items make one */
        struct rkb_call *items = rkb_arena_new(a, cap, sizeof(*items));

        if (calls->n)
            memcpy(items, calls->items, calls->n * sizeof(*items));
        calls->items = items;
        calls->cap = cap;
    }
    return &calls->items[calls->n++];
}

static void copy_call(struct rkb_call *to, const struct rkb_call *from,
                      rkb_sv path, struct rkb_arena *a)
{
    *to = *from;
    to->path = rkb_arena_cstr(a, path);
    if (from->answer.at)
        to->answer = rkb_arena_copy(a, from->answer);
}

void rkb_branch_log(struct rkb_branch *b, const struct rkb_call *call)
{
    copy_call(call_slot(b->calls, b->arena), call, b->path, b->arena);
}

void rkb_branch_class(struct rkb_branch *b, const char *name)
{
    if (b->calls->n)
        b->calls->items[b->calls->n - 1].class_name = name;
}

/* ---- fork -------------------------------------------------------------- */

/* What is left of an item when its scratch is gone. */
struct item_result {
    struct rkb_account account;
    struct rkb_calls calls; /* in the parent's arena */
};

struct fork {
    struct rkb_branch *parent;
    struct rkb_monitor *monitor; /* of the parent's arena and `err` */
    rkb_item_fn *fn;
    void *arg;
    int64_t fork_no;
    struct item_result *results;
    struct rkb_err err; /* of the lowest failed item */
    size_t failed_item;
};

static rkb_sv item_path(const struct fork *f, struct rkb_arena *a, size_t i)
{
    rkb_sv parent = f->parent->path;
    const char *slash = parent.len ? "/" : "";

    if (f->fork_no == 0)
        return rkb_sv_of(rkb_arena_printf(a, "%.*s%s%zu", (int)parent.len,
                                          parent.at ? parent.at : "", slash,
                                          i));
    return rkb_sv_of(rkb_arena_printf(a, "%.*s%s%lld.%zu", (int)parent.len,
                                      parent.at ? parent.at : "", slash,
                                      (long long)f->fork_no, i));
}

static void keep(struct fork *f, size_t i, const struct rkb_branch *item)
{
    struct item_result *r = &f->results[i];
    struct rkb_arena *a = f->parent->arena;

    r->account = *item->account;
    for (size_t k = 0; k < item->calls->n; k++) {
        const struct rkb_call *from = &item->calls->items[k];

        copy_call(call_slot(&r->calls, a), from, rkb_sv_of(from->path), a);
    }
}

/* Scratch is the item's own and goes with it: thousands of prompts never
 * exist at once. What stays is copied into the parent's arena under the lock;
 * the parent itself waits meanwhile. */
static enum rkb_status run_item(void *arg, size_t i, size_t worker)
{
    struct fork *f = arg;
    struct rkb_arena scratch = { 0 };
    struct rkb_account account = { 0 };
    struct rkb_calls calls = { 0 };
    struct rkb_branch item = {
        .arena = &scratch,
        .account = &account,
        .calls = &calls,
        .stop = f->parent->stop,
        .pool = f->parent->pool,
        .deadline_ns = f->parent->deadline_ns,
        .start_ns = f->parent->start_ns,
        .qid = f->parent->qid,
        .seed = f->parent->seed,
    };
    struct rkb_err err = { 0 };
    enum rkb_status rc;

    (void)worker;
    rc = rkb_branch_check(&item, &err);
    if (!rc) {
        item.path = item_path(f, &scratch, i);
        rc = f->fn(&item, i, f->arg, &err);
    }
    rkb_monitor_lock(f->monitor);
    keep(f, i, &item);
    if (rc && i <= f->failed_item) {
        f->failed_item = i;
        f->err = err;
        f->err.code = rc;
    }
    rkb_monitor_unlock(f->monitor);
    rkb_arena_release(&scratch);
    return rc;
}

enum rkb_status rkb_fork(struct rkb_branch *b, size_t n, rkb_item_fn *fn,
                         void *arg, struct rkb_err *err)
{
    struct fork f = {
        .parent = b,
        .fn = fn,
        .arg = arg,
        .fork_no = b->n_forks++,
        .failed_item = SIZE_MAX,
    };
    enum rkb_status rc;

    assert(b->arena && b->account && b->calls);
    f.monitor = rkb_monitor_new();
    f.results = rkb_new(n, sizeof(*f.results));
    rc = rkb_pool_run(b->pool, n, run_item, &f);
    for (size_t i = 0; i < n; i++) {
        const struct item_result *r = &f.results[i];

        rkb_account_add(b->account, &r->account);
        for (size_t k = 0; k < r->calls.n; k++)
            *call_slot(b->calls, b->arena) = r->calls.items[k];
    }
    if (rc)
        *err = f.err;
    rkb_free(f.results);
    rkb_monitor_free(f.monitor);
    return rc;
}
