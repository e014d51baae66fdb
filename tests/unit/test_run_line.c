/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "runs/trec_run.h"
#include "tests/tap.h"

struct reading {
    const char *line, *qid, *docid, *rank, *tag;
    double score;
};

static void check_text(const char *line, rkb_sv got, const char *want)
{
    if (!CHECK(rkb_sv_is(got, want)))
        printf("# '%s': got '%.*s', want '%s'\n", line, (int)got.len, got.at,
               want);
}

static void check_reading(const struct reading *r)
{
    struct rkb_run_line got;
    const char *why = NULL;

    if (!CHECK_EQ_INT(rkb_run_line_parse(rkb_sv_of(r->line), &got, &why),
                      RKB_RUN_LINE_OK)) {
        printf("# '%s': %s\n", r->line, why ? why : "blank");
        return;
    }
    check_text(r->line, got.qid, r->qid);
    check_text(r->line, got.docid, r->docid);
    check_text(r->line, got.rank, r->rank);
    check_text(r->line, got.tag, r->tag);
    CHECK(got.score == r->score);
}

static void check_bad(const char *line, size_t len, const char *want)
{
    struct rkb_run_line got;
    const char *why = NULL;

    CHECK_EQ_INT(rkb_run_line_parse((rkb_sv){ line, len }, &got, &why),
                 RKB_RUN_LINE_BAD);
    if (CHECK(why != NULL) && !CHECK(strstr(why, want) != NULL))
        printf("# '%s': %s\n", line, why);
}

static void fields_are_parted_by_any_blanks(void)
{
    static const struct reading rows[] = {
        { "1 Q0 d 1 2.5 t", "1", "d", "1", "t", 2.5 },
        { "1\tQ0\td\t1\t2.5\tt", "1", "d", "1", "t", 2.5 },
        { "  1 \t Q0\v d \f1   2.5\tt \t ", "1", "d", "1", "t", 2.5 },
        { "1 Q0 d 1 2.5 t\r", "1", "d", "1", "t", 2.5 },
        { "1 Q0 d\xc2\xa0x 1 2.5 t", "1", "d\xc2\xa0x", "1", "t", 2.5 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        check_reading(&rows[i]);
}

static void scores_are_what_strtod_reads(void)
{
    static const struct reading rows[] = {
        { "q 0 d 1 1e5 t", "q", "d", "1", "t", 1e5 },
        { "q 0 d 1 1E+05 t", "q", "d", "1", "t", 1e5 },
        { "q 0 d 1 -1.5e-3 t", "q", "d", "1", "t", -1.5e-3 },
        { "q 0 d 1 +3 t", "q", "d", "1", "t", 3 },
        { "q 0 d 1 .5 t", "q", "d", "1", "t", .5 },
        { "q 0 d 1 5. t", "q", "d", "1", "t", 5 },
        { "q 0 d 1 -0 t", "q", "d", "1", "t", -0.0 },
        { "q 0 d 1 0x10 t", "q", "d", "1", "t", 16 },
        { "q 0 d 1 inf t", "q", "d", "1", "t", INFINITY },
        { "q 0 d 1 -Infinity t", "q", "d", "1", "t", -INFINITY },
        { "q 0 d 1 1e999 t", "q", "d", "1", "t", INFINITY },
        { "q 0 d 1 1e-999 t", "q", "d", "1", "t", 0 },
        { "q 0 d 1 0.1000000000000000055511151231257827 t", "q", "d", "1", "t",
          0.1 },
        { "q 0 d 1 12345678.123456789 t", "q", "d", "1", "t",
          12345678.123456789 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        check_reading(&rows[i]);
}

static void six_fields_need_no_integer_as_rank(void)
{
    const struct reading row = { "q 0 d first 1 t", "q", "d", "first", "t", 1 };

    check_reading(&row);
}

static void text_after_the_tag_is_ignored(void)
{
    static const struct reading rows[] = {
        { "q 0 d 1 2 t more text", "q", "d", "1", "t", 2 },
        { "q 0 d +1 2 t x", "q", "d", "+1", "t", 2 },
        { "q 0 d 1 2 3 4 5", "q", "d", "1", "3", 2 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        check_reading(&rows[i]);
}

static void docids_with_blanks_are_read_from_the_right(void)
{
    static const struct reading rows[] = {
        { "q Q0 a b.txt 1 2.5 t", "q", "a b.txt", "1", "t", 2.5 },
        { "q Q0 a b c d e 10 -1e3 t", "q", "a b c d e", "10", "t", -1e3 },
        { "q\tQ0\ta  b\t1\t2\tt\r", "q", "a  b", "1", "t", 2 },
        /* "b.txt" is no number, so 4 and 1 are not rank and score. */
        { "q Q0 a 4 b.txt 1 2 t", "q", "a 4 b.txt", "1", "t", 2 },
        /* Read from the left this has rank 4 and score 5. */
        { "q Q0 a 4 5 1 2 t", "q", "a", "4", "1", 5 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        check_reading(&rows[i]);
}

/* From the right it would need an integer and a number; so trec_eval's
 * reading holds, in which only the score counts. */
static void a_long_line_with_no_reading_from_the_right_is_read_from_the_left(
    void)
{
    static const struct reading rows[] = {
        { "q Q0 d x 1.5 t y", "q", "d", "x", "t", 1.5 },
        { "q Q0 d x 1.5 2 t y", "q", "d", "x", "2", 1.5 },
        { "q 0 a b 1 x t", "q", "a", "b", "x", 1 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        check_reading(&rows[i]);
}

static void blank_lines_and_comments_are_skipped(void)
{
    static const char *const lines[] = { "",  " ",   "\r",
                                         "#", " #x", "# q 0 d 1 2 t" };

    for (size_t i = 0; i < RKB_COUNT(lines); i++) {
        struct rkb_run_line got;
        const char *why;

        CHECK_EQ_INT(rkb_run_line_parse(rkb_sv_of(lines[i]), &got, &why),
                     RKB_RUN_LINE_BLANK);
    }
}

static void a_hash_inside_a_line_is_text(void)
{
    const struct reading row = {
        "q# #0 d#1 1 2 t#", "q#", "d#1", "1", "t#", 2
    };

    check_reading(&row);
}

static void too_few_fields_are_refused(void)
{
    static const char *const lines[] = { "q", "q 0 d 1 2", "q 0 d 1 2 \r",
                                         "q\tQ0\td\t1" };

    for (size_t i = 0; i < RKB_COUNT(lines); i++)
        check_bad(lines[i], strlen(lines[i]), "fewer than six fields");
}

static void three_fields_with_a_rank_are_told_apart(void)
{
    static const struct {
        const char *line;
        enum rkb_run_line_kind kind;
    } rows[] = {
        { "q1\td7\t12", RKB_RUN_LINE_THREE },
        { " q1 d7  -3\r", RKB_RUN_LINE_THREE },
        { "q1 d7 1.5", RKB_RUN_LINE_BAD },
        { "q1 d7", RKB_RUN_LINE_BAD },
        { "q1 d7 1 0.5", RKB_RUN_LINE_BAD },
        { "q1 Q0 d7 1 0.5", RKB_RUN_LINE_BAD },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_run_line got;
        const char *why = NULL;

        CHECK_EQ_INT(rkb_run_line_parse(rkb_sv_of(rows[i].line), &got, &why),
                     rows[i].kind);
        CHECK(why != NULL);
        if (rows[i].kind != RKB_RUN_LINE_THREE)
            continue;
        check_text(rows[i].line, got.qid, "q1");
        check_text(rows[i].line, got.docid, "d7");
        CHECK(got.score == 0 && !got.tag.len);
    }
}

static void what_is_no_number_is_refused(void)
{
    static const char *const lines[] = {
        "q 0 d 1 abc t", "q 0 d 1 1,5 t", "q 0 d 1 1.5x t",  "q 0 d 1 1e t",
        "q 0 d 1 - t",   "q 0 d 1 . t",   "q 0 d 1 1_000 t", "q 0 a b c x t",
    };

    for (size_t i = 0; i < RKB_COUNT(lines); i++)
        check_bad(lines[i], strlen(lines[i]), "not a number");
}

static void nan_is_refused(void)
{
    static const char *const lines[] = { "q 0 d 1 nan t", "q 0 d 1 NaN t",
                                         "q 0 d 1 -nan t", "q 0 d 1 nan(1) t",
                                         "q 0 a b 1 nan t" };

    for (size_t i = 0; i < RKB_COUNT(lines); i++)
        check_bad(lines[i], strlen(lines[i]), "NaN");
}

static void nul_is_refused_wherever_it_stands(void)
{
    const char text[] = "q 0 d 1 2 t";

    for (size_t i = 1; i + 1 < sizeof(text); i++) {
        char line[sizeof(text)];

        memcpy(line, text, sizeof(text));
        line[i] = '\0';
        check_bad(line, sizeof(text) - 1, "NUL");
    }
}

TESTS(TEST(fields_are_parted_by_any_blanks), TEST(scores_are_what_strtod_reads),
      TEST(six_fields_need_no_integer_as_rank),
      TEST(text_after_the_tag_is_ignored),
      TEST(docids_with_blanks_are_read_from_the_right),
      TEST(a_long_line_with_no_reading_from_the_right_is_read_from_the_left),
      TEST(blank_lines_and_comments_are_skipped),
      TEST(a_hash_inside_a_line_is_text), TEST(too_few_fields_are_refused),
      TEST(three_fields_with_a_rank_are_told_apart),
      TEST(what_is_no_number_is_refused), TEST(nan_is_refused),
      TEST(nul_is_refused_wherever_it_stands))
