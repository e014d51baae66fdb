/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/doc.h"

#include "base/io/json.h"
#include "tests/tap.h"

/* Two groups, a rule, marks, letters, a cell without value, and one whose
 * value is told to be partial. */
static void fill(struct rkb_doc *d)
{
    d->name = "demo";
    d->title = "A <demo> of R&D_1";
    struct rkb_table *t = rkb_doc_table(d, "First");

    rkb_doc_caption(t, "Over %d queries.", 43);
    rkb_doc_caption(t, "Two sentences.");
    rkb_table_column(t, "model", false);
    rkb_table_column_of(t, "DL 2019", "nDCG@10", true);
    rkb_table_column_of(t, "DL 2019", "AP", true);
    rkb_table_column_of(t, "a longer group", "AP", true);
    rkb_table_text(t, "a--b");
    rkb_table_real(t, 0.5, 3);
    rkb_table_real(t, -0.25, 3);
    rkb_table_none(t);
    rkb_table_mark(t, 0, 1, RKB_MARK_BEST);
    t->letters_are = "better than";
    rkb_table_super(t, 0, 1, "a b");
    rkb_table_rule(t);
    rkb_table_rule(t);
    rkb_table_text(t, "<i>_x_</i>");
    rkb_table_real(t, 0.125, 3);
    rkb_table_printf(t, "%.3f (41 of 43)", 0.75);
    rkb_table_text(t, "0.1 +- 0.02");
    rkb_table_mark(t, 1, 1, RKB_MARK_SECOND);
    rkb_table_note(t, "a: better than 50%% of %s", "_x_");
    t = rkb_doc_table(d, NULL);
    rkb_table_column(t, "only", false);
}

static void check(const char *format, const char *want)
{
    struct rkb_doc d = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_err err = { 0 };

    fill(&d);
    CHECK_EQ_INT(rkb_doc_write(&d, rkb_sv_of(format), &out, &err), RKB_OK);
    CHECK_STR(out.at, want);
    rkb_buf_release(&out);
    rkb_doc_release(&d);
}

static void text_keeps_digits_below_digits(void)
{
    check("text", "A <demo> of R&D_1\n"
                  "\n"
                  "First\n"
                  "Over 43 queries. Two sentences.\n"
                  "            DL 2019                      a longer group\n"
                  "model         nDCG@10                AP              AP\n"
                  "a--b        0.500*^ab            -0.250               -\n"
                  "----------  ---------  ----------------  --------------\n"
                  "<i>_x_</i>  0.125+     0.750 (41 of 43)     0.1 +- 0.02\n"
                  "* best, + second best\n"
                  "a: better than 50% of _x_\n"
                  "\n"
                  "only\n");
}

static void markdown_marks_and_names_its_columns_in_full(void)
{
    check("md", "# A &lt;demo> of R&amp;D_1\n"
                "\n"
                "## First\n"
                "\n"
                "Over 43 queries. Two sentences.\n"
                "\n"
                "| model | DL 2019 nDCG@10 | DL 2019 AP | a longer group AP |\n"
                "|---|---:|---:|---:|\n"
                "| a--b | **0.500**<sup>ab</sup> | -0.250 | - |\n"
                "| &lt;i>\\_x\\_&lt;/i> | <u>0.125</u> | 0.750 (41 of 43) | "
                "0.1 +- 0.02 |\n"
                "\n"
                "a: better than 50% of \\_x\\_\n"
                "\n"
                "| only |\n"
                "|---|\n");
}

static void latex_floats_fit_the_line(void)
{
    check("tex",
          "% \\usepackage{booktabs,graphicx}\n"
          "\\begin{table}\n\\centering\n"
          "\\caption{First. Over 43 queries. Two sentences.}\n"
          "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}"
          "{!}{%\n"
          "\\begin{tabular}{lrrr}\n\\toprule\n"
          " & \\multicolumn{2}{c}{DL 2019} & \\multicolumn{1}{c}{a longer "
          "group} \\\\\n"
          "\\cmidrule(lr){2-3}\\cmidrule(lr){4-4}\n"
          "model & nDCG@10 & AP & AP \\\\\n\\midrule\n"
          "a-{}-b & \\textbf{0.500}\\textsuperscript{ab} & $-$0.250 & -- "
          "\\\\\n"
          "\\midrule\n"
          "\\textless{}i\\textgreater{}\\_x\\_\\textless{}/i\\textgreater{} & "
          "\\underline{0.125} & 0.750 (41 of 43) & 0.1 $\\pm$ 0.02 \\\\\n"
          "\\bottomrule\n\\end{tabular}}\n"
          "\\par{\\footnotesize\\raggedright\\sloppy a: better than 50\\% of "
          "\\_x\\_\\par}\n"
          "\\end{table}\n"
          "\\begin{table}\n\\centering\n\\caption{}\n"
          "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}"
          "{!}{%\n"
          "\\begin{tabular}{l}\n\\toprule\nonly \\\\\n\\midrule\n"
          "\\bottomrule\n\\end{tabular}}\n\\end{table}\n");
}

static size_t count(const char *text, const char *part)
{
    size_t n = 0;

    while ((text = strstr(text, part))) {
        n++;
        text += strlen(part);
    }
    return n;
}

static void latex_parts_what_no_page_holds(void)
{
    struct rkb_doc d = { .name = "n", .title = "t" };
    struct rkb_table *t = rkb_doc_table(&d, NULL);
    struct rkb_buf out = { 0 };
    struct rkb_err err = { 0 };

    rkb_table_column(t, "head", true);
    for (int i = 0; i < 70; i++)
        rkb_table_int(t, i);
    rkb_table_note(t, "below");
    CHECK_EQ_INT(rkb_doc_write(&d, rkb_sv_of("tex"), &out, &err), RKB_OK);
    CHECK_EQ_INT(count(out.at, "\\begin{table}"), 3);
    CHECK_EQ_INT(count(out.at, "head \\\\"), 3);
    CHECK_EQ_INT(count(out.at, "Continued."), 2);
    CHECK_EQ_INT(count(out.at, "below"), 1);
    CHECK_EQ_INT(count(out.at, "\n69 \\\\"), 1);
    rkb_buf_release(&out);
    rkb_doc_release(&d);
}

static void csv_parts_tables_and_letters(void)
{
    check("csv", "model,DL 2019 nDCG@10,DL 2019 nDCG@10 better than,"
                 "DL 2019 AP,a longer group AP\n"
                 "a--b,0.500,a b,-0.250,\n"
                 "<i>_x_</i>,0.125,,0.750 (41 of 43),0.1 +- 0.02\n"
                 "\n"
                 "only\n");
}

static void json_is_one_object(void)
{
    check("json",
          "{\"report\": \"demo\",\n \"title\": \"A <demo> of R&D_1\",\n"
          " \"tables\": [\n"
          " {\"title\": \"First\",\n"
          "  \"caption\": \"Over 43 queries. Two sentences.\",\n"
          "  \"columns\": [\"model\", \"DL 2019 nDCG@10\", \"DL 2019 AP\", "
          "\"a longer group AP\"],\n"
          "  \"rows\": [\n"
          "   {\"model\": \"a--b\", \"DL 2019 nDCG@10\": 0.500, "
          "\"DL 2019 AP\": -0.250, \"a longer group AP\": null},\n"
          "   {\"model\": \"<i>_x_</i>\", \"DL 2019 nDCG@10\": 0.125, "
          "\"DL 2019 AP\": \"0.750 (41 of 43)\", \"a longer group AP\": "
          "\"0.1 +- 0.02\"}],\n"
          "  \"marks\": [\n"
          "   {\"row\": 0, \"column\": \"DL 2019 nDCG@10\", \"mark\": "
          "\"best\", \"better than\": [\"a\", \"b\"]},\n"
          "   {\"row\": 1, \"column\": \"DL 2019 nDCG@10\", \"mark\": "
          "\"second\"}],\n"
          "  \"notes\": [\n   \"a: better than 50% of _x_\"]},\n"
          " {\"title\": null,\n  \"caption\": null,\n"
          "  \"columns\": [\"only\"],\n  \"rows\": [],\n  \"marks\": [],\n"
          "  \"notes\": []}]}\n");
}

static void json_of_any_document_reads_back(void)
{
    struct rkb_doc d = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const struct rkb_json *j;

    fill(&d);
    CHECK_EQ_INT(rkb_doc_write(&d, rkb_sv_of("json"), &out, &err), RKB_OK);
    if (CHECK_EQ_INT(rkb_json_parse(&a, rkb_buf_view(&out), &j, &err), RKB_OK))
        CHECK_EQ_INT(rkb_json_get(j, "tables")->n_children, 2);
    rkb_arena_release(&a);
    rkb_buf_release(&out);
    rkb_doc_release(&d);
}

static void html_takes_names_as_text(void)
{
    struct rkb_doc d = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_err err = { 0 };

    fill(&d);
    CHECK_EQ_INT(rkb_doc_write(&d, rkb_sv_of("html"), &out, &err), RKB_OK);
    CHECK(strstr(out.at, "<title>A &lt;demo&gt; of R&amp;D_1</title>") != NULL);
    CHECK(strstr(out.at, "<td>&lt;i&gt;_x_&lt;/i&gt;</td>") != NULL);
    CHECK(strstr(out.at, "<td class=\"n\"><b>0.500</b><sup>ab</sup></td>") !=
          NULL);
    CHECK(strstr(out.at, "<th colspan=\"2\" scope=\"colgroup\">DL 2019</th>") !=
          NULL);
    CHECK(strstr(out.at, "</tbody>\n<tbody>\n<tr>") != NULL);
    CHECK(strstr(out.at, "<i>") == NULL);
    CHECK(strstr(out.at, "<script") == NULL);
    rkb_buf_release(&out);
    rkb_doc_release(&d);
}

TESTS(TEST(text_keeps_digits_below_digits),
      TEST(markdown_marks_and_names_its_columns_in_full),
      TEST(latex_floats_fit_the_line), TEST(latex_parts_what_no_page_holds),
      TEST(csv_parts_tables_and_letters), TEST(json_is_one_object),
      TEST(json_of_any_document_reads_back), TEST(html_takes_names_as_text))
