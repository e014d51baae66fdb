/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sv.h"

#include "base/err.h"
#include "base/rng.h"
#include "tests/tap.h"

#include <stdint.h>

/* A literal with its NUL bytes, for tables and for expressions. */
#define ROW(literal)                 \
    {                                \
        literal, sizeof(literal) - 1 \
    }
#define SV(literal) ((rkb_sv)ROW(literal))

static void equality_is_over_all_bytes(void)
{
    CHECK(rkb_sv_eq(SV(""), (rkb_sv){ 0 }));
    CHECK(rkb_sv_eq(SV("a\0b"), SV("a\0b")));
    CHECK(!rkb_sv_eq(SV("a\0b"), SV("a\0c")));
    CHECK(!rkb_sv_eq(SV("a"), SV("a\0")));
    CHECK(rkb_sv_is(SV("abc"), "abc") && !rkb_sv_is(SV("abc"), "ab"));
    CHECK(rkb_sv_is((rkb_sv){ 0 }, "") && rkb_sv_is(SV(""), NULL));
    CHECK(rkb_sv_of(NULL).at == NULL && rkb_sv_of(NULL).len == 0);
}

static void starts_and_ends_compare_whole_affixes(void)
{
    static const struct {
        rkb_sv text;
        const char *affix;
        bool starts, ends;
    } rows[] = {
        { ROW("run.trec.gz"), "run", true, false },
        { ROW("run.trec.gz"), ".gz", false, true },
        { ROW("gz"), ".gz", false, false },
        { ROW("aa"), "aa", true, true },
        { ROW("aa"), "", true, true },
        { ROW(""), "", true, true },
        { ROW(""), "a", false, false },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        CHECK_EQ_INT(rkb_sv_starts(rows[i].text, rows[i].affix),
                     rows[i].starts);
        CHECK_EQ_INT(rkb_sv_ends(rows[i].text, rows[i].affix), rows[i].ends);
    }
}

static void order_is_by_unsigned_bytes_then_length(void)
{
    static const rkb_sv ascending[] = {
        ROW(""),  ROW("\0"), ROW("10"),   ROW("9"),
        ROW("a"), ROW("ab"), ROW("\x80"), ROW("\xff"),
    };

    for (size_t i = 0; i < RKB_COUNT(ascending); i++) {
        for (size_t j = 0; j < RKB_COUNT(ascending); j++) {
            int order = rkb_sv_cmp(ascending[i], ascending[j]);

            CHECK_EQ_INT((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

static void trim_drops_all_six_blanks_and_no_other(void)
{
    CHECK(rkb_sv_is(rkb_sv_trim(SV(" \t\n\v\f\ra b\r\n")), "a b"));
    CHECK_EQ_INT(rkb_sv_trim(SV(" \t ")).len, 0);
    CHECK_EQ_INT(rkb_sv_trim((rkb_sv){ 0 }).len, 0);
    CHECK(rkb_sv_is(rkb_sv_trim(SV("\xA0z\x1f")), "\xA0z\x1f"));
    CHECK_EQ_INT(rkb_sv_trim(SV("\0a\0")).len, 3);
}

static void words_are_runs_of_non_blank_bytes(void)
{
    rkb_sv rest = SV("  q1 0\td\0c \r\n"), empty = { 0 };

    CHECK(rkb_sv_is(rkb_sv_word(&rest), "q1"));
    CHECK(rkb_sv_eq(rest, SV(" 0\td\0c \r\n")));
    CHECK(rkb_sv_is(rkb_sv_word(&rest), "0"));
    CHECK(rkb_sv_eq(rkb_sv_word(&rest), SV("d\0c")));
    CHECK_EQ_INT(rkb_sv_word(&rest).len, 0);
    CHECK_EQ_INT(rkb_sv_word(&rest).len, 0);
    CHECK_EQ_INT(rest.len, 0);
    CHECK_EQ_INT(rkb_sv_word(&empty).len, 0);
}

static void split_keeps_empty_parts_and_ends_once(void)
{
    static const struct {
        const char *text;
        const char *parts[4];
    } rows[] = {
        { "a,,b", { "a", "", "b" } }, { "", { "" } },
        { ",", { "", "" } },          { "a", { "a" } },
        { "a,", { "a", "" } },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        rkb_sv rest = rkb_sv_of(rows[i].text), part;
        size_t n = 0;

        while (rkb_sv_split(&rest, ',', &part)) {
            CHECK(rows[i].parts[n] && rkb_sv_is(part, rows[i].parts[n]));
            n++;
        }
        CHECK(rows[i].parts[n] == NULL);
        CHECK(rest.at == NULL);
    }
}

static void whole_numbers_are_whole_fields_in_range(void)
{
    static const struct {
        rkb_sv text;
        int64_t min, max;
        bool ok;
        int64_t value;
    } rows[] = {
        { ROW("0"), 0, 0, true, 0 },
        { ROW("-0"), 0, 0, true, 0 },
        { ROW("007"), 0, 9, true, 7 },
        { ROW("-1"), -1, 1, true, -1 },
        { ROW("2"), -1, 1, false, 0 },
        { ROW("-2"), -1, 1, false, 0 },
        { ROW("9223372036854775807"), INT64_MIN, INT64_MAX, true, INT64_MAX },
        { ROW("9223372036854775808"), INT64_MIN, INT64_MAX, false, 0 },
        { ROW("-9223372036854775808"), INT64_MIN, INT64_MAX, true, INT64_MIN },
        { ROW("-9223372036854775809"), INT64_MIN, INT64_MAX, false, 0 },
        { ROW("99999999999999999999"), INT64_MIN, INT64_MAX, false, 0 },
        { ROW(""), -9, 9, false, 0 },
        { ROW("-"), -9, 9, false, 0 },
        { ROW("--1"), -9, 9, false, 0 },
        { ROW("+1"), -9, 9, false, 0 },
        { ROW(" 1"), -9, 9, false, 0 },
        { ROW("1 "), -9, 9, false, 0 },
        { ROW("1\0"), -9, 9, false, 0 },
        { ROW("1.0"), -9, 9, false, 0 },
        { ROW("0x1"), -9, 9, false, 0 },
        { ROW("1e1"), -99, 99, false, 0 },
        { ROW("\xD9\xA1"), -9, 9, false, 0 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        int64_t value = 42;

        CHECK_EQ_INT(
            rkb_sv_to_i64(rows[i].text, rows[i].min, rows[i].max, &value),
            rows[i].ok);
        CHECK_EQ_INT(value, rows[i].ok ? rows[i].value : 42);
    }
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

static void decimals_are_correctly_rounded(void)
{
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        { "0", 0.0 },
        { "-0", -0.0 },
        { "-0.0e5", -0.0 },
        { "1", 1.0 },
        { ".5", 0.5 },
        { "5.", 5.0 },
        { "-.25e2", -25.0 },
        { "0.1", 0x1.999999999999ap-4 },
        { "0.30000000000000004", 0x1.3333333333334p-2 },
        { "1e22", 1e22 },
        { "1e23", 0x1.52d02c7e14af6p+76 },
        { "1E+2", 100.0 },
        { "1e-2", 0x1.47ae147ae147bp-7 },
        { "9007199254740992", 0x1p53 },
        { "9007199254740993", 0x1p53 },
        { "9007199254740993.0000000000000000000000001", 0x1p53 + 2 },
        { "9007199254740995", 0x1p53 + 4 },
        { "18446744073709551616", 0x1p64 },
        { "0.000000000000000000000000000001", 0x1.4484bfeebc2ap-100 },
        { "1.7976931348623157e308", 0x1.fffffffffffffp+1023 },
        { "1.7976931348623158e308", 0x1.fffffffffffffp+1023 },
        { "2.2250738585072011e-308", 0x0.fffffffffffffp-1022 },
        { "4.9406564584124654e-324", 0x1p-1074 },
        { "2e-324", 0.0 },
        { "-2e-324", -0.0 },
        { "1e-99999999999999999999", 0.0 },
        { "0e99999999999999999999", 0.0 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        double value = 42.0;

        if (!CHECK(rkb_sv_to_double(rkb_sv_of(rows[i].text), &value)) ||
            !CHECK(same_bits(value, rows[i].value)))
            printf("# '%s' gave %a\n", rows[i].text, value);
    }
}

/* strtod of this libc rounds correctly, so it is the oracle. */
static void random_decimals_agree_with_strtod(void)
{
    struct rkb_rng r;
    int n_wrong = 0;

    rkb_rng_init(&r, 1);
    for (int i = 0; i < 200000; i++) {
        char text[64];
        double value = 42.0;
        int digits = (int)rkb_rng_below(&r, 20);
        int exp10 = (int)rkb_rng_below(&r, 60) - 30;

        snprintf(text, sizeof(text), i % 3 ? "%s%.*fe%d" : "%s%.*f",
                 i % 2 ? "-" : "", digits,
                 rkb_rng_unit(&r) * (double)rkb_rng_below(&r, 1u << 20), exp10);
        if (!rkb_sv_to_double(rkb_sv_of(text), &value) ||
            !same_bits(value, strtod(text, NULL)))
            n_wrong++;
    }
    CHECK_EQ_INT(n_wrong, 0);
}

static void what_is_no_finite_decimal_is_refused(void)
{
    static const rkb_sv rows[] = {
        ROW(""),
        ROW("-"),
        ROW("."),
        ROW("-."),
        ROW("e5"),
        ROW(".e5"),
        ROW("1e"),
        ROW("1e+"),
        ROW("1e-"),
        ROW("1e5.0"),
        ROW("+1"),
        ROW("--1"),
        ROW("1.2.3"),
        ROW(" 1"),
        ROW("1 "),
        ROW("1\0"),
        ROW("1,5"),
        ROW("0x1p3"),
        ROW("nan"),
        ROW("inf"),
        ROW("-inf"),
        ROW("NaN"),
        ROW("1e309"),
        ROW("-1e309"),
        ROW("1_000"),
        ROW("1f"),
        ROW("1e99999999999999999999"),
        ROW("1.7976931348623159e308"),
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        double value = 42.0;

        if (!CHECK(!rkb_sv_to_double(rows[i], &value)) || !CHECK(value == 42.0))
            printf("# row %zu gave %a\n", i, value);
    }
}

static void a_decimal_field_has_at_most_512_bytes(void)
{
    char text[513];
    double value = 0.0;

    memset(text, '0', sizeof(text));
    text[0] = '1';
    text[1] = '.';
    CHECK(rkb_sv_to_double((rkb_sv){ text, 512 }, &value) && value == 1.0);
    CHECK(!rkb_sv_to_double((rkb_sv){ text, 513 }, &value));
    text[511] = '1';
    CHECK(rkb_sv_to_double((rkb_sv){ text, 512 }, &value) && value == 1.0);
}

static void utf8_is_checked_to_the_letter(void)
{
    static const struct {
        rkb_sv text;
        int bad; /* -1: well-formed */
    } rows[] = {
        { ROW(""), -1 },
        { ROW("plain text, long enough for words"), -1 },
        { ROW("nul \0 is fine"), -1 },
        { ROW("\x7f\xC2\x80\xDF\xBF"), -1 },
        { ROW("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"), -1 },
        { ROW("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), -1 },
        { ROW("12345678\xC3\xA4 12345678"), -1 },
        { ROW("1234567890\x80"), 10 },
        { ROW("a\x80"), 1 },            /* tail without a head */
        { ROW("a\xC3"), 1 },            /* cut                 */
        { ROW("\xE2\x82"), 0 },         /* cut                 */
        { ROW("\xF0\x9F\x98"), 0 },     /* cut                 */
        { ROW("\xC3\xC3\xA4"), 0 },     /* head instead of tail */
        { ROW("\xC0\xAF"), 0 },         /* overlong            */
        { ROW("\xC1\xBF"), 0 },         /* overlong            */
        { ROW("\xE0\x9F\xBF"), 0 },     /* overlong            */
        { ROW("\xF0\x8F\xBF\xBF"), 0 }, /* overlong            */
        { ROW("ab\xED\xA0\x80"), 2 },   /* surrogate           */
        { ROW("\xF4\x90\x80\x80"), 0 }, /* past U+10FFFF       */
        { ROW("\xF5\x80\x80\x80"), 0 },
        { ROW("\xFF"), 0 },
        { ROW("\xE2\x82\x28"), 0 },
        { ROW("\xF0\x9F\x98\x28"), 0 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        size_t bad = 999;

        CHECK_EQ_INT(rkb_sv_is_utf8(rows[i].text, &bad), rows[i].bad < 0);
        CHECK_EQ_INT(bad, rows[i].bad < 0 ? 999 : rows[i].bad);
        CHECK_EQ_INT(rkb_sv_is_utf8(rows[i].text, NULL), rows[i].bad < 0);
    }
}

static void code_points_are_decoded_or_replaced_bytewise(void)
{
    static const struct {
        rkb_sv text;
        uint32_t points[4];
        size_t n;
    } rows[] = {
        { ROW("a\0"), { 'a', 0 }, 2 },
        { ROW("\xC2\x80\xDF\xBF"), { 0x80, 0x7FF }, 2 },
        { ROW("\xE0\xA0\x80\xEF\xBF\xBD"), { 0x800, 0xFFFD }, 2 },
        { ROW("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), { 0x10000, 0x10FFFF }, 2 },
        { ROW("\xE2\x82z"), { 0xFFFD, 0xFFFD, 'z' }, 3 },
        { ROW("\xED\xA0\x80"), { 0xFFFD, 0xFFFD, 0xFFFD }, 3 },
        { ROW("\xC0\x80"), { 0xFFFD, 0xFFFD }, 2 },
    };

    for (size_t r = 0; r < RKB_COUNT(rows); r++) {
        size_t i = 0, n = 0;

        while (i < rows[r].text.len && n < 4) {
            CHECK_EQ_INT(rkb_sv_code_point(rows[r].text, &i),
                         rows[r].points[n]);
            n++;
        }
        CHECK_EQ_INT(n, rows[r].n);
        CHECK_EQ_INT(i, rows[r].text.len);
    }
}

static void distance_counts_single_byte_edits(void)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        { "", "", 0 },
        { "", "abc", 3 },
        { "abc", "abc", 0 },
        { "k2", "k1", 1 },
        { "kitten", "sitting", 3 },
        { "ab", "ba", 1 },
        { "ca", "abc", 3 }, /* not 2: no letter is edited twice */
        { "window", "windw", 1 },
        { "flaw", "lawn", 2 },
    };
    char long_a[66], long_b[66];

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        rkb_sv a = rkb_sv_of(rows[i].a), b = rkb_sv_of(rows[i].b);

        CHECK_EQ_INT(rkb_sv_distance(a, b), rows[i].distance);
        CHECK_EQ_INT(rkb_sv_distance(b, a), rows[i].distance);
    }
    memset(long_a, 'a', sizeof(long_a));
    memset(long_b, 'a', sizeof(long_b));
    long_b[0] = 'b';
    CHECK_EQ_INT(
        rkb_sv_distance((rkb_sv){ long_a, 64 }, (rkb_sv){ long_b, 64 }), 1);
    CHECK_EQ_INT(rkb_sv_distance((rkb_sv){ long_a, 65 }, (rkb_sv){ long_b, 2 }),
                 65);
}

/* Values of another implementation, in Python. */
static void hashes_are_the_same_everywhere_and_unaligned(void)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = {
        { "", 0 },
        { "a", UINT64_C(0x071717d2d36b6b11) },
        { "12345678", UINT64_C(0x758f67d162b2d202) },
        { "D123456789", UINT64_C(0xc2d85c193711b035) },
        { "msmarco_passage_00_1", UINT64_C(0x777347e0ad274c8a) },
        { "1234567", UINT64_C(0x73cb2f041619efa9) },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        rkb_sv text = rkb_sv_of(rows[i].text);
        char shifted[64];

        CHECK(rkb_sv_hash(text) == rows[i].hash);
        for (size_t by = 0; by < 8; by++) {
            memcpy(shifted + by, text.at, text.len);
            CHECK(rkb_sv_hash((rkb_sv){ shifted + by, text.len }) ==
                  rows[i].hash);
        }
    }
    CHECK(rkb_sv_hash(SV("\0")) != rkb_sv_hash(SV("\0\0")));
}

TESTS(TEST(equality_is_over_all_bytes),
      TEST(starts_and_ends_compare_whole_affixes),
      TEST(order_is_by_unsigned_bytes_then_length),
      TEST(trim_drops_all_six_blanks_and_no_other),
      TEST(words_are_runs_of_non_blank_bytes),
      TEST(split_keeps_empty_parts_and_ends_once),
      TEST(whole_numbers_are_whole_fields_in_range),
      TEST(decimals_are_correctly_rounded),
      TEST(random_decimals_agree_with_strtod),
      TEST(what_is_no_finite_decimal_is_refused),
      TEST(a_decimal_field_has_at_most_512_bytes),
      TEST(utf8_is_checked_to_the_letter),
      TEST(code_points_are_decoded_or_replaced_bytewise),
      TEST(distance_counts_single_byte_edits),
      TEST(hashes_are_the_same_everywhere_and_unaligned))
