/* SPDX-License-Identifier: Apache-2.0 */
/* Systems compared query by query: a panel of values is filled from the store
 * or from run files, then differences, intervals and p-values are computed
 * from it and stored. docs/statistics.md has the formulas. */
#ifndef RKB_HARNESS_EVAL_COMPARE_H
#define RKB_HARNESS_EVAL_COMPARE_H

#include "base/map.h"
#include "base/par.h"
#include "harness/eval/join.h"
#include "metrics/spec.h"
#include "metrics/stats_agree.h"
#include "metrics/stats_resample.h"
#include "metrics/stats_tests.h"
#include "runs/store_read.h"
#include "runs/store_write.h"

/* A system is a run of the store or a run file. Arrays over queries have
 * panel->n_queries items. */
struct rkb_system {
    const char *name;
    struct rkb_run_row run; /* of the store; run.id 0: a file */
    struct rkb_evaluation_row eval;
    uint8_t *has;       /* the query is one of this system's */
    double *values;     /* [n_slots][n_queries] NaN = none */
    double *latency_ns; /* NaN = not known; NULL: a file   */
    size_t n_has;
    /* What a look at its orders told; n_ranked 0: nobody looked. */
    size_t n_ranked;    /* finished queries with two documents and more */
    size_t n_unchanged; /* of them in first-stage order   */
    size_t n_one_score; /* of them with one score for all */
    double *first;      /* [n_slots] means of the first stage over the finished
                           queries; NaN = undefined */
    double *finished;   /* [n_slots] its own over the same */
    struct rkb_ties *ties; /* [n_slots] sums of n_tied, means of the others */
    bool *tied;            /* [n_slots] the measure has tie bounds */
};

/* Query 0, 1, ... is the order in which means are summed: the first system's,
 * then what only later ones have. */
struct rkb_panel {
    struct rkb_arena arena;
    struct rkb_map qids;
    struct rkb_measures measures;
    struct rkb_system *systems; /* [n_systems] the first is the baseline */
    size_t n_systems, n_queries;
    struct rkb_judgments judgments;
    bool forced; /* judgments or query sets differ, and that was allowed */
};
/* A zeroed panel may be released. */
void rkb_panel_release(struct rkb_panel *p);

/* Runs are selected one by one. Measures are by name, with the relevance level
 * of the first run's collection; none = the collection's headline, nDCG@10 or what
 * is stored first. Each must be
 * stored for every run, under the same judgments, counted alike. RKB_E_DATA
 * that names the digests when judgments or query sets differ, unless `force`.
 * RKB_E_USAGE for a measure that is no mean over queries. */
enum rkb_status rkb_panel_load(struct rkb_panel *p, struct rkb_store *store,
                               const char *const *selectors, size_t n,
                               const rkb_sv *measures, size_t n_measures,
                               bool force, struct rkb_err *err) RKB_MUST_CHECK;
/* The same of run files, against the judgments in `qrels`. A judged query that
 * no file has is left out, as trec_eval does. */
enum rkb_status rkb_panel_read(struct rkb_panel *p, const char *qrels,
                               const char *const *paths, size_t n,
                               const rkb_sv *measures, size_t n_measures,
                               bool force, struct rkb_pool *pool,
                               struct rkb_err *err) RKB_MUST_CHECK;

/* Fills in what systems of the store tell of their orders; nothing of imported
 * ones, whose first stage is not known, nor of forced ones under judgments that
 * are not the baseline's. */
enum rkb_status rkb_panel_look(struct rkb_panel *p, struct rkb_store *store,
                               struct rkb_err *err) RKB_MUST_CHECK;

/* The same of run files, as far as a file tells: ties, and one score for all.
 * What cannot be read twice, or has a query in several places, is passed over. */
enum rkb_status rkb_panel_look_files(struct rkb_panel *p, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Why the times of two systems must not meet in one ratio; NULL: they may.
 * The text is the panel's. */
enum rkb_status rkb_panel_apart(struct rkb_panel *p, struct rkb_store *store,
                                size_t a, size_t b, const char **why,
                                struct rkb_err *err) RKB_MUST_CHECK;

/* In the order of `--test`. */
enum rkb_test { RKB_TEST_RANDOMIZATION, RKB_TEST_T, RKB_TEST_WILCOXON };

struct rkb_compare_want {
    enum rkb_test test;
    enum rkb_correction correction;
    double alpha;
    uint64_t seed;
    struct rkb_pool *pool;
};

/* Of n differences, which it may sort. Without queries there is no evidence:
 * NaN. */
double rkb_paired_p(const struct rkb_compare_want *want, double *d, size_t n,
                    int64_t *draws);
/* How it is made, and no number yet. */
struct rkb_comparison rkb_comparison_blank(const struct rkb_compare_want *want);

enum { RKB_FLIPS = 100000, RKB_RESAMPLES = 10000 };

/* A system against the baseline. c.measure is "latency_ms" where slot is
 * SIZE_MAX; its texts are the panel's. a = the system, b = the baseline. */
struct rkb_compared {
    size_t system, slot;
    struct rkb_comparison c;
};
struct rkb_summary {
    size_t n;
    double mean, lo, hi;
};
/* Arrays are the panel's. */
struct rkb_comparisons {
    struct rkb_compared *rows; /* [n] by measure as asked for, then system */
    size_t n;
    struct rkb_summary *baseline; /* [n_slots] over its own finished queries */
    const char *family;
    size_t n_tests;   /* p-values in the family */
    size_t n_missing; /* queries in all query sets without a value somewhere */
    size_t n_common;  /* queries in all query sets */
};
/* `timed` [n_systems]: its times may meet the baseline's. Results do not
 * depend on the number of threads. */
void rkb_compare(struct rkb_panel *p, const struct rkb_compare_want *want,
                 const bool *timed, struct rkb_comparisons *out);
/* One transaction; systems must be runs of the store. */
enum rkb_status rkb_compare_store(struct rkb_store *store,
                                  const struct rkb_comparisons *c,
                                  struct rkb_err *err) RKB_MUST_CHECK;

#endif
