/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/time_spent.h"

#include "base/mem.h"
#include "runs/store_read.h"

#include <math.h>
#include <string.h>

/* ---- queries ----------------------------------------------------------------- */

/* While they are read: how many there are is not known before. */
struct points {
    double *tokens, *ms;
    size_t n, tokens_cap, ms_cap;
};

static bool is_point(const struct rkb_result_call *c)
{
    return c->http == 200 && c->total_ns > 0 && c->prompt_tokens >= 0 &&
           c->output_tokens >= 0 && !rkb_sv_ends(c->path, "~");
}

static void add_point(struct points *p, const struct rkb_result_call *c)
{
    int64_t cached = c->cached_tokens > 0 ? c->cached_tokens : 0;
    int64_t connect = c->connect_ns > 0 ? c->connect_ns : 0;

    p->tokens =
        rkb_grow(p->tokens, &p->tokens_cap, 2 * (p->n + 1), sizeof *p->tokens);
    p->ms = rkb_grow(p->ms, &p->ms_cap, p->n + 1, sizeof *p->ms);
    p->tokens[2 * p->n] = (double)(c->prompt_tokens - cached);
    p->tokens[2 * p->n + 1] = (double)c->output_tokens;
    p->ms[p->n++] = (double)(c->total_ns - connect) / 1e6;
}

static enum rkb_status add_query(struct rkb_store *store,
                                 struct rkb_arena *scratch, int64_t result_id,
                                 int64_t latency_ns, int64_t late_ns,
                                 struct rkb_time_spent *out,
                                 struct points *points, struct rkb_err *err)
{
    int64_t parts[RKB_TIME_PARTS];
    struct rkb_result_call *calls;
    size_t n;
    enum rkb_status rc =
        rkb_store_calls(store, scratch, result_id, &calls, &n, err);

    if (rc)
        return rc;
    if (!rkb_time_parts(scratch, calls, n, latency_ns, late_ns, parts, NULL)) {
        out->n_unknown++;
        return RKB_OK;
    }
    out->n++;
    out->latency_ns += latency_ns;
    for (int p = 0; p < RKB_TIME_PARTS; p++)
        out->parts_ns[p] += parts[p];
    for (size_t i = 0; i < n; i++)
        if (is_point(&calls[i]))
            add_point(points, &calls[i]);
    return RKB_OK;
}

static enum rkb_status read_queries(struct rkb_store *store, int64_t run_id,
                                    struct rkb_time_spent *out,
                                    struct points *points, struct rkb_err *err)
{
    struct rkb_arena scratch = { 0 };
    struct rkb_db_stmt *q;
    bool row = true;
    enum rkb_status rc = rkb_db_prepare(
        rkb_store_db(store),
        "SELECT result_id, latency_ns, queue_ns FROM v_result WHERE run_id = ?1"
        " AND status <> 'failed' AND latency_ns BETWEEN 0 AND 1000000000000000"
        " ORDER BY ord, sample",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc) {
        rc = rkb_db_step(q, &row, err);
        if (rc || !row)
            break;
        rkb_arena_reset(&scratch);
        rc = add_query(store, &scratch, rkb_db_i64(q, 0), rkb_db_i64(q, 1),
                       rkb_db_is_null(q, 2) ? -1 : rkb_db_i64(q, 2), out,
                       points, err);
        if (rc)
            rkb_db_reset(q);
    }
    rkb_arena_release(&scratch);
    return rc;
}

/* ---- after the clock --------------------------------------------------------- */

static enum rkb_status read_storing(struct rkb_store *store, int64_t run_id,
                                    struct rkb_time_spent *out,
                                    struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        rkb_store_db(store),
        "SELECT total(json_extract(conditions, '$.store_ns')) / 1e6"
        " / sum(json_extract(conditions, '$.n_stored')) FROM session"
        " WHERE run_id = ?1 AND json_valid(conditions)",
        &q, err);

    out->store_ms = NAN;
    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, run_id);
    rc = rkb_db_step(q, &row, err);
    if (!rc && row) {
        if (!rkb_db_is_null(q, 0))
            out->store_ms = rkb_db_real(q, 0);
        rkb_db_reset(q);
    }
    return rc;
}

enum rkb_status rkb_time_spent(struct rkb_arena *a, struct rkb_store *store,
                               int64_t run_id, const char *label,
                               struct rkb_time_spent *out, struct rkb_err *err)
{
    struct points points = { 0 };

    *out = (struct rkb_time_spent){ .label = label };
    enum rkb_status rc = read_queries(store, run_id, out, &points, err);

    if (!rc)
        rc = read_storing(store, run_id, out, err);
    if (!rc) {
        out->n_calls = points.n;
        out->tokens = rkb_arena_new(a, 2 * points.n, sizeof *out->tokens);
        out->call_ms = rkb_arena_new(a, points.n, sizeof *out->call_ms);
        if (points.n) {
            memcpy(out->tokens, points.tokens,
                   2 * points.n * sizeof *out->tokens);
            memcpy(out->call_ms, points.ms, points.n * sizeof *out->call_ms);
        }
    }
    rkb_free(points.tokens);
    rkb_free(points.ms);
    return rc;
}

/* ---- what else it could have been ---------------------------------------------- */

enum rkb_status rkb_predict_read(rkb_sv text, struct rkb_predict *out,
                                 struct rkb_err *err)
{
    rkb_sv one, key;

    *out = (struct rkb_predict){ NAN, NAN, NAN };
    const struct {
        const char *name;
        double *to;
    } keys[] = { { "prompt", &out->prompt },
                 { "output", &out->output },
                 { "calls", &out->calls } };

    while (rkb_sv_split(&text, ',', &one)) {
        double *to = NULL, value;

        (void)rkb_sv_split(&one, '=', &key);
        for (size_t i = 0; i < RKB_COUNT(keys); i++)
            if (rkb_sv_is(key, keys[i].name))
                to = keys[i].to;
        if (!to)
            return rkb_fail(err, RKB_E_USAGE,
                            "--predict takes prompt=N, output=N and calls=N, "
                            "parted by commas, not '%.*s'",
                            (int)(key.len < 100 ? key.len : 100),
                            key.len ? key.at : "");
        if (!isnan(*to))
            return rkb_fail(err, RKB_E_USAGE, "--predict has %.*s twice",
                            (int)key.len, key.at);
        if (!rkb_sv_to_double(one, &value) || value < 0 || value > 1e9)
            return rkb_fail(err, RKB_E_USAGE,
                            "--predict %.*s is a number from 0 to 1e9, not "
                            "'%.*s'",
                            (int)key.len, key.at,
                            (int)(one.len < 100 ? one.len : 100),
                            one.len ? one.at : "");
        *to = value;
    }
    return RKB_OK;
}
