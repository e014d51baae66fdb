/* SPDX-License-Identifier: Apache-2.0 */
/* Is a run worse or slower than a baseline? */
#include "base/io/file.h"
#include "base/log.h"
#include "harness/cli/command.h"
#include "harness/cli/gate_print.h"
#include "harness/cli/side.h"

#include <math.h>

static const struct rkb_opt options[] = {
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "where results are kept" },
    { .name = "max-drop",
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "M=D",
      .help = "how much of a measure may be lost: nDCG@10=0.005" },
    { .name = "max-slowdown",
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "[pN=]R",
      .help = "how many times as long a query may take: p50=1.10" },
    { .name = "alpha",
      .type = RKB_OPT_REAL,
      .fallback = "0.05",
      .min = 1e-6,
      .max = 0.49,
      .value_name = "P",
      .help = "how often a false alarm, or a false pass, is put up with" },
    { .name = "noise",
      .type = RKB_OPT_REAL,
      .min = 0,
      .max = 1e9,
      .value_name = "SD",
      .help = "standard deviation of a measure between repeats (default: from "
              "the repeats there are); 0: there is none" },
    { .name = "unsure",
      .type = RKB_OPT_CHOICE,
      .choices = "pass|fail",
      .help = "exit 0 or 1, and not 7, where the gate cannot tell" },
    { .name = "worst",
      .type = RKB_OPT_INT,
      .fallback = "5",
      .min = 0,
      .max = 1000000,
      .help = "queries listed of each measure that became worse" },
    { .name = "junit",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "write the answers as JUnit XML, too" },
    { .name = "summary",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "write all as Markdown, too" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md",
      .fallback = "text",
      .help = "how to print" },
    { 0 },
};

static enum rkb_status read_limits(struct rkb_context *ctx,
                                   const struct rkb_optset *opts,
                                   struct rkb_verdict_want *want,
                                   struct rkb_err *err)
{
    const struct rkb_opt_value *drops = rkb_optset_get(opts, "max-drop");
    const struct rkb_opt_value *slows = rkb_optset_get(opts, "max-slowdown");
    size_t n = drops->n_all + slows->n_all;
    struct rkb_verdict_limit *limits =
        rkb_arena_new(ctx->arena, n, sizeof *limits);
    enum rkb_status rc = RKB_OK;

    if (!n)
        return rkb_fail(err, RKB_E_USAGE,
                        "what is allowed? Give --max-drop or --max-slowdown");
    for (size_t i = 0; i < n && !rc; i++) {
        bool is_drop = i < drops->n_all;

        rc = is_drop ? rkb_verdict_max_drop(drops->all[i], &limits[i], err)
                     : rkb_verdict_max_slowdown(slows->all[i - drops->n_all],
                                                &limits[i], err);
        if (rc)
            rkb_wrap(err, is_drop ? "--max-drop" : "--max-slowdown");
    }
    *want = (struct rkb_verdict_want){
        .limits = limits,
        .n_limits = n,
        .alpha = rkb_optset_real(opts, "alpha"),
        .noise = rkb_optset_get(opts, "noise")->given
                     ? rkb_optset_real(opts, "noise")
                     : (double)NAN,
    };
    return rc;
}

static enum rkb_status status_of(enum rkb_verdict v, rkb_sv unsure)
{
    switch (v) {
    case RKB_VERDICT_PASS:
        return RKB_OK;
    case RKB_VERDICT_UNSURE:
        return !unsure.len                 ? RKB_E_UNSURE
               : rkb_sv_is(unsure, "pass") ? RKB_OK
                                           : RKB_E_INCOMPLETE;
    case RKB_VERDICT_INVALID:
    case RKB_VERDICT_WORSE:
        break;
    }
    return RKB_E_INCOMPLETE;
}

static enum rkb_status write_files(const struct rkb_gate_print *p,
                                   const struct rkb_optset *opts,
                                   struct rkb_err *err)
{
    const char *junit = rkb_optset_cstr(opts, "junit");
    const char *summary = rkb_optset_cstr(opts, "summary");
    struct rkb_buf text = { 0 };
    enum rkb_status rc = RKB_OK;

    if (junit) {
        rkb_gate_junit(p, &text);
        rc = rkb_file_write(junit, rkb_buf_view(&text), err);
    }
    rkb_buf_reset(&text);
    if (!rc && summary) {
        rc = rkb_gate_write(p, rkb_sv_of("md"), &text, err);
        if (!rc)
            rc = rkb_file_write(summary, rkb_buf_view(&text), err);
    }
    rkb_buf_release(&text);
    return rc;
}

static enum rkb_status open_sides(struct rkb_context *ctx,
                                  const struct rkb_args *args,
                                  struct rkb_baseline *before,
                                  struct rkb_baseline *after,
                                  struct rkb_err *err)
{
    const char *path = rkb_optset_cstr(&args->opts, "store");
    struct rkb_store *store = NULL;
    enum rkb_status rc = rkb_side_open(ctx->arena, args->operands[0], path,
                                       &store, NULL, before, err);

    if (!rc)
        rc = rkb_side_open(ctx->arena, args->operands[1], path, &store, before,
                           after, err);
    if (!rc)
        rc = rkb_sides_differ(ctx->arena, store, args->operands[0],
                              args->operands[1], err);
    rkb_store_close(store);
    return rc;
}

/* It decides nothing: what is too slow for that reason is too slow, and a note
 * says where to look. Only where times are asked for. */
static void note_loaded(struct rkb_context *ctx, const struct rkb_baseline *b,
                        const struct rkb_verdicts *gate,
                        struct rkb_gate_print *p)
{
    bool times = false;

    for (size_t i = 0; i < gate->n; i++)
        times |= gate->questions[i].is_time;
    for (size_t i = 0; i < b->n_sets && times; i++) {
        const struct rkb_baseline_set *s = &b->sets[i];

        if (s->loaded.len)
            p->notes[p->n_notes++] = rkb_arena_printf(
                ctx->arena, "%.*s on %.*s ran on a loaded machine: %.*s",
                (int)s->label.len, s->label.at, (int)s->dataset.len,
                s->dataset.at, (int)s->loaded.len, s->loaded.at);
    }
}

static enum rkb_status run_gate(struct rkb_context *ctx,
                                const struct rkb_args *args,
                                struct rkb_err *err)
{
    rkb_sv unsure = rkb_optset_text(&args->opts, "unsure");
    struct rkb_baseline before, after;
    struct rkb_verdict_want want;
    struct rkb_verdicts gate;
    enum rkb_status rc = read_limits(ctx, &args->opts, &want, err);

    if (!rc)
        rc = open_sides(ctx, args, &before, &after, err);
    if (!rc)
        rc =
            rkb_verdicts_decide(ctx->arena, &before, &after, &want, &gate, err);
    if (rc)
        return rc;
    enum rkb_status verdict = status_of(gate.verdict, unsure);
    struct rkb_gate_print print = {
        .gate = &gate,
        .alpha = want.alpha,
        .exit_code = rkb_exit_code(verdict),
        .unsure_passes = rkb_sv_is(unsure, "pass"),
        .n_worst = (size_t)rkb_optset_int(&args->opts, "worst"),
        .notes = rkb_arena_new(ctx->arena, before.n_sets + after.n_sets,
                               sizeof *print.notes),
    };

    note_loaded(ctx, &before, &gate, &print);
    note_loaded(ctx, &after, &gate, &print);

    for (size_t i = 0; i < gate.n_left_out; i++)
        rkb_log(RKB_LOG_WARN, "dataset '%.*s' has no baseline: not looked at",
                (int)gate.left_out[i].len, gate.left_out[i].at);
    rc = rkb_gate_write(&print, rkb_optset_text(&args->opts, "format"),
                        ctx->out, err);
    if (!rc)
        rc = write_files(&print, &args->opts, err);
    if (!rc && verdict)
        rc = rkb_fail(err, verdict, "gate: %s", rkb_verdict_name(gate.verdict));
    return rc;
}

const struct rkb_command_def rkb_command_gate = {
    .name = "gate",
    .summary = "is a run worse or slower than a baseline? For CI",
    .usage = "BASELINE RUN",
    .detail =
        "Each is an id, a label, or label@dataset#repeat with globs, all of "
        "whose\nrepeats count, or a file of 'rerankbench baseline'. Exit "
        "code 0: within what\nis allowed; 1: worse, or not comparable; 7: "
        "cannot tell. docs/gate.md has the\nrule.",
    .options = options,
    .min_operands = 2,
    .max_operands = 2,
    .run = run_gate,
};
