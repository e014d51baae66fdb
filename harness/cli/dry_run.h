/* SPDX-License-Identifier: Apache-2.0 */
/* `run --dry-run`: what would run, and what it would ask of model servers. */
#ifndef RKB_HARNESS_CLI_DRY_RUN_H
#define RKB_HARNESS_CLI_DRY_RUN_H

#include "harness/eval/engine.h"
#include "harness/eval/plan.h"
#include "reports/table.h"
#include "runs/prices.h"

struct rkb_dry_run {
    struct rkb_table table;
    bool counts;                     /* some reranker asks a server */
    const struct rkb_prices *prices; /* NULL: no costs */
};

/* Columns; counts and costs only where there is something to count. */
void rkb_dry_run_begin(struct rkb_dry_run *d, const struct rkb_plan *plan,
                       const struct rkb_prices *prices);
/* A row; with a job its calls are counted three ways, and told as a range where
 * they differ. NULL: a reranker that asks nobody. */
enum rkb_status rkb_dry_run_cell(struct rkb_dry_run *d,
                                 const struct rkb_plan *plan,
                                 const struct rkb_plan_cell *cell,
                                 const struct rkb_engine_job *job,
                                 struct rkb_err *err) RKB_MUST_CHECK;

#endif
