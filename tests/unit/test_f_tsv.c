/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"

#define QUERIES RKB_PART_QUERIES
#define DOCS RKB_PART_DOCS
#define HITS RKB_PART_HITS

static void same_file_is_queries_or_documents_as_asked(void)
{
    const char *path = fixture_text("a", "007\tred apple\r\n 8 \t\n\n9\tb");

    check_gives(path, QUERIES, NULL, "q 007|red apple\nq 8|\nq 9|b\n");
    check_gives(path, DOCS, NULL, "d 007||red apple\nd 8||\nd 9||b\n");
    check_refused(path, QUERIES | DOCS, NULL, RKB_E_USAGE,
                  "may hold queries or documents");
}

static void later_tabs_belong_to_the_text(void)
{
    check_gives(fixture_text("a", "1\ta\n2\tb\tc\n"), DOCS, NULL,
                "d 1||a\nd 2||b\tc\n");
    check_text_refused("tsv", DOCS, "1\ta\tb\n", "bad:1: more than the 2");
    check_text_refused("tsv", DOCS, "\n1\ta\tb\n", "bad:2: more than the 2");
}

static void faulty_rows_are_refused_with_their_line(void)
{
    check_text_refused("tsv", QUERIES, "1\ta\nb\n", "bad:2: no tab");
    check_text_refused("tsv", QUERIES, "1\ta\n\tb\n", "bad:2: empty query id");
    check_text_refused("tsv", DOCS, "1\ta\n2\t\xc3(\n",
                       "bad:2: invalid UTF-8 at byte 3");
    check_bytes_refused("tsv", DOCS, BYTES("a\0b\tx\n"), RKB_E_DATA,
                        "bad:1: NUL byte in document id");
    check_text_refused("tsv", DOCS, "", "is empty");
}

static bool wants_two(void *ctx, rkb_sv docid)
{
    (void)ctx;
    return rkb_sv_is(docid, "2");
}

static void unwanted_document_is_passed_over_unread(void)
{
    struct told t = { 0 };
    struct rkb_sink sink = told_sink(&t, DOCS);
    struct rkb_err err = { 0 };

    sink.wants_doc = wants_two;
    CHECK_EQ_INT(rkb_format_read(fixture_text("a", "1\t\xff\n2\tb\n"), DOCS,
                                 NULL, NULL, &sink, &err),
                 RKB_OK);
    CHECK_STR(t.text.at, "d 2||b\n");
    rkb_buf_release(&t.text);
}

static void folder_is_a_collection(void)
{
    const char *folder;

    fixture_deep("garden/queries.tsv", "1\tq\n");
    fixture_deep("garden/queries.dev.tsv", "2\tr\n");
    fixture_deep("garden/qrels.txt", "1 0 a 1\n");
    fixture_deep("garden/qrels.dev.tsv", "2 0 b 1\n");
    fixture_deep("garden/collection.tsv", "a\tx\nb\ty\n");
    folder = fixture_path("garden");
    check_gives(folder, QUERIES | DOCS | RKB_PART_GRADES, NULL,
                "q 1|q\ng 1|a|1\nd a||x\nd b||y\n");
    check_gives(folder, QUERIES | RKB_PART_GRADES, "dev", "q 2|r\ng 2|b|1\n");
    check_refused(folder, QUERIES, "train", RKB_E_DATA, "no queries in");
}

static void msmarco_documents_have_four_columns(void)
{
    const char *path =
        fixture_text("docs.tsv", "D1\thttps://a.b/c\tTea\thot\twater\n\n"
                                 "D2\thttp://x\t\t\n");

    check_gives(path, DOCS, NULL, "d D1|Tea|hot\twater\nd D2||\n");
    check_text_refused("msmarco-docs", DOCS, "D1\thttp://a\tb\n",
                       "bad:1: 'docid<TAB>url<TAB>title<TAB>body' needs 4");
    check_text_refused("msmarco-docs", DOCS, "\tu\tt\tb\n",
                       "bad:1: empty document id");
    check_text_refused("msmarco-docs", DOCS, "D\tu\tt\t\xff\n",
                       "bad:1: invalid UTF-8");
    check_refused(path, QUERIES, NULL, RKB_E_DATA, "which has no queries");
}

static void msmarco_run_keeps_its_order(void)
{
    char spec[600];

    snprintf(spec, sizeof(spec), "msmarco-run:%s",
             fixture_text("a", "1\ta\t1\n2\tc\t1\n1\tb\t2\n2\ta\t7\n"));
    check_gives(spec, HITS, NULL,
                "h 1|a|1|none\nh 2|c|1|none\nh 1|b|2|none\nh 2|a|2|none\n");
    check_gives(fixture_text("a", "1\ta\t1\n1\tb\t2\n1\tc\t3\n2\ta\t1\n"), HITS,
                NULL,
                "h 1|a|1|none\nh 1|b|2|none\nh 1|c|3|none\nh 2|a|1|none\n");
    check_text_refused("msmarco-run", HITS, "1\ta\t2\n1\tb\t1\n",
                       "bad:2: rank 1 of query '1' comes after rank 2");
    check_text_refused("msmarco-run", HITS, "1\ta\t0\n", "bad:1: bad rank '0'");
    check_text_refused("msmarco-run", HITS, "1\ta\n", "needs 3 columns");
}

static void topics_have_the_known_counts(void)
{
    const char *path = rkb_test_data("dl20/queries.tsv");
    struct told t = { 0 };
    const struct rkb_sink sink = told_sink(&t, QUERIES);
    struct rkb_err err = { 0 };

    fixture_done();
    if (!path)
        return;
    CHECK_EQ_INT(rkb_format_read(path, QUERIES, NULL, NULL, &sink, &err),
                 RKB_OK);
    CHECK_EQ_INT(t.n, 200);
    rkb_buf_release(&t.text);
}

TESTS(TEST(same_file_is_queries_or_documents_as_asked),
      TEST(later_tabs_belong_to_the_text),
      TEST(faulty_rows_are_refused_with_their_line),
      TEST(unwanted_document_is_passed_over_unread),
      TEST(folder_is_a_collection), TEST(msmarco_documents_have_four_columns),
      TEST(msmarco_run_keeps_its_order), TEST(topics_have_the_known_counts))
