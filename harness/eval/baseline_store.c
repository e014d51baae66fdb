/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of a store as one side of a gate. */
#include "base/io/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "harness/eval/baseline.h"
#include "harness/eval/import.h"
#include "runs/manifest.h"
#include "runs/store_read.h"

#include <math.h>
#include <string.h>

/* One repeat, with the evaluation that is taken. */
struct repeat {
    struct rkb_run_row run;
    struct rkb_evaluation_row eval;
    rkb_sv system, rules, host, cpu, timing, loaded;
    struct rkb_digest texts, candidates, ranking;
    struct rkb_mean_row *means;
    size_t n_means;
};

struct query {
    double log_ms; /* sum of logarithms */
    size_t n_timed;
    double *sums;       /* [n_measures] of the values over repeats */
    double *first;      /* [n_measures] in the first repeat        */
    uint32_t *n_values; /* [n_measures] repeats that have one      */
};

struct collector {
    struct rkb_store *store;
    struct rkb_arena *arena;
    const struct rkb_baseline *like;
    struct repeat *repeats; /* [n] of the data set under way */
    size_t n;
    struct rkb_map qids;
    struct query *queries; /* [qids.n] */
    size_t queries_cap;
    struct rkb_baseline_measure *measures;
    size_t n_measures;
};

/* ---- one repeat --------------------------------------------------------------- */

static rkb_sv rules_of(struct rkb_arena *a, const struct rkb_evaluation_row *e)
{
    return rkb_sv_of(rkb_arena_printf(a, "compat=%lld %.*s",
                                      (long long)e->compat, (int)e->rules.len,
                                      e->rules.at));
}

static enum rkb_status take_evaluation(struct collector *c, struct repeat *r,
                                       struct rkb_err *err)
{
    const struct rkb_baseline_set *like =
        c->like ? rkb_baseline_find(c->like, r->run.dataset) : NULL;
    struct rkb_evaluation_row *evals;
    size_t n, best;
    enum rkb_status rc =
        rkb_store_evaluations(c->store, c->arena, r->run.id, &evals, &n, err);

    if (rc)
        return rc;
    if (!n)
        return rkb_fail(err, RKB_E_USAGE, "run %lld was never scored",
                        (long long)r->run.id);
    best = n - 1;
    for (size_t i = 0; like && i < n; i++)
        if (rkb_digest_eq(&evals[i].judgments, &like->judgments) &&
            rkb_sv_eq(rules_of(c->arena, &evals[i]), like->rules))
            best = i;
    r->eval = evals[best];
    r->rules = rules_of(c->arena, &r->eval);
    return rkb_store_means(c->store, c->arena, r->eval.id, &r->means,
                           &r->n_means, err);
}

/* An imported run has its ranking for candidates, and nothing else is known of
 * what made it: whoever selects several says that they are one system. */
static enum rkb_status take_identity(struct collector *c, struct repeat *r,
                                     struct rkb_err *err)
{
    struct rkb_buf system = { 0 };
    const struct rkb_json *json;
    rkb_sv hex;

    if (rkb_sv_is(r->run.reranker, RKB_IMPORT_NAME)) {
        r->system = rkb_sv_of("{\"reranker\":\"" RKB_IMPORT_NAME "\"}");
        return RKB_OK;
    }
    enum rkb_status rc = rkb_manifest_system(r->run.identity, &system, err);

    if (!rc)
        rc = rkb_json_parse(c->arena, r->run.identity, &json, err);
    if (!rc) {
        r->system = rkb_arena_copy(c->arena, rkb_buf_view(&system));
        if (rkb_json_string(rkb_json_get(json, "texts"), &hex))
            rkb_digest_parse(hex, &r->texts);
        if (rkb_json_string(rkb_json_get(json, "candidates"), &hex))
            rkb_digest_parse(hex, &r->candidates);
    }
    rkb_buf_release(&system);
    return rc ? rkb_wrap(err, "run %lld", (long long)r->run.id) : RKB_OK;
}

/* What decides times beside the system. */
static rkb_sv timing_of(struct rkb_arena *a, rkb_sv conditions)
{
    static const char *const keys[] = { "scenario", "concurrency", "prefix" };
    const struct rkb_json *json, *reranker;
    struct rkb_buf text = { 0 };
    struct rkb_err ignored;
    rkb_sv value, out;

    if (rkb_json_parse(a, conditions, &json, &ignored))
        return (rkb_sv){ 0 };
    reranker = rkb_json_get(json, "reranker");
    for (size_t i = 0; i < RKB_COUNT(keys); i++)
        if (rkb_json_id(rkb_json_get(json, keys[i]), &value) ||
            (reranker && rkb_json_id(rkb_json_get(reranker, keys[i]), &value)))
            rkb_buf_printf(&text, "%s%s=%.*s", text.len ? " " : "", keys[i],
                           (int)value.len, value.at);
    out = rkb_arena_copy(a, rkb_buf_view(&text));
    rkb_buf_release(&text);
    return out;
}

static enum rkb_status take_sessions(struct collector *c, struct repeat *r,
                                     struct rkb_err *err)
{
    const rkb_sv none = { 0 };
    struct rkb_session_row *s;
    size_t n;
    enum rkb_status rc =
        rkb_store_sessions(c->store, c->arena, r->run.id, &s, &n, err);

    for (size_t i = 0; !rc && i < n; i++) {
        rkb_sv timing = timing_of(c->arena, s[i].conditions);

        r->host = !i || rkb_sv_eq(r->host, s[i].host) ? s[i].host : none;
        r->cpu = !i || rkb_sv_eq(r->cpu, s[i].cpu) ? s[i].cpu : none;
        r->timing = !i || rkb_sv_eq(r->timing, timing) ? timing : none;
        if (s[i].loaded.len)
            r->loaded = s[i].loaded;
    }
    return rc;
}

/* ---- do they belong together? ------------------------------------------------- */

static enum rkb_status two_systems(const struct repeat *a,
                                   const struct repeat *b, struct rkb_err *err)
{
    struct rkb_buf diff = { 0 };
    enum rkb_status rc = rkb_manifest_diff(a->system, b->system, &diff, err);

    if (!rc)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "runs %lld and %lld over dataset '%.*s' are not repeats "
                      "of one system (%.200s): name one of them",
                      (long long)a->run.id, (long long)b->run.id,
                      (int)a->run.dataset.len, a->run.dataset.at, diff.at);
    rkb_buf_release(&diff);
    return rc;
}

static enum rkb_status other_data(const struct repeat *a,
                                  const struct repeat *b, const char *what,
                                  struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE,
                    "runs %lld and %lld over dataset '%.*s' have different "
                    "%s: name one of them",
                    (long long)a->run.id, (long long)b->run.id,
                    (int)a->run.dataset.len, a->run.dataset.at, what);
}

static enum rkb_status check_repeat(const struct repeat *a,
                                    const struct repeat *b, struct rkb_err *err)
{
    if (!rkb_sv_eq(a->system, b->system))
        return two_systems(a, b, err);
    if (!rkb_digest_eq(&a->run.queries, &b->run.queries))
        return other_data(a, b, "queries", err);
    if (!rkb_digest_eq(&a->candidates, &b->candidates))
        return other_data(a, b, "candidates", err);
    if (!rkb_digest_eq(&a->texts, &b->texts))
        return other_data(a, b, "texts", err);
    if (!rkb_digest_eq(&a->eval.judgments, &b->eval.judgments))
        return other_data(a, b, "judgments", err);
    return rkb_sv_eq(a->rules, b->rules)
               ? RKB_OK
               : other_data(a, b, "rules of scoring", err);
}

/* ---- queries ------------------------------------------------------------------- */

static struct query *query_of(struct collector *c, rkb_sv qid)
{
    bool is_new;
    uint32_t i = rkb_map_add(&c->qids, qid, &is_new);

    if (is_new) {
        struct query *q;

        c->queries = rkb_grow(c->queries, &c->queries_cap, (size_t)i + 1,
                              sizeof *c->queries);
        q = &c->queries[i];
        *q = (struct query){ 0 };
        q->sums = rkb_arena_new(c->arena, c->n_measures, sizeof *q->sums);
        q->first = rkb_arena_new(c->arena, c->n_measures, sizeof *q->first);
        q->n_values =
            rkb_arena_new(c->arena, c->n_measures, sizeof *q->n_values);
    }
    return &c->queries[i];
}

static void add_order(struct rkb_hasher *h, const struct rkb_result_row *row)
{
    rkb_hasher_field(h, row->qid);
    rkb_hasher_u64(h, row->r.n_docs);
    for (size_t i = 0; i < row->r.n_docs; i++)
        rkb_hasher_field(h, rkb_result_docid(row, i));
}

/* The clock counts in nanoseconds: less than one is one. */
static void add_time(struct query *q, const struct rkb_result *r)
{
    if (r->latency_ns < 0)
        return;
    q->log_ms += log((r->latency_ns ? (double)r->latency_ns : 1) / 1e6);
    q->n_timed++;
}

/* ords [n]: index of the query with each ord, for the values. */
static enum rkb_status read_results(struct collector *c, struct repeat *r,
                                    uint32_t *ords, size_t n,
                                    struct rkb_err *err)
{
    struct rkb_result_cursor cursor = rkb_result_cursor(r->run.id);
    struct rkb_hasher *h = rkb_hasher_new();
    struct rkb_arena row_arena = { 0 };
    enum rkb_status rc;

    for (;;) {
        struct rkb_result_row row;
        bool there;

        rkb_arena_reset(&row_arena);
        rc = rkb_store_next_result(c->store, &row_arena, &cursor, &row, &there,
                                   err);
        if (rc || !there)
            break;
        if (row.r.ord < 0 || (size_t)row.r.ord >= n) {
            rc = rkb_fail(err, RKB_E_DATA,
                          "run %lld has more results than queries",
                          (long long)r->run.id);
            break;
        }
        struct query *q = query_of(c, row.qid);

        ords[row.r.ord] = (uint32_t)(q - c->queries);
        if (row.r.status != RKB_RESULT_FAILED) {
            if (row.r.sample == 0)
                add_order(h, &row);
            add_time(q, &row.r);
        }
    }
    r->ranking = rkb_hasher_done(h);
    rkb_arena_release(&row_arena);
    return rc;
}

static enum rkb_status read_values(struct collector *c, const struct repeat *r,
                                   const uint32_t *ords, size_t n, size_t m,
                                   struct rkb_err *err)
{
    struct rkb_baseline_measure *measure = &c->measures[m];
    struct rkb_value_row *rows;
    size_t n_rows;
    enum rkb_status rc = rkb_store_values(c->store, c->arena, r->eval.id,
                                          measure->name, &rows, &n_rows, err);

    for (size_t i = 0; !rc && i < n_rows; i++) {
        if (rows[i].ord < 0 || (size_t)rows[i].ord >= n ||
            ords[rows[i].ord] == RKB_MAP_NONE)
            return rkb_fail(err, RKB_E_DATA,
                            "run %lld has a value of no query (ord %lld)",
                            (long long)r->run.id, (long long)rows[i].ord);
        struct query *q = &c->queries[ords[rows[i].ord]];

        if (!q->n_values[m]++)
            q->first[m] = rows[i].value;
        else if (q->first[m] < rows[i].value || q->first[m] > rows[i].value)
            measure->steady = false;
        q->sums[m] += rows[i].value;
        measure->version = rows[i].version;
    }
    return rc;
}

static enum rkb_status read_repeat(struct collector *c, struct repeat *r,
                                   struct rkb_err *err)
{
    size_t n = (size_t)r->run.n_queries;
    uint32_t *ords = rkb_arena_new(c->arena, n, sizeof *ords);

    for (size_t i = 0; i < n; i++)
        ords[i] = RKB_MAP_NONE;
    enum rkb_status rc = read_results(c, r, ords, n, err);

    for (size_t m = 0; m < c->n_measures && !rc; m++)
        rc = read_values(c, r, ords, n, m, err);
    return rc;
}

/* ---- the data set ---------------------------------------------------------------- */

static const struct rkb_mean_row *mean_of(const struct repeat *r, rkb_sv name)
{
    for (size_t i = 0; i < r->n_means; i++)
        if (rkb_sv_eq(r->means[i].measure, name))
            return &r->means[i];
    return NULL;
}

/* In the order in which they were asked for. */
static void choose_measures(struct collector *c)
{
    const struct repeat *first = &c->repeats[0];

    c->measures = rkb_arena_new(c->arena, first->n_means, sizeof *c->measures);
    c->n_measures = 0;
    for (size_t i = 0; i < first->n_means; i++) {
        double *means = rkb_arena_new(c->arena, c->n, sizeof *means);
        bool whole = true;

        for (size_t r = 0; r < c->n && whole; r++) {
            const struct rkb_mean_row *mean =
                mean_of(&c->repeats[r], first->means[i].measure);

            whole = mean && !isnan(mean->value);
            means[r] = whole ? mean->value : NAN;
        }
        if (whole)
            c->measures[c->n_measures++] = (struct rkb_baseline_measure){
                .name = first->means[i].measure,
                .steady = true,
                .means = means,
            };
    }
}

static rkb_sv why_incomplete(struct rkb_arena *a, const struct rkb_run_row *r)
{
    int64_t done = r->n_ok + r->n_repaired;

    if (rkb_sv_is(r->status, "complete") && !r->n_failed)
        return (rkb_sv){ 0 };
    return rkb_sv_of(rkb_arena_printf(
        a, "run %lld has %lld of %lld queries, %lld failed", (long long)r->id,
        (long long)done, (long long)(r->n_queries * r->n_samples),
        (long long)r->n_failed));
}

static void make_queries(struct collector *c, struct rkb_baseline_set *s)
{
    struct rkb_baseline_query *out =
        rkb_arena_new(c->arena, c->qids.n, sizeof *out);

    for (size_t i = 0; i < c->qids.n; i++) {
        const struct query *q = &c->queries[i];
        double *values = rkb_arena_new(c->arena, c->n_measures, sizeof *values);

        for (size_t m = 0; m < c->n_measures; m++)
            values[m] =
                q->n_values[m] == c->n ? q->sums[m] / (double)c->n : NAN;
        out[i] = (struct rkb_baseline_query){
            .qid = rkb_arena_copy(c->arena, c->qids.keys[i]),
            .ms =
                q->n_timed ? exp(q->log_ms / (double)q->n_timed) : (double)NAN,
            .values = values,
        };
    }
    s->queries = out;
    s->n_queries = c->qids.n;
}

static void make_set(struct collector *c, struct rkb_baseline_set *s)
{
    const struct repeat *first = &c->repeats[0];
    struct rkb_digest *rankings =
        rkb_arena_new(c->arena, c->n, sizeof *rankings);
    const rkb_sv none = { 0 };

    *s = (struct rkb_baseline_set){
        .dataset = first->run.dataset,
        .label = first->run.label,
        .reranker = first->run.reranker,
        .system = first->system,
        .judgments = first->eval.judgments,
        .query_set = first->run.queries,
        .texts = first->texts,
        .candidates = first->candidates,
        .rules = first->rules,
        .host = first->host,
        .cpu = first->cpu,
        .timing = first->timing,
        .n_repeats = c->n,
        .rankings = rankings,
        .measures = c->measures,
        .n_measures = c->n_measures,
    };
    for (size_t i = 0; i < c->n; i++) {
        const struct repeat *r = &c->repeats[i];

        rankings[i] = r->ranking;
        s->host = rkb_sv_eq(s->host, r->host) ? s->host : none;
        s->cpu = rkb_sv_eq(s->cpu, r->cpu) ? s->cpu : none;
        s->timing = rkb_sv_eq(s->timing, r->timing) ? s->timing : none;
        if (r->loaded.len)
            s->loaded = r->loaded;
        if (rkb_sv_cmp(r->run.ended_utc, s->date) > 0)
            s->date = r->run.ended_utc;
        if (!s->why.len)
            s->why = why_incomplete(c->arena, &r->run);
    }
    make_queries(c, s);
}

static enum rkb_status collect_set(struct collector *c,
                                   struct rkb_baseline_set *out,
                                   struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < c->n && !rc; i++) {
        rc = take_evaluation(c, &c->repeats[i], err);
        if (!rc)
            rc = take_identity(c, &c->repeats[i], err);
        if (!rc)
            rc = take_sessions(c, &c->repeats[i], err);
        if (!rc && i)
            rc = check_repeat(&c->repeats[0], &c->repeats[i], err);
    }
    if (rc)
        return rc;
    choose_measures(c);
    rkb_map_release(&c->qids);
    for (size_t i = 0; i < c->n && !rc; i++)
        rc = read_repeat(c, &c->repeats[i], err);
    if (!rc)
        make_set(c, out);
    return rc;
}

enum rkb_status rkb_baseline_of_runs(struct rkb_store *store,
                                     struct rkb_arena *a,
                                     const struct rkb_run_row *runs, size_t n,
                                     const struct rkb_baseline *like,
                                     struct rkb_baseline *out,
                                     struct rkb_err *err)
{
    struct collector c = { .store = store, .arena = a, .like = like };
    struct rkb_baseline_set *sets = rkb_arena_new(a, n, sizeof *sets);
    enum rkb_status rc = RKB_OK;

    *out = (struct rkb_baseline){ .sets = sets };
    c.repeats = rkb_arena_new(a, n, sizeof *c.repeats);
    for (size_t i = 0; i < n && !rc; i++) {
        if (rkb_baseline_find(out, runs[i].dataset))
            continue;
        c.n = 0;
        for (size_t k = i; k < n; k++)
            if (rkb_sv_eq(runs[k].dataset, runs[i].dataset))
                c.repeats[c.n++] = (struct repeat){ .run = runs[k] };
        rc = collect_set(&c, &sets[out->n_sets], err);
        out->n_sets += !rc;
    }
    rkb_map_release(&c.qids);
    rkb_free(c.queries);
    return rc;
}

enum rkb_status rkb_baseline_collect(struct rkb_store *store,
                                     struct rkb_arena *a, rkb_sv selector,
                                     const struct rkb_baseline *like,
                                     struct rkb_baseline *out,
                                     struct rkb_err *err)
{
    struct rkb_run_row *runs;
    size_t n;
    enum rkb_status rc = rkb_store_select(store, a, selector, &runs, &n, err);

    if (!rc)
        rc = rkb_baseline_of_runs(store, a, runs, n, like, out, err);
    if (!rc)
        out->source = rkb_arena_copy(a, selector);
    return rc;
}
