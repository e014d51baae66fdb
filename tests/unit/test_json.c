/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/json.h"

#include "tests/tap.h"

#include <stdint.h>

/* clang-format off */
#define LIT(text) { text, sizeof(text) - 1 }
/* clang-format on */
#define SV(text) ((rkb_sv)LIT(text))

static const struct rkb_json *parse(struct rkb_arena *a, rkb_sv text,
                                    struct rkb_err *err)
{
    const struct rkb_json *j = NULL;
    enum rkb_status rc = rkb_json_parse(a, text, &j, err);

    CHECK_EQ_INT(rc, err->code);
    CHECK((rc == RKB_OK) == (j != NULL));
    return j;
}

static void every_kind_of_value_is_read(void)
{
    static const struct {
        const char *text;
        enum rkb_json_kind kind;
        const char *value;
    } cases[] = {
        { "null", RKB_JSON_NULL, NULL },
        { " true\n", RKB_JSON_TRUE, NULL },
        { "\tfalse\r", RKB_JSON_FALSE, NULL },
        { "0", RKB_JSON_NUMBER, "0" },
        { "-0", RKB_JSON_NUMBER, "-0" },
        { "-12.50e+3", RKB_JSON_NUMBER, "-12.50e+3" },
        { "12345678901234567890", RKB_JSON_NUMBER, "12345678901234567890" },
        { "1e999", RKB_JSON_NUMBER, "1e999" },
        { "\"\"", RKB_JSON_STRING, "" },
        { "\"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z\"", RKB_JSON_STRING,
          "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z" },
        { "[]", RKB_JSON_ARRAY, NULL },
        { "{ }", RKB_JSON_OBJECT, NULL },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_err err = { 0 };
        const struct rkb_json *j = parse(&a, rkb_sv_of(cases[i].text), &err);

        printf("# %s\n", cases[i].text);
        if (CHECK(j != NULL)) {
            CHECK_EQ_INT(j->kind, cases[i].kind);
            CHECK(!cases[i].value || rkb_sv_is(j->text, cases[i].value));
            CHECK(j->child == NULL && j->n_children == 0 && j->next == NULL);
        }
        rkb_arena_release(&a);
    }
}

static void members_and_elements_keep_their_order(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const struct rkb_json *j = parse(
        &a, SV("{\"a\" : [1, \"two\" ,{}], \"b\":null,\"\\u0061\":3}"), &err);
    const struct rkb_json *list;

    if (!CHECK(j != NULL))
        return;
    CHECK_EQ_INT(j->n_children, 3);
    list = j->child;
    CHECK(rkb_sv_is(list->key, "a"));
    CHECK_EQ_INT(list->n_children, 3);
    CHECK(rkb_sv_is(list->child->text, "1"));
    CHECK(rkb_sv_is(list->child->next->text, "two"));
    CHECK_EQ_INT(list->child->next->next->kind, RKB_JSON_OBJECT);
    CHECK(list->child->next->next->next == NULL);
    /* The last of two equal keys wins, escaped or not. */
    CHECK(rkb_json_get(j, "a") && rkb_sv_is(rkb_json_get(j, "a")->text, "3"));
    CHECK(rkb_json_get(j, "c") == NULL);
    CHECK(rkb_json_get(list, "a") == NULL);
    CHECK(rkb_json_get(NULL, "a") == NULL);
    rkb_arena_release(&a);
}

static void escapes_are_decoded(void)
{
    static const struct {
        rkb_sv text, want;
    } cases[] = {
        { LIT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), LIT("\"\\/\b\f\n\r\t") },
        { LIT("\"a\\u0000b\""), LIT("a\0b") },
        { LIT("\"\\u00e9\\u20AC\\ud83d\\ude00\""),
          LIT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") },
        { LIT("\"\\uDBFF\\uDFFF\\ud800\\udc00\""),
          LIT("\xf4\x8f\xbf\xbf\xf0\x90\x80\x80") },
        { LIT("\"\\\\u0041\""), LIT("\\u0041") },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_err err = { 0 };
        const struct rkb_json *j = parse(&a, cases[i].text, &err);

        CHECK(j && rkb_sv_eq(j->text, cases[i].want));
        rkb_arena_release(&a);
    }
}

static const struct {
    rkb_sv text;
    size_t at; /* of the fault */
} bad[] = {
    { LIT(""), 0 },
    { LIT("  "), 2 },
    { LIT("nul"), 0 },
    { LIT("nulll"), 4 },
    { LIT("NaN"), 0 },
    { LIT("Infinity"), 0 },
    { LIT("-Infinity"), 1 },
    { LIT("007"), 0 },
    { LIT("-01"), 1 },
    { LIT("1."), 2 },
    { LIT(".5"), 0 },
    { LIT("+1"), 0 },
    { LIT("1e"), 2 },
    { LIT("1e+"), 3 },
    { LIT("-"), 1 },
    { LIT("0x10"), 1 },
    { LIT("1 2"), 2 },
    { LIT("\"abc"), 4 },
    { LIT("\"a\nb\""), 2 },
    { LIT("\"a\0b\""), 2 },
    { LIT("\"\\"), 2 },
    { LIT("\"\\x41\""), 1 },
    { LIT("\"\\\0\""), 1 },
    { LIT("\"\\u12g4\""), 1 },
    { LIT("\"\\u12"), 1 },
    { LIT("\"\\ud83d\""), 1 },
    { LIT("\"\\ud83dx\\ude00\""), 1 },
    { LIT("\"\\ude00\""), 1 },
    { LIT("\"\\ud83d\\ud83d\""), 1 },
    { LIT("\"\xff\""), 1 },
    { LIT("\"\xc0\xaf\""), 1 },
    { LIT("\"\xe0\x80\xaf\""), 1 },
    { LIT("\"\xed\xa0\x80\""), 1 },
    { LIT("\"\xf4\x90\x80\x80\""), 1 },
    { LIT("\"\xe2\x82\""), 1 },
    { LIT("\"0123456789abcdef0123456789abcde\xff\""), 32 },
    { LIT("\xef\xbb\xbf{}"), 0 },
    { LIT("["), 1 },
    { LIT("[1"), 2 },
    { LIT("[1,]"), 3 },
    { LIT("[,1]"), 1 },
    { LIT("[1 2]"), 3 },
    { LIT("[1}"), 2 },
    { LIT("{"), 1 },
    { LIT("{\"a\"}"), 4 },
    { LIT("{\"a\":}"), 5 },
    { LIT("{\"a\":1,}"), 7 },
    { LIT("{a:1}"), 1 },
    { LIT("{1:1}"), 1 },
    { LIT("{\"a\":1]"), 6 },
    { LIT("{\"a\":1}}"), 7 },
    { LIT("{'a':1}"), 1 },
    { LIT("[1] // no"), 4 },
    { LIT("tru\0"), 0 },
    { LIT("1\0"), 1 },
};

static void what_is_not_json_is_refused_with_its_place(void)
{
    for (size_t i = 0; i < RKB_COUNT(bad); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_err err = { 0 };
        char want[60];

        snprintf(want, sizeof(want), "bad JSON at byte %zu: ", bad[i].at);
        CHECK(parse(&a, bad[i].text, &err) == NULL);
        CHECK_EQ_INT(err.code, RKB_E_DATA);
        if (!CHECK(strncmp(err.msg, want, strlen(want)) == 0))
            printf("# %s: %s\n", bad[i].text.at, err.msg);
        rkb_arena_release(&a);
    }
}

static void depth_is_limited(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    char text[2 * (RKB_JSON_DEPTH + 1)];

    memset(text, '[', RKB_JSON_DEPTH);
    memset(text + RKB_JSON_DEPTH, ']', RKB_JSON_DEPTH);
    CHECK(parse(&a, (rkb_sv){ text, 2 * RKB_JSON_DEPTH }, &err) != NULL);
    memset(text, '[', sizeof(text));
    CHECK(parse(&a, (rkb_sv){ text, sizeof(text) }, &err) == NULL);
    CHECK_EQ_INT(err.code, RKB_E_LIMIT);
    rkb_arena_release(&a);
}

static void values_are_asked_for_by_kind(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const struct rkb_json *j =
        parse(&a,
              SV("{\"s\":\"7\",\"n\":7.5,\"big\":1e999,\"t\":true,"
                 "\"id\":12345678901234567890}"),
              &err);
    rkb_sv text = { 0 };
    double x = 0;

    CHECK(rkb_json_string(rkb_json_get(j, "s"), &text) && rkb_sv_is(text, "7"));
    CHECK(!rkb_json_string(rkb_json_get(j, "n"), &text));
    CHECK(rkb_json_id(rkb_json_get(j, "id"), &text) &&
          rkb_sv_is(text, "12345678901234567890"));
    CHECK(rkb_json_id(rkb_json_get(j, "s"), &text) && rkb_sv_is(text, "7"));
    CHECK(!rkb_json_id(rkb_json_get(j, "t"), &text));
    CHECK(!rkb_json_id(NULL, &text));
    CHECK(rkb_json_double(rkb_json_get(j, "n"), &x));
    CHECK_NEAR(x, 7.5, 0);
    CHECK(!rkb_json_double(rkb_json_get(j, "big"), &x));
    CHECK(!rkb_json_double(rkb_json_get(j, "s"), &x));
    CHECK(!rkb_json_double(NULL, &x));
    CHECK_NEAR(x, 7.5, 0);
    rkb_arena_release(&a);
}

static const char *const wanted[] = { "_id", "title", "text" };

static void pick_takes_the_wanted_members(void)
{
    static const struct {
        const char *line;
        const char *want[3]; /* NULL: absent */
    } cases[] = {
        { "{\"_id\":\"d1\",\"title\":\"\",\"text\":\"x y\"}",
          { "d1", "", "x y" } },
        { "{\"text\":\"x\",\"metadata\":{\"a\":[1,{\"_id\":2}]},\"_id\":17}",
          { "17", NULL, "x" } },
        { "{\"title\":null,\"_id\":\"a\\u00e9\\n\"}",
          { "a\xc3\xa9\n", NULL, NULL } },
        { " { } ", { NULL, NULL, NULL } },
        { "{\"_id\":1,\"\\u005fid\":\"2\"}", { "2", NULL, NULL } },
        { "{\"_id\":\"1\",\"_id\":null}", { NULL, NULL, NULL } },
        { "{\"x\":true,\"y\":false,\"z\":[],\"text\":-1.5e3}",
          { NULL, NULL, "-1.5e3" } },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_err err = { 0 };
        rkb_sv out[3];

        printf("# %s\n", cases[i].line);
        CHECK_EQ_INT(
            rkb_json_pick(&a, rkb_sv_of(cases[i].line), wanted, 3, out, &err),
            RKB_OK);
        for (size_t k = 0; k < 3; k++) {
            CHECK((out[k].at == NULL) == (cases[i].want[k] == NULL));
            CHECK(!cases[i].want[k] || rkb_sv_is(out[k], cases[i].want[k]));
        }
        rkb_arena_release(&a);
    }
}

static void pick_checks_the_whole_line(void)
{
    static const struct {
        rkb_sv line;
        const char *want;
    } cases[] = {
        { LIT("[]"), "not an object" },
        { LIT(""), "not an object" },
        { LIT("{\"_id\":[1]}"), "'_id' is no text or number" },
        { LIT("{\"_id\":true}"), "'_id' is no text or number" },
        { LIT("{\"_id\":1} x"), "at byte 10: " },
        { LIT("{\"other\":007,\"_id\":1}"), "at byte 9: " },
        { LIT("{\"_id\":1,\"other\":\"\xff\"}"), "at byte 18: " },
        { LIT("{\"_id\":1"), "at byte 8: " },
        { LIT("{\"_id\":x}"), "at byte 7: " },
        { LIT("{\"_id\":\"1\0\"}"), "at byte 9: " },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_err err = { 0 };
        rkb_sv out[3];

        CHECK_EQ_INT(rkb_json_pick(&a, cases[i].line, wanted, 3, out, &err),
                     RKB_E_DATA);
        if (!CHECK(strstr(err.msg, cases[i].want) != NULL))
            printf("# %s: %s\n", cases[i].line.at, err.msg);
        rkb_arena_release(&a);
    }
}

static void strings_of_every_length_end_where_they_end(void)
{
    /* The scanner takes 32 bytes at a time: each place of the quote, of an
     * escape and of a two-byte character is tried. */
    for (size_t n = 0; n < 100; n++)
        for (size_t at = 0; at <= n; at++) {
            struct rkb_arena a = { 0 };
            struct rkb_err err = { 0 };
            char text[210] = "\"";
            const struct rkb_json *j;

            memset(text + 1, 'x', n + 2);
            memcpy(text + 1 + at, at % 2 ? "\\t" : "\xc3\xa9", 2);
            text[n + 3] = '"';
            j = parse(&a, (rkb_sv){ text, n + 4 }, &err);
            if (CHECK(j != NULL))
                CHECK_EQ_INT(j->text.len, n + (at % 2 ? 1 : 2));
            rkb_arena_release(&a);
        }
}

TESTS(TEST(every_kind_of_value_is_read),
      TEST(members_and_elements_keep_their_order), TEST(escapes_are_decoded),
      TEST(what_is_not_json_is_refused_with_its_place), TEST(depth_is_limited),
      TEST(values_are_asked_for_by_kind), TEST(pick_takes_the_wanted_members),
      TEST(pick_checks_the_whole_line),
      TEST(strings_of_every_length_end_where_they_end))
