/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/merge.h"

#include "base/mem.h"
#include "base/sort.h"
#include "runs/merge_impl.h"

#include <string.h>
#include <unistd.h>

enum rkb_status rkb_merge_row(struct rkb_db_stmt *from, int n_columns,
                              struct rkb_db_stmt *to, struct rkb_err *err)
{
    for (int i = 0; i < n_columns; i++)
        rkb_db_bind_column(to, i + 1, from, i);
    return rkb_db_run(to, err);
}

/* ---- which runs ---------------------------------------------------------------- */

/* A run as one store has it. */
struct claim {
    struct rkb_digest key;
    size_t source;
    int64_t id;
    rkb_sv started, latest; /* begins of sessions; may be empty */
    int64_t cell;           /* of its plan, INT64_MAX: not known */
    rkb_sv identity, label, dataset, reranker;
    struct rkb_digest queries, candidates;
    int64_t repeat, seed, n_queries, n_samples;
};

/* One key: all that say something of it, and where it goes in the order. */
struct group {
    const struct claim *claims;
    size_t n;
    rkb_sv started;
    int64_t cell;
    const struct claim *best; /* whose names are taken */
};

static enum rkb_status read_claim(struct rkb_db_stmt *q, struct claim *c,
                                  struct rkb_arena *a, struct rkb_err *err)
{
    enum rkb_status rc = rkb_col_digest(q, 1, &c->key, err);

    c->id = rkb_db_i64(q, 0);
    c->identity = rkb_col_text(q, 2, a);
    c->label = rkb_col_text(q, 3, a);
    c->dataset = rkb_col_text(q, 4, a);
    c->reranker = rkb_col_text(q, 5, a);
    if (!rc)
        rc = rkb_col_digest(q, 6, &c->queries, err);
    if (!rc)
        rc = rkb_col_digest(q, 7, &c->candidates, err);
    c->repeat = rkb_db_i64(q, 8);
    c->seed = rkb_db_i64(q, 9);
    c->n_queries = rkb_db_i64(q, 10);
    c->n_samples = rkb_db_i64(q, 11);
    c->started = rkb_col_text(q, 12, a);
    c->latest = rkb_col_text(q, 13, a);
    c->cell = rkb_db_is_null(q, 14) ? INT64_MAX : rkb_db_i64(q, 14);
    return rc;
}

static enum rkb_status read_claims(struct rkb_merge *m, struct rkb_rows *rows,
                                   struct rkb_arena *a, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < m->n_sources && !rc; i++) {
        struct rkb_db_stmt *q;
        bool row = false;

        rc = rkb_db_prepare(
            m->sources[i].store->db,
            "SELECT r.id, r.key, r.identity, r.label, r.dataset, r.reranker,"
            " r.queries, c.digest, r.repeat, r.seed, r.n_queries, r.n_samples,"
            " min(s.started_utc), max(s.started_utc),"
            " min(CASE WHEN json_valid(s.conditions) THEN"
            "   json_extract(s.conditions, '$.cell') END)"
            " FROM run AS r JOIN candidate_set AS c ON c.id = r.candidate_set"
            " LEFT JOIN session AS s ON s.run_id = r.id GROUP BY r.id"
            " ORDER BY r.id",
            &q, err);
        while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
            struct claim *c = rkb_rows_add(rows);

            c->source = i;
            rc = read_claim(q, c, a, err);
        }
    }
    return rc;
}

static int by_key(const void *a, const void *b, void *ctx)
{
    const struct claim *x = a, *y = b;

    (void)ctx;
    return memcmp(x->key.at, y->key.at, RKB_DIGEST_BYTES);
}

/* The newest names win, as where a run is done again with another label. */
static int by_news(const struct claim *x, const struct claim *y)
{
    const rkb_sv a[] = { x->latest, x->label, x->dataset };
    const rkb_sv b[] = { y->latest, y->label, y->dataset };

    for (size_t i = 0; i < RKB_COUNT(a); i++) {
        int way = rkb_sv_cmp(a[i], b[i]);

        if (way)
            return way;
    }
    return 0;
}

static int by_begin(const void *a, const void *b, void *ctx)
{
    const struct group *x = a, *y = b;
    int way = rkb_sv_cmp(x->started, y->started);

    (void)ctx;
    if (!way && x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    if (!way)
        way = rkb_sv_cmp(x->best->dataset, y->best->dataset);
    if (!way)
        way = rkb_sv_cmp(x->best->label, y->best->label);
    if (!way && x->best->repeat != y->best->repeat)
        return x->best->repeat < y->best->repeat ? -1 : 1;
    return way ? way : by_key(x->best, y->best, NULL);
}

static enum rkb_status check_alike(struct rkb_merge *m, const struct claim *a,
                                   const struct claim *b, struct rkb_err *err)
{
    bool alike = rkb_sv_eq(a->identity, b->identity) &&
                 rkb_digest_eq(&a->queries, &b->queries) &&
                 rkb_digest_eq(&a->candidates, &b->candidates) &&
                 a->repeat == b->repeat && a->seed == b->seed &&
                 a->n_queries == b->n_queries && a->n_samples == b->n_samples;

    if (alike)
        return RKB_OK;
    if (rkb_sv_eq(a->identity, b->identity) && a->n_samples != b->n_samples)
        return rkb_fail(err, RKB_E_DATA,
                        "run '%.*s' was measured for a time in '%s' (%lld "
                        "samples) and in '%s' (%lld): these are two "
                        "measurements, merge one of them",
                        (int)a->label.len, a->label.at,
                        rkb_store_path(m->sources[a->source].store),
                        (long long)a->n_samples,
                        rkb_store_path(m->sources[b->source].store),
                        (long long)b->n_samples);
    return rkb_fail(err, RKB_E_DATA,
                    "run '%.*s' of '%s' and run '%.*s' of '%s' have the same "
                    "key and are not the same: one is damaged",
                    (int)a->label.len, a->label.at,
                    rkb_store_path(m->sources[a->source].store),
                    (int)b->label.len, b->label.at,
                    rkb_store_path(m->sources[b->source].store));
}

/* Claims sorted by key become groups in their order. */
static enum rkb_status group_claims(struct rkb_merge *m,
                                    const struct claim *claims, size_t n,
                                    struct group *groups, size_t *n_groups,
                                    struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    *n_groups = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        const struct claim *c = &claims[i];
        struct group *g = *n_groups ? &groups[*n_groups - 1] : NULL;

        if (!g || by_key(g->claims, c, NULL)) {
            groups[(*n_groups)++] =
                (struct group){ c, 1, c->started, c->cell, c };
            continue;
        }
        rc = check_alike(m, g->claims, c, err);
        g->n++;
        if (c->started.len &&
            (!g->started.len || rkb_sv_cmp(c->started, g->started) < 0))
            g->started = c->started;
        if (c->cell < g->cell)
            g->cell = c->cell;
        if (by_news(c, g->best) > 0)
            g->best = c;
    }
    rkb_sort(groups, *n_groups, sizeof *groups, by_begin, NULL);
    return rc;
}

/* ---- sessions -------------------------------------------------------------------- */

static int by_session(const void *a, const void *b, void *ctx)
{
    const struct rkb_merge_session *x = a, *y = b;
    const rkb_sv left[] = { x->started, x->host, x->cpu, x->version,
                            x->conditions };
    const rkb_sv right[] = { y->started, y->host, y->cpu, y->version,
                             y->conditions };

    (void)ctx;
    for (size_t i = 0; i < RKB_COUNT(left); i++) {
        int way = rkb_sv_cmp(left[i], right[i]);

        if (way)
            return way;
    }
    return x->pid == y->pid ? 0 : x->pid < y->pid ? -1 : 1;
}

/* Session `id` of a source, before the sessions have their order. */
struct session_claim {
    struct rkb_merge_session session; /* first: it is sorted by it */
    size_t source;
    int64_t id_there;
};

static enum rkb_status read_sessions(struct rkb_merge *m, size_t source,
                                     struct rkb_rows *rows, struct rkb_err *err)
{
    struct rkb_merge_source *s = &m->sources[source];
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        s->store->db,
        "SELECT id, started_utc, host, pid, cpu, program_version, conditions,"
        " ended_utc, status FROM session WHERE run_id=?1 ORDER BY id",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, s->run_id);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row) {
        struct session_claim *c = rkb_rows_add(rows);
        struct rkb_arena *a = &m->run_arena;

        c->source = source;
        c->id_there = rkb_db_i64(q, 0);
        c->session = (struct rkb_merge_session){
            .started = rkb_col_text(q, 1, a),
            .host = rkb_col_text(q, 2, a),
            .pid = rkb_db_i64(q, 3),
            .cpu = rkb_col_text(q, 4, a),
            .version = rkb_col_text(q, 5, a),
            .conditions = rkb_col_text(q, 6, a),
            .ended = rkb_col_text(q, 7, a),
            .status = rkb_col_text(q, 8, a),
        };
    }
    return rc;
}

/* A copy that was made during the session does not know its end. */
static bool knows_more(const struct rkb_merge_session *a,
                       const struct rkb_merge_session *b)
{
    int way = rkb_sv_cmp(a->ended, b->ended);
    bool runs = rkb_sv_is(b->status, "running");

    if (way)
        return way > 0;
    if (runs != rkb_sv_is(a->status, "running"))
        return runs;
    return rkb_sv_cmp(a->status, b->status) > 0;
}

static enum rkb_status insert_session(struct rkb_merge *m, int64_t run_id,
                                      struct rkb_merge_session *s,
                                      struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        m->to->db,
        "INSERT INTO session(run_id, started_utc, ended_utc, host, pid, cpu,"
        " program_version, conditions, status)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, run_id);
    rkb_bind_text(q, 2, s->started);
    rkb_bind_some(q, 3, s->ended.len ? s->ended : (rkb_sv){ 0 });
    rkb_bind_text(q, 4, s->host);
    rkb_db_bind_i64(q, 5, s->pid);
    rkb_bind_text(q, 6, s->cpu);
    rkb_bind_text(q, 7, s->version);
    rkb_bind_text(q, 8, s->conditions);
    rkb_bind_text(q, 9, s->status);
    rc = rkb_db_run(q, err);
    s->id = rkb_db_last_id(m->to->db);
    return rc;
}

static enum rkb_status merge_sessions(struct rkb_merge *m, int64_t run_id,
                                      struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(struct session_claim) };
    size_t n, *n_of = rkb_arena_new(&m->run_arena, m->n_sources, sizeof *n_of);
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < m->n_sources && !rc; i++) {
        size_t before = rows.n;

        if (m->sources[i].run_id)
            rc = read_sessions(m, i, &rows, err);
        n_of[i] = rows.n - before;
    }
    struct session_claim *claims = rkb_rows_take(&rows, &m->run_arena, &n);

    for (size_t i = 0; i < m->n_sources; i++)
        m->sources[i].sessions =
            rkb_arena_new(&m->run_arena, n_of[i], sizeof(uint32_t));
    rkb_sort(claims, n, sizeof *claims, by_session, NULL);
    m->sessions = rkb_arena_new(&m->run_arena, n, sizeof *m->sessions);
    m->n_sessions = 0;
    for (size_t i = 0; i < n; i++) {
        struct rkb_merge_source *s = &m->sources[claims[i].source];
        struct rkb_merge_session *mine = &claims[i].session, *last;

        if (!i || by_session(&claims[i - 1], mine, NULL))
            m->sessions[m->n_sessions++] = *mine;
        last = &m->sessions[m->n_sessions - 1];
        if (knows_more(mine, last))
            *last = *mine;
        s->sessions[rkb_map_add(&s->ids,
                                (rkb_sv){ (const char *)&claims[i].id_there,
                                          sizeof claims[i].id_there },
                                NULL)] = (uint32_t)(m->n_sessions - 1);
    }
    for (size_t i = 0; i < m->n_sessions && !rc; i++)
        rc = insert_session(m, run_id, &m->sessions[i], err);
    return rc;
}

/* ---- runs ------------------------------------------------------------------------ */

static enum rkb_status insert_run(struct rkb_merge *m, const struct claim *c,
                                  int64_t *id, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        m->to->db,
        "INSERT INTO run(key, identity, label, dataset, candidate_set, queries,"
        " reranker, repeat, seed, n_queries, n_samples, status) VALUES(?1, ?2,"
        " ?3, ?4, (SELECT id FROM candidate_set WHERE digest=?5), ?6, ?7, ?8,"
        " ?9, ?10, ?11, 'incomplete')",
        &q, err);

    if (rc)
        return rc;
    rkb_bind_digest(q, 1, &c->key);
    rkb_bind_text(q, 2, c->identity);
    rkb_bind_text(q, 3, c->label);
    rkb_bind_text(q, 4, c->dataset);
    rkb_bind_digest(q, 5, &c->candidates);
    rkb_bind_digest(q, 6, &c->queries);
    rkb_bind_text(q, 7, c->reranker);
    rkb_db_bind_i64(q, 8, c->repeat);
    rkb_db_bind_i64(q, 9, c->seed);
    rkb_db_bind_i64(q, 10, c->n_queries);
    rkb_db_bind_i64(q, 11, c->n_samples);
    rc = rkb_db_run(q, err);
    *id = rkb_db_last_id(m->to->db);
    return rc;
}

static enum rkb_status set_status(struct rkb_merge *m, int64_t id,
                                  struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        m->to->db,
        "UPDATE run SET status='complete' WHERE id=?1 AND n_queries * n_samples"
        " = (SELECT count(*) FROM v_result WHERE run_id=?1 AND"
        " status <> 'failed')",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, id);
    return rkb_db_run(q, err);
}

static enum rkb_status merge_run(struct rkb_merge *m, const struct group *g,
                                 struct rkb_merged_run *run,
                                 struct rkb_err *err)
{
    enum rkb_status rc = rkb_store_begin(m->to, err);

    for (size_t i = 0; i < m->n_sources; i++)
        m->sources[i].run_id = 0;
    for (size_t i = 0; i < g->n; i++)
        m->sources[g->claims[i].source].run_id = g->claims[i].id;
    if (!rc)
        rc = insert_run(m, g->best, &run->id, err);
    run->label = rkb_arena_copy(m->arena, g->best->label);
    run->dataset = rkb_arena_copy(m->arena, g->best->dataset);
    run->repeat = g->best->repeat;
    run->n_queries = g->best->n_queries;
    run->n_samples = g->best->n_samples;
    if (!rc)
        rc = merge_sessions(m, run->id, err);
    if (!rc)
        rc = rkb_merge_results(m, run, err);
    if (!rc)
        rc = set_status(m, run->id, err);
    if (!rc)
        rc = rkb_merge_evaluations(m, run->id, err);
    if (!rc)
        rc = rkb_store_commit(m->to, err);
    for (size_t i = 0; i < m->n_sources; i++)
        rkb_map_release(&m->sources[i].ids);
    rkb_arena_reset(&m->run_arena);
    return rc;
}

static enum rkb_status merge_runs(struct rkb_merge *m, struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(struct claim) };
    struct rkb_arena a = { 0 };
    size_t n, n_groups = 0;
    enum rkb_status rc = read_claims(m, &rows, &a, err);
    struct claim *claims = rkb_rows_take(&rows, &a, &n);
    struct group *groups = rkb_arena_new(&a, n, sizeof *groups);

    rkb_sort(claims, n, sizeof *claims, by_key, NULL);
    if (!rc)
        rc = group_claims(m, claims, n, groups, &n_groups, err);
    m->out->runs = rkb_arena_new(m->arena, n_groups, sizeof *m->out->runs);
    m->out->n_runs = n_groups;
    for (size_t i = 0; i < n_groups && !rc; i++)
        rc = merge_run(m, &groups[i], &m->out->runs[i], err);
    if (!rc && m->n_conflicts)
        rc = rkb_fail(err, RKB_E_DATA,
                      "%zu queries have unequal results, such as %s",
                      m->n_conflicts, m->conflicts.at);
    rkb_arena_release(&a);
    return rc;
}

/* ---- the whole --------------------------------------------------------------------- */

static enum rkb_status count_comparisons(struct rkb_merge *m,
                                         struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < m->n_sources && !rc; i++) {
        struct rkb_db_stmt *q;
        int64_t n = 0;
        bool found;

        rc = rkb_db_prepare(m->sources[i].store->db,
                            "SELECT count(*) FROM comparison", &q, err);
        if (!rc)
            rc = rkb_store_one(q, &n, &found, err);
        m->out->n_comparisons += (size_t)n;
    }
    return rc;
}

enum rkb_status rkb_store_merge(const char *to, const char *const *from,
                                size_t n_from, struct rkb_arena *a,
                                struct rkb_merged *out, struct rkb_err *err)
{
    const struct rkb_store_options create = { .mode = RKB_STORE_CREATE,
                                              .no_wal = true };
    const struct rkb_store_options read = { .mode = RKB_STORE_READ };
    struct rkb_merge m = { .arena = a, .out = out, .n_sources = n_from };
    enum rkb_status rc = RKB_OK;

    *out = (struct rkb_merged){ 0 };
    if (n_from > RKB_MERGE_STORES)
        return rkb_fail(err, RKB_E_LIMIT,
                        "at most %d stores at once; merge some of them, then "
                        "what comes of it",
                        RKB_MERGE_STORES);
    if (access(to, F_OK) == 0)
        return rkb_fail(err, RKB_E_IO, "'%s' is there already", to);
    m.sources = rkb_new(n_from, sizeof *m.sources);
    for (size_t i = 0; i < n_from && !rc; i++)
        rc = rkb_store_open(&m.sources[i].store, from[i], &read, err);
    if (!rc)
        rc = rkb_store_open(&m.to, to, &create, err);
    if (!rc)
        rc = rkb_merge_sets(&m, err);
    if (!rc)
        rc = merge_runs(&m, err);
    if (!rc)
        rc = count_comparisons(&m, err);
    rkb_store_close(m.to);
    for (size_t i = 0; i < n_from; i++)
        rkb_store_close(m.sources[i].store);
    if (rc && m.to)
        rkb_store_remove(to);
    rkb_free(m.sources);
    rkb_buf_release(&m.conflicts);
    rkb_arena_release(&m.run_arena);
    return rc;
}
