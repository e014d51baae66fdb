/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/spent.h"

#include "base/sort.h"

#include <math.h>
#include <string.h>

/* ---- classes ------------------------------------------------------------- */

static int by_name(const void *a, const void *b, void *ctx)
{
    const struct rkb_answer_class *x = a, *y = b;

    (void)ctx;
    return strcmp(x->name, y->name);
}

static int by_size(const void *a, const void *b, void *ctx)
{
    const double *x = a, *y = b;

    (void)ctx;
    return *x < *y ? -1 : *x > *y;
}

static void add_class(struct rkb_arena *a, struct rkb_spent *s, rkb_sv name,
                      int64_t n)
{
    struct rkb_answer_class *more;

    for (size_t i = 0; i < s->n_classes; i++)
        if (rkb_sv_is(name, s->classes[i].name)) {
            s->classes[i].n += n;
            return;
        }
    /* A handful of names: copying them beats keeping a capacity. */
    more = rkb_arena_new(a, s->n_classes + 1, sizeof *more);
    if (s->n_classes)
        memcpy(more, s->classes, s->n_classes * sizeof *more);
    more[s->n_classes].name = rkb_plain_text(a, name);
    more[s->n_classes++].n = n;
    s->classes = more;
}

static enum rkb_status add_classes(struct rkb_arena *a, struct rkb_spent *s,
                                   rkb_sv text, struct rkb_err *err)
{
    const struct rkb_json *j;
    enum rkb_status rc;

    if (!text.len)
        return RKB_OK;
    /* The text goes with the row; keys without escapes point into it. */
    rc = rkb_json_parse(a, rkb_arena_copy(a, text), &j, err);
    if (rc)
        return rkb_wrap(err, "classes of run %lld", (long long)s->run->row.id);
    for (const struct rkb_json *c = j->child; c; c = c->next) {
        double n;

        if (!rkb_json_double(c, &n) || n < 0 || n > 1e15)
            return rkb_fail(err, RKB_E_DATA, "bad classes of run %lld",
                            (long long)s->run->row.id);
        add_class(a, s, c->key, (int64_t)n);
    }
    return RKB_OK;
}

/* ---- queries --------------------------------------------------------------- */

enum { COL_ORD, COL_STATUS, COL_LATENCY, COL_CLASSES, COL_CALLS };

static const char select_spent[] =
    "SELECT ord, status, latency_ns, classes, n_calls, prompt_tokens,"
    " cached_tokens, output_tokens, reasoning_tokens FROM v_result"
    " WHERE run_id = ?1 ORDER BY ord, sample";

/* Rows come by query and sample. */
static void add_request(struct rkb_spent *s, struct rkb_db_stmt *q, bool failed,
                        int64_t *last)
{
    double seconds = (double)rkb_db_i64(q, COL_LATENCY) / 1e9;
    int64_t ord = rkb_db_i64(q, COL_ORD);

    if (failed)
        s->failed_s[s->n_failed_s++] = seconds;
    else
        s->request_s[s->n_requests++] = seconds;
    s->n_timed += ord != *last;
    *last = ord;
}

static enum rkb_status add_row(struct rkb_arena *a, struct rkb_spent *s,
                               struct rkb_db_stmt *q, size_t *n_samples,
                               struct rkb_err *err)
{
    rkb_sv status = rkb_db_text(q, COL_STATUS);
    int64_t ord = rkb_db_i64(q, COL_ORD);
    bool failed = rkb_sv_is(status, "failed");
    bool repaired = rkb_sv_is(status, "repaired");

    s->n_failed += failed;
    s->n_repaired += repaired;
    s->n_ok += !failed && !repaired;
    if (!failed && !rkb_db_is_null(q, COL_LATENCY)) {
        double seconds = (double)rkb_db_i64(q, COL_LATENCY) / 1e9;
        size_t last = s->n_latency;

        if (last && s->latency_ord[last - 1] == ord) {
            /* The mean of the samples so far. */
            double *mean = &s->latency_s[last - 1];

            ++*n_samples;
            *mean += (seconds - *mean) / (double)*n_samples;
        } else {
            *n_samples = 1;
            s->latency_ord[last] = ord;
            s->latency_s[last] = seconds;
            s->n_latency++;
        }
    }
    s->n += !failed;
    for (int k = 0; k < RKB_SPENT_KINDS && !failed; k++) {
        if (rkb_db_is_null(q, COL_CALLS + k))
            continue;
        s->total[k] += (double)rkb_db_i64(q, COL_CALLS + k);
        s->n_told[k]++;
    }
    return add_classes(a, s, rkb_db_text(q, COL_CLASSES), err);
}

static enum rkb_status read_rows(struct rkb_arena *a, struct rkb_store *store,
                                 struct rkb_spent *s, struct rkb_err *err)
{
    size_t most = (size_t)(s->run->row.n_ok + s->run->row.n_repaired);
    size_t most_failed = (size_t)s->run->row.n_failed;
    struct rkb_db_stmt *q;
    size_t n_samples = 0, n_rows = 0;
    int64_t last = -1;
    bool row = true;
    enum rkb_status rc =
        rkb_db_prepare(rkb_store_db(store), select_spent, &q, err);

    s->latency_s = rkb_arena_new(a, most, sizeof *s->latency_s);
    s->latency_ord = rkb_arena_new(a, most, sizeof *s->latency_ord);
    s->request_s = rkb_arena_new(a, most + most_failed, sizeof *s->request_s);
    s->failed_s = rkb_arena_new(a, most + most_failed, sizeof *s->failed_s);
    if (!rc)
        rkb_db_bind_i64(q, 1, s->run->row.id);
    while (!rc) {
        rc = rkb_db_step(q, &row, err);
        if (rc || !row)
            break;
        /* Another process may have added results meanwhile. */
        bool failed = rkb_sv_is(rkb_db_text(q, COL_STATUS), "failed");

        if (n_rows++ == most + most_failed || (s->n_latency == most && !failed))
            rc = rkb_fail(err, RKB_E_INCOMPLETE,
                          "run %lld is being worked on; try again",
                          (long long)s->run->row.id);
        else
            rc = add_row(a, s, q, &n_samples, err);
        if (!rc && !rkb_db_is_null(q, COL_LATENCY))
            add_request(s, q, failed, &last);
        if (rc)
            rkb_db_reset(q);
    }
    rkb_sort(s->request_s, s->n_requests, sizeof *s->request_s, by_size, NULL);
    rkb_sort(s->failed_s, s->n_failed_s, sizeof *s->failed_s, by_size, NULL);
    rkb_sort(s->classes, s->n_classes, sizeof *s->classes, by_name, NULL);
    return rc;
}

double rkb_spent_percentile(const struct rkb_spent *s,
                            const struct rkb_report_math *math, double p,
                            bool *at_least)
{
    *at_least = false;
    if (s->n_timed < math->percentile_needs(p))
        return NAN;
    return math->percentile_bounded(s->request_s, s->n_requests, s->failed_s,
                                    s->n_failed_s, p, at_least);
}

/* ---- conditions ------------------------------------------------------------ */

static rkb_sv text_of(const struct rkb_json *j, const char *key)
{
    rkb_sv text = { "?", 1 };

    if (j)
        (void)rkb_json_id(rkb_json_get(j, key), &text);
    return text;
}

enum rkb_status rkb_spent_conditions(struct rkb_arena *a,
                                     struct rkb_store *store,
                                     struct rkb_spent *s, struct rkb_err *err)
{
    struct rkb_session_row *rows;
    size_t n;
    enum rkb_status rc =
        rkb_store_sessions(store, a, s->run->row.id, &rows, &n, err);

    s->conditions = "unknown";
    for (size_t i = 0; i < n && !rc; i++) {
        const struct rkb_json *j = NULL, *reranker;
        rkb_sv scenario, at_once, prefix;
        const char *text;

        if (!s->loaded && rows[i].loaded.len)
            s->loaded = rkb_plain_text(a, rows[i].loaded);
        if (rows[i].conditions.len)
            rc = rkb_json_parse(a, rows[i].conditions, &j, err);
        if (rc)
            return rkb_wrap(err, "conditions of session %lld",
                            (long long)rows[i].id);
        scenario = text_of(j, "scenario");
        at_once = text_of(j, "concurrency");
        double late = 0;

        if (j)
            (void)rkb_json_double(rkb_json_get(j, "late"), &late);
        s->n_late += late > 0 && late < 1e15 ? (int64_t)late : 0;
        reranker = j ? rkb_json_get(j, "reranker") : NULL;
        prefix = text_of(reranker, "prefix");
        text = rkb_arena_printf(
            a, "%.*s, %.*s at a time, on %.*s", (int)scenario.len, scenario.at,
            (int)at_once.len, at_once.at, (int)rows[i].host.len,
            rows[i].host.len ? rows[i].host.at : "");
        if (reranker && rkb_json_get(reranker, "prefix"))
            text = rkb_arena_printf(a, "%s, prefix %.*s", text, (int)prefix.len,
                                    prefix.at);
        text = rkb_plain_text(a, rkb_sv_of(text));
        s->conditions = i == 0                             ? text
                        : strcmp(s->conditions, text) == 0 ? text
                                                           : "mixed";
    }
    return rc;
}

enum rkb_status rkb_spent(struct rkb_arena *a, struct rkb_store *store,
                          const struct rkb_report_run *run,
                          struct rkb_spent *out, struct rkb_err *err)
{
    *out = (struct rkb_spent){ .run = run };
    enum rkb_status rc = read_rows(a, store, out, err);

    return rc ? rc : rkb_spent_conditions(a, store, out, err);
}
