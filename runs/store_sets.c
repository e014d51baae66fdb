/* SPDX-License-Identifier: Apache-2.0 */
/* What is ranked and judged. */
#include "base/map.h"
#include "runs/store_impl.h"
#include "runs/store_json.h"
#include "runs/store_write.h"

#include <assert.h>

enum rkb_status rkb_store_put_candidate_set(struct rkb_store *s,
                                            const struct rkb_candidate_set *set,
                                            int64_t *id, bool *there,
                                            struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc;

    assert(s->in_transaction);
    rc = rkb_db_prepare(s->db, "SELECT id FROM candidate_set WHERE digest=?1",
                        &q, err);
    if (rc)
        return rc;
    rkb_bind_digest(q, 1, &set->digest);
    rc = rkb_store_one(q, id, there, err);
    if (rc || *there)
        return rc;
    rc = rkb_db_prepare(s->db,
                        "INSERT INTO candidate_set(digest, source, order_rule,"
                        " depth) VALUES(?1, ?2, ?3, ?4)",
                        &q, err);
    if (rc)
        return rc;
    rkb_bind_digest(q, 1, &set->digest);
    rkb_bind_text(q, 2, set->source);
    rkb_bind_text(q, 3, set->order_rule);
    rkb_db_bind_i64(q, 4, set->depth);
    rc = rkb_db_run(q, err);
    *id = rkb_db_last_id(s->db);
    return rc;
}

static enum rkb_status check_distinct(const rkb_sv *docids, size_t n,
                                      struct rkb_err *err)
{
    struct rkb_map seen = { 0 };
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; !rc && i < n; i++) {
        bool is_new;

        rkb_map_add(&seen, docids[i], &is_new);
        if (!is_new)
            rc = rkb_fail(err, RKB_E_DATA, "docid '%.*s' is there twice",
                          (int)(docids[i].len < 100 ? docids[i].len : 100),
                          docids[i].at);
    }
    rkb_map_release(&seen);
    return rc;
}

static enum rkb_status insert_list(struct rkb_store *s, int64_t set_id,
                                   int64_t ord, rkb_sv qid, size_t n,
                                   rkb_sv docids, rkb_sv scores,
                                   struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "INSERT INTO candidate_list(set_id, ord, qid, n_docs, docids, scores)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, set_id);
    rkb_db_bind_i64(q, 2, ord);
    rkb_bind_text(q, 3, qid);
    rkb_db_bind_i64(q, 4, (int64_t)n);
    rkb_bind_text(q, 5, docids);
    rkb_bind_some(q, 6, scores);
    return rkb_db_run(q, err);
}

enum rkb_status rkb_store_add_candidates(struct rkb_store *s, int64_t set_id,
                                         int64_t ord, rkb_sv qid,
                                         const rkb_sv *docids,
                                         const double *score, size_t n,
                                         struct rkb_err *err)
{
    struct rkb_buf ids = { 0 }, scores = { 0 };
    enum rkb_status rc;

    assert(s->in_transaction);
    rc = check_distinct(docids, n, err);
    if (!rc)
        rc = rkb_docids_write(docids, n, &ids, err);
    if (!rc)
        rc = rkb_scores_write(score, NULL, n, &scores, err);
    if (!rc)
        rc = insert_list(s, set_id, ord, qid, n, rkb_buf_view(&ids),
                         (rkb_sv){ scores.at, scores.len }, err);
    if (rc)
        rc = rkb_wrap(err, "candidates of query '%.*s'",
                      (int)(qid.len < 100 ? qid.len : 100), qid.at);
    rkb_buf_release(&ids);
    rkb_buf_release(&scores);
    return rc;
}

enum rkb_status rkb_store_put_judgment_set(struct rkb_store *s,
                                           const struct rkb_digest *digest,
                                           rkb_sv source, int64_t *id,
                                           bool *there, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc;

    assert(s->in_transaction);
    rc = rkb_db_prepare(s->db, "SELECT id FROM judgment_set WHERE digest=?1",
                        &q, err);
    if (rc)
        return rc;
    rkb_bind_digest(q, 1, digest);
    rc = rkb_store_one(q, id, there, err);
    if (rc || *there)
        return rc;
    rc = rkb_db_prepare(s->db,
                        "INSERT INTO judgment_set(digest, source)"
                        " VALUES(?1, ?2)",
                        &q, err);
    if (rc)
        return rc;
    rkb_bind_digest(q, 1, digest);
    rkb_bind_text(q, 2, source);
    rc = rkb_db_run(q, err);
    *id = rkb_db_last_id(s->db);
    return rc;
}

enum rkb_status rkb_store_add_judgment(struct rkb_store *s, int64_t set_id,
                                       rkb_sv qid, rkb_sv docid, int64_t grade,
                                       struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc;

    assert(s->in_transaction);
    rc = rkb_db_prepare(s->db,
                        "INSERT INTO judgment(set_id, qid, docid, grade)"
                        " VALUES(?1, ?2, ?3, ?4)",
                        &q, err);
    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, set_id);
    rkb_bind_text(q, 2, qid);
    rkb_bind_text(q, 3, docid);
    rkb_db_bind_i64(q, 4, grade);
    return rkb_db_run(q, err);
}

enum rkb_status rkb_store_has_queries(struct rkb_store *s,
                                      const struct rkb_digest *digest,
                                      bool *there, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    int64_t one;
    enum rkb_status rc = rkb_db_prepare(
        s->db, "SELECT 1 FROM query_text WHERE digest=?1 LIMIT 1", &q, err);

    if (rc)
        return rc;
    rkb_bind_digest(q, 1, digest);
    return rkb_store_one(q, &one, there, err);
}

enum rkb_status rkb_store_add_query(struct rkb_store *s,
                                    const struct rkb_digest *digest, rkb_sv qid,
                                    rkb_sv text, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc;

    assert(s->in_transaction);
    rc = rkb_db_prepare(s->db,
                        "INSERT INTO query_text(digest, qid, text)"
                        " VALUES(?1, ?2, ?3)",
                        &q, err);
    if (rc)
        return rc;
    rkb_bind_digest(q, 1, digest);
    rkb_bind_text(q, 2, qid);
    rkb_bind_text(q, 3, text);
    return rkb_db_run(q, err);
}

enum rkb_status rkb_store_put_doc(struct rkb_store *s, rkb_sv docid,
                                  rkb_sv text, struct rkb_err *err)
{
    struct rkb_hasher *h = rkb_hasher_new();
    struct rkb_digest sha;
    struct rkb_db_stmt *q;
    enum rkb_status rc;

    assert(s->in_transaction);
    rkb_hasher_field(h, docid);
    rkb_hasher_field(h, text);
    sha = rkb_hasher_done(h);
    rc = rkb_db_prepare(s->db,
                        "INSERT INTO doc_text(sha, docid, text)"
                        " VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
                        &q, err);
    if (rc)
        return rc;
    rkb_bind_digest(q, 1, &sha);
    rkb_bind_text(q, 2, docid);
    rkb_bind_text(q, 3, text);
    return rkb_db_run(q, err);
}
