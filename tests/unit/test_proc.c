/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/proc.h"

#include "base/buf.h"
#include "base/clock.h"
#include "tests/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

static struct rkb_proc *start(const char *script, size_t line_bytes)
{
    const char *const argv[] = { "sh", "-c", script, NULL };
    struct rkb_proc *p = NULL;
    struct rkb_err err = { 0 };

    rkb_stop_survive_writes();
    if (!CHECK_EQ_INT(rkb_proc_open(&p, argv, line_bytes, &err), RKB_OK))
        printf("# %s\n", err.msg);
    return p;
}

static void pump(struct rkb_proc *p)
{
    struct pollfd fds[RKB_PROC_FDS];

    rkb_proc_watch(p, fds);
    poll(fds, RKB_PROC_FDS, 10000);
    rkb_proc_step(p);
}

/* All lines until its end, each with a bar. */
static void read_all(struct rkb_proc *p, struct rkb_buf *out)
{
    rkb_sv line;

    do {
        pump(p);
        while (rkb_proc_line(p, &line)) {
            rkb_buf_sv(out, line);
            rkb_buf_char(out, '|');
        }
    } while (rkb_proc_ended(p) == RKB_PROC_RUNS);
    rkb_proc_settle(p, rkb_clock_now() + (int64_t)10e9);
}

static void finish(struct rkb_proc *p, int64_t grace_ns)
{
    rkb_proc_close(p, grace_ns, NULL);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

/* ---- words ------------------------------------------------------------- */

static void a_command_is_split_into_words(void)
{
    static const char *const rows[][2] = {
        { "python3 a.py", "python3|a.py|" },
        { "  a \t b\n ", "a|b|" },
        { "a 'b c' \"d 'e'\" f'g'\"h\"", "a|b c|d 'e'|fgh|" },
        { "a '' \"\"", "a|||" },
        { "a \"\\\"\\\\\\n\" '\\' \\ b\\'", "a|\"\\\\n|\\| b'|" },
        { "a $HOME * ; | &", "a|$HOME|*|;|||&|" },
        { "[\"a b\", \"c\\\"\", \"\"]", "a b|c\"||" },
        { "1 2 3 4 5 6 7 8 9", "1|2|3|4|5|6|7|8|9|" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_arena arena = { 0 };
        struct rkb_buf got = { 0 };
        const char *const *argv;
        struct rkb_err err;

        CHECK_EQ_INT(rkb_proc_words(&arena, rkb_sv_of(rows[i][0]), &argv, &err),
                     RKB_OK);
        for (; *argv; argv++) {
            rkb_buf_text(&got, *argv);
            rkb_buf_char(&got, '|');
        }
        CHECK_STR(got.at, rows[i][1]);
        rkb_buf_release(&got);
        rkb_arena_release(&arena);
    }
}

static void a_bad_command_is_refused(void)
{
    static const char *const rows[][2] = {
        { "", "command names no program" },
        { " ", "command names no program" },
        { "''", "command names no program" },
        { "[]", "command names no program" },
        { "a 'b", "command: the quote at column 3 has no end" },
        { "a \"b\\\"", "command: the quote at column 3 has no end" },
        { "a\\", "command ends with a backslash" },
        { "[\"a\", 1]", "command: word 2 is not a string" },
        { "[\"a\", \"\\u0000\"]", "command: word 2 has a NUL" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_arena arena = { 0 };
        const char *const *argv;
        struct rkb_err err;

        CHECK_EQ_INT(rkb_proc_words(&arena, rkb_sv_of(rows[i][0]), &argv, &err),
                     RKB_E_USAGE);
        CHECK(strcmp(err.msg, rows[i][1]) == 0);
        rkb_arena_release(&arena);
    }
}

/* ---- talk -------------------------------------------------------------- */

/* More than a pipe holds, both ways at once. */
static void what_is_sent_comes_back(void)
{
    enum { N = 200 };
    struct rkb_proc *p = start("cat", 0);
    struct rkb_buf line = { 0 };
    rkb_sv got;
    int n = 0;

    if (!p)
        return;
    for (int i = 0; i < 10000; i++)
        rkb_buf_text(&line, "x");
    rkb_buf_text(&line, "\n");
    for (int i = 0; i < N; i++)
        rkb_proc_send(p, rkb_buf_view(&line));
    while (n < N && rkb_proc_ended(p) == RKB_PROC_RUNS) {
        pump(p);
        for (; rkb_proc_line(p, &got); n++)
            CHECK_EQ_INT(got.len, 10000);
    }
    CHECK_EQ_INT(n, N);
    rkb_buf_release(&line);
    finish(p, (int64_t)10e9);
}

static void lines_come_without_their_ends(void)
{
    struct rkb_proc *p = start("printf 'a\\r\\n\\nb\\nlast'", 0);
    struct rkb_buf got = { 0 };
    char status[80];

    if (!p)
        return;
    read_all(p, &got);
    CHECK_STR(got.at, "a||b|last|");
    rkb_proc_status(p, status, sizeof(status));
    CHECK_STR(status, "ended with exit code 0");
    rkb_buf_release(&got);
    finish(p, 0);
}

static void a_line_has_a_limit(void)
{
    static const struct {
        const char *script, *lines;
        enum rkb_proc_end end;
    } rows[] = {
        { "echo 12345678; echo 9", "12345678|9|", RKB_PROC_CLOSED },
        { "echo 1; echo 123456789; echo 2", "1|", RKB_PROC_TOO_LONG },
        { "echo 1; printf 123456789", "1|", RKB_PROC_TOO_LONG },
        { "echo 1; yes | tr -d '\\n'", "1|", RKB_PROC_TOO_LONG },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_proc *p = start(rows[i].script, 8);
        struct rkb_buf got = { 0 };
        rkb_sv line;

        if (!p)
            return;
        do {
            pump(p);
            while (rkb_proc_line(p, &line)) {
                rkb_buf_sv(&got, line);
                rkb_buf_char(&got, '|');
            }
        } while (rkb_proc_ended(p) == RKB_PROC_RUNS);
        CHECK_EQ_INT(rkb_proc_ended(p), rows[i].end);
        CHECK_STR(got.at, rows[i].lines);
        rkb_buf_release(&got);
        finish(p, 0);
    }
}

static void the_last_line_of_stderr_is_kept(void)
{
    struct rkb_proc *p =
        start("seq 100000 >&2; echo ' the end ' >&2; echo >&2", 0);
    struct rkb_buf got = { 0 };
    rkb_sv line;

    if (!p)
        return;
    read_all(p, &got);
    line = rkb_proc_stderr_line(p, 0);
    CHECK(rkb_sv_is(line, "the end"));
    CHECK_EQ_INT(rkb_proc_stderr_bytes(p), 588895 + 11);
    CHECK(rkb_sv_is(rkb_proc_stderr_line(p, 588895 + 4), "end"));
    CHECK_EQ_INT(rkb_proc_stderr_line(p, 588895 + 10).len, 0);
    rkb_buf_release(&got);
    finish(p, 0);
}

static void the_exit_is_put_in_words(void)
{
    static const char *const rows[][2] = {
        { "exit 3", "ended with exit code 3" },
        { "kill -9 $$", "was killed by signal 9 (SIGKILL)" },
        { "kill -11 $$", "was killed by signal 11 (SIGSEGV)" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_proc *p = start(rows[i][0], 0);
        struct rkb_buf got = { 0 };
        char status[80];

        if (!p)
            return;
        read_all(p, &got);
        rkb_proc_status(p, status, sizeof(status));
        CHECK_STR(status, rows[i][1]);
        rkb_buf_release(&got);
        finish(p, 0);
    }
}

/* A worker of a dead program may hold its pipes for ever. */
static void the_end_is_seen_while_others_hold_the_pipe(void)
{
    struct rkb_proc *p = start("sleep 1000 & echo x; exit 5", 0);
    struct rkb_buf got = { 0 };
    char status[80];

    if (!p)
        return;
    read_all(p, &got);
    CHECK_STR(got.at, "x|");
    rkb_proc_status(p, status, sizeof(status));
    CHECK_STR(status, "ended with exit code 5");
    rkb_buf_release(&got);
    finish(p, 0);
}

/* ---- surroundings ------------------------------------------------------ */

static void blocked_and_ignored_signals_do_not_reach_the_child(void)
{
    sigset_t set, before;
    struct rkb_proc *p;
    struct rkb_buf got = { 0 };

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    p = start("grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t '", 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!p)
        return;
    read_all(p, &got);
    /* Signals 32 and 33 are the C library's own. */
    CHECK(rkb_sv_starts(rkb_buf_view(&got), "SigBlk:0000000000000000|"));
    CHECK(rkb_sv_ends(rkb_buf_view(&got), "0000000|"));
    rkb_buf_release(&got);
    finish(p, 0);
}

/* Whatever is closed here, the child has its three pipes and none of ours; how
 * many it inherits besides, another way of starting it tells. */
static void the_child_has_its_pipes_and_none_of_ours(void)
{
    const char *count = "ls /proc/self/fd | wc -l; test -p /dev/stdin && "
                        "test -p /dev/stdout && test -p /dev/stderr && echo p";
    FILE *other = popen(count, "r");
    int kept = fcntl(0, F_DUPFD_CLOEXEC, 10);
    struct rkb_buf got = { 0 };
    char want[64] = "";
    struct rkb_proc *p;

    if (!CHECK(other && fgets(want, 32, other)))
        return;
    pclose(other);
    close(0);
    p = start(count, 0);
    dup2(kept, 0);
    close(kept);
    if (!p)
        return;
    read_all(p, &got);
    snprintf(strchr(want, '\n'), 8, "|p|");
    CHECK_STR(got.at, want);
    rkb_buf_release(&got);
    finish(p, 0);
}

static void a_child_that_heeds_the_end_of_stdin_ends_by_itself(void)
{
    struct rkb_proc *p = start("trap '' TERM; cat; echo bye", 0);

    if (p)
        finish(p, (int64_t)3600e9);
}

static void a_child_that_leaves_the_group_is_ended_too(void)
{
    const char *const argv[] = { "setsid", "sleep", "1000", NULL };
    struct rkb_err err = { 0 };
    struct rkb_proc *p;

    if (access("/usr/bin/setsid", X_OK))
        SKIP("no setsid");
    if (CHECK_EQ_INT(rkb_proc_open(&p, argv, 0, &err), RKB_OK))
        finish(p, 0);
}

/* ---- to the end --------------------------------------------------------- */

static enum rkb_status output(struct rkb_arena *a, const char *script,
                              int64_t wait_ns, rkb_sv *out, struct rkb_err *err)
{
    const char *const argv[] = { "sh", "-c", script, NULL };

    rkb_stop_survive_writes();
    return rkb_proc_output(a, argv, 100, rkb_clock_now() + wait_ns, out, err);
}

static void what_a_program_prints_is_given_when_it_went_well(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv out = { 0 };

    CHECK_EQ_INT(
        output(&a, "cat; echo one; printf two", (int64_t)10e9, &out, &err),
        RKB_OK);
    CHECK(rkb_sv_is(out, "one\ntwo\n"));
    CHECK_EQ_INT(output(&a, "echo no >&2; exit 3", (int64_t)10e9, &out, &err),
                 RKB_E_IO);
    CHECK(strcmp(err.msg, "'sh' ended with exit code 3: no") == 0);
    CHECK_EQ_INT(output(&a, "sleep 100", (int64_t)5e7, &out, &err), RKB_E_IO);
    CHECK(strcmp(err.msg, "'sh' does not end") == 0);
    CHECK_EQ_INT(output(&a, "yes", (int64_t)5e7, &out, &err), RKB_E_IO);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
    rkb_arena_release(&a);
}

TESTS(TEST(a_command_is_split_into_words), TEST(a_bad_command_is_refused),
      TEST(what_is_sent_comes_back), TEST(lines_come_without_their_ends),
      TEST(a_line_has_a_limit), TEST(the_last_line_of_stderr_is_kept),
      TEST(the_exit_is_put_in_words),
      TEST(the_end_is_seen_while_others_hold_the_pipe),
      TEST(blocked_and_ignored_signals_do_not_reach_the_child),
      TEST(the_child_has_its_pipes_and_none_of_ours),
      TEST(a_child_that_heeds_the_end_of_stdin_ends_by_itself),
      TEST(a_child_that_leaves_the_group_is_ended_too),
      TEST(what_a_program_prints_is_given_when_it_went_well))
