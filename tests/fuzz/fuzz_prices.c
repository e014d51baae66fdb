/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a price file. Prices that are taken are finite and not negative
 * and found by their model; what is refused says where. */
#include "harness/eval/prices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "prices.yaml"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const rkb_sv text = { size ? (const char *)data : "", size };
    struct rkb_arena a = { 0 };
    struct rkb_prices p;
    struct rkb_err err = { 0 };
    enum rkb_status rc = rkb_prices_parse(&a, FILE_NAME, text, &p, &err);

    if (rc && strncmp(err.msg, FILE_NAME ":", sizeof FILE_NAME) != 0)
        abort();
    for (size_t i = 0; !rc && i < p.n; i++)
        if (!(p.rows[i].prompt >= 0) || !(p.rows[i].output >= 0) ||
            !isfinite(p.rows[i].prompt) || !isfinite(p.rows[i].output) ||
            !rkb_price_of(&p, p.rows[i].model))
            abort();
    rkb_arena_release(&a);
    return 0;
}
