/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/migrate.h"

#include <stdbool.h>

extern const unsigned char rkb_embed_runs_schema_sql[];
extern const unsigned char rkb_embed_runs_step_2_sql[];
extern const unsigned char rkb_embed_runs_step_3_sql[];

static const char *const steps[] = {
    (const char *)rkb_embed_runs_step_2_sql,
    (const char *)rkb_embed_runs_step_3_sql,
};

struct rkb_migrations rkb_migrations(void)
{
    return (struct rkb_migrations){
        .schema = (const char *)rkb_embed_runs_schema_sql,
        .latest = RKB_STORE_VERSION,
        .steps = steps,
    };
}

/* In one statement: between two of them another process may make the store. */
static enum rkb_status read_version(struct rkb_db *db, int64_t *application,
                                    int64_t *version, int64_t *n_tables,
                                    struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc =
        rkb_db_prepare(db,
                       "SELECT application_id, user_version, "
                       "(SELECT count(*) FROM sqlite_master) "
                       "FROM pragma_application_id, pragma_user_version",
                       &q, err);

    if (!rc)
        rc = rkb_db_step(q, &row, err);
    if (!rc && row) {
        *application = rkb_db_i64(q, 0);
        *version = rkb_db_i64(q, 1);
        *n_tables = rkb_db_i64(q, 2);
        rkb_db_reset(q);
    }
    return rc;
}

enum rkb_status rkb_store_version(struct rkb_db *db, int64_t latest,
                                  int64_t *version, struct rkb_err *err)
{
    int64_t application = 0, n_tables = 0;
    enum rkb_status rc;

    *version = 0;
    rc = read_version(db, &application, version, &n_tables, err);
    if (rc)
        return rc;
    if (application == 0 && *version == 0 && n_tables == 0)
        return RKB_OK;
    if (application != RKB_STORE_APPLICATION_ID || *version < 1)
        return rkb_fail(err, RKB_E_DATA,
                        "an SQLite file, but not a rerankbench store");
    if (*version > latest)
        return rkb_fail(err, RKB_E_DATA,
                        "its version %lld is newer than version %lld, which "
                        "this rerankbench knows",
                        (long long)*version, (long long)latest);
    return RKB_OK;
}

/* One step, or the whole schema. The version is read again inside, because
 * another process may have been faster. */
static enum rkb_status advance(struct rkb_db *db,
                               const struct rkb_migrations *m, int64_t *version,
                               struct rkb_err *err)
{
    int64_t from, want;
    enum rkb_status rc = rkb_db_begin(db, err);

    if (rc)
        return rc;
    rc = rkb_store_version(db, m->latest, version, err);
    if (rc || *version == m->latest) {
        rkb_db_rollback(db);
        return rc;
    }
    from = *version;
    want = from == 0 ? m->latest : from + 1;
    rc = rkb_db_exec(db, from == 0 ? m->schema : m->steps[from - 1], err);
    if (!rc)
        rc = rkb_store_version(db, m->latest, version, err);
    if (!rc && *version != want)
        rc = rkb_fail(err, RKB_E_DATA, "the step ended at version %lld",
                      (long long)*version);
    if (!rc)
        rc = rkb_db_commit(db, err);
    if (rc) {
        rkb_db_rollback(db);
        return rkb_wrap(err, "cannot make version %lld of the store",
                        (long long)want);
    }
    return RKB_OK;
}

enum rkb_status rkb_migrate(struct rkb_db *db, const struct rkb_migrations *m,
                            struct rkb_err *err)
{
    int64_t version;
    enum rkb_status rc = rkb_store_version(db, m->latest, &version, err);

    while (!rc && version < m->latest)
        rc = advance(db, m, &version, err);
    return rc;
}
