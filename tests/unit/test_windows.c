/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/windows.h"

#include "base/err.h"
#include "tests/tap.h"

#include <stdint.h>

/* METHODS.md, Appendix A.1, the column of the schedule that skips nothing. */
static const struct row {
    size_t n, window, stride, calls, below[2], top[2];
} rows[] = {
    { 100, 20, 10, 9, { 10, 30 }, { 0, 20 } },
    { 95, 20, 10, 9, { 5, 25 }, { 0, 15 } },
    { 25, 20, 10, 2, { 5, 25 }, { 0, 15 } },
    { 20, 20, 10, 1, { 0 }, { 0, 20 } },
    { 15, 20, 10, 1, { 0 }, { 0, 15 } },
    { 10, 20, 10, 1, { 0 }, { 0, 10 } },
    { 5, 20, 10, 1, { 0 }, { 0, 5 } },
    { 30, 20, 15, 2, { 10, 30 }, { 0, 15 } },
    { 100, 10, 5, 19, { 5, 15 }, { 0, 10 } },
    { 100, 20, 20, 5, { 20, 40 }, { 0, 20 } },
    { 100, 100, 50, 1, { 0 }, { 0, 100 } },
};

static void schedules_are_those_of_the_reference(void)
{
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const struct row *r = &rows[i];
        size_t start[128], end[128], n = 0;
        struct rkb_windows w;

        rkb_windows_init(&w, 0, r->n, r->window, r->stride);
        while (n < RKB_COUNT(start) && rkb_windows_next(&w)) {
            start[n] = w.start;
            end[n++] = w.end;
        }
        CHECK_EQ_INT(rkb_windows_count(r->n, r->window, r->stride), r->calls);
        if (!CHECK_EQ_INT(n, r->calls))
            continue;
        CHECK(start[n - 1] == r->top[0] && end[n - 1] == r->top[1]);
        if (n > 1)
            CHECK(start[n - 2] == r->below[0] && end[n - 2] == r->below[1]);
    }
}

/* Counts what is wrong with one schedule: [first, first + n). */
static size_t faults(size_t first, size_t n, size_t window, size_t stride)
{
    size_t bad = 0, calls = 0, lowest = first + n;
    struct rkb_windows w;

    rkb_windows_init(&w, first, first + n, window, stride);
    while (rkb_windows_next(&w) && calls++ <= n) {
        bad += w.end <= w.start || w.end - w.start > window;
        bad += calls == 1 ? w.end != first + n : w.end < lowest;
        bad += calls > 1 && stride < window && w.end == lowest;
        bad += calls > 1 && w.start >= lowest;
        lowest = w.start;
    }
    bad += lowest != first;
    bad += calls != rkb_windows_count(n, window, stride);
    bad += rkb_windows_next(&w);
    return bad;
}

static void every_candidate_is_in_a_window_and_windows_overlap(void)
{
    size_t bad = 0;

    for (size_t n = 0; n <= 64; n++)
        for (size_t window = 1; window <= 24; window++)
            for (size_t stride = 1; stride <= window; stride++)
                bad +=
                    faults(0, n, window, stride) + faults(7, n, window, stride);
    CHECK_EQ_INT(bad, 0);
}

static void a_list_can_begin_below_the_top(void)
{
    struct rkb_windows w;

    rkb_windows_init(&w, 10, 35, 20, 10);
    CHECK(rkb_windows_next(&w) && w.start == 15 && w.end == 35);
    CHECK(rkb_windows_next(&w) && w.start == 10 && w.end == 25);
    CHECK(!rkb_windows_next(&w) && !rkb_windows_next(&w));
}

static void a_stride_above_the_window_leaves_no_gap(void)
{
    CHECK_EQ_INT(faults(0, 100, 10, 25), 0);
    CHECK_EQ_INT(rkb_windows_count(100, 10, 25), 10);
}

static void huge_settings_do_not_overflow(void)
{
    CHECK_EQ_INT(faults(3, 40, SIZE_MAX, SIZE_MAX), 0);
    CHECK_EQ_INT(rkb_windows_count(40, SIZE_MAX, SIZE_MAX), 1);
    CHECK_EQ_INT(rkb_windows_count(SIZE_MAX, 1, 1), SIZE_MAX);
}

static void an_empty_list_has_no_window(void)
{
    struct rkb_windows w;

    rkb_windows_init(&w, 4, 4, 20, 10);
    CHECK(!rkb_windows_next(&w) && !rkb_windows_next(&w));
    CHECK_EQ_INT(rkb_windows_count(0, 20, 10), 0);
}

TESTS(TEST(schedules_are_those_of_the_reference),
      TEST(every_candidate_is_in_a_window_and_windows_overlap),
      TEST(a_list_can_begin_below_the_top),
      TEST(a_stride_above_the_window_leaves_no_gap),
      TEST(huge_settings_do_not_overflow), TEST(an_empty_list_has_no_window))
