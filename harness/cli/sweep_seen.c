/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/sweep_seen.h"

#include "harness/cli/report_math.h"
#include "reports/rung.h"

struct rkb_sweep_seen {
    struct rkb_arena *arena;
    struct rkb_slo slo;
    bool limited;
    struct rkb_optset options; /* of the report: every run by its id */
};

enum rkb_status rkb_sweep_seen_new(struct rkb_arena *a, const char *slo,
                                   struct rkb_sweep_seen **out,
                                   struct rkb_err *err)
{
    struct rkb_sweep_seen *s = rkb_arena_new(a, 1, sizeof *s);
    enum rkb_status rc = RKB_OK;

    *out = s;
    s->arena = a;
    s->limited = slo != NULL;
    rkb_optset_init(&s->options, a, rkb_report_options);
    if (slo)
        rc = rkb_slo_read(rkb_sv_of(slo), &s->slo, err);
    if (!rc && slo)
        rc = rkb_optset_put(&s->options, rkb_sv_of("slo"), rkb_sv_of(slo), err);
    return rc;
}

size_t rkb_sweep_seen_needs(const struct rkb_sweep_seen *s)
{
    return s->limited ? rkb_report_math.percentile_needs(s->slo.percentile) : 0;
}

enum rkb_status rkb_sweep_seen_add(struct rkb_sweep_seen *s,
                                   struct rkb_store *store, int64_t run_id,
                                   struct rkb_load_seen *out,
                                   struct rkb_err *err)
{
    struct rkb_optset one;
    struct rkb_gathered g;
    struct rkb_rung rung;
    rkb_sv id =
        rkb_sv_of(rkb_arena_printf(s->arena, "%lld", (long long)run_id));
    bool is_one;

    rkb_optset_init(&one, s->arena, rkb_report_options);
    const struct rkb_report_want want = { .store = store,
                                          .options = &one,
                                          .math = &rkb_report_math };
    enum rkb_status rc = rkb_optset_put(&one, rkb_sv_of("runs"), id, err);

    if (!rc)
        rc = rkb_optset_put(&s->options, rkb_sv_of("runs"), id, err);
    if (!rc)
        rc = rkb_gather(s->arena, &want, &g, err);
    if (!rc)
        rc = rkb_rung_read(s->arena, store, &g.runs[0], &rung, &is_one, err);
    if (rc)
        return rc;
    double p = s->limited ? s->slo.percentile : 50;
    enum rkb_holds holds =
        s->limited ? rkb_rung_holds(&rung, &rkb_report_math, &s->slo)
                   : RKB_HOLDS_UNKNOWN;

    *out = (struct rkb_load_seen){
        .throughput = rung.throughput,
        .percentile = p,
        .seconds = rkb_rung_in_time(&rung, &rkb_report_math, p),
        .answer = s->limited ? rkb_holds_name(holds) : NULL,
        .holds = holds == RKB_HOLDS,
        .n_answered = rung.n_timed,
    };
    return RKB_OK;
}

enum rkb_status rkb_sweep_seen_print(const struct rkb_sweep_seen *s,
                                     struct rkb_store *store, rkb_sv format,
                                     struct rkb_buf *out, struct rkb_err *err)
{
    const struct rkb_report_want want = { .store = store,
                                          .options = &s->options,
                                          .math = &rkb_report_math };
    const struct rkb_report_def *def = rkb_report_find(rkb_sv_of("sweep"), err);
    struct rkb_doc doc = { .name = "sweep" };

    if (!rkb_optset_get(&s->options, "runs")->given)
        return RKB_OK;
    enum rkb_status rc = def->build(s->arena, &want, &doc, err);

    if (!rc)
        rc = rkb_doc_write(&doc, format, out, err);
    rkb_doc_release(&doc);
    return rc;
}
