/* SPDX-License-Identifier: Apache-2.0 */
/* What servers are documented to answer on routes of their own (METHODS.md
 * 11.5-11.9, the servers' sources), in words of our own. OpenAI's shapes are
 * in test_wire.c. */
#include "harness/llm/dialect.h"
#include "tests/tap.h"

static struct rkb_arena arena;
static struct rkb_err err;
static struct rkb_answer got;

#define SV(text)               \
    {                          \
        text, sizeof(text) - 1 \
    }

static const struct rkb_turn begun[] = { { RKB_USER, SV("Rank") },
                                         { RKB_ASSISTANT, SV("[") } };
static const rkb_sv docs[] = { SV("a"), SV("b"), SV("c") };

static const struct rkb_ask chat = { .kind = RKB_ASK_CHAT, .max_tokens = 9 };
static const struct rkb_ask prefill = { .kind = RKB_ASK_CHAT,
                                        .turns = begun,
                                        .n_turns = 2,
                                        .prefill = true,
                                        .max_tokens = 9 };
static const struct rkb_ask chat_alts = { .kind = RKB_ASK_CHAT,
                                          .max_tokens = 9,
                                          .n_alts = 2 };
static const struct rkb_ask alts = { .kind = RKB_ASK_COMPLETE,
                                     .max_tokens = 9,
                                     .n_alts = 2 };
static const struct rkb_ask keep = { .kind = RKB_ASK_COMPLETE,
                                     .max_tokens = 9,
                                     .keep_stop = true };
static const struct rkb_ask echo = { .kind = RKB_ASK_COMPLETE,
                                     .max_tokens = 1,
                                     .prompt = SV("ab"),
                                     .echo = true };
static const struct rkb_ask rerank = { .kind = RKB_ASK_RERANK,
                                       .docs = docs,
                                       .n_docs = 3 };
static const struct rkb_ask embed = { .kind = RKB_ASK_EMBED,
                                      .docs = docs,
                                      .n_docs = 2 };
static const struct rkb_ask count = { .kind = RKB_ASK_TOKENIZE };
static const struct rkb_ask render = { .kind = RKB_ASK_RENDER };
static const struct rkb_ask models = { .kind = RKB_ASK_MODELS };

static const struct rkb_dialect_def *find(const char *name)
{
    const struct rkb_dialect_def *d = NULL;

    CHECK_EQ_INT(rkb_dialect_find(rkb_sv_of(name), &d, &err), RKB_OK);
    return d;
}

static bool reads(const char *dialect, const struct rkb_ask *ask,
                  const char *body)
{
    rkb_arena_reset(&arena);
    if (find(dialect)->read(&arena, ask, rkb_sv_of(body), &got, &err) == RKB_OK)
        return true;
    printf("# %s: %s\n", dialect, err.msg);
    return false;
}

static bool refuses(const char *dialect, const struct rkb_ask *ask,
                    const char *body, enum rkb_status want, const char *why)
{
    enum rkb_status rc;

    rkb_arena_reset(&arena);
    rc = find(dialect)->read(&arena, ask, rkb_sv_of(body), &got, &err);
    if (rc == want && strstr(err.msg, why))
        return true;
    printf("# %s: got %d '%s', want '%s'\n", dialect, (int)rc,
           rc ? err.msg : "", why);
    return false;
}

static bool is(rkb_sv text, const char *want)
{
    if (rkb_sv_is(text, want))
        return true;
    printf("# got '%.*s', want '%s'\n", (int)text.len, text.len ? text.at : "",
           want);
    return false;
}

/* One letter an event: 'c' content, '.' none, '!' last; err.msg on failure. */
static const char *stream(const char *dialect, const struct rkb_ask *ask,
                          const char *const *events, size_t n)
{
    static char out[32];
    bool content, last;

    rkb_arena_reset(&arena);
    rkb_answer_init(&got);
    for (size_t i = 0; i < n && i + 1 < sizeof(out); i++) {
        if (find(dialect)->read_event(&arena, ask, rkb_sv_of(events[i]), &got,
                                      &content, &last, &err))
            return err.msg;
        out[i] = last ? '!' : content ? 'c' : '.';
        out[i + 1] = '\0';
    }
    return out;
}

/* ---- llama.cpp --------------------------------------------------------------- */

static void llamacpp_tells_probabilities_timings_and_the_cache(void)
{
    if (!CHECK(reads(
            "llamacpp", &alts,
            "{\"index\":0,\"content\":\" A\",\"stop\":true,\"stop_type\":"
            "\"limit\",\"stopping_word\":\"\",\"model\":\"m.gguf\","
            "\"tokens_evaluated\":10,\"tokens_predicted\":1,\"tokens_cached\":"
            "11,\"truncated\":false,\"timings\":{\"cache_n\":4,\"prompt_n\":6,"
            "\"prompt_ms\":2.5,\"predicted_ms\":1.5},"
            "\"completion_probabilities\":[{\"id\":5,\"token\":\" A\","
            "\"bytes\":[32,65],\"logprob\":-0.1,\"top_logprobs\":[{\"id\":9,"
            "\"token\":\"B\",\"bytes\":[66],\"logprob\":-3.4e38},{\"id\":5,"
            "\"token\":\" A\",\"bytes\":[32,65],\"logprob\":-0.1}]}]}")))
        return;
    CHECK(is(got.text, " A") && is(got.model, "m.gguf"));
    CHECK_EQ_INT(got.finish, RKB_FINISH_LENGTH);
    CHECK_EQ_INT(got.prompt_tokens, 10);
    CHECK_EQ_INT(got.cached_tokens, 4);
    CHECK_EQ_INT(got.output_tokens, 1);
    CHECK_EQ_INT(got.server_ns, 4000000);
    CHECK(is(got.tokens[0].alts[0].text, " A"));
    CHECK(is(got.tokens[0].alts[1].text, "B"));
}

static void older_llamacpp_tells_probabilities(void)
{
    CHECK(reads("llamacpp", &alts,
                "{\"content\":\"A\",\"stop\":true,\"tokens_evaluated\":10,"
                "\"timings\":{\"prompt_n\":7},\"completion_probabilities\":["
                "{\"content\":\"A\",\"probs\":[{\"tok_str\":\"B\",\"prob\":0},"
                "{\"tok_str\":\"A\",\"prob\":0.5}]}]}"));
    CHECK_NEAR(got.tokens[0].logprob, log(0.5), 1e-15);
    CHECK_NEAR(got.tokens[0].alts[1].logprob, -9999, 0);
    CHECK_EQ_INT(got.cached_tokens, 3);
    CHECK(reads("llamacpp", &alts,
                "{\"content\":\"A\",\"completion_probabilities\":[{\"token\":"
                "\"A\",\"prob\":1,\"top_probs\":[{\"token\":\"A\",\"prob\":1}]"
                "}]}"));
    CHECK_NEAR(got.tokens[0].logprob, 0, 0);
    CHECK(refuses("llamacpp", &alts,
                  "{\"content\":\"A\",\"completion_probabilities\":[{\"token\":"
                  "\"A\",\"prob\":1.5}]}",
                  RKB_E_DATA, "a logprob that is none"));
}

static void llamacpp_gives_the_stop_text_back_where_it_is_kept(void)
{
    CHECK(reads("llamacpp", &keep,
                "{\"content\":\"[2\",\"stop\":true,\"stop_type\":\"word\","
                "\"stopping_word\":\"]\"}"));
    CHECK(is(got.text, "[2]") && is(got.stop_text, "]"));
    CHECK_EQ_INT(got.finish, RKB_FINISH_STOP);
}

static void a_prompt_that_llamacpp_cut_is_no_answer(void)
{
    CHECK(refuses("llamacpp", &keep, "{\"content\":\"a\",\"truncated\":true}",
                  RKB_E_DATA, "the server cut the prompt"));
    /* Told of an answer too, by builds that count their cache: then nothing is
     * missing in the slot but the token that was made last. */
    CHECK(
        refuses("llamacpp", &keep,
                "{\"content\":\"a\",\"truncated\":true,\"tokens_evaluated\":9,"
                "\"tokens_predicted\":3,\"tokens_cached\":10,\"timings\":"
                "{\"cache_n\":0}}",
                RKB_E_DATA, "the server cut the prompt"));
    CHECK(
        refuses("llamacpp", &keep,
                "{\"content\":\"a\",\"truncated\":true,\"tokens_evaluated\":9,"
                "\"tokens_predicted\":3,\"tokens_cached\":11,\"timings\":{}}",
                RKB_E_DATA, "the server cut the prompt"));
    CHECK(reads("llamacpp", &keep,
                "{\"content\":\"a\",\"truncated\":true,\"tokens_evaluated\":9,"
                "\"tokens_predicted\":3,\"tokens_cached\":11,\"timings\":"
                "{\"cache_n\":0}}"));
    CHECK(refuses("llamacpp", &keep, "{}", RKB_E_DATA, "no content"));
}

static void llamacpp_streams_end_with_stop(void)
{
    static const char *const events[] = {
        "{\"content\":\"\",\"stop\":false}",
        "{\"content\":\"A\",\"stop\":false,\"completion_probabilities\":["
        "{\"token\":\"A\",\"logprob\":-1,\"top_logprobs\":[{\"token\":\"A\","
        "\"logprob\":-1}]}]}",
        "{\"content\":\"\",\"stop\":true,\"stop_type\":\"eos\","
        "\"tokens_evaluated\":3,\"timings\":{\"cache_n\":0}}",
    };
    static const char *const errors[] = {
        "{\"error\":{\"code\":500,\"message\":\"no slot\"}}",
    };

    CHECK_STR(stream("llamacpp", &alts, events, 3), ".c!");
    CHECK(is(got.text, "A") && got.n_tokens == 1 && got.prompt_tokens == 3);
    CHECK_STR(stream("llamacpp", &alts, errors, 1), "the server says: no slot");
}

static void llamacpp_gives_the_begun_answer_back(void)
{
    static const char *const events[] = {
        "{\"choices\":[{\"delta\":{\"content\":\"[J\"}}]}", "[DONE]"
    };

    CHECK(reads("llamacpp", &prefill,
                "{\"choices\":[{\"message\":{\"content\":\"[J\"}}]}"));
    CHECK(is(got.text, "J"));
    CHECK(reads("llamacpp", &prefill,
                "{\"choices\":[{\"message\":{\"content\":\"J\"}}]}"));
    CHECK(is(got.text, "J"));
    CHECK_STR(stream("llamacpp", &prefill, events, 2), "c!");
    CHECK(is(got.text, "J"));
    CHECK(reads("vllm", &prefill,
                "{\"choices\":[{\"message\":{\"content\":\"[J\"}}]}"));
    CHECK(is(got.text, "[J"));
}

static void llamacpp_shows_tokens_and_prompts(void)
{
    CHECK(reads("llamacpp", &count,
                "{\"tokens\":[{\"id\":1,\"piece\":\"[\"},{\"id\":2,\"piece\":"
                "[226,130]}]}"));
    CHECK(got.n_units == 2 && is(got.units[0], "[") &&
          is(got.units[1], "\xe2\x82"));
    CHECK(reads("llamacpp", &count, "{\"tokens\":[5,6,7]}"));
    CHECK(got.n_units == 3 && !got.units);
    CHECK(refuses("llamacpp", &count, "{\"tokens\":[{\"id\":1}]}", RKB_E_DATA,
                  "without its piece"));
    CHECK(refuses("llamacpp", &count, "{}", RKB_E_DATA, "no list of tokens"));
    CHECK(reads("llamacpp", &render, "{\"prompt\":\"<s>[INST] x\"}"));
    CHECK(is(got.text, "<s>[INST] x"));
    CHECK(refuses("llamacpp", &render, "{}", RKB_E_DATA, "no prompt"));
    CHECK(reads("llamacpp", &models,
                "{\"models\":[{\"name\":\"m\"}],\"object\":\"list\",\"data\":["
                "{\"id\":\"m\",\"meta\":{\"n_ctx\":4096,\"n_ctx_train\":32768}}"
                "]}"));
    CHECK_EQ_INT(got.context, 4096);
}

/* ---- SGLang ------------------------------------------------------------------- */

static void sglang_tells_alternatives_by_id(void)
{
    if (!CHECK(reads(
            "sglang", &alts,
            "{\"text\":\"A\",\"meta_info\":{\"id\":\"x\",\"finish_reason\":"
            "{\"type\":\"length\",\"length\":1},\"prompt_tokens\":7,"
            "\"completion_tokens\":1,\"cached_tokens\":2,\"e2e_latency\":0.25,"
            "\"output_token_logprobs\":[[-0.5,32,\"A\"]],"
            "\"output_top_logprobs\":[[[-1.5,315,\"A\"],[-0.5,32,\"A\"]]],"
            "\"input_token_logprobs\":[],\"input_top_logprobs\":[]}}")))
        return;
    CHECK_EQ_INT(got.n_tokens, 1);
    CHECK_EQ_INT(got.tokens[0].n_alts, 2);
    CHECK_NEAR(got.tokens[0].alts[0].logprob, -0.5, 0);
    CHECK_EQ_INT(got.finish, RKB_FINISH_LENGTH);
    CHECK_EQ_INT(got.cached_tokens, 2);
    CHECK_EQ_INT(got.server_ns, 250000000);
}

static void sglang_tells_the_prompts_logprobs_apart(void)
{
    CHECK(reads("sglang", &echo,
                "{\"text\":\"c\",\"meta_info\":{\"finish_reason\":{\"type\":"
                "\"stop\",\"matched\":\"]\"},\"input_token_logprobs\":[[null,1,"
                "\"a\"],[-2,2,\"b\"]],\"output_token_logprobs\":[[-1,3,\"c\"]]"
                "}}"));
    CHECK_EQ_INT(got.n_tokens, 3);
    CHECK_EQ_INT(got.n_echoed, 2);
    CHECK(!got.tokens[0].has_logprob);
    CHECK_NEAR(got.tokens[1].logprob, -2, 0);
    CHECK(is(got.text, "c") && is(got.stop_text, "]"));
}

static void sglang_without_texts_or_with_an_abort_is_no_answer(void)
{
    CHECK(refuses("sglang", &alts,
                  "{\"text\":\"A\",\"meta_info\":{\"output_token_logprobs\":["
                  "[-0.5,32,null]]}}",
                  RKB_E_DATA, "logprobs that are none"));
    CHECK(refuses("sglang", &alts,
                  "{\"text\":\"A\",\"meta_info\":{\"output_token_logprobs\":["
                  "[-0.5,32,\"A\"]],\"output_top_logprobs\":[null,null]}}",
                  RKB_E_DATA, "logprobs that are none"));
    CHECK(refuses("sglang", &alts, "{\"text\":\"A\"}", RKB_E_DATA,
                  "no meta_info"));
    CHECK(refuses("sglang", &alts,
                  "{\"text\":\"\",\"meta_info\":{\"finish_reason\":{\"type\":"
                  "\"abort\",\"message\":\"out of memory\"}}}",
                  RKB_E_IO, "the server says: out of memory"));
}

/* ---- Ollama -------------------------------------------------------------------- */

static void ollama_tells_counts_and_nanoseconds(void)
{
    CHECK(reads("ollama", &chat_alts,
                "{\"model\":\"m:7b\",\"message\":{\"role\":\"assistant\","
                "\"content\":\"A\",\"thinking\":\"hm\"},\"done\":true,"
                "\"done_reason\":\"stop\",\"total_duration\":5000,"
                "\"load_duration\":1000,\"prompt_eval_count\":12,"
                "\"eval_count\":2,\"logprobs\":[{\"token\":\"A\",\"logprob\":"
                "-0.5,\"bytes\":[65],\"top_logprobs\":[{\"token\":\"A\","
                "\"logprob\":-0.5,\"bytes\":[65]}]}]}"));
    CHECK(is(got.text, "A") && is(got.reasoning, "hm") &&
          is(got.model, "m:7b"));
    CHECK_EQ_INT(got.prompt_tokens, 12);
    CHECK_EQ_INT(got.output_tokens, 2);
    CHECK_EQ_INT(got.server_ns, 5000);
    CHECK_EQ_INT(got.finish, RKB_FINISH_STOP);
    CHECK(reads("ollama", &keep,
                "{\"response\":\"b\",\"done\":true,\"done_reason\":"
                "\"length\"}"));
    CHECK(is(got.text, "b") && got.finish == RKB_FINISH_LENGTH);
    CHECK_EQ_INT(got.prompt_tokens, -1);
    CHECK(refuses("ollama", &keep, "{\"response\":\"b\",\"done\":false}",
                  RKB_E_DATA, "not done"));
    CHECK(refuses("ollama", &chat, "{\"response\":\"b\",\"done\":true}",
                  RKB_E_DATA, "no message"));
    CHECK(refuses("ollama", &chat, "{\"error\":\"model 'x' not found\"}",
                  RKB_E_IO, "not found"));
    /* A build that knows no logprobs leaves them out. */
    CHECK(refuses("ollama", &chat_alts,
                  "{\"message\":{\"content\":\"A\"},\"done\":true}", RKB_E_DATA,
                  "none came back"));
}

static void ollama_streams_lines(void)
{
    static const char *const events[] = {
        "{\"message\":{\"content\":\"\",\"thinking\":\"h\"},\"done\":false}",
        "{\"message\":{\"content\":\"[2\"},\"done\":false}",
        "{\"message\":{\"content\":\"]\"},\"done\":false}",
        "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":"
        "\"stop\",\"eval_count\":4}",
    };
    static const char *const errors[] = { "{\"error\":\"boom\"}" };

    CHECK_STR(stream("ollama", &chat, events, 4), "ccc!");
    CHECK(is(got.text, "[2]") && is(got.reasoning, "h"));
    CHECK_EQ_INT(got.output_tokens, 4);
    CHECK_STR(stream("ollama", &chat, errors, 1), "the server says: boom");
}

static void ollama_lists_models_and_makes_vectors(void)
{
    CHECK(reads("ollama", &models,
                "{\"models\":[{\"name\":\"m:7b\",\"size\":1}]}"));
    CHECK(got.n_models == 1 && is(got.models[0].name, "m:7b"));
    CHECK(refuses("ollama", &models, "{\"models\":[{}]}", RKB_E_DATA,
                  "without its name"));
    CHECK(reads("ollama", &embed,
                "{\"model\":\"m\",\"embeddings\":[[1,2],[3,4]],"
                "\"prompt_eval_count\":6}"));
    CHECK(got.n_dims == 2 && got.prompt_tokens == 6);
}

/* ---- rerankers ------------------------------------------------------------------- */

static void tei_tells_tokens_and_its_limits(void)
{
    CHECK(reads("tei", &count,
                "[[{\"id\":1,\"text\":\"[\",\"special\":false,\"start\":0,"
                "\"stop\":1},{\"id\":2,\"text\":\"A\"}]]"));
    CHECK(got.n_units == 2 && is(got.units[1], "A"));
    CHECK(refuses("tei", &count, "[[],[]]", RKB_E_DATA, "one text"));
    CHECK(reads("tei", &models,
                "{\"model_id\":\"m\",\"max_input_length\":512,"
                "\"max_client_batch_size\":32}"));
    CHECK(is(got.model, "m") && got.context == 512);
    CHECK(refuses("tei", &models, "{}", RKB_E_DATA, "no model_id"));
    CHECK(reads("tei", &embed, "[[1,2],[3,4]]"));
}

static const struct {
    const char *dialect;
    long long prompt_tokens;
    const char *body; /* document 2 scores .5, document 0 -.25 */
} reranked[] = {
    { "tei", -1,
      "[{\"index\":2,\"score\":0.5},{\"index\":0,\"score\":-0.25}]" },
    { "vllm", 56,
      "{\"id\":\"x\",\"model\":\"m\",\"usage\":{\"total_tokens\":56},"
      "\"results\":[{\"index\":2,\"document\":{\"text\":\"c\"},"
      "\"relevance_score\":0.5},{\"index\":0,\"document\":{\"text\":\"a\"},"
      "\"relevance_score\":-0.25}]}" },
    { "llamacpp", 9,
      "{\"model\":\"m\",\"object\":\"list\",\"usage\":{\"prompt_tokens\":9,"
      "\"total_tokens\":9},\"results\":[{\"index\":0,\"relevance_score\":"
      "-0.25},{\"index\":2,\"relevance_score\":0.5}]}" },
    { "sglang", -1,
      "[{\"score\":0.5,\"document\":\"c\",\"index\":2,\"meta_info\":{\"id\":"
      "\"x\",\"prompt_tokens\":4}},{\"score\":-0.25,\"document\":\"a\","
      "\"index\":0,\"meta_info\":null}]" },
    { "cohere", 40,
      "{\"id\":\"x\",\"results\":[{\"index\":2,\"relevance_score\":0.5},"
      "{\"index\":0,\"relevance_score\":-0.25}],\"meta\":{\"api_version\":{"
      "\"version\":\"2\"},\"billed_units\":{\"search_units\":1},\"tokens\":{"
      "\"input_tokens\":40}}}" },
    { "jina", 12,
      "{\"model\":\"m\",\"object\":\"list\",\"usage\":{\"total_tokens\":12},"
      "\"results\":[{\"index\":2,\"relevance_score\":0.5},{\"index\":0,"
      "\"relevance_score\":-0.25}]}" },
    { "infinity", 8,
      "{\"object\":\"rerank\",\"results\":[{\"relevance_score\":0.5,\"index\":"
      "2,\"document\":null},{\"relevance_score\":-0.25,\"index\":0}],"
      "\"model\":\"m\",\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8},"
      "\"id\":\"x\",\"created\":1}" },
    { "voyage", 26,
      "{\"object\":\"list\",\"data\":[{\"relevance_score\":0.5,\"index\":2},"
      "{\"relevance_score\":-0.25,\"index\":0}],\"model\":\"m\",\"usage\":{"
      "\"total_tokens\":26}}" },
    { "mixedbread", 26,
      "{\"usage\":{\"prompt_tokens\":26,\"total_tokens\":26},\"model\":\"m\","
      "\"data\":[{\"index\":2,\"score\":0.5,\"input\":null,\"object\":"
      "\"rank_result\"},{\"index\":0,\"score\":-0.25}],\"object\":\"list\","
      "\"top_k\":2,\"return_input\":false}" },
    { "pinecone", -1,
      "{\"model\":\"m\",\"data\":[{\"index\":2,\"score\":0.5},{\"index\":0,"
      "\"score\":-0.25}],\"usage\":{\"rerank_units\":1}}" },
};

static void every_reranker_reads_every_documented_shape(void)
{
    size_t n_rows = 0;

    for (size_t d = 0; rkb_dialects[d]; d++) {
        bool own = false;

        if (!(rkb_dialects[d]->can & RKB_CAN(RKB_ASK_RERANK)))
            continue;
        n_rows++;
        for (size_t i = 0; i < RKB_COUNT(reranked); i++) {
            own |= strcmp(reranked[i].dialect, rkb_dialects[d]->name) == 0;
            if (!CHECK(reads(rkb_dialects[d]->name, &rerank, reranked[i].body)))
                continue;
            CHECK(got.scored[0] && !got.scored[1] && got.scored[2]);
            CHECK_NEAR(got.scores[2], 0.5, 0);
            CHECK_NEAR(got.scores[0], -0.25, 0);
            CHECK_EQ_INT(got.prompt_tokens, reranked[i].prompt_tokens);
        }
        CHECK(own); /* its own documented shape is in the list */
        CHECK(refuses(rkb_dialects[d]->name, &rerank,
                      "{\"results\":[{\"index\":3,\"score\":1}]}", RKB_E_DATA,
                      "index 3 of 3"));
    }
    CHECK_EQ_INT(n_rows, RKB_COUNT(reranked));
}

/* Whatever a row can, it takes no reply that tells nothing. */
static void no_row_takes_an_empty_reply(void)
{
    static const char *const bodies[] = { "",     "{}",   "[]",
                                          "null", "[[]]", "<html>" };

    for (size_t d = 0; rkb_dialects[d]; d++)
        for (int kind = 0; kind < RKB_ASK_KINDS; kind++)
            for (size_t i = 0; i < RKB_COUNT(bodies); i++) {
                struct rkb_ask ask = { .kind = (enum rkb_ask_kind)kind,
                                       .docs = docs,
                                       .n_docs = 2,
                                       .max_tokens = 1 };
                bool none = (kind == RKB_ASK_RERANK && i == 2) ||
                            (kind == RKB_ASK_TOKENIZE && i == 4);

                if (none || !(rkb_dialects[d]->can & RKB_CAN(kind)))
                    continue;
                CHECK(refuses(rkb_dialects[d]->name, &ask, bodies[i],
                              RKB_E_DATA, ""));
            }
}

TESTS(TEST(llamacpp_tells_probabilities_timings_and_the_cache),
      TEST(older_llamacpp_tells_probabilities),
      TEST(llamacpp_gives_the_stop_text_back_where_it_is_kept),
      TEST(a_prompt_that_llamacpp_cut_is_no_answer),
      TEST(llamacpp_streams_end_with_stop),
      TEST(llamacpp_gives_the_begun_answer_back),
      TEST(llamacpp_shows_tokens_and_prompts),
      TEST(sglang_tells_alternatives_by_id),
      TEST(sglang_tells_the_prompts_logprobs_apart),
      TEST(sglang_without_texts_or_with_an_abort_is_no_answer),
      TEST(ollama_tells_counts_and_nanoseconds), TEST(ollama_streams_lines),
      TEST(ollama_lists_models_and_makes_vectors),
      TEST(tei_tells_tokens_and_its_limits),
      TEST(every_reranker_reads_every_documented_shape),
      TEST(no_row_takes_an_empty_reply))
