/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include <assert.h>

__extension__ typedef unsigned __int128 u128;

#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)

/* The finaliser of splitmix64 (Steele, Lea & Flood 2014). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static uint64_t rotate_left(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

void rkb_rng_init(struct rkb_rng *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        r->s[i] = mix(seed += GOLDEN);
}

uint64_t rkb_rng_next(struct rkb_rng *r)
{
    uint64_t *s = r->s, result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t rkb_rng_below(struct rkb_rng *r, uint64_t n)
{
    u128 product;

    assert(n >= 1);
    product = (u128)rkb_rng_next(r) * n;
    if ((uint64_t)product < n) {
        uint64_t unfair = -n % n; /* 2^64 mod n */

        while ((uint64_t)product < unfair)
            product = (u128)rkb_rng_next(r) * n;
    }
    return (uint64_t)(product >> 64);
}

double rkb_rng_unit(struct rkb_rng *r)
{
    return (double)(rkb_rng_next(r) >> 11) * 0x1p-53;
}

void rkb_rng_shuffle(struct rkb_rng *r, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rkb_rng_below(r, i);
        uint32_t item = items[i - 1];

        items[i - 1] = items[j];
        items[j] = item;
    }
}

uint64_t rkb_rng_key(uint64_t seed, rkb_sv word, uint64_t number)
{
    uint64_t key = mix(seed + GOLDEN);

    key = mix((key ^ rkb_sv_hash(word)) + GOLDEN);
    return mix((key ^ number) + GOLDEN);
}
