/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"

#include "base/mem.h"

#include <string.h>

enum { RUN_ITEMS = 8 };

struct sorter {
    size_t size;
    rkb_cmp_fn *cmp;
    void *ctx;
    char *spare; /* half of the items, at least one */
};

static void insertion(const struct sorter *s, char *items, size_t n)
{
    size_t size = s->size;

    for (size_t i = 1; i < n; i++) {
        char *item = items + i * size, *to = item;

        while (to > items && s->cmp(to - size, item, s->ctx) > 0)
            to -= size;
        if (to == item)
            continue;
        memcpy(s->spare, item, size);
        memmove(to + size, to, (size_t)(item - to));
        memcpy(to, s->spare, size);
    }
}

/* The left run waits in `spare`; on a tie the left item goes first. */
static void merge(const struct sorter *s, char *items, size_t n_left, size_t n)
{
    size_t size = s->size;
    const char *left = s->spare, *left_end = left + n_left * size;
    const char *right = items + n_left * size, *end = items + n * size;
    char *to = items;

    memcpy(s->spare, items, n_left * size);
    while (left < left_end && right < end) {
        const char **from = s->cmp(left, right, s->ctx) <= 0 ? &left : &right;

        memcpy(to, *from, size);
        *from += size;
        to += size;
    }
    memcpy(to, left, (size_t)(left_end - left));
}

static void sort_run(const struct sorter *s, char *items, size_t n)
{
    size_t half = n / 2;
    char *right = items + half * s->size;

    if (n <= RUN_ITEMS) {
        insertion(s, items, n);
        return;
    }
    sort_run(s, items, half);
    sort_run(s, right, n - half);
    if (s->cmp(right - s->size, right, s->ctx) > 0)
        merge(s, items, half, n);
}

void rkb_sort(void *items, size_t n, size_t size, rkb_cmp_fn *cmp, void *ctx)
{
    struct sorter s = { .size = size, .cmp = cmp, .ctx = ctx };

    if (n < 2)
        return;
    s.spare = rkb_resize(NULL, n / 2, size);
    sort_run(&s, items, n);
    rkb_free(s.spare);
}
