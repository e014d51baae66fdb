/* SPDX-License-Identifier: Apache-2.0 */
/* The model server of tests/mock: other tests rely on what it says. Expected
 * values are worked out from mock_model.h. */
#include "tests/mock/mock.h"

#include "base/arena.h"
#include "base/io/http.h"
#include "base/io/json.h"
#include "tests/tap.h"

struct asked {
    struct mock *mock;
    struct rkb_http_lane *lane;
    struct rkb_arena arena;
    struct rkb_http_reply reply;
    const struct rkb_json *json; /* NULL: not JSON */
};

static void ask(struct asked *a, const char *settings, const char *path,
                const char *body)
{
    char script[256], url[256];
    struct rkb_err err = { 0 };
    struct rkb_http_request r = { .url = url,
                                  .method = body ? "POST" : "GET",
                                  .body = rkb_sv_of(body) };

    *a = (struct asked){ 0 };
    snprintf(script, sizeof(script), "on\n model %s\n", settings);
    a->mock = mock_open_script(script);
    snprintf(url, sizeof(url), "%s%s", mock_url(a->mock), path);
    if (!CHECK(rkb_http_open(&a->lane, &err) == RKB_OK) ||
        !CHECK(rkb_http_send(a->lane, &r, &a->reply, &err) == RKB_OK)) {
        printf("# %s\n", err.msg);
        return;
    }
    if (rkb_json_parse(&a->arena, a->reply.body, &a->json, &err))
        a->json = NULL;
}

static void asked_done(struct asked *a)
{
    rkb_http_close(a->lane);
    mock_close(a->mock);
    rkb_arena_release(&a->arena);
}

static bool says(const struct asked *a, const char *text)
{
    bool ok = memmem(a->reply.body.at, a->reply.body.len, text, strlen(text));

    if (!ok)
        printf("# no %s in\n# %.*s\n", text, (int)a->reply.body.len,
               a->reply.body.at);
    return ok;
}

/* Overlap with "red fox": 0, 1/2, 1. */
#define WINDOW                                                               \
    "{\"messages\":[{\"role\":\"system\",\"content\":\"rank by query\"},"    \
    "{\"role\":\"user\",\"content\":\"for the Search Query: red fox.\\n[1] " \
    "a dog\\n[2] The FOX!\\n[3] red, a fox\\nSearch Query: red fox.\"}]"
#define LETTERS                                                              \
    "\"prompt\":\"Query: red fox\\nPassage A: fox\\nPassage B: a\\nPassage " \
    "C: red fox\\nAnswer: [\""

static const struct {
    const char *settings, *path, *body, *want;
} rows[] = {
    { "", "/v1/chat/completions", WINDOW "}",
      "\"content\":\"[3] > [2] > [1]\"" },
    { "answer=same", "/v1/chat/completions", WINDOW "}",
      "\"content\":\"[1] > [2] > [3]\"" },
    { "answer=reverse", "/chat/completions", WINDOW "}",
      "\"content\":\"[3] > [2] > [1]\"" },
    { "answer=2,9,1", "/v1/chat/completions", WINDOW "}",
      "\"content\":\"[2] > [9] > [1]\"" },
    { "answer=best", "/v1/chat/completions", WINDOW "}", "\"content\":\"3\"" },
    { "answer=last", "/v1/chat/completions", WINDOW "}", "\"content\":\"3\"" },
    { "answer=first", "/v1/chat/completions", WINDOW "}", "\"content\":\"1\"" },
    { "", "/v1/chat/completions", WINDOW ",\"max_tokens\":4}",
      "\"content\":\"[3] >\"}" },
    { "", "/v1/chat/completions", WINDOW ",\"max_tokens\":4}",
      "\"finish_reason\":\"length\"" },
    { "", "/v1/completions", "{" LETTERS ",\"max_tokens\":1}",
      "\"text\":\"C\"" },
    { "", "/v1/completions", "{" LETTERS ",\"max_tokens\":1}",
      "\"text\":\"C\",\"logprobs\":null,\"finish_reason\":\"length\"" },
    { "", "/v1/completions", "{" LETTERS ",\"max_tokens\":99}",
      "\"text\":\"C] > [A] > [B]\"" },
    { "context=20", "/v1/chat/completions", WINDOW ",\"max_tokens\":9}",
      "This model's maximum context length is 20 tokens" },
    { "batch=2", "/rerank",
      "{\"query\":\"fox\",\"texts\":[\"a\",\"b\",\"fox\"]}",
      "batch size 3 > maximum allowed batch size 2" },
    { "", "/rerank", "{\"query\":\"fox\",\"texts\":[\"a\",\"fox\"]}",
      "[{\"index\":1,\"score\":0.75},{\"index\":0,\"score\":0.25}]" },
    { "", "/v2/rerank",
      "{\"query\":\"fox\",\"documents\":[\"a\",\"fox\"],\"top_n\":1}",
      "\"results\":[{\"index\":1,\"relevance_score\":0.75}]" },
    { "", "/tokenize", "{\"prompt\":\"[A] is\"}", "\"count\":4" },
    { "", "/tokenize", "{\"prompt\":\"[A] is\",\"return_token_strs\":true}",
      "\"token_strs\":[\"[\",\"A\",\"]\",\" is\"]" },
    { "", "/apply-template",
      "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
      "{\"prompt\":\"<|user|>\\nx\\n<|assistant|>\\n\"}" },
    { "context=99", "/v1/models", NULL, "\"max_model_len\":99" },
    { "", "/nowhere", "{}", "no such route" },
    { "", "/v1/chat/completions", "{", "bad JSON" },
};

static void what_it_says_is_what_its_manual_says(void)
{
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct asked a;

        ask(&a, rows[i].settings, rows[i].path, rows[i].body);
        CHECK(a.json);
        CHECK(says(&a, rows[i].want));
        asked_done(&a);
    }
}

static double logprob_at(const struct rkb_json *alts, size_t i,
                         const char *want)
{
    const struct rkb_json *alt = alts ? alts->child : NULL;
    double value = 1;
    rkb_sv text = { 0 };

    while (alt && i--)
        alt = alt->next;
    CHECK(rkb_json_string(rkb_json_get(alt, "token"), &text));
    CHECK(rkb_sv_is(text, want));
    CHECK(rkb_json_double(rkb_json_get(alt, "logprob"), &value));
    return value;
}

/* Softmax of 4 * (1, 1/2, 0): 0.8668133, 0.1173104, 0.0158762; by python3. */
static void labels_have_the_softmax_of_their_overlap(void)
{
    struct asked a;
    const struct rkb_json *alts;

    ask(&a, "answer=first", "/v1/chat/completions",
        WINDOW ",\"logprobs\":true,\"top_logprobs\":20}");
    alts = rkb_json_get(a.json, "choices");
    alts = rkb_json_get(alts ? alts->child : NULL, "logprobs");
    alts = rkb_json_get(alts, "content");
    alts = rkb_json_get(alts ? alts->child : NULL, "top_logprobs");
    CHECK_NEAR(exp(logprob_at(alts, 0, "3")), 0.8668133, 1e-7);
    CHECK_NEAR(exp(logprob_at(alts, 1, "2")), 0.1173104, 1e-7);
    CHECK_NEAR(exp(logprob_at(alts, 2, "1")), 0.0158762, 1e-7);
    asked_done(&a);
    ask(&a, "", "/v1/completions",
        "{" LETTERS ",\"max_tokens\":1,\"logprobs\":2}");
    CHECK(says(&a, "\"tokens\":[\"C\"]"));
    CHECK(says(&a, "\"top_logprobs\":[{\"C\":-0.14293"));
    CHECK(!memmem(a.reply.body.at, a.reply.body.len, "\"B\":", 4));
    asked_done(&a);
}

/* One word of two: (1 + 0.5) / 3. */
static void yes_and_no_have_the_share_of_the_words(void)
{
    struct asked a;

    ask(&a, "answer=yesno", "/v1/completions",
        "{\"prompt\":\"Query: red fox Document: a fox Relevant: \","
        "\"logprobs\":5}");
    CHECK(says(&a, "\"yes\":-0.693147180559945"));
    CHECK(says(&a, "\"no\":-0.693147180559945"));
    asked_done(&a);
}

static void a_stream_says_the_same_in_pieces(void)
{
    struct asked a;

    ask(&a, "answer=2,1", "/v1/chat/completions",
        WINDOW ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}");
    CHECK(rkb_sv_is(rkb_http_header(&a.reply, "content-type"),
                    "text/event-stream"));
    CHECK(says(&a, "\"delta\":{\"role\":\"assistant\",\"content\":\" >\"}"));
    CHECK(says(&a, "\"finish_reason\":\"stop\"}]}\n\n"));
    CHECK(says(&a, "\"choices\":[],\"usage\":"));
    CHECK(says(&a, "\"completion_tokens\":7"));
    CHECK(rkb_sv_ends(a.reply.body, "data: [DONE]\n\n"));
    asked_done(&a);
}

static void vectors_have_length_one(void)
{
    struct asked a;
    const struct rkb_json *v;
    double sum = 0, x;

    ask(&a, "", "/v1/embeddings", "{\"input\":[\"a fox\",\"fox a\"]}");
    v = rkb_json_get(a.json, "data");
    v = rkb_json_get(v ? v->child : NULL, "embedding");
    CHECK(v && v->n_children == 64);
    for (v = v ? v->child : NULL; v; v = v->next) {
        CHECK(rkb_json_double(v, &x));
        sum += x * x;
    }
    CHECK_NEAR(sum, 1, 1e-6);
    asked_done(&a);
}

TESTS(TEST(what_it_says_is_what_its_manual_says),
      TEST(labels_have_the_softmax_of_their_overlap),
      TEST(yes_and_no_have_the_share_of_the_words),
      TEST(a_stream_says_the_same_in_pieces), TEST(vectors_have_length_one))
