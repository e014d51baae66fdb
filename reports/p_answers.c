/* SPDX-License-Identifier: Apache-2.0 */
/* How many answers could be used as they were. */
#include "base/map.h"
#include "base/sort.h"
#include "reports/grid.h"
#include "reports/spent.h"

#include <string.h>

static int by_name_ok_first(const void *a, const void *b, void *ctx)
{
    const rkb_sv *x = a, *y = b;
    bool x_ok = rkb_sv_is(*x, "ok"), y_ok = rkb_sv_is(*y, "ok");

    (void)ctx;
    return x_ok != y_ok ? (x_ok ? -1 : 1) : rkb_sv_cmp(*x, *y);
}

static int64_t count_of(const struct rkb_spent *s, rkb_sv name)
{
    for (size_t i = 0; i < s->n_classes; i++)
        if (rkb_sv_is(name, s->classes[i].name))
            return s->classes[i].n;
    return 0;
}

static void put_row(struct rkb_table *t, const struct rkb_spent *s,
                    const rkb_sv *classes, size_t n_classes, bool repeats)
{
    const struct rkb_report_run *r = s->run;
    int64_t all = 0;

    rkb_table_text(t, r->label);
    rkb_table_text(t, r->model);
    rkb_table_text(t, r->dataset);
    rkb_table_text(t, r->first_stage);
    rkb_table_int(t, r->depth);
    if (repeats)
        rkb_table_int(t, r->row.repeat);
    rkb_table_int(t, r->row.n_queries * r->row.n_samples);
    rkb_table_int(t, s->n_ok);
    rkb_table_int(t, s->n_repaired);
    rkb_table_int(t, s->n_failed);
    for (size_t i = 0; i < s->n_classes; i++)
        all += s->classes[i].n;
    rkb_table_int(t, all);
    for (size_t i = 0; i < n_classes; i++)
        if (s->n_classes)
            rkb_table_int(t, count_of(s, classes[i]));
        else
            rkb_table_none(t);
    if (all)
        rkb_table_real(
            t, 100.0 * (double)count_of(s, rkb_sv_of("ok")) / (double)all, 1);
    else
        rkb_table_none(t);
}

static enum rkb_status build_validity(struct rkb_arena *a,
                                      const struct rkb_report_want *want,
                                      struct rkb_doc *doc, struct rkb_err *err)
{
    static const char *const queries[] = { "asked", "ok", "repaired",
                                           "failed" };
    struct rkb_gathered g;
    struct rkb_map names = { 0 };
    bool repeats = false;
    enum rkb_status rc = rkb_gather(a, want, &g, err);

    if (rc)
        return rc;
    struct rkb_spent *spent = rkb_arena_new(a, g.n_runs, sizeof *spent);

    for (size_t i = 0; i < g.n_runs && !rc; i++) {
        rc = rkb_spent(a, want->store, &g.runs[i], &spent[i], err);
        for (size_t k = 0; k < spent[i].n_classes; k++)
            rkb_map_add(&names, rkb_sv_of(spent[i].classes[k].name), NULL);
        repeats |= g.runs[i].row.repeat > 1;
    }
    if (!rc) {
        struct rkb_table *t = rkb_doc_table(doc, NULL);

        doc->title = "Validity of answers";
        rkb_sort(names.keys, names.n, sizeof *names.keys, by_name_ok_first,
                 NULL);
        rkb_table_column(t, "run", false);
        rkb_table_column(t, "model", false);
        rkb_table_column(t, "dataset", false);
        rkb_table_column(t, "first stage", false);
        rkb_table_column(t, "depth", true);
        if (repeats)
            rkb_table_column(t, "repeat", true);
        for (size_t i = 0; i < RKB_COUNT(queries); i++)
            rkb_table_column_of(t, "queries", queries[i], true);
        rkb_table_column_of(t, "answers", "all", true);
        for (size_t i = 0; i < names.n; i++)
            rkb_table_column_of(t, "answers", rkb_arena_cstr(a, names.keys[i]),
                                true);
        rkb_table_column_of(t, "answers", "% ok", true);
        for (size_t i = 0; i < g.n_runs; i++)
            put_row(t, &spent[i], names.keys, names.n, repeats);
        rkb_doc_caption(t, "Queries by how they ended, answers of model "
                           "servers by class (docs/rerankers.md).");
    }
    rkb_map_release(&names);
    return rc;
}

const struct rkb_report_def rkb_report_validity = {
    .name = "validity",
    .summary = "answers of models by class, queries by how they ended",
    .takes = "",
    .build = build_validity,
};
