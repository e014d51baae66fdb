/* SPDX-License-Identifier: Apache-2.0 */
/* The first line is a text, the others are units of a tokenizer: where they end
 * is inside the text, at the start of a character where it has whole ones, and
 * fewer units never end behind more. */
#include "harness/llm/cut.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 64 };

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rkb_sv rest = { (const char *)data, size }, text, units[MOST];
    size_t n = 0, end = 0, before;

    if (!size || !rkb_sv_split(&rest, '\n', &text))
        return 0;
    while (n < MOST && rkb_sv_split(&rest, '\n', &units[n]))
        n++;
    if (!rkb_cut_align(text, units, n, &end))
        return 0;
    demand(end <= text.len);
    if (end < text.len && end > 0)
        demand(((unsigned char)text.at[end] & 0xC0) != 0x80);
    while (n-- > 0) {
        before = end;
        demand(rkb_cut_align(text, units, n, &end) && end <= before);
    }
    demand(end == 0);
    return 0;
}
