/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of a listwise answer to the order of its window, and what was
 * wrong with it. */
#ifndef RKB_HARNESS_LLM_PERMUTATION_H
#define RKB_HARNESS_LLM_PERMUTATION_H

#include "base/arena.h"
#include "base/io/regex.h"
#include "base/sv.h"
#include "harness/llm/ask.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of checks: an answer is of the first class that fits.
 * rank_llm's response_analysis.py has wrong_format, repetition and missing
 * only: what is out of range is missing there, and so is a repetition that is
 * no longer than the window. */
enum rkb_answer_class {
    RKB_CLASS_OK,
    RKB_CLASS_REFUSED,      /* the server says so, or a filter cut it: no digit
                               of it is believed                            */
    RKB_CLASS_TRUNCATED,    /* cut by max_tokens before all were named      */
    RKB_CLASS_NO_ANSWER,    /* text without the answer tag that is due;
                               reasoning that was never closed              */
    RKB_CLASS_EMPTY,        /* no text, or none behind the reasoning        */
    RKB_CLASS_WRONG_FORMAT, /* fails the template's validation, or holds
                               more than identifiers                        */
    RKB_CLASS_REPETITION,
    RKB_CLASS_OUT_OF_RANGE,
    RKB_CLASS_MISSING
};
enum { RKB_N_CLASSES = RKB_CLASS_MISSING + 1 };
/* "ok", "refused", "truncated", "no_answer", "empty", "wrong_format",
 * "repetition", "out_of_range", "missing": static texts. */
const char *rkb_class_name(enum rkb_answer_class c);

enum rkb_parser {
    RKB_PARSE_LENIENT, /* as the authors: every digit counts, also in
                          sentences; neighbouring letters make one number (AB
                          is 12); a digit that Python's int() refuses leaves
                          the window as it is (METHODS.md 2.6)             */
    RKB_PARSE_STRICT   /* the template's extraction; where that finds none,
                          identifiers in brackets; where there are none, bare
                          ones if nothing else is said; else as it stood   */
};
enum rkb_answer_tag {
    RKB_TAG_NONE,    /* what follows the last </think>, else all           */
    RKB_TAG_LENIENT, /* ReasonRank's own: the <answer> block behind a think
                        block, else behind the last <answer>, else all     */
    RKB_TAG_REQUIRED /* the last <answer> block behind the last </think>, or
                        the window stays as it is                          */
};

struct rkb_permutation_rule {
    enum rkb_parser parser;
    enum rkb_answer_tag tag;
    bool letters; /* A.. instead of 1..; at most 26 */
    /* Of the whole trimmed answer. NULL: "[1] > [2]", exactly. */
    const struct rkb_regex *validation;
    const struct rkb_regex *extraction; /* NULL: brackets; STRICT only */
};

/* order[n] gets the places 0..n-1 of the window, best first: first mentions in
 * order, then what was not named, as it stood. Returns the class;
 * *n_named, when not NULL, how many were. An answer cut by max_tokens that
 * names all is judged without what follows its last "]". The extraction gives
 * at most 4 n + 64 identifiers. */
enum rkb_answer_class rkb_permutation_parse(
    const struct rkb_permutation_rule *rule, struct rkb_arena *scratch,
    const struct rkb_answer *answer, size_t n, uint32_t *order,
    size_t *n_named);

/* The part of a text that is the answer, by the tag rule, trimmed; at == NULL
 * when one is due and absent. Tags count in any case. */
rkb_sv rkb_answer_part(enum rkb_answer_tag tag, rkb_sv text);

/* The longest legal answer, "[1] > [2] > ... > [n]" or with letters. */
rkb_sv rkb_permutation_text(struct rkb_arena *a, size_t n, bool letters);

#endif
