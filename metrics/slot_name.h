/* SPDX-License-Identifier: Apache-2.0 */
/* From a compiled measure back to its names. Part of spec.c. */
#ifndef RKB_METRICS_SLOT_NAME_H
#define RKB_METRICS_SLOT_NAME_H

#include "metrics/spec.h"

/* The i-th number of the measure: "nDCG(dcg='exp-log2')@10". */
void rkb_name_canonical(const struct rkb_measure *m, size_t i,
                        struct rkb_buf *out);

/* As trec_eval prints it; the canonical name where it cannot say that. `args`
 * is what the user wrote behind the dot, or empty. */
void rkb_name_trec(const struct rkb_measure *m, size_t i, rkb_sv args,
                   struct rkb_buf *out);

/* "nDCG" of "nDCG@k". */
rkb_sv rkb_name_family(const struct rkb_measure_def *def);

/* Fills ms->slots from ms->items. */
void rkb_slots_build(struct rkb_measures *ms);

#endif
