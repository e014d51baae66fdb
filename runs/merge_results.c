/* SPDX-License-Identifier: Apache-2.0 */
/* The attempts of one run, query by query: one statement is open in every
 * store, and what they have of a query is looked at together. */
#include "base/sort.h"
#include "runs/merge_impl.h"

#include <string.h>

struct attempt {
    size_t source;
    int64_t id; /* in that store */
    int64_t sample, number;
    uint32_t session; /* place among the run's */
    bool warmup, failed;
    rkb_sv status, sha, perm, score;
    bool drop;
};

/* Neither a warm-up nor a failure: what the query's result is. */
static bool is_final(const struct attempt *a)
{
    return !a->warmup && !a->failed;
}

static int by_history(const void *a, const void *b, void *ctx)
{
    const struct attempt *x = a, *y = b;

    (void)ctx;
    if (x->sample != y->sample)
        return x->sample < y->sample ? -1 : 1;
    if (is_final(x) != is_final(y))
        return is_final(x) ? 1 : -1;
    if (x->session != y->session)
        return x->session < y->session ? -1 : 1;
    if (x->warmup != y->warmup)
        return x->warmup ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return 0;
}

static bool same_text(rkb_sv a, rkb_sv b)
{
    return (a.at == NULL) == (b.at == NULL) && rkb_sv_eq(a, b);
}

static const char *difference(const struct attempt *a, const struct attempt *b)
{
    return !same_text(a->sha, b->sha)         ? "requests"
           : !same_text(a->status, b->status) ? "statuses"
           : !same_text(a->perm, b->perm)     ? "orders"
           : !same_text(a->score, b->score)   ? "scores"
                                              : NULL;
}

/* ---- what there is ---------------------------------------------------------- */

static enum rkb_status open_cursor(struct rkb_merge_source *s,
                                   struct rkb_err *err)
{
    enum rkb_status rc;

    s->row = false;
    if (!s->run_id)
        return RKB_OK;
    rc = rkb_db_prepare(
        s->store->db,
        "SELECT q.ord, q.id, q.sample, q.attempt, q.session_id, q.warmup,"
        " q.status, q.request_sha, r.perm, r.score FROM query_result AS q"
        " LEFT JOIN ranking AS r ON r.result_id = q.id WHERE q.run_id=?1"
        " ORDER BY q.ord, q.sample, q.attempt",
        &s->cursor, err);
    if (rc)
        return rc;
    rkb_db_bind_i64(s->cursor, 1, s->run_id);
    return rkb_db_step(s->cursor, &s->row, err);
}

static enum rkb_status read_attempt(struct rkb_merge_source *s,
                                    struct attempt *out, struct rkb_arena *a,
                                    struct rkb_err *err)
{
    struct rkb_db_stmt *q = s->cursor;
    int64_t session = rkb_db_i64(q, 4);
    uint32_t at = rkb_map_find(
        &s->ids, (rkb_sv){ (const char *)&session, sizeof session });

    if (at == RKB_MAP_NONE)
        return rkb_fail(err, RKB_E_DATA,
                        "damaged store '%s': result %lld is of a session of "
                        "another run",
                        rkb_store_path(s->store), (long long)rkb_db_i64(q, 1));
    out->id = rkb_db_i64(q, 1);
    out->sample = rkb_db_i64(q, 2);
    out->number = rkb_db_i64(q, 3);
    out->session = s->sessions[at];
    out->warmup = rkb_db_i64(q, 5) != 0;
    out->status = rkb_arena_copy(a, rkb_db_text(q, 6));
    out->failed = rkb_sv_is(out->status, "failed");
    out->sha = rkb_arena_copy(a, rkb_db_blob(q, 7));
    if (!rkb_db_is_null(q, 8))
        out->perm = rkb_arena_copy(a, rkb_db_text(q, 8));
    if (!rkb_db_is_null(q, 9))
        out->score = rkb_arena_copy(a, rkb_db_text(q, 9));
    return RKB_OK;
}

/* Everything that any store has of the query. */
static enum rkb_status gather(struct rkb_merge *m, int64_t ord,
                              struct rkb_rows *rows, struct rkb_arena *a,
                              struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < m->n_sources && !rc; i++) {
        struct rkb_merge_source *s = &m->sources[i];

        while (!rc && s->row && rkb_db_i64(s->cursor, 0) == ord) {
            struct attempt *one = rkb_rows_add(rows);

            one->source = i;
            rc = read_attempt(s, one, a, err);
            if (!rc)
                rc = rkb_db_step(s->cursor, &s->row, err);
        }
    }
    return rc;
}

/* ---- what stays -------------------------------------------------------------- */

static void tell_conflict(struct rkb_merge *m, const struct rkb_merged_run *run,
                          rkb_sv qid, const struct attempt *a,
                          const struct attempt *b)
{
    enum { NAMED = 3 };

    if (++m->n_conflicts > NAMED)
        return;
    rkb_buf_printf(
        &m->conflicts, "%squery '%.*s' of '%.*s' on %.*s: %s of %.*s and %.*s",
        m->conflicts.len ? "; " : "", (int)(qid.len < 60 ? qid.len : 60),
        qid.at, (int)run->label.len, run->label.at, (int)run->dataset.len,
        run->dataset.at, difference(a, b),
        (int)m->sessions[a->session].started.len,
        m->sessions[a->session].started.at,
        (int)m->sessions[b->session].started.len,
        m->sessions[b->session].started.at);
}

/* Sorted by history, equal ones are neighbours. Ends at the first conflict. */
static void choose(struct rkb_merge *m, const struct rkb_merged_run *run,
                   rkb_sv qid, struct attempt *all, size_t n)
{
    const struct attempt *final = NULL, *last = NULL;

    for (size_t i = 0; i < n; i++) {
        struct attempt *a = &all[i];

        if (!last || last->sample != a->sample)
            final = NULL;
        bool same = last && last->sample == a->sample &&
                    last->session == a->session && last->warmup == a->warmup;

        if (same) { /* one session asks a query once */
            a->drop = true;
            m->out->n_same++;
            if (!difference(last, a))
                continue;
            tell_conflict(m, run, qid, last, a);
            return;
        }
        last = a;
        if (!is_final(a))
            continue;
        a->drop = final != NULL;
        if (final && difference(final, a)) {
            tell_conflict(m, run, qid, final, a);
            return;
        }
        m->out->n_again += final != NULL;
        if (!final)
            final = a;
    }
}

/* ---- copying ------------------------------------------------------------------ */

static enum rkb_status copy_result(struct rkb_merge *m, const struct attempt *a,
                                   int64_t run_id, int64_t number,
                                   struct rkb_err *err)
{
    enum { COPIED = 21 };
    struct rkb_db_stmt *r, *w;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        m->sources[a->source].store->db,
        "SELECT ord, sample, warmup, status, why, request_sha, scheduled_ns,"
        " queue_ns, latency_ns, wait_ns, first_token_ns, n_docs, n_calls,"
        " n_cached, retries, prompt_tokens, cached_tokens, output_tokens,"
        " reasoning_tokens, n_truncated, classes FROM query_result WHERE id=?1",
        &r, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(r, 1, a->id);
    rc = rkb_db_step(r, &row, err);
    if (!rc)
        rc = rkb_db_prepare(
            m->to->db,
            "INSERT INTO query_result(ord, sample, warmup, status, why,"
            " request_sha, scheduled_ns, queue_ns, latency_ns, wait_ns,"
            " first_token_ns, n_docs, n_calls, n_cached, retries,"
            " prompt_tokens, cached_tokens, output_tokens, reasoning_tokens,"
            " n_truncated, classes, run_id, attempt, session_id)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
            " ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
            &w, err);
    if (!rc) {
        rkb_db_bind_i64(w, COPIED + 1, run_id);
        rkb_db_bind_i64(w, COPIED + 2, number);
        rkb_db_bind_i64(w, COPIED + 3, m->sessions[a->session].id);
        rc = rkb_merge_row(r, COPIED, w, err);
    }
    rkb_db_reset(r);
    return rc;
}

static enum rkb_status copy_ranking(struct rkb_merge *m,
                                    const struct attempt *a, int64_t id,
                                    struct rkb_err *err)
{
    struct rkb_db_stmt *w;
    enum rkb_status rc =
        rkb_db_prepare(m->to->db,
                       "INSERT INTO ranking(result_id, perm, score)"
                       " VALUES(?1, ?2, ?3)",
                       &w, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(w, 1, id);
    rkb_bind_some(w, 2, a->perm);
    rkb_bind_some(w, 3, a->score);
    return rkb_db_run(w, err);
}

static enum rkb_status copy_calls(struct rkb_merge *m, const struct attempt *a,
                                  int64_t id, struct rkb_err *err)
{
    enum { COPIED = 19 };
    struct rkb_db_stmt *r, *w;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        m->sources[a->source].store->db,
        "SELECT path, seq, attempt, http, queue_ns, connect_ns, first_byte_ns,"
        " first_token_ns, total_ns, parse_ns, prompt_tokens, output_tokens,"
        " class, request_sha, answer, cached_tokens, server_ns, render_ns,"
        " start_ns FROM call WHERE result_id=?1 ORDER BY path, seq, attempt",
        &r, err);

    if (!rc)
        rkb_db_bind_i64(r, 1, a->id);
    while (!rc && !(rc = rkb_db_step(r, &row, err)) && row) {
        rc = rkb_db_prepare(
            m->to->db,
            "INSERT INTO call(path, seq, attempt, http, queue_ns, connect_ns,"
            " first_byte_ns, first_token_ns, total_ns, parse_ns,"
            " prompt_tokens, output_tokens, class, request_sha, answer,"
            " cached_tokens, server_ns, render_ns, start_ns, result_id)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
            " ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
            &w, err);
        if (!rc) {
            rkb_db_bind_i64(w, COPIED + 1, id);
            rc = rkb_merge_row(r, COPIED, w, err);
        }
    }
    return rc;
}

static enum rkb_status copy_chosen(struct rkb_merge *m, int64_t run_id,
                                   const struct attempt *all, size_t n,
                                   struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    int64_t number = 0;

    for (size_t i = 0; i < n && !rc; i++) {
        if (i && all[i].sample != all[i - 1].sample)
            number = 0;
        if (all[i].drop)
            continue;
        rc = copy_result(m, &all[i], run_id, ++number, err);
        int64_t id = rkb_db_last_id(m->to->db);

        if (!rc && !all[i].failed)
            rc = copy_ranking(m, &all[i], id, err);
        if (!rc)
            rc = copy_calls(m, &all[i], id, err);
        m->out->n_results++;
    }
    return rc;
}

/* ---- the run ------------------------------------------------------------------- */

/* Every sample has to be finished; what finishes one comes last of it. */
static void count_missing(struct rkb_merge *m, struct rkb_merged_run *run,
                          rkb_sv qid, const struct attempt *all, size_t n)
{
    int64_t n_finished = 0, n_failed = 0;
    bool failed = false;

    for (size_t i = 0; i < n; i++) {
        bool finished = is_final(&all[i]);

        failed |= all[i].failed && !all[i].warmup;
        if (i + 1 < n && all[i + 1].sample == all[i].sample)
            continue;
        n_finished += finished;
        n_failed += failed && !finished;
        failed = false;
    }
    if (n_finished >= run->n_samples)
        return;
    if (n_finished + n_failed >= run->n_samples) {
        run->n_failed++;
        return;
    }
    if (!run->missing)
        run->missing =
            rkb_arena_new(m->arena, RKB_MERGE_NAMED, sizeof *run->missing);
    if (run->n_missing < RKB_MERGE_NAMED)
        run->missing[run->n_missing] = rkb_arena_copy(m->arena, qid);
    run->n_missing++;
}

static enum rkb_status merge_query(struct rkb_merge *m,
                                   struct rkb_merged_run *run, int64_t ord,
                                   rkb_sv qid, struct rkb_arena *a,
                                   struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(struct attempt) };
    size_t n;
    enum rkb_status rc = gather(m, ord, &rows, a, err);
    struct attempt *all = rkb_rows_take(&rows, a, &n);

    if (rc)
        return rc;
    rkb_sort(all, n, sizeof *all, by_history, NULL);
    choose(m, run, qid, all, n);
    count_missing(m, run, qid, all, n);
    return m->n_conflicts ? RKB_OK : copy_chosen(m, run->id, all, n, err);
}

enum rkb_status rkb_merge_results(struct rkb_merge *m,
                                  struct rkb_merged_run *run,
                                  struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < m->n_sources && !rc; i++)
        rc = open_cursor(&m->sources[i], err);
    if (!rc)
        rc = rkb_db_prepare(m->to->db,
                            "SELECT c.ord, c.qid FROM candidate_list AS c JOIN"
                            " run AS r ON r.candidate_set = c.set_id"
                            " WHERE r.id=?1 ORDER BY c.ord",
                            &q, err);
    if (!rc)
        rkb_db_bind_i64(q, 1, run->id);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        rkb_sv qid = rkb_col_text(q, 1, &a);

        rc = merge_query(m, run, rkb_db_i64(q, 0), qid, &a, err);
        rkb_arena_reset(&a);
    }
    for (size_t i = 0; i < m->n_sources; i++) {
        struct rkb_merge_source *s = &m->sources[i];

        if (!rc && s->row)
            rc = rkb_fail(err, RKB_E_DATA,
                          "damaged store '%s': run %lld has no query %lld",
                          rkb_store_path(s->store), (long long)s->run_id,
                          (long long)rkb_db_i64(s->cursor, 0));
        if (s->run_id && s->cursor)
            rkb_db_reset(s->cursor);
        s->cursor = NULL;
        s->row = false;
    }
    rkb_arena_release(&a);
    return rc;
}
