/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions from files of users (PCRE2), bounded: a pattern cannot
 * take more than a named number of steps, whatever the text. Written as for
 * Python's re: \d \w \s are Unicode's, $ also matches before a last newline,
 * the dot does not match a newline. */
#ifndef RKB_BASE_IO_REGEX_H
#define RKB_BASE_IO_REGEX_H

#include "base/err.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>

#define RKB_REGEX_PATTERN ((size_t)64 << 10) /* bytes of a pattern */
/* Of the matcher, a call: an item of the pattern that is tried is one, and so
 * is each byte of the text that an item passes or gives back. */
#define RKB_REGEX_STEPS 10000000u

struct rkb_regex;

/* RKB_E_USAGE with PCRE2's reason, the offset and the pattern; RKB_E_LIMIT when
 * it is too long. Immutable: any thread may match. */
enum rkb_status rkb_regex_open(struct rkb_regex **out, rkb_sv pattern,
                               struct rkb_err *err) RKB_MUST_CHECK;
void rkb_regex_close(struct rkb_regex *r); /* NULL is fine */

/* The next match at or behind *pos, which moves behind it (an empty match moves
 * it one character further). *whole is the match; *group its first group, empty
 * when that took no part, or the whole where the pattern has no group; either
 * may be NULL. False: none, or the bound was met (*exceeded, may be NULL), or
 * the text is not UTF-8. */
bool rkb_regex_next(const struct rkb_regex *r, rkb_sv text, size_t *pos,
                    rkb_sv *whole, rkb_sv *group, bool *exceeded);

#endif
