/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/times.h"

#include "base/buf.h"
#include "base/io/json.h"
#include "base/sort.h"

#include <math.h>

static int ascending(const void *a, const void *b, void *ctx)
{
    double x = *(const double *)a, y = *(const double *)b;

    (void)ctx;
    return (x > y) - (x < y);
}

enum rkb_status rkb_times_read(struct rkb_store *store, struct rkb_arena *a,
                               int64_t run_id, struct rkb_times *out,
                               struct rkb_err *err)
{
    struct rkb_time_row *rows;
    size_t n;
    enum rkb_status rc = rkb_store_times(store, a, run_id, &rows, &n, err);

    *out = (struct rkb_times){ 0 };
    if (rc)
        return rc;
    out->ns = rkb_arena_new(a, n, sizeof *out->ns);
    out->failed_ns = rkb_arena_new(a, n, sizeof *out->failed_ns);
    for (size_t i = 0; i < n; i++) {
        double ns = (double)rows[i].latency_ns;

        if (rows[i].failed)
            out->failed_ns[out->n_failed++] = ns;
        else
            out->ns[out->n++] = ns;
        out->n_queries += !i || rows[i].ord != rows[i - 1].ord;
    }
    rkb_sort(out->ns, out->n, sizeof *out->ns, ascending, NULL);
    rkb_sort(out->failed_ns, out->n_failed, sizeof *out->failed_ns, ascending,
             NULL);
    return RKB_OK;
}

struct rkb_bounded rkb_times_percentile(const struct rkb_times *t, double p)
{
    if (t->n_queries < rkb_percentile_needs(p))
        return (struct rkb_bounded){ NAN, false };
    return rkb_percentile_bounded(t->ns, t->n, t->failed_ns, t->n_failed, p);
}

double rkb_pace_answers(const struct rkb_pace *p)
{
    return p->n && p->measured_ns > 0
               ? (double)(p->n - p->n_failed) * 1e9 / (double)p->measured_ns
               : (double)NAN;
}

/* ---- how they were sent --------------------------------------------------- */

/* Added up over the sessions of a run. */
struct sent {
    double late, warm, warm_failed, most_at_once;
    bool by_others;
};

static double number_of(const struct rkb_json *j, const char *key)
{
    double value = 0;

    (void)rkb_json_double(rkb_json_get(j, key), &value);
    return value;
}

static enum rkb_status add_session(struct rkb_arena *a,
                                   const struct rkb_session_row *row,
                                   struct sent *sent, struct rkb_err *err)
{
    const struct rkb_json *j;
    enum rkb_status rc = rkb_json_parse(a, row->conditions, &j, err);
    rkb_sv by;

    if (rc)
        return rkb_wrap(err, "conditions of session %lld", (long long)row->id);
    sent->late += number_of(j, "late");
    sent->warm += number_of(j, "warmup");
    sent->warm_failed += number_of(j, "warmup_failed");
    sent->most_at_once = fmax(sent->most_at_once, number_of(j, "concurrency"));
    sent->by_others |= rkb_json_string(rkb_json_get(j, "warmup_by"), &by) &&
                       rkb_sv_is(by, "other queries");
    return RKB_OK;
}

enum rkb_status rkb_warm_tell(struct rkb_store *store, struct rkb_arena *a,
                              int64_t run_id, bool *warm, struct rkb_err *err)
{
    struct rkb_session_row *rows;
    size_t n = 0;
    enum rkb_status rc = rkb_store_sessions(store, a, run_id, &rows, &n, err);

    *warm = false;
    for (size_t i = 0; i < n && !rc; i++) {
        const struct rkb_json *j, *reranker;
        rkb_sv prefix;

        rc = rkb_json_parse(a, rows[i].conditions, &j, err);
        if (rc)
            return rkb_wrap(err, "conditions of session %lld",
                            (long long)rows[i].id);
        reranker = rkb_json_get(j, "reranker");
        *warm |= reranker &&
                 rkb_json_string(rkb_json_get(reranker, "prefix"), &prefix) &&
                 rkb_sv_is(prefix, "warm");
    }
    return rc;
}

static const char *sentence(struct rkb_arena *a, rkb_sv load, int64_t n_samples,
                            const struct rkb_pace *pace,
                            const struct sent *sent)
{
    double answers = rkb_pace_answers(pace);
    struct rkb_buf b = { 0 };
    const char *out;

    rkb_buf_sv(&b, load.len ? load : rkb_sv_of("single"));
    if (n_samples > 1)
        rkb_buf_printf(&b, ", %lld samples", (long long)n_samples);
    if (isnan(answers))
        rkb_buf_text(&b, ": no throughput is known");
    else
        rkb_buf_printf(&b,
                       ": %.4g answers a second over %.4g s, at most %.0f "
                       "at once, %lld of %lld failed",
                       answers, (double)pace->measured_ns / 1e9,
                       sent->most_at_once, (long long)pace->n_failed,
                       (long long)pace->n);
    if (sent->late > 0)
        rkb_buf_printf(&b,
                       "; the generator was saturated: %.0f were due while "
                       "all those were under way",
                       sent->late);
    if (sent->warm > 0)
        rkb_buf_printf(&b, "; %.0f warm-ups before, by %s", sent->warm,
                       sent->by_others ? "queries that are not asked"
                                       : "queries with another's candidates");
    if (sent->warm_failed > 0)
        rkb_buf_printf(&b, ", %.0f failed", sent->warm_failed);
    out = rkb_arena_cstr(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return out;
}

enum rkb_status rkb_load_tell(struct rkb_store *store, struct rkb_arena *a,
                              int64_t run_id, struct rkb_pace *pace,
                              const char **out, struct rkb_err *err)
{
    const struct rkb_json *identity;
    struct rkb_session_row *rows;
    struct sent sent = { 0 };
    struct rkb_run_row run;
    rkb_sv load = { 0 };
    size_t n = 0;
    enum rkb_status rc = rkb_store_run(store, a, run_id, &run, err);

    *out = NULL;
    *pace = (struct rkb_pace){ 0 };
    if (!rc)
        rc = rkb_json_parse(a, run.identity, &identity, err);
    if (rc)
        return rkb_wrap(err, "run %lld", (long long)run_id);
    bool asked = rkb_json_string(rkb_json_get(identity, "load"), &load);

    if (!asked && run.n_samples == 1)
        return RKB_OK;
    rc = rkb_store_sessions(store, a, run_id, &rows, &n, err);
    for (size_t i = 0; i < n && !rc; i++)
        rc = add_session(a, &rows[i], &sent, err);
    if (!rc)
        rc = rkb_store_pace(store, run_id, pace, err);
    if (!rc)
        *out = sentence(a, load, run.n_samples, pace, &sent);
    return rc;
}
