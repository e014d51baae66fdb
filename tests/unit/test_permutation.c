/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/permutation.h"

#include "base/buf.h"
#include "base/io/json.h"
#include "base/io/lines.h"
#include "tests/tap.h"

#define ALL SIZE_MAX

static struct rkb_arena arena;

static const struct rkb_permutation_rule lenient = { 0 };
static const struct rkb_permutation_rule lenient_letters = { .letters = true };
static const struct rkb_permutation_rule strict = { .parser =
                                                        RKB_PARSE_STRICT };
static const struct rkb_permutation_rule strict_letters = {
    .parser = RKB_PARSE_STRICT,
    .letters = true
};

struct row {
    const char *text;
    size_t n;
    const char *order; /* from 1, as METHODS.md writes it */
    enum rkb_answer_class class;
};

static const char *parse(const struct rkb_permutation_rule *rule,
                         const char *text, enum rkb_finish finish, size_t n,
                         enum rkb_answer_class *class, size_t *n_named)
{
    const struct rkb_answer answer = { .text = rkb_sv_of(text),
                                       .finish = finish };
    uint32_t order[128];
    struct rkb_buf b = { 0 };
    const char *got;

    *class = rkb_permutation_parse(rule, &arena, &answer, n, order, n_named);
    for (size_t i = 0; i < n; i++)
        rkb_buf_printf(&b, i ? " %u" : "%u", order[i] + 1);
    got = rkb_arena_cstr(&arena, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return got;
}

static void check_rows(const struct rkb_permutation_rule *rule,
                       const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum rkb_answer_class class;

        CHECK_STR(
            parse(rule, rows[i].text, RKB_FINISH_STOP, rows[i].n, &class, NULL),
            rows[i].order);
        CHECK_STR(rkb_class_name(class), rkb_class_name(rows[i].class));
    }
}

/* METHODS.md, Appendix A.2; its column of classes is ours. */
static const struct row reference[] = {
    { "[2] > [1] > [3]", 3, "2 1 3", RKB_CLASS_OK },
    { "[3] > [1]", 4, "3 1 2 4", RKB_CLASS_MISSING },
    { "[2] > [2] > [9] > [1]", 3, "2 1 3", RKB_CLASS_REPETITION },
    { "", 3, "1 2 3", RKB_CLASS_EMPTY },
    { "[1]-[3]", 4, "1 3 2 4", RKB_CLASS_WRONG_FORMAT },
    { "Top 5: [4] > [5]", 5, "5 4 1 2 3", RKB_CLASS_WRONG_FORMAT },
    { "<think>maybe 3 then 1</think> [2] > [3]", 3, "2 3 1",
      RKB_CLASS_MISSING },
    { "[12] > [1]", 3, "1 2 3", RKB_CLASS_OUT_OF_RANGE },
    { "[2]>[0]>[1]", 3, "2 1 3", RKB_CLASS_WRONG_FORMAT },
    { "Passage 2 is best because of 3 reasons: [2] > [1]", 3, "2 3 1",
      RKB_CLASS_WRONG_FORMAT },
};

static void lenient_numbers_are_those_of_the_reference(void)
{
    check_rows(&lenient, reference, RKB_COUNT(reference));
}

static void every_digit_counts_and_only_digits(void)
{
    static const struct row rows[] = {
        { "20 passages are provided.", 20,
          "20 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19",
          RKB_CLASS_WRONG_FORMAT },
        { "I cannot tell.", 3, "1 2 3", RKB_CLASS_WRONG_FORMAT },
        { "-2, 3e1", 3, "2 3 1", RKB_CLASS_WRONG_FORMAT },
        { "\xC2\xB3 \xE2\x82\x81 \xE2\x91\xA1", 3, "3 1 2",
          RKB_CLASS_WRONG_FORMAT },
        { "\xE2\x9D\xB8\xEF\xBC\x92", 32,
          "32 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 "
          "25 26 27 28 29 30 31",
          RKB_CLASS_WRONG_FORMAT },
        { "[\xD9\xA3] > [\xD9\xA1] > [\xEF\xBC\x92]", 3, "3 1 2",
          RKB_CLASS_OK },
        { "[99999999999999999999999999] > [2] > [18446744073709551617]", 2,
          "2 1", RKB_CLASS_OUT_OF_RANGE },
        { "[002] > [1]", 2, "2 1", RKB_CLASS_OK },
        { "  [2] > [1]\n", 2, "2 1", RKB_CLASS_OK },
        { "[2] > [1]", 1, "1", RKB_CLASS_OUT_OF_RANGE },
        { "[1]", 1, "1", RKB_CLASS_OK },
    };

    check_rows(&lenient, rows, RKB_COUNT(rows));
}

/* int() of Python raises, and the authors' code keeps the window. */
static void a_digit_that_python_refuses_keeps_the_window(void)
{
    static const struct row rows[] = {
        { "[3] > [2] > \xE2\x91\xB4", 3, "1 2 3", RKB_CLASS_WRONG_FORMAT },
        { "\xE2\x92\x88 [3]", 3, "1 2 3", RKB_CLASS_WRONG_FORMAT },
    };
    char *digits = rkb_arena_new(&arena, 4306, 1);
    enum rkb_answer_class class;

    check_rows(&lenient, rows, RKB_COUNT(rows));
    memset(digits, '1', 4301);
    memcpy(digits + 4301, " [2]", 4);
    CHECK_STR(parse(&lenient, digits, RKB_FINISH_STOP, 2, &class, NULL), "1 2");
    CHECK_STR(parse(&lenient, digits + 1, RKB_FINISH_STOP, 2, &class, NULL),
              "2 1");
}

static void lenient_letters_glue_neighbours(void)
{
    static const struct row rows[] = {
        { "[C] > [A] > [B]", 3, "3 1 2", RKB_CLASS_OK },
        /* "AB" is 12, and "Rank" a number of seven digits. */
        { "AB", 12, "12 1 2 3 4 5 6 7 8 9 10 11", RKB_CLASS_WRONG_FORMAT },
        { "Rank A, B", 2, "1 2", RKB_CLASS_WRONG_FORMAT },
        { "c > b > A", 3, "1 2 3", RKB_CLASS_WRONG_FORMAT },
        { "C. A. 2", 3, "3 1 2", RKB_CLASS_WRONG_FORMAT },
        { "[Z] > [B]", 2, "2 1", RKB_CLASS_OUT_OF_RANGE },
        /* A letter of another script is one too: U+00E9 glues 169 to it. */
        { "\xC3\xA9"
          "B A",
          2, "1 2", RKB_CLASS_WRONG_FORMAT },
        { "\xE2\x80\x9C"
          "B\xE2\x80\x9D A",
          2, "2 1", RKB_CLASS_WRONG_FORMAT },
        { "I think B", 9, "9 2 1 3 4 5 6 7 8", RKB_CLASS_WRONG_FORMAT },
    };

    check_rows(&lenient_letters, rows, RKB_COUNT(rows));
}

static void strict_takes_brackets_first(void)
{
    static const struct row rows[] = {
        { "Top 5: [4] > [5]", 5, "4 5 1 2 3", RKB_CLASS_WRONG_FORMAT },
        { "Passage 2 is best because of 3 reasons: [2] > [1]", 3, "2 1 3",
          RKB_CLASS_WRONG_FORMAT },
        { "1. [3]\n2. [ 1 ]", 3, "3 1 2", RKB_CLASS_WRONG_FORMAT },
        { "[[2]] > [x] > [1", 2, "2 1", RKB_CLASS_WRONG_FORMAT },
        { "[2] > [0] > [1]", 2, "2 1", RKB_CLASS_OUT_OF_RANGE },
    };

    check_rows(&strict, rows, RKB_COUNT(rows));
}

static void strict_takes_bare_ones_where_nothing_else_is_said(void)
{
    static const struct row rows[] = {
        { "3 > 1 > 2", 3, "3 1 2", RKB_CLASS_WRONG_FORMAT },
        { "[3, 1, 2]", 3, "3 1 2", RKB_CLASS_WRONG_FORMAT },
        { "20 passages are provided.", 20,
          "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
          RKB_CLASS_WRONG_FORMAT },
        { "3 is best", 3, "1 2 3", RKB_CLASS_WRONG_FORMAT },
    };
    static const struct row letters[] = {
        { "C > A, B", 3, "3 1 2", RKB_CLASS_WRONG_FORMAT },
        { "I like A", 9, "1 2 3 4 5 6 7 8 9", RKB_CLASS_WRONG_FORMAT },
        { "Rank: [C] > [A]", 3, "3 1 2", RKB_CLASS_WRONG_FORMAT },
        { "[AB] > [c] > [2]", 3, "1 2 3", RKB_CLASS_WRONG_FORMAT },
    };

    check_rows(&strict, rows, RKB_COUNT(rows));
    check_rows(&strict_letters, letters, RKB_COUNT(letters));
}

static struct rkb_regex *regex(const char *pattern)
{
    struct rkb_regex *r;
    struct rkb_err err;

    if (!CHECK(rkb_regex_open(&r, rkb_sv_of(pattern), &err) == RKB_OK))
        exit(1);
    return r;
}

static void a_templates_regexes_extract_and_validate(void)
{
    struct rkb_regex *extraction = regex("DOC(\\d+)");
    struct rkb_regex *validation = regex("^DOC\\d+(, DOC\\d+)*$");
    const struct rkb_permutation_rule rule = { .parser = RKB_PARSE_STRICT,
                                               .validation = validation,
                                               .extraction = extraction };
    static const struct row rows[] = {
        { "DOC3, DOC1, DOC2", 3, "3 1 2", RKB_CLASS_OK },
        { "[2] is wrong: DOC3, DOC1", 3, "3 1 2", RKB_CLASS_WRONG_FORMAT },
        { "DOC3, DOC3, DOC1", 3, "3 1 2", RKB_CLASS_REPETITION },
        { "[2] > [1]", 2, "2 1", RKB_CLASS_WRONG_FORMAT },
        { "DOC3, DOC1\nand DOC2", 3, "3 1 2", RKB_CLASS_WRONG_FORMAT },
    };

    check_rows(&rule, rows, RKB_COUNT(rows));
    rkb_regex_close(extraction);
    rkb_regex_close(validation);
}

/* Only a part of an answer in the right form is not the right form, also when
 * the pattern has no anchors. */
static void a_validation_holds_for_the_whole_answer(void)
{
    struct rkb_regex *validation = regex("\\[\\d+\\]( > \\[\\d+\\])*");
    const struct rkb_permutation_rule rule = { .validation = validation };
    static const struct row rows[] = {
        { "[2] > [1]", 2, "2 1", RKB_CLASS_OK },
        { "so [2] > [1]", 2, "2 1", RKB_CLASS_WRONG_FORMAT },
        { "[2] > [1]!", 2, "2 1", RKB_CLASS_WRONG_FORMAT },
    };

    check_rows(&rule, rows, RKB_COUNT(rows));
    rkb_regex_close(validation);
}

static void only_what_follows_the_last_think_tag_is_the_answer(void)
{
    static const struct row rows[] = {
        { "<think>1 2</think>x</think>[2] > [1]", 2, "2 1", RKB_CLASS_OK },
        { "1 or 2?</THINK>\n[2] > [1]", 2, "2 1", RKB_CLASS_OK },
        { "<think>2 then 1</think>", 2, "1 2", RKB_CLASS_EMPTY },
        { "<think>2 then 1", 2, "2 1", RKB_CLASS_NO_ANSWER },
    };
    static const struct row open = { "<think>[2] > [1]", 2, "1 2",
                                     RKB_CLASS_NO_ANSWER };

    check_rows(&lenient, rows, RKB_COUNT(rows));
    check_rows(&strict, &open, 1);
}

/* ReasonRank's way: a whole text without tags is scraped. */
static void lenient_answer_tags_fall_back(void)
{
    const struct rkb_permutation_rule rule = { .tag = RKB_TAG_LENIENT };
    const struct rkb_permutation_rule letters = { .tag = RKB_TAG_LENIENT,
                                                  .letters = true };
    static const struct row rows[] = {
        { "<think>3?</think>\n <answer> [2] > [1] > [3] </answer> 3", 3,
          "2 1 3", RKB_CLASS_OK },
        { "3?</think> <answer>[2] > [1] > [3]</answer> 3", 3, "2 1 3",
          RKB_CLASS_WRONG_FORMAT },
        { "3 then <answer>[1]</answer> no: <answer>[2] > [3]", 3, "2 3 1",
          RKB_CLASS_MISSING },
        { "3 must lead, then 2", 3, "3 2 1", RKB_CLASS_NO_ANSWER },
        { "<think>a</think>b</think><answer>[3] > [1] > [2]</answer>", 3,
          "3 1 2", RKB_CLASS_OK },
    };
    static const struct row upper = {
        "<THINK>hm</THINK><Answer>[B] > [A]</ANSWER>", 2, "2 1", RKB_CLASS_OK
    };

    check_rows(&rule, rows, RKB_COUNT(rows));
    check_rows(&letters, &upper, 1);
}

static void a_required_answer_tag_is_required(void)
{
    const struct rkb_permutation_rule rule = { .tag = RKB_TAG_REQUIRED };
    static const struct row rows[] = {
        { "<think>3</think><answer>[2] > [1]</answer> 1", 2, "2 1",
          RKB_CLASS_OK },
        { "<answer>[2] > [1]</answer>", 2, "2 1", RKB_CLASS_OK },
        { "<answer>[1]</answer> or <answer>[2] > [1]</answer>", 2, "2 1",
          RKB_CLASS_OK },
        { "[2] > [1]", 2, "1 2", RKB_CLASS_NO_ANSWER },
        { "<answer>[2] > [1]", 2, "1 2", RKB_CLASS_NO_ANSWER },
        { "<answer>[2] > [1]</answer></think> so", 2, "1 2",
          RKB_CLASS_NO_ANSWER },
        { "<answer> </answer>", 2, "1 2", RKB_CLASS_EMPTY },
        { "", 2, "1 2", RKB_CLASS_EMPTY },
    };

    check_rows(&rule, rows, RKB_COUNT(rows));
}

static void the_servers_reason_to_stop_comes_first(void)
{
    static const struct {
        const char *text;
        enum rkb_finish finish;
        const char *order;
        enum rkb_answer_class class;
        size_t n_named;
    } rows[] = {
        { "I won't rank 3 of 20.", RKB_FINISH_REFUSED, "1 2 3",
          RKB_CLASS_REFUSED, 0 },
        { "", RKB_FINISH_REFUSED, "1 2 3", RKB_CLASS_REFUSED, 0 },
        { "[3] > [2]", RKB_FINISH_FILTER, "1 2 3", RKB_CLASS_REFUSED, 0 },
        { "[3] > [2] > [", RKB_FINISH_LENGTH, "3 2 1", RKB_CLASS_TRUNCATED, 2 },
        { "", RKB_FINISH_LENGTH, "1 2 3", RKB_CLASS_TRUNCATED, 0 },
        { "<think>well", RKB_FINISH_LENGTH, "1 2 3", RKB_CLASS_TRUNCATED, 0 },
        { "[3] > [2] > [1]", RKB_FINISH_LENGTH, "3 2 1", RKB_CLASS_OK, 3 },
        { "[3] > [2] > [1] > [", RKB_FINISH_LENGTH, "3 2 1", RKB_CLASS_OK, 3 },
        { "[3] > [2] > [1] > [3] >", RKB_FINISH_LENGTH, "3 2 1",
          RKB_CLASS_REPETITION, 3 },
        { "so [3] > [2] > [1] >", RKB_FINISH_LENGTH, "3 2 1",
          RKB_CLASS_WRONG_FORMAT, 3 },
        { "[3] > [2] > [1] > [", RKB_FINISH_STOP, "3 2 1",
          RKB_CLASS_WRONG_FORMAT, 3 },
        { "[3] > [2] > [1]", RKB_FINISH_UNKNOWN, "3 2 1", RKB_CLASS_OK, 3 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        enum rkb_answer_class class;
        size_t n_named = ALL;

        CHECK_STR(
            parse(&lenient, rows[i].text, rows[i].finish, 3, &class, &n_named),
            rows[i].order);
        CHECK_STR(rkb_class_name(class), rkb_class_name(rows[i].class));
        CHECK_EQ_INT(n_named, rows[i].n_named);
    }
}

static void the_part_of_an_answer_is_trimmed_or_absent(void)
{
    static const struct {
        enum rkb_answer_tag tag;
        const char *text, *part;
    } rows[] = {
        { RKB_TAG_NONE, " x </think> 7 ", "7" },
        { RKB_TAG_NONE, "", "" },
        { RKB_TAG_LENIENT, "a <answer> 7", "7" },
        { RKB_TAG_REQUIRED, "a <answer> 7 </answer>", "7" },
        { RKB_TAG_REQUIRED, "a <answer> 7", NULL },
        { RKB_TAG_REQUIRED, "", NULL },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        rkb_sv part = rkb_answer_part(rows[i].tag, rkb_sv_of(rows[i].text));

        CHECK_STR(part.at ? rkb_arena_cstr(&arena, part) : NULL, rows[i].part);
    }
    CHECK(rkb_answer_part(RKB_TAG_NONE, (rkb_sv){ 0 }).at != NULL);
}

static void the_longest_legal_answer_is_ok(void)
{
    for (size_t n = 1; n <= 26; n++)
        for (int letters = 0; letters <= 1; letters++) {
            const struct rkb_permutation_rule rule = { .letters = letters };
            rkb_sv text = rkb_permutation_text(&arena, n, letters);
            const struct rkb_answer answer = { .text = text };
            uint32_t order[26];

            CHECK_EQ_INT(
                rkb_permutation_parse(&rule, &arena, &answer, n, order, NULL),
                RKB_CLASS_OK);
            CHECK_EQ_INT(order[n - 1], n - 1);
        }
    CHECK_STR(rkb_permutation_text(&arena, 3, false).at, "[1] > [2] > [3]");
    CHECK_STR(rkb_permutation_text(&arena, 2, true).at, "[A] > [B]");
}

/* Hostile answers: tags or identifiers without end. */
static void long_answers_take_no_quadratic_time(void)
{
    static const char *const units[] = {
        "<answer>", "</think>", "[1]", "<", "[", "\xC3\xA9", "</think><answer>"
    };
    struct rkb_regex *extraction = regex("\\[(\\d+)\\]");

    for (size_t i = 0; i < RKB_COUNT(units); i++) {
        struct rkb_buf b = { 0 };
        uint32_t order[3];
        struct rkb_answer answer = { 0 };

        while (b.len < 2u << 20)
            rkb_buf_text(&b, units[i]);
        rkb_buf_text(&b, "</answer>");
        answer.text = rkb_buf_view(&b);
        for (int k = 0; k < 6; k++) {
            const struct rkb_permutation_rule rule = {
                .parser = k & 1 ? RKB_PARSE_STRICT : RKB_PARSE_LENIENT,
                .tag = (enum rkb_answer_tag)(k / 2),
                .extraction = extraction,
            };

            rkb_permutation_parse(&rule, &arena, &answer, 3, order, NULL);
            CHECK_EQ_INT(order[0] + order[1] + order[2], 3);
        }
        rkb_buf_release(&b);
    }
    rkb_regex_close(extraction);
}

static void classes_have_distinct_names(void)
{
    for (int i = 0; i < RKB_N_CLASSES; i++) {
        const char *a = rkb_class_name((enum rkb_answer_class)i);

        CHECK(a && a[0]);
        for (int k = 0; k < i; k++)
            CHECK(strcmp(a, rkb_class_name((enum rkb_answer_class)k)) != 0);
    }
}

/* ---- recorded answers ---------------------------------------------------- */

struct tally {
    size_t n[RKB_N_CLASSES], n_named, n_calls;
    uint32_t sum; /* of all orders */
};

static size_t rank_of(const struct rkb_json *call, const char *key)
{
    int64_t rank = 0;
    rkb_sv text;

    CHECK(rkb_json_id(rkb_json_get(call, key), &text) &&
          rkb_sv_to_i64(text, 1, 100, &rank));
    return (size_t)rank;
}

static void tally_line(struct tally *t, const struct rkb_permutation_rule *rule,
                       rkb_sv line)
{
    struct rkb_answer answer = { .finish = RKB_FINISH_STOP };
    const struct rkb_json *call;
    uint32_t order[100];
    size_t n, n_named;
    struct rkb_err err;

    if (!CHECK(rkb_json_parse(&arena, line, &call, &err) == RKB_OK) ||
        !CHECK(rkb_json_string(rkb_json_get(call, "response"), &answer.text)))
        return;
    n = rank_of(call, "last_rank") - rank_of(call, "first_rank") + 1;
    if (!CHECK(n <= 100))
        return;
    t->n[rkb_permutation_parse(rule, &arena, &answer, n, order, &n_named)]++;
    t->n_named += n_named;
    t->n_calls++;
    for (size_t i = 0; i < n; i++)
        t->sum = (t->sum * 31 + order[i] + 1) % 1000003;
}

static void tally_file(struct tally *t, const struct rkb_permutation_rule *rule,
                       const char *path)
{
    struct rkb_lines in = { 0 };
    struct rkb_err err;
    rkb_sv line;

    if (!CHECK(rkb_lines_open(&in, path, &err) == RKB_OK))
        return;
    while (rkb_lines_next(&in, &line))
        tally_line(t, rule, line);
    CHECK(rkb_lines_status(&in, &err) == RKB_OK);
    rkb_lines_close(&in);
    rkb_arena_reset(&arena);
}

/* Wanted values: twenty lines of Python over the same files, with re.findall
 * of \d+ for the numbers, re.fullmatch of \[\d+\]( > \[\d+\])* for the format
 * and dict.fromkeys for first mentions; rank_llm's response_analysis.py counts
 * the same classes there. The sum is over all orders, from 1:
 * sum = (sum * 31 + place) % 1000003. */
static void recorded_answers_have_their_classes_and_orders(void)
{
    static const struct {
        const char *path;
        size_t n_calls, n_ok, n_wrong, n_named, n_strict;
        uint32_t sum;
    } rows[] = {
        { "replay/dl19-bm25-rankvicuna-top100/responses.jsonl", 387, 387, 0,
          7740, 7740, 344138 },
        { "replay/dl19-bm25-vicuna13b-top100/responses.jsonl", 387, 0, 387, 387,
          4, 520634 },
        { "replay/dl20-bm25-rankvicuna-top20/responses.jsonl", 54, 54, 0, 1080,
          1080, 700685 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const char *path = rkb_test_data(rows[i].path);
        struct tally t = { 0 }, s = { 0 };

        if (!path)
            return;
        tally_file(&t, &lenient, path);
        CHECK_EQ_INT(t.n_calls, rows[i].n_calls);
        CHECK_EQ_INT(t.n[RKB_CLASS_OK], rows[i].n_ok);
        CHECK_EQ_INT(t.n[RKB_CLASS_WRONG_FORMAT], rows[i].n_wrong);
        CHECK_EQ_INT(rows[i].n_ok + rows[i].n_wrong, rows[i].n_calls);
        CHECK_EQ_INT(t.n_named, rows[i].n_named);
        CHECK_EQ_INT(t.sum, rows[i].sum);
        /* "20 passages are provided." names nothing in the strict reading;
         * re.findall of \[(\d+)\] finds the four. */
        tally_file(&s, &strict, path);
        CHECK_EQ_INT(s.n_named, rows[i].n_strict);
        CHECK_EQ_INT(s.n[RKB_CLASS_OK], rows[i].n_ok);
    }
}

TESTS(TEST(lenient_numbers_are_those_of_the_reference),
      TEST(every_digit_counts_and_only_digits),
      TEST(a_digit_that_python_refuses_keeps_the_window),
      TEST(lenient_letters_glue_neighbours), TEST(strict_takes_brackets_first),
      TEST(strict_takes_bare_ones_where_nothing_else_is_said),
      TEST(a_templates_regexes_extract_and_validate),
      TEST(a_validation_holds_for_the_whole_answer),
      TEST(only_what_follows_the_last_think_tag_is_the_answer),
      TEST(lenient_answer_tags_fall_back),
      TEST(a_required_answer_tag_is_required),
      TEST(the_servers_reason_to_stop_comes_first),
      TEST(the_part_of_an_answer_is_trimmed_or_absent),
      TEST(the_longest_legal_answer_is_ok),
      TEST(long_answers_take_no_quadratic_time),
      TEST(classes_have_distinct_names),
      TEST(recorded_answers_have_their_classes_and_orders))
