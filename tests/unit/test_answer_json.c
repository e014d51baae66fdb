/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/answer_json.h"
#include "harness/llm/dialect.h"
#include "tests/tap.h"

static struct rkb_arena arena;

static const char *write_it(const struct rkb_ask *ask,
                            const struct rkb_answer *answer)
{
    struct rkb_buf b = { 0 };
    const char *text;

    rkb_answer_write(ask, answer, &b);
    text = rkb_arena_cstr(&arena, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return text;
}

static enum rkb_status read_it(const struct rkb_ask *ask, const char *text,
                               struct rkb_answer *out)
{
    const struct rkb_json *json;
    struct rkb_err err;

    if (rkb_json_parse(&arena, rkb_sv_of(text), &json, &err))
        return RKB_E_DATA;
    return rkb_answer_read(&arena, ask, json, out, &err);
}

static void texts_tokens_and_counts_read_back_the_same(void)
{
    static const struct rkb_alt alts[] = { { { "A", 1 }, -0.25 },
                                           { { " B", 2 }, -2.5 } };
    static const struct rkb_token tokens[] = {
        { { "[", 1 }, 0, false, NULL, 0, 0 },
        { { "A", 1 }, -0.25, true, alts, 2, 1 },
    };
    const struct rkb_ask ask = { .kind = RKB_ASK_COMPLETE };
    struct rkb_answer answer, back;
    const char *text;

    rkb_answer_init(&answer);
    answer.text = rkb_sv_of("[A");
    answer.reasoning = rkb_sv_of("hm \"quoted\"\n");
    answer.finish = RKB_FINISH_LENGTH;
    answer.tokens = tokens;
    answer.n_tokens = 2;
    answer.n_echoed = 1;
    answer.prompt_tokens = 12;
    answer.output_tokens = 0;
    answer.model = rkb_sv_of("m@1");
    text = write_it(&ask, &answer);
    CHECK_STR(text, "{\"text\":\"[A\",\"reasoning\":\"hm \\\"quoted\\\"\\n\","
                    "\"finish\":\"length\",\"tokens\":[[\"[\",null,[],0],"
                    "[\"A\",-0.25,[[\"A\",-0.25],[\" B\",-2.5]],1]],"
                    "\"echoed\":1,\"prompt_tokens\":12,\"output_tokens\":0,"
                    "\"model\":\"m@1\"}");
    if (!CHECK_EQ_INT(read_it(&ask, text, &back), RKB_OK))
        return;
    CHECK_STR(write_it(&ask, &back), text);
    CHECK_EQ_INT(back.cached_tokens, -1);
    CHECK_EQ_INT(back.finish, RKB_FINISH_LENGTH);
    rkb_arena_release(&arena);
}

static void scores_read_back_with_their_gaps(void)
{
    double scores[] = { 0.5, 0, -3 };
    uint8_t scored[] = { 1, 0, 1 };
    const struct rkb_ask ask = { .kind = RKB_ASK_RERANK, .n_docs = 3 };
    struct rkb_answer answer, back;

    rkb_answer_init(&answer);
    answer.scores = scores;
    answer.scored = scored;
    CHECK_STR(write_it(&ask, &answer), "{\"scores\":[0.5,null,-3]}");
    if (CHECK_EQ_INT(read_it(&ask, write_it(&ask, &answer), &back), RKB_OK)) {
        CHECK(back.scored[0] && !back.scored[1] && back.scored[2]);
        CHECK_NEAR(back.scores[2], -3, 0);
    }
    rkb_arena_release(&arena);
}

static void vectors_read_back(void)
{
    static const float vectors[] = { 1, 0.5, -2, 3 };
    const struct rkb_ask ask = { .kind = RKB_ASK_EMBED, .n_docs = 2 };
    struct rkb_answer answer, back;

    rkb_answer_init(&answer);
    answer.vectors = vectors;
    answer.n_dims = 2;
    if (CHECK_EQ_INT(read_it(&ask, write_it(&ask, &answer), &back), RKB_OK)) {
        CHECK_EQ_INT(back.n_dims, 2);
        CHECK(memcmp(back.vectors, vectors, sizeof vectors) == 0);
    }
    rkb_arena_release(&arena);
}

static void what_is_no_answer_to_the_ask_is_refused(void)
{
    static const struct {
        enum rkb_ask_kind kind;
        const char *text;
    } rows[] = {
        { RKB_ASK_CHAT, "[]" },
        { RKB_ASK_CHAT, "{\"text\":1}" },
        { RKB_ASK_CHAT, "{\"finish\":\"never\"}" },
        { RKB_ASK_CHAT, "{\"tokens\":[[\"a\",1]]}" },
        { RKB_ASK_CHAT, "{\"tokens\":[[\"a\",\"x\",[],0]]}" },
        { RKB_ASK_CHAT, "{\"tokens\":[[\"a\",-1,[[\"b\"]],0]]}" },
        { RKB_ASK_CHAT, "{\"tokens\":[],\"echoed\":1}" },
        { RKB_ASK_CHAT, "{\"prompt_tokens\":-1}" },
        { RKB_ASK_RERANK, "{}" },
        { RKB_ASK_RERANK, "{\"scores\":[1]}" },
        { RKB_ASK_RERANK, "{\"scores\":[1,\"2\"]}" },
        { RKB_ASK_RERANK, "{\"scores\":[1,1e999]}" },
        { RKB_ASK_EMBED, "{\"vectors\":[1,2,3],\"dims\":2}" },
        { RKB_ASK_EMBED, "{\"vectors\":[1,2,3,1e300],\"dims\":2}" },
        { RKB_ASK_EMBED, "{\"vectors\":[],\"dims\":0}" },
        { RKB_ASK_TOKENIZE, "{}" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const struct rkb_ask ask = { .kind = rows[i].kind, .n_docs = 2 };
        struct rkb_answer out;

        if (!CHECK_EQ_INT(read_it(&ask, rows[i].text, &out), RKB_E_DATA))
            printf("# %s\n", rows[i].text);
    }
    rkb_arena_release(&arena);
}

TESTS(TEST(texts_tokens_and_counts_read_back_the_same),
      TEST(scores_read_back_with_their_gaps), TEST(vectors_read_back),
      TEST(what_is_no_answer_to_the_ask_is_refused))
