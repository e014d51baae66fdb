/* SPDX-License-Identifier: Apache-2.0 */
/* Sub-commands: a row each in commands.def. */
#ifndef RKB_HARNESS_CLI_COMMAND_H
#define RKB_HARNESS_CLI_COMMAND_H

#include "base/opt.h"
#include "base/stop.h"

/* The command line after the command's name, checked against its rows. */
struct rkb_args {
    struct rkb_optset opts;
    const char **operands;
    size_t n_operands;
};

struct rkb_context {
    struct rkb_arena *arena; /* lives as long as the command */
    struct rkb_buf *out;     /* standard output: see rkb_out_flush */
};

struct rkb_command_def {
    const char *name, *summary;
    const char *usage;  /* operands: "QRELS RUN..."                    */
    const char *detail; /* paragraphs of --help, may be NULL           */
    const struct rkb_opt *options;
    size_t min_operands, max_operands; /* SIZE_MAX: any number */
    /* MUST */
    enum rkb_status (*run)(struct rkb_context *ctx, const struct rkb_args *args,
                           struct rkb_err *err);
};

/* NULL-terminated, in listing order. */
extern const struct rkb_command_def *const rkb_commands[];
/* Names of the commands that this build lacks, NULL-terminated: see
 * commands.def. */
extern const char *const rkb_commands_left_out[];

/* Writes what has gathered in ctx->out to standard output, and empties it.
 * Commands that print a lot call it now and then; main calls it at the end. */
enum rkb_status rkb_out_flush(struct rkb_context *ctx, struct rkb_err *err)
    RKB_MUST_CHECK;

/* GNU style: options and operands in any order, "-qc -l2", "--level=2",
 * unambiguous beginnings of long names, '_' for '-', "--" ends options, "-"
 * is an operand. RKB_E_USAGE with the nearest name. *help: --help was given
 * (then the operands are not counted). */
enum rkb_status rkb_args_parse(struct rkb_arena *a,
                               const struct rkb_command_def *cmd, int argc,
                               char **argv, struct rkb_args *out, bool *help,
                               struct rkb_err *err) RKB_MUST_CHECK;

/* NULL with RKB_E_USAGE, and the nearest name. */
const struct rkb_command_def *rkb_command_find(const char *name,
                                               struct rkb_err *err);

/* What people read of the rows: all of it comes from the table of commands.
 * cmd NULL: the program itself, with its commands and exit codes. */
void rkb_help_text(const struct rkb_command_def *cmd, struct rkb_buf *out);
/* A page of man(7), for section 1. */
void rkb_help_man(const struct rkb_command_def *cmd, struct rkb_buf *out);
/* A script that completes commands, options and their values in a shell. */
void rkb_help_bash(struct rkb_buf *out);
void rkb_help_zsh(struct rkb_buf *out);

#endif
