/* SPDX-License-Identifier: Apache-2.0 */
/* What the program tells of itself: to people, man and shells. */
#include "harness/cli/command.h"

static const struct rkb_opt options[] = {
    { .name = "man",
      .type = RKB_OPT_FLAG,
      .help = "as a page for man; without COMMAND rerankbench(1)" },
    { .name = "completion",
      .type = RKB_OPT_CHOICE,
      .choices = "bash|zsh",
      .help = "a script that completes commands and options in a shell" },
    { 0 },
};

static enum rkb_status run_help(struct rkb_context *ctx,
                                const struct rkb_args *args,
                                struct rkb_err *err)
{
    const struct rkb_opt_value *shell =
        rkb_optset_get(&args->opts, "completion");
    bool man = rkb_optset_flag(&args->opts, "man");
    const struct rkb_command_def *cmd = NULL;

    if (shell->given && (man || args->n_operands))
        return rkb_fail(err, RKB_E_USAGE,
                        "help: --completion is of all commands; leave out %s",
                        man ? "--man" : "COMMAND");
    if (shell->given) {
        (shell->integer == 0 ? rkb_help_bash : rkb_help_zsh)(ctx->out);
        return RKB_OK;
    }
    if (args->n_operands) {
        cmd = rkb_command_find(args->operands[0], err);
        if (!cmd)
            return err->code;
    }
    (man ? rkb_help_man : rkb_help_text)(cmd, ctx->out);
    return RKB_OK;
}

const struct rkb_command_def rkb_command_help = {
    .name = "help",
    .summary = "what --help prints, man pages, shell completion",
    .usage = "[COMMAND]",
    .detail = "Without COMMAND, what there is. 'make install' puts the pages "
              "and scripts in\nplace; by hand, for one shell:\n\n"
              "    source <(rerankbench help --completion=bash)",
    .options = options,
    .min_operands = 0,
    .max_operands = 1,
    .run = run_help,
};
