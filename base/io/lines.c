/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/lines.h"

#include "base/mem.h"

#include <string.h>

#define FIRST_BYTES ((size_t)256 << 10)

enum rkb_status rkb_lines_open(struct rkb_lines *in, const char *path,
                               struct rkb_err *err)
{
    struct rkb_stream *stream;
    enum rkb_status rc = rkb_stream_open_ahead(&stream, path, err);

    if (rc)
        in->failed = *err;
    else
        rkb_lines_from(in, stream);
    return rc;
}

void rkb_lines_from(struct rkb_lines *in, struct rkb_stream *stream)
{
    in->stream = stream;
    if (in->max_bytes == 0)
        in->max_bytes = RKB_LINE_LIMIT;
}

/* Moves the line under way to the front and reads behind it; doubles the
 * buffer when the line fills it. */
static void more(struct rkb_lines *in)
{
    size_t keep = in->len - in->next;
    size_t got = 0;

    if (in->next > 0 && keep > 0)
        memmove(in->at, in->at + in->next, keep);
    in->base += in->next;
    in->next = 0;
    in->len = keep;
    if (in->len == in->cap) {
        in->cap = in->cap > 0 ? 2 * in->cap : FIRST_BYTES;
        in->at = rkb_resize(in->at, in->cap, 1);
    }
    if (!rkb_stream_read(in->stream, in->at + in->len, in->cap - in->len, &got,
                         &in->failed))
        in->at_end = got == 0;
    in->len += got;
}

static void skip_bom(struct rkb_lines *in)
{
    in->skipped_bom = true;
    while (in->len < 3 && !in->at_end && !in->failed.code)
        more(in);
    if (in->len >= 3 && memcmp(in->at, "\xef\xbb\xbf", 3) == 0)
        in->next = 3;
}

static bool too_long(struct rkb_lines *in)
{
    rkb_fail(&in->failed, RKB_E_LIMIT,
             "%s:%zu: the line is longer than %zu bytes",
             rkb_stream_name(in->stream), in->line_no + 1, in->max_bytes);
    return false;
}

static bool give(struct rkb_lines *in, size_t len, rkb_sv *line)
{
    if (len > in->max_bytes)
        return too_long(in);
    line->at = in->at + in->next;
    line->len = len;
    in->offset = in->base + in->next;
    in->line_no++;
    in->next += len;
    return true;
}

bool rkb_lines_next(struct rkb_lines *in, rkb_sv *line)
{
    size_t seen = 0; /* of the line under way, without a newline */

    if (!in->skipped_bom)
        skip_bom(in);
    while (!in->failed.code) {
        size_t left = in->len - in->next;
        const char *start = in->at + in->next;
        const char *end = NULL;

        if (left > seen)
            end = memchr(start + seen, '\n', left - seen);
        if (end) {
            if (!give(in, (size_t)(end - start), line))
                return false;
            in->next++;
            return true;
        }
        if (in->at_end)
            return left > 0 && give(in, left, line);
        if (left > in->max_bytes)
            return too_long(in);
        seen = left;
        more(in);
    }
    return false;
}

enum rkb_status rkb_lines_status(const struct rkb_lines *in,
                                 struct rkb_err *err)
{
    if (in->failed.code)
        *err = in->failed;
    return in->failed.code;
}

void rkb_lines_close(struct rkb_lines *in)
{
    rkb_stream_close(in->stream);
    rkb_free(in->at);
    *in = (struct rkb_lines){ 0 };
}
