/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/retrieve/postings.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum { NUMBER_BYTES = 10, MARK_EVERY = 16 };

static size_t pack(uint8_t *to, uint64_t n)
{
    size_t len = 0;

    for (; n > 0x7f; n >>= 7)
        to[len++] = (uint8_t)(n | 0x80);
    to[len++] = (uint8_t)n;
    return len;
}

void rkb_postings_release(struct rkb_postings *p)
{
    rkb_free(p->at);
    *p = (struct rkb_postings){ 0 };
}

void rkb_postings_add(struct rkb_postings *p, uint32_t doc, uint32_t tf)
{
    assert(doc >= p->next_doc && tf >= 1);
    p->at = rkb_grow(p->at, &p->cap, p->len + 2 * NUMBER_BYTES, 1);
    p->len += pack(p->at + p->len, (doc - p->next_doc) << 1 | (tf > 1));
    if (tf > 1)
        p->len += pack(p->at + p->len, tf - 2);
    p->next_doc = (uint64_t)doc + 1;
}

void rkb_docids_release(struct rkb_docids *d)
{
    rkb_free(d->at);
    rkb_free(d->marks);
    *d = (struct rkb_docids){ 0 };
}

void rkb_docids_add(struct rkb_docids *d, rkb_sv docid)
{
    if (d->n % MARK_EVERY == 0) {
        size_t mark = d->n / MARK_EVERY;

        d->marks =
            rkb_grow(d->marks, &d->marks_cap, mark + 1, sizeof(*d->marks));
        d->marks[mark] = d->len;
    }
    d->at = rkb_grow(d->at, &d->cap, d->len + NUMBER_BYTES + docid.len, 1);
    d->len += pack(d->at + d->len, docid.len);
    if (docid.len)
        memcpy(d->at + d->len, docid.at, docid.len);
    d->len += docid.len;
    d->n++;
}

rkb_sv rkb_docids_get(const struct rkb_docids *d, size_t i)
{
    const uint8_t *at = d->at + d->marks[i / MARK_EVERY];
    size_t len = rkb_packed_number(&at);

    for (size_t skip = i % MARK_EVERY; skip; skip--) {
        at += len;
        len = rkb_packed_number(&at);
    }
    return (rkb_sv){ (const char *)at, len };
}
