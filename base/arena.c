/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include "base/mem.h"

#include <limits.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Under AddressSanitizer every item gets a block of its own, so that running
 * over its end, or using it after a reset, is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define EXACT_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EXACT_BLOCKS 1
#endif
#endif
#ifndef EXACT_BLOCKS
#define EXACT_BLOCKS 0
#endif

#define BLOCK_BYTES_MIN ((size_t)4096)
#define BLOCK_BYTES_MAX ((size_t)1 << 20)

struct rkb_arena_block {
    struct rkb_arena_block *older;
    size_t bytes; /* of data */
    alignas(max_align_t) char data[];
};

static struct rkb_arena_block *block_new(size_t bytes)
{
    struct rkb_arena_block *b;
    size_t total;

    if (__builtin_add_overflow(bytes, sizeof(*b), &total))
        rkb_mem_exhausted(bytes);
    b = rkb_resize(NULL, total, 1);
    b->older = NULL;
    b->bytes = bytes;
    return b;
}

static void blocks_free(struct rkb_arena_block *b)
{
    while (b) {
        struct rkb_arena_block *older = b->older;

        rkb_free(b);
        b = older;
    }
}

static void use_block(struct rkb_arena *a, struct rkb_arena_block *b)
{
    a->head = b;
    a->next = b->data;
    a->end = b->data + b->bytes;
}

/* A big item gets a block of its own behind the head, whose rest stays in
 * use. */
static void *take_big(struct rkb_arena *a, size_t bytes)
{
    struct rkb_arena_block *b = block_new(bytes);

    if (!a->head) {
        use_block(a, b);
        a->next = a->end;
    } else {
        b->older = a->head->older;
        a->head->older = b;
    }
    return b->data;
}

static void *take(struct rkb_arena *a, size_t bytes, size_t align)
{
    size_t pad = (size_t)(-(uintptr_t)a->next & (align - 1));
    char *p;

    a->used_bytes += bytes;
    if (EXACT_BLOCKS || bytes > BLOCK_BYTES_MAX / 4)
        return take_big(a, bytes);
    if (!a->head || (size_t)(a->end - a->next) < pad + bytes) {
        size_t size = a->head ? a->head->bytes * 2 : BLOCK_BYTES_MIN;
        struct rkb_arena_block *b;

        if (size > BLOCK_BYTES_MAX)
            size = BLOCK_BYTES_MAX;
        b = block_new(size > bytes ? size : bytes);
        b->older = a->head;
        use_block(a, b);
        pad = 0;
    }
    p = a->next + pad;
    a->next = p + bytes;
    return p;
}

void rkb_arena_release(struct rkb_arena *a)
{
    blocks_free(a->head);
    *a = (struct rkb_arena){ 0 };
}

void rkb_arena_reset(struct rkb_arena *a)
{
    if (EXACT_BLOCKS) {
        rkb_arena_release(a);
        return;
    }
    if (!a->head)
        return;
    blocks_free(a->head->older);
    a->head->older = NULL;
    use_block(a, a->head);
    a->used_bytes = 0;
}

void *rkb_arena_new(struct rkb_arena *a, size_t count, size_t size)
{
    size_t bytes = rkb_mem_product(count, size);

    return memset(take(a, bytes, alignof(max_align_t)), 0, bytes);
}

rkb_sv rkb_arena_copy(struct rkb_arena *a, rkb_sv text)
{
    return (rkb_sv){ rkb_arena_cstr(a, text), text.len };
}

char *rkb_arena_cstr(struct rkb_arena *a, rkb_sv text)
{
    char *copy = take(a, text.len + 1, 1);

    if (text.len)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

rkb_sv rkb_arena_join(struct rkb_arena *a, rkb_sv first, rkb_sv second)
{
    size_t n = first.len + second.len;
    char *to = rkb_arena_new(a, n + 1, 1);

    if (first.len)
        memcpy(to, first.at, first.len);
    if (second.len)
        memcpy(to + first.len, second.at, second.len);
    return (rkb_sv){ to, n };
}

char *rkb_arena_printf(struct rkb_arena *a, const char *fmt, ...)
{
    va_list args;
    char *text;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        rkb_mem_exhausted(INT_MAX);
    text = take(a, (size_t)n + 1, 1);
    va_start(args, fmt);
    vsnprintf(text, (size_t)n + 1, fmt, args);
    va_end(args);
    return text;
}
