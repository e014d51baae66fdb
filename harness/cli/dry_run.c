/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/dry_run.h"

#include <math.h>

static const char *const count_names[] = {
    "queries", "calls", "prompt tokens <=", "output tokens <="
};

void rkb_dry_run_begin(struct rkb_dry_run *d, const struct rkb_plan *plan,
                       const struct rkb_prices *prices)
{
    struct rkb_table *t = &d->table;

    *d = (struct rkb_dry_run){ .prices = prices };
    for (size_t i = 0; i < plan->n_rerankers; i++)
        d->counts |= (plan->rerankers[i].traits & RKB_ASKS_SERVERS) != 0;
    rkb_table_column(t, "dataset", false);
    rkb_table_column(t, "candidates", false);
    rkb_table_column(t, "run", false);
    rkb_table_column(t, "reranker", false);
    rkb_table_column(t, "repeat", true);
    for (size_t i = 0; d->counts && i < RKB_COUNT(count_names); i++)
        rkb_table_column(t, count_names[i], true);
    if (d->counts && prices)
        rkb_table_column(t, "USD <=", true);
    if (d->counts && (plan->load.warm_up.n || plan->load.warm_up.ns))
        rkb_table_note(t, "warm-ups are not counted");
    if (d->counts && plan->load.min_ns)
        rkb_table_note(t, "further samples, until --min-seconds are over, are "
                          "not counted");
    if (d->counts)
        rkb_table_note(t, "nothing was sent: answers were made up, always the "
                          "first label, always the last, and drawn ones; a "
                          "range where they lead to other calls");
}

static void range_cell(struct rkb_table *t, int64_t least, int64_t most)
{
    if (least == most)
        rkb_table_int(t, least);
    else
        rkb_table_printf(t, "%lld-%lld", (long long)least, (long long)most);
}

/* The model by the name the user gave it: nothing is asked. */
static void cost_cell(struct rkb_dry_run *d, const struct rkb_plan_reranker *r,
                      const struct rkb_engine_count *most)
{
    const struct rkb_price *price = NULL;

    for (size_t i = 0; i < r->spec.n; i++)
        if (rkb_sv_is(r->spec.keys[i], "model"))
            price = rkb_price_of(d->prices, r->spec.values[i]);
    if (price && !isnan(price->prompt))
        rkb_table_printf(
            &d->table, "%.2f",
            rkb_cost(price, most->prompt_tokens, most->output_tokens));
    else
        rkb_table_none(&d->table);
}

static enum rkb_status count_cell(struct rkb_dry_run *d,
                                  const struct rkb_plan_reranker *r,
                                  const struct rkb_engine_job *job,
                                  struct rkb_err *err)
{
    static const enum rkb_counting ways[] = { RKB_COUNT_FIRST, RKB_COUNT_LAST,
                                              RKB_COUNT_DRAWN };
    struct rkb_engine_count least = { 0 }, most = { 0 };

    for (size_t i = 0; i < RKB_COUNT(ways); i++) {
        struct rkb_engine_count n;
        enum rkb_status rc = rkb_engine_count(job, ways[i], &n, err);

        if (rc)
            return rc;
        if (i == 0 || n.n_calls < least.n_calls)
            least = n;
        if (i == 0 || n.n_calls > most.n_calls)
            most = n;
    }
    rkb_table_int(&d->table, (int64_t)most.n_queries);
    range_cell(&d->table, least.n_calls, most.n_calls);
    rkb_table_int(&d->table, most.prompt_tokens);
    rkb_table_int(&d->table, most.output_tokens);
    if (d->prices)
        cost_cell(d, r, &most);
    return RKB_OK;
}

enum rkb_status rkb_dry_run_cell(struct rkb_dry_run *d,
                                 const struct rkb_plan *plan,
                                 const struct rkb_plan_cell *cell,
                                 const struct rkb_engine_job *job,
                                 struct rkb_err *err)
{
    const struct rkb_plan_reranker *r = &plan->rerankers[cell->reranker];
    struct rkb_table *t = &d->table;
    size_t n = RKB_COUNT(count_names) + (d->prices ? 1 : 0);

    rkb_table_text(t, plan->datasets[cell->dataset].name);
    rkb_table_text(t, cell->candidates_spec);
    rkb_table_text(t, cell->label);
    rkb_table_text(t, cell->reranker_spec);
    rkb_table_int(t, cell->repeat);
    if (!d->counts)
        return RKB_OK;
    if (job)
        return count_cell(d, r, job, err);
    for (size_t i = 0; i < n; i++)
        rkb_table_none(t);
    return RKB_OK;
}
