/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"
#include "tests/parquet_fixture.h"

#define ALL (RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES)

static const struct fixture_entry kitchen[] = {
    { "kitchen/corpus.jsonl",
      "{\"_id\": \"d1\", \"title\": \"Tea\", \"text\": \"hot \\u00e9\"}\n"
      "{\"_id\": 2, \"text\": \"no title\", \"metadata\": {\"a\": [1]}}\n" },
    { "kitchen/queries.jsonl",
      "{\"_id\": \"q1\", \"text\": \"one\"}\n"
      "{\"_id\": 007, \"text\": \"never reached\"}\n" },
    { "kitchen/qrels/test.tsv",
      "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\t2\t0\n" },
    { "kitchen/qrels/dev.tsv", "query-id\tcorpus-id\tscore\nq2\td1\t1\n" },
};

/* The queries without the faulty one. */
static const char queries[] =
    "{\"_id\": \"q1\", \"text\": \"one\"}\n\n"
    "{\"text\": \"two\", \"_id\": \"q2\", \"metadata\": {}}\n"
    "{\"_id\": 10, \"text\": \"of another split\"}\n";

static const char *zip_of(const char *name, const struct fixture_entry *entries,
                          size_t n)
{
    struct bytes b = archive_bytes("zip", "none", entries, n);
    const char *path = fixture_file(name, b.at, b.len);

    rkb_free(b.at);
    return path;
}

static void folder_of(void)
{
    fixture_deep("kitchen/corpus.jsonl", kitchen[0].text);
    fixture_deep("kitchen/queries.jsonl", queries);
    fixture_deep("kitchen/qrels/test.tsv", kitchen[2].text);
    fixture_deep("kitchen/qrels/dev.tsv", kitchen[3].text);
}

static const char all_of_test[] = "q q1|one\ng q1|d1|1\ng q1|2|0\n"
                                  "d d1|Tea|hot \xc3\xa9\nd 2||no title\n";

static void folder_gives_the_queries_of_its_split(void)
{
    folder_of();
    check_gives(fixture_path("kitchen"), ALL, NULL, all_of_test);
    check_gives(fixture_path("kitchen"), RKB_PART_QUERIES | RKB_PART_GRADES,
                "dev", "q q2|two\ng q2|d1|1\n");
    check_gives(fixture_path("kitchen"), RKB_PART_QUERIES, NULL,
                "q q1|one\nq q2|two\nq 10|of another split\n");
}

static void zip_is_read_in_place(void)
{
    struct fixture_entry entries[4];

    memcpy(entries, kitchen, sizeof(entries));
    entries[1].text = queries;
    check_gives(zip_of("k.zip", entries, 4), ALL, NULL, all_of_test);
    check_gives(zip_of("k.zip", entries, 4), ALL, "test", all_of_test);
}

static void archive_of_parts_is_entered_by_path(void)
{
    static const struct fixture_entry parts[] = {
        { "cqa/android/queries.jsonl", "{\"_id\": \"1\", \"text\": \"a\"}\n" },
        { "cqa/android/qrels/test.tsv", "q\td\ts\n1\tx\t1\n" },
        { "cqa/gis/queries.jsonl", "{\"_id\": \"1\", \"text\": \"g\"}\n" },
        { "cqa/gis/qrels/test.tsv", "q\td\ts\n1\ty\t1\n" },
    };
    const unsigned both = RKB_PART_QUERIES | RKB_PART_GRADES;
    const char *zip = zip_of("cqa.zip", parts, RKB_COUNT(parts));

    check_refused(zip, both, NULL, RKB_E_USAGE, "android, gis");
    check_gives(fixture_path("cqa.zip/gis"), both, NULL, "q 1|g\ng 1|y|1\n");
    check_gives(fixture_path("cqa/android"), both, NULL, "q 1|a\ng 1|x|1\n");
    check_refused(fixture_path("cqa/nosuch"), both, NULL, RKB_E_USAGE,
                  "android, gis");
}

static void missing_split_lists_those_that_are_there(void)
{
    folder_of();
    check_refused(fixture_path("kitchen"), RKB_PART_GRADES, "train", RKB_E_DATA,
                  "no split 'train' in '");
    check_refused(fixture_path("kitchen"), RKB_PART_GRADES, "train", RKB_E_DATA,
                  "it has dev, test");
}

static void truncated_zip_is_refused(void)
{
    struct bytes b = archive_bytes("zip", "none", kitchen, 4);

    for (size_t cut = 1; cut < 4; cut++) {
        const char *path = fixture_file("cut.zip", b.at, b.len * cut / 4);
        struct told t = { 0 };
        const struct rkb_sink sink = told_sink(&t, ALL);
        struct rkb_err err = { 0 };

        CHECK(rkb_format_read(path, ALL, NULL, NULL, &sink, &err) != RKB_OK);
        CHECK(err.msg[0] != '\0');
        rkb_buf_release(&t.text);
    }
    rkb_free(b.at);
}

static void faulty_lines_are_named(void)
{
    fixture_deep("bad/qrels/test.tsv", "q\td\ts\nq1\td1\t1\n");
    fixture_deep("bad/corpus.jsonl",
                 "{\"_id\": \"a\", \"text\": 1}\n{\"_id\":");
    fixture_deep("bad/queries.jsonl", kitchen[1].text);
    check_refused(fixture_path("bad"), RKB_PART_QUERIES, NULL, RKB_E_DATA,
                  "queries.jsonl:2: bad JSON at byte");
    check_refused(fixture_path("bad"), RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "corpus.jsonl:2: bad JSON");
    fixture_deep("bad/corpus.jsonl",
                 "{\"_id\": \"a\\u0000b\", \"text\": \"\"}");
    check_refused(fixture_path("bad"), RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "corpus.jsonl:1: NUL byte in document id");
    fixture_deep("bad/corpus.jsonl", "{\"_id\": \"a\", \"text\": \"\xc3(\"}");
    check_refused(fixture_path("bad"), RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "corpus.jsonl:1: ");
    fixture_deep("bad/corpus.jsonl", "{\"_id\": \"a\", \"title\": \"t\"}");
    check_refused(fixture_path("bad"), RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "corpus.jsonl:1: no 'text'");
    fixture_deep("bad/corpus.jsonl", "{\"_id\": null, \"text\": \"t\"}");
    check_refused(fixture_path("bad"), RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "corpus.jsonl:1: no '_id'");
    fixture_deep("bad/corpus.jsonl", "{\"_id\": \" \", \"text\": \"t\"}");
    check_refused(fixture_path("bad"), RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "corpus.jsonl:1: empty document id");
}

static bool wants_some(void *ctx, rkb_sv docid)
{
    (void)ctx;
    return rkb_sv_is(docid, "b") || rkb_sv_is(docid, "c\"c");
}

static void only_wanted_documents_are_parsed(void)
{
    struct told t = { 0 };
    struct rkb_sink sink = told_sink(&t, RKB_PART_DOCS);
    struct rkb_err err = { 0 };

    fixture_deep("some/qrels/test.tsv", "q\td\ts\nq1\td1\t1\n");
    fixture_deep("some/corpus.jsonl", "{\"_id\":\"a\", not JSON at all\n"
                                      "{ \"_id\" : \"b\", \"text\":\"1\"}\n"
                                      "{\"text\":\"2\",\"_id\":\"b\"}\n"
                                      "{\"text\":\"3\",\"_id\":\"d\"}\n"
                                      "{\"_id\":\"c\\\"c\",\"text\":\"4\"}\n");
    fixture_deep("some/queries.jsonl", queries);
    sink.wants_doc = wants_some;
    CHECK_EQ_INT(rkb_format_read(fixture_path("some"), RKB_PART_DOCS, NULL,
                                 NULL, &sink, &err),
                 RKB_OK);
    CHECK_STR(t.text.at, "d b||1\nd b||2\nd c\"c||4\n");
    rkb_buf_release(&t.text);
}

static void scifact_has_its_counts(void)
{
    const char *path = rkb_test_data("beir/scifact.zip");
    static const struct {
        unsigned part;
        const char *split;
        size_t n;
    } rows[] = {
        { RKB_PART_GRADES, NULL, 339 },
        { RKB_PART_GRADES | RKB_PART_QUERIES, NULL, 639 },
        { RKB_PART_GRADES | RKB_PART_QUERIES, "train", 919 + 809 },
        { RKB_PART_QUERIES, NULL, 1109 },
        { RKB_PART_DOCS, NULL, 5183 },
    };

    fixture_done();
    for (size_t i = 0; path && i < RKB_COUNT(rows); i++) {
        struct told t = { 0 };
        const struct rkb_sink sink = told_sink(&t, rows[i].part);
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(rkb_format_read(path, rows[i].part, rows[i].split, NULL,
                                     &sink, &err),
                     RKB_OK);
        CHECK_EQ_INT(t.n, rows[i].n);
        rkb_buf_release(&t.text);
    }
}

static void make_parquet(const char *name, const char *a, const char *b,
                         const char *c)
{
    const char *columns[] = { "_id", "title", "text" };
    const char *grades[] = { "query-id", "corpus-id", "score" };
    const char *cells[] = { a, b, c };
    struct made m = { 0 };

    made_texts(&m, strstr(name, "test") ? grades : columns, 3, cells, 1);
    fixture_deep(name, "");
    fixture_file(name, m.file.at, m.file.len);
    rkb_buf_release(&m.file);
}

/* BeIR/NAME with BeIR/NAME-qrels beside it; then judgments in the folder. */
static void folders_of_hugging_face_are_read(void)
{
    const unsigned all = RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES;

    make_parquet("hf/tea/corpus/corpus-00000-of-00001.parquet", "d", "T", "x");
    make_parquet("hf/tea/queries/queries-00000-of-00001.parquet", "q", "", "y");
    check_refused(fixture_path("hf/tea"), all, NULL, RKB_E_DATA,
                  "no judgments in");
    fixture_deep("hf/tea-qrels/test.tsv",
                 "query-id\tcorpus-id\tscore\nq\td\t1\n");
    check_gives(fixture_path("hf/tea"), all, NULL, "q q|y\ng q|d|1\nd d|T|x\n");
    check_gives(fixture_path("hf/tea/"), all, NULL,
                "q q|y\ng q|d|1\nd d|T|x\n");
    make_parquet("hf/tea/data/test-00000-of-00001.parquet", "q", "d", "2");
    check_gives(fixture_path("hf/tea"), all, NULL, "q q|y\ng q|d|2\nd d|T|x\n");
    check_refused(fixture_path("hf/tea"), all, "dev", RKB_E_DATA,
                  "no split 'dev' in");
    fixture_deep("hf/tea/qrels/test.jsonl",
                 "{\"query-id\":\"q\",\"corpus-id\":\"d\",\"score\":3}\n");
    check_gives(fixture_path("hf/tea"), all, NULL, "q q|y\ng q|d|3\nd d|T|x\n");
}

TESTS(TEST(folder_gives_the_queries_of_its_split), TEST(zip_is_read_in_place),
      TEST(archive_of_parts_is_entered_by_path),
      TEST(missing_split_lists_those_that_are_there),
      TEST(truncated_zip_is_refused), TEST(faulty_lines_are_named),
      TEST(only_wanted_documents_are_parsed),
      TEST(folders_of_hugging_face_are_read), TEST(scifact_has_its_counts))
