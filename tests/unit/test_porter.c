/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/porter.h"

#include "base/sv.h"
#include "tests/tap.h"

#include <libstemmer.h>

static const char *stem(const char *word)
{
    static char buf[256];
    size_t len = strlen(word);

    snprintf(buf, sizeof(buf), "%s", word);
    buf[rkb_porter(buf, len)] = '\0';
    return buf;
}

static void each_step_does_what_the_paper_says(void)
{
    /* Worked by hand, rule by rule. */
    static const char *const rows[][2] = {
        { "dresses", "dress" },
        { "berries", "berri" },
        { "glass", "glass" },
        { "tables", "tabl" },
        { "freed", "freed" },
        { "proceed", "proce" },
        { "painted", "paint" },
        { "fed", "fed" },
        { "walking", "walk" },
        { "king", "king" },
        { "inflated", "inflat" },
        { "enabled", "enabl" },
        { "sized", "size" },
        { "stopping", "stop" },
        { "telling", "tell" },
        { "missing", "miss" },
        { "buzzing", "buzz" },
        { "hoping", "hope" },
        { "boxing", "box" },
        { "sunny", "sunni" },
        { "shy", "shy" },
        { "national", "nation" },
        { "rational", "ration" },
        { "additional", "addit" },
        { "organizer", "organ" },
        { "radically", "radic" },
        { "differently", "differ" },
        { "organization", "organ" },
        { "creation", "creation" },
        { "operator", "oper" },
        { "feudalism", "feudal" },
        { "decisiveness", "decis" },
        { "hopefulness", "hope" },
        { "callousness", "callous" },
        { "formality", "formal" },
        { "sensitivity", "sensit" },
        { "sensibility", "sensibl" },
        { "triplicate", "triplic" },
        { "formative", "form" },
        { "formalize", "formal" },
        { "electricity", "electr" },
        { "electrical", "electr" },
        { "hopeful", "hope" },
        { "goodness", "good" },
        { "revival", "reviv" },
        { "allowance", "allow" },
        { "inference", "infer" },
        { "airliner", "airlin" },
        { "adjustable", "adjust" },
        { "defensible", "defens" },
        { "irritant", "irrit" },
        { "replacement", "replac" },
        { "adjustment", "adjust" },
        { "dependent", "depend" },
        { "adoption", "adopt" },
        { "communion", "communion" },
        { "effective", "effect" },
        { "activate", "activ" },
        { "homologous", "homolog" },
        { "probate", "probat" },
        { "rate", "rate" },
        { "cease", "ceas" },
        { "controlling", "control" },
        { "roll", "roll" },
        { "syzygy", "syzygi" },
        { "yyy", "yyi" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_STR(stem(rows[i][0]), rows[i][1]);
}

static void departures_are_those_of_lucene(void)
{
    static const char *const rows[][2] = {
        { "as", "as" },
        { "possibly", "possibl" },
        { "anthropology", "anthropolog" },
        { "anthropological", "anthropolog" },
        { "biology", "biologi" }, /* "bio" has measure 0 */
        { "trekking", "trek" },
        { "\xc3\xa9s", "\xc3\xa9s" }, /* two letters */
        { "caf\xc3\xa9s", "caf\xc3\xa9" },
        { "", "" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CHECK_STR(stem(rows[i][0]), rows[i][1]);
}

/* Every word over a few letters that make many rules fire, against the
 * paper's algorithm, where no departure can be met. */
static void agrees_with_libstemmer_elsewhere(void)
{
    static const char *const starts[] = { "hop",  "rat",   "troubl", "crea",
                                          "oat",  "adopt", "y",      "syll",
                                          "dinn", "ess",   "wil",    "tie" };
    static const char *const ends[] = {
        "",      "s",     "ed",      "ing",   "eed",     "ies",     "sses",
        "y",     "ation", "ational", "izer",  "ization", "iveness", "fulness",
        "ical",  "ful",   "ness",    "al",    "ance",    "ence",    "er",
        "ic",    "able",  "ible",    "ant",   "ement",   "ment",    "ent",
        "ion",   "sion",  "ou",      "ism",   "ate",     "iti",     "ous",
        "ive",   "ize",   "e",       "ll",    "lle",     "tional",  "enci",
        "ousli", "entli", "eli",     "alli",  "aliti",   "iviti",   "ousness",
        "icate", "ative", "alize",   "iciti", "ated",    "izing"
    };
    struct sb_stemmer *paper = sb_stemmer_new("porter", "UTF_8");
    char word[128];

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        for (size_t j = 0; j < sizeof(ends) / sizeof(ends[0]); j++)
            for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
                rkb_sv want;

                snprintf(word, sizeof(word), "%s%s%s", starts[i], ends[j],
                         ends[k]);
                if (strlen(word) < 3)
                    continue;
                want.at = (const char *)sb_stemmer_stem(
                    paper, (const sb_symbol *)word, (int)strlen(word));
                want.len = (size_t)sb_stemmer_length(paper);
                if (!rkb_sv_is(want, stem(word)))
                    printf("# %s: %.*s\n", word, (int)want.len, want.at);
                CHECK(rkb_sv_is(want, stem(word)));
            }
    sb_stemmer_delete(paper);
}

TESTS(TEST(each_step_does_what_the_paper_says),
      TEST(departures_are_those_of_lucene),
      TEST(agrees_with_libstemmer_elsewhere))
