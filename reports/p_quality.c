/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of papers: TREC Deep Learning, BEIR, BRIGHT, and any others. */
#include "reports/grid.h"

#include <string.h>

static const char *const ndcg[] = { "nDCG@10", NULL };

static enum rkb_status write_and_close(struct rkb_grid *g, struct rkb_doc *doc,
                                       const char *title, enum rkb_status rc,
                                       struct rkb_err *err)
{
    if (!rc)
        rc = rkb_grid_write(g, doc, title, err);
    rkb_grid_close(g);
    return rc;
}

static enum rkb_status none_there(const struct rkb_report_want *want,
                                  const char *what, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE, "no run in '%s' is over %s",
                    rkb_store_path(want->store), what);
}

/* ---- dl --------------------------------------------------------------------- */

/* MRR is RR without a cut-off where a run has it, else MS MARCO's at 10. */
static const char *const dl_measures[] = { "nDCG@10", "AP", "RR@10", "R@100",
                                           NULL };

static enum rkb_status build_dl(struct rkb_arena *a,
                                const struct rkb_report_want *want,
                                struct rkb_doc *doc, struct rkb_err *err)
{
    static const struct {
        const char *dataset, *head;
    } years[] = { { "dl19", "DL19" },
                  { "dl20", "DL20" },
                  { "dl21", "DL21" },
                  { "dl22", "DL22" },
                  { "dl22-dedup", "DL22 dedup" },
                  { "dl23", "DL23" } };
    struct rkb_grid g;
    enum rkb_status rc = rkb_grid_open(&g, a, want, err);

    if (rc)
        return rc;
    doc->title = "TREC Deep Learning, passages";
    const char *const *measures = rkb_grid_measures(&g, dl_measures);

    for (size_t i = 0; i < RKB_COUNT(years); i++)
        for (size_t m = 0; rkb_grid_has(&g, years[i].dataset) && measures[m];
             m++)
            rkb_grid_column(&g, years[i].head, measures[m], years[i].dataset,
                            measures[m]);
    if (!g.n_columns)
        rc = none_there(want, "dl19 to dl23", err);
    return write_and_close(&g, doc, NULL, rc, err);
}

const struct rkb_report_def rkb_report_dl = {
    .name = "dl",
    .summary = "TREC Deep Learning: models x first stages by year",
    .takes = "measure x100 against test correction alpha",
    .build = build_dl,
};

/* ---- beir ------------------------------------------------------------------- */

static const char *last_word(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? slash + 1 : name;
}

static void set_columns(struct rkb_grid *g, const struct rkb_report_set *set,
                        const char *measure, const char *group)
{
    for (size_t i = 0; set->members[i]; i++)
        rkb_grid_column(g, group, last_word(set->members[i]), set->members[i],
                        measure);
    rkb_grid_column(g, group, "average", set->name, measure);
}

static enum rkb_status beir_set(const char *name,
                                const struct rkb_report_set **out,
                                struct rkb_err *err)
{
    struct rkb_buf names = { 0 };

    *out = strncmp(name, "beir", 4) == 0 && !strchr(name, '/')
               ? rkb_report_set_find(name)
               : NULL;
    if (*out)
        return RKB_OK;
    for (const struct rkb_report_set *s = rkb_report_sets; s->name; s++)
        if (strncmp(s->name, "beir", 4) == 0 && !strchr(s->name, '/'))
            rkb_buf_printf(&names, "%s%s", names.len ? ", " : "", s->name);
    rkb_fail(err, RKB_E_USAGE, "unknown set '%.100s' (there are %s)", name,
             names.at);
    rkb_buf_release(&names);
    return err->code;
}

static enum rkb_status build_beir(struct rkb_arena *a,
                                  const struct rkb_report_want *want,
                                  struct rkb_doc *doc, struct rkb_err *err)
{
    const char *name = rkb_optset_cstr(want->options, "set");
    const struct rkb_report_set *set;
    struct rkb_grid g;
    enum rkb_status rc = beir_set(name ? name : "beir13", &set, err);

    if (!rc)
        rc = rkb_grid_open(&g, a, want, err);
    if (rc)
        return rc;
    const char *const *measures = rkb_grid_measures(&g, ndcg);

    doc->title =
        rkb_arena_printf(&doc->arena, "BEIR, %s (%s)", set->name, set->source);
    for (size_t m = 0; measures[m]; m++)
        set_columns(&g, set, measures[m], measures[1] ? measures[m] : NULL);
    if (!rkb_grid_has(&g, set->name))
        rc = none_there(want, set->name, err);
    return write_and_close(&g, doc, NULL, rc, err);
}

const struct rkb_report_def rkb_report_beir = {
    .name = "beir",
    .summary = "BEIR: models by collection, and the average of a set of them",
    .takes = "measure set x100 against test correction alpha",
    .build = build_beir,
};

/* ---- bright ----------------------------------------------------------------- */

static const char *bright_group(size_t i)
{
    return i < 7 ? "StackExchange" : i < 9 ? "Coding" : "Theorem-based";
}

static enum rkb_status build_bright(struct rkb_arena *a,
                                    const struct rkb_report_want *want,
                                    struct rkb_doc *doc, struct rkb_err *err)
{
    const struct rkb_report_set *set = rkb_report_set_find("bright");
    struct rkb_grid g;
    enum rkb_status rc = rkb_grid_open(&g, a, want, err);

    if (rc)
        return rc;
    const char *const *measures = rkb_grid_measures(&g, ndcg);
    bool there = rkb_grid_has(&g, set->name);

    doc->title = "BRIGHT";
    if (!there)
        rc = none_there(want, "a task of bright", err);
    /* A table a measure: three groups of heads are enough for one. */
    for (size_t m = 0; measures[m] && !rc; m++) {
        g.n_columns = 0;
        for (size_t i = 0; set->members[i]; i++)
            rkb_grid_column(&g, bright_group(i), last_word(set->members[i]),
                            set->members[i], measures[m]);
        rkb_grid_column(&g, NULL, "average", set->name, measures[m]);
        rc = rkb_grid_write(&g, doc, measures[1] ? measures[m] : NULL, err);
    }
    rkb_grid_close(&g);
    return rc;
}

const struct rkb_report_def rkb_report_bright = {
    .name = "bright",
    .summary = "BRIGHT: twelve tasks in three groups, and the average",
    .takes = "measure x100 against test correction alpha",
    .build = build_bright,
};

/* ---- matrix ------------------------------------------------------------------- */

static enum rkb_status build_matrix(struct rkb_arena *a,
                                    const struct rkb_report_want *want,
                                    struct rkb_doc *doc, struct rkb_err *err)
{
    struct rkb_grid g;
    size_t n;
    enum rkb_status rc = rkb_grid_open(&g, a, want, err);

    if (rc)
        return rc;
    const char *const *measures = rkb_grid_measures(&g, ndcg);
    const char *const *names = rkb_grid_datasets(&g, &n);

    doc->title = "Rerankers by collection";
    for (size_t i = 0; i < n; i++)
        for (size_t m = 0; measures[m]; m++)
            rkb_grid_column(&g, measures[1] ? names[i] : NULL,
                            measures[1] ? measures[m] : names[i], names[i],
                            measures[m]);
    return write_and_close(&g, doc, NULL, RKB_OK, err);
}

const struct rkb_report_def rkb_report_matrix = {
    .name = "matrix",
    .summary = "any rerankers by any collections and measures",
    .takes = "measure x100 against test correction alpha",
    .build = build_matrix,
};
