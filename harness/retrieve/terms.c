/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/terms.h"

#include "base/mem.h"

#include <string.h>

/* Longer words are rare and not remembered. */
enum { SLOT_WORD = 27 };

/* Words that are stop words, beside RKB_MAP_NONE. */
#define STOP_WORD (RKB_MAP_NONE - 1)

struct rkb_term_slot {
    uint32_t term;
    uint8_t len; /* 0: free */
    char word[SLOT_WORD];
};

void rkb_term_reader_init(struct rkb_term_reader *r,
                          const struct rkb_map *terms, uint64_t n_slots)
{
    r->terms = terms;
    r->n_slots = n_slots;
    r->slots = rkb_new(n_slots, sizeof(*r->slots));
}

void rkb_term_reader_release(struct rkb_term_reader *r)
{
    rkb_free(r->slots);
    r->slots = NULL;
}

void rkb_term_reader_start(struct rkb_term_reader *r, rkb_sv text)
{
    r->tokens.text = text;
    r->tokens.next = 0;
}

static uint32_t look_up(struct rkb_term_reader *r,
                        const struct rkb_token *token)
{
    rkb_sv term = rkb_term_of(&r->tokens, token);

    return term.len ? rkb_map_find(r->terms, term) : STOP_WORD;
}

static uint32_t term_of(struct rkb_term_reader *r,
                        const struct rkb_token *token)
{
    rkb_sv word = token->word;
    struct rkb_term_slot *slot;

    if (word.len > SLOT_WORD)
        return look_up(r, token);
    slot = &r->slots[rkb_sv_hash(word) & (r->n_slots - 1)];
    if (slot->len != word.len || memcmp(slot->word, word.at, word.len) != 0) {
        slot->len = (uint8_t)word.len;
        memcpy(slot->word, word.at, word.len);
        slot->term = look_up(r, token);
    }
    return slot->term;
}

bool rkb_term_reader_next(struct rkb_term_reader *r, uint32_t *term)
{
    struct rkb_token token;

    while (rkb_tokens_next(&r->tokens, &token)) {
        *term = term_of(r, &token);
        if (*term != STOP_WORD)
            return true;
    }
    return false;
}
