/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/store_lock.h"

#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

struct rkb_lock {
    int fd;
};

/* "Open file description" locks: unlike POSIX record locks they belong to the
 * descriptor, so closing another descriptor of the file does not drop them,
 * and two in one process exclude each other. */
enum rkb_status rkb_lock_take(struct rkb_lock **out, const char *store_path,
                              uint64_t what, bool *got, struct rkb_err *err)
{
    struct flock range = {
        .l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = (off_t)(what >> 2), /* off_t is signed */
        .l_len = 1,
    };
    struct rkb_buf path = { 0 };
    enum rkb_status rc = RKB_OK;
    int fd;

    *out = NULL;
    *got = false;
    rkb_buf_printf(&path, "%s.lock", store_path);
    fd = open(path.at, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        rc = rkb_fail(err, RKB_E_IO, "cannot open '%s': %s", path.at,
                      strerror(errno));
    } else if (fcntl(fd, F_OFD_SETLK, &range) == 0) {
        *out = rkb_new(1, sizeof(**out));
        (*out)->fd = fd;
        *got = true;
    } else if (errno != EAGAIN && errno != EACCES) {
        rc = rkb_fail(err, RKB_E_IO, "cannot lock '%s': %s", path.at,
                      strerror(errno));
    }
    if (fd >= 0 && !*got)
        close(fd);
    rkb_buf_release(&path);
    return rc;
}

void rkb_lock_release(struct rkb_lock *l)
{
    if (!l)
        return;
    close(l->fd);
    rkb_free(l);
}

/* From linux/magic.h and statfs(2), which lack some. FUSE is here because
 * sshfs and cluster clients hide behind it. */
static const uint32_t network_types[] = {
    0x6969,     /* NFS                */
    0x517b,     /* SMB                */
    0xff534d42, /* CIFS               */
    0xfe534d42, /* SMB2               */
    0x65735546, /* FUSE               */
    0x01021997, /* 9p                 */
    0x5346414f, /* AFS                */
    0x00c36400, /* Ceph               */
    0x0bd00bd0, /* Lustre             */
    0x47504653, /* GPFS               */
    0x19830326, /* BeeGFS             */
    0x7461636f, /* OCFS2              */
    0x01161970, /* GFS2               */
    0xaad7aaea, /* PanFS              */
    0x73757245, /* Coda               */
};

bool rkb_path_is_network(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct rkb_buf folder = { 0 };
    struct statfs fs;
    bool known = statfs(path, &fs) == 0;

    if (!known) {
        rkb_buf_add(&folder, slash ? path : ".",
                    slash ? (size_t)(slash - path) + 1 : 1);
        known = statfs(folder.at, &fs) == 0;
        rkb_buf_release(&folder);
    }
    for (size_t i = 0; known && i < RKB_COUNT(network_types); i++)
        if ((uint32_t)fs.f_type == network_types[i])
            return true;
    return false;
}
