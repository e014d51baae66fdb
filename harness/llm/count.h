/* SPDX-License-Identifier: Apache-2.0 */
/* Answers made up without a server, to see what a method would ask. */
#ifndef RKB_HARNESS_LLM_COUNT_H
#define RKB_HARNESS_LLM_COUNT_H

#include "harness/llm/server.h"

/* Of the labels the first, the last or a drawn one; of a window (an ask with
 * ranks) its identifiers in order or backwards; scores and vectors that fall
 * or rise with the place. Prompt tokens are rkb_tokens_at_most of what would
 * be sent, output tokens the limit. */
void rkb_count_answer(enum rkb_counting how, struct rkb_branch *b, int64_t seq,
                      const struct rkb_ask *ask, struct rkb_answer *answer);

#endif
