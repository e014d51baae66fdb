/* SPDX-License-Identifier: Apache-2.0 */
/* Measures as people write them, compiled to a list of slots: one slot per
 * number (or text) they give. Both spellings are read everywhere:
 *
 *     nDCG@10  AP(rel=2)@100  nDCG(dcg='exp-log2')@10  RR@10  P@5,10
 *     ndcg_cut.10,20  map  P.5,7,3  ndcg.1=3,2=9  ndcg_cut_10
 *     official  set  all_trec                        (lists of trec_eval)
 *
 * and each slot has one canonical name, which reads back to the same slot under
 * rel = 1. docs/measures.md has the whole table. */
#ifndef RKB_METRICS_SPEC_H
#define RKB_METRICS_SPEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/sv.h"
#include "metrics/measure.h"

/* What a name that does not say otherwise means. */
struct rkb_measure_rules {
    int32_t rel; /* smallest relevant grade, >= 0: -l or the collection's */
    int compat;  /* 9 or 10: whose lists and values where they differ     */
};

/* One number. All texts live in the arena of the list. */
struct rkb_slot {
    const char *name;      /* canonical: "nDCG@10", "AP(rel=2)@100"         */
    const char *trec_name; /* as trec_eval prints it, given -l: "map_cut_100";
                              the canonical name where it has none          */
    const char *label;     /* in the spelling it was asked for: print this  */
    const struct rkb_measure_def *def;
    size_t item;     /* ms->items[item] computes it          */
    size_t value;    /* as the value-th of its numbers       */
    bool in_queries; /* trec_eval -q prints it for a query   */
    bool in_all;     /* ... and in the block named "all"     */
    bool is_text;    /* rkb_slot_text, not rkb_slot_format   */
    bool again;      /* an earlier slot has the same `name`  */
    bool plain;      /* named without arguments and options  */
};

struct rkb_measure_item {
    struct rkb_measure measure;
    size_t order;      /* its row in measures.def            */
    size_t first_slot; /* of measure.n_values slots in a row */
    rkb_sv args;       /* as they were written, may be empty */
    bool as_trec;      /* asked for in trec_eval's spelling  */
    size_t asked;      /* how many were asked for before it  */
};

/* A zeroed struct is a valid empty list. Slots are in trec_eval's printing
 * order, whatever the order of asking; within one measure first trec_eval's
 * spelling, then the others as asked. Constant once filled: calc may then run
 * in many threads. */
struct rkb_measures {
    struct rkb_arena arena;
    struct rkb_measure_item *items;
    size_t n_items, cap_items;
    struct rkb_slot *slots;
    size_t n_slots;
    int compat; /* of the last rules */
};

void rkb_measures_release(struct rkb_measures *ms);

/* Adds one measure or one of trec_eval's lists. A label that is there already
 * is not added twice. In trec_eval's dotted spelling the first parameters of
 * a measure win, as there: "P", "P.2", "P.3" is P_2 alone.
 * What stands behind the dot of a list, or of a measure that takes nothing,
 * is ignored, as there ("all_trec.5", "map.3"), and so is the fraction of a
 * cut-off ("ndcg_cut.23.4").
 * RKB_E_USAGE for an unknown name (with the nearest one) and for parameters
 * that the measure refuses, also where trec_eval would skip a part ("P.5x").
 * `ms` is as before on failure. */
enum rkb_status rkb_measures_add(struct rkb_measures *ms, rkb_sv text,
                                 const struct rkb_measure_rules *rules,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* Whether any of them has the trait (RKB_SEES_OTHERS). */
bool rkb_measures_need(const struct rkb_measures *ms, unsigned trait);

/* Index of the slot with this label, canonical name or trec_eval name;
 * SIZE_MAX when there is none. */
size_t rkb_measures_find(const struct rkb_measures *ms, rkb_sv name);

/* Slot indices in the order in which their measures were asked for: for the
 * columns of tables. order [n_slots]. */
void rkb_measures_as_asked(const struct rkb_measures *ms, size_t *order);

/* values [n_slots]; NaN = undefined, and NaN in text slots. No allocation. */
void rkb_measures_calc(const struct rkb_measures *ms,
                       const struct rkb_judged *q, double *values);

/* The values of a judged query that the run lacks, under -c: zeros with
 * compat 9; with 10 those of a ranking of one unknown document, from which
 * trec_eval 10 resets some to 0. `q` has no hits and n_ret = 1 for that
 * document (0 when -J or -M 0 takes it away). */
void rkb_measures_absent(const struct rkb_measures *ms,
                         const struct rkb_judged *q, double *values);

/* The number as trec_eval prints it, without name and tab: "%6.4f", or "%ld"
 * for whole numbers; any NaN is "  -nan". */
void rkb_slot_format(const struct rkb_slot *slot, double value,
                     struct rkb_buf *out);
/* "%6.4f" of any double; the fast path of rkb_slot_format. */
void rkb_format_4f(double value, struct rkb_buf *out);

/* The text of a text slot as trec_eval prints it: runid needs q->tag only,
 * relstring brings its quotes. `absent` as above (compat 10). */
void rkb_slot_text(const struct rkb_measures *ms, size_t slot,
                   const struct rkb_judged *q, bool absent,
                   struct rkb_buf *out);

/* The block named "all": the floating-point operations of trec_eval in its
 * order, so add queries in its order (qid as bytes, ascending). */
struct rkb_measures_sum {
    const struct rkb_measures *of;
    double *sums; /* [n_slots] */
    size_t n_queries, n_absent;
    bool complete;
};
/* Memory comes from `a`. `complete` = -c: queries without a ranking count,
 * and num_rel then counts every grade > 0 of the qrels, whatever -l says. */
void rkb_measures_sum_init(struct rkb_measures_sum *sum, struct rkb_arena *a,
                           const struct rkb_measures *ms, bool complete);
/* q is the query that gave the values; its grades are looked at. */
void rkb_measures_sum_add(struct rkb_measures_sum *sum,
                          const struct rkb_judged *q, const double *values);
/* Only with `complete`; `values` from rkb_measures_absent. */
void rkb_measures_sum_absent(struct rkb_measures_sum *sum,
                             const struct rkb_judged *q, const double *values);
/* out [n_slots]: means, sums, geometric means, counts by the measure's
 * `agg`; NaN in text slots. One undefined value makes a mean undefined. */
void rkb_measures_sum_finish(const struct rkb_measures_sum *sum, double *out);

#endif
