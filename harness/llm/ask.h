/* SPDX-License-Identifier: Apache-2.0 */
/* What a method asks a model server and what it gets back, in values that no
 * server's format shows through. Dialects turn an ask into bytes and bytes
 * into an answer; methods never see either. Views borrow from the arena that
 * made them. */
#ifndef RKB_HARNESS_LLM_ASK_H
#define RKB_HARNESS_LLM_ASK_H

#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rkb_ask_kind {
    RKB_ASK_CHAT,     /* turns -> text, logprobs                       */
    RKB_ASK_COMPLETE, /* a rendered prompt -> text, logprobs           */
    RKB_ASK_RERANK,   /* query, docs -> a score each                   */
    RKB_ASK_EMBED,    /* docs (texts) -> a vector each                 */
    RKB_ASK_TOKENIZE, /* prompt, or turns where can -> how many tokens */
    RKB_ASK_RENDER,   /* turns -> the prompt the server would make     */
    RKB_ASK_MODELS    /* nothing -> names, context length              */
};
enum { RKB_ASK_KINDS = RKB_ASK_MODELS + 1 };

/* QUERY and DOCUMENT are turns of their own in the chat templates of some
 * rerankers (Qwen3-Reranker's): CHAT and RENDER only. */
enum rkb_role { RKB_SYSTEM, RKB_USER, RKB_ASSISTANT, RKB_QUERY, RKB_DOCUMENT };
/* As chat servers spell it; static. */
static inline const char *rkb_role_name(enum rkb_role role)
{
    static const char *const names[] = { "system", "user", "assistant", "query",
                                         "document" };

    return names[role];
}

struct rkb_turn {
    enum rkb_role role;
    rkb_sv text;
};

enum rkb_thinking { RKB_THINK_DEFAULT, RKB_THINK_OFF, RKB_THINK_ON };

struct rkb_ask {
    enum rkb_ask_kind kind;
    rkb_sv model; /* empty: the server's only one */

    /* CHAT, RENDER, TOKENIZE: n_turns > 0. With `prefill` the last turn is the
     * assistant's, and the answer goes on from it. */
    const struct rkb_turn *turns;
    size_t n_turns;
    bool prefill;
    /* COMPLETE, TOKENIZE. It has the special tokens it needs: none is added. */
    rkb_sv prompt;
    /* RERANK; EMBED takes docs alone. */
    rkb_sv query;
    const rkb_sv *docs;
    size_t n_docs;
    bool raw_scores; /* logits where the server can, else its own scale */
    rkb_sv instruct; /* of the reranker, where the server takes one     */

    /* CHAT and COMPLETE. */
    int32_t max_tokens; /* always sent; >= 1 */
    double temperature; /* always sent */
    double top_p;       /* 0: not sent */
    bool has_seed;
    uint64_t seed;
    int32_t n_alts; /* alternatives wanted at each position; 0: no logprobs */
    bool echo;      /* COMPLETE: logprobs of the prompt's own tokens too  */
    const rkb_sv *stop; /* texts that end the answer */
    size_t n_stop;
    bool keep_stop;        /* the stop text stays in the answer */
    const rkb_sv *choices; /* the answer is one of these, where the server can
                              be told so (a hint: the answer is checked) */
    size_t n_choices;
    const rkb_sv *labels; /* what answers look like, one of them or, of a
                             window, all: never sent, for --dry-run */
    size_t n_labels;
    enum rkb_thinking thinking;
    bool stream;
    bool cold;         /* nothing kept of earlier prompts is to be used */
    rkb_sv cache_salt; /* with cold: differs for each query and system  */
    rkb_sv extra;      /* a JSON object whose members go into the body
                            last and win; empty: none */

    int64_t render_ns; /* spent so far on making it; for the log */

    /* Of a window: ranks from 1 in the list as it stands; 0: no window. Part
     * of what a recording is checked against, never sent. */
    size_t first_rank, last_rank;
};

/* One token that could stand at a position. What a grammar excludes (a
 * logprob of null) is not told. */
struct rkb_alt {
    rkb_sv text;    /* decoded, with its leading blank */
    double logprob; /* natural; finite, <= 0; a server's -9999 stays as it is */
};

/* A position of the answer (with echo: of the prompt). */
struct rkb_token {
    rkb_sv text;
    double logprob;
    bool has_logprob;           /* false: the first token of an echoed prompt */
    const struct rkb_alt *alts; /* [n_alts] largest first; the token itself is
                                   among them where the server says so */
    size_t n_alts;
    int64_t offset; /* code points from the start of the prompt; -1 unknown */
};

enum rkb_finish {
    RKB_FINISH_UNKNOWN,
    RKB_FINISH_STOP,
    RKB_FINISH_LENGTH, /* cut by max_tokens */
    RKB_FINISH_FILTER,
    RKB_FINISH_REFUSED
};

/* Why a reply is no answer, and what may be done about it. */
enum rkb_fault_kind {
    RKB_FAULT_AGAIN,   /* may go well next time: 429, 5xx, cut replies     */
    RKB_FAULT_QUERY,   /* this ask will never go well: bad request, answer */
    RKB_FAULT_CONTEXT, /* the prompt is too long: shrink                   */
    RKB_FAULT_BATCH,   /* too many documents in one ask: split             */
    RKB_FAULT_RUN      /* no ask will go well: key, quota, model, route    */
};
struct rkb_fault {
    enum rkb_fault_kind kind;
    int64_t limit,
        asked;     /* tokens (CONTEXT) or documents (BATCH); -1 unknown */
    char msg[256]; /* in the server's words, printable */
};

struct rkb_model {
    rkb_sv name;
    int64_t context; /* tokens; -1 unknown */
};

struct rkb_answer_draft; /* the dialect's own */

struct rkb_answer {
    struct rkb_answer_draft *draft; /* what it is put together from; NULL
                                       before anything was read */
    rkb_sv text;                    /* CHAT, COMPLETE; the prompt, of RENDER */
    rkb_sv reasoning;               /* where the server keeps it apart */
    enum rkb_finish finish;
    rkb_sv stop_text; /* what ended it, where the server says so */
    const struct rkb_token *tokens; /* [n_tokens] where logprobs were asked for;
                             of text and reasoning together, in order; with
                             echo the prompt's tokens lead */
    size_t n_tokens;
    size_t n_echoed;      /* of them the prompt's */
    double *scores;       /* RERANK: [n_docs] by the index of the document */
    uint8_t *scored;      /* [n_docs] 1 where there is one (top_n may cut) */
    const float *vectors; /* EMBED: [n_docs * n_dims] */
    size_t n_dims;
    int64_t n_units;     /* TOKENIZE: tokens; -1 otherwise */
    const rkb_sv *units; /* TOKENIZE: [n_units] texts, or NULL where the server
                            does not tell them */
    const struct rkb_model *models; /* MODELS */
    size_t n_models;
    int64_t context; /* TOKENIZE, MODELS of one: tokens; -1 unknown */
    int64_t prompt_tokens, cached_tokens, output_tokens, reasoning_tokens;
    /* -1 where the server does not tell */
    int64_t server_ns; /* its own time for the call; -1 unknown */
    rkb_sv model; /* as the server names it, with its revision; empty unknown */
    struct rkb_fault fault; /* set by rkb_ask_send where its status says so */
};

#endif
