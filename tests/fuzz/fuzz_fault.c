/* SPDX-License-Identifier: Apache-2.0 */
/* Any reply can be told as a fault: a status code on the first line, then the
 * body. */
#include "harness/llm/dialect.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rkb_sv body = { (const char *)data, size }, line;
    struct rkb_fault f;
    int64_t http = 0;

    if (!size || !rkb_sv_split(&body, '\n', &line))
        return 0;
    if (!body.at)
        body = (rkb_sv){ 0 };
    if (!rkb_sv_to_i64(line, 0, 999, &http))
        http = 200;
    rkb_fault_read((int)http, body, &f);
    demand(f.kind <= RKB_FAULT_RUN);
    demand(f.msg[0] && memchr(f.msg, '\0', sizeof(f.msg)));
    demand(rkb_sv_is_utf8(rkb_sv_of(f.msg), NULL));
    for (const char *p = f.msg; *p; p++)
        demand((unsigned char)*p >= 0x20 && *p != 0x7f);
    demand(f.limit >= -1 && f.asked >= -1);
    demand(f.kind == RKB_FAULT_CONTEXT || f.kind == RKB_FAULT_BATCH ||
           (f.limit == -1 && f.asked == -1));
    return 0;
}
