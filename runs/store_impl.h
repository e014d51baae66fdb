/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the store share. */
#ifndef RKB_RUNS_STORE_IMPL_H
#define RKB_RUNS_STORE_IMPL_H

#include "base/arena.h"
#include "base/io/db.h"
#include "base/io/digest.h"
#include "runs/result_writer.h"
#include "runs/store.h"
#include "runs/store_lock.h"

struct rkb_store {
    struct rkb_db *db;
    struct rkb_arena arena;
    const char *path; /* these two in the arena */
    const char *vfs;
    bool writable, durable, one_writer, in_transaction;
    struct rkb_lock *lock; /* held where there may be one writer only */
};

/* Another connection to an open store, with the same settings. */
enum rkb_status rkb_store_connect(const struct rkb_store *s,
                                  struct rkb_db **out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Joins the open transaction or begins one of its own; leave ends what enter
 * began, by commit or, when rc says so, rollback. */
enum rkb_status rkb_store_enter(struct rkb_store *s, bool *own,
                                struct rkb_err *err) RKB_MUST_CHECK;
enum rkb_status rkb_store_leave(struct rkb_store *s, bool own,
                                enum rkb_status rc, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Binding: no value is NULL only where a column may be. */
void rkb_bind_text(struct rkb_db_stmt *q, int i, rkb_sv text); /* "" */
void rkb_bind_some(struct rkb_db_stmt *q, int i, rkb_sv text); /* NULL */
void rkb_bind_count(struct rkb_db_stmt *q, int i, int64_t n);  /* < 0: NULL */
void rkb_bind_value(struct rkb_db_stmt *q, int i, double v);   /* NaN: NULL */
void rkb_bind_digest(struct rkb_db_stmt *q, int i, const struct rkb_digest *d);

/* Columns, as they were bound. */
rkb_sv rkb_col_text(struct rkb_db_stmt *q, int i, struct rkb_arena *a);
int64_t rkb_col_count(struct rkb_db_stmt *q, int i);
double rkb_col_value(struct rkb_db_stmt *q, int i);
enum rkb_status rkb_col_digest(struct rkb_db_stmt *q, int i,
                               struct rkb_digest *out, struct rkb_err *err)
    RKB_MUST_CHECK;
enum rkb_status rkb_col_status(struct rkb_db_stmt *q, int i,
                               enum rkb_result_status *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* A statement that gives one number: *found = false when it gives no row. */
enum rkb_status rkb_store_one(struct rkb_db_stmt *q, int64_t *out, bool *found,
                              struct rkb_err *err) RKB_MUST_CHECK;

/* Rows of one size, gathered before their number is known. */
struct rkb_rows {
    char *at;
    size_t n, cap, size; /* size in bytes of one row: set it first */
};
void *rkb_rows_add(struct rkb_rows *r); /* zeroed, good until the next add */
/* Moves them into the arena and empties *r. */
void *rkb_rows_take(struct rkb_rows *r, struct rkb_arena *a, size_t *n);
void rkb_rows_release(struct rkb_rows *r);

#endif
