/* SPDX-License-Identifier: Apache-2.0 */
/* What an order costs: calls, tokens, seconds, dollars, arithmetic. */
#include "reports/grid.h"
#include "reports/spent.h"
#include "reports/time_spent.h"

#include "base/sort.h"

#include <math.h>
#include <string.h>

struct costs {
    struct rkb_gathered data;
    struct rkb_spent *spent; /* [n] as data.runs */
};

static enum rkb_status open_costs(struct rkb_arena *a,
                                  const struct rkb_report_want *want,
                                  struct costs *c, struct rkb_err *err)
{
    enum rkb_status rc = rkb_gather(a, want, &c->data, err);

    if (rc)
        return rc;
    c->spent = rkb_arena_new(a, c->data.n_runs, sizeof *c->spent);
    for (size_t i = 0; i < c->data.n_runs && !rc; i++)
        rc = rkb_spent(a, want->store, &c->data.runs[i], &c->spent[i], err);
    return rc;
}

static bool repeats(const struct costs *c)
{
    for (size_t i = 0; i < c->data.n_runs; i++)
        if (c->data.runs[i].row.repeat > 1)
            return true;
    return false;
}

/* ---- units ------------------------------------------------------------------ */

/* Seconds, or milliseconds where nothing takes a tenth of a second. */
struct unit {
    const char *name;
    double scale;
    int digits;
};

/* `here` [n_runs] picks the runs of a table; NULL: all. */
static struct unit unit_of(const struct costs *c, const bool *here,
                           const struct rkb_report_want *want)
{
    struct unit unit = { "ms", 1e3, 4 };

    for (size_t i = 0; i < c->data.n_runs; i++)
        for (size_t k = 0; k < c->spent[i].n_latency && (!here || here[i]); k++)
            if (c->spent[i].latency_s[k] >= 0.1)
                unit = (struct unit){ "s", 1, 3 };
    if (rkb_optset_get(want->options, "digits")->given)
        unit.digits = (int)rkb_optset_int(want->options, "digits");
    return unit;
}

static void time_cell(struct rkb_table *t, struct unit unit,
                      const struct rkb_spent *s,
                      const struct rkb_report_math *math, double p)
{
    bool at_least;
    double seconds = rkb_spent_percentile(s, math, p, &at_least);

    rkb_table_real(t, unit.scale * seconds, unit.digits);
    if (at_least)
        rkb_table_super(t, (t->n_cells - 1) / t->n_columns,
                        (t->n_cells - 1) % t->n_columns, "F");
}

/* "0.43 to 0.48", or "from 0.43" where nothing bounds it from above. Several
 * requests of a query are not independent, so they have none. */
static void interval_cell(struct rkb_table *t, struct unit unit,
                          const struct rkb_spent *s,
                          const struct rkb_report_math *math, double p)
{
    double lo, hi;

    if (s->n_timed < math->percentile_needs(p) || s->n_failed_s ||
        s->n_requests != s->n_timed) {
        rkb_table_none(t);
        return;
    }
    math->percentile_interval(s->request_s, s->n_requests, p, &lo, &hi);
    lo *= unit.scale;
    hi *= unit.scale;
    if (isnan(lo) && isnan(hi))
        rkb_table_none(t);
    else if (isnan(hi))
        rkb_table_printf(t, "from %.*f", unit.digits, lo);
    else if (isnan(lo))
        rkb_table_printf(t, "to %.*f", unit.digits, hi);
    else
        rkb_table_printf(t, "%.*f to %.*f", unit.digits, lo, unit.digits, hi);
}

/* Failed ones stay in: whoever leaves them out is fast. */
static void note_failed(const struct costs *c, size_t run, struct rkb_table *t)
{
    const struct rkb_spent *s = &c->spent[run];

    if (s->n_failed_s)
        rkb_table_note(t,
                       "%s: %zu of %zu requests failed; percentiles have them "
                       "as no faster than what was waited (F: at least so "
                       "much)",
                       c->data.runs[run].label, s->n_failed_s,
                       s->n_failed_s + s->n_requests);
}

/* Only where there are times to be doubted. */
static bool is_marked(const struct rkb_spent *s)
{
    return s->loaded && s->n_latency;
}

static void note_loaded(const struct costs *c, const bool *here,
                        struct rkb_table *t)
{
    size_t n = 0, first = 0;

    for (size_t i = 0; i < c->data.n_runs; i++)
        if ((!here || here[i]) && is_marked(&c->spent[i]) && !n++)
            first = i;
    if (n)
        rkb_table_note_loaded(t, n, c->data.runs[first].label,
                              c->spent[first].loaded);
}

/* ---- efficiency -------------------------------------------------------------- */

/* The mean over finished queries; what only some of them tell is not one. */
static double mean_of(const struct rkb_spent *s, enum rkb_spent_kind kind)
{
    return s->n && s->n_told[kind] == s->n ? s->total[kind] / (double)s->n
                                           : (double)NAN;
}

static const struct rkb_price *price_of(const struct rkb_report_want *want,
                                        const struct rkb_report_run *r)
{
    return want->prices && r->model
               ? rkb_price_of(want->prices, rkb_sv_of(r->model))
               : NULL;
}

static void money_cells(const struct rkb_report_want *want, struct rkb_table *t,
                        const struct rkb_spent *s)
{
    const struct rkb_price *price = price_of(want, s->run);
    double prompt = mean_of(s, RKB_SPENT_PROMPT);
    double output = mean_of(s, RKB_SPENT_OUTPUT);
    /* What no server says is not in its cache. */
    double cached = s->n_told[RKB_SPENT_CACHED]
                        ? s->total[RKB_SPENT_CACHED] / (double)s->n
                        : 0;

    if (!price || isnan(prompt) || isnan(output)) {
        rkb_table_none(t);
        rkb_table_none(t);
        return;
    }
    rkb_table_real(t,
                   rkb_cost(price, (int64_t)s->total[RKB_SPENT_PROMPT],
                            (int64_t)s->total[RKB_SPENT_OUTPUT]) /
                       (double)s->n,
                   6);
    rkb_table_real(t, 2 * price->parameters * (prompt - cached + output) / 1e12,
                   2);
}

static void efficiency_row(const struct rkb_report_want *want,
                           struct rkb_table *t, const struct costs *c,
                           struct unit unit, const struct rkb_spent *s)
{
    const struct rkb_report_run *r = s->run;
    size_t median_column;

    rkb_table_text(t, r->label);
    rkb_table_text(t, r->model);
    rkb_table_text(t, r->dataset);
    rkb_table_text(t, r->first_stage);
    rkb_table_int(t, r->depth);
    if (repeats(c))
        rkb_table_int(t, r->row.repeat);
    rkb_queries_cell(t, r);
    for (int k = 0; k < RKB_SPENT_KINDS; k++)
        rkb_table_real(t, mean_of(s, (enum rkb_spent_kind)k), 1);
    median_column = t->n_cells % t->n_columns;
    time_cell(t, unit, s, want->math, 50);
    time_cell(t, unit, s, want->math, 95);
    if (want->prices)
        money_cells(want, t, s);
    if (is_marked(s) && s->n_timed >= want->math->percentile_needs(50))
        rkb_table_loaded(t, rkb_table_rows(t) - 1, median_column);
}

static void note_prices(const struct rkb_report_want *want,
                        const struct costs *c, struct rkb_table *t)
{
    for (size_t i = 0; want->prices && i < c->data.n_runs; i++) {
        const struct rkb_report_run *r = &c->data.runs[i];
        bool told = !r->model || price_of(want, r);

        for (size_t k = 0; k < i && !told; k++)
            told = c->data.runs[k].model &&
                   strcmp(c->data.runs[k].model, r->model) == 0;
        if (!told)
            rkb_table_note(t, "no price of '%s' is in the file", r->model);
    }
    if (want->prices)
        rkb_table_note(
            t, "TFLOP: 2 x parameters x (prompt tokens - cached tokens + "
               "output tokens), what the layers of a decoder take; attention "
               "over the context is not in it (Kaplan et al. 2020)");
}

static enum rkb_status build_efficiency(struct rkb_arena *a,
                                        const struct rkb_report_want *want,
                                        struct rkb_doc *doc,
                                        struct rkb_err *err)
{
    static const char *const kinds[] = { "calls", "prompt", "cached", "output",
                                         "reasoning" };
    struct costs c;
    enum rkb_status rc = open_costs(a, want, &c, err);

    if (rc)
        return rc;
    doc->title = "Efficiency";
    struct rkb_table *t = rkb_doc_table(doc, NULL);
    struct unit unit = unit_of(&c, NULL, want);

    rkb_table_column(t, "run", false);
    rkb_table_column(t, "model", false);
    rkb_table_column(t, "dataset", false);
    rkb_table_column(t, "first stage", false);
    rkb_table_column(t, "depth", true);
    if (repeats(&c))
        rkb_table_column(t, "repeat", true);
    rkb_table_column(t, "queries", true);
    rkb_table_column_of(t, NULL, kinds[0], true);
    for (size_t k = 1; k < RKB_COUNT(kinds); k++)
        rkb_table_column_of(t, "tokens", kinds[k], true);
    rkb_table_column_of(t, unit.name, "p50", true);
    rkb_table_column_of(t, unit.name, "p95", true);
    if (want->prices) {
        rkb_table_column(t, "USD", true);
        rkb_table_column(t, "TFLOP", true);
    }
    for (size_t i = 0; i < c.data.n_runs; i++)
        efficiency_row(want, t, &c, unit, &c.spent[i]);
    rkb_doc_caption(t, "Per query: means over finished queries, percentiles of "
                       "latency where there are enough of them.");
    for (size_t i = 0; i < c.data.n_runs; i++)
        note_failed(&c, i, t);
    note_loaded(&c, NULL, t);
    note_prices(want, &c, t);
    return RKB_OK;
}

const struct rkb_report_def rkb_report_efficiency = {
    .name = "efficiency",
    .summary = "calls, tokens, seconds, cost and arithmetic of a query",
    .takes = "prices",
    .build = build_efficiency,
};

/* ---- latency ------------------------------------------------------------------ */

/* Times are comparable within one of these only. */
static bool same_setting(const struct rkb_spent *x, const struct rkb_spent *y)
{
    return strcmp(x->run->dataset, y->run->dataset) == 0 &&
           strcmp(x->run->first_stage, y->run->first_stage) == 0 &&
           x->run->depth == y->run->depth &&
           strcmp(x->conditions, y->conditions) == 0 &&
           strcmp(x->conditions, "mixed") != 0 &&
           strcmp(x->conditions, "unknown") != 0;
}

/* How many times faster x is, over queries that both have a time of. */
static double speed_up(const struct rkb_spent *base, const struct rkb_spent *x,
                       size_t *n)
{
    double sum_base = 0, sum_x = 0;

    *n = 0;
    for (size_t i = 0, k = 0; i < base->n_latency && k < x->n_latency;) {
        if (base->latency_ord[i] < x->latency_ord[k]) {
            i++;
        } else if (base->latency_ord[i] > x->latency_ord[k]) {
            k++;
        } else {
            sum_base += base->latency_s[i++];
            sum_x += x->latency_s[k++];
            ++*n;
        }
    }
    return sum_x > 0 ? sum_base / sum_x : (double)NAN;
}

static double mean_latency(const struct rkb_spent *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->n_latency; i++)
        sum += s->latency_s[i];
    return s->n_latency ? sum / (double)s->n_latency : (double)NAN;
}

static const struct rkb_spent *baseline_for(const struct costs *c,
                                            const struct rkb_spent *s,
                                            const char *label)
{
    for (size_t i = 0; label && i < c->data.n_runs; i++)
        if (strcmp(c->data.runs[i].label, label) == 0 &&
            (s == &c->spent[i] || same_setting(s, &c->spent[i])))
            return &c->spent[i];
    return NULL;
}

static const double ps[] = { 50, 90, 95, 99 };
static const char *const p_names[] = { "p50", "p90", "p95", "p99" };

/* What a table of latency shows beside the usual. */
struct latency_extra {
    bool any_failed;
    size_t n_intervals; /* of ps[], which some run supports */
};

static struct latency_extra extra_of(const struct rkb_report_want *want,
                                     const struct costs *c,
                                     const bool *in_table)
{
    struct latency_extra e = { 0 };

    for (size_t i = 0; i < c->data.n_runs; i++) {
        const struct rkb_spent *s = &c->spent[i];

        e.any_failed |= in_table[i] && s->n_failed_s;
        while (in_table[i] && e.n_intervals < RKB_COUNT(ps) &&
               s->n_timed >= want->math->percentile_needs(ps[e.n_intervals]))
            e.n_intervals++;
    }
    return e;
}

static void latency_row(const struct rkb_report_want *want, struct rkb_table *t,
                        const struct costs *c, struct unit unit,
                        const struct rkb_spent *s, struct latency_extra extra)
{
    const char *label = rkb_optset_cstr(want->options, "baseline");
    const struct rkb_spent *base = baseline_for(c, s, label);
    const struct rkb_report_run *r = s->run;
    size_t n, mean_column;

    rkb_table_text(t, r->model);
    rkb_table_text(t, r->reranker);
    rkb_table_text(t, r->label);
    if (repeats(c))
        rkb_table_int(t, r->row.repeat);
    rkb_table_int(t, (int64_t)s->n_latency);
    mean_column = t->n_cells % t->n_columns;
    rkb_table_real(t, unit.scale * mean_latency(s), unit.digits);
    for (size_t i = 0; i < RKB_COUNT(ps); i++)
        time_cell(t, unit, s, want->math, ps[i]);
    for (size_t i = 0; i < extra.n_intervals; i++)
        interval_cell(t, unit, s, want->math, ps[i]);
    if (extra.any_failed)
        rkb_table_int(t, (int64_t)s->n_failed_s);
    if (label && base && base->n_latency && s->n_latency) {
        rkb_table_real(t, speed_up(base, s, &n), 2);
        rkb_table_int(t, (int64_t)n);
    } else if (label) {
        rkb_table_none(t);
        rkb_table_none(t);
    }
    if (is_marked(s))
        rkb_table_loaded(t, rkb_table_rows(t) - 1, mean_column);
}

static void latency_columns(const struct rkb_report_want *want,
                            const struct costs *c, struct unit unit,
                            struct latency_extra extra, struct rkb_table *t)
{
    const char *label = rkb_optset_cstr(want->options, "baseline");

    rkb_table_column(t, "backbone", false);
    rkb_table_column(t, "method", false);
    rkb_table_column(t, "run", false);
    if (repeats(c))
        rkb_table_column(t, "repeat", true);
    rkb_table_column(t, "n", true);
    rkb_table_column_of(t, unit.name, "mean", true);
    for (size_t i = 0; i < RKB_COUNT(ps); i++)
        rkb_table_column_of(t, unit.name, p_names[i], true);
    for (size_t i = 0; i < extra.n_intervals; i++)
        rkb_table_column_of(t, "95 % interval", p_names[i], true);
    if (extra.any_failed)
        rkb_table_column(t, "failed", true);
    if (label) {
        rkb_table_column(t, "times faster", true);
        rkb_table_column(t, "pairs", true);
    }
}

static void latency_notes(const struct rkb_report_want *want,
                          const struct costs *c, const bool *in_table,
                          struct rkb_table *t)
{
    const char *label = rkb_optset_cstr(want->options, "baseline");
    bool base = false, silent = false;

    for (size_t i = 0; i < c->data.n_runs; i++) {
        base |=
            in_table[i] && label && strcmp(c->data.runs[i].label, label) == 0;
        silent |= in_table[i] && !c->spent[i].n_latency;
    }
    if (label && base)
        rkb_table_note(t,
                       "times faster: mean latency of %s over that of the run, "
                       "over the queries that both finished",
                       label);
    else if (label)
        rkb_table_note(t, "%s did not run under these conditions: no ratio",
                       label);
    note_loaded(c, in_table, t);
    for (size_t i = 0; i < c->data.n_runs; i++) {
        const struct rkb_spent *s = &c->spent[i];

        if (in_table[i])
            note_failed(c, i, t);
        if (in_table[i] && s->n_late)
            rkb_table_note(t,
                           "%s: the generator was saturated, %lld queries were "
                           "sent late",
                           c->data.runs[i].label, (long long)s->n_late);
    }
    if (silent)
        rkb_table_note(t, "n = 0: answers that were recorded or cached have no "
                          "latency");
}

static enum rkb_status build_latency(struct rkb_arena *a,
                                     const struct rkb_report_want *want,
                                     struct rkb_doc *doc, struct rkb_err *err)
{
    const char *label = rkb_optset_cstr(want->options, "baseline");
    struct costs c;

    if (rkb_optset_cstr(want->options, "predict") &&
        !rkb_optset_flag(want->options, "breakdown"))
        return rkb_fail(err, RKB_E_USAGE, "--predict goes with --breakdown");
    if (label && rkb_optset_flag(want->options, "breakdown"))
        return rkb_fail(err, RKB_E_USAGE,
                        "--breakdown has no ratios: leave out --baseline");
    if (rkb_optset_flag(want->options, "breakdown"))
        return rkb_time_report(a, want, doc, err);
    enum rkb_status rc = open_costs(a, want, &c, err);
    bool there = !label;

    if (rc)
        return rc;
    bool *done = rkb_arena_new(a, c.data.n_runs, sizeof *done);
    bool *here = rkb_arena_new(a, c.data.n_runs, sizeof *here);

    for (size_t i = 0; i < c.data.n_runs; i++)
        there |= label && strcmp(c.data.runs[i].label, label) == 0;
    if (!there)
        return rkb_fail(err, RKB_E_USAGE, "no run of the report is called '%s'",
                        label);
    doc->title = "Latency";
    for (size_t i = 0; i < c.data.n_runs; i++) {
        const struct rkb_report_run *r = &c.data.runs[i];

        if (done[i])
            continue;
        struct rkb_table *t = rkb_doc_table(
            doc, rkb_arena_printf(a, "%s, %s, depth %lld: %s", r->dataset,
                                  r->first_stage, (long long)r->depth,
                                  c.spent[i].conditions));

        for (size_t k = i; k < c.data.n_runs; k++) {
            here[k] =
                !done[k] && (k == i || same_setting(&c.spent[i], &c.spent[k]));
            done[k] |= here[k];
        }
        struct unit unit = unit_of(&c, here, want);
        struct latency_extra extra = extra_of(want, &c, here);

        latency_columns(want, &c, unit, extra, t);
        for (size_t k = i; k < c.data.n_runs; k++)
            if (here[k])
                latency_row(want, t, &c, unit, &c.spent[k], extra);
        rkb_doc_caption(t,
                        "From handing over a query to having its order; "
                        "percentiles from %zu, %zu, %zu and %zu queries on.",
                        want->math->percentile_needs(ps[0]),
                        want->math->percentile_needs(ps[1]),
                        want->math->percentile_needs(ps[2]),
                        want->math->percentile_needs(ps[3]));
        if (strncmp(c.spent[i].conditions, "open:", 5) == 0)
            rkb_table_note(t, "times count from when a query was due");
        latency_notes(want, &c, here, t);
        memset(here, 0, c.data.n_runs * sizeof *here);
    }
    return RKB_OK;
}

const struct rkb_report_def rkb_report_latency = {
    .name = "latency",
    .summary = "backbones x methods, times under equal conditions only",
    .takes = "baseline breakdown predict",
    .build = build_latency,
};
