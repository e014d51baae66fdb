/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/permutation.h"

#include "base/buf.h"
#include "base/err.h"
#include "harness/llm/text.h"

#include <assert.h>
#include <string.h>

enum {
    LETTERS = 26,
    PYTHON_INT_DIGITS = 4300, /* int() refuses a longer text */
    /* A match looks at all that follows it, so that an answer of nothing but
     * identifiers would take quadratic time. */
    EXTRACTED_MORE = 64
};
#define TOO_LARGE UINT64_MAX /* a number beyond every window */

const char *rkb_class_name(enum rkb_answer_class c)
{
    static const char *const names[RKB_N_CLASSES] = {
        [RKB_CLASS_OK] = "ok",
        [RKB_CLASS_REFUSED] = "refused",
        [RKB_CLASS_TRUNCATED] = "truncated",
        [RKB_CLASS_EMPTY] = "empty",
        [RKB_CLASS_NO_ANSWER] = "no_answer",
        [RKB_CLASS_WRONG_FORMAT] = "wrong_format",
        [RKB_CLASS_REPETITION] = "repetition",
        [RKB_CLASS_OUT_OF_RANGE] = "out_of_range",
        [RKB_CLASS_MISSING] = "missing",
    };

    return names[c];
}

/* ---- what was named ------------------------------------------------------ */

struct names {
    uint32_t *order; /* [n] */
    unsigned char *taken;
    size_t n, n_named, n_told; /* told: with repeated and impossible ones */
    bool repeated, outside, unreadable;
};

/* An identifier, from 1. */
static void name(struct names *s, uint64_t id)
{
    s->n_told++;
    if (id < 1 || id > s->n) {
        s->outside = true;
    } else if (s->taken[id - 1]) {
        s->repeated = true;
    } else {
        s->taken[id - 1] = 1;
        s->order[s->n_named++] = (uint32_t)(id - 1);
    }
}

static void forget(struct names *s)
{
    memset(s->taken, 0, s->n);
    s->n_named = 0;
    s->n_told = 0;
}

/* What was not named follows as it stood. */
static void complete(struct names *s)
{
    size_t at = s->n_named;

    for (size_t i = 0; i < s->n; i++)
        if (!s->taken[i])
            s->order[at++] = (uint32_t)i;
}

/* ---- digits and letters -------------------------------------------------- */

struct digits {
    uint32_t first, last; /* code points; that of `first` is `value` */
    int value;
};

/* rank_llm's table of stand-ins, with its slip: U+1F101 is "zero, comma". */
static const struct digits stand_ins[] = {
    { 0x2070, 0x2070, 0 }, { 0xB9, 0xB9, 1 },       { 0xB2, 0xB3, 2 },
    { 0x2074, 0x2079, 4 }, { 0x2080, 0x2089, 0 },   { 0x2460, 0x2468, 1 },
    { 0x2776, 0x277E, 1 }, { 0x1F100, 0x1F109, 0 },
};

/* Digits to str.isdigit that int() refuses, so that the authors' code gives up
 * the answer. */
static const struct digits refused[] = {
    { 0x1369, 0x1371, 1 },   { 0x19DA, 0x19DA, 1 },   { 0x2474, 0x247C, 1 },
    { 0x2488, 0x2490, 1 },   { 0x24EA, 0x24EA, 0 },   { 0x24F5, 0x24FD, 1 },
    { 0x24FF, 0x24FF, 0 },   { 0x2780, 0x2788, 1 },   { 0x278A, 0x2792, 1 },
    { 0x10A40, 0x10A43, 1 }, { 0x10E60, 0x10E68, 1 }, { 0x11052, 0x1105A, 1 },
    { 0x1F10A, 0x1F10A, 9 },
};

static int in_digits(const struct digits *rows, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (c >= rows[i].first && c <= rows[i].last)
            return rows[i].value + (int)(c - rows[i].first);
    return -1;
}

static int digit_of(uint32_t c)
{
    if (c < 0x80)
        return c >= '0' && c <= '9' ? (int)(c - '0') : -1;
    if (in_digits(stand_ins, RKB_COUNT(stand_ins), c) >= 0)
        return in_digits(stand_ins, RKB_COUNT(stand_ins), c);
    return rkb_decimal_digit(c);
}

static uint64_t with_digit(uint64_t number, int digit)
{
    return number > UINT32_MAX ? TOO_LARGE : number * 10 + (unsigned)digit;
}

/* The whole of a text as an identifier; false when it is none. */
static bool read_id(rkb_sv text, bool letters, uint64_t *id)
{
    size_t i = 0;

    *id = 0;
    if (letters) {
        if (text.len != 1 || text.at[0] < 'A' || text.at[0] > 'Z')
            return false;
        *id = (uint64_t)(text.at[0] - 'A') + 1;
        return true;
    }
    while (i < text.len) {
        int digit = digit_of(rkb_sv_code_point(text, &i));

        if (digit < 0)
            return false;
        *id = with_digit(*id, digit);
    }
    return text.len > 0;
}

/* ---- as the authors read ------------------------------------------------- */

static void scrape_numbers(struct names *s, rkb_sv text)
{
    uint64_t number = 0;
    size_t n_digits = 0;

    for (size_t i = 0; i < text.len;) {
        uint32_t c = rkb_sv_code_point(text, &i);
        int digit = digit_of(c);

        if (digit >= 0) {
            number = with_digit(number, digit);
            n_digits++;
        } else if (in_digits(refused, RKB_COUNT(refused), c) >= 0) {
            s->unreadable = true;
        } else if (n_digits) {
            name(s, number);
            number = 0;
            n_digits = 0;
        }
        if (n_digits > PYTHON_INT_DIGITS)
            s->unreadable = true;
    }
    if (n_digits)
        name(s, number);
}

/* Python's str.isalpha for one character. PCRE2 knows Unicode's letters; it is
 * asked only where one is not ASCII. */
static bool is_letter(struct rkb_regex **any_letter, rkb_sv character)
{
    struct rkb_err err;
    size_t pos = 0;

    if (character.len == 1) {
        unsigned char c = (unsigned char)character.at[0];

        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
    if (!*any_letter && rkb_regex_open(any_letter, rkb_sv_of("\\p{L}"), &err))
        return false;
    return rkb_regex_next(*any_letter, character, &pos, NULL, NULL, NULL);
}

/* Each letter becomes the decimal number of its distance from 'A' - 1, and
 * nothing parts it from the letter before: "AB" is 12. */
static void scrape_letters(struct names *s, rkb_sv text)
{
    struct rkb_regex *any_letter = NULL;
    uint64_t number = 0;

    for (size_t i = 0; i < text.len;) {
        size_t at = i;
        uint32_t c = rkb_sv_code_point(text, &i);

        if (is_letter(&any_letter, (rkb_sv){ text.at + at, i - at })) {
            uint32_t scale = 1;

            while (scale <= (c - 'A' + 1) / 10)
                scale *= 10;
            for (; scale; scale /= 10)
                number = with_digit(number, (int)((c - 'A' + 1) / scale % 10));
        } else if (number) {
            name(s, number);
            number = 0;
        }
    }
    if (number)
        name(s, number);
    rkb_regex_close(any_letter);
}

static void read_lenient(struct names *s, rkb_sv text, bool letters)
{
    if (letters)
        scrape_letters(s, text);
    else
        scrape_numbers(s, text);
    if (s->unreadable)
        forget(s);
}

/* ---- as it should be read ------------------------------------------------ */

static void extract(struct names *s, const struct rkb_regex *r, rkb_sv text,
                    bool letters)
{
    size_t pos = 0;
    rkb_sv group;
    uint64_t id;

    while (s->n_told < 4 * s->n + EXTRACTED_MORE &&
           rkb_regex_next(r, text, &pos, NULL, &group, NULL))
        name(s, read_id(group, letters, &id) ? id : TOO_LARGE);
}

static void read_brackets(struct names *s, rkb_sv text, bool letters)
{
    size_t open = SIZE_MAX;
    uint64_t id;

    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '[')
            open = i + 1;
        if (text.at[i] != ']' || open == SIZE_MAX)
            continue;
        if (read_id(rkb_sv_trim((rkb_sv){ text.at + open, i - open }), letters,
                    &id))
            name(s, id);
        open = SIZE_MAX;
    }
}

static bool is_separator(char c)
{
    return strchr(" \t\r\n>,;[]", c) && c;
}

/* Identifiers without brackets count where nothing else is said: an "A" or a
 * "3" in a sentence is a word. */
static void read_bare(struct names *s, rkb_sv text, bool letters)
{
    uint64_t id;

    for (size_t i = 0; i < text.len;) {
        size_t start = i;

        while (i < text.len && !is_separator(text.at[i]))
            i++;
        if (i > start) {
            if (!read_id((rkb_sv){ text.at + start, i - start }, letters,
                         &id)) {
                forget(s);
                return;
            }
            name(s, id);
        }
        i++;
    }
}

static void read_strict(struct names *s,
                        const struct rkb_permutation_rule *rule, rkb_sv text)
{
    if (rule->extraction)
        extract(s, rule->extraction, text, rule->letters);
    if (!s->n_told)
        read_brackets(s, text, rule->letters);
    if (!s->n_told)
        read_bare(s, text, rule->letters);
}

/* ---- tags ---------------------------------------------------------------- */

/* The tag, in lower case, at or behind `from`; SIZE_MAX: none. Letters of the
 * text are compared in lower case and stay what they are. */
static size_t find_tag(rkb_sv text, size_t from, const char *tag)
{
    size_t n = strlen(tag);

    for (size_t i = from; i < text.len; i++) {
        const char *at = memchr(text.at + i, '<', text.len - i);
        size_t k = 0;

        if (!at || text.len - (size_t)(at - text.at) < n)
            return SIZE_MAX;
        i = (size_t)(at - text.at);
        while (k < n) {
            char c = text.at[i + k];

            if (c >= 'A' && c <= 'Z')
                c = (char)(c - 'A' + 'a');
            if (c != tag[k])
                break;
            k++;
        }
        if (k == n)
            return i;
    }
    return SIZE_MAX;
}

static rkb_sv slice(rkb_sv text, size_t from, size_t to)
{
    return (rkb_sv){ text.at + from, to - from };
}

/* ReasonRank's pattern <think>.*?</think>\s*<answer>(.*?)</answer>. */
static bool thought_answer(rkb_sv text, rkb_sv *part)
{
    size_t at = find_tag(text, 0, "<think>");

    while (at != SIZE_MAX &&
           (at = find_tag(text, at, "</think>")) != SIZE_MAX) {
        rkb_sv rest = rkb_sv_trim(slice(text, at + 8, text.len));
        size_t end;

        at += 8;
        if (find_tag(slice(rest, 0, rest.len < 8 ? rest.len : 8), 0,
                     "<answer>") != 0)
            continue;
        end = find_tag(rest, 8, "</answer>");
        if (end == SIZE_MAX)
            return false;
        *part = slice(rest, 8, end);
        return true;
    }
    return false;
}

/* The last one in front of `to`. */
static size_t find_last_tag(rkb_sv text, size_t to, const char *tag)
{
    rkb_sv head = slice(text, 0, to);
    size_t last = SIZE_MAX, at = find_tag(head, 0, tag);

    while (at != SIZE_MAX) {
        last = at;
        at = find_tag(head, at + strlen(tag), tag);
    }
    return last;
}

/* The last whole <answer> block. */
static bool answer_block(rkb_sv text, rkb_sv *part)
{
    size_t end = find_last_tag(text, text.len, "</answer>"), start;

    if (end == SIZE_MAX)
        return false;
    start = find_last_tag(text, end, "<answer>");
    if (start == SIZE_MAX)
        return false;
    start += strlen("<answer>");
    *part = slice(text, start, find_tag(text, start, "</answer>"));
    return true;
}

/* All of it when there is none. */
static rkb_sv behind_last(rkb_sv text, const char *tag, bool *found)
{
    size_t at = find_last_tag(text, text.len, tag);

    *found = at != SIZE_MAX;
    return *found ? slice(text, at + strlen(tag), text.len) : text;
}

static rkb_sv part_of(enum rkb_answer_tag tag, rkb_sv text, bool *tagged)
{
    rkb_sv rest, part = { 0 };

    *tagged = true;
    if (tag == RKB_TAG_LENIENT) {
        if (thought_answer(text, &part))
            return part;
        return behind_last(text, "<answer>", tagged);
    }
    rest = behind_last(text, "</think>", tagged);
    if (tag == RKB_TAG_NONE) {
        *tagged = *tagged || find_tag(text, 0, "<think>") != 0;
        return rest;
    }
    *tagged = answer_block(rest, &part);
    return part;
}

/* As part_of; a text is trimmed, so that an opened think tag leads it. */
static rkb_sv answer_part(enum rkb_answer_tag tag, rkb_sv text, bool *tagged)
{
    text = rkb_sv_trim(text);
    if (!text.at)
        text.at = "";
    return part_of(tag, text, tagged);
}

rkb_sv rkb_answer_part(enum rkb_answer_tag tag, rkb_sv text)
{
    bool tagged;
    rkb_sv part = answer_part(tag, text, &tagged);

    return part.at ? rkb_sv_trim(part) : part;
}

/* ---- what was wrong ------------------------------------------------------ */

/* "[1] > [2] > [3]" or with letters, and nothing else. */
static bool is_plain(rkb_sv text, bool letters)
{
    uint64_t id;

    for (;;) {
        const char *end;
        size_t n;

        if (!text.len || text.at[0] != '[')
            return false;
        end = memchr(text.at, ']', text.len);
        if (!end)
            return false;
        n = (size_t)(end - text.at);
        if (!read_id(slice(text, 1, n), letters, &id))
            return false;
        text = slice(text, n + 1, text.len);
        if (!text.len)
            return true;
        if (!rkb_sv_starts(text, " > "))
            return false;
        text = slice(text, 3, text.len);
    }
}

static bool is_valid(const struct rkb_permutation_rule *rule, rkb_sv text)
{
    rkb_sv whole;
    size_t pos = 0;

    if (!rule->validation)
        return is_plain(text, rule->letters);
    return rkb_regex_next(rule->validation, text, &pos, &whole, NULL, NULL) &&
           whole.len == text.len;
}

/* Up to the last closing bracket, for an answer that was cut behind it. */
static rkb_sv finished(rkb_sv text)
{
    while (text.len && text.at[text.len - 1] != ']')
        text.len--;
    return text;
}

static enum rkb_answer_class class_of(const struct rkb_permutation_rule *rule,
                                      bool cut, bool tagged, rkb_sv part,
                                      const struct names *s)
{
    if (cut && s->n_named < s->n)
        return RKB_CLASS_TRUNCATED;
    if (!tagged)
        return RKB_CLASS_NO_ANSWER;
    if (!part.len)
        return RKB_CLASS_EMPTY;
    if (!is_valid(rule, part) && !(cut && is_valid(rule, finished(part))))
        return RKB_CLASS_WRONG_FORMAT;
    if (s->repeated)
        return RKB_CLASS_REPETITION;
    if (s->outside)
        return RKB_CLASS_OUT_OF_RANGE;
    return s->n_named < s->n ? RKB_CLASS_MISSING : RKB_CLASS_OK;
}

static enum rkb_answer_class parse(const struct rkb_permutation_rule *rule,
                                   const struct rkb_answer *answer,
                                   struct names *s)
{
    bool cut = answer->finish == RKB_FINISH_LENGTH, tagged;
    rkb_sv part;

    if (answer->finish == RKB_FINISH_REFUSED ||
        answer->finish == RKB_FINISH_FILTER)
        return RKB_CLASS_REFUSED;
    if (!rkb_sv_trim(answer->text).len)
        return cut ? RKB_CLASS_TRUNCATED : RKB_CLASS_EMPTY;
    part = answer_part(rule->tag, answer->text, &tagged);
    if (part.at)
        part = rkb_sv_trim(part);
    if (rule->parser == RKB_PARSE_LENIENT)
        read_lenient(s, part, rule->letters);
    else if (tagged)
        read_strict(s, rule, part);
    return class_of(rule, cut, tagged, part, s);
}

enum rkb_answer_class rkb_permutation_parse(
    const struct rkb_permutation_rule *rule, struct rkb_arena *scratch,
    const struct rkb_answer *answer, size_t n, uint32_t *order, size_t *n_named)
{
    struct names s = { .order = order, .n = n };
    enum rkb_answer_class c;

    assert(!rule->letters || n <= LETTERS);
    assert(n <= UINT32_MAX);
    s.taken = rkb_arena_new(scratch, n + 1, 1);
    c = parse(rule, answer, &s);
    complete(&s);
    if (n_named)
        *n_named = s.n_named;
    return c;
}

rkb_sv rkb_permutation_text(struct rkb_arena *a, size_t n, bool letters)
{
    struct rkb_buf b = { 0 };
    rkb_sv text;

    assert(!letters || n <= LETTERS);
    for (size_t i = 0; i < n; i++) {
        rkb_buf_text(&b, i ? " > [" : "[");
        if (letters)
            rkb_buf_char(&b, (char)('A' + (int)i));
        else
            rkb_buf_printf(&b, "%zu", i + 1);
        rkb_buf_char(&b, ']');
    }
    text = rkb_arena_copy(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return text;
}
