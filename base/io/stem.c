/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libstemmer. */
#include "base/io/stem.h"

#include "base/mem.h"

#include <libstemmer.h>

/* Longer ones are no words, and libstemmer counts in int. */
#define MAX_WORD 1024

struct rkb_stem {
    struct sb_stemmer *stemmer;
};

struct rkb_stem *rkb_stem_open(void)
{
    struct rkb_stem *s = rkb_new(1, sizeof(*s));

    s->stemmer = sb_stemmer_new("porter", "UTF_8");
    if (!s->stemmer)
        rkb_mem_exhausted(0);
    return s;
}

rkb_sv rkb_stem_word(struct rkb_stem *s, rkb_sv word)
{
    const sb_symbol *stem;

    if (word.len == 0 || word.len > MAX_WORD)
        return word;
    stem =
        sb_stemmer_stem(s->stemmer, (const sb_symbol *)word.at, (int)word.len);
    if (!stem)
        rkb_mem_exhausted(0);
    return (rkb_sv){ (const char *)stem,
                     (size_t)sb_stemmer_length(s->stemmer) };
}

void rkb_stem_close(struct rkb_stem *s)
{
    if (!s)
        return;
    sb_stemmer_delete(s->stemmer);
    rkb_free(s);
}
