/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/proc.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK = 64 << 10, CHUNKS_A_STEP = 16, TAIL = 4 << 10 };

struct rkb_proc {
    pid_t pid;
    pid_t guard;               /* leads the group */
    int in, out, errors, life; /* our ends; -1 = closed */
    int pidfd; /* readable when the process ended; -1: not on this system */
    struct rkb_buf unsent;
    size_t n_sent;        /* of unsent */
    struct rkb_buf text;  /* of stdout */
    size_t next, scanned; /* start of the next line; no \n from there to here */
    size_t line_bytes;
    bool out_ended, reaped;
    int status;      /* of waitpid, -1 = taken by somebody else; once reaped */
    char tail[TAIL]; /* of stderr */
    size_t tail_len;
    uint64_t n_stderr;
    char chunk[CHUNK]; /* of a read */
};

/* ---- start ------------------------------------------------------------- */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Both ends above 2, whatever of 0 to 2 is closed in us: the child's ends are
 * copied to 0 to 2 one after another and must not be overwritten by that. */
static int make_pipe(int ends[2])
{
    int low[2];

    ends[0] = ends[1] = -1;
    if (pipe2(low, O_CLOEXEC))
        return errno;
    for (int i = 0; i < 2; i++)
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
    close(low[0]);
    close(low[1]);
    if (ends[0] >= 0 && ends[1] >= 0)
        return 0;
    close_fd(&ends[0]);
    close_fd(&ends[1]);
    return EMFILE;
}

/* Joins `group`, 0 = a new one. fds[i] becomes i, -1 = /dev/null. */
static int spawn(pid_t *pid, const char *const *argv, pid_t group,
                 const int fds[3])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t mask, defaults;
    int rc;

    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    sigdelset(&mask, SIGINT);
    sigdelset(&mask, SIGTERM);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &mask);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    posix_spawnattr_setpgroup(&attr, group);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETPGROUP);
    posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 3; i++) {
        if (fds[i] >= 0)
            posix_spawn_file_actions_adddup2(&actions, fds[i], i);
        else
            posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR,
                                             0);
    }
    /* The prototype lacks a const for history's sake. */
    rc = posix_spawnp(pid, argv[0], &actions, &attr,
                      (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return rc;
}

static const char *const guard_argv[] = {
    "/bin/sh", "-c", "trap '' INT TERM HUP; read -r x; kill -9 0", NULL
};

/* First, so that there is no moment in which the child has no guard. */
static int start_guard(struct rkb_proc *p)
{
    int ends[2], rc = make_pipe(ends);

    if (rc)
        return rc;
    rc = spawn(&p->guard, guard_argv, 0, (int[]){ ends[0], -1, -1 });
    close_fd(&ends[0]);
    p->life = ends[1];
    return rc;
}

static int start_child(struct rkb_proc *p, const char *const *argv)
{
    int in[2], out[2], errors[2], rc = make_pipe(in), made = rc == 0;

    if (!rc && !(rc = make_pipe(out)))
        made++;
    if (!rc && !(rc = make_pipe(errors)))
        made++;
    if (!rc)
        rc =
            spawn(&p->pid, argv, p->guard, (int[]){ in[0], out[1], errors[1] });
    if (made > 0) {
        close_fd(&in[0]);
        p->in = in[1];
    }
    if (made > 1) {
        close_fd(&out[1]);
        p->out = out[0];
    }
    if (made > 2) {
        close_fd(&errors[1]);
        p->errors = errors[0];
    }
    if (rc) {
        p->pid = 0;
        return rc;
    }
    fcntl(p->in, F_SETFL, O_NONBLOCK);
    fcntl(p->out, F_SETFL, O_NONBLOCK);
    fcntl(p->errors, F_SETFL, O_NONBLOCK);
#ifdef SYS_pidfd_open
    p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
    if (p->pidfd >= 0)
        fcntl(p->pidfd, F_SETFD, FD_CLOEXEC);
#endif
    return 0;
}

enum rkb_status rkb_proc_open(struct rkb_proc **out, const char *const *argv,
                              size_t line_bytes, struct rkb_err *err)
{
    struct rkb_proc *p = rkb_new(1, sizeof(*p));
    const char *what = guard_argv[0];
    int rc;

    *out = NULL;
    p->line_bytes = line_bytes ? line_bytes : RKB_PROC_LINE;
    p->in = p->out = p->errors = p->life = p->pidfd = -1;
    rc = start_guard(p);
    if (rc)
        p->guard = 0;
    if (!rc) {
        what = argv[0];
        rc = start_child(p, argv);
    }
    if (rc) {
        rkb_proc_close(p, 0, NULL);
        return rkb_fail(err, RKB_E_IO, "cannot start '%s': %s", what,
                        strerror(rc));
    }
    *out = p;
    return RKB_OK;
}

/* ---- talk -------------------------------------------------------------- */

static void flush(struct rkb_proc *p)
{
    while (p->in >= 0 && p->n_sent < p->unsent.len) {
        ssize_t n =
            write(p->in, p->unsent.at + p->n_sent, p->unsent.len - p->n_sent);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        /* It closed its stdin; what that means its stdout will tell. */
        if (n < 0)
            close_fd(&p->in);
        else
            p->n_sent += (size_t)n;
    }
    rkb_buf_reset(&p->unsent);
    p->n_sent = 0;
}

void rkb_proc_send(struct rkb_proc *p, rkb_sv bytes)
{
    if (p->in < 0)
        return;
    rkb_buf_sv(&p->unsent, bytes);
    flush(p);
}

static bool has_line(struct rkb_proc *p, size_t *len)
{
    size_t left = p->text.len - p->scanned;
    const char *end = left ? memchr(p->text.at + p->scanned, '\n', left) : NULL;

    p->scanned = end ? (size_t)(end - p->text.at) : p->text.len;
    *len = p->scanned - p->next;
    return end;
}

static void drop_taken(struct rkb_proc *p)
{
    size_t left = p->text.len - p->next;

    if (!p->next)
        return;
    memmove(p->text.at, p->text.at + p->next, left);
    p->text.len = left;
    p->scanned -= p->next;
    p->next = 0;
}

/* The bytes read, 0 at the end, -1 when there is nothing now. */
static ssize_t read_some(int *fd, char chunk[CHUNK])
{
    ssize_t n;

    if (*fd < 0)
        return 0;
    do {
        n = read(*fd, chunk, CHUNK);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return -1;
    if (n <= 0)
        close_fd(fd);
    return n > 0 ? n : 0;
}

/* Stops at a line, so that what is kept stays within the limit. */
static void read_out(struct rkb_proc *p)
{
    size_t len;

    drop_taken(p);
    for (int i = 0; i < CHUNKS_A_STEP && !p->out_ended; i++) {
        ssize_t n;

        if (has_line(p, &len) || len > p->line_bytes)
            return;
        n = read_some(&p->out, p->chunk);
        if (n < 0) {
            /* Others may hold the pipe open when the process is gone. */
            p->out_ended = p->reaped;
            return;
        }
        if (n == 0)
            p->out_ended = true;
        rkb_buf_add(&p->text, p->chunk, (size_t)n);
    }
}

static void read_errors(struct rkb_proc *p)
{
    for (int i = 0; i < CHUNKS_A_STEP; i++) {
        ssize_t n = read_some(&p->errors, p->chunk);
        size_t take = n > TAIL ? TAIL : n > 0 ? (size_t)n : 0, keep;

        if (n <= 0)
            return;
        keep = p->tail_len + take > TAIL ? TAIL - take : p->tail_len;
        memmove(p->tail, p->tail + p->tail_len - keep, keep);
        memcpy(p->tail + keep, p->chunk + n - take, take);
        p->tail_len = keep + take;
        p->n_stderr += (uint64_t)n;
    }
}

/* Where another part of the program took the status (SIGCHLD ignored), the end
 * is known and the status is not. */
static void reap(struct rkb_proc *p)
{
    pid_t got;

    if (p->reaped || !p->pid)
        return;
    do {
        got = waitpid(p->pid, &p->status, WNOHANG);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        p->status = -1;
    p->reaped = got != 0;
}

void rkb_proc_step(struct rkb_proc *p)
{
    flush(p);
    reap(p); /* first, so that what is read next is all there will be */
    read_out(p);
    read_errors(p);
}

bool rkb_proc_line(struct rkb_proc *p, rkb_sv *line)
{
    size_t len;
    bool whole = has_line(p, &len);

    if (len > p->line_bytes || (!whole && (!p->out_ended || !len)))
        return false;
    *line = (rkb_sv){ p->text.at + p->next, len };
    if (len && line->at[len - 1] == '\r')
        line->len--;
    p->next += len + whole;
    p->scanned = p->next;
    return true;
}

enum rkb_proc_end rkb_proc_ended(const struct rkb_proc *p)
{
    if (p->scanned - p->next > p->line_bytes)
        return RKB_PROC_TOO_LONG;
    return p->out_ended && p->next == p->text.len ? RKB_PROC_CLOSED
                                                  : RKB_PROC_RUNS;
}

/* ---- wait -------------------------------------------------------------- */

void rkb_proc_watch(const struct rkb_proc *p, struct pollfd fds[RKB_PROC_FDS])
{
    bool sends = p->n_sent < p->unsent.len;

    fds[0] = (struct pollfd){ .fd = p->out, .events = POLLIN };
    fds[1] = (struct pollfd){ .fd = p->errors, .events = POLLIN };
    fds[2] = (struct pollfd){ .fd = sends ? p->in : -1, .events = POLLOUT };
    fds[3] =
        (struct pollfd){ .fd = p->reaped ? -1 : p->pidfd, .events = POLLIN };
}

/* Until something happens, the time, or an abort. Without a pidfd the end of
 * the process is looked for every 20 ms. */
static void wait_for(struct rkb_proc *p, int64_t until_ns,
                     const struct rkb_stop *stop)
{
    struct pollfd fds[RKB_PROC_FDS + 1];
    int64_t left_ns = until_ns - rkb_clock_now(), slice_ns = 20000000;
    struct timespec left;

    if (p->pidfd < 0 && !p->reaped && left_ns > slice_ns)
        left_ns = slice_ns;
    if (left_ns < 0)
        left_ns = 0;
    left = (struct timespec){ .tv_sec = (time_t)(left_ns / 1000000000),
                              .tv_nsec = (long)(left_ns % 1000000000) };
    rkb_proc_watch(p, fds);
    fds[RKB_PROC_FDS] =
        (struct pollfd){ .fd = rkb_stop_abort_fd(stop), .events = POLLIN };
    (void)!ppoll(fds, RKB_PROC_FDS + 1, &left, NULL);
    rkb_proc_step(p);
}

/* What it still prints is read and dropped: a full pipe would hold it. */
static void wait_for_end(struct rkb_proc *p, int64_t until_ns, bool drop,
                         const struct rkb_stop *stop)
{
    while (!p->reaped && rkb_stop_level(stop) < 2 &&
           rkb_clock_now() < until_ns) {
        if (drop)
            p->next = p->scanned = p->text.len;
        wait_for(p, until_ns, stop);
    }
}

void rkb_proc_settle(struct rkb_proc *p, int64_t until_ns)
{
    wait_for_end(p, until_ns, false, NULL);
    rkb_proc_step(p);
}

/* ---- end --------------------------------------------------------------- */

/* What is not yet reaped keeps its id: neither can be somebody else's. The
 * child by itself as well, in case it left the group. */
static void signal_group(const struct rkb_proc *p, int number)
{
    if (p->guard)
        kill(-p->guard, number);
    if (p->pid && !p->reaped)
        kill(p->pid, number);
}

void rkb_proc_terminate(const struct rkb_proc *p)
{
    signal_group(p, SIGTERM);
}

static void wait_long(pid_t pid)
{
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void rkb_proc_close(struct rkb_proc *p, int64_t grace_ns,
                    const struct rkb_stop *stop)
{
    if (!p)
        return;
    if (p->pid && grace_ns > 0) {
        close_fd(&p->in);
        wait_for_end(p, rkb_clock_now() + grace_ns, true, stop);
        if (!p->reaped) {
            signal_group(p, SIGTERM);
            wait_for_end(p, rkb_clock_now() + grace_ns, true, stop);
        }
    }
    signal_group(p, SIGKILL);
    if (!p->reaped)
        wait_long(p->pid);
    wait_long(p->guard);
    close_fd(&p->in);
    close_fd(&p->out);
    close_fd(&p->errors);
    close_fd(&p->life);
    close_fd(&p->pidfd);
    rkb_buf_release(&p->unsent);
    rkb_buf_release(&p->text);
    rkb_free(p);
}

/* ---- tell -------------------------------------------------------------- */

void rkb_proc_status(const struct rkb_proc *p, char *out, size_t size)
{
    if (!p->reaped) {
        snprintf(out, size, "is running");
    } else if (p->status < 0) {
        snprintf(out, size, "ended");
    } else if (WIFSIGNALED(p->status)) {
        const char *name = sigabbrev_np(WTERMSIG(p->status));

        snprintf(out, size, "was killed by signal %d%s%s%s",
                 WTERMSIG(p->status), name ? " (SIG" : "", name ? name : "",
                 name ? ")" : "");
    } else {
        snprintf(out, size, "ended with exit code %d", WEXITSTATUS(p->status));
    }
}

uint64_t rkb_proc_stderr_bytes(const struct rkb_proc *p)
{
    return p->n_stderr;
}

rkb_sv rkb_proc_stderr_line(const struct rkb_proc *p, uint64_t since)
{
    uint64_t fresh = p->n_stderr - since;
    size_t n = fresh < p->tail_len ? (size_t)fresh : p->tail_len;
    rkb_sv rest = { p->tail + p->tail_len - n, n }, line, last = { 0 };

    while (rkb_sv_split(&rest, '\n', &line)) {
        line = rkb_sv_trim(line);
        if (line.len)
            last = line;
    }
    return last;
}

bool rkb_proc_is_over(const struct rkb_proc *p)
{
    return p->reaped;
}

/* ---- to the end -------------------------------------------------------- */

static void take_lines(struct rkb_proc *p, size_t max_bytes,
                       struct rkb_buf *text)
{
    rkb_sv line;

    while (rkb_proc_line(p, &line)) {
        if (line.len >= max_bytes - text->len)
            continue;
        rkb_buf_sv(text, line);
        rkb_buf_char(text, '\n');
    }
}

enum rkb_status rkb_proc_output(struct rkb_arena *a, const char *const *argv,
                                size_t max_bytes, int64_t until_ns, rkb_sv *out,
                                struct rkb_err *err)
{
    struct rkb_proc *p;
    struct rkb_buf text = { 0 };
    char status[64];
    enum rkb_status rc = rkb_proc_open(&p, argv, max_bytes, err);

    if (rc)
        return rc;
    close_fd(&p->in);
    while (!(p->reaped && p->out_ended) && rkb_clock_now() < until_ns &&
           rkb_proc_ended(p) != RKB_PROC_TOO_LONG) {
        wait_for(p, until_ns, NULL);
        take_lines(p, max_bytes, &text);
    }
    take_lines(p, max_bytes, &text);
    rkb_proc_status(p, status, sizeof status);
    rkb_sv word = rkb_proc_stderr_line(p, 0);

    if (!p->reaped || p->status)
        rc = rkb_fail(err, RKB_E_IO, "'%s' %s%s%.*s", argv[0],
                      p->reaped ? status : "does not end", word.len ? ": " : "",
                      (int)word.len, word.at);
    else
        *out = rkb_arena_copy(a, rkb_buf_view(&text));
    rkb_proc_close(p, 0, NULL);
    rkb_buf_release(&text);
    return rc;
}
