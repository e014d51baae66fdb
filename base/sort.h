/* SPDX-License-Identifier: Apache-2.0 */
/* Stable sort (merge): equal items keep their order. */
#ifndef RKB_BASE_SORT_H
#define RKB_BASE_SORT_H

#include <stddef.h>

typedef int rkb_cmp_fn(const void *a, const void *b, void *ctx);

void rkb_sort(void *items, size_t n, size_t size, rkb_cmp_fn *cmp, void *ctx);

#endif
