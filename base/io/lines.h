/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of a file, plain, gzip or zstd, or of an archive member or "-" for
 * standard input, with their numbers. Lines of any length up to max_bytes. */
#ifndef RKB_BASE_IO_LINES_H
#define RKB_BASE_IO_LINES_H

#include "base/err.h"
#include "base/io/stream.h"
#include "base/sv.h"

#define RKB_LINE_LIMIT (64u << 20)

struct rkb_lines {
    struct rkb_stream *stream; /* owned */
    char *at;
    size_t len, cap, next;
    uint64_t base;    /* offset of at[0] in the decoded text   */
    size_t line_no;   /* of the last line returned, from 1     */
    uint64_t offset;  /* of its first byte in the decoded text */
    size_t max_bytes; /* of one line; 0 = RKB_LINE_LIMIT      */
    bool at_end, skipped_bom;
    struct rkb_err failed;
};

/* A zeroed struct may be closed. */
enum rkb_status rkb_lines_open(struct rkb_lines *in, const char *path,
                               struct rkb_err *err) RKB_MUST_CHECK;
/* Takes the stream, closes it with the lines. */
void rkb_lines_from(struct rkb_lines *in, struct rkb_stream *stream);

/* Without its "\n" (a "\r" before it stays); valid until the next call. A
 * UTF-8 byte order mark at the start of the text is dropped. False at the end
 * or on an error: rkb_lines_status tells which, and names the file. */
bool rkb_lines_next(struct rkb_lines *in, rkb_sv *line);
enum rkb_status rkb_lines_status(const struct rkb_lines *in,
                                 struct rkb_err *err) RKB_MUST_CHECK;
void rkb_lines_close(struct rkb_lines *in);

#endif
