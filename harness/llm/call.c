/* SPDX-License-Identifier: Apache-2.0 */
/* One call from the ask to the answer: attempts over HTTP, and around them
 * recordings, the cache and made-up answers. */
#include "harness/llm/server_impl.h"

#include "base/clock.h"
#include "base/io/json.h"
#include "base/rng.h"
#include "harness/llm/answer_json.h"
#include "harness/llm/count.h"
#include "harness/llm/retry.h"

#include <stdio.h>
#include <string.h>

/* A request as it goes out, the same in every attempt. */
struct wire {
    rkb_sv path, body;
    int64_t seq, render_ns;
    struct rkb_digest sha; /* of the body */
};

/* An attempt and what came of it. */
struct attempt {
    struct rkb_call log;
    struct rkb_fault fault;
    int64_t first_token_at_ns; /* of rkb_clock_now; 0: it came at no time */
    bool is_whole;             /* a reply, whatever it says */
    size_t url;
};

/* ---- giving up ------------------------------------------------------------ */

static enum rkb_status has_given_up(struct rkb_server *s, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    rkb_monitor_lock(s->monitor);
    if (s->given_up) {
        *err = s->why;
        rc = RKB_E_REFUSED;
    }
    rkb_monitor_unlock(s->monitor);
    return rc;
}

static enum rkb_status give_up(struct rkb_server *s, struct rkb_err *err)
{
    err->code = RKB_E_REFUSED;
    rkb_monitor_lock(s->monitor);
    if (!s->given_up) {
        s->given_up = true;
        s->why = *err;
    }
    rkb_monitor_unlock(s->monitor);
    return RKB_E_REFUSED;
}

/* ---- reading a reply ------------------------------------------------------ */

static void set_fault(struct rkb_fault *f, enum rkb_fault_kind kind,
                      const char *text)
{
    struct rkb_err cut;

    rkb_fail(&cut, RKB_E_IO, "%s", text);
    *f = (struct rkb_fault){ .kind = kind, .limit = -1, .asked = -1 };
    memcpy(f->msg, cut.msg, sizeof f->msg - 1);
    f->msg[sizeof f->msg - 1] = '\0';
    rkb_printable(f->msg, strlen(cut.msg) >= sizeof f->msg);
}

static void read_error(const struct rkb_server *s, int http, rkb_sv body,
                       struct rkb_fault *fault)
{
    if (s->dialect->read_error)
        s->dialect->read_error(http, body, fault);
    else
        rkb_fault_read(http, body, fault);
}

/* Text that is no JSON at all comes from something in between (a proxy, a
 * server that is starting) and may pass; JSON of the wrong shape will not. */
static enum rkb_fault_kind unreadable(rkb_sv body)
{
    rkb_sv text = rkb_sv_trim(body);

    return text.len && (text.at[0] == '{' || text.at[0] == '[')
               ? RKB_FAULT_QUERY
               : RKB_FAULT_AGAIN;
}

/* A copy in which asterisks stand for the key. */
static rkb_sv hide_key(const struct rkb_server *s, rkb_sv text,
                       struct rkb_arena *a)
{
    char *copy = rkb_arena_new(a, text.len + 1, 1), *at = copy;

    if (text.len)
        memcpy(copy, text.at, text.len);
    while (s->key.len && (at = memmem(at, text.len - (size_t)(at - copy),
                                      s->key.at, s->key.len)))
        memset(at, '*', s->key.len);
    return (rkb_sv){ copy, text.len };
}

static bool is_stream(const struct rkb_http_reply *reply)
{
    rkb_sv type = rkb_http_header(reply, "content-type");

    return rkb_sv_starts(type, "text/event-stream") ||
           rkb_sv_starts(type, "application/x-ndjson");
}

/* Events in order; the mark of the first with content is the first token's
 * time. */
static enum rkb_status read_events(const struct rkb_server *s,
                                   struct rkb_arena *a,
                                   const struct rkb_ask *ask,
                                   const struct rkb_http_reply *reply,
                                   struct rkb_answer *answer, struct attempt *t,
                                   struct rkb_err *err)
{
    bool ndjson = s->dialect->can & (unsigned)RKB_IS_NDJSON, is_last = false;
    size_t pos = 0, offset;
    rkb_sv data;

    rkb_answer_init(answer);
    while (!is_last &&
           rkb_event_next(a, reply->body, ndjson, &pos, &data, &offset)) {
        bool has_content = false;
        enum rkb_status rc = s->dialect->read_event(
            a, ask, data, answer, &has_content, &is_last, err);

        if (rc) {
            t->log.class_name = rc == RKB_E_IO ? "error" : "unreadable";
            if (rc == RKB_E_IO)
                read_error(s, reply->status, data, &t->fault);
            else
                set_fault(&t->fault, RKB_FAULT_QUERY, err->msg);
            return rc;
        }
        if (has_content && !t->first_token_at_ns) {
            t->first_token_at_ns = rkb_http_time_of(reply, offset);
            t->log.first_token_ns = t->first_token_at_ns - reply->start_ns;
        }
    }
    if (is_last) {
        enum rkb_status rc = rkb_answer_check(ask, answer, err);

        if (rc) {
            t->log.class_name = "unreadable";
            set_fault(&t->fault, RKB_FAULT_QUERY, err->msg);
        }
        return rc;
    }
    rkb_fail(err, RKB_E_IO, "the stream ended before its last event");
    set_fault(&t->fault, RKB_FAULT_AGAIN, err->msg);
    t->log.class_name = "cut";
    return RKB_E_IO;
}

static enum rkb_status read_whole(const struct rkb_server *s,
                                  struct rkb_arena *a,
                                  const struct rkb_ask *ask,
                                  const struct rkb_http_reply *reply,
                                  struct rkb_answer *answer, struct attempt *t,
                                  struct rkb_err *err)
{
    enum rkb_status rc = s->dialect->read(a, ask, reply->body, answer, err);

    if (rc == RKB_E_IO) {
        t->log.class_name = "error";
        read_error(s, reply->status, reply->body, &t->fault);
    } else if (rc) {
        t->log.class_name = "unreadable";
        set_fault(&t->fault, unreadable(reply->body), err->msg);
    }
    return rc;
}

/* Classes of replies that are no success. */
static const char *const fault_names[] = {
    [RKB_FAULT_AGAIN] = "status",    [RKB_FAULT_QUERY] = "bad_request",
    [RKB_FAULT_CONTEXT] = "context", [RKB_FAULT_BATCH] = "batch",
    [RKB_FAULT_RUN] = "refused",
};

static enum rkb_status read_failure(const struct rkb_server *s,
                                    struct rkb_arena *a,
                                    const struct rkb_http_reply *reply,
                                    struct attempt *t, struct rkb_err *err)
{
    rkb_sv to = hide_key(s, rkb_http_header(reply, "location"), a);

    read_error(s, reply->status, reply->body, &t->fault);
    if (reply->status >= 300 && reply->status < 400) {
        rkb_fail(err, RKB_E_IO, "redirected to '%.*s', not followed",
                 (int)(to.len < 120 ? to.len : 120), to.len ? to.at : "");
        set_fault(&t->fault, RKB_FAULT_RUN, err->msg);
    }
    t->log.class_name = fault_names[t->fault.kind];
    return rkb_fail(err, RKB_E_IO, "%s", t->fault.msg);
}

/* The body is in the lane's memory: what the answer points to must be the
 * branch's. Nothing is read from it that a server echoes of the key. */
static enum rkb_status read_reply(const struct rkb_server *s,
                                  struct rkb_arena *a,
                                  const struct rkb_ask *ask,
                                  struct rkb_http_reply reply,
                                  struct rkb_answer *answer, struct attempt *t,
                                  struct rkb_err *err)
{
    reply.body = hide_key(s, reply.body, a);
    if (reply.status < 200 || reply.status > 299)
        return read_failure(s, a, &reply, t, err);
    t->log.class_name = "ok";
    if (ask->stream && s->dialect->read_event && is_stream(&reply))
        return read_events(s, a, ask, &reply, answer, t, err);
    return read_whole(s, a, ask, &reply, answer, t, err);
}

/* ---- one attempt ------------------------------------------------------------ */

static const struct {
    const char *name;
    enum rkb_fault_kind kind;
} ends[] = {
    [RKB_HTTP_WHOLE] = { "ok", RKB_FAULT_AGAIN },
    [RKB_HTTP_NO_CONNECTION] = { "no_connection", RKB_FAULT_AGAIN },
    [RKB_HTTP_NO_TLS] = { "tls", RKB_FAULT_RUN },
    [RKB_HTTP_CONNECT_TIMEOUT] = { "connect_timeout", RKB_FAULT_AGAIN },
    [RKB_HTTP_FIRST_TIMEOUT] = { "first_byte_timeout", RKB_FAULT_AGAIN },
    [RKB_HTTP_IDLE_TIMEOUT] = { "idle_timeout", RKB_FAULT_AGAIN },
    [RKB_HTTP_TOTAL_TIMEOUT] = { "call_timeout", RKB_FAULT_AGAIN },
    [RKB_HTTP_CUT] = { "cut", RKB_FAULT_AGAIN },
    [RKB_HTTP_TOO_LARGE] = { "too_large", RKB_FAULT_QUERY },
    [RKB_HTTP_STOPPED] = { "stopped", RKB_FAULT_QUERY },
    [RKB_HTTP_BROKEN] = { "broken", RKB_FAULT_AGAIN },
};

static void take_times(struct attempt *t, const struct rkb_http_reply *reply)
{
    if (reply->status)
        t->log.http = reply->status;
    t->log.connect_ns = reply->connect_ns;
    if (reply->first_byte_ns)
        t->log.first_byte_ns = reply->first_byte_ns;
    t->log.total_ns = reply->total_ns;
}

static enum rkb_status over_http(struct rkb_server *s, struct rkb_branch *b,
                                 const struct rkb_ask *ask, const char *url,
                                 rkb_sv body, struct rkb_http_lane *lane,
                                 struct rkb_answer *answer, struct attempt *t,
                                 int64_t *not_before_ns, struct rkb_err *err)
{
    const struct rkb_http_request request = {
        .url = url,
        .method = body.len ? "POST" : "GET",
        .body = body,
        .headers = s->headers,
        .ca_file = s->ca_file,
        .connect_ns = s->connect_ns,
        .first_byte_ns = s->first_byte_ns,
        .idle_ns = s->idle_ns,
        .total_ns = s->call_ns,
        .deadline_ns = b->deadline_ns,
        .stop = b->stop,
        .stop_grace_ns = RKB_CALL_GRACE_NS,
    };
    struct rkb_http_reply reply;
    enum rkb_status rc = rkb_http_send(lane, &request, &reply, err);
    int64_t wait_ns, start;

    take_times(t, &reply);
    if (rc) {
        t->log.class_name = ends[reply.end].name;
        set_fault(&t->fault, ends[reply.end].kind, err->msg);
        return rc;
    }
    if ((reply.status == 429 || reply.status >= 500) &&
        rkb_retry_after_ns(&reply, rkb_clock_utc_seconds(), &wait_ns)) {
        *not_before_ns = rkb_clock_now() + wait_ns;
        if (wait_ns > RKB_RETRY_AFTER_MOST_NS && s->n_urls == 1) {
            rkb_fail(err, RKB_E_IO, "the server asks to wait %lld s",
                     (long long)(wait_ns / 1000000000));
            set_fault(&t->fault, RKB_FAULT_RUN, err->msg);
            t->log.class_name = "refused";
            return RKB_E_IO;
        }
    }
    t->is_whole = true;
    start = rkb_clock_now();
    rc = read_reply(s, b->arena, ask, reply, answer, t, err);
    t->log.parse_ns = rkb_clock_now() - start;
    return rc;
}

static enum rkb_status try_once(struct rkb_server *s, struct rkb_branch *b,
                                const struct rkb_ask *ask,
                                const struct wire *wire,
                                struct rkb_answer *answer, struct attempt *t,
                                struct rkb_err *err)
{
    int64_t start = rkb_clock_now(), not_before_ns = 0;
    struct rkb_idle_lane *lane;
    enum rkb_status rc =
        rkb_gate_enter(s->gate, b->stop, b->deadline_ns, &t->url, err);

    t->log.start_ns = start - b->start_ns;
    t->log.queue_ns = rkb_clock_now() - start;
    if (rc)
        return rc;
    rc = has_given_up(s, err);
    if (!rc)
        rc = rkb_server_lane(s, &lane, err);
    if (!rc) {
        const char *url = rkb_arena_printf(b->arena, "%s%.*s", s->urls[t->url],
                                           (int)wire->path.len, wire->path.at);

        rc = over_http(s, b, ask, url, wire->body, lane->lane, answer, t,
                       &not_before_ns, err);
        rkb_server_lane_back(s, lane);
        if (!rc) {
            t->log.prompt_tokens = answer->prompt_tokens;
            t->log.output_tokens = answer->output_tokens;
            t->log.cached_tokens = answer->cached_tokens;
            t->log.server_ns = answer->server_ns;
        }
        if (s->keep_answers && !rc)
            t->log.answer = answer->text;
    }
    rkb_gate_leave(s->gate, t->url, not_before_ns,
                   rc && t->fault.kind == RKB_FAULT_AGAIN && t->log.class_name);
    return rc;
}

/* ---- attempts --------------------------------------------------------------- */

static enum rkb_status write_ask(const struct rkb_server *s,
                                 const struct rkb_ask *ask,
                                 struct rkb_buf *path, struct rkb_buf *body,
                                 struct rkb_err *err)
{
    enum rkb_status rc;

    if (!(s->dialect->can & RKB_CAN(ask->kind)))
        return rkb_fail(err, RKB_E_USAGE,
                        "dialect '%s' has no request for this",
                        s->dialect->name);
    rc = s->dialect->write(ask, path, body, err);
    return rc ? rkb_wrap(err, "dialect '%s'", s->dialect->name) : RKB_OK;
}

/* What is said of a call that failed for good. */
static enum rkb_status tell(struct rkb_server *s, const struct attempt *t,
                            const struct rkb_fault *fault, struct rkb_err *err)
{
    char times[40] = "";

    if (t->log.attempt > 0)
        snprintf(times, sizeof times, ", %lld attempts",
                 (long long)t->log.attempt + 1);
    if (t->log.http > 0 && (t->log.http < 200 || t->log.http > 299))
        rkb_fail(err, err->code, "status %lld: %s", (long long)t->log.http,
                 fault->msg[0] ? fault->msg : "no reason given");
    else if (t->is_whole)
        rkb_wrap(err, "status %lld", (long long)t->log.http);
    rkb_wrap(err, "%s%s", s->urls[t->url], times);
    switch (fault->kind) {
    case RKB_FAULT_RUN:
        return give_up(s, err);
    case RKB_FAULT_CONTEXT:
    case RKB_FAULT_BATCH:
        return err->code = RKB_E_LIMIT;
    default:
        return err->code;
    }
}

/* False when a stop was asked for meanwhile. */
static bool sleep_before_next(struct rkb_server *s, struct rkb_branch *b,
                              struct rkb_rng *rng, int64_t attempt)
{
    int64_t start = rkb_clock_now();
    int64_t until = start + rkb_backoff_ns(s->backoff_ns, attempt, rng);
    bool stopped;

    if (b->deadline_ns && until > b->deadline_ns)
        until = b->deadline_ns;
    stopped = rkb_stop_sleep(b->stop, until);
    b->account->wait_ns += rkb_clock_now() - start;
    b->account->retries++;
    return !stopped;
}

/* Of the query: from when it was handed over, the waits before this call
 * included. */
static void take_first_token(struct rkb_branch *b, const struct attempt *t)
{
    if (t->first_token_at_ns && b->account->first_token_ns <= 0)
        b->account->first_token_ns = t->first_token_at_ns - b->start_ns;
}

static enum rkb_status try_until(struct rkb_server *s, struct rkb_branch *b,
                                 const struct rkb_ask *ask,
                                 const struct wire *wire,
                                 struct rkb_answer *answer, struct rkb_err *err)
{
    struct rkb_rng rng;
    struct rkb_err late;

    rkb_rng_init(&rng, rkb_rng_key(b->seed, b->path, (uint64_t)wire->seq));
    for (int64_t n = 0;; n++) {
        struct attempt t = { .log = { .seq = wire->seq,
                                      .attempt = n,
                                      .http = -1,
                                      .first_byte_ns = -1,
                                      .first_token_ns = -1,
                                      .prompt_tokens = -1,
                                      .output_tokens = -1,
                                      .cached_tokens = -1,
                                      .server_ns = -1,
                                      .render_ns = wire->render_ns,
                                      .request_sha = wire->sha } };

        rkb_answer_init(answer);
        enum rkb_status rc = try_once(s, b, ask, wire, answer, &t, err);

        b->account->wait_ns += t.log.queue_ns;
        if (t.log.class_name) /* something was sent */
            rkb_branch_log(b, &t.log);
        if (!rc)
            take_first_token(b, &t);
        if (!rc || rc == RKB_E_STOPPED || !t.log.class_name)
            return rc;
        answer->fault = t.fault;
        /* A call that was about to be repeated has not failed. */
        if (t.fault.kind == RKB_FAULT_AGAIN && rkb_stop_level(b->stop) > 0)
            return rkb_fail(err, RKB_E_STOPPED, "stopped");
        if (t.fault.kind != RKB_FAULT_AGAIN || n >= s->retries ||
            rkb_branch_check(b, &late))
            return tell(s, &t, &t.fault, err);
        if (!sleep_before_next(s, b, &rng, n + 1))
            return rkb_fail(err, RKB_E_STOPPED, "stopped");
    }
}

enum rkb_status rkb_server_attempts(struct rkb_server *s, struct rkb_branch *b,
                                    const struct rkb_ask *ask, int64_t seq,
                                    struct rkb_answer *answer,
                                    struct rkb_err *err)
{
    struct rkb_buf path = { 0 }, body = { 0 };
    int64_t start = rkb_clock_now();
    enum rkb_status rc = write_ask(s, ask, &path, &body, err);

    if (!rc) {
        const struct wire wire = {
            .path = rkb_buf_view(&path),
            .body = rkb_buf_view(&body),
            .seq = seq,
            .render_ns = ask->render_ns + rkb_clock_now() - start,
            .sha = rkb_digest_of(rkb_buf_view(&body)),
        };

        rc = try_until(s, b, ask, &wire, answer, err);
    }
    rkb_buf_release(&path);
    rkb_buf_release(&body);
    return rc;
}

/* ---- the cache ---------------------------------------------------------------- */

/* All that can change an answer; the salt of the prefix cache and whether it is
 * streamed cannot. Where answers are drawn, each call of a query has its own.
 * A server that did not say which model it has is known by its address. */
static enum rkb_status cache_key(struct rkb_server *s,
                                 const struct rkb_branch *b,
                                 const struct rkb_ask *ask, int64_t seq,
                                 struct rkb_digest *out, struct rkb_err *err)
{
    struct rkb_ask plain = *ask;
    struct rkb_buf path = { 0 }, body = { 0 };
    struct rkb_hasher *h = rkb_hasher_new();
    enum rkb_status rc;

    plain.stream = false;
    plain.cold = false;
    plain.cache_salt = (rkb_sv){ 0 };
    rc = write_ask(s, &plain, &path, &body, err);
    rkb_hasher_field(h, rkb_sv_of(s->dialect->name));
    rkb_hasher_u64(h, (uint64_t)s->dialect->version);
    rkb_hasher_field(h, s->model);
    for (size_t i = 0; i < s->n_urls && !s->model.len; i++)
        rkb_hasher_field(h, rkb_sv_of(s->urls[i]));
    rkb_hasher_u64(h, (uint64_t)s->repeat);
    if (ask->temperature > 0) {
        rkb_hasher_field(h, b->qid);
        rkb_hasher_field(h, b->path);
        rkb_hasher_u64(h, (uint64_t)seq);
    }
    rkb_hasher_field(h, rkb_buf_view(&path));
    rkb_hasher_field(h, rkb_buf_view(&body));
    *out = rkb_hasher_done(h);
    rkb_buf_release(&path);
    rkb_buf_release(&body);
    return rc;
}

static enum rkb_status from_cache(struct rkb_server *s, struct rkb_branch *b,
                                  const struct rkb_ask *ask, int64_t seq,
                                  struct rkb_digest *key,
                                  struct rkb_answer *answer, bool *found,
                                  struct rkb_err *err)
{
    const struct rkb_json *json;
    rkb_sv text;
    enum rkb_status rc = cache_key(s, b, ask, seq, key, err);

    if (!rc)
        rc = rkb_cache_get(s->cache, b->arena, key, &text, err);
    if (rc || !text.at)
        return rc;
    *found = true;
    rc = rkb_json_parse(b->arena, text, &json, err);
    if (!rc)
        rc = rkb_answer_read(b->arena, ask, json, answer, err);
    return rc ? rkb_wrap(err, "response cache") : RKB_OK;
}

static enum rkb_status keep(struct rkb_server *s, const struct rkb_ask *ask,
                            const struct rkb_digest *key,
                            const struct rkb_answer *answer,
                            struct rkb_err *err)
{
    struct rkb_buf text = { 0 };
    enum rkb_status rc;

    rkb_answer_write(ask, answer, &text);
    rc = rkb_cache_put(s->cache, key, rkb_buf_view(&text), err);
    rkb_buf_release(&text);
    return rc;
}

static enum rkb_status record(struct rkb_server *s, const struct rkb_branch *b,
                              const struct rkb_ask *ask, int64_t seq,
                              const struct rkb_answer *answer,
                              struct rkb_err *err)
{
    struct rkb_buf text = { 0 };
    enum rkb_status rc;

    rkb_recording_line(b->qid, b->path, seq, ask, answer, &text);
    rc = rkb_file_append_add(s->record, rkb_buf_view(&text), err);
    rkb_buf_release(&text);
    return rc;
}

/* ---- the door ------------------------------------------------------------------- */

static int64_t plus(int64_t sum, int64_t n)
{
    return sum < 0 || n < 0 ? -1 : sum + n;
}

static void count_tokens(struct rkb_account *a, const struct rkb_answer *answer)
{
    a->prompt_tokens = plus(a->prompt_tokens, answer->prompt_tokens);
    a->cached_tokens = plus(a->cached_tokens, answer->cached_tokens);
    a->output_tokens = plus(a->output_tokens, answer->output_tokens);
    a->reasoning_tokens = plus(a->reasoning_tokens, answer->reasoning_tokens);
}

/* An answer that nobody was asked for: it took no time, and is logged. */
static void log_offline(struct rkb_server *s, struct rkb_branch *b,
                        const struct rkb_ask *ask, int64_t seq,
                        const struct rkb_answer *answer)
{
    const struct rkb_call call = {
        .seq = seq,
        .http = -1,
        .queue_ns = -1,
        .connect_ns = -1,
        .first_byte_ns = -1,
        .first_token_ns = -1,
        .total_ns = -1,
        .parse_ns = -1,
        .prompt_tokens = answer->prompt_tokens,
        .output_tokens = answer->output_tokens,
        .cached_tokens = answer->cached_tokens,
        .server_ns = -1,
        .render_ns = ask->render_ns,
        .start_ns = -1,
        .class_name = "ok",
        .answer = s->keep_answers ? answer->text : (rkb_sv){ 0 },
    };

    rkb_branch_log(b, &call);
    b->account->n_cached++;
}

static enum rkb_status answer_it(struct rkb_server *s, struct rkb_branch *b,
                                 const struct rkb_ask *ask, int64_t seq,
                                 struct rkb_answer *answer, struct rkb_err *err)
{
    struct rkb_digest key;
    bool found = false;
    enum rkb_status rc = RKB_OK;

    if (s->replay) {
        rc = rkb_recording_find(s->replay, b->arena, b->qid, b->path, seq, ask,
                                s->same_prompts, answer, err);
        if (!rc || rc == RKB_E_LIMIT)
            log_offline(s, b, ask, seq, answer);
        if (rc == RKB_E_LIMIT)
            rkb_branch_class(b, fault_names[answer->fault.kind]);
        return rc;
    }
    if (s->cache)
        rc = from_cache(s, b, ask, seq, &key, answer, &found, err);
    if (!rc && found)
        log_offline(s, b, ask, seq, answer);
    else if (!rc)
        rc = rkb_server_attempts(s, b, ask, seq, answer, err);
    if (!rc && s->cache && !found)
        rc = keep(s, ask, &key, answer, err);
    /* What a probe asks belongs to no query, and no replay asks it. */
    if (!s->record || !b->qid.len || (rc && rc != RKB_E_LIMIT))
        return rc;
    /* What the method makes smaller and asks again is part of its calls. */
    struct rkb_err late;
    enum rkb_status kept = RKB_OK;

    if (!rc || answer->fault.kind == RKB_FAULT_CONTEXT ||
        answer->fault.kind == RKB_FAULT_BATCH)
        kept = record(s, b, ask, seq, answer, rc ? &late : err);
    if (rc && kept)
        *err = late;
    return kept ? kept : rc;
}

/* What is asked on the way to a call, such as how many tokens it has, is no
 * call of the method: it is logged at a path of its own ("3/0~") and is in no
 * count, no recording and no cache. */
static enum rkb_status ask_beside(struct rkb_server *s, struct rkb_branch *b,
                                  const struct rkb_ask *ask,
                                  struct rkb_answer *answer,
                                  struct rkb_err *err)
{
    struct rkb_branch side = *b;

    if (s->counting) {
        rkb_count_answer(s->counting, b, 0, ask, answer);
        return RKB_OK;
    }
    if (s->replay)
        return rkb_fail(err, RKB_E_USAGE,
                        "recorded answers have no such call: this needs a "
                        "server");
    side.path = rkb_sv_of(rkb_arena_printf(b->arena, "%.*s~", (int)b->path.len,
                                           b->path.len ? b->path.at : ""));
    return rkb_server_attempts(s, &side, ask, b->n_sides++, answer, err);
}

enum rkb_status rkb_ask_send(struct rkb_server *s, struct rkb_branch *b,
                             const struct rkb_ask *ask,
                             struct rkb_answer *answer, struct rkb_err *err)
{
    int64_t seq;
    enum rkb_status rc = rkb_branch_check(b, err);

    rkb_answer_init(answer);
    if (rc)
        return rc;
    if (ask->kind == RKB_ASK_TOKENIZE || ask->kind == RKB_ASK_RENDER)
        return ask_beside(s, b, ask, answer, err);
    seq = rkb_branch_seq(b);
    b->account->n_calls++;
    if (s->counting) {
        rkb_count_answer(s->counting, b, seq, ask, answer);
        count_tokens(b->account, answer);
        return RKB_OK;
    }
    rc = answer_it(s, b, ask, seq, answer, err);
    if (rc)
        return rc;
    count_tokens(b->account, answer);
    return RKB_OK;
}
