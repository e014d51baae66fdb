/* SPDX-License-Identifier: Apache-2.0 */
/* Reports: a row each in reports.def. A report reads the store and
 * reports/published/; it may subtract, average cells and rank stored values,
 * nothing more. What needs a definition from metrics/ is handed in. */
#ifndef RKB_REPORTS_REPORT_H
#define RKB_REPORTS_REPORT_H

#include "base/opt.h"
#include "reports/doc.h"
#include "runs/comparison.h"
#include "runs/prices.h"
#include "runs/store.h"

/* y = coef[0] + coef[1] x_1 + coef[2] x_2, and y at a point; NaN where it
 * cannot be told. */
struct rkb_report_fit {
    size_t n;
    double coef[3], se[3], r2, sd, at, at_se;
};

/* The definitions of metrics/, of which there is one each: reports may not
 * include them. All MUST. */
struct rkb_report_math {
    /* p in (0,100) of n >= 1 ascending values. */
    double (*percentile)(const double *sorted, size_t n, double p);
    /* The same where `bounds`, ascending too, are values that are known to be no
     * smaller; n + n_bounds >= 1. *at_least: so is the percentile. */
    double (*percentile_bounded)(const double *sorted, size_t n,
                                 const double *bounds, size_t n_bounds,
                                 double p, bool *at_least);
    /* The 95 % interval of the first, whatever the distribution; NaN where so
     * few values cannot tell an end. */
    void (*percentile_interval)(const double *sorted, size_t n, double p,
                                double *lo, double *hi);
    /* Fewer values than these have no such percentile. */
    size_t (*percentile_needs)(double p);
    double (*sd)(const double *values, size_t n); /* NaN for n < 2 */
    /* The 95 % interval of a mean; NaN where it cannot be told. */
    void (*interval)(const double *values, size_t n, double *lo, double *hi);
    bool (*smaller_is_better)(const char *measure);
    /* Is a value beyond the end of a band? */
    bool (*outside_band)(double value, double end, bool smaller_is_better);
    /* A plane through n points; x [n * 2]. */
    void (*fit)(const double *x, const double *y, size_t n, const double at[2],
                struct rkb_report_fit *out);
};

/* Comparisons that tables ask for and the store has not: a report computes
 * none. In the arena of the build. */
struct rkb_lacking {
    struct rkb_family *families; /* [n] one a table */
    size_t n;
};

struct rkb_report_want {
    struct rkb_store *store;
    const struct rkb_optset *options; /* of rkb_report_options          */
    const char *subject;              /* operand behind NAME; NULL: none */
    const struct rkb_report_math *math;
    const struct rkb_prices *prices; /* NULL: none given */
    struct rkb_lacking *lacking;     /* added to; NULL: nobody asks */
    /* [n_run_ids] these, whatever --runs says; NULL: --runs */
    const int64_t *run_ids;
    size_t n_run_ids;
};

struct rkb_report_def {
    const char *name, *summary;
    const char *takes;   /* "set baseline": options of rkb_report_options
                            beside those that every report takes; "" */
    const char *subject; /* what stands behind NAME: "PAPER"; NULL: nothing */
    const char *format;  /* unless --format or the ending of FILE says
                            otherwise; NULL: text */
    /* MUST. Everything that the document refers to is copied into it; the
     * arena is for the rest. */
    enum rkb_status (*build)(struct rkb_arena *a,
                             const struct rkb_report_want *want,
                             struct rkb_doc *doc, struct rkb_err *err);
};

/* NULL-terminated, in listing order. */
extern const struct rkb_report_def *const rkb_reports[];
/* Every option of every report; also what the command takes for itself. */
extern const struct rkb_opt rkb_report_options[];

/* NULL with RKB_E_USAGE and the names there are. */
const struct rkb_report_def *rkb_report_find(rkb_sv name, struct rkb_err *err);
/* RKB_E_USAGE for an option that was given and that this report does not take,
 * for a missing or superfluous subject. */
enum rkb_status rkb_report_check(const struct rkb_report_def *r,
                                 const struct rkb_optset *options,
                                 const char *subject, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
