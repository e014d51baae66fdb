/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/store.h"

#include "base/mem.h"
#include "runs/migrate.h"
#include "runs/store_impl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* SQLite would make the file 0644 at most, so that a group could never share
 * it; an empty file is an empty database. */
static enum rkb_status make_file(const char *path, struct rkb_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd < 0 && errno != EEXIST)
        return rkb_fail(err, RKB_E_IO, "cannot make '%s': %s", path,
                        strerror(errno));
    if (fd >= 0)
        close(fd);
    return RKB_OK;
}

/* *version > 0 on success: nothing is written before this said yes. */
static enum rkb_status check_version(struct rkb_store *s, bool may_be_empty,
                                     int64_t *version, struct rkb_err *err)
{
    enum rkb_status rc =
        rkb_store_version(s->db, rkb_migrations().latest, version, err);

    if (!rc && *version == 0 && !may_be_empty)
        rc = rkb_fail(err, RKB_E_DATA, "it is empty, not a rerankbench store");
    return rc ? rkb_wrap(err, "store '%s'", s->path) : RKB_OK;
}

static enum rkb_status take_store_lock(struct rkb_store *s, struct rkb_err *err)
{
    bool got;
    enum rkb_status rc =
        rkb_lock_take(&s->lock, s->path, RKB_LOCK_STORE, &got, err);

    if (rc || got)
        return rc;
    return rkb_fail(err, RKB_E_IO,
                    "store '%s' is being written by another process, and "
                    "without a write-ahead log only one can",
                    s->path);
}

static enum rkb_status use_rollback_journal(struct rkb_store *s,
                                            struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false, done = false;
    enum rkb_status rc =
        rkb_db_prepare(s->db, "PRAGMA journal_mode=DELETE", &q, err);

    if (!rc)
        rc = rkb_db_step(q, &row, err);
    if (!rc && row) {
        done = rkb_sv_is(rkb_db_text(q, 0), "delete");
        rkb_db_reset(q);
    }
    if (!rc && !done)
        rc = rkb_fail(err, RKB_E_IO,
                      "store '%s' is in use with a write-ahead log, which its "
                      "file system cannot share",
                      s->path);
    return rc;
}

/* In a rollback journal NORMAL can damage the file at a power cut, so FULL is
 * the least there; EXTRA also syncs the folder after the journal is gone. */
static enum rkb_status set_sync(const struct rkb_store *s, struct rkb_db *db,
                                struct rkb_err *err)
{
    static const char *const levels[2][2] = {
        { "PRAGMA synchronous=NORMAL", "PRAGMA synchronous=FULL" },
        { "PRAGMA synchronous=FULL", "PRAGMA synchronous=EXTRA" },
    };

    return rkb_db_exec(db, levels[s->one_writer][s->durable], err);
}

enum rkb_status rkb_store_connect(const struct rkb_store *s,
                                  struct rkb_db **out, struct rkb_err *err)
{
    enum rkb_status rc = rkb_db_open(out, s->path, RKB_DB_WRITE, s->vfs, err);

    if (!rc)
        rc = set_sync(s, *out, err);
    if (!rc)
        rc = rkb_db_exec(*out, "PRAGMA foreign_keys=ON", err);
    return rc;
}

static enum rkb_status open_to_write(struct rkb_store *s,
                                     const struct rkb_store_options *o,
                                     struct rkb_err *err)
{
    bool create = o->mode == RKB_STORE_CREATE;
    struct rkb_migrations m = rkb_migrations();
    int64_t version;
    enum rkb_status rc = create ? make_file(s->path, err) : RKB_OK;

    if (!rc && access(s->path, F_OK) == 0 && access(s->path, W_OK) != 0)
        rc = rkb_fail(err, RKB_E_IO, "cannot write '%s': %s", s->path,
                      strerror(errno));
    if (!rc)
        rc = rkb_db_open(&s->db, s->path, RKB_DB_WRITE, s->vfs, err);
    if (!rc)
        rc = check_version(s, create, &version, err);
    if (rc)
        return rc;
    s->one_writer = o->no_wal || rkb_path_is_network(s->path);
    if (s->one_writer)
        rc = take_store_lock(s, err);
    if (!rc)
        rc = s->one_writer ? use_rollback_journal(s, err)
                           : rkb_db_wal(s->db, err);
    if (!rc)
        rc = set_sync(s, s->db, err);
    if (!rc)
        rc = rkb_migrate(s->db, &m, err);
    if (!rc)
        rc = rkb_db_exec(s->db, "PRAGMA foreign_keys=ON", err);
    return rc;
}

static enum rkb_status open_to_read(struct rkb_store *s,
                                    const struct rkb_store_options *o,
                                    struct rkb_err *err)
{
    struct rkb_store_options writing = *o;
    struct rkb_store *other;
    int64_t version;
    enum rkb_status rc = rkb_db_open(&s->db, s->path, RKB_DB_READ, s->vfs, err);

    if (!rc)
        rc = check_version(s, false, &version, err);
    if (rc || version == rkb_migrations().latest)
        return rc;
    /* The queries are those of the latest version. */
    rkb_db_close(s->db);
    s->db = NULL;
    writing.mode = RKB_STORE_WRITE;
    rc = rkb_store_open(&other, s->path, &writing, err);
    if (rc)
        return rkb_wrap(err, "cannot bring version %lld up to date",
                        (long long)version);
    rkb_store_close(other);
    return rkb_db_open(&s->db, s->path, RKB_DB_READ, s->vfs, err);
}

enum rkb_status rkb_store_open(struct rkb_store **out, const char *path,
                               const struct rkb_store_options *options,
                               struct rkb_err *err)
{
    struct rkb_store *s;
    enum rkb_status rc;

    *out = NULL;
    if (strcmp(path, ":memory:") == 0)
        return rkb_fail(err, RKB_E_USAGE, "a store is a file, not ':memory:'");
    s = rkb_new(1, sizeof(*s));
    s->path = rkb_arena_cstr(&s->arena, rkb_sv_of(path));
    if (options->vfs)
        s->vfs = rkb_arena_cstr(&s->arena, rkb_sv_of(options->vfs));
    s->durable = options->durable;
    s->writable = options->mode != RKB_STORE_READ;
    rc = s->writable ? open_to_write(s, options, err)
                     : open_to_read(s, options, err);
    if (rc) {
        rkb_store_close(s);
        return rc;
    }
    *out = s;
    return RKB_OK;
}

void rkb_store_close(struct rkb_store *s)
{
    if (!s)
        return;
    rkb_store_rollback(s);
    rkb_db_close(s->db);
    rkb_lock_release(s->lock);
    rkb_arena_release(&s->arena);
    rkb_free(s);
}

const char *rkb_store_path(const struct rkb_store *s)
{
    return s->path;
}

bool rkb_store_one_writer(const struct rkb_store *s)
{
    return s->one_writer;
}

struct rkb_db *rkb_store_db(struct rkb_store *s)
{
    return s->db;
}

enum rkb_status rkb_store_begin(struct rkb_store *s, struct rkb_err *err)
{
    enum rkb_status rc;

    assert(!s->in_transaction);
    rc = rkb_db_begin(s->db, err);
    s->in_transaction = !rc;
    return rc;
}

enum rkb_status rkb_store_commit(struct rkb_store *s, struct rkb_err *err)
{
    enum rkb_status rc;

    assert(s->in_transaction);
    rc = rkb_db_commit(s->db, err);
    if (rc)
        rkb_db_rollback(s->db);
    s->in_transaction = false;
    return rc;
}

void rkb_store_rollback(struct rkb_store *s)
{
    if (s->in_transaction)
        rkb_db_rollback(s->db);
    s->in_transaction = false;
}

enum rkb_status rkb_store_enter(struct rkb_store *s, bool *own,
                                struct rkb_err *err)
{
    *own = !s->in_transaction;
    return *own ? rkb_store_begin(s, err) : RKB_OK;
}

enum rkb_status rkb_store_leave(struct rkb_store *s, bool own,
                                enum rkb_status rc, struct rkb_err *err)
{
    if (!own)
        return rc;
    if (!rc)
        return rkb_store_commit(s, err);
    rkb_store_rollback(s);
    return rc;
}
