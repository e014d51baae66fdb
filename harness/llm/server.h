/* SPDX-License-Identifier: Apache-2.0 */
/* The one door through which methods ask a model server. Behind it: the gate
 * (calls at once, Retry-After), the response cache, recordings, retries, the
 * account and the call log. A server is opened from the options of
 * server_options.def and used by any number of threads. */
#ifndef RKB_HARNESS_LLM_SERVER_H
#define RKB_HARNESS_LLM_SERVER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/stop.h"
#include "harness/llm/ask.h"
#include "harness/llm/branch.h"
#include "harness/llm/dialect.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most URLs of one server. */
#define RKB_SERVER_URLS 64

/* Answers made up without asking, for --dry-run: of the labels always the
 * first, always the last, or one drawn by the branch's seed. */
enum rkb_counting {
    RKB_ASKING,
    RKB_COUNT_FIRST,
    RKB_COUNT_LAST,
    RKB_COUNT_DRAWN
};

struct rkb_server_env {
    const struct rkb_optset *options;
    struct rkb_arena *arena;     /* lives as long as the server */
    const struct rkb_stop *stop; /* while opening and probing; may be NULL */
    size_t in_flight;            /* calls at once, over all URLs; 0: 1 */
    int64_t repeat;              /* another repeat, another cached answer */
    enum rkb_counting counting;
};

struct rkb_server;

/* RKB_E_USAGE for options that do not go together, an unknown dialect, a key
 * variable that is not set; RKB_E_IO and RKB_E_DATA for a file. Sends
 * nothing. */
enum rkb_status rkb_server_open(struct rkb_server **out,
                                const struct rkb_server_env *env,
                                struct rkb_err *err) RKB_MUST_CHECK;
void rkb_server_close(struct rkb_server *s); /* NULL is fine */

const struct rkb_dialect_def *rkb_server_dialect(const struct rkb_server *s);
/* Recorded answers or made-up ones: nothing can be asked of a server. */
bool rkb_server_is_offline(const struct rkb_server *s);
/* All of `can`; always true of recorded answers. */
bool rkb_server_can(const struct rkb_server *s, unsigned can);

/* The prompt's first special token is put before it by the server, or was left
 * out where it was recorded. */
bool rkb_server_adds_bos(const struct rkb_server *s);

/* One cheap request, before the first query is paid for: which models, what
 * context. Where the dialect has no route for it, or the server has not,
 * nothing is known and that is no error. RKB_E_USAGE when `model` is not among
 * those served, and when several are and none was named. RKB_E_IO when the
 * server cannot be reached. Not thread-safe: before the first query. */
enum rkb_status rkb_server_probe(struct rkb_server *s, struct rkb_err *err)
    RKB_MUST_CHECK;
int64_t rkb_server_context(const struct rkb_server *s); /* -1 unknown */

/* What of it decides answers: dialect and version, model, digest of recorded
 * answers. A JSON object. */
void rkb_server_identity(const struct rkb_server *s, struct rkb_buf *json);
/* How it is asked, for the session: URLs, calls at once, prefix state, context.
 * A JSON object. */
void rkb_server_conditions(const struct rkb_server *s, struct rkb_buf *json);

/* An ask with all that options decide: model, sampling, thinking, stream,
 * prefix state; the rest is the method's. Views live in the branch's arena. */
void rkb_server_ask(const struct rkb_server *s, struct rkb_branch *b,
                    enum rkb_ask_kind kind, struct rkb_ask *out);

/* Asks, waits, reads. The answer lives in the branch's arena. Every attempt is
 * logged, with the class "ok" for a whole answer: rkb_branch_class says it
 * better once the method has understood it.
 *
 * RKB_E_STOPPED. RKB_E_LIMIT with answer->fault CONTEXT or BATCH: shrink or
 * split. RKB_E_REFUSED: no call of this run can go well (key, quota, model,
 * route, a wait too long); nothing more is sent. RKB_E_USAGE: what the dialect
 * cannot be asked. RKB_E_DATA: an answer that is none, or a
 * recording that does not fit. RKB_E_IO: all attempts failed. */
enum rkb_status rkb_ask_send(struct rkb_server *s, struct rkb_branch *b,
                             const struct rkb_ask *ask,
                             struct rkb_answer *answer, struct rkb_err *err)
    RKB_MUST_CHECK;

/* At the end of what the branch asked: RKB_E_DATA when recorded calls of its
 * query and path are left over. Nothing for any other server. */
enum rkb_status rkb_server_leftover(const struct rkb_server *s,
                                    const struct rkb_branch *b,
                                    struct rkb_err *err) RKB_MUST_CHECK;

#endif
