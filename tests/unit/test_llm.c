/* SPDX-License-Identifier: Apache-2.0 */
/* Passages cut by the server's own tokens, over the scripted model: what it is
 * sent says where they were cut. */
#include "base/io/json.h"
#include "tests/llm_fixture.h"
#include "tests/mock/mock.h"

/* The mock's tokens are words and single marks; "[7]" is three of them and is
 * rewritten behind the cut. */
static const struct {
    const char *name, *options, *text, *want;
    int n_truncated;
    const char *script;
} rows[] = {
    { "short enough", "tokens=9", "one two three", "one two three", 0, NULL },
    { "cut", "tokens=3", "one two three four five", "one two three", 1, NULL },
    { "blanks stay as they are", "tokens=3,words=0",
      "one  two\tthree four five six", "one  two", 1, NULL },
    { "brackets after the cut", "tokens=5,brackets=paren",
      "a [7] b c d e f g h i j", "a (7) b", 1, NULL },
    { "words first", "tokens=50,words=2", "one two three four", "one two", 1,
      NULL },
    { "a tokenizer that only counts", "tokens=3", "one two three four five",
      "one two three", 1, "numbers" },
};

/* The passage as the last request had it. */
static const char *sent(struct llm_run *r, struct mock *mock)
{
    const struct rkb_json *json, *m;
    rkb_sv text = { 0 };

    for (size_t i = mock_n_requests(mock); i-- > 0;) {
        const struct mock_request *q = mock_request_at(mock, i);

        if (!strstr(q->path, "/chat/completions") ||
            rkb_json_parse(&r->arena, q->body, &json, &r->err))
            continue;
        m = rkb_json_get(json, "messages");
        if (m && m->child &&
            rkb_json_string(rkb_json_get(m->child, "content"), &text))
            return rkb_arena_cstr(&r->arena, text);
    }
    return NULL;
}

static void passages_are_cut_by_tokens(void)
{
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const struct rkb_candidate doc = { .docid = rkb_sv_of("x"),
                                           .text = rkb_sv_of(rows[i].text) };
        const struct rkb_request request = { .qid = rkb_sv_of("1"),
                                             .query = rkb_sv_of("q"),
                                             .docs = &doc,
                                             .n_docs = 1 };
        /* One count for every text that is asked about: three tokens or fewer
         * for what has no "four". */
        struct mock *mock = mock_open_script(
            rows[i].script ? "on path=/tokenize body=five\n"
                             " reply 200 {\"count\":5,\"tokens\":[1,2,3,4,5]}\n"
                             "on path=/tokenize body=four\n"
                             " reply 200 {\"count\":4,\"tokens\":[1,2,3,4]}\n"
                             "on path=/tokenize\n"
                             " reply 200 {\"count\":3,\"tokens\":[1,2,3]}\n"
                             "on\n model\n"
                           : "on\n model\n");
        struct llm_run r;
        char spec[500];
        const char *got;

        snprintf(spec, sizeof spec,
                 "listwise(%s,server='%s',dialect=vllm,template='%s')",
                 rows[i].options, mock_url(mock),
                 fixture_text("one.yaml", "method: singleturn_listwise\n"
                                          "prefix: \"{query}:\"\n"
                                          "body: \"{candidate}#{rank}\"\n"));
        if (llm_rerank(&r, spec, &request) && CHECK_EQ_INT(r.rc, RKB_OK)) {
            char want[100];

            got = sent(&r, mock);
            snprintf(want, sizeof want, "q:%s#1", rows[i].want);
            if (!CHECK_STR(got, want) ||
                !CHECK_EQ_INT(r.account.n_truncated, rows[i].n_truncated))
                printf("# %s\n", rows[i].name);
            CHECK_EQ_INT(r.account.n_calls, 1);
        } else {
            printf("# %s: %s\n", rows[i].name, r.err.msg);
        }
        llm_done(&r);
        mock_close(mock);
    }
    fixture_done();
}

static void a_dialect_without_a_tokenizer_is_refused(void)
{
    struct rkb_arena arena = { 0 };
    const struct rkb_env env = { .arena = &arena };
    struct rkb_buf identity = { 0 };
    struct rkb_reranker row;
    struct rkb_err err = { 0 };

    if (CHECK_EQ_INT(
            rkb_reranker_open(&row,
                              rkb_sv_of("listwise(tokens=100,dialect=openai,"
                                        "server='http://127.0.0.1:1')"),
                              &env, &err),
            RKB_OK)) {
        CHECK_EQ_INT(row.def->probe(row.self, &identity, NULL, &err),
                     RKB_E_USAGE);
        CHECK(strstr(err.msg, "tokenizer") != NULL);
        rkb_reranker_close(&row);
    }
    rkb_buf_release(&identity);
    rkb_arena_release(&arena);
}

TESTS(TEST(passages_are_cut_by_tokens),
      TEST(a_dialect_without_a_tokenizer_is_refused))
