/* SPDX-License-Identifier: Apache-2.0 */
/* The k best of a list where only a model can say which of a few is best: the
 * heap sort that pairwise and setwise methods share. */
#ifndef RKB_HARNESS_RERANKERS_HEAP_H
#define RKB_HARNESS_RERANKERS_HEAP_H

#include "base/arena.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define RKB_HEAP_CHILDREN 100 /* most of a node */

/* *best gets which of the n >= 2 places `at` of the order holds the best
 * candidate, 0 .. n - 1. Place 0 is the node and the others its children, so 0
 * leaves everything as it is. */
typedef enum rkb_status rkb_best_fn(void *arg, const size_t *at, size_t n,
                                    size_t *best, struct rkb_err *err);

/* Leaves the k <= n best at the front of the order, best first, and behind them
 * all others by candidate index, which is first-stage order. A node has 1 to
 * RKB_HEAP_CHILDREN children; one that is a leaf asks for nothing, and neither
 * does the heap once the k-th was taken.
 * Source: ielab/llm-rankers (heapSort of pairwise.py and setwise.py). */
enum rkb_status rkb_heap_best(struct rkb_arena *scratch, uint32_t *order,
                              size_t n, size_t k, size_t children,
                              rkb_best_fn *best, void *arg, struct rkb_err *err)
    RKB_MUST_CHECK;

void rkb_swap_places(uint32_t *order, size_t a, size_t b);

/* The head [k] in its order, then all others of n as the first stage had
 * them: what methods give that sort the best k only. */
void rkb_head_first(struct rkb_arena *scratch, uint32_t *order, size_t n,
                    const uint32_t *head, size_t k);

#endif
