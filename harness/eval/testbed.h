/* SPDX-License-Identifier: Apache-2.0 */
/* What rerankers are tried on: a dataset, its judgments, and candidates, as
 * they are in memory and in the store. */
#ifndef RKB_HARNESS_EVAL_TESTBED_H
#define RKB_HARNESS_EVAL_TESTBED_H

#include "harness/eval/candidates.h"
#include "harness/eval/join.h"
#include "runs/store_write.h"

/* A zeroed struct may be closed. Everything is owned. */
struct rkb_testbed {
    struct rkb_dataset *dataset;
    struct rkb_judgments *judgments;     /* of the dataset, sealed     */
    struct rkb_candidates *candidates;   /* NULL until they are loaded */
    const char *candidates_source;       /* the caller's: for people   */
    int64_t depth;                       /* as asked for, 0 = all      */
    int64_t candidate_set, judgment_set; /* ids in the store         */
};

/* Dataset and judgments. */
enum rkb_status rkb_testbed_open(struct rkb_testbed *b,
                                 const struct rkb_dataset_source *source,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* Candidates, instead of those that were there before. */
enum rkb_status rkb_testbed_load(struct rkb_testbed *b,
                                 const struct rkb_candidates_want *want,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* Puts candidates, judgments and query texts into the store, texts of
 * documents too when keep_texts; fills the ids. */
enum rkb_status rkb_testbed_store(struct rkb_testbed *b,
                                  struct rkb_store *store, bool keep_texts,
                                  struct rkb_err *err) RKB_MUST_CHECK;
void rkb_testbed_close(struct rkb_testbed *b);

#endif
