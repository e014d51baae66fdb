/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/migrate.h"

#include "tests/store_fixture.h"

/* Versions of a store that never was, to show how steps behave. */
static const char first[] = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);"
                            "PRAGMA application_id=1919640162;"
                            "PRAGMA user_version=1;";
static const char third[] = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT,"
                            " b INTEGER, c INTEGER);"
                            "PRAGMA application_id=1919640162;"
                            "PRAGMA user_version=3;";
static const char step_2[] = "ALTER TABLE t ADD COLUMN b INTEGER;"
                             "UPDATE t SET b = id * 2;"
                             "PRAGMA user_version=2;";
static const char step_3[] = "ALTER TABLE t ADD COLUMN c INTEGER;"
                             "PRAGMA user_version=3;";
static const char bad_step_3[] = "ALTER TABLE t ADD COLUMN c INTEGER;"
                                 "INSERT INTO nowhere VALUES(1);"
                                 "PRAGMA user_version=3;";
static const char lazy_step_3[] = "ALTER TABLE t ADD COLUMN c INTEGER;";

static int64_t number(struct rkb_db *db, const char *sql)
{
    struct rkb_db_stmt *q;
    struct rkb_err err = { 0 };
    bool row = false;
    int64_t n = -1;

    fix_must(rkb_db_prepare(db, sql, &q, &err), &err);
    fix_must(rkb_db_step(q, &row, &err), &err);
    if (row) {
        n = rkb_db_i64(q, 0);
        rkb_db_reset(q);
    }
    return n;
}

static struct rkb_db *version_1(void)
{
    struct rkb_err err = { 0 };
    struct rkb_db *db;

    fix_must(rkb_db_open(&db, ":memory:", RKB_DB_CREATE, NULL, &err), &err);
    fix_must(rkb_db_exec(db, first, &err), &err);
    fix_must(rkb_db_exec(db, "INSERT INTO t(a) VALUES('x'), ('y')", &err),
             &err);
    return db;
}

static void an_old_store_goes_up_step_by_step_and_keeps_its_rows(void)
{
    const char *const steps[] = { step_2, step_3 };
    struct rkb_migrations m = { third, 3, steps };
    struct rkb_db *db = version_1();
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_migrate(db, &m, &err), RKB_OK);
    CHECK_EQ_INT(number(db, "PRAGMA user_version"), 3);
    CHECK_EQ_INT(number(db, "SELECT sum(b) FROM t"), 6);
    CHECK_EQ_INT(rkb_migrate(db, &m, &err), RKB_OK);
    rkb_db_close(db);
}

static void a_new_store_skips_the_steps(void)
{
    const char *const steps[] = { "not SQL", "not SQL" };
    struct rkb_migrations m = { third, 3, steps };
    struct rkb_err err = { 0 };
    struct rkb_db *db;

    fix_must(rkb_db_open(&db, ":memory:", RKB_DB_CREATE, NULL, &err), &err);
    CHECK_EQ_INT(rkb_migrate(db, &m, &err), RKB_OK);
    CHECK_EQ_INT(number(db, "PRAGMA user_version"), 3);
    rkb_db_close(db);
}

static void a_step_that_fails_leaves_its_version_untouched(void)
{
    const char *const bad[] = { step_2, bad_step_3 };
    const char *const lazy[] = { step_2, lazy_step_3 };
    const char *const *const both[] = { bad, lazy };
    struct rkb_err err = { 0 };

    for (size_t i = 0; i < 2; i++) {
        struct rkb_migrations m = { third, 3, both[i] };
        struct rkb_db *db = version_1();

        CHECK_EQ_INT(rkb_migrate(db, &m, &err), RKB_E_DATA);
        CHECK(fix_says(&err, "version 3"));
        CHECK_EQ_INT(number(db, "PRAGMA user_version"), 2);
        CHECK_EQ_INT(number(db, "SELECT count(*) FROM pragma_table_info('t')"),
                     3);
        CHECK_EQ_INT(number(db, "SELECT count(*) FROM t"), 2);
        rkb_db_close(db);
    }
}

static void versions_are_told_apart(void)
{
    static const struct {
        const char *sql;
        enum rkb_status rc;
        int64_t version;
    } cases[] = {
        { "", RKB_OK, 0 },
        { "PRAGMA application_id=1919640162; PRAGMA user_version=2", RKB_OK,
          2 },
        { "PRAGMA application_id=1919640162; PRAGMA user_version=4", RKB_E_DATA,
          4 },
        { "PRAGMA application_id=1919640162", RKB_E_DATA, 0 },
        { "PRAGMA application_id=5; PRAGMA user_version=2", RKB_E_DATA, 2 },
        { "PRAGMA user_version=1", RKB_E_DATA, 1 },
        { "CREATE TABLE t(id)", RKB_E_DATA, 0 },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rkb_err err = { 0 };
        struct rkb_db *db;
        int64_t version = -1;

        fix_must(rkb_db_open(&db, ":memory:", RKB_DB_CREATE, NULL, &err), &err);
        fix_must(rkb_db_exec(db, cases[i].sql, &err), &err);
        CHECK_EQ_INT(rkb_store_version(db, 3, &version, &err), cases[i].rc);
        CHECK_EQ_INT(version, cases[i].version);
        rkb_db_close(db);
    }
}

/* tests/data/store_vN.sql is a store of version N as text, written once. */
static void make_version(int version)
{
    static char sql[65536];
    struct rkb_err err = { 0 };
    struct rkb_db *db;
    char path[40];
    FILE *f;

    memset(sql, 0, sizeof(sql));
    snprintf(path, sizeof(path), "tests/data/store_v%d.sql", version);
    f = fopen(path, "r");
    if (!f || fread(sql, 1, sizeof(sql) - 1, f) == 0)
        _exit(1);
    fclose(f);
    fix_path();
    fix_must(rkb_db_open(&db, fix_store_path, RKB_DB_CREATE, NULL, &err), &err);
    fix_must(rkb_db_exec(db, sql, &err), &err);
    rkb_db_close(db);
}

static void a_store_of_version_1_is_read_today(void)
{
    struct rkb_err err = { 0 };
    struct rkb_arena a = { 0 };
    struct rkb_run_row run;
    struct rkb_result_cursor c;
    struct rkb_result_row row;
    struct rkb_store *s;
    bool more = true;
    int n_rows = 0;

    make_version(1);
    s = fix_open(fix_store_path, RKB_STORE_READ);
    CHECK_EQ_INT(fix_number(s, "PRAGMA user_version"), RKB_STORE_VERSION);
    fix_must(rkb_store_select_one(s, &a, rkb_sv_of("turn@dl19"), &run, &err),
             &err);
    CHECK_EQ_INT(run.n_ok, 2);
    CHECK_EQ_INT(run.n_failed, 1);
    for (c = rkb_result_cursor(run.id); more; n_rows += more)
        fix_must(rkb_store_next_result(s, &a, &c, &row, &more, &err), &err);
    CHECK_EQ_INT(n_rows, 3);
    CHECK_STR(fix_text(s, "SELECT test || ' ' || correction || ' ' || diff ||"
                          " ' ' || alpha || ' ' || (ratio IS NULL)"
                          " FROM comparison"),
              "permutation none 0.35165 0.05 1");
    rkb_store_close(s);
    rkb_arena_release(&a);
    fix_clean();
}

static void calls_of_version_2_do_not_tell_when_they_began(void)
{
    struct rkb_store *s;

    make_version(2);
    s = fix_open(fix_store_path, RKB_STORE_READ);
    CHECK_EQ_INT(fix_number(s, "PRAGMA user_version"), RKB_STORE_VERSION);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM call"), 6);
    CHECK_EQ_INT(fix_number(s, "SELECT count(start_ns) FROM call"), 0);
    CHECK_EQ_INT(fix_number(s, "SELECT sum(render_ns) FROM call"), 6000);
    CHECK_STR(fix_text(s, "SELECT test || ' ' || draws FROM comparison"),
              "randomization 4");
    rkb_store_close(s);
    fix_clean();
}

/* Every table with its columns, every view and index with its SQL. */
static void shape(struct rkb_store *s, char *out, size_t size)
{
    snprintf(out, size, "%s",
             fix_text(s, "SELECT group_concat(type || ' ' || name || ' ' ||"
                         " coalesce(cols, sql, ''), char(10)) FROM"
                         " (SELECT type, name, sql, (SELECT group_concat("
                         "  c.name || ' ' || c.type || c.\"notnull\" || c.pk)"
                         "  FROM pragma_table_info(m.name) AS c"
                         "  WHERE m.type = 'table') AS cols"
                         " FROM sqlite_master AS m ORDER BY type, name)"));
}

static void old_and_new_stores_end_with_the_same_tables(void)
{
    static char old[16384], new[16384];
    struct rkb_store *s;

    s = fix_open(fix_path(), RKB_STORE_CREATE);
    shape(s, new, sizeof(new));
    rkb_store_close(s);
    fix_clean();
    CHECK(strstr(new, "table query_result id INTEGER01,run_id INTEGER10"));
    for (int version = 1; version < RKB_STORE_VERSION; version++) {
        make_version(version);
        s = fix_open(fix_store_path, RKB_STORE_WRITE);
        shape(s, old, sizeof(old));
        rkb_store_close(s);
        fix_clean();
        CHECK_STR(old, new);
    }
}

TESTS(TEST(an_old_store_goes_up_step_by_step_and_keeps_its_rows),
      TEST(a_new_store_skips_the_steps),
      TEST(a_step_that_fails_leaves_its_version_untouched),
      TEST(versions_are_told_apart), TEST(a_store_of_version_1_is_read_today),
      TEST(calls_of_version_2_do_not_tell_when_they_began),
      TEST(old_and_new_stores_end_with_the_same_tables))
