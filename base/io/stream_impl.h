/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a stream, for the files that make one: stream.c (descriptor,
 * memory), gzip.c, archive.c (zstd, archive members), ahead.c, tree.c. */
#ifndef RKB_BASE_IO_STREAM_IMPL_H
#define RKB_BASE_IO_STREAM_IMPL_H

#include "base/io/stream.h"

#include <stdbool.h>

#define RKB_STREAM_BLOCK ((size_t)256 << 10) /* bytes asked for at once */

struct rkb_stream_ops {
    /* As rkb_stream_read. */
    enum rkb_status (*read)(struct rkb_stream *s, void *to, size_t n,
                            size_t *got, struct rkb_err *err);
    /* Releases what the kind owns, not the struct itself. MAY be NULL. */
    void (*close)(struct rkb_stream *s);
    /* Passes over up to n bytes and says how many; never beyond the end. MAY
     * be NULL: they have to be read. */
    uint64_t (*skip)(struct rkb_stream *s, uint64_t n);
};

/* First member of every kind of stream. */
struct rkb_stream {
    const struct rkb_stream_ops *ops;
    char *name;            /* owned */
    unsigned char head[4]; /* bytes looked at, given out again first */
    size_t n_head, head_next;
    bool is_regular; /* a regular file: reading never waits for a peer */
    bool is_decoder; /* gzip, zstd or an archive member */
};

/* `size` is that of the kind's struct; the name is copied. */
void *rkb_stream_new(size_t size, const struct rkb_stream_ops *ops,
                     const char *name);
/* Fills s->head with up to 4 bytes that the next reads give out again. */
enum rkb_status rkb_stream_peek(struct rkb_stream *s, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Passes over up to n bytes without reading them, where the kind can; returns
 * how many, perhaps 0. */
uint64_t rkb_stream_skip(struct rkb_stream *s, uint64_t n);

/* A file's bytes as they are. */
enum rkb_status rkb_stream_raw(struct rkb_stream **out, const char *path,
                               struct rkb_err *err) RKB_MUST_CHECK;
/* Replaces *s by what decodes it, when its first bytes say so. On an error
 * *s is closed and NULL. */
enum rkb_status rkb_stream_decode(struct rkb_stream **s, struct rkb_err *err)
    RKB_MUST_CHECK;
/* Replaces *s by a stream that reads it in a thread of its own. */
void rkb_stream_ahead(struct rkb_stream **s);

/* Decoders: they own `inner` from here on, and keep its name. */
struct rkb_stream *rkb_gzip_new(struct rkb_stream *inner);
enum rkb_status rkb_zstd_new(struct rkb_stream **out, struct rkb_stream *inner,
                             struct rkb_err *err) RKB_MUST_CHECK;

/* Regular files of a zip or tar archive in stored order; `index` counts all
 * entries. Names are as stored. */
typedef enum rkb_status rkb_archive_fn(void *ctx, const char *name,
                                       size_t index, struct rkb_err *err);
enum rkb_status rkb_archive_list(const char *path, rkb_archive_fn *each,
                                 void *ctx, struct rkb_err *err) RKB_MUST_CHECK;
/* The bytes of one entry as stored (not decoded further); `name` becomes the
 * stream's name. */
enum rkb_status rkb_archive_member(struct rkb_stream **out, const char *path,
                                   size_t index, const char *name,
                                   struct rkb_err *err) RKB_MUST_CHECK;

#endif
