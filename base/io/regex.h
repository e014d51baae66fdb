/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions from files of users (PCRE2), bounded: a pattern cannot
 * take more than a named number of steps, whatever the text. */
#ifndef RKB_BASE_IO_REGEX_H
#define RKB_BASE_IO_REGEX_H

#include "base/err.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>

#define RKB_REGEX_PATTERN ((size_t)64 << 10) /* bytes of a pattern     */
#define RKB_REGEX_STEPS 1000000u             /* of the matcher, a call */

struct rkb_regex;

/* UTF-8; the dot does not match a newline. RKB_E_USAGE with the offset and
 * PCRE2's reason. Immutable: any thread may match. */
enum rkb_status rkb_regex_open(struct rkb_regex **out, rkb_sv pattern,
                               struct rkb_err *err) RKB_MUST_CHECK;
void rkb_regex_close(struct rkb_regex *r); /* NULL is fine */

/* The next match at or behind *pos, which moves behind it (an empty match moves
 * it one character further). *whole is the match, *group its first group, or
 * the whole where there is no group; either may be NULL. False: none, or the
 * bound was met (*exceeded, may be NULL), or the text is not UTF-8. */
bool rkb_regex_next(const struct rkb_regex *r, rkb_sv text, size_t *pos,
                    rkb_sv *whole, rkb_sv *group, bool *exceeded);

#endif
