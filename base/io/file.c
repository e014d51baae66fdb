/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/file.h"

#include "base/io/stream.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)256 << 10)

/* Reading. */

static enum rkb_status read_all(struct rkb_stream *in, size_t max_bytes,
                                struct rkb_buf *to, struct rkb_err *err)
{
    char *block = rkb_resize(NULL, BLOCK_BYTES, 1);
    enum rkb_status rc;
    size_t got;

    do {
        got = 0;
        rc = rkb_stream_read(in, block, BLOCK_BYTES, &got, err);
        if (!rc && got > max_bytes - to->len)
            rc = rkb_fail(err, RKB_E_LIMIT, "'%s' is larger than %zu bytes",
                          rkb_stream_name(in), max_bytes);
        if (!rc)
            rkb_buf_add(to, block, got);
    } while (!rc && got > 0);
    rkb_free(block);
    return rc;
}

enum rkb_status rkb_file_read(struct rkb_arena *a, const char *path,
                              size_t max_bytes, rkb_sv *out,
                              struct rkb_err *err)
{
    struct rkb_stream *in = NULL;
    struct rkb_buf bytes = { 0 };
    enum rkb_status rc = rkb_stream_open(&in, path, err);

    if (!rc)
        rc = read_all(in, max_bytes, &bytes, err);
    if (!rc)
        *out = rkb_arena_copy(a, rkb_buf_view(&bytes));
    rkb_buf_release(&bytes);
    rkb_stream_close(in);
    return rc;
}

enum rkb_status rkb_file_in_open(struct rkb_file_in *f, const char *path,
                                 struct rkb_err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    *f = (struct rkb_file_in){ .fd = fd, .is_open = fd >= 0 };
    if (fd < 0 || fstat(fd, &st) != 0)
        return rkb_fail(err, RKB_E_IO, "cannot open '%s': %s", path,
                        strerror(errno));
    if (!S_ISREG(st.st_mode))
        return rkb_fail(err, RKB_E_IO, "'%s' is not a regular file", path);
    f->size = (uint64_t)st.st_size;
    return RKB_OK;
}

enum rkb_status rkb_file_in_read(const struct rkb_file_in *f, uint64_t offset,
                                 void *to, size_t n, struct rkb_err *err)
{
    size_t len = 0;

    if (offset > f->size || n > f->size - offset)
        return rkb_fail(err, RKB_E_DATA, "is cut short");
    if (f->at && n > 0)
        memcpy(to, f->at + offset, n);
    while (!f->at && len < n) {
        ssize_t got =
            pread(f->fd, (char *)to + len, n - len, (off_t)(offset + len));

        if (got == 0)
            return rkb_fail(err, RKB_E_DATA, "is cut short");
        if (got < 0 && errno != EINTR)
            return rkb_fail(err, RKB_E_IO, "cannot be read: %s",
                            strerror(errno));
        len += got > 0 ? (size_t)got : 0;
    }
    return RKB_OK;
}

void rkb_file_in_close(struct rkb_file_in *f)
{
    if (f->is_open)
        close(f->fd);
    *f = (struct rkb_file_in){ 0 };
}

/* Writing. */

static char *copy_text(const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(rkb_new(n, 1), text, n);
}

/* A pipe or a device is written as it is: renaming over /dev/null would
 * replace it. A link is followed, so that it stays a link. */
static enum rkb_status out_target(struct rkb_file_out *f, const char *path,
                                  bool *direct, struct rkb_err *err)
{
    struct stat st;
    char *real;

    *direct = false;
    if (stat(path, &st) != 0) {
        f->path = copy_text(path);
        return RKB_OK;
    }
    if (S_ISDIR(st.st_mode))
        return rkb_fail(err, RKB_E_IO, "cannot write '%s': it is a folder",
                        path);
    real = realpath(path, NULL);
    f->path = copy_text(real ? real : path);
    free(real);
    *direct = !S_ISREG(st.st_mode);
    return RKB_OK;
}

enum rkb_status rkb_file_out_open(struct rkb_file_out *f, const char *path,
                                  struct rkb_err *err)
{
    enum rkb_status rc;
    bool direct;
    size_t n;

    *f = (struct rkb_file_out){ .fd = STDOUT_FILENO };
    if (strcmp(path, "-") == 0) {
        f->path = copy_text("<stdout>");
        return RKB_OK;
    }
    rc = out_target(f, path, &direct, err);
    if (rc)
        return rc;
    if (direct) {
        f->fd = open(f->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    } else {
        n = strlen(f->path) + sizeof(".tmp.") + 20;
        f->temp = rkb_new(n, 1);
        snprintf(f->temp, n, "%s.tmp.%ld", f->path, (long)getpid());
        unlink(f->temp); /* of a process that died with our number */
        f->fd = open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    if (f->fd >= 0)
        return RKB_OK;
    rc =
        rkb_fail(err, RKB_E_IO, "cannot write '%s': %s", path, strerror(errno));
    rkb_free(f->temp); /* nothing to remove */
    f->temp = NULL;
    rkb_file_out_close(f);
    return rc;
}

static void out_write(struct rkb_file_out *f, const char *at, size_t n)
{
    while (n > 0 && !f->failed.code) {
        ssize_t done = write(f->fd, at, n);

        if (done >= 0) {
            at += done;
            n -= (size_t)done;
        } else if (errno != EINTR) {
            rkb_fail(&f->failed, RKB_E_IO, "cannot write '%s': %s", f->path,
                     strerror(errno));
        }
    }
}

static void out_flush(struct rkb_file_out *f)
{
    out_write(f, f->buf.at, f->buf.len);
    rkb_buf_reset(&f->buf);
}

void rkb_file_out_add(struct rkb_file_out *f, rkb_sv bytes)
{
    if (f->buf.len + bytes.len > BLOCK_BYTES)
        out_flush(f);
    if (bytes.len > BLOCK_BYTES)
        out_write(f, bytes.at, bytes.len);
    else
        rkb_buf_sv(&f->buf, bytes);
}

enum rkb_status rkb_file_out_commit(struct rkb_file_out *f, struct rkb_err *err)
{
    out_flush(f);
    /* Some file systems tell only here that the disk is full. */
    if (f->fd > STDERR_FILENO && close(f->fd) != 0 && !f->failed.code)
        rkb_fail(&f->failed, RKB_E_IO, "cannot write '%s': %s", f->path,
                 strerror(errno));
    f->fd = STDOUT_FILENO;
    if (f->temp && !f->failed.code && rename(f->temp, f->path) != 0)
        rkb_fail(&f->failed, RKB_E_IO, "cannot write '%s': %s", f->path,
                 strerror(errno));
    if (f->failed.code) {
        *err = f->failed;
        return err->code;
    }
    rkb_free(f->temp);
    f->temp = NULL;
    return RKB_OK;
}

void rkb_file_out_close(struct rkb_file_out *f)
{
    if (f->fd > STDERR_FILENO)
        close(f->fd);
    if (f->temp)
        unlink(f->temp);
    rkb_free(f->temp);
    rkb_free(f->path);
    rkb_buf_release(&f->buf);
    *f = (struct rkb_file_out){ 0 };
}

enum rkb_status rkb_file_write(const char *path, rkb_sv bytes,
                               struct rkb_err *err)
{
    struct rkb_file_out f = { 0 };
    enum rkb_status rc = rkb_file_out_open(&f, path, err);

    if (!rc) {
        rkb_file_out_add(&f, bytes);
        rc = rkb_file_out_commit(&f, err);
    }
    rkb_file_out_close(&f);
    return rc;
}

/* Names. */

bool rkb_file_exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

bool rkb_file_is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *rkb_path_join(struct rkb_arena *a, const char *dir, const char *name)
{
    size_t n = strlen(dir);

    if (n == 0 || name[0] == '/')
        return rkb_arena_printf(a, "%s", name);
    return rkb_arena_printf(a, dir[n - 1] == '/' ? "%s%s" : "%s/%s", dir, name);
}

char *rkb_path_real(struct rkb_arena *a, const char *path)
{
    char real[PATH_MAX];

    return realpath(path, real) ? rkb_arena_cstr(a, rkb_sv_of(real)) : NULL;
}

char *rkb_path_home(struct rkb_arena *a, const char *path)
{
    const char *home = getenv("HOME");

    if (path[0] != '~' || (path[1] != '\0' && path[1] != '/') || !home)
        return rkb_arena_printf(a, "%s", path);
    return rkb_arena_printf(a, "%s%s", home, path + 1);
}

char *rkb_path_config(struct rkb_arena *a, const char *name)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");

    /* The XDG specification has relative paths ignored. */
    if (config && config[0] == '/')
        return rkb_arena_printf(a, "%s/rerankbench/%s", config, name);
    if (!home || !*home)
        return NULL;
    return rkb_arena_printf(a, "%s/.config/rerankbench/%s", home, name);
}
