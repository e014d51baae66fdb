/* SPDX-License-Identifier: Apache-2.0 */
/* Which kind of fault a reply tells of. Servers agree on status codes by and
 * large, but not on what means "too long" or "too many", so words come before
 * the status (METHODS.md 11.4, and the servers' own sources). */
#include "harness/llm/wire.h"

#include <string.h>

enum {
    FAR = 60,    /* bytes from a phrase to the number it announces */
    READ = 4096, /* of a message: a proxy may send megabytes       */
};

/* What the body says, wherever its server puts it. */
struct said {
    rkb_sv message, type, code;
    int64_t http, limit, asked;
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Behind the first place of `words` (lower case) at or behind `from`; 0: it is
 * not there. */
static size_t behind(rkb_sv text, size_t from, const char *words)
{
    size_t n = strlen(words);

    for (size_t i = from; i + n <= text.len; i++) {
        size_t k = 0;

        while (k < n && lower(text.at[i + k]) == words[k])
            k++;
        if (k == n)
            return i + n;
    }
    return 0;
}

static bool says_one(const struct said *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (behind(s->message, 0, words[i]) || behind(s->type, 0, words[i]) ||
            behind(s->code, 0, words[i]))
            return true;
    return false;
}

/* The number that follows soon, with its thousands' commas; -1: none. */
static int64_t number_at(rkb_sv text, size_t from)
{
    size_t end = text.len - from < FAR ? text.len : from + FAR;
    int64_t value = 0;
    bool any = false;

    while (from < end && (text.at[from] < '0' || text.at[from] > '9'))
        from++;
    for (; from < text.len && value < INT64_C(1) << 40; from++) {
        char c = text.at[from];

        if (c >= '0' && c <= '9') {
            value = value * 10 + (c - '0');
            any = true;
        } else if (c != ',' || from + 1 >= text.len ||
                   text.at[from + 1] < '0' || text.at[from + 1] > '9') {
            break;
        }
    }
    return any ? value : -1;
}

/* ---- numbers of "too long" --------------------------------------------------- */

static int64_t told_limit(rkb_sv text)
{
    static const char *const words[] = {
        "maximum context length is",
        "maximum context length of",
        "context length is",
        "context length (",
        "maximum model length of",
        "context size (",
        "must have less than",
        "must be <=",
        "configured limit of",
        "cannot exceed",
        "tokens allowed (",
        "model with",
        "current batch size:",
        "limit ",
        "maximum",
        " > ",
    };

    for (size_t i = 0; i < RKB_COUNT(words); i++) {
        size_t at = behind(text, 0, words[i]);
        int64_t n = at ? number_at(text, at) : -1;

        if (n > 0)
            return n;
    }
    return -1;
}

/* The largest number that is told as the prompt's or the whole's; where no
 * single one is above the limit they are parts of a sum. */
static int64_t told_asked(rkb_sv text, int64_t limit)
{
    static const char *const words[] = {
        "requested",       "request (",    "request has",
        "given:",          "input (",      "prompt (length",
        "prompt (",        "max_tokens (", "resulted in",
        "received",        "passed",       "total of",
        "too long:",       "too large:",   "token count (",
        "prompt contains", "input length", "inputs` tokens and",
    };
    int64_t most = -1, sum = 0;

    for (size_t i = 0; i < RKB_COUNT(words); i++) {
        size_t at = 0;

        while ((at = behind(text, at, words[i])) > 0) {
            int64_t n = number_at(text, at);

            if (n < 0 || n == limit)
                continue;
            most = n > most ? n : most;
            sum += n;
        }
    }
    if (most > limit)
        return most;
    return limit > 0 && sum > limit ? sum : -1;
}

/* ---- what the body says --------------------------------------------------------- */

static void read_object(const struct rkb_json *j, struct said *s)
{
    const struct rkb_json *code = rkb_wire_get(j, "code");

    s->message = rkb_wire_string(j, "message");
    if (!s->message.len)
        s->message = rkb_wire_string(j, "detail");
    if (!s->message.len)
        s->message = rkb_wire_string(j, "msg");
    s->type = rkb_wire_string(j, "type");
    if (!s->type.len)
        s->type = rkb_wire_string(j, "error_type");
    if (rkb_json_id(code, &s->code) && code->kind == RKB_JSON_NUMBER)
        s->http = rkb_wire_count(j, "code");
    s->asked = rkb_wire_count(j, "n_prompt_tokens");
    s->limit = rkb_wire_count(j, "n_ctx");
}

static void read_json(const struct rkb_json *root, struct said *s)
{
    const struct rkb_json *error = rkb_wire_get(root, "error");
    const struct rkb_json *detail = rkb_wire_get(root, "detail");

    if (error && error->kind == RKB_JSON_OBJECT) {
        read_object(error, s);
        return;
    }
    if (error && error->kind == RKB_JSON_STRING) {
        read_object(root, s);
        s->message = error->text;
        return;
    }
    if (detail && detail->kind == RKB_JSON_ARRAY) /* FastAPI's validation */
        detail = detail->child;
    read_object(detail && detail->kind == RKB_JSON_OBJECT ? detail : root, s);
}

/* The title of a page, which is all that a proxy's page says. */
static rkb_sv page_title(rkb_sv body)
{
    size_t from = behind(body, 0, "<title>");
    size_t end = from ? behind(body, from, "</title>") : 0;

    if (!end)
        return rkb_sv_of("an HTML page without a title");
    end -= strlen("</title>");
    return rkb_sv_trim((rkb_sv){ body.at + from, end - from });
}

static void read_body(struct rkb_arena *a, rkb_sv body, struct said *s)
{
    const struct rkb_json *root;
    rkb_sv text = rkb_sv_trim(body);
    struct rkb_err ignored;

    if (text.len && !rkb_json_parse(a, text, &root, &ignored)) {
        if (root->kind == RKB_JSON_STRING)
            s->message = root->text;
        else
            read_json(root, s);
    } else if (text.len && text.at[0] == '<') {
        s->message = page_title(text);
        return;
    }
    if (!s->message.len)
        s->message = s->type.len ? s->type : text;
}

/* ---- the verdict ------------------------------------------------------------------ */

static bool is_context(const struct said *s)
{
    static const char *const words[] = {
        "context_length_exceeded",
        "exceed_context_size",
        "maximum context length",
        "max context length",
        "model's context length",
        "exceeds the context length",
        "context size",
        "context window",
        "maximum model length",
        "prompt is too long",
        "prompt too long",
        "input is too long",
        "must have less than",
        "number of tokens allowed",
        "input tokens exceed",
        "request too large for",
        "too many tokens",
        "max_new_tokens` must be <=",
        "too large to process", /* llama.cpp: rerank, embeddings */
        "exceed context limit",
    };

    return says_one(s, words, RKB_COUNT(words));
}

static bool is_batch(const struct said *s)
{
    static const char *const words[] = {
        "maximum allowed batch size",
        "too many documents",
        "too many texts",
        "too many inputs",
        "maximum number of documents",
        "maximum batch size",
        "number of documents",
        "list of documents",
    };

    return says_one(s, words, RKB_COUNT(words));
}

/* An empty text: TEI up to 1.7 tells of it with status 413, as of too many. */
static bool is_empty(const struct said *s)
{
    static const char *const words[] = { "cannot be empty" };

    return says_one(s, words, RKB_COUNT(words));
}

/* What no other ask of this run will get past. */
static bool is_final(const struct said *s)
{
    static const char *const words[] = {
        "insufficient_quota",
        "exceeded your current quota",
        "credit balance",
        "billing",
        "payment required",
        "invalid_api_key",
        "incorrect api key",
        "invalid api key",
        "authentication_error",
        "not a re-ranker",
        "is not a reranker",
        "does not support reranking",
        "does not support embeddings",
        "model_not_found",
        "not_supported_error",
        "loaded with reranking",
        "does not support rerank",
        "does not support score",
    };

    return says_one(s, words, RKB_COUNT(words));
}

/* "model 'x' not found", "the model `x` does not exist". */
static bool is_no_model(const struct said *s)
{
    size_t at = behind(s->message, 0, "model");

    return at && (behind(s->message, at, "not found") ||
                  behind(s->message, at, "does not exist") ||
                  behind(s->message, at, "not a valid model"));
}

static enum rkb_fault_kind by_status(int64_t http)
{
    switch (http) {
    case 401:
    case 402:
    case 403:
    case 404:
    case 405:
    case 410:
    case 501:
        return RKB_FAULT_RUN;
    case 413:
        return RKB_FAULT_BATCH;
    case 408:
    case 409:
    case 424: /* TEI: the model's own computation failed */
    case 425:
    case 429:
        return RKB_FAULT_AGAIN;
    default:
        return http >= 400 && http < 500 ? RKB_FAULT_QUERY : RKB_FAULT_AGAIN;
    }
}

static enum rkb_fault_kind kind_of(const struct said *s)
{
    static const char *const busy[] = { "overloaded", "loading model",
                                        "rate_limit_exceeded", "rate limit" };

    if (is_final(s) || is_no_model(s))
        return RKB_FAULT_RUN;
    if (is_empty(s) && s->http >= 400 && s->http < 500)
        return RKB_FAULT_QUERY;
    if (is_context(s))
        return RKB_FAULT_CONTEXT;
    if (is_batch(s))
        return RKB_FAULT_BATCH;
    if (says_one(s, busy, RKB_COUNT(busy)))
        return RKB_FAULT_AGAIN;
    return by_status(s->http);
}

/* A NUL is no end here. */
static void show(rkb_sv text, char *to, size_t size)
{
    size_t n = text.len < size - 1 ? text.len : size - 1;

    for (size_t i = 0; i < n; i++)
        to[i] = text.at[i] ? text.at[i] : '?';
    to[n] = '\0';
    rkb_printable(to, text.len > n);
}

void rkb_fault_read(int http, rkb_sv body, struct rkb_fault *out)
{
    struct rkb_arena a = { 0 };
    struct said s = { .http = -1, .limit = -1, .asked = -1 };

    read_body(&a, body, &s);
    if (s.message.len > READ)
        s.message.len = READ;
    /* An error after status 200 (a broken stream) may bring its own code. */
    if (http >= 400 || s.http < 400 || s.http > 599)
        s.http = http;
    *out = (struct rkb_fault){ .kind = kind_of(&s), .limit = -1, .asked = -1 };
    if (out->kind == RKB_FAULT_CONTEXT) {
        out->limit = s.limit > 0 ? s.limit : told_limit(s.message);
        out->asked = s.asked > 0 ? s.asked : told_asked(s.message, out->limit);
    } else if (out->kind == RKB_FAULT_BATCH) {
        size_t at = behind(s.message, 0, "maximum");

        out->limit = at ? number_at(s.message, at) : -1;
        at = behind(s.message, 0, "batch size");
        out->asked = at ? number_at(s.message, at) : -1;
        if (out->asked <= out->limit)
            out->asked = -1;
    }
    if (!s.message.len)
        s.message = rkb_sv_of("no word of explanation");
    show(s.message, out->msg, sizeof(out->msg));
    rkb_arena_release(&a);
}
