/* SPDX-License-Identifier: Apache-2.0 */
/* A stream gives the same events at the same places however its bytes arrive:
 * whole, or cut where the first byte says. The second byte is 'n' for a stream
 * of JSON lines. */
#include "base/buf.h"
#include "harness/llm/dialect.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void take(struct rkb_arena *a, rkb_sv body, bool ndjson, size_t *pos,
                 struct rkb_buf *out)
{
    size_t offset = 0, before = *pos;
    rkb_sv event;

    while (rkb_event_next(a, body, ndjson, pos, &event, &offset)) {
        demand(*pos > before && *pos <= body.len);
        demand(offset >= before && offset < *pos);
        demand(event.len > 0 && event.len <= *pos - before);
        rkb_buf_printf(out, "%zu:%zu:", offset, event.len);
        rkb_buf_sv(out, event);
        before = *pos;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rkb_buf whole = { 0 }, parts = { 0 };
    struct rkb_arena a = { 0 };
    size_t pos = 0, step, end;
    bool ndjson;
    rkb_sv body;

    if (size < 2)
        return 0;
    step = (size_t)data[0] % 16 + 1;
    ndjson = data[1] == 'n';
    body = (rkb_sv){ (const char *)data + 2, size - 2 };
    take(&a, body, ndjson, &pos, &whole);
    for (pos = 0, end = 0; end < body.len;) {
        end = body.len - end < step ? body.len : end + step;
        take(&a, (rkb_sv){ body.at, end }, ndjson, &pos, &parts);
    }
    demand(rkb_sv_eq(rkb_buf_view(&whole), rkb_buf_view(&parts)));
    rkb_buf_release(&whole);
    rkb_buf_release(&parts);
    rkb_arena_release(&a);
    return 0;
}
