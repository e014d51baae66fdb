/* SPDX-License-Identifier: Apache-2.0 */
/* Published rerankers by their names: a row of rerankers.def with the settings
 * its authors give. What a user sets comes first. */
#ifndef RKB_HARNESS_RERANKERS_PRESET_H
#define RKB_HARNESS_RERANKERS_PRESET_H

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"

struct rkb_reranker_preset {
    const char *name;
    const char *spec; /* "listwise(window=20,...)" */
    const char *summary, *source;
    /* Of a fine-tuned checkpoint: where its authors publish the template it
     * was trained with. Then the preset runs with the user's template= alone.
     * NULL: a zero-shot method, on a template of ours. */
    const char *template_from;
};

/* Ends with a row whose name is NULL. */
extern const struct rkb_reranker_preset rkb_reranker_presets[];

/* NULL when there is none of that name. */
const struct rkb_reranker_preset *rkb_reranker_preset_find(rkb_sv name);

/* Where spec->name is a preset, its row's name and its options take their
 * places in the spec. RKB_E_USAGE for a fine-tuned checkpoint without a
 * template. */
enum rkb_status rkb_reranker_preset_apply(struct rkb_arena *a,
                                          struct rkb_spec *spec,
                                          struct rkb_err *err) RKB_MUST_CHECK;

#endif
