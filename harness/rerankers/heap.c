/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/heap.h"

#include <assert.h>

void rkb_swap_places(uint32_t *order, size_t a, size_t b)
{
    uint32_t t = order[a];

    order[a] = order[b];
    order[b] = t;
}

void rkb_head_first(struct rkb_arena *scratch, uint32_t *order, size_t n,
                    const uint32_t *head, size_t k)
{
    uint8_t *taken = rkb_arena_new(scratch, n, 1);

    for (size_t i = 0; i < k; i++) {
        order[i] = head[i];
        taken[head[i]] = 1;
    }
    for (uint32_t i = 0, next = (uint32_t)k; i < n; i++)
        if (!taken[i])
            order[next++] = i;
}

struct heap {
    uint32_t *order;
    size_t children;
    rkb_best_fn *best;
    void *arg;
};

/* The best of a node and its children to the top, and on from where it was. */
static enum rkb_status sift(const struct heap *h, size_t n, size_t root,
                            struct rkb_err *err)
{
    size_t at[RKB_HEAP_CHILDREN + 1], c = h->children;

    while (c * root + 1 < n) {
        size_t count = 0, best = 0;
        enum rkb_status rc;

        at[count++] = root;
        for (size_t i = c * root + 1; i < n && i <= c * root + c; i++)
            at[count++] = i;
        rc = h->best(h->arg, at, count, &best, err);
        if (rc || best == 0)
            return rc;
        rkb_swap_places(h->order, root, at[best]);
        root = at[best];
    }
    return RKB_OK;
}

enum rkb_status rkb_heap_best(struct rkb_arena *scratch, uint32_t *order,
                              size_t n, size_t k, size_t children,
                              rkb_best_fn *best, void *arg, struct rkb_err *err)
{
    const struct heap h = { order, children, best, arg };
    uint32_t *head = rkb_arena_new(scratch, k, sizeof *head);
    enum rkb_status rc = RKB_OK;

    assert(children >= 1 && children <= RKB_HEAP_CHILDREN && k <= n);
    for (size_t i = n / children + 1; i-- > 0 && !rc;)
        rc = sift(&h, n, i, err);
    for (size_t i = 0; i < k && n - i > 1 && !rc; i++) {
        rkb_swap_places(order, 0, n - 1 - i);
        if (i + 1 < k) /* nobody asks for the next one */
            rc = sift(&h, n - 1 - i, 0, err);
    }
    for (size_t i = 0; i < k; i++)
        head[i] = order[n - 1 - i];
    if (!rc)
        rkb_head_first(scratch, order, n, head, k);
    return rc;
}
