/* SPDX-License-Identifier: Apache-2.0 */
/* Results of queries out of the store. */
#include "runs/store_read.h"

#include "runs/store_impl.h"
#include "runs/store_json.h"

#include <math.h>

/* Where a walk over (ord, sample, attempt) stands. */
struct position {
    int64_t ord, sample, attempt;
};

/* The columns of next_row in their order. */
enum {
    COL_ID,
    COL_ORD,
    COL_SAMPLE,
    COL_ATTEMPT,
    COL_SESSION,
    COL_WARMUP,
    COL_STATUS,
    COL_WHY,
    COL_REQUEST_SHA,
    COL_N_DOCS,
    COL_CLASSES,
    COL_COUNTS, /* 13 of them */
    COL_QID = COL_COUNTS + 13,
    COL_LIST_DOCS,
    COL_DOCIDS,
    COL_FIRST_SCORES,
    COL_HAS_RANKING,
    COL_PERM,
    COL_SCORE
};

/* One row a statement, so that several walks can be under way: a connection
 * has each statement once. */
static enum rkb_status next_row(struct rkb_store *s, int64_t run_id,
                                struct position after, bool only_latest,
                                struct rkb_db_stmt **q, bool *row,
                                struct rkb_err *err)
{
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT a.id, a.ord, a.sample, a.attempt, a.session_id, a.warmup,"
        " a.status, a.why, a.request_sha, a.n_docs, a.classes, a.scheduled_ns,"
        " a.queue_ns, a.latency_ns, a.wait_ns, a.first_token_ns, a.n_calls,"
        " a.n_cached, a.retries, a.prompt_tokens, a.cached_tokens,"
        " a.output_tokens, a.reasoning_tokens, a.n_truncated, c.qid, c.n_docs,"
        " c.docids, c.scores, k.result_id, k.perm, k.score"
        " FROM query_result AS a JOIN run AS r ON r.id = a.run_id"
        " LEFT JOIN candidate_list AS c"
        " ON c.set_id = r.candidate_set AND c.ord = a.ord"
        " LEFT JOIN ranking AS k ON k.result_id = a.id"
        " WHERE a.run_id=?1 AND (a.ord, a.sample, a.attempt) > (?2, ?3, ?4)"
        " AND (?5 = 0 OR (a.warmup = 0 AND NOT EXISTS (SELECT 1"
        "   FROM query_result AS b WHERE b.run_id = a.run_id AND b.ord = a.ord"
        "   AND b.sample = a.sample AND b.warmup = 0"
        "   AND b.attempt > a.attempt)))"
        " ORDER BY a.ord, a.sample, a.attempt LIMIT 1",
        q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(*q, 1, run_id);
    rkb_db_bind_i64(*q, 2, after.ord);
    rkb_db_bind_i64(*q, 3, after.sample);
    rkb_db_bind_i64(*q, 4, after.attempt);
    rkb_db_bind_i64(*q, 5, only_latest);
    return rkb_db_step(*q, row, err);
}

static void read_counts(struct rkb_db_stmt *q, struct rkb_result *r)
{
    int64_t *const counts[] = {
        &r->scheduled_ns,  &r->queue_ns,       &r->latency_ns,
        &r->wait_ns,       &r->first_token_ns, &r->n_calls,
        &r->n_cached,      &r->retries,        &r->prompt_tokens,
        &r->cached_tokens, &r->output_tokens,  &r->reasoning_tokens,
        &r->n_truncated,
    };

    for (size_t i = 0; i < RKB_COUNT(counts); i++)
        *counts[i] = rkb_col_count(q, COL_COUNTS + (int)i);
}

/* A score that is there, by candidate index. */
static const uint8_t *scored_of(struct rkb_arena *a, const double *score,
                                size_t n)
{
    uint8_t *scored = rkb_arena_new(a, n, 1);

    for (size_t i = 0; i < n; i++)
        if (!isnan(score[i]))
            scored[i] = 1;
    return scored;
}

static enum rkb_status read_lists(struct rkb_db_stmt *q, struct rkb_arena *a,
                                  struct rkb_result_row *out,
                                  struct rkb_err *err)
{
    struct rkb_result *r = &out->r;
    size_t n = r->n_docs;
    bool failed = r->status == RKB_RESULT_FAILED;
    enum rkb_status rc;

    if (rkb_db_is_null(q, COL_QID))
        return rkb_fail(err, RKB_E_DATA, "it has no candidate list");
    if (rkb_db_i64(q, COL_LIST_DOCS) != (int64_t)n)
        return rkb_fail(err, RKB_E_DATA, "%zu documents in a list of %lld", n,
                        (long long)rkb_db_i64(q, COL_LIST_DOCS));
    if (rkb_db_is_null(q, COL_HAS_RANKING) != failed)
        return rkb_fail(err, RKB_E_DATA, "status and ranking disagree");
    out->qid = rkb_col_text(q, COL_QID, a);
    rc = rkb_docids_read(a, rkb_db_text(q, COL_DOCIDS), n, &out->docids, err);
    if (rc)
        return rkb_wrap(err, "docids");
    rc = rkb_scores_read(a, rkb_db_text(q, COL_FIRST_SCORES), n,
                         &out->first_score, err);
    if (rc || failed)
        return rc ? rkb_wrap(err, "first-stage scores") : RKB_OK;
    rc = rkb_order_read(a, rkb_db_text(q, COL_PERM), n, &r->order, err);
    if (rc)
        return rkb_wrap(err, "perm");
    rc = rkb_scores_read(a, rkb_db_text(q, COL_SCORE), n, &r->score, err);
    if (rc)
        return rkb_wrap(err, "scores");
    if (r->score)
        r->scored = scored_of(a, r->score, n);
    return RKB_OK;
}

static enum rkb_status read_row(struct rkb_db_stmt *q, struct rkb_arena *a,
                                int64_t run_id, struct rkb_result_row *out,
                                struct rkb_err *err)
{
    struct rkb_result *r = &out->r;
    int64_t n_docs = rkb_db_i64(q, COL_N_DOCS);
    enum rkb_status rc;

    *out = (struct rkb_result_row){ .id = rkb_db_i64(q, COL_ID) };
    r->run_id = run_id;
    r->ord = rkb_db_i64(q, COL_ORD);
    r->sample = rkb_db_i64(q, COL_SAMPLE);
    r->attempt = rkb_db_i64(q, COL_ATTEMPT);
    r->session_id = rkb_db_i64(q, COL_SESSION);
    r->warmup = rkb_db_i64(q, COL_WARMUP) != 0;
    r->n_docs = (size_t)n_docs;
    r->why = rkb_col_text(q, COL_WHY, a);
    r->classes = rkb_col_text(q, COL_CLASSES, a);
    read_counts(q, r);
    rc = rkb_col_status(q, COL_STATUS, &r->status, err);
    if (!rc)
        rc = rkb_col_digest(q, COL_REQUEST_SHA, &r->request_sha, err);
    if (!rc)
        rc = read_lists(q, a, out, err);
    if (rc)
        return rkb_wrap(err, "damaged store: result %lld", (long long)out->id);
    return RKB_OK;
}

rkb_sv rkb_result_docid(const struct rkb_result_row *row, size_t i)
{
    return row->docids[row->r.order ? row->r.order[i] : i];
}

struct rkb_result_cursor rkb_result_cursor(int64_t run_id)
{
    return (struct rkb_result_cursor){ .run_id = run_id, .ord = -1 };
}

enum rkb_status rkb_store_next_result(struct rkb_store *s, struct rkb_arena *a,
                                      struct rkb_result_cursor *c,
                                      struct rkb_result_row *out, bool *row,
                                      struct rkb_err *err)
{
    struct position after = { c->ord, c->sample, INT64_MAX };
    struct rkb_db_stmt *q;
    enum rkb_status rc = next_row(s, c->run_id, after, true, &q, row, err);

    if (rc || !*row)
        return rc;
    rc = read_row(q, a, c->run_id, out, err);
    rkb_db_reset(q);
    c->ord = out->r.ord;
    c->sample = out->r.sample;
    return rc;
}

static enum rkb_status find_query(struct rkb_store *s, int64_t run_id,
                                  rkb_sv qid, int64_t *ord, bool *found,
                                  struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT c.ord FROM run AS r JOIN candidate_list AS c"
        " ON c.set_id = r.candidate_set WHERE r.id=?1 AND c.qid=?2",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, run_id);
    rkb_bind_text(q, 2, qid);
    return rkb_store_one(q, ord, found, err);
}

enum rkb_status rkb_store_attempts(struct rkb_store *s, struct rkb_arena *a,
                                   int64_t run_id, rkb_sv qid,
                                   struct rkb_result_row **out, size_t *n,
                                   struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct position at = { 0, -1, 0 };
    struct rkb_db_stmt *q;
    bool row;
    enum rkb_status rc = find_query(s, run_id, qid, &at.ord, &row, err);

    if (!rc && !row)
        return rkb_fail(err, RKB_E_USAGE, "run %lld has no query '%.*s'",
                        (long long)run_id, (int)(qid.len < 100 ? qid.len : 100),
                        qid.at);
    while (!rc) {
        struct rkb_result_row *r;
        int64_t ord = at.ord;

        rc = next_row(s, run_id, at, false, &q, &row, err);
        if (rc || !row)
            break;
        if (rkb_db_i64(q, COL_ORD) != ord) {
            rkb_db_reset(q);
            break;
        }
        r = rkb_rows_add(&rows);
        rc = read_row(q, a, run_id, r, err);
        rkb_db_reset(q);
        at.sample = r->r.sample;
        at.attempt = r->r.attempt;
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

const struct rkb_result_row *rkb_attempt_that_counts(
    const struct rkb_result_row *rows, size_t n)
{
    const struct rkb_result_row *out = NULL;

    for (size_t i = 0; i < n; i++)
        if (rows[i].r.sample == 0 && !rows[i].r.warmup)
            out = &rows[i];
    return out;
}

enum rkb_status rkb_store_done(struct rkb_store *s, struct rkb_arena *a,
                               int64_t run_id, struct rkb_done **out, size_t *n,
                               struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT ord, sample, attempt, status, request_sha"
        " FROM query_result AS a WHERE run_id=?1 AND warmup=0 AND NOT EXISTS"
        " (SELECT 1 FROM query_result AS b WHERE b.run_id = a.run_id"
        "   AND b.ord = a.ord AND b.sample = a.sample AND b.warmup = 0"
        "   AND b.attempt > a.attempt) ORDER BY ord, sample",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct rkb_done *d = rkb_rows_add(&rows);

        d->ord = rkb_db_i64(q, 0);
        d->sample = rkb_db_i64(q, 1);
        d->attempt = rkb_db_i64(q, 2);
        rc = rkb_col_status(q, 3, &d->status, err);
        if (!rc)
            rc = rkb_col_digest(q, 4, &d->request_sha, err);
        if (rc)
            rkb_db_reset(q);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}

static enum rkb_status read_call(struct rkb_db_stmt *q, struct rkb_arena *a,
                                 struct rkb_result_call *c, struct rkb_err *err)
{
    int64_t *const counts[] = {
        &c->http,          &c->queue_ns,       &c->connect_ns,
        &c->first_byte_ns, &c->first_token_ns, &c->total_ns,
        &c->parse_ns,      &c->prompt_tokens,  &c->output_tokens,
        &c->cached_tokens, &c->server_ns,      &c->render_ns,
        &c->start_ns,
    };
    struct rkb_digest *sha;

    c->path = rkb_col_text(q, 0, a);
    c->seq = rkb_db_i64(q, 1);
    c->attempt = rkb_db_i64(q, 2);
    c->class_name = rkb_col_text(q, 3, a);
    c->answer = rkb_col_text(q, 4, a);
    for (size_t i = 0; i < RKB_COUNT(counts); i++)
        *counts[i] = rkb_col_count(q, 6 + (int)i);
    if (rkb_db_is_null(q, 5))
        return RKB_OK;
    sha = rkb_arena_new(a, 1, sizeof(*sha));
    c->request_sha = sha;
    return rkb_col_digest(q, 5, sha, err);
}

enum rkb_status rkb_store_calls(struct rkb_store *s, struct rkb_arena *a,
                                int64_t result_id, struct rkb_result_call **out,
                                size_t *n, struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT path, seq, attempt, class, answer, request_sha, http, queue_ns,"
        " connect_ns, first_byte_ns, first_token_ns, total_ns, parse_ns,"
        " prompt_tokens, output_tokens, cached_tokens, server_ns, render_ns,"
        " start_ns FROM call WHERE result_id=?1"
        " ORDER BY path, seq, attempt",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, result_id);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        rc = read_call(q, a, rkb_rows_add(&rows), err);
        if (rc)
            rkb_db_reset(q);
    }
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}
