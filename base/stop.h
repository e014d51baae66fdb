/* SPDX-License-Identifier: Apache-2.0 */
/* The cancel flag. SIGINT and SIGTERM are blocked in every thread and waited
 * for in one; the first asks for a stop (new work is not begun, work under
 * way gets a grace), the second aborts it. */
#ifndef RKB_BASE_STOP_H
#define RKB_BASE_STOP_H

#include <stdbool.h>
#include <stdint.h>

struct rkb_stop;

/* Starts the waiting thread; once per process, before other threads. */
struct rkb_stop *rkb_stop_open(void);
void rkb_stop_close(struct rkb_stop *s); /* restores the signal mask */

/* A flag without signals, for tests and nested work. */
struct rkb_stop *rkb_stop_new(void);

/* 0 running, 1 stop asked for, 2 abort. NULL is never stopped. */
int rkb_stop_level(const struct rkb_stop *s);
void rkb_stop_request(struct rkb_stop *s); /* one level up; thread-safe */
/* Becomes readable when a stop is asked for and stays so: for poll(). */
int rkb_stop_fd(const struct rkb_stop *s);
/* Sleeps until the monotonic time or the next request; true if stopped. */
bool rkb_stop_sleep(const struct rkb_stop *s, int64_t until_ns);

#endif
