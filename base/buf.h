/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer for output. A zeroed struct is valid and unbounded;
 * set `limit` to bound it: what would pass the limit is dropped whole, with
 * all that follows, and `overflow` is set; so the content is always a prefix.
 * `at` is always followed by a NUL once anything was added, even "". */
#ifndef RKB_BASE_BUF_H
#define RKB_BASE_BUF_H

#include "base/err.h"
#include "base/sv.h"

struct rkb_buf {
    char *at;
    size_t len, cap, limit;
    bool overflow;
};

void rkb_buf_release(struct rkb_buf *b); /* the limit stays */
void rkb_buf_reset(struct rkb_buf *b);   /* empty, keeps memory and limit */
void rkb_buf_add(struct rkb_buf *b, const void *bytes, size_t n);
void rkb_buf_sv(struct rkb_buf *b, rkb_sv text);
void rkb_buf_text(struct rkb_buf *b, const char *text);
void rkb_buf_char(struct rkb_buf *b, char c);
void rkb_buf_printf(struct rkb_buf *b, const char *fmt, ...) RKB_PRINTF(2, 3);
/* As a JSON string with quotes; bytes that are not UTF-8 become U+FFFD. */
void rkb_buf_json(struct rkb_buf *b, rkb_sv text);
/* Canonical: the first of %.15g, %.16g, %.17g that reads back as `value`; -0
 * is 0, and what is not finite is null. */
void rkb_buf_real(struct rkb_buf *b, double value);
/* "" before anything was added. */
rkb_sv rkb_buf_view(const struct rkb_buf *b);

#endif
