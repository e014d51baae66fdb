/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static rkb_clock_fn *test_clock;
static rkb_clock_skip_fn *test_skip;
static void *test_ctx;

static int64_t read_clock(clockid_t id)
{
    struct timespec t = { 0 };

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t rkb_clock_now(void)
{
    return test_clock ? test_clock(test_ctx) : read_clock(CLOCK_MONOTONIC);
}

void rkb_clock_set(rkb_clock_fn *fn, void *ctx)
{
    test_clock = fn;
    test_ctx = ctx;
    test_skip = NULL;
}

void rkb_clock_set_skip(rkb_clock_skip_fn *fn)
{
    test_skip = fn;
}

void rkb_clock_skip(int64_t until_ns)
{
    if (test_skip)
        test_skip(test_ctx, until_ns);
}

bool rkb_clock_is_real(void)
{
    return !test_clock;
}

void rkb_clock_utc(char out[32])
{
    time_t now = time(NULL);
    struct tm parts = { 0 };

    gmtime_r(&now, &parts);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

int64_t rkb_clock_utc_seconds(void)
{
    return (int64_t)time(NULL);
}

int64_t rkb_clock_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}
