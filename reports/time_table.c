/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/gather.h"
#include "reports/time_spent.h"

#include <math.h>

/* ---- parts -------------------------------------------------------------------- */

/* Zero in every run: without streams there are no first tokens, without
 * trouble no retries. */
static bool is_empty(const struct rkb_time_spent *runs, size_t n, int part)
{
    for (size_t i = 0; i < n; i++)
        if (runs[i].parts_ns[part])
            return false;
    return true;
}

static double mean_ms(const struct rkb_time_spent *s, int64_t ns)
{
    return s->n ? (double)ns / 1e6 / (double)s->n : (double)NAN;
}

static void parts_table(const struct rkb_time_spent *runs, size_t n,
                        struct rkb_table *t)
{
    const char *group = "ms of a query";
    bool empty = false;

    rkb_table_column(t, "run", false);
    rkb_table_column(t, "n", true);
    for (int p = 0; p < RKB_TIME_PARTS; p++)
        if (is_empty(runs, n, p))
            empty = true;
        else
            rkb_table_column_of(
                t, group, rkb_time_part_name((enum rkb_time_part)p), true);
    rkb_table_column_of(t, group, "latency", true);
    rkb_table_column_of(t, "after the clock", "storing", true);
    for (size_t i = 0; i < n; i++) {
        const struct rkb_time_spent *s = &runs[i];

        rkb_table_text(t, s->label);
        rkb_table_int(t, (int64_t)s->n);
        for (int p = 0; p < RKB_TIME_PARTS; p++)
            if (!is_empty(runs, n, p))
                rkb_table_real(t, mean_ms(s, s->parts_ns[p]), 3);
        rkb_table_real(t, mean_ms(s, s->latency_ns), 3);
        rkb_table_real(t, s->store_ms, 3);
        if (s->n_unknown)
            rkb_table_note(t,
                           "%s: %zu queries are left out, whose calls do not "
                           "tell when they began (an older store)",
                           s->label, s->n_unknown);
        else if (!s->n)
            rkb_table_note(t,
                           "%s: no query has a latency (recorded and cached "
                           "answers have none)",
                           s->label);
    }
    rkb_doc_caption(t, "Means over n finished queries. What the order waited "
                       "for: calls that ran beside a longer one are in no "
                       "part, so that the parts sum to the latency.");
    if (empty)
        rkb_doc_caption(t, "Parts that took no time in any run are left out.");
    if (!is_empty(runs, n, RKB_TIME_FIRST_BYTE) &&
        is_empty(runs, n, RKB_TIME_FIRST_TOKEN))
        rkb_doc_caption(t, "Nothing was streamed: the server's whole work is "
                           "before the first byte.");
}

/* ---- costs of a call ------------------------------------------------------------ */

/* Of the calls of a run, a query's. */
struct means {
    double prompt, output, calls, ms;
};

static struct means means_of(const struct rkb_time_spent *s)
{
    struct means m = { 0 };

    for (size_t i = 0; i < s->n_calls; i++) {
        m.prompt += s->tokens[2 * i];
        m.output += s->tokens[2 * i + 1];
        m.ms += s->call_ms[i];
    }
    m.prompt /= (double)s->n_calls;
    m.output /= (double)s->n_calls;
    m.ms /= (double)s->n_calls;
    m.calls = (double)s->n_calls / (double)s->n;
    return m;
}

static void or_own(double *value, double own)
{
    if (isnan(*value))
        *value = own;
}

static void predict_cells(const struct rkb_time_spent *s,
                          const struct rkb_report_fit *fit,
                          const struct means *m, const struct rkb_predict *at,
                          struct rkb_table *t)
{
    /* What a query takes beside its calls stays. */
    double beside = mean_ms(s, s->latency_ns) - m->calls * m->ms;
    bool overlap = beside < 0;

    rkb_table_real(t, at->calls, 1);
    rkb_table_real(t, at->prompt, 1);
    rkb_table_real(t, at->output, 1);
    rkb_table_real(t, fit->at, 3);
    rkb_table_real(t, fit->at_se, 3);
    rkb_table_real(t, overlap ? (double)NAN : beside + at->calls * fit->at, 3);
    rkb_table_real(t, overlap ? (double)NAN : at->calls * fit->at_se, 3);
    rkb_table_real(t, mean_ms(s, s->latency_ns), 3);
    if (overlap)
        rkb_table_note(t,
                       "%s: its calls overlap, so that a query cannot be "
                       "predicted from a call",
                       s->label);
}

static void note_same(const struct rkb_time_spent *s,
                      const struct rkb_report_fit *fit, struct rkb_table *t)
{
    bool prompt = isnan(fit->coef[1]), output = isnan(fit->coef[2]);

    if (fit->n && (prompt || output))
        rkb_table_note(t,
                       "%s: cannot separate what %s cost from the rest of a "
                       "call: their number is the same in all calls, or goes "
                       "with the prompt's",
                       s->label,
                       prompt && output ? "prompt and output tokens"
                       : prompt         ? "prompt tokens"
                                        : "output tokens");
}

static void fit_row(const struct rkb_time_spent *s,
                    const struct rkb_report_math *math,
                    const struct rkb_predict *predict, struct rkb_table *t)
{
    struct means m = means_of(s);
    struct rkb_predict at =
        predict ? *predict : (struct rkb_predict){ NAN, NAN, NAN };
    struct rkb_report_fit fit;

    or_own(&at.prompt, m.prompt);
    or_own(&at.output, m.output);
    or_own(&at.calls, m.calls);
    math->fit(s->tokens, s->call_ms, s->n_calls,
              (double[]){ at.prompt, at.output }, &fit);
    rkb_table_text(t, s->label);
    rkb_table_int(t, (int64_t)s->n_calls);
    rkb_table_real(t, m.prompt, 1);
    rkb_table_real(t, m.output, 1);
    for (int j = 0; j < 3; j++) {
        double scale = j == 1 ? 1e3 : 1; /* microseconds */

        rkb_table_real(t, scale * fit.coef[j], 3);
        rkb_table_real(t, scale * fit.se[j], 3);
    }
    rkb_table_real(t, fit.r2, 4);
    rkb_table_real(t, fit.sd, 3);
    if (predict)
        predict_cells(s, &fit, &m, &at, t);
    note_same(s, &fit, t);
}

static void fit_table(const struct rkb_time_spent *runs, size_t n,
                      const struct rkb_report_math *math,
                      const struct rkb_predict *predict, struct rkb_table *t)
{
    static const char *const costs[] = { "ms a call", "us a prompt token",
                                         "ms an output token" };

    rkb_table_column(t, "run", false);
    rkb_table_column(t, "calls", true);
    rkb_table_column_of(t, "tokens a call", "prompt", true);
    rkb_table_column_of(t, "tokens a call", "output", true);
    for (size_t j = 0; j < RKB_COUNT(costs); j++) {
        rkb_table_column_of(t, costs[j], "cost", true);
        rkb_table_column_of(t, costs[j], "+-", true);
    }
    rkb_table_column(t, "R^2", true);
    rkb_table_column(t, "residual ms", true);
    if (predict) {
        static const char *const given[] = { "calls", "prompt", "output" };
        static const char *const told[] = { "predicted ms a call",
                                            "predicted ms a query" };

        for (size_t j = 0; j < RKB_COUNT(given); j++)
            rkb_table_column_of(t, "with", given[j], true);
        for (size_t j = 0; j < RKB_COUNT(told); j++) {
            rkb_table_column_of(t, told[j], "mean", true);
            rkb_table_column_of(t, told[j], "+-", true);
        }
        rkb_table_column_of(t, "measured", "ms a query", true);
    }
    for (size_t i = 0; i < n; i++)
        if (runs[i].n_calls)
            fit_row(&runs[i], math, predict, t);
        else
            rkb_table_note(t, "%s: no call tells its tokens", runs[i].label);
    rkb_doc_caption(t, "Time of an answered call = a + b x prompt tokens that "
                       "were not cached + c x output tokens, by least squares; "
                       "+- is the standard error. It holds for this server "
                       "under this load.");
    if (predict)
        rkb_doc_caption(t, "Predicted: that formula with other tokens; a query "
                           "is its calls one after another and what it took "
                           "beside them.");
}

void rkb_time_tables(const struct rkb_time_spent *runs, size_t n,
                     const struct rkb_report_math *math,
                     const struct rkb_predict *predict, struct rkb_doc *doc)
{
    bool calls = predict != NULL;

    for (size_t i = 0; i < n; i++)
        calls |= runs[i].n_calls > 0;
    parts_table(runs, n, rkb_doc_table(doc, "Where the time goes"));
    if (calls)
        fit_table(runs, n, math, predict,
                  rkb_doc_table(doc, "What a call costs"));
}

/* ---- the report ---------------------------------------------------------------- */

/* As a selector would have it, where labels alone do not tell runs apart. */
static const char *name_of(struct rkb_arena *a, const struct rkb_gathered *g,
                           size_t i)
{
    const struct rkb_report_run *r = &g->runs[i];
    bool alone = true;

    for (size_t k = 0; k < g->n_runs; k++)
        alone = alone && (k == i || !rkb_sv_eq(rkb_sv_of(g->runs[k].label),
                                               rkb_sv_of(r->label)));
    return alone ? r->label
                 : rkb_arena_printf(a, "%s@%s#%lld", r->label, r->dataset,
                                    (long long)r->row.repeat);
}

enum rkb_status rkb_time_report(struct rkb_arena *a,
                                const struct rkb_report_want *want,
                                struct rkb_doc *doc, struct rkb_err *err)
{
    const char *text = rkb_optset_cstr(want->options, "predict");
    struct rkb_predict predict;
    struct rkb_gathered g;
    enum rkb_status rc = RKB_OK;

    if (text)
        rc = rkb_predict_read(rkb_sv_of(text), &predict, err);
    if (!rc)
        rc = rkb_gather(a, want, &g, err);
    if (rc)
        return rc;
    struct rkb_time_spent *runs = rkb_arena_new(a, g.n_runs, sizeof *runs);

    for (size_t i = 0; i < g.n_runs && !rc; i++)
        rc = rkb_time_spent(a, want->store, g.runs[i].row.id, name_of(a, &g, i),
                            &runs[i], err);
    doc->title = "Latency";
    if (!rc)
        rkb_time_tables(runs, g.n_runs, want->math, text ? &predict : NULL,
                        doc);
    return rc;
}
