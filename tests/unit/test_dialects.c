/* SPDX-License-Identifier: Apache-2.0 */
/* What each dialect sends for the same asks, byte for byte. */
#include "base/buf.h"
#include "base/io/json.h"
#include "harness/llm/dialect.h"
#include "tests/tap.h"

static struct rkb_arena arena;
static struct rkb_err err;

/* ---- asks -------------------------------------------------------------------- */

#define SV(text)               \
    {                          \
        text, sizeof(text) - 1 \
    }

static const struct rkb_turn turns[] = {
    { RKB_SYSTEM, SV("Be \"brief\"") },
    { RKB_USER, SV("Rank\n1") },
};
static const struct rkb_turn prefilled[] = {
    { RKB_USER, SV("Rank") },
    { RKB_ASSISTANT, SV("[") },
};
static const rkb_sv docs[] = { SV("d1"), SV("d\xc3\xa4") };
static const rkb_sv stops[] = { SV("]") };
static const rkb_sv choices[] = { SV("A"), SV("B\"\\") };

static const struct rkb_ask asks[] = {
    { .kind = RKB_ASK_CHAT,
      .model = SV("m"),
      .turns = turns,
      .n_turns = 2,
      .max_tokens = 100,
      .temperature = 0 },
    { .kind = RKB_ASK_CHAT,
      .model = SV("m"),
      .turns = turns + 1,
      .n_turns = 1,
      .max_tokens = 1,
      .temperature = 0.5,
      .top_p = 0.9,
      .has_seed = true,
      .seed = 7,
      .n_alts = 20,
      .stop = stops,
      .n_stop = 1,
      .keep_stop = true,
      .choices = choices,
      .n_choices = 2,
      .stream = true,
      .cold = true,
      .cache_salt = SV("s1"),
      .extra = SV("{\"temperature\":null,\"user\":\"u\"}") },
    { .kind = RKB_ASK_CHAT,
      .turns = prefilled,
      .n_turns = 2,
      .prefill = true,
      .max_tokens = 1,
      .n_alts = 30 },
    { .kind = RKB_ASK_CHAT,
      .turns = turns + 1,
      .n_turns = 1,
      .max_tokens = 1,
      .thinking = RKB_THINK_OFF },
    { .kind = RKB_ASK_COMPLETE,
      .model = SV("m"),
      .prompt = SV("<s>a["),
      .max_tokens = 2,
      .n_alts = 5,
      .cold = true,
      .cache_salt = SV("s1"),
      .choices = choices,
      .n_choices = 1 },
    { .kind = RKB_ASK_COMPLETE,
      .prompt = SV("ab"),
      .max_tokens = 1,
      .echo = true },
    { .kind = RKB_ASK_RERANK,
      .model = SV("m"),
      .query = SV("q"),
      .docs = docs,
      .n_docs = 2,
      .raw_scores = true },
    { .kind = RKB_ASK_RERANK,
      .query = SV("q"),
      .docs = docs,
      .n_docs = 1,
      .instruct = SV("do") },
    { .kind = RKB_ASK_EMBED, .model = SV("m"), .docs = docs, .n_docs = 2 },
    { .kind = RKB_ASK_TOKENIZE, .model = SV("m"), .prompt = SV("<s>[A") },
    { .kind = RKB_ASK_TOKENIZE, .turns = turns + 1, .n_turns = 1 },
    { .kind = RKB_ASK_RENDER, .turns = turns + 1, .n_turns = 1 },
    { .kind = RKB_ASK_MODELS },
};
enum {
    PLAIN,
    RICH,
    PREFILL,
    NO_THINK,
    COMPLETE,
    ECHO,
    RERANK,
    INSTRUCT,
    EMBED,
    COUNT,
    COUNT_TURNS,
    RENDER,
    MODELS
};

static const struct rkb_dialect_def *find(const char *name)
{
    const struct rkb_dialect_def *d = NULL;

    CHECK_EQ_INT(rkb_dialect_find(rkb_sv_of(name), &d, &err), RKB_OK);
    return d;
}

/* "PATH BODY", or the message. */
static const char *sent(const char *dialect, int ask)
{
    static struct rkb_buf out;
    const struct rkb_dialect_def *d = find(dialect);
    struct rkb_buf path = { 0 }, body = { 0 };

    rkb_buf_reset(&out);
    err = (struct rkb_err){ 0 };
    if (d->write(&asks[ask], &path, &body, &err)) {
        CHECK_EQ_INT(err.code, RKB_E_USAGE);
        rkb_buf_text(&out, err.msg);
    } else {
        rkb_buf_sv(&out, rkb_buf_view(&path));
        rkb_buf_text(&out, body.len ? " " : "");
        rkb_buf_sv(&out, rkb_buf_view(&body));
    }
    rkb_buf_release(&path);
    rkb_buf_release(&body);
    return out.at;
}

/* ---- the table ------------------------------------------------------------------ */

static void every_row_is_whole(void)
{
    for (size_t i = 0; rkb_dialects[i]; i++) {
        const struct rkb_dialect_def *d = rkb_dialects[i];

        CHECK(d->name[0] && d->summary[0] && d->source[0] && d->proven[0]);
        CHECK(d->write && d->read && d->version > 0);
        CHECK(d->can & (RKB_CAN(RKB_ASK_CHAT) | RKB_CAN(RKB_ASK_RERANK)));
        CHECK(!(d->can & RKB_CAN_STREAM) == !d->read_event);
        CHECK(!(d->can & RKB_CAN_LOGPROBS) == !d->max_alts);
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(rkb_dialects[k]->name, d->name) != 0);
    }
}

/* Whatever a row says it can is written as one JSON object, or as a GET; all
 * else is refused by name. */
static void every_row_writes_what_it_can_and_nothing_else(void)
{
    for (size_t i = 0; rkb_dialects[i]; i++)
        for (size_t k = 0; k < RKB_COUNT(asks); k++) {
            const struct rkb_dialect_def *d = rkb_dialects[i];
            const struct rkb_ask *ask = &asks[k];
            struct rkb_buf path = { 0 }, body = { 0 };
            const struct rkb_json *json;
            bool can = d->can & RKB_CAN(ask->kind);
            enum rkb_status rc = d->write(ask, &path, &body, &err);

            can = can && (!ask->n_alts || d->can & RKB_CAN_LOGPROBS) &&
                  (!ask->prefill || d->can & RKB_CAN_PREFILL) &&
                  (!ask->echo || d->can & RKB_CAN_ECHO) &&
                  (!ask->thinking || d->can & RKB_CAN_THINK) &&
                  (!ask->stream || d->can & RKB_CAN_STREAM) &&
                  (!ask->instruct.len || d->can & RKB_CAN_INSTRUCT) &&
                  (ask->kind != RKB_ASK_TOKENIZE || !ask->n_turns ||
                   d->can & RKB_CAN_TOKENIZE_TURNS);
            CHECK_EQ_INT(rc, can ? RKB_OK : RKB_E_USAGE);
            if (!can) {
                CHECK(strstr(err.msg, d->name));
            } else {
                CHECK(path.at && path.at[0] == '/');
                CHECK(!body.len || (!rkb_json_parse(&arena, rkb_buf_view(&body),
                                                    &json, &err) &&
                                    json->kind == RKB_JSON_OBJECT));
            }
            rkb_buf_release(&path);
            rkb_buf_release(&body);
        }
}

static void an_unknown_name_brings_the_nearest(void)
{
    const struct rkb_dialect_def *d;

    CHECK_EQ_INT(rkb_dialect_find(rkb_sv_of("opanai"), &d, &err), RKB_E_USAGE);
    CHECK(strstr(err.msg, "did you mean 'openai'?"));
    CHECK(!d);
}

static void too_many_documents_are_not_written(void)
{
    static rkb_sv many[3000];
    struct rkb_ask ask = { .kind = RKB_ASK_EMBED,
                           .docs = many,
                           .n_docs = 3000 };
    struct rkb_buf path = { 0 }, body = { 0 };

    CHECK_EQ_INT(find("openai")->write(&ask, &path, &body, &err), RKB_E_USAGE);
    CHECK_STR(err.msg,
              "dialect 'openai' takes 2048 documents at once, not 3000");
    CHECK(!body.len);
    rkb_buf_release(&path);
}

/* ---- what is sent ------------------------------------------------------------------ */

static void openai_is_sent_openais_members_only(void)
{
    CHECK_STR(sent("openai", PLAIN),
              "/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":"
              "\"system\",\"content\":\"Be \\\"brief\\\"\"},{\"role\":\"user\","
              "\"content\":\"Rank\\n1\"}],\"max_tokens\":100,"
              "\"temperature\":0}");
    CHECK_STR(sent("openai", RICH),
              "/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":"
              "\"user\",\"content\":\"Rank\\n1\"}],\"max_tokens\":1,"
              "\"top_p\":0.9,\"seed\":7,\"stop\":[\"]\"],\"stream\":true,"
              "\"stream_options\":{\"include_usage\":true},\"logprobs\":true,"
              "\"top_logprobs\":20,\"user\":\"u\"}");
    CHECK_STR(sent("openai", COMPLETE),
              "/v1/completions {\"model\":\"m\",\"prompt\":\"<s>a[\","
              "\"max_tokens\":2,\"temperature\":0,\"logprobs\":5}");
    CHECK_STR(sent("openai", ECHO),
              "/v1/completions {\"prompt\":\"ab\",\"max_tokens\":1,"
              "\"temperature\":0,\"logprobs\":1,\"echo\":true}");
    CHECK_STR(sent("openai", EMBED),
              "/v1/embeddings {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4"
              "\"]}");
    CHECK_STR(sent("openai", MODELS), "/v1/models");
    CHECK_STR(sent("openai", PREFILL),
              "dialect 'openai' cannot go on from the assistant's last turn");
    CHECK_STR(sent("openai", NO_THINK),
              "dialect 'openai' cannot switch thinking on or off");
    CHECK_STR(sent("openai", RERANK),
              "dialect 'openai' cannot rerank documents");
    CHECK_STR(sent("openai", COUNT), "dialect 'openai' cannot count tokens");
    CHECK_STR(sent("openai", RENDER),
              "dialect 'openai' cannot show the prompt made of turns");
}

/* Written once by this program and then read against each server's
 * documentation, member by member (docs/servers.md says why they are there). */
static const struct {
    const char *dialect;
    int ask;
    const char *sent;
} golden[] = {
    { "vllm", PLAIN,
      "/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":"
      "\"system\",\"content\":\"Be \\\"brief\\\"\"},{\"role\":\"user"
      "\",\"content\":\"Rank\\n1\"}],\"max_tokens\":100,\"temperature"
      "\":0,\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"repetition_penalty"
      "\":1}" },
    { "vllm", RICH,
      "/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":"
      "\"user\",\"content\":\"Rank\\n1\"}],\"max_tokens\":1,\"top_p\""
      ":0.9,\"seed\":7,\"stop\":[\"]\"],\"stream\":true,\"stream_opti"
      "ons\":{\"include_usage\":true},\"logprobs\":true,\"top_logprob"
      "s\":20,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":1,\"inc"
      "lude_stop_str_in_output\":true,\"structured_outputs\":{\"choic"
      "e\":[\"A\",\"B\\\"\\\\\"]},\"cache_salt\":\"s1\",\"user\":\"u"
      "\"}" },
    { "vllm", PREFILL,
      "/v1/chat/completions {\"messages\":[{\"role\":\"user\",\"conte"
      "nt\":\"Rank\"},{\"role\":\"assistant\",\"content\":\"[\"}],\"m"
      "ax_tokens\":1,\"temperature\":0,\"logprobs\":true,\"top_logpro"
      "bs\":30,\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"repetition_pena"
      "lty\":1,\"add_generation_prompt\":false,\"continue_final_messa"
      "ge\":true}" },
    { "vllm", NO_THINK,
      "/v1/chat/completions {\"messages\":[{\"role\":\"user\",\"conte"
      "nt\":\"Rank\\n1\"}],\"max_tokens\":1,\"temperature\":0,\"top_p"
      "\":1,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":1,\"chat_"
      "template_kwargs\":{\"enable_thinking\":false}}" },
    { "vllm", COMPLETE,
      "/v1/completions {\"model\":\"m\",\"prompt\":\"<s>a[\",\"max_to"
      "kens\":2,\"temperature\":0,\"logprobs\":5,\"top_p\":1,\"top_k"
      "\":-1,\"min_p\":0,\"repetition_penalty\":1,\"structured_output"
      "s\":{\"choice\":[\"A\"]},\"cache_salt\":\"s1\",\"add_special_t"
      "okens\":false}" },
    { "vllm", ECHO,
      "/v1/completions {\"prompt\":\"ab\",\"max_tokens\":1,\"temperat"
      "ure\":0,\"logprobs\":1,\"echo\":true,\"top_p\":1,\"top_k\":-1,"
      "\"min_p\":0,\"repetition_penalty\":1,\"add_special_tokens\":fa"
      "lse}" },
    { "vllm", RERANK,
      "/v1/rerank {\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d"
      "1\",\"d\xc3\xa4\"],\"use_activation\":false}" },
    { "vllm", EMBED,
      "/v1/embeddings {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4"
      "\"]}" },
    { "vllm", COUNT,
      "/tokenize {\"model\":\"m\",\"prompt\":\"<s>[A\",\"add_special_"
      "tokens\":false,\"return_token_strs\":true}" },
    { "vllm", COUNT_TURNS,
      "/tokenize {\"messages\":[{\"role\":\"user\",\"content\":\"Rank"
      "\\n1\"}],\"add_special_tokens\":false,\"return_token_strs\":tr"
      "ue}" },
    { "vllm", MODELS, "/v1/models" },
    { "sglang", PLAIN,
      "/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":"
      "\"system\",\"content\":\"Be \\\"brief\\\"\"},{\"role\":\"user"
      "\",\"content\":\"Rank\\n1\"}],\"max_tokens\":100,\"temperature"
      "\":0,\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"repetition_penalty"
      "\":1}" },
    { "sglang", RICH,
      "/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":"
      "\"user\",\"content\":\"Rank\\n1\"}],\"max_tokens\":1,\"top_p\""
      ":0.9,\"seed\":7,\"stop\":[\"]\"],\"stream\":true,\"stream_opti"
      "ons\":{\"include_usage\":true},\"logprobs\":true,\"top_logprob"
      "s\":20,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":1,\"no_"
      "stop_trim\":true,\"regex\":\"(A|B\\\"\\\\\\\\)\",\"cache_salt"
      "\":\"s1\",\"user\":\"u\"}" },
    { "sglang", PREFILL,
      "/v1/chat/completions {\"messages\":[{\"role\":\"user\",\"conte"
      "nt\":\"Rank\"},{\"role\":\"assistant\",\"content\":\"[\"}],\"m"
      "ax_tokens\":1,\"temperature\":0,\"logprobs\":true,\"top_logpro"
      "bs\":30,\"top_p\":1,\"top_k\":-1,\"min_p\":0,\"repetition_pena"
      "lty\":1,\"continue_final_message\":true}" },
    { "sglang", NO_THINK,
      "/v1/chat/completions {\"messages\":[{\"role\":\"user\",\"conte"
      "nt\":\"Rank\\n1\"}],\"max_tokens\":1,\"temperature\":0,\"top_p"
      "\":1,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":1,\"chat_"
      "template_kwargs\":{\"enable_thinking\":false}}" },
    { "sglang", COMPLETE,
      "/generate {\"text\":\"<s>a[\",\"sampling_params\":{\"max_new_t"
      "okens\":2,\"temperature\":0,\"top_p\":1,\"top_k\":-1,\"min_p\""
      ":0,\"repetition_penalty\":1,\"regex\":\"(A)\"},\"return_logpro"
      "b\":true,\"logprob_start_len\":-1,\"top_logprobs_num\":5,\"ret"
      "urn_text_in_logprobs\":true,\"extra_key\":\"s1\"}" },
    { "sglang", ECHO,
      "/generate {\"text\":\"ab\",\"sampling_params\":{\"max_new_toke"
      "ns\":1,\"temperature\":0,\"top_p\":1,\"top_k\":-1,\"min_p\":0,"
      "\"repetition_penalty\":1},\"return_logprob\":true,\"logprob_st"
      "art_len\":0,\"top_logprobs_num\":0,\"return_text_in_logprobs\""
      ":true}" },
    { "sglang", RERANK,
      "/v1/rerank {\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d"
      "1\",\"d\xc3\xa4\"],\"return_documents\":false}" },
    { "sglang", INSTRUCT,
      "/v1/rerank {\"query\":\"q\",\"documents\":[\"d1\"],\"instruct"
      "\":\"do\",\"return_documents\":false}" },
    { "sglang", EMBED,
      "/v1/embeddings {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4"
      "\"]}" },
    { "sglang", COUNT,
      "/tokenize {\"model\":\"m\",\"prompt\":\"<s>[A\",\"add_special_"
      "tokens\":false}" },
    { "sglang", MODELS, "/v1/models" },
    { "llamacpp", PLAIN,
      "/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":"
      "\"system\",\"content\":\"Be \\\"brief\\\"\"},{\"role\":\"user"
      "\",\"content\":\"Rank\\n1\"}],\"max_tokens\":100,\"temperature"
      "\":0,\"top_p\":1,\"top_k\":0,\"min_p\":0,\"repeat_penalty\":1}" },
    { "llamacpp", RICH,
      "/v1/chat/completions {\"model\":\"m\",\"messages\":[{\"role\":"
      "\"user\",\"content\":\"Rank\\n1\"}],\"max_tokens\":1,\"top_p\""
      ":0.9,\"seed\":7,\"stop\":[\"]\"],\"stream\":true,\"stream_opti"
      "ons\":{\"include_usage\":true},\"logprobs\":true,\"top_logprob"
      "s\":20,\"top_k\":0,\"min_p\":0,\"repeat_penalty\":1,\"grammar"
      "\":\"root ::= \\\"A\\\" | \\\"B\\\\\\\"\\\\\\\\\\\"\",\"cache_"
      "prompt\":false,\"user\":\"u\"}" },
    { "llamacpp", PREFILL,
      "/v1/chat/completions {\"messages\":[{\"role\":\"user\",\"conte"
      "nt\":\"Rank\"},{\"role\":\"assistant\",\"content\":\"[\"}],\"m"
      "ax_tokens\":1,\"temperature\":0,\"logprobs\":true,\"top_logpro"
      "bs\":30,\"top_p\":1,\"top_k\":0,\"min_p\":0,\"repeat_penalty\""
      ":1,\"chat_template_kwargs\":{\"enable_thinking\":false}}" },
    { "llamacpp", NO_THINK,
      "/v1/chat/completions {\"messages\":[{\"role\":\"user\",\"conte"
      "nt\":\"Rank\\n1\"}],\"max_tokens\":1,\"temperature\":0,\"top_p"
      "\":1,\"top_k\":0,\"min_p\":0,\"repeat_penalty\":1,\"chat_templ"
      "ate_kwargs\":{\"enable_thinking\":false}}" },
    { "llamacpp", COMPLETE,
      "/completion {\"model\":\"m\",\"prompt\":\"<s>a[\",\"n_predict"
      "\":2,\"temperature\":0,\"n_probs\":5,\"top_p\":1,\"top_k\":0,"
      "\"min_p\":0,\"repeat_penalty\":1,\"grammar\":\"root ::= \\\"A"
      "\\\"\",\"cache_prompt\":false}" },
    { "llamacpp", RERANK,
      "/v1/rerank {\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d"
      "1\",\"d\xc3\xa4\"]}" },
    { "llamacpp", EMBED,
      "/v1/embeddings {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4"
      "\"]}" },
    { "llamacpp", COUNT,
      "/tokenize {\"model\":\"m\",\"content\":\"<s>[A\",\"add_special"
      "\":false,\"parse_special\":true,\"with_pieces\":true}" },
    { "llamacpp", RENDER,
      "/apply-template {\"messages\":[{\"role\":\"user\",\"content\":"
      "\"Rank\\n1\"}]}" },
    { "llamacpp", MODELS, "/v1/models" },
    { "ollama", PLAIN,
      "/api/chat {\"model\":\"m\",\"messages\":[{\"role\":\"system\","
      "\"content\":\"Be \\\"brief\\\"\"},{\"role\":\"user\",\"content"
      "\":\"Rank\\n1\"}],\"stream\":false,\"truncate\":false,\"shift"
      "\":false,\"options\":{\"num_predict\":100,\"temperature\":0,\""
      "top_p\":1,\"top_k\":0,\"min_p\":0,\"repeat_penalty\":1}}" },
    { "ollama", RICH,
      "/api/chat {\"model\":\"m\",\"messages\":[{\"role\":\"user\",\""
      "content\":\"Rank\\n1\"}],\"stream\":true,\"truncate\":false,\""
      "shift\":false,\"logprobs\":true,\"top_logprobs\":20,\"options"
      "\":{\"num_predict\":1,\"temperature\":0.5,\"top_p\":0.9,\"top_"
      "k\":0,\"min_p\":0,\"repeat_penalty\":1,\"seed\":7,\"stop\":[\""
      "]\"]},\"user\":\"u\"}" },
    { "ollama", NO_THINK,
      "/api/chat {\"messages\":[{\"role\":\"user\",\"content\":\"Rank"
      "\\n1\"}],\"stream\":false,\"truncate\":false,\"shift\":false,"
      "\"think\":false,\"options\":{\"num_predict\":1,\"temperature\""
      ":0,\"top_p\":1,\"top_k\":0,\"min_p\":0,\"repeat_penalty\":1}}" },
    { "ollama", COMPLETE,
      "/api/generate {\"model\":\"m\",\"prompt\":\"<s>a[\",\"raw\":tr"
      "ue,\"stream\":false,\"truncate\":false,\"shift\":false,\"logpr"
      "obs\":true,\"top_logprobs\":5,\"options\":{\"num_predict\":2,"
      "\"temperature\":0,\"top_p\":1,\"top_k\":0,\"min_p\":0,\"repeat"
      "_penalty\":1}}" },
    { "ollama", EMBED,
      "/api/embed {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4\"],"
      "\"truncate\":false}" },
    { "ollama", MODELS, "/api/tags" },
    { "tei", RERANK,
      "/rerank {\"query\":\"q\",\"texts\":[\"d1\",\"d\xc3\xa4\"],\"ra"
      "w_scores\":true,\"return_text\":false,\"truncate\":false}" },
    { "tei", EMBED,
      "/embed {\"inputs\":[\"d1\",\"d\xc3\xa4\"],\"truncate\":false}" },
    { "tei", COUNT,
      "/tokenize {\"inputs\":[\"<s>[A\"],\"add_special_tokens\":false"
      "}" },
    { "tei", MODELS, "/info" },
    { "cohere", RERANK,
      "/v2/rerank {\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d"
      "1\",\"d\xc3\xa4\"]}" },
    { "jina", RERANK,
      "/v1/rerank {\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d"
      "1\",\"d\xc3\xa4\"],\"return_documents\":false}" },
    { "jina", EMBED,
      "/v1/embeddings {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4"
      "\"]}" },
    { "infinity", RERANK,
      "/rerank {\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d1\""
      ",\"d\xc3\xa4\"],\"return_documents\":false,\"raw_scores\":true"
      "}" },
    { "infinity", EMBED,
      "/embeddings {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4\"]}" },
    { "voyage", RERANK,
      "/v1/rerank {\"model\":\"m\",\"query\":\"q\",\"documents\":[\"d"
      "1\",\"d\xc3\xa4\"],\"truncation\":false}" },
    { "voyage", EMBED,
      "/v1/embeddings {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4"
      "\"],\"truncation\":false}" },
    { "mixedbread", RERANK,
      "/v1/reranking {\"model\":\"m\",\"query\":\"q\",\"input\":[\"d1"
      "\",\"d\xc3\xa4\"],\"top_k\":2,\"return_input\":false}" },
    { "mixedbread", EMBED,
      "/v1/embeddings {\"model\":\"m\",\"input\":[\"d1\",\"d\xc3\xa4"
      "\"]}" },
    { "pinecone", RERANK,
      "/rerank {\"model\":\"m\",\"query\":\"q\",\"documents\":[{\"tex"
      "t\":\"d1\"},{\"text\":\"d\xc3\xa4\"}],\"top_n\":2,\"return_doc"
      "uments\":false,\"parameters\":{\"truncate\":\"NONE\"}}" },
};

static void each_server_is_sent_its_own_members(void)
{
    for (size_t i = 0; i < RKB_COUNT(golden); i++)
        CHECK_STR(sent(golden[i].dialect, golden[i].ask), golden[i].sent);
}

static void a_cold_cache_needs_a_salt_where_it_is_kept_out_by_one(void)
{
    const struct rkb_ask ask = { .kind = RKB_ASK_COMPLETE,
                                 .prompt = SV("a"),
                                 .max_tokens = 1,
                                 .cold = true };
    struct rkb_buf path = { 0 }, body = { 0 };

    CHECK_EQ_INT(find("vllm")->write(&ask, &path, &body, &err), RKB_E_USAGE);
    CHECK_EQ_INT(find("sglang")->write(&ask, &path, &body, &err), RKB_E_USAGE);
    CHECK(!path.len && !body.len);
    CHECK_EQ_INT(find("llamacpp")->write(&ask, &path, &body, &err), RKB_OK);
    rkb_buf_release(&path);
    rkb_buf_release(&body);
}

TESTS(TEST(every_row_is_whole),
      TEST(every_row_writes_what_it_can_and_nothing_else),
      TEST(an_unknown_name_brings_the_nearest),
      TEST(too_many_documents_are_not_written),
      TEST(openai_is_sent_openais_members_only),
      TEST(each_server_is_sent_its_own_members),
      TEST(a_cold_cache_needs_a_salt_where_it_is_kept_out_by_one))
