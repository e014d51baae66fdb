/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate knows of one side: some system over each of some data sets, all
 * of its repeats. It comes out of a store, or from a small text file that
 * lives in git (docs/gate.md has its lines), and holds the same either way.
 *
 * Every text, array and number lives in the arena given. */
#ifndef RKB_HARNESS_EVAL_BASELINE_H
#define RKB_HARNESS_EVAL_BASELINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/io/digest.h"
#include "base/io/lines.h"
#include "runs/store_read.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rkb_baseline_measure {
    rkb_sv name; /* canonical: "nDCG@10" */
    int64_t version;
    bool steady;         /* every query has the same value in all repeats */
    const double *means; /* [n_repeats] */
};

struct rkb_baseline_query {
    rkb_sv qid;
    double ms;            /* geometric mean of its times; NaN = not known */
    const double *values; /* [n_measures] mean over repeats; NaN = none   */
};

/* One data set. Digests say what was judged and ranked; those that do not
 * apply (texts that are not read, candidates of an imported run) are zero. */
struct rkb_baseline_set {
    rkb_sv dataset, label, reranker;
    rkb_sv system; /* rkb_manifest_system; of imported runs only the name */
    struct rkb_digest judgments, query_set, texts, candidates;
    rkb_sv rules;     /* "compat=9 failed=none": what else decides values */
    rkb_sv host, cpu; /* empty: several, or not known                     */
    rkb_sv timing;    /* "scenario=single concurrency=1"; empty: several  */
    rkb_sv date;      /* the last session's end; may be empty             */
    rkb_sv why;       /* why it is incomplete; empty: it is not           */
    rkb_sv loaded;    /* why its times are not to be trusted; empty: not known
                         to be so, as of every file                       */
    size_t n_repeats;
    const struct rkb_digest *rankings; /* [n_repeats] of every query's order */
    const struct rkb_baseline_measure *measures;
    size_t n_measures;
    const struct rkb_baseline_query *queries; /* [n_queries] qids are unique */
    size_t n_queries;
};

struct rkb_baseline {
    rkb_sv source;  /* the file, or the selector     */
    rkb_sv program; /* version of rerankbench, may be empty */
    const struct rkb_baseline_set *sets; /* [n_sets] data sets are unique */
    size_t n_sets;
};

/* The runs that a selector matches (runs/store_read.h). Those over one data set
 * are repeats: RKB_E_USAGE when they are not of one system over the same data,
 * with what differs, or were never scored. Their evaluation is the one that
 * `like` (may be NULL) has of the data set, if there is one, else the latest.
 * Measures that one repeat lacks, or where one has no mean, are left out. */
enum rkb_status rkb_baseline_collect(struct rkb_store *store,
                                     struct rkb_arena *a, rkb_sv selector,
                                     const struct rkb_baseline *like,
                                     struct rkb_baseline *out,
                                     struct rkb_err *err) RKB_MUST_CHECK;
/* The same of runs that were found otherwise; `out->source` is empty. */
enum rkb_status rkb_baseline_of_runs(struct rkb_store *store,
                                     struct rkb_arena *a,
                                     const struct rkb_run_row *runs, size_t n,
                                     const struct rkb_baseline *like,
                                     struct rkb_baseline *out,
                                     struct rkb_err *err) RKB_MUST_CHECK;

/* Limits of the file: what passes them is RKB_E_LIMIT. */
enum {
    RKB_BASELINE_LINE = 1 << 20, /* bytes */
    RKB_BASELINE_BYTES = 1 << 28,
    RKB_BASELINE_SETS = 1000,
    RKB_BASELINE_COLUMNS = 1000 /* repeats; measures */
};

/* Times are rounded to six digits, values are not. Control bytes of texts for
 * people become '?'. */
void rkb_baseline_write(const struct rkb_baseline *b, struct rkb_buf *out);
/* RKB_E_DATA with NAME:LINE for what is no baseline, for one of a newer
 * version, and where means do not follow from the values of the queries. */
enum rkb_status rkb_baseline_read(struct rkb_arena *a, struct rkb_lines *in,
                                  struct rkb_baseline *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* The measure of a set that a name in any spelling means: the canonical name,
 * else the same with the level of relevance that the collection counts from
 * ("RR@10" finds "RR(rel=2)@10"). SIZE_MAX: it has none. RKB_E_USAGE for a name
 * that no measure has. */
enum rkb_status rkb_baseline_measure(const struct rkb_baseline_set *s,
                                     rkb_sv name, size_t *out,
                                     struct rkb_err *err) RKB_MUST_CHECK;

/* NULL: there is none of this data set. */
const struct rkb_baseline_set *rkb_baseline_find(const struct rkb_baseline *b,
                                                 rkb_sv dataset);

#endif
