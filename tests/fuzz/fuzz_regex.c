/* SPDX-License-Identifier: Apache-2.0 */
/* Pattern, a newline, text: matches lie in the text, go forward, are UTF-8 when
 * the text is, and are the same a second time. */
#include "base/io/regex.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MATCHES 64

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void demand_inside(rkb_sv text, rkb_sv part)
{
    if (!part.at)
        return;
    demand(part.at >= text.at);
    demand((size_t)(part.at - text.at) + part.len <= text.len);
    demand(rkb_sv_is_utf8(part, NULL));
}

static void match_all(const struct rkb_regex *r, rkb_sv text)
{
    size_t pos = 0;

    for (int i = 0; i < MATCHES; i++) {
        rkb_sv whole = { 0 }, group = { 0 }, again = { 0 };
        size_t before = pos, second = pos;
        bool exceeded;

        if (!rkb_regex_next(r, text, &pos, &whole, &group, &exceeded)) {
            demand(pos == before);
            break;
        }
        demand(!exceeded && pos > before && pos <= text.len + 1);
        demand(rkb_sv_is_utf8(text, NULL));
        demand_inside(text, whole);
        demand_inside(text, group);
        demand(rkb_regex_next(r, text, &second, &again, NULL, NULL));
        demand(second == pos && again.at == whole.at && again.len == whole.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rkb_sv text = { (const char *)data, size };
    struct rkb_regex *r;
    struct rkb_err err = { 0 };
    rkb_sv pattern = { 0 };
    enum rkb_status rc;

    if (size > 4096 || !rkb_sv_split(&text, '\n', &pattern))
        return 0;
    rc = rkb_regex_open(&r, pattern, &err);
    demand(!rc == (r != NULL) && !rc == !err.msg[0]);
    if (r)
        match_all(r, text);
    rkb_regex_close(r);
    return 0;
}
