/* SPDX-License-Identifier: Apache-2.0 */
/* English analysis as Lucene's: words by Unicode's rules (UAX #29), without
 * "'s", in lower case; stop words; Porter stems. No locale takes part.
 * Source: Lucene StandardTokenizer, EnglishPossessiveFilter, LowerCaseFilter,
 * StopFilter, PorterStemFilter; METHODS.md Appendix C. As there, (c) and (r)
 * signs and emoji are words. Left out: # and * keycaps, and quotes inside and
 * behind Hebrew words. */
#ifndef RKB_HARNESS_RETRIEVE_ANALYZE_H
#define RKB_HARNESS_RETRIEVE_ANALYZE_H

#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    RKB_TOKEN_UNITS = 255,  /* UTF-16 units; a longer word is split */
    RKB_TOKEN_BYTES = 1024, /* of any such token, in lower case     */
};

/* Zeroed but for `text`; text may be any bytes. */
struct rkb_tokens {
    rkb_sv text;
    size_t next;
    char word[RKB_TOKEN_BYTES];
};

struct rkb_token {
    rkb_sv source; /* inside the text, "'s" still there            */
    rkb_sv word;   /* lower case; valid until the next call        */
};

/* False at the end. Stop words are included. */
bool rkb_tokens_next(struct rkb_tokens *t, struct rkb_token *out);

/* One of Lucene's 33 English stop words. */
bool rkb_is_stop_word(rkb_sv word);

/* The term of a token: its stem, made in place, so `token->word` is gone. An
 * empty view for a stop word. */
rkb_sv rkb_term_of(struct rkb_tokens *t, const struct rkb_token *token);

#endif
