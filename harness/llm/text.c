/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/text.h"

#include "base/err.h"

#include <string.h>

/* A text that is changed where it stands: no step makes it longer. */
struct work {
    char *at;
    size_t len;
};

static rkb_sv view(const struct work *w)
{
    return (rkb_sv){ w->at, w->len };
}

/* ---- characters ---------------------------------------------------------- */

/* Nearly all of them are ASCII, and every one is looked at several times. */
static inline uint32_t next_char(const struct work *w, size_t *i)
{
    unsigned char c = (unsigned char)w->at[*i];

    if (c >= 0x80)
        return rkb_sv_code_point(view(w), i);
    ++*i;
    return c;
}

/* Python's str.isspace. */
static bool is_space(uint32_t c)
{
    if (c < 0x80)
        return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
    return c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

/* The zero of every script; its nine others follow it. Source: Unicode 14. */
static const uint32_t zeros[] = {
    0x30,    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,
    0xB66,   0xBE6,   0xC66,   0xCE6,   0xD66,   0xDE6,   0xE50,   0xED0,
    0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0,  0x1A80,
    0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,
    0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066,
    0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0,
    0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
    0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0,
    0x1E950, 0x1FBF0
};

int rkb_decimal_digit(uint32_t code_point)
{
    if (code_point < 0x80)
        return code_point >= '0' && code_point <= '9' ? (int)(code_point - '0')
                                                      : -1;
    for (size_t i = 0; i < RKB_COUNT(zeros); i++)
        if (code_point - zeros[i] < 10)
            return (int)(code_point - zeros[i]);
    return -1;
}

/* ---- steps --------------------------------------------------------------- */

static void drop_empty_labels(struct work *w)
{
    static const char labels[] = "Title: Content: ";
    const size_t n = sizeof(labels) - 1;
    size_t out = 0;

    if (!w->len || !memmem(w->at, w->len, labels, n))
        return;
    for (size_t i = 0; i < w->len;) {
        if (w->len - i >= n && memcmp(w->at + i, labels, n) == 0)
            i += n;
        else
            w->at[out++] = w->at[i++];
    }
    w->len = out;
}

static void trim(struct work *w)
{
    size_t i = 0, end = 0, start = w->len;

    while (i < w->len) {
        size_t at = i;

        if (is_space(next_char(w, &i)))
            continue;
        if (start == w->len)
            start = at;
        end = i;
    }
    w->len = end > start ? end - start : 0;
    if (start)
        memmove(w->at, w->at + start, w->len);
}

/* True when there were more than `max` words. */
static bool keep_words(struct work *w, int32_t max)
{
    int32_t n = 0;
    size_t out = 0;
    bool in_word = false;

    for (size_t i = 0; i < w->len;) {
        size_t at = i;

        if (is_space(next_char(w, &i))) {
            in_word = false;
            continue;
        }
        if (!in_word) {
            if (n++ == max) {
                w->len = out;
                return true;
            }
            if (out)
                w->at[out++] = ' ';
            in_word = true;
        }
        while (at < i)
            w->at[out++] = w->at[at++];
    }
    w->len = out;
    return false;
}

static void numbers_in_paren(struct work *w)
{
    const char *first = w->len ? memchr(w->at, '[', w->len) : NULL;
    size_t i = first ? (size_t)(first - w->at) : w->len;
    size_t open = SIZE_MAX; /* a bracket with digits alone behind it */

    while (i < w->len) {
        size_t at = i;
        uint32_t c = next_char(w, &i);

        if (c == '[') {
            open = at;
        } else if (c == ']' && open != SIZE_MAX && at > open + 1) {
            w->at[open] = '(';
            w->at[at] = ')';
            open = SIZE_MAX;
        } else if (rkb_decimal_digit(c) < 0) {
            open = SIZE_MAX;
        }
    }
}

/* The greedy \[([A-z]+)\]: from an opening bracket to the last closing one
 * that has nothing but the range, which holds both brackets, before it. */
static void letters_in_paren(struct work *w)
{
    size_t i = 0;

    while (i < w->len) {
        size_t run = i, last = 0;

        if (w->at[i] != '[') {
            i++;
            continue;
        }
        while (run < w->len && w->at[run] >= 'A' && w->at[run] <= 'z') {
            if (w->at[run] == ']' && run > i + 1)
                last = run;
            run++;
        }
        if (last) {
            w->at[i] = '(';
            w->at[last] = ')';
        }
        /* Without one, no later bracket of the run has one either. */
        i = last ? last + 1 : run;
    }
}

static void rewrite_brackets(struct work *w, enum rkb_bracket_rule rule)
{
    if (rule == RKB_BRACKETS_PAREN)
        numbers_in_paren(w);
    else if (rule == RKB_BRACKETS_LETTERS)
        letters_in_paren(w);
}

/* ---- the texts ----------------------------------------------------------- */

static void add(struct work *w, rkb_sv text)
{
    if (text.len)
        memcpy(w->at + w->len, text.at, text.len);
    w->len += text.len;
}

static struct work joined(struct rkb_arena *a, enum rkb_title_rule rule,
                          rkb_sv title, rkb_sv text)
{
    static const struct {
        const char *before, *between;
    } joiners[] = {
        [RKB_TITLE_LABELS] = { "Title: ", " Content: " },
        [RKB_TITLE_DOT] = { "", ". " },
        [RKB_TITLE_SPACE] = { "", " " },
    };
    struct work w = { .at = rkb_arena_new(a, 1, title.len + text.len + 32) };

    add(&w, title);
    trim(&w);
    if (w.len) {
        w.len = 0;
        add(&w, rkb_sv_of(joiners[rule].before));
        add(&w, title);
        add(&w, rkb_sv_of(joiners[rule].between));
    }
    add(&w, text);
    return w;
}

rkb_sv rkb_passage_text(struct rkb_arena *a, const struct rkb_text_rule *rule,
                        rkb_sv title, rkb_sv text, int32_t max_words, bool *cut)
{
    struct work w = joined(a, rule->title, title, text);
    bool was_cut = false;

    if (rule->title == RKB_TITLE_LABELS)
        drop_empty_labels(&w);
    trim(&w);
    if (max_words > 0)
        was_cut = keep_words(&w, max_words);
    rewrite_brackets(&w, rule->brackets);
    if (cut)
        *cut = was_cut;
    return view(&w);
}

rkb_sv rkb_query_text(struct rkb_arena *a, const struct rkb_text_rule *rule,
                      rkb_sv query)
{
    struct work w = { .at = rkb_arena_new(a, 1, query.len + 1) };

    add(&w, query);
    rewrite_brackets(&w, rule->brackets);
    return view(&w);
}

/* ---- tokens -------------------------------------------------------------- */

static size_t span(rkb_sv text, size_t i, char low, char high)
{
    size_t n = 0;

    while (i + n < text.len && text.at[i + n] >= low && text.at[i + n] <= high)
        n++;
    return n;
}

/* Long words are rare ones, which are cut smaller. */
static size_t word_cost(size_t n)
{
    return (n + 2) / 3 + n / 16;
}

/* Tokens of the letters at i, which moves behind them: capitals are cut
 * smaller than words. */
static size_t letters_cost(rkb_sv text, size_t *i)
{
    size_t high = span(text, *i, 'A', 'Z');
    size_t low = span(text, *i + high, 'a', 'z');

    *i += high + low;
    if (high > 1)
        return high / 2 + 1 + word_cost(low);
    return word_cost(high + low);
}

/* A blank is part of the word behind it, but not of a digit or a blank. */
static size_t blank_cost(rkb_sv text, size_t i)
{
    char next = i + 1 < text.len ? text.at[i + 1] : ' ';

    return next == ' ' || (next >= '0' && next <= '9');
}

int64_t rkb_tokens_at_most(rkb_sv text)
{
    size_t n = 2; /* what a vocabulary puts around a text */
    size_t i = 0;

    while (i < text.len) {
        if (span(text, i, 'A', 'Z') || span(text, i, 'a', 'z'))
            n += letters_cost(text, &i);
        else if (text.at[i] == ' ')
            n += blank_cost(text, i++);
        else
            n++, i++;
    }
    return (int64_t)n;
}
