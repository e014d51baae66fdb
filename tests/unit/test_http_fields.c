/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/http.h"

#include "base/err.h"
#include "tests/tap.h"

static void check_header(const char *headers, const char *name,
                         const char *want)
{
    const struct rkb_http_reply reply = { .headers = rkb_sv_of(headers) };
    rkb_sv got = rkb_http_header(&reply, name);

    CHECK_EQ_INT(got.at != NULL, want != NULL);
    if (want && !CHECK(rkb_sv_is(got, want)))
        printf("# got '%.*s', want '%s'\n", (int)got.len, got.at, want);
}

static void a_header_is_found_whatever_its_case(void)
{
    static const char *const headers =
        "Retry-After:  3 \r\nX-A: 1\r\nx-a: 2\r\nEmpty:\r\nOdd\r\n:none\r\n";

    check_header(headers, "retry-after", "3");
    check_header(headers, "X-A", "2"); /* the last one */
    check_header(headers, "empty", "");
    check_header(headers, "after", NULL);
    check_header(headers, "retry", NULL);
    check_header(headers, "odd", NULL);
    check_header("", "a", NULL);
}

static void the_time_of_a_byte_is_that_of_its_piece(void)
{
    static const struct rkb_http_mark marks[] = { { 0, 100 },
                                                  { 3, 200 },
                                                  { 4, 300 } };
    const struct rkb_http_reply reply = { .body = rkb_sv_of("abcdef"),
                                          .marks = marks,
                                          .n_marks = 3 };
    static const int64_t want[] = { 100, 100, 100, 200, 300, 300, 0, 0 };

    for (size_t i = 0; i < RKB_COUNT(want); i++)
        CHECK_EQ_INT(rkb_http_time_of(&reply, i), want[i]);
    CHECK_EQ_INT(rkb_http_time_of(&(struct rkb_http_reply){ 0 }, 0), 0);
}

/* The first three are the examples of RFC 9110, 5.6.7; seconds by date -u. */
static void the_three_forms_of_a_date_are_read(void)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } good[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
        { "Sun Nov  6 08:49:37 1994", 784111777 },
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199 },
        { "Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 },
        { "Tuesday, 31-Dec-69 23:59:59 GMT", 3155759999 },
        { "Wed Nov 16 08:49:37 1994", 784975777 },
    };

    for (size_t i = 0; i < RKB_COUNT(good); i++) {
        int64_t seconds = -1;

        if (!CHECK(rkb_http_date(rkb_sv_of(good[i].text), &seconds) &&
                   seconds == good[i].seconds))
            printf("# %s: %lld\n", good[i].text, (long long)seconds);
    }
}

static void anything_else_is_no_date(void)
{
    static const char *const bad[] = {
        "",
        "120",
        "Sun",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Wed, 29 Feb 2023 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "1994-11-06T08:49:37Z",
    };

    for (size_t i = 0; i < RKB_COUNT(bad); i++) {
        int64_t seconds;

        if (!CHECK(!rkb_http_date(rkb_sv_of(bad[i]), &seconds)))
            printf("# %s\n", bad[i]);
    }
}

TESTS(TEST(a_header_is_found_whatever_its_case),
      TEST(the_time_of_a_byte_is_that_of_its_piece),
      TEST(the_three_forms_of_a_date_are_read), TEST(anything_else_is_no_date))
