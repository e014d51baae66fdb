/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "harness/lint/lint_impl.h"

#include <string.h>

/* ---- ids as they may have been meant --------------------------------------- */

/* No-break space, zero-width space, byte order mark. */
static const char *const invisible[] = { "\xc2\xa0", "\xe2\x80\x8b",
                                         "\xef\xbb\xbf" };

static size_t edge(rkb_sv a, bool at_end)
{
    if (!a.len)
        return 0;
    if (strchr(" \t\r\v\f\"'", a.at[at_end ? a.len - 1 : 0]))
        return 1;
    for (size_t i = 0; i < RKB_COUNT(invisible); i++)
        if (at_end ? rkb_sv_ends(a, invisible[i])
                   : rkb_sv_starts(a, invisible[i]))
            return strlen(invisible[i]);
    return 0;
}

static bool all_digits(rkb_sv a)
{
    for (size_t i = 0; i < a.len; i++)
        if (a.at[i] < '0' || a.at[i] > '9')
            return false;
    return a.len > 0;
}

static rkb_sv fold(rkb_sv id, struct rkb_buf *out)
{
    size_t n;

    while ((n = edge(id, false)) > 0) {
        id.at += n;
        id.len -= n;
    }
    while ((n = edge(id, true)) > 0)
        id.len -= n;
    if (rkb_sv_ends(id, ".0") && all_digits((rkb_sv){ id.at, id.len - 2 }))
        id.len -= 2;
    while (id.len > 1 && id.at[0] == '0' && all_digits(id)) {
        id.at++;
        id.len--;
    }
    rkb_buf_reset(out);
    for (size_t i = 0; i < id.len; i++) {
        char c = id.at[i];

        rkb_buf_char(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
    return rkb_buf_view(out);
}

void rkb_lint_ids_release(struct rkb_lint_ids *ids)
{
    rkb_map_release(&ids->exact);
    rkb_map_release(&ids->folded);
    rkb_free(ids->first);
    *ids = (struct rkb_lint_ids){ 0 };
}

uint32_t rkb_lint_ids_add(struct rkb_lint_ids *ids, rkb_sv id, bool *is_new)
{
    bool fresh, fresh_fold;
    uint32_t at = rkb_map_add(&ids->exact, id, &fresh);

    if (is_new)
        *is_new = fresh;
    if (fresh) {
        struct rkb_buf b = { 0 };
        uint32_t f = rkb_map_add(&ids->folded, fold(id, &b), &fresh_fold);

        ids->first = rkb_grow(ids->first, &ids->first_cap, ids->folded.n,
                              sizeof *ids->first);
        if (fresh_fold)
            ids->first[f] = at;
        rkb_buf_release(&b);
    }
    return at;
}

uint32_t rkb_lint_ids_near(const struct rkb_lint_ids *ids, rkb_sv id)
{
    struct rkb_buf b = { 0 };
    uint32_t f = rkb_map_find(&ids->folded, fold(id, &b));

    rkb_buf_release(&b);
    if (f == RKB_MAP_NONE || rkb_sv_eq(ids->exact.keys[ids->first[f]], id))
        return RKB_MAP_NONE;
    return ids->first[f];
}

/* ---- numbers ---------------------------------------------------------------- */

void rkb_lint_set_release(struct rkb_lint_set *s)
{
    rkb_free(s->keys);
    rkb_free(s->values);
    *s = (struct rkb_lint_set){ 0 };
}

void rkb_lint_set_reset(struct rkb_lint_set *s)
{
    if (s->n)
        memset(s->values, 0, s->n_slots * sizeof *s->values);
    s->n = 0;
}

/* The keys are hashes, or small numbers side by side. */
static size_t slot_of(const struct rkb_lint_set *s, uint64_t key)
{
    uint64_t h = key * UINT64_C(0x9E3779B97F4A7C15);
    size_t i = (size_t)(h ^ h >> 32) & (s->n_slots - 1);

    while (s->values[i] && s->keys[i] != key)
        i = (i + 1) & (s->n_slots - 1);
    return i;
}

static void grow(struct rkb_lint_set *s)
{
    struct rkb_lint_set old = *s;

    s->n_slots = old.n_slots ? 2 * old.n_slots : 256;
    s->keys = rkb_new(s->n_slots, sizeof *s->keys);
    s->values = rkb_new(s->n_slots, sizeof *s->values);
    for (size_t i = 0; i < old.n_slots; i++)
        if (old.values[i]) {
            size_t to = slot_of(s, old.keys[i]);

            s->keys[to] = old.keys[i];
            s->values[to] = old.values[i];
        }
    rkb_free(old.keys);
    rkb_free(old.values);
}

uint64_t rkb_lint_set_put(struct rkb_lint_set *s, uint64_t key, uint64_t value)
{
    if (s->n >= s->n_slots / 2)
        grow(s);
    size_t i = slot_of(s, key);

    if (s->values[i])
        return s->values[i] - 1;
    s->keys[i] = key;
    s->values[i] = value + 1;
    s->n++;
    return UINT64_MAX;
}

uint64_t rkb_lint_set_find(const struct rkb_lint_set *s, uint64_t key)
{
    size_t i;

    if (!s->n)
        return UINT64_MAX;
    i = slot_of(s, key);
    return s->values[i] ? s->values[i] - 1 : UINT64_MAX;
}

uint64_t rkb_lint_pair(rkb_sv a, rkb_sv b)
{
    uint64_t h = rkb_sv_hash(a) * UINT64_C(0xD6E8FEB86659FD93);

    return (h ^ h >> 32) + rkb_sv_hash(b);
}
