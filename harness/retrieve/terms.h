/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a text as the terms of a fixed vocabulary. Stemming and looking up
 * cost much more than finding a word, and words repeat, so the latest word
 * of each slot is remembered with its term. One reader a thread. */
#ifndef RKB_HARNESS_RETRIEVE_TERMS_H
#define RKB_HARNESS_RETRIEVE_TERMS_H

#include "base/map.h"
#include "harness/retrieve/analyze.h"

struct rkb_term_slot;
struct rkb_term_reader {
    struct rkb_tokens tokens;
    const struct rkb_map *terms;
    struct rkb_term_slot *slots;
    uint64_t n_slots;
};

/* About as many slots as the texts have different words, a power of two. The
 * map must not grow while the reader lives. */
void rkb_term_reader_init(struct rkb_term_reader *r,
                          const struct rkb_map *terms, uint64_t n_slots);
void rkb_term_reader_release(struct rkb_term_reader *r);

void rkb_term_reader_start(struct rkb_term_reader *r, rkb_sv text);
/* Stop words are passed over. *term is RKB_MAP_NONE for a word that is not in
 * the map. False at the end. */
bool rkb_term_reader_next(struct rkb_term_reader *r, uint32_t *term);

#endif
