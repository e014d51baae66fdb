/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/wire_openai.h"

static enum rkb_status write_ask(const struct rkb_ask *ask,
                                 struct rkb_buf *path, struct rkb_buf *body,
                                 struct rkb_err *err)
{
    enum rkb_status rc = rkb_wire_check(&rkb_dialect_openai, ask, err);

    if (rc)
        return rc;
    switch (ask->kind) {
    case RKB_ASK_CHAT:
        rkb_buf_text(path, "/v1/chat/completions");
        rkb_openai_write_chat(body, ask);
        break;
    case RKB_ASK_COMPLETE:
        rkb_buf_text(path, "/v1/completions");
        rkb_openai_write_complete(body, ask);
        break;
    case RKB_ASK_EMBED:
        rkb_buf_text(path, "/v1/embeddings");
        rkb_openai_write_embed(body, ask);
        break;
    default:
        rkb_buf_text(path, "/v1/models");
        return RKB_OK;
    }
    return rkb_wire_close(body, ask->extra, err);
}

const struct rkb_dialect_def rkb_dialect_openai = {
    .name = "openai",
    .summary = "OpenAI and servers that copy its routes and no more",
    .source = "OpenAI API reference: chat, completions, embeddings, models",
    .proven = "real server: the same routes of llama.cpp b10573",
    .can = RKB_CAN(RKB_ASK_CHAT) | RKB_CAN(RKB_ASK_COMPLETE) |
           RKB_CAN(RKB_ASK_EMBED) | RKB_CAN(RKB_ASK_MODELS) | RKB_CAN_LOGPROBS |
           RKB_CAN_ECHO | RKB_CAN_STREAM,
    .max_alts = 20,
    .max_docs = 2048,
    .version = 1,
    .write = write_ask,
    .read = rkb_openai_read,
    .read_event = rkb_openai_read_event,
};
