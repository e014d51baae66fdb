/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libcrypto. */
#include "base/io/digest.h"

#include "base/mem.h"

#include <openssl/evp.h>
#include <string.h>

struct rkb_hasher {
    EVP_MD_CTX *md;
};

/* SHA-256 from the default provider fails only for want of memory. */
static void must(int ok)
{
    if (ok != 1)
        rkb_mem_exhausted(0);
}

struct rkb_hasher *rkb_hasher_new(void)
{
    struct rkb_hasher *h = rkb_new(1, sizeof(*h));

    h->md = EVP_MD_CTX_new();
    must(h->md != NULL);
    must(EVP_DigestInit_ex(h->md, EVP_sha256(), NULL));
    return h;
}

void rkb_hasher_add(struct rkb_hasher *h, const void *bytes, size_t n)
{
    must(EVP_DigestUpdate(h->md, bytes, n));
}

void rkb_hasher_u64(struct rkb_hasher *h, uint64_t n)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(n >> (8 * i));
    rkb_hasher_add(h, bytes, sizeof(bytes));
}

void rkb_hasher_field(struct rkb_hasher *h, rkb_sv text)
{
    rkb_hasher_u64(h, text.len);
    rkb_hasher_add(h, text.at, text.len);
}

struct rkb_digest rkb_hasher_done(struct rkb_hasher *h)
{
    struct rkb_digest d;

    must(EVP_DigestFinal_ex(h->md, d.at, NULL));
    EVP_MD_CTX_free(h->md);
    rkb_free(h);
    return d;
}

struct rkb_digest rkb_digest_of(rkb_sv bytes)
{
    struct rkb_digest d;

    must(EVP_Digest(bytes.at, bytes.len, d.at, NULL, EVP_sha256(), NULL));
    return d;
}

void rkb_digest_hex(const struct rkb_digest *d, char out[65])
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < RKB_DIGEST_BYTES; i++) {
        out[2 * i] = hex[d->at[i] >> 4];
        out[2 * i + 1] = hex[d->at[i] & 15];
    }
    out[64] = '\0';
}

bool rkb_digest_eq(const struct rkb_digest *a, const struct rkb_digest *b)
{
    return memcmp(a->at, b->at, RKB_DIGEST_BYTES) == 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool rkb_digest_parse(rkb_sv hex, struct rkb_digest *out)
{
    struct rkb_digest d;

    if (hex.len != 2 * sizeof d.at)
        return false;
    for (size_t i = 0; i < sizeof d.at; i++) {
        int high = hex_digit(hex.at[2 * i]), low = hex_digit(hex.at[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        d.at[i] = (unsigned char)(high << 4 | low);
    }
    *out = d;
    return true;
}
