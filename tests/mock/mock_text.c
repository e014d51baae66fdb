/* SPDX-License-Identifier: Apache-2.0 */
/* Query, passages and words of a prompt. */
#include "base/arena.h"
#include "base/io/regex.h"
#include "tests/mock/mock_model.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PASSAGES 1024

#define QUERY                                                               \
    "(?im)\\b(?:query|question|search)>?[ \\t]*(?::[ \\t]*\"?|\")(.*?)\\.?" \
    "(?=\"|$| document| passage)"
#define LABEL                                         \
    "(?m)^(?|\\[([A-Z]|\\d{1,4})\\] |"                \
    "(?:Passage|Document|Text) ?([A-Z]|\\d{1,4}): ?|" \
    "PASSAGE(\\d{1,4}) = \"?)"
#define ALONE "(?i)\\b(?:document|passage|text)>?:[ \\t]*"

static struct rkb_regex *compiled(const char *pattern)
{
    struct rkb_regex *r;
    struct rkb_err err;

    if (rkb_regex_open(&r, rkb_sv_of(pattern), &err))
        abort();
    return r;
}

static rkb_sv first_group(const char *pattern, rkb_sv text)
{
    struct rkb_regex *r = compiled(pattern);
    rkb_sv group = { 0 };
    size_t pos = 0;

    (void)rkb_regex_next(r, text, &pos, NULL, &group, NULL);
    rkb_regex_close(r);
    return group;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

rkb_sv mock_token(rkb_sv *rest)
{
    size_t n = rest->len > 1 && rest->at[0] == ' ';
    rkb_sv token;

    if (!rest->len)
        return (rkb_sv){ 0 };
    if (is_word(rest->at[n])) {
        while (n < rest->len && is_word(rest->at[n]))
            n++;
    } else {
        n++;
    }
    token = (rkb_sv){ rest->at, n };
    *rest = (rkb_sv){ rest->at + n, rest->len - n };
    return token;
}

size_t mock_n_tokens(rkb_sv text)
{
    size_t n = 0;

    while (mock_token(&text).len)
        n++;
    return n;
}

/* The next word in small letters; empty at the end. */
static rkb_sv next_word(struct rkb_arena *a, rkb_sv *rest)
{
    rkb_sv token;
    char *word;

    while ((token = mock_token(rest)).len) {
        size_t blank = token.at[0] == ' ';

        if (token.len == blank || !is_word(token.at[blank]))
            continue;
        token = (rkb_sv){ token.at + blank, token.len - blank };
        word = rkb_arena_cstr(a, token);
        for (size_t i = 0; i < token.len; i++)
            word[i] = (char)tolower((unsigned char)word[i]);
        return (rkb_sv){ word, token.len };
    }
    return (rkb_sv){ 0 };
}

static bool has_word(struct rkb_arena *a, rkb_sv text, rkb_sv word)
{
    rkb_sv other;

    while ((other = next_word(a, &text)).len) {
        if (rkb_sv_eq(other, word))
            return true;
    }
    return false;
}

double mock_overlap(rkb_sv query, rkb_sv text, size_t *n_words)
{
    struct rkb_arena scratch = { 0 };
    size_t n = 0, n_hits = 0;
    rkb_sv rest = query, word;

    while ((word = next_word(&scratch, &rest)).len) {
        rkb_sv before = { query.at, (size_t)(rest.at - query.at) - word.len };

        if (has_word(&scratch, before, word))
            continue;
        n++;
        n_hits += has_word(&scratch, text, word);
    }
    rkb_arena_release(&scratch);
    if (n_words)
        *n_words = n;
    return n ? (double)n_hits / (double)n : 0;
}

static void read_passages(struct rkb_arena *a, struct mock_prompt *p)
{
    struct rkb_regex *r = compiled(LABEL);
    rkb_sv label;
    size_t pos = 0;

    p->passages = rkb_arena_new(a, PASSAGES, sizeof(*p->passages));
    while (p->n_passages < PASSAGES &&
           rkb_regex_next(r, p->text, &pos, NULL, &label, NULL)) {
        rkb_sv rest = { p->text.at + pos, p->text.len - pos }, line = { 0 };

        rkb_sv_split(&rest, '\n', &line);
        p->passages[p->n_passages++] =
            (struct mock_passage){ .label = label, .text = line };
    }
    rkb_regex_close(r);
}

static void read_single(struct mock_prompt *p)
{
    struct rkb_regex *r = compiled(ALONE);
    size_t pos = 0;

    (void)rkb_regex_next(r, p->text, &pos, NULL, NULL, NULL);
    p->passages[0].text = (rkb_sv){ p->text.at + pos, p->text.len - pos };
    if (p->query.at && p->query.at > p->text.at + pos) /* it comes behind */
        p->passages[0].text.len = (size_t)(p->query.at - (p->text.at + pos));
    p->n_passages = 1;
    rkb_regex_close(r);
}

void mock_prompt_read(struct rkb_arena *a, rkb_sv text, struct mock_prompt *p)
{
    *p = (struct mock_prompt){ .text = text };
    p->query = first_group(QUERY, text);
    read_passages(a, p);
    if (p->n_passages == 0)
        read_single(p);
    for (size_t i = 0; i < p->n_passages; i++)
        p->passages[i].score =
            mock_overlap(p->query, p->passages[i].text, &p->n_words);
}
