/* SPDX-License-Identifier: Apache-2.0 */
/* Documents are collected into batches. A batch is cut into chunks that are
 * analyzed on all cores, each into its own list of (term, count); then the
 * lists are appended to the postings in the order of the documents. */
#include "harness/retrieve/bm25.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/sort.h"
#include "harness/retrieve/bm25_formula.h"
#include "harness/retrieve/postings.h"
#include "harness/retrieve/terms.h"

#include <assert.h>
#include <string.h>

enum {
    BATCH_DOCS = 1024,
    BATCH_BYTES = 4 << 20,
    CHUNK_DOCS = 64,
    N_CHUNKS = BATCH_DOCS / CHUNK_DOCS,
    WORD_SLOTS = 1 << 14,
    /* Accumulators of one block stay in the processor's cache. */
    BLOCK_DOCS = 1 << 14,
};
#define MAX_DOCS ((size_t)UINT32_MAX - 1)

struct count {
    uint32_t term, tf;
};

struct chunk {
    struct count *counts; /* of its documents, one after another */
    size_t n, cap;
};

struct batch_doc {
    size_t at, docid_len, title_len, text_len; /* in the batch's bytes */
    uint64_t n_tokens;
    size_t first, n_counts; /* in its chunk */
};

struct worker {
    struct rkb_term_reader reader;
    uint32_t *tf; /* [terms] 0 between documents */
};

struct rkb_bm25 {
    struct rkb_bm25_params params;
    struct rkb_pool *pool;
    struct rkb_arena arena;
    struct rkb_bm25_query *queries;
    size_t n_queries, queries_cap;
    struct rkb_bm25_stats stats;
    struct rkb_postings *postings; /* [terms], made with the first document */
    struct rkb_bm25_norms norms;

    /* Documents with at least one posting, and their squeezed lengths. */
    struct rkb_docids docids;
    uint8_t *lengths;
    size_t lengths_cap;

    struct worker *workers; /* [pool size] while building */
    struct rkb_buf bytes;   /* the batch */
    struct batch_doc docs[BATCH_DOCS];
    size_t n_batch;
    struct chunk chunks[N_CHUNKS];
    bool count_only, finished;
};

struct rkb_bm25 *rkb_bm25_open(struct rkb_bm25_params params,
                               struct rkb_pool *pool)
{
    struct rkb_bm25 *x = rkb_new(1, sizeof(*x));

    x->params = params;
    x->pool = pool;
    return x;
}

void rkb_bm25_count_only(struct rkb_bm25 *x)
{
    assert(!x->postings);
    x->count_only = true;
}

static void end_building(struct rkb_bm25 *x)
{
    for (size_t i = 0; x->workers && i < rkb_pool_size(x->pool); i++) {
        rkb_term_reader_release(&x->workers[i].reader);
        rkb_free(x->workers[i].tf);
    }
    rkb_free(x->workers);
    x->workers = NULL;
    for (size_t i = 0; i < N_CHUNKS; i++) {
        rkb_free(x->chunks[i].counts);
        x->chunks[i] = (struct chunk){ 0 };
    }
    rkb_buf_release(&x->bytes);
}

void rkb_bm25_close(struct rkb_bm25 *x)
{
    if (!x)
        return;
    end_building(x);
    for (size_t i = 0; x->postings && i < x->stats.terms.n; i++)
        rkb_postings_release(&x->postings[i]);
    rkb_free(x->postings);
    rkb_free(x->stats.df);
    rkb_map_release(&x->stats.terms);
    rkb_free(x->queries);
    rkb_docids_release(&x->docids);
    rkb_free(x->lengths);
    rkb_arena_release(&x->arena);
    rkb_free(x);
}

uint32_t rkb_bm25_add_query(struct rkb_bm25 *x, rkb_sv text)
{
    assert(!x->postings && !x->finished && x->n_queries < UINT32_MAX);
    x->queries = rkb_grow(x->queries, &x->queries_cap, x->n_queries + 1,
                          sizeof(*x->queries));
    rkb_bm25_query_init(&x->queries[x->n_queries], &x->arena, &x->stats.terms,
                        text);
    return (uint32_t)x->n_queries++;
}

/* ---- building ---------------------------------------------------------- */

static void begin_building(struct rkb_bm25 *x)
{
    size_t n_terms = x->stats.terms.n, n_workers = rkb_pool_size(x->pool);

    x->postings = rkb_new(n_terms, sizeof(*x->postings));
    x->stats.df = rkb_new(n_terms, sizeof(*x->stats.df));
    x->workers = rkb_new(n_workers, sizeof(*x->workers));
    for (size_t i = 0; i < n_workers; i++) {
        struct worker *w = &x->workers[i];

        rkb_term_reader_init(&w->reader, &x->stats.terms, WORD_SLOTS);
        w->tf = rkb_new(n_terms, sizeof(*w->tf));
    }
}

static void count_text(struct worker *w, struct chunk *c, struct batch_doc *d,
                       rkb_sv text)
{
    uint32_t term;

    rkb_term_reader_start(&w->reader, text);
    while (rkb_term_reader_next(&w->reader, &term)) {
        d->n_tokens++;
        if (term == RKB_MAP_NONE || w->tf[term]++)
            continue;
        c->counts = rkb_grow(c->counts, &c->cap, c->n + 1, sizeof(*c->counts));
        c->counts[c->n++].term = term;
    }
}

static enum rkb_status analyze_chunk(void *arg, size_t i, size_t worker)
{
    struct rkb_bm25 *x = arg;
    struct worker *w = &x->workers[worker];
    struct chunk *c = &x->chunks[i];
    size_t end = (i + 1) * CHUNK_DOCS;

    c->n = 0;
    for (size_t k = i * CHUNK_DOCS; k < end && k < x->n_batch; k++) {
        struct batch_doc *d = &x->docs[k];
        const char *title = x->bytes.at + d->at + d->docid_len;

        d->first = c->n;
        count_text(w, c, d, (rkb_sv){ title, d->title_len });
        count_text(w, c, d, (rkb_sv){ title + d->title_len, d->text_len });
        d->n_counts = c->n - d->first;
        for (size_t j = d->first; j < c->n; j++) {
            c->counts[j].tf = w->tf[c->counts[j].term];
            w->tf[c->counts[j].term] = 0;
        }
    }
    return RKB_OK;
}

static enum rkb_status append(struct rkb_bm25 *x, const struct batch_doc *d,
                              const struct count *counts, struct rkb_err *err)
{
    size_t doc = x->docids.n;

    x->stats.n_tokens += d->n_tokens;
    x->stats.n_docs += d->n_tokens > 0;
    for (size_t i = 0; i < d->n_counts; i++)
        x->stats.df[counts[i].term]++;
    if (d->n_counts == 0 || x->count_only)
        return RKB_OK;
    if (doc == MAX_DOCS)
        return rkb_fail(err, RKB_E_LIMIT, "more than %zu documents", MAX_DOCS);
    for (size_t i = 0; i < d->n_counts; i++)
        rkb_postings_add(&x->postings[counts[i].term], (uint32_t)doc,
                         counts[i].tf);
    x->lengths = rkb_grow(x->lengths, &x->lengths_cap, doc + 1, 1);
    x->lengths[doc] = rkb_bm25_squeeze(d->n_tokens);
    rkb_docids_add(&x->docids, (rkb_sv){ x->bytes.at + d->at, d->docid_len });
    return RKB_OK;
}

static enum rkb_status flush(struct rkb_bm25 *x, struct rkb_err *err)
{
    size_t n_chunks = (x->n_batch + CHUNK_DOCS - 1) / CHUNK_DOCS;
    enum rkb_status rc;

    rc = rkb_pool_run(x->pool, n_chunks, analyze_chunk, x);
    for (size_t i = 0; i < x->n_batch && !rc; i++) {
        const struct batch_doc *d = &x->docs[i];

        rc = append(x, d, x->chunks[i / CHUNK_DOCS].counts + d->first, err);
    }
    x->n_batch = 0;
    rkb_buf_reset(&x->bytes);
    return rc;
}

enum rkb_status rkb_bm25_on_doc(void *ctx, rkb_sv docid, rkb_sv title,
                                rkb_sv text, struct rkb_err *err)
{
    struct rkb_bm25 *x = ctx;

    assert(!x->finished);
    if (!x->postings)
        begin_building(x);
    x->docs[x->n_batch++] = (struct batch_doc){
        .at = x->bytes.len,
        .docid_len = docid.len,
        .title_len = title.len,
        .text_len = text.len,
    };
    rkb_buf_sv(&x->bytes, docid);
    rkb_buf_sv(&x->bytes, title);
    rkb_buf_sv(&x->bytes, text);
    if (x->n_batch == BATCH_DOCS || x->bytes.len >= BATCH_BYTES)
        return flush(x, err);
    return RKB_OK;
}

enum rkb_status rkb_bm25_finish(struct rkb_bm25 *x, struct rkb_err *err)
{
    enum rkb_status rc;

    assert(!x->finished);
    if (!x->postings)
        begin_building(x);
    rc = flush(x, err);
    if (rc)
        return rc;
    rkb_bm25_norms_init(&x->norms, x->params, &x->stats);
    end_building(x);
    x->finished = true;
    return RKB_OK;
}

const struct rkb_bm25_stats *rkb_bm25_stats(const struct rkb_bm25 *x)
{
    assert(x->finished);
    return &x->stats;
}

/* ---- searching --------------------------------------------------------- */

struct cursor {
    struct rkb_posting posting;
    bool has; /* a posting that is not added yet */
    float weight;
};

struct found {
    float score;
    uint32_t doc;
};

/* The worst document on top, so that it is at hand to be replaced. */
struct heap {
    const struct rkb_bm25 *x;
    struct found *at;
    size_t n, cap;
};

/* < 0 when a goes before b. */
static int compare(const void *a, const void *b, void *ctx)
{
    const struct found *p = a, *q = b;
    const struct heap *h = ctx;

    if (p->score != q->score)
        return p->score > q->score ? -1 : 1;
    return rkb_sv_cmp(rkb_docids_get(&h->x->docids, q->doc),
                      rkb_docids_get(&h->x->docids, p->doc));
}

static void sink(struct heap *h, size_t at, struct found f)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= h->n)
            break;
        if (child + 1 < h->n &&
            compare(&h->at[child + 1], &h->at[child], h) > 0)
            child++;
        if (compare(&h->at[child], &f, h) <= 0)
            break;
        h->at[at] = h->at[child];
        at = child;
    }
    h->at[at] = f;
}

static void offer(struct heap *h, struct found f)
{
    size_t at;

    if (h->n == h->cap) {
        if (f.score >= h->at[0].score && compare(&f, &h->at[0], h) < 0)
            sink(h, 0, f);
        return;
    }
    for (at = h->n++; at > 0; at = (at - 1) / 2) {
        size_t parent = (at - 1) / 2;

        if (compare(&f, &h->at[parent], h) <= 0)
            break;
        h->at[at] = h->at[parent];
    }
    h->at[at] = f;
}

struct block {
    double sum[BLOCK_DOCS];
    uint8_t seen[BLOCK_DOCS];
    /* [n_docs] those seen, counted from the block's start; one place more,
     * because the next one is written before it is known to be new. */
    uint32_t docs[BLOCK_DOCS + 1];
    size_t n_docs;
};

/* Lucene adds the floats up as doubles and rounds the sum. */
static void add_postings(const struct rkb_bm25 *x, struct block *b,
                         uint32_t first, struct cursor *c)
{
    for (; c->has && c->posting.doc - first < BLOCK_DOCS;
         c->has = rkb_postings_next(&c->posting)) {
        uint32_t doc = c->posting.doc, at = doc - first;

        b->docs[b->n_docs] = at;
        b->n_docs += !b->seen[at];
        b->seen[at] = 1;
        b->sum[at] += (double)rkb_bm25_part(c->weight, c->posting.tf,
                                            x->norms.at[x->lengths[doc]]);
    }
}

static void empty_block(struct block *b, uint32_t first, struct heap *h)
{
    for (size_t i = 0; i < b->n_docs; i++) {
        uint32_t at = b->docs[i];

        offer(h, (struct found){ (float)b->sum[at], first + at });
        b->sum[at] = 0.0;
        b->seen[at] = 0;
    }
    b->n_docs = 0;
}

void rkb_bm25_search(const struct rkb_bm25 *x, struct rkb_arena *a,
                     uint32_t query, size_t depth, struct rkb_bm25_hit **hits,
                     size_t *n)
{
    const struct rkb_bm25_query *q = &x->queries[query];
    size_t n_docs = x->docids.n;
    struct rkb_arena own = { 0 };
    struct heap h = { .x = x, .cap = depth < n_docs ? depth : n_docs };
    struct cursor *cursors = rkb_arena_new(&own, q->n, sizeof(*cursors));
    struct block *block = rkb_arena_new(&own, 1, sizeof(*block));

    assert(x->finished && query < x->n_queries);
    h.at = rkb_arena_new(&own, h.cap, sizeof(*h.at));
    for (size_t i = 0; i < q->n; i++) {
        struct cursor *c = &cursors[i];

        c->posting = rkb_postings_start(&x->postings[q->terms[i]]);
        c->has = rkb_postings_next(&c->posting);
        c->weight = rkb_bm25_weight(&x->stats, q->terms[i], q->counts[i]);
    }
    for (size_t first = 0; first < n_docs && h.cap; first += BLOCK_DOCS) {
        for (size_t i = 0; i < q->n; i++)
            add_postings(x, block, (uint32_t)first, &cursors[i]);
        empty_block(block, (uint32_t)first, &h);
    }
    rkb_sort(h.at, h.n, sizeof(*h.at), compare, &h);
    *n = h.n;
    *hits = rkb_arena_new(a, h.n, sizeof(**hits));
    for (size_t i = 0; i < h.n; i++)
        (*hits)[i] = (struct rkb_bm25_hit){
            .docid = rkb_docids_get(&x->docids, h.at[i].doc),
            .score = (double)h.at[i].score,
        };
    rkb_arena_release(&own);
}
