/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/table.h"

#include "base/io/json.h"
#include "tests/tap.h"

/* Everything that some format must write out: quotes, separators, braces,
 * line ends, markup, bytes that are not UTF-8; no value; no text. */
static void fill(struct rkb_table *t)
{
    rkb_table_column(t, "name, \"of\" run", false);
    rkb_table_column(t, "P_10 100%", true);
    rkb_table_column(t, "n", true);
    rkb_table_column(t, "note", false);
    rkb_table_text(t, "plain");
    rkb_table_real(t, 0.25, 4);
    rkb_table_int(t, -3);
    rkb_table_text(t, "x");
    rkb_table_text(t, "a|b \\ c");
    rkb_table_real(t, NAN, 4);
    rkb_table_none(t);
    rkb_table_text(t, "");
    rkb_table_text(t, "s\xc3\xa9&%$#_{}~^\"q\",\nnext");
    rkb_table_printf(t, "%d ms", 12);
    rkb_table_int(t, 123456);
    rkb_table_text(t, NULL);
    rkb_table_note(t, "one %s", "note");
}

static void check_format(const struct rkb_table *t, const char *format,
                         const char *want)
{
    struct rkb_buf out = { 0 };
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_table_write(t, rkb_sv_of(format), &out, &err), RKB_OK);
    CHECK_STR(out.at, want);
    rkb_buf_release(&out);
}

static void text_is_aligned_by_code_points(void)
{
    struct rkb_table t = { 0 };

    rkb_table_column(&t, "run", false);
    rkb_table_column(&t, "value", true);
    rkb_table_column(&t, "last", false);
    rkb_table_text(&t, "s\xc3\xa9v\xc3\xa8re");
    rkb_table_real(&t, 0.5, 4);
    rkb_table_text(&t, "a");
    rkb_table_text(&t, "b");
    rkb_table_none(&t);
    rkb_table_none(&t);
    rkb_table_note(&t, "below");
    CHECK_EQ_INT(rkb_table_rows(&t), 2);
    check_format(&t, "text",
                 "run      value  last\n"
                 "s\xc3\xa9v\xc3\xa8re  0.5000  a\n"
                 "b            -  -\n"
                 "below\n");
    rkb_table_release(&t);
}

static void csv_quotes_what_would_part_a_cell(void)
{
    struct rkb_table t = { 0 };

    fill(&t);
    check_format(&t, "csv",
                 "\"name, \"\"of\"\" run\",P_10 100%,n,note\n"
                 "plain,0.2500,-3,x\n"
                 "a|b \\ c,,,\n"
                 "\"s\xc3\xa9&%$#_{}~^\"\"q\"\",\nnext\",12 ms,123456,\n");
    rkb_table_release(&t);
}

static void json_has_numbers_texts_and_null(void)
{
    struct rkb_table t = { 0 };

    fill(&t);
    check_format(
        &t, "json",
        "[\n {\"name, \\\"of\\\" run\": \"plain\", \"P_10 100%\": 0.2500, "
        "\"n\": -3, \"note\": \"x\"},\n"
        " {\"name, \\\"of\\\" run\": \"a|b \\\\ c\", \"P_10 100%\": null, "
        "\"n\": null, \"note\": \"\"},\n"
        " {\"name, \\\"of\\\" run\": "
        "\"s\xc3\xa9&%$#_{}~^\\\"q\\\",\\nnext\", \"P_10 100%\": \"12 ms\", "
        "\"n\": 123456, \"note\": null}\n]\n");
    rkb_table_release(&t);
}

static void markdown_escapes_its_bars(void)
{
    struct rkb_table t = { 0 };

    fill(&t);
    check_format(
        &t, "md",
        "| name, \"of\" run | P_10 100% | n | note |\n"
        "|---|---:|---:|---|\n"
        "| plain | 0.2500 | -3 | x |\n"
        "| a\\|b \\\\ c | - | - |  |\n"
        "| s\xc3\xa9&amp;%$#\\_{}~^\"q\", next | 12 ms | 123456 | - |\n"
        "\none note\n");
    rkb_table_release(&t);
}

static void latex_escapes_its_own_characters(void)
{
    struct rkb_table t = { 0 };

    fill(&t);
    check_format(&t, "tex",
                 "\\begin{tabular}{lrrl}\n\\toprule\n"
                 "name, \"of\" run & P\\_10 100\\% & n & note \\\\\n"
                 "\\midrule\n"
                 "plain & 0.2500 & $-$3 & x \\\\\n"
                 "a\\textbar{}b \\textbackslash{} c & -- & -- &  \\\\\n"
                 "s\xc3\xa9\\&\\%\\$\\#\\_\\{\\}\\textasciitilde{}"
                 "\\textasciicircum{}\"q\", next & 12 ms & 123456 & -- \\\\\n"
                 "\\bottomrule\n\\end{tabular}\n"
                 "% one note\n");
    rkb_table_release(&t);
}

static void a_table_without_rows_has_its_head(void)
{
    struct rkb_table t = { 0 };

    rkb_table_column(&t, "a", false);
    rkb_table_column(&t, "b", true);
    CHECK_EQ_INT(rkb_table_rows(&t), 0);
    check_format(&t, "text", "a  b\n");
    check_format(&t, "csv", "a,b\n");
    check_format(&t, "json", "[\n]\n");
    check_format(&t, "md", "| a | b |\n|---|---:|\n");
    check_format(&t, "tex",
                 "\\begin{tabular}{lr}\n\\toprule\na & b \\\\\n\\midrule\n"
                 "\\bottomrule\n\\end{tabular}\n");
    rkb_table_release(&t);
}

static void json_reads_back_whatever_the_cells_hold(void)
{
    static const char *const cells[] = { "1e5", "-0.0000",  "inf", "nan",
                                         "+1",  ".5",       "5.",  "0x10",
                                         "01",  "\xff\x01", "",    " 1" };

    for (size_t i = 0; i < RKB_COUNT(cells); i++) {
        struct rkb_table t = { 0 };
        struct rkb_arena a = { 0 };
        struct rkb_buf out = { 0 };
        struct rkb_err err = { 0 };
        const struct rkb_json *value;

        rkb_table_column(&t, cells[i], true);
        rkb_table_text(&t, cells[i]);
        CHECK_EQ_INT(rkb_table_write(&t, rkb_sv_of("json"), &out, &err),
                     RKB_OK);
        if (!CHECK_EQ_INT(rkb_json_parse(&a, rkb_buf_view(&out), &value, &err),
                          RKB_OK))
            printf("# %s: %s\n", out.at, err.msg);
        rkb_arena_release(&a);
        rkb_buf_release(&out);
        rkb_table_release(&t);
    }
}

static void every_format_has_a_name_and_a_summary(void)
{
    size_t n = 0;

    for (; rkb_table_formats[n]; n++) {
        CHECK(rkb_table_formats[n]->name && rkb_table_formats[n]->summary);
        CHECK(rkb_table_formats[n]->write != NULL);
        CHECK(rkb_table_formats[n]->write_doc && rkb_table_formats[n]->ext);
        for (size_t i = 0; i < n; i++)
            CHECK(strcmp(rkb_table_formats[i]->name,
                         rkb_table_formats[n]->name) != 0);
    }
    CHECK_EQ_INT(n, 6);
}

static void an_unknown_format_is_told_with_those_there_are(void)
{
    struct rkb_table t = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_table_write(&t, rkb_sv_of("xml"), &out, &err),
                 RKB_E_USAGE);
    CHECK_STR(
        err.msg,
        "unknown format 'xml' (there are text, json, csv, md, tex, html)");
    rkb_buf_release(&out);
    rkb_table_release(&t);
}

static void long_cells_are_printed_whole(void)
{
    struct rkb_table t = { 0 };
    char text[1001];

    memset(text, 'x', 1000);
    text[1000] = '\0';
    rkb_table_column(&t, "c", false);
    rkb_table_printf(&t, "%s", text);
    CHECK_EQ_INT(t.cells[0].len, 1000);
    rkb_table_release(&t);
}

TESTS(TEST(text_is_aligned_by_code_points),
      TEST(csv_quotes_what_would_part_a_cell),
      TEST(json_has_numbers_texts_and_null), TEST(markdown_escapes_its_bars),
      TEST(latex_escapes_its_own_characters),
      TEST(a_table_without_rows_has_its_head),
      TEST(json_reads_back_whatever_the_cells_hold),
      TEST(every_format_has_a_name_and_a_summary),
      TEST(an_unknown_format_is_told_with_those_there_are),
      TEST(long_cells_are_printed_whole))
