/* SPDX-License-Identifier: Apache-2.0 */
/* The cancel flag. SIGINT and SIGTERM are blocked in every thread and waited
 * for in one; the first asks for a stop (new work is not begun, work under
 * way gets a grace), the second aborts it. */
#ifndef RKB_BASE_STOP_H
#define RKB_BASE_STOP_H

#include <stdbool.h>
#include <stdint.h>

struct rkb_stop;

/* Starts the waiting thread; once per process, before other threads. A child
 * process inherits the blocked signals even through exec: whoever forks must
 * unblock SIGINT and SIGTERM in the child. NULL when the system refuses a
 * thread or descriptor: then signals keep their default action. */
struct rkb_stop *rkb_stop_open(void);
/* Restores the signal mask, so in the thread that opened. NULL is fine. */
void rkb_stop_close(struct rkb_stop *s);

/* A flag without signals, for tests and nested work. NULL as above. */
struct rkb_stop *rkb_stop_new(void);

/* 0 running, 1 stop asked for, 2 abort. NULL is never stopped. */
int rkb_stop_level(const struct rkb_stop *s);
/* When a stop was first asked for, of rkb_clock_now; 0: not yet. A grace counts
 * from here, so that work begun in it gets the rest of it only. */
int64_t rkb_stop_since(const struct rkb_stop *s);
void rkb_stop_request(struct rkb_stop *s); /* one level up; thread-safe */
/* Becomes readable when a stop is asked for and stays so: for poll(). Work in
 * its grace polls the second one, readable from the abort on. -1 for NULL,
 * which poll() passes over. Never read from them. */
int rkb_stop_fd(const struct rkb_stop *s);
int rkb_stop_abort_fd(const struct rkb_stop *s);
/* Sleeps until the monotonic time or a stop; true if stopped, then at once.
 * Under a test's clock it does not sleep, but see rkb_clock_set_skip. */
bool rkb_stop_sleep(const struct rkb_stop *s, int64_t until_ns);

/* A closed pipe and a full disk become errors of write(2) instead of signals
 * that end the process. Once, at the start. */
void rkb_stop_survive_writes(void);

#endif
