/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/bm25.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io/file.h"
#include "base/io/json.h"
#include "base/io/lines.h"
#include "base/map.h"
#include "base/mem.h"
#include "harness/retrieve/bm25_formula.h"
#include "tests/tap.h"

static const struct rkb_bm25_params standard = { RKB_BM25_K1, RKB_BM25_B };

static rkb_sv sv(const char *text)
{
    return rkb_sv_of(text);
}

static struct rkb_bm25 *scan(const char *const *docs, size_t n,
                             const char *const *queries, size_t n_queries,
                             struct rkb_bm25_params params,
                             struct rkb_pool *pool)
{
    struct rkb_bm25 *x = rkb_bm25_open(params, pool);
    struct rkb_err err = { 0 };
    char id[32];

    for (size_t i = 0; i < n_queries; i++)
        rkb_bm25_add_query(x, sv(queries[i]));
    for (size_t i = 0; i < n; i++) {
        snprintf(id, sizeof(id), "d%zu", i);
        CHECK_EQ_INT(rkb_bm25_on_doc(x, sv(id), sv(""), sv(docs[i]), &err),
                     RKB_OK);
    }
    CHECK_EQ_INT(rkb_bm25_finish(x, &err), RKB_OK);
    return x;
}

static void lengths_are_squeezed_as_lucene_does(void)
{
    /* Fixed points: what byte4ToInt can give. 40 + 2 i, 56 + 4 i, ... */
    static const struct {
        uint64_t length, kept;
    } rows[] = {
        { 0, 0 },   { 1, 1 },     { 23, 23 },   { 24, 24 },    { 39, 39 },
        { 40, 40 }, { 41, 40 },   { 42, 42 },   { 55, 54 },    { 56, 56 },
        { 59, 56 }, { 60, 60 },   { 87, 84 },   { 88, 88 },    { 95, 88 },
        { 96, 96 }, { 300, 280 }, { 312, 312 }, { 1000, 984 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        CHECK_EQ_INT(rkb_bm25_unsqueeze(rkb_bm25_squeeze(rows[i].length)),
                     rows[i].kept);
    for (unsigned b = 0; b < 250; b++)
        CHECK_EQ_INT(rkb_bm25_squeeze(rkb_bm25_unsqueeze((uint8_t)b)), b);
    CHECK_EQ_INT(rkb_bm25_squeeze(UINT64_MAX), rkb_bm25_squeeze(INT32_MAX));
}

/* Three documents of 2, 2 and 5 kept words; avgdl 3. */
static const char *const three[] = { "red fox", "the red hen",
                                     "hen hen hen sees a fox" };

static void a_score_is_the_formulas(void)
{
    static const char *const queries[] = { "hens", "the fox fox", "of", "cow" };
    struct rkb_arena a = { 0 };
    struct rkb_bm25 *x = scan(three, 3, queries, 4, standard, NULL);
    double idf = log(1 + (3 - 2 + .5) / (2 + .5));
    double norm2 = .9 * (.6 + .4 * 2 / 3), norm5 = .9 * (.6 + .4 * 5 / 3);
    struct rkb_bm25_hit *hits;
    size_t n;

    CHECK_EQ_INT(rkb_bm25_n_docs(rkb_bm25_stats(x)), 3);
    CHECK_NEAR(rkb_bm25_avgdl(rkb_bm25_stats(x)), 3.0, 0.0);
    rkb_bm25_search(x, &a, 0, 10, &hits, &n);
    if (CHECK_EQ_INT(n, 2)) {
        CHECK(rkb_sv_is(hits[0].docid, "d2"));
        CHECK_NEAR(hits[0].score, idf * 3 / (3 + norm5), 1e-6);
        CHECK(rkb_sv_is(hits[1].docid, "d1"));
        CHECK_NEAR(hits[1].score, idf * 1 / (1 + norm2), 1e-6);
    }
    /* A word that the query has twice counts twice. */
    rkb_bm25_search(x, &a, 1, 10, &hits, &n);
    if (CHECK_EQ_INT(n, 2))
        CHECK_NEAR(hits[0].score, 2 * idf * 1 / (1 + norm2), 1e-6);
    for (uint32_t q = 2; q < 4; q++) {
        rkb_bm25_search(x, &a, q, 10, &hits, &n);
        CHECK_EQ_INT(n, 0);
    }
    rkb_arena_release(&a);
    rkb_bm25_close(x);
}

static void ties_are_in_evaluator_order_and_cut_there(void)
{
    static const char *const docs[] = { "cat", "cat", "cat cat", "cat",
                                        "cat", "cat", "cat",     "cat",
                                        "cat", "cat", "cat" };
    static const char *const queries[] = { "cat" };
    struct rkb_arena a = { 0 };
    struct rkb_bm25 *x = scan(docs, 11, queries, 1, standard, NULL);
    struct rkb_bm25_hit *hits;
    size_t n;

    rkb_bm25_search(x, &a, 0, 4, &hits, &n);
    if (CHECK_EQ_INT(n, 4)) {
        CHECK(rkb_sv_is(hits[0].docid, "d2"));
        CHECK(rkb_sv_is(hits[1].docid, "d9"));
        CHECK(rkb_sv_is(hits[2].docid, "d8"));
        CHECK(rkb_sv_is(hits[3].docid, "d7"));
    }
    rkb_bm25_search(x, &a, 0, 0, &hits, &n);
    CHECK_EQ_INT(n, 0);
    rkb_arena_release(&a);
    rkb_bm25_close(x);
}

static void documents_without_a_word_do_not_count(void)
{
    static const char *const docs[] = { "", "the of", "cat", "..." };
    static const char *const queries[] = { "cat" };
    struct rkb_bm25 *x = scan(docs, 4, queries, 1, standard, NULL);

    CHECK_EQ_INT(rkb_bm25_n_docs(rkb_bm25_stats(x)), 1);
    CHECK_NEAR(rkb_bm25_avgdl(rkb_bm25_stats(x)), 1.0, 0.0);
    rkb_bm25_close(x);
}

static void an_empty_corpus_finds_nothing(void)
{
    static const char *const queries[] = { "cat", "" };
    struct rkb_arena a = { 0 };
    struct rkb_bm25 *x = scan(NULL, 0, queries, 2, standard, NULL);
    struct rkb_bm25_hit *hits;
    size_t n = 7;

    rkb_bm25_search(x, &a, 0, 10, &hits, &n);
    CHECK_EQ_INT(n, 0);
    rkb_bm25_search(x, &a, 1, 10, &hits, &n);
    CHECK_EQ_INT(n, 0);
    rkb_arena_release(&a);
    rkb_bm25_close(x);
    rkb_bm25_close(NULL);
    x = rkb_bm25_open(standard, NULL); /* and may be closed half-way */
    rkb_bm25_add_query(x, sv("cat"));
    rkb_bm25_close(x);
}

static void extreme_parameters_give_finite_scores(void)
{
    static const struct rkb_bm25_params rows[] = { { 0, 0 },
                                                   { 0, 1 },
                                                   { 1000, 1 } };
    static const char *const queries[] = { "hen fox" };
    struct rkb_bm25_text texts[3];
    struct rkb_err err;
    double score[3];

    for (size_t i = 0; i < 3; i++)
        texts[i] = (struct rkb_bm25_text){ sv(""), sv(three[i]) };
    for (size_t p = 0; p < RKB_COUNT(rows); p++) {
        struct rkb_arena a = { 0 };
        struct rkb_bm25 *x = scan(three, 3, queries, 1, rows[p], NULL);
        struct rkb_bm25_hit *hits;
        size_t n;

        rkb_bm25_search(x, &a, 0, 3, &hits, &n);
        CHECK_EQ_INT(n, 3);
        CHECK_EQ_INT(rkb_bm25_score(NULL, rows[p], sv(queries[0]), texts, 3,
                                    score, &err),
                     RKB_OK);
        for (size_t i = 0; i < 3; i++) {
            CHECK(isfinite(hits[i].score) && hits[i].score > 0);
            CHECK(isfinite(score[i]) && score[i] > 0);
        }
        rkb_arena_release(&a);
        rkb_bm25_close(x);
    }
}

static void given_texts_score_as_in_a_search(void)
{
    static const char *const queries[] = { "red foxes", "seeing hens' fox" };
    struct rkb_bm25 *x = scan(three, 3, queries, 2, standard, NULL);
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };

    for (uint32_t q = 0; q < 2; q++) {
        /* The title is text like any other. */
        const struct rkb_bm25_text texts[] = {
            { sv("red"), sv("fox") },
            { sv("the red hen"), sv("") },
            { sv("Hen, hen;"), sv("hen sees a fox") },
        };
        struct rkb_bm25_hit *hits;
        double score[3], own[3];
        size_t n;

        rkb_bm25_search(x, &a, q, 3, &hits, &n);
        CHECK_EQ_INT(rkb_bm25_score(rkb_bm25_stats(x), standard, sv(queries[q]),
                                    texts, 3, score, &err),
                     RKB_OK);
        CHECK_EQ_INT(
            rkb_bm25_score(NULL, standard, sv(queries[q]), texts, 3, own, &err),
            RKB_OK);
        for (size_t i = 0; i < n; i++) {
            size_t doc = (size_t)(hits[i].docid.at[1] - '0');

            CHECK(hits[i].score == score[doc]);
            CHECK(own[doc] == score[doc]);
        }
    }
    CHECK_EQ_INT(rkb_bm25_score(rkb_bm25_stats(x), standard, sv("blue fox"),
                                NULL, 0, NULL, &err),
                 RKB_E_DATA);
    CHECK_STR(err.msg, "no corpus statistics for the term 'blue'");
    rkb_arena_release(&a);
    rkb_bm25_close(x);
}

/* Many documents over all block and batch borders; every word is "w<k>" with
 * k | i, so that who holds what is known. */
static struct rkb_bm25 *numbers(size_t n, struct rkb_pool *pool)
{
    struct rkb_bm25 *x = rkb_bm25_open(standard, pool);
    struct rkb_buf text = { 0 };
    struct rkb_err err;
    char id[32];

    rkb_bm25_add_query(x, sv("w7"));
    rkb_bm25_add_query(x, sv("w2 w3 w5 w10007"));
    for (size_t i = 1; i <= n; i++) {
        rkb_buf_reset(&text);
        for (size_t k = 1; k <= 12; k++)
            if (i % k == 0)
                rkb_buf_printf(&text, "w%zu ", k);
        if (i % 10007 == 0)
            rkb_buf_text(&text, "w10007");
        snprintf(id, sizeof(id), "%zu", i);
        CHECK_EQ_INT(
            rkb_bm25_on_doc(x, sv(id), sv("title"), rkb_buf_view(&text), &err),
            RKB_OK);
    }
    CHECK_EQ_INT(rkb_bm25_finish(x, &err), RKB_OK);
    rkb_buf_release(&text);
    return x;
}

static void the_number_of_threads_does_not_show(void)
{
    enum { N = 40000 };
    struct rkb_pool *pool = rkb_pool_open(4);
    struct rkb_bm25 *x = numbers(N, NULL), *y = numbers(N, pool);
    struct rkb_arena a = { 0 };
    size_t expected[2] = { 0 };

    for (size_t i = 1; i <= N; i++) {
        expected[0] += i % 7 == 0;
        expected[1] += i % 2 == 0 || i % 3 == 0 || i % 5 == 0 || i % 10007 == 0;
    }
    for (uint32_t q = 0; q < 2; q++) {
        struct rkb_bm25_hit *p, *r;
        size_t n, m;

        rkb_bm25_search(x, &a, q, 50000, &p, &n);
        rkb_bm25_search(y, &a, q, 50000, &r, &m);
        CHECK_EQ_INT(n, m);
        CHECK_EQ_INT(n, expected[q]);
        for (size_t i = 0; i < n; i++) {
            if (!CHECK(rkb_sv_eq(p[i].docid, r[i].docid)) ||
                !CHECK(p[i].score == r[i].score))
                break;
            if (i && !CHECK(p[i - 1].score > p[i].score ||
                            (p[i - 1].score == p[i].score &&
                             rkb_sv_cmp(p[i - 1].docid, p[i].docid) > 0)))
                break;
        }
        /* A cut is a prefix. */
        rkb_bm25_search(x, &a, q, 1000, &r, &m);
        CHECK_EQ_INT(m, 1000);
        for (size_t i = 0; i < m; i++)
            if (!CHECK(rkb_sv_eq(p[i].docid, r[i].docid)))
                break;
    }
    rkb_arena_release(&a);
    rkb_bm25_close(x);
    rkb_bm25_close(y);
    rkb_pool_close(pool);
}

/* ---- SciFact ----------------------------------------------------------- */

struct scifact {
    struct rkb_arena arena;
    struct rkb_tree *tree;
    struct rkb_map qids; /* of the test split */
    rkb_sv *rels;        /* [n_rels] docids   */
    uint32_t *rel_query; /* [n_rels]          */
    size_t n_rels, rels_cap, query_cap;
    double ndcg, r100, r1000;
    size_t n_retrieved;
};

static bool each_line(struct scifact *s, const char *name, void *ctx,
                      bool (*fn)(struct scifact *, rkb_sv line, void *ctx))
{
    struct rkb_stream *stream;
    struct rkb_lines in = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv line;
    bool ok = true;

    if (!CHECK_EQ_INT(rkb_tree_stream(s->tree, name, &stream, &err), RKB_OK))
        return false;
    rkb_lines_from(&in, stream);
    while (ok && rkb_lines_next(&in, &line))
        ok = fn(s, line, ctx);
    ok = ok && CHECK_EQ_INT(rkb_lines_status(&in, &err), RKB_OK);
    rkb_lines_close(&in);
    return ok;
}

static bool on_qrel(struct scifact *s, rkb_sv line, void *ctx)
{
    rkb_sv rest = line, qid = rkb_sv_word(&rest), docid = rkb_sv_word(&rest);

    (void)ctx;
    if (rkb_sv_is(qid, "query-id"))
        return true;
    s->rels = rkb_grow(s->rels, &s->rels_cap, s->n_rels + 1, sizeof(*s->rels));
    s->rel_query = rkb_grow(s->rel_query, &s->query_cap, s->n_rels + 1,
                            sizeof(*s->rel_query));
    s->rels[s->n_rels] = rkb_arena_copy(&s->arena, docid);
    s->rel_query[s->n_rels++] = rkb_map_add(&s->qids, qid, NULL);
    return CHECK(rkb_sv_is(rkb_sv_trim(rest), "1"));
}

static bool pick(rkb_sv line, rkb_sv out[3], struct rkb_arena *a)
{
    static const char *const names[] = { "_id", "title", "text" };
    struct rkb_err err;

    return CHECK_EQ_INT(rkb_json_pick(a, line, names, 3, out, &err), RKB_OK);
}

static bool on_query(struct scifact *s, rkb_sv line, void *ctx)
{
    rkb_sv *texts = ctx, field[3];
    uint32_t q;

    if (!pick(line, field, &s->arena))
        return false;
    q = rkb_map_find(&s->qids, field[0]);
    if (q != RKB_MAP_NONE)
        texts[q] = rkb_arena_copy(&s->arena, field[2]);
    return true;
}

static bool on_doc(struct scifact *s, rkb_sv line, void *ctx)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err;
    rkb_sv field[3];
    bool ok =
        pick(line, field, &a) &&
        CHECK_EQ_INT(rkb_bm25_on_doc(ctx, field[0], field[1], field[2], &err),
                     RKB_OK);

    (void)s;
    rkb_arena_release(&a);
    return ok;
}

/* SciFact's grades are all 1. */
static void evaluate(struct scifact *s, uint32_t q,
                     const struct rkb_bm25_hit *hits, size_t n)
{
    double dcg = 0, ideal = 0, found100 = 0, found1000 = 0, n_rel = 0;

    for (size_t r = 0; r < s->n_rels; r++) {
        if (s->rel_query[r] != q)
            continue;
        if (n_rel < 10)
            ideal += 1 / log2(n_rel + 2);
        n_rel++;
        for (size_t i = 0; i < n; i++) {
            if (!rkb_sv_eq(hits[i].docid, s->rels[r]))
                continue;
            dcg += i < 10 ? 1 / log2((double)i + 2) : 0;
            found100 += i < 100;
            found1000 += i < 1000;
        }
    }
    s->ndcg += dcg / ideal;
    s->r100 += found100 / n_rel;
    s->r1000 += found1000 / n_rel;
    s->n_retrieved += n;
}

static void write_run(struct rkb_buf *out, rkb_sv qid,
                      const struct rkb_bm25_hit *hits, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rkb_buf_printf(out, "%.*s Q0 %.*s %zu %.9g bm25\n", (int)qid.len,
                       qid.at, (int)hits[i].docid.len, hits[i].docid.at, i + 1,
                       hits[i].score);
}

static void scifact_run(struct scifact *s, struct rkb_pool *pool)
{
    struct rkb_bm25 *x = rkb_bm25_open(standard, pool);
    struct rkb_err err;
    struct rkb_buf run = { 0 };
    const char *out = getenv("RKB_SCIFACT_RUN"); /* for trec_eval by hand */
    double n_queries = (double)s->qids.n;
    rkb_sv *texts = rkb_arena_new(&s->arena, s->qids.n, sizeof(*texts));
    int64_t start = rkb_clock_now();

    each_line(s, "queries.jsonl", texts, on_query);
    for (size_t q = 0; q < s->qids.n; q++)
        CHECK_EQ_INT(rkb_bm25_add_query(x, texts[q]), q);
    each_line(s, "corpus.jsonl", x, on_doc);
    CHECK_EQ_INT(rkb_bm25_finish(x, &err), RKB_OK);
    int64_t scanned = rkb_clock_now(), search_ns = 0;
    for (uint32_t q = 0; q < s->qids.n; q++) {
        struct rkb_arena a = { 0 };
        struct rkb_bm25_hit *hits;
        int64_t before = rkb_clock_now();
        size_t n;

        rkb_bm25_search(x, &a, q, 1000, &hits, &n);
        search_ns += rkb_clock_now() - before;
        evaluate(s, q, hits, n);
        if (out)
            write_run(&run, s->qids.keys[q], hits, n);
        rkb_arena_release(&a);
    }
    printf("# scan %.3f s, %.0f queries %.3f s\n",
           (double)(scanned - start) / 1e9, n_queries, (double)search_ns / 1e9);
    printf("# nDCG@10 %.6f R@100 %.6f R@1000 %.6f\n", s->ndcg / n_queries,
           s->r100 / n_queries, s->r1000 / n_queries);
    CHECK_EQ_INT(rkb_bm25_n_docs(rkb_bm25_stats(x)), 5183);
    if (out)
        CHECK_EQ_INT(rkb_file_write(out, rkb_buf_view(&run), &err), RKB_OK);
    rkb_buf_release(&run);
    rkb_bm25_close(x);
}

static void scifact_gives_anserinis_figures(void)
{
    const char *path = rkb_test_data("beir/scifact.zip");
    struct scifact s = { 0 };
    struct rkb_pool *pool;
    struct rkb_err err = { 0 };

    if (!path)
        return;
    if (!CHECK_EQ_INT(rkb_tree_open(&s.tree, path, &err), RKB_OK))
        return;
    pool = rkb_pool_open(0);
    if (each_line(&s, "qrels/test.tsv", NULL, on_qrel)) {
        CHECK_EQ_INT(s.qids.n, 300);
        scifact_run(&s, pool);
        CHECK_NEAR(s.ndcg / 300, .6789, .00005);
        CHECK_NEAR(s.r100 / 300, .9253, .00005);
        CHECK_NEAR(s.r1000 / 300, .9767, .00005);
    }
    rkb_pool_close(pool);
    rkb_tree_close(s.tree);
    rkb_map_release(&s.qids);
    rkb_free(s.rels);
    rkb_free(s.rel_query);
    rkb_arena_release(&s.arena);
}

TESTS(TEST(lengths_are_squeezed_as_lucene_does), TEST(a_score_is_the_formulas),
      TEST(ties_are_in_evaluator_order_and_cut_there),
      TEST(documents_without_a_word_do_not_count),
      TEST(an_empty_corpus_finds_nothing),
      TEST(extreme_parameters_give_finite_scores),
      TEST(given_texts_score_as_in_a_search),
      TEST(the_number_of_threads_does_not_show),
      TEST(scifact_gives_anserinis_figures))
