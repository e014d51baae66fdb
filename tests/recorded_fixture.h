/* SPDX-License-Identifier: Apache-2.0 */
/* A reply of a server in a file, tests/fuzz/corpus/dialects/NAME:
 *
 *     # SOURCE         of what a real server answered: which, and where that
 *     # CHANGED        is written down; what was changed in it, if anything
 *     DIALECT KIND FLAG...
 *     the reply
 *
 * Kinds: chat, complete, rerank, embed, tokenize, render, models. Flags: alts
 * (three), echo, stream, begun (an answer begun with "["), docs=N, http=N (the
 * status, where it is not 200). Without a source the reply is made up. */
#ifndef RKB_TESTS_RECORDED_FIXTURE_H
#define RKB_TESTS_RECORDED_FIXTURE_H

#include "base/buf.h"
#include "harness/llm/dialect.h"

#include <stdlib.h>

#define RECORDED_UNUSED __attribute__((unused)) static

enum { RECORDED_DOCS = 8 };

struct recorded {
    rkb_sv source; /* the first line's; empty: made up */
    const struct rkb_dialect_def *dialect;
    struct rkb_ask ask;
    int http;
    rkb_sv body;
};

/* N of "key=N"; false for another word or another N than 1 to `most`. */
RECORDED_UNUSED bool recorded_number(rkb_sv word, const char *key, int64_t most,
                                     int64_t *n)
{
    rkb_sv name;

    return rkb_sv_split(&word, '=', &name) && rkb_sv_is(name, key) && word.at &&
           rkb_sv_to_i64(word, 1, most, n);
}

RECORDED_UNUSED void recorded_flag(struct recorded *r, rkb_sv word)
{
    static const struct rkb_turn begun[] = { { RKB_USER, { "ab", 2 } },
                                             { RKB_ASSISTANT, { "[", 1 } } };
    int64_t n;

    if (rkb_sv_is(word, "alts")) {
        r->ask.n_alts = 3;
    } else if (rkb_sv_is(word, "echo")) {
        r->ask.echo = true;
    } else if (rkb_sv_is(word, "stream")) {
        r->ask.stream = r->ask.kind <= RKB_ASK_COMPLETE;
    } else if (rkb_sv_is(word, "begun")) {
        r->ask.turns = begun;
        r->ask.n_turns = 2;
        r->ask.prefill = true;
    } else if (recorded_number(word, "docs", RECORDED_DOCS, &n)) {
        r->ask.n_docs = (size_t)n;
    } else if (recorded_number(word, "http", 999, &n)) {
        r->http = (int)n;
    }
}

/* False when the line with the dialect is not there or names none, or one that
 * cannot do what is asked. Views into `file`. */
RECORDED_UNUSED bool recorded_read(rkb_sv file, struct recorded *r)
{
    static const char *const kinds[RKB_ASK_KINDS] = {
        "chat", "complete", "rerank", "embed", "tokenize", "render", "models"
    };
    static const rkb_sv docs[RECORDED_DOCS] = { { "a", 1 }, { "b", 1 },
                                                { "c", 1 }, { "d", 1 },
                                                { "e", 1 }, { "f", 1 },
                                                { "g", 1 }, { "h", 1 } };
    struct rkb_err err = { 0 };
    rkb_sv line, word;
    int kind = 0;

    *r = (struct recorded){ .http = 200 };
    do {
        if (!rkb_sv_split(&file, '\n', &line))
            return false;
        if (!r->source.len && line.len > 2 && line.at[0] == '#')
            r->source = (rkb_sv){ line.at + 2, line.len - 2 };
    } while (line.len && line.at[0] == '#');
    if (rkb_dialect_find(rkb_sv_word(&line), &r->dialect, &err))
        return false;
    word = rkb_sv_word(&line);
    while (kind < RKB_ASK_KINDS && !rkb_sv_is(word, kinds[kind]))
        kind++;
    if (kind == RKB_ASK_KINDS || !(r->dialect->can & RKB_CAN(kind)))
        return false;
    r->ask = (struct rkb_ask){ .kind = (enum rkb_ask_kind)kind,
                               .prompt = { "ab", 2 },
                               .query = { "q", 1 },
                               .docs = docs,
                               .n_docs = 3,
                               .max_tokens = 4 };
    while ((word = rkb_sv_word(&line)).len)
        recorded_flag(r, word);
    r->body = file.at ? file : (rkb_sv){ 0 };
    return !r->ask.stream || r->dialect->read_event;
}

/* A whole stream, or as much of it as is there. *n_events: how many carried
 * text; one that says so and does not is our own mistake. */
RECORDED_UNUSED enum rkb_status recorded_stream(struct rkb_arena *a,
                                                const struct recorded *r,
                                                struct rkb_answer *out,
                                                size_t *n_events,
                                                struct rkb_err *err)
{
    bool content, last = false;
    size_t pos = 0, offset, before;
    rkb_sv data;

    rkb_answer_init(out);
    *n_events = 0;
    while (!last && rkb_event_next(a, r->body, r->dialect->can & RKB_IS_NDJSON,
                                   &pos, &data, &offset)) {
        before = out->text.len + out->reasoning.len;
        if (r->dialect->read_event(a, &r->ask, data, out, &content, &last, err))
            return err->code;
        if (content && !last && out->text.len + out->reasoning.len <= before)
            abort();
        *n_events += content;
    }
    return rkb_answer_check(&r->ask, out, err);
}

#endif
