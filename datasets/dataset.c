/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/dataset.h"

#include "base/mem.h"
#include "base/sort.h"
#include "datasets/source.h"

#include <string.h>

/* ---- what was seen before -------------------------------------------------- */

/* A set of (query, document) pairs. */
struct pairs {
    uint64_t *slots; /* pair + 1 of the query's half, so never 0 */
    size_t n, cap;
};

static bool put_slot(struct pairs *p, uint64_t key)
{
    size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20);

    for (i &= p->cap - 1; p->slots[i]; i = (i + 1) & (p->cap - 1))
        if (p->slots[i] == key)
            return false;
    p->slots[i] = key;
    p->n++;
    return true;
}

/* False when the pair was there. */
static bool pairs_add(struct pairs *p, uint32_t query, uint32_t doc)
{
    if (2 * p->n >= p->cap) {
        struct pairs grown = { .cap = p->cap ? 2 * p->cap : 1024 };

        grown.slots = rkb_new(grown.cap, sizeof(*grown.slots));
        for (size_t i = 0; i < p->cap; i++)
            if (p->slots[i])
                put_slot(&grown, p->slots[i]);
        rkb_free(p->slots);
        *p = grown;
    }
    return put_slot(p, ((uint64_t)query + 1) << 32 | doc);
}

static bool pairs_has(const struct pairs *p, uint32_t query, uint32_t doc)
{
    uint64_t key = ((uint64_t)query + 1) << 32 | doc;
    size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20);

    if (!p->cap)
        return false;
    for (i &= p->cap - 1; p->slots[i]; i = (i + 1) & (p->cap - 1))
        if (p->slots[i] == key)
            return true;
    return false;
}

/* ---- loading ---------------------------------------------------------------- */

struct judgment {
    uint32_t query, doc;
    int32_t grade;
};

struct judgments {
    struct judgment *at;
    size_t n, cap;
    struct pairs seen;
};

struct loader {
    struct rkb_dataset *d;
    struct judgments grades, excludes;
};

static uint32_t query_index(struct rkb_dataset *d, rkb_sv qid)
{
    bool is_new;
    uint32_t q = rkb_map_add(&d->qids, qid, &is_new);

    if (is_new) {
        d->queries = rkb_grow(d->queries, &d->queries_cap, d->qids.n,
                              sizeof(*d->queries));
        d->queries[q] = (struct rkb_query){ .qid = d->qids.keys[q] };
    }
    return q;
}

uint32_t rkb_dataset_doc(struct rkb_dataset *d, rkb_sv docid)
{
    bool is_new;
    uint32_t doc = rkb_map_add(&d->docids, docid, &is_new);

    if (is_new) {
        d->docs =
            rkb_grow(d->docs, &d->docs_cap, d->docids.n, sizeof(*d->docs));
        d->docs[doc] = (struct rkb_doc){ 0 };
    }
    return doc;
}

void rkb_dataset_set_doc(struct rkb_dataset *d, uint32_t doc, rkb_sv title,
                         rkb_sv text)
{
    d->docs[doc] = (struct rkb_doc){ .title = rkb_arena_copy(&d->arena, title),
                                     .text = rkb_arena_copy(&d->arena, text),
                                     .present = true };
}

static enum rkb_status on_query(void *ctx, rkb_sv qid, rkb_sv text,
                                struct rkb_err *err)
{
    struct loader *l = ctx;
    uint32_t index = query_index(l->d, qid);
    struct rkb_query *q = &l->d->queries[index];

    if (q->has_text)
        return rkb_fail(err, RKB_E_DATA, "query '%.*s' is there twice",
                        (int)qid.len, qid.at);
    q->text = rkb_arena_copy(&l->d->arena, text);
    q->has_text = true;
    return RKB_OK;
}

/* False when the pair was there. */
static bool keep(struct loader *l, struct judgments *list, rkb_sv qid,
                 rkb_sv docid, int32_t grade)
{
    struct judgment j = { query_index(l->d, qid), rkb_dataset_doc(l->d, docid),
                          grade };

    if (!pairs_add(&list->seen, j.query, j.doc))
        return false;
    list->at = rkb_grow(list->at, &list->cap, list->n + 1, sizeof(j));
    list->at[list->n++] = j;
    return true;
}

static enum rkb_status on_exclude(void *ctx, rkb_sv qid, rkb_sv docid,
                                  struct rkb_err *err)
{
    struct loader *l = ctx;

    (void)err;
    (void)keep(l, &l->excludes, qid, docid, 0);
    return RKB_OK;
}

/* A judgment that excludes, and one that does not, of the same document. */
static enum rkb_status check_excluded(struct loader *l, rkb_sv qid,
                                      rkb_sv docid, const struct pairs *other,
                                      struct rkb_err *err)
{
    if (!pairs_has(other, query_index(l->d, qid), rkb_dataset_doc(l->d, docid)))
        return RKB_OK;
    return rkb_fail(err, RKB_E_DATA,
                    "document '%.*s' is both judged and excluded (%d) for "
                    "query '%.*s'",
                    (int)docid.len, docid.at, RKB_GRADE_EXCLUDED, (int)qid.len,
                    qid.at);
}

static enum rkb_status on_grade(void *ctx, rkb_sv qid, rkb_sv docid,
                                int32_t grade, struct rkb_err *err)
{
    struct loader *l = ctx;
    uint32_t q = rkb_map_find(&l->d->qids, qid);
    bool excludes = l->d->preset && l->d->preset->drop_excluded;

    if (excludes) {
        bool is_excluded = grade == RKB_GRADE_EXCLUDED;
        enum rkb_status rc = check_excluded(
            l, qid, docid, is_excluded ? &l->grades.seen : &l->excludes.seen,
            err);

        if (rc || is_excluded)
            return rc ? rc : on_exclude(ctx, qid, docid, err);
    }
    if (keep(l, &l->grades, qid, docid, grade))
        return RKB_OK;
    for (size_t i = 0; i < l->grades.n; i++) {
        const struct judgment *j = &l->grades.at[i];

        if (j->query == q && rkb_sv_eq(l->d->docids.keys[j->doc], docid))
            return rkb_fail(err, RKB_E_DATA,
                            "document '%.*s' is judged twice for query "
                            "'%.*s': %d, and %d as judgment %zu",
                            (int)docid.len, docid.at, (int)qid.len, qid.at,
                            grade, j->grade, i + 1);
    }
    return RKB_OK;
}

static enum rkb_status read_part(struct loader *l, const char *spec,
                                 unsigned required, unsigned wanted,
                                 struct rkb_err *err)
{
    const struct rkb_dataset_source *p = &l->d->parts;
    const struct rkb_sink sink = {
        .ctx = l,
        .on_query = wanted & RKB_PART_QUERIES ? on_query : NULL,
        .on_grade = wanted & RKB_PART_GRADES ? on_grade : NULL,
        .on_exclude = wanted & RKB_PART_EXCLUDES ? on_exclude : NULL,
    };

    if (!spec)
        return RKB_OK;
    return rkb_format_read(spec, required, p->split, p->query_text, &sink, err);
}

/* Queries come first, so that they keep the order of their own file. */
static enum rkb_status load(struct loader *l, struct rkb_err *err)
{
    const struct rkb_dataset_source *p = &l->d->parts;
    const unsigned both = RKB_PART_QUERIES | RKB_PART_GRADES;
    enum rkb_status rc;

    if (p->queries && p->queries == p->qrels)
        return read_part(l, p->queries, both, both | RKB_PART_EXCLUDES, err);
    rc = read_part(l, p->queries, RKB_PART_QUERIES,
                   RKB_PART_QUERIES | RKB_PART_EXCLUDES, err);
    if (!rc)
        rc = read_part(l, p->qrels, RKB_PART_GRADES, RKB_PART_GRADES, err);
    if (!rc)
        rc = read_part(l, p->spec, 0, RKB_PART_EXCLUDES, err);
    return rc;
}

/* The flat lists become one list a query, in file order. */
static void deal_out(struct loader *l)
{
    struct rkb_dataset *d = l->d;

    for (size_t i = 0; i < l->grades.n; i++)
        d->queries[l->grades.at[i].query].n_grades++;
    for (size_t i = 0; i < l->excludes.n; i++)
        d->queries[l->excludes.at[i].query].n_excluded++;
    for (size_t i = 0; i < d->qids.n; i++) {
        struct rkb_query *q = &d->queries[i];

        q->grades = rkb_arena_new(&d->arena, q->n_grades, sizeof(*q->grades));
        q->excluded =
            rkb_arena_new(&d->arena, q->n_excluded, sizeof(*q->excluded));
        q->judged = q->n_grades > 0;
        d->n_judged += q->judged;
        q->n_grades = q->n_excluded = 0;
    }
    for (size_t i = 0; i < l->grades.n; i++) {
        const struct judgment *j = &l->grades.at[i];
        struct rkb_query *q = &d->queries[j->query];

        q->grades[q->n_grades++] = (struct rkb_grade){ j->doc, j->grade };
    }
    for (size_t i = 0; i < l->excludes.n; i++) {
        struct rkb_query *q = &d->queries[l->excludes.at[i].query];

        q->excluded[q->n_excluded++] = l->excludes.at[i].doc;
    }
    d->n_grades = l->grades.n;
    d->n_excludes = l->excludes.n;
}

/* ---- digests ----------------------------------------------------------------- */

static int by_ids(const void *a, const void *b, void *ctx)
{
    const struct rkb_dataset *d = ctx;
    const struct judgment *x = a, *y = b;
    int order = rkb_sv_cmp(d->qids.keys[x->query], d->qids.keys[y->query]);

    return order ? order
                 : rkb_sv_cmp(d->docids.keys[x->doc], d->docids.keys[y->doc]);
}

static struct rkb_digest digest_pairs(struct rkb_dataset *d,
                                      struct judgments *list, bool graded)
{
    struct rkb_hasher *h = rkb_hasher_new();

    rkb_sort(list->at, list->n, sizeof(*list->at), by_ids, d);
    for (size_t i = 0; i < list->n; i++) {
        rkb_hasher_field(h, d->qids.keys[list->at[i].query]);
        rkb_hasher_field(h, d->docids.keys[list->at[i].doc]);
        if (graded)
            rkb_hasher_u64(h, (uint64_t)(int64_t)list->at[i].grade);
    }
    return rkb_hasher_done(h);
}

static int by_qid(const void *a, const void *b, void *ctx)
{
    const struct rkb_dataset *d = ctx;

    return rkb_sv_cmp(d->qids.keys[*(const uint32_t *)a],
                      d->qids.keys[*(const uint32_t *)b]);
}

static struct rkb_digest digest_queries(struct rkb_dataset *d)
{
    struct rkb_hasher *h = rkb_hasher_new();
    uint32_t *order = rkb_new(d->qids.n, sizeof(*order));

    for (uint32_t i = 0; i < d->qids.n; i++)
        order[i] = i;
    rkb_sort(order, d->qids.n, sizeof(*order), by_qid, d);
    for (size_t i = 0; i < d->qids.n; i++) {
        const struct rkb_query *q = &d->queries[order[i]];

        if (!q->has_text)
            continue;
        rkb_hasher_field(h, q->qid);
        rkb_hasher_field(h, q->text);
    }
    rkb_free(order);
    return rkb_hasher_done(h);
}

void rkb_dataset_set_query_text(struct rkb_dataset *d, uint32_t query,
                                rkb_sv text)
{
    d->queries[query].text = rkb_arena_copy(&d->arena, text);
    d->queries[query].has_text = true;
}

void rkb_dataset_redigest(struct rkb_dataset *d)
{
    d->queries_digest = digest_queries(d);
}

/* ---- the whole ---------------------------------------------------------------- */

static void release_judgments(struct judgments *list)
{
    rkb_free(list->at);
    rkb_free(list->seen.slots);
}

enum rkb_status rkb_dataset_open(struct rkb_dataset **out,
                                 const struct rkb_dataset_source *src,
                                 struct rkb_err *err)
{
    struct rkb_dataset *d = rkb_new(1, sizeof(*d));
    struct loader l = { .d = d };
    enum rkb_status rc;

    *out = NULL;
    rc = rkb_source_resolve(d, src, err);
    if (!rc)
        rc = load(&l, err);
    if (!rc) {
        deal_out(&l);
        d->queries_digest = digest_queries(d);
        d->grades_digest = digest_pairs(d, &l.grades, true);
        d->excludes_digest = digest_pairs(d, &l.excludes, false);
        d->known = rkb_known_find(&d->grades_digest);
        *out = d;
    } else {
        if (d->name)
            rkb_wrap(err, "cannot load dataset '%s'", d->name);
        rkb_dataset_close(d);
    }
    release_judgments(&l.grades);
    release_judgments(&l.excludes);
    return rc;
}

void rkb_dataset_close(struct rkb_dataset *d)
{
    if (!d)
        return;
    rkb_map_release(&d->qids);
    rkb_map_release(&d->docids);
    rkb_free(d->queries);
    rkb_free(d->docs);
    rkb_arena_release(&d->arena);
    rkb_free(d);
}

/* ---- texts -------------------------------------------------------------------- */

bool rkb_dataset_has_corpus(const struct rkb_dataset *d)
{
    return d->parts.corpus != NULL;
}

/* A sink that a stop ends, also between documents that nobody wants. */
struct watched {
    const struct rkb_sink *sink;
    const struct rkb_stop *stop;
};

static bool watched_wants(void *ctx, rkb_sv docid)
{
    const struct watched *w = ctx;

    return rkb_stop_level(w->stop) > 0 ||
           w->sink->wants_doc(w->sink->ctx, docid);
}

static enum rkb_status watched_doc(void *ctx, rkb_sv docid, rkb_sv title,
                                   rkb_sv text, struct rkb_err *err)
{
    const struct watched *w = ctx;

    if (rkb_stop_level(w->stop) > 0)
        return rkb_fail(err, RKB_E_STOPPED, "stopped");
    return w->sink->on_doc(w->sink->ctx, docid, title, text, err);
}

enum rkb_status rkb_dataset_scan(struct rkb_dataset *d,
                                 const struct rkb_sink *sink,
                                 struct rkb_err *err)
{
    struct watched w = { .sink = sink, .stop = d->stop };
    const struct rkb_sink docs = { .ctx = &w,
                                   .wants_doc =
                                       sink->wants_doc ? watched_wants : NULL,
                                   .wanted = sink->wanted,
                                   .n_wanted = sink->n_wanted,
                                   .on_doc = watched_doc };

    if (!d->parts.corpus)
        return rkb_fail(err, RKB_E_USAGE, "dataset '%s' has no corpus",
                        d->name);
    if (rkb_format_read(d->parts.corpus, RKB_PART_DOCS, d->parts.split, NULL,
                        &docs, err))
        return rkb_wrap(err, "cannot read the corpus of '%s'", d->name);
    return RKB_OK;
}

struct texts {
    struct rkb_dataset *d;
    const uint8_t *wanted;
    size_t n_wanted;
    uint8_t *found; /* [n_wanted] in this scan */
};

static bool wants_doc(void *ctx, rkb_sv docid)
{
    const struct texts *t = ctx;
    uint32_t doc = rkb_map_find(&t->d->docids, docid);

    return doc < t->n_wanted && t->wanted[doc] &&
           (t->found[doc] || !t->d->docs[doc].present);
}

static enum rkb_status on_doc(void *ctx, rkb_sv docid, rkb_sv title,
                              rkb_sv text, struct rkb_err *err)
{
    const struct texts *t = ctx;
    uint32_t doc = rkb_map_find(&t->d->docids, docid);
    const struct rkb_doc *old = &t->d->docs[doc];

    if (!t->found[doc]) {
        rkb_dataset_set_doc(t->d, doc, title, text);
        t->found[doc] = 1;
        return RKB_OK;
    }
    if (rkb_sv_eq(old->title, title) && rkb_sv_eq(old->text, text))
        return RKB_OK;
    return rkb_fail(err, RKB_E_DATA,
                    "document '%.*s' is there twice with two texts",
                    (int)docid.len, docid.at);
}

enum rkb_status rkb_dataset_load_texts(struct rkb_dataset *d,
                                       const uint8_t *wanted, size_t *n_missing,
                                       struct rkb_err *err)
{
    struct texts t = { .d = d, .wanted = wanted, .n_wanted = d->docids.n };
    struct rkb_sink sink = { .ctx = &t,
                             .wants_doc = wants_doc,
                             .on_doc = on_doc };
    rkb_sv *ids = rkb_new(t.n_wanted, sizeof *ids);
    enum rkb_status rc;

    t.found = rkb_new(t.n_wanted, 1);
    for (size_t i = 0; i < t.n_wanted; i++)
        if (wanted[i] && !d->docs[i].present)
            ids[sink.n_wanted++] = d->docids.keys[i];
    sink.wanted = ids;
    rc = rkb_dataset_scan(d, &sink, err);
    *n_missing = 0;
    for (size_t i = 0; i < t.n_wanted; i++)
        *n_missing += wanted[i] && !d->docs[i].present;
    rkb_free(ids);
    rkb_free(t.found);
    return rc;
}
