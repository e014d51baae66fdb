/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/store.h"

#include "runs/migrate.h"
#include "runs/store_lock.h"
#include "tests/store_fixture.h"

static enum rkb_status try_open(const char *path, enum rkb_store_mode mode,
                                struct rkb_err *err)
{
    struct rkb_store_options o = { .mode = mode };
    struct rkb_store *s = NULL;
    enum rkb_status rc = rkb_store_open(&s, path, &o, err);

    if (!rc)
        rkb_store_close(s);
    return rc;
}

static void a_new_store_has_the_schema_and_a_write_ahead_log(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);

    CHECK_EQ_INT(fix_number(s, "PRAGMA application_id"), 0x726b6262);
    CHECK_EQ_INT(fix_number(s, "PRAGMA user_version"), RKB_STORE_VERSION);
    CHECK_EQ_INT(fix_number(s, "PRAGMA foreign_keys"), 1);
    CHECK_EQ_INT(fix_number(s, "PRAGMA synchronous"), 1);
    if (!rkb_store_one_writer(s))
        CHECK_STR(fix_text(s, "PRAGMA journal_mode"), "wal");
    CHECK_STR(rkb_store_path(s), fix_store_path);
    rkb_store_close(s);
    fix_clean();
}

/* A line of a table without a comment: only keys and references, whose
 * meaning is the other table's, and the second half of a column. */
static bool explained(const char *line)
{
    return strstr(line, "--") || strstr(line, " KEY") ||
           strstr(line, "REFERENCES") || strstr(line, "UNIQUE(") ||
           strstr(line, "    CHECK(") || strstr(line, "CREATE TABLE") ||
           line[0] == ')';
}

static void every_column_says_what_it_is(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    char sql[16384];
    int n = 0;

    snprintf(sql, sizeof(sql), "%s",
             fix_text(s, "SELECT group_concat(sql, char(10))"
                         " FROM sqlite_master WHERE type='table'"));
    for (char *line = strtok(sql, "\n"); line; line = strtok(NULL, "\n"), n++)
        if (!CHECK(explained(line)))
            printf("# %s\n", line);
    CHECK(n > 100);
    rkb_store_close(s);
    fix_clean();
}

static void durable_is_synchronous_full(void)
{
    struct rkb_store_options o = { .mode = RKB_STORE_CREATE, .durable = true };
    struct rkb_store *s = NULL;
    struct rkb_err err = { 0 };

    fix_must(rkb_store_open(&s, fix_path(), &o, &err), &err);
    CHECK_EQ_INT(fix_number(s, "PRAGMA synchronous"),
                 rkb_store_one_writer(s) ? 3 : 2);
    rkb_store_close(s);
    fix_clean();
}

static void the_umask_rules_the_mode_of_the_files(void)
{
    mode_t old = umask(007);
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_run run = fix_run(s, "a");
    char path[400];
    struct stat st;

    CHECK_EQ_INT(stat(fix_store_path, &st), 0);
    CHECK_EQ_INT(st.st_mode & 0777, 0660);
    snprintf(path, sizeof(path), "%s.lock", fix_store_path);
    CHECK_EQ_INT(stat(path, &st), 0);
    CHECK_EQ_INT(st.st_mode & 0777, 0660);
    rkb_run_release(&run);
    rkb_store_close(s);
    umask(old);
    fix_clean();
}

static void a_store_is_found_again(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);

    fix_candidates(s);
    rkb_store_close(s);
    s = fix_open(fix_store_path, RKB_STORE_WRITE);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM candidate_list"), 4);
    rkb_store_close(s);
    s = fix_open(fix_store_path, RKB_STORE_READ);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM candidate_list"), 4);
    rkb_store_close(s);
    fix_clean();
}

static void write_bytes(const char *path, const char *bytes)
{
    FILE *f = fopen(path, "w");

    if (!f || fputs(bytes, f) < 0 || fclose(f) != 0)
        _exit(1);
}

static void what_is_no_store_is_refused_and_left_alone(void)
{
    struct rkb_err err = { 0 };
    struct rkb_db *db;
    char text[64] = { 0 };
    FILE *f;

    CHECK_EQ_INT(try_open(fix_path(), RKB_STORE_WRITE, &err), RKB_E_IO);
    write_bytes(fix_store_path, "qid Q0 docid 1 0.5 tag, for many bytes\n");
    for (int mode = RKB_STORE_READ; mode <= RKB_STORE_CREATE; mode++)
        CHECK_EQ_INT(try_open(fix_store_path, (enum rkb_store_mode)mode, &err),
                     RKB_E_DATA);
    f = fopen(fix_store_path, "r");
    CHECK(f && fgets(text, sizeof(text), f));
    fclose(f);
    CHECK_STR(text, "qid Q0 docid 1 0.5 tag, for many bytes\n");

    write_bytes(fix_store_path, "");
    CHECK_EQ_INT(try_open(fix_store_path, RKB_STORE_WRITE, &err), RKB_E_DATA);
    CHECK(fix_says(&err, "empty"));
    fix_must(rkb_db_open(&db, fix_store_path, RKB_DB_WRITE, NULL, &err), &err);
    fix_must(rkb_db_exec(db, "CREATE TABLE mail(id)", &err), &err);
    rkb_db_close(db);
    CHECK_EQ_INT(try_open(fix_store_path, RKB_STORE_CREATE, &err), RKB_E_DATA);
    CHECK(fix_says(&err, "not a rerankbench store"));
    CHECK_EQ_INT(try_open(":memory:", RKB_STORE_CREATE, &err), RKB_E_USAGE);
    CHECK_EQ_INT(try_open(fix_folder, RKB_STORE_CREATE, &err), RKB_E_IO);
    fix_clean();
}

static void an_empty_file_becomes_a_store(void)
{
    struct rkb_err err = { 0 };

    write_bytes(fix_path(), "");
    CHECK_EQ_INT(try_open(fix_store_path, RKB_STORE_CREATE, &err), RKB_OK);
    fix_clean();
}

static void a_newer_version_is_refused_by_its_number(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_err err = { 0 };
    char ours[32];

    snprintf(ours, sizeof ours, "version %d", RKB_STORE_VERSION);
    fix_exec(s, "PRAGMA user_version=7");
    rkb_store_close(s);
    for (int mode = RKB_STORE_READ; mode <= RKB_STORE_CREATE; mode++) {
        CHECK_EQ_INT(try_open(fix_store_path, (enum rkb_store_mode)mode, &err),
                     RKB_E_DATA);
        CHECK(fix_says(&err, "version 7"));
        CHECK(fix_says(&err, ours));
    }
    fix_clean();
}

/* In a child without privileges, to whom modes apply; 0 = as it should be. */
static int reader_without_rights(void)
{
    struct rkb_err err = { 0 };
    struct rkb_store_options o = { .mode = RKB_STORE_READ };
    struct rkb_store *s = NULL;
    int bad = 0;

    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 77;
    if (rkb_store_open(&s, fix_store_path, &o, &err)) {
        printf("# %s\n", err.msg);
        return 1;
    }
    bad += fix_number(s, "SELECT count(*) FROM candidate_list") != 4;
    rkb_store_close(s);
    bad += try_open(fix_store_path, RKB_STORE_WRITE, &err) != RKB_E_IO;
    bad += try_open(fix_store_path, RKB_STORE_CREATE, &err) != RKB_E_IO;
    return bad;
}

static void a_store_in_an_unwritable_folder_can_be_read(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    pid_t pid;
    int rc;

    fix_candidates(s);
    rkb_store_close(s);
    chmod(fix_store_path, 0444);
    chmod(fix_folder, 0555);
    fflush(stdout);
    pid = fork();
    if (pid == 0)
        _exit(reader_without_rights());
    rc = fix_wait(pid);
    chmod(fix_folder, 0755);
    fix_clean();
    if (rc == 77)
        SKIP("cannot give up privileges");
    CHECK_EQ_INT(rc, 0);
}

static void without_wal_there_is_one_writer(void)
{
    struct rkb_store_options o = { .mode = RKB_STORE_CREATE, .no_wal = true };
    struct rkb_store *a = NULL, *b = NULL;
    struct rkb_err err = { 0 };
    struct rkb_run run;
    struct rkb_result r;

    fix_must(rkb_store_open(&a, fix_path(), &o, &err), &err);
    CHECK(rkb_store_one_writer(a));
    CHECK_STR(fix_text(a, "PRAGMA journal_mode"), "delete");
    CHECK_EQ_INT(rkb_store_open(&b, fix_store_path, &o, &err), RKB_E_IO);
    CHECK(fix_says(&err, "only one"));
    run = fix_run(a, "a");
    r = fix_result(run.id, fix_session(a, run.id), 0);
    fix_write(a, &r, 1);
    b = fix_open(fix_store_path, RKB_STORE_READ);
    CHECK_EQ_INT(fix_number(b, "SELECT count(*) FROM v_result"), 1);
    rkb_store_close(b);
    rkb_run_release(&run);
    rkb_store_close(a);
    /* The lock goes with its holder. */
    fix_must(rkb_store_open(&a, fix_store_path, &o, &err), &err);
    rkb_store_close(a);
    fix_clean();
}

static void a_store_with_a_log_can_go_without_and_back(void)
{
    struct rkb_store_options o = { .mode = RKB_STORE_WRITE, .no_wal = true };
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_err err = { 0 };

    fix_candidates(s);
    rkb_store_close(s);
    fix_must(rkb_store_open(&s, fix_store_path, &o, &err), &err);
    CHECK_STR(fix_text(s, "PRAGMA journal_mode"), "delete");
    rkb_store_close(s);
    s = fix_open(fix_store_path, RKB_STORE_WRITE);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM candidate_list"), 4);
    if (!rkb_store_one_writer(s))
        CHECK_STR(fix_text(s, "PRAGMA journal_mode"), "wal");
    rkb_store_close(s);
    fix_clean();
}

static void a_transaction_is_undone_unless_committed(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_err err = { 0 };

    fix_must(rkb_store_begin(s, &err), &err);
    fix_exec(s, "INSERT INTO judgment_set(digest, source) VALUES(x'00', '')");
    rkb_store_rollback(s);
    rkb_store_rollback(s);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM judgment_set"), 0);
    fix_must(rkb_store_begin(s, &err), &err);
    fix_exec(s, "INSERT INTO judgment_set(digest, source) VALUES(x'00', '')");
    rkb_store_close(s);
    s = fix_open(fix_store_path, RKB_STORE_WRITE);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM judgment_set"), 0);
    rkb_store_close(s);
    fix_clean();
}

/* Many processes make the same store at once; each then works on a run of its
 * own. */
static int make_and_use(int i)
{
    struct rkb_store *s = fix_open(fix_store_path, RKB_STORE_CREATE);
    struct rkb_run run;
    struct rkb_result r[3];
    char name[16];

    if (rkb_store_one_writer(s))
        return 77;
    snprintf(name, sizeof(name), "run%d", i);
    run = fix_run(s, name);
    for (int k = 0; k < 3; k++)
        r[k] =
            fix_result(run.id, k ? r[0].session_id : fix_session(s, run.id), k);
    fix_write(s, r, 3);
    rkb_run_release(&run);
    rkb_store_close(s);
    return 0;
}

static void share_one_store(void)
{
    enum { N = 8 };
    pid_t pid[N];
    struct rkb_store *s;
    int rc = 0;

    fix_path();
    fflush(stdout);
    for (int i = 0; i < N; i++) {
        pid[i] = fork();
        if (pid[i] == 0)
            _exit(make_and_use(i));
    }
    for (int i = 0; i < N; i++)
        rc |= fix_wait(pid[i]);
    if (rc == 77) {
        fix_clean();
        SKIP("the temporary folder is on a network file system");
    }
    CHECK_EQ_INT(rc, 0);
    s = fix_open(fix_store_path, RKB_STORE_READ);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM run"), N);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM candidate_set"), 1);
    CHECK_EQ_INT(fix_number(s, "SELECT count(*) FROM query_result"), 3 * N);
    CHECK_STR(fix_text(s, "PRAGMA integrity_check"), "ok");
    rkb_store_close(s);
    fix_clean();
}

/* Several times, because what may go wrong depends on who is when where. */
static void processes_make_and_share_one_store(void)
{
    for (int round = 0; round < 10 && !tap_skip[0]; round++)
        share_one_store();
}

static void network_file_systems_are_told_from_local_ones(void)
{
    /* procfs is neither; a path that is not there is judged by its folder. */
    CHECK(!rkb_path_is_network("/proc/self/status"));
    CHECK(!rkb_path_is_network("/proc/none"));
    CHECK(!rkb_path_is_network("/none/none/none"));
}

TESTS(TEST(a_new_store_has_the_schema_and_a_write_ahead_log),
      TEST(every_column_says_what_it_is), TEST(durable_is_synchronous_full),
      TEST(the_umask_rules_the_mode_of_the_files), TEST(a_store_is_found_again),
      TEST(what_is_no_store_is_refused_and_left_alone),
      TEST(an_empty_file_becomes_a_store),
      TEST(a_newer_version_is_refused_by_its_number),
      TEST(a_store_in_an_unwritable_folder_can_be_read),
      TEST(without_wal_there_is_one_writer),
      TEST(a_store_with_a_log_can_go_without_and_back),
      TEST(a_transaction_is_undone_unless_committed),
      TEST(processes_make_and_share_one_store),
      TEST(network_file_systems_are_told_from_local_ones))
