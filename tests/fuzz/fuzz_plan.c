/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a plan beside tests/data/plan. A plan that is taken has all its
 * combinations, different labels, rerankers that are read back as they were
 * meant, and no secret; one that is not taken says where and why. */
#include "base/map.h"
#include "harness/eval/plan.h"

#include <stdlib.h>
#include <string.h>

#define PATH "tests/data/plan/fuzz.yaml"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        abort();
}

/* The spec of a cell is the reranker's, but for its files and {dataset}. */
static void check_spec(struct rkb_arena *a, const struct rkb_plan *p,
                       const struct rkb_plan_cell *cell)
{
    const struct rkb_plan_reranker *r = &p->rerankers[cell->reranker];
    struct rkb_optset set;
    struct rkb_spec spec;
    struct rkb_err err;

    must(rkb_spec_parse(a, rkb_sv_of(cell->reranker_spec), &spec, &err) ==
         RKB_OK);
    must(rkb_sv_is(spec.name, r->def->name) && spec.n == r->spec.n);
    rkb_optset_init(&set, a, r->def->options);
    for (size_t i = 0; i < spec.n; i++) {
        must(rkb_sv_eq(spec.keys[i], r->spec.keys[i]));
        must(rkb_optset_put(&set, spec.keys[i], spec.values[i], &err) ==
             RKB_OK);
    }
}

static void check_plan(struct rkb_arena *a, const struct rkb_plan *p)
{
    struct rkb_map labels = { 0 };

    must(p->n_cells > 0 && p->n_cells <= RKB_PLAN_CELLS);
    must(p->n_cells ==
         p->n_datasets * p->n_candidates * p->n_rerankers * (size_t)p->repeat);
    for (size_t i = 0; i < p->n_cells; i++) {
        const struct rkb_plan_cell *cell = &p->cells[i];

        must(cell->repeat == (int64_t)(i % (size_t)p->repeat) + 1);
        must(cell->label && *cell->label);
        rkb_map_add(&labels, rkb_sv_of(cell->label), NULL);
        must(!rkb_has_secret(rkb_sv_of(cell->candidates_spec), NULL));
        if (cell->repeat == 1)
            check_spec(a, p, cell);
    }
    must(labels.n == p->n_candidates * p->n_rerankers);
    rkb_map_release(&labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const rkb_sv text = { size ? (const char *)data : "", size };
    struct rkb_arena a = { 0 };
    struct rkb_optset flags;
    struct rkb_plan plan;
    struct rkb_err err = { 0 };
    enum rkb_status rc;

    rkb_optset_init(&flags, &a, rkb_plan_options);
    rc = rkb_plan_parse(&a, PATH, text, &flags, &plan, &err);
    if (rc)
        must(rc == err.code && strncmp(err.msg, PATH ":", sizeof PATH) == 0);
    else
        check_plan(&a, &plan);
    if (rc && rkb_has_secret(text, NULL))
        must(strstr(err.msg, "(not shown)") != NULL);
    rkb_arena_release(&a);
    return 0;
}
