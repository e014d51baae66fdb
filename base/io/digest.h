/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (libcrypto): identities of data and settings. */
#ifndef RKB_BASE_IO_DIGEST_H
#define RKB_BASE_IO_DIGEST_H

#include "base/sv.h"

#define RKB_DIGEST_BYTES 32

struct rkb_digest {
    unsigned char at[RKB_DIGEST_BYTES];
};

struct rkb_hasher;
struct rkb_hasher *rkb_hasher_new(void);
void rkb_hasher_add(struct rkb_hasher *h, const void *bytes, size_t n);
/* Adds the length first, so that ("ab","c") and ("a","bc") differ. */
void rkb_hasher_field(struct rkb_hasher *h, rkb_sv text);
void rkb_hasher_u64(struct rkb_hasher *h, uint64_t n); /* 8 bytes, low first */
/* The digest; the hasher is freed. */
struct rkb_digest rkb_hasher_done(struct rkb_hasher *h);

struct rkb_digest rkb_digest_of(rkb_sv bytes);
void rkb_digest_hex(const struct rkb_digest *d, char out[65]);
/* From 64 hex digits of either case; false for anything else. */
bool rkb_digest_parse(rkb_sv hex, struct rkb_digest *out);
bool rkb_digest_eq(const struct rkb_digest *a, const struct rkb_digest *b);

#endif
