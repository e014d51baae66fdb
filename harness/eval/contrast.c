/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/contrast.h"

#include "base/mem.h"
#include "metrics/stats.h"

#include <math.h>
#include <string.h>

/* A cell query by query; the means over its repeats. */
struct loaded {
    uint32_t *query; /* [n] index among all queries of the family */
    double *value;   /* [n] NaN = none in one of the repeats      */
    size_t n;
    struct rkb_digest texts;
    const struct rkb_evaluation_row *eval; /* the first */
    bool mixed; /* its repeats differ in queries, texts or rules */
};

struct contrasting {
    struct rkb_store *store;
    const struct rkb_compare_want *want;
    struct rkb_arena arena;
    struct rkb_evaluation_row *evals; /* [n_evals] by id, as the next */
    size_t n_evals;
    struct rkb_map qids;
    struct loaded *cells; /* as the family's */
    uint32_t *place;      /* [qids.n] 1 + where it is in cell b; 0: nowhere */
    double *a, *b, *d;    /* [qids.n] of the pairs at hand */
};

static const struct rkb_evaluation_row *find_eval(const struct contrasting *c,
                                                  int64_t id)
{
    size_t low = 0, high = c->n_evals;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (c->evals[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < c->n_evals && c->evals[low].id == id ? &c->evals[low] : NULL;
}

/* Values of one repeat, added to those before. Both lists are by ord. */
static enum rkb_status add_values(struct contrasting *c, struct loaded *cell,
                                  int64_t eval, const char *measure,
                                  const struct rkb_query_row *queries,
                                  struct rkb_err *err)
{
    struct rkb_value_row *rows;
    size_t n, at = 0;
    enum rkb_status rc = rkb_store_values(c->store, &c->arena, eval,
                                          rkb_sv_of(measure), &rows, &n, err);

    if (rc)
        return rc;
    for (size_t q = 0; q < cell->n; q++) {
        if (at < n && rows[at].ord == queries[q].ord)
            cell->value[q] += rows[at++].value;
        else
            cell->value[q] = NAN;
    }
    if (at < n)
        return rkb_fail(err, RKB_E_DATA,
                        "damaged store: evaluation %lld has a value of a query "
                        "that is not judged",
                        (long long)eval);
    return RKB_OK;
}

static void name_queries(struct contrasting *c, struct loaded *cell,
                         const struct rkb_query_row *queries, size_t n)
{
    cell->query = rkb_arena_new(&c->arena, n, sizeof *cell->query);
    cell->value = rkb_arena_new(&c->arena, n, sizeof *cell->value);
    cell->n = n;
    for (size_t q = 0; q < n; q++)
        cell->query[q] = rkb_map_add(&c->qids, queries[q].qid, NULL);
}

static bool counted_alike(const struct rkb_evaluation_row *x,
                          const struct rkb_evaluation_row *y)
{
    return rkb_digest_eq(&x->judgments, &y->judgments) &&
           x->compat == y->compat && rkb_sv_eq(x->rules, y->rules);
}

static bool same_queries(const struct contrasting *c, const struct loaded *cell,
                         const struct rkb_query_row *queries, size_t n)
{
    if (n != cell->n)
        return false;
    for (size_t q = 0; q < n; q++)
        if (rkb_map_find(&c->qids, queries[q].qid) != cell->query[q])
            return false;
    return true;
}

static enum rkb_status load_cell(struct contrasting *c,
                                 const struct rkb_contrast_cell *asked,
                                 struct loaded *cell, struct rkb_err *err)
{
    for (size_t i = 0; i < asked->n_evals; i++) {
        const struct rkb_evaluation_row *e = find_eval(c, asked->evals[i]);
        struct rkb_query_row *queries;
        struct rkb_run_row run;
        size_t n;

        if (!e)
            return rkb_fail(err, RKB_E_DATA, "there is no evaluation %lld",
                            (long long)asked->evals[i]);
        enum rkb_status rc =
            rkb_store_run(c->store, &c->arena, e->run_id, &run, err);

        if (!rc)
            rc =
                rkb_store_judged_queries(c->store, &c->arena, run.candidate_set,
                                         e->judgment_set, &queries, &n, err);
        if (rc)
            return rc;
        if (i == 0) {
            name_queries(c, cell, queries, n);
            cell->texts = run.queries;
            cell->eval = e;
        }
        cell->mixed = cell->mixed || !same_queries(c, cell, queries, n) ||
                      !rkb_digest_eq(&cell->texts, &run.queries) ||
                      !counted_alike(cell->eval, e);
        if (!cell->mixed)
            rc = add_values(c, cell, e->id, asked->measure, queries, err);
        if (rc)
            return rc;
    }
    for (size_t q = 0; q < cell->n; q++)
        cell->value[q] /= (double)asked->n_evals;
    return RKB_OK;
}

/* Both in the order of `a`; false when the two have not the same queries. */
static bool pair_up(struct contrasting *c, const struct loaded *a,
                    const struct loaded *b, size_t *n)
{
    bool alike = a->n == b->n && rkb_digest_eq(&a->texts, &b->texts) &&
                 !a->mixed && !b->mixed && a->eval && b->eval &&
                 counted_alike(a->eval, b->eval);

    *n = 0;
    for (size_t q = 0; q < b->n; q++)
        c->place[b->query[q]] = (uint32_t)q + 1;
    for (size_t q = 0; q < a->n && alike; q++) {
        uint32_t at = c->place[a->query[q]];

        alike = at != 0;
        if (!alike || isnan(a->value[q]) || isnan(b->value[at - 1]))
            continue;
        c->a[*n] = a->value[q];
        c->b[*n] = b->value[at - 1];
        c->d[*n] = c->a[*n] - c->b[*n];
        ++*n;
    }
    for (size_t q = 0; q < b->n; q++)
        c->place[b->query[q]] = 0;
    return alike;
}

static int64_t n_valued(const struct loaded *cell)
{
    int64_t n = 0;

    for (size_t q = 0; q < cell->n; q++)
        n += isnan(cell->value[q]) ? 0 : 1;
    return n;
}

static struct rkb_comparison contrast(struct contrasting *c,
                                      const struct rkb_family *family,
                                      const struct rkb_contrast_pair *pair)
{
    const struct rkb_contrast_cell *a = &family->cells[pair->a];
    const struct rkb_contrast_cell *b = &family->cells[pair->b];
    struct rkb_comparison r = rkb_comparison_blank(c->want);
    size_t n;

    r.eval_a = a->evals[0];
    r.eval_b = b->evals[0];
    r.measure = rkb_sv_of(a->measure);
    r.family = rkb_sv_of(family->name);
    r.n_a = n_valued(&c->cells[pair->a]);
    r.n_b = n_valued(&c->cells[pair->b]);
    r.forced = !pair_up(c, &c->cells[pair->a], &c->cells[pair->b], &n);
    if (r.forced)
        return r;
    r.n = (int64_t)n;
    r.mean_a = rkb_mean(c->a, n);
    r.mean_b = rkb_mean(c->b, n);
    r.diff = r.mean_a - r.mean_b;
    r.effect = rkb_cohen_d(c->d, n);
    r.p = rkb_paired_p(c->want, c->d, n, &r.draws);
    return r;
}

static enum rkb_status store_all(struct contrasting *c,
                                 const struct rkb_family *family,
                                 struct rkb_comparison *rows,
                                 struct rkb_err *err)
{
    size_t n = family->n_pairs;
    size_t *order = rkb_arena_new(&c->arena, n, sizeof *order);
    double *p = rkb_arena_new(&c->arena, n, sizeof *p);
    double *corrected = rkb_arena_new(&c->arena, n, sizeof *corrected);
    enum rkb_status rc = rkb_store_begin(c->store, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        p[i] = rows[i].p;
    rkb_correct(c->want->correction, p, n, order, corrected);
    for (size_t i = 0; i < n && !rc; i++) {
        rows[i].p_corrected = corrected[i];
        rc = rkb_store_put_comparison(c->store, &rows[i], err);
    }
    if (!rc)
        rc = rkb_store_commit(c->store, err);
    if (rc)
        rkb_store_rollback(c->store);
    return rc;
}

enum rkb_status rkb_contrast_store(struct rkb_store *store,
                                   const struct rkb_family *family,
                                   const struct rkb_compare_want *want,
                                   struct rkb_err *err)
{
    struct contrasting c = { .store = store, .want = want };
    struct rkb_comparison *rows;
    enum rkb_status rc =
        rkb_store_evaluations(store, &c.arena, 0, &c.evals, &c.n_evals, err);

    c.cells = rkb_arena_new(&c.arena, family->n_cells, sizeof *c.cells);
    for (size_t i = 0; i < family->n_cells && !rc; i++)
        rc = load_cell(&c, &family->cells[i], &c.cells[i], err);
    if (!rc) {
        c.place = rkb_arena_new(&c.arena, c.qids.n, sizeof *c.place);
        c.a = rkb_arena_new(&c.arena, c.qids.n, sizeof *c.a);
        c.b = rkb_arena_new(&c.arena, c.qids.n, sizeof *c.b);
        c.d = rkb_arena_new(&c.arena, c.qids.n, sizeof *c.d);
        rows = rkb_arena_new(&c.arena, family->n_pairs, sizeof *rows);
        for (size_t i = 0; i < family->n_pairs; i++)
            rows[i] = contrast(&c, family, &family->pairs[i]);
        rc = store_all(&c, family, rows, err);
    }
    rkb_map_release(&c.qids);
    rkb_arena_release(&c.arena);
    return rc;
}
