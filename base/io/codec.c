/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libsnappy. */
#include "base/io/codec.h"

#include "base/io/stream.h"
#include "base/mem.h"

#include <snappy-c.h>
#include <string.h>

/* What a byte can stand for at most. Deflate: 258 bytes from two bits. zstd:
 * a block of 128 KiB from four bytes. */
static const struct {
    const char *name, *magic; /* of its first bytes; NULL = none */
    size_t most;
} codecs[] = {
    [RKB_CODEC_SNAPPY] = { "snappy", NULL, 64 },
    [RKB_CODEC_GZIP] = { "gzip", "\x1f\x8b", 1040 },
    [RKB_CODEC_ZSTD] = { "zstd", "\x28\xb5\x2f\xfd", 32768 },
};

static enum rkb_status wrong_size(size_t size, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_DATA, "does not unpack to its %zu bytes", size);
}

static void make_room(struct rkb_buf *to, size_t size)
{
    rkb_buf_reset(to);
    to->at = rkb_grow(to->at, &to->cap, size + 1, 1);
}

static enum rkb_status unsnappy(rkb_sv packed, size_t size, struct rkb_buf *to,
                                struct rkb_err *err)
{
    size_t len = size;

    if (snappy_uncompressed_length(packed.at, packed.len, &len) != SNAPPY_OK ||
        len != size)
        return wrong_size(size, err);
    make_room(to, size);
    if (snappy_uncompress(packed.at, packed.len, to->at, &len) != SNAPPY_OK ||
        len != size)
        return rkb_fail(err, RKB_E_DATA, "corrupt snappy data");
    return RKB_OK;
}

/* One byte more than wanted is asked for, so that the decoder comes to its end
 * and checks what is there, and so that more than `size` shows. */
static enum rkb_status by_stream(enum rkb_codec codec, rkb_sv packed,
                                 size_t size, struct rkb_buf *to,
                                 struct rkb_err *err)
{
    struct rkb_stream *s;
    size_t len = 0, got = 1;
    enum rkb_status rc =
        rkb_stream_from_memory_decoded(&s, packed.at, packed.len, err);

    if (rc)
        return rc;
    make_room(to, size);
    while (!rc && got > 0 && len <= size) {
        got = 0;
        rc = rkb_stream_read(s, to->at + len, size + 1 - len, &got, err);
        len += got;
    }
    rkb_stream_close(s);
    if (rc == RKB_E_DATA)
        return rkb_fail(err, rc, "corrupt %s data", codecs[codec].name);
    return rc || len == size ? rc : wrong_size(size, err);
}

enum rkb_status rkb_codec_unpack(enum rkb_codec codec, rkb_sv packed,
                                 size_t size, struct rkb_buf *to,
                                 struct rkb_err *err)
{
    const char *magic = codecs[codec].magic;
    enum rkb_status rc;

    rkb_buf_reset(to);
    if (size == 0)
        return RKB_OK;
    if (packed.len < size / codecs[codec].most)
        return wrong_size(size, err);
    if (magic && !rkb_sv_starts(packed, magic))
        return rkb_fail(err, RKB_E_DATA, "is not %s", codecs[codec].name);
    rc = magic ? by_stream(codec, packed, size, to, err)
               : unsnappy(packed, size, to, err);
    if (rc)
        return rc;
    to->at[size] = '\0';
    to->len = size;
    return RKB_OK;
}
