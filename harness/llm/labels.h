/* SPDX-License-Identifier: Apache-2.0 */
/* Reading labels (A..T, yes and no, true and false, 0..10) from the
 * alternatives at one position of an answer. */
#ifndef RKB_HARNESS_LLM_LABELS_H
#define RKB_HARNESS_LLM_LABELS_H

#include "base/sv.h"
#include "harness/llm/ask.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rkb_combine {
    RKB_COMBINE_MAX, /* the likeliest spelling (rank_llm) */
    RKB_COMBINE_SUM  /* log of the sum of their probabilities */
};

struct rkb_label {
    const rkb_sv *spellings; /* [n] exact token texts, case counts */
    size_t n;
    bool trims; /* leading blanks and markers (" ", U+0120, U+2581) of a token
                   are dropped before it is compared */
};

/* logprob[i] and seen[i] for each label; what no alternative shows keeps
 * seen 0 and gets the smallest logprob of the alternatives: a bound (0 where
 * nothing is shown). The token's own logprob counts when it is not among its
 * alternatives. Returns how many were seen. */
size_t rkb_labels_read(const struct rkb_token *token,
                       const struct rkb_label *labels, size_t n,
                       enum rkb_combine combine, double *logprob,
                       unsigned char *seen);

/* The letters 'A' .. as labels of their own: a token is a letter when, without
 * leading blanks and markers, it is exactly one of the first n capitals; with
 * `strict` only the bare letter counts (FIRST's own reading); with `merged`
 * "[A" counts as well. Otherwise as rkb_labels_read. n <= 26. Two tokens with
 * the text of one letter are combined; FIRST's own code keeps the last. */
size_t rkb_letters_read(const struct rkb_token *token, size_t n, bool strict,
                        bool merged, enum rkb_combine combine, double *logprob,
                        unsigned char *seen);

/* Position of the label's token in an answer. */
enum rkb_read_at {
    RKB_READ_FIRST,         /* the first generated token                     */
    RKB_READ_AFTER_BRACKET, /* the second, where the first is or ends in "[" */
    RKB_READ_LAST,          /* the last generated (Rank1)                    */
    RKB_READ_AFTER_THINK,   /* the first that is not blank behind </think>   */
    RKB_READ_AFTER_TAG      /* the first that is not blank behind <answer>   */
};
/* Index into answer->tokens, SIZE_MAX when there is none such. Echoed tokens do
 * not count. Tags may be spread over tokens and in any case; the last one
 * counts. Where its end and what follows are one token (">8"), that one is
 * given, and no label will be seen in it. */
size_t rkb_label_position(const struct rkb_answer *answer,
                          enum rkb_read_at where);

/* log(exp(a) + exp(b)) without overflow. */
double rkb_log_add(double a, double b);

#endif
