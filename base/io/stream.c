/* SPDX-License-Identifier: Apache-2.0 */
/* Streams over a descriptor or memory, and the choice of a decoder. */
#include "base/io/stream.h"

#include "base/io/stream_impl.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void *rkb_stream_new(size_t size, const struct rkb_stream_ops *ops,
                     const char *name)
{
    struct rkb_stream *s = rkb_new(1, size);

    s->ops = ops;
    s->name = rkb_new(strlen(name) + 1, 1);
    memcpy(s->name, name, strlen(name));
    return s;
}

enum rkb_status rkb_stream_read(struct rkb_stream *s, void *to, size_t n,
                                size_t *got, struct rkb_err *err)
{
    size_t left = s->n_head - s->head_next;

    assert(n > 0);
    if (left == 0)
        return s->ops->read(s, to, n, got, err);
    *got = n < left ? n : left;
    memcpy(to, s->head + s->head_next, *got);
    s->head_next += *got;
    return RKB_OK;
}

uint64_t rkb_stream_skip(struct rkb_stream *s, uint64_t n)
{
    return s->ops->skip && s->head_next == s->n_head ? s->ops->skip(s, n) : 0;
}

void rkb_stream_close(struct rkb_stream *s)
{
    if (!s)
        return;
    if (s->ops->close)
        s->ops->close(s);
    rkb_free(s->name);
    rkb_free(s);
}

const char *rkb_stream_name(const struct rkb_stream *s)
{
    return s->name;
}

enum rkb_status rkb_stream_peek(struct rkb_stream *s, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    size_t got = 1;

    assert(s->head_next == 0);
    while (!rc && got > 0 && s->n_head < sizeof(s->head)) {
        got = 0;
        rc = s->ops->read(s, s->head + s->n_head, sizeof(s->head) - s->n_head,
                          &got, err);
        s->n_head += got;
    }
    return rc;
}

/* A descriptor. */

struct fd_stream {
    struct rkb_stream base;
    int fd;
};

static enum rkb_status fd_read(struct rkb_stream *s, void *to, size_t n,
                               size_t *got, struct rkb_err *err)
{
    const struct fd_stream *f = (const struct fd_stream *)s;
    ssize_t r;

    do
        r = read(f->fd, to, n);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return rkb_fail(err, RKB_E_IO, "cannot read '%s': %s", s->name,
                        strerror(errno));
    *got = (size_t)r;
    return RKB_OK;
}

static void fd_close(struct rkb_stream *s)
{
    const struct fd_stream *f = (const struct fd_stream *)s;

    if (f->fd > STDERR_FILENO)
        close(f->fd);
}

static uint64_t fd_skip(struct rkb_stream *s, uint64_t n)
{
    const struct fd_stream *f = (const struct fd_stream *)s;
    off_t at = s->is_regular ? lseek(f->fd, 0, SEEK_CUR) : -1;
    struct stat st;
    uint64_t left;

    if (at < 0 || fstat(f->fd, &st) != 0 || st.st_size <= at)
        return 0;
    left = (uint64_t)(st.st_size - at);
    n = n < left ? n : left;
    return lseek(f->fd, (off_t)n, SEEK_CUR) < 0 ? 0 : n;
}

static const struct rkb_stream_ops fd_ops = { .read = fd_read,
                                              .close = fd_close,
                                              .skip = fd_skip };

enum rkb_status rkb_stream_raw(struct rkb_stream **out, const char *path,
                               struct rkb_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct fd_stream *f;
    struct stat st;
    int fd = STDIN_FILENO;

    *out = NULL;
    if (!is_stdin)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0)
        return rkb_fail(err, RKB_E_IO, "cannot open '%s': %s", path,
                        strerror(errno));
    f = rkb_stream_new(sizeof(*f), &fd_ops, is_stdin ? "<stdin>" : path);
    f->fd = fd;
    f->base.is_regular = S_ISREG(st.st_mode);
    if (S_ISDIR(st.st_mode)) {
        rkb_stream_close(&f->base);
        return rkb_fail(err, RKB_E_IO, "'%s' is a folder, not a file", path);
    }
    *out = &f->base;
    return RKB_OK;
}

/* Memory. */

struct memory_stream {
    struct rkb_stream base;
    const char *at;
    size_t len;
};

static enum rkb_status memory_read(struct rkb_stream *s, void *to, size_t n,
                                   size_t *got, struct rkb_err *err)
{
    struct memory_stream *m = (struct memory_stream *)s;

    (void)err;
    *got = n < m->len ? n : m->len;
    if (*got > 0)
        memcpy(to, m->at, *got);
    m->at = *got > 0 ? m->at + *got : m->at;
    m->len -= *got;
    return RKB_OK;
}

static const struct rkb_stream_ops memory_ops = { .read = memory_read };

void rkb_stream_from_memory(struct rkb_stream **out, const void *at, size_t len)
{
    struct memory_stream *m =
        rkb_stream_new(sizeof(*m), &memory_ops, "<memory>");

    m->at = at;
    m->len = len;
    *out = &m->base;
}

enum rkb_status rkb_stream_from_memory_decoded(struct rkb_stream **out,
                                               const void *at, size_t len,
                                               struct rkb_err *err)
{
    rkb_stream_from_memory(out, at, len);
    return rkb_stream_decode(out, err);
}

/* The decoder. */

static bool is_gzip(const struct rkb_stream *s)
{
    return s->n_head >= 2 && memcmp(s->head, "\x1f\x8b", 2) == 0;
}

/* A frame, or a skippable frame as pzstd writes first. */
static bool is_zstd(const struct rkb_stream *s)
{
    if (s->n_head < 4)
        return false;
    return memcmp(s->head, "\x28\xb5\x2f\xfd", 4) == 0 ||
           ((s->head[0] & 0xf0) == 0x50 &&
            memcmp(s->head + 1, "\x2a\x4d\x18", 3) == 0);
}

enum rkb_status rkb_stream_decode(struct rkb_stream **s, struct rkb_err *err)
{
    enum rkb_status rc = rkb_stream_peek(*s, err);

    if (rc) {
        rkb_stream_close(*s);
        *s = NULL;
        return rc;
    }
    if (is_zstd(*s))
        return rkb_zstd_new(s, *s, err);
    if (is_gzip(*s))
        *s = rkb_gzip_new(*s);
    return RKB_OK;
}

enum rkb_status rkb_stream_open(struct rkb_stream **out, const char *path,
                                struct rkb_err *err)
{
    enum rkb_status rc = rkb_stream_raw(out, path, err);

    return rc ? rc : rkb_stream_decode(out, err);
}

enum rkb_status rkb_stream_open_ahead(struct rkb_stream **out, const char *path,
                                      struct rkb_err *err)
{
    enum rkb_status rc = rkb_stream_open(out, path, err);

    /* Closing joins the thread, which must not hang in a read from a pipe
     * whose writer says nothing: pipes are decoded by the caller. */
    if (!rc && (*out)->is_decoder && (*out)->is_regular)
        rkb_stream_ahead(out);
    return rc;
}
