/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a price file. Numbers that are taken are finite, not negative
 * and found by their model; what is refused says where. */
#include "runs/prices.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME "prices.yaml"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_said(double x)
{
    return isfinite(x) && x >= 0;
}

/* A price, a size, or both. */
static bool is_whole(const struct rkb_price *x)
{
    bool priced = is_said(x->prompt) && is_said(x->output);
    bool free_of_price = isnan(x->prompt) && isnan(x->output);
    bool sized = is_said(x->parameters);

    return (priced && (sized || isnan(x->parameters))) ||
           (free_of_price && sized);
}

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
        if (!is_whole(&p.rows[i]) || !rkb_price_of(&p, p.rows[i].model))
            abort();
    rkb_arena_release(&a);
    return 0;
}
