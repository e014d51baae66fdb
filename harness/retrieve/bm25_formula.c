/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/bm25_formula.h"

#include "base/rng.h"
#include "harness/retrieve/analyze.h"

#include <limits.h>
#include <math.h>

/* Lengths below 24 get a byte each; larger ones a float of a 4-bit mantissa
 * whose top bit is not written. */
enum { EXACT = 24, HIDDEN = 8 };

uint8_t rkb_bm25_squeeze(uint64_t length)
{
    uint64_t rest = length > INT_MAX ? INT_MAX : length;
    int shift = 0;

    if (rest < EXACT)
        return (uint8_t)rest;
    rest -= EXACT;
    while (rest >> shift >= 2 * HIDDEN)
        shift++;
    if (rest < HIDDEN)
        return (uint8_t)(EXACT + rest);
    return (uint8_t)(EXACT + (uint64_t)HIDDEN * (uint64_t)(shift + 1) +
                     (rest >> shift) - HIDDEN);
}

uint64_t rkb_bm25_unsqueeze(uint8_t byte)
{
    unsigned code;

    if (byte < EXACT)
        return byte;
    code = byte - (unsigned)EXACT;
    if (code < HIDDEN)
        return EXACT + code;
    return EXACT + ((uint64_t)(code % HIDDEN + HIDDEN) << (code / HIDDEN - 1));
}

void rkb_bm25_norms_init(struct rkb_bm25_norms *norms, struct rkb_bm25_params p,
                         const struct rkb_bm25_stats *s)
{
    float k1 = (float)p.k1, b = (float)p.b;
    float avgdl = (float)rkb_bm25_avgdl(s);

    for (unsigned i = 0; i < 256; i++) {
        float length = (float)rkb_bm25_unsqueeze((uint8_t)i);

        norms->at[i] = 1.0f / (k1 * ((1.0f - b) + b * length / avgdl));
    }
}

float rkb_bm25_weight(const struct rkb_bm25_stats *s, uint32_t term,
                      uint32_t count)
{
    double n = (double)s->n_docs, df = (double)s->df[term];

    return (float)count * (float)log(1.0 + (n - df + 0.5) / (df + 0.5));
}

uint64_t rkb_bm25_n_docs(const struct rkb_bm25_stats *s)
{
    return s->n_docs;
}

double rkb_bm25_avgdl(const struct rkb_bm25_stats *s)
{
    return s->n_docs ? (double)s->n_tokens / (double)s->n_docs : 0.0;
}

uint64_t rkb_bm25_fingerprint(const struct rkb_bm25_stats *s)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < s->terms.n; i++)
        sum += rkb_rng_key(s->df[i], s->terms.keys[i], 0);
    return sum;
}

void rkb_bm25_query_init(struct rkb_bm25_query *q, struct rkb_arena *a,
                         struct rkb_map *terms, rkb_sv text)
{
    struct rkb_tokens tokens = { .text = text };
    struct rkb_map place = { 0 }; /* term to its place in the query */
    struct rkb_token token;
    size_t cap = 0;

    while (rkb_tokens_next(&tokens, &token))
        cap++;
    q->terms = rkb_arena_new(a, cap, sizeof(*q->terms));
    q->counts = rkb_arena_new(a, cap, sizeof(*q->counts));
    q->n = 0;
    tokens.next = 0;
    while (rkb_tokens_next(&tokens, &token)) {
        rkb_sv term = rkb_term_of(&tokens, &token);
        bool is_new;
        uint32_t at;

        if (!term.len)
            continue;
        at = rkb_map_add(&place, term, &is_new);
        if (is_new) {
            q->terms[at] = rkb_map_add(terms, term, NULL);
            q->n = at + 1;
        }
        q->counts[at]++;
    }
    rkb_map_release(&place);
}
