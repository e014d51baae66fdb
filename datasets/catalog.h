/* SPDX-License-Identifier: Apache-2.0 */
/* datasets.yaml: where known collections lie, and data sets of the user's own
 * with their conventions.
 *
 *     dl19: {queries: dl19/topics.xml, qrels: dl19/qrels.txt}
 *     bright: hf/BRIGHT                 # of a group: the folder of its parts
 *     ours: {path: "beir:corpora/ours:dev", relevance: 2, drop-self: true}
 */
#ifndef RKB_DATASETS_CATALOG_H
#define RKB_DATASETS_CATALOG_H

#include "base/arena.h"
#include "base/err.h"
#include "datasets/presets.h"

#define RKB_CATALOG_BYTES ((size_t)1 << 20)

/* The parts that are named are specs as in struct rkb_dataset_source, their
 * paths joined with the folder of the file; NULL where none is. */
struct rkb_catalog_entry {
    const struct rkb_preset *preset; /* its name is the entry's name */
    bool own;                        /* the user's: preset is made from it  */
    const char *path, *queries, *qrels, *corpus, *split, *query_text;
    const char *file; /* datasets.yaml, as it was opened */
    size_t line;
};

/* Everything lives in the arena that it was loaded with. A zeroed struct is
 * empty. */
struct rkb_catalog {
    struct rkb_catalog_entry *entries; /* [n] in file order */
    size_t n;
};

/* Adds FOLDER/datasets.yaml ("": the current folder), then the one in the
 * user's configuration folder, where they are there; of two entries of one
 * name the first counts. RKB_E_USAGE with FILE:LINE for what is wrong. */
enum rkb_status rkb_catalog_load(struct rkb_arena *a, const char *folder,
                                 struct rkb_catalog *c, struct rkb_err *err)
    RKB_MUST_CHECK;
/* The same from the text of one file. */
enum rkb_status rkb_catalog_parse(struct rkb_arena *a, const char *file,
                                  rkb_sv text, struct rkb_catalog *c,
                                  struct rkb_err *err) RKB_MUST_CHECK;

/* The entry of this name; NULL when there is none. c may be NULL. A part of a
 * group has the group's entry where it has none of its own. */
const struct rkb_catalog_entry *rkb_catalog_find(const struct rkb_catalog *c,
                                                 rkb_sv name);
/* Conventions by name: an entry's, or a known collection's; NULL: unknown. */
const struct rkb_preset *rkb_catalog_preset(const struct rkb_catalog *c,
                                            rkb_sv name);
/* The name nearest to a mistyped one; NULL when none is near. */
const char *rkb_catalog_nearest(const struct rkb_catalog *c, rkb_sv name);

#endif
