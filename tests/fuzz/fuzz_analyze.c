/* SPDX-License-Identifier: Apache-2.0 */
/* Words lie inside the text, one behind the other; they are lower-case UTF-8
 * and never empty, and a word alone is cut into itself. */
#include "harness/retrieve/analyze.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* The word is found again as a whole, and only a second "'s" can go. */
static void demand_stable(rkb_sv word)
{
    struct rkb_tokens t = { .text = word };
    struct rkb_token again;

    demand(rkb_tokens_next(&t, &again));
    demand(rkb_sv_eq(again.source, word));
    demand(again.word.len <= word.len &&
           memcmp(again.word.at, word.at, again.word.len) == 0);
    demand(!rkb_tokens_next(&t, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rkb_tokens t = { .text = { (const char *)data, size } };
    const char *end = t.text.at;
    struct rkb_token token;

    while (rkb_tokens_next(&t, &token)) {
        rkb_sv term;
        size_t len = token.word.len;

        demand(token.source.at >= end && token.source.len > 0);
        end = token.source.at + token.source.len;
        demand(end <= t.text.at + t.text.len);
        demand(len > 0 && len <= RKB_TOKEN_BYTES);
        demand(rkb_sv_is_utf8(token.word, NULL));
        for (size_t i = 0; i < len; i++)
            demand(token.word.at[i] < 'A' || token.word.at[i] > 'Z');
        demand_stable(token.word);
        term = rkb_term_of(&t, &token);
        demand(term.len <= len && rkb_sv_is_utf8(term, NULL));
    }
    return 0;
}
