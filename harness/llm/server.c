/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/server_impl.h"

#include "base/clock.h"
#include "base/io/json.h"
#include "base/mem.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* ---- opening ------------------------------------------------------------ */

static int64_t seconds(const struct rkb_optset *o, const char *name)
{
    return (int64_t)(rkb_optset_real(o, name) * 1e9);
}

/* Without a slash or "/v1" at the end: dialects write the whole path. */
static const char *base_url(struct rkb_arena *a, rkb_sv url)
{
    while (url.len && url.at[url.len - 1] == '/')
        url.len--;
    if (rkb_sv_ends(url, "/v1"))
        url.len -= 3;
    while (url.len && url.at[url.len - 1] == '/')
        url.len--;
    return rkb_arena_cstr(a, url);
}

static enum rkb_status read_urls(struct rkb_server *s, rkb_sv text,
                                 struct rkb_err *err)
{
    rkb_sv rest = text, url;

    while ((url = rkb_sv_word(&rest)).len) {
        if (!rkb_sv_starts(url, "http://") && !rkb_sv_starts(url, "https://"))
            return rkb_fail(err, RKB_E_USAGE,
                            "'%.*s' is no server: http://..., https://... or "
                            "replay:FILE",
                            (int)(url.len < 80 ? url.len : 80), url.at);
        if (memchr(url.at, '@', url.len))
            return rkb_fail(err, RKB_E_USAGE,
                            "a server's URL with a user or password in it: "
                            "name the variable of a key in key-env");
        if (s->n_urls == RKB_SERVER_URLS)
            return rkb_fail(err, RKB_E_USAGE, "more than %d URLs of a server",
                            RKB_SERVER_URLS);
        s->urls[s->n_urls++] = base_url(s->arena, url);
    }
    if (!s->n_urls)
        return rkb_fail(err, RKB_E_USAGE,
                        "no server: set server=http://HOST:PORT or "
                        "server=replay:FILE");
    return RKB_OK;
}

/* From the environment, for the header alone. */
static enum rkb_status read_key(struct rkb_server *s, struct rkb_err *err)
{
    const char *name = rkb_optset_cstr(s->options, "key-env");
    const char *key = name ? getenv(name) : NULL;

    if (!name)
        return RKB_OK;
    if (!key || !*key)
        return rkb_fail(err, RKB_E_USAGE,
                        "the environment variable '%s' of key-env is not set",
                        name);
    for (const char *p = key; *p; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
            return rkb_fail(err, RKB_E_USAGE,
                            "the key in '%s' has a blank or a control "
                            "character in it",
                            name);
    const char *before = rkb_optset_cstr(s->options, "key-header");

    if (!before)
        before = s->dialect->key_header ? s->dialect->key_header
                                        : "Authorization: Bearer";
    s->key = rkb_sv_of(rkb_arena_cstr(s->arena, rkb_sv_of(key)));
    s->headers[0] = rkb_arena_printf(s->arena, "%s%s%s", before,
                                     strchr(before, ':') ? " " : ": ", key);
    return RKB_OK;
}

static enum rkb_status read_extra(struct rkb_server *s, struct rkb_err *err)
{
    rkb_sv text = rkb_sv_trim(rkb_optset_text(s->options, "extra"));
    const struct rkb_json *json;
    enum rkb_status rc;

    if (!text.len)
        return RKB_OK;
    rc = rkb_json_parse(s->arena, text, &json, err);
    if (!rc && json->kind != RKB_JSON_OBJECT)
        rc = rkb_fail(err, RKB_E_USAGE, "not a JSON object");
    if (rc) {
        err->code = RKB_E_USAGE;
        return rkb_wrap(err, "option 'extra'");
    }
    s->extra = text;
    return RKB_OK;
}

static void read_options(struct rkb_server *s)
{
    const struct rkb_optset *o = s->options;

    s->connect_ns = seconds(o, "connect-timeout");
    s->first_byte_ns = seconds(o, "first-byte-timeout");
    s->idle_ns = seconds(o, "idle-timeout");
    s->call_ns = seconds(o, "call-timeout");
    s->backoff_ns = seconds(o, "backoff");
    s->retries = rkb_optset_int(o, "retries");
    s->temperature = rkb_optset_real(o, "temperature");
    s->top_p = rkb_optset_real(o, "top-p");
    s->thinking = (enum rkb_thinking)rkb_optset_get(o, "thinking")->integer;
    s->cold = rkb_optset_get(o, "prefix")->integer == 0;
    s->stream = rkb_optset_flag(o, "stream");
    s->keep_answers = rkb_optset_flag(o, "keep-answers");
    s->same_prompts = rkb_optset_get(o, "replay-prompts")->integer == 1;
    s->ca_file = rkb_optset_cstr(o, "ca-file");
    s->model = rkb_optset_text(o, "model");
}

static enum rkb_status open_files(struct rkb_server *s, struct rkb_err *err)
{
    const char *cache = rkb_optset_cstr(s->options, "cache");
    const char *record = rkb_optset_cstr(s->options, "record");
    enum rkb_status rc = RKB_OK;

    if (s->counting)
        return RKB_OK;
    if (cache)
        rc = rkb_cache_open(&s->cache, cache, err);
    if (!rc && record)
        rc = rkb_file_append_open(&s->record, record, err);
    return rc;
}

static enum rkb_status open_all(struct rkb_server *s, struct rkb_err *err)
{
    rkb_sv server = rkb_sv_trim(rkb_optset_text(s->options, "server"));
    enum rkb_status rc = rkb_dialect_find(
        rkb_optset_text(s->options, "dialect"), &s->dialect, err);

    read_options(s);
    if (!rc)
        rc = read_extra(s, err);
    if (rc)
        return rc;
    if (rkb_sv_starts(server, "replay:")) {
        const char *path =
            rkb_arena_cstr(s->arena, (rkb_sv){ server.at + 7, server.len - 7 });

        rc = rkb_recording_open(&s->replay, path, err);
    } else {
        rc = read_urls(s, server, err);
        if (!rc && !s->counting)
            rc = read_key(s, err);
    }
    if (!rc)
        rc = open_files(s, err);
    return rc;
}

enum rkb_status rkb_server_open(struct rkb_server **out,
                                const struct rkb_server_env *env,
                                struct rkb_err *err)
{
    struct rkb_server *s = rkb_new(1, sizeof *s);
    enum rkb_status rc;

    s->options = env->options;
    s->arena = env->arena;
    s->stop = env->stop;
    s->in_flight = env->in_flight ? env->in_flight : 1;
    s->repeat = env->repeat;
    s->counting = env->counting;
    s->context = -1;
    s->salt = (uint64_t)rkb_clock_now();
    s->monitor = rkb_monitor_new();
    rc = open_all(s, err);
    if (rc) {
        rkb_server_close(s);
        return rc;
    }
    s->gate =
        rkb_gate_open(s->n_urls ? s->n_urls : 1, s->in_flight, s->backoff_ns);
    *out = s;
    return RKB_OK;
}

void rkb_server_close(struct rkb_server *s)
{
    if (!s)
        return;
    while (s->idle) {
        struct rkb_idle_lane *lane = s->idle;

        s->idle = lane->next;
        rkb_http_close(lane->lane);
        rkb_free(lane);
    }
    rkb_gate_close(s->gate);
    rkb_recording_close(s->replay);
    rkb_cache_close(s->cache);
    rkb_file_append_close(s->record);
    rkb_monitor_free(s->monitor);
    rkb_free(s);
}

/* ---- lanes --------------------------------------------------------------- */

enum rkb_status rkb_server_lane(struct rkb_server *s,
                                struct rkb_idle_lane **out, struct rkb_err *err)
{
    struct rkb_idle_lane *lane;
    enum rkb_status rc;

    rkb_monitor_lock(s->monitor);
    lane = s->idle;
    if (lane)
        s->idle = lane->next;
    rkb_monitor_unlock(s->monitor);
    if (!lane) {
        lane = rkb_new(1, sizeof *lane);
        rc = rkb_http_open(&lane->lane, err);
        if (rc) {
            rkb_free(lane);
            return rc;
        }
    }
    *out = lane;
    return RKB_OK;
}

void rkb_server_lane_back(struct rkb_server *s, struct rkb_idle_lane *lane)
{
    rkb_monitor_lock(s->monitor);
    lane->next = s->idle;
    s->idle = lane;
    rkb_monitor_unlock(s->monitor);
}

/* ---- what it is ---------------------------------------------------------- */

const struct rkb_dialect_def *rkb_server_dialect(const struct rkb_server *s)
{
    return s->dialect;
}

bool rkb_server_is_offline(const struct rkb_server *s)
{
    return s->replay || s->counting;
}

bool rkb_server_can(const struct rkb_server *s, unsigned can)
{
    return s->replay || (s->dialect->can & can) == can;
}

bool rkb_server_adds_bos(const struct rkb_server *s)
{
    return s->replay || (s->dialect->can & (unsigned)RKB_ADDS_BOS);
}

int64_t rkb_server_context(const struct rkb_server *s)
{
    return s->context;
}

static void list_models(const struct rkb_answer *answer, char *to, size_t size)
{
    struct rkb_buf b = { .limit = size - 1 };

    for (size_t i = 0; i < answer->n_models && i < 5; i++) {
        rkb_buf_text(&b, i ? ", '" : "'");
        rkb_buf_sv(&b, answer->models[i].name);
        rkb_buf_char(&b, '\'');
    }
    if (answer->n_models > 5)
        rkb_buf_text(&b, ", ...");
    memcpy(to, rkb_buf_view(&b).at, b.len);
    to[b.len] = '\0';
    rkb_buf_release(&b);
}

static enum rkb_status choose_model(struct rkb_server *s,
                                    const struct rkb_answer *answer,
                                    struct rkb_err *err)
{
    const struct rkb_model *found = NULL;
    char names[300];

    if (!answer->n_models)
        return RKB_OK;
    for (size_t i = 0; i < answer->n_models; i++)
        if (rkb_sv_eq(answer->models[i].name, s->model))
            found = &answer->models[i];
    if (!found && !s->model.len && answer->n_models == 1)
        found = answer->models;
    if (!found) {
        list_models(answer, names, sizeof names);
        if (s->model.len)
            return rkb_fail(err, RKB_E_USAGE,
                            "the server has no model '%.*s'; it has %s",
                            (int)s->model.len, s->model.at, names);
        return rkb_fail(err, RKB_E_USAGE,
                        "the server has several models, name one: %s", names);
    }
    s->model = rkb_arena_copy(s->arena, found->name);
    s->context = found->context;
    return RKB_OK;
}

enum rkb_status rkb_server_probe(struct rkb_server *s, struct rkb_err *err)
{
    struct rkb_arena arena = { 0 };
    struct rkb_account account = { 0 };
    struct rkb_calls calls = { 0 };
    struct rkb_branch branch = {
        .arena = &arena, .account = &account, .calls = &calls, .stop = s->stop
    };
    const struct rkb_ask ask = { .kind = RKB_ASK_MODELS, .model = s->model };
    struct rkb_answer answer;
    int64_t retries = s->retries;
    enum rkb_status rc;

    if (s->replay) {
        if (!s->model.len)
            s->model = rkb_recording_model(s->replay);
        return RKB_OK;
    }
    if (s->counting || !(s->dialect->can & RKB_CAN(RKB_ASK_MODELS)))
        return RKB_OK;
    /* Long enough for a hiccup, short for an address where nobody lives. */
    s->retries = retries < 2 ? retries : 2;
    rc = rkb_server_attempts(s, &branch, &ask, 0, &answer, err);
    s->retries = retries;
    /* Many servers have no such route; the first query tells more. */
    if ((rc == RKB_E_REFUSED || rc == RKB_E_IO || rc == RKB_E_DATA) &&
        calls.n && calls.items[calls.n - 1].http > 0) {
        int64_t http = calls.items[calls.n - 1].http;

        if (http == 404 || http == 405 || http == 501 || http == 200) {
            s->given_up = false;
            rc = RKB_OK;
        }
    } else if (!rc) {
        rc = choose_model(s, &answer, err);
        if (rc)
            rkb_wrap(err, "%s", s->urls[0]);
    }
    rkb_arena_release(&arena);
    return rc;
}

void rkb_server_identity(const struct rkb_server *s, struct rkb_buf *json)
{
    rkb_buf_printf(json, "{\"dialect\":\"%s\",\"dialect_version\":%d",
                   s->dialect->name, s->dialect->version);
    rkb_buf_text(json, ",\"model\":");
    rkb_buf_json(json, s->model);
    if (s->replay) {
        struct rkb_digest d = rkb_recording_digest(s->replay);
        char hex[65];

        rkb_digest_hex(&d, hex);
        rkb_buf_printf(json, ",\"recorded\":\"%s\"", hex);
    }
    rkb_buf_char(json, '}');
}

void rkb_server_conditions(const struct rkb_server *s, struct rkb_buf *json)
{
    rkb_buf_text(json, "{\"urls\":[");
    for (size_t i = 0; i < s->n_urls; i++) {
        rkb_buf_text(json, i ? "," : "");
        rkb_buf_json(json, rkb_sv_of(s->urls[i]));
    }
    rkb_buf_printf(json, "],\"in_flight\":%zu,\"prefix\":\"%s\"", s->in_flight,
                   s->replay                                  ? "recorded"
                   : !s->cold                                 ? "warm"
                   : s->dialect->can & (unsigned)RKB_CAN_COLD ? "cold"
                                                              : "unknown");
    if (s->context >= 0)
        rkb_buf_printf(json, ",\"context\":%lld", (long long)s->context);
    rkb_buf_char(json, '}');
}

/* ---- asks ---------------------------------------------------------------- */

void rkb_server_ask(const struct rkb_server *s, struct rkb_branch *b,
                    enum rkb_ask_kind kind, struct rkb_ask *out)
{
    const struct rkb_opt_value *seed =
        rkb_optset_get(s->options, "server-seed");

    *out = (struct rkb_ask){
        .kind = kind,
        .model = s->model,
        .max_tokens = 16,
        .temperature = s->temperature,
        .top_p = s->top_p,
        .has_seed = seed->given,
        .seed = (uint64_t)seed->integer,
        .thinking = s->thinking,
        .stream = s->stream && (s->dialect->can & (unsigned)RKB_CAN_STREAM),
        .cold = s->cold,
        .extra = s->extra,
    };
    /* Another one for each query, sample of it and opening: what was left in
     * the server's prefix cache before does not match. */
    if (s->cold)
        out->cache_salt = rkb_sv_of(rkb_arena_printf(
            b->arena, "%016llx",
            (unsigned long long)rkb_rng_key(s->salt, b->qid, b->seed)));
}

enum rkb_status rkb_server_leftover(const struct rkb_server *s,
                                    const struct rkb_branch *b,
                                    struct rkb_err *err)
{
    size_t n = s->replay ? rkb_recording_left(s->replay, b->qid, b->path) : 0;

    if (!n)
        return RKB_OK;
    return rkb_fail(err, RKB_E_DATA,
                    "%zu recorded calls of query '%.*s' were never asked for: "
                    "made with other settings",
                    n, (int)b->qid.len, b->qid.len ? b->qid.at : "");
}
