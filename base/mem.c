/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_uint_fast64_t n_allocations;
static atomic_uint_fast64_t failing_allocation; /* 0 = none */

void rkb_mem_exhausted(size_t bytes)
{
    char line[80];
    int n = snprintf(line, sizeof(line),
                     "rerankbench: out of memory (%zu bytes)\n", bytes);

    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        _exit(6);
    _exit(6);
}

void rkb_mem_fail_at(uint64_t nth)
{
    atomic_store(&failing_allocation,
                 nth ? atomic_load(&n_allocations) + nth : 0);
}

uint64_t rkb_mem_count(void)
{
    return atomic_load(&n_allocations);
}

static void count_one(size_t bytes)
{
    uint64_t nth =
        atomic_fetch_add_explicit(&n_allocations, 1, memory_order_relaxed) + 1;

    if (nth == atomic_load_explicit(&failing_allocation, memory_order_relaxed))
        rkb_mem_exhausted(bytes);
}

size_t rkb_mem_product(size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        rkb_mem_exhausted(SIZE_MAX);
    return bytes;
}

void *rkb_new(size_t count, size_t size)
{
    size_t bytes = rkb_mem_product(count, size);
    void *p;

    count_one(bytes);
    p = calloc(1, bytes ? bytes : 1);
    if (!p)
        rkb_mem_exhausted(bytes);
    return p;
}

void *rkb_resize(void *p, size_t count, size_t size)
{
    size_t bytes = rkb_mem_product(count, size);
    void *moved;

    count_one(bytes);
    moved = realloc(p, bytes ? bytes : 1);
    if (!moved)
        rkb_mem_exhausted(bytes);
    return moved;
}

void *rkb_grow(void *p, size_t *cap, size_t need, size_t size)
{
    size_t next;

    if (need <= *cap && p)
        return p;
    if (__builtin_mul_overflow(*cap, 2, &next) || next < need)
        next = need;
    if (next < 8)
        next = 8;
    p = rkb_resize(p, next, size);
    *cap = next;
    return p;
}

void rkb_free(void *p)
{
    free(p);
}
