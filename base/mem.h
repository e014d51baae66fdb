/* SPDX-License-Identifier: Apache-2.0 */
/* The one door to malloc. Never returns NULL: when memory is exhausted the
 * process writes one line and leaves with exit code 6 (STYLE.md section 8).
 * Callers bound outside sizes first (RKB_E_LIMIT). */
#ifndef RKB_BASE_MEM_H
#define RKB_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

/* `count` items of `size` bytes, zeroed; overflow-checked. A count of 0 gives
 * a unique pointer that may be freed. */
void *rkb_new(size_t count, size_t size);

/* Resizes to `count` items; new bytes are not zeroed. p may be NULL. */
void *rkb_resize(void *p, size_t count, size_t size);

/* Grows an array to hold at least `need` items, doubling *cap; returns the
 * array. New bytes are not zeroed. */
void *rkb_grow(void *p, size_t *cap, size_t need, size_t size);

void rkb_free(void *p);

/* n * size, or out-of-memory exit when the product overflows. */
size_t rkb_mem_product(size_t n, size_t size);

/* Writes "rerankbench: out of memory (SIZE bytes)" and _exit(6). */
void rkb_mem_exhausted(size_t bytes) __attribute__((noreturn));

/* Tests: the nth allocation from now fails (0 = never). */
void rkb_mem_fail_at(uint64_t nth);
/* Allocations so far in this process. */
uint64_t rkb_mem_count(void);

#endif
