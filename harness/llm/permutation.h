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

/* In the order of checks: an answer is of the first class that fits. */
enum rkb_answer_class {
    RKB_CLASS_OK,
    RKB_CLASS_EMPTY,        /* no text, or none behind the reasoning         */
    RKB_CLASS_REFUSED,      /* the server says so, or a filter cut it        */
    RKB_CLASS_TRUNCATED,    /* cut by max_tokens before all were named       */
    RKB_CLASS_NO_ANSWER,    /* reasoning without an answer tag, where one is
                               due                                           */
    RKB_CLASS_WRONG_FORMAT, /* fails the template's validation, or holds
                               more than identifiers                         */
    RKB_CLASS_REPETITION,
    RKB_CLASS_OUT_OF_RANGE,
    RKB_CLASS_MISSING
};
enum { RKB_N_CLASSES = RKB_CLASS_MISSING + 1 };
/* "ok", "empty", "refused", "truncated", "no_answer", "wrong_format",
 * "repetition", "out_of_range", "missing": static texts. */
const char *rkb_class_name(enum rkb_answer_class c);

enum rkb_parser {
    RKB_PARSE_LENIENT, /* as the authors: every digit counts (METHODS.md 2.6) */
    RKB_PARSE_STRICT   /* the template's extraction, else identifiers in
                          brackets, else bare ones; unreadable: as it stood  */
};
enum rkb_answer_tag {
    RKB_TAG_NONE,    /* what follows the last closing think tag, else all */
    RKB_TAG_LENIENT, /* <answer> block, else behind the last <answer>, else
                        all of it (ReasonRank's own)                      */
    RKB_TAG_REQUIRED /* an <answer> block, or the window stays as it is    */
};

struct rkb_permutation_rule {
    enum rkb_parser parser;
    enum rkb_answer_tag tag;
    bool letters; /* A.. instead of 1..; at most 26 */
    const struct rkb_regex
        *validation; /* NULL: "[1] > [2]" with our own check */
    const struct rkb_regex *extraction; /* NULL: brackets; STRICT only */
};

/* order[n] gets the places 0..n-1 of the window, best first: first mentions in
 * order, then what was not named, as it stood. Returns the class;
 * *n_named, when not NULL, how many were. An answer cut by max_tokens whose
 * identifiers are all there is OK. */
enum rkb_answer_class rkb_permutation_parse(
    const struct rkb_permutation_rule *rule, struct rkb_arena *scratch,
    const struct rkb_answer *answer, size_t n, uint32_t *order,
    size_t *n_named);

/* The part of a text that is the answer, by the tag rule; at == NULL when one
 * is due and absent. */
rkb_sv rkb_answer_part(enum rkb_answer_tag tag, rkb_sv text);

/* The longest legal answer, "[1] > [2] > ... > [n]" or with letters. */
rkb_sv rkb_permutation_text(struct rkb_arena *a, size_t n, bool letters);

#endif
