/* SPDX-License-Identifier: Apache-2.0 */
/* Memory with one lifetime: everything allocated from an arena goes at once.
 * A zeroed struct is a valid empty arena. Not thread-safe: one owner. */
#ifndef RKB_BASE_ARENA_H
#define RKB_BASE_ARENA_H

#include "base/err.h"
#include "base/sv.h"

#include <stddef.h>
#include <stdint.h>

struct rkb_arena_block;
struct rkb_arena {
    struct rkb_arena_block *head;
    char *next, *end;
    size_t used_bytes; /* handed out since init or the last reset */
};

void rkb_arena_release(struct rkb_arena *a); /* back to the zeroed state   */
void rkb_arena_reset(struct rkb_arena *a);   /* empty, keeps one block     */

/* Zeroed, aligned for any type. */
void *rkb_arena_new(struct rkb_arena *a, size_t count, size_t size);

/* A copy that the arena owns; always followed by a NUL byte. */
rkb_sv rkb_arena_copy(struct rkb_arena *a, rkb_sv text);
/* The same as a C string. Bytes after an embedded NUL are invisible to C. */
char *rkb_arena_cstr(struct rkb_arena *a, rkb_sv text);
/* The two one after the other, any bytes; followed by a NUL byte. */
rkb_sv rkb_arena_join(struct rkb_arena *a, rkb_sv first, rkb_sv second);
char *rkb_arena_printf(struct rkb_arena *a, const char *fmt, ...)
    RKB_PRINTF(2, 3);

#endif
