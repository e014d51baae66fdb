/* SPDX-License-Identifier: Apache-2.0 */
/* Interned strings: key to index, indices 0, 1, 2 ... in order of first
 * appearance. A zeroed struct is a valid empty map. Not thread-safe while
 * keys are added; concurrent finds are safe. */
#ifndef RKB_BASE_MAP_H
#define RKB_BASE_MAP_H

#include "base/arena.h"
#include "base/sv.h"

#define RKB_MAP_NONE UINT32_MAX

struct rkb_map {
    struct rkb_arena keys_arena; /* owns the key bytes */
    rkb_sv *keys;                /* [n] by index        */
    uint64_t *hashes;            /* [n]                 */
    uint32_t *slots;             /* [n_slots], index+1, 0 = free */
    size_t n, cap, n_slots;
};

void rkb_map_release(struct rkb_map *m);
/* Index of the key, which is copied when new. *is_new may be NULL. More than
 * 2^32-2 keys exit as out of memory. */
uint32_t rkb_map_add(struct rkb_map *m, rkb_sv key, bool *is_new);
/* RKB_MAP_NONE when absent. */
uint32_t rkb_map_find(const struct rkb_map *m, rkb_sv key);

#endif
