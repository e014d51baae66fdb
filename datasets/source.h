/* SPDX-License-Identifier: Apache-2.0 */
/* From what a user named to where each part of a dataset is read. */
#ifndef RKB_DATASETS_SOURCE_H
#define RKB_DATASETS_SOURCE_H

#include "datasets/dataset.h"

/* Fills name, preset and parts of a zeroed dataset. In `parts`, spec is what
 * the others fall back to, or NULL; queries, qrels and corpus are NULL where
 * there is none. */
enum rkb_status rkb_source_resolve(struct rkb_dataset *d,
                                   const struct rkb_dataset_source *src,
                                   struct rkb_err *err) RKB_MUST_CHECK;

#endif
