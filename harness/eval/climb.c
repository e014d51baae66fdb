/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/climb.h"

#include <math.h>
#include <stdio.h>

/* ---- ladders ----------------------------------------------------------------- */

/* One rung is what --scenario takes, so that its limits are the same. */
static enum rkb_status read_rung(rkb_sv kind, rkb_sv value,
                                 struct rkb_scenario *out, struct rkb_err *err)
{
    char text[80];

    if (value.len > 40)
        return rkb_fail(err, RKB_E_USAGE,
                        "'%.40s...' is too long for a rung of a ladder",
                        value.at);
    snprintf(text, sizeof text, "%.*s:%.*s", (int)kind.len, kind.at,
             (int)value.len, value.len ? value.at : "");
    return rkb_scenario_parse(rkb_sv_of(text), out, err);
}

enum rkb_status rkb_ladder_parse(rkb_sv text, struct rkb_ladder *out,
                                 struct rkb_err *err)
{
    rkb_sv rest = text, kind, value;

    *out = (struct rkb_ladder){ 0 };
    (void)rkb_sv_split(&rest, ':', &kind);
    if (!rkb_sv_is(kind, "closed") && !rkb_sv_is(kind, "open"))
        return rkb_fail(err, RKB_E_USAGE,
                        "a ladder is closed:N,N,... or open:RATE,RATE,..., not "
                        "'%.*s'",
                        text.len < 60 ? (int)text.len : 60,
                        text.len ? text.at : "");
    if (!rest.at)
        rest = rkb_sv_of("");
    while (rkb_sv_split(&rest, ',', &value)) {
        struct rkb_scenario s;
        enum rkb_status rc = read_rung(kind, value, &s, err);
        double load = s.n ? (double)s.n : s.rate;

        if (rc)
            return rc;
        if (out->n == RKB_RUNGS)
            return rkb_fail(err, RKB_E_USAGE, "a ladder has at most %d rungs",
                            RKB_RUNGS);
        if (out->n && load <= out->loads[out->n - 1])
            return rkb_fail(err, RKB_E_USAGE,
                            "the rungs of a ladder ascend: %.6g comes after "
                            "%.6g",
                            load, out->loads[out->n - 1]);
        out->kind = s.kind;
        out->loads[out->n++] = load;
    }
    return RKB_OK;
}

struct rkb_scenario rkb_ladder_scenario(const struct rkb_ladder *l, double load)
{
    struct rkb_scenario s = { .kind = l->kind };

    if (l->kind == RKB_SCENARIO_OPEN)
        s.rate = load;
    else
        s.n = (size_t)load;
    return s;
}

/* ---- climbing ----------------------------------------------------------------- */

void rkb_climb_start(struct rkb_climb *c, const struct rkb_ladder *ladder,
                     bool limited, double precision)
{
    *c = (struct rkb_climb){ .ladder = ladder,
                             .limited = limited,
                             .precision = precision };
}

/* Half-way, as somebody would write it: rates with three digits. */
static double between(const struct rkb_climb *c)
{
    double middle = sqrt(c->held * c->failed);
    char text[40];

    if (c->ladder->kind != RKB_SCENARIO_OPEN)
        return floor((c->held + c->failed) / 2);
    snprintf(text, sizeof text, "%.3g", middle);
    (void)rkb_sv_to_double(rkb_sv_of(text), &middle);
    return middle;
}

bool rkb_climb_next(struct rkb_climb *c, double *load)
{
    const struct rkb_ladder *l = c->ladder;

    if (c->rung < l->n && !(c->limited && c->failed > 0)) {
        *load = l->loads[c->rung++];
        return true;
    }
    if (!c->limited || !(c->held > 0) || !(c->failed > 0) ||
        c->failed / c->held <= 1 + c->precision)
        return false;
    *load = between(c);
    return *load > c->held && *load < c->failed;
}

void rkb_climb_tell(struct rkb_climb *c, double load, bool holds)
{
    if (!holds)
        c->failed = c->failed > 0 ? fmin(c->failed, load) : load;
    else if (!(c->failed > 0) || load < c->failed)
        c->held = fmax(c->held, load);
}
