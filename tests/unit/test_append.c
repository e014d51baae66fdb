/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/file.h"
#include "tests/io_fixture.h"

#include <signal.h>
#include <sys/resource.h>

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (CHECK(f != NULL)) {
        fputs(text, f);
        fclose(f);
    }
}

static void check_text(const char *path, const char *want)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err;
    rkb_sv text;

    if (CHECK_EQ_INT(rkb_file_read(&a, path, 1 << 20, &text, &err), RKB_OK))
        CHECK_STR(text.at, want);
    rkb_arena_release(&a);
}

static bool add(const char *path, const char *line)
{
    struct rkb_file_append *f;
    struct rkb_err err;
    bool ok;

    if (!CHECK_EQ_INT(rkb_file_append_open(&f, path, &err), RKB_OK))
        return false;
    ok = !rkb_file_append_add(f, rkb_sv_of(line), &err);
    rkb_file_append_close(f);
    return ok;
}

static void lines_go_behind_what_is_there(void)
{
    const char *path = fixture_path("lines");

    CHECK(add(path, "one\n"));
    CHECK(add(path, "two\n"));
    check_text(path, "one\ntwo\n");
    fixture_remove(fixture_folder);
    fixture_folder[0] = '\0';
}

static void half_a_line_at_the_end_is_cut_off(void)
{
    static const struct {
        const char *before, *after;
    } rows[] = { { "one\ntw", "one\nnew\n" },
                 { "half", "new\n" },
                 { "one\n", "one\nnew\n" },
                 { "", "new\n" } };
    const char *path = fixture_path("torn");

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        write_text(path, rows[i].before);
        CHECK(add(path, "new\n"));
        check_text(path, rows[i].after);
    }
}

static void a_long_half_line_is_cut_off_whole(void)
{
    const char *path = fixture_path("long");
    FILE *f = fopen(path, "w");

    if (!CHECK(f != NULL))
        return;
    fputs("kept\n", f);
    for (int i = 0; i < 200000; i++)
        fputc('x', f);
    fclose(f);
    CHECK(add(path, "new\n"));
    check_text(path, "kept\nnew\n");
}

static void a_folder_that_is_not_there_is_an_error(void)
{
    struct rkb_file_append *f;
    struct rkb_err err;

    CHECK_EQ_INT(rkb_file_append_open(&f, fixture_path("no/such"), &err),
                 RKB_E_IO);
    CHECK(strstr(err.msg, "no/such") != NULL);
}

/* A file-size limit stops a write in the middle, as a full disk does. */
static void a_line_that_does_not_fit_leaves_nothing_behind(void)
{
    const char *path = fixture_path("full");
    struct rlimit before, limit;
    struct rkb_file_append *f;
    struct rkb_err err;

    CHECK(add(path, "one\n"));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 8;
    setrlimit(RLIMIT_FSIZE, &limit);
    if (CHECK_EQ_INT(rkb_file_append_open(&f, path, &err), RKB_OK)) {
        CHECK_EQ_INT(rkb_file_append_add(f, rkb_sv_of("much too long\n"), &err),
                     RKB_E_IO);
        rkb_file_append_close(f);
    }
    setrlimit(RLIMIT_FSIZE, &before);
    check_text(path, "one\n");
}

static void all_is_removed(void)
{
    fixture_remove(fixture_folder);
    CHECK(access(fixture_folder, F_OK) != 0);
}

TESTS(TEST(lines_go_behind_what_is_there),
      TEST(half_a_line_at_the_end_is_cut_off),
      TEST(a_long_half_line_is_cut_off_whole),
      TEST(a_folder_that_is_not_there_is_an_error),
      TEST(a_line_that_does_not_fit_leaves_nothing_behind),
      TEST(all_is_removed))
