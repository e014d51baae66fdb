/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/rung.h"

#include "reports/spent.h"

#include <math.h>
#include <string.h>

/* ---- limits ------------------------------------------------------------------ */

enum rkb_status rkb_slo_read(rkb_sv text, struct rkb_slo *out,
                             struct rkb_err *err)
{
    rkb_sv time = text, key;
    int64_t p = 0;
    double scale = 1, value = 0;
    bool good;

    (void)rkb_sv_split(&time, '=', &key);
    good = rkb_sv_starts(key, "p") &&
           rkb_sv_to_i64((rkb_sv){ key.at + 1, key.len - 1 }, 1, 99, &p);
    if (rkb_sv_ends(time, "ms")) {
        time.len -= 2;
        scale = 1e-3;
    } else if (rkb_sv_ends(time, "s")) {
        time.len -= 1;
    } else {
        good = false; /* a number alone leaves the unit to luck */
    }
    good = good && rkb_sv_to_double(time, &value) && value > 0 && value <= 1e6;
    *out = (struct rkb_slo){ (double)p, value * scale };
    return good ? RKB_OK
                : rkb_fail(err, RKB_E_USAGE,
                           "a limit is a percentile and a time, p95=2s or "
                           "p50=80ms, not '%.*s'",
                           text.len < 60 ? (int)text.len : 60,
                           text.len ? text.at : "");
}

/* ---- which load --------------------------------------------------------------- */

/* "closed:8 for 60 s" of an identity; NULL: a plain run. */
static const char *load_of(struct rkb_arena *a, const struct rkb_report_run *r)
{
    const struct rkb_json *j = rkb_json_get(r->identity, "load");
    rkb_sv text = { 0 };

    if (!j || !rkb_json_id(j, &text))
        return NULL;
    return rkb_plain_text(a, text);
}

static bool read_load(struct rkb_rung *r)
{
    rkb_sv rest = rkb_sv_of(r->load), kind, number;

    (void)rkb_sv_split(&rest, ':', &kind);
    (void)rkb_sv_split(&rest, ' ', &number);
    r->open = rkb_sv_is(kind, "open");
    return (r->open || rkb_sv_is(kind, "closed")) &&
           rkb_sv_to_double(number, &r->size);
}

/* "first" of "first/closed:8". */
static const char *system_of(struct rkb_arena *a,
                             const struct rkb_report_run *run, const char *load)
{
    const char *slash = strrchr(run->label, '/');
    const char *space = strchr(load, ' ');
    size_t n = space ? (size_t)(space - load) : strlen(load);

    if (!slash || strlen(slash + 1) != n || strncmp(slash + 1, load, n) != 0)
        return run->label;
    return rkb_arena_cstr(a,
                          (rkb_sv){ run->label, (size_t)(slash - run->label) });
}

/* ---- requests ------------------------------------------------------------------ */

enum { COL_STATUS, COL_LATENCY };

static enum rkb_status read_requests(struct rkb_arena *a,
                                     struct rkb_store *store, int64_t run_id,
                                     struct rkb_rung *out, struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = true;
    int64_t n = 0;
    enum rkb_status rc = rkb_db_prepare(
        rkb_store_db(store),
        "SELECT status, latency_ns, count(*) OVER () FROM query_result"
        " WHERE run_id = ?1 AND warmup = 0 AND attempt = 1"
        " ORDER BY latency_ns, ord, sample",
        &q, err);

    if (!rc)
        rkb_db_bind_i64(q, 1, run_id);
    while (!rc) {
        rc = rkb_db_step(q, &row, err);
        if (rc || !row)
            break;
        if (!out->seconds) {
            n = rkb_db_i64(q, 2);
            out->seconds = rkb_arena_new(a, (size_t)n, sizeof *out->seconds);
            out->failed_s = rkb_arena_new(a, (size_t)n, sizeof *out->failed_s);
        }
        out->n++;
        bool failed = rkb_sv_is(rkb_db_text(q, COL_STATUS), "failed");
        double seconds = (double)rkb_db_i64(q, COL_LATENCY) / 1e9;

        out->n_failed += failed;
        if (failed) /* of unknown length: no faster than nothing */
            out->failed_s[out->n_failed_s++] = seconds;
        else if (!rkb_db_is_null(q, COL_LATENCY))
            out->seconds[out->n_timed++] = seconds;
    }
    for (size_t i = 0; i < out->n_failed_s; i++)
        out->seconds[out->n_timed + i] = INFINITY;
    return rc;
}

/* What did not fail, over the time from each session's start to the end of its
 * last request. */
static enum rkb_status read_throughput(struct rkb_store *store, int64_t run_id,
                                       struct rkb_rung *out,
                                       struct rkb_err *err)
{
    struct rkb_db_stmt *q;
    bool row = false;
    enum rkb_status rc = rkb_db_prepare(
        rkb_store_db(store),
        "SELECT sum(span), sum(timeless) FROM (SELECT"
        " max(scheduled_ns + latency_ns) / 1e9 AS span,"
        " count(*) - count(scheduled_ns + latency_ns) AS timeless"
        " FROM query_result WHERE run_id = ?1 AND warmup = 0 AND attempt = 1"
        " GROUP BY session_id)",
        &q, err);

    out->throughput = NAN;
    if (rc)
        return rc;
    rkb_db_bind_i64(q, 1, run_id);
    rc = rkb_db_step(q, &row, err);
    if (!rc && row) {
        if (!rkb_db_is_null(q, 0) && !rkb_db_i64(q, 1) && rkb_db_real(q, 0) > 0)
            out->throughput =
                (double)(out->n - out->n_failed) / rkb_db_real(q, 0);
        rkb_db_reset(q);
    }
    return rc;
}

enum rkb_status rkb_rung_read(struct rkb_arena *a, struct rkb_store *store,
                              const struct rkb_report_run *run,
                              struct rkb_rung *out, bool *is_one,
                              struct rkb_err *err)
{
    *out = (struct rkb_rung){ .load = load_of(a, run) };
    *is_one = out->load && read_load(out);
    if (!*is_one)
        return RKB_OK;
    out->system = system_of(a, run, out->load);
    struct rkb_spent told = { .run = run };
    enum rkb_status rc = read_requests(a, store, run->row.id, out, err);

    if (!rc)
        rc = read_throughput(store, run->row.id, out, err);
    if (!rc)
        rc = rkb_spent_conditions(a, store, &told, err);
    out->loaded = told.loaded;
    out->n_late = told.n_late;
    out->whole = out->n >= run->row.n_queries * run->row.n_samples;
    return rc;
}

/* ---- what holds ----------------------------------------------------------------- */

double rkb_rung_percentile(const struct rkb_rung *r,
                           const struct rkb_report_math *math, double p,
                           bool *at_least)
{
    *at_least = false;
    if (r->n_timed + r->n_failed_s < math->percentile_needs(p))
        return NAN;
    return math->percentile_bounded(r->seconds, r->n_timed, r->failed_s,
                                    r->n_failed_s, p, at_least);
}

double rkb_rung_in_time(const struct rkb_rung *r,
                        const struct rkb_report_math *math, double p)
{
    size_t n = r->n_timed + r->n_failed_s;

    return n < math->percentile_needs(p) ? (double)NAN
                                         : math->percentile(r->seconds, n, p);
}

enum rkb_holds rkb_rung_holds(const struct rkb_rung *r,
                              const struct rkb_report_math *math,
                              const struct rkb_slo *slo)
{
    double at = rkb_rung_in_time(r, math, slo->percentile);

    if (isnan(at) || !r->whole)
        return RKB_HOLDS_UNKNOWN;
    if (at > slo->seconds)
        return RKB_HOLDS_NOT;
    return r->n_late ? RKB_HOLDS_UNKNOWN : RKB_HOLDS;
}

const char *rkb_holds_name(enum rkb_holds h)
{
    static const char *const names[] = { [RKB_HOLDS] = "yes",
                                         [RKB_HOLDS_NOT] = "no",
                                         [RKB_HOLDS_UNKNOWN] = "unknown" };

    return names[h];
}
