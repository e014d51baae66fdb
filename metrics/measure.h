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
    size_t n_ret;           /* documents in the ranking, judged or not        */
    const int32_t *grades;  /* [n_qrels] of the query's qrels, largest first */
    size_t n_qrels;         /* all lines of the qrels for this query         */
    size_t n_judged;        /* leading grades >= 0                           */
    size_t n_pos;           /* leading grades > 0                            */
    const uint32_t *others; /* [n_others] ranks, ascending, of documents that
                               are in the qrels for other queries alone; only
                               where a measure has RKB_SEES_OTHERS */
    size_t n_others;
    int64_t n_collection; /* documents in the collection (-N), 0 = unknown */
};

enum rkb_aggregate {
    RKB_AGG_MEAN,
    RKB_AGG_SUM,
    RKB_AGG_GEOMETRIC, /* of values with a floor, as trec_eval's gm_ */
    RKB_AGG_COUNT,     /* number of queries                          */
    RKB_AGG_NONE       /* text (runid, relstring)                    */
};

struct rkb_measure_def;

/* What stands behind the dot in trec_eval's spelling, "P.5,10". */
enum rkb_measure_args {
    RKB_ARGS_NONE,
    RKB_ARGS_CUTS,   /* ranks >= 1, ascending: one value each      */
    RKB_ARGS_POINTS, /* numbers, ascending: one value each         */
    RKB_ARGS_LIST,   /* numbers in the order given: one value      */
    RKB_ARGS_PAIRS   /* "1=3,2=9", grade and gain: one value       */
};

/* What sets a measure apart; the first four are lists of trec_eval. */
enum {
    RKB_IN_OFFICIAL = 1,
    RKB_IN_SET = 2,
    RKB_IN_ALL_TREC = 4,              /* of both versions                   */
    RKB_IN_ALL_TREC_10 = 8,           /* of version 10 only                 */
    RKB_ONLY_10 = 16,                 /* version 9 has no such name         */
    RKB_NOT_IN_QUERIES = 32,          /* printed for "all" only             */
    RKB_NOT_IN_ALL = 64,              /* printed for queries only           */
    RKB_ZERO_IF_ABSENT = 128,         /* see rkb_measures_absent            */
    RKB_ALL_GRADES_IF_COMPLETE = 256, /* see rkb_measures_sum_init          */
    RKB_EXACT_CASE = 512,             /* elsewhere RBP means something else */
    RKB_SEES_OTHERS = 1024            /* looks at `others` of a ranking     */
};

/* A measure with its parameters and cut-offs, ready to be computed. */
struct rkb_measure {
    const struct rkb_measure_def *def;
    struct rkb_optset params; /* rel=..., dcg=...: rows of def->params      */
    int32_t rel;              /* smallest grade that counts as relevant     */
    int compat;               /* 9 or 10: whose values where they differ    */
    const double *cuts;       /* [n_cuts] cut-offs or other values          */
    size_t n_cuts;
    const double *gains; /* [n_gains][2] grade, gain ("1=3,2=9")       */
    size_t n_gains;
    double p;        /* the measure's own number: persistence, gmax    */
    bool exp_gain;   /* gain 2^grade - 1 instead of the grade          */
    size_t n_values; /* numbers calc writes: n_cuts for CUTS and POINTS,
                        otherwise 1 */
};

/* One row of measures.def. */
struct rkb_measure_def {
    const char *name;      /* canonical: "AP", "AP@k", "IPrec@x"; unique    */
    const char *trec_name; /* "map_cut", NULL where trec_eval has none      */
    const char *aliases;   /* further names, "MAP Foo", read in any case; or
                              NULL */
    const char *summary, *source;
    const struct rkb_opt *params; /* NULL: none; "rel" is known to spec.c */
    enum rkb_measure_args args;
    const char *args_name; /* LIST, PAIRS: their name in parentheses       */
    const char *fallback;  /* arguments when none are given, NULL: none    */
    size_t n_args;         /* LIST: how many there must be, 0 = any        */
    unsigned traits;       /* RKB_IN_... */
    enum rkb_aggregate agg;
    int version; /* bumped when values change */
    bool smaller_is_better;
    bool whole_number; /* printed without decimals */
    /* MAY be NULL. Reads params and arguments into `m`, once. */
    enum rkb_status (*prepare)(struct rkb_measure *m, struct rkb_err *err);
    /* MUST for numbers: n_values results, NaN = undefined. */
    void (*calc)(const struct rkb_measure *m, const struct rkb_judged *q,
                 double *out);
    /* MUST for text: appends the text. */
    void (*text)(const struct rkb_measure *m, const struct rkb_judged *q,
                 struct rkb_buf *out);
};

/* The i-th row of measures.def, NULL past the end. */
const struct rkb_measure_def *rkb_measure_at(size_t i);

#define RKB_MEASURE(id) extern const struct rkb_measure_def rkb_measure_##id;
#include "metrics/measures.def"
#undef RKB_MEASURE

#endif
