/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/agree.h"

#include "base/map.h"
#include "metrics/stats_agree.h"

#include <math.h>

/* The attempt at the same query that counts; NULL: none, or it failed. */
static enum rkb_status find_other(struct rkb_store *store, struct rkb_arena *a,
                                  int64_t run, rkb_sv qid,
                                  const struct rkb_result_row **out,
                                  struct rkb_err *err)
{
    struct rkb_result_row *rows;
    size_t n;
    enum rkb_status rc = rkb_store_attempts(store, a, run, qid, &rows, &n, err);

    *out = rc ? NULL : rkb_attempt_that_counts(rows, n);
    if (*out && (*out)->r.status == RKB_RESULT_FAILED)
        *out = NULL;
    return rc;
}

struct sums {
    struct rkb_agreement *out;
    size_t n_tau; /* queries with a tau */
};

static void add_query(struct sums *s, struct rkb_arena *a,
                      const struct rkb_result_row *x,
                      const struct rkb_result_row *y)
{
    size_t n = x->r.n_docs, m = y->r.n_docs, both = 0;
    uint32_t *ranks = rkb_arena_new(a, n, sizeof *ranks);
    uint32_t *scratch = rkb_arena_new(a, (n > m ? n : m) + 1, sizeof *scratch);
    double *here = rkb_arena_new(a, n, sizeof *here);
    double *there = rkb_arena_new(a, n, sizeof *there);
    struct rkb_map at = { 0 };

    for (size_t i = 0; i < m; i++)
        rkb_map_add(&at, rkb_result_docid(y, i), NULL);
    for (size_t i = 0; i < n; i++) {
        uint32_t k = rkb_map_find(&at, rkb_result_docid(x, i));

        ranks[i] = k == RKB_MAP_NONE ? 0 : k + 1;
        if (!ranks[i])
            continue;
        here[both] = (double)(i + 1);
        there[both++] = (double)ranks[i];
    }
    double tau = rkb_tau_b(here, there, both);

    if (!isnan(tau)) {
        s->out->tau_b += tau;
        s->n_tau++;
    }
    s->out->n++;
    s->out->rbo += rkb_rbo(ranks, n, m, RKB_AGREE_P, scratch);
    s->out->overlap += rkb_overlap(ranks, n, m, RKB_AGREE_TOP);
    s->out->churn += rkb_churn(ranks, n, m, RKB_AGREE_TOP);
    rkb_map_release(&at);
}

enum rkb_status rkb_agree(struct rkb_store *store, int64_t run_a, int64_t run_b,
                          struct rkb_agreement *out, struct rkb_err *err)
{
    struct rkb_result_cursor cursor = rkb_result_cursor(run_a);
    struct sums s = { .out = out };
    struct rkb_arena a = { 0 };
    enum rkb_status rc;
    bool more;

    *out = (struct rkb_agreement){ 0 };
    do {
        const struct rkb_result_row *other = NULL;
        struct rkb_result_row row;

        rkb_arena_reset(&a);
        rc = rkb_store_next_result(store, &a, &cursor, &row, &more, err);
        if (!rc && more && row.r.sample == 0 && row.r.n_docs &&
            row.r.status != RKB_RESULT_FAILED)
            rc = find_other(store, &a, run_b, row.qid, &other, err);
        if (!rc && other && other->r.n_docs)
            add_query(&s, &a, &row, other);
    } while (!rc && more);
    out->tau_b /= (double)s.n_tau;
    out->rbo /= (double)out->n;
    out->overlap /= (double)out->n;
    out->churn /= (double)out->n;
    rkb_arena_release(&a);
    return rc;
}
