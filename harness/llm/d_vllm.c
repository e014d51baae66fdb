/* SPDX-License-Identifier: Apache-2.0 */
/* Beyond OpenAI's members vLLM takes its own at the top level of a body. */
#include "harness/llm/wire_openai.h"

static void template_members(struct rkb_buf *b, const struct rkb_ask *ask)
{
    if (ask->prefill) {
        rkb_wire_flag(b, "add_generation_prompt", false);
        rkb_wire_flag(b, "continue_final_message", true);
    }
    if (ask->thinking != RKB_THINK_DEFAULT)
        rkb_wire_switch(b, "chat_template_kwargs", "enable_thinking",
                        ask->thinking == RKB_THINK_ON);
}

static void decoding_members(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_openai_write_neutral(b, ask, -1, "repetition_penalty");
    if (ask->keep_stop)
        rkb_wire_flag(b, "include_stop_str_in_output", true);
    if (ask->n_choices) {
        rkb_wire_key(b, "structured_outputs");
        rkb_buf_char(b, '{');
        rkb_wire_texts(b, "choice", ask->choices, ask->n_choices);
        rkb_buf_char(b, '}');
    }
    if (ask->cold && ask->cache_salt.len)
        rkb_wire_text(b, "cache_salt", ask->cache_salt);
}

static void write_tokenize(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    if (ask->n_turns) {
        rkb_wire_turns(b, "messages", ask->turns, ask->n_turns);
        template_members(b, ask);
    } else {
        rkb_wire_text(b, "prompt", ask->prompt);
    }
    rkb_wire_flag(b, "add_special_tokens", false);
    rkb_wire_flag(b, "return_token_strs", true);
}

static enum rkb_status write_ask(const struct rkb_ask *ask,
                                 struct rkb_buf *path, struct rkb_buf *body,
                                 struct rkb_err *err)
{
    enum rkb_status rc = rkb_wire_check(&rkb_dialect_vllm, ask, err);

    if (!rc && ask->cold && !ask->cache_salt.len)
        rc = rkb_wire_cannot(&rkb_dialect_vllm,
                             "keep a prefix cache out without a salt", err);
    if (rc)
        return rc;
    switch (ask->kind) {
    case RKB_ASK_CHAT:
        rkb_buf_text(path, "/v1/chat/completions");
        rkb_openai_write_chat(body, ask);
        decoding_members(body, ask);
        template_members(body, ask);
        break;
    case RKB_ASK_COMPLETE:
        rkb_buf_text(path, "/v1/completions");
        rkb_openai_write_complete(body, ask);
        decoding_members(body, ask);
        rkb_wire_flag(body, "add_special_tokens", false);
        break;
    case RKB_ASK_RERANK:
        rkb_buf_text(path, "/v1/rerank");
        rkb_openai_write_rerank(body, ask);
        if (ask->raw_scores)
            rkb_wire_flag(body, "use_activation", false);
        break;
    case RKB_ASK_EMBED:
        rkb_buf_text(path, "/v1/embeddings");
        rkb_openai_write_embed(body, ask);
        break;
    case RKB_ASK_TOKENIZE:
        rkb_buf_text(path, "/tokenize");
        write_tokenize(body, ask);
        break;
    default:
        rkb_buf_text(path, "/v1/models");
        return RKB_OK;
    }
    return rkb_wire_close(body, ask->extra, err);
}

const struct rkb_dialect_def rkb_dialect_vllm = {
    .name = "vllm",
    .summary = "vLLM: OpenAI's routes with its own members, rerank, tokenize",
    .source = "vllm-project/vllm vllm/entrypoints/openai, docs: "
              "OpenAI-compatible server",
    .proven = "recorded answers: rerank and models, ttokunaga-ja/kcs@6e9c6c5 "
              "(0.26.0), acdtrx/kaiak@dea5f73 (0.30.0); the rest from "
              "documentation",
    .can = RKB_CAN(RKB_ASK_CHAT) | RKB_CAN(RKB_ASK_COMPLETE) |
           RKB_CAN(RKB_ASK_RERANK) | RKB_CAN(RKB_ASK_EMBED) |
           RKB_CAN(RKB_ASK_TOKENIZE) | RKB_CAN(RKB_ASK_MODELS) |
           RKB_CAN_LOGPROBS | RKB_CAN_PREFILL | RKB_CAN_ECHO | RKB_CAN_STREAM |
           RKB_CAN_CHOICES | RKB_CAN_THINK | RKB_CAN_COLD |
           RKB_CAN_TOKENIZE_TURNS | RKB_CAN_BE_RAW,
    .max_alts = 20,
    .version = 1,
    .write = write_ask,
    .read = rkb_openai_read,
    .read_event = rkb_openai_read_event,
};
