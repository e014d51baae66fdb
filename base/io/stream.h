/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes from outside, decoded: a plain file, gzip (zlib, CRC and length
 * checked, several members), zstd (libarchive), standard input, or one member
 * of a zip or tar archive. The format is found from the first bytes. */
#ifndef RKB_BASE_IO_STREAM_H
#define RKB_BASE_IO_STREAM_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct rkb_stream;

/* path "-" is standard input. "ARCHIVE.zip:member" is not parsed here: see
 * rkb_archive_*. RKB_E_IO with the path and the reason. */
enum rkb_status rkb_stream_open(struct rkb_stream **out, const char *path,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* Decodes ahead in a thread of its own (gzip and zstd files; a plain file or
 * a pipe is read directly). */
enum rkb_status rkb_stream_open_ahead(struct rkb_stream **out, const char *path,
                                      struct rkb_err *err) RKB_MUST_CHECK;
/* From memory; the bytes must outlive the stream. Never decoded. */
void rkb_stream_from_memory(struct rkb_stream **out, const void *at,
                            size_t len);
/* The same, decoded when the bytes are gzip or zstd. */
enum rkb_status rkb_stream_from_memory_decoded(struct rkb_stream **out,
                                               const void *at, size_t len,
                                               struct rkb_err *err)
    RKB_MUST_CHECK;

/* Up to n >= 1 bytes to `to`; *got = 0 only at the end. RKB_E_IO on a read error,
 * RKB_E_DATA on a truncated or corrupt compressed file. */
enum rkb_status rkb_stream_read(struct rkb_stream *s, void *to, size_t n,
                                size_t *got, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_stream_close(struct rkb_stream *s); /* NULL is fine */
/* For messages: the path, or "archive.zip:member". */
const char *rkb_stream_name(const struct rkb_stream *s);

/* A folder, or a zip or tar archive read in place, seen as files. */
struct rkb_tree;
enum rkb_status rkb_tree_open(struct rkb_tree **out, const char *path,
                              struct rkb_err *err) RKB_MUST_CHECK;
void rkb_tree_close(struct rkb_tree *t);
/* Names relative to the root, sorted; a single common top folder of an
 * archive is dropped. Names that escape ("..", absolute) are RKB_E_DATA. */
size_t rkb_tree_count(const struct rkb_tree *t);
const char *rkb_tree_name(const struct rkb_tree *t, size_t i);
bool rkb_tree_has(const struct rkb_tree *t, const char *name);
/* Also tries NAME.gz and NAME.zst. RKB_E_IO when there is none. */
enum rkb_status rkb_tree_stream(struct rkb_tree *t, const char *name,
                                struct rkb_stream **out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
