/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/cut.h"

#include <stdint.h>
#include <string.h>

static bool has_at(rkb_sv text, size_t at, rkb_sv piece)
{
    return piece.len <= text.len - at &&
           memcmp(text.at + at, piece.at, piece.len) == 0;
}

/* GPT-2's bytes_to_unicode(): printable Latin-1 stands for itself, the other
 * bytes for 256 and up in their order. -1: not of that alphabet. */
static int byte_of(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } others[] = { { 0, 32 }, { 127, 160 }, { 173, 173 } };
    uint32_t n = 256;

    if ((c > 32 && c < 127) || (c > 160 && c < 256 && c != 173))
        return (int)c;
    for (size_t i = 0; i < 3; i++) {
        uint32_t count = others[i].last - others[i].first + 1;

        if (c >= n && c < n + count)
            return (int)(others[i].first + (c - n));
        n += count;
    }
    return -1;
}

/* How many bytes of the text the unit stands for in GPT-2's alphabet. */
static bool in_bytes(rkb_sv text, size_t at, rkb_sv unit, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < unit.len; ++*n) {
        int byte = byte_of(rkb_sv_code_point(unit, &i));

        if (byte < 0 || at + *n >= text.len ||
            (unsigned char)text.at[at + *n] != byte)
            return false;
    }
    return *n > 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* SentencePiece: "<0xE2>", and U+2581 where the text has a blank. */
static bool in_pieces(rkb_sv text, size_t at, rkb_sv unit, size_t *n)
{
    static const char mark[] = "\xE2\x96\x81";

    *n = 0;
    if (unit.len == 6 && rkb_sv_starts(unit, "<0x") && unit.at[5] == '>' &&
        hex_digit(unit.at[3]) >= 0 && hex_digit(unit.at[4]) >= 0) {
        *n = 1;
        return at < text.len &&
               (unsigned char)text.at[at] ==
                   16 * hex_digit(unit.at[3]) + hex_digit(unit.at[4]);
    }
    for (size_t i = 0; i < unit.len;) {
        bool is_mark =
            rkb_sv_starts((rkb_sv){ unit.at + i, unit.len - i }, mark);
        char want = is_mark ? ' ' : unit.at[i];

        i += is_mark ? strlen(mark) : 1;
        if (is_mark && at == 0 && *n == 0 && text.len && text.at[0] != ' ')
            continue; /* put before the first word */
        if (at + *n >= text.len || text.at[at + *n] != want)
            return false;
        ++*n;
    }
    return true;
}

bool rkb_cut_align(rkb_sv text, const rkb_sv *units, size_t n, size_t *end)
{
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        size_t len;

        if (has_at(text, at, units[i]))
            at += units[i].len;
        else if (in_bytes(text, at, units[i], &len) ||
                 in_pieces(text, at, units[i], &len))
            at += len;
        else
            return false;
    }
    while (at > 0 && at < text.len &&
           ((unsigned char)text.at[at] & 0xC0) == 0x80)
        at--;
    *end = at;
    return true;
}
