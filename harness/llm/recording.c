/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/recording.h"

#include "base/io/json.h"
#include "base/io/lines.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "harness/llm/answer_json.h"
#include "harness/llm/dialect.h"

#include <stdatomic.h>

struct recorded {
    size_t line;
    uint32_t next; /* of the same query, RKB_MAP_NONE at the end */
    rkb_sv path;
    int64_t first_rank, last_rank; /* 0: not recorded */
    rkb_sv text;                   /* at != NULL: a published response */
    const struct rkb_json *answer; /* else: ours */
    struct rkb_fault fault;        /* where both are absent */
    struct rkb_digest prompt;
    bool has_prompt;
    atomic_bool asked;
};

struct rkb_recording {
    struct rkb_arena arena;
    char *path;
    struct rkb_map keys; /* "QID\0PATH\0CALL" */
    struct rkb_map qids;
    struct recorded *calls; /* [keys.n] */
    uint32_t *heads;        /* [qids.n] */
    size_t cap, heads_cap;
    struct rkb_digest digest;
    rkb_sv model;
    atomic_size_t n_compared, n_same;
};

/* ---- what is asked ------------------------------------------------------ */

struct rkb_digest rkb_ask_digest(const struct rkb_ask *ask)
{
    struct rkb_hasher *h = rkb_hasher_new();

    rkb_hasher_u64(h, (uint64_t)ask->kind);
    for (size_t i = 0; i < ask->n_turns; i++) {
        rkb_hasher_u64(h, (uint64_t)ask->turns[i].role);
        rkb_hasher_field(h, ask->turns[i].text);
    }
    rkb_hasher_field(h, ask->prompt);
    rkb_hasher_field(h, ask->query);
    for (size_t i = 0; i < ask->n_docs; i++)
        rkb_hasher_field(h, ask->docs[i]);
    return rkb_hasher_done(h);
}

static rkb_sv key_of(struct rkb_buf *b, rkb_sv qid, rkb_sv path, int64_t call)
{
    rkb_buf_reset(b);
    rkb_buf_sv(b, qid);
    rkb_buf_char(b, '\0');
    rkb_buf_sv(b, path);
    rkb_buf_char(b, '\0');
    rkb_buf_printf(b, "%lld", (long long)call);
    return rkb_buf_view(b);
}

/* ---- reading ------------------------------------------------------------ */

static enum rkb_status bad(struct rkb_err *err, const char *what)
{
    return rkb_fail(err, RKB_E_DATA, "bad '%s' of a recorded call", what);
}

static bool read_rank(const struct rkb_json *j, int64_t *out)
{
    return !j || (j->kind == RKB_JSON_NUMBER &&
                  rkb_sv_to_i64(j->text, 1, INT32_MAX, out));
}

static bool read_prompt(const struct rkb_json *json, struct recorded *c)
{
    const struct rkb_json *prompt = rkb_json_get(json, "prompt"),
                          *sha = rkb_json_get(json, "prompt_sha");
    rkb_sv text;

    if (prompt) {
        if (!rkb_json_string(prompt, &text))
            return false;
        c->prompt = rkb_ask_digest(&(const struct rkb_ask){
            .kind = RKB_ASK_COMPLETE, .prompt = text });
        c->has_prompt = true;
    }
    if (sha) {
        if (!rkb_json_string(sha, &text) || !rkb_digest_parse(text, &c->prompt))
            return false;
        c->has_prompt = true;
    }
    return true;
}

static const char *const fault_names
    [] = { [RKB_FAULT_CONTEXT] = "context", [RKB_FAULT_BATCH] = "batch" };

static bool read_number(const struct rkb_json *j, int64_t *out)
{
    *out = -1;
    return !j || (j->kind == RKB_JSON_NUMBER &&
                  rkb_sv_to_i64(j->text, 0, INT64_MAX, out));
}

static bool read_fault(const struct rkb_json *json, struct rkb_fault *out)
{
    rkb_sv kind;

    if (!json || !rkb_json_string(rkb_json_get(json, "kind"), &kind) ||
        !read_number(rkb_json_get(json, "limit"), &out->limit) ||
        !read_number(rkb_json_get(json, "asked"), &out->asked))
        return false;
    out->kind = rkb_sv_is(kind, fault_names[RKB_FAULT_CONTEXT])
                    ? RKB_FAULT_CONTEXT
                    : RKB_FAULT_BATCH;
    return rkb_sv_is(kind, fault_names[out->kind]);
}

static bool is_refusal(const struct rkb_fault *f)
{
    return f->kind == RKB_FAULT_CONTEXT || f->kind == RKB_FAULT_BATCH;
}

static void keep(struct rkb_recording *r, rkb_sv qid, rkb_sv key,
                 struct recorded *call)
{
    bool is_new_qid, is_new;
    uint32_t q = rkb_map_add(&r->qids, qid, &is_new_qid);
    uint32_t i = rkb_map_add(&r->keys, key, &is_new);

    if (is_new_qid) {
        r->heads =
            rkb_grow(r->heads, &r->heads_cap, r->qids.n, sizeof *r->heads);
        r->heads[q] = RKB_MAP_NONE;
    }
    if (is_new) {
        r->calls = rkb_grow(r->calls, &r->cap, r->keys.n, sizeof *r->calls);
        call->next = r->heads[q];
        r->heads[q] = i;
    } else {
        call->next = r->calls[i].next;
    }
    r->calls[i] = *call;
}

static enum rkb_status read_call(struct rkb_recording *r, rkb_sv line,
                                 size_t line_no, struct rkb_buf *key,
                                 struct rkb_err *err)
{
    const struct rkb_json *json, *j;
    struct recorded call = { .line = line_no };
    rkb_sv qid, model;
    int64_t number;
    enum rkb_status rc =
        rkb_json_parse(&r->arena, rkb_arena_copy(&r->arena, line), &json, err);

    if (rc)
        return rc;
    if (!rkb_json_id(rkb_json_get(json, "qid"), &qid))
        return bad(err, "qid");
    j = rkb_json_get(json, "call");
    if (!j || j->kind != RKB_JSON_NUMBER ||
        !rkb_sv_to_i64(j->text, 1, INT32_MAX, &number))
        return bad(err, "call");
    j = rkb_json_get(json, "path");
    if (j && !rkb_json_string(j, &call.path))
        return bad(err, "path");
    if (!read_rank(rkb_json_get(json, "first_rank"), &call.first_rank) ||
        !read_rank(rkb_json_get(json, "last_rank"), &call.last_rank))
        return bad(err, "first_rank or last_rank");
    if (!read_prompt(json, &call))
        return bad(err, "prompt");
    call.answer = rkb_json_get(json, "answer");
    j = rkb_json_get(json, "response");
    if (j ? !rkb_json_string(j, &call.text)
          : !call.answer || call.answer->kind != RKB_JSON_OBJECT) {
        if (j || call.answer ||
            !read_fault(rkb_json_get(json, "fault"), &call.fault))
            return bad(err, "response");
    }
    if (rkb_json_string(rkb_json_get(call.answer, "model"), &model))
        r->model = model;
    keep(r, qid, key_of(key, qid, call.path, number), &call);
    return RKB_OK;
}

/* Closes `in`. */
static enum rkb_status read_lines(struct rkb_recording **out, const char *path,
                                  struct rkb_lines *in, struct rkb_err *err)
{
    struct rkb_recording *r = rkb_new(1, sizeof *r);
    struct rkb_hasher *h = rkb_hasher_new();
    struct rkb_buf key = { 0 };
    enum rkb_status rc = RKB_OK;
    rkb_sv line;

    r->path = rkb_arena_cstr(&r->arena, rkb_sv_of(path));
    while (!rc && rkb_lines_next(in, &line)) {
        rkb_hasher_field(h, line);
        if (!rkb_sv_trim(line).len)
            continue;
        rc = read_call(r, line, in->line_no, &key, err);
        if (rc)
            rkb_wrap(err, "%s:%zu", path, in->line_no);
    }
    if (!rc)
        rc = rkb_lines_status(in, err);
    rkb_lines_close(in);
    rkb_buf_release(&key);
    r->digest = rkb_hasher_done(h);
    if (!rc && !r->keys.n)
        rc = rkb_fail(err, RKB_E_DATA, "%s: no recorded calls", path);
    if (rc)
        rkb_recording_close(r);
    else
        *out = r;
    return rc;
}

enum rkb_status rkb_recording_open(struct rkb_recording **out, const char *path,
                                   struct rkb_err *err)
{
    struct rkb_lines in = { 0 };
    enum rkb_status rc = rkb_lines_open(&in, path, err);

    return rc ? rc : read_lines(out, path, &in, err);
}

enum rkb_status rkb_recording_parse(struct rkb_recording **out,
                                    const char *path, rkb_sv text,
                                    struct rkb_err *err)
{
    struct rkb_lines in = { 0 };
    struct rkb_stream *stream;

    rkb_stream_from_memory(&stream, text.at, text.len);
    rkb_lines_from(&in, stream);
    return read_lines(out, path, &in, err);
}

void rkb_recording_close(struct rkb_recording *r)
{
    if (!r)
        return;
    if (r->n_compared)
        rkb_log(RKB_LOG_INFO,
                "%s: %zu of %zu recorded prompts are those we would send",
                r->path, (size_t)r->n_same, (size_t)r->n_compared);
    rkb_free(r->calls);
    rkb_free(r->heads);
    rkb_map_release(&r->keys);
    rkb_map_release(&r->qids);
    rkb_arena_release(&r->arena);
    rkb_free(r);
}

struct rkb_digest rkb_recording_digest(const struct rkb_recording *r)
{
    return r->digest;
}

rkb_sv rkb_recording_model(const struct rkb_recording *r)
{
    return r->model;
}

/* ---- answering ----------------------------------------------------------- */

static struct recorded *find(const struct rkb_recording *r, rkb_sv qid,
                             rkb_sv path, int64_t seq)
{
    struct rkb_buf key = { 0 };
    uint32_t i = rkb_map_find(&r->keys, key_of(&key, qid, path, seq + 1));

    rkb_buf_release(&key);
    return i == RKB_MAP_NONE ? NULL : &r->calls[i];
}

static bool same_rank(int64_t recorded, size_t now)
{
    return !recorded || !now || recorded == (int64_t)now;
}

static bool prompt_fits(struct rkb_recording *r, const struct recorded *call,
                        const struct rkb_ask *ask)
{
    struct rkb_digest now;

    if (!call->has_prompt)
        return true;
    now = rkb_ask_digest(ask);
    r->n_compared++;
    if (!rkb_digest_eq(&now, &call->prompt))
        return false;
    r->n_same++;
    return true;
}

enum rkb_status rkb_recording_find(struct rkb_recording *r, struct rkb_arena *a,
                                   rkb_sv qid, rkb_sv path, int64_t seq,
                                   const struct rkb_ask *ask, bool same_prompt,
                                   struct rkb_answer *out, struct rkb_err *err)
{
    struct recorded *call = find(r, qid, path, seq);
    enum rkb_status rc = RKB_OK;

    rkb_answer_init(out);
    if (!call)
        return rkb_fail(err, RKB_E_DATA,
                        "%s: no call %lld of query '%.*s'%s%.*s was recorded",
                        r->path, (long long)seq + 1, (int)qid.len, qid.at,
                        path.len ? " at " : "", (int)path.len,
                        path.len ? path.at : "");
    call->asked = true;
    if (!same_rank(call->first_rank, ask->first_rank) ||
        !same_rank(call->last_rank, ask->last_rank))
        rc = rkb_fail(err, RKB_E_DATA,
                      "recorded for ranks %lld to %lld, asked for %zu to %zu",
                      (long long)call->first_rank, (long long)call->last_rank,
                      ask->first_rank, ask->last_rank);
    else if (!prompt_fits(r, call, ask) && same_prompt)
        rc = rkb_fail(err, RKB_E_DATA, "recorded for another prompt");
    else if (is_refusal(&call->fault)) {
        out->fault = call->fault;
        rc = rkb_fail(err, RKB_E_LIMIT, "recorded: too long or too many");
    } else if (call->text.at)
        out->text = rkb_arena_copy(a, call->text);
    else
        rc = rkb_answer_read(a, ask, call->answer, out, err);
    return rc ? rkb_wrap(err, "%s:%zu", r->path, call->line) : RKB_OK;
}

/* At the path or below it. */
static bool is_under(rkb_sv path, rkb_sv top)
{
    if (!top.len || rkb_sv_eq(path, top))
        return true;
    return path.len > top.len && path.at[top.len] == '/' &&
           rkb_sv_eq((rkb_sv){ path.at, top.len }, top);
}

size_t rkb_recording_left(const struct rkb_recording *r, rkb_sv qid,
                          rkb_sv path)
{
    uint32_t q = rkb_map_find(&r->qids, qid);
    size_t n = 0;

    if (q == RKB_MAP_NONE)
        return 0;
    for (uint32_t i = r->heads[q]; i != RKB_MAP_NONE; i = r->calls[i].next)
        n += !r->calls[i].asked && is_under(r->calls[i].path, path);
    return n;
}

/* ---- writing ------------------------------------------------------------- */

void rkb_recording_line(rkb_sv qid, rkb_sv path, int64_t seq,
                        const struct rkb_ask *ask,
                        const struct rkb_answer *answer, struct rkb_buf *out)
{
    struct rkb_digest prompt = rkb_ask_digest(ask);
    char hex[65];

    rkb_digest_hex(&prompt, hex);
    rkb_buf_text(out, "{\"qid\":");
    rkb_buf_json(out, qid);
    if (path.len) {
        rkb_buf_text(out, ",\"path\":");
        rkb_buf_json(out, path);
    }
    rkb_buf_printf(out, ",\"call\":%lld", (long long)seq + 1);
    if (ask->last_rank)
        rkb_buf_printf(out, ",\"first_rank\":%zu,\"last_rank\":%zu",
                       ask->first_rank, ask->last_rank);
    rkb_buf_printf(out, ",\"prompt_sha\":\"%s\"", hex);
    if (is_refusal(&answer->fault)) {
        rkb_buf_printf(out, ",\"fault\":{\"kind\":\"%s\"",
                       fault_names[answer->fault.kind]);
        if (answer->fault.limit >= 0)
            rkb_buf_printf(out, ",\"limit\":%lld",
                           (long long)answer->fault.limit);
        if (answer->fault.asked >= 0)
            rkb_buf_printf(out, ",\"asked\":%lld",
                           (long long)answer->fault.asked);
        rkb_buf_text(out, "}}\n");
        return;
    }
    rkb_buf_text(out, ",\"answer\":");
    rkb_answer_write(ask, answer, out);
    rkb_buf_text(out, "}\n");
}
