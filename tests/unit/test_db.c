/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/db.h"

#include "base/io/file.h"
#include "tests/io_fixture.h"

#include <sys/wait.h>

static struct rkb_db *open_db(const char *path, enum rkb_db_mode mode)
{
    struct rkb_err err = { 0 };
    struct rkb_db *db = NULL;

    if (!CHECK(rkb_db_open(&db, path, mode, NULL, &err) == RKB_OK))
        printf("# %s\n", err.msg);
    return db;
}

static void must(struct rkb_db *db, const char *sql)
{
    struct rkb_err err = { 0 };

    if (!CHECK(rkb_db_exec(db, sql, &err) == RKB_OK))
        printf("# %s: %s\n", sql, err.msg);
}

static int64_t one_int(struct rkb_db *db, const char *sql)
{
    struct rkb_err err = { 0 };
    struct rkb_db_stmt *s = NULL;
    bool row = false;
    int64_t n = -1;

    if (CHECK(!rkb_db_prepare(db, sql, &s, &err)) &&
        CHECK(!rkb_db_step(s, &row, &err)) && CHECK(row))
        n = rkb_db_i64(s, 0);
    if (s)
        rkb_db_reset(s);
    return n;
}

static void values_come_back_as_they_went_in(void)
{
    static const char insert[] = "INSERT INTO t VALUES(?,?,?,?,?)";
    struct rkb_db *db = open_db(":memory:", RKB_DB_CREATE);
    struct rkb_err err = { 0 };
    struct rkb_db_stmt *s, *again;
    bool row;

    must(db, "CREATE TABLE t(i, r, s, b, n)");
    CHECK(!rkb_db_prepare(db, insert, &s, &err));
    rkb_db_bind_i64(s, 1, INT64_MIN);
    rkb_db_bind_real(s, 2, 0.1);
    rkb_db_bind_text(s, 3, (rkb_sv){ "a\0\xc3\xa9", 4 });
    rkb_db_bind_blob(s, 4, "\0\xff", 2);
    rkb_db_bind_null(s, 5);
    CHECK_EQ_INT(rkb_db_run(s, &err), RKB_OK);
    CHECK_EQ_INT(rkb_db_last_id(db), 1);
    /* The same literal gives the same statement, unbound. */
    CHECK(!rkb_db_prepare(db, insert, &again, &err) && again == s);
    rkb_db_bind_text(s, 1, (rkb_sv){ "", 0 });
    rkb_db_bind_text(s, 2, (rkb_sv){ NULL, 0 });
    CHECK_EQ_INT(rkb_db_run(s, &err), RKB_OK);

    CHECK(!rkb_db_prepare(db, "SELECT * FROM t ORDER BY rowid", &s, &err));
    CHECK(!rkb_db_step(s, &row, &err) && row);
    CHECK(rkb_db_i64(s, 0) == INT64_MIN);
    CHECK_NEAR(rkb_db_real(s, 1), 0.1, 0);
    CHECK(rkb_sv_eq(rkb_db_text(s, 2), (rkb_sv){ "a\0\xc3\xa9", 4 }));
    CHECK(rkb_sv_eq(rkb_db_blob(s, 3), (rkb_sv){ "\0\xff", 2 }));
    CHECK(rkb_db_is_null(s, 4) && rkb_db_text(s, 4).at == NULL);
    CHECK(rkb_db_i64(s, 4) == 0);
    CHECK(!rkb_db_step(s, &row, &err) && row);
    CHECK(!rkb_db_is_null(s, 0) && rkb_db_text(s, 0).len == 0);
    CHECK(rkb_db_is_null(s, 1));
    CHECK(rkb_db_is_null(s, 2));
    CHECK(!rkb_db_step(s, &row, &err) && !row);
    rkb_db_close(db);
    rkb_db_close(NULL);
}

static void what_is_not_finite_is_refused_at_the_step(void)
{
    static const double bad[] = { NAN, INFINITY, -INFINITY };
    struct rkb_db *db = open_db(":memory:", RKB_DB_CREATE);
    struct rkb_db_stmt *s;

    must(db, "CREATE TABLE t(r)");
    for (size_t i = 0; i < RKB_COUNT(bad); i++) {
        struct rkb_err err = { 0 };

        CHECK(!rkb_db_prepare(db, "INSERT INTO t VALUES(?)", &s, &err));
        rkb_db_bind_real(s, 1, bad[i]);
        CHECK_EQ_INT(rkb_db_run(s, &err), RKB_E_DATA);
        CHECK_STR(err.msg, "':memory:': value 1 is not a finite number");
    }
    CHECK_EQ_INT(one_int(db, "SELECT count(*) FROM t"), 0);
    {
        struct rkb_err err = { 0 };

        CHECK(!rkb_db_prepare(db, "INSERT INTO t VALUES(?1)", &s, &err));
        rkb_db_bind_i64(s, 2, 1);
        rkb_db_bind_i64(s, 1, 1);
        CHECK_EQ_INT(rkb_db_run(s, &err), RKB_E_DATA);
        CHECK(strstr(err.msg, "cannot bind value 2") != NULL);
    }
    rkb_db_close(db);
}

static void transactions_are_kept_or_dropped(void)
{
    struct rkb_db *db = open_db(fixture_path("tx.db"), RKB_DB_CREATE);
    struct rkb_err err = { 0 };

    must(db, "CREATE TABLE t(i); INSERT INTO t VALUES(1)");
    CHECK(!rkb_db_begin(db, &err));
    must(db, "INSERT INTO t VALUES(2)");
    rkb_db_rollback(db);
    rkb_db_rollback(db);
    CHECK_EQ_INT(one_int(db, "SELECT count(*) FROM t"), 1);
    CHECK(!rkb_db_begin(db, &err));
    must(db, "INSERT INTO t VALUES(2)");
    CHECK(!rkb_db_commit(db, &err));
    CHECK_EQ_INT(one_int(db, "SELECT count(*) FROM t"), 2);
    rkb_db_close(db);
}

static void check_not_opened(const char *path, enum rkb_db_mode mode,
                             enum rkb_status code, const char *want)
{
    struct rkb_err err = { 0 };
    struct rkb_db *db = NULL;

    CHECK_EQ_INT(rkb_db_open(&db, path, mode, NULL, &err), code);
    CHECK(db == NULL);
    if (!CHECK(strstr(err.msg, want) != NULL))
        printf("# %s\n", err.msg);
}

static void other_files_are_refused(void)
{
    char path[600];

    check_not_opened(fixture_path("none.db"), RKB_DB_READ, RKB_E_IO,
                     "No such file or directory");
    check_not_opened(fixture_path("none.db"), RKB_DB_WRITE, RKB_E_IO,
                     "No such file or directory");
    CHECK(!rkb_file_exists(fixture_path("none.db")));
    check_not_opened(fixture_path("none/x.db"), RKB_DB_CREATE, RKB_E_IO,
                     "cannot open");
    check_not_opened("", RKB_DB_CREATE, RKB_E_IO, "no file name");
    check_not_opened("/", RKB_DB_CREATE, RKB_E_IO, "is a folder");
    snprintf(path, sizeof(path), "%s",
             fixture_text("text.db", "this is no database, but a long enough "
                                     "text to be looked at\n"));
    check_not_opened(path, RKB_DB_READ, RKB_E_DATA,
                     "is not a rerankbench store (not an SQLite file)");
    check_not_opened(path, RKB_DB_CREATE, RKB_E_DATA,
                     "is not a rerankbench store (not an SQLite file)");
}

static void a_damaged_file_is_named(void)
{
    const char *path = fixture_path("torn.db");
    struct rkb_db *db = open_db(path, RKB_DB_CREATE);
    struct rkb_err err = { 0 };
    enum rkb_status rc;

    must(db, "CREATE TABLE t(x); INSERT INTO t VALUES(zeroblob(100000))");
    rkb_db_close(db);
    CHECK(truncate(path, 8192) == 0);
    db = NULL;
    rc = rkb_db_open(&db, path, RKB_DB_READ, NULL, &err);
    if (!rc)
        rc = rkb_db_exec(db, "SELECT count(hex(x)) FROM t", &err);
    CHECK_EQ_INT(rc, RKB_E_DATA);
    CHECK(strstr(err.msg, "torn.db' is damaged") != NULL);
    rkb_db_close(db);
}

static void errors_of_statements_name_the_file(void)
{
    struct rkb_db *db = open_db(fixture_path("e.db"), RKB_DB_CREATE);
    struct rkb_err err = { 0 };
    struct rkb_db_stmt *s;

    must(db, "CREATE TABLE t(x INTEGER PRIMARY KEY, y NOT NULL)");
    CHECK_EQ_INT(rkb_db_prepare(db, "SELECT * FROM nope", &s, &err),
                 RKB_E_DATA);
    CHECK(strstr(err.msg, "e.db': no such table: nope") != NULL);
    CHECK(!rkb_db_prepare(db, "INSERT INTO t VALUES(1,1)", &s, &err));
    CHECK_EQ_INT(rkb_db_run(s, &err), RKB_OK);
    CHECK_EQ_INT(rkb_db_run(s, &err), RKB_E_DATA);
    CHECK(strstr(err.msg, "UNIQUE constraint failed: t.x") != NULL);
    rkb_db_close(db);
    db = open_db(fixture_path("e.db"), RKB_DB_READ);
    CHECK_EQ_INT(rkb_db_exec(db, "INSERT INTO t VALUES(2,2)", &err), RKB_E_IO);
    CHECK(strstr(err.msg, "e.db' cannot be written") != NULL);
    CHECK_EQ_INT(one_int(db, "SELECT count(*) FROM t"), 1);
    rkb_db_close(db);
}

static void a_full_disk_is_named(void)
{
    struct rkb_db *db = open_db(fixture_path("full.db"), RKB_DB_CREATE);
    struct rkb_err err = { 0 };

    must(db, "CREATE TABLE t(x); PRAGMA max_page_count=10");
    CHECK_EQ_INT(
        rkb_db_exec(db, "INSERT INTO t VALUES(zeroblob(1000000))", &err),
        RKB_E_IO);
    CHECK(strstr(err.msg, "full.db': the disk is full") != NULL);
    rkb_db_close(db);
}

static void odd_file_names_are_literal(void)
{
    static const char *const names[] = { "a b?c#d%41.db", "file:x.db", "-x.db",
                                         "\xc3\xa9.db" };

    for (size_t i = 0; i < RKB_COUNT(names); i++) {
        const char *path = fixture_path(names[i]);
        struct rkb_db *db = open_db(path, RKB_DB_CREATE);

        must(db, "CREATE TABLE t(x)");
        rkb_db_close(db);
        CHECK(rkb_file_exists(path));
    }
}

/* As root every folder is writable, so these cases become somebody else. */
static void as_nobody(const char *folder, mode_t mode,
                      void (*run)(const char *path), const char *path)
{
    bool root = geteuid() == 0;

    chmod(fixture_folder, 0755);
    chmod(folder, mode);
    if (root)
        CHECK(seteuid(65534) == 0);
    run(path);
    if (root)
        CHECK(seteuid(0) == 0);
    chmod(folder, 0755);
}

static void read_five(const char *path)
{
    struct rkb_db *db = open_db(path, RKB_DB_READ);

    if (!db)
        return;
    CHECK_EQ_INT(one_int(db, "SELECT sum(x) FROM t"), 5);
    rkb_db_close(db);
}

static void fail_to_read(const char *path)
{
    check_not_opened(path, RKB_DB_READ, RKB_E_IO, path);
}

static void a_closed_wal_store_is_read_in_an_unwritable_folder(void)
{
    char folder[512], path[600], wal[610];
    struct rkb_err err = { 0 };
    struct rkb_db *db;

    snprintf(folder, sizeof(folder), "%s", fixture_path("ro"));
    mkdir(folder, 0755);
    snprintf(path, sizeof(path), "%s/s?#%%41.db", folder);
    db = open_db(path, RKB_DB_CREATE);
    CHECK_EQ_INT(rkb_db_wal(db, &err), RKB_OK);
    must(db, "CREATE TABLE t(x); INSERT INTO t VALUES(2),(3)");
    rkb_db_close(db);
    snprintf(wal, sizeof(wal), "%s-wal", path);
    CHECK(!rkb_file_exists(wal));
    as_nobody(folder, 0555, read_five, path);
    /* What is in a -wal file would be missed: better no answer. */
    CHECK(!rkb_file_write(wal, rkb_sv_of("x"), &err));
    as_nobody(folder, 0555, fail_to_read, path);
}

static void wal_is_chosen_and_stays(void)
{
    const char *path = fixture_path("wal.db");
    struct rkb_db *db = open_db(path, RKB_DB_CREATE);
    struct rkb_err err = { 0 };
    struct rkb_db_stmt *s;
    bool row;

    CHECK_EQ_INT(rkb_db_wal(db, &err), RKB_OK);
    CHECK_EQ_INT(rkb_db_wal(db, &err), RKB_OK);
    must(db, "CREATE TABLE t(x)");
    rkb_db_close(db);
    db = open_db(path, RKB_DB_WRITE);
    CHECK(!rkb_db_prepare(db, "PRAGMA journal_mode", &s, &err));
    CHECK(!rkb_db_step(s, &row, &err) && row &&
          rkb_sv_is(rkb_db_text(s, 0), "wal"));
    rkb_db_close(db);
    db = open_db(":memory:", RKB_DB_CREATE);
    CHECK_EQ_INT(rkb_db_wal(db, &err), RKB_OK);
    rkb_db_close(db);
}

/* Two processes open a new store at the same moment. */
static int cold_start(const char *path, int go)
{
    struct rkb_err err = { 0 };
    struct rkb_db *db = NULL;
    enum rkb_status rc;
    char c;

    while (read(go, &c, 1) < 0)
        ;
    rc = rkb_db_open(&db, path, RKB_DB_CREATE, NULL, &err);
    if (!rc)
        rc = rkb_db_wal(db, &err);
    if (!rc)
        rc = rkb_db_begin(db, &err);
    if (!rc)
        rc = rkb_db_exec(db,
                         "CREATE TABLE IF NOT EXISTS t(x);"
                         "INSERT INTO t VALUES(1)",
                         &err);
    if (!rc)
        rc = rkb_db_commit(db, &err);
    rkb_db_close(db);
    return (int)rc;
}

static void two_cold_starts_do_not_disturb_each_other(void)
{
    for (int round = 0; round < 15; round++) {
        char name[40];
        const char *path;
        pid_t children[2];
        int go[2], status;
        struct rkb_db *db;

        snprintf(name, sizeof(name), "cold%d.db", round);
        path = fixture_path(name);
        CHECK(pipe(go) == 0);
        for (int i = 0; i < 2; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                close(go[1]);
                _exit(cold_start(path, go[0]));
            }
        }
        close(go[1]);
        for (int i = 0; i < 2; i++)
            CHECK(waitpid(children[i], &status, 0) == children[i] &&
                  status == 0);
        close(go[0]);
        db = open_db(path, RKB_DB_READ);
        if (db)
            CHECK_EQ_INT(one_int(db, "SELECT count(*) FROM t"), 2);
        rkb_db_close(db);
    }
}

static void clean_up(void)
{
    fixture_done();
}

/* While another connection is in the middle of writing. */
static void a_copy_is_whole_and_needs_no_log(void)
{
    const char *from = fixture_path("from.db"), *to = fixture_path("to.db");
    struct rkb_db *db = open_db(from, RKB_DB_CREATE), *other, *copy;
    struct rkb_err err = { 0 };

    CHECK(!rkb_db_wal(db, &err));
    must(db, "CREATE TABLE t(i); INSERT INTO t VALUES(1),(2)");
    other = open_db(from, RKB_DB_WRITE);
    CHECK(!rkb_db_begin(other, &err));
    must(other, "INSERT INTO t VALUES(3)");
    CHECK_EQ_INT(rkb_db_copy(db, to, &err), RKB_OK);
    CHECK(!rkb_db_commit(other, &err));
    rkb_db_close(other);
    rkb_db_close(db);
    copy = open_db(to, RKB_DB_READ);
    CHECK_EQ_INT(one_int(copy, "SELECT count(*) FROM t"), 2);
    CHECK_EQ_INT(one_int(copy, "SELECT journal_mode='delete' FROM "
                               "pragma_journal_mode"),
                 1);
    rkb_db_close(copy);
    db = open_db(from, RKB_DB_READ);
    CHECK_EQ_INT(rkb_db_copy(db, "/no/such/folder/x.db", &err), RKB_E_IO);
    rkb_db_close(db);
}

TESTS(TEST(values_come_back_as_they_went_in),
      TEST(what_is_not_finite_is_refused_at_the_step),
      TEST(transactions_are_kept_or_dropped), TEST(other_files_are_refused),
      TEST(a_damaged_file_is_named), TEST(errors_of_statements_name_the_file),
      TEST(a_full_disk_is_named), TEST(odd_file_names_are_literal),
      TEST(a_closed_wal_store_is_read_in_an_unwritable_folder),
      TEST(wal_is_chosen_and_stays),
      TEST(two_cold_starts_do_not_disturb_each_other),
      TEST(a_copy_is_whole_and_needs_no_log), TEST(clean_up))
