/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libarchive: zstd streams, and the entries of zip and tar. */
#include "base/io/stream_impl.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

/* An open archive and where its bytes come from. */
struct reader {
    struct archive *a;
    struct rkb_stream *inner; /* owned; NULL for zip, which seeks by itself */
    char *in;                 /* [RKB_STREAM_BLOCK], owned */
    struct rkb_err failed;    /* of the inner stream */
    bool wants_prefix;        /* give zstd_prefix before the inner bytes */
    bool is_zip;
};

/* A zstd frame that holds one byte. libarchive takes an empty text and a
 * broken first frame for the same thing, an unknown format; behind a byte of
 * ours the first is an end and only the second an error. */
static const unsigned char zstd_prefix[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x20,
                                             0x01, 0x09, 0x00, 0x00, 'x' };

static la_ssize_t give(struct archive *a, void *ctx, const void **at)
{
    struct reader *r = ctx;
    size_t got = 0;

    if (r->wants_prefix) {
        r->wants_prefix = false;
        *at = zstd_prefix;
        return sizeof(zstd_prefix);
    }
    *at = r->in;
    if (rkb_stream_read(r->inner, r->in, RKB_STREAM_BLOCK, &got, &r->failed)) {
        archive_set_error(a, EIO, "%s", "source failed");
        return ARCHIVE_FATAL;
    }
    return (la_ssize_t)got;
}

/* Of a plain tar of many gigabytes only the headers are read on the way to an
 * entry. */
static la_int64_t pass_over(struct archive *a, void *ctx, la_int64_t n)
{
    struct reader *r = ctx;

    (void)a;
    return n > 0 ? (la_int64_t)rkb_stream_skip(r->inner, (uint64_t)n) : 0;
}

static enum rkb_status reader_failed(const struct reader *r, const char *name,
                                     struct rkb_err *err)
{
    const char *why = archive_error_string(r->a);
    int code = archive_errno(r->a);

    if (r->failed.code) {
        *err = r->failed;
        return err->code;
    }
    if (code == ENOMEM)
        rkb_mem_exhausted(0);
    if (why && strstr(why, "runcated"))
        return rkb_fail(err, RKB_E_DATA, "'%s' is cut short", name);
    return rkb_fail(err, RKB_E_DATA, "'%s' is corrupt: %s", name,
                    why ? why : "bad data");
}

static void reader_init(struct reader *r)
{
    r->a = archive_read_new();
    if (!r->a)
        rkb_mem_exhausted(0);
}

static void reader_release(struct reader *r)
{
    if (r->a)
        archive_read_free(r->a);
    rkb_free(r->in);
    rkb_stream_close(r->inner);
}

/* Exactly one filter: left to itself libarchive peels off as many layers as
 * it finds, so that a zstd file inside a zstd file would be unpacked too. */
static int reader_from_stream(struct reader *r, struct rkb_stream *inner,
                              int filter)
{
    r->inner = inner;
    r->in = rkb_new(RKB_STREAM_BLOCK, 1);
    archive_read_append_filter(r->a, filter);
    return archive_read_open2(r->a, r, NULL, give, pass_over, NULL);
}

/* Streams of one entry. */

struct entry_stream {
    struct rkb_stream base;
    struct reader reader;
    bool ended;
};

static enum rkb_status entry_read(struct rkb_stream *s, void *to, size_t n,
                                  size_t *got, struct rkb_err *err)
{
    struct entry_stream *e = (struct entry_stream *)s;
    la_ssize_t r = e->ended ? 0 : archive_read_data(e->reader.a, to, n);

    /* A warning here is a wrong length or checksum: no less an error. */
    if (r < 0)
        return reader_failed(&e->reader, s->name, err);
    e->ended = r == 0;
    *got = (size_t)r;
    return RKB_OK;
}

static void entry_close(struct rkb_stream *s)
{
    reader_release(&((struct entry_stream *)s)->reader);
}

static const struct rkb_stream_ops entry_ops = { .read = entry_read,
                                                 .close = entry_close };

static struct entry_stream *entry_new(const char *name)
{
    struct entry_stream *e = rkb_stream_new(sizeof(*e), &entry_ops, name);

    e->base.is_decoder = true;
    reader_init(&e->reader);
    return e;
}

enum rkb_status rkb_zstd_new(struct rkb_stream **out, struct rkb_stream *inner,
                             struct rkb_err *err)
{
    struct entry_stream *e = entry_new(inner->name);
    struct reader *r = &e->reader;
    struct archive_entry *entry;
    enum rkb_status rc = RKB_OK;
    char prefix;

    *out = &e->base;
    e->base.is_regular = inner->is_regular;
    r->wants_prefix = true;
    archive_read_support_format_raw(r->a);
    if (reader_from_stream(r, inner, ARCHIVE_FILTER_ZSTD) != ARCHIVE_OK ||
        archive_read_next_header(r->a, &entry) != ARCHIVE_OK) {
        if (r->failed.code || archive_errno(r->a) == ENOMEM)
            rc = reader_failed(r, inner->name, err);
        else
            rc = rkb_fail(err, RKB_E_DATA, "'%s' is cut short or corrupt",
                          inner->name);
    } else if (archive_read_data(r->a, &prefix, 1) != 1) {
        rc = reader_failed(r, inner->name, err);
    }
    if (rc) {
        rkb_stream_close(*out);
        *out = NULL;
    }
    return rc;
}

/* Archives with entries. */

static enum rkb_status not_archive(const struct reader *r, const char *path,
                                   struct rkb_err *err)
{
    if (r->failed.code || archive_errno(r->a) == ENOMEM)
        return reader_failed(r, path, err);
    return rkb_fail(err, RKB_E_DATA,
                    r->is_zip
                        ? "'%s' is cut short or not a zip archive"
                        : "'%s' is neither a folder nor a zip or tar archive",
                    path);
}

static enum rkb_status reader_open(struct reader *r, const char *path,
                                   struct rkb_err *err)
{
    struct rkb_stream *file = NULL;
    enum rkb_status rc = rkb_stream_raw(&file, path, err);
    int opened;

    if (!rc)
        rc = rkb_stream_peek(file, err);
    if (!rc)
        r->is_zip = file->n_head >= 2 && memcmp(file->head, "PK", 2) == 0;
    if (rc || r->is_zip)
        rkb_stream_close(file);
    else
        rc = rkb_stream_decode(&file, err);
    if (rc)
        return rc;
    if (r->is_zip) {
        /* By its directory, at the end: a cut file is found out at once. */
        archive_read_support_format_zip_seekable(r->a);
        opened = archive_read_open_filename(r->a, path, RKB_STREAM_BLOCK);
    } else {
        archive_read_support_format_tar(r->a);
        opened = reader_from_stream(r, file, ARCHIVE_FILTER_NONE);
    }
    return opened == ARCHIVE_OK ? RKB_OK : not_archive(r, path, err);
}

/* *entry is NULL at the end. */
static enum rkb_status reader_next(struct reader *r, const char *path,
                                   bool is_first, struct archive_entry **entry,
                                   struct rkb_err *err)
{
    int got = archive_read_next_header(r->a, entry);

    if (got == ARCHIVE_EOF)
        *entry = NULL;
    /* A warning is a name in another charset. */
    if (got == ARCHIVE_OK || got == ARCHIVE_WARN || got == ARCHIVE_EOF)
        return RKB_OK;
    return is_first ? not_archive(r, path, err) : reader_failed(r, path, err);
}

static enum rkb_status list_entries(struct reader *r, const char *path,
                                    rkb_archive_fn *each, void *ctx,
                                    struct rkb_err *err)
{
    struct archive_entry *entry = NULL;
    enum rkb_status rc = reader_next(r, path, true, &entry, err);

    for (size_t index = 0; !rc && entry; index++) {
        const char *name = archive_entry_pathname(entry);

        /* A name that cannot be shown cannot be asked for either. */
        if (name && archive_entry_filetype(entry) == AE_IFREG &&
            !archive_entry_hardlink(entry))
            rc = each(ctx, name, index, err);
        if (!rc)
            rc = reader_next(r, path, false, &entry, err);
    }
    return rc;
}

enum rkb_status rkb_archive_list(const char *path, rkb_archive_fn *each,
                                 void *ctx, struct rkb_err *err)
{
    /* libarchive turns the UTF-8 names of a zip into the thread's charset,
     * and into nothing when that is plain "C". */
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t old = utf8 ? uselocale(utf8) : (locale_t)0;
    struct reader r = { 0 };
    enum rkb_status rc;

    reader_init(&r);
    rc = reader_open(&r, path, err);
    if (!rc)
        rc = list_entries(&r, path, each, ctx, err);
    reader_release(&r);
    if (utf8) {
        uselocale(old);
        freelocale(utf8);
    }
    return rc;
}

enum rkb_status rkb_archive_member(struct rkb_stream **out, const char *path,
                                   size_t index, const char *name,
                                   struct rkb_err *err)
{
    struct entry_stream *e = entry_new(name);
    struct archive_entry *entry = NULL;
    enum rkb_status rc;

    *out = &e->base;
    e->base.is_regular = true;
    rc = reader_open(&e->reader, path, err);
    for (size_t i = 0; !rc && i <= index; i++) {
        rc = reader_next(&e->reader, path, i == 0, &entry, err);
        if (!rc && !entry)
            rc =
                rkb_fail(err, RKB_E_IO, "'%s' changed while it was read", path);
    }
    if (rc) {
        rkb_stream_close(*out);
        *out = NULL;
    }
    return rc;
}
