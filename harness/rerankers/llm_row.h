/* SPDX-License-Identifier: Apache-2.0 */
/* What rows that ask model servers do alike on the side of the engine. */
#ifndef RKB_HARNESS_RERANKERS_LLM_ROW_H
#define RKB_HARNESS_RERANKERS_LLM_ROW_H

#include "harness/llm/llm.h"
#include "harness/rerankers/reranker.h"

enum { RKB_LETTERS = 26 }; /* most passages that letters can name */

/* What a server is opened with, of what the row is. */
struct rkb_server_env rkb_llm_env(const struct rkb_env *env);

/* All of a row's `probe`: looks, and writes both objects. */
enum rkb_status rkb_llm_look(struct rkb_llm *llm,
                             const struct rkb_llm_needs *needs,
                             struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
    RKB_MUST_CHECK;

/* "1", "2", ... or "A", "B", ... (n <= RKB_LETTERS then), in the arena. */
const rkb_sv *rkb_identifiers(struct rkb_arena *a, size_t n, bool letters);

/* Texts of these candidates, in the arena. */
const struct rkb_llm_doc *rkb_llm_docs(struct rkb_arena *a,
                                       const struct rkb_request *request,
                                       const uint32_t *docs, size_t n);

/* Which of the identifiers a short answer names, n for none. What stands in
 * brackets comes first, then what stands behind a word such as "Passage", then
 * what stands alone; where different ones do alike, none is believed. A whole
 * answer may be in lower case. */
size_t rkb_named_identifier(rkb_sv text, const rkb_sv *ids, size_t n);

/* Asks about many texts at once: ask->docs in requests of `batch` of them, more
 * of which run together; one that is too many for the server goes in halves.
 * Of `ask` count kind, query, docs, raw_scores and instruct. */
struct rkb_batches {
    struct rkb_server *server;
    const struct rkb_ask *ask;
    size_t batch; /* > 0 */
    /* Of texts first .. first + n, which are of request i; the answer's memory
     * goes when it returns, and it may run for several i at a time. */
    void (*take)(void *arg, size_t i, size_t first, size_t n,
                 const struct rkb_answer *answer);
    void *arg;
};
/* How many requests that is, where none is halved. */
size_t rkb_batches_count(const struct rkb_batches *batches);
enum rkb_status rkb_batches_ask(const struct rkb_batches *batches,
                                struct rkb_branch *b, struct rkb_err *err)
    RKB_MUST_CHECK;

/* How many answers of a query were not as they should be. */
struct rkb_tally {
    size_t n, n_bad;
    size_t n_unseen;       /* identifiers that no alternative showed */
    const char *first_bad; /* static */
};
/* `bad`: what was wrong, NULL for a good answer. */
void rkb_tally_add(struct rkb_tally *t, const char *bad);
void rkb_tally_merge(struct rkb_tally *to, const struct rkb_tally *from);
/* Marks the outcome repaired, with the numbers, when any was bad. */
void rkb_tally_tell(const struct rkb_tally *t, struct rkb_outcome *outcome);

#endif
