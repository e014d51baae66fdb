/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"

static void every_row_is_complete_and_named_once(void)
{
    for (size_t i = 0; rkb_input_formats[i]; i++) {
        const struct rkb_input_format *f = rkb_input_formats[i];

        CHECK(f->name && f->name[0] && !strchr(f->name, ':'));
        CHECK(f->summary && f->summary[0]);
        CHECK(f->source && f->source[0]);
        CHECK(f->parts != 0);
        CHECK(f->recognise && f->read);
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(f->name, rkb_input_formats[k]->name) != 0);
    }
}

static void check_spec(const char *spec, const char *format, const char *path,
                       const char *split)
{
    struct rkb_arena a = { 0 };
    const struct rkb_input_format *f;
    const char *got_path, *got_split;
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_format_spec(&a, spec, &f, &got_path, &got_split, &err),
                 RKB_OK);
    CHECK_STR(f ? f->name : NULL, format);
    CHECK_STR(got_path, path);
    CHECK_STR(got_split, split);
    rkb_arena_release(&a);
}

static void spec_is_taken_apart(void)
{
    struct rkb_arena a = { 0 };
    const struct rkb_input_format *f;
    const char *path, *split;
    struct rkb_err err = { 0 };

    check_spec("x/y", NULL, "x/y", NULL);
    check_spec("x:y", NULL, "x:y", NULL);
    check_spec("beir:x", "beir", "x", NULL);
    check_spec("beir:x:dev", "beir", "x", "dev");
    check_spec("beir:a:b/c", "beir", "a:b/c", NULL);
    check_spec("trec-qrels:a:b", "trec-qrels", "a:b", NULL);
    check_spec("tsv:-", "tsv", "-", NULL);
    CHECK_EQ_INT(rkb_format_spec(&a, "beir:", &f, &path, &split, &err),
                 RKB_E_USAGE);
    CHECK_EQ_INT(rkb_format_spec(&a, "", &f, &path, &split, &err), RKB_E_USAGE);
    rkb_arena_release(&a);
}

static void content_tells_what_a_file_is(void)
{
    static const char *const rows[][2] = {
        { "1 0 d 1\n", "trec-qrels" },
        { "query-id\tcorpus-id\tscore\n1\td\t1\n", "beir-qrels" },
        { "1  0  d\t1\t\n1\t0 e\t1\n", "trec-qrels" }, /* blanks are tabs */
        { "1 Q0 d 1 2.5 tag\n", "trec-run" },
        { "1 Q0 d with blanks 1 2.5e3 tag\n", "trec-run" },
        { "1\td\t1\n1\te\t2\n1\tf\t3\n", "msmarco-run" },
        { "1\twhat is it\n", "tsv" },
        { "D1\thttp://a.b\ttitle\tbody 1\n", "msmarco-docs" },
        { "1\t0\thttp://a b\t1\n", "trec-qrels" },
        { "\xef\xbb\xbf"
          "1\twhat is it\n",
          "tsv" },
        { "{\"_id\": 1, \"text\": \"x\"}\n", "jsonl" },
        { "[{\"query\": \"x\", \"hits\": []}]", "rank-llm" },
        { "PAR1....", "jsonl" },
        { "<!DOCTYPE html><html>", "html" },
        { "<top>\n<num> Number: 1\n", "topics" },
        { "<?xml version='1.0'?>\n<topics><topic number='1'/>", "topics" },
        { "<?xml version='1.0'?>\n<rss/>", "xml" },
        { "version https://git-lfs.github.com/spec/v1\n", "git-lfs" },
        { "SQLite format 3\001", "sqlite" },
        { "[{\"query\": \"x\", \"invocations_history\": []}]",
          "rank-llm-history" },
        { "hello\n", NULL },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_err err = { 0 };
        const char *name = "";

        CHECK_EQ_INT(
            rkb_format_guess(fixture_text("a", rows[i][0]), &name, &err),
            RKB_OK);
        CHECK_STR(name, rows[i][1]);
    }
}

static void foreign_files_are_named_for_what_they_are(void)
{
    check_refused(fixture_text("a", "<html>"), RKB_PART_GRADES, NULL,
                  RKB_E_DATA, "an HTML page");
    check_refused(fixture_text("a", "hello\n"), RKB_PART_GRADES, NULL,
                  RKB_E_DATA, "cannot tell the format of '");
    check_refused(fixture_text("a", "hello\n"), RKB_PART_GRADES, NULL,
                  RKB_E_DATA, "(wanted judgments)");
    check_refused(fixture_text("a", ""), RKB_PART_GRADES, NULL, RKB_E_DATA,
                  "is empty");
    check_refused(fixture_path("nowhere"), RKB_PART_GRADES, NULL, RKB_E_IO,
                  "nowhere");
    check_refused(fixture_text("a", "1\tx\n"), RKB_PART_GRADES, NULL,
                  RKB_E_DATA, "no judgments in '");
    check_refused("-", RKB_PART_GRADES, NULL, RKB_E_USAGE, "FORMAT:-");
}

static void query_text_must_be_a_choice(void)
{
    struct told t = { 0 };
    const struct rkb_sink sink = told_sink(&t, RKB_PART_QUERIES);
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_format_read(fixture_text("a", "1\twhat is it\n"),
                                 RKB_PART_QUERIES, NULL, "desc", &sink, &err),
                 RKB_E_USAGE);
    CHECK(strstr(err.msg, "no query text 'desc'") != NULL);
    rkb_buf_release(&t.text);
}

/* Every folder in every kind of archive, and by a path that leads into it. */
static void folders_may_be_packed(void)
{
    static const struct fixture_entry files[] = {
        { "all/beir/queries.jsonl", "{\"_id\":\"1\",\"text\":\"q\"}\n" },
        { "all/beir/corpus.jsonl",
          "{\"_id\":\"a\",\"title\":\"t\",\"text\":\"x\"}\n" },
        { "all/beir/qrels/test.tsv", "query-id\tcorpus-id\tscore\n1\ta\t1\n" },
        { "all/bright/examples/maze.jsonl",
          "{\"id\":\"1\",\"query\":\"q\",\"gold_ids\":[\"a\"],"
          "\"excluded_ids\":[\"x\"]}\n" },
        { "all/bright/documents/maze.jsonl",
          "{\"id\":\"a\",\"content\":\"x\"}\n" },
        { "all/r2med/query.jsonl", "{\"id\":\"1\",\"text\":\"q\"}\n" },
        { "all/r2med/corpus.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n" },
        { "all/r2med/qrels.jsonl",
          "{\"q_id\":\"1\",\"p_id\":\"a\",\"score\":1}\n" },
        { "all/tsv/queries.tsv", "1\tq\n" },
        { "all/tsv/qrels.txt", "1 0 a 1\n" },
        { "all/tsv/collection.tsv", "a\tx\n" },
        { "all/jsonl/piece_00", "{\"pid\":\"a\",\"passage\":\"x\"}\n" },
    };
    static const struct {
        const char *folder, *want;
        unsigned parts;
    } rows[] = {
        { "beir", "q 1|q\ng 1|a|1\nd a|t|x\n", 7 },
        { "bright", "q 1|q\ng 1|a|1\nx 1|x\nd a||x\n", 15 },
        { "r2med", "q 1|q\ng 1|a|1\nd a||x\n", 7 },
        { "tsv", "q 1|q\ng 1|a|1\nd a||x\n", 7 },
        { "jsonl", "d a||x\n", RKB_PART_DOCS },
    };
    static const char *const kinds[][3] = { { "zip", "none", "k0.zip" },
                                            { "gnutar", "none", "k1.tar" },
                                            { "ustar", "gzip", "k2.tar.gz" },
                                            { "pax", "gzip", "k3.tgz" },
                                            { "pax", "zstd", "k4.tar.zst" } };

    for (size_t k = 0; k < RKB_COUNT(kinds); k++) {
        struct bytes b =
            archive_bytes(kinds[k][0], kinds[k][1], files, RKB_COUNT(files));
        char spec[600];

        fixture_file(kinds[k][2], b.at, b.len);
        rkb_free(b.at);
        for (size_t i = 0; i < RKB_COUNT(rows); i++) {
            snprintf(spec, sizeof(spec), "%s/%s", fixture_path(kinds[k][2]),
                     rows[i].folder);
            check_gives(spec, rows[i].parts, NULL, rows[i].want);
            snprintf(spec, sizeof(spec), "%s/k%zu/%s", fixture_path("."), k,
                     rows[i].folder);
            check_gives(spec, rows[i].parts, NULL, rows[i].want);
        }
    }
}

static void files_may_be_packed(void)
{
    static const struct {
        const char *text, *want;
        unsigned part;
    } rows[] = {
        { "1\tq\n", "q 1|q\n", RKB_PART_QUERIES },
        { "1\tq\n", "d 1||q\n", RKB_PART_DOCS },
        { "<top><num>1<title>q</top>", "q 1|q\n", RKB_PART_QUERIES },
        { "{\"pid\":\"1\",\"passage\":\"x\"}\n", "d 1||x\n", RKB_PART_DOCS },
        { "1 0 a 1\n", "g 1|a|1\n", RKB_PART_GRADES },
        { "query-id\tcorpus-id\tscore\n1\ta\t1\n", "g 1|a|1\n",
          RKB_PART_GRADES },
        { "1\ta\t1\n1\tb\t2\n1\tc\t3\n",
          "h 1|a|1|none\nh 1|b|2|none\nh 1|c|3|none\n", RKB_PART_HITS },
        { "[{\"query\":\"q\",\"hits\":[{\"content\":\"x\",\"qid\":1,"
          "\"docid\":\"a\",\"rank\":1,\"score\":2}]}]",
          "h 1|a|1|2\n", RKB_PART_HITS },
        { "{\"id\":\"1\",\"query\":\"q\",\"gold_ids\":[\"a\"],"
          "\"excluded_ids\":[\"x\"]}\n",
          "x 1|x\n", RKB_PART_EXCLUDES },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const struct fixture_entry entry = { "x", rows[i].text };
        struct bytes gz = gzip_bytes(rows[i].text, strlen(rows[i].text));
        struct bytes zst = archive_bytes("raw", "zstd", &entry, 1);

        check_gives(fixture_file("p.gz", gz.at, gz.len), rows[i].part, NULL,
                    rows[i].want);
        check_gives(fixture_file("p.zst", zst.at, zst.len), rows[i].part, NULL,
                    rows[i].want);
        rkb_free(gz.at);
        rkb_free(zst.at);
    }
}

static void parts_are_told_before_reading(void)
{
    unsigned parts = 0;
    struct rkb_err err = { 0 };

    fixture_deep("half/queries.jsonl", "{\"_id\":\"1\",\"text\":\"x\"}\n");
    fixture_deep("half/qrels/test.tsv", "q\td\ts\n1\ta\t1\n");
    CHECK_EQ_INT(rkb_format_parts(fixture_path("half"), NULL, &parts, &err),
                 RKB_OK);
    CHECK_EQ_INT(parts, RKB_PART_QUERIES | RKB_PART_GRADES);
    check_refused(fixture_path("half"), RKB_PART_DOCS, NULL, RKB_E_DATA,
                  "no documents in '");
}

static void long_first_line_is_still_recognised(void)
{
    struct rkb_buf b = { 0 };
    struct rkb_err err = { 0 };
    const char *name = NULL;

    rkb_buf_text(&b, "1\t");
    for (size_t i = 0; i < RKB_HEAD_BYTES; i++)
        rkb_buf_char(&b, 'a');
    rkb_buf_text(&b, "\n2\tb\n");
    fixture_file("a", b.at, b.len);
    rkb_buf_release(&b);
    CHECK_EQ_INT(rkb_format_guess(fixture_path("a"), &name, &err), RKB_OK);
    CHECK_STR(name, "tsv");
    fixture_done();
}

TESTS(TEST(every_row_is_complete_and_named_once), TEST(spec_is_taken_apart),
      TEST(content_tells_what_a_file_is),
      TEST(foreign_files_are_named_for_what_they_are),
      TEST(query_text_must_be_a_choice), TEST(folders_may_be_packed),
      TEST(files_may_be_packed), TEST(parts_are_told_before_reading),
      TEST(long_first_line_is_still_recognised))
