/* SPDX-License-Identifier: Apache-2.0 */
/* Texts and tokens of an answer, as they come. */
#include "base/sort.h"
#include "harness/llm/wire.h"

#include <math.h>
#include <string.h>

/* Of a probability of 0, as OpenAI and vLLM write it. */
#define LEAST_LOGPROB (-9999.0)

struct rkb_answer_draft *rkb_wire_draft(struct rkb_arena *a,
                                        struct rkb_answer *answer)
{
    if (!answer->draft) {
        rkb_answer_init(answer);
        answer->draft = rkb_arena_new(a, 1, sizeof(*answer->draft));
    }
    return answer->draft;
}

/* Room is doubled: a reasoning text comes in thousands of pieces. */
static rkb_sv grown(struct rkb_arena *a, struct rkb_wire_grow *g, rkb_sv more)
{
    if (g->len + more.len > g->cap) {
        char *old = g->at;

        g->cap = 2 * (g->len + more.len);
        g->at = rkb_arena_new(a, g->cap, 1);
        if (g->len)
            memcpy(g->at, old, g->len);
    }
    if (more.len)
        memcpy(g->at + g->len, more.at, more.len);
    g->len += more.len;
    return (rkb_sv){ g->at, g->len };
}

void rkb_wire_add_text(struct rkb_arena *a, struct rkb_answer *answer,
                       rkb_sv text)
{
    answer->text = grown(a, &rkb_wire_draft(a, answer)->text, text);
}

void rkb_wire_add_reasoning(struct rkb_arena *a, struct rkb_answer *answer,
                            rkb_sv text)
{
    answer->reasoning = grown(a, &rkb_wire_draft(a, answer)->reasoning, text);
}

struct rkb_token *rkb_wire_add_token(struct rkb_arena *a,
                                     struct rkb_answer *answer)
{
    struct rkb_answer_draft *d = rkb_wire_draft(a, answer);
    struct rkb_token *t;

    if (d->n_tokens == d->cap_tokens) {
        struct rkb_token *old = d->tokens;

        d->cap_tokens = d->cap_tokens ? 2 * d->cap_tokens : 8;
        d->tokens = rkb_arena_new(a, d->cap_tokens, sizeof(*d->tokens));
        if (old)
            memcpy(d->tokens, old, d->n_tokens * sizeof(*old));
    }
    t = &d->tokens[d->n_tokens++];
    t->offset = -1;
    answer->tokens = d->tokens;
    answer->n_tokens = d->n_tokens;
    return t;
}

/* ---- tokens -------------------------------------------------------------- */

bool rkb_wire_logprob(const struct rkb_json *j, double *out)
{
    double value;

    if (!rkb_json_double(j, &value) || value > 1e-3)
        return false;
    *out = value > 0 ? 0 : value;
    return true;
}

static int by_logprob(const void *a, const void *b, void *ctx)
{
    const struct rkb_alt *x = a, *y = b;

    (void)ctx;
    return (x->logprob < y->logprob) - (x->logprob > y->logprob);
}

void rkb_wire_sort_alts(struct rkb_alt *alts, size_t n)
{
    rkb_sort(alts, n, sizeof(*alts), by_logprob, NULL);
}

bool rkb_wire_bytes(struct rkb_arena *a, const struct rkb_json *j, rkb_sv *out)
{
    size_t n = 0;
    char *text;

    if (!j || j->kind != RKB_JSON_ARRAY)
        return false;
    text = rkb_arena_new(a, j->n_children + 1, 1);
    for (const struct rkb_json *b = j->child; b; b = b->next) {
        int64_t value;

        if (b->kind != RKB_JSON_NUMBER ||
            !rkb_sv_to_i64(b->text, 0, 255, &value))
            return false;
        text[n++] = (char)(unsigned char)value;
    }
    *out = (rkb_sv){ text, n };
    return true;
}

/* The bytes where they are told: the text of a token that is part of a
 * character has lost it (U+FFFD, "bytes:\xe2", or cut). */
static bool token_text(struct rkb_arena *a, const struct rkb_json *entry,
                       rkb_sv *out)
{
    if (rkb_wire_get(entry, "bytes"))
        return rkb_wire_bytes(a, rkb_json_get(entry, "bytes"), out);
    return rkb_json_string(rkb_json_get(entry, "token"), out) ||
           rkb_json_string(rkb_json_get(entry, "tok_str"), out) ||
           rkb_json_string(rkb_json_get(entry, "content"), out);
}

/* False when the entry has neither, or one that cannot be. */
static bool entry_logprob(const struct rkb_json *entry, double *out)
{
    double p;

    if (rkb_wire_get(entry, "logprob"))
        return rkb_wire_logprob(rkb_json_get(entry, "logprob"), out);
    if (!rkb_json_double(rkb_json_get(entry, "prob"), &p) || p < 0 ||
        p > 1 + 1e-3)
        return false;
    *out = p > 0 ? fmin(log(p), 0) : LEAST_LOGPROB;
    return true;
}

/* Minus infinity, which JSON cannot write: a grammar leaves it no chance. */
static bool is_excluded(const struct rkb_json *alt)
{
    const struct rkb_json *logprob = rkb_json_get(alt, "logprob");

    return logprob && logprob->kind == RKB_JSON_NULL;
}

static const struct rkb_json *alternatives(const struct rkb_json *entry)
{
    static const char *const keys[] = { "top_logprobs", "top_probs", "probs" };

    for (size_t i = 0; i < RKB_COUNT(keys); i++) {
        const struct rkb_json *j = rkb_wire_get(entry, keys[i]);

        if (j && j->kind == RKB_JSON_ARRAY)
            return j;
    }
    return NULL;
}

bool rkb_wire_token(struct rkb_arena *a, const struct rkb_json *entry,
                    struct rkb_token *out, const char **why)
{
    const struct rkb_json *list = alternatives(entry);
    struct rkb_alt *alts;

    *why = "a token without its text";
    if (entry->kind != RKB_JSON_OBJECT || !token_text(a, entry, &out->text))
        return false;
    *why = "a logprob that is none";
    out->has_logprob = entry_logprob(entry, &out->logprob);
    if (!out->has_logprob &&
        (rkb_wire_get(entry, "logprob") || rkb_wire_get(entry, "prob")))
        return false;
    if (!list)
        return true;
    alts = rkb_arena_new(a, list->n_children, sizeof(*alts));
    for (const struct rkb_json *j = list->child; j; j = j->next) {
        struct rkb_alt *alt = &alts[out->n_alts];

        if (is_excluded(j))
            continue;
        if (!token_text(a, j, &alt->text) || !entry_logprob(j, &alt->logprob))
            return false;
        out->n_alts++;
        /* llama.cpp's older builds tell a token's probability only here. */
        if (!out->has_logprob && rkb_sv_eq(alt->text, out->text)) {
            out->has_logprob = true;
            out->logprob = alt->logprob;
        }
    }
    rkb_wire_sort_alts(alts, out->n_alts);
    out->alts = alts;
    return true;
}

bool rkb_wire_tokens(struct rkb_arena *a, const struct rkb_json *entries,
                     struct rkb_answer *answer, const char **why)
{
    for (const struct rkb_json *e = entries->child; e; e = e->next)
        if (!rkb_wire_token(a, e, rkb_wire_add_token(a, answer), why))
            return false;
    return true;
}

/* {text: logprob} or, of an echoed prompt's first token, null. */
static bool alts_by_text(struct rkb_arena *a, const struct rkb_json *j,
                         struct rkb_token *t)
{
    struct rkb_alt *alts;

    if (!j || j->kind == RKB_JSON_NULL)
        return true;
    if (j->kind != RKB_JSON_OBJECT)
        return false;
    alts = rkb_arena_new(a, j->n_children, sizeof(*alts));
    for (const struct rkb_json *m = j->child; m; m = m->next) {
        struct rkb_alt *alt = &alts[t->n_alts];

        if (m->kind == RKB_JSON_NULL) /* minus infinity, as above */
            continue;
        alt->text = m->key;
        if (!rkb_wire_logprob(m, &alt->logprob))
            return false;
        t->n_alts++;
        if (t->has_logprob && alt->logprob < t->logprob &&
            rkb_sv_eq(alt->text, t->text))
            alt->logprob = t->logprob;
    }
    rkb_wire_sort_alts(alts, t->n_alts);
    t->alts = alts;
    return true;
}

/* The next of a list that goes beside the tokens; NULL list: none. False when
 * it has ended. */
static bool beside(const struct rkb_json **list, const struct rkb_json **item)
{
    *item = *list;
    if (!*list)
        return false;
    *list = (*list)->next;
    return true;
}

bool rkb_wire_token_lists(struct rkb_arena *a, const struct rkb_json *lists,
                          struct rkb_answer *answer, const char **why)
{
    const struct rkb_json *tokens = rkb_wire_get(lists, "tokens");
    const struct rkb_json *values = rkb_wire_get(lists, "token_logprobs");
    const struct rkb_json *tops = rkb_wire_get(lists, "top_logprobs");
    const struct rkb_json *offsets = rkb_wire_get(lists, "text_offset");
    const struct rkb_json *value, *top, *offset, *next_value, *next_top,
        *next_offset;

    *why = "lists of logprobs that do not fit together";
    if (!tokens || tokens->kind != RKB_JSON_ARRAY || !values ||
        values->kind != RKB_JSON_ARRAY ||
        values->n_children != tokens->n_children)
        return false;
    next_value = values->child;
    next_top = rkb_wire_first(tops);
    next_offset = rkb_wire_first(offsets);
    if ((next_top && tops->n_children != tokens->n_children) ||
        (next_offset && offsets->n_children != tokens->n_children))
        return false;
    for (const struct rkb_json *j = tokens->child; j; j = j->next) {
        struct rkb_token *t = rkb_wire_add_token(a, answer);

        *why = "a token without its text";
        if (!rkb_json_string(j, &t->text))
            return false;
        *why = "a logprob that is none";
        if (beside(&next_value, &value) && value->kind != RKB_JSON_NULL) {
            t->has_logprob = rkb_wire_logprob(value, &t->logprob);
            if (!t->has_logprob)
                return false;
        }
        if (beside(&next_top, &top) && !alts_by_text(a, top, t))
            return false;
        if (beside(&next_offset, &offset) && offset->kind == RKB_JSON_NUMBER &&
            !rkb_sv_to_i64(offset->text, 0, INT64_MAX, &t->offset))
            t->offset = -1;
    }
    return true;
}
