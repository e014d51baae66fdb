/* SPDX-License-Identifier: Apache-2.0 */
/* Scores that Anserini printed for 9,700 passages of MS MARCO, without its
 * index: a query's score is a sum of idf * part, where the parts come from the
 * text alone and the idf of a term is the same for all 100 passages. So 100
 * scores must fit a handful of unknowns, and they do only when words, stems,
 * lengths and the formula are Anserini's to the last detail: one token more
 * in a passage of 50 moves its score by .01, a hundred times the tolerance. */
#include "harness/retrieve/analyze.h"
#include "harness/retrieve/bm25_formula.h"

#include "base/io/file.h"
#include "base/io/json.h"
#include "tests/tap.h"

enum { MAX_TERMS = 40, MAX_HITS = 100 };

/* Published with the collection: tokens and passages of Anserini's index. */
static const double avgdl = 352316036.0 / 8841823.0;

struct system {
    size_t n_terms, n_hits;
    double part[MAX_HITS][MAX_TERMS], score[MAX_HITS];
};

static void add_hit(struct system *s, const struct rkb_map *terms, rkb_sv text,
                    double score)
{
    struct rkb_tokens tokens = { .text = text };
    double tf[MAX_TERMS] = { 0 }, norm;
    struct rkb_token token;
    uint64_t length = 0;

    while (rkb_tokens_next(&tokens, &token)) {
        rkb_sv term = rkb_term_of(&tokens, &token);
        uint32_t t = rkb_map_find(terms, term);

        length += term.len > 0;
        if (term.len && t != RKB_MAP_NONE)
            tf[t]++;
    }
    norm = (double)rkb_bm25_unsqueeze(rkb_bm25_squeeze(length)) / avgdl;
    norm = RKB_BM25_K1 * (1 - RKB_BM25_B + RKB_BM25_B * norm);
    for (size_t t = 0; t < s->n_terms; t++)
        s->part[s->n_hits][t] = tf[t] / (tf[t] + norm);
    s->score[s->n_hits++] = score;
}

/* Least squares by the normal equations; a term that all passages lack gets 0
 * by the small diagonal. */
static void solve(const struct system *s, double *x)
{
    double m[MAX_TERMS][MAX_TERMS + 1] = { { 0 } };
    size_t n = s->n_terms;

    for (size_t i = 0; i < n; i++) {
        m[i][i] = 1e-10;
        for (size_t h = 0; h < s->n_hits; h++) {
            for (size_t j = 0; j < n; j++)
                m[i][j] += s->part[h][i] * s->part[h][j];
            m[i][n] += s->part[h][i] * s->score[h];
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t r = 0; r < n; r++) {
            double f = m[r][i] / m[i][i];

            for (size_t c = i; c <= n && r != i; c++)
                m[r][c] -= f * m[i][c];
        }
    }
    for (size_t i = 0; i < n; i++)
        x[i] = m[i][n] / m[i][i];
}

static double largest_error(const struct system *s, const double *x)
{
    double worst = 0;

    for (size_t h = 0; h < s->n_hits; h++) {
        double sum = -s->score[h];

        for (size_t t = 0; t < s->n_terms; t++)
            sum += s->part[h][t] * x[t];
        worst = fabs(sum) > worst ? fabs(sum) : worst;
    }
    return worst;
}

static double check_query(const struct rkb_json *query)
{
    static struct system s;
    struct rkb_arena arena = { 0 };
    struct rkb_map terms = { 0 };
    struct rkb_bm25_query q;
    double idf[MAX_TERMS], score, worst = 0;
    rkb_sv text;

    if (!CHECK(rkb_json_string(rkb_json_get(query, "query"), &text)))
        return 0;
    rkb_bm25_query_init(&q, &arena, &terms, text);
    s = (struct system){ .n_terms = q.n };
    if (CHECK(q.n <= MAX_TERMS)) {
        for (const struct rkb_json *h = rkb_json_get(query, "hits")->child;
             h && s.n_hits < MAX_HITS; h = h->next) {
            if (CHECK(rkb_json_string(rkb_json_get(h, "content"), &text)) &&
                CHECK(rkb_json_double(rkb_json_get(h, "score"), &score)))
                add_hit(&s, &terms, text, score);
        }
        solve(&s, idf);
        worst = largest_error(&s, idf);
    }
    rkb_map_release(&terms);
    rkb_arena_release(&arena);
    return worst;
}

static void check_file(const char *name, size_t n_queries)
{
    const char *path = rkb_test_data(name);
    struct rkb_arena arena = { 0 };
    const struct rkb_json *all;
    struct rkb_err err;
    double worst = 0;
    rkb_sv text;

    if (!path)
        return;
    if (CHECK_EQ_INT(rkb_file_read(&arena, path, 64 << 20, &text, &err),
                     RKB_OK) &&
        CHECK_EQ_INT(rkb_json_parse(&arena, text, &all, &err), RKB_OK)) {
        CHECK_EQ_INT(all->n_children, n_queries);
        for (const struct rkb_json *q = all->child; q; q = q->next) {
            double error = check_query(q);

            /* The printed scores are rounded to four decimals. */
            CHECK_NEAR(error, 0, 1e-4);
            worst = error > worst ? error : worst;
        }
        printf("# %s: worst error %.1e\n", name, worst);
    }
    rkb_arena_release(&arena);
}

static void dl19_passages_score_as_in_anserini(void)
{
    check_file("dl19/bm25.requests.json", 43);
}

static void dl20_passages_score_as_in_anserini(void)
{
    check_file("dl20/bm25.requests.json", 54);
}

TESTS(TEST(dl19_passages_score_as_in_anserini),
      TEST(dl20_passages_score_as_in_anserini))
