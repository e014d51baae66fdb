/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/clock.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"
#define REDRAW_NS 100000000

enum { MESSAGE_BYTES = 2048, LABEL_BYTES = 48 };

static atomic_int max_level = RKB_LOG_INFO;
/* A progress line may be on the screen: messages clear the line first. */
static atomic_bool line_open;

/* Guarded by `line_busy`; a caller that finds it taken skips its redraw. */
static atomic_flag line_busy = ATOMIC_FLAG_INIT;
static struct progress_line {
    char label[LABEL_BYTES];
    int64_t start_ns, drawn_ns;
    uint64_t start_done;
} line;

void rkb_log_level(enum rkb_log_level level)
{
    atomic_store(&max_level, (int)level);
}

static void write_all(const char *text, size_t n)
{
    while (n) {
        ssize_t put = write(STDERR_FILENO, text, n);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return;
        text += put;
        n -= (size_t)put;
    }
}

void rkb_log(enum rkb_log_level level, const char *fmt, ...)
{
    static const char *const names[] = {
        [RKB_LOG_ERROR] = "error: ",
        [RKB_LOG_WARN] = "warning: ",
        [RKB_LOG_INFO] = "",
        [RKB_LOG_DEBUG] = "debug: ",
    };
    char text[MESSAGE_BYTES];
    char whole[MESSAGE_BYTES + 64];
    va_list args;
    int n;

    if ((int)level > atomic_load(&max_level))
        return;
    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    rkb_printable(text, n >= (int)sizeof(text));
    n = snprintf(whole, sizeof(whole), "%srerankbench: %s%s\n",
                 atomic_load(&line_open) ? CLEAR_LINE : "", names[level], text);
    write_all(whole, (size_t)n);
}

static void format_left(char *out, size_t size, double seconds)
{
    if (seconds < 100)
        snprintf(out, size, "  %.0f s left", seconds);
    else if (seconds < 6000)
        snprintf(out, size, "  %.0f min left", seconds / 60);
    else
        snprintf(out, size, "  %.0f h left", seconds / 3600);
}

/* LLMs take longer than a second for one, and 0.0/s would tell nothing. */
static void format_rate(char *out, size_t size, double done, double seconds)
{
    if (done >= seconds)
        snprintf(out, size, "  %.1f/s", done / seconds);
    else
        snprintf(out, size, "  %.1f s each", seconds / done);
}

static void draw(uint64_t done, uint64_t total, int64_t now_ns)
{
    double seconds = (double)(now_ns - line.start_ns) / 1e9;
    double fresh = (double)(done - line.start_done);
    char rate[32] = "", left[32] = "", text[256];
    int n;

    if (seconds > 0 && fresh > 0) {
        format_rate(rate, sizeof(rate), fresh, seconds);
        if (done < total)
            format_left(left, sizeof(left),
                        (double)(total - done) * seconds / fresh);
    }
    n = snprintf(text, sizeof(text), "%s%s  %ju/%ju%s%s%s", CLEAR_LINE,
                 line.label, (uintmax_t)done, (uintmax_t)total, rate, left,
                 done < total ? "" : "\n");
    write_all(text, (size_t)n);
}

static void update(const char *what, uint64_t done, uint64_t total)
{
    char label[LABEL_BYTES];
    int64_t now_ns = rkb_clock_now();
    int n = snprintf(label, sizeof(label), "%s", what);

    rkb_printable(label, n >= (int)sizeof(label));
    if (strcmp(label, line.label) != 0 || done < line.start_done) {
        line = (struct progress_line){
            .start_ns = now_ns,
            .start_done = done,
            .drawn_ns = now_ns - REDRAW_NS,
        };
        memcpy(line.label, label, sizeof(label));
    }
    if (done < total && now_ns - line.drawn_ns < REDRAW_NS)
        return;
    line.drawn_ns = now_ns;
    atomic_store(&line_open, true);
    draw(done, total, now_ns);
    if (done >= total) {
        atomic_store(&line_open, false);
        line.label[0] = '\0';
    }
}

void rkb_log_progress(const char *what, uint64_t done, uint64_t total)
{
    if (atomic_load(&max_level) < RKB_LOG_INFO || !isatty(STDERR_FILENO))
        return;
    while (
        atomic_flag_test_and_set_explicit(&line_busy, memory_order_acquire)) {
        if (done < total)
            return;
        sched_yield();
    }
    update(what, done, total);
    atomic_flag_clear_explicit(&line_busy, memory_order_release);
}
