/* SPDX-License-Identifier: Apache-2.0 */
/* What a reranker works on, as the store keeps it: written once, named by
 * digests. */
#include "harness/eval/testbed.h"

#include "base/mem.h"

static void drop_candidates(struct rkb_testbed *b)
{
    if (b->candidates)
        rkb_candidates_release(b->candidates);
    rkb_free(b->candidates);
    b->candidates = NULL;
}

void rkb_testbed_close(struct rkb_testbed *b)
{
    drop_candidates(b);
    if (b->judgments)
        rkb_judgments_release(b->judgments);
    rkb_free(b->judgments);
    rkb_dataset_close(b->dataset);
    *b = (struct rkb_testbed){ 0 };
}

enum rkb_status rkb_testbed_open(struct rkb_testbed *b,
                                 const struct rkb_dataset_source *source,
                                 struct rkb_err *err)
{
    rkb_sv qid, docid;
    enum rkb_status rc;

    rkb_testbed_close(b);
    rc = rkb_dataset_open(&b->dataset, source, err);
    if (rc)
        return rc;
    const struct rkb_dataset *d = b->dataset;

    b->judgments = rkb_new(1, sizeof *b->judgments);
    for (size_t q = 0; q < d->qids.n; q++)
        for (size_t i = 0; i < d->queries[q].n_grades; i++)
            rkb_judgments_add(b->judgments, d->queries[q].qid,
                              d->docids.keys[d->queries[q].grades[i].doc],
                              d->queries[q].grades[i].grade);
    return rkb_judgments_seal(b->judgments, &qid, &docid, err);
}

enum rkb_status rkb_testbed_load(struct rkb_testbed *b,
                                 const struct rkb_candidates_want *want,
                                 struct rkb_err *err)
{
    drop_candidates(b);
    b->candidates = rkb_new(1, sizeof *b->candidates);
    b->candidates_source = want->spec;
    b->depth = want->depth == SIZE_MAX ? 0 : (int64_t)want->depth;
    return rkb_candidates_load(b->dataset, want, b->candidates, err);
}

static enum rkb_status put_candidates(struct rkb_testbed *b,
                                      struct rkb_store *store,
                                      struct rkb_err *err)
{
    const struct rkb_candidates *c = b->candidates;
    const struct rkb_dataset *d = b->dataset;
    const struct rkb_candidate_set set = {
        .digest = c->digest,
        .source = rkb_sv_of(b->candidates_source),
        .order_rule = rkb_sv_of(rkb_order_name(c->order)),
        .depth = b->depth,
    };
    rkb_sv *docids = NULL;
    size_t cap = 0;
    bool there;
    enum rkb_status rc = rkb_store_put_candidate_set(
        store, &set, &b->candidate_set, &there, err);

    for (size_t i = 0; i < c->n_lists && !rc && !there; i++) {
        const struct rkb_candidate_list *list = &c->lists[i];

        docids = rkb_grow(docids, &cap, list->n, sizeof *docids);
        for (size_t j = 0; j < list->n; j++)
            docids[j] = d->docids.keys[list->docs[j]];
        rc = rkb_store_add_candidates(store, b->candidate_set, (int64_t)i,
                                      d->queries[list->query].qid, docids,
                                      list->scores, list->n, err);
    }
    rkb_free(docids);
    return rc;
}

static enum rkb_status put_judgments(struct rkb_testbed *b,
                                     struct rkb_store *store,
                                     struct rkb_err *err)
{
    const struct rkb_dataset *d = b->dataset;
    rkb_sv source = rkb_sv_of(d->known ? d->known->label : d->name);
    bool there;
    enum rkb_status rc = rkb_store_put_judgment_set(
        store, &d->grades_digest, source, &b->judgment_set, &there, err);

    for (size_t q = 0; q < d->qids.n && !rc && !there; q++)
        for (size_t i = 0; i < d->queries[q].n_grades && !rc; i++) {
            const struct rkb_grade *g = &d->queries[q].grades[i];

            rc = rkb_store_add_judgment(store, b->judgment_set,
                                        d->queries[q].qid,
                                        d->docids.keys[g->doc], g->grade, err);
        }
    return rc;
}

static enum rkb_status put_texts(struct rkb_testbed *b, struct rkb_store *store,
                                 bool docs, struct rkb_err *err)
{
    const struct rkb_dataset *d = b->dataset;
    struct rkb_buf text = { 0 };
    bool there;
    enum rkb_status rc =
        rkb_store_has_queries(store, &d->queries_digest, &there, err);

    for (size_t q = 0; q < d->qids.n && !rc && !there; q++)
        if (d->queries[q].has_text)
            rc =
                rkb_store_add_query(store, &d->queries_digest,
                                    d->queries[q].qid, d->queries[q].text, err);
    for (uint32_t doc = 0; docs && doc < d->docids.n && !rc; doc++) {
        if (!d->docs[doc].present)
            continue;
        rkb_buf_reset(&text);
        rkb_buf_sv(&text, d->docs[doc].title);
        if (text.len)
            rkb_buf_char(&text, '\n');
        rkb_buf_sv(&text, d->docs[doc].text);
        rc = rkb_store_put_doc(store, d->docids.keys[doc], rkb_buf_view(&text),
                               err);
    }
    rkb_buf_release(&text);
    return rc;
}

enum rkb_status rkb_testbed_store(struct rkb_testbed *b,
                                  struct rkb_store *store, bool keep_texts,
                                  struct rkb_err *err)
{
    enum rkb_status rc = rkb_store_begin(store, err);

    if (rc)
        return rc;
    rc = put_candidates(b, store, err);
    if (!rc)
        rc = put_judgments(b, store, err);
    if (!rc)
        rc = put_texts(b, store, keep_texts, err);
    if (!rc)
        rc = rkb_store_commit(store, err);
    if (rc)
        rkb_store_rollback(store);
    return rc;
}
