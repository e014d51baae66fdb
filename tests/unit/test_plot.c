/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/plot.h"

#include "tests/tap.h"

#include <math.h>

static void quoted_is(const char *text, const char *expected)
{
    struct rkb_buf out = { 0 };

    rkb_plot_quote(&out, text);
    if (!CHECK(rkb_sv_is(rkb_buf_view(&out), expected)))
        printf("# %s gives %s, not %s\n", text, out.at, expected);
    rkb_buf_release(&out);
}

static void names_cannot_leave_their_quotes(void)
{
    quoted_is("", "''");
    quoted_is("`date`", "'`date`'");
    quoted_is("it's", "'it''s'");
    quoted_is("'; system 'x", "'''; system ''x'");
    quoted_is("a\\", "'a\\'");
    quoted_is("{/Bold a_b^c} @ & <i>", "'{/Bold a_b^c} @ & <i>'");
    quoted_is("line\nbreak\ttab\x7f", "'line?break?tab?'");
}

static void xml_takes_what_is_quoted(void)
{
    quoted_is("a]]>b", "'a]] >b'");
    quoted_is("]]]>", "']]] >'");
    quoted_is("]>]]", "']>]]'");
    quoted_is("gr\xc3\xb6\xc3\x9f"
              "er",
              "'gr\xc3\xb6\xc3\x9f"
              "er'");
    quoted_is("bad \xff\xc3 utf", "'bad ?? utf'");
    quoted_is("\xef\xbf\xbf \xef\xbf\xbe \xc2\x85", "'? ? ?'");
    quoted_is("\xef\xbf\xbd", "'\xef\xbf\xbd'"); /* U+FFFD itself is fine */
}

static void names_of_files_are_what_a_script_can_hold(void)
{
    static const char *const good[] = { "fig", "it's `date`", "\xc3\xa9",
                                        "-x" };
    static const char *const bad[] = { "", "a/b", "a\nb", "\xff", "a]]>b" };
    struct rkb_err err = { 0 };

    for (size_t i = 0; i < RKB_COUNT(good); i++)
        CHECK_EQ_INT(rkb_plot_check_stem(good[i], &err), RKB_OK);
    for (size_t i = 0; i < RKB_COUNT(bad); i++)
        CHECK_EQ_INT(rkb_plot_check_stem(bad[i], &err), RKB_E_USAGE);
}

static void ticks_are(const char *expected, double lo, double hi,
                      unsigned flags)
{
    struct rkb_plot p = { 0 };
    struct rkb_buf all = { 0 };

    rkb_plot_range(&p, &p.x, "x", lo, hi, flags);
    for (size_t i = 0; i < p.x.n_ticks; i++)
        rkb_buf_printf(&all, "%s%s", i ? " " : "", p.x.ticks[i].text);
    CHECK(p.x.lo <= lo && p.x.hi >= hi && p.x.lo < p.x.hi);
    if (!CHECK(rkb_sv_is(rkb_buf_view(&all), expected)))
        printf("# %g..%g: %s, not %s\n", lo, hi, all.at ? all.at : "",
               expected);
    rkb_buf_release(&all);
    rkb_plot_release(&p);
}

static void ticks_are_round_and_within(void)
{
    ticks_are("0.0 0.2 0.4 0.6 0.8 1.0", 0, 1, RKB_AXIS_ZERO);
    ticks_are("0.50 0.52 0.54 0.56 0.58 0.60", 0.5, 0.6, 0);
    ticks_are("-0.4 -0.2 0.0 0.2", -0.4, 0.3, RKB_AXIS_ZERO);
    ticks_are("0 200000 400000 600000 800000 1e+06", 3, 1e6, 0);
    ticks_are("1 10 100 1000", 0.5, 2000, RKB_AXIS_LOG);
    ticks_are("10 20 50 100", 10, 100, RKB_AXIS_LOG);
    ticks_are("1 2 3", 1, 3, RKB_AXIS_WHOLE);
    ticks_are("1", 1, 1, RKB_AXIS_WHOLE);
}

static void equal_values_have_an_axis_too(void)
{
    ticks_are("0.46 0.48 0.50 0.52 0.54", 0.5, 0.5, 0);
    ticks_are("-0.10 -0.05 0.00 0.05 0.10", 0, 0, 0);
    /* No logarithm of nothing. */
    ticks_are("0 20 40 60 80 100", 0, 100, RKB_AXIS_LOG);
}

static void times_tell_their_unit_on_a_long_axis(void)
{
    struct rkb_plot p = { 0 };

    rkb_plot_times(&p, &p.x, "latency", "ms", 1e-3, 0.002, 50000);
    CHECK_EQ_INT(p.x.n_ticks, 4);
    CHECK_STR(p.x.ticks[0].text, "10 \xc2\xb5s");
    CHECK_STR(p.x.ticks[1].text, "1 ms");
    CHECK_STR(p.x.ticks[3].text, "10 s");
    CHECK_STR(p.x.title, "latency");
    rkb_plot_times(&p, &p.y, "latency", "ms", 1e-3, 2, 5);
    CHECK_STR(p.y.title, "latency (ms)");
    rkb_plot_release(&p);
}

static void long_names_keep_both_ends(void)
{
    struct rkb_arena a = { 0 };
    const char *cut =
        rkb_plot_fit(&a, "a system with a very long name 17", 100);

    CHECK_STR(rkb_plot_fit(&a, "short", 100), "short");
    CHECK(rkb_plot_text_width(cut) <= 100);
    CHECK(rkb_sv_starts(rkb_sv_of(cut), "a syst"));
    CHECK(strstr(cut, "...") != NULL);
    CHECK(rkb_sv_ends(rkb_sv_of(cut), "e 17"));
    cut = rkb_plot_fit(&a,
                       "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"
                       "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2",
                       40);
    CHECK(rkb_sv_is_utf8(rkb_sv_of(cut), NULL));
    CHECK(rkb_plot_text_width(cut) <= 40);
    rkb_arena_release(&a);
}

static void lay(struct rkb_plot *p)
{
    rkb_plot_range(p, &p->x, "x", 0, 10, 0);
    rkb_plot_range(p, &p->y, "y", 0, 10, 0);
    rkb_plot_lay(p, RKB_PLOT_TALL);
}

static bool meet(const struct rkb_plot_box *a, const struct rkb_plot_box *b)
{
    return a->x0 < b->x1 && b->x0 < a->x1 && a->y0 < b->y1 && b->y0 < a->y1;
}

/* Thirty points in a clump: some names find no place, and none of those that
 * do covers a point or another name. */
static void names_cover_nothing(void)
{
    struct rkb_plot p = { 0 };
    size_t n_named = 0, n = 30;

    lay(&p);
    for (size_t i = 0; i < n; i++)
        rkb_plot_take_point(&p, 4 + (double)(i % 6) * 0.5,
                            4 + (double)(i / 6) * 0.7);
    for (size_t i = 0; i < n; i++)
        n_named +=
            rkb_plot_name_point(&p, 4 + (double)(i % 6) * 0.5,
                                4 + (double)(i / 6) * 0.7, "#333333", "a name");
    CHECK(n_named > 2 && n_named < n);
    CHECK_EQ_INT(p.n_texts, n_named);
    CHECK_EQ_INT(p.n_taken, n + n_named);
    for (size_t i = n; i < p.n_taken; i++)
        for (size_t k = 0; k < i; k++)
            CHECK(!meet(&p.taken[i], &p.taken[k]));
    rkb_plot_release(&p);
}

static void names_stay_within_the_picture(void)
{
    struct rkb_plot p = { 0 };

    lay(&p);
    CHECK(rkb_plot_name_point(&p, 10, 10, "#333333", "at the right end"));
    CHECK(rkb_plot_name_point(&p, 0, 0, "#333333", "at the left end"));
    for (size_t i = 0; i < p.n_taken; i++)
        CHECK(p.taken[i].x0 >= p.left && p.taken[i].x1 <= RKB_PLOT_WIDTH);
    CHECK(!rkb_plot_name_point(&p, 5, 5, "#333333",
                               "a name so long that no figure of one column "
                               "has any room for the whole of it"));
    rkb_plot_release(&p);
}

static void data_are_blocks_with_numbers_first(void)
{
    struct rkb_doc doc = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_table *t = rkb_doc_table(&doc, "one\n\"1\"");

    rkb_table_column(t, "name", false);
    rkb_table_column(t, "x", true);
    rkb_table_text(t, "# a\t\"b\"");
    rkb_table_int(t, 7);
    rkb_table_text(t, "c");
    rkb_table_none(t);
    t = rkb_doc_table(&doc, "two");
    rkb_table_column(t, "y", true);
    rkb_table_int(t, 8);
    rkb_plot_data(&doc, &out);
    CHECK_STR(out.at, "# 0: one?'1'\n# x\tname\n7\t# a?'b'\nNaN\tc\n"
                      "\n\n# 1: two\n# y\n8\n");
    rkb_buf_release(&out);
    rkb_doc_release(&doc);
}

TESTS(TEST(names_cannot_leave_their_quotes), TEST(xml_takes_what_is_quoted),
      TEST(names_of_files_are_what_a_script_can_hold),
      TEST(ticks_are_round_and_within), TEST(equal_values_have_an_axis_too),
      TEST(times_tell_their_unit_on_a_long_axis),
      TEST(long_names_keep_both_ends), TEST(names_cover_nothing),
      TEST(names_stay_within_the_picture),
      TEST(data_are_blocks_with_numbers_first))
