/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/analyze.h"

#include "base/err.h"
#include "harness/retrieve/porter.h"

#include <stdint.h>
#include <string.h>

/* ---- characters -------------------------------------------------------- */

enum word_class {
    OTHER,
    LETTER,
    DIGIT,
    JOIN,       /* ExtendNumLet: the underscore and its like   */
    MID_LETTER, /* joins between letters                       */
    MID_DIGIT,  /* between digits                              */
    MID_BOTH,
    KATAKANA,
    COMPLEX, /* Thai, Khmer and others: a run is one word   */
    ALONE,   /* Han and Hiragana: each sign is one word     */
    EMOJI,   /* with what ZWJ joins to it; also (c) and (r) */
    FLAG,    /* a regional indicator: two make a flag       */
    EXTEND,  /* belongs to what stands before it            */
};

enum { ZERO_WIDTH_JOINER = 0x200d };

struct class_range {
    uint32_t first, last;
    enum word_class class;
};

struct lower_range {
    uint32_t first, last;
    uint32_t step; /* every step-th of the range      */
    int32_t add;   /* to the upper-case code point    */
};

#define R(first, last, class) { first, last, class },
static const struct class_range class_ranges[] = {
#include "harness/retrieve/unicode_words.def"
};
#undef R

#define R(first, last, step, add) { first, last, step, add },
static const struct lower_range lower_ranges[] = {
#include "harness/retrieve/unicode_lower.def"
};
#undef R

static enum word_class class_of_ascii(uint32_t c)
{
    if ((c | 32) >= 'a' && (c | 32) <= 'z')
        return LETTER;
    if (c >= '0' && c <= '9')
        return DIGIT;
    switch (c) {
    case '_':
        return JOIN;
    case ':':
        return MID_LETTER;
    case ',':
    case ';':
        return MID_DIGIT;
    case '.':
    case '\'':
        return MID_BOTH;
    default:
        return OTHER;
    }
}

static enum word_class class_of(uint32_t c)
{
    size_t low = 0, high = RKB_COUNT(class_ranges);

    if (c < 0x80)
        return class_of_ascii(c);
    while (low < high) {
        size_t mid = (low + high) / 2;

        if (c > class_ranges[mid].last)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == RKB_COUNT(class_ranges) || c < class_ranges[low].first)
        return OTHER;
    return class_ranges[low].class;
}

static uint32_t lower_of(uint32_t c)
{
    size_t low = 0, high = RKB_COUNT(lower_ranges);

    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    while (low < high) {
        size_t mid = (low + high) / 2;

        if (c > lower_ranges[mid].last)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == RKB_COUNT(lower_ranges) || c < lower_ranges[low].first ||
        (c - lower_ranges[low].first) % lower_ranges[low].step)
        return c;
    return (uint32_t)((int32_t)c + lower_ranges[low].add);
}

static size_t encode(uint32_t c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 63));
        to[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 63));
    to[2] = (char)(0x80 | (c >> 6 & 63));
    to[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* ---- words ------------------------------------------------------------- */

/* A character at a place in the text, and where the next one begins. */
struct here {
    uint32_t c;
    enum word_class class;
    size_t end;
};

static bool look(rkb_sv text, size_t at, struct here *h)
{
    if (at >= text.len)
        return false;
    h->end = at;
    h->c = rkb_sv_code_point(text, &h->end);
    h->class = class_of(h->c);
    return true;
}

static bool begins_word(enum word_class class)
{
    return class == LETTER || class == DIGIT || class == JOIN ||
           class == KATAKANA || class == COMPLEX || class == ALONE ||
           class == EMOJI || class == FLAG;
}

/* The first character from `at` on that extends nothing. */
static enum word_class class_behind(rkb_sv text, size_t at)
{
    struct here h;

    while (look(text, at, &h)) {
        if (h.class != EXTEND)
            return h.class;
        at = h.end;
    }
    return OTHER;
}

/* The word so far. What joins or extends does not change what it stands
 * behind, so it leaves `last` alone. */
struct word {
    enum word_class last;
    uint32_t last_c; /* the last character, whatever it is */
    size_t n_bases;  /* characters that set `last`         */
    bool only_joins;
    size_t len, units; /* bytes, UTF-16 units */
};

/* Does the word go on with h? UAX #29 rules WB3c to WB16. */
static bool goes_on(rkb_sv text, const struct word *w, const struct here *h)
{
    enum word_class last = w->last;

    switch (h->class) {
    case EXTEND:
        return true;
    case COMPLEX:
        return last == COMPLEX;
    case EMOJI:
        return last == EMOJI && w->last_c == ZERO_WIDTH_JOINER;
    case FLAG:
        return last == FLAG && w->n_bases == 1;
    case LETTER:
    case DIGIT:
        return last == LETTER || last == DIGIT || last == JOIN;
    case KATAKANA:
        return last == KATAKANA || last == JOIN;
    case JOIN:
        return last == LETTER || last == DIGIT || last == KATAKANA ||
               last == JOIN;
    case MID_LETTER:
        return last == LETTER && class_behind(text, h->end) == LETTER;
    case MID_DIGIT:
        return last == DIGIT && class_behind(text, h->end) == DIGIT;
    case MID_BOTH:
        return (last == LETTER || last == DIGIT) &&
               class_behind(text, h->end) == last;
    default:
        return false;
    }
}

/* False when the word is full. */
static bool add(struct word *w, char *to, const struct here *h)
{
    size_t more = h->c < 0x10000 ? 1 : 2;

    if (w->units + more > RKB_TOKEN_UNITS)
        return false;
    w->units += more;
    w->len += encode(lower_of(h->c), to + w->len);
    w->last_c = h->c;
    if (h->class != EXTEND && h->class != MID_LETTER && h->class != MID_DIGIT &&
        h->class != MID_BOTH) {
        w->last = h->class;
        w->only_joins = (w->only_joins || w->n_bases == 0) && w->last == JOIN;
        w->n_bases++;
    }
    return true;
}

/* Most text is runs of ASCII letters, which need no table and no decoding. */
static size_t add_letters(struct word *w, char *to, rkb_sv text, size_t at)
{
    size_t end = at + RKB_TOKEN_UNITS - w->units, start = at;

    for (; at < text.len && at < end; at++) {
        unsigned char c = (unsigned char)text.at[at] | 32;

        if (c < 'a' || c > 'z')
            break;
        to[w->len++] = (char)c;
    }
    if (at > start) {
        w->units += at - start;
        w->n_bases += at - start;
        w->last_c = (unsigned char)text.at[at - 1];
    }
    return at;
}

static size_t drop_possessive(const char *word, size_t len)
{
    static const char *const endings[] = { "'s", "\u2019s", "\uff07s" };

    for (size_t i = 0; i < RKB_COUNT(endings) && word[len - 1] == 's'; i++) {
        if (rkb_sv_ends((rkb_sv){ word, len }, endings[i]))
            return len - strlen(endings[i]);
    }
    return len;
}

bool rkb_tokens_next(struct rkb_tokens *t, struct rkb_token *out)
{
    struct here h;

    while (look(t->text, t->next, &h)) {
        size_t start = t->next;
        struct word w = { 0 };

        if (!begins_word(h.class)) {
            t->next = h.end;
            continue;
        }
        do {
            if (!add(&w, t->word, &h))
                break;
            t->next = h.end;
            if (h.class == LETTER)
                t->next = add_letters(&w, t->word, t->text, t->next);
        } while (look(t->text, t->next, &h) && goes_on(t->text, &w, &h));
        if (w.only_joins || (w.last == FLAG && w.n_bases == 1))
            continue;
        out->source = (rkb_sv){ t->text.at + start, t->next - start };
        out->word = (rkb_sv){ t->word, drop_possessive(t->word, w.len) };
        return true;
    }
    return false;
}

/* ---- terms ------------------------------------------------------------- */

bool rkb_is_stop_word(rkb_sv word)
{
    static const char *const stops[] = {
        "a",    "an",  "and",   "are",  "as",    "at",    "be",
        "but",  "by",  "for",   "if",   "in",    "into",  "is",
        "it",   "no",  "not",   "of",   "on",    "or",    "such",
        "that", "the", "their", "then", "there", "these", "they",
        "this", "to",  "was",   "will", "with",
    };

    if (word.len > 5)
        return false;
    for (size_t i = 0; i < RKB_COUNT(stops); i++) {
        if (rkb_sv_is(word, stops[i]))
            return true;
    }
    return false;
}

rkb_sv rkb_term_of(struct rkb_tokens *t, const struct rkb_token *token)
{
    if (rkb_is_stop_word(token->word))
        return (rkb_sv){ 0 };
    return (rkb_sv){ t->word, rkb_porter(t->word, token->word.len) };
}
