/* SPDX-License-Identifier: Apache-2.0 */
/* Where a text's first tokens end, from the texts that a server's tokenizer
 * route gives for all of them. */
#ifndef RKB_HARNESS_LLM_CUT_H
#define RKB_HARNESS_LLM_CUT_H

#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>

/* *end: the byte behind the first n units, moved back to the start of a
 * character that they hold only part of. A unit may be decoded, or as
 * vocabularies write it: the bytes of GPT-2's alphabet ("\u0120the"), U+2581
 * for a blank (also in front of the first word), "<0xE2>" for a byte. False
 * when units are no pieces of the text: the tokenizer changes it (case,
 * accents, composed characters). */
bool rkb_cut_align(rkb_sv text, const rkb_sv *units, size_t n, size_t *end);

#endif
