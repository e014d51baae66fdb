/* SPDX-License-Identifier: Apache-2.0 */
/* YAML documents as a tree with line numbers (libyaml). Anchors, aliases and
 * tags are refused (they bloat), one document only, keys are scalars. */
#ifndef RKB_BASE_IO_YAML_H
#define RKB_BASE_IO_YAML_H

#include "base/arena.h"
#include "base/err.h"
#include "base/sv.h"

#define RKB_YAML_DEPTH 32

enum rkb_yaml_kind { RKB_YAML_SCALAR, RKB_YAML_LIST, RKB_YAML_MAP };

struct rkb_yaml {
    enum rkb_yaml_kind kind;
    rkb_sv key;  /* when a member of a map */
    rkb_sv text; /* scalar */
    bool quoted; /* in quotes or a block (| >): never null, number or bool */
    size_t line; /* from 1 */
    size_t key_line;
    const struct rkb_yaml *child, *next;
    size_t n_children;
};

/* RKB_E_USAGE for text that is not such YAML and for a key given twice,
 * RKB_E_LIMIT for nesting; messages start with "line N: ". A text without a
 * document is one empty scalar. Everything in the tree is copied. */
enum rkb_status rkb_yaml_parse(struct rkb_arena *a, rkb_sv text,
                               const struct rkb_yaml **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* "line 7: why" of the above becomes "FILE:7: why". Returns err->code. */
enum rkb_status rkb_yaml_at(const char *file, struct rkb_err *err);
/* NULL when absent or when y is not a map. */
const struct rkb_yaml *rkb_yaml_get(const struct rkb_yaml *y, const char *key);

#endif
