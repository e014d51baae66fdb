/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/verdict.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/sort.h"
#include "harness/eval/compare.h"
#include "metrics/spec.h"
#include "metrics/stats.h"
#include "metrics/stats_tests.h"

#include <math.h>
#include <string.h>

enum { SEED = 42 };  /* the default of `compare` */
#define NEAR 0x1p-40 /* differences are sums: see stats_tests.h */

const char *rkb_verdict_name(enum rkb_verdict v)
{
    static const char *const names[] = {
        [RKB_VERDICT_PASS] = "pass",
        [RKB_VERDICT_UNSURE] = "cannot tell",
        [RKB_VERDICT_INVALID] = "not comparable",
        [RKB_VERDICT_WORSE] = "worse",
    };

    return names[v];
}

/* ---- limits ------------------------------------------------------------------- */

static bool cut_last(rkb_sv text, rkb_sv *name, rkb_sv *number)
{
    size_t i = text.len;

    while (i && text.at[i - 1] != '=')
        i--;
    if (!i)
        return false;
    *name = rkb_sv_trim((rkb_sv){ text.at, i - 1 });
    *number = rkb_sv_trim((rkb_sv){ text.at + i, text.len - i });
    return true;
}

enum rkb_status rkb_verdict_max_drop(rkb_sv text, struct rkb_verdict_limit *out,
                                     struct rkb_err *err)
{
    rkb_sv number;

    *out = (struct rkb_verdict_limit){ 0 };
    if (!cut_last(text, &out->measure, &number) || !out->measure.len ||
        !rkb_sv_to_double(number, &out->limit) || out->limit < 0)
        return rkb_fail(err, RKB_E_USAGE,
                        "bad value '%.*s', expected MEASURE=DROP such as "
                        "nDCG@10=0.005",
                        (int)text.len, text.at);
    return RKB_OK;
}

enum rkb_status rkb_verdict_max_slowdown(rkb_sv text,
                                         struct rkb_verdict_limit *out,
                                         struct rkb_err *err)
{
    rkb_sv name = { "p50", 3 }, number = rkb_sv_trim(text), digits;

    *out = (struct rkb_verdict_limit){ 0 };
    cut_last(text, &name, &number);
    digits = (rkb_sv){ name.at + 1, name.len ? name.len - 1 : 0 };
    if (!rkb_sv_starts(name, "p") ||
        !rkb_sv_to_double(digits, &out->percentile) || out->percentile <= 0 ||
        out->percentile >= 100 || !rkb_sv_to_double(number, &out->limit) ||
        out->limit <= 0)
        return rkb_fail(err, RKB_E_USAGE,
                        "bad value '%.*s', expected RATIO or pN=RATIO such as "
                        "p50=1.10",
                        (int)text.len, text.at);
    return RKB_OK;
}

/* ---- may they be compared? ------------------------------------------------------ */

struct decider {
    struct rkb_arena *arena;
    const struct rkb_verdict_want *want;
    const struct rkb_baseline_set *before, *after; /* of this data set */
    uint32_t *twin; /* [before->n_queries] index of a query over there */
};

static void invalid(struct rkb_question *q, const char *why)
{
    q->verdict = RKB_VERDICT_INVALID;
    q->why = rkb_sv_of(why);
}

static void unsure(struct rkb_question *q, const char *why)
{
    q->verdict = RKB_VERDICT_UNSURE;
    q->why = rkb_sv_of(why);
}

/* The beginning of both tells them apart. */
static const char *differ(const struct decider *d, const char *what,
                          const struct rkb_digest *a,
                          const struct rkb_digest *b)
{
    char x[65], y[65];

    if (rkb_digest_eq(a, b))
        return NULL;
    rkb_digest_hex(a, x);
    rkb_digest_hex(b, y);
    return rkb_arena_printf(d->arena,
                            "the %s are others: digest %.12s in the baseline, "
                            "%.12s here",
                            what, x, y);
}

/* NULL: yes. */
static const char *why_not(const struct decider *d)
{
    const struct rkb_baseline_set *b = d->before, *c = d->after;
    const struct rkb_digest zero = { 0 };
    const char *why;

    if (!c)
        return "the run has nothing over this data set";
    if (b->why.len || c->why.len)
        return rkb_arena_printf(d->arena, "the %s is incomplete: %.*s",
                                c->why.len ? "run" : "baseline",
                                (int)(c->why.len ? c->why : b->why).len,
                                (c->why.len ? c->why : b->why).at);
    why = differ(d, "judgments", &b->judgments, &c->judgments);
    if (!why)
        why = differ(d, "queries", &b->query_set, &c->query_set);
    /* Candidates of an imported run, and texts that are not read, are none. */
    if (!why && !rkb_digest_eq(&b->candidates, &zero) &&
        !rkb_digest_eq(&c->candidates, &zero))
        why = differ(d, "candidates", &b->candidates, &c->candidates);
    if (!why && !rkb_digest_eq(&b->texts, &zero) &&
        !rkb_digest_eq(&c->texts, &zero))
        why = differ(d, "texts of the candidates", &b->texts, &c->texts);
    if (!why && !rkb_sv_eq(b->rules, c->rules))
        why = rkb_arena_printf(d->arena,
                               "scored by other rules: %.*s in the "
                               "baseline, %.*s here",
                               (int)b->rules.len, b->rules.at,
                               (int)c->rules.len, c->rules.at);
    return why;
}

static void find_twins(struct decider *d)
{
    const struct rkb_baseline_set *b = d->before, *c = d->after;
    struct rkb_map qids = { 0 };

    d->twin = rkb_arena_new(d->arena, b->n_queries, sizeof *d->twin);
    for (size_t i = 0; c && i < c->n_queries; i++)
        rkb_map_add(&qids, c->queries[i].qid, NULL);
    for (size_t i = 0; i < b->n_queries; i++)
        d->twin[i] = rkb_map_find(&qids, b->queries[i].qid);
    rkb_map_release(&qids);
}

/* ---- a measure ------------------------------------------------------------------ */

static int by_drop(const void *a, const void *b, void *ctx)
{
    const struct rkb_verdict_pair *x = a, *y = b;

    (void)ctx;
    return (x->drop < y->drop) - (x->drop > y->drop);
}

static size_t n_valued(const struct rkb_baseline_set *s, size_t m)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_queries; i++)
        if (!isnan(s->queries[i].values[m]))
            n++;
    return n;
}

/* False when one side has a value that the other lacks: then the means are not
 * over the same queries. Unjudged ones may be on one side only. */
static bool make_pairs(const struct decider *d, struct rkb_question *q,
                       size_t mb, size_t mc, double sign)
{
    const struct rkb_baseline_set *b = d->before, *c = d->after;
    size_t n_after = n_valued(c, mc);

    q->pairs = rkb_arena_new(d->arena, b->n_queries, sizeof *q->pairs);
    for (size_t i = 0; i < b->n_queries; i++) {
        double x = b->queries[i].values[mb];
        double y = d->twin[i] == RKB_MAP_NONE
                       ? (double)NAN
                       : c->queries[d->twin[i]].values[mc];

        if (isnan(x) != isnan(y)) {
            invalid(q,
                    rkb_arena_printf(
                        d->arena, "query '%.*s' has a value on one side only",
                        (int)b->queries[i].qid.len, b->queries[i].qid.at));
            return false;
        }
        if (!isnan(x))
            q->pairs[q->n_pairs++] =
                (struct rkb_verdict_pair){ b->queries[i].qid, x, y,
                                           sign * (x - y) };
    }
    if (q->n_pairs != n_after)
        invalid(
            q, rkb_arena_printf(d->arena,
                                "%zu queries have a value, %zu in the baseline",
                                n_after, q->n_pairs));
    return q->n_pairs == n_after;
}

/* As `compare` makes it, with its default seed. */
static void test_over_queries(const struct decider *d, struct rkb_question *q)
{
    double *drops = rkb_arena_new(d->arena, q->n_pairs, sizeof *drops);
    int64_t *table =
        rkb_arena_new(d->arena, rkb_flip_needs(q->n_pairs), sizeof *table);
    struct rkb_flip flip;

    if (!q->n_pairs)
        return;
    for (size_t i = 0; i < q->n_pairs; i++)
        drops[i] = q->pairs[i].drop;
    rkb_flip_init(&flip, drops, q->n_pairs, table);
    if (flip.n <= RKB_FLIP_EXACT)
        q->p_queries = rkb_flip_exact(&flip);
    else
        q->p_queries = ((double)rkb_flip_chunk(&flip, SEED, 0, RKB_FLIPS) + 1) /
                       (RKB_FLIPS + 1);
}

/* Every ranking of one side is every ranking of the other. */
static bool same_rankings(const struct decider *d)
{
    const struct rkb_digest *one = &d->before->rankings[0];
    bool same = true;

    for (size_t i = 0; i < d->before->n_repeats; i++)
        same = same && rkb_digest_eq(&d->before->rankings[i], one);
    for (size_t i = 0; i < d->after->n_repeats; i++)
        same = same && rkb_digest_eq(&d->after->rankings[i], one);
    return same;
}

static struct rkb_gate_noise noise_of(const struct decider *d,
                                      const struct rkb_baseline_measure *b,
                                      const struct rkb_baseline_measure *c)
{
    size_t n_b = d->before->n_repeats, n_c = d->after->n_repeats;
    struct rkb_gate_noise told = { d->want->noise, INFINITY };

    if (!isnan(told.sd))
        return told;
    struct rkb_gate_noise noise = rkb_gate_noise(b->means, n_b, c->means, n_c);

    /* Different values whose means happen to agree are no sign of no noise. */
    if (noise.sd <= 0 && !(b->steady && c->steady))
        noise.sd = NAN;
    /* What ranks the same on both sides has moved by nothing at all. */
    if (isnan(noise.sd) && same_rankings(d))
        noise = (struct rkb_gate_noise){ 0, INFINITY };
    return noise;
}

static void conclude(const struct decider *d, struct rkb_question *q)
{
    const struct rkb_gate_answer *r = &q->answer;
    double alpha = d->want->alpha;

    if (isnan(r->p_worse)) {
        unsure(q, q->n_before + q->n_after > 2
                      ? "repeats have other values and yet the same mean, so "
                        "that their noise is not known: run more of them, or "
                        "tell it (--noise)"
                      : "the rankings differ and a single run does not show "
                        "its noise: run more repeats, or tell it (--noise)");
        return;
    }
    q->verdict = RKB_VERDICT_UNSURE;
    q->why = rkb_sv_of("the bounds are on both sides of what is allowed");
    if (r->p_within <= alpha) {
        q->verdict = RKB_VERDICT_PASS;
        q->why = rkb_sv_of("within what is allowed");
        return;
    }
    if (!q->is_time)
        q->repeats = rkb_gate_repeats(r->change, q->noise, q->n_before,
                                      q->n_after, q->limit, alpha);
}

static enum rkb_status ask_measure(struct decider *d,
                                   const struct rkb_verdict_limit *limit,
                                   struct rkb_question *q, struct rkb_err *err)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    const struct rkb_baseline_measure *b, *c;
    struct rkb_measures ms = { 0 };
    size_t mb, mc = 0;
    enum rkb_status rc =
        rkb_baseline_measure(d->before, limit->measure, &mb, err);

    if (rc)
        return rc;
    if (mb == SIZE_MAX)
        return rkb_fail(err, RKB_E_USAGE,
                        "the baseline of dataset '%.*s' has no %.*s; score its "
                        "run with -m and make it again",
                        (int)d->before->dataset.len, d->before->dataset.at,
                        (int)limit->measure.len, limit->measure.at);
    b = &d->before->measures[mb];
    q->name = b->name;
    q->before = rkb_mean(b->means, d->before->n_repeats);
    if (q->verdict == RKB_VERDICT_INVALID)
        return RKB_OK;
    while (mc < d->after->n_measures &&
           !rkb_sv_eq(d->after->measures[mc].name, b->name))
        mc++;
    if (mc == d->after->n_measures) {
        invalid(q, "the run was not scored by this measure, or has no mean");
        return RKB_OK;
    }
    c = &d->after->measures[mc];
    q->after = rkb_mean(c->means, d->after->n_repeats);
    if (b->version != c->version) {
        invalid(q, "the definition of the measure has changed since");
        return RKB_OK;
    }
    rc = rkb_measures_add(&ms, b->name, &rules, err);
    if (rc)
        return rc;
    double sign = ms.slots[0].def->smaller_is_better ? -1 : 1;

    rkb_measures_release(&ms);
    if (!make_pairs(d, q, mb, mc, sign))
        return RKB_OK;
    test_over_queries(d, q);
    rkb_sort(q->pairs, q->n_pairs, sizeof *q->pairs, by_drop, NULL);
    q->noise = noise_of(d, b, c);
    q->answer = rkb_gate_drop(
        sign * (q->before - q->after), q->noise, q->n_before, q->n_after,
        q->limit, NEAR * fmax(fabs(q->before), fabs(q->after)), d->want->alpha);
    conclude(d, q);
    return RKB_OK;
}

/* ---- a time --------------------------------------------------------------------- */

static const char *other_machine(const struct decider *d)
{
    const struct rkb_baseline_set *b = d->before, *c = d->after;
    const struct {
        const char *what;
        rkb_sv before, after;
    } facts[] = { { "host", b->host, c->host },
                  { "processor", b->cpu, c->cpu },
                  { "way of timing", b->timing, c->timing } };

    for (size_t i = 0; i < RKB_COUNT(facts); i++) {
        rkb_sv x = facts[i].before, y = facts[i].after;

        if (!rkb_sv_eq(x, y))
            return rkb_arena_printf(
                d->arena, "another %s: '%.*s' in the baseline, '%.*s' here",
                facts[i].what, (int)x.len, x.at ? x.at : "", (int)y.len,
                y.at ? y.at : "");
    }
    return b->host.len ? NULL : "nobody knows on which host it ran";
}

static int ascending(const void *a, const void *b, void *ctx)
{
    double x = *(const double *)a, y = *(const double *)b;

    (void)ctx;
    return (x > y) - (x < y);
}

static double percentile(const double *ms, size_t n, double p, double *scratch)
{
    if (n < rkb_percentile_needs(p))
        return NAN;
    memcpy(scratch, ms, n * sizeof *ms);
    rkb_sort(scratch, n, sizeof *scratch, ascending, NULL);
    return rkb_percentile(scratch, n, p);
}

static void ask_time(struct decider *d, const struct rkb_verdict_limit *limit,
                     struct rkb_question *q)
{
    const struct rkb_baseline_set *b = d->before, *c = d->after;
    size_t needed = rkb_percentile_needs(limit->percentile), n = 0;
    double *x = rkb_arena_new(d->arena, b->n_queries, sizeof *x);
    double *y = rkb_arena_new(d->arena, b->n_queries, sizeof *y);
    double *scratch = rkb_arena_new(
        d->arena, 3 * b->n_queries + RKB_GATE_RESAMPLES, sizeof *scratch);
    const char *why;

    q->is_time = true;
    q->name =
        rkb_sv_of(rkb_arena_printf(d->arena, "p%g ms", limit->percentile));
    if (q->verdict == RKB_VERDICT_INVALID)
        return;
    for (size_t i = 0; i < b->n_queries; i++) {
        if (d->twin[i] == RKB_MAP_NONE)
            continue;
        x[n] = b->queries[i].ms;
        y[n] = c->queries[d->twin[i]].ms;
        n += !isnan(x[n]) && !isnan(y[n]);
    }
    q->n_pairs = n;
    q->before = percentile(x, n, limit->percentile, scratch);
    q->after = percentile(y, n, limit->percentile, scratch);
    why = other_machine(d);
    if (n < needed)
        why = rkb_arena_printf(d->arena,
                               "p%g takes %zu timed queries, there are %zu",
                               limit->percentile, needed, n);
    if (why) {
        unsure(q, why);
        return;
    }
    q->answer = rkb_gate_ratio(x, y, n, limit->percentile, q->limit,
                               d->want->alpha, SEED, scratch);
    conclude(d, q);
}

/* ---- all of them ------------------------------------------------------------------ */

static enum rkb_status ask(struct decider *d,
                           const struct rkb_verdict_limit *limit,
                           const char *no, struct rkb_question *q,
                           struct rkb_err *err)
{
    *q = (struct rkb_question){
        .dataset = d->before->dataset,
        .before = NAN,
        .after = NAN,
        .limit = limit->limit,
        .noise = { NAN, 0 },
        .n_before = d->before->n_repeats,
        .n_after = d->after ? d->after->n_repeats : 0,
        .answer = { NAN, NAN, NAN, NAN, NAN },
        .p_holm = NAN,
        .p_queries = NAN,
    };
    if (no)
        invalid(q, no);
    if (limit->measure.len)
        return ask_measure(d, limit, q, err);
    ask_time(d, limit, q);
    return RKB_OK;
}

/* False alarms are kept below alpha over all questions together. A pass needs
 * no correction: it takes a pass of every question (Berger 1982). */
static void correct(struct rkb_arena *a, struct rkb_verdicts *g, double alpha)
{
    double *p = rkb_arena_new(a, g->n, sizeof *p);
    double *corrected = rkb_arena_new(a, g->n, sizeof *corrected);
    size_t *order = rkb_arena_new(a, g->n, sizeof *order);

    for (size_t i = 0; i < g->n; i++)
        p[i] = g->questions[i].answer.p_worse;
    rkb_correct(RKB_HOLM, p, g->n, order, corrected);
    for (size_t i = 0; i < g->n; i++) {
        struct rkb_question *q = &g->questions[i];

        q->p_holm = corrected[i];
        if (q->p_holm <= alpha) {
            q->verdict = RKB_VERDICT_WORSE;
            q->why = rkb_sv_of("more than what is allowed");
            q->repeats = 0;
        } else if (q->answer.p_worse <= alpha) {
            q->why = rkb_sv_of("more than what is allowed, but not sure enough "
                               "among so many questions (Holm)");
        }
    }
}

static void sum_up(struct rkb_verdicts *g)
{
    for (size_t i = 0; i < g->n; i++) {
        enum rkb_verdict v = g->questions[i].verdict;

        g->counts[v]++;
        if (v > g->verdict)
            g->verdict = v;
    }
}

enum rkb_status rkb_verdicts_decide(struct rkb_arena *a,
                                    const struct rkb_baseline *before,
                                    const struct rkb_baseline *after,
                                    const struct rkb_verdict_want *want,
                                    struct rkb_verdicts *out,
                                    struct rkb_err *err)
{
    size_t n = before->n_sets * want->n_limits;
    enum rkb_status rc = RKB_OK;

    *out = (struct rkb_verdicts){
        .questions = rkb_arena_new(a, n, sizeof *out->questions),
        .left_out = rkb_arena_new(a, after->n_sets, sizeof *out->left_out),
    };
    for (size_t s = 0; s < before->n_sets; s++) {
        struct decider d = {
            .arena = a,
            .want = want,
            .before = &before->sets[s],
            .after = rkb_baseline_find(after, before->sets[s].dataset),
        };
        find_twins(&d);
        const char *no = why_not(&d);

        for (size_t i = 0; i < want->n_limits && !rc; i++)
            rc = ask(&d, &want->limits[i], no, &out->questions[out->n++], err);
    }
    for (size_t s = 0; s < after->n_sets; s++)
        if (!rkb_baseline_find(before, after->sets[s].dataset))
            out->left_out[out->n_left_out++] = after->sets[s].dataset;
    if (rc)
        return rc;
    correct(a, out, want->alpha);
    sum_up(out);
    return RKB_OK;
}
