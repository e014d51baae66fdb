/* SPDX-License-Identifier: Apache-2.0 */
/* A file system on which the power can fail: an SQLite VFS over the default
 * one that also keeps, as PATH.disk, what a disk would surely hold, which is
 * every file as it was at its last sync. Writes can be made to fail as well.
 * Shared memory and locks are the default's. */
#ifndef RKB_TESTS_POWER_VFS_H
#define RKB_TESTS_POWER_VFS_H

#include "tests/tap.h"

#include <pthread.h>
#include <sqlite3.h>

#define POWER_VFS "power"

/* Over all files; several connections write, hence the lock. */
static pthread_mutex_t power_lock = PTHREAD_MUTEX_INITIALIZER;
static long power_writes;       /* calls of xWrite so far        */
static long power_fail_at;      /* the nth write fails, 0 = none */
static long power_syncs;        /* calls of xSync so far         */
static bool power_fail_forever; /* and all after it              */
static bool power_keeps_disk;   /* write PATH.disk at each sync  */

#define POWER_REMOVED_MAX 8
static char power_removed[POWER_REMOVED_MAX][400]; /* still on the disk */
static int power_n_removed;

static void power_remove(void)
{
    while (power_n_removed)
        unlink(power_removed[--power_n_removed]);
}

struct power_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct                */
    char *disk;         /* PATH.disk; NULL for nameless files */
};

static sqlite3_file *power_real(sqlite3_file *f)
{
    return ((struct power_file *)f)->real;
}

static int power_close(sqlite3_file *f)
{
    struct power_file *p = (struct power_file *)f;
    int rc = p->real->pMethods ? p->real->pMethods->xClose(p->real) : SQLITE_OK;

    sqlite3_free(p->disk);
    return rc;
}

static int power_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return power_real(f)->pMethods->xRead(power_real(f), to, n, at);
}

static bool power_fails(void)
{
    bool fails;

    pthread_mutex_lock(&power_lock);
    power_writes++;
    fails =
        power_fail_at && (power_writes == power_fail_at ||
                          (power_fail_forever && power_writes > power_fail_at));
    pthread_mutex_unlock(&power_lock);
    return fails;
}

static int power_write(sqlite3_file *f, const void *from, int n,
                       sqlite3_int64 at)
{
    if (power_fails())
        return SQLITE_FULL;
    return power_real(f)->pMethods->xWrite(power_real(f), from, n, at);
}

static int power_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return power_real(f)->pMethods->xTruncate(power_real(f), size);
}

/* The whole file is copied: slow, plain, and right. Nothing is synced for real,
 * which only a real power cut could tell. */
static int power_sync(sqlite3_file *f, int flags)
{
    struct power_file *p = (struct power_file *)f;
    sqlite3_int64 size = 0;
    int rc = SQLITE_OK;
    char page[4096];
    FILE *disk;

    (void)flags;
    pthread_mutex_lock(&power_lock);
    power_syncs++;
    power_remove();
    disk = p->disk && power_keeps_disk ? fopen(p->disk, "w") : NULL;
    if (disk && p->real->pMethods->xFileSize(p->real, &size) != SQLITE_OK)
        rc = SQLITE_IOERR;
    for (sqlite3_int64 at = 0; disk && at < size; at += 4096) {
        int n = (int)(size - at < 4096 ? size - at : 4096);

        if (p->real->pMethods->xRead(p->real, page, n, at) != SQLITE_OK ||
            fwrite(page, 1, (size_t)n, disk) != (size_t)n)
            rc = SQLITE_IOERR;
    }
    if (disk)
        fclose(disk);
    pthread_mutex_unlock(&power_lock);
    return rc;
}

static int power_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return power_real(f)->pMethods->xFileSize(power_real(f), size);
}

static int power_take_lock(sqlite3_file *f, int level)
{
    return power_real(f)->pMethods->xLock(power_real(f), level);
}

static int power_unlock(sqlite3_file *f, int level)
{
    return power_real(f)->pMethods->xUnlock(power_real(f), level);
}

static int power_reserved(sqlite3_file *f, int *out)
{
    return power_real(f)->pMethods->xCheckReservedLock(power_real(f), out);
}

static int power_control(sqlite3_file *f, int op, void *arg)
{
    return power_real(f)->pMethods->xFileControl(power_real(f), op, arg);
}

static int power_sector(sqlite3_file *f)
{
    return power_real(f)->pMethods->xSectorSize(power_real(f));
}

static int power_traits(sqlite3_file *f)
{
    (void)f;
    return 0; /* promises nothing, so that SQLite syncs all it has to */
}

static int power_shm_map(sqlite3_file *f, int region, int size, int extend,
                         void volatile **out)
{
    return power_real(f)->pMethods->xShmMap(power_real(f), region, size, extend,
                                            out);
}

static int power_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return power_real(f)->pMethods->xShmLock(power_real(f), offset, n, flags);
}

static void power_shm_barrier(sqlite3_file *f)
{
    power_real(f)->pMethods->xShmBarrier(power_real(f));
}

static int power_shm_unmap(sqlite3_file *f, int remove)
{
    return power_real(f)->pMethods->xShmUnmap(power_real(f), remove);
}

static const sqlite3_io_methods power_methods = {
    .iVersion = 2,
    .xClose = power_close,
    .xRead = power_read,
    .xWrite = power_write,
    .xTruncate = power_truncate,
    .xSync = power_sync,
    .xFileSize = power_size,
    .xLock = power_take_lock,
    .xUnlock = power_unlock,
    .xCheckReservedLock = power_reserved,
    .xFileControl = power_control,
    .xSectorSize = power_sector,
    .xDeviceCharacteristics = power_traits,
    .xShmMap = power_shm_map,
    .xShmLock = power_shm_lock,
    .xShmBarrier = power_shm_barrier,
    .xShmUnmap = power_shm_unmap,
};

static int power_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
                      int flags, int *out_flags)
{
    struct power_file *p = (struct power_file *)f;
    sqlite3_vfs *real = vfs->pAppData;
    int rc;

    p->real = (sqlite3_file *)(p + 1);
    p->disk = name ? sqlite3_mprintf("%s.disk", name) : NULL;
    rc = real->xOpen(real, name, p->real, flags, out_flags);
    p->base.pMethods = p->real->pMethods ? &power_methods : NULL;
    if (!p->base.pMethods)
        sqlite3_free(p->disk);
    return rc;
}

/* Without a sync of its folder a removed file is still on the disk, until
 * anything is synced: journaling file systems keep their own order. */
static int power_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    sqlite3_vfs *real = vfs->pAppData;

    pthread_mutex_lock(&power_lock);
    if (power_n_removed < POWER_REMOVED_MAX)
        snprintf(power_removed[power_n_removed++], sizeof(power_removed[0]),
                 "%s.disk", name);
    if (sync_folder)
        power_remove();
    pthread_mutex_unlock(&power_lock);
    return real->xDelete(real, name, sync_folder);
}

/* Like cp; a file that is not there is not made. */
TAP_UNUSED void power_copy(const char *from, const char *to)
{
    FILE *in = fopen(from, "r"), *out = in ? fopen(to, "w") : NULL;
    char page[4096];
    size_t n;

    if (!out)
        unlink(to);
    while (out && (n = fread(page, 1, sizeof(page), in)) > 0)
        if (fwrite(page, 1, n, out) != n)
            _exit(1);
    if (out)
        fclose(out);
    if (in)
        fclose(in);
}

TAP_UNUSED void power_register(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);

    if (sqlite3_vfs_find(POWER_VFS))
        return;
    vfs = *real; /* the rest is the default's, which ignores its own pointer */
    vfs.zName = POWER_VFS;
    vfs.pAppData = real;
    vfs.szOsFile = (int)sizeof(struct power_file) + real->szOsFile;
    vfs.xOpen = power_open;
    vfs.xDelete = power_delete;
    sqlite3_vfs_register(&vfs, 0);
}

#endif
