/* SPDX-License-Identifier: Apache-2.0 */
/* Pointwise rows: from the tokens of an answer to a score, by hand. */
#include "tests/llm_fixture.h"

static const char *point_template(void)
{
    return fixture_text("point.yaml", "method: pointwise\n"
                                      "body: \"{query}|{doc_content}\"\n");
}

struct reading {
    const char *name, *options;
    const char *answer; /* to d0; d1 is answered with `other` */
    const char *other;
    double score; /* NaN: none */
    const char *class_name;
};

#define TOKEN(text, logprob, alts) "[\"" text "\"," logprob ",[" alts "],-1]"
#define TOKENS(list) "{\"text\":\"x\",\"tokens\":[" list "]}"

static const struct reading readings[] = {
    /* METHODS.md A.5 */
    { "yes against no", "value=probability",
      TOKENS(TOKEN("yes", "-0.2", "[\"yes\",-0.2],[\"no\",-1.9]")), NULL,
      0.845534734916465, "ok" },
    { "as log-odds", "value=logit",
      TOKENS(TOKEN("yes", "-0.2", "[\"yes\",-0.2],[\"no\",-1.9]")), NULL, 1.7,
      "ok" },
    { "spellings are added", "combine=sum",
      TOKENS(TOKEN("yes", "-1",
                   "[\"yes\",-1],[\" Yes\",-2],[\"YES\",-3],[\"no\",-2]")),
      NULL, 1.40760596444438, "ok" }, /* log(e^-1 + e^-2 + e^-3) + 2 */
    { "or the likeliest taken", "combine=max",
      TOKENS(TOKEN("yes", "-1",
                   "[\"yes\",-1],[\" Yes\",-2],[\"YES\",-3],[\"no\",-2]")),
      NULL, 1, "ok" },
    { "one label alone is bounded by the least that was shown", "value=logit",
      TOKENS(TOKEN("no", "-0.1", "[\"no\",-0.1],[\"maybe\",-5],[\"x\",-7]")),
      NULL, -6.9, "one_label" },
    { "neither label", "value=logit",
      TOKENS(TOKEN("maybe", "-0.1", "[\"maybe\",-0.1],[\"x\",-7]")), NULL, NAN,
      "no_label" },
    { "no tokens", "value=logit", "{\"text\":\"yes\"}", NULL, NAN, "no_label" },
    { "blanks count where they are said to",
      "spelling=exact,yes=' true',no=' false',read=last",
      TOKENS(TOKEN("x", "-1", "") "," TOKEN(
          " true", "-0.5", "[\" true\",-0.5],[\"true\",-0.1],[\" false\",-3]")),
      NULL, 2.5, "ok" },
    { "behind the thought", "read=after-think",
      TOKENS(TOKEN("yes", "-9", "[\"no\",-0.1]") "," TOKEN(
          "</think>", "-1",
          "") "," TOKEN("\\n\\n", "-1",
                        "") "," TOKEN("yes", "-0.2",
                                      "[\"yes\",-0.2],[\"no\",-1.9]")),
      NULL, 1.7, "ok" },
    { "a thought that never ends", "read=after-think",
      "{\"text\":\"x\",\"finish\":\"length\",\"tokens\":[[\"yes\",-1,[],-1]]}",
      NULL, NAN, "truncated" },
    /* ERank: s times the probability of s */
    { "an integer times its probability", "mode=scale,read=after-tag",
      TOKENS(TOKEN("<answer>", "-0.1", "") "," TOKEN(
          "8", "-0.5108256237659907", "[\"8\",-0.51],[\"7\",-1.2]")),
      NULL, 4.8, "ok" },
    { "ten in two tokens is a product", "mode=scale,read=after-tag",
      TOKENS(TOKEN("<answer>", "0",
                   "") "," TOKEN("1", "-0.2231435513142097",
                                 "") "," TOKEN("0", "-0.6931471805599453",
                                               "") "," TOKEN("</", "0", "")),
      NULL, 4, "ok" }, /* 10 x 0.8 x 0.5 */
    { "nothing is nothing", "mode=scale,read=after-tag",
      TOKENS(TOKEN("<answer>", "0", "") "," TOKEN("0", "-0.1", "")), NULL, 0,
      "ok" },
    { "eleven is no score of ten", "mode=scale,read=after-tag",
      TOKENS(TOKEN("<answer>", "0", "") "," TOKEN("11", "-0.1", "")), NULL, NAN,
      "wrong_format" },
    { "no tag", "mode=scale,read=after-tag", TOKENS(TOKEN("8", "-0.1", "")),
      NULL, NAN, "no_answer" },
    /* METHODS.md A.5 */
    { "the mean of the scale", "mode=expected,read=after-tag",
      TOKENS(TOKEN("<answer>", "0", "") "," TOKEN(
          "8", "-0.5108256237659907",
          "[\"8\",-0.5108256237659907],[\"7\",-1.2039728043259361],"
          "[\"9\",-2.3025850929940455]")),
      NULL, 7.8, "ok" },
    { "the one of a split ten is shared", "mode=expected,read=after-tag",
      TOKENS(TOKEN("<answer>", "0", "") "," TOKEN(
          "1", "-0.2231435513142097",
          "[\"1\",-0.2231435513142097],[\"9\",-1."
          "6094379124341003]") "," TOKEN("0", "-0.10536051565782628",
                                         "[\"0\",-0."
                                         "10536051565782628],[\"<"
                                         "\",-2."
                                         "3025850929940455]")),
      NULL, 9.08, "ok" }, /* 0.8 (0.9 x 10 + 0.1 x 1) + 0.2 x 9 */
    { "one whole ten", "mode=expected,read=after-tag",
      TOKENS(TOKEN("<answer>", "0", "") "," TOKEN(
          "10", "-0.6931471805599453",
          "[\"10\",-0.6931471805599453],[\"4\",-0.6931471805599453]")),
      NULL, 7, "ok" },
};

static void answers_become_scores(void)
{
    static const char low[] =
        TOKENS(TOKEN("no", "-0.1", "[\"no\",-0.1],[\"yes\",-99]"));

    for (size_t i = 0; i < RKB_COUNT(readings); i++) {
        const struct reading *c = &readings[i];
        struct tape t;
        struct llm_run r;
        char spec[500];

        tape_open(&t);
        tape_answer(&t, "0", 1, "q|d0", c->answer);
        tape_answer(&t, "1", 1, "q|d1", c->other ? c->other : low);
        snprintf(spec, sizeof spec, "pointwise(%s,template='%s'", c->options,
                 point_template());
        if (!tape_rerank(&t, &r, spec, 2))
            continue;
        if (!CHECK_EQ_INT(r.rc, RKB_OK) ||
            !CHECK_EQ_INT(r.scored[0], !isnan(c->score)) ||
            !CHECK(isnan(c->score) || fabs(r.score[0] - c->score) < 1e-9) ||
            !CHECK_STR(r.calls.items[0].class_name, c->class_name))
            printf("# %s: %.15g\n", c->name, r.score[0]);
        llm_done(&r);
    }
    fixture_done();
}

/* What has no score comes behind all that have one, as it came. */
static void what_cannot_be_read_comes_last(void)
{
    static const char *const answers[] = {
        TOKENS(TOKEN("x", "-1", "[\"x\",-1]")),
        TOKENS(TOKEN("no", "-0.1", "[\"no\",-0.1],[\"yes\",-3]")),
        "{\"text\":\"\"}",
        TOKENS(TOKEN("yes", "-0.1", "[\"yes\",-0.1],[\"no\",-3]")),
        TOKENS(TOKEN("no", "-0.1", "[\"no\",-0.1],[\"yes\",-3]")),
    };
    static const uint32_t want[] = { 3, 1, 4, 0, 2 };
    struct tape t;
    struct llm_run r;
    char spec[400];

    tape_open(&t);
    for (size_t i = 0; i < 5; i++)
        tape_answer(&t, tape_at(0, i), 1, NULL, answers[i]);
    snprintf(spec, sizeof spec, "pointwise(template='%s'", point_template());
    if (tape_rerank(&t, &r, spec, 5)) {
        llm_check(&r, &t, "unread", want, 5);
        CHECK_EQ_INT(r.outcome.status, RKB_QUERY_REPAIRED);
        CHECK(strstr(r.outcome.why, "2 of 5 answers") != NULL);
    }
    llm_done(&r);
    fixture_done();
}

/* ---- Rank1 -------------------------------------------------------------------- */

/* The thought is cut behind its last sentence, closed on a line of its own, and
 * one token more is asked for; 0.5 when that too says nothing. */
static void rank1_forces_a_verdict(void)
{
    static const struct {
        const char *first, *second_prompt, *second;
        double score;
        const char *class_name;
    } cases[] = {
        { "{\"text\":\"\\nIt is. Then it\",\"finish\":\"length\",\"tokens\":"
          "[[\" it\",-1,[],-1]]}",
          "q|d0\nIt is.\n</think>",
          TOKENS(TOKEN(" true", "-0.5", "[\" true\",-0.5],[\" false\",-1]")),
          0.5, "forced" },
        { "{\"text\":\"no end\",\"finish\":\"length\",\"tokens\":"
          "[[\" end\",-1,[],-1]]}",
          "q|d0\nno end\n</think>",
          TOKENS(TOKEN(" x", "-0.5", "[\" x\",-0.5]")), 0, "no_label" },
        { "{\"text\":\" So. </think> true\",\"tokens\":[[\" true\",-1,"
          "[[\" true\",-1],[\" maybe\",-2]],-1]]}",
          "q|d0\nSo.\n</think>",
          TOKENS(TOKEN(" true", "-2", "[\" true\",-2],[\" false\",-1]")), -1,
          "forced" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct tape t;
        struct llm_run r;
        char spec[500];

        tape_open(&t);
        tape_answer(&t, "0", 1, "q|d0", cases[i].first);
        tape_answer(&t, "0", 2, cases[i].second_prompt, cases[i].second);
        snprintf(spec, sizeof spec,
                 "pointwise(spelling=exact,yes=' true',no=' false',read=last,"
                 "stop='</think>',force=true,max-tokens=8192,template='%s'",
                 point_template());
        if (tape_rerank(&t, &r, spec, 1) && CHECK_EQ_INT(r.rc, RKB_OK)) {
            CHECK_EQ_INT(r.account.n_calls, 2);
            CHECK(r.scored[0]);
            CHECK_NEAR(r.score[0], cases[i].score, 1e-9);
            CHECK_STR(r.calls.items[1].class_name, cases[i].class_name);
        } else {
            printf("# %s\n", r.err.msg);
        }
        llm_done(&r);
    }
    fixture_done();
}

/* ---- query likelihood ------------------------------------------------------------ */

struct likelihood {
    const char *name, *options, *query, *tokens;
    int n;
    double score; /* NaN: none */
    const char *class_name;
};

static const struct likelihood likelihoods[] = {
    { "a token that straddles the border counts", "mean=false", "big cat",
      "[\"d0\",null,[],0],[\"|big\",-2,[],2],[\" cat\",-3,[],6]", 3, -5, "ok" },
    { "what is before the border does not", "mean=false", "big cat",
      "[\"d0\",null,[],0],[\"|\",-9,[],2],[\"big\",-2,[],3],[\" cat\",-3,[],6]",
      4, -5, "ok" },
    { "the mean", "mean=true", "big cat",
      "[\"d0\",null,[],0],[\"|\",-9,[],2],[\"big\",-2,[],3],[\" cat\",-3,[],6]",
      4, -2.5, "ok" },
    { "offsets count characters, not bytes", "mean=false", "caf\xc3\xa9 au",
      "[\"d0\",null,[],0],[\"|\",-9,[],2],[\"caf\xc3\xa9\",-2,[],3],"
      "[\" au\",-3,[],7]",
      4, -5, "ok" },
    { "without offsets the texts are counted", "mean=false", "caf\xc3\xa9 au",
      "[\"d0\",null,[],-1],[\"|\",-9,[],-1],[\"caf\xc3\xa9\",-2,[],-1],"
      "[\" au\",-3,[],-1]",
      4, -5, "ok" },
    { "tokens that share a character's bytes", "mean=false", "\xc3\xa9 au",
      "[\"d0\",null,[],0],[\"|\",-9,[],2],[\"\",-1,[],3],[\"\xc3\xa9\",-2,[],3]"
      ","
      "[\" au\",-3,[],4]",
      5, -6, "ok" },
    { "the query must be what the prompt ends with", "mean=false", "big cat",
      "[\"d0\",null,[],0],[\"|big\",-2,[],2],[\" dog\",-3,[],6]", 3, NAN,
      "query_not_last" },
    { "a first token has no logprob", "mean=false", "d0", "[\"d0\",null,[],0]",
      1, NAN, "no_echo" },
    { "nothing came back", "mean=false", "big", "[\"x\",-1,[],-1]", 0, NAN,
      "no_echo" },
};

static void the_query_is_scored_token_by_token(void)
{
    for (size_t i = 0; i < RKB_COUNT(likelihoods); i++) {
        const struct likelihood *c = &likelihoods[i];
        const struct rkb_request request = { .qid = rkb_sv_of("1"),
                                             .query = rkb_sv_of(c->query),
                                             .docs = llm_docs(),
                                             .n_docs = 1 };
        const char *template = fixture_text(
            "query.yaml",
            "method: pointwise\nbody: \"{doc_content}|{query}\"\n");
        struct tape t;
        struct llm_run r;
        char spec[500], answer[500];

        tape_open(&t);
        snprintf(answer, sizeof answer,
                 "{\"text\":\"x\",\"tokens\":[%s%s],\"echoed\":%d}", c->tokens,
                 c->n ? ",[\"x\",-7,[],-1]" : "", c->n);
        tape_answer(&t, "0", 1, NULL, answer);
        fclose(t.out);
        snprintf(spec, sizeof spec,
                 "pointwise(mode=query,%s,template='%s',frame=builtin:raw,"
                 "server='replay:%s')",
                 c->options, template, t.path);
        if (llm_rerank(&r, spec, &request) && CHECK_EQ_INT(r.rc, RKB_OK)) {
            if (!CHECK_EQ_INT(r.scored[0], !isnan(c->score)) ||
                !CHECK(isnan(c->score) || fabs(r.score[0] - c->score) < 1e-9) ||
                !CHECK_STR(r.calls.items[0].class_name, c->class_name))
                printf("# %s: %g\n", c->name, r.score[0]);
        } else {
            printf("# %s: %s\n", c->name, r.err.msg);
        }
        llm_done(&r);
    }
    fixture_done();
}

static void a_chat_route_gives_no_likelihood(void)
{
    struct rkb_arena arena = { 0 };
    struct rkb_err err = { 0 };
    struct rkb_reranker row;

    CHECK_EQ_INT(rkb_reranker_read(&row,
                                   rkb_sv_of("pointwise(mode=query,server="
                                             "'http://127.0.0.1:1')"),
                                   &arena, &err),
                 RKB_E_USAGE);
    CHECK(strstr(err.msg, "set frame to a file") != NULL);
    rkb_arena_release(&arena);
}

TESTS(TEST(answers_become_scores), TEST(what_cannot_be_read_comes_last),
      TEST(rank1_forces_a_verdict), TEST(the_query_is_scored_token_by_token),
      TEST(a_chat_route_gives_no_likelihood))
