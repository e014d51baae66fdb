/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan says, as it was written: settings checked by their rows, lists
 * not looked into yet. Private to the files plan*.c. */
#ifndef RKB_HARNESS_EVAL_PLAN_DRAFT_H
#define RKB_HARNESS_EVAL_PLAN_DRAFT_H

#include "harness/eval/plan.h"

struct rkb_plan_pair {
    rkb_sv key, value;
    size_t line;
};

/* "bm25(k1=0.9)", "splade=FILE", or {use: bm25, as: x, k1: 0.9}. */
struct rkb_plan_entry {
    rkb_sv use, as; /* as.at == NULL: none */
    rkb_sv preset;  /* whose row and options these are; at == NULL: none */
    struct rkb_plan_pair *pairs;
    size_t n_pairs;
    size_t line; /* 0: from a flag */
};

struct rkb_plan_list {
    const char *row; /* of rkb_plan_options */
    struct rkb_plan_entry *entries;
    size_t n, cap; /* cap: room in the arena */
};

struct rkb_plan_draft {
    struct rkb_arena *arena;
    struct rkb_plan *out;
    const char *path, *folder; /* of the file; NULL and "": none */
    struct rkb_optset opts;    /* flags over file over defaults  */
    size_t *lines;             /* [opts.n_rows] of settings from the file */
    struct rkb_plan_list datasets, candidates, rerankers, measures;
};

/* Reads text (at == NULL: none) and flags. */
enum rkb_status rkb_plan_draft_read(struct rkb_plan_draft *d, rkb_sv text,
                                    const struct rkb_optset *flags,
                                    struct rkb_err *err) RKB_MUST_CHECK;

/* Puts where it stands before the message: "plan.yaml:7", or "--dataset" for
 * line 0. Returns err->code. */
enum rkb_status rkb_plan_at(const struct rkb_plan_draft *d, const char *row,
                            size_t line, struct rkb_err *err);
/* Line of a setting from the file, 0 for a flag or a default. */
size_t rkb_plan_line(const struct rkb_plan_draft *d, const char *row);

/* A path or FORMAT:PATH[:SPLIT] whose file must be there; plan.h says where it
 * is looked for. `line` as in rkb_plan_entry: 0 looks in the current folder
 * instead of the plan's. The message has no place yet. */
enum rkb_status rkb_plan_find_file(const struct rkb_plan_draft *d,
                                   const char *data_dir, size_t line,
                                   const char *spec, const char **out,
                                   struct rkb_err *err) RKB_MUST_CHECK;

/* "data/bm25.requests.json" is "bm25", "x/scifact.zip" is "scifact". */
const char *rkb_plan_base_name(struct rkb_arena *a, const char *spec);

/* Fills out->datasets; out->data_dir is set. */
enum rkb_status rkb_plan_datasets(struct rkb_plan_draft *d, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Fills out->cells from the other arrays. */
enum rkb_status rkb_plan_cells(struct rkb_plan_draft *d, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
