/* SPDX-License-Identifier: Apache-2.0 */
/* The store: one SQLite file of runs, per-query results, calls and measures.
 * This header opens it and groups writes; what is written is in store_write.h
 * and result_writer.h, what is read in store_read.h. The tables, their columns
 * and units are in runs/schema.sql.
 *
 * A handle has one connection and belongs to one thread. Any number of
 * processes may have a store open; one write waits for another (10 s).
 */
#ifndef RKB_RUNS_STORE_H
#define RKB_RUNS_STORE_H

#include "base/err.h"
#include "base/io/db.h"

#include <stdbool.h>
#include <stdint.h>

struct rkb_store;

enum rkb_store_mode {
    RKB_STORE_READ,  /* an existing store                          */
    RKB_STORE_WRITE, /* an existing store                          */
    RKB_STORE_CREATE /* made when absent; the umask rules its mode */
};

struct rkb_store_options {
    enum rkb_store_mode mode;
    bool durable;    /* a committed row survives a power cut; without it the
                        last moments may be lost, the store stays whole */
    bool no_wal;     /* as on a network file system (see below)         */
    const char *vfs; /* name of a registered SQLite VFS, NULL = default */
};

/* RKB_E_DATA: the file is no store, or one of a newer version (the message
 * says which). RKB_E_IO: it cannot be opened, or written where that was asked.
 * An older version is brought up to date first, also for reading.
 *
 * Readers are served from an unwritable folder too. Write-ahead logs do not
 * work on network file systems: there a rollback journal is used and only one
 * process may have the store open for writing; a second is RKB_E_IO. */
enum rkb_status rkb_store_open(struct rkb_store **out, const char *path,
                               const struct rkb_store_options *options,
                               struct rkb_err *err) RKB_MUST_CHECK;
/* What was not committed is undone. NULL is fine. */
void rkb_store_close(struct rkb_store *s);

const char *rkb_store_path(const struct rkb_store *s);
/* True when the rollback journal is used; people should be told. */
bool rkb_store_one_writer(const struct rkb_store *s);
/* A copy of everything committed in the store `from`, whoever writes it now, as
 * the file `to`: there whole or not at all, and made of plain writes and a
 * rename, which any file system can do. Uses FROM.copy for a moment. */
enum rkb_status rkb_store_copy(const char *from, const char *to,
                               struct rkb_err *err) RKB_MUST_CHECK;
/* Removes the file and what SQLite and locks put beside it. */
void rkb_store_remove(const char *path);

/* The connection, for queries of one's own (reports). The view v_ranking is
 * for people only: SQLite 3.40 lets no view of an untrusted file call its JSON
 * functions; rkb_store_next_result gives the same. */
struct rkb_db *rkb_store_db(struct rkb_store *s);

/* One transaction over several writes. Between begin and commit no other
 * process can write, and neither can this process's result writer: keep it
 * short. A write that fails inside leaves the transaction open; roll back. */
enum rkb_status rkb_store_begin(struct rkb_store *s, struct rkb_err *err)
    RKB_MUST_CHECK;
enum rkb_status rkb_store_commit(struct rkb_store *s, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_store_rollback(struct rkb_store *s); /* fine without a transaction */

#endif
