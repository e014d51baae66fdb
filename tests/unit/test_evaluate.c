/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/evaluate.h"

#include "base/mem.h"
#include "base/rng.h"
#include "runs/trec_run.h"
#include "tests/io_fixture.h"
#include "tests/judged_fixture.h"

struct bed {
    struct rkb_judgments judgments;
    struct rkb_measures measures;
    struct rkb_pool *pool;
    struct rkb_evaluate how;
    struct rkb_evaluated result;
    struct rkb_err err;
};

static void bed_open(struct bed *b, const char *qrels, const char *measures,
                     size_t threads)
{
    *b = (struct bed){ 0 };
    CHECK_EQ_INT(rkb_judgments_read(&b->judgments, fixture_text("qrels", qrels),
                                    false, NULL, &b->err),
                 RKB_OK);
    measures_of(&b->measures, measures, 1, 9);
    b->pool = rkb_pool_open(threads);
    b->how = (struct rkb_evaluate){
        .judgments = &b->judgments,
        .measures = &b->measures,
        .rules = { .compat = RKB_COMPAT_9, .max_ret = SIZE_MAX },
        .pool = b->pool,
    };
}

static void bed_close(struct bed *b)
{
    rkb_evaluated_release(&b->result);
    rkb_pool_close(b->pool);
    rkb_measures_release(&b->measures);
    rkb_judgments_release(&b->judgments);
}

static enum rkb_status evaluate(struct bed *b, const char *path)
{
    rkb_evaluated_release(&b->result);
    b->err = (struct rkb_err){ 0 };
    return rkb_evaluate_file(&b->how, path, &b->result, &b->err);
}

static bool same_results(const struct rkb_evaluated *a,
                         const struct rkb_evaluated *b)
{
    size_t n = a->n_queries * a->n_slots;
    bool same = a->n_queries == b->n_queries && a->n_seen == b->n_seen &&
                a->n_missing == b->n_missing && a->n_slots == b->n_slots &&
                a->n_run_only == b->n_run_only &&
                memcmp(a->values, b->values, n * sizeof *a->values) == 0 &&
                memcmp(a->seen, b->seen, a->n_queries) == 0 &&
                memcmp(a->all, b->all, a->n_slots * sizeof *a->all) == 0;

    for (size_t i = 0; same && a->texts && i < n; i++)
        same = rkb_sv_eq(a->texts[i], b->texts[i]);
    for (size_t i = 0; i < RKB_SAMPLE_IDS; i++)
        same = same && rkb_sv_eq(a->run_only[i], b->run_only[i]);
    return same;
}

/* ---- the same lines in any order give the same values -------------------- */

enum { QUERIES = 60, DOCS = 120 };

struct entry_line {
    unsigned query, doc;
    double score;
};

static struct entry_line all_lines[QUERIES * DOCS];

/* Three docids are 254, 255 and 256 bytes long. */
static int digits(unsigned doc)
{
    return doc % 40 == 7 ? 253 + (int)(doc / 40) : 1;
}

static const char *write_lines(const char *name, const uint32_t *order)
{
    struct rkb_buf b = { 0 };

    for (size_t i = 0; i < RKB_COUNT(all_lines); i++) {
        const struct entry_line *l = &all_lines[order ? order[i] : i];

        rkb_buf_printf(&b, "q%u Q0 d%0*u 1 %.6f t\n", l->query, digits(l->doc),
                       l->doc, l->score);
    }
    const char *path = fixture_file(name, b.at, b.len);

    rkb_buf_release(&b);
    return path;
}

static void random_lines(struct rkb_buf *qrels)
{
    struct rkb_rng rng;

    rkb_rng_init(&rng, 11);
    for (unsigned q = 0; q < QUERIES; q++)
        for (unsigned d = 0; d < DOCS; d++) {
            all_lines[q * DOCS + d] =
                (struct entry_line){ q, d,
                                     (double)rkb_rng_below(&rng, 200) / 8 };
            if (q % 7 && rkb_rng_below(&rng, 4) == 0)
                rkb_buf_printf(qrels, "q%u 0 d%0*u %d\n", q, digits(d), d,
                               (int)rkb_rng_below(&rng, 5) - 1);
        }
    rkb_buf_text(qrels, "missing 0 d1 1\n");
}

/* Scattered lines are gathered, and those of a pipe always are. */
static void the_order_of_the_lines_does_not_matter(void)
{
    static const size_t threads[] = { 1, 2, 4, 7 };
    static uint32_t order[QUERIES * DOCS];
    struct rkb_buf qrels = { 0 };
    struct rkb_rng rng;
    struct bed sorted;
    const char *path;

    random_lines(&qrels);
    bed_open(&sorted, qrels.at, "all_trec nDCG@10", 1);
    CHECK_EQ_INT(evaluate(&sorted, write_lines("sorted", NULL)), RKB_OK);
    CHECK_EQ_INT(sorted.result.n_seen, QUERIES - (QUERIES + 6) / 7);
    CHECK_EQ_INT(sorted.result.n_missing, 1);
    CHECK_EQ_INT(sorted.result.n_run_only, (QUERIES + 6) / 7);
    for (uint32_t i = 0; i < RKB_COUNT(order); i++)
        order[i] = i;
    rkb_rng_init(&rng, 12);
    rkb_rng_shuffle(&rng, order, RKB_COUNT(order));
    path = write_lines("scattered", order);
    for (size_t i = 0; i < RKB_COUNT(threads); i++) {
        struct bed b;

        bed_open(&b, qrels.at, "all_trec nDCG@10", threads[i]);
        CHECK_EQ_INT(evaluate(&b, path), RKB_OK);
        CHECK(same_results(&b.result, &sorted.result));
        CHECK_EQ_INT(evaluate(&b, fixture_path("sorted")), RKB_OK);
        CHECK(same_results(&b.result, &sorted.result));
        bed_close(&b);
    }
    bed_close(&sorted);
    rkb_buf_release(&qrels);
}

struct feeder {
    const char *from, *to;
};

static void feed(void *arg)
{
    const struct feeder *f = arg;
    char bytes[4096];
    FILE *from = fopen(f->from, "rb"), *to = fopen(f->to, "wb");
    size_t n;

    if (!from || !to)
        abort();
    while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0)
        if (fwrite(bytes, 1, n, to) != n)
            break;
    fclose(from);
    fclose(to);
}

/* A second reading of a pipe gives nothing, or the rest, or never ends. */
static void a_pipe_is_read_once(void)
{
    struct bed b;
    struct rkb_evaluated want;
    struct feeder f;
    struct rkb_thread *thread;
    const char *scattered =
        fixture_text("pieces", "q1 0 a 1 3 t\nq2 0 a 1 3 t\nq1 0 b 2 2 t\n"
                               "q2 0 b 2 2 t\n");
    const char *qrels = "q1 0 b 1\nq2 0 a 1\n";

    bed_open(&b, qrels, "map ndcg", 2);
    CHECK_EQ_INT(evaluate(&b, scattered), RKB_OK);
    want = b.result;
    b.result = (struct rkb_evaluated){ 0 };
    f = (struct feeder){ scattered, fixture_path("fifo") };
    CHECK_EQ_INT(mkfifo(f.to, 0600), 0);
    thread = rkb_thread_start(feed, &f);
    CHECK_EQ_INT(evaluate(&b, f.to), RKB_OK);
    rkb_thread_join(thread);
    CHECK(same_results(&b.result, &want));

    struct rkb_judgments j = { 0 };
    struct rkb_err err = { 0 };

    f.from = fixture_path("qrels");
    thread = rkb_thread_start(feed, &f);
    CHECK_EQ_INT(rkb_judgments_read(&j, f.to, false, NULL, &err), RKB_OK);
    rkb_thread_join(thread);
    CHECK_EQ_INT(j.qids.n, 2);
    rkb_judgments_release(&j);
    rkb_evaluated_release(&want);
    bed_close(&b);
}

/* ---- documents that stand twice ------------------------------------------ */

static void check_fails(struct bed *b, const char *path, const char *want)
{
    char full[1024];

    snprintf(full, sizeof(full), "%s:%s", path, want);
    CHECK_EQ_INT(evaluate(b, path), RKB_E_DATA);
    CHECK_STR(b->err.msg, full);
}

static void a_document_ranked_twice_is_told_with_both_lines(void)
{
    for (size_t threads = 1; threads < 4; threads++) {
        struct bed b;

        bed_open(&b, "q1 0 a 1\nq2 0 a 1\n", "map", threads);
        check_fails(&b,
                    fixture_text("twice", "# x\nq2 0 a 1 9 t\nq1 0 x 1 9 t\n"
                                          "q1 0 a 2 8 t\nq1 0 x 3 7 t\n"),
                    "5: document 'x' is ranked twice for query 'q1' "
                    "(first on line 3)");
        check_fails(&b,
                    fixture_text("apart", "q1 0 a 1 9 t\nq2 0 a 1 9 t\n\n"
                                          "q1 0 a 2 8 t\n"),
                    "4: document 'a' is ranked twice for query 'q1' "
                    "(first on line 1)");
        b.how.rules.max_ret = 1;
        check_fails(&b, fixture_path("twice"),
                    "5: document 'x' is ranked twice for query 'q1' "
                    "(first on line 3)");
        bed_close(&b);
    }
}

static void a_document_twice_in_a_query_not_judged_is_not_looked_at(void)
{
    struct bed b;

    bed_open(&b, "q1 0 a 1\n", "map", 1);
    CHECK_EQ_INT(evaluate(&b, fixture_text("other", "q1 0 a 1 9 t\n"
                                                    "q9 0 x 1 9 t\n"
                                                    "q9 0 x 2 8 t\n")),
                 RKB_OK);
    CHECK_EQ_INT(b.result.n_run_only, 1);
    bed_close(&b);
}

/* Far apart, so that different threads meet them. */
static void of_several_duplicates_the_first_is_told(void)
{
    struct rkb_buf run = { 0 }, qrels = { 0 };

    for (size_t q = 0; q < 400; q++) {
        rkb_buf_printf(&qrels, "q%zu 0 d1 1\n", q);
        for (size_t i = 0; i < 100; i++)
            rkb_buf_printf(&run, "q%zu Q0 d%zu 1 1.25 t\n", q,
                           q % 90 == 80 && i == 50 ? 7 : i);
    }
    fixture_file("many", run.at, run.len);
    for (int turn = 0; turn < 20; turn++) {
        struct bed b;

        bed_open(&b, qrels.at, "map", 1 + (size_t)turn % 5);
        check_fails(&b, fixture_path("many"),
                    "8051: document 'd7' is ranked twice for query 'q80' "
                    "(first on line 8008)");
        bed_close(&b);
    }
    rkb_buf_release(&run);
    rkb_buf_release(&qrels);
}

static void a_document_judged_twice_is_told_with_its_line(void)
{
    static const char *const texts[] = {
        "q1 0 a 1\nq2 0 a 1\nq1 0 b 0\nq1 0 a 1\n",
        "query-id\tcorpus-id\tscore\nq1\ta\t1\nq2\ta\t1\nq1\ta\t0\n",
    };

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        struct rkb_judgments j = { 0 };
        struct rkb_err err = { 0 };
        const char *path = fixture_text("qrels", texts[i]);
        char want[1024];

        snprintf(want, sizeof(want),
                 "%s:4: document 'a' is judged twice for query 'q1'", path);
        CHECK_EQ_INT(rkb_judgments_read(&j, path, false, NULL, &err),
                     RKB_E_DATA);
        CHECK_STR(err.msg, want);
        rkb_judgments_release(&j);
    }
}

/* ---- what the run has and the judgments lack ------------------------------ */

static void queries_of_the_run_only_are_counted_once_each(void)
{
    for (size_t threads = 1; threads < 4; threads++) {
        struct rkb_buf run = { 0 };
        struct bed b;

        for (size_t i = 0; i < 40000; i++)
            rkb_buf_printf(&run, "x%zu 0 d%zu 1 1 t\n", 10 + i % 83, i);
        rkb_buf_text(&run, "q 0 d 1 1 t\n");
        bed_open(&b, "q 0 d 1\nr 0 d 1\n", "map", threads);
        CHECK_EQ_INT(evaluate(&b, fixture_file("run", run.at, run.len)),
                     RKB_OK);
        CHECK_EQ_INT(b.result.n_run_only, 83);
        CHECK(rkb_sv_is(b.result.run_only[0], "x10"));
        CHECK(rkb_sv_is(b.result.run_only[1], "x11"));
        CHECK(rkb_sv_is(b.result.run_only[2], "x12"));
        CHECK(rkb_sv_is(b.result.run_only[4], "x14"));
        CHECK_EQ_INT(b.result.n_seen, 1);
        CHECK_EQ_INT(b.result.n_missing, 1);
        CHECK_EQ_INT(b.result.n_counted, 1);
        bed_close(&b);
        rkb_buf_release(&run);
    }
}

static void missing_queries_count_when_the_judgments_are_complete(void)
{
    struct bed b;
    const char *run = fixture_text("run", "q1 0 a 1 1 tag-1\n");

    bed_open(&b, "q1 0 a 1\nq2 0 a 1\nq3 0 a 1\nq4 0 a 1\n", "map runid", 1);
    size_t map = rkb_measures_find(&b.measures, rkb_sv_of("map"));

    CHECK_EQ_INT(evaluate(&b, run), RKB_OK);
    CHECK_NEAR(b.result.all[map], 1.0, 0);
    CHECK_EQ_INT(b.result.n_counted, 1);
    b.how.complete = true;
    CHECK_EQ_INT(evaluate(&b, run), RKB_OK);
    CHECK_NEAR(b.result.all[map], 0.25, 0);
    CHECK_EQ_INT(b.result.n_counted, 4);
    CHECK_EQ_INT(b.result.n_missing, 3);
    CHECK(rkb_sv_is(b.result.tag, "tag-1"));
    bed_close(&b);
}

static void an_empty_run_has_no_queries(void)
{
    struct bed b;

    bed_open(&b, "q1 0 a 1\n", "map", 2);
    CHECK_EQ_INT(evaluate(&b, fixture_text("run", "# nothing\n\n")), RKB_OK);
    CHECK_EQ_INT(b.result.n_seen, 0);
    CHECK_EQ_INT(b.result.n_run_only, 0);
    CHECK_EQ_INT(evaluate(&b, "/nonexistent/run"), RKB_E_IO);
    CHECK(strstr(b.err.msg, "/nonexistent/run") != NULL);
    bed_close(&b);
    fixture_done();
}

TESTS(TEST(the_order_of_the_lines_does_not_matter), TEST(a_pipe_is_read_once),
      TEST(a_document_ranked_twice_is_told_with_both_lines),
      TEST(a_document_twice_in_a_query_not_judged_is_not_looked_at),
      TEST(of_several_duplicates_the_first_is_told),
      TEST(a_document_judged_twice_is_told_with_its_line),
      TEST(queries_of_the_run_only_are_counted_once_each),
      TEST(missing_queries_count_when_the_judgments_are_complete),
      TEST(an_empty_run_has_no_queries))
