/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/command.h"

#define RKB_COMMAND(id) extern const struct rkb_command_def rkb_command_##id;
#include "harness/cli/commands.def"
#undef RKB_COMMAND

const struct rkb_command_def *const rkb_commands[] = {
#define RKB_COMMAND(id) &rkb_command_##id,
#include "harness/cli/commands.def"
#undef RKB_COMMAND
    NULL
};
