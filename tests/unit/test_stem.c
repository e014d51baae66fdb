/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/stem.h"

#include "base/err.h"
#include "tests/tap.h"

/* Porter 1980's own examples, and words where his later stemmer ("english")
 * differs: that one gives "fair" and "generous". */
static void words_lose_their_endings(void)
{
    static const struct {
        const char *word, *stem;
    } cases[] = {
        { "caresses", "caress" },
        { "ponies", "poni" },
        { "cats", "cat" },
        { "agreed", "agre" },
        { "plastered", "plaster" },
        { "motoring", "motor" },
        { "relational", "relat" },
        { "fairly", "fairli" },
        { "generously", "gener" },
        { "x", "x" },
        { "", "" },
        { "caf\xc3\xa9s", "caf\xc3\xa9" },
        { "\xff\xfe", "\xff\xfe" },
    };
    struct rkb_stem *s = rkb_stem_open();

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        rkb_sv stem = rkb_stem_word(s, rkb_sv_of(cases[i].word));

        if (!CHECK(rkb_sv_is(stem, cases[i].stem)))
            printf("# %s: %.*s\n", cases[i].word, (int)stem.len, stem.at);
    }
    rkb_stem_close(s);
    rkb_stem_close(NULL);
}

static void what_is_too_long_stays_as_it_is(void)
{
    static char word[5000];
    struct rkb_stem *s = rkb_stem_open();
    rkb_sv stem;

    memset(word, 's', sizeof(word));
    stem = rkb_stem_word(s, (rkb_sv){ word, sizeof(word) });
    CHECK(stem.at == word && stem.len == sizeof(word));
    rkb_stem_close(s);
}

TESTS(TEST(words_lose_their_endings), TEST(what_is_too_long_stays_as_it_is))
