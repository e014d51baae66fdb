/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons on the page: of the store, or by subtraction. */
#include "reports/page.h"

#include "base/mem.h"
#include "base/sort.h"
#include "reports/page_html.h"

#include <math.h>
#include <string.h>

static const char LATENCY[] = "latency_ms"; /* a measure of comparisons */

enum { MOVERS = 5 }; /* shown up and down without a script */

static const struct rkb_page_group *group_of(const struct rkb_page *p,
                                             const struct rkb_page_pair *x)
{
    return &p->groups[x->group];
}

static const char *measure_of(const struct rkb_page *p,
                              const struct rkb_page_pair *x)
{
    const struct rkb_page_group *g = group_of(p, x);

    return x->measure < g->n_measures ? g->measures[x->measure] : NULL;
}

static bool is_lower(const struct rkb_page *p, const struct rkb_page_pair *x)
{
    const char *name = measure_of(p, x);

    return name && p->want->math->smaller_is_better(name);
}

/* ---- of the store ------------------------------------------------------------- */

static bool find_eval(const struct rkb_page *p, int64_t eval, size_t *group,
                      size_t *run)
{
    for (*group = 0; *group < p->n_groups; ++*group)
        for (*run = 0; *run < p->groups[*group].n_runs; ++*run) {
            const struct rkb_report_run *r = p->groups[*group].runs[*run].run;

            for (size_t e = 0; e < r->n_evals; e++)
                if (r->evals[e] == eval)
                    return true;
        }
    return false;
}

/* Both runs of a comparison, where the page has them side by side. */
static bool find_runs(const struct rkb_page *p, const struct rkb_comparison *c,
                      size_t *group, size_t *a, size_t *b)
{
    size_t other;

    return find_eval(p, c->eval_a, group, a) &&
           find_eval(p, c->eval_b, &other, b) && *group == other;
}

static struct rkb_page_pair *add_pair(struct rkb_page *p, size_t group,
                                      size_t a, size_t b)
{
    p->pairs =
        rkb_grow(p->pairs, &p->pairs_cap, p->n_pairs + 1, sizeof *p->pairs);
    p->pairs[p->n_pairs] = (struct rkb_page_pair){
        .group = group,
        .a = a,
        .b = b,
        .mean_a = NAN,
        .mean_b = NAN,
        .diff = NAN,
        .lo = NAN,
        .hi = NAN,
        .p = NAN,
        .p_corrected = NAN,
        .ratio = NAN,
    };
    return &p->pairs[p->n_pairs++];
}

/* What a table tested for its letters counts no wins: its cells may be averages
 * of repeats, where this is about two runs. */
static void add_stored(struct rkb_page *p, const struct rkb_comparison *c)
{
    size_t group, a, b;
    struct rkb_page_pair *x;

    if (c->win < 0 || rkb_sv_is(c->measure, LATENCY) ||
        !find_runs(p, c, &group, &a, &b))
        return;
    x = add_pair(p, group, a, b);
    x->stored = true;
    x->measure = rkb_page_measure(&p->groups[group],
                                  rkb_plain_text(p->arena, c->measure));
    x->test = rkb_plain_text(p->arena, c->test);
    x->correction = rkb_plain_text(p->arena, c->correction);
    x->forced = c->forced;
    x->n = c->n;
    x->win = c->win;
    x->tie = c->tie;
    x->loss = c->loss;
    x->mean_a = c->mean_a;
    x->mean_b = c->mean_b;
    x->diff = c->diff;
    x->lo = c->lo;
    x->hi = c->hi;
    x->alpha = c->alpha;
    x->p = c->p;
    x->p_corrected = c->p_corrected;
}

static void add_ratio(struct rkb_page *p, const struct rkb_comparison *c)
{
    size_t group, a, b;

    if (!rkb_sv_is(c->measure, LATENCY) || !find_runs(p, c, &group, &a, &b))
        return;
    for (size_t i = 0; i < p->n_pairs; i++) {
        struct rkb_page_pair *x = &p->pairs[i];

        if (x->group == group && x->a == a && x->b == b)
            x->ratio = c->ratio;
    }
}

static int by_size(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

/* In the order of runs and measures, not of rows in the store. The largest
 * family first: there p is the most careful one. */
static int by_content(const void *a, const void *b, void *ctx)
{
    const struct rkb_page_pair *x = a, *y = b;
    const struct rkb_page *p = ctx;
    int c = by_size(x->group, y->group);

    if (!c)
        c = by_size(x->b, y->b);
    if (!c && x->measure != y->measure)
        c = x->measure == 0   ? -1
            : y->measure == 0 ? 1
                              : strcmp(measure_of(p, x), measure_of(p, y));
    if (!c)
        c = by_size(x->a, y->a);
    if (!c)
        c = strcmp(x->test ? x->test : "", y->test ? y->test : "");
    if (!c)
        c = strcmp(x->correction ? x->correction : "",
                   y->correction ? y->correction : "");
    return c ? c
             : (x->p_corrected < y->p_corrected) -
                   (x->p_corrected > y->p_corrected);
}

static bool same_runs(const struct rkb_page_pair *x,
                      const struct rkb_page_pair *y)
{
    return x->group == y->group && x->a == y->a && x->b == y->b &&
           x->measure == y->measure;
}

/* The same test over several families of runs is shown once. */
static void drop_repeats(struct rkb_page *p)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_pairs; i++) {
        struct rkb_page_pair *x = &p->pairs[i];
        const struct rkb_page_pair *last = n ? &p->pairs[n - 1] : NULL;
        bool again = last && same_runs(last, x);

        if (again && x->stored && last->stored &&
            strcmp(last->test, x->test) == 0 &&
            strcmp(last->correction, x->correction) == 0)
            continue;
        x->again = again;
        p->pairs[n++] = *x;
    }
    p->n_pairs = n;
}

/* ---- what each run is held against ---------------------------------------------- */

static bool is_in_pair(const struct rkb_page *p, size_t group, size_t run)
{
    for (size_t i = 0; i < p->n_pairs; i++)
        if (p->pairs[i].group == group &&
            (p->pairs[i].a == run || p->pairs[i].b == run))
            return true;
    return false;
}

/* --baseline; else the first stage of its own candidates, any first stage,
 * the first run. */
static size_t baseline_of(const struct rkb_page *p,
                          const struct rkb_page_group *g, size_t run)
{
    const char *asked = rkb_optset_cstr(p->want->options, "baseline");
    size_t best = 0;
    int rank = 0;

    for (size_t i = 0; i < g->n_runs; i++) {
        const struct rkb_report_run *r = g->runs[i].run;
        bool same = g->runs[i].set == g->runs[run].set;
        bool first = strcmp(r->reranker, "first-stage") == 0;
        int now = asked && strcmp(r->label, asked) == 0 ? 3 + same
                  : first                               ? 1 + same
                                                        : 0;

        if (now > rank) {
            rank = now;
            best = i;
        }
    }
    return best;
}

/* A first stage that nothing is held against stands beside another one. */
static void pair_first_stages(struct rkb_page *p, size_t group)
{
    const struct rkb_page_group *g = &p->groups[group];

    for (size_t i = 0; i < g->n_runs; i++) {
        size_t other = 0;

        while (other < g->n_runs &&
               (other == i || baseline_of(p, g, other) != other))
            other++;
        if (!is_in_pair(p, group, i) && other < g->n_runs)
            add_pair(p, group, i, other);
    }
}

static enum rkb_status check_baseline(const struct rkb_page *p,
                                      struct rkb_err *err)
{
    const char *asked = rkb_optset_cstr(p->want->options, "baseline");

    for (size_t i = 0; i < p->data.n_runs && asked; i++)
        if (strcmp(p->data.runs[i].label, asked) == 0)
            return RKB_OK;
    return asked ? rkb_fail(err, RKB_E_USAGE,
                            "the baseline '%s' is none of the runs", asked)
                 : RKB_OK;
}

enum rkb_status rkb_page_find_pairs(struct rkb_page *p, struct rkb_err *err)
{
    struct rkb_comparison *rows = NULL;
    size_t n = 0;
    enum rkb_status rc = check_baseline(p, err);

    if (!rc)
        rc = rkb_store_comparisons(p->want->store, p->arena, (rkb_sv){ 0 },
                                   &rows, &n, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        add_stored(p, &rows[i]);
    for (size_t g = 0; g < p->n_groups; g++)
        for (size_t i = 0; i < p->groups[g].n_runs; i++) {
            size_t base = baseline_of(p, &p->groups[g], i);

            if (is_in_pair(p, g, i))
                continue;
            if (base != i)
                add_pair(p, g, i, base);
            else if (p->groups[g].n_runs == 1)
                add_pair(p, g, i, RKB_PAGE_ALONE);
        }
    for (size_t g = 0; g < p->n_groups; g++)
        pair_first_stages(p, g);
    for (size_t i = 0; i < n; i++)
        add_ratio(p, &rows[i]);
    rkb_sort(p->pairs, p->n_pairs, sizeof *p->pairs, by_content, p);
    drop_repeats(p);
    return RKB_OK;
}

/* ---- by query --------------------------------------------------------------------- */

static double value_at(const struct rkb_page *p, const struct rkb_page_pair *x,
                       size_t run, size_t i)
{
    return measure_of(p, x) ? group_of(p, x)->runs[run].values[x->measure][i]
                            : (double)NAN;
}

double rkb_page_difference(const struct rkb_page *p,
                           const struct rkb_page_pair *x, size_t i)
{
    double a = value_at(p, x, x->a, i), scale = rkb_measure_scale(p->want);

    return x->b == RKB_PAGE_ALONE ? a * scale
                                  : a * scale - value_at(p, x, x->b, i) * scale;
}

void rkb_page_weigh_pairs(struct rkb_page *p)
{
    for (size_t k = 0; k < p->n_pairs; k++) {
        struct rkb_page_pair *x = &p->pairs[k];
        const struct rkb_page_group *g = group_of(p, x);
        bool alone = x->b == RKB_PAGE_ALONE, lower = is_lower(p, x);
        double a = 0, b = 0;

        for (size_t i = 0; i < g->n_queries && !x->stored; i++) {
            double d = rkb_page_difference(p, x, i);

            if (isnan(d))
                continue;
            x->n++;
            x->win += lower ? d < 0 : d > 0;
            x->loss += lower ? d > 0 : d < 0;
            x->tie += d == 0;
            a += value_at(p, x, x->a, i);
            b += alone ? 0 : value_at(p, x, x->b, i);
        }
        if (x->stored || !x->n)
            continue;
        x->mean_a = a / (double)x->n;
        x->mean_b = alone ? (double)NAN : b / (double)x->n;
        x->diff = x->mean_a - x->mean_b;
    }
}

/* ---- table ------------------------------------------------------------------------- */

/* Of numbers of any size: p-values, ratios. */
static void digits_cell(struct rkb_table *t, double v, int digits)
{
    if (isnan(v))
        rkb_table_none(t);
    else
        rkb_table_printf(t, "%.*g", digits, v);
}

/* What the table of a group shows beside means and differences. */
struct shape {
    bool any, plain, timed;
    const struct rkb_page_pair *tested; /* the first; NULL: none */
    bool mixed;                         /* others by other tests */
};

static void pair_row(const struct rkb_page *p, const struct rkb_page_pair *x,
                     const struct shape *s, struct rkb_table *t)
{
    const struct rkb_page_group *g = group_of(p, x);
    double scale = rkb_measure_scale(p->want);
    int digits = rkb_measure_digits(p->want);

    rkb_table_text(t, g->runs[x->a].name);
    rkb_table_text(t, g->runs[x->b].name);
    rkb_table_text(t, measure_of(p, x));
    rkb_table_real(t, x->mean_a * scale, digits);
    rkb_table_real(t, x->mean_b * scale, digits);
    rkb_table_real(t, x->diff * scale, digits);
    if (s->tested) {
        rkb_table_real(t, x->lo * scale, digits);
        rkb_table_real(t, x->hi * scale, digits);
        digits_cell(t, x->p, 4);
        digits_cell(t, x->p_corrected, 4);
    }
    if (s->mixed)
        rkb_table_text(t, x->stored ? rkb_arena_printf(p->arena, "%s, %s",
                                                       x->test, x->correction)
                                    : NULL);
    rkb_table_int(t, x->win);
    rkb_table_int(t, x->tie);
    rkb_table_int(t, x->loss);
    if (s->timed)
        digits_cell(t, x->ratio, 3);
}

static void pair_columns(struct rkb_table *t, const struct shape *s)
{
    static const struct rkb_column heads[] = {
        { "run", false },        { "against", false },   { "measure", false },
        { "mean", true },        { "other mean", true }, { "difference", true },
        { "from", true },        { "to", true },         { "p", true },
        { "corrected p", true }, { "test", false },      { "better", true },
        { "equal", true },       { "worse", true },      { "speed-up", true }
    };

    for (size_t i = 0; i < RKB_COUNT(heads) - !s->timed; i++)
        if (i < 6 || i > 10 || (i < 10 ? s->tested != NULL : s->mixed))
            rkb_table_column(t, heads[i].name, heads[i].number);
}

static void note_forced(const struct rkb_page *p, const struct rkb_page_pair *x,
                        struct rkb_table *t)
{
    const struct rkb_page_group *g = group_of(p, x);

    if (x->forced)
        rkb_table_note(t,
                       "%s against %s: the queries differ; compared on "
                       "those that both have",
                       g->runs[x->a].name, g->runs[x->b].name);
}

static struct shape shape_of(const struct rkb_page *p, size_t group)
{
    struct shape s = { 0 };

    for (size_t i = 0; i < p->n_pairs; i++) {
        const struct rkb_page_pair *x = &p->pairs[i];

        if (x->group != group || x->b == RKB_PAGE_ALONE || !measure_of(p, x))
            continue;
        s.any = true;
        s.plain |= !x->stored;
        s.timed |= !isnan(x->ratio);
        s.mixed |= x->stored && s.tested &&
                   (strcmp(x->test, s.tested->test) != 0 ||
                    strcmp(x->correction, s.tested->correction) != 0);
        if (x->stored && !s.tested)
            s.tested = x;
    }
    return s;
}

static void note_pairs(const struct rkb_page *p, const struct shape *s,
                       struct rkb_table *t)
{
    const char *how =
        !s->tested || s->mixed
            ? ""
            : rkb_arena_printf(p->arena, "; p by %s, corrected by %s",
                               s->tested->test, s->tested->correction);

    if (s->tested)
        rkb_table_note(t,
                       "from, to: the %g %% interval of the difference, "
                       "paired by query%s",
                       100 * (1 - s->tested->alpha), how);
    if (s->plain)
        rkb_table_note(t, "`compare` adds intervals and p-values%s",
                       s->tested ? " where there are none" : "");
}

void rkb_page_pair_table(struct rkb_page *p, size_t group, struct rkb_doc *doc)
{
    struct shape s = shape_of(p, group);

    if (!s.any)
        return;
    struct rkb_table *t =
        rkb_doc_table(doc, rkb_arena_printf(p->arena, "Comparisons on %s",
                                            p->groups[group].name));

    pair_columns(t, &s);
    for (size_t i = 0; i < p->n_pairs; i++) {
        const struct rkb_page_pair *x = &p->pairs[i];

        if (x->group != group || x->b == RKB_PAGE_ALONE || !measure_of(p, x))
            continue;
        pair_row(p, x, &s, t);
        note_forced(p, x, t);
    }
    note_pairs(p, &s, t);
}

/* ---- section ------------------------------------------------------------------------ */

static void put_sentence(const struct rkb_page *p,
                         const struct rkb_page_pair *x, struct rkb_buf *out)
{
    double scale = rkb_measure_scale(p->want);
    int digits = rkb_measure_digits(p->want);
    bool better = is_lower(p, x) ? x->diff < 0 : x->diff > 0;

    rkb_buf_printf(
        out, "<p class=\"verdict\"><strong class=\"%s\">%+.*f</strong> in ",
        x->diff == 0 ? "even"
        : better     ? "up"
                     : "down",
        digits, x->diff == 0 ? 0 : x->diff * scale);
    rkb_html_text(out, measure_of(p, x));
    rkb_buf_printf(out, ": %.*f against %.*f", digits, x->mean_a * scale,
                   digits, x->mean_b * scale);
    if (!isnan(x->lo))
        rkb_buf_printf(out, " &middot; %g&nbsp;%% interval %+.*f to %+.*f",
                       100 * (1 - x->alpha), digits, x->lo * scale, digits,
                       x->hi * scale);
    if (!isnan(x->p)) {
        rkb_buf_printf(out, " &middot; p&nbsp;%.4g (", x->p);
        rkb_html_text(out, x->test);
        if (!isnan(x->p_corrected)) {
            rkb_buf_printf(out, "; %.4g corrected, ", x->p_corrected);
            rkb_html_text(out, x->correction);
        }
        rkb_buf_text(out, ")");
    }
    rkb_buf_printf(out,
                   " &middot; better on %lld, equal on %lld, worse on %lld of "
                   "%lld queries",
                   (long long)x->win, (long long)x->tie, (long long)x->loss,
                   (long long)x->n);
    if (!isnan(x->ratio))
        rkb_buf_printf(out, " &middot; %.3g times as fast", x->ratio);
    rkb_buf_text(out, "</p>\n");
}

struct mover {
    size_t query;
    double diff;
};

static int by_difference(const void *a, const void *b, void *ctx)
{
    const struct mover *x = a, *y = b;
    const struct rkb_page_query *queries = ctx;

    if (x->diff != y->diff)
        return x->diff > y->diff ? -1 : 1;
    return strcmp(queries[x->query].qid, queries[y->query].qid);
}

/* One outline for the bars above the line, one for those below. */
static void put_bars(const struct mover *m, size_t n, double hi, double lo,
                     bool above, struct rkb_buf *out)
{
    double zero = 100 * hi / (hi - lo);
    bool open = false;
    double last = NAN;

    for (size_t i = 0; i < n; i++) {
        bool bar = above ? m[i].diff > 0 : m[i].diff < 0;
        double y = 100 * (hi - m[i].diff) / (hi - lo);

        if (!bar)
            continue;
        if (!open)
            rkb_buf_printf(out, "M%zu %.1f", i, zero);
        open = true;
        if (y != last)
            rkb_buf_printf(out, "V%.1f", y);
        last = y;
        rkb_buf_text(out, "h1");
    }
    if (open)
        rkb_buf_printf(out, "V%.1fZ", zero);
}

static void put_skyline(const struct rkb_page *p, const struct rkb_page_pair *x,
                        const struct mover *m, size_t n, struct rkb_buf *out)
{
    double hi = m[0].diff > 0 ? m[0].diff : 0;
    double lo = m[n - 1].diff < 0 ? m[n - 1].diff : 0;
    int digits = rkb_measure_digits(p->want);
    bool lower = is_lower(p, x);

    rkb_buf_printf(out,
                   "<figure class=\"skyline\"><svg viewBox=\"0 0 %zu 100\" "
                   "preserveAspectRatio=\"none\" role=\"img\" "
                   "aria-label=\"differences of %zu queries, largest first: "
                   "better on %lld, worse on %lld\">",
                   n, n, (long long)x->win, (long long)x->loss);
    for (int above = 1; above >= 0; above--) {
        rkb_buf_printf(out, "<path class=\"%s\" d=\"",
                       (above == 1) != lower ? "up" : "down");
        put_bars(m, n, hi, lo, above == 1, out);
        rkb_buf_text(out, "\"/>");
    }
    rkb_buf_printf(
        out,
        "<path class=\"zero\" d=\"M0 %.1fH%zu\"/></svg>"
        "<figcaption><span>%+.*f</span><span>%zu queries, by "
        "difference</span><span>%+.*f</span></figcaption></figure>\n",
        100 * hi / (hi - lo), n, digits, m[0].diff, n, digits,
        m[n - 1].diff == 0 ? 0 : m[n - 1].diff);
}

static void put_mover(const struct rkb_page *p, const struct rkb_page_pair *x,
                      const struct mover *m, struct rkb_buf *out)
{
    const struct rkb_page_group *g = group_of(p, x);
    const struct rkb_page_query *q = &g->queries[m->query];
    double scale = rkb_measure_scale(p->want);
    int digits = rkb_measure_digits(p->want);

    rkb_buf_text(out, "<tr><th scope=\"row\">");
    rkb_html_text(out, rkb_plain_text(p->arena, rkb_sv_of(q->qid)));
    rkb_buf_text(out, "</th>");
    if (g->has_texts) {
        rkb_buf_text(out, "<td>");
        rkb_html_text(out, q->text ? q->text : "");
        rkb_buf_text(out, "</td>");
    }
    rkb_buf_printf(out, "<td class=\"n\">%.*f</td>", digits,
                   value_at(p, x, x->a, m->query) * scale);
    if (x->b != RKB_PAGE_ALONE)
        rkb_buf_printf(out,
                       "<td class=\"n\">%.*f</td><td class=\"n\">%+.*f</td>",
                       digits, value_at(p, x, x->b, m->query) * scale, digits,
                       m->diff == 0 ? 0 : m->diff);
    rkb_buf_text(out, "</tr>\n");
}

static void put_movers(const struct rkb_page *p, const struct rkb_page_pair *x,
                       const struct mover *m, size_t n, struct rkb_buf *out)
{
    const struct rkb_page_group *g = group_of(p, x);
    bool all = n <= 2 * MOVERS;

    rkb_buf_printf(out,
                   "<table class=\"movers\"><caption>%s</caption>\n<thead>"
                   "<tr><th scope=\"col\">query</th>%s<th scope=\"col\" "
                   "class=\"n\">",
                   all ? "Every query" : "The queries at either end",
                   g->has_texts ? "<th scope=\"col\">text</th>" : "");
    rkb_html_text(out, g->runs[x->a].name);
    if (x->b != RKB_PAGE_ALONE) {
        rkb_buf_text(out, "</th><th scope=\"col\" class=\"n\">");
        rkb_html_text(out, g->runs[x->b].name);
        rkb_buf_text(out, "</th><th scope=\"col\" class=\"n\">difference");
    }
    rkb_buf_text(out, "</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < n; i++) {
        if (!all && i == n - MOVERS)
            rkb_buf_text(out, "</tbody>\n<tbody>\n");
        if (all || i < MOVERS || i >= n - MOVERS)
            put_mover(p, x, &m[i], out);
    }
    rkb_buf_text(out, "</tbody></table>\n");
}

void rkb_page_pair_html(const struct rkb_page *p, const struct rkb_page_pair *x,
                        struct rkb_buf *out)
{
    const struct rkb_page_group *g = group_of(p, x);
    struct mover *list = rkb_new(g->n_queries, sizeof *list);
    size_t n = 0;

    for (size_t i = 0; i < g->n_queries; i++) {
        double d = rkb_page_difference(p, x, i);

        if (!isnan(d))
            list[n++] = (struct mover){ i, d };
    }
    rkb_sort(list, n, sizeof *list, by_difference, g->queries);
    if (!isnan(x->diff))
        put_sentence(p, x, out);
    bool same = n && x->b != RKB_PAGE_ALONE && list[0].diff == 0 &&
                list[n - 1].diff == 0;

    if (n && !same && x->b != RKB_PAGE_ALONE)
        put_skyline(p, x, list, n, out);
    rkb_buf_printf(out, "<div class=\"queries\" data-pair=\"%td\">\n",
                   x - p->pairs);
    if (same)
        rkb_buf_text(out, "<p class=\"note\">No query differs.</p>\n");
    else if (n)
        put_movers(p, x, list, n, out);
    else
        rkb_buf_text(out, "<p class=\"note\">No query has a value in both: "
                          "there is nothing to subtract.</p>\n");
    rkb_buf_text(out, "</div>\n");
    rkb_free(list);
}
