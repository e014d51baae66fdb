/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/command.h"

#include <string.h>

/* What is not named here is not linked, nor are the libraries it needs. */
#ifdef RKB_CORE_ONLY
#define RKB_FULL_ROW(id)
#define RKB_LEFT_OUT(id) #id,
#else
#define RKB_FULL_ROW(id) &rkb_command_##id,
#define RKB_LEFT_OUT(id)
#endif

#define RKB_COMMAND(id) extern const struct rkb_command_def rkb_command_##id;
#define RKB_CORE_COMMAND(id) RKB_COMMAND(id)
#include "harness/cli/commands.def"
#undef RKB_CORE_COMMAND
#undef RKB_COMMAND

const struct rkb_command_def *const rkb_commands[] = {
#define RKB_COMMAND(id) RKB_FULL_ROW(id)
#define RKB_CORE_COMMAND(id) &rkb_command_##id,
#include "harness/cli/commands.def"
#undef RKB_CORE_COMMAND
#undef RKB_COMMAND
    NULL
};

const char *const rkb_commands_left_out[] = {
#define RKB_COMMAND(id) RKB_LEFT_OUT(id)
#define RKB_CORE_COMMAND(id)
#include "harness/cli/commands.def"
#undef RKB_CORE_COMMAND
#undef RKB_COMMAND
    NULL
};

const struct rkb_command_def *rkb_command_find(const char *name,
                                               struct rkb_err *err)
{
    const char *names[32];
    size_t n = 0;

    for (size_t i = 0; rkb_commands_left_out[i]; i++)
        if (strcmp(rkb_commands_left_out[i], name) == 0) {
            rkb_fail(err, RKB_E_USAGE,
                     "'%s' is not in this program, a static build of the "
                     "evaluation core (try --help)",
                     name);
            return NULL;
        }
    for (; rkb_commands[n] && n < RKB_COUNT(names); n++) {
        if (strcmp(rkb_commands[n]->name, name) == 0)
            return rkb_commands[n];
        names[n] = rkb_commands[n]->name;
    }
    rkb_sv near = rkb_nearest(rkb_sv_of(name), names, n);

    if (near.len)
        rkb_fail(err, RKB_E_USAGE,
                 "unknown command '%s' (did you mean '%.*s'?)", name,
                 (int)near.len, near.at);
    else
        rkb_fail(err, RKB_E_USAGE, "unknown command '%s' (try --help)", name);
    return NULL;
}
