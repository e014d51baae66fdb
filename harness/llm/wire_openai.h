/* SPDX-License-Identifier: Apache-2.0 */
/* OpenAI's routes, which most servers speak with differences of their own: a
 * dialect writes the common members with these, adds its own, and closes. */
#ifndef RKB_HARNESS_LLM_WIRE_OPENAI_H
#define RKB_HARNESS_LLM_WIRE_OPENAI_H

#include "harness/llm/wire.h"

/* An open body, up to what all servers share. CHAT: model, messages, limits,
 * sampling, stop, logprobs, stream. COMPLETE: the same with prompt and echo. */
void rkb_openai_write_chat(struct rkb_buf *b, const struct rkb_ask *ask);
void rkb_openai_write_complete(struct rkb_buf *b, const struct rkb_ask *ask);
/* {"model","input":[..]}; {"model","query","documents":[..]}. */
void rkb_openai_write_embed(struct rkb_buf *b, const struct rkb_ask *ask);
void rkb_openai_write_rerank(struct rkb_buf *b, const struct rkb_ask *ask);

/* Servers take what is not sent from the model's files or their own defaults
 * (a penalty for repetition, a cut of the distribution), so that temperature 0
 * is not the likeliest token. These members leave temperature, top_p and seed
 * alone to decide. `top_k`: the number that means no cut. */
void rkb_openai_write_neutral(struct rkb_buf *b, const struct rkb_ask *ask,
                              int top_k, const char *penalty);

/* Any kind of ask but RENDER, by its kind. CHAT and COMPLETE: text, reasoning,
 * logprobs in both shapes wherever they stand, finish, usage. TOKENIZE:
 * {"count","max_model_len","tokens","token_strs"} as vLLM and SGLang have it. */
enum rkb_status rkb_openai_read(struct rkb_arena *a, const struct rkb_ask *ask,
                                rkb_sv body, struct rkb_answer *out,
                                struct rkb_err *err) RKB_MUST_CHECK;
enum rkb_status rkb_openai_read_event(struct rkb_arena *a,
                                      const struct rkb_ask *ask, rkb_sv data,
                                      struct rkb_answer *sofar,
                                      bool *has_content, bool *is_last,
                                      struct rkb_err *err) RKB_MUST_CHECK;

/* "stop", "length", "content_filter" and what other servers say for them. */
enum rkb_finish rkb_openai_finish(rkb_sv word);

#endif
