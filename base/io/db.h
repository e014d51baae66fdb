/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite: statements and transactions with our errors. One connection per
 * thread. SQL is always a literal; values are always bound. */
#ifndef RKB_BASE_IO_DB_H
#define RKB_BASE_IO_DB_H

#include "base/err.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stdint.h>

struct rkb_db;
struct rkb_db_stmt;

enum rkb_db_mode {
    RKB_DB_READ,  /* existing file, read only                     */
    RKB_DB_WRITE, /* existing file                                */
    RKB_DB_CREATE /* made when absent                             */
};

/* busy timeout 10 s. RKB_E_IO with the path for a file that cannot be opened,
 * RKB_E_DATA when it is not a database. A closed WAL database in an
 * unwritable folder is opened immutable when it has no -wal file. vfs: name
 * of a registered VFS, NULL = default. The path is taken literally, but
 * ":memory:" is a database in memory. The journal mode is left alone. */
enum rkb_status rkb_db_open(struct rkb_db **out, const char *path,
                            enum rkb_db_mode mode, const char *vfs,
                            struct rkb_err *err) RKB_MUST_CHECK;
void rkb_db_close(struct rkb_db *db); /* NULL is fine */

/* PRAGMA journal_mode=WAL, which ignores the busy timeout: tried again for
 * 10 s. RKB_E_IO when the file system cannot do it (as network ones); nothing
 * has changed then. A database in memory stays as it is. */
enum rkb_status rkb_db_wal(struct rkb_db *db, struct rkb_err *err)
    RKB_MUST_CHECK;

/* A copy of everything committed, as of one moment, in a new file `to` that is
 * not there yet; others may write the database meanwhile. It has a rollback
 * journal, so that it can be read where write-ahead logs do not work. After an
 * error there may be a part of it. */
enum rkb_status rkb_db_copy(struct rkb_db *db, const char *to,
                            struct rkb_err *err) RKB_MUST_CHECK;

/* All calls: RKB_E_IO when the file cannot be read or written, the disk is
 * full or another process holds it too long; RKB_E_DATA when it is damaged,
 * lacks a table or a constraint says no; RKB_E_LIMIT for a value too large.
 * Messages name the path.
 *
 * Statements without parameters, several at once. */
enum rkb_status rkb_db_exec(struct rkb_db *db, const char *sql,
                            struct rkb_err *err) RKB_MUST_CHECK;
enum rkb_status rkb_db_begin(struct rkb_db *db, struct rkb_err *err)
    RKB_MUST_CHECK; /* BEGIN IMMEDIATE */
enum rkb_status rkb_db_commit(struct rkb_db *db, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_db_rollback(struct rkb_db *db);
int64_t rkb_db_last_id(struct rkb_db *db);

/* Prepared and cached by the address of the literal: asking again for the
 * same `sql` pointer returns the same statement, reset and unbound. */
enum rkb_status rkb_db_prepare(struct rkb_db *db, const char *sql,
                               struct rkb_db_stmt **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* Parameters from 1. Text and blob must outlive the step; a view whose `at` is
 * NULL binds null. Bind errors (NaN and infinity included) are kept and
 * reported by the next step. Bindings stay until the next prepare. */
void rkb_db_bind_i64(struct rkb_db_stmt *s, int i, int64_t value);
void rkb_db_bind_real(struct rkb_db_stmt *s, int i, double value);
void rkb_db_bind_text(struct rkb_db_stmt *s, int i, rkb_sv value);
void rkb_db_bind_blob(struct rkb_db_stmt *s, int i, const void *at, size_t n);
void rkb_db_bind_null(struct rkb_db_stmt *s, int i);
/* Column `column` of a row of another statement, whatever type it has. */
void rkb_db_bind_column(struct rkb_db_stmt *s, int i, struct rkb_db_stmt *from,
                        int column);
/* *row is true when a row is there. Columns from 0, views valid until the next
 * step; null reads as 0, 0.0 or the empty view. At the end and after an error
 * the statement is reset. */
enum rkb_status rkb_db_step(struct rkb_db_stmt *s, bool *row,
                            struct rkb_err *err) RKB_MUST_CHECK;
/* Steps to the end and resets: for statements without rows. */
enum rkb_status rkb_db_run(struct rkb_db_stmt *s, struct rkb_err *err)
    RKB_MUST_CHECK;
bool rkb_db_is_null(struct rkb_db_stmt *s, int i);
int64_t rkb_db_i64(struct rkb_db_stmt *s, int i);
double rkb_db_real(struct rkb_db_stmt *s, int i);
rkb_sv rkb_db_text(struct rkb_db_stmt *s, int i);
rkb_sv rkb_db_blob(struct rkb_db_stmt *s, int i);
void rkb_db_reset(struct rkb_db_stmt *s);

#endif
