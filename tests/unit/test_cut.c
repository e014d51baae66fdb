/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/cut.h"

#include "base/err.h"
#include "tests/tap.h"

#define TEXT                       \
    "the caf\xC3\xA9 \xE2\x82\xAC" \
    "5"

static const struct {
    const char *name, *text;
    const char *units[8];
    size_t n;
    int end; /* -1: not aligned */
} rows[] = {
    { "decoded",
      TEXT,
      { "the", " caf", "\xC3\xA9", " ", "\xE2\x82\xAC", "5" },
      3,
      9 },
    { "none", TEXT, { "the" }, 0, 0 },
    { "all", "ab", { "a", "b" }, 2, 2 },
    { "gpt2_alphabet",
      TEXT,
      /* U+0120 is the blank; C3 A9 are U+00C3 U+00A9; E2 82 AC are U+00E2
       * U+0124 U+00AC */
      { "the",
        "\xC4\xA0"
        "caf\xC3\x83\xC2\xA9",
        "\xC4\xA0\xC3\xA2\xC4\xA4\xC2\xAC", "5" },
      3,
      13 },
    { "gpt2_part_of_a_character",
      TEXT,
      { "the",
        "\xC4\xA0"
        "caf\xC3\x83\xC2\xA9",
        "\xC4\xA0\xC3\xA2\xC4\xA4", "\xC2\xAC" },
      3,
      10 },
    { "sentencepiece",
      TEXT,
      { "\xE2\x96\x81the",
        "\xE2\x96\x81"
        "caf\xC3\xA9",
        "\xE2\x96\x81", "<0xE2>", "<0x82>", "<0xAC>", "5" },
      5,
      10 },
    { "sentencepiece_whole",
      TEXT,
      { "\xE2\x96\x81the",
        "\xE2\x96\x81"
        "caf\xC3\xA9",
        "\xE2\x96\x81", "<0xE2>", "<0x82>", "<0xAC>", "5" },
      6,
      13 },
    { "a_text_that_begins_with_a_blank", " a", { "\xE2\x96\x81", "a" }, 2, 2 },
    { "another_case", "The", { "the" }, 1, -1 },
    { "more_than_the_text", "ab", { "ab", "c" }, 2, -1 },
    { "wrong_byte", "a\xE2\x82\xAC", { "a", "<0xE3>" }, 2, -1 },
};

static void units_are_followed_through_the_text(void)
{
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        rkb_sv units[8];
        size_t end = 99;
        bool ok;

        for (size_t k = 0; k < rows[i].n; k++)
            units[k] = rkb_sv_of(rows[i].units[k]);
        ok = rkb_cut_align(rkb_sv_of(rows[i].text), units, rows[i].n, &end);
        if (!CHECK_EQ_INT(ok ? (int)end : -1, rows[i].end))
            printf("# %s\n", rows[i].name);
    }
}

TESTS(TEST(units_are_followed_through_the_text))
