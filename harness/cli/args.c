/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/command.h"
#include "harness/eval/plan.h"

#include <ctype.h>
#include <string.h>

static const struct rkb_opt *by_letter(const struct rkb_opt *rows, char letter)
{
    for (; rows && rows->name; rows++)
        if (rows->letter == letter)
            return rows;
    return NULL;
}

/* Names are compared as trec_eval's users write them: '_' is '-', case does
 * not count. */
static bool same_name(rkb_sv given, const char *name, bool whole)
{
    size_t len = strlen(name);

    if (given.len > len || (whole && given.len != len))
        return false;
    for (size_t i = 0; i < given.len; i++) {
        char c = given.at[i] == '_' ? '-' : given.at[i];

        if (tolower((unsigned char)c) != tolower((unsigned char)name[i]))
            return false;
    }
    return true;
}

static enum rkb_status by_name(const struct rkb_opt *rows, rkb_sv given,
                               const struct rkb_opt **out, struct rkb_err *err)
{
    const char *names[64];
    size_t n_names = 0, n_found = 0;

    for (const struct rkb_opt *o = rows; o && o->name; o++) {
        if (same_name(given, o->name, true)) {
            *out = o;
            return RKB_OK;
        }
        if (same_name(given, o->name, false)) {
            *out = o;
            n_found++;
        }
        if (n_names < RKB_COUNT(names))
            names[n_names++] = o->name;
    }
    if (n_found == 1)
        return RKB_OK;
    if (n_found > 1)
        return rkb_fail(err, RKB_E_USAGE, "option '--%.*s' is ambiguous",
                        (int)given.len, given.at);
    rkb_sv near = rkb_nearest(given, names, n_names);

    if (near.len)
        return rkb_fail(err, RKB_E_USAGE,
                        "unknown option '--%.*s' (did you mean '--%.*s'?)",
                        (int)given.len, given.at, (int)near.len, near.at);
    return rkb_fail(err, RKB_E_USAGE, "unknown option '--%.*s'", (int)given.len,
                    given.at);
}

static enum rkb_status put(struct rkb_args *args, const struct rkb_opt *row,
                           rkb_sv value, const char *next, int *used,
                           struct rkb_err *err)
{
    if (row->type != RKB_OPT_FLAG && !value.at) {
        if (!next)
            return rkb_fail(err, RKB_E_USAGE, "option '--%s' needs a value",
                            row->name);
        value = rkb_sv_of(next);
        *used = 1;
    }
    enum rkb_status rc =
        rkb_optset_put(&args->opts, rkb_sv_of(row->name), value, err);

    return rc;
}

static enum rkb_status parse_long(struct rkb_args *args,
                                  const struct rkb_opt *rows, const char *text,
                                  const char *next, int *used,
                                  struct rkb_err *err)
{
    const char *equals = strchr(text, '=');
    rkb_sv name = { text, equals ? (size_t)(equals - text) : strlen(text) };
    const struct rkb_opt *row = NULL;
    enum rkb_status rc = by_name(rows, name, &row, err);

    if (rc)
        return rc;
    return put(args, row, equals ? rkb_sv_of(equals + 1) : (rkb_sv){ 0 }, next,
               used, err);
}

static enum rkb_status parse_letters(struct rkb_args *args,
                                     const struct rkb_opt *rows,
                                     const char *text, const char *next,
                                     int *used, struct rkb_err *err)
{
    for (; *text; text++) {
        const struct rkb_opt *row = by_letter(rows, *text);
        enum rkb_status rc;

        if (!row)
            return rkb_fail(err, RKB_E_USAGE, "unknown option '-%c'", *text);
        if (row->type != RKB_OPT_FLAG) {
            rkb_sv value = text[1] ? rkb_sv_of(text + 1) : (rkb_sv){ 0 };

            return put(args, row, value, next, used, err);
        }
        rc = put(args, row, (rkb_sv){ 0 }, NULL, used, err);
        if (rc)
            return rc;
    }
    return RKB_OK;
}

enum rkb_status rkb_args_parse(struct rkb_arena *a,
                               const struct rkb_command_def *cmd, int argc,
                               char **argv, struct rkb_args *out, bool *help,
                               struct rkb_err *err)
{
    bool only_operands = false;

    *out = (struct rkb_args){ 0 };
    *help = false;
    rkb_optset_init(&out->opts, a, cmd->options);
    out->operands = rkb_arena_new(a, (size_t)argc + 1, sizeof *out->operands);
    for (int i = 0; i < argc; i++)
        if (rkb_has_secret(rkb_sv_of(argv[i]), NULL))
            return rkb_fail(err, RKB_E_USAGE,
                            "argument %d has a URL with a user name, password "
                            "or token in it (not shown); put the secret in an "
                            "environment variable",
                            i + 1);
    for (int i = 0; i < argc; i++) {
        const char *text = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        enum rkb_status rc = RKB_OK;
        int used = 0;

        if (only_operands || text[0] != '-' || !text[1])
            out->operands[out->n_operands++] = text;
        else if (strcmp(text, "--") == 0)
            only_operands = true;
        else if (strcmp(text, "--help") == 0)
            *help = true;
        else if (text[1] == '-')
            rc = parse_long(out, cmd->options, text + 2, next, &used, err);
        else
            rc = parse_letters(out, cmd->options, text + 1, next, &used, err);
        if (rc)
            return rc;
        i += used;
    }
    if (*help)
        return RKB_OK;
    if (out->n_operands < cmd->min_operands)
        return rkb_fail(err, RKB_E_USAGE,
                        "too few operands (usage: "
                        "rerankbench %s %s)",
                        cmd->name, cmd->usage);
    if (out->n_operands > cmd->max_operands)
        return rkb_fail(err, RKB_E_USAGE, "one operand too many: '%s'",
                        out->operands[cmd->max_operands]);
    return RKB_OK;
}
