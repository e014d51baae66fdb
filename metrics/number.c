/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/spec.h"

#include <math.h>

/* Digits of n before `end`; returns where they start. */
static char *digits(char *end, uint64_t n)
{
    do {
        *--end = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    return end;
}

/* value * 10000 is off by at most half a unit in its last place, far less
 * than `margin` for its size. So where it is further than that from the
 * middle between two whole numbers, both it and the exact product round to
 * the same one. printf takes care of the rest, ties among them. */
void rkb_format_4f(double value, struct rkb_buf *out)
{
    double margin = value < 1e5 ? 1e-6 : 0.01, scaled = value * 1e4, part;
    char text[32], *end = text + sizeof(text), *at;
    uint64_t n;

    if (isnan(value)) {
        rkb_buf_add(out, "  -nan", 6);
        return;
    }
    if (signbit(value) || !(value <= 1e9)) {
        rkb_buf_printf(out, "%6.4f", value);
        return;
    }
    n = (uint64_t)scaled;
    part = scaled - (double)n;
    if (fabs(part - 0.5) <= margin) {
        rkb_buf_printf(out, "%6.4f", value);
        return;
    }
    n += part > 0.5;
    at = digits(end, n % 10000 + 10000);
    *at = '.';
    at = digits(at, n / 10000);
    rkb_buf_add(out, at, (size_t)(end - at));
}

void rkb_slot_format(const struct rkb_slot *slot, double value,
                     struct rkb_buf *out)
{
    if (slot->def->whole_number && fabs(value) < 0x1p62)
        rkb_buf_printf(out, "%ld", (long)value);
    else
        rkb_format_4f(value, out);
}
