/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/clock.h"
#include "base/par.h"
#include "base/sv.h"
#include "tests/tap.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

/* Stderr is `to` between begin and end; end reads what came out of `from`. */
struct capture {
    int from, to, saved;
    char text[65536];
    size_t len;
};

static void redirect(struct capture *c)
{
    fcntl(c->from, F_SETFL, O_NONBLOCK);
    c->saved = dup(STDERR_FILENO);
    dup2(c->to, STDERR_FILENO);
}

static bool begin_pipe(struct capture *c)
{
    int ends[2];

    if (!CHECK(pipe(ends) == 0))
        return false;
    c->from = ends[0];
    c->to = ends[1];
    redirect(c);
    return true;
}

static bool begin_terminal(struct capture *c)
{
    struct termios raw;

    c->from = posix_openpt(O_RDWR | O_NOCTTY);
    if (c->from < 0 || grantpt(c->from) || unlockpt(c->from))
        return false;
    c->to = open(ptsname(c->from), O_RDWR | O_NOCTTY);
    if (c->to < 0 || tcgetattr(c->to, &raw))
        return false;
    cfmakeraw(&raw);
    tcsetattr(c->to, TCSANOW, &raw);
    redirect(c);
    return true;
}

/* What was written since begin or the last call. */
static const char *captured(struct capture *c)
{
    ssize_t n;

    c->len = 0;
    while ((n = read(c->from, c->text + c->len, sizeof(c->text) - 1 - c->len)) >
           0)
        c->len += (size_t)n;
    c->text[c->len] = '\0';
    return c->text;
}

static void end(struct capture *c)
{
    dup2(c->saved, STDERR_FILENO);
    close(c->saved);
    close(c->from);
    close(c->to);
    rkb_log_level(RKB_LOG_INFO);
}

static void each_level_has_its_word_and_can_be_silenced(void)
{
    static const struct {
        enum rkb_log_level max;
        const char *out;
    } rows[] = {
        { RKB_LOG_ERROR, "rerankbench: error: 0\n" },
        { RKB_LOG_WARN, "rerankbench: error: 0\nrerankbench: warning: 1\n" },
        { RKB_LOG_INFO, "rerankbench: error: 0\nrerankbench: warning: 1\n"
                        "rerankbench: 2\n" },
        { RKB_LOG_DEBUG, "rerankbench: error: 0\nrerankbench: warning: 1\n"
                         "rerankbench: 2\nrerankbench: debug: 3\n" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct capture c;

        if (!begin_pipe(&c))
            return;
        rkb_log_level(rows[i].max);
        for (int level = RKB_LOG_ERROR; level <= RKB_LOG_DEBUG; level++)
            rkb_log((enum rkb_log_level)level, "%d", level);
        CHECK_STR(captured(&c), rows[i].out);
        end(&c);
    }
}

static void outside_bytes_cannot_steer_a_terminal(void)
{
    struct capture c;

    if (!begin_pipe(&c))
        return;
    rkb_log(RKB_LOG_WARN, "bad id '%s'", "\x1b]0;x\a\n\xC3\xA4\xFF");
    CHECK_STR(captured(&c),
              "rerankbench: warning: bad id '?]0;x??\xC3\xA4?'\n");
    end(&c);
}

static void a_long_message_is_cut_and_ends_its_line(void)
{
    struct capture c;
    char text[5000];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    if (!begin_pipe(&c))
        return;
    rkb_log(RKB_LOG_ERROR, "%s", text);
    rkb_log(RKB_LOG_ERROR, "next");
    captured(&c);
    CHECK(c.len > 2000 && c.len < 3000);
    CHECK(strstr(c.text, "xxx\nrerankbench: error: next\n") != NULL);
    end(&c);
}

static void log_some(void *arg)
{
    for (int i = 0; i < 100; i++)
        rkb_log(RKB_LOG_INFO, "%s", (const char *)arg);
}

static void messages_of_threads_do_not_mix(void)
{
    static char aa[] = "aaaaaaaaaaaaaaaaaaaa", bb[] = "bbbbbbbbbbbbbbbbbbbb";
    rkb_sv rest, line;
    struct capture c;
    struct rkb_thread *t[2];
    int n_lines = 0, n_mixed = 0;

    if (!begin_pipe(&c))
        return;
    t[0] = rkb_thread_start(log_some, aa);
    t[1] = rkb_thread_start(log_some, bb);
    rkb_thread_join(t[0]);
    rkb_thread_join(t[1]);
    rest = rkb_sv_of(captured(&c));
    while (rkb_sv_split(&rest, '\n', &line) && line.len) {
        n_lines++;
        n_mixed +=
            line.len != 33 || !(rkb_sv_ends(line, aa) || rkb_sv_ends(line, bb));
    }
    CHECK_EQ_INT(n_lines, 200);
    CHECK_EQ_INT(n_mixed, 0);
    end(&c);
}

static void progress_is_silent_without_a_terminal(void)
{
    struct capture c;

    if (!begin_pipe(&c))
        return;
    rkb_log_progress("dl19 bm25", 0, 2);
    rkb_log_progress("dl19 bm25", 2, 2);
    CHECK_STR(captured(&c), "");
    end(&c);
}

static int64_t held(void *ctx)
{
    return *(int64_t *)ctx;
}

#define SECOND INT64_C(1000000000)

static void progress_shows_rate_and_time_left(void)
{
    static const struct {
        int64_t at_ns;
        uint64_t done;
        const char *out;
    } rows[] = {
        { 5 * SECOND, 0, "\r\033[Kdl19 bm25  0/43" },
        { 5 * SECOND + SECOND / 20, 1, "" },
        { 9 * SECOND, 12, "\r\033[Kdl19 bm25  12/43  3.0/s  10 s left" },
        { 9 * SECOND + SECOND / 20, 13, "" },
        { 605 * SECOND, 20,
          "\r\033[Kdl19 bm25  20/43  30.0 s each  12 min left" },
        { 36005 * SECOND, 40,
          "\r\033[Kdl19 bm25  40/43  900.0 s each  45 min left" },
        { 36005 * SECOND + 1, 43, "\r\033[Kdl19 bm25  43/43  837.2 s each\n" },
        { 36006 * SECOND, 3, "\r\033[Kdl19 bm25  3/43" },
    };
    int64_t now_ns = 0;
    struct capture c;

    if (!begin_terminal(&c))
        SKIP("no pseudo terminal");
    rkb_clock_set(held, &now_ns);
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        now_ns = rows[i].at_ns;
        rkb_log_progress("dl19 bm25", rows[i].done, 43);
        CHECK_STR(captured(&c), rows[i].out);
    }
    rkb_log_progress("dl19 bm25", 43, 43);
    rkb_clock_set(NULL, NULL);
    end(&c);
}

static void a_message_clears_an_open_progress_line(void)
{
    struct capture c;

    if (!begin_terminal(&c))
        SKIP("no pseudo terminal");
    rkb_log(RKB_LOG_INFO, "before");
    CHECK_STR(captured(&c), "rerankbench: before\n");
    rkb_log_progress("a", 0, 2);
    captured(&c);
    rkb_log(RKB_LOG_INFO, "during");
    CHECK_STR(captured(&c), "\r\033[Krerankbench: during\n");
    rkb_log_progress("a", 2, 2);
    captured(&c);
    rkb_log(RKB_LOG_INFO, "after");
    CHECK_STR(captured(&c), "rerankbench: after\n");
    end(&c);
}

static void progress_is_silent_when_only_warnings_are_wanted(void)
{
    struct capture c;

    if (!begin_terminal(&c))
        SKIP("no pseudo terminal");
    rkb_log_level(RKB_LOG_WARN);
    rkb_log_progress("a", 2, 2);
    CHECK_STR(captured(&c), "");
    end(&c);
}

static void progress_labels_are_cut_and_cleaned(void)
{
    static const char label[] = "\x1b[2J 23456789 23456789 23456789 "
                                "23456789 23456\xC3\xA4";
    struct capture c;

    if (!begin_terminal(&c))
        SKIP("no pseudo terminal");
    rkb_log_progress(label, 1, 1);
    CHECK_STR(captured(&c), "\r\033[K?[2J 23456789 23456789 23456789 "
                            "23456789 23456  1/1\n");
    end(&c);
}

static void report_many(void *arg)
{
    for (uint64_t i = 0; i <= 200; i++)
        rkb_log_progress(arg, i, 200);
}

static void threads_may_report_at_the_same_time(void)
{
    static char label[] = "label";
    struct rkb_thread *t[3];
    struct capture c;

    if (!begin_terminal(&c))
        SKIP("no pseudo terminal");
    for (int i = 0; i < 3; i++)
        t[i] = rkb_thread_start(report_many, label);
    for (int i = 0; i < 3; i++)
        rkb_thread_join(t[i]);
    captured(&c);
    CHECK(c.len > 0 && c.text[c.len - 1] == '\n');
    CHECK(strstr(c.text, "200/200") != NULL);
    end(&c);
}

TESTS(TEST(each_level_has_its_word_and_can_be_silenced),
      TEST(outside_bytes_cannot_steer_a_terminal),
      TEST(a_long_message_is_cut_and_ends_its_line),
      TEST(messages_of_threads_do_not_mix),
      TEST(progress_is_silent_without_a_terminal),
      TEST(progress_shows_rate_and_time_left),
      TEST(a_message_clears_an_open_progress_line),
      TEST(progress_is_silent_when_only_warnings_are_wanted),
      TEST(progress_labels_are_cut_and_cleaned),
      TEST(threads_may_report_at_the_same_time))
