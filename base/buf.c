/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/mem.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void rkb_buf_release(struct rkb_buf *b)
{
    rkb_free(b->at);
    *b = (struct rkb_buf){ .limit = b->limit };
}

void rkb_buf_reset(struct rkb_buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->at)
        b->at[0] = '\0';
}

/* Room for n bytes and the NUL; false when they would pass the limit. */
static bool make_room(struct rkb_buf *b, size_t n)
{
    size_t len;

    if (__builtin_add_overflow(b->len, n, &len) || len == SIZE_MAX)
        rkb_mem_exhausted(SIZE_MAX);
    if (b->overflow || (b->limit && len > b->limit)) {
        b->overflow = true;
        n = 0;
    }
    if (b->len + n >= b->cap)
        b->at = rkb_grow(b->at, &b->cap, b->len + n + 1, 1);
    b->at[b->len] = '\0';
    return !b->overflow;
}

void rkb_buf_add(struct rkb_buf *b, const void *bytes, size_t n)
{
    if (!make_room(b, n) || n == 0)
        return;
    memcpy(b->at + b->len, bytes, n);
    b->len += n;
    b->at[b->len] = '\0';
}

void rkb_buf_sv(struct rkb_buf *b, rkb_sv text)
{
    rkb_buf_add(b, text.at, text.len);
}

void rkb_buf_text(struct rkb_buf *b, const char *text)
{
    rkb_buf_sv(b, rkb_sv_of(text));
}

void rkb_buf_char(struct rkb_buf *b, char c)
{
    rkb_buf_add(b, &c, 1);
}

void rkb_buf_printf(struct rkb_buf *b, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        rkb_mem_exhausted(INT_MAX);
    if (!make_room(b, (size_t)n))
        return;
    va_start(args, fmt);
    vsnprintf(b->at + b->len, (size_t)n + 1, fmt, args);
    va_end(args);
    b->len += (size_t)n;
}

static void json_escape(struct rkb_buf *b, unsigned char c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *hit = c ? strchr(from, c) : NULL;

    if (hit) {
        char pair[2] = { '\\', to[hit - from] };

        rkb_buf_add(b, pair, 2);
    } else {
        rkb_buf_printf(b, "\\u%04x", (unsigned)c);
    }
}

void rkb_buf_json(struct rkb_buf *b, rkb_sv text)
{
    size_t start = b->len, plain = 0, i = 0;
    bool was_full = b->overflow;

    rkb_buf_char(b, '"');
    while (i < text.len) {
        size_t at = i;
        unsigned char c = (unsigned char)text.at[at];
        bool escaped = c < 0x20 || c == '"' || c == '\\';
        bool malformed = rkb_sv_code_point(text, &i) == 0xFFFD && i - at == 1;

        if (!escaped && !malformed)
            continue;
        rkb_buf_add(b, text.at + plain, at - plain);
        plain = i;
        if (escaped)
            json_escape(b, c);
        else
            rkb_buf_text(b, "\xEF\xBF\xBD");
    }
    if (plain < text.len)
        rkb_buf_add(b, text.at + plain, text.len - plain);
    rkb_buf_char(b, '"');
    if (b->overflow && !was_full) {
        b->len = start;
        b->at[start] = '\0';
    }
}

/* A number of at most 15 digits, which "%.15g" would write without exponent:
 * scores are written by the hundred, and printf was most of their cost. Both
 * operands of the division are exact, so its result is the nearest double to
 * the decimal, and the first that fits is the shortest. */
static bool short_real(struct rkb_buf *b, double value)
{
    double size = fabs(value), power = 1.0;
    char text[24];
    size_t at = sizeof(text);

    if (size < 1e-4 || size >= 1e15)
        return false;
    for (int places = 0; places <= 15; places++, power *= 10.0) {
        double digits = rint(size * power);

        if (digits >= 1e15)
            return false;
        if (digits / power != size)
            continue;
        uint64_t left = (uint64_t)digits;

        for (int i = 0; i < places || left || i == places; i++) {
            if (i == places && places)
                text[--at] = '.';
            text[--at] = (char)('0' + left % 10);
            left /= 10;
        }
        if (value < 0.0)
            text[--at] = '-';
        rkb_buf_add(b, text + at, sizeof(text) - at);
        return true;
    }
    return false;
}

void rkb_buf_real(struct rkb_buf *b, double value)
{
    double again = 0.0;
    char text[32];

    if (value - value != 0.0) {
        rkb_buf_text(b, "null");
        return;
    }
    if (short_real(b, value))
        return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (rkb_sv_to_double(rkb_sv_of(text), &again) && again == value)
            break;
    }
    rkb_buf_text(b, value == 0.0 ? "0" : text);
}

rkb_sv rkb_buf_view(const struct rkb_buf *b)
{
    return (rkb_sv){ b->at ? b->at : "", b->len };
}
