/* SPDX-License-Identifier: Apache-2.0 */
/* The tokens of JSON, checked. Used by json.c and json_each.c only. */
#ifndef RKB_BASE_IO_JSON_SCAN_H
#define RKB_BASE_IO_JSON_SCAN_H

#include "base/err.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>

/* A position in a text and, once something was refused, the reason. */
struct rkb_json_scan {
    const char *begin, *at, *end;
    const char *why;      /* NULL: nothing was refused */
    const char *bad;      /* where */
    enum rkb_status code; /* RKB_E_DATA or RKB_E_LIMIT */
};

/* Always false, so that callers can return it. */
bool rkb_json_refuse(struct rkb_json_scan *s, const char *at, const char *why);

/* The byte at the position, -1 at the end. */
static inline int rkb_json_peek(const struct rkb_json_scan *s)
{
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

static inline bool rkb_json_is_blank(int c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline void rkb_json_blanks(struct rkb_json_scan *s)
{
    while (s->at < s->end && rkb_json_is_blank(*s->at))
        s->at++;
}

/* From the opening quote to behind the closing one. *raw is what is between,
 * still escaped. */
bool rkb_json_scan_string(struct rkb_json_scan *s, rkb_sv *raw, bool *escaped);
bool rkb_json_scan_number(struct rkb_json_scan *s, rkb_sv *text);
/* "null", "true" or "false" at the position. */
bool rkb_json_scan_word(struct rkb_json_scan *s, const char *word);

/* Decodes a string that was scanned; `to` holds raw.len bytes. Returns the
 * length, which is never more. */
size_t rkb_json_unescape(rkb_sv raw, char *to);

/* First '"' or '\\' at or behind p; `end` when there is none. */
const char *rkb_json_skip_text(const char *p, const char *end);

#endif
