/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/rng.h"
#include "tests/tap.h"

static void parts_are_joined_and_end_in_nul(void)
{
    struct rkb_buf b = { 0 };

    CHECK_STR(rkb_buf_view(&b).at, "");
    rkb_buf_text(&b, "");
    CHECK_STR(b.at, "");
    rkb_buf_text(&b, "ab");
    rkb_buf_char(&b, 'c');
    rkb_buf_sv(&b, (rkb_sv){ "d\0e", 3 });
    rkb_buf_sv(&b, (rkb_sv){ 0 });
    rkb_buf_printf(&b, "%03d%s", 7, "!");
    CHECK(rkb_sv_eq(rkb_buf_view(&b), (rkb_sv){ "abcd\0e007!", 10 }));
    CHECK(b.at[b.len] == '\0' && !b.overflow);
    rkb_buf_release(&b);
    CHECK(!b.at && b.len == 0 && b.cap == 0);
    rkb_buf_release(&b);
}

static void a_large_text_is_kept_whole(void)
{
    struct rkb_buf b = { 0 };

    for (int i = 0; i < 100000; i++)
        rkb_buf_printf(&b, "%05d", i);
    rkb_buf_printf(&b, "%0300000d", 5);
    CHECK_EQ_INT(b.len, 800000);
    CHECK(memcmp(b.at + 499995, "999990000", 9) == 0);
    CHECK_EQ_INT(b.at[799999], '5');
    rkb_buf_reset(&b);
    CHECK_STR(b.at, "");
    CHECK(b.cap > 800000);
    rkb_buf_release(&b);
}

static void past_the_limit_a_part_and_its_successors_are_dropped(void)
{
    struct rkb_buf b = { .limit = 5 };

    rkb_buf_text(&b, "abc");
    rkb_buf_text(&b, "de");
    CHECK(!b.overflow);
    CHECK_STR(b.at, "abcde");
    rkb_buf_reset(&b);
    rkb_buf_text(&b, "abc");
    rkb_buf_text(&b, "xyz");
    CHECK(b.overflow);
    CHECK_STR(b.at, "abc");
    rkb_buf_char(&b, 'd');
    rkb_buf_printf(&b, "%d", 1);
    CHECK_STR(b.at, "abc");
    rkb_buf_reset(&b);
    CHECK(!b.overflow && b.limit == 5);
    rkb_buf_printf(&b, "%d", 123456);
    CHECK(b.overflow);
    CHECK_STR(b.at, "");
    rkb_buf_release(&b);
    CHECK_EQ_INT(b.limit, 5);
}

static void json_strings_are_quoted_and_escaped(void)
{
    static const struct {
        rkb_sv in;
        const char *out;
    } rows[] = {
        { { 0 }, "\"\"" },
        { { "plain", 5 }, "\"plain\"" },
        { { "\"\\/", 3 }, "\"\\\"\\\\/\"" },
        { { "\b\f\n\r\t", 5 }, "\"\\b\\f\\n\\r\\t\"" },
        { { "\0\x01\x1f\x7f", 4 }, "\"\\u0000\\u0001\\u001f\x7f\"" },
        { { "\xC3\xA4\xF0\x9F\x98\x80", 6 }, "\"\xC3\xA4\xF0\x9F\x98\x80\"" },
        { { "a\xFF\xC3z\xE2\x82", 6 },
          "\"a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"" },
        { { "\xEF\xBF\xBD", 3 }, "\"\xEF\xBF\xBD\"" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_buf b = { 0 };

        rkb_buf_json(&b, rows[i].in);
        CHECK_STR(b.at, rows[i].out);
        rkb_buf_release(&b);
    }
}

static void a_json_string_past_the_limit_leaves_nothing(void)
{
    for (size_t limit = 1; limit < 12; limit++) {
        struct rkb_buf b = { .limit = limit };

        rkb_buf_text(&b, "x");
        rkb_buf_json(&b, rkb_sv_of("ab\n\"c"));
        CHECK_EQ_INT(b.overflow, limit < 10);
        CHECK_STR(b.at, limit < 10 ? "x" : "x\"ab\\n\\\"c\"");
        CHECK_EQ_INT(b.len, strlen(b.at));
        rkb_buf_release(&b);
    }
}

static void reals_are_short_and_read_back(void)
{
    static const struct {
        double value;
        const char *out;
    } rows[] = {
        { 0.0, "0" },
        { -0.0, "0" },
        { 5.0, "5" },
        { 0.1, "0.1" },
        { -0.9, "-0.9" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 1.0 / 3.0, "0.3333333333333333" },
        { 1e22, "1e+22" },
        { 0x1.fffffffffffffp+1023, "1.7976931348623157e+308" },
        { 0x1p-1074, "4.94065645841247e-324" },
        { HUGE_VAL, "null" },
        { -HUGE_VAL, "null" },
        { NAN, "null" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_buf b = { 0 };

        rkb_buf_real(&b, rows[i].value);
        CHECK_STR(b.at, rows[i].out);
        rkb_buf_release(&b);
    }
}

/* The plain way to the same text. */
static void shortest(double value, char text[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
}

static void reals_are_what_the_shortest_printf_gives(void)
{
    struct rkb_buf b = { 0 };
    struct rkb_rng rng;
    int wrong = 0;

    rkb_rng_init(&rng, 1);
    for (int i = 0; i < 300000; i++) {
        double value = rkb_rng_unit(&rng) - 0.5, power = 1;
        char want[32];

        for (uint64_t k = rkb_rng_below(&rng, 20); k > 0; k--)
            power *= 10;
        value = i % 4 == 0   ? value * power
                : i % 4 == 1 ? rint(value * power) / 1e7
                : i % 4 == 2 ? (double)(float)value
                             : value / power;
        if (value == 0)
            continue;
        shortest(value, want);
        rkb_buf_reset(&b);
        rkb_buf_real(&b, value);
        if (strcmp(b.at, want) != 0 && !wrong++)
            printf("# got '%s', want '%s'\n", b.at, want);
    }
    CHECK_EQ_INT(wrong, 0);
    rkb_buf_release(&b);
}

TESTS(TEST(parts_are_joined_and_end_in_nul), TEST(a_large_text_is_kept_whole),
      TEST(past_the_limit_a_part_and_its_successors_are_dropped),
      TEST(json_strings_are_quoted_and_escaped),
      TEST(a_json_string_past_the_limit_leaves_nothing),
      TEST(reals_are_short_and_read_back),
      TEST(reals_are_what_the_shortest_printf_gives))
