/* SPDX-License-Identifier: Apache-2.0 */
/* Reads scripts and does what they say. */
#include "base/arena.h"
#include "base/io/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "tests/mock/mock_impl.h"
#include "tests/mock/mock_model.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_BYTES ((size_t)64 << 20)

struct step {
    const struct verb *verb;
    int64_t number;
    rkb_sv text;
};

struct rule {
    rkb_sv method, path, body;
    int64_t times; /* -1: for ever */
    struct step *steps;
    size_t n_steps, cap_steps;
};

struct mock_script {
    struct rkb_arena arena;
    struct rule *rules;
    size_t n_rules, cap_rules;
};

/* ---- doing ------------------------------------------------------------- */

static bool send_buf(struct mock_link *link, struct rkb_buf *out)
{
    bool ok = mock_send(link, rkb_buf_view(out));

    rkb_buf_release(out);
    return ok;
}

static bool do_header(struct mock_link *link, const struct step *s,
                      const struct mock_request *r)
{
    (void)r;
    rkb_buf_sv(&link->more, s->text);
    rkb_buf_text(&link->more, "\r\n");
    return true;
}

static bool do_reply(struct mock_link *link, const struct step *s,
                     const struct mock_request *r)
{
    struct rkb_buf out = { 0 };

    (void)r;
    mock_reply(link, &out, (int)s->number, s->text);
    return send_buf(link, &out);
}

static bool do_reply_file(struct mock_link *link, const struct step *s,
                          const struct mock_request *r)
{
    struct rkb_arena arena = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_err err;
    rkb_sv body;

    (void)r;
    if (rkb_file_read(&arena, s->text.at, FILE_BYTES, &body, &err)) {
        fprintf(stderr, "mock: %s\n", err.msg);
        abort();
    }
    mock_reply(link, &out, (int)s->number, body);
    rkb_arena_release(&arena);
    return send_buf(link, &out);
}

static bool do_model(struct mock_link *link, const struct step *s,
                     const struct mock_request *r)
{
    struct rkb_buf out = { 0 };

    mock_model(link, s->text, r, &out);
    return send_buf(link, &out);
}

static bool do_wait(struct mock_link *link, const struct step *s,
                    const struct mock_request *r)
{
    (void)r;
    return mock_pause(link, s->number);
}

/* Hashes of the salt and the first 256, 512, ... bytes that were asked. Full, it
 * forgets nothing and learns nothing. */
static struct {
    pthread_mutex_t mutex;
    uint64_t seen[1 << 16];
    size_t n;
} prefixes = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static bool is_known(uint64_t hash)
{
    for (size_t i = 0; i < prefixes.n; i++)
        if (prefixes.seen[i] == hash)
            return true;
    if (prefixes.n < RKB_COUNT(prefixes.seen))
        prefixes.seen[prefixes.n++] = hash;
    return false;
}

static rkb_sv salt_of(rkb_sv body)
{
    static const char key[] = "\"cache_salt\":\"";
    const char *at = memmem(body.at, body.len, key, sizeof key - 1);
    rkb_sv rest = { 0 }, salt = { 0 };

    if (at) {
        at += sizeof key - 1;
        rest = (rkb_sv){ at, (size_t)(body.at + body.len - at) };
        (void)rkb_sv_split(&rest, '"', &salt);
    }
    return salt;
}

static bool do_prefill(struct mock_link *link, const struct step *s,
                       const struct mock_request *r)
{
    const char *from = memmem(r->body.at, r->body.len, "\"messages\"", 10);
    size_t n = from ? (size_t)(r->body.at + r->body.len - from) : 0;
    rkb_sv salt = salt_of(r->body);
    int64_t n_new = 0;

    pthread_mutex_lock(&prefixes.mutex);
    for (size_t end = 256; end <= n; end += 256)
        n_new +=
            !is_known(rkb_rng_key(rkb_sv_hash(salt), (rkb_sv){ from, end }, 0));
    pthread_mutex_unlock(&prefixes.mutex);
    return mock_pause(link, n_new * s->number);
}

static bool do_send(struct mock_link *link, const struct step *s,
                    const struct mock_request *r)
{
    (void)r;
    return mock_send(link, s->text);
}

static bool do_repeat(struct mock_link *link, const struct step *s,
                      const struct mock_request *r)
{
    int64_t left = s->number;

    (void)r;
    while (left > 0) {
        struct rkb_buf out = { 0 };

        for (; left > 0 && out.len < 65536; left--)
            rkb_buf_sv(&out, s->text);
        if (!send_buf(link, &out))
            return false;
    }
    return true;
}

static bool do_drip(struct mock_link *link, const struct step *s,
                    const struct mock_request *r)
{
    (void)r;
    for (size_t i = 0; i < s->text.len; i++) {
        if (!mock_send(link, (rkb_sv){ s->text.at + i, 1 }) ||
            !mock_pause(link, s->number))
            return false;
    }
    return true;
}

static bool do_chunked(struct mock_link *link, const struct step *s,
                       const struct mock_request *r)
{
    struct rkb_buf out = { 0 };

    (void)r;
    rkb_buf_printf(&out,
                   "HTTP/1.1 %d %s\r\nTransfer-Encoding: chunked\r\n"
                   "Content-Type: ",
                   (int)s->number, mock_reason((int)s->number));
    rkb_buf_sv(&out, s->text);
    rkb_buf_text(&out, "\r\n");
    rkb_buf_sv(&out, rkb_buf_view(&link->more));
    rkb_buf_text(&out, "\r\n");
    rkb_buf_reset(&link->more);
    return send_buf(link, &out);
}

static bool do_chunk(struct mock_link *link, const struct step *s,
                     const struct mock_request *r)
{
    struct rkb_buf out = { 0 };

    (void)r;
    rkb_buf_printf(&out, "%zx\r\n", s->text.len);
    rkb_buf_sv(&out, s->text);
    rkb_buf_text(&out, "\r\n");
    return send_buf(link, &out);
}

static bool do_event(struct mock_link *link, const struct step *s,
                     const struct mock_request *r)
{
    struct rkb_buf out = { 0 };

    (void)r;
    rkb_buf_printf(&out, "%zx\r\ndata: ", s->text.len + 8);
    rkb_buf_sv(&out, s->text);
    rkb_buf_text(&out, "\n\n\r\n");
    return send_buf(link, &out);
}

static bool do_end(struct mock_link *link, const struct step *s,
                   const struct mock_request *r)
{
    (void)r;
    (void)s;
    return mock_send(link, rkb_sv_of("0\r\n\r\n"));
}

static bool do_hang(struct mock_link *link, const struct step *s,
                    const struct mock_request *r)
{
    (void)r;
    (void)s;
    mock_pause(link, -1);
    return false;
}

static bool do_close(struct mock_link *link, const struct step *s,
                     const struct mock_request *r)
{
    (void)r;
    (void)s;
    (void)link;
    return false;
}

static bool do_reset(struct mock_link *link, const struct step *s,
                     const struct mock_request *r)
{
    (void)r;
    (void)s;
    mock_set_reset(link);
    return false;
}

/* What follows the word: a number, a text as it stands, or with escapes. */
static const struct verb {
    const char *name;
    bool number, text, escapes;
    bool (*run)(struct mock_link *link, const struct step *s,
                const struct mock_request *r);
} verbs[] = {
    { "header", false, true, false, do_header },
    { "reply", true, true, false, do_reply },
    { "reply-file", true, true, false, do_reply_file },
    { "model", false, true, false, do_model },
    { "wait", true, false, false, do_wait },
    { "prefill", true, false, false, do_prefill },
    { "send", false, true, true, do_send },
    { "repeat", true, true, true, do_repeat },
    { "drip", true, true, true, do_drip },
    { "chunked", true, true, false, do_chunked },
    { "chunk", false, true, true, do_chunk },
    { "event", false, true, false, do_event },
    { "end", false, false, false, do_end },
    { "hang", false, false, false, do_hang },
    { "close", false, false, false, do_close },
    { "reset", false, false, false, do_reset },
};

bool mock_script_run(const struct mock_script *s, size_t rule,
                     struct mock_link *link, const struct mock_request *r)
{
    const struct rule *taken = &s->rules[rule];

    for (size_t i = 0; i < taken->n_steps; i++) {
        if (!taken->steps[i].verb->run(link, &taken->steps[i], r))
            return false;
    }
    return true;
}

/* ---- choosing ---------------------------------------------------------- */

static bool contains(rkb_sv text, rkb_sv part)
{
    return !part.len || memmem(text.at, text.len, part.at, part.len);
}

size_t mock_script_choose(struct mock_script *s, const struct mock_request *r)
{
    for (size_t i = 0; i < s->n_rules; i++) {
        struct rule *rule = &s->rules[i];

        if (rule->times == 0 ||
            (rule->method.len && !rkb_sv_is(rule->method, r->method)) ||
            !contains(rkb_sv_of(r->path), rule->path) ||
            !contains(r->body, rule->body))
            continue;
        if (rule->times > 0)
            rule->times--;
        return i;
    }
    return SIZE_MAX;
}

/* ---- reading ----------------------------------------------------------- */

__attribute__((noreturn)) static void bad(size_t line, const char *why,
                                          rkb_sv what)
{
    fprintf(stderr, "mock: script line %zu: %s: '%.*s'\n", line, why,
            (int)what.len, what.len ? what.at : "");
    exit(2);
}

static unsigned hex(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : ((unsigned)c | 32) - 'a' + 10;
}

static rkb_sv unescape(struct rkb_arena *a, rkb_sv text)
{
    char *out = rkb_arena_new(a, text.len + 1, 1);
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c == '\\' && i + 1 < text.len) {
            c = text.at[++i];
            if (c == 'x' && i + 2 < text.len) {
                c = (char)(hex(text.at[i + 1]) << 4 | hex(text.at[i + 2]));
                i += 2;
            } else {
                c = c == 'r' ? '\r' : c == 'n' ? '\n' : c == 't' ? '\t' : c;
            }
        }
        out[n++] = c;
    }
    return (rkb_sv){ out, n };
}

static void read_rule(struct mock_script *s, size_t line, rkb_sv rest)
{
    struct rule rule = { .times = -1 };
    rkb_sv word, key;

    while ((word = rkb_sv_word(&rest)).len) {
        rkb_sv value = word;

        if (!rkb_sv_split(&value, '=', &key) || !value.at)
            bad(line, "not key=value", word);
        value = rkb_arena_copy(&s->arena, value);
        if (rkb_sv_is(key, "method"))
            rule.method = value;
        else if (rkb_sv_is(key, "path"))
            rule.path = value;
        else if (rkb_sv_is(key, "body"))
            rule.body = value;
        else if (!rkb_sv_is(key, "times") ||
                 !rkb_sv_to_i64(value, 1, INT64_MAX, &rule.times))
            bad(line, "unknown key or bad number", word);
    }
    s->rules = rkb_grow(s->rules, &s->cap_rules, s->n_rules + 1, sizeof(rule));
    s->rules[s->n_rules++] = rule;
}

static void read_step(struct mock_script *s, size_t line, rkb_sv name,
                      rkb_sv rest)
{
    struct rule *rule = s->n_rules ? &s->rules[s->n_rules - 1] : NULL;
    struct step step = { 0 };

    for (size_t i = 0; i < RKB_COUNT(verbs); i++) {
        if (rkb_sv_is(name, verbs[i].name))
            step.verb = &verbs[i];
    }
    if (!step.verb || !rule)
        bad(line, rule ? "unknown word" : "no rule was started", name);
    if (step.verb->number) {
        rkb_sv word = rkb_sv_word(&rest);

        if (!rkb_sv_to_i64(word, 0, INT64_MAX, &step.number))
            bad(line, "not a number", word);
    }
    if (rest.len) /* the one blank behind what came before */
        rest = (rkb_sv){ rest.at + 1, rest.len - 1 };
    if (rest.len && !step.verb->text)
        bad(line, "more than was expected", rest);
    step.text = step.verb->escapes ? unescape(&s->arena, rest)
                                   : rkb_arena_copy(&s->arena, rest);
    rule->steps = rkb_grow(rule->steps, &rule->cap_steps, rule->n_steps + 1,
                           sizeof(step));
    rule->steps[rule->n_steps++] = step;
}

struct mock_script *mock_script_read(const char *text)
{
    struct mock_script *s = rkb_new(1, sizeof(*s));
    rkb_sv rest = rkb_sv_of(text), line;

    for (size_t n = 1; rkb_sv_split(&rest, '\n', &line); n++) {
        rkb_sv word = rkb_sv_word(&line);

        if (!word.len || word.at[0] == '#')
            continue;
        if (rkb_sv_is(word, "on"))
            read_rule(s, n, line);
        else
            read_step(s, n, word, line);
    }
    return s;
}

void mock_script_free(struct mock_script *s)
{
    for (size_t i = 0; i < s->n_rules; i++)
        rkb_free(s->rules[i].steps);
    rkb_free(s->rules);
    rkb_arena_release(&s->arena);
    rkb_free(s);
}
