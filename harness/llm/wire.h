/* SPDX-License-Identifier: Apache-2.0 */
/* What the dialects share: writing a JSON body member by member, and opening
 * a reply with one way to say what is wrong with it. */
#ifndef RKB_HARNESS_LLM_WIRE_H
#define RKB_HARNESS_LLM_WIRE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/io/json.h"
#include "harness/llm/ask.h"
#include "harness/llm/dialect.h"

/* ---- a body -------------------------------------------------------------- */

/* `,"key":`, the comma where something stands before it. */
void rkb_wire_key(struct rkb_buf *b, const char *key);
void rkb_wire_text(struct rkb_buf *b, const char *key, rkb_sv value);
void rkb_wire_int(struct rkb_buf *b, const char *key, int64_t value);
void rkb_wire_real(struct rkb_buf *b, const char *key, double value);
void rkb_wire_flag(struct rkb_buf *b, const char *key, bool value);
void rkb_wire_texts(struct rkb_buf *b, const char *key, const rkb_sv *values,
                    size_t n);
/* [{"role":"system","content":"..."}, ...] */
void rkb_wire_turns(struct rkb_buf *b, const char *key,
                    const struct rkb_turn *turns, size_t n);
/* "key":{"NAME":true}, for switches of a chat template. */
void rkb_wire_switch(struct rkb_buf *b, const char *key, const char *name,
                     bool value);
/* Left out when empty. */
void rkb_wire_model(struct rkb_buf *b, rkb_sv model);

/* The closing brace, then `extra` as a JSON Merge Patch (RFC 7396): its members
 * replace ours, objects are merged, null leaves a member out. RKB_E_USAGE when
 * it is no JSON object. */
enum rkb_status rkb_wire_close(struct rkb_buf *b, rkb_sv extra,
                               struct rkb_err *err) RKB_MUST_CHECK;

/* RKB_E_USAGE: "dialect 'x' cannot ...". */
enum rkb_status rkb_wire_cannot(const struct rkb_dialect_def *d,
                                const char *what, struct rkb_err *err)
    RKB_MUST_CHECK;
/* The same when the ask wants what the row says it cannot: its kind, logprobs,
 * prefill, echo, a switch for thinking, streaming, more documents than
 * max_docs. choices, cold and raw_scores are hints and pass. */
enum rkb_status rkb_wire_check(const struct rkb_dialect_def *d,
                               const struct rkb_ask *ask, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Of a seed, the low 31 bits, which every server takes. */
int64_t rkb_wire_seed(uint64_t seed);

/* ---- a reply ------------------------------------------------------------- */

/* RKB_E_DATA: "WHAT: 'the first bytes of the reply...'". */
enum rkb_status rkb_wire_refuse(rkb_sv body, const char *what,
                                struct rkb_err *err) RKB_MUST_CHECK;

/* The tree of a reply that is an object or an array. RKB_E_DATA for anything
 * else, RKB_E_IO with the server's message for an object with an error in
 * it. */
enum rkb_status rkb_wire_parse(struct rkb_arena *a, rkb_sv body,
                               const struct rkb_json **out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* The error that an object carries, NULL when there is none: "error" that is
 * not null, or the object itself where "object" is "error". */
const struct rkb_json *rkb_wire_error(const struct rkb_json *root);
/* RKB_E_IO: "the server says: ...". */
enum rkb_status rkb_wire_server_says(const struct rkb_json *error,
                                     struct rkb_err *err) RKB_MUST_CHECK;

/* Member that is not null. */
const struct rkb_json *rkb_wire_get(const struct rkb_json *j, const char *key);
/* A member that is a string; empty otherwise. */
rkb_sv rkb_wire_string(const struct rkb_json *j, const char *key);
/* A count, also where it is written as 12.0; -1 when absent or no count. */
int64_t rkb_wire_count(const struct rkb_json *j, const char *key);
/* Milliseconds (or seconds times 1000) as nanoseconds; -1 as above. */
int64_t rkb_wire_ms(const struct rkb_json *j, const char *key);
/* First member of an array; NULL when it is no array or empty. */
const struct rkb_json *rkb_wire_first(const struct rkb_json *j);

/* ---- what a reply is put together from --------------------------------------- */

/* Grows while a stream is read; of a whole reply it is made in one go. */
struct rkb_answer_draft {
    struct rkb_wire_grow {
        char *at;
        size_t len, cap;
    } text, reasoning;
    struct rkb_token *tokens;
    size_t n_tokens, cap_tokens;
    bool refused;
};

/* The draft of an answer; made, and the answer set to unknown, by the first
 * call. Whatever is added shows in the answer at once. */
struct rkb_answer_draft *rkb_wire_draft(struct rkb_arena *a,
                                        struct rkb_answer *answer);
void rkb_wire_add_text(struct rkb_arena *a, struct rkb_answer *answer,
                       rkb_sv text);
void rkb_wire_add_reasoning(struct rkb_arena *a, struct rkb_answer *answer,
                            rkb_sv text);
struct rkb_token *rkb_wire_add_token(struct rkb_arena *a,
                                     struct rkb_answer *answer);

/* [226,130] as bytes; false for what is no such list. */
bool rkb_wire_bytes(struct rkb_arena *a, const struct rkb_json *j, rkb_sv *out);
/* {"token":"..","bytes":[..],"logprob":-0.1,"top_logprobs":[..]}: the shape of
 * chat and of llama.cpp; its older spellings ("prob", "top_probs", "tok_str")
 * too. False, with the reason, for what is none. */
bool rkb_wire_token(struct rkb_arena *a, const struct rkb_json *entry,
                    struct rkb_token *out, const char **why);
/* An array of those, added to the answer. */
bool rkb_wire_tokens(struct rkb_arena *a, const struct rkb_json *entries,
                     struct rkb_answer *answer, const char **why);
/* {"tokens":[..],"token_logprobs":[..],"top_logprobs":[{text:logprob}],
 * "text_offset":[..]}: the shape of completions. Where two token ids have one
 * text only one of them is told; the sampled token's own logprob then stands
 * in for a smaller one. */
bool rkb_wire_token_lists(struct rkb_arena *a, const struct rkb_json *lists,
                          struct rkb_answer *answer, const char **why);
/* A natural logarithm of a probability: finite, and above 0 by rounding at
 * most. */
bool rkb_wire_logprob(const struct rkb_json *j, double *out);
/* Largest first; what is equal keeps its order. */
void rkb_wire_sort_alts(struct rkb_alt *alts, size_t n);

/* ---- rerankers and embeddings ---------------------------------------------- */

/* One reader for all rerank replies (METHODS.md 11.8): an array, or an object
 * with `results` or `data`; entries with `index` and `relevance_score` or
 * `score`, in any order, not all of them. RKB_E_DATA for an index that is
 * repeated or out of range and a score that is no finite number. */
enum rkb_status rkb_wire_read_rerank(struct rkb_arena *a,
                                     const struct rkb_ask *ask, rkb_sv body,
                                     struct rkb_answer *out,
                                     struct rkb_err *err) RKB_MUST_CHECK;
/* Vectors: {"data":[{"index":0,"embedding":[..]}]}, {"embeddings":[[..]]},
 * [[..]]. All documents must be there, in one length. */
enum rkb_status rkb_wire_read_embed(struct rkb_arena *a,
                                    const struct rkb_ask *ask, rkb_sv body,
                                    struct rkb_answer *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
