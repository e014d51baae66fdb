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
    /* An option without which it cannot run, or not as published; NULL: none.
     * Of a fine-tuned checkpoint that is `template`, and `published` says where
     * its authors have the one it was trained with. */
    const char *needs, *published;
};

/* Ends with a row whose name is NULL. */
extern const struct rkb_reranker_preset rkb_reranker_presets[];

/* NULL when there is none of that name. */
const struct rkb_reranker_preset *rkb_reranker_preset_find(rkb_sv name);

/* The base's name and options take their places in the spec, before its own;
 * an option that the spec has itself is left out. */
void rkb_spec_put_under(struct rkb_arena *a, struct rkb_spec *spec,
                        const struct rkb_spec *base);

/* "name(key=value)" with quotes where they are needed; NULL for a value with
 * both kinds of quotes. */
const char *rkb_spec_text(struct rkb_arena *a, const struct rkb_spec *s);

/* Where spec->name is a preset, its row's name and its options take their
 * places in the spec. RKB_E_USAGE where what it needs is not set. */
enum rkb_status rkb_reranker_preset_apply(struct rkb_arena *a,
                                          struct rkb_spec *spec,
                                          struct rkb_err *err) RKB_MUST_CHECK;

#endif
