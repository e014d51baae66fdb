/* SPDX-License-Identifier: Apache-2.0 */
/* What makes a run another run: every part that decides its results, and
 * nothing else. */
#include "harness/eval/engine.h"
#include "tests/testbed_fixture.h"

struct how {
    const char *what;
    struct bed_parts parts;
    struct rkb_candidates_want want;
    struct rkb_engine_job job;
};

static struct how usual(const char *spec)
{
    return (struct how){
        .what = "nothing",
        .parts = bed_usual,
        .want = bed_want(),
        .job = { .spec = spec, .top_k = SIZE_MAX, .seed = 42, .repeat = 1 }
    };
}

/* Runs it in a store of its own; the key in hex. */
static void key_of(const struct how *how, size_t concurrency, char key[80])
{
    struct rkb_store *store = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_testbed bed = bed_of(&how->parts, &how->want, store);
    struct rkb_pool *pool = rkb_pool_open(concurrency);
    struct rkb_engine_job job = how->job;
    struct rkb_engine_report report;
    struct rkb_err err = { 0 };

    job.testbed = &bed;
    job.pool = pool;
    fix_must(rkb_engine_run(&job, store, &report, &err), &err);
    CHECK(report.complete);
    snprintf(key, 80, "%.64s", fix_text(store, "SELECT hex(key) FROM run"));
    rkb_pool_close(pool);
    rkb_testbed_close(&bed);
    rkb_store_close(store);
    fix_clean();
    fixture_done();
}

static bool same(const struct how *a, const struct how *b)
{
    char x[80], y[80];

    key_of(a, 1, x);
    key_of(b, 1, y);
    return strcmp(x, y) == 0;
}

static bool differ(const struct how *a, const struct how *b)
{
    if (!same(a, b))
        return true;
    printf("# the same run with another %s\n", b->what);
    return false;
}

/* Changes are in what is sent, one byte of it where it is text. */
static size_t changes(struct how base, struct how out[16])
{
    size_t n = 0;
    struct how *h = out;

    for (size_t i = 0; i < 16; i++)
        out[i] = base;
    h = &out[n++];
    h->what = "seed";
    h->job.seed = 43;
    h = &out[n++];
    h->what = "repeat";
    h->job.repeat = 2;
    h = &out[n++];
    h->what = "top-k";
    h->job.top_k = 5;
    h = &out[n++];
    h->what = "depth";
    h->want.depth = 5;
    h = &out[n++];
    h->what = "byte of a query";
    h->parts.queries = bed_replace(bed_usual.queries, "salt", "malt");
    h = &out[n++];
    h->what = "query id";
    h->parts.queries = bed_replace(bed_usual.queries, "q2", "q9");
    h->parts.qrels = bed_replace(bed_usual.qrels, "q2", "q9");
    h->parts.run = bed_usual.run;
    h = &out[n++];
    h->what = "candidate";
    h->parts.run = bed_replace(bed_usual.run, "q1 Q0 d6", "q1 Q0 d7");
    h = &out[n++];
    h->what = "order of candidates";
    h->parts.run = bed_replace(bed_usual.run, "q1 Q0 d1 1 9 r\nq1 Q0 d2 2",
                               "q1 Q0 d2 1 9 r\nq1 Q0 d1 2");
    h = &out[n++];
    h->what = "first-stage score";
    h->parts.run = bed_replace(bed_usual.run, "d1 1 9 r", "d1 1 9.5 r");
    h = &out[n++];
    h->what = "set of queries";
    h->want.all_queries = true;
    return n;
}

static void every_part_that_is_sent_makes_another_run(void)
{
    static const char *const specs[] = { "reverse", "bm25(stats=query)",
                                         "oracle" };

    for (size_t s = 0; s < RKB_COUNT(specs); s++) {
        struct how base = usual(specs[s]), other[16];
        size_t n = changes(base, other);

        for (size_t i = 0; i < n; i++)
            CHECK(differ(&base, &other[i]));
    }
}

static void reranker_and_options_are_part_of_it(void)
{
    static const char *const specs[] = {
        "first-stage",
        "reverse",
        "random",
        "oracle",
        "constant",
        "bm25(stats=query)",
        "bm25(k1=1.2,stats=query)",
        "bm25(b=0.5,stats=query)",
    };
    char keys[RKB_COUNT(specs)][80];

    for (size_t i = 0; i < RKB_COUNT(specs); i++) {
        struct how how = usual(specs[i]);

        key_of(&how, 1, keys[i]);
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(keys[i], keys[j]) != 0);
    }
    struct how plain = usual("bm25(stats=query)");
    struct how spelt = usual("bm25( stats = query , b=0.40, k1='9e-1')");

    CHECK(same(&plain, &spelt));
}

static void texts_count_only_for_who_reads_them(void)
{
    static const char *const from[] = { "leek", "leek", "wine", "fried" };
    static const char *const to[] = { "Leek", "leak", "vine", "fried " };

    for (size_t i = 0; i < RKB_COUNT(from); i++) {
        struct how reads = usual("bm25(stats=query)");
        struct how ignores = usual("reverse");
        struct how reads_other = reads, ignores_other = ignores;

        reads_other.parts.corpus = ignores_other.parts.corpus =
            bed_replace(bed_usual.corpus, from[i], to[i]);
        CHECK(differ(&reads, &reads_other));
        CHECK(same(&ignores, &ignores_other));
    }
}

/* d11 is nobody's candidate, but counts in the statistics. */
static void corpus_statistics_count_where_they_are_used(void)
{
    static char corpus[2][1024];
    struct how a = usual("bm25"), b, c;

    snprintf(corpus[0], sizeof corpus[0], "%sd11\tcheese\n", bed_usual.corpus);
    snprintf(corpus[1], sizeof corpus[1], "%sd11\tonions\n", bed_usual.corpus);
    a.want.word_stats = true;
    b = c = a;
    b.parts.corpus = corpus[0];
    c.parts.corpus = corpus[1];
    b.what = "size of the corpus";
    c.what = "word count of the corpus";
    CHECK(differ(&a, &b));
    CHECK(differ(&b, &c));
    b.job.spec = c.job.spec = "bm25(stats=query)";
    CHECK(same(&b, &c));
}

static void judgments_count_only_for_who_sees_them(void)
{
    struct how sees = usual("oracle"), blind = usual("reverse");
    struct how sees_other = sees, blind_other = blind;

    sees_other.parts.qrels = blind_other.parts.qrels =
        bed_replace(bed_usual.qrels, "q1 0 d3 2", "q1 0 d3 1");
    CHECK(differ(&sees, &sees_other));
    CHECK(same(&blind, &blind_other));
}

/* Texts of queries that only the request file has. */
static void a_query_text_of_a_request_file_counts(void)
{
    static const char request[] =
        "{\"query\":{\"qid\":\"q1\",\"text\":\"red onions\"},\"candidates\":["
        "{\"docid\":\"d1\",\"score\":2,\"doc\":{\"contents\":\"red\"}},"
        "{\"docid\":\"d3\",\"score\":1,\"doc\":{\"contents\":\"onions\"}}]}\n";
    struct how a = usual("reverse"), b;

    a.parts = (struct bed_parts){ .qrels = "q1 0 d1 1\n", .request = request };
    a.parts.queries = "q2\tanother\n";
    b = a;
    b.what = "byte of a query";
    b.parts.request = bed_replace(request, "red onions", "raw onions");
    CHECK(differ(&a, &b));
}

static void names_and_conditions_do_not_count(void)
{
    struct how base = usual("random"), other;
    char x[80], y[80];

    other = base;
    other.what = "label";
    other.job.label = "another";
    CHECK(same(&base, &other));
    other = base;
    other.what = "number of warm-ups";
    other.job.load.warm_up.n = 3;
    CHECK(same(&base, &other));
    other = base;
    other.what = "reranker beside it that needs no texts";
    other.want.texts = false;
    CHECK(same(&base, &other));
    other = base;
    other.what = "reranker beside it that wants a corpus";
    other.want.word_stats = true;
    CHECK(same(&base, &other));
    key_of(&base, 1, x);
    key_of(&base, 8, y);
    CHECK_STR(x, y);
}

/* Formats and orders of files carry no meaning. */
static void the_same_content_in_another_order_is_the_same_run(void)
{
    struct how a = usual("oracle"), b = a;

    b.parts.qrels = bed_replace(bed_usual.qrels, "q1 0 d1 1\nq1 0 d3 2\n",
                                "q1 0 d3 2\nq1 0 d1 1\n");
    b.parts.queries =
        bed_replace(bed_usual.queries, "q1\tred onions\nq2\tsoup with leeks\n",
                    "q2\tsoup with leeks\nq1\tred onions\n");
    b.parts.run = bed_replace(bed_usual.run, "q1 Q0 d1 1 9 r\nq1 Q0 d2 2 8 r\n",
                              "q1 Q0 d2 7 8 r\nq1  Q0 d1 7 9.0 x\n");
    CHECK(same(&a, &b));
}

TESTS(TEST(every_part_that_is_sent_makes_another_run),
      TEST(reranker_and_options_are_part_of_it),
      TEST(texts_count_only_for_who_reads_them),
      TEST(corpus_statistics_count_where_they_are_used),
      TEST(judgments_count_only_for_who_sees_them),
      TEST(a_query_text_of_a_request_file_counts),
      TEST(names_and_conditions_do_not_count),
      TEST(the_same_content_in_another_order_is_the_same_run))
