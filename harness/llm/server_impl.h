/* SPDX-License-Identifier: Apache-2.0 */
/* What server.c opens and call.c uses. */
#ifndef RKB_HARNESS_LLM_SERVER_IMPL_H
#define RKB_HARNESS_LLM_SERVER_IMPL_H

#include "base/io/file.h"
#include "base/io/http.h"
#include "base/par.h"
#include "harness/llm/cache.h"
#include "harness/llm/gate.h"
#include "harness/llm/recording.h"
#include "harness/llm/server.h"

/* A stop gives calls in flight so long; then they are cut. */
#define RKB_CALL_GRACE_NS INT64_C(5000000000)

struct rkb_idle_lane {
    struct rkb_http_lane *lane;
    struct rkb_idle_lane *next;
};

struct rkb_server {
    const struct rkb_optset *options;
    struct rkb_arena *arena;
    const struct rkb_dialect_def *dialect;
    const struct rkb_stop *stop;
    const char *urls[RKB_SERVER_URLS];
    size_t n_urls, in_flight;
    const char *headers[2]; /* the key's, or none; never shown */
    rkb_sv key;             /* itself, to be hidden where a server echoes it */
    const char *ca_file;
    struct rkb_recording *replay;
    struct rkb_cache *cache;
    struct rkb_file_append *record;
    struct rkb_gate *gate;
    enum rkb_counting counting;
    int64_t repeat;

    /* From the options. */
    int64_t connect_ns, first_byte_ns, idle_ns, call_ns, backoff_ns, retries;
    double temperature, top_p;
    enum rkb_thinking thinking;
    bool cold, stream, keep_answers, same_prompts;
    rkb_sv extra;  /* a JSON object; empty: none */
    uint64_t salt; /* of this opening of the server */

    /* Found by the probe. */
    rkb_sv model;    /* empty: unknown */
    int64_t context; /* -1 unknown */

    /* Guarded by the monitor. */
    struct rkb_monitor *monitor;
    struct rkb_idle_lane *idle;
    bool given_up; /* no call can go well */
    struct rkb_err why;
};

/* A lane nobody else uses, and back. */
enum rkb_status rkb_server_lane(struct rkb_server *s,
                                struct rkb_idle_lane **out, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_server_lane_back(struct rkb_server *s, struct rkb_idle_lane *lane);

/* One attempt after another; no cache, no recording. `answer` lives in the
 * branch's arena. */
enum rkb_status rkb_server_attempts(struct rkb_server *s, struct rkb_branch *b,
                                    const struct rkb_ask *ask, int64_t seq,
                                    struct rkb_answer *answer,
                                    struct rkb_err *err) RKB_MUST_CHECK;

#endif
