/* SPDX-License-Identifier: Apache-2.0 */
/* A child process with three pipes. Only rkb_proc_settle and
 * rkb_proc_close wait: a caller polls what rkb_proc_watch names, then steps. The
 * child and all it starts form a process group that ends with us, however we
 * end: a guard process in the group holds a pipe from us and kills the group
 * when the pipe closes. (PR_SET_PDEATHSIG would follow the thread that
 * started the child, and spares grandchildren.) A descendant that leaves the
 * group is its own affair.
 *
 * Not thread-safe: one caller at a time, of any thread. SIGPIPE must be
 * ignored: rkb_stop_survive_writes. */
#ifndef RKB_BASE_IO_PROC_H
#define RKB_BASE_IO_PROC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/stop.h"
#include "base/sv.h"

#include <poll.h>

#define RKB_PROC_LINE ((size_t)64 << 20) /* longest line of stdout */

/* A command as words: no shell, so no variables, patterns or pipes; `sh -c
 * '...'` is a command like any other. Blanks part words; '...' holds any byte
 * but ', "..." any byte with \" and \\ for those two, and \ elsewhere takes
 * the next byte as it is. A command that starts with [ is a JSON array of
 * strings. *argv ends with NULL. RKB_E_USAGE with the column (byte, from 1) of
 * an open quote, for no words, and for NUL bytes. */
enum rkb_status rkb_proc_words(struct rkb_arena *a, rkb_sv command,
                               const char *const **argv, struct rkb_err *err)
    RKB_MUST_CHECK;

struct rkb_proc;

/* argv[0] is looked for in PATH. SIGINT and SIGTERM are not blocked, SIGPIPE
 * is not ignored in the child. line_bytes bounds a line of its stdout, 0 =
 * RKB_PROC_LINE. RKB_E_IO when it cannot be started. */
enum rkb_status rkb_proc_open(struct rkb_proc **out, const char *const *argv,
                              size_t line_bytes, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Ends it: closes stdin, after grace_ns SIGTERM to the group, after as much
 * again SIGKILL; with 0, or once an abort is asked for (stop may be NULL),
 * SIGKILL at once. Returns when it is reaped. NULL is fine. */
void rkb_proc_close(struct rkb_proc *p, int64_t grace_ns,
                    const struct rkb_stop *stop);

/* SIGTERM to the group now, for what does not heed the end of its stdin. */
void rkb_proc_terminate(const struct rkb_proc *p);

/* For its stdin; kept until it can be written. */
void rkb_proc_send(struct rkb_proc *p, rkb_sv bytes);

/* What poll() should watch now; -1 where nothing. */
enum { RKB_PROC_FDS = 4 };
void rkb_proc_watch(const struct rkb_proc *p, struct pollfd fds[RKB_PROC_FDS]);

/* Without waiting: writes what is kept, reads what has come. Take all lines
 * before the next step. */
void rkb_proc_step(struct rkb_proc *p);

/* The next whole line without its end (\n or \r\n), a view until the next step;
 * false when there is none. A last line without an end counts. */
bool rkb_proc_line(struct rkb_proc *p, rkb_sv *line);

/* No line will follow those that are there. */
enum rkb_proc_end {
    RKB_PROC_RUNS,
    RKB_PROC_CLOSED,  /* it closed its stdout, or ended */
    RKB_PROC_TOO_LONG /* a line over the limit          */
};
enum rkb_proc_end rkb_proc_ended(const struct rkb_proc *p);

/* Behind rkb_proc_ended: waits until the process itself has ended, at most
 * until the time, so that its status and last words are known. */
void rkb_proc_settle(struct rkb_proc *p, int64_t until_ns);

/* "is running", "ended with exit code 3", "was killed by signal 11 (SIGSEGV)" */
void rkb_proc_status(const struct rkb_proc *p, char *out, size_t size);

/* Bytes of stderr so far, and the last line that is not blank of those behind
 * the first `since` bytes; the last 4 KiB are kept. A view until the next
 * step. Empty when there is none. */
uint64_t rkb_proc_stderr_bytes(const struct rkb_proc *p);
rkb_sv rkb_proc_stderr_line(const struct rkb_proc *p, uint64_t since);

/* Runs a program to its end, without input, and gives what it printed, at most
 * max_bytes of whole lines. RKB_E_IO when it cannot be started, does not end by
 * the time, or ends with another code than 0: then with its last word. */
enum rkb_status rkb_proc_output(struct rkb_arena *a, const char *const *argv,
                                size_t max_bytes, int64_t until_ns, rkb_sv *out,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* It has ended and its status is known; as of the last step. */
bool rkb_proc_is_over(const struct rkb_proc *p);

#endif
