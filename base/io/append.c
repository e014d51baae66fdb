/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/file.h"

#include "base/mem.h"
#include "base/par.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL_BYTES = 64 << 10 };

struct rkb_file_append {
    int fd;
    char *path;
    off_t size; /* of whole lines */
    struct rkb_monitor *monitor;
};

static enum rkb_status failed(const struct rkb_file_append *f, const char *what,
                              struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_IO, "cannot %s '%s': %s", what, f->path,
                    strerror(errno));
}

/* Where the last whole line ends: a crash of the machine may leave half a
 * one. */
static enum rkb_status find_end(struct rkb_file_append *f, struct rkb_err *err)
{
    char tail[TAIL_BYTES];
    off_t end = f->size;

    while (end > 0) {
        size_t n = end < TAIL_BYTES ? (size_t)end : TAIL_BYTES;
        ssize_t got = pread(f->fd, tail, n, end - (off_t)n);
        const char *newline;

        if (got != (ssize_t)n)
            return failed(f, "read", err);
        newline = memrchr(tail, '\n', n);
        if (newline) {
            end += newline + 1 - (tail + n);
            break;
        }
        end -= (off_t)n;
    }
    if (end < f->size && ftruncate(f->fd, end))
        return failed(f, "cut", err);
    f->size = end;
    return RKB_OK;
}

enum rkb_status rkb_file_append_open(struct rkb_file_append **out,
                                     const char *path, struct rkb_err *err)
{
    struct rkb_file_append *f = rkb_new(1, sizeof *f);
    struct stat st;
    enum rkb_status rc;

    f->path = rkb_new(strlen(path) + 1, 1);
    memcpy(f->path, path, strlen(path));
    f->monitor = rkb_monitor_new();
    f->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (f->fd < 0 || fstat(f->fd, &st)) {
        rc = failed(f, "write", err);
    } else {
        f->size = S_ISREG(st.st_mode) ? st.st_size : 0;
        rc = find_end(f, err);
    }
    if (rc)
        rkb_file_append_close(f);
    else
        *out = f;
    return rc;
}

/* Another process may append to the same file, so the size is looked up only
 * where half a line has to go again. */
enum rkb_status rkb_file_append_add(struct rkb_file_append *f, rkb_sv line,
                                    struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    ssize_t n;

    rkb_monitor_lock(f->monitor);
    do
        n = write(f->fd, line.at, line.len);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)line.len) {
        if (n >= 0)
            errno = ENOSPC;
        rc = failed(f, "write", err);
        if (n > 0) {
            off_t end = lseek(f->fd, 0, SEEK_END);

            if (end >= n && ftruncate(f->fd, end - n))
                rc = failed(f, "cut", err);
        }
    }
    rkb_monitor_unlock(f->monitor);
    return rc;
}

void rkb_file_append_close(struct rkb_file_append *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    rkb_monitor_free(f->monitor);
    rkb_free(f->path);
    rkb_free(f);
}
