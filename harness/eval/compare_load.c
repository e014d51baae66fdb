/* SPDX-License-Identifier: Apache-2.0 */
/* A panel out of the store or out of run files. */
#include "base/mem.h"
#include "base/sort.h"
#include "datasets/presets.h"
#include "harness/eval/compare.h"
#include "harness/eval/evaluate.h"

#include <math.h>
#include <string.h>

/* Enough of a digest to tell two apart by eye. */
enum { SHOWN_DIGITS = 12 };

void rkb_panel_release(struct rkb_panel *p)
{
    rkb_judgments_release(&p->judgments);
    rkb_measures_release(&p->measures);
    rkb_map_release(&p->qids);
    rkb_arena_release(&p->arena);
    *p = (struct rkb_panel){ 0 };
}

/* ---- measures --------------------------------------------------------------- */

static enum rkb_status add_measures(struct rkb_panel *p, const rkb_sv *names,
                                    size_t n,
                                    const struct rkb_measure_rules *rules,
                                    struct rkb_err *err)
{
    for (size_t i = 0; i < n; i++) {
        enum rkb_status rc =
            rkb_measures_add(&p->measures, names[i], rules, err);

        if (rc)
            return rc;
    }
    for (size_t i = 0; i < p->measures.n_slots; i++) {
        const struct rkb_slot *slot = &p->measures.slots[i];

        if (slot->is_text || slot->def->agg != RKB_AGG_MEAN)
            return rkb_fail(err, RKB_E_USAGE,
                            "measure '%s' is no mean over queries, so there "
                            "are no differences of queries to compare",
                            slot->name);
        if (slot->again)
            return rkb_fail(err, RKB_E_USAGE, "measure '%s' is asked for twice",
                            slot->name);
    }
    return RKB_OK;
}

/* ---- query sets -------------------------------------------------------------- */

static int by_bytes(const void *a, const void *b, void *ctx)
{
    (void)ctx;
    return rkb_sv_cmp(*(const rkb_sv *)a, *(const rkb_sv *)b);
}

/* Of the ids of a system's queries, whatever their order. */
static void set_digest(const struct rkb_panel *p, const struct rkb_system *s,
                       char hex[65])
{
    rkb_sv *ids = rkb_new(s->n_has, sizeof *ids);
    struct rkb_hasher *h = rkb_hasher_new();
    size_t n = 0;

    for (size_t q = 0; q < p->n_queries; q++)
        if (s->has[q])
            ids[n++] = p->qids.keys[q];
    rkb_sort(ids, n, sizeof *ids, by_bytes, NULL);
    for (size_t i = 0; i < n; i++)
        rkb_hasher_field(h, ids[i]);
    struct rkb_digest digest = rkb_hasher_done(h);

    rkb_digest_hex(&digest, hex);
    rkb_free(ids);
}

static enum rkb_status check_query_sets(struct rkb_panel *p, bool force,
                                        struct rkb_err *err)
{
    const struct rkb_system *a = &p->systems[0];

    for (size_t i = 1; i < p->n_systems; i++) {
        const struct rkb_system *b = &p->systems[i];
        char hex_a[65], hex_b[65];

        if (memcmp(a->has, b->has, p->n_queries) == 0)
            continue;
        p->forced = true;
        if (force)
            continue;
        set_digest(p, a, hex_a);
        set_digest(p, b, hex_b);
        return rkb_fail(err, RKB_E_DATA,
                        "query sets differ: '%s' has %zu judged queries "
                        "(digest %.*s), '%s' has %zu (%.*s); --force compares "
                        "what both have",
                        a->name, a->n_has, SHOWN_DIGITS, hex_a, b->name,
                        b->n_has, SHOWN_DIGITS, hex_b);
    }
    return RKB_OK;
}

static void make_arrays(struct rkb_panel *p, struct rkb_system *s)
{
    size_t n = p->n_queries * p->measures.n_slots;

    s->has = rkb_arena_new(&p->arena, p->n_queries, sizeof *s->has);
    s->values = rkb_arena_new(&p->arena, n, sizeof *s->values);
    for (size_t i = 0; i < n; i++)
        s->values[i] = NAN;
}

/* ---- from the store ------------------------------------------------------------ */

struct loading {
    struct rkb_panel *p;
    struct rkb_store *store;
    struct rkb_evaluation_row **evals; /* [n_systems] */
    size_t *n_evals;
    struct rkb_query_row **queries; /* [n_systems] */
    size_t *n_queries;
    bool force;
};

static bool shared_by_another(const struct rkb_panel *p, size_t i, bool whole)
{
    const struct rkb_run_row *a = &p->systems[i].run;
    bool shared = false;

    for (size_t j = 0; j < p->n_systems; j++) {
        const struct rkb_run_row *b = &p->systems[j].run;

        shared = shared || (j != i && rkb_sv_eq(a->label, b->label) &&
                            (!whole || (a->repeat == b->repeat &&
                                        rkb_sv_eq(a->dataset, b->dataset))));
    }
    return shared;
}

/* The label alone where that tells the systems apart. */
static void name_systems(struct rkb_panel *p)
{
    for (size_t i = 0; i < p->n_systems; i++) {
        struct rkb_system *s = &p->systems[i];
        const char *label = rkb_arena_cstr(&p->arena, s->run.label);

        if (!shared_by_another(p, i, false))
            s->name = label;
        else if (!shared_by_another(p, i, true))
            s->name =
                rkb_arena_printf(&p->arena, "%s@%s#%lld", label,
                                 rkb_arena_cstr(&p->arena, s->run.dataset),
                                 (long long)s->run.repeat);
        else
            s->name = rkb_arena_printf(&p->arena, "%s (run %lld)", label,
                                       (long long)s->run.id);
    }
}

static enum rkb_status select_runs(struct loading *l,
                                   const char *const *selectors,
                                   struct rkb_err *err)
{
    struct rkb_panel *p = l->p;

    for (size_t i = 0; i < p->n_systems; i++) {
        struct rkb_system *s = &p->systems[i];
        enum rkb_status rc = rkb_store_select_one(
            l->store, &p->arena, rkb_sv_of(selectors[i]), &s->run, err);

        if (!rc)
            rc = rkb_store_evaluations(l->store, &p->arena, s->run.id,
                                       &l->evals[i], &l->n_evals[i], err);
        if (rc)
            return rc;
        for (size_t j = 0; j < i; j++)
            if (p->systems[j].run.id == s->run.id)
                return rkb_fail(
                    err, RKB_E_USAGE, "'%s' and '%s' are the same run %lld",
                    selectors[j], selectors[i], (long long)s->run.id);
        if (!l->n_evals[i])
            return rkb_fail(err, RKB_E_DATA,
                            "run '%s' was never measured: it has no judgments",
                            selectors[i]);
    }
    name_systems(p);
    return RKB_OK;
}

static bool counted_alike(const struct rkb_evaluation_row *a,
                          const struct rkb_evaluation_row *b)
{
    return rkb_digest_eq(&a->judgments, &b->judgments) &&
           a->compat == b->compat && a->sample == b->sample &&
           rkb_sv_eq(a->rules, b->rules);
}

/* The index of an evaluation of system i like `want`; SIZE_MAX: none. */
static size_t find_alike(const struct loading *l, size_t i,
                         const struct rkb_evaluation_row *want)
{
    for (size_t e = 0; e < l->n_evals[i]; e++)
        if (counted_alike(&l->evals[i][e], want))
            return e;
    return SIZE_MAX;
}

static enum rkb_status tell_apart(const struct loading *l, size_t i,
                                  struct rkb_err *err)
{
    const struct rkb_evaluation_row *a = &l->evals[0][0], *b = &l->evals[i][0];
    const char *name_a = l->p->systems[0].name, *name_b = l->p->systems[i].name;
    char hex_a[65], hex_b[65];

    rkb_digest_hex(&a->judgments, hex_a);
    rkb_digest_hex(&b->judgments, hex_b);
    if (!rkb_digest_eq(&a->judgments, &b->judgments))
        return rkb_fail(err, RKB_E_DATA,
                        "judgments differ: '%s' was measured against '%.*s' "
                        "(digest %.*s), '%s' against '%.*s' (%.*s); --force "
                        "compares all the same",
                        name_a, (int)a->source.len, a->source.at, SHOWN_DIGITS,
                        hex_a, name_b, (int)b->source.len, b->source.at,
                        SHOWN_DIGITS, hex_b);
    return rkb_fail(err, RKB_E_DATA,
                    "'%s' is counted with compat %lld and %.*s, '%s' with "
                    "compat %lld and %.*s; --force compares all the same",
                    name_a, (long long)a->compat, (int)a->rules.len,
                    a->rules.at, name_b, (long long)b->compat,
                    (int)b->rules.len, b->rules.at);
}

/* The first evaluation of the baseline that every other run has too. */
static enum rkb_status pick_evaluations(struct loading *l, struct rkb_err *err)
{
    struct rkb_panel *p = l->p;
    size_t missing = 0;

    for (size_t e = 0; e < l->n_evals[0]; e++) {
        size_t i = 1;

        while (i < p->n_systems &&
               find_alike(l, i, &l->evals[0][e]) != SIZE_MAX)
            i++;
        if (i < p->n_systems) {
            missing = missing ? missing : i;
            continue;
        }
        for (i = 0; i < p->n_systems; i++)
            p->systems[i].eval = l->evals[i][find_alike(l, i, &l->evals[0][e])];
        return RKB_OK;
    }
    if (!l->force)
        return tell_apart(l, missing, err);
    p->forced = true;
    for (size_t i = 0; i < p->n_systems; i++)
        p->systems[i].eval = l->evals[i][0];
    return RKB_OK;
}

/* Texts decide what a reranker sees, so other texts are other queries. */
static enum rkb_status check_texts(const struct loading *l, struct rkb_err *err)
{
    const struct rkb_system *a = &l->p->systems[0];

    for (size_t i = 1; i < l->p->n_systems; i++) {
        const struct rkb_system *b = &l->p->systems[i];
        char hex_a[65], hex_b[65];

        if (rkb_digest_eq(&a->run.queries, &b->run.queries))
            continue;
        l->p->forced = true;
        if (l->force)
            continue;
        rkb_digest_hex(&a->run.queries, hex_a);
        rkb_digest_hex(&b->run.queries, hex_b);
        return rkb_fail(err, RKB_E_DATA,
                        "query texts differ: those of '%s' have the digest "
                        "%.*s, those of '%s' %.*s; --force compares by id",
                        a->name, SHOWN_DIGITS, hex_a, b->name, SHOWN_DIGITS,
                        hex_b);
    }
    return RKB_OK;
}

/* The collection's headline, else nDCG@10, else the first that is stored. */
static const struct rkb_mean_row *pick_measure(const struct rkb_mean_row *means,
                                               size_t n,
                                               const struct rkb_preset *preset)
{
    const char *const wanted[] = { preset ? preset->headline : NULL,
                                   "nDCG@10" };

    for (size_t w = 0; w < RKB_COUNT(wanted); w++)
        for (size_t i = 0; i < n && wanted[w]; i++)
            if (rkb_sv_is(means[i].measure, wanted[w]))
                return &means[i];
    return &means[0];
}

static enum rkb_status name_measures(struct loading *l, const rkb_sv *names,
                                     size_t n, struct rkb_err *err)
{
    struct rkb_panel *p = l->p;
    const struct rkb_system *base = &p->systems[0];
    const struct rkb_preset *preset = rkb_preset_find(base->run.dataset);
    struct rkb_measure_rules rules = { .rel = preset ? preset->binary_rel : 1,
                                       .compat = (int)base->eval.compat };
    struct rkb_mean_row *means;
    size_t n_means;
    enum rkb_status rc = rkb_store_means(l->store, &p->arena, base->eval.id,
                                         &means, &n_means, err);

    if (rc || n)
        return rc ? rc : add_measures(p, names, n, &rules, err);
    rules.rel = 1; /* stored names are canonical */
    if (!n_means)
        return rkb_fail(err, RKB_E_DATA, "no measure is stored for run '%s'",
                        base->name);
    return add_measures(p, &pick_measure(means, n_means, preset)->measure, 1,
                        &rules, err);
}

static enum rkb_status list_stored(struct loading *l,
                                   const struct rkb_system *s,
                                   const char *measure, struct rkb_err *err)
{
    struct rkb_buf names = { .limit = 300 };
    struct rkb_mean_row *means;
    size_t n;
    enum rkb_status rc =
        rkb_store_means(l->store, &l->p->arena, s->eval.id, &means, &n, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        rkb_buf_printf(&names, "%s%.*s", i ? ", " : "",
                       (int)means[i].measure.len, means[i].measure.at);
    rkb_fail(err, RKB_E_USAGE,
             "measure '%s' is not stored for run '%s', which has %s; 'run' "
             "with --measure adds it without asking the reranker again",
             measure, s->name, names.len ? names.at : "none");
    rkb_buf_release(&names);
    return err->code;
}

static enum rkb_status load_values(struct loading *l, size_t i,
                                   struct rkb_err *err)
{
    struct rkb_panel *p = l->p;
    struct rkb_system *s = &p->systems[i];
    const struct rkb_query_row *queries = l->queries[i];

    for (size_t slot = 0; slot < p->measures.n_slots; slot++) {
        const char *name = p->measures.slots[slot].name;
        double *values = s->values + slot * p->n_queries;
        struct rkb_value_row *rows;
        size_t n, q = 0;
        enum rkb_status rc = rkb_store_values(l->store, &p->arena, s->eval.id,
                                              rkb_sv_of(name), &rows, &n, err);

        if (rc)
            return rc;
        if (!n)
            return list_stored(l, s, name, err);
        for (size_t r = 0; r < n; r++) { /* both are by ord */
            while (q < l->n_queries[i] && queries[q].ord < rows[r].ord)
                q++;
            if (q == l->n_queries[i] || queries[q].ord != rows[r].ord)
                return rkb_fail(err, RKB_E_DATA,
                                "damaged store: evaluation %lld has a value "
                                "of a query that is not judged",
                                (long long)s->eval.id);
            values[rkb_map_find(&p->qids, queries[q].qid)] = rows[r].value;
        }
    }
    return RKB_OK;
}

static enum rkb_status load_latency(struct loading *l, size_t i,
                                    struct rkb_err *err)
{
    struct rkb_panel *p = l->p;
    struct rkb_system *s = &p->systems[i];
    struct rkb_latency_row *rows;
    size_t n;
    enum rkb_status rc =
        rkb_store_latencies(l->store, &p->arena, s->run.id, &rows, &n, err);

    s->latency_ns =
        rkb_arena_new(&p->arena, p->n_queries, sizeof *s->latency_ns);
    for (size_t q = 0; q < p->n_queries; q++)
        s->latency_ns[q] = NAN;
    for (size_t r = 0, q = 0; r < n && !rc; r++) {
        while (q < l->n_queries[i] && l->queries[i][q].ord < rows[r].ord)
            q++;
        if (q < l->n_queries[i] && l->queries[i][q].ord == rows[r].ord)
            s->latency_ns[rkb_map_find(&p->qids, l->queries[i][q].qid)] =
                (double)rows[r].latency_ns;
    }
    return rc;
}

static enum rkb_status load_queries(struct loading *l, struct rkb_err *err)
{
    struct rkb_panel *p = l->p;

    for (size_t i = 0; i < p->n_systems; i++) {
        const struct rkb_system *s = &p->systems[i];
        enum rkb_status rc = rkb_store_judged_queries(
            l->store, &p->arena, s->run.candidate_set, s->eval.judgment_set,
            &l->queries[i], &l->n_queries[i], err);

        if (rc)
            return rc;
        for (size_t q = 0; q < l->n_queries[i]; q++)
            rkb_map_add(&p->qids, l->queries[i][q].qid, NULL);
    }
    p->n_queries = p->qids.n;
    for (size_t i = 0; i < p->n_systems; i++) {
        struct rkb_system *s = &p->systems[i];

        make_arrays(p, s);
        s->n_has = l->n_queries[i];
        for (size_t q = 0; q < s->n_has; q++)
            s->has[rkb_map_find(&p->qids, l->queries[i][q].qid)] = 1;
    }
    return check_query_sets(p, l->force, err);
}

enum rkb_status rkb_panel_load(struct rkb_panel *p, struct rkb_store *store,
                               const char *const *selectors, size_t n,
                               const rkb_sv *measures, size_t n_measures,
                               bool force, struct rkb_err *err)
{
    struct loading l = { .p = p, .store = store, .force = force };
    enum rkb_status rc;

    p->n_systems = n;
    p->systems = rkb_arena_new(&p->arena, n, sizeof *p->systems);
    l.evals = rkb_arena_new(&p->arena, n, sizeof *l.evals);
    l.n_evals = rkb_arena_new(&p->arena, n, sizeof *l.n_evals);
    l.queries = rkb_arena_new(&p->arena, n, sizeof *l.queries);
    l.n_queries = rkb_arena_new(&p->arena, n, sizeof *l.n_queries);
    rc = select_runs(&l, selectors, err);
    if (!rc)
        rc = pick_evaluations(&l, err);
    if (!rc)
        rc = check_texts(&l, err);
    if (!rc)
        rc = name_measures(&l, measures, n_measures, err);
    if (!rc)
        rc = load_queries(&l, err);
    for (size_t i = 0; i < n && !rc; i++) {
        rc = load_values(&l, i, err);
        if (!rc)
            rc = load_latency(&l, i, err);
    }
    return rc;
}

/* ---- from files ---------------------------------------------------------------- */

static enum rkb_status read_system(struct rkb_panel *p, struct rkb_system *s,
                                   const char *qrels, struct rkb_pool *pool,
                                   struct rkb_err *err)
{
    const struct rkb_evaluate how = {
        .judgments = &p->judgments,
        .measures = &p->measures,
        .rules = { .compat = RKB_COMPAT_9, .max_ret = SIZE_MAX },
        .pool = pool,
    };
    size_t n_slots = p->measures.n_slots;
    struct rkb_evaluated e = { 0 };
    enum rkb_status rc = rkb_evaluate_file(&how, s->name, &e, err);

    if (!rc && !e.n_seen)
        rc = rkb_fail(err, RKB_E_DATA, "%s and %s have no query in common",
                      qrels, s->name);
    for (size_t i = 0; i < p->n_queries && !rc; i++) {
        size_t q = p->judgments.by_qid[i];

        s->has[i] = e.seen[q];
        s->n_has += e.seen[q];
        for (size_t slot = 0; slot < n_slots && e.seen[q]; slot++)
            s->values[slot * p->n_queries + i] = e.values[q * n_slots + slot];
    }
    rkb_evaluated_release(&e);
    return rc;
}

enum rkb_status rkb_panel_read(struct rkb_panel *p, const char *qrels,
                               const char *const *paths, size_t n,
                               const rkb_sv *measures, size_t n_measures,
                               bool force, struct rkb_pool *pool,
                               struct rkb_err *err)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    const rkb_sv fallback = rkb_sv_of("nDCG@10");
    enum rkb_status rc = add_measures(p, n_measures ? measures : &fallback,
                                      n_measures ? n_measures : 1, &rules, err);

    p->n_systems = n;
    p->systems = rkb_arena_new(&p->arena, n, sizeof *p->systems);
    if (!rc)
        rc = rkb_judgments_read(&p->judgments, qrels, false, NULL, err);
    for (size_t i = 0; i < p->judgments.qids.n && !rc; i++)
        rkb_map_add(&p->qids, p->judgments.queries[p->judgments.by_qid[i]].qid,
                    NULL);
    p->n_queries = p->qids.n;
    for (size_t i = 0; i < n && !rc; i++) {
        p->systems[i].name = paths[i];
        make_arrays(p, &p->systems[i]);
        rc = read_system(p, &p->systems[i], qrels, pool, err);
    }
    return rc ? rc : check_query_sets(p, force, err);
}
