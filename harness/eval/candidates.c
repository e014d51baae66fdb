/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/candidates.h"

#include "base/buf.h"
#include "base/io/lines.h"
#include "base/mem.h"
#include "base/sort.h"
#include "runs/trec_run.h"

#include <math.h>
#include <string.h>

static const char *const order_names[] = { "evaluator", "file", "rank" };
enum { N_IDS_SHOWN = 5 };

const char *rkb_order_name(enum rkb_candidate_order order)
{
    return order_names[order];
}

/* A list while it is being read. */
struct raw_hit {
    uint32_t doc;
    int64_t rank;
    double score;
};
struct raw_list {
    struct raw_hit *hits;
    size_t n, cap;
};

struct loading {
    struct rkb_dataset *d;
    const struct rkb_candidates_want *want;
    struct rkb_candidates *out;
    struct raw_list *raw; /* [d->qids.n as it was] */
    size_t n_raw;
    uint8_t *spare; /* [n_raw] 1: not sent, but kept */
    size_t n_spare;
    struct rkb_map foreign; /* ids of queries that the dataset lacks */
    struct rkb_ranker ranker;
    struct rkb_entry *entries;
    size_t entries_cap;
    bool new_texts;       /* of queries came with the candidates */
    uint32_t *last_query; /* [docs] 1 + the list that had the document last */
    size_t last_query_cap;
};

void rkb_candidates_release(struct rkb_candidates *c)
{
    rkb_bm25_close(c->bm25);
    rkb_arena_release(&c->arena);
    *c = (struct rkb_candidates){ 0 };
}

/* ---- reading ----------------------------------------------------------- */

static void add_hit(struct loading *l, uint32_t query, rkb_sv docid,
                    int64_t rank, double score)
{
    struct raw_list *list = &l->raw[query];

    if (list->n == list->cap)
        list->hits = rkb_grow(list->hits, &list->cap,
                              list->n ? list->n + 1 : 128, sizeof *list->hits);
    list->hits[list->n++] =
        (struct raw_hit){ rkb_dataset_doc(l->d, docid), rank, score };
}

static bool is_sent(const struct loading *l, uint32_t query)
{
    return l->want->all_queries || l->d->queries[query].judged;
}

/* Is it sent, or one of those that are kept beside? */
static bool is_kept(struct loading *l, uint32_t query)
{
    if (is_sent(l, query) || l->spare[query])
        return true;
    if (l->n_spare == l->want->n_spare)
        return false;
    l->n_spare++;
    l->spare[query] = 1;
    return true;
}

static enum rkb_status on_block(void *ctx, const struct rkb_run_block *block,
                                size_t worker, struct rkb_err *err)
{
    struct loading *l = ctx;
    uint32_t query = rkb_map_find(&l->d->qids, block->qid);

    (void)worker;
    if (query == RKB_MAP_NONE || query >= l->n_raw) {
        rkb_map_add(&l->foreign, block->qid, NULL);
        return RKB_OK;
    }
    if (!is_kept(l, query))
        return RKB_OK;
    for (size_t i = 0; i < block->n; i++) {
        int64_t rank = 0;

        if (l->want->order == RKB_ORDER_RANK &&
            !rkb_sv_to_i64(block->ranks[i], INT64_MIN, INT64_MAX, &rank))
            return rkb_fail(err, RKB_E_DATA,
                            "%s: query '%.*s' has the rank '%.*s', which is "
                            "not a number",
                            l->want->spec, (int)block->qid.len, block->qid.at,
                            (int)block->ranks[i].len, block->ranks[i].at);
        if (isinf(block->entries[i].score))
            return rkb_fail(err, RKB_E_DATA,
                            "%s: query '%.*s' has an infinite score",
                            l->want->spec, (int)block->qid.len, block->qid.at);
        add_hit(l, query, block->entries[i].docid, rank,
                block->entries[i].score);
    }
    return RKB_OK;
}

static enum rkb_status on_hit(void *ctx, rkb_sv qid, rkb_sv docid, int64_t rank,
                              double score, struct rkb_err *err)
{
    struct loading *l = ctx;
    uint32_t query = rkb_map_find(&l->d->qids, qid);

    (void)err;
    if (query == RKB_MAP_NONE || query >= l->n_raw)
        rkb_map_add(&l->foreign, qid, NULL);
    else if (is_kept(l, query))
        add_hit(l, query, docid, rank, score);
    return RKB_OK;
}

static enum rkb_status on_doc(void *ctx, rkb_sv docid, rkb_sv title,
                              rkb_sv text, struct rkb_err *err)
{
    struct loading *l = ctx;
    uint32_t doc = rkb_dataset_doc(l->d, docid);

    (void)err;
    if (!l->d->docs[doc].present)
        rkb_dataset_set_doc(l->d, doc, title, text);
    return RKB_OK;
}

/* A request file may bring the text of a query that the dataset lacks. */
static enum rkb_status on_query(void *ctx, rkb_sv qid, rkb_sv text,
                                struct rkb_err *err)
{
    struct loading *l = ctx;
    uint32_t query = rkb_map_find(&l->d->qids, qid);

    (void)err;
    if (query != RKB_MAP_NONE && !l->d->queries[query].has_text) {
        rkb_dataset_set_query_text(l->d, query, text);
        l->new_texts = true;
    }
    return RKB_OK;
}

/* What looks like nothing else is read as a run, whose reader knows the line
 * that is wrong. */
static bool may_be_run(const char *path, const char *looks)
{
    struct rkb_lines in = { 0 };
    struct rkb_err ignored;
    rkb_sv line = { 0 };

    if (looks)
        return strcmp(looks, "trec-run") == 0;
    if (!rkb_lines_open(&in, path, &ignored))
        while (rkb_lines_next(&in, &line) && !rkb_sv_trim(line).len)
            continue;
    line = rkb_sv_trim(line);
    bool is_json = !line.len || line.at[0] == '{' || line.at[0] == '[';

    rkb_lines_close(&in);
    return !is_json;
}

static enum rkb_status read_file(struct loading *l, struct rkb_err *err)
{
    const char *spec = l->want->spec, *looks = NULL;
    enum rkb_status rc = rkb_format_guess(spec, &looks, err);
    bool is_run = !rc && may_be_run(spec, looks);

    /* "FORMAT:PATH" is not a path: let the format tell what is wrong. */
    if (rc && strchr(spec, ':'))
        rc = RKB_OK;
    if (rc)
        return rc;
    if (!is_run) {
        const struct rkb_sink sink = {
            .ctx = l, .on_query = on_query, .on_doc = on_doc, .on_hit = on_hit
        };

        l->out->order = RKB_ORDER_FILE;
        return rkb_format_read(spec, RKB_PART_HITS, NULL, NULL, &sink, err);
    }
    /* One thread: file order is what some rules ask for. */
    struct rkb_pool *alone = rkb_pool_open(1);
    const struct rkb_run_want want = { .block = on_block,
                                       .ctx = l,
                                       .ranks = true };

    rc = rkb_run_read(spec, alone, &want, NULL, NULL, err);
    rkb_pool_close(alone);
    return rc;
}

/* ---- BM25 -------------------------------------------------------------- */

static void open_bm25(struct loading *l)
{
    const struct rkb_bm25_params params = { RKB_BM25_K1, RKB_BM25_B };

    l->out->bm25 = rkb_bm25_open(params, l->want->pool);
    for (size_t q = 0; q < l->n_raw; q++)
        rkb_bm25_add_query(l->out->bm25, l->d->queries[q].text);
}

static enum rkb_status scan_corpus(struct loading *l, bool count_only,
                                   struct rkb_err *err)
{
    open_bm25(l);
    if (count_only)
        rkb_bm25_count_only(l->out->bm25);
    const struct rkb_sink sink = { .ctx = l->out->bm25,
                                   .on_doc = rkb_bm25_on_doc };
    enum rkb_status rc = rkb_dataset_scan(l->d, &sink, err);

    return rc ? rc : rkb_bm25_finish(l->out->bm25, err);
}

/* Without a corpus all candidates together stand for it: within one query's
 * own candidates almost every document has the query's words. */
static enum rkb_status scan_candidates(struct loading *l, struct rkb_err *err)
{
    const struct rkb_candidates *out = l->out;
    uint8_t *wanted = rkb_new(l->d->docids.n, 1);
    enum rkb_status rc = RKB_OK;

    open_bm25(l);
    rkb_bm25_count_only(out->bm25);
    for (size_t i = 0; i < out->n_lists; i++)
        for (size_t j = 0; j < out->lists[i].n; j++)
            wanted[out->lists[i].docs[j]] = 1;
    for (uint32_t doc = 0; doc < l->d->docids.n && !rc; doc++)
        if (wanted[doc] && l->d->docs[doc].present)
            rc = rkb_bm25_on_doc(out->bm25, l->d->docids.keys[doc],
                                 l->d->docs[doc].title, l->d->docs[doc].text,
                                 err);
    rkb_free(wanted);
    return rc ? rc : rkb_bm25_finish(out->bm25, err);
}

struct search {
    struct loading *l;
    struct rkb_arena *arenas; /* per worker */
    struct rkb_bm25_hit **hits;
    size_t *n;
};

static enum rkb_status search_one(void *arg, size_t query, size_t worker)
{
    struct search *s = arg;
    const struct rkb_query *q = &s->l->d->queries[query];
    size_t depth = s->l->want->depth, spare = q->n_excluded + 1;

    /* Dropped documents must not shorten the list. */
    depth = depth < SIZE_MAX - spare ? depth + spare : depth;
    if ((is_sent(s->l, (uint32_t)query) || s->l->spare[query]) && q->has_text)
        rkb_bm25_search(s->l->out->bm25, &s->arenas[worker], (uint32_t)query,
                        depth, &s->hits[query], &s->n[query]);
    return RKB_OK;
}

static enum rkb_status retrieve(struct loading *l, struct rkb_err *err)
{
    if (!rkb_dataset_has_corpus(l->d))
        return rkb_fail(err, RKB_E_USAGE,
                        "candidates 'bm25' need a corpus, and dataset '%s' "
                        "has none here (give --corpus)",
                        l->d->name);
    size_t n_workers = rkb_pool_size(l->want->pool);
    struct search s = { .l = l };
    enum rkb_status rc = scan_corpus(l, false, err);

    if (rc)
        return rc;
    for (uint32_t q = 0; q < l->n_raw; q++)
        if (l->d->queries[q].has_text)
            (void)is_kept(l, q);
    s.arenas = rkb_new(n_workers, sizeof *s.arenas);
    s.hits = rkb_new(l->n_raw, sizeof *s.hits);
    s.n = rkb_new(l->n_raw, sizeof *s.n);
    rc = rkb_pool_run(l->want->pool, l->n_raw, search_one, &s);
    for (uint32_t q = 0; q < l->n_raw; q++)
        for (size_t i = 0; i < s.n[q]; i++)
            add_hit(l, q, s.hits[q][i].docid, (int64_t)i + 1,
                    s.hits[q][i].score);
    for (size_t i = 0; i < n_workers; i++)
        rkb_arena_release(&s.arenas[i]);
    rkb_free(s.arenas);
    rkb_free(s.hits);
    rkb_free(s.n);
    l->out->order = RKB_ORDER_EVALUATOR;
    return rc;
}

/* ---- order, drop, cut --------------------------------------------------- */

static int by_rank(const void *a, const void *b, void *ctx)
{
    int64_t x = ((const struct raw_hit *)a)->rank;
    int64_t y = ((const struct raw_hit *)b)->rank;

    (void)ctx;
    return (x > y) - (x < y);
}

static void put_in_order(struct loading *l, struct raw_list *list)
{
    size_t n = list->n;

    if (n > l->entries_cap) {
        l->entries_cap = n * 2;
        l->entries = rkb_resize(l->entries, l->entries_cap, sizeof *l->entries);
    }
    bool scored = true;

    for (size_t i = 0; i < n; i++) {
        const struct raw_hit *h = &list->hits[i];

        scored &= !isnan(h->score);
        l->entries[i] =
            (struct rkb_entry){ l->d->docids.keys[h->doc], h->score };
    }
    if (scored) {
        const uint32_t *order =
            rkb_rank(&l->ranker, l->entries, n, l->want->compat);

        l->out->n_differ += order != NULL;
        if (order && l->out->order == RKB_ORDER_EVALUATOR) {
            struct raw_hit *sorted = rkb_new(n, sizeof *sorted);

            for (size_t i = 0; i < n; i++)
                sorted[i] = list->hits[order[i]];
            memcpy(list->hits, sorted, n * sizeof *sorted);
            rkb_free(sorted);
        }
        l->out->n_tied +=
            rkb_tied(&l->ranker, l->entries, n, l->want->compat) > 0;
    }
    if (l->out->order == RKB_ORDER_RANK)
        rkb_sort(list->hits, n, sizeof *list->hits, by_rank, NULL);
}

static bool is_excluded(const struct rkb_query *q, uint32_t doc)
{
    for (size_t i = 0; i < q->n_excluded; i++)
        if (q->excluded[i] == doc)
            return true;
    return false;
}

static enum rkb_status no_twins(struct loading *l, uint32_t query,
                                const struct raw_list *list,
                                struct rkb_err *err)
{
    if (l->d->docids.n > l->last_query_cap) {
        size_t old = l->last_query_cap;

        l->last_query_cap = l->d->docids.n * 2;
        l->last_query =
            rkb_resize(l->last_query, l->last_query_cap, sizeof *l->last_query);
        memset(l->last_query + old, 0,
               (l->last_query_cap - old) * sizeof *l->last_query);
    }
    for (size_t i = 0; i < list->n; i++) {
        uint32_t doc = list->hits[i].doc;

        if (l->last_query[doc] == query + 1) {
            rkb_sv id = l->d->docids.keys[doc], qid = l->d->qids.keys[query];
            size_t line = rkb_run_find_line(l->want->spec, qid, id, 2);

            rkb_fail(err, RKB_E_DATA,
                     "document '%.*s' is a candidate of query '%.*s' twice",
                     (int)id.len, id.at, (int)qid.len, qid.at);
            return line ? rkb_wrap(err, "%s:%zu", l->want->spec, line)
                        : rkb_wrap(err, "%s", l->want->spec);
        }
        l->last_query[doc] = query + 1;
    }
    return RKB_OK;
}

static void settle_list(struct loading *l, uint32_t query,
                        const struct raw_list *raw)
{
    const struct rkb_query *q = &l->d->queries[query];
    struct rkb_candidate_list *list = &l->out->lists[l->out->n_lists++];
    const struct rkb_preset *preset = l->d->preset;
    size_t depth = l->want->depth;

    list->query = query;
    list->docs = rkb_arena_new(&l->out->arena, raw->n, sizeof *list->docs);
    list->scores = rkb_arena_new(&l->out->arena, raw->n, sizeof *list->scores);
    for (size_t i = 0; i < raw->n && list->n < depth; i++) {
        uint32_t doc = raw->hits[i].doc;

        if (preset && preset->drop_self &&
            rkb_sv_eq(l->d->docids.keys[doc], q->qid)) {
            l->out->n_self++;
        } else if (q->n_excluded && is_excluded(q, doc)) {
            l->out->n_excluded++;
        } else {
            list->docs[list->n] = doc;
            list->scores[list->n++] = raw->hits[i].score;
        }
    }
    l->out->n_empty += list->n == 0;
}

/* Nothing is told of these: neither counted nor refused. */
static void settle_spares(struct loading *l)
{
    struct rkb_candidates *out = l->out;
    struct rkb_err ignored;

    out->spares = rkb_arena_new(&out->arena, l->n_spare, sizeof *out->spares);
    for (uint32_t q = 0; q < l->n_raw; q++) {
        const struct raw_list *raw = &l->raw[q];
        size_t n = raw->n < l->want->depth ? raw->n : l->want->depth;
        struct rkb_candidate_list list = { .query = q, .n = n };

        if (!l->spare[q] || !n || no_twins(l, q, raw, &ignored) ||
            (l->want->texts && !l->d->queries[q].has_text))
            continue;
        list.docs = rkb_arena_new(&out->arena, n, sizeof *list.docs);
        list.scores = rkb_arena_new(&out->arena, n, sizeof *list.scores);
        for (size_t i = 0; i < n; i++) {
            list.docs[i] = raw->hits[i].doc;
            list.scores[i] = raw->hits[i].score;
        }
        out->spares[out->n_spares++] = list;
    }
}

static int by_qid(const void *a, const void *b, void *ctx)
{
    const struct rkb_dataset *d = ctx;

    return rkb_sv_cmp(d->queries[*(const uint32_t *)a].qid,
                      d->queries[*(const uint32_t *)b].qid);
}

static enum rkb_status settle_all(struct loading *l, struct rkb_err *err)
{
    struct rkb_candidates *out = l->out;
    uint32_t *order = rkb_new(l->n_raw, sizeof *order);
    enum rkb_status rc = RKB_OK;

    for (uint32_t q = 0; q < l->n_raw; q++)
        order[q] = q;
    rkb_sort(order, l->n_raw, sizeof *order, by_qid, l->d);
    out->lists = rkb_arena_new(&out->arena, l->n_raw, sizeof *out->lists);
    for (size_t i = 0; i < l->n_raw && !rc; i++) {
        uint32_t q = order[i];

        if (!is_sent(l, q)) {
            out->n_unjudged++;
            continue;
        }
        rc = no_twins(l, q, &l->raw[q], err);
        if (!rc) {
            put_in_order(l, &l->raw[q]);
            settle_list(l, q, &l->raw[q]);
        }
    }
    rkb_free(order);
    settle_spares(l);
    return rc;
}

/* ---- texts and digests --------------------------------------------------- */

/* Whose text is wanted: of a query that is sent, of a spare one. */
enum { SENT = 1, SPARE = 2 };

static void drop_textless(struct rkb_dataset *d, struct rkb_candidate_list *c,
                          size_t *n_empty)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        if (d->docs[c->docs[i]].present) {
            c->docs[n] = c->docs[i];
            c->scores[n++] = c->scores[i];
        }
    *n_empty += c->n && !n;
    c->n = n;
}

static void keep_spares_with_text(struct rkb_dataset *d,
                                  struct rkb_candidates *out)
{
    size_t n = 0, ignored = 0;

    for (size_t i = 0; i < out->n_spares; i++) {
        drop_textless(d, &out->spares[i], &ignored);
        if (out->spares[i].n)
            out->spares[n++] = out->spares[i];
    }
    out->n_spares = n;
}

static enum rkb_status missing_texts(const struct loading *l, size_t n_missing,
                                     const uint8_t *wanted, struct rkb_err *err)
{
    struct rkb_buf ids = { 0 };
    size_t shown = 0;

    for (uint32_t doc = 0; doc < l->d->docids.n && shown < N_IDS_SHOWN; doc++)
        if (wanted[doc] == SENT && !l->d->docs[doc].present) {
            rkb_sv id = l->d->docids.keys[doc];

            rkb_buf_printf(&ids, "%s'%.*s'", shown++ ? " " : "",
                           (int)(id.len < 40 ? id.len : 40), id.at);
        }
    rkb_fail(err, RKB_E_DATA,
             "%zu candidates have no text (%s%s); give a corpus, or say "
             "--missing-text empty or drop",
             n_missing, ids.at, n_missing > shown ? " ..." : "");
    rkb_buf_release(&ids);
    return err->code;
}

/* A query without text would be asked all the same, and mean nothing. */
static enum rkb_status check_queries(const struct loading *l,
                                     struct rkb_err *err)
{
    struct rkb_buf ids = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < l->out->n_lists; i++) {
        const struct rkb_query *q = &l->d->queries[l->out->lists[i].query];

        if (!l->out->lists[i].n || q->has_text)
            continue;
        if (n++ < N_IDS_SHOWN)
            rkb_buf_printf(&ids, "%s'%.*s'", n > 1 ? " " : "",
                           (int)(q->qid.len < 40 ? q->qid.len : 40), q->qid.at);
    }
    if (n)
        rkb_fail(err, RKB_E_DATA,
                 "%zu queries have no text (%s%s); give --queries", n, ids.at,
                 n > N_IDS_SHOWN ? " ..." : "");
    rkb_buf_release(&ids);
    return n ? err->code : RKB_OK;
}

static enum rkb_status load_texts(struct loading *l, struct rkb_err *err)
{
    struct rkb_dataset *d = l->d;
    struct rkb_candidates *out = l->out;
    uint8_t *wanted = rkb_new(d->docids.n, 1);
    size_t n_missing = 0;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < out->n_lists; i++)
        for (size_t j = 0; j < out->lists[i].n; j++)
            wanted[out->lists[i].docs[j]] = SENT;
    for (size_t i = 0; i < out->n_spares; i++)
        for (size_t j = 0; j < out->spares[i].n; j++)
            if (!wanted[out->spares[i].docs[j]])
                wanted[out->spares[i].docs[j]] = SPARE;
    if (rkb_dataset_has_corpus(d))
        rc = rkb_dataset_load_texts(d, wanted, &n_missing, err);
    n_missing = 0;
    for (uint32_t doc = 0; doc < d->docids.n; doc++)
        n_missing += wanted[doc] == SENT && !d->docs[doc].present;
    if (!rc && n_missing && l->want->missing == RKB_MISSING_STOP)
        rc = missing_texts(l, n_missing, wanted, err);
    if (!rc && n_missing && l->want->missing == RKB_MISSING_DROP)
        for (size_t i = 0; i < out->n_lists; i++)
            drop_textless(d, &out->lists[i], &out->n_empty);
    keep_spares_with_text(d, out);
    out->n_missing_text = n_missing;
    rkb_free(wanted);
    return rc;
}

static void digest_lists(struct loading *l)
{
    struct rkb_candidates *out = l->out;
    struct rkb_hasher *ids = rkb_hasher_new(), *texts = rkb_hasher_new();

    for (size_t i = 0; i < out->n_lists; i++) {
        const struct rkb_candidate_list *c = &out->lists[i];

        rkb_hasher_field(ids, l->d->queries[c->query].qid);
        rkb_hasher_u64(ids, c->n);
        for (size_t j = 0; j < c->n; j++) {
            const struct rkb_doc *doc = &l->d->docs[c->docs[j]];
            uint64_t bits;

            memcpy(&bits, &c->scores[j], sizeof bits);
            rkb_hasher_field(ids, l->d->docids.keys[c->docs[j]]);
            rkb_hasher_u64(ids, bits);
            if (l->want->texts) {
                rkb_hasher_u64(texts, doc->present);
                rkb_hasher_field(texts, doc->title);
                rkb_hasher_field(texts, doc->text);
            }
        }
    }
    out->digest = rkb_hasher_done(ids);
    out->texts = rkb_hasher_done(texts);
    if (!l->want->texts)
        out->texts = (struct rkb_digest){ 0 };
}

static enum rkb_status nothing_in_common(const struct loading *l,
                                         struct rkb_err *err)
{
    const struct rkb_candidates *out = l->out;
    struct rkb_buf sent = { 0 }, foreign = { 0 };

    for (size_t i = 0; i < out->n_lists && i < N_IDS_SHOWN; i++) {
        rkb_sv qid = l->d->queries[out->lists[i].query].qid;

        rkb_buf_printf(&sent, " '%.*s'", (int)(qid.len < 40 ? qid.len : 40),
                       qid.at);
    }
    for (size_t i = 0; i < l->foreign.n && i < N_IDS_SHOWN; i++) {
        rkb_sv qid = l->foreign.keys[i];

        rkb_buf_printf(&foreign, " '%.*s'", (int)(qid.len < 40 ? qid.len : 40),
                       qid.at);
    }
    rkb_fail(err, RKB_E_DATA,
             "%s has candidates for none of the %zu queries of '%s': those "
             "are%s, it has%s",
             l->want->spec, out->n_lists, l->d->name,
             sent.at ? sent.at : " none", foreign.at ? foreign.at : " none");
    rkb_buf_release(&sent);
    rkb_buf_release(&foreign);
    return err->code;
}

enum rkb_status rkb_candidates_load(struct rkb_dataset *d,
                                    const struct rkb_candidates_want *want,
                                    struct rkb_candidates *out,
                                    struct rkb_err *err)
{
    struct loading l = { .d = d, .want = want, .out = out, .n_raw = d->qids.n };
    bool bm25 = want->bm25;
    enum rkb_status rc;

    *out = (struct rkb_candidates){ .order = want->order };
    d->stop = want->stop;
    l.raw = rkb_new(l.n_raw, sizeof *l.raw);
    l.spare = rkb_new(l.n_raw, 1);
    rc = bm25 ? retrieve(&l, err) : read_file(&l, err);
    if (l.new_texts)
        rkb_dataset_redigest(d);
    if (!rc && !bm25 && want->word_stats && rkb_dataset_has_corpus(d))
        rc = scan_corpus(&l, true, err);
    if (!rc)
        rc = settle_all(&l, err);
    out->n_foreign = l.foreign.n;
    if (!rc && out->n_empty == out->n_lists)
        rc = nothing_in_common(&l, err);
    if (!rc && want->texts)
        rc = check_queries(&l, err);
    if (!rc && want->texts)
        rc = load_texts(&l, err);
    if (!rc && want->word_stats && !out->bm25)
        rc = scan_candidates(&l, err);
    if (!rc)
        digest_lists(&l);
    for (size_t i = 0; i < l.n_raw; i++)
        rkb_free(l.raw[i].hits);
    rkb_free(l.raw);
    rkb_free(l.spare);
    rkb_free(l.entries);
    rkb_free(l.last_query);
    rkb_ranker_release(&l.ranker);
    rkb_map_release(&l.foreign);
    if (rc)
        rkb_candidates_release(out);
    return rc;
}
