/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are not what was asked for, through the call door and the rows
 * of rerankers.def: each ends in the right ranking, in one that is marked and
 * counted as repaired, or in an error that names the server and shows the
 * answer's first bytes. */
#include "tests/call_fixture.h"

#define CHAT(text, finish)                                                    \
    "on\n reply 200 {\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{" \
    "\"content\":" text "},\"finish_reason\":\"" finish "\"}],\"usage\":{"    \
    "\"prompt_tokens\":9,\"completion_tokens\":5}}"
/* One position of a chat answer; TOP(token, logprob) between. */
#define LETTER(text, tops)                                                  \
    "on\n reply 200 {\"choices\":[{\"message\":{\"content\":\"" text "\"}," \
    "\"logprobs\":{\"content\":[{\"token\":\"" text "\",\"logprob\":-0.1,"  \
    "\"top_logprobs\":[" tops "]}]},\"finish_reason\":\"length\"}]}"
#define TOP(token, logprob) "{\"token\":\"" token "\",\"logprob\":" #logprob "}"
#define TEI "dialect=tei"
#define VLLM "dialect=vllm"

struct row {
    const char *name, *reranker, *options, *script, *order, *classes;
    enum rkb_status rc;
    int status;        /* of the query; -1: any */
    const char *words; /* of the error, or of the outcome's reason */
    size_t n_requests;
};
enum { OK = RKB_QUERY_OK, REPAIRED = RKB_QUERY_REPAIRED };

/* ---- rerank endpoints */

static const struct row rerank_rows[] = {
    { "unsorted results", "rerank-api", "dialect=cohere",
      "on\n reply 200 {\"results\":[{\"index\":1,\"relevance_score\":0.5},{"
      "\"index\":0,\"relevance_score\":0.1},{\"index\":2,\"relevance_score\":"
      "0.9}]}",
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "a bare array", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":2,\"score\":3},{\"index\":1,\"score\":2},{"
      "\"index\":0,\"score\":1}]",
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "too few results", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":2,\"score\":-7}]", "d3 d1 d2", "ok", RKB_OK,
      REPAIRED, "scored 1 of 3 documents", 1 },
    { "no results", "rerank-api", TEI, "on\n reply 200 []", "d1 d2 d3", "ok",
      RKB_OK, REPAIRED, "scored 0 of 3 documents", 1 },
    { "too many results", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":2,\"score\":3},{\"index\":1,\"score\":2},{"
      "\"index\":0,\"score\":1},{\"index\":3,\"score\":1}]",
      NULL, "unreadable", RKB_E_DATA, OK,
      "http://127.0.0.1:|status 200|index 3 of 3|[{\"index\":2", 1 },
    { "a repeated index", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":1,\"score\":3},{\"index\":1,\"score\":2}]",
      NULL, "unreadable", RKB_E_DATA, OK, "index 1 stands twice|[{\"index\":1",
      1 },
    { "a negative index", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":-1,\"score\":3}]", NULL, "unreadable",
      RKB_E_DATA, OK, "index -1 of 3", 1 },
    { "an index beyond all integers", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":18446744073709551616,\"score\":3}]", NULL,
      "unreadable", RKB_E_DATA, OK, "whole number", 1 },
    { "an index that is a half", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":0.5,\"score\":3}]", NULL, "unreadable",
      RKB_E_DATA, OK, "whole number", 1 },
    { "NaN as a score", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":0,\"score\":NaN}]", NULL, "unreadable",
      RKB_E_DATA, OK, "http://127.0.0.1:|status 200|[{\"index\":0", 1 },
    { "infinity as a score", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":0,\"score\":Infinity}]", NULL, "unreadable",
      RKB_E_DATA, OK, "[{\"index\":0", 1 },
    { "a score beyond all doubles", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":0,\"score\":1e999}]", NULL, "unreadable",
      RKB_E_DATA, OK, "no finite number", 1 },
    { "1e308 as a score", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":0,\"score\":-1e308},{\"index\":1,\"score\":0}"
      ",{\"index\":2,\"score\":1e308}]",
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "null as a score", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":0,\"score\":null}]", NULL, "unreadable",
      RKB_E_DATA, OK, "no finite number", 1 },
    { "scores as strings", "rerank-api", TEI,
      "on\n reply 200 [{\"index\":0,\"score\":\"0.5\"}]", NULL, "unreadable",
      RKB_E_DATA, OK, "no finite number|[{\"index\":0", 1 },
    { "an error with status 200", "rerank-api", TEI,
      "on\n reply 200 {\"error\":\"model fell "
      "over\",\"error_type\":\"Backend\"}",
      NULL, "error error error", RKB_E_IO, OK,
      "http://127.0.0.1:|status 200|model fell over", 3 },
    { "an object of something else", "rerank-api", TEI,
      "on\n reply 200 {\"embeddings\":[[1]]}", NULL, "unreadable", RKB_E_DATA,
      OK, "no list of results|{\"embeddings\"", 1 },
    { "more than a batch takes", "rerank-api", TEI, "on\n model batch=2",
      "d3 d2 d1", "batch ok ok", RKB_OK, OK, NULL, 3 },
    { "one document is more than a batch takes", "rerank-api", TEI,
      "on\n reply 413 {\"error\":\"Payload too large\"}", NULL,
      "batch batch batch", RKB_E_LIMIT, OK,
      "http://127.0.0.1:|status 413|Payload too large", 3 },
    { "a document that is too long", "rerank-api", TEI,
      "on\n reply 413 {\"error\":\"`inputs` must have less than 512 tokens. "
      "Given: 600\",\"error_type\":\"Validation\"}",
      NULL, "context", RKB_E_LIMIT, OK, "status 413|512 tokens", 1 },
    { "a model that is no reranker", "rerank-api", TEI,
      "on\n reply 424 {\"error\":\"model is not a re-ranker model\","
      "\"error_type\":\"Backend\"}",
      NULL, "refused", RKB_E_REFUSED, OK, "not a re-ranker", 1 },
};

/* ---- embeddings */

#define VECTORS(q, a, b, c)                                             \
    "on\n reply 200 {\"data\":[{\"index\":0,\"embedding\":" q           \
    "},{\"index\":1,\"embedding\":" a "},{\"index\":2,\"embedding\":" b \
    "},{\"index\":3,\"embedding\":" c "}]}"

static const struct row embed_rows[] = {
    { "vectors", "embedding", NULL, VECTORS("[1,0]", "[0,1]", "[1,1]", "[3,0]"),
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "vectors in any order", "embedding", NULL,
      "on\n reply 200 {\"data\":[{\"index\":3,\"embedding\":[3,0]},{\"index\":"
      "0,\"embedding\":[1,0]},{\"index\":2,\"embedding\":[1,1]},{\"index\":1,"
      "\"embedding\":[0,1]}]}",
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "too few vectors", "embedding", NULL,
      "on\n reply 200 {\"data\":[{\"index\":0,\"embedding\":[1,0]}]}", NULL,
      "unreadable", RKB_E_DATA, OK, "http://127.0.0.1:|status 200|{\"data\"",
      1 },
    { "vectors of several lengths", "embedding", NULL,
      VECTORS("[1,0]", "[0,1]", "[1,1,1]", "[3,0]"), NULL, "unreadable",
      RKB_E_DATA, OK, "http://127.0.0.1:", 1 },
    { "a vector twice", "embedding", NULL,
      "on\n reply 200 {\"data\":[{\"index\":1,\"embedding\":[3,0]},{\"index\":"
      "1,\"embedding\":[1,0]},{\"index\":2,\"embedding\":[1,1]},{\"index\":1,"
      "\"embedding\":[0,1]}]}",
      NULL, "unreadable", RKB_E_DATA, OK, "http://127.0.0.1:", 1 },
    { "a vector of nothing", "embedding", NULL,
      VECTORS("[1,0]", "[0,0]", "[1,1]", "[3,0]"), NULL, "ok", RKB_E_DATA, OK,
      "candidate 1", 1 },
    { "a number beyond a float", "embedding", NULL,
      VECTORS("[1,0]", "[1e308,1]", "[1,1]", "[3,0]"), NULL, "unreadable",
      RKB_E_DATA, OK, "http://127.0.0.1:", 1 },
    { "NaN in a vector", "embedding", NULL,
      VECTORS("[1,0]", "[NaN,1]", "[1,1]", "[3,0]"), NULL, "unreadable",
      RKB_E_DATA, OK, "http://127.0.0.1:", 1 },
    { "more than a batch takes", "embedding", NULL, "on\n model batch=3",
      "d3 d2 d1", "batch ok ok", RKB_OK, OK, NULL, 3 },
};

/* ---- texts */

static const struct row text_rows[] = {
    { "usage is missing", "listwise", NULL,
      "on\n reply 200 {\"choices\":[{\"message\":{\"content\":\"[3] > [2] > "
      "[1]\"}}]}",
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "HTML instead of JSON", "listwise", NULL,
      "on\n header Content-Type: text/html\n reply 200 <html><body>[3] > [2] > "
      "[1]</body></html>",
      NULL, "unreadable unreadable unreadable", RKB_E_DATA, OK,
      "http://127.0.0.1:|3 attempts|status 200|<html><body>", 3 },
    { "an empty body", "listwise", NULL, "on\n reply 200 ", NULL,
      "unreadable unreadable unreadable", RKB_E_DATA, OK,
      "http://127.0.0.1:|status 200", 3 },
    { "status 204", "listwise", NULL,
      "on\n send HTTP/1.1 204 No Content\\r\\n\\r\\n", NULL,
      "unreadable unreadable unreadable", RKB_E_DATA, OK,
      "http://127.0.0.1:|status 204", 3 },
    { "an error with status 200", "listwise", NULL,
      "on\n reply 200 {\"error\":{\"message\":\"no slot\",\"code\":503}}", NULL,
      "error error error", RKB_E_IO, OK, "http://127.0.0.1:|status 200|no slot",
      3 },
    { "no choices", "listwise", NULL, "on\n reply 200 {\"choices\":[]}", NULL,
      "unreadable", RKB_E_DATA, OK, "http://127.0.0.1:|{\"choices\":[]}", 1 },
    { "a bare array", "listwise", NULL, "on\n reply 200 [3,2,1]", NULL,
      "unreadable", RKB_E_DATA, OK, "http://127.0.0.1:|[3,2,1]", 1 },
    { "JSON and something behind it", "listwise", NULL,
      "on\n reply 200 {\"choices\":[]} trailing", NULL, "unreadable",
      RKB_E_DATA, OK, "http://127.0.0.1:|status 200", 1 },
    { "bytes that are not UTF-8", "listwise", NULL,
      "on\n send HTTP/1.1 200 OK\\r\\nContent-Length: "
      "50\\r\\n\\r\\n{\"choices\":[{\"message\":{\"content\":\"[3] \\xff\\xfe "
      "[2]\"}}]}",
      NULL, "unreadable", RKB_E_DATA, OK, "http://127.0.0.1:|UTF-8", 1 },
    { "a NUL in the text", "listwise", NULL,
      CHAT("\"[3] \\u0000> [2] > [1]\"", "stop"), "d3 d2 d1", NULL, RKB_OK, -1,
      NULL, 1 },
    { "half of a surrogate pair", "listwise", NULL,
      CHAT("\"[3] \\ud83d > [2] > [1]\"", "stop"), NULL, "unreadable",
      RKB_E_DATA, OK, "http://127.0.0.1:", 1 },
    { "a refusal", "listwise", NULL,
      CHAT("null,\"refusal\":\"I cannot rank 3 2 1\"", "stop"), "d1 d2 d3",
      "refused", RKB_OK, REPAIRED, "1 of 1|refused", 1 },
    { "cut by a filter", "listwise", NULL,
      CHAT("\"[3] > [2]\"", "content_filter"), "d1 d2 d3", "refused", RKB_OK,
      REPAIRED, "refused", 1 },
    { "cut by max_tokens", "listwise", NULL, CHAT("\"[3] > [\"", "length"),
      "d3 d1 d2", "truncated", RKB_OK, REPAIRED, "truncated", 1 },
    { "null as its text", "listwise", NULL, CHAT("null", "stop"), "d1 d2 d3",
      "empty", RKB_OK, REPAIRED, "empty", 1 },
    { "thinking without an answer", "listwise", "answer-tag=lenient",
      CHAT("\"<think>maybe [3] > [2] > [1]\"", "length"), "d3 d2 d1",
      "no_answer", RKB_OK, REPAIRED, "no_answer", 1 },
    { "thinking that ends in nothing", "listwise", "answer-tag=required",
      CHAT("\"<think>maybe [3] > [2] > [1]</think>\"", "stop"), "d1 d2 d3",
      NULL, RKB_OK, REPAIRED, "1 of 1", 1 },
    { "only reasoning", "listwise", NULL,
      CHAT("null,\"reasoning_content\":\"[3] > [2] > [1]\"", "stop"),
      "d1 d2 d3", "empty", RKB_OK, REPAIRED, "empty", 1 },
    { "an identifier out of range", "listwise", NULL,
      CHAT("\"[3] > [9] > [2] > [1]\"", "stop"), "d3 d2 d1", "out_of_range",
      RKB_OK, REPAIRED, "out_of_range", 1 },
    { "an identifier twice", "listwise", NULL,
      CHAT("\"[3] > [3] > [2] > [1]\"", "stop"), "d3 d2 d1", "repetition",
      RKB_OK, REPAIRED, "repetition", 1 },
    { "an identifier is missing", "listwise", NULL,
      CHAT("\"[3] > [1]\"", "stop"), "d3 d1 d2", "missing", RKB_OK, REPAIRED,
      "missing", 1 },
};

/* ---- letters */

static const struct row letter_rows[] = {
    { "letters", "first", VLLM,
      LETTER("C", TOP("C", -0.1) "," TOP("B", -1) "," TOP("A", -3)), "d3 d2 d1",
      "ok", RKB_OK, OK, NULL, 1 },
    { "letters behind a blank", "first", VLLM,
      LETTER(" C", TOP(" C", -0.1) "," TOP(" B", -1) "," TOP(" A", -3)),
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "letters behind a blank are none where they are to be bare", "first",
      VLLM ",letters=bare",
      LETTER(" C", TOP(" C", -0.1) "," TOP(" B", -1) "," TOP(" A", -3)),
      "d1 d2 d3", "no_identifier", RKB_OK, REPAIRED, "no_identifier", 1 },
    { "letters merged with their bracket", "first", VLLM ",read=merged",
      LETTER("[C", TOP("[C", -0.1) "," TOP("[B", -1) "," TOP("[A", -3)),
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "merged letters where they are to be bare", "first", VLLM ",letters=bare",
      LETTER("[C", TOP("[C", -0.1) "," TOP("[B", -1) "," TOP("[A", -3)),
      "d1 d2 d3", "no_identifier", RKB_OK, REPAIRED, "no_identifier", 1 },
    { "fewer alternatives than asked for", "first", VLLM,
      LETTER("C", TOP("C", -0.1) "," TOP("B", -1)), "d3 d2 d1",
      "unseen_identifiers", RKB_OK, REPAIRED, "unseen_identifiers", 1 },
    { "no logprobs", "first", VLLM, CHAT("\"C\"", "length"), NULL, "unreadable",
      RKB_E_DATA, OK, "http://127.0.0.1:|logprobs", 1 },
    { "no alternatives", "first", VLLM, LETTER("C", ""), NULL, NULL, RKB_E_DATA,
      OK, "http://127.0.0.1:", 1 },
    { "a logprob above 0", "first", VLLM, LETTER("C", TOP("C", 0.5)), NULL,
      "unreadable", RKB_E_DATA, OK, "http://127.0.0.1:", 1 },
    { "a logprob of -9999", "first", VLLM,
      LETTER("C", TOP("C", -0.1) "," TOP("A", -9999) "," TOP("B", -1)),
      "d3 d2 d1", "ok", RKB_OK, OK, NULL, 1 },
    { "a logprob that is no number", "first", VLLM,
      LETTER("C", TOP("C", "low")), NULL, "unreadable", RKB_E_DATA, OK,
      "http://127.0.0.1:", 1 },
    { "no logprobs for yes and no", "pointwise", NULL,
      CHAT("\"yes\"", "length"), NULL, "unreadable", RKB_E_DATA, OK,
      "http://127.0.0.1:|logprobs", 1 },
    { "neither yes nor no", "pointwise", NULL,
      LETTER("Sure", TOP("Sure", -0.1)), "d1 d2 d3",
      "no_label no_label no_label", RKB_OK, REPAIRED, "3 of 3|no_label", 3 },
    /* Without a verdict a heap leaves what is at its root there. */
    { "no label of a pair", "pairwise", NULL, CHAT("\"both\"", "stop"),
      "d1 d3 d2", NULL, RKB_OK, REPAIRED, "6 of 6|wrong_format", 6 },
    { "no label of a set", "setwise", NULL, CHAT("\"none of them\"", "stop"),
      "d1 d3 d2", "wrong_format wrong_format", RKB_OK, REPAIRED, "wrong_format",
      2 },
    { "a label beyond the set", "setwise", NULL, CHAT("\"D\"", "stop"),
      "d1 d3 d2", "wrong_format wrong_format", RKB_OK, REPAIRED, "wrong_format",
      2 },
    { "no letter of a set", "setwise", VLLM ",mode=likelihood,max-tokens=1",
      LETTER("Sure", TOP("Sure", -0.1)), "d1 d3 d2", "no_label no_label",
      RKB_OK, REPAIRED, "no_label", 2 },
    { "rubbish in a tournament", "tournament", NULL, CHAT("\"?\"", "stop"),
      "d1 d2 d3", "wrong_format", RKB_OK, REPAIRED, NULL, 1 },
};

/* ---- doing them --------------------------------------------------------- */

static void check_row(const struct row *r, size_t n)
{
    struct mock *mock = mock_open_script(r->script);
    struct llm_row row;

    if (llm_open(&row, r->reranker, mock_url(mock), r->options, n)) {
        llm_ask(&row, &llm_request);
        CHECK_EQ_INT(row.rc, r->rc);
        if (r->order)
            CHECK_STR(llm_order(&row, &llm_request), r->order);
        if (r->classes)
            CHECK_STR(llm_classes(&row), r->classes);
        if (!r->rc && r->status >= 0)
            CHECK_EQ_INT(row.outcome.status, r->status);
        if (r->words)
            llm_says(r->rc ? row.err.msg : row.outcome.why, r->words);
        if (r->n_requests)
            CHECK_EQ_INT(mock_n_requests(mock), r->n_requests);
        if (getenv("SHOW") || tap_bad)
            printf("# %s, %s: %s%s\n", r->reranker, r->name, row.err.msg,
                   row.outcome.why);
    }
    llm_close(&row);
    mock_close(mock);
}

static void check_rows(const struct row *rows, size_t n)
{
    bool bad = false;

    for (size_t i = 0; i < n; i++) {
        tap_bad = false;
        check_row(&rows[i], 1);
        bad |= tap_bad;
    }
    tap_bad = bad;
}

static void answers_of_rerankers_are_ranked_or_refused(void)
{
    check_rows(rerank_rows, RKB_COUNT(rerank_rows));
}

static void vectors_are_ranked_or_refused(void)
{
    check_rows(embed_rows, RKB_COUNT(embed_rows));
}

static void texts_are_ranked_repaired_or_refused(void)
{
    check_rows(text_rows, RKB_COUNT(text_rows));
}

static void logprobs_are_ranked_repaired_or_refused(void)
{
    check_rows(letter_rows, RKB_COUNT(letter_rows));
}

/* Deeper than any reader goes, and no stack overflow on the way. */
static void deep_nesting_is_refused(void)
{
    struct rkb_buf script = { 0 };
    struct mock *mock;
    struct llm_row row;

    rkb_buf_text(&script, "on\n send HTTP/1.1 200 OK\\r\\nContent-Length: "
                          "1000000\\r\\n\\r\\n\n repeat 500000 [\n"
                          " repeat 500000 ]\n");
    mock = mock_open_script(script.at);
    if (llm_open(&row, "rerank-api", mock_url(mock), TEI, 1)) {
        llm_ask(&row, &llm_request);
        CHECK_EQ_INT(row.rc, RKB_E_DATA);
        llm_says(row.err.msg, "http://127.0.0.1:|status 200|[[[[");
    }
    llm_close(&row);
    mock_close(mock);
    rkb_buf_release(&script);
}

/* Five in halves: 3 and 2, then 2, 1 and 2. Every score belongs to its own. */
static void what_is_split_keeps_its_place(void)
{
    static const struct rkb_candidate five[] = {
        { .docid = SV("a"), .text = SV("one two") },
        { .docid = SV("b"), .text = SV("one two three four") },
        { .docid = SV("c"), .text = SV("nothing") },
        { .docid = SV("d"), .text = SV("one") },
        { .docid = SV("e"), .text = SV("one two three") },
    };
    static const struct rkb_request request = {
        .qid = SV("q"),
        .query = SV("one two three four"),
        .docs = five,
        .n_docs = 5,
    };
    struct mock *mock = mock_open_script("on\n model batch=2");
    struct llm_row row;

    if (llm_open(&row, "rerank-api", mock_url(mock), TEI, 1)) {
        llm_ask(&row, &request);
        CHECK_STR(llm_order(&row, &request), "b e a d c");
        CHECK_STR(llm_classes(&row), "batch batch ok ok ok");
        CHECK_NEAR(row.outcome.score[4], 3.5 / 5, 1e-15);
        CHECK_EQ_INT(row.account.n_calls, 5);
    }
    llm_close(&row);
    if (llm_open(&row, "embedding", mock_url(mock), NULL, 1)) {
        llm_ask(&row, &request);
        CHECK_STR(llm_order(&row, &request), "b e a d c");
        CHECK_STR(llm_classes(&row), "batch batch ok ok batch ok ok");
    }
    llm_close(&row);
    mock_close(mock);
}

TESTS(TEST(answers_of_rerankers_are_ranked_or_refused),
      TEST(vectors_are_ranked_or_refused),
      TEST(texts_are_ranked_repaired_or_refused),
      TEST(logprobs_are_ranked_repaired_or_refused),
      TEST(deep_nesting_is_refused), TEST(what_is_split_keeps_its_place))
