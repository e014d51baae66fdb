/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "harness/retrieve/bm25.h"
#include "harness/retrieve/bm25_formula.h"
#include "harness/retrieve/terms.h"

enum { WORD_SLOTS = 1 << 13 };

/* One query over given texts: tf[text * n + term of the query]. */
struct counting {
    struct rkb_map terms; /* of the query: index = place in `query` */
    struct rkb_bm25_query query;
    uint32_t *tf;
    uint64_t *lengths; /* [texts] */
};

static void count_words(struct counting *c, struct rkb_term_reader *reader,
                        size_t i, rkb_sv text)
{
    uint32_t place;

    rkb_term_reader_start(reader, text);
    while (rkb_term_reader_next(reader, &place)) {
        c->lengths[i]++;
        if (place != RKB_MAP_NONE)
            c->tf[i * c->query.n + place]++;
    }
}

/* Statistics of the texts themselves; the terms are those of the query. */
static void own_stats(const struct counting *c, struct rkb_arena *a,
                      size_t n_texts, struct rkb_bm25_stats *out)
{
    out->df = rkb_arena_new(a, c->query.n, sizeof(*out->df));
    for (size_t i = 0; i < n_texts; i++) {
        out->n_tokens += c->lengths[i];
        out->n_docs += c->lengths[i] > 0;
        for (size_t t = 0; t < c->query.n; t++)
            out->df[t] += c->tf[i * c->query.n + t] > 0;
    }
}

static enum rkb_status find_terms(const struct rkb_bm25_stats *stats,
                                  const struct counting *c, uint32_t *terms,
                                  struct rkb_err *err)
{
    for (size_t t = 0; t < c->query.n; t++) {
        rkb_sv term = c->terms.keys[t];

        terms[t] = rkb_map_find(&stats->terms, term);
        if (terms[t] == RKB_MAP_NONE)
            return rkb_fail(err, RKB_E_DATA,
                            "no corpus statistics for the term '%.*s'",
                            (int)term.len, term.at);
    }
    return RKB_OK;
}

static void add_up(const struct counting *c, struct rkb_arena *a,
                   const struct rkb_bm25_stats *stats, const uint32_t *terms,
                   const struct rkb_bm25_norms *norms, size_t n, double *score)
{
    float *weights = rkb_arena_new(a, c->query.n, sizeof(*weights));

    for (size_t t = 0; t < c->query.n; t++)
        weights[t] = rkb_bm25_weight(stats, terms[t], c->query.counts[t]);
    for (size_t i = 0; i < n; i++) {
        float norm = norms->at[rkb_bm25_squeeze(c->lengths[i])];
        double sum = 0.0;

        /* A norm may be infinite (k1 = 0), and 0 times that is no number. */
        for (size_t t = 0; t < c->query.n; t++) {
            uint32_t tf = c->tf[i * c->query.n + t];

            if (tf)
                sum += (double)rkb_bm25_part(weights[t], tf, norm);
        }
        score[i] = (double)(float)sum;
    }
}

enum rkb_status rkb_bm25_score(const struct rkb_bm25_stats *stats,
                               struct rkb_bm25_params params, rkb_sv query,
                               const struct rkb_bm25_text *texts, size_t n,
                               double *score, struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    struct counting c = { 0 };
    struct rkb_term_reader reader = { 0 };
    struct rkb_bm25_stats own = { 0 };
    struct rkb_bm25_norms norms;
    enum rkb_status rc = RKB_OK;
    uint32_t *terms;

    rkb_bm25_query_init(&c.query, &a, &c.terms, query);
    c.tf = rkb_arena_new(&a, rkb_mem_product(n, c.query.n), sizeof(*c.tf));
    c.lengths = rkb_arena_new(&a, n, sizeof(*c.lengths));
    rkb_term_reader_init(&reader, &c.terms, WORD_SLOTS);
    for (size_t i = 0; i < n; i++) {
        count_words(&c, &reader, i, texts[i].title);
        count_words(&c, &reader, i, texts[i].text);
    }
    rkb_term_reader_release(&reader);
    terms = c.query.terms; /* the places 0, 1, 2 ... themselves */
    if (stats) {
        terms = rkb_arena_new(&a, c.query.n, sizeof(*terms));
        rc = find_terms(stats, &c, terms, err);
    } else {
        own_stats(&c, &a, n, &own);
        stats = &own;
    }
    rkb_bm25_norms_init(&norms, params, stats);
    if (!rc)
        add_up(&c, &a, stats, terms, &norms, n, score);
    rkb_map_release(&c.terms);
    rkb_arena_release(&a);
    return rc;
}
