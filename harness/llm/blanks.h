/* SPDX-License-Identifier: Apache-2.0 */
/* Texts with blanks: {name} stands for a value, {{ and }} for braces. What
 * templates and frames are made of. */
#ifndef RKB_HARNESS_LLM_BLANKS_H
#define RKB_HARNESS_LLM_BLANKS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/io/yaml.h"
#include "base/sv.h"

#include <stddef.h>

#define RKB_TEMPLATE_BYTES ((size_t)1 << 20)
/* Where our own templates lie in the tree and inside the program. */
#define RKB_TEMPLATE_FOLDER "harness/llm/templates/"

struct rkb_piece {
    rkb_sv text;
    size_t value; /* which name; SIZE_MAX: the text itself */
};
struct rkb_blanks {
    const struct rkb_piece *pieces; /* [n] views of the text */
    size_t n;
    unsigned used; /* bit i: names[i] occurs */
};

/* A YAML file of such texts, for messages "NAME:LINE: ...". */
struct rkb_blanks_file {
    const char *name;
    rkb_sv source;
    const char *const *names; /* [n_names], at most 32, NULL behind the last */
    size_t n_names;
};

/* The map of a file of at most RKB_TEMPLATE_BYTES. */
enum rkb_status rkb_blanks_load(struct rkb_arena *a,
                                const struct rkb_blanks_file *f,
                                const struct rkb_yaml **root,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* `may` and `needs`: bits of names. The text is y's. RKB_E_USAGE with the line
 * of the blank at fault and the nearest name that may stand there. */
enum rkb_status rkb_blanks_parse(struct rkb_arena *a,
                                 const struct rkb_blanks_file *f,
                                 const struct rkb_yaml *y, unsigned may,
                                 unsigned needs, struct rkb_blanks *out,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* values[] by name. */
void rkb_blanks_fill(const struct rkb_blanks *b, const rkb_sv *values,
                     struct rkb_buf *out);

/* The bytes of a path, or of "builtin:NAME": RKB_TEMPLATE_FOLDER, `prefix`,
 * NAME and ".yaml" in the program. `prefix` "" leaves out what begins with
 * "frame-". RKB_E_USAGE with the nearest NAME; RKB_E_IO. */
enum rkb_status rkb_blanks_open(struct rkb_arena *a, const char *path,
                                const char *prefix, rkb_sv *text,
                                struct rkb_err *err) RKB_MUST_CHECK;

#endif
