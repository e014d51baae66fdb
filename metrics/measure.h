/* SPDX-License-Identifier: Apache-2.0 */
/* Measures: one query's ranking joined with its judgments goes in, numbers
 * come out. Pure functions: no allocation, no I/O, no state.
 *
 * Positions of judged documents are enough for every measure, so a ranking
 * arrives sparse: a list of a thousand documents of which two are judged is
 * two hits. That makes a hundred measures cost about as much as three.
 */
#ifndef RKB_METRICS_MEASURE_H
#define RKB_METRICS_MEASURE_H

#include "base/buf.h"
#include "base/opt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A retrieved document that the qrels know. */
struct rkb_hit {
    uint32_t rank; /* from 1, in the ranking being measured */
    int32_t grade; /* negative = pooled but not judged (infAP, bpref) */
    double score;  /* 0 where the ranking has none */
};

/* One query's ranking joined with its judgments. Views only; owns nothing. */
struct rkb_judged {
    rkb_sv qid;
    rkb_sv tag;                 /* run tag of the file, may be empty        */
    const struct rkb_hit *hits; /* [n_hits] by rank, ascending              */
    size_t n_hits;
    size_t n_ret;          /* documents in the ranking, judged or not        */
    const int32_t *grades; /* [n_qrels] of the query's qrels, largest first */
    size_t n_qrels;        /* all lines of the qrels for this query         */
    size_t n_judged;       /* leading grades >= 0                           */
    size_t n_pos;          /* leading grades > 0                            */
    int64_t n_collection;  /* documents in the collection (-N), 0 = unknown */
};

enum rkb_aggregate {
    RKB_AGG_MEAN,
    RKB_AGG_SUM,
    RKB_AGG_GEOMETRIC, /* of values with a floor, as trec_eval's gm_ */
    RKB_AGG_COUNT,     /* number of queries                          */
    RKB_AGG_NONE       /* text (runid, relstring)                    */
};

struct rkb_measure_def;

/* A measure with its parameters and cut-offs, ready to be computed. */
struct rkb_measure {
    const struct rkb_measure_def *def;
    struct rkb_optset params; /* rel=..., dcg=...: rows of def->params      */
    int32_t rel;              /* smallest grade that counts as relevant     */
    const double *cuts;       /* [n_cuts] cut-offs or other values, as asked */
    size_t n_cuts;
    const double *gains; /* [n_gains][2] grade, gain ("1=3,2=9")       */
    size_t n_gains;
    size_t n_values; /* numbers calc writes: max(1, n_cuts)        */
};

/* One row of measures.def. */
struct rkb_measure_def {
    const char *name;      /* canonical family name: "nDCG", "AP", "P"      */
    const char *trec_name; /* "ndcg_cut", NULL where trec_eval has none     */
    const char *summary, *source;
    const struct rkb_opt *params; /* NULL: none */
    enum rkb_aggregate agg;
    int version; /* bumped when values change */
    bool smaller_is_better;
    bool whole_number; /* printed without decimals */
    /* MUST for numbers: n_values results, NaN = undefined. */
    void (*calc)(const struct rkb_measure *m, const struct rkb_judged *q,
                 double *out);
    /* MUST for text: appends the text. */
    void (*text)(const struct rkb_measure *m, const struct rkb_judged *q,
                 struct rkb_buf *out);
};

#endif
