/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of a store as a small text file that a gate compares with. */
#include "base/embed.h"
#include "harness/cli/command.h"
#include "harness/cli/side.h"

static const struct rkb_opt options[] = {
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "where results are kept" },
    { 0 },
};

static enum rkb_status refuse_incomplete(const struct rkb_baseline *b,
                                         struct rkb_err *err)
{
    for (size_t i = 0; i < b->n_sets; i++)
        if (b->sets[i].why.len)
            return rkb_fail(err, RKB_E_INCOMPLETE,
                            "dataset '%.*s' is incomplete (%.*s): no baseline "
                            "was written",
                            (int)b->sets[i].dataset.len, b->sets[i].dataset.at,
                            (int)b->sets[i].why.len, b->sets[i].why.at);
    return RKB_OK;
}

static enum rkb_status run_baseline(struct rkb_context *ctx,
                                    const struct rkb_args *args,
                                    struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_READ };
    struct rkb_store *store = NULL;
    struct rkb_baseline b;
    enum rkb_status rc = rkb_store_open(
        &store, rkb_optset_cstr(&args->opts, "store"), &how, err);

    if (!rc)
        rc = rkb_baseline_collect(store, ctx->arena,
                                  rkb_sv_of(args->operands[0]), NULL, &b, err);
    if (!rc)
        rc = refuse_incomplete(&b, err);
    if (!rc) {
        b.program = rkb_sv_of(
            rkb_arena_printf(ctx->arena, "%s (%s)", rkb_version, rkb_commit));
        rkb_baseline_write(&b, ctx->out);
    }
    rkb_store_close(store);
    return rc;
}

const struct rkb_command_def rkb_command_baseline = {
    .name = "baseline",
    .summary = "write runs as a small text file for 'gate', to keep in git",
    .usage = "RUN",
    .detail = "RUN is an id, a label, or label@dataset#repeat with globs; all "
              "that it matches\ngoes in, runs over one data set as repeats. "
              "The file goes to standard output.",
    .options = options,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_baseline,
};
