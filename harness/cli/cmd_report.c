/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of papers from the store. */
#include "base/io/file.h"
#include "base/log.h"
#include "harness/cli/command.h"
#include "harness/cli/report_math.h"
#include "harness/eval/contrast.h"
#include "metrics/spec.h"
#include "reports/plot.h"
#include "reports/report.h"

#include <string.h>

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

static rkb_sv ending_of(rkb_sv path)
{
    size_t dot = path.len;

    while (dot > 0 && path.at[dot - 1] != '.' && path.at[dot - 1] != '/')
        dot--;
    return dot && path.at[dot - 1] == '.'
               ? (rkb_sv){ path.at + dot, path.len - dot }
               : (rkb_sv){ 0 };
}

/* "x.tex" is LaTeX unless --format says otherwise; `usual` may be NULL. */
static rkb_sv format_of(const struct rkb_optset *options, const char *usual)
{
    rkb_sv ending = ending_of(rkb_optset_text(options, "output"));

    if (rkb_optset_get(options, "format")->given)
        return rkb_optset_text(options, "format");
    if (rkb_picture_format_find(ending))
        return ending;
    for (size_t i = 0; rkb_table_formats[i]; i++)
        if (rkb_sv_is(ending, rkb_table_formats[i]->ext))
            return rkb_sv_of(rkb_table_formats[i]->name);
    return rkb_sv_of(usual ? usual : "text");
}

/* The picture with its data and script beside it. Without gnuplot these two
 * are all there is, which is no failure: they can be drawn elsewhere. */
static enum rkb_status print_figure(struct rkb_context *ctx, const char *path,
                                    const struct rkb_picture_format *format,
                                    const struct rkb_doc *doc,
                                    struct rkb_err *err)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    const char *name = slash ? slash + 1 : path;
    struct rkb_arena *a = ctx->arena;
    rkb_sv ending, picture;
    char *folder, *stem;

    if (!doc->script)
        return rkb_fail(err, RKB_E_USAGE,
                        "report %s is no figure and has no %s; `list reports` "
                        "says which are",
                        doc->name, format->name);
    if (!path || !*name || strcmp(path, "-") == 0)
        return rkb_fail(err, RKB_E_USAGE,
                        "a figure is several files: name one with -o "
                        "FILE.%s",
                        format->name);
    ending = ending_of(rkb_sv_of(name));
    folder = slash ? rkb_arena_cstr(a, (rkb_sv){ path, (size_t)(slash - path) })
                   : ".";
    if (slash == path)
        folder = "/";
    stem = rkb_arena_cstr(a, rkb_sv_of(name));
    if (rkb_sv_is(ending, format->name))
        stem[strlen(stem) - ending.len - 1] = '\0';
    enum rkb_status rc = rkb_plot_check_stem(stem, err);

    if (!rc)
        rc = rkb_plot_write(doc, folder, stem, format, err);
    if (!rc)
        rc = rkb_plot_draw(a, doc, stem, format, &picture, err);
    if (!rc && !picture.at)
        rkb_log(RKB_LOG_WARN,
                "no picture: %s; %s/%s.dat and %s/%s.gp are there, and "
                "gnuplot (Debian: gnuplot-nox) draws them",
                err->msg, folder, stem, folder, stem);
    else if (!rc)
        rc = rkb_file_write(
            rkb_arena_printf(a, "%s/%s.%s", folder, stem, format->name),
            picture, err);
    return rc;
}

static enum rkb_status print_doc(struct rkb_context *ctx,
                                 const struct rkb_optset *options,
                                 const char *usual, const struct rkb_doc *doc,
                                 struct rkb_err *err)
{
    const char *path = rkb_optset_cstr(options, "output");
    rkb_sv format = format_of(options, usual);
    const struct rkb_picture_format *picture = rkb_picture_format_find(format);
    struct rkb_buf text = { 0 };

    if (picture)
        return print_figure(ctx, path, picture, doc, err);
    if (!path)
        return rkb_doc_write(doc, format, ctx->out, err);
    enum rkb_status rc = rkb_doc_write(doc, format, &text, err);

    if (!rc)
        rc = rkb_file_write(path, rkb_buf_view(&text), err);
    rkb_buf_release(&text);
    return rc;
}

/* ---- comparisons that a table asks for ------------------------------------ */

enum { SEED = 42 }; /* of the randomization test, as in `compare` */

/* Stored once, so that the same report only reads the next time. */
static enum rkb_status compute(const struct rkb_optset *options,
                               const struct rkb_lacking *lacking,
                               struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_WRITE };
    struct rkb_compare_want want = {
        .test = (enum rkb_test)rkb_optset_int(options, "test"),
        .correction =
            (enum rkb_correction)rkb_optset_int(options, "correction"),
        .alpha = rkb_optset_real(options, "alpha"),
        .seed = SEED,
    };
    struct rkb_store *store;
    enum rkb_status rc =
        rkb_store_open(&store, rkb_optset_cstr(options, "store"), &how, err);

    if (rc)
        return rkb_wrap(err, "the comparisons of --against are stored");
    want.pool = rkb_pool_open(0);
    for (size_t i = 0; i < lacking->n && !rc; i++)
        rc = rkb_contrast_store(store, &lacking->families[i], &want, err);
    rkb_pool_close(want.pool);
    rkb_store_close(store);
    return rc;
}

/* A store is open for reading while a report is built, and then only. */
static enum rkb_status build_once(struct rkb_context *ctx,
                                  const struct rkb_report_def *report,
                                  struct rkb_report_want *want,
                                  struct rkb_doc *doc, struct rkb_err *err)
{
    const struct rkb_store_options read_only = { .mode = RKB_STORE_READ };
    enum rkb_status rc = rkb_store_open(
        &want->store, rkb_optset_cstr(want->options, "store"), &read_only, err);

    doc->name = report->name;
    if (!rc)
        rc = report->build(ctx->arena, want, doc, err);
    rkb_store_close(want->store);
    want->store = NULL;
    return rc;
}

static enum rkb_status build(struct rkb_context *ctx,
                             const struct rkb_report_def *report,
                             struct rkb_report_want *want, struct rkb_doc *doc,
                             struct rkb_err *err)
{
    struct rkb_lacking lacking = { 0 };

    want->lacking = &lacking;
    enum rkb_status rc = build_once(ctx, report, want, doc, err);

    want->lacking = NULL;
    if (rc || !lacking.n)
        return rc;
    rc = compute(want->options, &lacking, err);
    rkb_doc_release(doc);
    return rc ? rc : build_once(ctx, report, want, doc, err);
}

static enum rkb_status run_report(struct rkb_context *ctx,
                                  const struct rkb_args *args,
                                  struct rkb_err *err)
{
    struct rkb_report_want want = { .options = &args->opts,
                                    .math = &rkb_report_math };
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
        rc = build(ctx, report, &want, &doc, err);
    if (!rc)
        rc = print_doc(ctx, &args->opts, report->format, &doc, err);
    rkb_doc_release(&doc);
    return rc;
}

const struct rkb_command_def rkb_command_report = {
    .name = "report",
    .summary = "print the tables of a paper from the store",
    .usage = "NAME [PAPER]",
    .detail = "'list reports' says which there are and what each takes.\n"
              "docs/reports.md shows them.",
    .options = rkb_report_options,
    .min_operands = 1,
    .max_operands = 2,
    .run = run_report,
};
