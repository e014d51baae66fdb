/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/shard_store.h"

#include "base/clock.h"
#include "base/io/digest.h"
#include "base/io/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/par.h"
#include "runs/store.h"
#include "runs/store_lock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rkb_shard_store {
    struct rkb_arena arena;
    const char *home;  /* where it belongs                           */
    const char *local; /* where it is written; NULL: in its place    */
    struct rkb_lock *lock;
    struct rkb_monitor *monitor; /* of `ending` */
    struct rkb_thread *thread;
    int64_t every_ns;
    int64_t n_copied; /* results in the copy */
    bool ending;
};

/* ---- names --------------------------------------------------------------- */

const char *rkb_shard_folder(struct rkb_arena *a, const char *store)
{
    return rkb_arena_printf(a, "%s.shards", store);
}

const char *rkb_shard_path(struct rkb_arena *a, const char *store,
                           struct rkb_shard shard)
{
    return rkb_arena_printf(a, "%s.shards/%lld-of-%lld.db", store,
                            (long long)shard.index, (long long)shard.of);
}

static enum rkb_status make_folder(const char *path, mode_t mode,
                                   struct rkb_err *err)
{
    if (mkdir(path, mode) && errno != EEXIST)
        return rkb_fail(err, RKB_E_IO, "cannot make the folder '%s': %s", path,
                        strerror(errno));
    return RKB_OK;
}

/* In a folder that all users share somebody may have made ours. */
static enum rkb_status own_folder(const char *path, struct rkb_err *err)
{
    struct stat st;
    enum rkb_status rc = make_folder(path, 0700, err);

    if (!rc && (lstat(path, &st) || !S_ISDIR(st.st_mode) ||
                st.st_uid != geteuid() || (st.st_mode & 022)))
        rc = rkb_fail(err, RKB_E_IO,
                      "'%s' is not a folder that only this user can write",
                      path);
    return rc;
}

/* Shards of other stores may be here too: the name has the place in it. */
static enum rkb_status name_local(struct rkb_shard_store *s, const char *folder,
                                  const char *dir, struct rkb_shard shard,
                                  struct rkb_err *err)
{
    const char *real = rkb_path_real(&s->arena, folder);
    char hex[65];

    if (!real)
        return rkb_fail(err, RKB_E_IO, "cannot find '%s': %s", folder,
                        strerror(errno));
    struct rkb_digest d = rkb_digest_of(rkb_sv_of(real));
    const char *own =
        rkb_arena_printf(&s->arena, "%s/rerankbench-%ld", dir, (long)geteuid());

    rkb_digest_hex(&d, hex);
    s->local = rkb_arena_printf(&s->arena, "%s/%.16s-%lld-of-%lld.db", own, hex,
                                (long long)shard.index, (long long)shard.of);
    return own_folder(own, err);
}

/* ---- bringing it here ------------------------------------------------------ */

/* -1 for a store that is not there, or is none. */
static int64_t n_results(const char *path)
{
    struct rkb_err ignored;
    struct rkb_db *db = NULL;
    struct rkb_db_stmt *q;
    bool row = false;
    int64_t n = -1;

    if (rkb_file_exists(path) &&
        !rkb_db_open(&db, path, RKB_DB_READ, NULL, &ignored) &&
        !rkb_db_prepare(db, "SELECT count(*) FROM query_result", &q,
                        &ignored) &&
        !rkb_db_step(q, &row, &ignored) && row)
        n = rkb_db_i64(q, 0);
    rkb_db_close(db);
    return n;
}

static enum rkb_status bring(struct rkb_shard_store *s, struct rkb_err *err)
{
    int64_t there = n_results(s->home), here = n_results(s->local);

    s->n_copied = there;
    if (there <= here)
        return RKB_OK;
    rkb_log(RKB_LOG_INFO, "going on from '%s' (%lld results)", s->home,
            (long long)there);
    rkb_store_remove(s->local);
    return rkb_store_copy(s->home, s->local, err);
}

enum rkb_status rkb_shard_store_open(struct rkb_shard_store **out,
                                     const char *store, struct rkb_shard shard,
                                     const char *local, struct rkb_err *err)
{
    struct rkb_shard_store *s = rkb_new(1, sizeof *s);
    const char *folder = rkb_shard_folder(&s->arena, store);
    const char *tmp = getenv("TMPDIR");
    bool got = false;
    enum rkb_status rc = make_folder(folder, 0777, err);

    *out = NULL;
    s->home = rkb_shard_path(&s->arena, store, shard);
    if (!rc && !local && rkb_path_is_network(s->home))
        local = tmp && *tmp ? tmp : "/tmp";
    if (!rc && local)
        rc = name_local(s, folder, local, shard, err);
    const char *path = rkb_shard_store_path(s);

    if (!rc)
        rc = rkb_lock_take(&s->lock, path, RKB_LOCK_SHARD, &got, err);
    if (!rc && !got)
        rc = rkb_fail(err, RKB_E_IO,
                      "shard %lld of %lld is being worked on by another "
                      "process ('%s')",
                      (long long)shard.index, (long long)shard.of, path);
    if (!rc && s->local)
        rc = bring(s, err);
    if (rc)
        rkb_shard_store_close(s);
    else
        *out = s;
    return rc;
}

const char *rkb_shard_store_path(const struct rkb_shard_store *s)
{
    return s->local ? s->local : s->home;
}

/* ---- copies ---------------------------------------------------------------- */

static enum rkb_status copy(struct rkb_shard_store *s, bool always,
                            struct rkb_err *err)
{
    int64_t n = n_results(s->local);
    enum rkb_status rc = RKB_OK;

    if (always || n > s->n_copied)
        rc = rkb_store_copy(s->local, s->home, err);
    if (!rc)
        s->n_copied = n;
    return rc;
}

static void keep_copying(void *arg)
{
    struct rkb_shard_store *s = arg;
    struct rkb_err err;

    rkb_monitor_lock(s->monitor);
    while (!s->ending) {
        int64_t due = rkb_clock_now() + s->every_ns;

        while (!s->ending && rkb_clock_now() < due)
            rkb_monitor_wait_until(s->monitor, due);
        if (s->ending)
            break;
        rkb_monitor_unlock(s->monitor);
        if (copy(s, false, &err))
            rkb_log(RKB_LOG_WARN, "no checkpoint: %s", err.msg);
        rkb_monitor_lock(s->monitor);
    }
    rkb_monitor_unlock(s->monitor);
}

void rkb_shard_store_watch(struct rkb_shard_store *s, int64_t every_ns)
{
    if (!s->local)
        return;
    s->every_ns = every_ns;
    s->monitor = rkb_monitor_new();
    s->thread = rkb_thread_start(keep_copying, s);
}

static void end_thread(struct rkb_shard_store *s)
{
    if (!s->thread)
        return;
    rkb_monitor_lock(s->monitor);
    s->ending = true;
    rkb_monitor_signal(s->monitor);
    rkb_monitor_unlock(s->monitor);
    rkb_thread_join(s->thread);
    rkb_monitor_free(s->monitor);
    s->thread = NULL;
}

enum rkb_status rkb_shard_store_finish(struct rkb_shard_store *s,
                                       struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    end_thread(s);
    if (!s->local)
        return RKB_OK;
    rc = copy(s, true, err);
    if (!rc)
        rkb_store_remove(s->local);
    return rc ? rkb_wrap(err, "the results stay in '%s'", s->local) : RKB_OK;
}

void rkb_shard_store_close(struct rkb_shard_store *s)
{
    if (!s)
        return;
    end_thread(s);
    rkb_lock_release(s->lock);
    rkb_arena_release(&s->arena);
    rkb_free(s);
}
