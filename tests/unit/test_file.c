/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/file.h"

#include "tests/io_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

static void check_content(const char *path, const char *want)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv text = { 0 };

    CHECK_EQ_INT(rkb_file_read(&a, path, 1 << 20, &text, &err), RKB_OK);
    CHECK_STR(text.at, want);
    rkb_arena_release(&a);
}

/* No PATH.tmp.PID is left. */
static bool no_temp(const char *path)
{
    char temp[600];

    snprintf(temp, sizeof(temp), "%s.tmp.%ld", path, (long)getpid());
    return access(temp, F_OK) != 0;
}

static void a_file_is_read_whole(void)
{
    struct bytes gz = gzip_bytes("packed", 6);

    check_content(fixture_text("a", "text\n"), "text\n");
    check_content(fixture_text("e", ""), "");
    check_content(fixture_file("p.gz", gz.at, gz.len), "packed");
    rkb_free(gz.at);
}

static void a_larger_file_is_refused(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const char *path = fixture_text("big", "0123456789");
    rkb_sv text = { 0 };

    CHECK_EQ_INT(rkb_file_read(&a, path, 10, &text, &err), RKB_OK);
    CHECK_EQ_INT(rkb_file_read(&a, path, 9, &text, &err), RKB_E_LIMIT);
    CHECK(strstr(err.msg, "big' is larger than 9 bytes") != NULL);
    CHECK_EQ_INT(rkb_file_read(&a, "/no/such", 9, &text, &err), RKB_E_IO);
    rkb_arena_release(&a);
}

static void writing_replaces_the_file(void)
{
    struct rkb_err err = { 0 };
    const char *path = fixture_text("out", "old");

    CHECK_EQ_INT(rkb_file_write(path, rkb_sv_of("new text"), &err), RKB_OK);
    check_content(path, "new text");
    CHECK(no_temp(path));
    CHECK_EQ_INT(rkb_file_write(path, (rkb_sv){ 0 }, &err), RKB_OK);
    check_content(path, "");
}

static void without_commit_the_old_file_stays(void)
{
    struct rkb_file_out f = { 0 };
    struct rkb_err err = { 0 };
    const char *path = fixture_text("kept", "old");

    rkb_file_out_close(&f);
    CHECK_EQ_INT(rkb_file_out_open(&f, path, &err), RKB_OK);
    rkb_file_out_add(&f, rkb_sv_of("new"));
    CHECK(!no_temp(path));
    rkb_file_out_close(&f);
    CHECK(no_temp(path));
    check_content(path, "old");
    rkb_file_out_close(&f);
}

static void pieces_of_any_size_arrive_in_order(void)
{
    struct rkb_file_out f = { 0 };
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const char *path = fixture_path("pieces");
    char *piece = rkb_new(600000, 1);
    size_t total = 0;
    rkb_sv text = { 0 };
    bool same = true;

    for (size_t i = 0; i < 600000; i++)
        piece[i] = (char)('a' + i % 26);
    CHECK_EQ_INT(rkb_file_out_open(&f, path, &err), RKB_OK);
    for (size_t n = 0; n < 600000; n = 3 * n + 1) {
        rkb_file_out_add(&f, (rkb_sv){ piece, n });
        total += n;
    }
    CHECK_EQ_INT(rkb_file_out_commit(&f, &err), RKB_OK);
    rkb_file_out_close(&f);
    CHECK_EQ_INT(rkb_file_read(&a, path, 1 << 22, &text, &err), RKB_OK);
    CHECK_EQ_INT(text.len, total);
    for (size_t n = 0, at = 0; n < 600000; at += n, n = 3 * n + 1)
        same = same && memcmp(text.at + at, piece, n) == 0;
    CHECK(same);
    rkb_arena_release(&a);
    rkb_free(piece);
}

static void a_device_or_a_link_stays_what_it_is(void)
{
    struct rkb_err err = { 0 };
    struct stat st;
    const char *target = fixture_text("target", "old");
    const char *link = fixture_path("link");

    CHECK_EQ_INT(rkb_file_write("/dev/null", rkb_sv_of("x"), &err), RKB_OK);
    CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode));
    CHECK(symlink("target", link) == 0);
    CHECK_EQ_INT(rkb_file_write(link, rkb_sv_of("new"), &err), RKB_OK);
    CHECK(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    check_content(target, "new");
}

static void what_cannot_be_written_is_named(void)
{
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_file_write("/no/such/x", rkb_sv_of("x"), &err), RKB_E_IO);
    CHECK_STR(err.msg, "cannot write '/no/such/x': No such file or directory");
    mkdir(fixture_path("d"), 0755);
    CHECK_EQ_INT(rkb_file_write(fixture_path("d"), rkb_sv_of("x"), &err),
                 RKB_E_IO);
    CHECK(strstr(err.msg, "it is a folder") != NULL);
}

static void a_full_device_is_reported(void)
{
    struct rkb_err err = { 0 };

    if (access("/dev/full", W_OK) != 0)
        SKIP("no /dev/full here");
    CHECK_EQ_INT(rkb_file_write("/dev/full", rkb_sv_of("x"), &err), RKB_E_IO);
    CHECK_STR(err.msg, "cannot write '/dev/full': No space left on device");
}

static void a_file_over_the_size_limit_leaves_nothing(void)
{
    struct rlimit old, small;
    struct rkb_err err = { 0 };
    const char *path = fixture_text("limited", "old");
    char *text = rkb_new(300000, 1);
    enum rkb_status rc;

    signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0);
    small = old;
    small.rlim_cur = 100000;
    fflush(stdout);
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    rc = rkb_file_write(path, (rkb_sv){ text, 300000 }, &err);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_DFL);
    CHECK_EQ_INT(rc, RKB_E_IO);
    CHECK(strstr(err.msg, "limited': File too large") != NULL);
    CHECK(no_temp(path));
    check_content(path, "old");
    rkb_free(text);
}

static void paths_are_joined_and_expanded(void)
{
    struct rkb_arena a = { 0 };
    char *home = getenv("HOME");
    char want[600];

    CHECK_STR(rkb_path_join(&a, "a", "b"), "a/b");
    CHECK_STR(rkb_path_join(&a, "a/", "b"), "a/b");
    CHECK_STR(rkb_path_join(&a, "", "b"), "b");
    CHECK_STR(rkb_path_join(&a, "a", "/b"), "/b");
    CHECK_STR(rkb_path_home(&a, "x/~"), "x/~");
    CHECK_STR(rkb_path_home(&a, "~other/x"), "~other/x");
    if (home) {
        snprintf(want, sizeof(want), "%s/x", home);
        CHECK_STR(rkb_path_home(&a, "~/x"), want);
        CHECK_STR(rkb_path_home(&a, "~"), home);
    }
    CHECK(rkb_file_exists("/") && rkb_file_is_folder("/"));
    CHECK(!rkb_file_exists("/no/such") && !rkb_file_is_folder("/no/such"));
    CHECK(!rkb_file_is_folder(fixture_text("f", "")));
    rkb_arena_release(&a);
}

static void any_bytes_are_read_in_any_order(void)
{
    struct rkb_file_in f = { 0 }, memory = { .at = "0123456789", .size = 10 };
    struct rkb_err err = { 0 };
    char got[4] = "";

    rkb_file_in_close(&f);
    CHECK_EQ_INT(rkb_file_in_open(&f, fixture_text("f", "0123456789"), &err),
                 RKB_OK);
    CHECK_EQ_INT(f.size, 10);
    for (size_t i = 0; i < 2; i++) {
        const struct rkb_file_in *in = i ? &memory : &f;

        CHECK_EQ_INT(rkb_file_in_read(in, 7, got, 3, &err), RKB_OK);
        CHECK_STR(got, "789");
        CHECK_EQ_INT(rkb_file_in_read(in, 0, got, 3, &err), RKB_OK);
        CHECK_STR(got, "012");
        CHECK_EQ_INT(rkb_file_in_read(in, 10, got, 0, &err), RKB_OK);
        CHECK_EQ_INT(rkb_file_in_read(in, 8, got, 3, &err), RKB_E_DATA);
        CHECK_EQ_INT(rkb_file_in_read(in, UINT64_MAX, got, 3, &err),
                     RKB_E_DATA);
    }
    rkb_file_in_close(&f);
    CHECK_EQ_INT(rkb_file_in_open(&f, "/dev/null", &err), RKB_E_IO);
    rkb_file_in_close(&f);
    CHECK_EQ_INT(rkb_file_in_open(&f, fixture_path("none"), &err), RKB_E_IO);
    rkb_file_in_close(&f);
}

static void clean_up(void)
{
    fixture_done();
}

TESTS(TEST(a_file_is_read_whole), TEST(a_larger_file_is_refused),
      TEST(writing_replaces_the_file), TEST(without_commit_the_old_file_stays),
      TEST(pieces_of_any_size_arrive_in_order),
      TEST(a_device_or_a_link_stays_what_it_is),
      TEST(what_cannot_be_written_is_named), TEST(a_full_device_is_reported),
      TEST(a_file_over_the_size_limit_leaves_nothing),
      TEST(paths_are_joined_and_expanded),
      TEST(any_bytes_are_read_in_any_order), TEST(clean_up))
