/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/formats_fixture.h"

#define GRADES RKB_PART_GRADES

static void trec_fields_are_split_at_any_blanks(void)
{
    check_gives(fixture_text("a", "1 0 d1 2\n"
                                  "1\tQ0\td2\t-1\n"
                                  "  2  \v0 \f d1   0  \r\n"
                                  "2 0 d\xc3\xa9 3"),
                GRADES, NULL,
                "g 1|d1|2\ng 1|d2|-1\ng 2|d1|0\ng 2|d\xc3\xa9|3\n");
}

static void trec_comment_lines_are_skipped_and_counted(void)
{
    check_gives(fixture_text("a", "# made by hand\n1 0 d1 2\n"), GRADES, NULL,
                "g 1|d1|2\n");
    check_text_refused("trec-qrels", GRADES, "# by hand\n1 0 d1 2\n1 0 d2\n",
                       "bad:3: too few fields");
}

static void trec_docid_with_blanks_is_read_where_only_one_reading_is_left(void)
{
    check_gives(fixture_text("a", "7\t0\ta b/c  d.txt\t1\n"), GRADES, NULL,
                "g 7|a b/c  d.txt|1\n");
    check_gives(fixture_text("a", "7 0 a b/c d.txt 1\n"), GRADES, NULL,
                "g 7|a b/c d.txt|1\n");
    check_gives(fixture_text("a", "7\t0\ta 1 b.txt\t1\n"), GRADES, NULL,
                "g 7|a 1 b.txt|1\n");
    check_gives(fixture_text("a", "7 0\t\ta b.txt\t1\n"), GRADES, NULL,
                "g 7|a b.txt|1\n"); /* three tabs that part no columns */
    check_text_refused("trec-qrels", GRADES, "7 0 a 1 b.txt 1\n",
                       "bad:1: more than the 4 fields");
    check_text_refused("trec-qrels", GRADES, " 7  0 \ta \t1\t3\n",
                       "bad:1: more than the 4 fields");
    check_text_refused("trec-qrels", GRADES, "7 0 a 1 5\n",
                       "bad:1: more than the 4 fields");
}

static void trec_line_must_have_its_fields(void)
{
    check_text_refused("trec-qrels", GRADES, "1\n", "bad:1: too few fields");
    check_text_refused("trec-qrels", GRADES, "1 0 d1 1\n\n1 0 d2 1\n",
                       "bad:2: blank line");
    check_text_refused("trec-qrels", GRADES, "1 0 d1 1\n \t\n",
                       "bad:2: blank line");
    check_text_refused("trec-qrels", GRADES, "# only this\n",
                       "no judgment in it");
    check_text_refused("trec-qrels", GRADES, "", "is empty");
}

static void grade_must_be_a_whole_number(void)
{
    static const char *const bad[] = { "1.0", "x",           "+-1",
                                       "1e0", "99999999999", "-2147483648" };
    char line[64];

    for (size_t i = 0; i < RKB_COUNT(bad); i++) {
        snprintf(line, sizeof(line), "1 0 d1 0\n1 0 d2 %s\n", bad[i]);
        check_text_refused("trec-qrels", GRADES, line, "bad:2: bad grade '");
    }
    check_gives(fixture_text("a", "1 0 d1 2147483647\n1 0 d2 -2147483647\n"
                                  "1 0 d3 +1\n"),
                GRADES, NULL,
                "g 1|d1|2147483647\ng 1|d2|-2147483647\ng 1|d3|1\n");
}

static void bytes_that_are_no_text_are_refused(void)
{
    check_bytes_refused("trec-qrels", GRADES, BYTES("1 0 d1 1\n1 0 d\xff 1\n"),
                        RKB_E_DATA, "bad:2: invalid UTF-8 at byte 6");
    check_bytes_refused("trec-qrels", GRADES, BYTES("1 0 d\0x 1\n"), RKB_E_DATA,
                        "bad:1: NUL byte in document id");
    check_bytes_refused("trec-qrels", GRADES, BYTES("1\x01 0 d 1\n"),
                        RKB_E_DATA, "bad:1: control byte in query id");
}

static void beir_header_is_dropped_only_when_it_is_one(void)
{
    const char *want = "g 01|d 1|1\ng 2|d2|0\n";

    check_gives(fixture_text("a", "query-id\tcorpus-id\tscore\n"
                                  "01\td 1\t1\n2\td2\t0\r\n"),
                GRADES, NULL, want);
    check_gives(fixture_text("a", "01\td 1\t1\n2\td2\t0\n\n"), GRADES, NULL,
                want);
}

static void beir_line_must_have_three_columns(void)
{
    check_text_refused("beir-qrels", GRADES, "q\td\ts\n1\td1\n",
                       "bad:2: 2 columns");
    check_text_refused("beir-qrels", GRADES, "q\td\ts\n1\td1\t1\tx\n",
                       "bad:2: 4 columns");
    check_text_refused("beir-qrels", GRADES, "q\td\ts\n1\td1\tx\n",
                       "bad:2: bad grade 'x'");
    check_text_refused("beir-qrels", GRADES, "q\td\ts\n1\t \t1\n",
                       "bad:2: empty document id");
    check_text_refused("beir-qrels", GRADES, "q\td\ts\n", "no judgment");
}

static void faulty_line_does_not_hide_what_the_file_is(void)
{
    check_refused(fixture_text("a", "# c\n1 0 d1 1\n1 0 d2 x\n"), GRADES, NULL,
                  RKB_E_DATA, "a:3: bad grade 'x'");
    check_refused(fixture_text("a", "1 0 d1 1\n\n"), GRADES, NULL, RKB_E_DATA,
                  "a:2: blank line");
    check_refused(fixture_text("a", "1\n2\n"), GRADES, NULL, RKB_E_DATA,
                  "cannot tell the format");
    check_refused(fixture_text("a", "q\td\ts\n1\td\t1\n1\td\n"), GRADES, NULL,
                  RKB_E_DATA, "a:3: 2 columns");
    check_gives(
        fixture_text("a", "7\tworld cup 2018\n8\tfour words and more\n"),
        RKB_PART_QUERIES, NULL,
        "q 7|world cup 2018\nq 8|four words and more\n");
}

static void run_is_not_taken_for_judgments(void)
{
    check_refused(fixture_text("a", "1 Q0 d1 1 9.5 tag\n1 Q0 d2 2 9.4 tag\n"),
                  GRADES, NULL, RKB_E_DATA, "looks like a TREC run");
    check_refused(fixture_text("a", "1 Q0 d1 1 9.5 2\n1 Q0 d2 2 9.4 2\n"),
                  GRADES, NULL, RKB_E_DATA, "looks like a TREC run");
    check_refused(fixture_text("a", "1\td1\t1\n1\td2\t2\n1\td3\t3\n"), GRADES,
                  NULL, RKB_E_DATA, "looks like msmarco-run");
}

static void collections_have_the_known_counts(void)
{
    static const struct {
        const char *path;
        size_t n;
    } files[] = {
        { "dl19/qrels.txt", 9260 },
        { "dl20/qrels.txt", 11386 },
        { "trec_eval/qrels.test", 3681 },
        { "bright/qrels/qrels.bright-biology.txt", 372 },
        { "bright/qrels/qrels.bright-biology.fixed.txt", 393 },
        { "bright/qrels/qrels.bright-stackoverflow.txt", 478 },
        { "bright/qrels/qrels.bright-stackoverflow.fixed.txt", 580 },
        { "bright/qrels/qrels.bright-leetcode.txt", 262 },
    };

    for (size_t i = 0; i < RKB_COUNT(files); i++) {
        const char *path = rkb_test_data(files[i].path);
        struct told t = { 0 };
        const struct rkb_sink sink = told_sink(&t, GRADES);
        struct rkb_err err = { 0 };

        if (!path)
            return;
        CHECK_EQ_INT(rkb_format_read(path, GRADES, NULL, NULL, &sink, &err),
                     RKB_OK);
        CHECK_EQ_INT(t.n, files[i].n);
        rkb_buf_release(&t.text);
    }
    fixture_done();
}

TESTS(TEST(trec_fields_are_split_at_any_blanks),
      TEST(trec_comment_lines_are_skipped_and_counted),
      TEST(trec_docid_with_blanks_is_read_where_only_one_reading_is_left),
      TEST(trec_line_must_have_its_fields), TEST(grade_must_be_a_whole_number),
      TEST(bytes_that_are_no_text_are_refused),
      TEST(beir_header_is_dropped_only_when_it_is_one),
      TEST(beir_line_must_have_three_columns),
      TEST(faulty_line_does_not_hide_what_the_file_is),
      TEST(run_is_not_taken_for_judgments),
      TEST(collections_have_the_known_counts))
