/* SPDX-License-Identifier: Apache-2.0 */
/* What each known collection needs: its conventions as rows of presets.def
 * (DESIGN.md 6.6). `list datasets` shows them. */
#ifndef RKB_DATASETS_PRESETS_H
#define RKB_DATASETS_PRESETS_H

#include "base/err.h"
#include "base/io/digest.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stdint.h>

/* In collections that drop excluded ids by convention a judgment of this grade
 * is an excluded id, as ir_datasets writes them; in others it is a grade. */
#define RKB_GRADE_EXCLUDED (-100)

struct rkb_preset {
    const char *name;    /* "dl19", "beir/scifact", "bright/biology"        */
    const char *family;  /* "dl", "beir", "bright", ...                     */
    const char *format;  /* of its folder or archive                        */
    const char *path;    /* below the data root, "beir/scifact". NULL = a
                            group: the mean of the rows that are part_of it */
    const char *corpus;  /* below the data root, where it is not in `path`  */
    const char *split;   /* default split or task, NULL = the format's      */
    int32_t binary_rel;  /* smallest grade that binary measures count       */
    bool drop_self;      /* drop the candidate whose docid is the qid       */
    bool drop_excluded;  /* drop excluded ids before the cut                */
    const char *part_of; /* averaged first into this one ("beir/cqadupstack") */
    bool full_name;      /* its last word is not enough: another row's too  */
    int32_t n_queries;   /* judged queries as published, 0 = unknown        */
    int32_t n_relevant;  /* grades > 0, where versions differ, 0 = unknown:
                            some files leave out the grades 0            */
    int32_t max_grade;   /* the largest grade there is, 0 = unknown         */
    const char *note;    /* for `list datasets` */
    const char *headline; /* "nDCG@10" */
};

extern const struct rkb_preset rkb_presets[];
extern const size_t rkb_n_presets;

/* NULL when unknown. Also accepts "scifact" for "beir/scifact" where that is
 * unambiguous, rows with full_name left out. */
const struct rkb_preset *rkb_preset_find(rkb_sv name);

/* The presets' names nearest to a mistyped one; NULL when none is near. */
const char *rkb_preset_nearest(rkb_sv name);

/* Judgments by digest: several versions of some collections are about. */
struct rkb_known {
    const char *dataset; /* a preset's name             */
    const char *label;   /* "BRIGHT as circulated"      */
    const char *hex;     /* of rkb_dataset.grades_digest */
    int32_t n_queries, n_grades;
};
/* known.def, ended by a row without a name. */
extern const struct rkb_known rkb_knowns[];
/* NULL when unknown. */
const struct rkb_known *rkb_known_find(const struct rkb_digest *grades);

#endif
