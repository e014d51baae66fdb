/* SPDX-License-Identifier: Apache-2.0 */
/* Runs beside each other: differences that are more than luck, and where they
 * come from. */
#include "base/log.h"
#include "base/mem.h"
#include "base/sort.h"
#include "harness/cli/command.h"
#include "harness/eval/agree.h"
#include "harness/eval/compare.h"
#include "metrics/stats_agree.h"
#include "reports/table.h"

#include <math.h>

static const struct rkb_opt options[] = {
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "where results are kept" },
    { .name = "qrels",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "compare run files against these judgments; nothing is stored" },
    { .name = "measure",
      .letter = 'm',
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "M",
      .help = "nDCG@10 and the like (default: the collection's headline, "
              "nDCG@10)" },
    { .name = "test",
      .type = RKB_OPT_CHOICE,
      .choices = "randomization|t|wilcoxon",
      .fallback = "randomization",
      .help = "where p-values come from" },
    { .name = "correction",
      .type = RKB_OPT_CHOICE,
      .choices = "holm|bonferroni|bh|none",
      .fallback = "holm",
      .help = "of p-values, over all of the table" },
    { .name = "alpha",
      .type = RKB_OPT_REAL,
      .fallback = "0.05",
      .min = 0.0001,
      .max = 0.5,
      .help = "intervals have 1 - alpha, a corrected p below it is starred" },
    { .name = "seed",
      .type = RKB_OPT_INT,
      .fallback = "42",
      .min = 0,
      .max = 9e15,
      .help = "of everything random" },
    { .name = "per-query",
      .type = RKB_OPT_FLAG,
      .help = "list the queries that moved instead, largest move first" },
    { .name = "agreement",
      .type = RKB_OPT_FLAG,
      .help = "say instead how far orders and values agree with the "
              "baseline's; of runs of the store" },
    { .name = "force",
      .type = RKB_OPT_FLAG,
      .help = "compare what is in both where judgments or query sets differ" },
    { .name = "digits",
      .type = RKB_OPT_INT,
      .fallback = "4",
      .min = 1,
      .max = 17,
      .help = "decimals of values" },
    { .name = "threads",
      .letter = 'j',
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 256,
      .help = "threads; 0 = one a processor. Results do not depend on it" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md|tex|html",
      .fallback = "text",
      .help = "how to print" },
    { 0 },
};

struct compare {
    struct rkb_context *ctx;
    const struct rkb_optset *opts;
    struct rkb_store *store; /* NULL: files */
    struct rkb_panel panel;
    struct rkb_compare_want want;
    struct rkb_comparisons result;
    bool *timed;          /* [n_systems] */
    const char **untimed; /* [n_systems] why not, or NULL */
    int digits;
};

/* ---- setting up ------------------------------------------------------------- */

static enum rkb_status load(struct compare *c, const struct rkb_args *args,
                            struct rkb_err *err)
{
    const struct rkb_opt_value *measures = rkb_optset_get(c->opts, "measure");
    const char *qrels = rkb_optset_cstr(c->opts, "qrels");
    bool force = rkb_optset_flag(c->opts, "force");
    const struct rkb_store_options how = { .mode = RKB_STORE_WRITE };
    enum rkb_status rc;

    if (qrels) {
        rc = rkb_panel_read(&c->panel, qrels, args->operands, args->n_operands,
                            measures->all, measures->n_all, force, c->want.pool,
                            err);
        return rc ? rc : rkb_panel_look_files(&c->panel, err);
    }
    rc =
        rkb_store_open(&c->store, rkb_optset_cstr(c->opts, "store"), &how, err);
    if (!rc)
        rc = rkb_panel_load(&c->panel, c->store, args->operands,
                            args->n_operands, measures->all, measures->n_all,
                            force, err);
    return rc ? rc : rkb_panel_look(&c->panel, c->store, err);
}

static bool has_times(const struct compare *c, size_t system)
{
    const double *ns = c->panel.systems[system].latency_ns;
    bool any = false;

    for (size_t q = 0; q < c->panel.n_queries && ns && !any; q++)
        any = !isnan(ns[q]);
    return any;
}

static enum rkb_status find_times(struct compare *c, struct rkb_err *err)
{
    struct rkb_panel *p = &c->panel;
    enum rkb_status rc = RKB_OK;

    c->timed = rkb_arena_new(&p->arena, p->n_systems, sizeof *c->timed);
    c->untimed = rkb_arena_new(&p->arena, p->n_systems, sizeof *c->untimed);
    for (size_t i = 1; i < p->n_systems && c->store && !rc; i++) {
        if (!has_times(c, 0) || !has_times(c, i))
            continue;
        rc = rkb_panel_apart(p, c->store, 0, i, &c->untimed[i], err);
        c->timed[i] = !rc && !c->untimed[i];
    }
    return rc;
}

/* ---- the table ---------------------------------------------------------------- */

static const struct rkb_compared *times_of(const struct compare *c,
                                           size_t system)
{
    for (size_t i = 0; i < c->result.n; i++)
        if (c->result.rows[i].slot == SIZE_MAX &&
            c->result.rows[i].system == system)
            return &c->result.rows[i];
    return NULL;
}

/* Four digits: more of a p-value would be noise. */
static void four_digits(struct rkb_table *t, double value)
{
    if (isnan(value))
        rkb_table_none(t);
    else
        rkb_table_printf(t, "%.4g", value);
}

static void baseline_row(const struct compare *c, struct rkb_table *t,
                         size_t slot)
{
    const struct rkb_summary *b = &c->result.baseline[slot];

    rkb_table_text(t, c->panel.measures.slots[slot].name);
    rkb_table_text(t, c->panel.systems[0].name);
    rkb_table_int(t, (int64_t)b->n);
    rkb_table_real(t, b->mean, c->digits);
    rkb_table_real(t, b->lo, c->digits);
    rkb_table_real(t, b->hi, c->digits);
    for (int i = 0; i < 11; i++)
        rkb_table_none(t);
}

static void system_row(const struct compare *c, struct rkb_table *t,
                       const struct rkb_compared *row)
{
    const struct rkb_comparison *r = &row->c;
    const struct rkb_compared *times = times_of(c, row->system);

    rkb_table_sv(t, r->measure);
    rkb_table_text(t, c->panel.systems[row->system].name);
    rkb_table_int(t, r->n);
    rkb_table_real(t, r->mean_a, c->digits);
    rkb_table_real(t, r->lo_a, c->digits);
    rkb_table_real(t, r->hi_a, c->digits);
    rkb_table_real(t, r->diff, c->digits);
    rkb_table_real(t, r->lo, c->digits);
    rkb_table_real(t, r->hi, c->digits);
    four_digits(t, r->p);
    four_digits(t, r->p_corrected);
    rkb_table_text(t, r->p_corrected < c->want.alpha ? "*" : NULL);
    rkb_table_int(t, r->win);
    rkb_table_int(t, r->tie);
    rkb_table_int(t, r->loss);
    four_digits(t, r->effect);
    four_digits(t, times ? times->c.ratio : (double)NAN);
}

static void note_method(const struct compare *c, struct rkb_table *t)
{
    const struct rkb_comparisons *r = &c->result;
    const struct rkb_comparison *first = &r->rows[0].c;
    int64_t draws = 0;

    for (size_t i = 0; i < r->n; i++)
        draws = r->rows[i].c.draws > draws ? r->rows[i].c.draws : draws;
    rkb_table_note(t,
                   "differences are to %s; queries in all runs: %zu; "
                   "intervals %g %%",
                   c->panel.systems[0].name, r->n_common,
                   100 * (1 - c->want.alpha));
    if (draws)
        rkb_table_note(t,
                       "p: %.*s, two-sided, %lld draws, seed %llu; corrected: "
                       "%.*s over %zu",
                       (int)first->test.len, first->test.at, (long long)draws,
                       (unsigned long long)c->want.seed,
                       (int)first->correction.len, first->correction.at,
                       r->n_tests);
    else
        rkb_table_note(t, "p: %.*s, two-sided; corrected: %.*s over %zu",
                       (int)first->test.len, first->test.at,
                       (int)first->correction.len, first->correction.at,
                       r->n_tests);
    for (size_t i = 0; i < r->n; i++)
        if (r->rows[i].c.detectable > 0 &&
            !(r->rows[i].c.p_corrected < c->want.alpha))
            rkb_table_note(t,
                           "%.*s of %s: a difference of %.*f would be found "
                           ""
                           "four times of five",
                           (int)r->rows[i].c.measure.len,
                           r->rows[i].c.measure.at,
                           c->panel.systems[r->rows[i].system].name, c->digits,
                           r->rows[i].c.detectable);
}

static void note_times(const struct compare *c, struct rkb_table *t)
{
    const char *base = c->panel.systems[0].name;

    for (size_t i = 1; i < c->panel.n_systems; i++) {
        const char *name = c->panel.systems[i].name;
        const struct rkb_compared *times = times_of(c, i);

        if (c->untimed[i])
            rkb_table_note(t, "%s: no ratio of times, %s", name, c->untimed[i]);
        if (!times || isnan(times->c.ratio))
            continue;
        const struct rkb_comparison *r = &times->c;

        if (isnan(r->ratio_lo))
            rkb_table_note(t,
                           "%s is %.3g times as fast as %s (%lld queries: no "
                           "interval)",
                           name, r->ratio, base, (long long)r->n);
        else
            rkb_table_note(t,
                           "%s is %.3g +- %.2g times %s %s (%.3g to %.3g, "
                           "%lld queries, %.4g and %.4g ms)",
                           name, r->ratio, r->ratio_sd,
                           r->ratio >= 1 ? "faster than" : "as fast as", base,
                           r->ratio_lo, r->ratio_hi, (long long)r->n, r->mean_a,
                           r->mean_b);
    }
}

static enum rkb_status print_table(const struct compare *c, struct rkb_err *err)
{
    static const struct rkb_column columns[] = {
        { "measure", false }, { "run", false },     { "queries", true },
        { "mean", true },     { "lo", true },       { "hi", true },
        { "diff", true },     { "diff lo", true },  { "diff hi", true },
        { "p", true },        { "p corr", true },   { "sig", false },
        { "win", true },      { "tie", true },      { "loss", true },
        { "d", true },        { "speed-up", true },
    };
    const struct rkb_comparisons *r = &c->result;
    struct rkb_table t = { 0 };

    for (size_t i = 0; i < RKB_COUNT(columns); i++)
        rkb_table_column(&t, columns[i].name, columns[i].number);
    for (size_t i = 0; i < r->n && r->rows[i].slot != SIZE_MAX; i++) {
        if (!i || r->rows[i - 1].slot != r->rows[i].slot)
            baseline_row(c, &t, r->rows[i].slot);
        system_row(c, &t, &r->rows[i]);
    }
    note_method(c, &t);
    note_times(c, &t);
    if (c->panel.forced)
        rkb_table_note(&t, "forced: judgments or query sets differ");
    enum rkb_status rc = rkb_table_write(&t, rkb_optset_text(c->opts, "format"),
                                         c->ctx->out, err);

    rkb_table_release(&t);
    return rc;
}

/* ---- queries that moved ---------------------------------------------------------- */

struct mover {
    size_t row, query;
    double value, base, diff;
};

static int largest_first(const void *a, const void *b, void *ctx)
{
    double x = fabs(((const struct mover *)a)->diff);
    double y = fabs(((const struct mover *)b)->diff);

    (void)ctx;
    return (x < y) - (x > y);
}

static void add_movers(const struct compare *c, struct rkb_table *t, size_t row)
{
    const struct rkb_panel *p = &c->panel;
    const struct rkb_compared *r = &c->result.rows[row];
    const double *a = p->systems[r->system].values + r->slot * p->n_queries;
    const double *b = p->systems[0].values + r->slot * p->n_queries;
    struct mover *movers = rkb_new(p->n_queries, sizeof *movers);
    size_t n = 0;

    for (size_t q = 0; q < p->n_queries; q++)
        if (!isnan(a[q]) && !isnan(b[q]) && (a[q] > b[q] || a[q] < b[q]))
            movers[n++] = (struct mover){ row, q, a[q], b[q], a[q] - b[q] };
    rkb_sort(movers, n, sizeof *movers, largest_first, NULL);
    for (size_t i = 0; i < n; i++) {
        rkb_table_sv(t, r->c.measure);
        rkb_table_text(t, p->systems[r->system].name);
        rkb_table_sv(t, p->qids.keys[movers[i].query]);
        rkb_table_real(t, movers[i].base, c->digits);
        rkb_table_real(t, movers[i].value, c->digits);
        rkb_table_printf(t, "%+.*f", c->digits, movers[i].diff);
    }
    rkb_table_note(t,
                   "%.*s of %s: %zu of %lld queries moved, %lld up, %lld "
                   "down",
                   (int)r->c.measure.len, r->c.measure.at,
                   p->systems[r->system].name, n, (long long)r->c.n,
                   (long long)r->c.win, (long long)r->c.loss);
    rkb_free(movers);
}

static enum rkb_status print_movers(const struct compare *c,
                                    struct rkb_err *err)
{
    static const struct rkb_column columns[] = {
        { "measure", false }, { "run", false },  { "query", false },
        { "baseline", true }, { "value", true }, { "diff", true },
    };
    struct rkb_table t = { 0 };

    for (size_t i = 0; i < RKB_COUNT(columns); i++)
        rkb_table_column(&t, columns[i].name, columns[i].number);
    for (size_t i = 0; i < c->result.n; i++)
        if (c->result.rows[i].slot != SIZE_MAX)
            add_movers(c, &t, i);
    rkb_table_note(&t, "baseline: %s", c->panel.systems[0].name);
    enum rkb_status rc = rkb_table_write(&t, rkb_optset_text(c->opts, "format"),
                                         c->ctx->out, err);

    rkb_table_release(&t);
    return rc;
}

/* ---- agreement --------------------------------------------------------------- */

/* Of values that both have. */
static double rmse_of(const struct rkb_panel *p, size_t system, size_t slot)
{
    const double *v = p->systems[system].values + slot * p->n_queries;
    const double *w = p->systems[0].values + slot * p->n_queries;
    double *a = rkb_new(p->n_queries, sizeof *a);
    double *b = rkb_new(p->n_queries, sizeof *b);
    size_t n = 0;

    for (size_t q = 0; q < p->n_queries; q++)
        if (!isnan(v[q]) && !isnan(w[q])) {
            a[n] = v[q];
            b[n++] = w[q];
        }
    double rmse = rkb_rmse(a, b, n);

    rkb_free(a);
    rkb_free(b);
    return rmse;
}

static enum rkb_status agreement_row(const struct compare *c,
                                     struct rkb_table *t, size_t system,
                                     struct rkb_err *err)
{
    const struct rkb_panel *p = &c->panel;
    struct rkb_agreement agree;
    enum rkb_status rc = rkb_agree(c->store, p->systems[0].run.id,
                                   p->systems[system].run.id, &agree, err);

    if (rc)
        return rc;
    rkb_table_text(t, p->systems[system].name);
    rkb_table_int(t, (int64_t)agree.n);
    rkb_table_real(t, agree.tau_b, c->digits);
    rkb_table_real(t, agree.rbo, c->digits);
    rkb_table_real(t, agree.overlap, c->digits);
    rkb_table_real(t, agree.churn, 2);
    for (size_t s = 0; s < p->measures.n_slots; s++)
        rkb_table_real(t, rmse_of(p, system, s), c->digits);
    return RKB_OK;
}

static enum rkb_status print_agreement(const struct compare *c,
                                       struct rkb_err *err)
{
    static const char *const columns[] = { "queries", "tau-b", "RBO(0.9)",
                                           "overlap@10", "moved@10" };
    struct rkb_table t = { 0 };
    enum rkb_status rc = RKB_OK;

    rkb_table_column(&t, "run", false);
    for (size_t i = 0; i < RKB_COUNT(columns); i++)
        rkb_table_column(&t, columns[i], true);
    for (size_t s = 0; s < c->panel.measures.n_slots; s++)
        rkb_table_column_of(&t, "RMSE", c->panel.measures.slots[s].name, true);
    for (size_t i = 1; i < c->panel.n_systems && !rc; i++)
        rc = agreement_row(c, &t, i, err);
    rkb_table_note(&t,
                   "with %s; means over queries that both finished; moved@10: "
                   "ranks by which its top 10 moved; RMSE of values by query",
                   c->panel.systems[0].name);
    if (!rc)
        rc = rkb_table_write(&t, rkb_optset_text(c->opts, "format"),
                             c->ctx->out, err);
    rkb_table_release(&t);
    return rc;
}

/* ---- what looks wrong --------------------------------------------------------------- */

static void warn_system(const struct compare *c, const struct rkb_system *s)
{
    const struct rkb_measures *ms = &c->panel.measures;

    if (!s->n_ranked)
        return;
    if (s->n_one_score)
        rkb_log(RKB_LOG_WARN,
                "%s gave all documents one score in %zu of %zu queries",
                s->name, s->n_one_score, s->n_ranked);
    if (s->n_unchanged == s->n_ranked) {
        if (s != c->panel.systems) /* the baseline may be the first stage */
            rkb_log(RKB_LOG_WARN, "%s left the order of every query unchanged",
                    s->name);
        return;
    }
    for (size_t i = 0; i < ms->n_slots; i++) {
        const struct rkb_slot *slot = &ms->slots[i];
        const struct rkb_ties *t = &s->ties[i];
        bool worse = slot->def->smaller_is_better
                         ? s->finished[i] > s->first[i]
                         : s->finished[i] < s->first[i];

        if (worse)
            rkb_log(RKB_LOG_WARN,
                    "%s is worse than its own first stage: %s %.4f, before "
                    "%.4f",
                    s->name, slot->name, s->finished[i], s->first[i]);
        if (s->tied[i])
            rkb_log(RKB_LOG_WARN,
                    "%s has %zu tied scores within %s: over all orders of the "
                    "ties it is %.4f to %.4f, %.4f expected",
                    s->name, t->n_tied, slot->name, t->worst, t->best,
                    t->expected);
    }
}

static enum rkb_status tell_coverage(const struct compare *c,
                                     struct rkb_err *err)
{
    const struct rkb_comparisons *r = &c->result;

    if (!r->n_missing)
        return RKB_OK;
    return rkb_fail(err, RKB_E_INCOMPLETE,
                    "%zu of %zu queries have no value in one of the runs, and "
                    "no part in their comparison",
                    r->n_missing, r->n_common);
}

static enum rkb_status print(const struct compare *c, struct rkb_err *err)
{
    if (rkb_optset_flag(c->opts, "agreement"))
        return print_agreement(c, err);
    return rkb_optset_flag(c->opts, "per-query") ? print_movers(c, err)
                                                 : print_table(c, err);
}

static enum rkb_status check_options(const struct rkb_optset *o,
                                     struct rkb_err *err)
{
    if (rkb_optset_flag(o, "agreement") && rkb_optset_flag(o, "per-query"))
        return rkb_fail(err, RKB_E_USAGE,
                        "--agreement and --per-query are two tables");
    if (rkb_optset_flag(o, "agreement") && rkb_optset_cstr(o, "qrels"))
        return rkb_fail(err, RKB_E_USAGE,
                        "--agreement is of runs of the store; `import` brings "
                        "files in");
    return RKB_OK;
}

static enum rkb_status run_compare(struct rkb_context *ctx,
                                   const struct rkb_args *args,
                                   struct rkb_err *err)
{
    const struct rkb_optset *o = &args->opts;
    struct compare c = {
        .ctx = ctx,
        .opts = o,
        .digits = (int)rkb_optset_int(o, "digits"),
        .want = { .test = (enum rkb_test)rkb_optset_int(o, "test"),
                  .correction =
                      (enum rkb_correction)rkb_optset_int(o, "correction"),
                  .alpha = rkb_optset_real(o, "alpha"),
                  .seed = (uint64_t)rkb_optset_int(o, "seed") },
    };
    enum rkb_status rc;

    c.want.pool = rkb_pool_open((size_t)rkb_optset_int(o, "threads"));
    rc = check_options(o, err);
    if (!rc)
        rc = load(&c, args, err);
    if (!rc)
        rc = find_times(&c, err);
    if (!rc) {
        rkb_compare(&c.panel, &c.want, c.timed, &c.result);
        if (!c.result.n_common)
            rc = rkb_fail(err, RKB_E_DATA, "there is no query in common");
    }
    if (!rc && c.store)
        rc = rkb_compare_store(c.store, &c.result, err);
    if (!rc)
        rc = print(&c, err);
    for (size_t i = 0; i < c.panel.n_systems && !rc; i++)
        warn_system(&c, &c.panel.systems[i]);
    if (!rc)
        rc = tell_coverage(&c, err);
    rkb_panel_release(&c.panel);
    rkb_store_close(c.store);
    rkb_pool_close(c.want.pool);
    return rc;
}

const struct rkb_command_def rkb_command_compare = {
    .name = "compare",
    .summary = "paired differences of runs, with intervals and p-values",
    .usage = "BASELINE RUN...",
    .detail =
        "Each RUN is compared with BASELINE, query by query. They are runs of "
        "the\nstore (an id, a label, or label@dataset#repeat with globs), and "
        "what is\nfound is stored; with --qrels they are run files. "
        "Differences are RUN minus\nBASELINE; win, tie and loss count "
        "queries; d is Cohen's, of pairs; speed-up\nis the baseline's mean "
        "time over the run's. docs/statistics.md has formulas\nand says which "
        "test to take.",
    .options = options,
    .min_operands = 2,
    .max_operands = 1000,
    .run = run_compare,
};
