/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/labels.h"

#include "base/err.h"
#include "tests/tap.h"

#include <math.h>

#define SV(text)                 \
    {                            \
        (text), sizeof(text) - 1 \
    }

static struct rkb_alt alt(const char *text, double logprob)
{
    return (struct rkb_alt){ rkb_sv_of(text), logprob };
}

static struct rkb_token position(const struct rkb_alt *alts, size_t n)
{
    return (struct rkb_token){ .text = alts[0].text,
                               .logprob = alts[0].logprob,
                               .has_logprob = true,
                               .alts = alts,
                               .n_alts = n };
}

static const rkb_sv yes_words[] = { SV("yes"), SV("Yes"), SV("YES") };
static const rkb_sv no_words[] = { SV("no"), SV("No") };
static const struct rkb_label yes_no[] = { { yes_words, 3, true },
                                           { no_words, 2, true } };

/* METHODS.md, Appendix A.5: yes -0.2, no -1.9 gives 0.845535. */
static void yes_and_no_give_the_probability_of_the_reference(void)
{
    const struct rkb_alt alts[] = { alt("yes", -0.2), alt("no", -1.9) };
    const struct rkb_token t = position(alts, 2);
    double p[2];
    unsigned char seen[2];

    CHECK_EQ_INT(rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_SUM, p, seen), 2);
    CHECK_NEAR(exp(p[0] - rkb_log_add(p[0], p[1])), 0.845535, 5e-7);
}

static void spellings_are_combined_by_sum_or_by_the_likeliest(void)
{
    const struct rkb_alt alts[] = { alt("Yes", log(0.4)), alt(" yes", log(0.2)),
                                    alt("\xC4\xA0no", log(0.1)),
                                    alt("\xE2\x96\x81No", log(0.05)),
                                    alt("yes!", log(0.04)) };
    const struct rkb_token t = position(alts, 5);
    double p[2];
    unsigned char seen[2];

    CHECK_EQ_INT(rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_SUM, p, seen), 2);
    CHECK_NEAR(p[0], log(0.6), 1e-12);
    CHECK_NEAR(p[1], log(0.15), 1e-12);
    CHECK_EQ_INT(rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_MAX, p, seen), 2);
    CHECK_NEAR(p[0], log(0.4), 0);
    CHECK_NEAR(p[1], log(0.1), 0);
}

static void exact_labels_need_their_leading_blank(void)
{
    static const rkb_sv words[] = { SV(" true") };
    const struct rkb_label label = { words, 1, false };
    const struct rkb_alt alts[] = { alt("true", -0.1), alt(" true", -2.5) };
    const struct rkb_token t = position(alts, 2);
    double p;
    unsigned char seen;

    rkb_labels_read(&t, &label, 1, RKB_COMBINE_SUM, &p, &seen);
    CHECK_NEAR(p, -2.5, 0);
}

static void an_unseen_label_is_bounded_by_the_smallest_alternative(void)
{
    const struct rkb_alt alts[] = { alt("yes", -0.1), alt("Maybe", -4.5),
                                    alt("the", -6.25) };
    struct rkb_token t = position(alts, 3);
    double p[2];
    unsigned char seen[2];

    CHECK_EQ_INT(rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_SUM, p, seen), 1);
    CHECK(seen[0] && !seen[1]);
    CHECK_NEAR(p[1], -6.25, 0);
    t.n_alts = 0;
    CHECK_EQ_INT(rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_SUM, p, seen), 1);
    CHECK(p[0] == -0.1 && p[1] == -0.1);
    t.has_logprob = false;
    CHECK_EQ_INT(rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_SUM, p, seen), 0);
    CHECK(p[0] == 0 && p[1] == 0);
}

static void the_token_itself_counts_once(void)
{
    const struct rkb_alt alts[] = { alt("yes", log(0.5)),
                                    alt("the", log(0.2)) };
    struct rkb_token t = position(alts, 2);
    double p[2];
    unsigned char seen[2];

    rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_SUM, p, seen);
    CHECK_NEAR(p[0], log(0.5), 0);
    t.text = rkb_sv_of("no");
    t.logprob = log(0.01);
    CHECK_EQ_INT(rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_SUM, p, seen), 2);
    CHECK_NEAR(p[1], log(0.01), 0);
    /* Drawn from outside the alternatives, it bounds none of the others. */
    t.text = rkb_sv_of("well");
    rkb_labels_read(&t, yes_no, 2, RKB_COMBINE_SUM, p, seen);
    CHECK_NEAR(p[1], log(0.2), 0);
}

static const struct rkb_alt letters[] = {
    { SV("["), -0.1 },
    { SV("C"), -0.5 },
    { SV(" A"), -1.0 },
    { SV("C"), -1.5 },
    { SV("[B"), -2.0 },
    { SV("a"), -2.5 },
    { SV("D"), -3.0 },
    { SV("E"), -3.5 },
    { SV("AB"), -4.0 },
    { SV("\xE2\x96\x81"
         "A"),
      -4.5 },
};

static void letters_are_bare_marked_or_merged(void)
{
    const struct rkb_token t = position(letters, RKB_COUNT(letters));
    double p[4];
    unsigned char seen[4];

    CHECK_EQ_INT(rkb_letters_read(&t, 4, true, false, RKB_COMBINE_MAX, p, seen),
                 2);
    CHECK(!seen[0] && !seen[1] && seen[2] && seen[3]);
    CHECK(p[0] == -4.5 && p[1] == -4.5 && p[2] == -0.5 && p[3] == -3.0);
    CHECK_EQ_INT(
        rkb_letters_read(&t, 4, false, false, RKB_COMBINE_MAX, p, seen), 3);
    CHECK(seen[0] && p[0] == -1.0);
    CHECK_EQ_INT(rkb_letters_read(&t, 4, false, true, RKB_COMBINE_SUM, p, seen),
                 4);
    CHECK_NEAR(p[0], rkb_log_add(-1.0, -4.5), 0);
    CHECK_NEAR(p[1], -2.0, 0);
    CHECK_NEAR(p[2], rkb_log_add(-0.5, -1.5), 0);
}

static void letters_beyond_the_window_are_not_labels(void)
{
    const struct rkb_token t = position(letters, RKB_COUNT(letters));
    double p[26];
    unsigned char seen[26];

    CHECK_EQ_INT(rkb_letters_read(&t, 3, true, true, RKB_COMBINE_MAX, p, seen),
                 2);
    CHECK_EQ_INT(rkb_letters_read(&t, 26, true, true, RKB_COMBINE_MAX, p, seen),
                 4);
    CHECK_EQ_INT(rkb_letters_read(&t, 0, true, true, RKB_COMBINE_MAX, p, seen),
                 0);
}

/* The texts, up to an empty one, as the tokens of an answer. */
static size_t at(const char *const *texts, size_t n_echoed,
                 enum rkb_read_at where)
{
    struct rkb_token tokens[16] = { 0 };
    struct rkb_answer answer = { .tokens = tokens, .n_echoed = n_echoed };

    for (; texts[answer.n_tokens]; answer.n_tokens++)
        tokens[answer.n_tokens].text = rkb_sv_of(texts[answer.n_tokens]);
    return rkb_label_position(&answer, where);
}

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void positions_count_generated_tokens_only(void)
{
    CHECK_EQ_INT(at(TEXTS("a", "b", "c"), 0, RKB_READ_FIRST), 0);
    CHECK_EQ_INT(at(TEXTS("a", "b", "c"), 1, RKB_READ_FIRST), 1);
    CHECK_EQ_INT(at(TEXTS("a", "b", "c"), 1, RKB_READ_LAST), 2);
    CHECK(at(TEXTS("a", "b"), 2, RKB_READ_FIRST) == SIZE_MAX);
    CHECK(at(TEXTS("a", "b"), 2, RKB_READ_LAST) == SIZE_MAX);
    CHECK(at(TEXTS("<answer>", "7"), 1, RKB_READ_AFTER_TAG) == SIZE_MAX);
}

static void a_letter_follows_the_bracket(void)
{
    CHECK_EQ_INT(at(TEXTS("[", "A"), 0, RKB_READ_AFTER_BRACKET), 1);
    CHECK_EQ_INT(at(TEXTS("x", " [", "A"), 1, RKB_READ_AFTER_BRACKET), 2);
    CHECK(at(TEXTS("["), 0, RKB_READ_AFTER_BRACKET) == SIZE_MAX);
    CHECK(at(TEXTS("[A", "]"), 0, RKB_READ_AFTER_BRACKET) == SIZE_MAX);
}

static void tags_may_be_spread_over_tokens(void)
{
    CHECK_EQ_INT(at(TEXTS("9", "</", "thi", "nk", ">\n", "\n", " yes", "."), 0,
                    RKB_READ_AFTER_THINK),
                 6);
    CHECK_EQ_INT(
        at(TEXTS("<", "<ans", "wer>", "8", "</answer>"), 0, RKB_READ_AFTER_TAG),
        3);
    CHECK_EQ_INT(
        at(TEXTS("<Answer>", "\xE2\x96\x81", "8"), 0, RKB_READ_AFTER_TAG), 2);
}

static void the_last_tag_counts(void)
{
    CHECK_EQ_INT(at(TEXTS("in <answer>", "1", "</think>", "<answer>", "10"), 0,
                    RKB_READ_AFTER_TAG),
                 4);
}

static void a_label_glued_to_its_tag_is_not_jumped_over(void)
{
    CHECK_EQ_INT(at(TEXTS("<answer", ">8", "</answer>"), 0, RKB_READ_AFTER_TAG),
                 1);
}

static void a_tag_without_anything_behind_gives_no_position(void)
{
    CHECK(at(TEXTS("<answer>", " ", "\n"), 0, RKB_READ_AFTER_TAG) == SIZE_MAX);
    CHECK(at(TEXTS("</think>"), 0, RKB_READ_AFTER_THINK) == SIZE_MAX);
    CHECK(at(TEXTS("yes"), 0, RKB_READ_AFTER_THINK) == SIZE_MAX);
}

static void logs_are_added_without_overflow(void)
{
    CHECK_NEAR(rkb_log_add(-1000, -1000), -1000 + log(2), 1e-12);
    CHECK_NEAR(rkb_log_add(-3, -1), log(exp(-3) + exp(-1)), 1e-15);
    CHECK(rkb_log_add(-INFINITY, -2) == -2);
    CHECK(rkb_log_add(-INFINITY, -INFINITY) == -INFINITY);
    CHECK(rkb_log_add(-9999, -0.5) == -0.5);
}

TESTS(TEST(yes_and_no_give_the_probability_of_the_reference),
      TEST(spellings_are_combined_by_sum_or_by_the_likeliest),
      TEST(exact_labels_need_their_leading_blank),
      TEST(an_unseen_label_is_bounded_by_the_smallest_alternative),
      TEST(the_token_itself_counts_once),
      TEST(letters_are_bare_marked_or_merged),
      TEST(letters_beyond_the_window_are_not_labels),
      TEST(positions_count_generated_tokens_only),
      TEST(a_letter_follows_the_bracket), TEST(tags_may_be_spread_over_tokens),
      TEST(the_last_tag_counts),
      TEST(a_label_glued_to_its_tag_is_not_jumped_over),
      TEST(a_tag_without_anything_behind_gives_no_position),
      TEST(logs_are_added_without_overflow))
