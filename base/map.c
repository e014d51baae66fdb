/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/mem.h"

enum { FIRST_SLOTS = 16 };

void rkb_map_release(struct rkb_map *m)
{
    rkb_arena_release(&m->keys_arena);
    rkb_free(m->keys);
    rkb_free(m->hashes);
    rkb_free(m->slots);
    *m = (struct rkb_map){ 0 };
}

/* The slot that holds the key, or the free one where it belongs. Linear
 * probing ends because at most half of the slots are used. */
static size_t slot_of(const struct rkb_map *m, rkb_sv key, uint64_t hash)
{
    size_t mask = m->n_slots - 1, at = (size_t)hash & mask;

    for (; m->slots[at]; at = (at + 1) & mask) {
        uint32_t i = m->slots[at] - 1;

        if (m->hashes[i] == hash && rkb_sv_eq(m->keys[i], key))
            break;
    }
    return at;
}

static void grow_slots(struct rkb_map *m)
{
    size_t n_slots = m->n_slots ? rkb_mem_product(m->n_slots, 2) : FIRST_SLOTS;
    uint32_t *slots = rkb_new(n_slots, sizeof(*slots));
    size_t mask = n_slots - 1;

    for (size_t i = 0; i < m->n; i++) {
        size_t at = (size_t)m->hashes[i] & mask;

        while (slots[at])
            at = (at + 1) & mask;
        slots[at] = (uint32_t)i + 1;
    }
    rkb_free(m->slots);
    m->slots = slots;
    m->n_slots = n_slots;
}

uint32_t rkb_map_add(struct rkb_map *m, rkb_sv key, bool *is_new)
{
    uint64_t hash = rkb_sv_hash(key);
    size_t at;

    if ((m->n + 1) * 2 > m->n_slots)
        grow_slots(m);
    at = slot_of(m, key, hash);
    if (is_new)
        *is_new = !m->slots[at];
    if (m->slots[at])
        return m->slots[at] - 1;
    if (m->n >= RKB_MAP_NONE - 1)
        rkb_mem_exhausted(SIZE_MAX);
    if (m->n == m->cap) {
        m->keys = rkb_grow(m->keys, &m->cap, m->n + 1, sizeof(*m->keys));
        m->hashes = rkb_resize(m->hashes, m->cap, sizeof(*m->hashes));
    }
    m->keys[m->n] = rkb_arena_copy(&m->keys_arena, key);
    m->hashes[m->n] = hash;
    m->slots[at] = (uint32_t)m->n + 1;
    return (uint32_t)m->n++;
}

uint32_t rkb_map_find(const struct rkb_map *m, rkb_sv key)
{
    if (!m->n_slots)
        return RKB_MAP_NONE;
    /* A free slot holds 0, and 0 - 1 is RKB_MAP_NONE. */
    return m->slots[slot_of(m, key, rkb_sv_hash(key))] - 1;
}
