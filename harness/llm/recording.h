/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded answers, a JSON object a line. Read are two forms:
 *   {"qid", "call" (from 1), "first_rank", "last_rank", "response", "prompt"}
 *     listwise answers as published; ranks and prompt may be absent;
 *   {"qid", "path", "call", "first_rank", "last_rank", "prompt_sha", "answer"}
 *     ours: any method, with logprobs and scores (answer_json.h); instead of
 *     "answer" a "fault" {"kind": "context" | "batch", "limit", "asked"} where
 *     the server refused what the method then made smaller.
 * A call is found by query, branch path and number, never by its prompt. Of a
 * call given twice the last one counts: a recording that went on after a
 * crash. */
#ifndef RKB_HARNESS_LLM_RECORDING_H
#define RKB_HARNESS_LLM_RECORDING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/io/digest.h"
#include "harness/llm/ask.h"

#include <stdbool.h>
#include <stdint.h>

struct rkb_recording;

/* RKB_E_DATA with FILE:LINE. */
enum rkb_status rkb_recording_open(struct rkb_recording **out, const char *path,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* The same from the text of a file. */
enum rkb_status rkb_recording_parse(struct rkb_recording **out,
                                    const char *path, rkb_sv text,
                                    struct rkb_err *err) RKB_MUST_CHECK;
/* Logs how many recorded prompts were ours, where there were any. */
void rkb_recording_close(struct rkb_recording *r); /* NULL is fine */

struct rkb_digest rkb_recording_digest(const struct rkb_recording *r);
/* Model as the recording names it; empty: it does not. */
rkb_sv rkb_recording_model(const struct rkb_recording *r);

/* The answer to call `seq` (from 0) of the query at the path, in the arena.
 * RKB_E_DATA when there is none, when it was recorded for other ranks, or, with
 * `same_prompt`, for another prompt; RKB_E_LIMIT, with out->fault, where it was
 * refused so. Thread-safe. */
enum rkb_status rkb_recording_find(struct rkb_recording *r, struct rkb_arena *a,
                                   rkb_sv qid, rkb_sv path, int64_t seq,
                                   const struct rkb_ask *ask, bool same_prompt,
                                   struct rkb_answer *out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* How many calls of the query at the path and below it were never asked for. */
size_t rkb_recording_left(const struct rkb_recording *r, rkb_sv qid,
                          rkb_sv path);

/* The line of a call, with its newline: of its answer or, where answer->fault
 * is CONTEXT or BATCH, of its refusal. */
void rkb_recording_line(rkb_sv qid, rkb_sv path, int64_t seq,
                        const struct rkb_ask *ask,
                        const struct rkb_answer *answer, struct rkb_buf *out);

/* Digest of what is asked: turns, prompt, query and documents. */
struct rkb_digest rkb_ask_digest(const struct rkb_ask *ask);

#endif
