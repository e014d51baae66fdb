/* SPDX-License-Identifier: Apache-2.0 */
/* One HTML page of everything: what it shows, read from the store once. Parts
 * of it are made by page_*.c; p_page.c puts them together. */
#ifndef RKB_REPORTS_PAGE_H
#define RKB_REPORTS_PAGE_H

#include "reports/figure.h"

enum {
    RKB_PAGE_TOP = 20,      /* documents shown of an order                  */
    RKB_PAGE_QUERIES = 1000 /* of a collection whose orders are on the page */
};

/* One run on one query. */
struct rkb_page_result {
    bool there;
    enum rkb_result_status status;
    const char *why;       /* NULL: none */
    int64_t id;            /* of the attempt */
    double latency_ms;     /* NaN: none */
    const uint32_t *order; /* [n_order] candidate indices; NULL: as it came,
                              or none when failed */
    size_t n_order;        /* at most RKB_PAGE_TOP */
};

struct rkb_page_run {
    const struct rkb_report_run *run;
    const char *name;       /* differs from those of its collection */
    size_t set;             /* which of the collection's candidate sets */
    struct rkb_spent spent; /* read for the overview */
    struct rkb_page_result *results; /* [n_queries] of sample 0 */
    double **values; /* [n_measures][n_queries], mean over samples; NaN */
};

struct rkb_page_query {
    const char *qid, *text; /* text NULL: not kept */
    bool shown;             /* its orders are on the page */
};

/* A set of candidates: which of its lists belongs to which query. */
struct rkb_page_set {
    int64_t id;
    const char *name; /* of the first stage */
    int64_t *ords;    /* [n] ascending      */
    size_t *queries;  /* [n]                */
    size_t n;
};

/* Runs over one dataset that rest on the same judgments. */
struct rkb_page_group {
    const char *name, *judged_by; /* NULL: never measured */
    struct rkb_digest judgments;
    int64_t judgment_set; /* 0: none */
    struct rkb_page_run *runs;
    size_t n_runs;
    struct rkb_page_set *sets;
    size_t n_sets;
    const char **measures; /* [n_measures] compared; the first leads */
    size_t n_measures, measures_cap;
    struct rkb_page_query *queries;
    size_t n_queries, n_shown;
    bool has_texts; /* of any query */
};

/* Two runs of a group, a minus b; of a run without any to be held against b
 * is RKB_PAGE_ALONE. */
#define RKB_PAGE_ALONE SIZE_MAX
struct rkb_page_pair {
    size_t group, a, b, measure;
    bool stored; /* by `compare`; else only subtracted */
    bool again;  /* another test of the pair before: no section of its own */
    bool forced; /* query sets differ                                      */
    const char *test, *correction; /* as `compare` calls them */
    int64_t n, win, tie, loss;     /* queries that both finished  */
    double mean_a, mean_b, diff;   /* NaN: none, as all that follow */
    double lo, hi, alpha, p, p_corrected;
    double ratio; /* of latencies: b over a */
};

struct rkb_page {
    struct rkb_arena *arena;
    const struct rkb_report_want *want;
    struct rkb_gathered data;
    const char **columns; /* [n_columns] measures of the overview */
    size_t n_columns, columns_cap;
    struct rkb_page_group *groups;
    size_t n_groups;
    struct rkb_page_pair *pairs;
    size_t n_pairs, pairs_cap;
    size_t n_figures; /* drawn so far */
    bool no_gnuplot;
};

/* Everything but the bulk that rkb_page_json reads as it writes. release frees
 * the lists that grow. */
enum rkb_status rkb_page_read(struct rkb_page *p, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_page_release(struct rkb_page *p);

/* The measure's index among those of the group, added where it is new. */
size_t rkb_page_measure(struct rkb_page_group *g, const char *name);

/* ---- comparisons (page_pairs.c) ------------------------------------------- */

/* Those that the store has and, for each run that is in none, the difference
 * from --baseline, from the first stage or from the first run. */
enum rkb_status rkb_page_find_pairs(struct rkb_page *p, struct rkb_err *err)
    RKB_MUST_CHECK;
/* With the values read: counts and means of those that are not stored. */
void rkb_page_weigh_pairs(struct rkb_page *p);
/* The difference on query i times --x100; NaN: one has no value. */
double rkb_page_difference(const struct rkb_page *p,
                           const struct rkb_page_pair *pair, size_t i);
/* A table of the group's comparisons; none when it has none. */
void rkb_page_pair_table(struct rkb_page *p, size_t group, struct rkb_doc *doc);
/* The section of a comparison but for its heading: a sentence, bars, and the
 * queries that moved most. */
void rkb_page_pair_html(const struct rkb_page *p,
                        const struct rkb_page_pair *pair, struct rkb_buf *out);

/* ---- bulk (page_json.c) --------------------------------------------------- */

/* One JSON object that may stand inside <script>: no '<', '>', U+2028. */
enum rkb_status rkb_page_json(struct rkb_page *p, struct rkb_buf *out,
                              struct rkb_err *err) RKB_MUST_CHECK;

/* ---- figures (page_figure.c) ----------------------------------------------- */

/* <figure>s with SVG inline: of one group, or with NULL of all together. Where
 * gnuplot cannot be started, a sentence says so once. */
enum rkb_status rkb_page_figures(struct rkb_page *p,
                                 const struct rkb_page_group *g,
                                 struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
