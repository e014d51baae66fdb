/* SPDX-License-Identifier: Apache-2.0 */
/* What listwise methods do alike: a window slides over the list from its bottom
 * to its top, once or in several passes, and each call sees the order that the
 * calls before it left. Options: window_options.def. */
#ifndef RKB_HARNESS_RERANKERS_WINDOWED_H
#define RKB_HARNESS_RERANKERS_WINDOWED_H

#include "harness/rerankers/llm_row.h"

struct rkb_windowed {
    size_t window, stride, passes, freeze; /* window 0: the whole list */
    bool shuffle;
};

/* Ranks one window: `docs` [n] are candidate indices as they stand, from rank
 * `first_rank` on; `places` [n] gets 0 .. n - 1, best first. Adds to the tally
 * once. */
typedef enum rkb_status rkb_window_fn(void *self, struct rkb_branch *b,
                                      const struct rkb_request *request,
                                      const uint32_t *docs, size_t n,
                                      size_t first_rank, uint32_t *places,
                                      struct rkb_tally *tally,
                                      struct rkb_err *err);

void rkb_windowed_read(struct rkb_windowed *w, const struct rkb_optset *o);
/* RKB_E_USAGE for a stride that leaves candidates out and, with letters as
 * identifiers, for a window above 26. */
enum rkb_status rkb_windowed_check(const struct rkb_optset *o, bool letters,
                                   struct rkb_err *err) RKB_MUST_CHECK;

/* All of a row's `rerank`. One call after the other; the outcome is repaired,
 * with a reason, when an answer was bad. */
enum rkb_status rkb_windowed_rerank(const struct rkb_windowed *w,
                                    rkb_window_fn *fn, void *self,
                                    struct rkb_branch *b,
                                    const struct rkb_request *request,
                                    struct rkb_outcome *outcome,
                                    struct rkb_err *err) RKB_MUST_CHECK;

#endif
