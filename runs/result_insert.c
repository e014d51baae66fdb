/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/result_insert.h"

#include "runs/store_impl.h"

#include <string.h>

void rkb_result_init(struct rkb_result *r)
{
    memset(r, 0, sizeof(*r));
    r->scheduled_ns = r->queue_ns = r->latency_ns = RKB_UNKNOWN;
    r->wait_ns = r->first_token_ns = RKB_UNKNOWN;
    r->n_calls = r->n_cached = r->retries = RKB_UNKNOWN;
    r->prompt_tokens = r->cached_tokens = RKB_UNKNOWN;
    r->output_tokens = r->reasoning_tokens = r->n_truncated = RKB_UNKNOWN;
}

/* A permutation means something only over a list of its length. */
static enum rkb_status check_list(struct rkb_db *db, const struct rkb_result *r,
                                  struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    int64_t n_docs = 0;
    bool found;
    enum rkb_status rc = rkb_db_prepare(
        db,
        "SELECT c.n_docs FROM run AS r JOIN candidate_list AS c"
        " ON c.set_id = r.candidate_set WHERE r.id=?1 AND c.ord=?2",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, r->run_id);
    rkb_db_bind_i64(q, 2, r->ord);
    rc = rkb_store_one(q, &n_docs, &found, err);
    if (rc)
        return rc;
    if (!found)
        return rkb_fail(err, RKB_E_DATA, "run %lld has no query %lld",
                        (long long)r->run_id, (long long)r->ord);
    if ((size_t)n_docs != r->n_docs)
        return rkb_fail(err, RKB_E_DATA,
                        "query %lld of run %lld has %lld candidates, its "
                        "result %zu",
                        (long long)r->ord, (long long)r->run_id,
                        (long long)n_docs, r->n_docs);
    return RKB_OK;
}

static void bind_counts(struct rkb_db_stmt *q, int first,
                        const struct rkb_result *r)
{
    const int64_t counts[] = {
        r->scheduled_ns,  r->queue_ns,       r->latency_ns,
        r->wait_ns,       r->first_token_ns, r->n_calls,
        r->n_cached,      r->retries,        r->prompt_tokens,
        r->cached_tokens, r->output_tokens,  r->reasoning_tokens,
        r->n_truncated,
    };

    for (size_t i = 0; i < RKB_COUNT(counts); i++)
        rkb_bind_count(q, first + (int)i, counts[i]);
}

static enum rkb_status insert_result(struct rkb_db *db,
                                     const struct rkb_result *r,
                                     struct rkb_err *err)
{
    const rkb_sv none = { 0 };
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        db,
        "INSERT INTO query_result(run_id, ord, sample, attempt, session_id,"
        " warmup, status, why, request_sha, n_docs, classes, scheduled_ns,"
        " queue_ns, latency_ns, wait_ns, first_token_ns, n_calls, n_cached,"
        " retries, prompt_tokens, cached_tokens, output_tokens,"
        " reasoning_tokens, n_truncated) VALUES(?1, ?2, ?3,"
        " (SELECT 1 + coalesce(max(attempt), 0) FROM query_result"
        "   WHERE run_id=?1 AND ord=?2 AND sample=?3),"
        " ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
        " ?19, ?20, ?21, ?22, ?23)",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, r->run_id);
    rkb_db_bind_i64(q, 2, r->ord);
    rkb_db_bind_i64(q, 3, r->sample);
    rkb_db_bind_i64(q, 4, r->session_id);
    rkb_db_bind_i64(q, 5, r->warmup);
    rkb_db_bind_text(q, 6, rkb_sv_of(rkb_result_status_name(r->status)));
    rkb_bind_some(q, 7, r->why.len ? r->why : none);
    rkb_bind_digest(q, 8, &r->request_sha);
    rkb_db_bind_i64(q, 9, (int64_t)r->n_docs);
    rkb_bind_some(q, 10, r->classes.len ? r->classes : none);
    bind_counts(q, 11, r);
    return rkb_db_run(q, err);
}

static enum rkb_status insert_ranking(struct rkb_db *db, int64_t id,
                                      const struct rkb_result_item *item,
                                      struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        db, "INSERT INTO ranking(result_id, perm, score) VALUES(?1, ?2, ?3)",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, id);
    rkb_bind_some(q, 2, item->perm);
    rkb_bind_some(q, 3, item->score);
    return rkb_db_run(q, err);
}

static enum rkb_status insert_call(struct rkb_db *db, int64_t id,
                                   const struct rkb_result_call *c,
                                   struct rkb_err *err)
{
    const int64_t counts[] = {
        c->http,           c->queue_ns,      c->connect_ns, c->first_byte_ns,
        c->first_token_ns, c->total_ns,      c->parse_ns,   c->prompt_tokens,
        c->output_tokens,  c->cached_tokens, c->server_ns,  c->render_ns,
        c->start_ns,
    };
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        db,
        "INSERT INTO call(result_id, path, seq, attempt, class, answer,"
        " request_sha, http, queue_ns, connect_ns, first_byte_ns,"
        " first_token_ns, total_ns, parse_ns, prompt_tokens, output_tokens,"
        " cached_tokens, server_ns, render_ns, start_ns)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
        " ?15, ?16, ?17, ?18, ?19, ?20)",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, id);
    rkb_bind_text(q, 2, c->path);
    rkb_db_bind_i64(q, 3, c->seq);
    rkb_db_bind_i64(q, 4, c->attempt);
    rkb_bind_some(q, 5, c->class_name);
    rkb_bind_some(q, 6, c->answer);
    if (c->request_sha)
        rkb_bind_digest(q, 7, c->request_sha);
    for (size_t i = 0; i < RKB_COUNT(counts); i++)
        rkb_bind_count(q, 8 + (int)i, counts[i]);
    return rkb_db_run(q, err);
}

enum rkb_status rkb_result_insert(struct rkb_db *db,
                                  const struct rkb_result_item *item,
                                  struct rkb_err *err)
{
    const struct rkb_result *r = &item->r;
    int64_t id;
    enum rkb_status rc = check_list(db, r, err);

    if (!rc)
        rc = insert_result(db, r, err);
    id = rkb_db_last_id(db);
    if (!rc && item->has_order)
        rc = insert_ranking(db, id, item, err);
    for (size_t i = 0; !rc && i < r->n_calls_kept; i++)
        rc = insert_call(db, id, &r->calls[i], err);
    return rc;
}
