/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of papers from the store. */
#include "base/io/file.h"
#include "harness/cli/command.h"
#include "metrics/spec.h"
#include "metrics/stats.h"
#include "metrics/stats_tests.h"
#include "reports/report.h"

#include <string.h>

/* ---- what reports need of metrics ----------------------------------------- */

static void mean_interval(const double *values, size_t n, double *lo,
                          double *hi)
{
    struct rkb_t_test t = rkb_t_test(values, n, 0.05);

    *lo = t.lo;
    *hi = t.hi;
}

static bool smaller_is_better(const char *measure)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    struct rkb_measures ms = { 0 };
    struct rkb_err err = { 0 };
    bool yes = false;

    if (!rkb_measures_add(&ms, rkb_sv_of(measure), &rules, &err) && ms.n_slots)
        yes = ms.slots[0].def->smaller_is_better;
    rkb_measures_release(&ms);
    return yes;
}

static const struct rkb_report_math math = {
    .percentile = rkb_percentile,
    .percentile_needs = rkb_percentile_needs,
    .sd = rkb_sd,
    .interval = mean_interval,
    .smaller_is_better = smaller_is_better,
};

/* Every spelling of a measure to the name under which it is stored, but for
 * the level of relevance that a collection adds. */
static enum rkb_status name_measures(struct rkb_arena *a,
                                     const struct rkb_optset *options,
                                     struct rkb_err *err)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    const struct rkb_opt_value *asked = rkb_optset_get(options, "measure");
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < asked->n_all && !rc; i++) {
        struct rkb_measures ms = { 0 };

        rc = rkb_measures_add(&ms, asked->all[i], &rules, err);
        if (!rc && ms.n_slots != 1)
            rc = rkb_fail(err, RKB_E_USAGE,
                          "'%.*s' is %zu measures; name them one by one",
                          (int)asked->all[i].len, asked->all[i].at, ms.n_slots);
        if (!rc)
            asked->all[i] = rkb_arena_copy(a, rkb_sv_of(ms.slots[0].name));
        rkb_measures_release(&ms);
    }
    return rc;
}

/* ---- printing ------------------------------------------------------------- */

/* "x.tex" is LaTeX unless --format says otherwise. */
static rkb_sv format_of(const struct rkb_optset *options)
{
    rkb_sv path = rkb_optset_text(options, "output");
    size_t dot = path.len;

    if (rkb_optset_get(options, "format")->given)
        return rkb_optset_text(options, "format");
    while (dot > 0 && path.at[dot - 1] != '.' && path.at[dot - 1] != '/')
        dot--;
    for (size_t i = 0; dot && path.at[dot - 1] == '.' && rkb_table_formats[i];
         i++)
        if (rkb_sv_is((rkb_sv){ path.at + dot, path.len - dot },
                      rkb_table_formats[i]->ext))
            return rkb_sv_of(rkb_table_formats[i]->name);
    return rkb_sv_of("text");
}

static enum rkb_status print_doc(struct rkb_context *ctx,
                                 const struct rkb_optset *options,
                                 const struct rkb_doc *doc, struct rkb_err *err)
{
    const char *path = rkb_optset_cstr(options, "output");
    struct rkb_buf text = { 0 };

    if (!path)
        return rkb_doc_write(doc, format_of(options), ctx->out, err);
    enum rkb_status rc = rkb_doc_write(doc, format_of(options), &text, err);

    if (!rc)
        rc = rkb_file_write(path, rkb_buf_view(&text), err);
    rkb_buf_release(&text);
    return rc;
}

static enum rkb_status run_report(struct rkb_context *ctx,
                                  const struct rkb_args *args,
                                  struct rkb_err *err)
{
    const struct rkb_store_options read_only = { .mode = RKB_STORE_READ };
    struct rkb_report_want want = { .options = &args->opts, .math = &math };
    const struct rkb_report_def *report =
        rkb_report_find(rkb_sv_of(args->operands[0]), err);
    struct rkb_prices prices = { 0 };
    struct rkb_doc doc = { 0 };

    if (!report)
        return err->code;
    want.subject = args->n_operands > 1 ? args->operands[1] : NULL;
    enum rkb_status rc =
        rkb_report_check(report, &args->opts, want.subject, err);

    if (!rc)
        rc = name_measures(ctx->arena, &args->opts, err);
    if (!rc && rkb_optset_cstr(&args->opts, "prices")) {
        rc = rkb_prices_read(ctx->arena, rkb_optset_cstr(&args->opts, "prices"),
                             &prices, err);
        want.prices = &prices;
    }
    if (!rc)
        rc = rkb_store_open(&want.store, rkb_optset_cstr(&args->opts, "store"),
                            &read_only, err);
    if (!rc) {
        doc.name = report->name;
        rc = report->build(ctx->arena, &want, &doc, err);
    }
    if (!rc)
        rc = print_doc(ctx, &args->opts, &doc, err);
    rkb_doc_release(&doc);
    rkb_store_close(want.store);
    return rc;
}

const struct rkb_command_def rkb_command_report = {
    .name = "report",
    .summary = "print the tables of a paper from the store",
    .usage = "NAME [PAPER]",
    .detail = "`list reports` says which there are and what each takes. "
              "docs/reports.md shows them.",
    .options = rkb_report_options,
    .min_operands = 1,
    .max_operands = 2,
    .run = run_report,
};
