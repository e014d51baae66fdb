/* SPDX-License-Identifier: Apache-2.0 */
/* The two readers of UTF-8 agree on every byte; what is written as JSON or as
 * a message is well-formed and holds no control byte. */
#include "base/buf.h"
#include "base/err.h"
#include "base/sv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* Offset of the first malformed byte, or the length. */
static size_t first_malformed(rkb_sv text)
{
    size_t i = 0;

    while (i < text.len) {
        size_t at = i;
        uint32_t c = rkb_sv_code_point(text, &i);

        demand(c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF));
        demand(i > at && i <= text.len);
        if (c == 0xFFFD && i - at == 1)
            return at;
    }
    return text.len;
}

static void demand_clean(rkb_sv text)
{
    demand(rkb_sv_is_utf8(text, NULL));
    for (size_t i = 0; i < text.len; i++)
        demand((unsigned char)text.at[i] >= 0x20);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rkb_sv text = { (const char *)data, size };
    struct rkb_buf out = { 0 };
    struct rkb_err err;
    size_t bad = size;

    demand(rkb_sv_is_utf8(text, &bad) == (first_malformed(text) == size));
    demand(bad == first_malformed(text));
    rkb_buf_json(&out, text);
    demand_clean(rkb_buf_view(&out));
    demand(out.len >= 2 && out.at[0] == '"' && out.at[out.len - 1] == '"');
    rkb_fail(&err, RKB_E_DATA, "%.*s", (int)size, size ? text.at : "");
    rkb_wrap(&err, "%.*s", (int)size, size ? text.at : "");
    demand_clean(rkb_sv_of(err.msg));
    rkb_buf_release(&out);
    return 0;
}
