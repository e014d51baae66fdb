/* SPDX-License-Identifier: Apache-2.0 */
/* Dialects: how a kind of server wants an ask written and how its replies
 * read. Bytes <-> values: no socket, clock or thread here, hence fuzzable. */
#ifndef RKB_HARNESS_LLM_DIALECT_H
#define RKB_HARNESS_LLM_DIALECT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "harness/llm/ask.h"

/* What a dialect can. RKB_CAN(kind) for each kind of ask. */
#define RKB_CAN(kind) (1u << (kind))
enum {
    RKB_CAN_LOGPROBS = 1 << 8,
    RKB_CAN_PREFILL = 1 << 9, /* goes on from the assistant's last turn     */
    RKB_CAN_ECHO = 1 << 10,   /* logprobs of the prompt                     */
    RKB_CAN_STREAM = 1 << 11,
    RKB_CAN_CHOICES = 1 << 12,
    RKB_CAN_THINK = 1 << 13, /* thinking can be switched                   */
    RKB_CAN_COLD = 1 << 14,  /* a prefix cache can be kept out             */
    RKB_CAN_TOKENIZE_TURNS = 1 << 15,
    RKB_CAN_BE_RAW = 1 << 16,   /* raw scores of a reranker                   */
    RKB_CAN_INSTRUCT = 1 << 17, /* a reranker takes an instruction            */
    RKB_IS_NDJSON = 1 << 18,    /* streams a JSON object a line, not events   */
    RKB_ADDS_BOS = 1 << 19      /* COMPLETE: the server itself puts the model's
                                first special token before a prompt, and
                                cannot be told not to: leave it out        */
};

struct rkb_dialect_def {
    const char *name, *summary, *source;
    /* What shows that it is right: "real server: WHICH", "recorded answers: OF
     * WHAT, owner/name@commit; ...", or "from documentation". Printed by `list
     * dialects`; test_recorded.c looks for the answers. */
    const char *proven;
    unsigned can;
    int32_t max_alts;       /* alternatives a default server gives; 0: none */
    size_t max_docs;        /* documents of one RERANK or EMBED; 0: no bound */
    int version;            /* a bump makes another run identity */
    const char *key_header; /* that carries the key; NULL: Authorization,
                               after "Bearer " */
    /* MUST. `path` is what follows the base URL, which ends before any "/v1":
     * "/v1/chat/completions". An empty body: a GET. `body` is one JSON object.
     * RKB_E_USAGE for an ask that this dialect cannot write. */
    enum rkb_status (*write)(const struct rkb_ask *ask, struct rkb_buf *path,
                             struct rkb_buf *body, struct rkb_err *err);
    /* MUST. A whole reply of status 200; its views point into the arena and
     * into `body`. It passed rkb_answer_check. RKB_E_DATA with the first bytes of
     * what is no such answer. An object with an error in it, status 200 or
     * not, is RKB_E_IO with the server's message: then read_error tells more. */
    enum rkb_status (*read)(struct rkb_arena *a, const struct rkb_ask *ask,
                            rkb_sv body, struct rkb_answer *out,
                            struct rkb_err *err);
    /* MAY be NULL. One event of a stream. `sofar` is as rkb_answer_init leaves it
     * before the first and whole after the last, which rkb_answer_check then
     * looks over; its texts are in the arena or in `data`, so the bytes of all
     * events must outlive it. *has_content: it carried
     * text or reasoning that is not empty. *is_last: nothing need follow. An
     * error event is RKB_E_IO as above. */
    enum rkb_status (*read_event)(struct rkb_arena *a,
                                  const struct rkb_ask *ask, rkb_sv data,
                                  struct rkb_answer *sofar, bool *has_content,
                                  bool *is_last, struct rkb_err *err);
    /* MAY be NULL: then rkb_fault_read. Any bytes, also HTML or none. */
    void (*read_error)(int http, rkb_sv body, struct rkb_fault *out);
};

#define RKB_DIALECT(id) extern const struct rkb_dialect_def rkb_dialect_##id;
#include "harness/llm/dialects.def"
#undef RKB_DIALECT

/* The table, NULL-terminated, in listing order. */
extern const struct rkb_dialect_def *const rkb_dialects[];
/* RKB_E_USAGE with the nearest name. */
enum rkb_status rkb_dialect_find(rkb_sv name,
                                 const struct rkb_dialect_def **out,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* All values unknown, no texts. */
void rkb_answer_init(struct rkb_answer *answer);
/* RKB_E_DATA when logprobs, or alternatives, were asked for and a text came
 * without any, or a prompt's were and are not there. */
enum rkb_status rkb_answer_check(const struct rkb_ask *ask,
                                 const struct rkb_answer *answer,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* The kind of fault by status and body, in the words of all servers we know
 * (METHODS.md 11.4): OpenAI's nested error, older vLLM's flat one, FastAPI's
 * detail, TEI's, Ollama's, plain text, HTML. */
void rkb_fault_read(int http, rkb_sv body, struct rkb_fault *out);

/* Cuts the next event off a stream's bytes: the joined `data:` lines of an
 * event (SSE), or a line (NDJSON). *offset is where its first byte stands in
 * `body`. An event without data (comments, pings) is passed over; one that is
 * not closed by its blank line is not given. *pos starts at 0. False when no
 * whole event is left. Joined lines are in the arena. */
bool rkb_event_next(struct rkb_arena *a, rkb_sv body, bool ndjson, size_t *pos,
                    rkb_sv *data, size_t *offset);

#endif
