/* SPDX-License-Identifier: Apache-2.0 */
/* The sliding window of listwise methods, from the bottom of a list to its top
 * (METHODS.md 2.3, the schedule that skips nothing; Appendix A.1). Only the
 * start of a window is held at the top, so the last one may be shorter. */
#ifndef RKB_HARNESS_LLM_WINDOWS_H
#define RKB_HARNESS_LLM_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

struct rkb_windows {
    size_t first, last; /* of the list: [first, last) is ranked */
    size_t window, stride;
    size_t start, end; /* the window at hand: [start, end), never empty */
    bool begun;
};

/* window and stride >= 1; a window above the list is the whole list. A stride
 * above the window would leave gaps and counts as the window: whoever takes
 * one from a user refuses it. */
void rkb_windows_init(struct rkb_windows *w, size_t first, size_t last,
                      size_t window, size_t stride);
/* The next window, false when the top was done or the list is empty; then
 * again false. */
bool rkb_windows_next(struct rkb_windows *w);
/* How many there are for n items. */
size_t rkb_windows_count(size_t n, size_t window, size_t stride);

#endif
