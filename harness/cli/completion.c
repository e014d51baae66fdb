/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of commands and options as scripts that complete them. */
#include "harness/cli/command.h"

#include <string.h>

/* Words of "a|b|c [MORE]", with blanks between them. */
static void add_words(struct rkb_buf *out, const char *words)
{
    for (; *words && *words != ' '; words++)
        rkb_buf_char(out, *words == '|' ? ' ' : *words);
}

/* Operands that are words, as in "a|b|c" or "COMMAND"; false: files. */
static bool add_operands(struct rkb_buf *out, const struct rkb_command_def *cmd)
{
    if (strstr(cmd->usage, "COMMAND")) {
        for (size_t i = 0; rkb_commands[i]; i++)
            rkb_buf_printf(out, "%s%s", i ? " " : "", rkb_commands[i]->name);
        return true;
    }
    if (!strchr(cmd->usage, '|'))
        return false;
    add_words(out, cmd->usage);
    return true;
}

/* ---- bash --------------------------------------------------------------- */

static void bash_command(const struct rkb_command_def *cmd, struct rkb_buf *out)
{
    struct rkb_buf operands = { 0 };

    rkb_buf_printf(out, "    %s)\n        options='", cmd->name);
    for (const struct rkb_opt *o = cmd->options; o && o->name; o++) {
        if (o->letter)
            rkb_buf_printf(out, "-%c ", o->letter);
        rkb_buf_printf(out, "--%s ", o->name);
    }
    rkb_buf_text(out, "--help'\n");
    if (add_operands(&operands, cmd))
        rkb_buf_printf(out, "        words='%.*s'\n", (int)operands.len,
                       operands.at);
    rkb_buf_text(out, "        case $prev in\n");
    for (const struct rkb_opt *o = cmd->options; o && o->name; o++) {
        if (o->type == RKB_OPT_FLAG)
            continue;
        rkb_buf_text(out, "        ");
        if (o->letter)
            rkb_buf_printf(out, "-%c | ", o->letter);
        rkb_buf_printf(out, "--%s) value=", o->name);
        if (o->type == RKB_OPT_CHOICE) {
            rkb_buf_text(out, "words words='");
            add_words(out, o->choices);
            rkb_buf_char(out, '\'');
        } else {
            rkb_buf_text(out, o->type == RKB_OPT_TEXT ? "files" : "none");
        }
        rkb_buf_text(out, " ;;\n");
    }
    rkb_buf_text(out, "        esac\n        ;;\n");
    rkb_buf_release(&operands);
}

/* bash parts words at '=', so that "--compat=9" arrives as three. What is a
 * file or a folder is left to bash's own completion (-o default). */
void rkb_help_bash(struct rkb_buf *out)
{
    rkb_buf_text(out, "# bash completion for rerankbench(1), written by\n"
                      "# 'rerankbench help --completion=bash'\n\n"
                      "_rerankbench() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]}\n"
                      "    local prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
                      "    local options='' words='' value=''\n\n"
                      "    COMPREPLY=()\n"
                      "    if [[ $cur == '=' ]]; then\n"
                      "        cur=''\n"
                      "    elif [[ $prev == '=' && $COMP_CWORD -gt 2 ]]; then\n"
                      "        prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
                      "    fi\n"
                      "    if [[ $COMP_CWORD -eq 1 ]]; then\n"
                      "        COMPREPLY=($(compgen -W '");
    for (size_t i = 0; rkb_commands[i]; i++)
        rkb_buf_printf(out, "%s ", rkb_commands[i]->name);
    rkb_buf_text(out, "--help --version' -- \"$cur\"))\n"
                      "        return\n"
                      "    fi\n"
                      "    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; rkb_commands[i]; i++)
        bash_command(rkb_commands[i], out);
    rkb_buf_text(out, "    esac\n"
                      "    case $value in\n"
                      "    files) return ;;\n"
                      "    none) compopt +o default 2>/dev/null; return ;;\n"
                      "    '') [[ $cur != -* ]] || words=$options ;;\n"
                      "    esac\n"
                      "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                      "}\n"
                      "complete -o default -F _rerankbench rerankbench\n");
}

/* ---- zsh ---------------------------------------------------------------- */

/* Inside '...': of an explanation in brackets, or before a colon. */
static void zsh_text(struct rkb_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            rkb_buf_text(out, "'\\'");
        else if (strchr("[]:\\", *text))
            rkb_buf_char(out, '\\');
        rkb_buf_char(out, *text);
    }
}

static void zsh_option(const struct rkb_opt *o, struct rkb_buf *out)
{
    const char *sign = o->type == RKB_OPT_FLAG ? "" : "=";

    rkb_buf_text(out, " \\\n            '");
    if (o->many)
        rkb_buf_char(out, '*');
    else if (o->letter)
        rkb_buf_printf(out, "(-%c --%s)", o->letter, o->name);
    if (o->letter)
        rkb_buf_printf(out, "'{-%c%s,--%s%s}'", o->letter, *sign ? "+" : "",
                       o->name, sign);
    else
        rkb_buf_printf(out, "--%s%s", o->name, sign);
    rkb_buf_char(out, '[');
    zsh_text(out, o->help);
    rkb_buf_char(out, ']');
    if (o->type != RKB_OPT_FLAG) {
        rkb_buf_char(out, ':');
        zsh_text(out, o->value_name ? o->value_name : o->name);
        rkb_buf_char(out, ':');
    }
    if (o->type == RKB_OPT_CHOICE) {
        rkb_buf_char(out, '(');
        add_words(out, o->choices);
        rkb_buf_char(out, ')');
    } else if (o->type == RKB_OPT_TEXT) {
        rkb_buf_text(out, "_files");
    }
    rkb_buf_char(out, '\'');
}

static void zsh_command(const struct rkb_command_def *cmd, struct rkb_buf *out)
{
    struct rkb_buf operands = { 0 };

    rkb_buf_printf(out, "    %s)\n        _arguments -s -S", cmd->name);
    for (const struct rkb_opt *o = cmd->options; o && o->name; o++)
        zsh_option(o, out);
    rkb_buf_text(out, " \\\n            '--help[show this and stop]'");
    if (add_operands(&operands, cmd))
        rkb_buf_printf(out, " \\\n            ':operand:(%.*s)'\n",
                       (int)operands.len, operands.at);
    else
        rkb_buf_text(out, " \\\n            '*:operand:_files'\n");
    rkb_buf_text(out, "        ;;\n");
    rkb_buf_release(&operands);
}

void rkb_help_zsh(struct rkb_buf *out)
{
    rkb_buf_text(out, "#compdef rerankbench\n"
                      "# written by 'rerankbench help --completion=zsh'\n\n"
                      "_rerankbench() {\n"
                      "    local -a commands\n"
                      "    local command=$words[2]\n\n"
                      "    commands=(\n");
    for (size_t i = 0; rkb_commands[i]; i++) {
        rkb_buf_printf(out, "        '%s:", rkb_commands[i]->name);
        zsh_text(out, rkb_commands[i]->summary);
        rkb_buf_text(out, "'\n");
    }
    rkb_buf_text(out, "    )\n"
                      "    if (( CURRENT == 2 )); then\n"
                      "        _describe command commands\n"
                      "        return\n"
                      "    fi\n"
                      "    shift words\n"
                      "    (( CURRENT-- ))\n"
                      "    case $command in\n");
    for (size_t i = 0; rkb_commands[i]; i++)
        zsh_command(rkb_commands[i], out);
    rkb_buf_text(out, "    esac\n"
                      "}\n\n"
                      "_rerankbench \"$@\"\n");
}
