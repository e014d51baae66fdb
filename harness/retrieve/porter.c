/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/porter.h"

#include "base/err.h"

#include <stdbool.h>
#include <string.h>

struct word {
    char *at;
    size_t len;
};

/* Rules of one step: the first suffix that fits decides, so a longer one
 * stands before its own endings. */
struct rule {
    const char *suffix;
    size_t len;
    const char *to;
};
#define RULE(suffix, to)               \
    {                                  \
        suffix, sizeof(suffix) - 1, to \
    }

static bool is_consonant(const struct word *w, size_t i)
{
    switch (w->at[i]) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
        return false;
    case 'y': {
        /* A vowel behind a consonant; of several y in a row every other. */
        bool consonant = true;

        for (; i > 0 && w->at[i - 1] == 'y'; i--)
            consonant = !consonant;
        return i > 0 && is_consonant(w, i - 1) ? !consonant : consonant;
    }
    default:
        return true;
    }
}

/* How often a vowel is followed by a consonant in the first n bytes. */
static size_t measure(const struct word *w, size_t n)
{
    size_t m = 0;
    bool was_vowel = false;

    for (size_t i = 0; i < n; i++) {
        bool vowel = !is_consonant(w, i);

        m += was_vowel && !vowel;
        was_vowel = vowel;
    }
    return m;
}

static bool has_vowel(const struct word *w, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_consonant(w, i))
            return true;
    }
    return false;
}

static bool ends(const struct word *w, const char *suffix)
{
    size_t n = strlen(suffix);

    return w->len >= n && memcmp(w->at + w->len - n, suffix, n) == 0;
}

/* A double ASCII consonant at the end of the first n bytes. */
static bool doubled(const struct word *w, size_t n)
{
    return n >= 2 && w->at[n - 1] == w->at[n - 2] &&
           (unsigned char)w->at[n - 1] < 0x80 && is_consonant(w, n - 1);
}

/* Consonant, vowel, consonant but w, x and y, as in "hop". */
static bool short_end(const struct word *w, size_t n)
{
    return n >= 3 && is_consonant(w, n - 1) && !is_consonant(w, n - 2) &&
           is_consonant(w, n - 3) && !strchr("wxy", w->at[n - 1]);
}

static void replace(struct word *w, size_t suffix_len, const char *to)
{
    size_t n = strlen(to);

    w->len -= suffix_len;
    memcpy(w->at + w->len, to, n);
    w->len += n;
}

static void apply(struct word *w, const struct rule *rules, size_t n_rules,
                  size_t min_measure)
{
    for (size_t i = 0; i < n_rules; i++) {
        size_t n = rules[i].len;

        if (w->len < n || w->at[w->len - 1] != rules[i].suffix[n - 1] ||
            memcmp(w->at + w->len - n, rules[i].suffix, n) != 0)
            continue;
        if (measure(w, w->len - n) >= min_measure)
            replace(w, n, rules[i].to);
        return;
    }
}

/* Step 1a: plurals. */
static void drop_plural(struct word *w)
{
    if (ends(w, "sses") || ends(w, "ies"))
        w->len -= 2;
    else if (ends(w, "s") && !ends(w, "ss"))
        w->len--;
}

/* Step 1b: -eed, -ed, -ing. */
static void drop_past(struct word *w)
{
    size_t n = ends(w, "ed") ? 2 : ends(w, "ing") ? 3 : 0;

    if (ends(w, "eed")) {
        w->len -= measure(w, w->len - 3) > 0;
        return;
    }
    if (n == 0 || !has_vowel(w, w->len - n))
        return;
    w->len -= n;
    if (ends(w, "at") || ends(w, "bl") || ends(w, "iz"))
        replace(w, 0, "e");
    else if (doubled(w, w->len))
        w->len -= !strchr("lsz", w->at[w->len - 1]);
    else if (measure(w, w->len) == 1 && short_end(w, w->len))
        replace(w, 0, "e");
}

/* Step 4: the suffix goes where the rest is long enough. */
static void drop_suffix(struct word *w)
{
    static const struct rule rules[] = {
        RULE("al", ""),    RULE("ance", ""), RULE("ence", ""), RULE("er", ""),
        RULE("ic", ""),    RULE("able", ""), RULE("ible", ""), RULE("ant", ""),
        RULE("ement", ""), RULE("ment", ""), RULE("ent", ""),  RULE("ou", ""),
        RULE("ism", ""),   RULE("ate", ""),  RULE("iti", ""),  RULE("ous", ""),
        RULE("ive", ""),   RULE("ize", ""),
    };

    if (ends(w, "ion")) {
        size_t n = w->len - 3;

        if (n > 0 && (w->at[n - 1] == 's' || w->at[n - 1] == 't') &&
            measure(w, n) > 1)
            w->len = n;
        return;
    }
    apply(w, rules, RKB_COUNT(rules), 2);
}

/* Step 5: a last e, and one of ll. */
static void tidy_end(struct word *w)
{
    size_t m = measure(w, w->len);

    if (ends(w, "e") && (m > 1 || (m == 1 && !short_end(w, w->len - 1))))
        w->len--;
    if (ends(w, "ll") && m > 1)
        w->len--;
}

static size_t characters(const struct word *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->len; i++)
        n += ((unsigned char)w->at[i] & 0xc0) != 0x80;
    return n;
}

size_t rkb_porter(char *word, size_t len)
{
    static const struct rule step2[] = {
        RULE("ational", "ate"), RULE("tional", "tion"), RULE("enci", "ence"),
        RULE("anci", "ance"),   RULE("izer", "ize"),    RULE("bli", "ble"),
        RULE("alli", "al"),     RULE("entli", "ent"),   RULE("eli", "e"),
        RULE("ousli", "ous"),   RULE("ization", "ize"), RULE("ation", "ate"),
        RULE("ator", "ate"),    RULE("alism", "al"),    RULE("iveness", "ive"),
        RULE("fulness", "ful"), RULE("ousness", "ous"), RULE("aliti", "al"),
        RULE("iviti", "ive"),   RULE("biliti", "ble"),  RULE("logi", "log"),
    };
    static const struct rule step3[] = {
        RULE("icate", "ic"), RULE("ative", ""),  RULE("alize", "al"),
        RULE("iciti", "ic"), RULE("ical", "ic"), RULE("ful", ""),
        RULE("ness", ""),
    };
    struct word w = { word, len };

    if (characters(&w) < 3)
        return len;
    drop_plural(&w);
    drop_past(&w);
    if (ends(&w, "y") && has_vowel(&w, w.len - 1))
        w.at[w.len - 1] = 'i';
    apply(&w, step2, RKB_COUNT(step2), 1);
    apply(&w, step3, RKB_COUNT(step3), 1);
    drop_suffix(&w);
    tidy_end(&w);
    return w.len;
}
