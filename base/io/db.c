/* SPDX-License-Identifier: Apache-2.0 */
/* The door to SQLite. */
#include "base/io/db.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define BUSY_MS 10000
#define RETRY_MS 5

struct rkb_db_stmt {
    struct rkb_db *db;
    sqlite3_stmt *stmt;
    const char *sql; /* the literal: its address is the key */
    int bad_bind;    /* first parameter that was refused, 0 = none */
    int bad_code;    /* SQLite's code for it; MISMATCH: not finite */
};

struct rkb_db {
    sqlite3 *handle;
    struct rkb_arena arena; /* path and statements */
    const char *path;
    const char *vfs;
    struct rkb_db_stmt **stmts;
    size_t n_stmts, cap_stmts;
};

/* Errors. */

static enum rkb_status io_failed(const struct rkb_db *db, int code,
                                 struct rkb_err *err)
{
    int system = sqlite3_system_errno(db->handle);

    switch (code & 0xff) {
    case SQLITE_FULL:
        return rkb_fail(err, RKB_E_IO, "cannot write '%s': the disk is full",
                        db->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return rkb_fail(err, RKB_E_IO, "'%s' is in use by another process",
                        db->path);
    case SQLITE_READONLY:
        return rkb_fail(err, RKB_E_IO, "'%s' cannot be written", db->path);
    case SQLITE_CANTOPEN:
        return rkb_fail(err, RKB_E_IO, "cannot open '%s': %s", db->path,
                        system ? strerror(system) : sqlite3_errstr(code));
    default:
        return rkb_fail(err, RKB_E_IO, "cannot read or write '%s': %s",
                        db->path,
                        system ? strerror(system) : sqlite3_errstr(code));
    }
}

static enum rkb_status db_failed(const struct rkb_db *db, int code,
                                 struct rkb_err *err)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        rkb_mem_exhausted(0);
    case SQLITE_NOTADB:
        return rkb_fail(err, RKB_E_DATA,
                        "'%s' is not a rerankbench store (not an SQLite file)",
                        db->path);
    case SQLITE_CORRUPT:
        return rkb_fail(err, RKB_E_DATA, "'%s' is damaged: %s", db->path,
                        sqlite3_errmsg(db->handle));
    case SQLITE_TOOBIG:
        return rkb_fail(err, RKB_E_LIMIT, "'%s': a value is too large",
                        db->path);
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOLFS:
        return io_failed(db, code, err);
    default:
        return rkb_fail(err, RKB_E_DATA, "'%s': %s", db->path,
                        sqlite3_errmsg(db->handle));
    }
}

/* Opening. */

static enum rkb_status check_path(const char *path, enum rkb_db_mode mode,
                                  struct rkb_err *err)
{
    struct stat st;

    if (strcmp(path, ":memory:") == 0)
        return RKB_OK;
    if (path[0] == '\0') /* SQLite would make a nameless temporary file */
        return rkb_fail(err, RKB_E_IO, "cannot open '': no file name");
    if (stat(path, &st) != 0) {
        if (errno == ENOENT && mode == RKB_DB_CREATE)
            return RKB_OK;
        return rkb_fail(err, RKB_E_IO, "cannot open '%s': %s", path,
                        strerror(errno));
    }
    if (S_ISDIR(st.st_mode))
        return rkb_fail(err, RKB_E_IO, "'%s' is a folder, not a file", path);
    return RKB_OK;
}

static int open_handle(struct rkb_db *db, const char *path, int flags)
{
    int rc = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX,
                             db->vfs);

    if (!db->handle)
        rkb_mem_exhausted(0);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    /* A store may come from someone else: its schema may call only harmless
     * functions and no statement can rewrite it as raw bytes. */
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return rc;
}

/* SQLite looks into the file only when it must. */
static int probe(struct rkb_db *db)
{
    return sqlite3_exec(db->handle, "SELECT 1 FROM sqlite_master LIMIT 1", NULL,
                        NULL, NULL);
}

static bool has_wal(struct rkb_db *db)
{
    struct stat st;

    return stat(rkb_arena_printf(&db->arena, "%s-wal", db->path), &st) == 0;
}

/* file:PATH?immutable=1, with the bytes that mean something in a URI
 * escaped. */
static const char *immutable_uri(struct rkb_db *db)
{
    struct rkb_buf uri = { 0 };
    const char *out;

    rkb_buf_text(&uri, "file:");
    if (db->path[0] == '/' && db->path[1] == '/')
        rkb_buf_text(&uri, "//"); /* "//x" alone would name a host */
    for (const char *p = db->path; *p; p++) {
        if (strchr("?#%", *p))
            rkb_buf_printf(&uri, "%%%02x", (unsigned char)*p);
        else
            rkb_buf_char(&uri, *p);
    }
    rkb_buf_text(&uri, "?immutable=1");
    out = rkb_arena_cstr(&db->arena, rkb_buf_view(&uri));
    rkb_buf_release(&uri);
    return out;
}

/* A database in WAL mode needs its -shm file even to be read. Where that
 * cannot be made and no -wal says that there is more, the file alone is
 * everything and nobody can be writing it. */
static bool wants_immutable(struct rkb_db *db, enum rkb_db_mode mode, int code)
{
    int primary = code & 0xff;

    return mode == RKB_DB_READ && !has_wal(db) &&
           (primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN ||
            primary == SQLITE_IOERR);
}

enum rkb_status rkb_db_open(struct rkb_db **out, const char *path,
                            enum rkb_db_mode mode, const char *vfs,
                            struct rkb_err *err)
{
    static const int flags[] = {
        [RKB_DB_READ] = SQLITE_OPEN_READONLY,
        [RKB_DB_WRITE] = SQLITE_OPEN_READWRITE,
        [RKB_DB_CREATE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    struct rkb_db *db;
    enum rkb_status rc = check_path(path, mode, err);
    int code;

    *out = NULL;
    if (rc)
        return rc;
    db = rkb_new(1, sizeof(*db));
    db->path = rkb_arena_cstr(&db->arena, rkb_sv_of(path));
    db->vfs = vfs;
    code = open_handle(db, path, flags[mode]);
    if (!code)
        code = probe(db);
    if (code && wants_immutable(db, mode, code)) {
        sqlite3_close_v2(db->handle);
        code = open_handle(db, immutable_uri(db),
                           SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
        if (!code)
            code = probe(db);
    }
    if (code) {
        rc = db_failed(db, code, err);
        rkb_db_close(db);
        return rc;
    }
    *out = db;
    return RKB_OK;
}

void rkb_db_close(struct rkb_db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < db->n_stmts; i++)
        sqlite3_finalize(db->stmts[i]->stmt);
    sqlite3_close_v2(db->handle);
    rkb_free(db->stmts);
    rkb_arena_release(&db->arena);
    rkb_free(db);
}

enum rkb_status rkb_db_wal(struct rkb_db *db, struct rkb_err *err)
{
    char mode[16] = "";
    int code = SQLITE_BUSY;

    for (int waited = 0; waited <= BUSY_MS && (code & 0xff) == SQLITE_BUSY;
         waited += RETRY_MS) {
        sqlite3_stmt *stmt = NULL;

        if (waited > 0)
            sqlite3_sleep(RETRY_MS);
        code = sqlite3_prepare_v2(db->handle, "PRAGMA journal_mode=WAL", -1,
                                  &stmt, NULL);
        if (!code)
            code = sqlite3_step(stmt);
        if (code == SQLITE_ROW) {
            snprintf(mode, sizeof(mode), "%s",
                     (const char *)sqlite3_column_text(stmt, 0));
            code = SQLITE_OK;
        }
        sqlite3_finalize(stmt);
    }
    if (code)
        return db_failed(db, code, err);
    if (strcmp(mode, "wal") != 0 && strcmp(mode, "memory") != 0)
        return rkb_fail(err, RKB_E_IO,
                        "'%s' is on a file system without write-ahead logs",
                        db->path);
    return RKB_OK;
}

/* Copying. All pages in one step: what is read is one state of the source. */

static int copy_pages(struct rkb_db *from, struct rkb_db *to)
{
    int code = SQLITE_BUSY;

    for (int waited = 0; waited <= BUSY_MS && (code & 0xff) == SQLITE_BUSY;
         waited += RETRY_MS) {
        sqlite3_backup *b =
            sqlite3_backup_init(to->handle, "main", from->handle, "main");

        if (waited > 0)
            sqlite3_sleep(RETRY_MS);
        if (!b)
            return sqlite3_extended_errcode(to->handle);
        sqlite3_backup_step(b, -1);
        code = sqlite3_backup_finish(b);
    }
    return code;
}

enum rkb_status rkb_db_copy(struct rkb_db *db, const char *to,
                            struct rkb_err *err)
{
    struct rkb_db *copy;
    enum rkb_status rc = rkb_db_open(&copy, to, RKB_DB_CREATE, NULL, err);

    if (rc)
        return rc;
    int code = copy_pages(db, copy);

    if (code)
        rc = db_failed(copy, code, err);
    else
        rc = rkb_db_exec(copy, "PRAGMA journal_mode=DELETE", err);
    rkb_db_close(copy);
    return rc;
}

/* Whole statements. */

enum rkb_status rkb_db_exec(struct rkb_db *db, const char *sql,
                            struct rkb_err *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

    return code ? db_failed(db, code, err) : RKB_OK;
}

/* IMMEDIATE: a deferred one that reads and then writes fails with BUSY at
 * once, whatever the timeout. */
enum rkb_status rkb_db_begin(struct rkb_db *db, struct rkb_err *err)
{
    return rkb_db_exec(db, "BEGIN IMMEDIATE", err);
}

enum rkb_status rkb_db_commit(struct rkb_db *db, struct rkb_err *err)
{
    return rkb_db_exec(db, "COMMIT", err);
}

void rkb_db_rollback(struct rkb_db *db)
{
    /* A full disk has rolled back already. */
    if (!sqlite3_get_autocommit(db->handle))
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

int64_t rkb_db_last_id(struct rkb_db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

/* Prepared statements. */

static enum rkb_status stmt_new(struct rkb_db *db, const char *sql,
                                struct rkb_db_stmt **out, struct rkb_err *err)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v3(db->handle, sql, -1,
                                  SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    struct rkb_db_stmt *s;

    if (code)
        return db_failed(db, code, err);
    s = rkb_arena_new(&db->arena, 1, sizeof(*s));
    s->db = db;
    s->stmt = stmt;
    s->sql = sql;
    db->stmts = rkb_grow(db->stmts, &db->cap_stmts, db->n_stmts + 1,
                         sizeof(struct rkb_db_stmt *));
    db->stmts[db->n_stmts++] = s;
    *out = s;
    return RKB_OK;
}

enum rkb_status rkb_db_prepare(struct rkb_db *db, const char *sql,
                               struct rkb_db_stmt **out, struct rkb_err *err)
{
    for (size_t i = 0; i < db->n_stmts; i++) {
        struct rkb_db_stmt *s = db->stmts[i];

        if (s->sql != sql)
            continue;
        sqlite3_reset(s->stmt);
        sqlite3_clear_bindings(s->stmt);
        s->bad_bind = 0;
        *out = s;
        return RKB_OK;
    }
    return stmt_new(db, sql, out, err);
}

static void keep_bind(struct rkb_db_stmt *s, int i, int code)
{
    if (code && !s->bad_bind) {
        s->bad_bind = i;
        s->bad_code = code;
    }
}

void rkb_db_bind_i64(struct rkb_db_stmt *s, int i, int64_t value)
{
    keep_bind(s, i, sqlite3_bind_int64(s->stmt, i, value));
}

/* SQLite would store NaN as null in silence. */
void rkb_db_bind_real(struct rkb_db_stmt *s, int i, double value)
{
    keep_bind(s, i,
              isfinite(value) ? sqlite3_bind_double(s->stmt, i, value)
                              : SQLITE_MISMATCH);
}

void rkb_db_bind_text(struct rkb_db_stmt *s, int i, rkb_sv value)
{
    keep_bind(s, i,
              sqlite3_bind_text64(s->stmt, i, value.at, value.len,
                                  SQLITE_STATIC, SQLITE_UTF8));
}

void rkb_db_bind_blob(struct rkb_db_stmt *s, int i, const void *at, size_t n)
{
    keep_bind(s, i, sqlite3_bind_blob64(s->stmt, i, at, n, SQLITE_STATIC));
}

void rkb_db_bind_null(struct rkb_db_stmt *s, int i)
{
    keep_bind(s, i, sqlite3_bind_null(s->stmt, i));
}

void rkb_db_bind_column(struct rkb_db_stmt *s, int i, struct rkb_db_stmt *from,
                        int column)
{
    keep_bind(s, i,
              sqlite3_bind_value(s->stmt, i,
                                 sqlite3_column_value(from->stmt, column)));
}

static enum rkb_status bind_failed(struct rkb_db_stmt *s, struct rkb_err *err)
{
    int bad = s->bad_bind;

    s->bad_bind = 0;
    if (s->bad_code == SQLITE_MISMATCH)
        return rkb_fail(err, RKB_E_DATA,
                        "'%s': value %d is not a finite number", s->db->path,
                        bad);
    if (s->bad_code == SQLITE_TOOBIG || s->bad_code == SQLITE_NOMEM)
        return db_failed(s->db, s->bad_code, err);
    return rkb_fail(err, RKB_E_DATA, "'%s': cannot bind value %d: %s",
                    s->db->path, bad, sqlite3_errstr(s->bad_code));
}

enum rkb_status rkb_db_step(struct rkb_db_stmt *s, bool *row,
                            struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    int code;

    *row = false;
    if (s->bad_bind)
        return bind_failed(s, err);
    code = sqlite3_step(s->stmt);
    *row = code == SQLITE_ROW;
    if (*row)
        return RKB_OK;
    if (code != SQLITE_DONE)
        rc = db_failed(s->db, code, err);
    sqlite3_reset(s->stmt); /* gives up its lock */
    return rc;
}

enum rkb_status rkb_db_run(struct rkb_db_stmt *s, struct rkb_err *err)
{
    enum rkb_status rc;
    bool row;

    do
        rc = rkb_db_step(s, &row, err);
    while (!rc && row);
    return rc;
}

bool rkb_db_is_null(struct rkb_db_stmt *s, int i)
{
    return sqlite3_column_type(s->stmt, i) == SQLITE_NULL;
}

int64_t rkb_db_i64(struct rkb_db_stmt *s, int i)
{
    return sqlite3_column_int64(s->stmt, i);
}

double rkb_db_real(struct rkb_db_stmt *s, int i)
{
    return sqlite3_column_double(s->stmt, i);
}

/* NULL is null, an empty blob, or want of memory for a conversion. */
static rkb_sv column(const struct rkb_db_stmt *s, const void *at, int n)
{
    if (!at && sqlite3_errcode(s->db->handle) == SQLITE_NOMEM)
        rkb_mem_exhausted(0);
    return (rkb_sv){ at, (size_t)n };
}

rkb_sv rkb_db_text(struct rkb_db_stmt *s, int i)
{
    const void *at = sqlite3_column_text(s->stmt, i);

    return column(s, at, sqlite3_column_bytes(s->stmt, i));
}

rkb_sv rkb_db_blob(struct rkb_db_stmt *s, int i)
{
    const void *at = sqlite3_column_blob(s->stmt, i);

    return column(s, at, sqlite3_column_bytes(s->stmt, i));
}

void rkb_db_reset(struct rkb_db_stmt *s)
{
    sqlite3_reset(s->stmt);
}
