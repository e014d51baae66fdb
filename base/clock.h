/* SPDX-License-Identifier: Apache-2.0 */
/* Monotonic time for durations, UTC for the record. */
#ifndef RKB_BASE_CLOCK_H
#define RKB_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC, or of the test's clock. */
int64_t rkb_clock_now(void);
typedef int64_t rkb_clock_fn(void *ctx);
/* NULL: the real one. Set while no other thread runs; `fn` is called from any
 * thread. */
void rkb_clock_set(rkb_clock_fn *fn, void *ctx);
/* False under a test's clock: then nothing that waits for a time waits. */
bool rkb_clock_is_real(void);
/* What rkb_stop_sleep does under a test's clock: told until when, the test may
 * move its clock on. NULL: nothing. Goes with the clock's ctx, and with it. */
typedef void rkb_clock_skip_fn(void *ctx, int64_t until_ns);
void rkb_clock_set_skip(rkb_clock_skip_fn *fn);
void rkb_clock_skip(int64_t until_ns);

/* "2026-01-31T23:59:59Z" */
void rkb_clock_utc(char out[32]);

/* Seconds since 1970, for dates that others send. */
int64_t rkb_clock_utc_seconds(void);

/* CPU time of the whole process in ns. */
int64_t rkb_clock_cpu(void);

#endif
