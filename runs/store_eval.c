/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluations and comparisons. */
#include "runs/store_impl.h"
#include "runs/store_read.h"
#include "runs/store_write.h"

#include <assert.h>
#include <math.h>

static enum rkb_status find_evaluation(struct rkb_store *s,
                                       const struct rkb_evaluation *e,
                                       int64_t *id, bool *there,
                                       struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT id FROM evaluation WHERE run_id=?1 AND judgment_set=?2"
        " AND compat=?3 AND rules=?4 AND sample=?5",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, e->run_id);
    rkb_db_bind_i64(q, 2, e->judgment_set);
    rkb_db_bind_i64(q, 3, e->compat);
    rkb_bind_text(q, 4, e->rules);
    rkb_db_bind_i64(q, 5, e->sample);
    return rkb_store_one(q, id, there, err);
}

static enum rkb_status insert_evaluation(struct rkb_store *s,
                                         const struct rkb_evaluation *e,
                                         int64_t *id, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "INSERT INTO evaluation(run_id, judgment_set, compat, rules, sample)"
        " VALUES(?1, ?2, ?3, ?4, ?5)",
        &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, e->run_id);
    rkb_db_bind_i64(q, 2, e->judgment_set);
    rkb_db_bind_i64(q, 3, e->compat);
    rkb_bind_text(q, 4, e->rules);
    rkb_db_bind_i64(q, 5, e->sample);
    rc = rkb_db_run(q, err);
    *id = rkb_db_last_id(s->db);
    return rc;
}

enum rkb_status rkb_store_put_evaluation(struct rkb_store *s,
                                         const struct rkb_evaluation *e,
                                         int64_t *id, struct rkb_err *err)
{
    bool there, own;
    enum rkb_status rc = rkb_store_enter(s, &own, err);

    if (rc)
        return rc;
    rc = find_evaluation(s, e, id, &there, err);
    if (!rc && !there)
        rc = insert_evaluation(s, e, id, err);
    return rkb_store_leave(s, own, rc, err);
}

static enum rkb_status clear_measure(struct rkb_store *s, int64_t eval_id,
                                     rkb_sv measure, struct rkb_err *err)
{
    static const char *const clear[] = {
        "DELETE FROM measure_value WHERE eval_id=?1 AND measure=?2",
        "DELETE FROM measure_mean WHERE eval_id=?1 AND measure=?2",
        ("DELETE FROM comparison WHERE measure IN (?2, 'latency_ms')"
         " AND ?1 IN (eval_a, eval_b)"),
    };
    struct rkb_db_stmt *q;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; !rc && i < RKB_COUNT(clear); i++) {
        rc = rkb_db_prepare(s->db, clear[i], &q, err);
        if (rc)
            break;
        rkb_db_bind_i64(q, 1, eval_id);
        rkb_bind_text(q, 2, measure);
        rc = rkb_db_run(q, err);
    }
    return rc;
}

static enum rkb_status insert_values(struct rkb_store *s, int64_t eval_id,
                                     const struct rkb_measured *m,
                                     struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; !rc && i < m->n_values; i++) {
        if (isnan(m->value[i]))
            continue;
        rc = rkb_db_prepare(s->db,
                            "INSERT INTO measure_value(eval_id, measure, ord,"
                            " version, value) VALUES(?1, ?2, ?3, ?4, ?5)",
                            &q, err);
        if (rc)
            break;
        rkb_db_bind_i64(q, 1, eval_id);
        rkb_bind_text(q, 2, m->measure);
        rkb_db_bind_i64(q, 3, m->ord[i]);
        rkb_db_bind_i64(q, 4, m->version);
        rkb_db_bind_real(q, 5, m->value[i]);
        rc = rkb_db_run(q, err);
    }
    return rc;
}

static enum rkb_status insert_mean(struct rkb_store *s, int64_t eval_id,
                                   const struct rkb_measured *m,
                                   struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    enum rkb_status rc =
        rkb_db_prepare(s->db,
                       "INSERT INTO measure_mean(eval_id, measure, value, n,"
                       " n_missing, n_failed) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                       &q, err);

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, eval_id);
    rkb_bind_text(q, 2, m->measure);
    rkb_bind_value(q, 3, m->mean);
    rkb_db_bind_i64(q, 4, m->n);
    rkb_db_bind_i64(q, 5, m->n_missing);
    rkb_db_bind_i64(q, 6, m->n_failed);
    return rkb_db_run(q, err);
}

enum rkb_status rkb_store_put_measure(struct rkb_store *s, int64_t eval_id,
                                      const struct rkb_measured *m,
                                      struct rkb_err *err)
{
    enum rkb_status rc;

    assert(s->in_transaction);
    rc = clear_measure(s, eval_id, m->measure, err);
    if (!rc)
        rc = insert_values(s, eval_id, m, err);
    if (!rc)
        rc = insert_mean(s, eval_id, m, err);
    if (rc)
        rc = rkb_wrap(err, "measure '%.*s'",
                      (int)(m->measure.len < 80 ? m->measure.len : 80),
                      m->measure.at);
    return rc;
}

enum rkb_status rkb_store_put_comparison(struct rkb_store *s,
                                         const struct rkb_comparison *c,
                                         struct rkb_err *err)
{
    const rkb_sv texts[] = { c->measure, c->test, c->correction, c->family };
    const int64_t counts[] = { c->n,   c->n_a, c->n_b, c->draws,
                               c->win, c->tie, c->loss };
    const double values[] = { c->alpha,    c->mean_a,     c->lo_a,
                              c->hi_a,     c->mean_b,     c->lo_b,
                              c->hi_b,     c->diff,       c->lo,
                              c->hi,       c->p,          c->p_corrected,
                              c->effect,   c->detectable, c->ratio,
                              c->ratio_sd, c->ratio_lo,   c->ratio_hi };
    struct rkb_db_stmt *q;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "INSERT OR REPLACE INTO comparison(eval_a, eval_b, forced, seed,"
        " measure, test, correction, family,"
        " n, n_a, n_b, draws, win, tie, loss,"
        " alpha, mean_a, lo_a, hi_a, mean_b, lo_b, hi_b, diff, lo, hi, p,"
        " p_corrected, effect, detectable, ratio, ratio_sd, ratio_lo, ratio_hi)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
        " ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28,"
        " ?29, ?30, ?31, ?32, ?33)",
        &q, err);
    int at = 5;

    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, c->eval_a);
    rkb_db_bind_i64(q, 2, c->eval_b);
    rkb_db_bind_i64(q, 3, c->forced);
    rkb_db_bind_i64(q, 4, (int64_t)(c->seed & INT64_MAX));
    for (size_t i = 0; i < RKB_COUNT(texts); i++)
        rkb_bind_text(q, at++, texts[i]);
    for (size_t i = 0; i < RKB_COUNT(counts); i++)
        rkb_bind_count(q, at++, counts[i]);
    for (size_t i = 0; i < RKB_COUNT(values); i++)
        rkb_bind_value(q, at++, values[i]);
    return rkb_db_run(q, err);
}

/* Columns as rkb_store_comparisons selects them. */
static void read_comparison(struct rkb_db_stmt *q, struct rkb_arena *a,
                            struct rkb_comparison *c)
{
    rkb_sv *const texts[] = { &c->measure, &c->test, &c->correction,
                              &c->family };
    int64_t *const counts[] = { &c->n,   &c->n_a, &c->n_b, &c->draws,
                                &c->win, &c->tie, &c->loss };
    double *const values[] = { &c->alpha,    &c->mean_a,     &c->lo_a,
                               &c->hi_a,     &c->mean_b,     &c->lo_b,
                               &c->hi_b,     &c->diff,       &c->lo,
                               &c->hi,       &c->p,          &c->p_corrected,
                               &c->effect,   &c->detectable, &c->ratio,
                               &c->ratio_sd, &c->ratio_lo,   &c->ratio_hi };
    int at = 4;

    c->eval_a = rkb_db_i64(q, 0);
    c->eval_b = rkb_db_i64(q, 1);
    c->forced = rkb_db_i64(q, 2) != 0;
    c->seed = (uint64_t)rkb_db_i64(q, 3);
    for (size_t i = 0; i < RKB_COUNT(texts); i++)
        *texts[i] = rkb_col_text(q, at++, a);
    for (size_t i = 0; i < RKB_COUNT(counts); i++)
        *counts[i] = rkb_col_count(q, at++);
    for (size_t i = 0; i < RKB_COUNT(values); i++)
        *values[i] = rkb_col_value(q, at++);
}

enum rkb_status rkb_store_comparisons(struct rkb_store *s, struct rkb_arena *a,
                                      rkb_sv family,
                                      struct rkb_comparison **out, size_t *n,
                                      struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(**out) };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        s->db,
        "SELECT eval_a, eval_b, forced, seed, measure, test, correction,"
        " family, n, n_a, n_b, draws, win, tie, loss, alpha, mean_a, lo_a,"
        " hi_a, mean_b, lo_b, hi_b, diff, lo, hi, p, p_corrected, effect,"
        " detectable, ratio, ratio_sd, ratio_lo, ratio_hi FROM comparison"
        " WHERE ?1 IS NULL OR family = ?1 ORDER BY id",
        &q, err);

    if (!rc)
        rkb_bind_some(q, 1, family);
    while (!rc && !(rc = rkb_db_step(q, &row, err)) && row)
        read_comparison(q, a, rkb_rows_add(&rows));
    *out = rkb_rows_take(&rows, a, n);
    return rc;
}
