/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/wire.h"

#include <math.h>
#include <string.h>

enum { SHOWN = 100 }; /* bytes of a reply in a message */

#define COUNT_MAX ((int64_t)1 << 53) /* what a JSON number can count to */

/* ---- a body -------------------------------------------------------------- */

void rkb_wire_key(struct rkb_buf *b, const char *key)
{
    char before = b->len ? b->at[b->len - 1] : '{';

    if (before != '{' && before != '[')
        rkb_buf_char(b, ',');
    rkb_buf_printf(b, "\"%s\":", key);
}

void rkb_wire_text(struct rkb_buf *b, const char *key, rkb_sv value)
{
    rkb_wire_key(b, key);
    rkb_buf_json(b, value);
}

void rkb_wire_int(struct rkb_buf *b, const char *key, int64_t value)
{
    rkb_wire_key(b, key);
    rkb_buf_printf(b, "%lld", (long long)value);
}

void rkb_wire_real(struct rkb_buf *b, const char *key, double value)
{
    rkb_wire_key(b, key);
    rkb_buf_real(b, value);
}

void rkb_wire_flag(struct rkb_buf *b, const char *key, bool value)
{
    rkb_wire_key(b, key);
    rkb_buf_text(b, value ? "true" : "false");
}

void rkb_wire_texts(struct rkb_buf *b, const char *key, const rkb_sv *values,
                    size_t n)
{
    rkb_wire_key(b, key);
    rkb_buf_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            rkb_buf_char(b, ',');
        rkb_buf_json(b, values[i]);
    }
    rkb_buf_char(b, ']');
}

void rkb_wire_turns(struct rkb_buf *b, const char *key,
                    const struct rkb_turn *turns, size_t n)
{
    rkb_wire_key(b, key);
    rkb_buf_char(b, '[');
    for (size_t i = 0; i < n; i++) {
        rkb_buf_text(b, i ? ",{" : "{");
        rkb_wire_text(b, "role", rkb_sv_of(rkb_role_name(turns[i].role)));
        rkb_wire_text(b, "content", turns[i].text);
        rkb_buf_char(b, '}');
    }
    rkb_buf_char(b, ']');
}

void rkb_wire_switch(struct rkb_buf *b, const char *key, const char *name,
                     bool value)
{
    rkb_wire_key(b, key);
    rkb_buf_printf(b, "{\"%s\":%s}", name, value ? "true" : "false");
}

void rkb_wire_model(struct rkb_buf *b, rkb_sv model)
{
    if (model.len)
        rkb_wire_text(b, "model", model);
}

int64_t rkb_wire_seed(uint64_t seed)
{
    return (int64_t)(seed & 0x7fffffff);
}

static void put_json(struct rkb_buf *b, const struct rkb_json *j);

/* Members of an object; of a key that stands twice the last one counts. */
static void put_members(struct rkb_buf *b, const struct rkb_json *j)
{
    bool comma = false;

    for (const struct rkb_json *m = j->child; m; m = m->next) {
        const struct rkb_json *later = m->next;

        while (j->kind == RKB_JSON_OBJECT && later &&
               !rkb_sv_eq(later->key, m->key))
            later = later->next;
        if (j->kind == RKB_JSON_OBJECT && later)
            continue;
        if (comma)
            rkb_buf_char(b, ',');
        comma = true;
        if (j->kind == RKB_JSON_OBJECT) {
            rkb_buf_json(b, m->key);
            rkb_buf_char(b, ':');
        }
        put_json(b, m);
    }
}

static void put_json(struct rkb_buf *b, const struct rkb_json *j)
{
    static const char *const words[] = { [RKB_JSON_NULL] = "null",
                                         [RKB_JSON_FALSE] = "false",
                                         [RKB_JSON_TRUE] = "true" };

    switch (j->kind) {
    case RKB_JSON_NUMBER:
        rkb_buf_sv(b, j->text);
        break;
    case RKB_JSON_STRING:
        rkb_buf_json(b, j->text);
        break;
    case RKB_JSON_ARRAY:
    case RKB_JSON_OBJECT:
        rkb_buf_char(b, j->kind == RKB_JSON_ARRAY ? '[' : '{');
        put_members(b, j);
        rkb_buf_char(b, j->kind == RKB_JSON_ARRAY ? ']' : '}');
        break;
    default:
        rkb_buf_text(b, words[j->kind]);
    }
}

static const struct rkb_json *last_of(const struct rkb_json *object, rkb_sv key)
{
    const struct rkb_json *found = NULL;

    for (const struct rkb_json *m = object->child; m; m = m->next)
        if (rkb_sv_eq(m->key, key))
            found = m;
    return found;
}

/* RFC 7396; `old` is NULL where there is nothing to patch. Both are as deep as
 * the scanner allows at most. */
static void put_patched(struct rkb_buf *b, const struct rkb_json *old,
                        const struct rkb_json *patch)
{
    bool comma = false;

    if (patch->kind != RKB_JSON_OBJECT) {
        put_json(b, patch);
        return;
    }
    if (old && old->kind != RKB_JSON_OBJECT)
        old = NULL;
    rkb_buf_char(b, '{');
    for (const struct rkb_json *m = old ? old->child : NULL; m; m = m->next) {
        if (last_of(patch, m->key))
            continue;
        rkb_buf_text(b, comma ? "," : "");
        comma = true;
        rkb_buf_json(b, m->key);
        rkb_buf_char(b, ':');
        put_json(b, m);
    }
    for (const struct rkb_json *m = patch->child; m; m = m->next) {
        if (last_of(patch, m->key) != m || m->kind == RKB_JSON_NULL)
            continue;
        rkb_buf_text(b, comma ? "," : "");
        comma = true;
        rkb_buf_json(b, m->key);
        rkb_buf_char(b, ':');
        put_patched(b, old ? last_of(old, m->key) : NULL, m);
    }
    rkb_buf_char(b, '}');
}

enum rkb_status rkb_wire_close(struct rkb_buf *b, rkb_sv extra,
                               struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    const struct rkb_json *body, *patch;
    enum rkb_status rc = RKB_OK;
    rkb_sv ours;

    rkb_buf_char(b, '}');
    if (!extra.len)
        return RKB_OK;
    if (rkb_json_parse(&a, extra, &patch, err))
        rc = rkb_fail(err, RKB_E_USAGE, "extra: %s", err->msg);
    else if (patch->kind != RKB_JSON_OBJECT)
        rc = rkb_fail(err, RKB_E_USAGE, "extra: not a JSON object");
    if (!rc) {
        ours = rkb_arena_copy(&a, rkb_buf_view(b));
        rc = rkb_json_parse(&a, ours, &body, err);
    }
    if (!rc) {
        rkb_buf_reset(b);
        put_patched(b, body, patch);
    }
    rkb_arena_release(&a);
    return rc;
}

enum rkb_status rkb_wire_cannot(const struct rkb_dialect_def *d,
                                const char *what, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE, "dialect '%s' cannot %s", d->name, what);
}

enum rkb_status rkb_wire_check(const struct rkb_dialect_def *d,
                               const struct rkb_ask *ask, struct rkb_err *err)
{
    static const char *const kinds[RKB_ASK_KINDS] = {
        [RKB_ASK_CHAT] = "answer turns of a chat",
        [RKB_ASK_COMPLETE] = "go on from a rendered prompt",
        [RKB_ASK_RERANK] = "rerank documents",
        [RKB_ASK_EMBED] = "make vectors of texts",
        [RKB_ASK_TOKENIZE] = "count tokens",
        [RKB_ASK_RENDER] = "show the prompt made of turns",
        [RKB_ASK_MODELS] = "list models",
    };
    const bool writes =
        ask->kind == RKB_ASK_CHAT || ask->kind == RKB_ASK_COMPLETE;
    const bool docs = ask->kind == RKB_ASK_RERANK || ask->kind == RKB_ASK_EMBED;

    if (!(d->can & RKB_CAN(ask->kind)))
        return rkb_wire_cannot(d, kinds[ask->kind], err);
    if (docs && d->max_docs && ask->n_docs > d->max_docs)
        return rkb_fail(err, RKB_E_USAGE,
                        "dialect '%s' takes %zu documents at once, not %zu",
                        d->name, d->max_docs, ask->n_docs);
    if (ask->kind == RKB_ASK_RERANK && ask->instruct.len &&
        !(d->can & RKB_CAN_INSTRUCT))
        return rkb_wire_cannot(d, "give a reranker an instruction", err);
    if (ask->kind == RKB_ASK_TOKENIZE && ask->n_turns &&
        !(d->can & RKB_CAN_TOKENIZE_TURNS))
        return rkb_wire_cannot(d, "count the tokens of turns", err);
    if (!writes)
        return RKB_OK;
    if ((ask->n_alts || ask->echo) && !(d->can & RKB_CAN_LOGPROBS))
        return rkb_wire_cannot(d, "give logprobs", err);
    if (ask->prefill && !(d->can & RKB_CAN_PREFILL))
        return rkb_wire_cannot(d, "go on from the assistant's last turn", err);
    if (ask->echo && !(d->can & RKB_CAN_ECHO))
        return rkb_wire_cannot(d, "give logprobs of the prompt", err);
    if (ask->thinking != RKB_THINK_DEFAULT && !(d->can & RKB_CAN_THINK))
        return rkb_wire_cannot(d, "switch thinking on or off", err);
    if (ask->stream && !d->read_event)
        return rkb_wire_cannot(d, "stream", err);
    if (ask->stream && ask->echo)
        return rkb_wire_cannot(d, "stream the logprobs of the prompt", err);
    return RKB_OK;
}

/* ---- a reply ------------------------------------------------------------- */

enum rkb_status rkb_wire_refuse(rkb_sv body, const char *what,
                                struct rkb_err *err)
{
    char shown[SHOWN + 1];
    size_t n = body.len < SHOWN ? body.len : SHOWN;

    if (!body.len)
        return rkb_fail(err, RKB_E_DATA, "%s: the reply is empty", what);
    for (size_t i = 0; i < n; i++)
        shown[i] = body.at[i] ? body.at[i] : '?';
    shown[n] = '\0';
    rkb_printable(shown, body.len > n);
    return rkb_fail(err, RKB_E_DATA, "%s: '%s%s'", what, shown,
                    body.len > n ? "..." : "");
}

const struct rkb_json *rkb_wire_error(const struct rkb_json *root)
{
    const struct rkb_json *error = rkb_wire_get(root, "error");

    if (error)
        return error;
    if (rkb_sv_is(rkb_wire_string(root, "object"), "error"))
        return root;
    return NULL;
}

enum rkb_status rkb_wire_server_says(const struct rkb_json *error,
                                     struct rkb_err *err)
{
    rkb_sv text = rkb_wire_string(error, "message");

    if (error->kind == RKB_JSON_STRING)
        text = error->text;
    if (!text.len)
        text = rkb_sv_of("an error without a message");
    return rkb_fail(err, RKB_E_IO, "the server says: %.*s", (int)text.len,
                    text.at);
}

enum rkb_status rkb_wire_parse(struct rkb_arena *a, rkb_sv body,
                               const struct rkb_json **out, struct rkb_err *err)
{
    struct rkb_err why;

    if (!rkb_sv_trim(body).len)
        return rkb_wire_refuse((rkb_sv){ 0 }, "no JSON", err);
    if (rkb_json_parse(a, body, out, &why))
        return rkb_wire_refuse(body, why.msg, err);
    if ((*out)->kind != RKB_JSON_OBJECT && (*out)->kind != RKB_JSON_ARRAY)
        return rkb_wire_refuse(body, "neither a JSON object nor an array", err);
    if (rkb_wire_error(*out))
        return rkb_wire_server_says(rkb_wire_error(*out), err);
    return RKB_OK;
}

const struct rkb_json *rkb_wire_get(const struct rkb_json *j, const char *key)
{
    const struct rkb_json *m = rkb_json_get(j, key);

    return m && m->kind != RKB_JSON_NULL ? m : NULL;
}

rkb_sv rkb_wire_string(const struct rkb_json *j, const char *key)
{
    rkb_sv text = { 0 };

    return rkb_json_string(rkb_json_get(j, key), &text) ? text : (rkb_sv){ 0 };
}

int64_t rkb_wire_count(const struct rkb_json *j, const char *key)
{
    double value;

    if (!rkb_json_double(rkb_json_get(j, key), &value) || value < 0 ||
        value > (double)COUNT_MAX || floor(value) != value)
        return -1;
    return (int64_t)value;
}

int64_t rkb_wire_ms(const struct rkb_json *j, const char *key)
{
    double value;

    if (!rkb_json_double(rkb_json_get(j, key), &value) || value < 0 ||
        value > 1e12)
        return -1;
    return (int64_t)llround(value * 1e6);
}

const struct rkb_json *rkb_wire_first(const struct rkb_json *j)
{
    return j && j->kind == RKB_JSON_ARRAY ? j->child : NULL;
}
