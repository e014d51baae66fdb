/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/windows.h"

#include <assert.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void rkb_windows_init(struct rkb_windows *w, size_t first, size_t last,
                      size_t window, size_t stride)
{
    assert(first <= last && window >= 1 && stride >= 1);
    *w = (struct rkb_windows){ .first = first, .last = last };
    /* Then w - s below cannot pass the top. */
    w->window = least(window, last - first);
    w->stride = least(stride, window);
}

bool rkb_windows_next(struct rkb_windows *w)
{
    if (!w->begun) {
        w->begun = true;
        w->start = w->last - w->window;
        w->end = w->last;
        return w->end > w->start;
    }
    if (w->start == w->first)
        return false;
    w->end -= w->stride;
    w->start -= least(w->stride, w->start - w->first);
    return true;
}

size_t rkb_windows_count(size_t n, size_t window, size_t stride)
{
    size_t left;

    assert(window >= 1 && stride >= 1);
    if (n <= window)
        return n > 0;
    left = n - window;
    stride = least(stride, window);
    return 1 + left / stride + (left % stride != 0);
}
