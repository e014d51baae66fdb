/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/regex.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/par.h"
#include "tests/tap.h"

static struct rkb_regex *opened(const char *pattern)
{
    struct rkb_regex *r;
    struct rkb_err err = { 0 };

    if (!CHECK(rkb_regex_open(&r, rkb_sv_of(pattern), &err) == RKB_OK))
        printf("# %s\n", err.msg);
    return r;
}

/* Every match as "whole/group;". */
static void check_all(const char *pattern, const char *text, const char *want)
{
    struct rkb_regex *r = opened(pattern);
    struct rkb_buf got = { 0 };
    rkb_sv whole, group;
    size_t pos = 0;
    bool exceeded;

    rkb_buf_text(&got, "");
    while (r && rkb_regex_next(r, rkb_sv_of(text), &pos, &whole, &group,
                               &exceeded)) {
        rkb_buf_sv(&got, whole);
        rkb_buf_char(&got, '/');
        rkb_buf_sv(&got, group);
        rkb_buf_char(&got, ';');
    }
    CHECK(!exceeded);
    CHECK_STR(got.at, want);
    rkb_buf_release(&got);
    rkb_regex_close(r);
}

static void matches_come_in_order_with_their_first_group(void)
{
    check_all("\\[(\\d+)\\]", "[3] > [12] > [x] > [1]", "[3]/3;[12]/12;[1]/1;");
    check_all("[A-Z]", "b A, C", "A/A;C/C;");
    check_all("(a)(b)", "abab", "ab/a;ab/a;");
    check_all("none", "text", "");
    check_all("x", "", "");
}

static void a_group_that_took_no_part_is_empty(void)
{
    check_all("(a)|b", "ba", "b/;a/a;");
}

/* The same four as Python's re.finditer gives them. */
static void empty_matches_go_on_by_one_character(void)
{
    check_all("a*", "baa", "/;aa/aa;/;");
    check_all("", "", "/;");
    check_all("x*", "\xc3\xa9\xe2\x82\xac", "/;/;/;");
    check_all("(?=a)", "aba", "/;/;");
}

static void classes_and_ends_are_those_of_python(void)
{
    check_all("^\\[\\d+\\]( > \\[\\d+\\])*$", "[1] > [2]", "[1] > [2]/ > [2];");
    check_all("^\\[\\d+\\]( > \\[\\d+\\])*$", "[1] > [2]\n",
              "[1] > [2]/ > [2];");
    check_all("^\\[\\d+\\]( > \\[\\d+\\])*$", "[1] > [2].", "");
    check_all("a.c", "a\nc a\rc", "a\rc/a\rc;");
    check_all("\\w+", "\xc3\xa9t\xc3\xa9 1",
              "\xc3\xa9t\xc3\xa9/\xc3\xa9t"
              "\xc3\xa9;1/1;");
    check_all("\\d", "\xd9\xa3", "\xd9\xa3/\xd9\xa3;"); /* Arabic-Indic 3 */
}

static void check_refused(rkb_sv pattern, enum rkb_status code,
                          const char *want)
{
    struct rkb_regex *r;
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_regex_open(&r, pattern, &err), code);
    CHECK(!r);
    CHECK_STR(err.msg, want);
}

static void bad_patterns_say_why_and_where(void)
{
    static const char huge[RKB_REGEX_PATTERN + 1];

    check_refused(rkb_sv_of("[a"), RKB_E_USAGE,
                  "missing terminating ] for character class at offset 2 of "
                  "pattern '[a'");
    check_refused(rkb_sv_of("a\\Cb"), RKB_E_USAGE,
                  "using \\C is disabled by the application at offset 3 of "
                  "pattern 'a\\Cb'");
    check_refused(rkb_sv_of("a\xff"), RKB_E_USAGE,
                  "UTF-8 error: illegal byte (0xfe or 0xff) at offset 1 of "
                  "pattern 'a?'");
    check_refused(rkb_sv_of("(((a{1000}){1000}){1000})"), RKB_E_USAGE,
                  "regular expression is too large at offset 25 of pattern "
                  "'(((a{1000}){1000}){1000})'");
    check_refused((rkb_sv){ huge, sizeof(huge) }, RKB_E_LIMIT,
                  "pattern of 65537 bytes is longer than 65536");
}

/* Each would take minutes to ages: alternatives that double, a run that is
 * scanned from every character, recursion, and long copies. */
static void steps_are_bounded_whatever_the_pattern(void)
{
    static const char *const patterns[] = { "(a+)+[bc]", "a*[bc]",
                                            "(a|aa)+[bc]", "(?:(?R)?a)*[bc]",
                                            "(?=(a*))(?:a*)*\\1[bc]" };
    const size_t n = 200000;
    char *text = rkb_new(n, 1);

    memset(text, 'a', n);
    for (size_t i = 0; i < RKB_COUNT(patterns); i++) {
        struct rkb_regex *r = opened(patterns[i]);
        int64_t start_ns = rkb_clock_cpu();
        size_t pos = 0;
        bool exceeded = false;

        CHECK(!rkb_regex_next(r, (rkb_sv){ text, n }, &pos, NULL, NULL,
                              &exceeded));
        CHECK(exceeded);
        CHECK_EQ_INT(pos, 0);
        printf("# %s: %.3f s\n", patterns[i],
               (double)(rkb_clock_cpu() - start_ns) / 1e9);
        rkb_regex_close(r);
    }
    rkb_free(text);
}

static void a_long_text_is_searched_in_few_steps(void)
{
    const size_t n = 2000000;
    char *text = rkb_new(n, 1);
    struct rkb_regex *r = opened("(?:x|y)(z)");
    rkb_sv group = { 0 };
    size_t pos = 0;
    bool exceeded;

    memset(text, 'a', n);
    text[n - 2] = 'y';
    text[n - 1] = 'z';
    CHECK(
        rkb_regex_next(r, (rkb_sv){ text, n }, &pos, NULL, &group, &exceeded));
    CHECK(group.at == text + n - 1 && group.len == 1);
    CHECK_EQ_INT(pos, n);
    rkb_regex_close(r);
    rkb_free(text);
}

static void text_that_is_not_utf8_has_no_match(void)
{
    struct rkb_regex *r = opened("a");
    bool exceeded = true;
    size_t pos = 0;

    CHECK(!rkb_regex_next(r, rkb_sv_of("a\xff"), &pos, NULL, NULL, &exceeded));
    CHECK(!exceeded);
    pos = 1; /* in the middle of a character */
    CHECK(!rkb_regex_next(r, rkb_sv_of("\xc3\xa9"), &pos, NULL, NULL, NULL));
    pos = 9;
    CHECK(!rkb_regex_next(r, rkb_sv_of("a"), &pos, NULL, NULL, NULL));
    pos = 0;
    CHECK(!rkb_regex_next(r, (rkb_sv){ 0 }, &pos, NULL, NULL, NULL));
    rkb_regex_close(r);
    rkb_regex_close(NULL);
}

static enum rkb_status match_once(void *arg, size_t i, size_t worker)
{
    rkb_sv text = rkb_sv_of("[1] > [2] > [3]"), group;
    size_t pos = 0, n = 0;

    (void)worker;
    (void)i;
    while (rkb_regex_next(arg, text, &pos, NULL, &group, NULL))
        n += group.len;
    return n == 3 ? RKB_OK : RKB_E_DATA;
}

static void threads_may_match_at_once(void)
{
    struct rkb_regex *r = opened("\\[(\\d+)\\]");
    struct rkb_pool *pool = rkb_pool_open(4);

    CHECK_EQ_INT(rkb_pool_run(pool, 500, match_once, r), RKB_OK);
    rkb_pool_close(pool);
    rkb_regex_close(r);
}

TESTS(TEST(matches_come_in_order_with_their_first_group),
      TEST(a_group_that_took_no_part_is_empty),
      TEST(empty_matches_go_on_by_one_character),
      TEST(classes_and_ends_are_those_of_python),
      TEST(bad_patterns_say_why_and_where),
      TEST(steps_are_bounded_whatever_the_pattern),
      TEST(a_long_text_is_searched_in_few_steps),
      TEST(text_that_is_not_utf8_has_no_match), TEST(threads_may_match_at_once))
