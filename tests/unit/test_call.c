/* SPDX-License-Identifier: Apache-2.0 */
/* The call door (harness/llm/call.c) before servers that fail on the wire: each
 * case ends in the right ranking or in an error that names the server. What
 * servers say wrongly is in test_call_answers.c. */
#include "tests/call_fixture.h"

#define ANSWER(text)                                                       \
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"content\":" \
    "\"" text                                                              \
    "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,"     \
    "\"completion_tokens\":5}}"
#define RIGHT ANSWER("[3] > [2] > [1]")
#define SWAP ANSWER("[2] > [1]")
#define HEAD "send HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n"
#define STREAM " chunked 200 text/event-stream\n"
#define DELTA(text)                                                    \
    " event {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text \
    "\"}}]}\n"
#define DONE " event [DONE]\n end"
#define HURRY "first-byte-timeout=0.08,idle-timeout=0.08"

/* `order` NULL: an error with the code `rc` and all these words. */
struct row {
    const char *name, *options, *script, *order, *classes;
    enum rkb_status rc;
    const char *words; /* of the message, or of the outcome's reason */
    size_t n_requests;
};

static const struct row rows[] = {
    { "a slow server", NULL, "on\n wait 30\n reply 200 " RIGHT, "d3 d2 d1",
      "ok", RKB_OK, NULL, 1 },
    { "one byte at a time", NULL,
      "on\n" HEAD "Content-Length: 150\\r\\n\\r\\n\n drip 0 " RIGHT, "d3 d2 d1",
      "ok", RKB_OK, NULL, 1 },

    { "hangs before the headers", HURRY, "on\n hang", NULL,
      "first_byte_timeout first_byte_timeout first_byte_timeout", RKB_E_IO,
      "http://127.0.0.1:|3 attempts", 3 },
    { "hangs before the headers once", HURRY,
      "on times=1\n hang\non\n reply 200 " RIGHT, "d3 d2 d1",
      "first_byte_timeout ok", RKB_OK, NULL, 2 },
    { "hangs in the headers", HURRY,
      "on times=1\n send HTTP/1.1 200 OK\\r\\nContent-\n hang\n"
      "on\n reply 200 " RIGHT,
      "d3 d2 d1", "idle_timeout ok", RKB_OK, NULL, 2 },
    { "hangs in the headers for ever", HURRY ",retries=0",
      "on\n send HTTP/1.1 200 OK\\r\\nContent-\n hang", NULL, "idle_timeout",
      RKB_E_IO, "http://127.0.0.1:", 1 },
    { "hangs after the headers", HURRY ",retries=0",
      "on\n " HEAD "Content-Length: 100\\r\\n\\r\\n\n hang", NULL,
      "idle_timeout", RKB_E_IO, "http://127.0.0.1:", 1 },
    { "a call that takes too long", "call-timeout=0.08,retries=0",
      "on\n " HEAD "Content-Length: 150\\r\\n\\r\\n\n drip 20 " RIGHT, NULL,
      "call_timeout", RKB_E_IO, "http://127.0.0.1:", 1 },
    { "a body that is cut", NULL,
      "on times=1\n " HEAD "Content-Length: 150\\r\\n\\r\\n\n send {\"choi\n "
      "close\non\n reply 200 " RIGHT,
      "d3 d2 d1", "cut ok", RKB_OK, NULL, 2 },
    { "a body that is always cut", NULL,
      "on\n " HEAD "Content-Length: 150\\r\\n\\r\\n\n send {\"choi\n close",
      NULL, "cut cut cut", RKB_E_IO, "http://127.0.0.1:|3 attempts", 3 },
    { "a connection that is reset", NULL,
      "on times=2\n reset\non\n reply 200 " RIGHT, "d3 d2 d1", NULL, RKB_OK,
      NULL, 3 },
    { "keep-alive closed under us", "window=2,stride=1",
      "on times=1\n reply 200 " SWAP "\n close\non\n reply 200 " SWAP,
      "d3 d1 d2", "ok ok", RKB_OK, NULL, 2 },
    { "no HTTP at all", "retries=0",
      "on\n send SSH-2.0-OpenSSH_9\\r\\n\n close", NULL, NULL, RKB_E_IO,
      "http://127.0.0.1:", 1 },
    { "a Content-Length that is too short", "retries=0",
      "on\n " HEAD "Content-Length: 20\\r\\n\\r\\n\n send " RIGHT, NULL,
      "unreadable", RKB_E_DATA, "http://127.0.0.1:|status 200|{\"model\":\"m\"",
      1 },
    { "a body of a gigabyte, announced", NULL,
      "on\n " HEAD "Content-Length: 1073741824\\r\\n\\r\\n\n "
      "repeat 1073741824 x",
      NULL, "too_large", RKB_E_LIMIT, "http://127.0.0.1:|67108864", 1 },
    { "a body of a gigabyte, unannounced", NULL,
      "on\n " HEAD "\\r\\n\n repeat 16777216 "
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "x",
      NULL, "too_large", RKB_E_LIMIT, "http://127.0.0.1:|67108864", 1 },

    { "500, then fine", NULL,
      "on times=1\n reply 500 {\"error\":\"boom\"}\non\n reply "
      "200 " RIGHT,
      "d3 d2 d1", "status ok", RKB_OK, NULL, 2 },
    { "500 for ever", NULL, "on\n reply 500 {\"error\":\"boom\"}", NULL,
      "status status status", RKB_E_IO,
      "http://127.0.0.1:|3 attempts|status 500|boom", 3 },
    { "503 with a page", "retries=0",
      "on\n header Content-Type: text/html\n"
      " reply 503 <html><title>Sorry, starting</title></html>",
      NULL, "status", RKB_E_IO, "status 503|Sorry, starting", 1 },
    { "429 with seconds", NULL,
      "on times=1\n header Retry-After: 0.05\n reply 429 {}\n"
      "on\n reply 200 " RIGHT,
      "d3 d2 d1", "status ok", RKB_OK, NULL, 2 },
    { "429 with a date", NULL,
      "on times=1\n header Date: Sun, 06 Nov 1994 08:49:37 GMT\n"
      " header Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\n reply 429 "
      "{}\n"
      "on\n reply 200 " RIGHT,
      "d3 d2 d1", "status ok", RKB_OK, NULL, 2 },
    { "429 with a date far away", NULL,
      "on\n header Date: Sun, 06 Nov 1994 08:49:37 GMT\n"
      " header Retry-After: Sun, 06 Nov 1994 09:00:38 GMT\n reply 429 "
      "{}",
      NULL, "refused", RKB_E_REFUSED, "http://127.0.0.1:|to wait 661 s", 1 },
    { "429 without a word", NULL,
      "on times=2\n reply 429 \non\n reply 200 " RIGHT, "d3 d2 d1",
      "status status ok", RKB_OK, NULL, 3 },
    { "429 as the quota's end", NULL,
      "on\n reply 429 {\"error\":{\"message\":\"You exceeded your "
      "current "
      "quota\",\"code\":\"insufficient_quota\"}}",
      NULL, "refused", RKB_E_REFUSED, "status 429|exceeded your current quota",
      1 },
    { "a wait of more than ten minutes", NULL,
      "on\n header Retry-After: 3600\n reply 503 {}", NULL, "refused",
      RKB_E_REFUSED, "http://127.0.0.1:|to wait 3600 s", 1 },
    { "a redirect", NULL,
      "on\n header Location: http://example.org/v1\n reply 307 ", NULL,
      "refused", RKB_E_REFUSED,
      "status 307|redirected to 'http://example.org/v1', not followed", 1 },
    { "an unknown model", NULL,
      "on\n reply 404 {\"object\":\"error\",\"message\":\"The model "
      "`x` does "
      "not exist.\",\"code\":404}",
      NULL, "refused", RKB_E_REFUSED, "status 404|The model `x` does not exist",
      1 },
    { "an unknown route", NULL, "on\n reply 404 Not Found", NULL, "refused",
      RKB_E_REFUSED, "status 404|Not Found", 1 },
    { "a bad key", NULL,
      "on\n reply 401 {\"error\":{\"message\":\"Incorrect API key\"}}", NULL,
      "refused", RKB_E_REFUSED, "status 401|Incorrect API key", 1 },
    { "a bad request", NULL,
      "on\n reply 400 {\"detail\":[{\"msg\":\"field required\"}]}", NULL,
      "bad_request", RKB_E_IO, "status 400|field required", 1 },

    { "a stream", "stream=true",
      "on\n" STREAM DELTA("[3] > ") DELTA("[2] > [1]") DONE, "d3 d2 d1", "ok",
      RKB_OK, NULL, 1 },
    { "a stream that is cut", "stream=true",
      "on times=1\n" STREAM DELTA("[1] > ") " close\n"
                                            "on\n" STREAM DELTA(
                                                "[3] > [2] > [1]") DONE,
      "d3 d2 d1", "cut ok", RKB_OK, NULL, 2 },
    { "a stream that ends without its last event", "stream=true",
      "on\n" STREAM DELTA("[1] > [2] > [3]") " end", NULL, "cut cut cut",
      RKB_E_IO, "http://127.0.0.1:|stream ended", 3 },
    { "a stream that stands still", "stream=true,retries=0," HURRY,
      "on\n" STREAM DELTA("[1]") " hang", NULL, "idle_timeout", RKB_E_IO,
      "http://127.0.0.1:", 1 },
    { "an error within a stream", "stream=true",
      "on\n" STREAM DELTA("[1]") " event {\"error\":{\"message\":\"engine "
                                 "died\",\"code\":500}}\n" DONE,
      NULL, "error error error", RKB_E_IO,
      "http://127.0.0.1:|status 200|engine died", 3 },
    { "a stream of rubbish", "stream=true",
      "on\n" STREAM " event {\"choices\":7}\n" DONE, NULL, "unreadable",
      RKB_E_DATA, "http://127.0.0.1:|status 200|{\"choices\":7}", 1 },
    { "a whole answer where a stream was asked for", "stream=true",
      "on\n reply 200 " RIGHT, "d3 d2 d1", "ok", RKB_OK, NULL, 1 },
};

static void check_row(const struct row *r)
{
    struct mock *mock = mock_open_script(r->script);
    struct llm_row row;

    if (llm_open(&row, "listwise", mock_url(mock), r->options, 1)) {
        llm_ask(&row, &llm_request);
        CHECK_EQ_INT(row.rc, r->rc);
        if (r->order)
            CHECK_STR(llm_order(&row, &llm_request), r->order);
        if (r->classes)
            CHECK_STR(llm_classes(&row), r->classes);
        if (r->words)
            llm_says(row.err.msg, r->words);
        CHECK_EQ_INT(mock_n_requests(mock), r->n_requests);
        if (getenv("SHOW") || tap_bad)
            printf("# %s: %s\n", r->name, row.err.msg);
    }
    llm_close(&row);
    mock_close(mock);
}

static void every_fault_of_the_wire_is_mended_or_named(void)
{
    bool bad = false;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_bad = false;
        check_row(&rows[i]);
        bad |= tap_bad;
    }
    tap_bad = bad;
}

TESTS(TEST(every_fault_of_the_wire_is_mended_or_named))
