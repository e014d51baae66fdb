/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/compare.h"

#include "base/mem.h"
#include "base/sort.h"
#include "metrics/stats.h"

#include <math.h>
#include <string.h>

static const char *const test_names[] = { "randomization", "t", "wilcoxon" };
static const char *const correction_names[] = { "holm", "bonferroni", "bh",
                                                "none" };

struct comparing {
    struct rkb_panel *panel;
    const struct rkb_compare_want *want;
    struct rkb_comparisons *out;
    double *a, *b, *d; /* [n_queries] of the pairs at hand */
    double *drawn;     /* [RKB_RESAMPLES] */
};

static int ascending(const void *a, const void *b, void *ctx)
{
    double x = *(const double *)a, y = *(const double *)b;

    (void)ctx;
    return (x > y) - (x < y);
}

static int by_size(const void *a, const void *b, void *ctx)
{
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);

    (void)ctx;
    return (x > y) - (x < y);
}

/* ---- drawing, on all threads --------------------------------------------- */

enum { PARTS = 50 };

struct drawing {
    const struct rkb_sample *sample;
    const struct rkb_flip *flip;
    uint64_t seed;
    double *out;             /* of resamples */
    uint64_t extreme[PARTS]; /* of sign flips */
};

static enum rkb_status resample_part(void *arg, size_t i, size_t worker)
{
    struct drawing *d = arg;
    size_t part = RKB_RESAMPLES / PARTS;

    (void)worker;
    rkb_resample_chunk(d->sample, d->seed, i * part, part, d->out + i * part);
    return RKB_OK;
}

static enum rkb_status flip_part(void *arg, size_t i, size_t worker)
{
    const uint64_t blocks = (RKB_FLIPS + RKB_FLIP_BLOCK - 1) / RKB_FLIP_BLOCK;
    uint64_t first = blocks * i / PARTS * RKB_FLIP_BLOCK;
    uint64_t end = blocks * (i + 1) / PARTS * RKB_FLIP_BLOCK;
    struct drawing *d = arg;

    (void)worker;
    if (end > RKB_FLIPS)
        end = RKB_FLIPS;
    d->extreme[i] = rkb_flip_chunk(d->flip, d->seed, first, end - first);
    return RKB_OK;
}

static void draw(const struct comparing *c, const struct rkb_sample *sample)
{
    struct drawing d = { .sample = sample,
                         .seed = c->want->seed,
                         .out = c->drawn };

    rkb_pool_run(c->want->pool, PARTS, resample_part, &d);
    rkb_sort(c->drawn, RKB_RESAMPLES, sizeof *c->drawn, ascending, NULL);
}

static double randomization(const struct rkb_compare_want *want,
                            const double *d, size_t n, int64_t *draws)
{
    struct drawing work = { .seed = want->seed };
    int64_t *table = rkb_new(rkb_flip_needs(n), sizeof *table);
    struct rkb_flip flip;
    uint64_t extreme = 0;
    double p;

    rkb_flip_init(&flip, d, n, table);
    if (flip.n <= RKB_FLIP_EXACT) {
        p = rkb_flip_exact(&flip);
    } else {
        work.flip = &flip;
        rkb_pool_run(want->pool, PARTS, flip_part, &work);
        for (size_t i = 0; i < PARTS; i++)
            extreme += work.extreme[i];
        p = ((double)extreme + 1) / (RKB_FLIPS + 1);
        *draws = RKB_FLIPS;
    }
    rkb_free(table);
    return p;
}

double rkb_paired_p(const struct rkb_compare_want *want, double *d, size_t n,
                    int64_t *draws)
{
    if (!n)
        return NAN;
    switch (want->test) {
    case RKB_TEST_RANDOMIZATION:
        return randomization(want, d, n, draws);
    case RKB_TEST_T:
        return rkb_t_test(d, n, want->alpha).p;
    case RKB_TEST_WILCOXON:
        rkb_sort(d, n, sizeof *d, by_size, NULL);
        return rkb_wilcoxon(d, n).p;
    }
    return NAN;
}

/* ---- one comparison -------------------------------------------------------- */

static struct rkb_interval interval(const struct comparing *c, const double *v,
                                    size_t n)
{
    const struct rkb_sample sample = { .a = v, .n = n };

    if (n < 2)
        return (struct rkb_interval){ NAN, NAN };
    if (c->want->test == RKB_TEST_T) {
        struct rkb_t_test t = rkb_t_test(v, n, c->want->alpha);

        return (struct rkb_interval){ t.lo, t.hi };
    }
    draw(c, &sample);
    return rkb_bootstrap_bca(&sample, c->drawn, RKB_RESAMPLES, c->want->alpha);
}

static size_t pair_up(const struct comparing *c, const double *a,
                      const double *b)
{
    const struct rkb_panel *p = c->panel;
    size_t n = 0;

    for (size_t q = 0; q < p->n_queries; q++) {
        if (isnan(a[q]) || isnan(b[q]))
            continue;
        c->a[n] = a[q];
        c->b[n] = b[q];
        c->d[n++] = a[q] - b[q];
    }
    return n;
}

static int64_t n_values(const double *v, size_t n)
{
    int64_t there = 0;

    for (size_t i = 0; i < n; i++)
        there += isnan(v[i]) ? 0 : 1;
    return there;
}

struct rkb_comparison rkb_comparison_blank(const struct rkb_compare_want *want)
{
    return (struct rkb_comparison){
        .test = rkb_sv_of(test_names[want->test]),
        .correction = rkb_sv_of(correction_names[want->correction]),
        .alpha = want->alpha,
        .seed = want->seed,
        .mean_a = NAN,
        .lo_a = NAN,
        .hi_a = NAN,
        .mean_b = NAN,
        .lo_b = NAN,
        .hi_b = NAN,
        .diff = NAN,
        .lo = NAN,
        .hi = NAN,
        .p = NAN,
        .p_corrected = NAN,
        .effect = NAN,
        .detectable = NAN,
        .win = -1,
        .tie = -1,
        .loss = -1,
        .ratio = NAN,
        .ratio_sd = NAN,
        .ratio_lo = NAN,
        .ratio_hi = NAN,
    };
}

static struct rkb_comparison blank(const struct comparing *c, size_t system)
{
    struct rkb_comparison r = rkb_comparison_blank(c->want);

    r.eval_a = c->panel->systems[system].eval.id;
    r.eval_b = c->panel->systems[0].eval.id;
    r.family = rkb_sv_of(c->out->family);
    r.forced = c->panel->forced;
    return r;
}

/* c->a, b, d hold the n pairs. */
static void means_of_pairs(const struct comparing *c, size_t n,
                           struct rkb_comparison *r)
{
    struct rkb_interval a = interval(c, c->a, n), b = interval(c, c->b, n);
    struct rkb_interval d = interval(c, c->d, n);

    r->n = (int64_t)n;
    r->mean_a = rkb_mean(c->a, n);
    r->mean_b = rkb_mean(c->b, n);
    r->diff = r->mean_a - r->mean_b;
    r->lo_a = a.lo;
    r->hi_a = a.hi;
    r->lo_b = b.lo;
    r->hi_b = b.hi;
    r->lo = d.lo;
    r->hi = d.hi;
}

static struct rkb_comparison compare_values(const struct comparing *c,
                                            size_t system, size_t slot)
{
    const struct rkb_panel *p = c->panel;
    const double *a = p->systems[system].values + slot * p->n_queries;
    const double *b = p->systems[0].values + slot * p->n_queries;
    const struct rkb_slot *s = &p->measures.slots[slot];
    struct rkb_comparison r = blank(c, system);
    size_t n = pair_up(c, a, b);

    r.measure = rkb_sv_of(s->name);
    r.n_a = n_values(a, p->n_queries);
    r.n_b = n_values(b, p->n_queries);
    means_of_pairs(c, n, &r);
    struct rkb_wins w = rkb_wins(c->d, n);
    bool down = s->def->smaller_is_better;

    r.win = (int64_t)(down ? w.loss : w.win);
    r.tie = (int64_t)w.tie;
    r.loss = (int64_t)(down ? w.win : w.loss);
    r.effect = rkb_cohen_d(c->d, n);
    r.detectable = rkb_detectable(rkb_sd(c->d, n), n, c->want->alpha, 0.8);
    r.p = rkb_paired_p(c->want, c->d, n,
                       &r.draws); /* last: it may sort the differences */
    return r;
}

/* Means of times are in milliseconds, as the name of the row says. */
static struct rkb_comparison compare_times(const struct comparing *c,
                                           size_t system)
{
    const struct rkb_panel *p = c->panel;
    const double *a = p->systems[system].latency_ns;
    const double *b = p->systems[0].latency_ns;
    struct rkb_comparison r = blank(c, system);
    size_t n = pair_up(c, a, b);
    const struct rkb_sample ratio = { .a = c->b, .b = c->a, .n = n };

    for (size_t i = 0; i < n; i++) {
        c->a[i] /= 1e6;
        c->b[i] /= 1e6;
        c->d[i] = c->a[i] - c->b[i];
    }
    r.measure = rkb_sv_of("latency_ms");
    r.test = r.correction = rkb_sv_of("none");
    r.family = (rkb_sv){ 0 };
    r.n_a = n_values(a, p->n_queries);
    r.n_b = n_values(b, p->n_queries);
    means_of_pairs(c, n, &r);
    if (!n || !(r.mean_a > 0 && r.mean_b > 0))
        return r;
    r.ratio = rkb_sample_estimate(&ratio);
    if (n < 2)
        return r;
    draw(c, &ratio);
    struct rkb_interval i =
        rkb_bootstrap_bca(&ratio, c->drawn, RKB_RESAMPLES, c->want->alpha);

    r.ratio_lo = i.lo;
    r.ratio_hi = i.hi;
    r.ratio_sd = rkb_sd(c->drawn, RKB_RESAMPLES);
    /* A resample of nothing but times of 0 has no ratio. */
    if (!isfinite(c->drawn[RKB_RESAMPLES - 1]))
        r.ratio_lo = r.ratio_hi = r.ratio_sd = NAN;
    return r;
}

/* ---- all of them ----------------------------------------------------------- */

static void summarize_baseline(struct comparing *c)
{
    const struct rkb_panel *p = c->panel;

    for (size_t s = 0; s < p->measures.n_slots; s++) {
        const double *v = p->systems[0].values + s * p->n_queries;
        size_t n = pair_up(c, v, v);
        struct rkb_interval i = interval(c, c->a, n);

        c->out->baseline[s] =
            (struct rkb_summary){ n, rkb_mean(c->a, n), i.lo, i.hi };
    }
}

static void count_coverage(struct comparing *c)
{
    const struct rkb_panel *p = c->panel;

    for (size_t q = 0; q < p->n_queries; q++) {
        bool all = true, whole = true;

        for (size_t i = 0; i < p->n_systems; i++) {
            all = all && p->systems[i].has[q];
            for (size_t s = 0; s < p->measures.n_slots; s++)
                whole =
                    whole && !isnan(p->systems[i].values[s * p->n_queries + q]);
        }
        c->out->n_common += all;
        c->out->n_missing += all && !whole;
    }
}

static void correct(struct comparing *c)
{
    struct rkb_comparisons *out = c->out;
    size_t *order = rkb_new(out->n, sizeof *order);
    double *p = rkb_new(out->n, sizeof *p);
    double *corrected = rkb_new(out->n, sizeof *corrected);

    for (size_t i = 0; i < out->n; i++) {
        p[i] = out->rows[i].c.p;
        out->n_tests += isnan(p[i]) ? 0 : 1;
    }
    rkb_correct(c->want->correction, p, out->n, order, corrected);
    for (size_t i = 0; i < out->n; i++)
        out->rows[i].c.p_corrected = corrected[i];
    rkb_free(order);
    rkb_free(p);
    rkb_free(corrected);
}

/* What a p-value was corrected over, as text that two equal tables share. */
static const char *family_of(struct rkb_panel *p, const size_t *order)
{
    struct rkb_buf b = { 0 };

    for (size_t s = 0; s < p->measures.n_slots; s++)
        rkb_buf_printf(&b, "%s%s", s ? " " : "",
                       p->measures.slots[order[s]].name);
    for (size_t i = 1; i < p->n_systems; i++)
        rkb_buf_printf(&b, "%s%lld", i == 1 ? " of " : ",",
                       (long long)p->systems[i].eval.id);
    rkb_buf_printf(&b, " against %lld", (long long)p->systems[0].eval.id);
    const char *text = rkb_arena_cstr(&p->arena, rkb_buf_view(&b));

    rkb_buf_release(&b);
    return text;
}

void rkb_compare(struct rkb_panel *p, const struct rkb_compare_want *want,
                 const bool *timed, struct rkb_comparisons *out)
{
    struct comparing c = { .panel = p, .want = want, .out = out };
    size_t n_slots = p->measures.n_slots;
    size_t *order = rkb_arena_new(&p->arena, n_slots, sizeof *order);

    *out = (struct rkb_comparisons){ 0 };
    rkb_measures_as_asked(&p->measures, order);
    out->rows = rkb_arena_new(&p->arena, (n_slots + 1) * p->n_systems,
                              sizeof *out->rows);
    out->baseline = rkb_arena_new(&p->arena, n_slots, sizeof *out->baseline);
    out->family = family_of(p, order);
    c.a = rkb_new(p->n_queries, sizeof *c.a);
    c.b = rkb_new(p->n_queries, sizeof *c.b);
    c.d = rkb_new(p->n_queries, sizeof *c.d);
    c.drawn = rkb_new(RKB_RESAMPLES, sizeof *c.drawn);
    summarize_baseline(&c);
    count_coverage(&c);
    for (size_t s = 0; s < n_slots; s++)
        for (size_t i = 1; i < p->n_systems; i++)
            out->rows[out->n++] =
                (struct rkb_compared){ i, order[s],
                                       compare_values(&c, i, order[s]) };
    correct(&c);
    for (size_t i = 1; i < p->n_systems; i++)
        if (timed[i])
            out->rows[out->n++] =
                (struct rkb_compared){ i, SIZE_MAX, compare_times(&c, i) };
    rkb_free(c.a);
    rkb_free(c.b);
    rkb_free(c.d);
    rkb_free(c.drawn);
}

enum rkb_status rkb_compare_store(struct rkb_store *store,
                                  const struct rkb_comparisons *c,
                                  struct rkb_err *err)
{
    enum rkb_status rc = rkb_store_begin(store, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < c->n && !rc; i++)
        rc = rkb_store_put_comparison(store, &c->rows[i].c, err);
    if (!rc)
        rc = rkb_store_commit(store, err);
    if (rc)
        rkb_store_rollback(store);
    return rc;
}
