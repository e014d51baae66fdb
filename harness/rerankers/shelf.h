/* SPDX-License-Identifier: Apache-2.0 */
/* rerankers.yaml: rerankers of the user's own names, each a row or a preset
 * with options; where servers, models and templates are said once.
 *
 *     mistral: {use: first-mistral, server: "http://gpu1:8000",
 *               dialect: vllm, template: templates/alpha.yaml}
 */
#ifndef RKB_HARNESS_RERANKERS_SHELF_H
#define RKB_HARNESS_RERANKERS_SHELF_H

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"

#include <stdbool.h>
#include <stddef.h>

#define RKB_SHELF_BYTES ((size_t)1 << 20)

struct rkb_shelf_entry {
    const char *name, *use; /* a row or a preset */
    struct rkb_spec spec;   /* the row with all options, a preset's too */
    const char *file;       /* rerankers.yaml, as it was opened */
    size_t line;
};

/* Everything lives in the arena that it was loaded with. A zeroed struct is
 * empty. */
struct rkb_shelf {
    struct rkb_shelf_entry *entries; /* [n] in file order */
    size_t n;
};

/* Adds FOLDER/rerankers.yaml ("": the current folder), whose paths stay as they
 * are, then the one in the user's configuration folder, whose paths are joined
 * with that folder; of two entries of one name the first counts. RKB_E_USAGE
 * with FILE:LINE for what is wrong (lists may name entries above): every entry is checked as far as that goes
 * without opening it. */
enum rkb_status rkb_shelf_load(struct rkb_arena *a, const char *folder,
                               struct rkb_shelf *s, struct rkb_err *err)
    RKB_MUST_CHECK;
/* The same from the text of one file; `folder` NULL: paths stay. */
enum rkb_status rkb_shelf_parse(struct rkb_arena *a, const char *file,
                                const char *folder, rkb_sv text,
                                struct rkb_shelf *s, struct rkb_err *err)
    RKB_MUST_CHECK;

/* NULL when there is none. s may be NULL. */
const struct rkb_shelf_entry *rkb_shelf_find(const struct rkb_shelf *s,
                                             rkb_sv name);

/* Where spec->name is an entry, or else a preset, its row and its options take
 * their places in the spec; what the spec says itself comes first. As
 * rkb_reranker_preset_apply. */
enum rkb_status rkb_shelf_apply(struct rkb_arena *a, const struct rkb_shelf *s,
                                struct rkb_spec *spec, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Whether the option holds rerankers. */
bool rkb_option_is_list(const struct rkb_opt *rows, rkb_sv key);
/* Names of the user's own and presets inside such a list become what they stand
 * for: rows look into their lists, and know of no file. */
enum rkb_status rkb_shelf_expand(struct rkb_arena *a, const struct rkb_shelf *s,
                                 rkb_sv *list, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Whether the option's value names a file that must be there, behind its first
 * *before bytes: templates and frames may be ours, and servers may be a
 * recording. */
bool rkb_option_names_file(const struct rkb_opt *rows, rkb_sv key, rkb_sv value,
                           size_t *before);

#endif
