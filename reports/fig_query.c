/* SPDX-License-Identifier: Apache-2.0 */
/* The difference of two runs, query by query. */
#include "reports/figure.h"

#include "base/io/db.h"
#include "base/map.h"
#include "base/sort.h"

#include <math.h>
#include <string.h>

/* Values of one run; the mean over its samples. */
struct side {
    const struct rkb_report_run *run;
    const char *name;
    struct rkb_map qids;
    double *sum; /* [qids.n] */
    size_t *n;
    size_t cap;
};

struct pair {
    const char *qid;
    double a, b, diff;
};

static const char select_values[] =
    "SELECT qid, value FROM v_measure WHERE eval_id = ?1 AND measure = ?2"
    " ORDER BY ord";

static enum rkb_status read_side(struct rkb_arena *a, struct rkb_store *store,
                                 struct side *s, const char *measure,
                                 struct rkb_err *err)
{
    size_t most = (size_t)s->run->row.n_queries;
    struct rkb_db_stmt *q;
    enum rkb_status rc = RKB_OK;
    bool row = true;

    s->sum = rkb_arena_new(a, most, sizeof *s->sum);
    s->n = rkb_arena_new(a, most, sizeof *s->n);
    for (size_t e = 0; e < s->run->n_evals && !rc; e++) {
        rc = rkb_db_prepare(rkb_store_db(store), select_values, &q, err);
        if (rc)
            break;
        rkb_db_bind_i64(q, 1, s->run->evals[e]);
        rkb_db_bind_text(q, 2, rkb_sv_of(measure));
        while (!(rc = rkb_db_step(q, &row, err)) && row) {
            uint32_t i = rkb_map_add(&s->qids, rkb_db_text(q, 0), NULL);

            if (i >= most) {
                rkb_db_reset(q);
                return rkb_fail(err, RKB_E_DATA,
                                "run %lld has values of more than its %zu "
                                "queries",
                                (long long)s->run->row.id, most);
            }
            s->sum[i] += rkb_db_real(q, 1);
            s->n[i]++;
        }
    }
    return rc;
}

/* Largest first; equal ones by query. */
static int by_difference(const void *a, const void *b, void *ctx)
{
    const struct pair *x = a, *y = b;

    (void)ctx;
    if (x->diff != y->diff)
        return x->diff > y->diff ? -1 : 1;
    return strcmp(x->qid, y->qid);
}

static struct pair *make_pairs(struct rkb_arena *a, const struct side *base,
                               const struct side *other, double scale,
                               size_t *n)
{
    struct pair *out = rkb_arena_new(a, base->qids.n, sizeof *out);

    *n = 0;
    for (size_t i = 0; i < base->qids.n; i++) {
        uint32_t k = rkb_map_find(&other->qids, base->qids.keys[i]);

        /* A sample without a value leaves the query without one. */
        if (k == RKB_MAP_NONE || base->n[i] < base->run->n_evals ||
            other->n[k] < other->run->n_evals)
            continue;
        struct pair *p = &out[(*n)++];

        p->qid = rkb_plain_text(a, base->qids.keys[i]);
        p->a = base->sum[i] / (double)base->n[i] * scale;
        p->b = other->sum[k] / (double)other->n[k] * scale;
        p->diff = p->b - p->a;
    }
    rkb_sort(out, *n, sizeof *out, by_difference, NULL);
    return out;
}

static void difference_table(const struct rkb_figure_data *f,
                             const struct side s[2], const struct pair *pairs,
                             size_t n, struct rkb_doc *doc)
{
    struct rkb_table *t = rkb_doc_table(
        doc, rkb_arena_printf(f->arena, "%s minus %s", s[1].name, s[0].name));
    size_t all = s[0].qids.n > s[1].qids.n ? s[0].qids.n : s[1].qids.n;

    doc->title = rkb_arena_printf(&doc->arena, "Differences in %s", f->quality);
    rkb_table_column(t, "query", false);
    rkb_table_column(t, "place", true);
    rkb_table_column(t, "difference", true);
    rkb_table_column(t, s[1].name, true);
    rkb_table_column(t, s[0].name, true);
    for (size_t i = 0; i < n; i++) {
        rkb_table_text(t, pairs[i].qid);
        rkb_table_int(t, (int64_t)i);
        rkb_figure_cell6(t, pairs[i].diff);
        rkb_figure_cell6(t, pairs[i].b);
        rkb_figure_cell6(t, pairs[i].a);
    }
    if (n < all)
        rkb_table_note(t, "%zu of %zu queries have a value in both", n, all);
}

static void difference_plot(const struct rkb_figure_data *f,
                            const struct side s[2], const struct pair *pairs,
                            size_t n, struct rkb_doc *doc)
{
    struct rkb_arena *a = f->arena;
    const char **ids = rkb_arena_new(a, n, sizeof(*ids));
    struct rkb_plot p = { 0 };
    size_t up = 0, down = 0;

    for (size_t i = 0; i < n; i++) {
        ids[i] = pairs[i].qid;
        up += pairs[i].diff > 0;
        down += pairs[i].diff < 0;
    }
    rkb_plot_names(
        &p, &p.x,
        rkb_arena_printf(a, "queries of %s, by difference", f->dataset), ids,
        n);
    /* As many as can stand side by side, upright. */
    if (n > 24)
        p.x.n_ticks = 0;
    rkb_plot_range(
        &p, &p.y,
        rkb_arena_printf(a, "difference in %s",
                         rkb_figure_title(a, f->want, f->measure, NULL)),
        pairs[n - 1].diff, pairs[0].diff, RKB_AXIS_ZERO);
    rkb_plot_lay(&p, RKB_PLOT_TALL);
    p.n_looks = 2;
    rkb_plot_set(&p, "set xzeroaxis lt 1 lw 0.6 lc rgb '#333333'");
    for (size_t look = 0; look < 2; look++)
        rkb_plot_item(&p,
                      "index 0 using 1:($2 %c 0 ? $2 : 0):($1-0.4):($1+0.4):"
                      "(0):($2 %c 0 ? $2 : 0) with boxxyerror fs solid "
                      "noborder lc rgb '%s'",
                      look ? '<' : '>', look ? '<' : '>',
                      rkb_plot_colour(look));
    rkb_plot_key(&p, RKB_KEY_BOX, f->lower,
                 rkb_arena_printf(a, "%s better on %zu", s[1].name,
                                  f->lower ? down : up));
    rkb_plot_key(&p, RKB_KEY_BOX, !f->lower,
                 rkb_arena_printf(a, "%s better on %zu", s[0].name,
                                  f->lower ? up : down));
    if (up + down < n)
        rkb_plot_key(&p, RKB_KEY_NONE, 0,
                     rkb_arena_printf(a, "equal on %zu", n - up - down));
    rkb_plot_finish(&p, doc);
}

/* The first is what the second is held against. */
static enum rkb_status choose_sides(const struct rkb_figure_data *f,
                                    struct side s[2], struct rkb_err *err)
{
    const char *base = rkb_optset_cstr(f->want->options, "baseline");
    size_t first = 0;

    if (f->data.n_runs != 2)
        return rkb_fail(err, RKB_E_USAGE,
                        "differences are between two runs, and these are %zu; "
                        "choose with --runs BASELINE --runs RUN",
                        f->data.n_runs);
    if (base) {
        first = strcmp(f->data.runs[1].label, base) == 0;
        if (strcmp(f->data.runs[first].label, base) != 0)
            return rkb_fail(err, RKB_E_USAGE,
                            "the baseline '%s' is none of %s, %s", base,
                            f->names[0], f->names[1]);
    }
    for (size_t i = 0; i < 2; i++) {
        size_t k = i ? 1 - first : first;

        s[i].run = &f->data.runs[k];
        s[i].name = f->names[k];
    }
    if (!rkb_digest_eq(&s[0].run->judgments, &s[1].run->judgments))
        return rkb_fail(err, RKB_E_USAGE,
                        "%s and %s rest on different judgments (%s, %s); "
                        "choose with --judgments",
                        s[0].name, s[1].name,
                        s[0].run->judged_by ? s[0].run->judged_by : "none",
                        s[1].run->judged_by ? s[1].run->judged_by : "none");
    return RKB_OK;
}

static enum rkb_status build_differences(struct rkb_arena *a,
                                         const struct rkb_report_want *want,
                                         struct rkb_doc *doc,
                                         struct rkb_err *err)
{
    struct rkb_figure_data f;
    struct side s[2] = { 0 };
    struct pair *pairs;
    size_t n = 0;
    enum rkb_status rc = rkb_figure_open(&f, a, want, err);

    if (!rc)
        rc = choose_sides(&f, s, err);
    for (size_t i = 0; i < 2 && !rc; i++) {
        const struct rkb_report_measure *m =
            rkb_run_measure(s[i].run, f.measure);

        if (!m)
            rc = rkb_fail(err, RKB_E_USAGE, "%s has no %s", s[i].name,
                          f.measure);
        else
            rc = read_side(a, want->store, &s[i], m->name, err);
    }
    if (!rc) {
        pairs = make_pairs(a, &s[0], &s[1], rkb_measure_scale(want), &n);
        if (n) {
            difference_table(&f, s, pairs, n, doc);
            difference_plot(&f, s, pairs, n, doc);
        } else {
            rc = rkb_fail(err, RKB_E_USAGE,
                          "%s and %s have no query with %s in common",
                          s[0].name, s[1].name, f.measure);
        }
    }
    rkb_map_release(&s[0].qids);
    rkb_map_release(&s[1].qids);
    return rc;
}

const struct rkb_report_def rkb_report_differences = {
    .name = "differences",
    .summary = "figure: how two runs differ, query by query",
    .takes = "measure x100 baseline",
    .build = build_differences,
};
