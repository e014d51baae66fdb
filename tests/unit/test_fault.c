/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies have the shapes that the servers' sources and documentation give them
 * (METHODS.md 11.4-11.9); names and numbers are ours. */
#include "harness/llm/dialect.h"
#include "tests/tap.h"

enum {
    AGAIN = RKB_FAULT_AGAIN,
    QUERY = RKB_FAULT_QUERY,
    LONG = RKB_FAULT_CONTEXT,
    MANY = RKB_FAULT_BATCH,
    RUN = RKB_FAULT_RUN
};

struct row {
    const char *server;
    int http, kind;
    long long limit, asked;
    const char *body;
    const char *msg; /* part of the message; NULL: not looked at */
};

static void check(const struct row *r)
{
    struct rkb_fault f;

    rkb_fault_read(r->http, rkb_sv_of(r->body), &f);
    if (!CHECK_EQ_INT(f.kind, r->kind) | !CHECK_EQ_INT(f.limit, r->limit) |
        !CHECK_EQ_INT(f.asked, r->asked) |
        !CHECK(f.msg[0] && (!r->msg || strstr(f.msg, r->msg))))
        printf("# of %s: '%s'\n", r->server, f.msg);
}

static const struct row too_long[] = {
    { "OpenAI chat", 400, LONG, 8192, 9001,
      "{\"error\":{\"message\":\"This model's maximum context length is "
      "8192 tokens. However, your messages resulted in 9001 tokens. "
      "Please reduce the length of the messages.\",\"type\":"
      "\"invalid_request_error\",\"param\":\"messages\",\"code\":"
      "\"context_length_exceeded\"}}",
      "maximum context length" },
    { "OpenAI completions", 400, LONG, 4097, 4231,
      "{\"error\":{\"message\":\"This model's maximum context length is "
      "4097 tokens, however you requested 4231 tokens (3975 in your "
      "prompt; 256 for the completion).\",\"code\":null}}",
      NULL },
    { "OpenAI, by the code alone", 400, LONG, -1, -1,
      "{\"error\":{\"message\":\"no\",\"code\":"
      "\"context_length_exceeded\"}}",
      "no" },
    { "OpenAI, over the minute's tokens in one", 429, LONG, 30000, 35000,
      "{\"error\":{\"message\":\"Request too large for m on tokens per "
      "min (TPM): Limit 30000, Requested 35000.\",\"type\":\"tokens\","
      "\"code\":\"rate_limit_exceeded\"}}",
      NULL },
    { "older vLLM, flat", 400, LONG, 4096, 4100,
      "{\"object\":\"error\",\"message\":\"This model's maximum context "
      "length is 4096 tokens. However, you requested 4100 tokens (4000 "
      "in the messages, 100 in the completion).\",\"type\":"
      "\"BadRequestError\",\"param\":null,\"code\":400}",
      NULL },
    { "newer vLLM", 400, LONG, 4096, 5000,
      "{\"error\":{\"message\":\"You passed 5000 input tokens and "
      "requested 100 output tokens. However, the model's context length "
      "is only 4096 tokens.\",\"type\":\"BadRequestError\",\"code\":400}}",
      NULL },
    { "vLLM, max_tokens", 400, LONG, 4096, 5000,
      "{\"error\":{\"message\":\"'max_tokens' or 'max_completion_tokens' "
      "is too large: 5000. This model's maximum context length is 4096 "
      "tokens and your request has 20 input tokens.\",\"code\":400}}",
      NULL },
    { "vLLM, model length", 400, LONG, 2048, 2060,
      "{\"error\":{\"message\":\"The decoder prompt (length 2060) is "
      "longer than the maximum model length of 2048.\",\"code\":400}}",
      NULL },
    { "llama.cpp, with numbers", 400, LONG, 8192, 9000,
      "{\"error\":{\"code\":400,\"message\":\"request (9000 tokens) "
      "exceeds the available context size (8192 tokens)\",\"type\":"
      "\"exceed_context_size_error\",\"n_prompt_tokens\":9000,\"n_ctx\":"
      "8192}}",
      NULL },
    { "llama.cpp, in words only", 400, LONG, 8192, 9000,
      "{\"error\":{\"code\":400,\"message\":\"request (9000 tokens) "
      "exceeds the available context size (8192 tokens), try increasing "
      "it\",\"type\":\"invalid_request_error\"}}",
      NULL },
    { "llama.cpp, rerank", 500, LONG, 512, 700,
      "{\"error\":{\"code\":500,\"message\":\"input (700 tokens) is too "
      "large to process. increase the physical batch size (current batch "
      "size: 512)\",\"type\":\"server_error\"}}",
      NULL },
    { "SGLang", 400, LONG, 4096, 5000,
      "{\"object\":\"error\",\"message\":\"The input (5000 tokens) is "
      "longer than the model's context length (4096 tokens).\",\"type\":"
      "\"BadRequestError\",\"code\":400}",
      NULL },
    { "SGLang, sum", 400, LONG, 4096, 5000,
      "{\"error\":{\"message\":\"Requested token count exceeds the "
      "model's maximum context length of 4096 tokens. You requested a "
      "total of 5000 tokens: 4000 tokens from the input messages and "
      "1000 tokens for the completion.\"}}",
      NULL },
    { "TEI", 413, LONG, 512, 600,
      "{\"error\":\"`inputs` must have less than 512 tokens. Given: "
      "600\",\"error_type\":\"Validation\"}",
      NULL },
    { "TGI", 422, LONG, 4096, 4200,
      "{\"error\":\"Input validation error: `inputs` tokens + "
      "`max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and "
      "200 `max_new_tokens`\",\"error_type\":\"validation\"}",
      NULL },
    { "Ollama", 400, LONG, -1, -1,
      "{\"error\":\"the input length exceeds the context length\"}", NULL },
    { "Anthropic-like", 400, LONG, 200000, 210000,
      "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
      "\"message\":\"prompt is too long: 210000 tokens > 200000 "
      "maximum\"}}",
      NULL },
    { "Gemini", 400, LONG, 1048576, 1200000,
      "[{\"error\":{\"code\":400,\"message\":\"The input token count "
      "(1200000) exceeds the maximum number of tokens allowed "
      "(1048576).\"}}]",
      NULL },
    { "Mistral", 400, LONG, 32768, 40000,
      "{\"object\":\"error\",\"message\":\"Prompt contains 40000 tokens "
      "and 0 draft tokens, too large for model with 32768 maximum "
      "context length\",\"type\":\"invalid_request_error\"}",
      NULL },
    { "Cohere", 400, LONG, 4081, 5000,
      "{\"message\":\"too many tokens: total number of tokens in the "
      "prompt cannot exceed 4081 - received 5000.\"}",
      NULL },
    { "node-llama-cpp server", 400, LONG, 8192, 8250,
      "{\"error\":{\"message\":\"the prompt (8150 tokens) and max_tokens "
      "(100) exceed the context size (8192)\",\"code\":400}}",
      NULL },
    { "numbers with commas", 400, LONG, 128000, 204308,
      "maximum context length is 128,000 tokens, you requested 204,308", NULL },
};

static void too_long_is_known_in_each_servers_words(void)
{
    for (size_t i = 0; i < sizeof(too_long) / sizeof(too_long[0]); i++)
        check(&too_long[i]);
}

static void too_many_documents_are_to_be_split(void)
{
    static const struct row rows[] = {
        { "TEI", 413, MANY, 32, 40,
          "{\"error\":\"batch size 40 > maximum allowed batch size 32\","
          "\"error_type\":\"Validation\"}",
          "batch size 40" },
        { "TEI, OpenAI's route", 413, MANY, 32, 40,
          "{\"message\":\"batch size 40 > maximum allowed batch size 32\","
          "\"code\":413,\"type\":\"Validation\"}",
          NULL },
        { "a proxy", 413, MANY, -1, -1,
          "<html><head><title>413 Request Entity Too Large</title></head>",
          "Request Entity Too Large" },
        { "Cohere", 400, MANY, -1, -1,
          "{\"message\":\"too many documents, max is 1000\"}", NULL },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(&rows[i]);
}

static void what_no_other_ask_gets_past_stops_the_run(void)
{
    static const struct row rows[] = {
        { "key", 401, RUN, -1, -1,
          "{\"error\":{\"message\":\"Incorrect API key provided: sk-x\","
          "\"code\":\"invalid_api_key\"}}",
          "Incorrect API key" },
        { "vLLM's key", 401, RUN, -1, -1, "{\"error\":\"Unauthorized\"}",
          "Unauthorized" },
        { "quota", 429, RUN, -1, -1,
          "{\"error\":{\"message\":\"You exceeded your current quota\","
          "\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}",
          NULL },
        { "model", 404, RUN, -1, -1,
          "{\"object\":\"error\",\"message\":\"The model `x` does not "
          "exist.\",\"type\":\"NotFoundError\",\"code\":404}",
          NULL },
        { "Ollama's model", 404, RUN, -1, -1,
          "{\"error\":\"model 'x' not found\"}", NULL },
        { "model as a bad request", 400, RUN, -1, -1,
          "{\"error\":{\"message\":\"x is not a valid model ID, model x not "
          "found\",\"code\":400}}",
          NULL },
        { "route", 404, RUN, -1, -1, "{\"detail\":\"Not Found\"}",
          "Not Found" },
        { "no reranker (llama.cpp)", 501, RUN, -1, -1,
          "{\"error\":{\"code\":501,\"message\":\"This server does not "
          "support reranking. Start it with `--reranking`\",\"type\":"
          "\"not_supported_error\"}}",
          NULL },
        { "no reranker (TEI)", 424, RUN, -1, -1,
          "{\"error\":\"model is not a re-ranker model\",\"error_type\":"
          "\"backend\"}",
          NULL },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(&rows[i]);
}

static void what_may_pass_is_tried_again(void)
{
    static const struct row rows[] = {
        { "rate", 429, AGAIN, -1, -1,
          "{\"error\":{\"message\":\"Rate limit reached for m\",\"type\":"
          "\"requests\",\"code\":\"rate_limit_exceeded\"}}",
          NULL },
        { "TEI busy", 429, AGAIN, -1, -1,
          "{\"error\":\"Model is overloaded\",\"error_type\":"
          "\"Overloaded\"}",
          NULL },
        { "llama.cpp loads", 503, AGAIN, -1, -1,
          "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":"
          "\"unavailable_error\"}}",
          "Loading model" },
        { "a proxy's page", 502, AGAIN, -1, -1,
          "<html>\r\n<head><title>502 Bad Gateway</title></head></html>",
          "502 Bad Gateway" },
        { "nothing", 500, AGAIN, -1, -1, "", "no word" },
        { "529", 529, AGAIN, -1, -1,
          "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\","
          "\"message\":\"Overloaded\"}}",
          NULL },
        { "an error in a stream", 200, AGAIN, -1, -1,
          "{\"error\":{\"message\":\"engine died\",\"code\":500}}", NULL },
        { "an error in a stream, without a code", 200, AGAIN, -1, -1,
          "{\"error\":\"boom\"}", "boom" },
        { "cut JSON", 503, AGAIN, -1, -1, "{\"error\":{\"mess", "{\"error" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(&rows[i]);
}

static void a_bad_request_fails_its_query(void)
{
    static const struct row rows[] = {
        { "OpenAI", 400, QUERY, -1, -1,
          "{\"error\":{\"message\":\"Invalid value for 'top_logprobs'\","
          "\"code\":null}}",
          NULL },
        { "FastAPI", 422, QUERY, -1, -1,
          "{\"detail\":[{\"loc\":[\"body\",\"prompt\"],\"msg\":\"field "
          "required\",\"type\":\"missing\"}]}",
          "field required" },
        { "in a stream", 200, QUERY, -1, -1,
          "{\"error\":{\"message\":\"bad\",\"code\":400}}", NULL },
        { "nothing", 400, QUERY, -1, -1, "", NULL },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(&rows[i]);
}

static void a_message_is_short_and_printable(void)
{
    char body[2000];
    struct rkb_fault f;

    memset(body, 'x', sizeof(body));
    memcpy(body + 100, "\x1b[2J\xff", 5);
    rkb_fault_read(500, (rkb_sv){ body, sizeof(body) }, &f);
    CHECK_EQ_INT(strlen(f.msg), sizeof(f.msg) - 1);
    CHECK(!strchr(f.msg, '\x1b') && rkb_sv_is_utf8(rkb_sv_of(f.msg), NULL));
}

static void a_long_body_is_read_at_its_head(void)
{
    static char body[10000];
    struct rkb_fault f;

    memset(body, 'x', sizeof(body));
    memcpy(body + 9000, "insufficient_quota", 18);
    rkb_fault_read(429, (rkb_sv){ body, sizeof(body) }, &f);
    CHECK_EQ_INT(f.kind, AGAIN);
    memcpy(body + 4000, "insufficient_quota", 18);
    rkb_fault_read(429, (rkb_sv){ body, sizeof(body) }, &f);
    CHECK_EQ_INT(f.kind, RUN);
}

TESTS(TEST(too_long_is_known_in_each_servers_words),
      TEST(too_many_documents_are_to_be_split),
      TEST(what_no_other_ask_gets_past_stops_the_run),
      TEST(what_may_pass_is_tried_again), TEST(a_bad_request_fails_its_query),
      TEST(a_message_is_short_and_printable),
      TEST(a_long_body_is_read_at_its_head))
