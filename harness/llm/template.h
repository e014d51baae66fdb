/* SPDX-License-Identifier: Apache-2.0 */
/* Prompt templates: the words of a prompt, as a file. Published YAML files
 * (rank_llm's four forms) are read as they are; ours, in
 * harness/llm/templates/, have the same form and travel inside the program.
 *
 * In a text {name} stands for a value; {{ and }} for braces. Unknown names
 * are an error when the template is read, with the line and the nearest name.
 * Nothing is trimmed, and parts are joined as they are: blank lines are part
 * of a template (but rank_llm trims the system text and the instruction of a
 * pointwise one, and so do we). */
#ifndef RKB_HARNESS_LLM_TEMPLATE_H
#define RKB_HARNESS_LLM_TEMPLATE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/io/digest.h"
#include "base/io/regex.h"
#include "base/sv.h"
#include "harness/llm/ask.h"

#include <stdbool.h>
#include <stddef.h>

enum rkb_template_form {
    RKB_FORM_LIST,  /* singleturn_listwise: system_message, prefix, body,
                       suffix; ours for setwise and tournaments too        */
    RKB_FORM_TURNS, /* multiturn_listwise: prefix_user, prefix_assistant,
                       body_user, body_assistant, suffix_user (and
                       suffix_assistant, which is then continued). Without
                       body_assistant all passages are one turn with the
                       suffix                                              */
    RKB_FORM_POINT, /* pointwise: system_message, instruction, body;
                       message_roles: "reranker" gives turns of their own to
                       query and document                                  */
    RKB_FORM_PAIR   /* pairwise: system_message, body */
};

struct rkb_template; /* in the arena it was read into */

/* Values of a prompt; a part that uses one that is not there is an error when
 * it is read, by form: LIST and TURNS have num, query and, in bodies, rank and
 * candidate; a suffix may have psg_ids (LRL), n_best (tournaments); POINT has
 * query, doc_content, instruction; PAIR query, doc1, doc2. */
struct rkb_prompt {
    rkb_sv query;
    const rkb_sv *docs; /* [n_docs] passages as rkb_passage_text made them */
    const rkb_sv *ids;  /* [n_docs] "1".., "A".. */
    size_t n_docs;
    size_t n_best;      /* 0 where nothing asks for it */
    rkb_sv instruction; /* empty: the template's own */
    /* POINT takes docs[0], PAIR docs[0] and docs[1]; both no ids. */
};

/* From the text of a file. `name` is for messages
 * ("FILE:LINE: ..."). Regexes may stand in Python's r"..." as published.
 * RKB_E_USAGE for what is wrong, RKB_E_LIMIT for more than a mebibyte. */
enum rkb_status rkb_template_parse(struct rkb_arena *a, const char *name,
                                   rkb_sv text, struct rkb_template **out,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* A path, or "builtin:NAME" for one of ours (RKB_E_USAGE with the nearest). */
enum rkb_status rkb_template_open(struct rkb_arena *a, const char *path,
                                  struct rkb_template **out,
                                  struct rkb_err *err) RKB_MUST_CHECK;
void rkb_template_close(struct rkb_template *t); /* NULL is fine */

enum rkb_template_form rkb_template_form(const struct rkb_template *t);
/* message_roles: reranker. Such turns go to CHAT and RENDER, or into a frame
 * that rkb_frame_check passed. */
bool rkb_template_has_roles(const struct rkb_template *t);
/* Of what the template says: comments, quotes and the order of parts do not
 * count. */
struct rkb_digest rkb_template_digest(const struct rkb_template *t);
/* NULL where the file has none. The validation matches a whole text only. */
const struct rkb_regex *rkb_template_validation(const struct rkb_template *t);
const struct rkb_regex *rkb_template_extraction(const struct rkb_template *t);

/* The turns of a prompt, in the arena. A LIST's user turn is prefix, bodies
 * and suffix joined as they are; a TURNS has the system's, then two for the
 * prefix, two a passage and the suffix. A turn without text is left out. */
void rkb_template_render(const struct rkb_template *t, struct rkb_arena *a,
                         const struct rkb_prompt *p,
                         const struct rkb_turn **turns, size_t *n_turns);

/* Frames: the model's own chat text around turns, for COMPLETE. A YAML file
 * with `bos`, `system`, `user`, `assistant` (texts with {content}), `start` (what
 * opens the assistant's answer); a missing `system` puts the system text before
 * the first user text with a blank line between. `query` and `document` are for
 * templates with such turns. */
struct rkb_frame;
enum rkb_status rkb_frame_parse(struct rkb_arena *a, const char *name,
                                rkb_sv text, struct rkb_frame **out,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* A path, or "builtin:NAME" (vicuna, chatml, zephyr, mistral, llama3, raw). */
enum rkb_status rkb_frame_open(struct rkb_arena *a, const char *path,
                               struct rkb_frame **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* RKB_E_USAGE when the frame has no place for turns that the template makes. */
enum rkb_status rkb_frame_check(const struct rkb_frame *f,
                                const struct rkb_template *t,
                                struct rkb_err *err) RKB_MUST_CHECK;
struct rkb_digest rkb_frame_digest(const struct rkb_frame *f);
/* What a prompt begins with, empty where nothing: recorded prompts and servers
 * that add it themselves do without. */
rkb_sv rkb_frame_bos(const struct rkb_frame *f);
/* The prompt; `prefill` follows `start`. A last turn of the assistant's is
 * continued: it stands behind `start` without its end. */
rkb_sv rkb_frame_render(const struct rkb_frame *f, struct rkb_arena *a,
                        const struct rkb_turn *turns, size_t n_turns,
                        rkb_sv prefill);

#endif
