/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/analyze.h"

#include "base/buf.h"
#include "tests/tap.h"

/* Words joined by '|'. */
static const char *words(const char *text)
{
    static char out[4096];
    struct rkb_tokens t = { .text = rkb_sv_of(text) };
    struct rkb_token token;
    struct rkb_buf b = { 0 };

    while (rkb_tokens_next(&t, &token)) {
        rkb_buf_text(&b, b.len ? "|" : "");
        rkb_buf_sv(&b, token.word);
    }
    snprintf(out, sizeof(out), "%.*s", (int)b.len, b.at ? b.at : "");
    rkb_buf_release(&b);
    return out;
}

static const char *terms(const char *text)
{
    static char out[4096];
    struct rkb_tokens t = { .text = rkb_sv_of(text) };
    struct rkb_token token;
    struct rkb_buf b = { 0 };

    while (rkb_tokens_next(&t, &token)) {
        rkb_sv term = rkb_term_of(&t, &token);

        if (!term.len)
            continue;
        rkb_buf_text(&b, b.len ? "|" : "");
        rkb_buf_sv(&b, term);
    }
    snprintf(out, sizeof(out), "%.*s", (int)b.len, b.at ? b.at : "");
    rkb_buf_release(&b);
    return out;
}

static void words_are_cut_by_unicodes_rules(void)
{
    static const char *const rows[][2] = {
        { "", "" },
        { " ... --- ___ ", "" },
        { "The quick-brown FOX.", "the|quick|brown|fox" },
        { "can't o'clock 'quoted'", "can't|o'clock|quoted" },
        { "U.S.A. a.b:c x..y 3.14 1,000;2", "u.s.a|a.b:c|x|y|3.14|1,000;2" },
        { "1:2 a,b a.1 1.a", "1|2|a|b|a|1|1|a" },
        { "snake_case _x_ __ 2nd h2o", "snake_case|_x_|2nd|h2o" },
        { "e-mail@example.com", "e|mail|example.com" },
        { "don\u2019t it\u00b7s", "don\u2019t|it\u00b7s" },
        { "cafe\u0301 .\u0301a", "cafe\u0301|a" },
        { "l'\u0301a", "l'\u0301a" },
        { "\u6771\u4eac \u3072\u3089 \u30ab\u30bf\u30ab\u30ca_a",
          "\u6771|\u4eac|\u3072|\u3089|\u30ab\u30bf\u30ab\u30ca_a" },
        { "a\u30ab \u30abb", "a|\u30ab|\u30ab|b" },
        { "\ud55c\uad6d\uc5b4 \u0e44\u0e17\u0e22a", /* Hangul, Thai */
          "\ud55c\uad6d\uc5b4|\u0e44\u0e17\u0e22|a" },
        { "\u0661\u0662.\u0663", "\u0661\u0662.\u0663" },
        { "X\u00ae \u00a9 Y", "x|\u00ae|\u00a9|y" },
        { "\U0001f469\u200d\U0001f4bb\U0001f469!",
          "\U0001f469\u200d\U0001f4bb|\U0001f469" },
        { "\U0001f1e9\U0001f1ea\U0001f1eb a",
          "\U0001f1e9\U0001f1ea|a" }, /* one flag and a half */
        { "a\xff"
          "b \xe2\x82",
          "a|b" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        CHECK_STR(words(rows[i][0]), rows[i][1]);
}

static void possessives_go_and_case_is_folded(void)
{
    static const char *const rows[][2] = {
        { "John's JOHN'S John\u2019s John\uff07s", "john|john|john|john" },
        { "s 's its dogs'", "s|s|its|dogs" },
        { "\u00c9T\u00c9 \u0130 \u0178 \u1e9e",
          "\u00e9t\u00e9|i|\u00ff|\u00df" },
        { "\u0394\u0399\u03a3 \u041c\u0418\u0420 \u0540\u0531\u0545",
          "\u03b4\u03b9\u03c3|\u043c\u0438\u0440|\u0570\u0561\u0575" },
        { "\u0100\u0102\u0103 \u01c5 \u2126 \U00010400",
          "\u0101\u0103\u0103|\u01c6|\u03c9|\U00010428" },
        { "\u1f08\u10a0\u13a0\u2c00\uff21", "\u1f00\u2d00\uab70\u2c30\uff41" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        CHECK_STR(words(rows[i][0]), rows[i][1]);
}

static void stop_words_go_and_the_rest_is_stemmed(void)
{
    CHECK_STR(terms("a an and are as at be but by for if in into is it no not "
                    "of on or such that the their then there these they this "
                    "to was will with"),
              "");
    CHECK_STR(terms("The Cats' hats weren't from Mary's houses"),
              "cat|hat|weren't|from|mari|hous");
    CHECK(!rkb_is_stop_word(rkb_sv_of("")));
    CHECK(!rkb_is_stop_word(rkb_sv_of("from")));
}

static void long_words_are_split(void)
{
    char text[1001];
    struct rkb_tokens t = { .text = { text, 1000 } };
    struct rkb_token token;
    size_t n = 0, total = 0;

    memset(text, 'a', 1000);
    while (rkb_tokens_next(&t, &token)) {
        CHECK_EQ_INT(token.source.at - text, total);
        CHECK_EQ_INT(token.source.len, total < 765 ? 255 : 235);
        total += token.word.len;
        n++;
    }
    CHECK_EQ_INT(n, 4);
    CHECK_EQ_INT(total, 1000);

    /* The most bytes that 255 units can take. */
    static const char wide[] = "\u0800";
    char big[3 * 300];

    for (size_t i = 0; i < 300; i++)
        memcpy(big + 3 * i, wide, 3);
    t = (struct rkb_tokens){ .text = { big, sizeof(big) } };
    CHECK(rkb_tokens_next(&t, &token));
    CHECK_EQ_INT(token.word.len, 765);
}

TESTS(TEST(words_are_cut_by_unicodes_rules),
      TEST(possessives_go_and_case_is_folded),
      TEST(stop_words_go_and_the_rest_is_stemmed), TEST(long_words_are_split))
