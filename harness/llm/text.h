/* SPDX-License-Identifier: Apache-2.0 */
/* What a passage or a query looks like inside a prompt. Code bases differ and
 * their models were trained on it (METHODS.md 1.4-1.6), so the rule is an
 * option of the method and part of the run's identity. White space and digits
 * are Unicode's, as in the Python code that is followed. */
#ifndef RKB_HARNESS_LLM_TEXT_H
#define RKB_HARNESS_LLM_TEXT_H

#include "base/arena.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stdint.h>

enum rkb_title_rule {
    RKB_TITLE_LABELS, /* "Title: T Content: B"; rank_llm, RankGPT. The labels
                         of an empty title, which request files bring along
                         in their texts, are dropped, as RankGPT does     */
    RKB_TITLE_DOT,    /* "T. B"; FIRST, fullrank                          */
    RKB_TITLE_SPACE   /* "T B"; BEIR, Rank1                               */
};
enum rkb_bracket_rule {
    RKB_BRACKETS_KEEP,
    RKB_BRACKETS_PAREN,  /* [12] -> (12); rank_llm, also with letters as
                            identifiers; FIRST with numbers               */
    RKB_BRACKETS_LETTERS /* [Ab] -> (Ab), and [12] stays; FIRST with letters.
                            Its range A-z holds [ \ ] ^ _ and ` as well   */
};

struct rkb_text_rule {
    enum rkb_title_rule title; /* no title, or a blank one: the text alone */
    enum rkb_bracket_rule brackets;
    int32_t max_words; /* 0: all; else cut and rejoined by one blank, also
                          where nothing is cut, as str.split does */
};

/* Trimmed, in the arena. max_words as in the rule, but given apart, because a
 * prompt that is too long is tried again with fewer. *cut: words were left out;
 * may be NULL. */
rkb_sv rkb_passage_text(struct rkb_arena *a, const struct rkb_text_rule *rule,
                        rkb_sv title, rkb_sv text, int32_t max_words,
                        bool *cut);
/* Brackets only: blanks and words stay. */
rkb_sv rkb_query_text(struct rkb_arena *a, const struct rkb_text_rule *rule,
                      rkb_sv query);

/* A bound on tokens where no tokenizer is at hand: never less than what
 * byte-pair vocabularies of 32k and more made of the texts it was tried on
 * (tests/unit/test_text.c says which). An estimate for a budget, never stored
 * as a count. */
int64_t rkb_tokens_at_most(rkb_sv text);

/* 0..9 for a decimal digit of any script (Unicode's Nd, Python's \d), else
 * -1. */
int rkb_decimal_digit(uint32_t code_point);

#endif
