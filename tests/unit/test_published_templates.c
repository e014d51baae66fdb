/* SPDX-License-Identifier: Apache-2.0 */
/* Each published template through the preset or row that it is for: over the
 * scripted model the passage that has the query's words comes first, and with
 * made-up answers as many calls are counted as are made. */
#include "tests/llm_fixture.h"
#include "tests/mock/mock.h"

static const struct {
    const char *file, *spec, *model; /* how the mock answers */
    uint32_t first; /* 0 where turns have roles that the mock cannot read */
} rows[] = {
    { "rank_gpt_template.yaml", "rankgpt(", "order", 2 },
    { "rank_lrl_template.yaml", "lrl(", "order", 2 },
    { "rank_zephyr_template.yaml", "rankzephyr(", "order", 2 },
    { "rank_zephyr_template.yaml", "rankvicuna(", "order", 2 },
    { "rank_zephyr_template.yaml", "fullrank(", "order", 2 },
    { "rank_zephyr_alpha_template.yaml", "first-mistral(", "order", 2 },
    { "reasonrank_template.yaml", "reasonrank(", "order", 2 },
    { "reasonrank_template.yaml", "reasonrank-w10(", "order", 2 },
    { "qwen_thinking_template.yaml", "listwise(thinking-tokens=100,", "order",
      2 },
    { "pointwise_vllm_template.yaml", "qwen3-reranker(frame=chat,", "yesno",
      0 },
    { "monot5_template.yaml", "monot5(yes=yes,no=no,", "yesno", 2 },
    { "duot5_template.yaml", "duot5(", NULL, 2 },
};

static const struct rkb_candidate three[] = {
    { .docid = { "a", 1 }, .text = { "rain falls on the sea", 21 } },
    { .docid = { "b", 1 }, .text = { "a red kite soars", 16 } },
    { .docid = { "c", 1 }, .text = { "green kettle and red kite tea", 29 } },
};
static const struct rkb_request request = {
    .qid = { "1", 1 },
    .query = { "red kettle", 10 },
    .docs = three,
    .n_docs = 3,
};

/* duoT5 asks of a pair what the mock cannot tell: its answers are a script. */
static struct mock *mock_for(size_t i)
{
    char script[900];

    if (rows[i].model)
        snprintf(script, sizeof script,
                 "on body=Say\n model answer=yesno\n" /* the probe */
                 "on\n model answer=%s\n",
                 rows[i].model);
    else
        snprintf(script, sizeof script,
                 "on path=/models\n reply 200 {\"data\":[{\"id\":\"m\"}]}\n"
                 "on path=/tokenize\n reply 200 {\"count\":3}\n"
                 "on\n reply 200 {\"choices\":[{\"index\":0,\"text\":\"false\","
                 "\"finish_reason\":\"length\",\"logprobs\":{\"tokens\":"
                 "[\"false\"],\"token_logprobs\":[-0.1],\"top_logprobs\":"
                 "[{\"false\":-0.1,\"true\":-2.4}],\"text_offset\":[0]}}]}\n");
    return mock_open_script(script);
}

static int64_t count_calls(const char *spec)
{
    struct llm_run r = { 0 };
    struct rkb_reranker row;
    const struct rkb_env env = { .arena = &r.arena,
                                 .counting = RKB_COUNT_FIRST };
    struct rkb_branch root = { .arena = &r.arena,
                               .account = &r.account,
                               .calls = &r.calls };
    int64_t n = -1;

    r.outcome.order = r.order;
    r.outcome.score = r.score;
    r.outcome.scored = r.scored;
    as_they_came(r.order, 3);
    if (CHECK_EQ_INT(rkb_reranker_open(&row, rkb_sv_of(spec), &env, &r.err),
                     RKB_OK)) {
        CHECK_EQ_INT(
            row.def->rerank(row.self, &root, &request, &r.outcome, &r.err),
            RKB_OK);
        CHECK(r.account.prompt_tokens > 0);
        n = r.account.n_calls;
        rkb_reranker_close(&row);
    }
    llm_done(&r);
    return n;
}

static void each_ranks_through_its_preset(void)
{
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        char name[100], spec[5000];
        struct llm_run r;
        struct mock *mock;
        const char *path;

        snprintf(name, sizeof name, "templates/%s", rows[i].file);
        path = rkb_test_data(name);
        if (!path)
            return;
        mock = mock_for(i);
        snprintf(spec, sizeof spec, "%stemplate='%s',server='%s',dialect=vllm)",
                 rows[i].spec, path, mock_url(mock));
        if (llm_rerank(&r, spec, &request) && CHECK_EQ_INT(r.rc, RKB_OK)) {
            /* Said false of every pair, the second of each is the better. */
            if (!CHECK_EQ_INT(r.order[0], rows[i].first))
                printf("# %s %s: %s\n", rows[i].file, rows[i].spec,
                       r.outcome.why);
            CHECK_EQ_INT(count_calls(spec), r.account.n_calls);
        } else {
            printf("# %s %s: %s\n", rows[i].file, rows[i].spec, r.err.msg);
        }
        llm_done(&r);
        mock_close(mock);
    }
}

TESTS(TEST(each_ranks_through_its_preset))
