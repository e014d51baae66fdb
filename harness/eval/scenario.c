/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/scenario.h"

#include <math.h>

static enum rkb_status refuse(rkb_sv text, const char *expected,
                              struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE, "'%.*s' is not %s",
                    text.len < 60 ? (int)text.len : 60, text.len ? text.at : "",
                    expected);
}

/* What follows "WORD:", if it is that word. */
static bool after(rkb_sv text, const char *word, rkb_sv *rest)
{
    rkb_sv first;

    *rest = text;
    return rkb_sv_split(rest, ':', &first) && rkb_sv_is(first, word) &&
           first.len < text.len;
}

enum rkb_status rkb_scenario_parse(rkb_sv text, struct rkb_scenario *out,
                                   struct rkb_err *err)
{
    int64_t n;
    rkb_sv rest;

    *out = (struct rkb_scenario){ 0 };
    if (rkb_sv_is(text, "single"))
        return RKB_OK;
    if (rkb_sv_is(text, "offline")) {
        out->kind = RKB_SCENARIO_OFFLINE;
        return RKB_OK;
    }
    if (after(text, "closed", &rest)) {
        if (!rkb_sv_to_i64(rest, 1, RKB_LOAD_THREADS, &n))
            return refuse(text, "closed:N with N from 1 to 1024", err);
        *out = (struct rkb_scenario){ RKB_SCENARIO_CLOSED, (size_t)n, 0 };
        return RKB_OK;
    }
    if (after(text, "open", &rest)) {
        /* NaN fails both comparisons. */
        if (!rkb_sv_to_double(rest, &out->rate) ||
            !(out->rate >= 1e-4 && out->rate <= RKB_LOAD_RATE))
            return refuse(text,
                          "open:RATE with a RATE from 0.0001 to 100000 "
                          "queries a second",
                          err);
        out->kind = RKB_SCENARIO_OPEN;
        return RKB_OK;
    }
    return refuse(text, "a scenario: single, closed:N, open:RATE, offline",
                  err);
}

void rkb_scenario_text(const struct rkb_scenario *s, struct rkb_buf *out)
{
    switch (s->kind) {
    case RKB_SCENARIO_SINGLE:
        rkb_buf_text(out, "single");
        break;
    case RKB_SCENARIO_CLOSED:
        rkb_buf_printf(out, "closed:%zu", s->n);
        break;
    case RKB_SCENARIO_OPEN:
        rkb_buf_text(out, "open:");
        rkb_buf_real(out, s->rate);
        break;
    case RKB_SCENARIO_OFFLINE:
        rkb_buf_text(out, "offline");
        break;
    }
}

enum rkb_status rkb_amount_parse(rkb_sv text, struct rkb_amount *out,
                                 struct rkb_err *err)
{
    static const char expected[] =
        "a number of queries ('10') or a time ('5s'), at most a million or a "
        "week";
    int64_t n;
    double seconds;

    *out = (struct rkb_amount){ 0 };
    if (rkb_sv_to_i64(text, 0, 1000000, &n)) {
        out->n = (size_t)n;
        return RKB_OK;
    }
    if (!rkb_sv_ends(text, "s"))
        return refuse(text, expected, err);
    if (!rkb_sv_to_double((rkb_sv){ text.at, text.len - 1 }, &seconds) ||
        !(seconds > 0 && seconds <= RKB_LOAD_SECONDS))
        return refuse(text, expected, err);
    out->ns = (int64_t)ceil(seconds * 1e9);
    return RKB_OK;
}

void rkb_load_text(const struct rkb_load *l, struct rkb_buf *out)
{
    if (l->scenario.kind == RKB_SCENARIO_SINGLE && !l->min_ns)
        return;
    rkb_scenario_text(&l->scenario, out);
    if (!l->min_ns)
        return;
    rkb_buf_text(out, " for ");
    rkb_buf_real(out, (double)l->min_ns / 1e9);
    rkb_buf_text(out, " s");
}

size_t rkb_load_lanes(const struct rkb_load *l, size_t asked)
{
    enum { OPEN = 256, OFFLINE = 64 };

    switch (l->scenario.kind) {
    case RKB_SCENARIO_SINGLE:
        break;
    case RKB_SCENARIO_CLOSED:
        return l->scenario.n;
    case RKB_SCENARIO_OPEN:
        return asked ? asked : OPEN;
    case RKB_SCENARIO_OFFLINE:
        return asked ? asked : OFFLINE;
    }
    return asked ? asked : 1;
}

size_t rkb_load_pool(const struct rkb_load *l, size_t asked, size_t calls)
{
    size_t n = rkb_load_lanes(l, asked);

    if (l->scenario.kind == RKB_SCENARIO_OPEN)
        return n + calls;
    return n > calls ? n : calls;
}

size_t rkb_load_spares(const struct rkb_load *l)
{
    enum { MOST = 256 };
    const struct rkb_amount *a = &l->warm_up;

    return a->ns || a->n > MOST ? MOST : a->n;
}

/* ---- what is next ------------------------------------------------------ */

/* Gaps of a Poisson process are exponential: -ln(1 - u) / rate. */
static void draw_next(struct rkb_flow *f)
{
    f->next_s += -log1p(-rkb_rng_unit(&f->rng)) / f->rate;
}

void rkb_flow_start(struct rkb_flow *f, uint64_t seed)
{
    f->next_s = 0;
    f->sample = f->item = f->n_out = 0;
    f->ended = false;
    rkb_rng_init(&f->rng, seed);
    if (f->rate > 0)
        draw_next(f);
}

static int64_t due(const struct rkb_flow *f, int64_t now_ns)
{
    return f->rate > 0 ? (int64_t)llround(f->next_s * 1e9) : now_ns;
}

static bool is_done(const struct rkb_flow *f)
{
    return f->done && f->sample < f->n_done_samples &&
           f->done[f->sample * f->n_items + f->item];
}

/* To the next query that is to be sent; false at the end. */
static bool find(struct rkb_flow *f, int64_t due_ns)
{
    for (;; f->item++) {
        if (f->item == f->n_items) {
            f->item = 0;
            f->sample++;
        }
        if (f->sample >= f->n_samples) {
            /* A sample that was begun is finished: every query counts as
             * often as every other. */
            if (!f->min_ns || f->spent_ns + due_ns >= f->min_ns ||
                f->n_samples >= RKB_LOAD_SAMPLES)
                return false;
            f->n_samples++;
        }
        if (!is_done(f))
            return true;
    }
}

bool rkb_flow_next(struct rkb_flow *f, int64_t now_ns, size_t end_sample,
                   struct rkb_ticket *out)
{
    int64_t due_ns = due(f, now_ns);

    if (f->ended || !f->n_items || (f->n_most && f->n_out == f->n_most) ||
        (f->until_ns && due_ns >= f->until_ns) || !find(f, due_ns)) {
        f->ended = true;
        return false;
    }
    if (f->sample >= end_sample)
        return false;
    *out = (struct rkb_ticket){
        .item = (uint32_t)f->item,
        .sample = (int64_t)f->sample,
        .due_ns = due_ns,
        .late = f->rate > 0 && now_ns > due_ns,
    };
    f->item++;
    f->n_out++;
    if (f->rate > 0)
        draw_next(f);
    return true;
}
