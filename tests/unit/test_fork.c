/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/branch.h"

#include "base/buf.h"
#include "base/clock.h"
#include "tests/tap.h"

#include <stdatomic.h>

/* The root branch of a query, as the engine makes it. */
struct root {
    struct rkb_arena arena;
    struct rkb_account account;
    struct rkb_calls calls;
    struct rkb_branch branch;
};

static void root_init(struct root *r, struct rkb_pool *pool)
{
    *r = (struct root){ 0 };
    r->branch = (struct rkb_branch){
        .arena = &r->arena,
        .account = &r->account,
        .calls = &r->calls,
        .pool = pool,
    };
}

static void log_one(struct rkb_branch *b, const char *answer)
{
    const struct rkb_call call = {
        .seq = rkb_branch_seq(b),
        .answer = rkb_sv_of(answer),
    };

    rkb_branch_log(b, &call);
    b->account->n_calls++;
}

/* "path+seq=answer ..." of all calls. */
static const char *log_text(const struct root *r)
{
    static char out[4096];
    struct rkb_buf b = { 0 };

    for (size_t i = 0; i < r->calls.n; i++)
        rkb_buf_printf(&b, "%s%s+%lld=%s", i ? " " : "", r->calls.items[i].path,
                       (long long)r->calls.items[i].seq,
                       r->calls.items[i].answer.at);
    snprintf(out, sizeof(out), "%.*s", (int)b.len, b.at ? b.at : "");
    rkb_buf_release(&b);
    return out;
}

static enum rkb_status leaf(struct rkb_branch *b, size_t i, void *arg,
                            struct rkb_err *err)
{
    (void)arg;
    (void)err;
    log_one(b, i % 2 ? "odd" : "even");
    log_one(b, "x");
    return RKB_OK;
}

static enum rkb_status twig(struct rkb_branch *b, size_t i, void *arg,
                            struct rkb_err *err)
{
    log_one(b, "a");
    if (i == 1) {
        enum rkb_status rc = rkb_fork(b, 2, leaf, arg, err);

        if (rc)
            return rc;
    }
    log_one(b, "z");
    return RKB_OK;
}

static void calls_and_accounts_merge_in_index_order(void)
{
    struct rkb_pool *pools[] = { NULL, rkb_pool_open(1), rkb_pool_open(4) };

    for (size_t p = 0; p < RKB_COUNT(pools); p++) {
        for (int round = 0; round < 50; round++) {
            struct rkb_err err = { 0 };
            struct root r;

            root_init(&r, pools[p]);
            log_one(&r.branch, "first");
            CHECK_EQ_INT(rkb_fork(&r.branch, 3, twig, NULL, &err), RKB_OK);
            CHECK_EQ_INT(rkb_fork(&r.branch, 0, twig, NULL, &err), RKB_OK);
            CHECK_EQ_INT(rkb_fork(&r.branch, 1, leaf, NULL, &err), RKB_OK);
            log_one(&r.branch, "last");
            CHECK_STR(log_text(&r),
                      "+0=first 0+0=a 0+1=z "
                      "1+0=a 1/0+0=even 1/0+1=x 1/1+0=odd 1/1+1=x 1+1=z "
                      "2+0=a 2+1=z 2.0+0=even 2.0+1=x +1=last");
            CHECK_EQ_INT(r.account.n_calls, r.calls.n);
            rkb_arena_release(&r.arena);
        }
        rkb_pool_close(pools[p]);
    }
}

static void accounts_add_and_unknown_stays_unknown(void)
{
    struct rkb_account a = { .n_calls = 1, .prompt_tokens = 5, .wait_ns = 7 };
    const struct rkb_account b = { .n_calls = 2,
                                   .prompt_tokens = -1,
                                   .wait_ns = 3,
                                   .first_token_ns = 9,
                                   .n_truncated = 1,
                                   .untimed = true };

    rkb_account_add(&a, &b);
    rkb_account_add(&a, &b);
    CHECK_EQ_INT(a.n_calls, 5);
    CHECK_EQ_INT(a.prompt_tokens, -1);
    CHECK_EQ_INT(a.wait_ns, 13);
    CHECK_EQ_INT(a.first_token_ns, 9); /* of several the earliest */
    rkb_account_add(&a, &(struct rkb_account){ .first_token_ns = 4 });
    rkb_account_add(&a, &(struct rkb_account){ .first_token_ns = 6 });
    CHECK_EQ_INT(a.first_token_ns, 4);
    CHECK_EQ_INT(a.n_truncated, 2);
    CHECK_EQ_INT(a.output_tokens, 0);
    CHECK(a.untimed);
}

/* Items from 5 on fail; 5 is the lowest whoever is faster. */
static enum rkb_status fails(struct rkb_branch *b, size_t i, void *arg,
                             struct rkb_err *err)
{
    atomic_int *n_started = arg;

    atomic_fetch_add(n_started, 1);
    log_one(b, "tried");
    if (i >= 5)
        return rkb_fail(err, RKB_E_IO, "item %zu failed", i);
    return RKB_OK;
}

static void the_lowest_error_is_returned_and_stops_the_rest(void)
{
    struct rkb_pool *pools[] = { NULL, rkb_pool_open(4) };

    for (size_t p = 0; p < RKB_COUNT(pools); p++) {
        for (int round = 0; round < 50; round++) {
            struct rkb_err err = { 0 };
            atomic_int n_started = 0;
            struct root r;

            root_init(&r, pools[p]);
            CHECK_EQ_INT(rkb_fork(&r.branch, 1000, fails, &n_started, &err),
                         RKB_E_IO);
            CHECK_EQ_INT(err.code, RKB_E_IO);
            CHECK_STR(err.msg, "item 5 failed");
            CHECK(atomic_load(&n_started) < 100);
            /* What was spent is on the account, failed or not. */
            CHECK_EQ_INT(r.account.n_calls, atomic_load(&n_started));
            CHECK_EQ_INT(r.calls.n, atomic_load(&n_started));
            rkb_arena_release(&r.arena);
        }
        rkb_pool_close(pools[p]);
    }
}

static int64_t fake_now(void *ctx)
{
    return atomic_load((_Atomic int64_t *)ctx);
}

struct ticking {
    _Atomic int64_t now;
    atomic_int n_started;
};

static enum rkb_status ticks(struct rkb_branch *b, size_t i, void *arg,
                             struct rkb_err *err)
{
    struct ticking *t = arg;

    (void)b;
    (void)i;
    (void)err;
    atomic_fetch_add(&t->n_started, 1);
    atomic_fetch_add(&t->now, 10);
    return RKB_OK;
}

static void no_item_starts_after_the_deadline(void)
{
    struct ticking t = { .now = 1000 };
    struct rkb_err err = { 0 };
    struct root r;

    rkb_clock_set(fake_now, &t.now);
    root_init(&r, NULL);
    r.branch.deadline_ns = 1025;
    CHECK_EQ_INT(rkb_fork(&r.branch, 9, ticks, &t, &err), RKB_E_IO);
    CHECK_STR(err.msg, "the query's time limit has passed");
    CHECK_EQ_INT(atomic_load(&t.n_started), 3);
    r.branch.deadline_ns = 0;
    CHECK_EQ_INT(rkb_fork(&r.branch, 9, ticks, &t, &err), RKB_OK);
    rkb_clock_set(NULL, NULL);
    rkb_arena_release(&r.arena);
}

static void no_item_starts_after_a_stop(void)
{
    struct rkb_stop *stop = rkb_stop_new();
    struct ticking t = { 0 };
    struct rkb_err err = { 0 };
    struct root r;

    root_init(&r, NULL);
    r.branch.stop = stop;
    CHECK_EQ_INT(rkb_branch_check(&r.branch, &err), RKB_OK);
    rkb_stop_request(stop);
    CHECK_EQ_INT(rkb_branch_check(&r.branch, &err), RKB_E_STOPPED);
    CHECK_EQ_INT(rkb_fork(&r.branch, 9, ticks, &t, &err), RKB_E_STOPPED);
    CHECK_EQ_INT(atomic_load(&t.n_started), 0);
    rkb_arena_release(&r.arena);
    rkb_stop_close(stop);
}

static enum rkb_status renders(struct rkb_branch *b, size_t i, void *arg,
                               struct rkb_err *err)
{
    char *prompt = rkb_arena_new(b->arena, 1, 100000);
    size_t *results = arg;

    (void)err;
    memset(prompt, 'p', 100000);
    results[i] = i + (size_t)(prompt[i % 100000] == 'p');
    log_one(b, "[1] > [2]");
    return RKB_OK;
}

/* 9,900 prompts of 100 kB would be a gigabyte. */
static void scratch_of_items_does_not_pile_up(void)
{
    static size_t results[9900];
    struct rkb_pool *pool = rkb_pool_open(3);
    struct rkb_err err = { 0 };
    struct root r;

    root_init(&r, pool);
    CHECK_EQ_INT(rkb_fork(&r.branch, 9900, renders, results, &err), RKB_OK);
    for (size_t i = 0; i < 9900; i++)
        if (!CHECK_EQ_INT(results[i], i + 1))
            break;
    CHECK_EQ_INT(r.calls.n, 9900);
    CHECK_STR(r.calls.items[9899].path, "9899");
    CHECK(r.arena.used_bytes < (size_t)10 << 20);
    rkb_arena_release(&r.arena);
    rkb_pool_close(pool);
}

TESTS(TEST(calls_and_accounts_merge_in_index_order),
      TEST(accounts_add_and_unknown_stays_unknown),
      TEST(the_lowest_error_is_returned_and_stops_the_rest),
      TEST(no_item_starts_after_the_deadline),
      TEST(no_item_starts_after_a_stop),
      TEST(scratch_of_items_does_not_pile_up))
