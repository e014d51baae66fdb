/* SPDX-License-Identifier: Apache-2.0 */
/* `show --time`: where the time of a run, or of one query, went. */
#ifndef RKB_HARNESS_CLI_SHOW_TIME_H
#define RKB_HARNESS_CLI_SHOW_TIME_H

#include "harness/cli/command.h"
#include "runs/store_read.h"

/* `predict` as in reports/time_spent.h; NULL: none. */
enum rkb_status rkb_show_time(struct rkb_context *ctx, struct rkb_store *store,
                              const struct rkb_run_row *run,
                              const char *predict, rkb_sv format,
                              struct rkb_err *err) RKB_MUST_CHECK;
/* Its calls one by one, in the order in which they began. */
enum rkb_status rkb_show_query_time(struct rkb_context *ctx,
                                    struct rkb_store *store,
                                    const struct rkb_result_row *row,
                                    rkb_sv format, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
