/* SPDX-License-Identifier: Apache-2.0 */
/* Seeded random numbers: the same seed gives the same numbers everywhere.
 * Streams are keyed by (seed, words), never by order of arrival.
 * Source: xoshiro256** (Blackman & Vigna 2018), seeded by splitmix64. */
#ifndef RKB_BASE_RNG_H
#define RKB_BASE_RNG_H

#include "base/sv.h"

struct rkb_rng {
    uint64_t s[4];
};

void rkb_rng_init(struct rkb_rng *r, uint64_t seed);
uint64_t rkb_rng_next(struct rkb_rng *r);
/* Uniform in [0, n), n >= 1, without modulo bias (Lemire 2019). */
uint64_t rkb_rng_below(struct rkb_rng *r, uint64_t n);
double rkb_rng_unit(struct rkb_rng *r); /* [0, 1), 53 bits */
/* Fisher-Yates. */
void rkb_rng_shuffle(struct rkb_rng *r, uint32_t *items, size_t n);

/* A seed for a sub-stream: H(seed, word, number). */
uint64_t rkb_rng_key(uint64_t seed, rkb_sv word, uint64_t number);

#endif
