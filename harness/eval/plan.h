/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: datasets x candidates x rerankers x repeats, and the settings they
 * share. It comes from flags, from a YAML file (DESIGN.md section 5), or from
 * a file with flags over it: a flag replaces what the file says under the same
 * name. What can be wrong is found before anything runs and is told with
 * FILE:LINE, or the name of the flag. */
#ifndef RKB_HARNESS_EVAL_PLAN_H
#define RKB_HARNESS_EVAL_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "datasets/dataset.h"
#include "harness/eval/scenario.h"
#include "harness/eval/shard.h"
#include "harness/rerankers/reranker.h"
#include "harness/rerankers/shelf.h"
#include "metrics/spec.h"
#include "runs/ranking.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows of `run`, and the keys of a plan file. In a file the rows of lists
 * have plural names (datasets, rerankers, measures), and what says how to run
 * rather than what (set, shard, again, dry-run, format) has no key; '_' in a
 * key is '-'. */
extern const struct rkb_opt rkb_plan_options[];

/* Longest plan file, and most cells of a plan. */
#define RKB_PLAN_BYTES ((size_t)1 << 20)
#define RKB_PLAN_CELLS ((size_t)100000)

enum rkb_candidate_order { /* of a TREC run as candidates */
                           RKB_ORDER_EVALUATOR, /* as trec_eval would rank it  */
                           RKB_ORDER_FILE,
                           RKB_ORDER_RANK /* by the rank column */
};
enum rkb_missing_text { RKB_MISSING_STOP, RKB_MISSING_EMPTY, RKB_MISSING_DROP };
/* What a failed query counts in the means. */
enum rkb_failed_rule {
    RKB_FAILED_NONE, /* nothing: it has no value */
    RKB_FAILED_ZERO,
    RKB_FAILED_FIRST_STAGE
};

/* Lines count from 1; 0: from a flag. Paths are resolved: as they are written
 * when they are absolute, else in the folder of the plan file (flags: the
 * current one), else below the data folder. "~/" is HOME. */
struct rkb_plan_dataset {
    const char *name; /* stands for {dataset}: "dl19", "beir/scifact", or the
                         base name of a path */
    struct rkb_dataset_source source;
    const struct rkb_preset *preset; /* named by the spec; NULL: a path. A
                                        group has become its parts, an entry of
                                        datasets.yaml has conventions too. */
    size_t line;
};

struct rkb_plan_candidates {
    const char *name; /* unique in the plan */
    const char *spec; /* as written; cells have it resolved */
    bool bm25;        /* our own BM25 over the corpus; no file */
    size_t line;
};

struct rkb_plan_reranker {
    const char *name; /* unique in the plan: `as`, or the row's name */
    const struct rkb_reranker_def *def;
    struct rkb_spec spec; /* as written; cells have it resolved */
    unsigned traits;      /* with these options                 */
    size_t line;
};

/* One run. Text options of a reranker are resolved too: {dataset} everywhere,
 * and the paths of rows whose value_name is "FILE", which must be there; in
 * rows whose value_name is "RERANKERS" those of every spec. */
struct rkb_plan_cell {
    size_t dataset, candidates, reranker; /* indices into the plan's arrays */
    int64_t repeat;                       /* from 1 */
    const char *label; /* the same for all datasets and repeats, unique
                               otherwise: [LABEL/]reranker[/candidates] */
    const char *candidates_spec; /* a path, or FORMAT:PATH; "bm25" */
    const char *reranker_spec;   /* for rkb_reranker_open */
};

/* Everything lives in the arena that the plan was loaded with. */
struct rkb_plan {
    const char *path; /* of the file, NULL: flags only */
    const char *store, *data_dir /* NULL: none */, *format;
    const char *prices;         /* NULL: none */
    const char *build;          /* version of what is run, NULL: none */
    struct rkb_catalog catalog; /* datasets.yaml beside the plan (flags only:
                                   in the current folder) and the user's */
    struct rkb_shelf shelf;     /* rerankers.yaml, found likewise */
    const struct rkb_plan_dataset *datasets;
    size_t n_datasets;
    const struct rkb_plan_candidates *candidates;
    size_t n_candidates;
    const struct rkb_plan_reranker *rerankers;
    size_t n_rerankers;
    const struct rkb_plan_cell *cells; /* by dataset, candidates, reranker,
                                          repeat */
    size_t n_cells;
    const rkb_sv *measures; /* asked for; none: see rkb_plan_measures */
    size_t n_measures;
    enum rkb_candidate_order candidate_order;
    enum rkb_missing_text missing_text;
    enum rkb_failed_rule failed;
    enum rkb_compat compat;
    size_t depth, top_k; /* SIZE_MAX: all */
    struct rkb_load load;
    int64_t repeat;
    int64_t concurrency; /* as asked for; 0: nobody asked */
    int64_t in_flight;
    int64_t cool_down_ns;
    uint64_t seed; /* at most INT64_MAX */
    struct rkb_shard shard;
    const char *local; /* folder of a shard's store, NULL: see the row */
    int64_t checkpoint_ns;
    const char *server_command; /* NULL: none; {port} is in it */
    const char *server_health;  /* begins with '/' */
    int64_t server_wait_ns;
    bool all_queries, again, dry_run, durable, keep_texts, interleave;
};

/* `flags` is a set over rkb_plan_options. `path` may be NULL. RKB_E_USAGE for
 * what is wrong with the plan, RKB_E_IO for a file that it names and that is
 * not there, and for a plan that cannot be read. A URL with a user name, a
 * password or a token in it is refused, and not shown. */
enum rkb_status rkb_plan_load(struct rkb_arena *a, const char *path,
                              const struct rkb_optset *flags,
                              struct rkb_plan *out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* The same from the text of the file. */
enum rkb_status rkb_plan_parse(struct rkb_arena *a, const char *path,
                               rkb_sv text, const struct rkb_optset *flags,
                               struct rkb_plan *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* The measures for a dataset with this preset (NULL: none known), which says
 * what an unqualified binary measure counts. None asked for: nDCG@10, RR@10,
 * R@100 and the preset's headline. `out` is zeroed or released. */
enum rkb_status rkb_plan_measures(const struct rkb_plan *plan,
                                  const struct rkb_preset *preset,
                                  struct rkb_measures *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* True for text with "scheme://user:secret@", "scheme://token@" or a query
 * such as "?api_key=...". *offset of the URL may be NULL. */
bool rkb_has_secret(rkb_sv text, size_t *offset);

#endif
