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

/* A whole number, or with `decimals` one of ten-thousandths. */
static void add_digits(struct rkb_buf *out, bool negative, uint64_t whole,
                       bool decimals)
{
    char text[32], *end = text + sizeof(text), *at = end;

    if (decimals) {
        at = digits(end, whole % 10000 + 10000);
        *at = '.'; /* over the 1 that kept the zeros behind it */
        whole /= 10000;
    }
    at = digits(at, whole);
    if (negative)
        *--at = '-';
    rkb_buf_add(out, at, (size_t)(end - at));
}

/* value * 10000 is off by at most half a unit in its last place, far less
 * than `margin` for its size. So where it is further than that from the
 * middle between two whole numbers, both it and the exact product round to
 * the same one. printf takes care of the rest, ties among them. */
void rkb_format_4f(double value, struct rkb_buf *out)
{
    double size = fabs(value), margin = size < 1e5 ? 1e-6 : 0.01, part;
    uint64_t n;

    if (isnan(value)) {
        rkb_buf_add(out, "  -nan", 6);
        return;
    }
    if (!(size <= 1e9)) {
        rkb_buf_printf(out, "%6.4f", value);
        return;
    }
    n = (uint64_t)(size * 1e4);
    part = size * 1e4 - (double)n;
    if (fabs(part - 0.5) <= margin)
        rkb_buf_printf(out, "%6.4f", value);
    else
        add_digits(out, signbit(value), n + (part > 0.5), true);
}

void rkb_slot_format(const struct rkb_slot *slot, double value,
                     struct rkb_buf *out)
{
    if (slot->def->whole_number && value >= 0 && value < 0x1p62)
        add_digits(out, false, (uint64_t)value, false);
    else
        rkb_format_4f(value, out);
}
