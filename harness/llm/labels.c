/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/labels.h"

#include "base/err.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { LETTERS = 26 };

double rkb_log_add(double a, double b)
{
    double high = a > b ? a : b;

    if (isinf(high))
        return high;
    return high + log1p(exp((a > b ? b : a) - high));
}

/* ---- one position -------------------------------------------------------- */

/* What a position shows, as it is collected. */
struct seen {
    double *logprob;
    unsigned char *seen;
    size_t n;
    enum rkb_combine combine;
};

static void collect(struct seen *s, size_t label, double logprob)
{
    double *at = &s->logprob[label];

    if (!s->seen[label])
        *at = logprob;
    else if (s->combine == RKB_COMBINE_SUM)
        *at = rkb_log_add(*at, logprob);
    else if (logprob > *at)
        *at = logprob;
    s->seen[label] = 1;
}

/* The alternatives, then the token itself where it is none of them. */
static size_t n_shown(const struct rkb_token *token)
{
    for (size_t i = 0; i < token->n_alts; i++)
        if (rkb_sv_eq(token->alts[i].text, token->text))
            return token->n_alts;
    return token->n_alts + (token->has_logprob ? 1 : 0);
}

static struct rkb_alt shown(const struct rkb_token *token, size_t i)
{
    if (i < token->n_alts)
        return token->alts[i];
    return (struct rkb_alt){ token->text, token->logprob };
}

/* Gives the unseen their bound; returns how many were seen. A token that was
 * drawn from outside the alternatives may be less likely than what it hides,
 * so it is no bound where there are alternatives. */
static size_t settle(struct seen *s, const struct rkb_token *token)
{
    double smallest = token->n_alts || !token->has_logprob ? 0 : token->logprob;
    size_t n = 0;

    for (size_t i = 0; i < token->n_alts; i++)
        smallest = fmin(smallest, token->alts[i].logprob);
    for (size_t i = 0; i < s->n; i++) {
        if (s->seen[i])
            n++;
        else
            s->logprob[i] = smallest;
    }
    return n;
}

/* " ", U+0120 and U+2581 are how tokenizers write the blank of a word. */
static rkb_sv unmarked(rkb_sv text)
{
    static const char *const marks[] = { " ", "\xC4\xA0", "\xE2\x96\x81" };

    for (size_t i = 0; i < RKB_COUNT(marks);) {
        if (rkb_sv_starts(text, marks[i])) {
            text.at += strlen(marks[i]);
            text.len -= strlen(marks[i]);
            i = 0;
        } else {
            i++;
        }
    }
    return text;
}

static bool is_spelling(const struct rkb_label *label, rkb_sv text)
{
    if (label->trims)
        text = unmarked(text);
    for (size_t i = 0; i < label->n; i++)
        if (rkb_sv_eq(label->spellings[i], text))
            return true;
    return false;
}

size_t rkb_labels_read(const struct rkb_token *token,
                       const struct rkb_label *labels, size_t n,
                       enum rkb_combine combine, double *logprob,
                       unsigned char *seen)
{
    struct seen s = { logprob, seen, n, combine };

    memset(seen, 0, n);
    for (size_t i = 0; i < n_shown(token); i++) {
        struct rkb_alt alt = shown(token, i);

        for (size_t k = 0; k < n; k++)
            if (is_spelling(&labels[k], alt.text))
                collect(&s, k, alt.logprob);
    }
    return settle(&s, token);
}

/* Which of the first n letters, SIZE_MAX for none. */
static size_t letter_of(rkb_sv text, size_t n, bool strict, bool merged)
{
    if (!strict)
        text = unmarked(text);
    if (merged && text.len == 2 && text.at[0] == '[') {
        text.at++;
        text.len--;
    }
    if (text.len != 1 || text.at[0] < 'A')
        return SIZE_MAX;
    return (size_t)(text.at[0] - 'A') < n ? (size_t)(text.at[0] - 'A')
                                          : SIZE_MAX;
}

size_t rkb_letters_read(const struct rkb_token *token, size_t n, bool strict,
                        bool merged, enum rkb_combine combine, double *logprob,
                        unsigned char *seen)
{
    struct seen s = { logprob, seen, n, combine };

    assert(n <= LETTERS);
    memset(seen, 0, n);
    for (size_t i = 0; i < n_shown(token); i++) {
        struct rkb_alt alt = shown(token, i);
        size_t letter = letter_of(alt.text, n, strict, merged);

        if (letter != SIZE_MAX)
            collect(&s, letter, alt.logprob);
    }
    return settle(&s, token);
}

/* ---- which position ------------------------------------------------------ */

static bool is_blank(rkb_sv text)
{
    return unmarked(rkb_sv_trim(text)).len == 0;
}

/* Finds a tag in the joined text of tokens. */
struct matcher {
    const char *tag; /* in lower case */
    size_t n_matched;
};

/* One byte further; true when it completes the tag. A tag holds '<' in front
 * alone, so a match that failed can only begin again with this byte. */
static bool step(struct matcher *m, char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        byte = (char)(byte - 'A' + 'a');
    if (byte != m->tag[m->n_matched])
        m->n_matched = 0;
    if (byte == m->tag[m->n_matched])
        m->n_matched++;
    if (m->tag[m->n_matched])
        return false;
    m->n_matched = 0;
    return true;
}

/* What the tag ends in, when more than blanks stand behind it there, is the
 * token itself: it is no label, and what follows it is not the first. */
static size_t behind(const struct rkb_answer *answer, const char *tag)
{
    const struct rkb_token *tokens = answer->tokens;
    struct matcher m = { .tag = tag };
    size_t token = SIZE_MAX, byte = 0;

    for (size_t i = answer->n_echoed; i < answer->n_tokens; i++)
        for (size_t k = 0; k < tokens[i].text.len; k++)
            if (step(&m, tokens[i].text.at[k])) {
                token = i;
                byte = k + 1;
            }
    for (; token < answer->n_tokens; token++, byte = 0) {
        rkb_sv text = tokens[token].text;

        text.at += byte;
        text.len -= byte;
        if (!is_blank(text))
            return token;
    }
    return SIZE_MAX;
}

size_t rkb_label_position(const struct rkb_answer *answer,
                          enum rkb_read_at where)
{
    size_t first = answer->n_echoed, n = answer->n_tokens;

    if (first >= n)
        return SIZE_MAX;
    switch (where) {
    case RKB_READ_FIRST:
        return first;
    case RKB_READ_AFTER_BRACKET:
        return rkb_sv_ends(answer->tokens[first].text, "[") && first + 1 < n
                   ? first + 1
                   : SIZE_MAX;
    case RKB_READ_LAST:
        return n - 1;
    case RKB_READ_AFTER_THINK:
        return behind(answer, "</think>");
    case RKB_READ_AFTER_TAG:
        return behind(answer, "<answer>");
    }
    return SIZE_MAX;
}
