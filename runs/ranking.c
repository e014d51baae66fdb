/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/ranking.h"

#include "base/mem.h"
#include "base/sort.h"

#include <assert.h>
#include <string.h>

enum { RADIX_BITS = 11, RADIX_SIZE = 1 << RADIX_BITS, SMALL = 48 };

void rkb_ranker_release(struct rkb_ranker *r)
{
    rkb_free(r->keys);
    rkb_free(r->spare);
    rkb_free(r->order);
    *r = (struct rkb_ranker){ 0 };
}

static int score_cmp(double a, double b, enum rkb_compat compat)
{
    if (compat == RKB_COMPAT_9) {
        float x = (float)a, y = (float)b;

        return (x < y) - (x > y);
    }
    return (a < b) - (a > b);
}

int rkb_entry_cmp(const struct rkb_entry *a, const struct rkb_entry *b,
                  enum rkb_compat compat)
{
    int c = score_cmp(a->score, b->score, compat);

    return c ? c : rkb_sv_cmp(b->docid, a->docid);
}

/* Larger floats get smaller keys, so that ascending keys are ranking order.
 * Rounding to float never turns two doubles round, so the same key serves
 * both compats; what it leaves equal is settled by comparison. */
static uint32_t descending_key(double score)
{
    float f = (float)score + 0.0f; /* -0 becomes +0 */
    uint32_t bits;

    memcpy(&bits, &f, sizeof bits);
    return bits >> 31 ? bits : ~bits & 0x7fffffffu;
}

static void reserve(struct rkb_ranker *r, size_t n)
{
    if (n <= r->cap)
        return;
    r->cap = n + n / 2;
    r->keys = rkb_resize(r->keys, r->cap, sizeof *r->keys);
    r->spare = rkb_resize(r->spare, r->cap, sizeof *r->spare);
    r->order = rkb_resize(r->order, r->cap, sizeof *r->order);
}

static void insertion_sort(uint64_t *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t j = i;

        for (; j > 0 && keys[j - 1] > key; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

/* Key in the high half, index in the low half: three stable passes. */
static void radix_sort(struct rkb_ranker *r, size_t n)
{
    uint32_t counts[3][RADIX_SIZE] = { 0 };
    uint64_t *from = r->keys, *to = r->spare;

    for (size_t i = 0; i < n; i++)
        for (unsigned pass = 0; pass < 3; pass++)
            counts[pass]
                  [from[i] >> (32 + pass * RADIX_BITS) & (RADIX_SIZE - 1)]++;
    for (unsigned pass = 0; pass < 3; pass++) {
        uint32_t *count = counts[pass], sum = 0;
        unsigned shift = 32 + pass * RADIX_BITS;

        for (size_t i = 0; i < RADIX_SIZE; i++) {
            uint32_t c = count[i];

            count[i] = sum;
            sum += c;
        }
        for (size_t i = 0; i < n; i++)
            to[count[from[i] >> shift & (RADIX_SIZE - 1)]++] = from[i];
        uint64_t *swap = from;

        from = to;
        to = swap;
    }
    r->spare = to;
    r->keys = from;
}

/* Merge sort of a stretch whose float keys are equal. */
static void settle(uint32_t *order, uint32_t *tmp, size_t n,
                   const struct rkb_entry *entries, enum rkb_compat compat)
{
    if (n < 2)
        return;
    size_t half = n / 2, i = 0, j = half, k = 0;

    settle(order, tmp, half, entries, compat);
    settle(order + half, tmp, n - half, entries, compat);
    while (i < half && j < n) {
        const struct rkb_entry *a = &entries[order[i]];
        const struct rkb_entry *b = &entries[order[j]];

        tmp[k++] = rkb_entry_cmp(a, b, compat) <= 0 ? order[i++] : order[j++];
    }
    while (i < half)
        tmp[k++] = order[i++];
    memcpy(order, tmp, k * sizeof *order);
}

/* Most files are in order without ties: that is found out fast. Returns how
 * many entries fall strictly from the first. */
static size_t falling(const struct rkb_entry *entries, size_t n)
{
    float last = n ? (float)entries[0].score : 0;
    size_t i = 1;

    for (; i < n; i++) {
        float score = (float)entries[i].score;

        if (!(last > score))
            break;
        last = score;
    }
    return i;
}

const uint32_t *rkb_rank(struct rkb_ranker *r, const struct rkb_entry *entries,
                         size_t n, enum rkb_compat compat)
{
    size_t i = falling(entries, n);

    while (i < n && rkb_entry_cmp(&entries[i - 1], &entries[i], compat) <= 0)
        i++;
    if (i >= n)
        return NULL;

    reserve(r, n);
    for (i = 0; i < n; i++)
        r->keys[i] = (uint64_t)descending_key(entries[i].score) << 32 | i;
    if (n <= SMALL)
        insertion_sort(r->keys, n);
    else
        radix_sort(r, n);
    for (i = 0; i < n; i++)
        r->order[i] = (uint32_t)r->keys[i];
    for (i = 0; i < n;) {
        size_t end = i + 1;

        while (end < n && r->keys[end] >> 32 == r->keys[i] >> 32)
            end++;
        if (end - i > 1)
            settle(r->order + i, (uint32_t *)(void *)r->spare, end - i, entries,
                   compat);
        i = end;
    }
    return r->order;
}

struct placed {
    const struct rkb_entry *entries;
    const int64_t *place;
    bool by_score;
};

static int by_place(const void *a, const void *b, void *ctx)
{
    const struct placed *p = ctx;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int c = 0;

    if (p->by_score)
        c = score_cmp(p->entries[i].score, p->entries[j].score, RKB_COMPAT_10);
    return c ? c : (p->place[i] > p->place[j]) - (p->place[i] < p->place[j]);
}

const uint32_t *rkb_rank_by(struct rkb_ranker *r, enum rkb_rank_rule by,
                            const struct rkb_entry *entries,
                            const int64_t *place, size_t n)
{
    struct placed p = { entries, place, by == RKB_RANK_STABLE };

    assert(by != RKB_RANK_TREC);
    reserve(r, n);
    for (size_t i = 0; i < n; i++)
        r->order[i] = (uint32_t)i;
    rkb_sort(r->order, n, sizeof *r->order, by_place, &p);
    return r->order;
}

size_t rkb_tied(struct rkb_ranker *r, const struct rkb_entry *entries, size_t n,
                enum rkb_compat compat)
{
    const uint32_t *order = rkb_rank(r, entries, n, compat);
    size_t tied = 0;

    for (size_t i = 0; i < n;) {
        size_t end = i + 1;
        double first = entries[order ? order[i] : i].score;

        while (end < n &&
               score_cmp(first, entries[order ? order[end] : end].score,
                         compat) == 0)
            end++;
        if (end - i > 1)
            tied += end - i;
        i = end;
    }
    return tied;
}
