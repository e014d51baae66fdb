/* SPDX-License-Identifier: Apache-2.0 */
/* What BM25 keeps of a corpus, packed: 8.8 million passages are to be searched
 * within 200 MB. Both lists are written once, front to back. Private to this
 * folder. */
#ifndef RKB_HARNESS_RETRIEVE_POSTINGS_H
#define RKB_HARNESS_RETRIEVE_POSTINGS_H

#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The documents of a term, ascending, and how often each has it: one to three
 * bytes a document. To start with, zeroed. */
struct rkb_postings {
    uint8_t *at;
    size_t len, cap;
    uint64_t next_doc; /* the smallest that may be added */
};
void rkb_postings_release(struct rkb_postings *p);
/* doc >= p->next_doc, tf >= 1 */
void rkb_postings_add(struct rkb_postings *p, uint32_t doc, uint32_t tf);

/* Borrows the list, which must not grow meanwhile. */
struct rkb_posting {
    const uint8_t *next, *end;
    uint64_t next_doc;
    uint32_t doc, tf;
};
static inline struct rkb_posting rkb_postings_start(
    const struct rkb_postings *p)
{
    return (struct rkb_posting){ .next = p->at,
                                 .end = p->at ? p->at + p->len : NULL };
}

/* Seven bits a byte, the lowest first; the last byte is below 128. */
static inline uint64_t rkb_packed_number(const uint8_t **next)
{
    uint64_t n = **next & 0x7fu;

    for (unsigned shift = 7; *(*next)++ & 0x80u; shift += 7)
        n |= (uint64_t)(**next & 0x7fu) << shift;
    return n;
}

/* False at the end; else doc and tf are the next. */
static inline bool rkb_postings_next(struct rkb_posting *c)
{
    if (c->next == c->end)
        return false;
    uint64_t n = rkb_packed_number(&c->next); /* gap, and whether tf > 1 */

    c->doc = (uint32_t)(c->next_doc + (n >> 1));
    c->next_doc = (uint64_t)c->doc + 1;
    c->tf = n & 1 ? (uint32_t)rkb_packed_number(&c->next) + 2 : 1;
    return true;
}

/* Ids by number: 0, 1, 2 ... in order of the calls. */
struct rkb_docids {
    uint8_t *at;
    size_t len, cap;
    size_t *marks; /* where each 16th begins */
    size_t n, marks_cap;
};
void rkb_docids_release(struct rkb_docids *d);
void rkb_docids_add(struct rkb_docids *d, rkb_sv docid);
/* i < d->n; valid until the next is added */
rkb_sv rkb_docids_get(const struct rkb_docids *d, size_t i);

#endif
