/* SPDX-License-Identifier: Apache-2.0 */
/* The tests behind a table's letters of significance: many pairs of cells over
 * any collections, one family. */
#ifndef RKB_HARNESS_EVAL_CONTRAST_H
#define RKB_HARNESS_EVAL_CONTRAST_H

#include "harness/eval/compare.h"

/* Tests every pair of the family on the queries that both cells have a value
 * for, corrects over all of them, and stores them in one transaction, without
 * intervals. A pair that differs in its queries, their texts, judgments or
 * counting rules is stored as forced, without a p. Results do not depend on the
 * number of threads. */
enum rkb_status rkb_contrast_store(struct rkb_store *store,
                                   const struct rkb_family *family,
                                   const struct rkb_compare_want *want,
                                   struct rkb_err *err) RKB_MUST_CHECK;

#endif
