/* SPDX-License-Identifier: Apache-2.0 */
/* Runs and their sessions. */
#include "base/clock.h"
#include "runs/store_impl.h"
#include "runs/store_write.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

/* What the store knows of a key. */
struct known {
    int64_t id, n_queries;
    bool there, complete;
    char date[32];
};

static enum rkb_status find_run(struct rkb_store *s,
                                const struct rkb_digest *key, struct known *out,
                                struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    rkb_sv date;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT id, n_queries, status, (SELECT max(ended_utc) FROM session"
        " WHERE run_id = run.id) FROM run WHERE key=?1",
        &q, err);

    memset(out, 0, sizeof(*out));
    if (rc)
        return rc;
    rkb_bind_digest(q, 1, key);
    rc = rkb_db_step(q, &out->there, err);
    if (rc || !out->there)
        return rc;
    out->id = rkb_db_i64(q, 0);
    out->n_queries = rkb_db_i64(q, 1);
    out->complete = rkb_sv_is(rkb_db_text(q, 2), "complete");
    date = rkb_db_text(q, 3);
    if (date.len < sizeof(out->date) && date.len)
        memcpy(out->date, date.at, date.len);
    rkb_db_reset(q);
    return RKB_OK;
}

static rkb_sv label_of(const struct rkb_run_spec *spec)
{
    return spec->label.len ? spec->label : spec->reranker;
}

/* Somebody else has the lock; the store may know who. */
static enum rkb_status say_who(struct rkb_store *s,
                               const struct rkb_run_spec *spec, int64_t run_id,
                               struct rkb_err *err)
{
    rkb_sv label = label_of(spec), host, since;
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT pid, host, started_utc FROM session"
        " WHERE run_id=?1 AND status='running' ORDER BY id DESC LIMIT 1",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, run_id);
    rc = rkb_db_step(q, &row, err);
    if (rc)
        return rc;
    if (!row)
        return rkb_fail(err, RKB_E_IO,
                        "run '%.*s' is being worked on by another process",
                        (int)label.len, label.at);
    host = rkb_db_text(q, 1);
    since = rkb_db_text(q, 2);
    rc = rkb_fail(err, RKB_E_IO,
                  "run '%.*s' is being worked on by process %lld on host "
                  "'%.*s' since %.*s",
                  (int)label.len, label.at, (long long)rkb_db_i64(q, 0),
                  (int)host.len, host.at, (int)since.len, since.at);
    rkb_db_reset(q);
    return rc;
}

static enum rkb_status insert_run(struct rkb_store *s,
                                  const struct rkb_run_spec *spec, int64_t *id,
                                  struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "INSERT INTO run(key, identity, label, dataset, candidate_set, queries,"
        " reranker, repeat, seed, n_queries, n_samples, status) VALUES(?1, ?2,"
        " ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'running')",
        &q, err);

    if (rc)
        return rc;
    rkb_bind_digest(q, 1, &spec->key);
    rkb_bind_text(q, 2, spec->identity);
    rkb_bind_text(q, 3, label_of(spec));
    rkb_bind_text(q, 4, spec->dataset);
    rkb_db_bind_i64(q, 5, spec->candidate_set);
    rkb_bind_digest(q, 6, &spec->queries);
    rkb_bind_text(q, 7, spec->reranker);
    rkb_db_bind_i64(q, 8, spec->repeat);
    rkb_db_bind_i64(q, 9, (int64_t)spec->seed);
    rkb_db_bind_i64(q, 10, spec->n_queries);
    rkb_db_bind_i64(q, 11, spec->n_samples);
    rc = rkb_db_run(q, err);
    *id = rkb_db_last_id(s->db);
    return rc;
}

static enum rkb_status update_run(struct rkb_store *s,
                                  const struct rkb_run_spec *spec, int64_t id,
                                  struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "UPDATE run SET label=?2, status = CASE status WHEN 'complete' THEN"
        " 'complete' ELSE 'running' END WHERE id=?1",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, id);
    rkb_bind_text(q, 2, label_of(spec));
    return rkb_db_run(q, err);
}

static enum rkb_status begin_locked(struct rkb_store *s,
                                    const struct rkb_run_spec *spec,
                                    struct rkb_run *out, struct rkb_err *err)
{
    struct known k;
    enum rkb_status rc = find_run(s, &spec->key, &k, err);

    if (rc)
        return rc;
    if (k.there && k.n_queries != spec->n_queries)
        return rkb_fail(err, RKB_E_DATA,
                        "run %lld has the same key but %lld queries instead of "
                        "%lld",
                        (long long)k.id, (long long)k.n_queries,
                        (long long)spec->n_queries);
    out->id = k.id;
    memcpy(out->date, k.date, sizeof(out->date));
    if (k.there) {
        out->state = k.complete ? RKB_RUN_COMPLETE : RKB_RUN_RESUMED;
        return update_run(s, spec, k.id, err);
    }
    out->state = RKB_RUN_NEW;
    return insert_run(s, spec, &out->id, err);
}

static uint64_t lock_name(const struct rkb_digest *key)
{
    uint64_t name = 0;

    for (size_t i = 0; i < sizeof(name); i++)
        name = name << 8 | key->at[i];
    return name;
}

enum rkb_status rkb_run_begin(struct rkb_store *s,
                              const struct rkb_run_spec *spec,
                              struct rkb_run *out, struct rkb_err *err)
{
    bool got, own;
    enum rkb_status rc;

    memset(out, 0, sizeof(*out));
    if (spec->seed > INT64_MAX)
        return rkb_fail(err, RKB_E_USAGE, "seed %llu is larger than 2^63 - 1",
                        (unsigned long long)spec->seed);
    rc = rkb_lock_take(&out->lock, s->path, lock_name(&spec->key), &got, err);
    if (rc)
        return rc;
    if (!got) {
        struct known k;

        rc = find_run(s, &spec->key, &k, err);
        return rc ? rc : say_who(s, spec, k.id, err);
    }
    rc = rkb_store_enter(s, &own, err);
    if (!rc)
        rc = rkb_store_leave(s, own, begin_locked(s, spec, out, err), err);
    if (rc || out->state == RKB_RUN_COMPLETE)
        rkb_run_release(out);
    return rc;
}

void rkb_run_release(struct rkb_run *run)
{
    rkb_lock_release(run->lock);
    run->lock = NULL;
}

static enum rkb_status set_status(struct rkb_store *s, int64_t id,
                                  struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "UPDATE run SET status = CASE WHEN n_queries * n_samples = (SELECT"
        " count(*) FROM v_result WHERE run_id=?1 AND status <> 'failed')"
        " THEN 'complete' ELSE 'incomplete' END WHERE id=?1",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, id);
    return rkb_db_run(q, err);
}

enum rkb_status rkb_run_end(struct rkb_store *s, struct rkb_run *run,
                            bool *complete, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    int64_t is_complete = 0;
    bool row, own;
    enum rkb_status rc = rkb_store_enter(s, &own, err);

    if (rc)
        return rc;
    rc = set_status(s, run->id, err);
    if (!rc)
        rc = rkb_db_prepare(s->db,
                            "SELECT status='complete' FROM run"
                            " WHERE id=?1",
                            &q, err);
    if (!rc) {
        rkb_db_bind_i64(q, 1, run->id);
        rc = rkb_store_one(q, &is_complete, &row, err);
    }
    rc = rkb_store_leave(s, own, rc, err);
    if (rc)
        return rc;
    if (complete)
        *complete = is_complete != 0;
    rkb_run_release(run);
    return RKB_OK;
}

enum rkb_status rkb_run_set_samples(struct rkb_store *s, int64_t run_id,
                                    int64_t n_samples, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db, "UPDATE run SET n_samples=?2 WHERE id=?1", &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, run_id);
    rkb_db_bind_i64(q, 2, n_samples);
    return rkb_db_run(q, err);
}

/* Sessions of the run that were cut off: whoever had them is gone, because
 * this process has the run's lock. */
static enum rkb_status close_old_sessions(struct rkb_store *s, int64_t run_id,
                                          struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(s->db,
                                        "UPDATE session SET status='stopped'"
                                        " WHERE run_id=?1 AND status='running'",
                                        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, run_id);
    return rkb_db_run(q, err);
}

static enum rkb_status insert_session(struct rkb_store *s,
                                      const struct rkb_session_spec *spec,
                                      int64_t *id, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    char now[32];
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "INSERT INTO session(run_id, started_utc, host, pid, cpu,"
        " program_version, conditions, status)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 'running')",
        &q, err);

    if (rc)
        return rc;
    rkb_clock_utc(now);
    rkb_db_bind_i64(q, 1, spec->run_id);
    rkb_bind_text(q, 2, rkb_sv_of(now));
    rkb_bind_text(q, 3, spec->host);
    rkb_db_bind_i64(q, 4, (int64_t)getpid());
    rkb_bind_text(q, 5, spec->cpu);
    rkb_bind_text(q, 6, spec->program_version);
    rkb_bind_text(q, 7,
                  spec->conditions.len ? spec->conditions : rkb_sv_of("{}"));
    rc = rkb_db_run(q, err);
    *id = rkb_db_last_id(s->db);
    return rc;
}

enum rkb_status rkb_session_begin(struct rkb_store *s,
                                  const struct rkb_session_spec *spec,
                                  int64_t *id, struct rkb_err *err)
{
    bool own;
    enum rkb_status rc = rkb_store_enter(s, &own, err);

    if (rc)
        return rc;
    rc = close_old_sessions(s, spec->run_id, err);
    if (!rc)
        rc = insert_session(s, spec, id, err);
    return rkb_store_leave(s, own, rc, err);
}

enum rkb_status rkb_session_add(struct rkb_store *s, int64_t id, rkb_sv json,
                                struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "UPDATE session SET conditions=json_patch(conditions, ?2) WHERE id=?1",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, id);
    rkb_bind_text(q, 2, json);
    return rkb_db_run(q, err);
}

enum rkb_status rkb_session_end(struct rkb_store *s, int64_t id, rkb_sv status,
                                struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    char now[32];
    enum rkb_status rc = rkb_db_prepare(
        s->db, "UPDATE session SET ended_utc=?2, status=?3 WHERE id=?1", &q,
        err);

    if (rc)
        return rc;
    rkb_clock_utc(now);
    rkb_db_bind_i64(q, 1, id);
    rkb_bind_text(q, 2, rkb_sv_of(now));
    rkb_bind_text(q, 3, status);
    return rkb_db_run(q, err);
}
