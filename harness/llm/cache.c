/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/cache.h"

#include "base/clock.h"
#include "base/io/db.h"
#include "base/mem.h"
#include "base/par.h"

struct rkb_cache {
    struct rkb_db *db;
    struct rkb_monitor *monitor; /* one connection, one thread at a time */
};

/* The user version tells the file from a store that was named by mistake. */
enum { CACHE_VERSION = 78201 };

static enum rkb_status check_kind(struct rkb_cache *c, bool *is_new,
                                  struct rkb_err *err)
{
    struct rkb_db_stmt *s;
    bool row;
    enum rkb_status rc =
        rkb_db_prepare(c->db,
                       "SELECT (SELECT user_version FROM pragma_user_version),"
                       " (SELECT count(*) FROM sqlite_schema)",
                       &s, err);

    if (!rc)
        rc = rkb_db_step(s, &row, err);
    if (rc)
        return rc;
    *is_new = rkb_db_i64(s, 1) == 0;
    if (!*is_new && rkb_db_i64(s, 0) != CACHE_VERSION)
        rc = rkb_fail(err, RKB_E_DATA, "not a response cache of ours");
    rkb_db_reset(s);
    return rc;
}

static enum rkb_status prepare(struct rkb_cache *c, struct rkb_err *err)
{
    bool is_new;
    enum rkb_status rc = rkb_db_wal(c->db, err);

    if (!rc)
        rc = rkb_db_begin(c->db, err);
    if (rc)
        return rc;
    rc = check_kind(c, &is_new, err);
    if (!rc && is_new)
        rc = rkb_db_exec(c->db,
                         "CREATE TABLE answer("
                         "  key BLOB PRIMARY KEY, -- SHA-256 of the ask\n"
                         "  made_utc TEXT NOT NULL,"
                         "  answer TEXT NOT NULL  -- JSON\n"
                         ") WITHOUT ROWID;"
                         "PRAGMA user_version = 78201",
                         err);
    if (!rc)
        return rkb_db_commit(c->db, err);
    rkb_db_rollback(c->db);
    return rc;
}

enum rkb_status rkb_cache_open(struct rkb_cache **out, const char *path,
                               struct rkb_err *err)
{
    struct rkb_cache *c = rkb_new(1, sizeof *c);
    enum rkb_status rc;

    c->monitor = rkb_monitor_new();
    rc = rkb_db_open(&c->db, path, RKB_DB_CREATE, NULL, err);
    if (!rc) {
        rc = prepare(c, err);
        if (rc)
            rkb_wrap(err, "%s", path);
    }
    if (rc)
        rkb_cache_close(c);
    else
        *out = c;
    return rc;
}

void rkb_cache_close(struct rkb_cache *c)
{
    if (!c)
        return;
    rkb_db_close(c->db);
    rkb_monitor_free(c->monitor);
    rkb_free(c);
}

static enum rkb_status get(struct rkb_cache *c, struct rkb_arena *a,
                           const struct rkb_digest *key, rkb_sv *out,
                           struct rkb_err *err)
{
    struct rkb_db_stmt *s;
    bool row;
    enum rkb_status rc = rkb_db_prepare(
        c->db, "SELECT answer FROM answer WHERE key = ?1", &s, err);

    if (rc)
        return rc;
    rkb_db_bind_blob(s, 1, key->at, sizeof key->at);
    rc = rkb_db_step(s, &row, err);
    if (!rc && row)
        *out = rkb_arena_copy(a, rkb_db_text(s, 0));
    rkb_db_reset(s);
    return rc;
}

enum rkb_status rkb_cache_get(struct rkb_cache *c, struct rkb_arena *a,
                              const struct rkb_digest *key, rkb_sv *out,
                              struct rkb_err *err)
{
    enum rkb_status rc;

    *out = (rkb_sv){ 0 };
    rkb_monitor_lock(c->monitor);
    rc = get(c, a, key, out, err);
    rkb_monitor_unlock(c->monitor);
    return rc;
}

static enum rkb_status put(struct rkb_cache *c, const struct rkb_digest *key,
                           rkb_sv answer, struct rkb_err *err)
{
    struct rkb_db_stmt *s;
    char now[32];
    enum rkb_status rc =
        rkb_db_prepare(c->db,
                       "INSERT OR IGNORE INTO answer(key, made_utc, answer)"
                       " VALUES(?1, ?2, ?3)",
                       &s, err);

    if (rc)
        return rc;
    rkb_clock_utc(now);
    rkb_db_bind_blob(s, 1, key->at, sizeof key->at);
    rkb_db_bind_text(s, 2, rkb_sv_of(now));
    rkb_db_bind_text(s, 3, answer);
    return rkb_db_run(s, err);
}

enum rkb_status rkb_cache_put(struct rkb_cache *c, const struct rkb_digest *key,
                              rkb_sv answer, struct rkb_err *err)
{
    enum rkb_status rc;

    rkb_monitor_lock(c->monitor);
    rc = put(c, key, answer, err);
    rkb_monitor_unlock(c->monitor);
    return rc;
}
