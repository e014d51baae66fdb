/* SPDX-License-Identifier: Apache-2.0 */
/* What a reranker works with while it answers one query: memory, the account,
 * the calls, the cancel flag, and a way to do many things at once. */
#ifndef RKB_HARNESS_LLM_BRANCH_H
#define RKB_HARNESS_LLM_BRANCH_H

#include "base/arena.h"
#include "base/err.h"
#include "base/io/digest.h"
#include "base/par.h"
#include "base/stop.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Totals of one query; merged from its branches in index order. -1 where the
 * reranker cannot know, 0 where there was none. */
struct rkb_account {
    int64_t n_calls, n_cached, retries;
    int64_t prompt_tokens, cached_tokens, output_tokens, reasoning_tokens;
    int64_t wait_ns;        /* inside calls: queue, back-off */
    int64_t first_token_ns; /* since start_ns of the branch */
    int64_t n_truncated;
    bool untimed; /* waited for a program to load: its time tells nothing */
};

/* Adds member by member; -1 (unknown) on either side gives -1, except that
 * first_token_ns is the earliest that is set (> 0): it is a time, not a sum. */
void rkb_account_add(struct rkb_account *to, const struct rkb_account *from);

/* One call to something outside, for the store's `call` table. */
struct rkb_call {
    const char *path; /* of the branch, "" at the root; then `seq` */
    int64_t seq, attempt, http;
    int64_t queue_ns, connect_ns, first_byte_ns, first_token_ns, total_ns,
        parse_ns;
    int64_t prompt_tokens, output_tokens, cached_tokens;
    int64_t server_ns;             /* by its own clock; -1 unknown            */
    int64_t render_ns;             /* making the prompt and the request, once */
    int64_t start_ns;              /* asked for its turn, since the branch's */
    struct rkb_digest request_sha; /* of the bytes sent; zeros: none */
    const char *class_name; /* "ok", "repetition", ... NULL = none; static */
    rkb_sv answer;          /* kept on request only */
};
struct rkb_calls {
    struct rkb_call *items; /* [n], in the branch's arena with all texts */
    size_t n, cap;
};

/* One line of work. The engine makes the root of a query: zeroed but for
 * arena, account and calls, which must be there, and what it sets. */
struct rkb_branch {
    struct rkb_arena *arena; /* root: until the query is stored. In an item:
                                scratch, gone when the item returns        */
    struct rkb_account *account;
    struct rkb_calls *calls;
    const struct rkb_stop *stop; /* NULL: never stopped                    */
    struct rkb_pool *pool;       /* of rkb_fork; NULL: one after another   */
    int64_t deadline_ns;         /* of rkb_clock_now; 0: none              */
    int64_t start_ns;            /* when the query was handed over         */
    rkb_sv qid;              /* of the query; items have their parent's    */
    uint64_t seed;           /* of the request, for what is random        */
    rkb_sv path;             /* "" at the root, "3/0": call key = path + seq */
    int64_t n_seqs, n_forks; /* given out so far by this branch        */
    int64_t n_sides;         /* calls beside the method's own, likewise */
};

/* Before each call and between long steps: RKB_E_STOPPED when a stop was
 * asked for, RKB_E_IO when the deadline has passed. */
enum rkb_status rkb_branch_check(const struct rkb_branch *b,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* The number of the branch's next call. Take it before the call, use it for
 * all attempts. */
int64_t rkb_branch_seq(struct rkb_branch *b);

/* Logs an attempt; path is the branch's, the answer is copied. The account is
 * the caller's to keep. */
void rkb_branch_log(struct rkb_branch *b, const struct rkb_call *call);

/* What became of the last call logged: for a class that is known only when the
 * answer was understood. `name` is static. */
void rkb_branch_class(struct rkb_branch *b, const char *name);

/* Item i in [0, n). Results go to memory of the caller's that belongs to this
 * item alone, never to item->arena. */
typedef enum rkb_status rkb_item_fn(struct rkb_branch *item, size_t i,
                                    void *arg, struct rkb_err *err);

/* fn(0..n-1), each once, in any order, on the pool; returns when none is
 * running. Item i gets the path "<parent>/i" ("i" below the root); a later
 * fork of the same branch, its kth from 0, "<parent>/k.i". Accounts and calls
 * of all items that ran, failed ones too, are merged in index order behind
 * what the branch had. An error stops the start of further items, and the one
 * of the lowest index is returned. Before each item rkb_branch_check. An item
 * may fork again. */
enum rkb_status rkb_fork(struct rkb_branch *b, size_t n, rkb_item_fn *fn,
                         void *arg, struct rkb_err *err) RKB_MUST_CHECK;

#endif
