/* SPDX-License-Identifier: Apache-2.0 */
/* One query under two runs, side by side: what `show RUN QID --against RUN2`
 * prints. */
#ifndef RKB_HARNESS_CLI_SHOW_AGAINST_H
#define RKB_HARNESS_CLI_SHOW_AGAINST_H

#include "harness/cli/command.h"
#include "runs/store_read.h"

struct rkb_show_against {
    struct rkb_store *store;
    const struct rkb_run_row *runs[2];
    rkb_sv qid;
    size_t depth; /* documents to show, 0 = all */
    rkb_sv format;
};

/* RKB_E_USAGE where a run has no result for the query. Grades are those of the
 * first run's first evaluation. */
enum rkb_status rkb_show_against(struct rkb_context *ctx,
                                 const struct rkb_show_against *what,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* nDCG's share of one rank: grade / log2(rank + 1), negative grades none. */
double rkb_show_gain(int64_t grade, size_t rank);

#endif
