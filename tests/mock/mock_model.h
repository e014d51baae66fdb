/* SPDX-License-Identifier: Apache-2.0 */
/* Answers as model servers give them, from the words of the request: what a
 * ranking should be can be worked out by hand. `model` in a script:
 *
 *   model [answer=A] [context=N] [alts=N] [batch=N]
 *
 * By path (a leading /v1 or /v2 does not matter):
 *   /chat/completions  /completions   plain and streamed, usage, logprobs
 *   /rerank            `texts`: as TEI; `documents`: as vLLM and Cohere
 *   /embeddings        a hashed bag of words and a token that all texts have,
 *                      64 numbers of length 1
 *   /tokenize          `content`: as llama.cpp; else as vLLM
 *   /apply-template    as llama.cpp
 *   /models /health    one model, "mock", of `context` tokens (8192)
 *   else 404
 *
 * The query of a prompt is what stands behind the first "query:", "question:",
 * "search:" or in quotes behind one of them, up to the end of the line. Its passages are the
 * rests of the lines that begin with a label: "[3] ", "[C] ", "Passage C: ",
 * "Document 3: ", "Text C: ", "PASSAGE3 = "; without one there is a single passage: all
 * behind "document:", "passage:" or "text:" and before the query, else the
 * whole prompt. A passage's score is the share of the query's words that it
 * has, from 0 to 1; ties: as they came.
 * Tokens are runs of letters, digits or bytes above 127, and single other bytes
 * with the blank before them.
 *
 * answer=  order     the labels, best first: "[2] > [1] > [3]" (the default)
 *          same      the labels as they came    reverse   the other way round
 *          first, last, best                    one label, without brackets
 *          yesno     "yes" or "no"
 *          a,b,c     those labels, in brackets
 * At a label the alternatives are all labels, by softmax of 4 * score; "yes" has
 * (score * n + 0.5) / (n + 1) of n words, elsewhere a token is alone. A prompt
 * that ends with "[" is gone on from. max_tokens cuts, alts= bounds what
 * alternatives are told (20), batch= the documents of a rerank or embeddings
 * call (413), and above `context` the answer is vLLM's 400. */
#ifndef RKB_TESTS_MOCK_MOCK_MODEL_H
#define RKB_TESTS_MOCK_MOCK_MODEL_H

#include "base/arena.h"
#include "tests/mock/mock_impl.h"

/* The whole reply, status line and all, to the end of *out. */
void mock_model(struct mock_link *link, rkb_sv settings,
                const struct mock_request *r, struct rkb_buf *out);

/* ---- words (mock_text.c) */

struct mock_passage {
    rkb_sv label, text;
    double score;
};
struct mock_prompt {
    rkb_sv text, query;
    struct mock_passage *passages; /* one with an empty label when alone */
    size_t n_passages;
    size_t n_words; /* of the query, each counted once */
};
void mock_prompt_read(struct rkb_arena *a, rkb_sv text, struct mock_prompt *p);

double mock_overlap(rkb_sv query, rkb_sv text, size_t *n_words);
/* The next token of *rest, which moves behind it; empty at the end. */
rkb_sv mock_token(rkb_sv *rest);
size_t mock_n_tokens(rkb_sv text);

#endif
