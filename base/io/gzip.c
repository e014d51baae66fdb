/* SPDX-License-Identifier: Apache-2.0 */
/* The door to zlib: gzip files, every member's checksum and length checked.
 * (libarchive 3.6 accepts a wrong checksum.) */
#include "base/io/codec.h"
#include "base/io/stream_impl.h"
#include "base/mem.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

struct gzip_stream {
    struct rkb_stream base;
    struct rkb_stream *inner; /* owned */
    z_stream z;
    unsigned char *in; /* [RKB_STREAM_BLOCK], owned */
    bool in_ended;
    bool between; /* behind a member's trailer */
    bool padded;  /* zero bytes were seen there */
    bool ended;
};

static void *z_alloc(void *opaque, uInt count, uInt size)
{
    (void)opaque;
    return rkb_new(count, size);
}

static void z_free(void *opaque, void *p)
{
    (void)opaque;
    rkb_free(p);
}

static enum rkb_status refill(struct gzip_stream *g, struct rkb_err *err)
{
    enum rkb_status rc;
    size_t got = 0;

    if (g->z.avail_in > 0 || g->in_ended)
        return RKB_OK;
    rc = rkb_stream_read(g->inner, g->in, RKB_STREAM_BLOCK, &got, err);
    g->z.next_in = g->in;
    g->z.avail_in = (uInt)got;
    g->in_ended = !rc && got == 0;
    return rc;
}

/* Behind a member come another one, zero padding (tapes), or the end. */
static enum rkb_status next_member(struct gzip_stream *g, struct rkb_err *err)
{
    if (g->z.avail_in == 0) {
        g->ended = g->in_ended;
        return RKB_OK;
    }
    if (*g->z.next_in == 0) {
        g->padded = true;
        g->z.next_in++;
        g->z.avail_in--;
        return RKB_OK;
    }
    if (g->padded || *g->z.next_in != 0x1f)
        return rkb_fail(err, RKB_E_DATA,
                        "'%s' has other bytes behind its gzip data",
                        g->base.name);
    inflateReset(&g->z);
    g->between = false;
    return RKB_OK;
}

static enum rkb_status inflate_failed(const struct gzip_stream *g, int zrc,
                                      struct rkb_err *err)
{
    const char *why = g->z.msg ? g->z.msg : "bad data";

    if (zrc == Z_MEM_ERROR)
        rkb_mem_exhausted(0);
    if (zrc == Z_BUF_ERROR)
        return rkb_fail(err, RKB_E_DATA, "'%s' is cut short", g->base.name);
    if (strcmp(why, "incorrect data check") == 0)
        why = "its checksum does not match";
    else if (strcmp(why, "incorrect length check") == 0)
        why = "its length does not match";
    return rkb_fail(err, RKB_E_DATA, "'%s' is corrupt: %s", g->base.name, why);
}

static enum rkb_status gzip_read(struct rkb_stream *s, void *to, size_t n,
                                 size_t *got, struct rkb_err *err)
{
    struct gzip_stream *g = (struct gzip_stream *)s;
    uInt room = n < UINT_MAX ? (uInt)n : UINT_MAX;
    enum rkb_status rc;
    int zrc;

    g->z.next_out = to;
    g->z.avail_out = room;
    while (g->z.avail_out > 0 && !g->ended) {
        rc = refill(g, err);
        if (!rc && g->between) {
            rc = next_member(g, err);
            if (!rc)
                continue;
        }
        if (rc)
            return rc;
        /* Called even at the end of the input: inflate may hold output. Only
         * when it makes no progress then (Z_BUF_ERROR) is the file cut. */
        zrc = inflate(&g->z, Z_NO_FLUSH);
        if (zrc == Z_STREAM_END)
            g->between = true;
        else if (zrc != Z_OK)
            return inflate_failed(g, zrc, err);
    }
    *got = room - g->z.avail_out;
    return RKB_OK;
}

static void gzip_close(struct rkb_stream *s)
{
    struct gzip_stream *g = (struct gzip_stream *)s;

    inflateEnd(&g->z);
    rkb_free(g->in);
    rkb_stream_close(g->inner);
}

static const struct rkb_stream_ops gzip_ops = { .read = gzip_read,
                                                .close = gzip_close };

struct rkb_stream *rkb_gzip_new(struct rkb_stream *inner)
{
    struct gzip_stream *g = rkb_stream_new(sizeof(*g), &gzip_ops, inner->name);

    g->inner = inner;
    g->base.is_regular = inner->is_regular;
    g->base.is_decoder = true;
    g->in = rkb_new(RKB_STREAM_BLOCK, 1);
    g->z.zalloc = z_alloc;
    g->z.zfree = z_free;
    if (inflateInit2(&g->z, 16 + MAX_WBITS) != Z_OK)
        rkb_mem_exhausted(0); /* its only failure with a matching header */
    return &g->base;
}

uint32_t rkb_crc32(rkb_sv bytes)
{
    return (uint32_t)crc32_z(0, (const Bytef *)bytes.at, bytes.len);
}
