/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of the store. PRAGMA user_version holds the number, and
 * PRAGMA application_id says that the file is a store at all.
 *
 * schema.sql makes a new store of the latest version. An older one is brought
 * there by numbered steps, one transaction each; steps are appended, never
 * edited. runs/README.md says how to add one. */
#ifndef RKB_RUNS_MIGRATE_H
#define RKB_RUNS_MIGRATE_H

#include "base/err.h"
#include "base/io/db.h"

#include <stddef.h>
#include <stdint.h>

#define RKB_STORE_VERSION 3
#define RKB_STORE_APPLICATION_ID 0x726b6262 /* "rkbb" */

struct rkb_migrations {
    const char *schema; /* makes version `latest` of nothing */
    int64_t latest;
    const char *const *steps; /* [latest - 1] steps[i] leads from version
                                 i + 1 to i + 2 */
};
/* Of this program. Every SQL text ends by setting user_version. */
struct rkb_migrations rkb_migrations(void);

/* *version: 0 for an empty database. RKB_E_DATA when it is something else
 * than a store, or a store newer than `latest`. */
enum rkb_status rkb_store_version(struct rkb_db *db, int64_t latest,
                                  int64_t *version, struct rkb_err *err)
    RKB_MUST_CHECK;
/* Brings an empty or older database to the latest version. Safe when several
 * processes do it at once. A step that fails leaves its version untouched. */
enum rkb_status rkb_migrate(struct rkb_db *db, const struct rkb_migrations *m,
                            struct rkb_err *err) RKB_MUST_CHECK;

#endif
