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

/* Levenshtein distance, for "did you mean". Both at most 64 bytes, else the
 * larger length. */
size_t rkb_sv_distance(rkb_sv a, rkb_sv b);

/* 64-bit hash of the bytes; the same on every machine and in every run. */
uint64_t rkb_sv_hash(rkb_sv a);

#endif
