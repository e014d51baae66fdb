/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as JSON of our own, the same for every dialect: what recordings and
 * the response cache keep. Only what methods read of CHAT, COMPLETE, RERANK,
 * EMBED, TOKENIZE and RENDER is in it; MODELS is never kept. */
#ifndef RKB_HARNESS_LLM_ANSWER_JSON_H
#define RKB_HARNESS_LLM_ANSWER_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/io/json.h"
#include "harness/llm/ask.h"

/* Adds one object on one line; members that are unknown or empty are left
 * out. Texts that are not UTF-8 lose their bad bytes to U+FFFD. */
void rkb_answer_write(const struct rkb_ask *ask,
                      const struct rkb_answer *answer, struct rkb_buf *out);

/* The other way; views live in the arena. RKB_E_DATA for an object that is no
 * answer to this ask: another number of documents, a score or logprob that is
 * no finite number, a token without text. */
enum rkb_status rkb_answer_read(struct rkb_arena *a, const struct rkb_ask *ask,
                                const struct rkb_json *json,
                                struct rkb_answer *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
