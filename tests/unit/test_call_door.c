/* SPDX-License-Identifier: Apache-2.0 */
/* The call door as a whole run sees it: prompts that are too long, keys, stops,
 * several URLs, and the end of a run that cannot go well. */
#include "base/io/file.h"
#include "base/par.h"
#include "tests/call_fixture.h"
#include "tests/io_fixture.h"

#define RIGHT                                                             \
    "reply 200 {\"choices\":[{\"message\":{\"content\":\"[3] > [2] > "    \
    "[1]\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9," \
    "\"completion_tokens\":5}}"

/* ---- prompts that are too long ------------------------------------------ */

#define TWELVE "one two three four five six seven eight nine ten eleven twelve "
static const struct rkb_candidate long_docs[] = {
    { .docid = SV("d1"), .text = SV("a dog " TWELVE TWELVE) },
    { .docid = SV("d2"), .text = SV("the fox " TWELVE TWELVE TWELVE) },
    { .docid = SV("d3"), .text = SV("red fox") },
};
static const struct rkb_request long_request = { .qid = SV("q1"),
                                                 .query = SV("red fox"),
                                                 .docs = long_docs,
                                                 .n_docs = 3 };

static const char *const too_long[] = {
    /* OpenAI, vLLM */
    "{\"error\":{\"message\":\"This model's maximum context length is 100 "
    "tokens. However, you requested 110 tokens (90 in the messages, 20 in the "
    "completion).\",\"code\":\"context_length_exceeded\"}}",
    "{\"object\":\"error\",\"message\":\"This model's maximum context length "
    "is 100 tokens. However, your request has 120 input tokens.\","
    "\"type\":\"BadRequestError\",\"code\":400}",
    /* llama.cpp */
    "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available "
    "context size, try increasing it\",\"type\":\"exceed_context_size_error\","
    "\"n_prompt_tokens\":130,\"n_ctx\":100}}",
    /* SGLang */
    "{\"object\":\"error\",\"message\":\"The input (150 tokens) is longer than "
    "the model's context length (100 tokens).\",\"code\":400}",
    /* Anthropic's words, LiteLLM's proxies */
    "{\"error\":{\"message\":\"prompt is too long: 200 tokens > 100 maximum\","
    "\"type\":\"invalid_request_error\"}}",
    /* text-generation-inference */
    "{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` "
    "must be <= 100. Given: 90 `inputs` tokens and 20 `max_new_tokens`\","
    "\"error_type\":\"validation\"}",
    /* Ollama */
    "{\"error\":\"the input length exceeds the context length\"}",
};

static void prompts_shrink_until_they_fit(void)
{
    for (size_t i = 0; i < RKB_COUNT(too_long); i++) {
        char script[1024];
        struct mock *mock;
        struct llm_row row;

        snprintf(script, sizeof script, "on times=2\n reply 400 %s\non\n %s\n",
                 too_long[i], RIGHT);
        mock = mock_open_script(script);
        if (llm_open(&row, "listwise", mock_url(mock), NULL, 1)) {
            llm_ask(&row, &long_request);
            CHECK_EQ_INT(row.rc, RKB_OK);
            CHECK_STR(llm_classes(&row), "context context ok");
            CHECK_STR(llm_order(&row, &long_request), "d3 d2 d1");
            CHECK(row.account.n_truncated >= 1);
            CHECK(mock_request_at(mock, 1)->body.len <
                  mock_request_at(mock, 0)->body.len);
            CHECK(mock_request_at(mock, 2)->body.len <
                  mock_request_at(mock, 1)->body.len);
        }
        if (tap_bad)
            printf("# %s\n# %s\n", too_long[i], row.err.msg);
        llm_close(&row);
        mock_close(mock);
    }
}

static void a_prompt_that_never_fits_is_named(void)
{
    for (size_t i = 0; i < RKB_COUNT(too_long); i++) {
        char script[1024];
        struct mock *mock;
        struct llm_row row;

        snprintf(script, sizeof script, "on\n reply 400 %s\n", too_long[i]);
        mock = mock_open_script(script);
        if (llm_open(&row, "listwise", mock_url(mock), NULL, 1)) {
            llm_ask(&row, &long_request);
            CHECK_EQ_INT(row.rc, RKB_E_LIMIT);
            llm_says(row.err.msg, "does not fit|with 10 words a passage");
            /* a word less each time at the slowest: 38 to 10 */
            CHECK(mock_n_requests(mock) <= 29);
        }
        llm_close(&row);
        mock_close(mock);
    }
}

/* ---- keys ----------------------------------------------------------------- */

#define KEY "sk-0123456789abcdef"

static bool holds_key(rkb_sv text)
{
    return text.len && memmem(text.at, text.len, "0123456789abcdef", 16);
}

static void a_key_is_in_the_header_and_nowhere_else(void)
{
    static const char *const scripts[] = {
        "on\n reply 401 {\"error\":{\"message\":\"bad key " KEY " given\"}}",
        "on\n reply 400 <html><title>" KEY "</title></html>",
        "on\n reply 500 " KEY,
        "on\n header Location: http://x/?key=" KEY "\n reply 302 ",
        "on\n reply 200 not JSON: " KEY,
        "on\n reply 200 {\"choices\":[{\"message\":{\"content\":\"[3] " KEY
        " [2] [1]\"}}]}",
        "on\n chunked 200 text/event-stream\n event {\"error\":\"" KEY
        "\"}\n end",
    };

    setenv("RKB_TEST_KEY", KEY, 1);
    for (size_t i = 0; i < RKB_COUNT(scripts); i++) {
        struct mock *mock = mock_open_script(scripts[i]);
        struct rkb_buf told = { 0 };
        struct llm_row row;

        if (llm_open(&row, "listwise", mock_url(mock),
                     "key-env=RKB_TEST_KEY,keep-answers=true,stream=true", 1)) {
            llm_ask(&row, &llm_request);
            CHECK(strstr(mock_request_at(mock, 0)->headers,
                         "Authorization: Bearer " KEY "\r\n") != NULL);
            CHECK(!holds_key(mock_request_at(mock, 0)->body));
            CHECK(!holds_key(rkb_sv_of(row.err.msg)));
            CHECK(!holds_key(rkb_sv_of(row.outcome.why)));
            for (size_t k = 0; k < row.calls.n; k++)
                CHECK(!holds_key(row.calls.items[k].answer));
            rkb_optset_json(&row.reranker.options, &told);
            CHECK(!holds_key(rkb_buf_view(&told)));
            if (!row.rc)
                CHECK(strstr(row.calls.items[0].answer.at, "***") != NULL);
        }
        rkb_buf_release(&told);
        llm_close(&row);
        mock_close(mock);
    }
}

static void what_cannot_be_opened_says_why(void)
{
    static const struct {
        const char *urls, *options, *words;
    } rows[] = {
        { "http://127.0.0.1:1", "key-env=RKB_NO_SUCH_KEY",
          "'RKB_NO_SUCH_KEY' of key-env is not set" },
        { "http://127.0.0.1:1", "key-env=RKB_BAD_KEY", "control character" },
        { "http://me:secret@127.0.0.1:1", NULL, "user or password" },
        { "ftp://127.0.0.1", NULL, "is no server" },
        { "", NULL, "no server" },
        { "http://127.0.0.1:1", "dialect=vlm", "vllm" },
        { "http://127.0.0.1:1", "extra='[1]'", "option 'extra'" },
        { "http://127.0.0.1:1", "template=no/such.yaml", "no/such.yaml" },
        { "http://127.0.0.1:1", "template=builtin:pointwise", "is pointwise" },
        { "replay:no/such.jsonl", NULL, "no/such.jsonl" },
    };

    setenv("RKB_BAD_KEY", "two words", 1);
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct llm_row row;

        CHECK(llm_try_open(&row, "listwise", rows[i].urls, rows[i].options,
                           1) != RKB_OK);
        llm_says(row.err.msg, rows[i].words);
        CHECK(!strstr(row.err.msg, "secret"));
        llm_close(&row);
    }
}

/* ---- the end of a run ------------------------------------------------------ */

static void after_a_bad_key_nothing_more_is_sent(void)
{
    struct mock *mock = mock_open_script("on\n reply 401 {\"error\":\"no\"}");
    struct llm_row row;

    if (llm_open(&row, "pointwise", mock_url(mock), NULL, 8)) {
        llm_ask(&row, &llm_request);
        CHECK_EQ_INT(row.rc, RKB_E_REFUSED);
        CHECK(mock_n_requests(mock) <= 3); /* those under way at once */

        size_t n = mock_n_requests(mock);

        for (int i = 0; i < 3; i++) {
            llm_ask(&row, &llm_request);
            CHECK_EQ_INT(row.rc, RKB_E_REFUSED);
            llm_says(row.err.msg, "http://127.0.0.1:|status 401");
        }
        CHECK_EQ_INT(mock_n_requests(mock), n);
    }
    llm_close(&row);
    mock_close(mock);
}

struct stopper {
    struct rkb_stop *stop;
    struct mock *mock;
    int times;
};

/* As Ctrl-C does, once a request has come. */
static void stop_soon(void *arg)
{
    struct stopper *s = arg;

    while (!mock_n_requests(s->mock))
        (void)rkb_stop_sleep(NULL, rkb_clock_now() + 1000000);
    (void)rkb_stop_sleep(NULL, rkb_clock_now() + 20000000);
    for (int i = 0; i < s->times; i++)
        rkb_stop_request(s->stop);
}

/* Each would last for a minute or more. */
static void a_stop_ends_every_wait(void)
{
    static const struct {
        const char *script, *options;
        int times;
    } rows[] = {
        { "on\n header Retry-After: 90\n reply 429 {}", NULL, 1 }, /* gate */
        { "on\n reply 500 {}", "backoff=3600", 1 },
        { "on\n hang", "first-byte-timeout=90", 2 },
        { "on\n send HTTP/1.1 200 OK\\r\\n\n hang", "idle-timeout=90", 2 },
        /* within the grace, and then not repeated: no failure */
        { "on\n wait 60\n reply 500 {}", NULL, 1 },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct stopper s = { .stop = rkb_stop_new(),
                             .mock = mock_open_script(rows[i].script),
                             .times = rows[i].times };
        struct llm_row row;

        if (llm_open(&row, "listwise", mock_url(s.mock), rows[i].options, 1)) {
            struct rkb_thread *t = rkb_thread_start(stop_soon, &s);
            int64_t start = rkb_clock_now();

            row.stop = s.stop;
            llm_ask(&row, &llm_request);
            rkb_thread_join(t);
            if (!CHECK_EQ_INT(row.rc, RKB_E_STOPPED))
                printf("# row %zu: %s\n", i, row.err.msg);
            CHECK(rkb_clock_now() - start < INT64_C(20000000000));
            CHECK_EQ_INT(mock_n_requests(s.mock), 1);
        }
        llm_close(&row);
        mock_close(s.mock);
        rkb_stop_close(s.stop);
    }
}

/* ---- several URLs ------------------------------------------------------------ */

enum { MANY = 60 };

static void ask_many(struct llm_row *row)
{
    struct rkb_candidate docs[MANY];
    struct rkb_request request = llm_request;

    for (size_t i = 0; i < MANY; i++)
        docs[i] = llm_three[i % 3];
    request.docs = docs;
    request.n_docs = MANY;
    llm_ask(row, &request);
    if (!CHECK_EQ_INT(row->rc, RKB_OK))
        printf("# %s\n", row->err.msg);
    CHECK_EQ_INT(row->outcome.status, RKB_QUERY_OK);
    for (size_t i = 0; i < MANY; i++)
        CHECK_EQ_INT(row->outcome.order[i] % 3, 2 - i / (MANY / 3));
}

static void urls_share_the_load(void)
{
    struct mock *a = mock_open_script("on\n wait 5\n model answer=yesno");
    struct mock *b = mock_open_script("on\n wait 5\n model answer=yesno");
    struct llm_row row;
    char urls[200];

    snprintf(urls, sizeof urls, "%s %s/v1/", mock_url(a), mock_url(b));
    if (llm_open(&row, "pointwise", urls, NULL, 8)) {
        ask_many(&row);
        CHECK_EQ_INT(mock_n_requests(a) + mock_n_requests(b), MANY);
        CHECK(mock_n_requests(a) > MANY / 8);
        CHECK(mock_n_requests(b) > MANY / 8);
    }
    llm_close(&row);
    mock_close(a);
    mock_close(b);
}

/* It answers nothing, is never busy, and must not get every call for that. */
static void a_dead_url_does_not_take_the_calls(void)
{
    static const char *const dead[] = {
        NULL, /* nobody listens */
        "on\n reply 503 {}",
        "on\n close",
        "on\n header Retry-After: 3600\n reply 503 {}",
    };

    for (size_t i = 0; i < RKB_COUNT(dead); i++) {
        struct mock *alive = mock_open_script("on\n model answer=yesno"),
                    *other = dead[i] ? mock_open_script(dead[i]) : NULL;
        struct llm_row row;
        char urls[200];

        snprintf(urls, sizeof urls, "%s %s",
                 other ? mock_url(other) : "http://127.0.0.1:1",
                 mock_url(alive));
        if (llm_open(&row, "pointwise", urls, "backoff=0.02,retries=5", 8)) {
            ask_many(&row);
            CHECK_EQ_INT(mock_n_requests(alive), MANY);
        }
        llm_close(&row);
        mock_close(alive);
        mock_close(other);
    }
}

/* ---- TLS ----------------------------------------------------------------------- */

static void certificates_are_verified(void)
{
    static const struct {
        const char *name;
        bool expired, trusted;
        const char *words; /* NULL: it is fine */
    } rows[] = {
        { "127.0.0.1", false, true, NULL },
        { "127.0.0.1", false, false, "certificate" },
        { "elsewhere.example", false, true, "" },
        { "127.0.0.1", true, true, "certificate" },
    };

    rkb_stop_survive_writes();
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const struct mock_options o = { .script = "on\n " RIGHT,
                                        .tls_name = rows[i].name,
                                        .expired = rows[i].expired };
        struct mock *mock = mock_open(&o);
        const char *path = fixture_path("ca.pem");
        struct llm_row row;
        struct rkb_err err;
        char options[600];

        CHECK_EQ_INT(
            rkb_file_write(path, rkb_sv_of(mock_certificate(mock)), &err),
            RKB_OK);
        snprintf(options, sizeof options, "ca-file='%s'", path);
        if (llm_open(&row, "listwise", mock_url(mock),
                     rows[i].trusted ? options : NULL, 1)) {
            llm_ask(&row, &llm_request);
            CHECK_EQ_INT(row.rc, rows[i].words ? RKB_E_REFUSED : RKB_OK);
            if (rows[i].words) {
                llm_says(row.err.msg, "https://127.0.0.1:");
                llm_says(row.err.msg, rows[i].words);
                CHECK_STR(llm_classes(&row), "tls");
            }
        }
        llm_close(&row);
        mock_close(mock);
    }
}

TESTS(TEST(prompts_shrink_until_they_fit),
      TEST(a_prompt_that_never_fits_is_named),
      TEST(a_key_is_in_the_header_and_nowhere_else),
      TEST(what_cannot_be_opened_says_why),
      TEST(after_a_bad_key_nothing_more_is_sent), TEST(a_stop_ends_every_wait),
      TEST(urls_share_the_load), TEST(a_dead_url_does_not_take_the_calls),
      TEST(certificates_are_verified))
