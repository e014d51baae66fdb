/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/windowed.h"

#include "base/rng.h"
#include "harness/llm/windows.h"

#include <string.h>

void rkb_windowed_read(struct rkb_windowed *w, const struct rkb_optset *o)
{
    *w = (struct rkb_windowed){
        .window = (size_t)rkb_optset_int(o, "window"),
        .stride = (size_t)rkb_optset_int(o, "stride"),
        .passes = (size_t)rkb_optset_int(o, "passes"),
        .freeze = (size_t)rkb_optset_int(o, "freeze"),
        .shuffle = rkb_optset_flag(o, "shuffle"),
    };
}

enum rkb_status rkb_windowed_check(const struct rkb_optset *o, bool letters,
                                   struct rkb_err *err)
{
    int64_t window = rkb_optset_int(o, "window");

    if (letters && (window == 0 || window > RKB_LETTERS))
        return rkb_fail(err, RKB_E_USAGE,
                        "letters name at most %d passages: set window to that "
                        "or less",
                        RKB_LETTERS);
    if (window && rkb_optset_int(o, "stride") > window)
        return rkb_fail(err, RKB_E_USAGE,
                        "a stride above the window leaves candidates out");
    return RKB_OK;
}

struct walk {
    const struct rkb_windowed *w;
    rkb_window_fn *fn;
    void *self;
    struct rkb_branch *b;
    const struct rkb_request *request;
    uint32_t *order;
    struct rkb_tally tally;
};

static enum rkb_status rank_window(struct walk *k, const struct rkb_windows *at,
                                   struct rkb_err *err)
{
    size_t n = at->end - at->start;
    uint32_t *docs = rkb_arena_new(k->b->arena, n, sizeof *docs);
    uint32_t *places = rkb_arena_new(k->b->arena, n, sizeof *places);
    enum rkb_status rc;

    memcpy(docs, k->order + at->start, n * sizeof *docs);
    rc = k->fn(k->self, k->b, k->request, docs, n, at->start + 1, places,
               &k->tally, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        k->order[at->start + i] = docs[places[i]];
    return RKB_OK;
}

static enum rkb_status one_pass(struct walk *k, size_t first,
                                struct rkb_err *err)
{
    size_t n = k->request->n_docs;
    struct rkb_windows at;
    enum rkb_status rc = RKB_OK;

    rkb_windows_init(&at, first, n, k->w->window ? k->w->window : n,
                     k->w->stride);
    while (!rc && rkb_windows_next(&at))
        rc = rank_window(k, &at, err);
    return rc;
}

enum rkb_status rkb_windowed_rerank(const struct rkb_windowed *w,
                                    rkb_window_fn *fn, void *self,
                                    struct rkb_branch *b,
                                    const struct rkb_request *request,
                                    struct rkb_outcome *outcome,
                                    struct rkb_err *err)
{
    struct walk k = { .w = w,
                      .fn = fn,
                      .self = self,
                      .b = b,
                      .request = request,
                      .order = outcome->order };
    enum rkb_status rc = RKB_OK;

    if (!request->n_docs)
        return RKB_OK;
    if (w->shuffle) {
        struct rkb_rng rng;

        rkb_rng_init(&rng, rkb_rng_key(request->seed, rkb_sv_of("shuffle"), 0));
        rkb_rng_shuffle(&rng, outcome->order, request->n_docs);
    }
    for (size_t p = 0; p < w->passes && !rc; p++)
        if (w->freeze * p < request->n_docs)
            rc = one_pass(&k, w->freeze * p, err);
    if (!rc)
        rkb_tally_tell(&k.tally, outcome);
    return rc;
}
