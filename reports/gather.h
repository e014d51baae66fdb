/* SPDX-License-Identifier: Apache-2.0 */
/* What reports ask of a store, read once: the runs that were asked for, with
 * their conditions and the means of their measures. Nothing depends on the
 * order of rows in the store, but that of two evaluations the later counts. */
#ifndef RKB_REPORTS_GATHER_H
#define RKB_REPORTS_GATHER_H

#include "base/io/json.h"
#include "reports/report.h"
#include "runs/store_read.h"

/* One value of a run, or an average of such. */
struct rkb_figure {
    double value;                   /* NaN: there is none */
    int64_t n, n_missing, n_failed; /* queries: in it; at 0 for want of
                                       candidates; left out as failed */
    int64_t n_finished, n_queries;  /* of the runs */
    bool whole;                     /* every query of every run finished */
    size_t n_runs;                  /* repeats that it is the mean of */
};

struct rkb_report_measure {
    const char *name; /* canonical: "AP(rel=2)" */
    struct rkb_figure figure;
};

/* Texts are printable: control bytes are '?'. */
struct rkb_report_run {
    struct rkb_run_row row;
    const char *label, *dataset, *reranker;
    const char *model;       /* NULL: asks none                           */
    const char *first_stage; /* of its candidates: "bm25"                 */
    int64_t depth;           /* candidates that were reranked, 0 = all    */
    bool sees_grades;        /* a ceiling, no competitor                  */
    bool recorded;           /* from recorded answers                     */
    const struct rkb_json *identity;
    const int64_t *evals; /* [n_evals] one a sample, of the same rules */
    size_t n_evals;
    struct rkb_digest judgments; /* of these evaluations */
    const char *judged_by;       /* their source; NULL: never measured */
    const struct rkb_report_measure *measures; /* [n_measures] */
    size_t n_measures;
};

struct rkb_gathered {
    struct rkb_report_run *runs; /* as asked for; else by label, dataset, first
                                    stage, depth, repeat, key */
    size_t n_runs;
};

/* The runs of --runs, or all; of each the evaluation of --judgments, or the
 * last. RKB_E_USAGE when there is none. */
enum rkb_status rkb_gather(struct rkb_arena *a,
                           const struct rkb_report_want *want,
                           struct rkb_gathered *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* "bm25" of "~/ir/dl19/bm25.requests.json" and "bm25(k1=0.9)". The name of the
 * dataset is no part of it: "biology.reasonir.trec" of bright/biology is
 * "reasonir". */
const char *rkb_first_stage_name(struct rkb_arena *a, rkb_sv source,
                                 rkb_sv dataset);

/* Do their identities differ in anything but these parts ("seed", "options.k1";
 * ended by NULL)? */
enum rkb_status rkb_runs_differ(const struct rkb_report_run *x,
                                const struct rkb_report_run *y,
                                const char *const *parts, bool *out,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* Are these the same but for repeat and seed? */
enum rkb_status rkb_runs_repeat(const struct rkb_report_run *x,
                                const struct rkb_report_run *y, bool *out,
                                struct rkb_err *err) RKB_MUST_CHECK;

/* A measure as it was asked for, "AP" as well as "AP(rel=2)": the exact name,
 * or else the only one that differs by its level of relevance. NULL: the run
 * has none such. */
const struct rkb_report_measure *rkb_run_measure(
    const struct rkb_report_run *run, const char *name);

/* "AP" of "AP(rel=2)": without what a collection's convention adds. */
rkb_sv rkb_measure_bare(struct rkb_arena *a, const char *name);

/* A printable copy. */
const char *rkb_plain_text(struct rkb_arena *a, rkb_sv text);

#endif
