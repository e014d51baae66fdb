/* SPDX-License-Identifier: Apache-2.0 */
/* Which measures a run has: the names, under the same conditions, of all
 * stores. Values of parts mean nothing for the whole. */
#include "base/sort.h"
#include "runs/merge_impl.h"
#include "runs/store_read.h"
#include "runs/store_write.h"

#include <math.h>
#include <string.h>

/* The measures of one evaluation in one store, in their order. */
struct wanted {
    struct rkb_digest judgments;
    rkb_sv rules;
    int64_t compat, sample;
    rkb_sv *names;
    size_t n_names;
};

static int by_condition(const void *a, const void *b, void *ctx)
{
    const struct wanted *x = a, *y = b;
    int way = memcmp(x->judgments.at, y->judgments.at, RKB_DIGEST_BYTES);

    (void)ctx;
    if (!way && x->compat != y->compat)
        return x->compat < y->compat ? -1 : 1;
    if (!way)
        way = rkb_sv_cmp(x->rules, y->rules);
    if (!way && x->sample != y->sample)
        return x->sample < y->sample ? -1 : 1;
    return way;
}

static int by_name(const void *a, const void *b, void *ctx)
{
    (void)ctx;
    return rkb_sv_cmp(*(const rkb_sv *)a, *(const rkb_sv *)b);
}

static enum rkb_status read_wanted(struct rkb_merge *m, size_t source,
                                   struct rkb_rows *rows, struct rkb_err *err)
{
    struct rkb_merge_source *s = &m->sources[source];
    struct rkb_arena *a = &m->run_arena;
    struct rkb_evaluation_row *evals;
    size_t n = 0;
    enum rkb_status rc =
        rkb_store_evaluations(s->store, a, s->run_id, &evals, &n, err);

    for (size_t i = 0; i < n && !rc; i++) {
        struct wanted *w = rkb_rows_add(rows);
        struct rkb_mean_row *means;

        *w = (struct wanted){ .judgments = evals[i].judgments,
                              .rules = evals[i].rules,
                              .compat = evals[i].compat,
                              .sample = evals[i].sample };
        rc =
            rkb_store_means(s->store, a, evals[i].id, &means, &w->n_names, err);
        w->names = rkb_arena_new(a, rc ? 0 : w->n_names, sizeof *w->names);
        for (size_t k = 0; k < w->n_names && !rc; k++)
            w->names[k] = means[k].measure;
    }
    return rc;
}

static bool same_names(const struct wanted *a, const struct wanted *b)
{
    bool same = a->n_names == b->n_names;

    for (size_t i = 0; same && i < a->n_names; i++)
        same = rkb_sv_eq(a->names[i], b->names[i]);
    return same;
}

/* The names of all n in one list: as they are where all agree, sorted where
 * not, so that it does not matter who comes first. */
static void join_names(struct rkb_arena *a, const struct wanted *all, size_t n,
                       struct wanted *out)
{
    size_t most = 0, kept = 0;
    bool agree = true;

    *out = all[0];
    for (size_t i = 0; i < n; i++) {
        agree &= same_names(&all[0], &all[i]);
        most += all[i].n_names;
    }
    if (agree)
        return;
    out->names = rkb_arena_new(a, most, sizeof *out->names);
    out->n_names = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < all[i].n_names; k++)
            out->names[out->n_names++] = all[i].names[k];
    rkb_sort(out->names, out->n_names, sizeof *out->names, by_name, NULL);
    for (size_t i = 0; i < out->n_names; i++)
        if (!kept || !rkb_sv_eq(out->names[kept - 1], out->names[i]))
            out->names[kept++] = out->names[i];
    out->n_names = kept;
}

static enum rkb_status put_wanted(struct rkb_merge *m, int64_t run_id,
                                  const struct wanted *w, struct rkb_err *err)
{
    struct rkb_evaluation e = { .run_id = run_id,
                                .compat = w->compat,
                                .rules = w->rules,
                                .sample = w->sample };
    struct rkb_db_stmt *q;
    int64_t id = 0;
    bool found;
    enum rkb_status rc = rkb_db_prepare(
        m->to->db, "SELECT id FROM judgment_set WHERE digest=?1", &q, err);

    if (rc)
        return rc;
    rkb_bind_digest(q, 1, &w->judgments);
    rc = rkb_store_one(q, &e.judgment_set, &found, err);
    if (!rc)
        rc = rkb_store_put_evaluation(m->to, &e, &id, err);
    for (size_t i = 0; i < w->n_names && !rc; i++) {
        const struct rkb_measured none = { .measure = w->names[i],
                                           .mean = NAN };

        rc = rkb_store_put_measure(m->to, id, &none, err);
    }
    return rc;
}

enum rkb_status rkb_merge_evaluations(struct rkb_merge *m, int64_t run_id,
                                      struct rkb_err *err)
{
    struct rkb_rows rows = { .size = sizeof(struct wanted) };
    size_t n;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < m->n_sources && !rc; i++)
        if (m->sources[i].run_id)
            rc = read_wanted(m, i, &rows, err);
    struct wanted *all = rkb_rows_take(&rows, &m->run_arena, &n), one;

    rkb_sort(all, n, sizeof *all, by_condition, NULL);
    for (size_t i = 0, to; i < n && !rc; i = to) {
        for (to = i + 1; to < n && !by_condition(&all[i], &all[to], NULL); to++)
            continue;
        join_names(&m->run_arena, &all[i], to - i, &one);
        rc = put_wanted(m, run_id, &one, err);
    }
    return rc;
}
