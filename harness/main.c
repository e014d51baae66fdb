/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the command, runs it, turns its status into an exit code. */
#include "base/embed.h"
#include "base/log.h"
#include "base/stop.h"
#include "harness/cli/command.h"

#include <string.h>

static enum rkb_status run(struct rkb_context *ctx, int argc, char **argv,
                           struct rkb_err *err)
{
    struct rkb_args args;
    bool help;

    if (argc < 2) {
        rkb_help_text(NULL, ctx->out);
        return rkb_fail(err, RKB_E_USAGE, "which command?");
    }
    if (strcmp(argv[1], "--help") == 0) {
        rkb_help_text(NULL, ctx->out);
        return RKB_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        rkb_buf_printf(ctx->out, "rerankbench %s\n", rkb_version);
        return RKB_OK;
    }
    const struct rkb_command_def *cmd = rkb_command_find(argv[1], err);

    if (!cmd)
        return err->code;
    enum rkb_status rc =
        rkb_args_parse(ctx->arena, cmd, argc - 2, argv + 2, &args, &help, err);

    if (rc)
        return rkb_wrap(err, "%s", cmd->name);
    if (help) {
        rkb_help_text(cmd, ctx->out);
        return RKB_OK;
    }
    return cmd->run(ctx, &args, err);
}

int main(int argc, char **argv)
{
    struct rkb_arena arena = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_context ctx = { .arena = &arena, .out = &out };
    struct rkb_err err = { 0 }, late = { 0 };

    rkb_stop_survive_writes();
    enum rkb_status rc = run(&ctx, argc, argv, &err);

    if (rkb_out_flush(&ctx, &late) && !rc) {
        rc = late.code;
        err = late;
    }
    if (rc && err.msg[0])
        rkb_log(RKB_LOG_ERROR, "%s", err.msg);
    rkb_buf_release(&out);
    rkb_arena_release(&arena);
    return rkb_exit_code(rc);
}
