/* SPDX-License-Identifier: Apache-2.0 */
/* What methods that prompt a model stand on: a server, a template, a frame, the
 * text rule, and prompts that are cut until they fit the context. */
#ifndef RKB_HARNESS_LLM_LLM_H
#define RKB_HARNESS_LLM_LLM_H

#include "harness/llm/server.h"
#include "harness/llm/template.h"
#include "harness/llm/text.h"

/* Fewest words of a passage that still say something: a prompt that does not
 * fit even so is an error of its query. */
#define RKB_WORDS_FEWEST 10

struct rkb_llm {
    struct rkb_server *server;
    struct rkb_template *template; /* NULL: the method has none */
    struct rkb_frame *frame;       /* NULL: the server frames   */
    bool apply_template;
    struct rkb_text_rule text;
    int64_t max_tokens; /* of a passage; 0: all */
    int64_t context;    /* tokens, as set or as probed; -1 unknown */
};

/* Opens the server, and with `forms`, a bit 1 << form for each that the method
 * can use, template and frame. env->options has the rows of
 * server_options.def, and with forms those of prompt_options.def. */
enum rkb_status rkb_llm_open(struct rkb_llm *llm,
                             const struct rkb_server_env *env, unsigned forms,
                             struct rkb_err *err) RKB_MUST_CHECK;
void rkb_llm_close(struct rkb_llm *llm);

/* What the method cannot do without; checked before a query is paid for. */
struct rkb_llm_needs {
    const char *method;  /* for messages */
    unsigned can;        /* of the dialect; which kind of ask comes by frame */
    int32_t n_alts;      /* alternatives wanted at a position, 0: none */
    int32_t fewest_alts; /* fewer than this is an error; between the two a
                            warning */
    const char *apart;   /* text that must be several tokens, such as "[A]":
                           asked where the server tells its tokens; NULL */
};
/* Looks at the server once. RKB_E_USAGE naming what is missing. */
enum rkb_status rkb_llm_probe(struct rkb_llm *llm,
                              const struct rkb_llm_needs *needs,
                              struct rkb_err *err) RKB_MUST_CHECK;
/* A JSON object: the server's identity and digests of template and frame. */
void rkb_llm_identity(const struct rkb_llm *llm, struct rkb_buf *json);

/* CHAT or COMPLETE, by the frame. */
enum rkb_ask_kind rkb_llm_kind(const struct rkb_llm *llm);

struct rkb_llm_doc {
    rkb_sv title, text;
};
/* A prompt before its passages are cut. */
struct rkb_llm_prompt {
    rkb_sv query;
    const struct rkb_llm_doc *docs; /* [n_docs] */
    const rkb_sv *ids;              /* [n_docs], or NULL where the template's
                                       form has none */
    size_t n_docs, n_best;
    rkb_sv instruction;
    rkb_sv prefill; /* what the answer begins with; empty: nothing */
};

/* `ask` comes from rkb_server_ask with the method's limits and wishes; kind,
 * turns and prompt are set here. Passages are cut to the rule's words, then to
 * max_tokens by the server's tokenizer (nobody to ask: to as many words), and
 * further while prompt and max_tokens do not fit: by the server's own count
 * where it tells tokens, else when it refuses. What was cut is counted in
 * account->n_truncated, once a passage and call. Otherwise as rkb_ask_send;
 * RKB_E_LIMIT when it does not fit with RKB_WORDS_FEWEST. */
enum rkb_status rkb_llm_send(struct rkb_llm *llm, struct rkb_branch *b,
                             const struct rkb_llm_prompt *p,
                             struct rkb_ask *ask, struct rkb_answer *answer,
                             struct rkb_err *err) RKB_MUST_CHECK;

#endif
