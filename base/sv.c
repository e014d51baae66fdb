/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { DOUBLE_BYTES_MAX = 512, DISTANCE_BYTES_MAX = 64 };

rkb_sv rkb_sv_of(const char *text)
{
    if (!text)
        return (rkb_sv){ 0 };
    return (rkb_sv){ text, strlen(text) };
}

bool rkb_sv_eq(rkb_sv a, rkb_sv b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool rkb_sv_is(rkb_sv a, const char *text)
{
    return rkb_sv_eq(a, rkb_sv_of(text));
}

bool rkb_sv_starts(rkb_sv a, const char *prefix)
{
    rkb_sv p = rkb_sv_of(prefix);

    return a.len >= p.len && rkb_sv_eq((rkb_sv){ a.at, p.len }, p);
}

bool rkb_sv_ends(rkb_sv a, const char *suffix)
{
    rkb_sv s = rkb_sv_of(suffix);

    if (a.len < s.len)
        return false;
    return s.len == 0 || memcmp(a.at + (a.len - s.len), s.at, s.len) == 0;
}

int rkb_sv_cmp(rkb_sv a, rkb_sv b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.at, b.at, n) : 0;

    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

rkb_sv rkb_sv_trim(rkb_sv a)
{
    while (a.len && is_blank(a.at[0])) {
        a.at++;
        a.len--;
    }
    while (a.len && is_blank(a.at[a.len - 1]))
        a.len--;
    return a;
}

rkb_sv rkb_sv_word(rkb_sv *rest)
{
    size_t from = 0, to;
    rkb_sv word;

    while (from < rest->len && is_blank(rest->at[from]))
        from++;
    for (to = from; to < rest->len && !is_blank(rest->at[to]);)
        to++;
    if (to == 0)
        return (rkb_sv){ rest->at, 0 };
    word = (rkb_sv){ rest->at + from, to - from };
    rest->at += to;
    rest->len -= to;
    return word;
}

bool rkb_sv_split(rkb_sv *rest, char sep, rkb_sv *part)
{
    const char *hit;

    if (!rest->at)
        return false;
    hit = rest->len ? memchr(rest->at, sep, rest->len) : NULL;
    if (!hit) {
        *part = *rest;
        *rest = (rkb_sv){ 0 };
        return true;
    }
    *part = (rkb_sv){ rest->at, (size_t)(hit - rest->at) };
    rest->at = hit + 1;
    rest->len -= part->len + 1;
    return true;
}

bool rkb_sv_to_i64(rkb_sv a, int64_t min, int64_t max, int64_t *out)
{
    bool negative = a.len && a.at[0] == '-';
    size_t i = negative;
    int64_t value = 0;

    if (i == a.len)
        return false;
    for (; i < a.len; i++) {
        int digit = a.at[i] - '0';

        if (!is_digit(a.at[i]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

/* A decimal field: digits * 10^exp10. `exact` = all digits fit. */
struct decimal {
    uint64_t digits;
    int exp10;
    bool negative, exact;
};

static size_t scan_digits(rkb_sv a, size_t i, struct decimal *d, int step)
{
    for (; i < a.len && is_digit(a.at[i]); i++) {
        d->exp10 += step;
        if (d->digits > (UINT64_MAX - 9) / 10) {
            d->exact = false;
            continue;
        }
        d->digits = d->digits * 10 + (uint64_t)(a.at[i] - '0');
    }
    return i;
}

static size_t scan_exponent(rkb_sv a, size_t i, struct decimal *d)
{
    bool negative = false;
    size_t first;
    int value = 0;

    if (i < a.len && (a.at[i] == '-' || a.at[i] == '+'))
        negative = a.at[i++] == '-';
    for (first = i; i < a.len && is_digit(a.at[i]); i++) {
        if (value < 100000)
            value = value * 10 + (a.at[i] - '0');
    }
    d->exp10 += negative ? -value : value;
    return i == first ? SIZE_MAX : i;
}

static bool scan_decimal(rkb_sv a, struct decimal *d)
{
    size_t i = 0, n_digits, from;

    d->exact = true;
    if (a.len && a.at[0] == '-') {
        d->negative = true;
        i++;
    }
    from = i;
    i = scan_digits(a, i, d, 0);
    n_digits = i - from;
    if (i < a.len && a.at[i] == '.') {
        from = ++i;
        i = scan_digits(a, i, d, -1);
        n_digits += i - from;
    }
    if (n_digits == 0)
        return false;
    if (i < a.len && (a.at[i] == 'e' || a.at[i] == 'E'))
        i = scan_exponent(a, i + 1, d);
    return i == a.len;
}

/* Both factors are exact doubles, so the one operation rounds correctly.
 * Source: Clinger 1990, How to read floating point numbers accurately. */
static double scale_exactly(double digits, int exp10)
{
    static const double powers[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };

    return exp10 < 0 ? digits / powers[-exp10] : digits * powers[exp10];
}

bool rkb_sv_to_double(rkb_sv a, double *out)
{
    struct decimal d = { 0 };
    char text[DOUBLE_BYTES_MAX + 1];
    double value;

    if (a.len > DOUBLE_BYTES_MAX || !scan_decimal(a, &d))
        return false;
    if (d.exact && d.digits <= UINT64_C(1) << 53 && d.exp10 >= -22 &&
        d.exp10 <= 22) {
        value = scale_exactly((double)d.digits, d.exp10);
        *out = d.negative ? -value : value;
        return true;
    }
    memcpy(text, a.at, a.len);
    text[a.len] = '\0';
    value = strtod(text, NULL);
    if (value - value != 0.0)
        return false;
    *out = value;
    return true;
}

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the well-formed sequence at p, 0 when it is malformed.
 * Source: Unicode 15, table 3-7. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || n < 2 || !is_tail(p[1]))
        return 0;
    if (p[0] < 0xE0)
        return 2;
    if (n < 3 || !is_tail(p[2]))
        return 0;
    if (p[0] < 0xF0) {
        bool overlong = p[0] == 0xE0 && p[1] < 0xA0;
        bool surrogate = p[0] == 0xED && p[1] > 0x9F;

        return overlong || surrogate ? 0 : 3;
    }
    if (p[0] > 0xF4 || n < 4 || !is_tail(p[3]))
        return 0;
    if ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return 4;
}

static uint64_t load_le64(const unsigned char *p)
{
    /* Compilers turn this into one load where that is the byte order. */
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
           (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 |
           (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

bool rkb_sv_is_utf8(rkb_sv a, size_t *bad)
{
    const unsigned char *p = (const unsigned char *)a.at;
    size_t i = 0, n;

    while (i < a.len) {
        if (a.len - i >= 8 &&
            !(load_le64(p + i) & UINT64_C(0x8080808080808080))) {
            i += 8;
            continue;
        }
        n = utf8_length(p + i, a.len - i);
        if (n == 0) {
            if (bad)
                *bad = i;
            return false;
        }
        i += n;
    }
    return true;
}

uint32_t rkb_sv_code_point(rkb_sv a, size_t *i)
{
    const unsigned char *p;
    size_t n;

    assert(*i < a.len);
    p = (const unsigned char *)a.at + *i;
    if (p[0] < 0x80) {
        ++*i;
        return p[0];
    }
    n = utf8_length(p, a.len - *i);
    *i += n ? n : 1;
    switch (n) {
    case 2:
        return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    case 3:
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 |
               (p[2] & 0x3F);
    case 4:
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
               (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    default:
        return 0xFFFD;
    }
}

size_t rkb_sv_distance(rkb_sv a, rkb_sv b)
{
    size_t rows[3][DISTANCE_BYTES_MAX + 1];

    if (a.len > DISTANCE_BYTES_MAX || b.len > DISTANCE_BYTES_MAX)
        return a.len > b.len ? a.len : b.len;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = a.at[i - 1] == b.at[j - 1];
            size_t best = above[j - 1] + !same;

            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            best = above[j] + 1 < best ? above[j] + 1 : best;
            if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
                a.at[i - 2] == b.at[j - 1] && two_above[j - 2] + 1 < best)
                best = two_above[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a.len % 3][b.len];
}
