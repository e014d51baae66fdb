/* SPDX-License-Identifier: Apache-2.0 */
/* FIRST: the order of a window from the alternatives at one token. */
#include "tests/llm_fixture.h"

static const char *letter_template(void)
{
    return fixture_text("letters.yaml", "method: singleturn_listwise\n"
                                        "prefix: \"{query}\"\n"
                                        "body: \"|{rank}:{candidate}\"\n"
                                        "suffix: \" \"\n");
}

struct reading {
    const char *name, *options, *prompt_end, *tokens;
    uint32_t want[4];
    const char *class_name;
    int n_unseen;
};

#define ONE(alts) "[[\"?\",-9,[" alts "],-1]]"

static const struct reading readings[] = {
    { "behind an appended bracket",
      "read=bracket",
      "[",
      ONE("[\"C\",-0.1],[\"A\",-2],[\"D\",-3],[\"B\",-4]"),
      { 2, 0, 3, 1 },
      "ok",
      0 },
    { "the second of two tokens",
      "read=second",
      "",
      "[[\"[\",-0.1,[[\"[\",-0.1],[\"A\",-0.2]],-1],"
      "[\"B\",-0.1,[[\"B\",-0.1],[\"D\",-1],[\"C\",-2],[\"A\",-3]],-1]]",
      { 1, 3, 2, 0 },
      "ok",
      0 },
    { "a first token that ends in a bracket",
      "read=second",
      "",
      "[[\" [\",-0.1,[],-1],"
      "[\"B\",-0.1,[[\"B\",-0.1],[\"D\",-1],[\"C\",-2],[\"A\",-3]],-1]]",
      { 1, 3, 2, 0 },
      "ok",
      0 },
    { "no bracket where one is due",
      "read=second",
      "",
      "[[\"The\",-0.1,[],-1],[\"B\",-0.1,[[\"B\",-0.1]],-1]]",
      { 0, 1, 2, 3 },
      "no_bracket",
      4 },
    { "merged with the bracket",
      "read=merged",
      "",
      ONE("[\"[D\",-0.1],[\"[A\",-2],[\"[C\",-3],[\"[B\",-4]"),
      { 3, 0, 2, 1 },
      "ok",
      0 },
    { "a merged token does not count behind a bracket",
      "read=bracket",
      "[",
      ONE("[\"[D\",-0.1],[\"A\",-2],[\"C\",-3],[\"B\",-4]"),
      { 0, 2, 1, 3 },
      "unseen_identifiers",
      1 },
    { "blanks and markers may stand before",
      "letters=spaced",
      "[",
      ONE("[\" C\",-0.1],[\"\\u0120B\",-2],[\"\\u2581D\",-3],[\"A\",-4]"),
      { 2, 1, 3, 0 },
      "ok",
      0 },
    { "bare letters alone, as FIRST's own code",
      "letters=bare",
      "[",
      ONE("[\" C\",-0.1],[\"B\",-2],[\" D\",-3],[\"A\",-4]"),
      { 1, 0, 2, 3 },
      "unseen_identifiers",
      2 },
    { "the likeliest spelling",
      "combine=max",
      "[",
      ONE("[\"A\",-1],[\"B\",-1.2],[\" B\",-1.3],[\"C\",-5],[\"D\",-6]"),
      { 0, 1, 2, 3 },
      "ok",
      0 },
    { "all spellings together",
      "combine=sum",
      "[",
      ONE("[\"A\",-1],[\"B\",-1.2],[\" B\",-1.3],[\"C\",-5],[\"D\",-6]"),
      { 1, 0, 2, 3 },
      "ok",
      0 },
    { "unseen ones last, as they stood",
      "read=bracket",
      "[",
      ONE("[\"E\",-0.1],[\"D\",-2],[\"d\",-2.1],[\"AB\",-3]"),
      { 3, 0, 1, 2 },
      "unseen_identifiers",
      3 },
    { "none at all",
      "read=bracket",
      "[",
      ONE("[\"x\",-0.1]"),
      { 0, 1, 2, 3 },
      "no_identifier",
      4 },
    { "equal ones as they stood",
      "read=bracket",
      "[",
      ONE("[\"D\",-1],[\"B\",-1],[\"A\",-1],[\"C\",-1]"),
      { 0, 1, 2, 3 },
      "ok",
      0 },
    { "the token itself is not among its alternatives",
      "read=bracket",
      "[",
      "[[\"D\",-0.5,[[\"A\",-1],[\"B\",-2],[\"C\",-3]],-1]]",
      { 3, 0, 1, 2 },
      "ok",
      0 },
};

static void letters_are_read_where_they_stand(void)
{
    for (size_t i = 0; i < RKB_COUNT(readings); i++) {
        const struct reading *c = &readings[i];
        struct tape t;
        struct llm_run r;
        char spec[400], prompt[100], answer[600], unseen[60];

        tape_open(&t);
        snprintf(prompt, sizeof prompt, "q|A:d0|B:d1|C:d2|D:d3 %s",
                 c->prompt_end);
        snprintf(answer, sizeof answer, "{\"text\":\"x\",\"tokens\":%s}",
                 c->tokens);
        tape_answer(&t, "", 1, prompt, answer);
        snprintf(spec, sizeof spec, "first(%s,template='%s'", c->options,
                 letter_template());
        if (tape_rerank(&t, &r, spec, 4)) {
            llm_check(&r, &t, c->name, c->want, 4);
            if (!CHECK_STR(r.calls.items[0].class_name, c->class_name))
                printf("# %s\n", c->name);
            snprintf(unseen, sizeof unseen, "; %d identifiers were not seen",
                     c->n_unseen);
            CHECK(c->n_unseen ? strstr(r.outcome.why, unseen) != NULL
                              : !r.outcome.why[0]);
            CHECK_EQ_INT(r.outcome.status, strcmp(c->class_name, "ok") == 0
                                               ? RKB_QUERY_OK
                                               : RKB_QUERY_REPAIRED);
        }
        llm_done(&r);
    }
    fixture_done();
}

/* Two windows of three over five: the second sees what the first made. */
static void windows_follow_each_other(void)
{
    static const uint32_t want[] = { 4, 0, 1, 3, 2 };
    struct tape t;
    struct llm_run r;
    char spec[400];

    tape_open(&t);
    tape_answer(&t, "", 1, "q|A:d2|B:d3|C:d4 [",
                "{\"text\":\"C\",\"tokens\":" ONE(
                    "[\"C\",-1],[\"B\",-2],[\"A\",-3]") "}");
    tape_answer(&t, "", 2, "q|A:d0|B:d1|C:d4 [",
                "{\"text\":\"C\",\"tokens\":" ONE(
                    "[\"C\",-1],[\"A\",-2],[\"B\",-3]") "}");
    snprintf(spec, sizeof spec, "first(window=3,stride=2,template='%s'",
             letter_template());
    if (tape_rerank(&t, &r, spec, 5))
        llm_check(&r, &t, "two windows", want, 5);
    llm_done(&r);
    fixture_done();
}

static void an_answer_without_logprobs_is_an_error(void)
{
    struct tape t;
    struct llm_run r;
    char spec[400];

    tape_open(&t);
    tape_text(&t, "", 1, NULL, "[C] > [A]");
    snprintf(spec, sizeof spec, "first(template='%s'", letter_template());
    if (tape_rerank(&t, &r, spec, 3)) {
        CHECK_EQ_INT(r.rc, RKB_E_DATA);
        CHECK(strstr(r.err.msg, "no logprobs") != NULL);
    }
    llm_done(&r);
    fixture_done();
}

/* Who renders the turn must let us go on in it. */
static void a_closed_turn_refuses_the_bracket(void)
{
    struct rkb_arena arena = { 0 };
    const struct rkb_env env = { .arena = &arena };
    struct rkb_buf identity = { 0 };
    struct rkb_reranker row;
    struct rkb_err err = { 0 };

    if (CHECK_EQ_INT(
            rkb_reranker_open(&row,
                              rkb_sv_of("first(server='http://127.0.0.1:1',"
                                        "dialect=openai)"),
                              &env, &err),
            RKB_OK)) {
        CHECK_EQ_INT(row.def->probe(row.self, &identity, NULL, &err),
                     RKB_E_USAGE);
        CHECK(strstr(err.msg, "first cannot go on from \"[\"") != NULL);
        rkb_reranker_close(&row);
    }
    rkb_buf_release(&identity);
    rkb_arena_release(&arena);
}

TESTS(TEST(letters_are_read_where_they_stand), TEST(windows_follow_each_other),
      TEST(an_answer_without_logprobs_is_an_error),
      TEST(a_closed_turn_refuses_the_bracket))
