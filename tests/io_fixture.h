/* SPDX-License-Identifier: Apache-2.0 */
/* Files for the tests of base/io, made on the spot: a folder of one's own,
 * gzip and archive bytes with faults where they are wanted. */
#ifndef RKB_TESTS_IO_FIXTURE_H
#define RKB_TESTS_IO_FIXTURE_H

#include "base/io/stream.h"
#include "base/mem.h"
#include "tests/tap.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

struct bytes {
    char *at;
    size_t len;
};

static char fixture_folder[256];

/* "FOLDER/NAME", good until the ninth call from here. */
TAP_UNUSED const char *fixture_path(const char *name)
{
    static char paths[8][512];
    static unsigned turn;
    char *to = paths[turn++ % 8];

    if (!fixture_folder[0]) {
        const char *top = getenv("TMPDIR");

        snprintf(fixture_folder, sizeof(fixture_folder),
                 "%s/rkb-io-test.XXXXXX", top ? top : "/tmp");
        if (!mkdtemp(fixture_folder))
            abort();
    }
    snprintf(to, 512, "%s/%s", fixture_folder, name);
    return to;
}

TAP_UNUSED void fixture_remove(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *e;

    while (dir && (e = readdir(dir))) {
        char inner[1024];
        struct stat st;

        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof(inner), "%s/%s", path, e->d_name);
        if (lstat(inner, &st) == 0 && S_ISDIR(st.st_mode))
            fixture_remove(inner);
        else
            unlink(inner);
    }
    if (dir)
        closedir(dir);
    rmdir(path);
}

TAP_UNUSED void fixture_done(void)
{
    if (fixture_folder[0])
        fixture_remove(fixture_folder);
    fixture_folder[0] = '\0';
}

TAP_UNUSED const char *fixture_file(const char *name, const void *at, size_t n)
{
    const char *path = fixture_path(name);
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(at, 1, n, f) != n || fclose(f) != 0)
        abort();
    return path;
}

TAP_UNUSED const char *fixture_text(const char *name, const char *text)
{
    return fixture_file(name, text, strlen(text));
}

/* One gzip member; free with rkb_free. */
TAP_UNUSED struct bytes gzip_bytes(const void *at, size_t n)
{
    z_stream z = { 0 };
    struct bytes b = { NULL, 0 };

    if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, 0) != Z_OK)
        abort();
    b.at = rkb_new(deflateBound(&z, n), 1);
    memcpy(&z.next_in, &at, sizeof(at));
    z.avail_in = (uInt)n;
    z.next_out = (unsigned char *)b.at;
    z.avail_out = (uInt)deflateBound(&z, n);
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    b.len = z.total_out;
    deflateEnd(&z);
    return b;
}

struct fixture_entry {
    const char *name, *text;
};

/* format: "zip", "gnutar", "raw"; filter: "none", "zstd", "gzip". */
TAP_UNUSED struct bytes archive_bytes(const char *format, const char *filter,
                                      const struct fixture_entry *entries,
                                      size_t n)
{
    struct archive *a = archive_write_new();
    size_t cap = 1 << 20;
    struct bytes b = { NULL, 0 };

    for (size_t i = 0; i < n; i++)
        cap += 2 * strlen(entries[i].text) + 4096;
    b.at = rkb_new(cap, 1);
    if (archive_write_set_format_by_name(a, format) != ARCHIVE_OK ||
        (strcmp(filter, "none") != 0 &&
         archive_write_add_filter_by_name(a, filter) != ARCHIVE_OK) ||
        archive_write_set_bytes_in_last_block(a, 1) != ARCHIVE_OK ||
        archive_write_open_memory(a, b.at, cap, &b.len) != ARCHIVE_OK)
        abort();
    for (size_t i = 0; i < n; i++) {
        struct archive_entry *e = archive_entry_new();
        size_t len = strlen(entries[i].text);

        archive_entry_set_pathname(e, entries[i].name);
        archive_entry_set_filetype(e, AE_IFREG);
        archive_entry_set_perm(e, 0644);
        archive_entry_set_size(e, (la_int64_t)len);
        if (archive_write_header(a, e) != ARCHIVE_OK ||
            archive_write_data(a, entries[i].text, len) != (la_ssize_t)len)
            abort();
        archive_entry_free(e);
    }
    if (archive_write_close(a) != ARCHIVE_OK)
        abort();
    archive_write_free(a);
    return b;
}

/* Everything the stream gives, in pieces of `step`; closes it. NULL on an
 * error, which is in *err. */
TAP_UNUSED char *read_stream(struct rkb_stream *s, size_t step, size_t *len,
                             struct rkb_err *err)
{
    size_t cap = 0;
    char *at = NULL;
    enum rkb_status rc;
    size_t got;

    *len = 0;
    do {
        at = rkb_grow(at, &cap, *len + step + 1, 1);
        got = 0;
        rc = rkb_stream_read(s, at + *len, step, &got, err);
        *len += got;
    } while (!rc && got > 0);
    rkb_stream_close(s);
    at[*len] = '\0';
    if (rc) {
        rkb_free(at);
        at = NULL;
    }
    return at;
}

#endif
