/* SPDX-License-Identifier: Apache-2.0 */
/* String views and strict numbers. A view borrows: what it points to must
 * outlive it. Views may hold any bytes, NUL included. */
#ifndef RKB_BASE_SV_H
#define RKB_BASE_SV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rkb_sv {
    const char *at;
    size_t len;
} rkb_sv;

rkb_sv rkb_sv_of(const char *text); /* NULL gives the empty view */

bool rkb_sv_eq(rkb_sv a, rkb_sv b);
/* Four bytes, least significant first: one load where that is their order. */
static inline uint64_t rkb_sv_le32(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
           (uint64_t)p[3] << 24;
}
bool rkb_sv_is(rkb_sv a, const char *text);
bool rkb_sv_starts(rkb_sv a, const char *prefix);
bool rkb_sv_ends(rkb_sv a, const char *suffix);
/* As memcmp over unsigned bytes, then by length: strcmp's order. */
int rkb_sv_cmp(rkb_sv a, rkb_sv b);

/* Blank = space, \t, \n, \v, \f, \r (the C locale's isspace). */
rkb_sv rkb_sv_trim(rkb_sv a);
/* Next run of non-blank bytes of *rest, which moves behind it; empty at the
 * end. */
rkb_sv rkb_sv_word(rkb_sv *rest);
/* Up to the first `sep`, which is dropped; all of *rest when there is none.
 * Returns false when *rest was exhausted before the call (at == NULL marks
 * that). "a,,b" gives "a", "", "b". */
bool rkb_sv_split(rkb_sv *rest, char sep, rkb_sv *part);

/* Whole field or false; *out is untouched on false. No blanks, no leading
 * '+', decimal only. */
bool rkb_sv_to_i64(rkb_sv a, int64_t min, int64_t max, int64_t *out);
/* Finite decimal number with optional fraction and exponent; correctly
 * rounded. ".5" and "5." are numbers. No leading '+', no hex, no inf, no nan;
 * too small gives 0, too large or longer than 512 bytes gives false. */
bool rkb_sv_to_double(rkb_sv a, double *out);

/* Well-formed UTF-8 (no surrogates, no overlong forms, up to U+10FFFF). On
 * false *bad, when not NULL, is the offset of the first bad byte. */
bool rkb_sv_is_utf8(rkb_sv a, size_t *bad);
/* Decodes one code point at a.at[*i], *i < a.len, and moves *i; U+FFFD and one
 * byte for a malformed sequence. */
uint32_t rkb_sv_code_point(rkb_sv a, size_t *i);

/* Edits from one to the other, two letters swapped counted as one (optimal
 * string alignment), for "did you mean". Both at most 64 bytes, else the
 * larger length. */
size_t rkb_sv_distance(rkb_sv a, rkb_sv b);

/* 64-bit hash of the bytes; the same on every machine and in every run. It is
 * here to be inlined: seven million docids of a run are hashed one by one.
 * Source: MurmurHash64A (Appleby, public domain), seed 0, little endian, but
 * for the last 4 to 7 bytes, which are read as two overlapping words. */
__attribute__((always_inline)) static inline uint64_t rkb_sv_hash(rkb_sv a)
{
    const uint64_t mul = UINT64_C(0xC6A4A7935BD1E995);
    const unsigned char *p = (const unsigned char *)a.at;
    uint64_t hash = a.len * mul;
    size_t left = a.len;

    for (; left >= 8; left -= 8, p += 8) {
        uint64_t k = (rkb_sv_le32(p) | rkb_sv_le32(p + 4) << 32) * mul;

        k ^= k >> 47;
        hash = (hash ^ k * mul) * mul;
    }
    if (left >= 4) {
        uint64_t k = rkb_sv_le32(p) | rkb_sv_le32(p + left - 4) << 32;

        hash = (hash ^ k) * mul;
    } else if (left) {
        uint64_t k = 0;

        while (left--)
            k = k << 8 | p[left];
        hash = (hash ^ k) * mul;
    }
    hash = (hash ^ hash >> 47) * mul;
    return hash ^ hash >> 47;
}

#endif
