/* SPDX-License-Identifier: Apache-2.0 */
/* Lists as the store keeps them: JSON arrays, so that SQL can read them. */
#ifndef RKB_RUNS_STORE_JSON_H
#define RKB_RUNS_STORE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* ["a","b"]. RKB_E_DATA for a docid that is not UTF-8: JSON could not give it
 * back. */
enum rkb_status rkb_docids_write(const rkb_sv *docids, size_t n,
                                 struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* [0.5,null], null where scored is 0 or the score NaN. Nothing is written when
 * no score is there. RKB_E_DATA for infinity, and for NaN where scored is 1. */
enum rkb_status rkb_scores_write(const double *score, const uint8_t *scored,
                                 size_t n, struct rkb_buf *out,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* [2,0,1]; nothing for the identity. RKB_E_DATA when it is no permutation. */
enum rkb_status rkb_order_write(const uint32_t *order, size_t n,
                                struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* The other way. The text may go away; RKB_E_DATA unless it holds exactly n
 * fitting elements. */
enum rkb_status rkb_docids_read(struct rkb_arena *a, rkb_sv text, size_t n,
                                const rkb_sv **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* NaN for null; *out is NULL for text.at == NULL. */
enum rkb_status rkb_scores_read(struct rkb_arena *a, rkb_sv text, size_t n,
                                const double **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* text.at == NULL is the identity. */
enum rkb_status rkb_order_read(struct rkb_arena *a, rkb_sv text, size_t n,
                               const uint32_t **out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
