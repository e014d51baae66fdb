/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of commands and options as people read them: --help, and man. */
#include "base/embed.h"
#include "harness/cli/command.h"

#include <string.h>

enum { HELP_COLUMN = 29, HELP_WIDTH = 79 };

static const char program_does[] = "Evaluates and benchmarks rerankers.";

static const struct {
    int code;
    const char *means;
} exits[] = {
    { 0, "done" },
    { 1, "incomplete, or a gate failed" },
    { 2, "usage or plan" },
    { 3, "bad data" },
    { 4, "file or service" },
    { 5, "interrupted (run again to resume)" },
    { 6, "out of memory" },
    { 7, "the gate cannot tell" },
};

static const char *value_name(const struct rkb_opt *o)
{
    return o->type == RKB_OPT_FLAG     ? NULL
           : o->value_name             ? o->value_name
           : o->type == RKB_OPT_CHOICE ? o->choices
           : o->type == RKB_OPT_TEXT   ? "TEXT"
                                       : "N";
}

static void explain(const struct rkb_opt *o, struct rkb_buf *out)
{
    rkb_buf_text(out, o->help);
    if (o->fallback && o->type != RKB_OPT_FLAG)
        rkb_buf_printf(out, " (default %s)", o->fallback);
    if (o->many)
        rkb_buf_text(out, "; may be repeated");
}

/* ---- --help ------------------------------------------------------------- */

/* Words from `column` on; lines are broken before HELP_WIDTH and begin at
 * `margin`. */
static void wrap(rkb_sv text, size_t column, size_t margin, struct rkb_buf *out)
{
    rkb_sv word;

    while ((word = rkb_sv_word(&text)).len) {
        if (column > margin && column + 1 + word.len > HELP_WIDTH) {
            rkb_buf_printf(out, "\n%*s", (int)margin, "");
            column = margin;
        } else if (column > margin) {
            rkb_buf_char(out, ' ');
            column++;
        }
        rkb_buf_sv(out, word);
        column += word.len;
    }
    rkb_buf_char(out, '\n');
}

static void option_text(const struct rkb_opt *o, struct rkb_buf *out)
{
    struct rkb_buf left = { 0 }, help = { 0 };

    rkb_buf_text(&left, o->letter ? "  -" : "  ");
    if (o->letter)
        rkb_buf_printf(&left, "%c, ", o->letter);
    rkb_buf_printf(&left, "--%s", o->name);
    if (value_name(o))
        rkb_buf_printf(&left, "=%s", value_name(o));
    rkb_buf_sv(out, rkb_buf_view(&left));
    if (left.len + 1 < HELP_COLUMN)
        rkb_buf_printf(out, "%*s", (int)(HELP_COLUMN - left.len), "");
    else
        rkb_buf_printf(out, "\n%*s", HELP_COLUMN, "");
    explain(o, &help);
    wrap(rkb_buf_view(&help), HELP_COLUMN, HELP_COLUMN, out);
    rkb_buf_release(&help);
    rkb_buf_release(&left);
}

static void program_text(struct rkb_buf *out)
{
    struct rkb_buf end = { 0 };

    rkb_buf_printf(out,
                   "usage: rerankbench COMMAND [OPTION]... [OPERAND]...\n"
                   "%s\n\n",
                   program_does);
    for (size_t i = 0; rkb_commands[i]; i++)
        rkb_buf_printf(out, "  %-10s %s\n", rkb_commands[i]->name,
                       rkb_commands[i]->summary);
    rkb_buf_text(&end, "'rerankbench COMMAND --help' tells more. Exit codes:");
    for (size_t i = 0; i < RKB_COUNT(exits); i++)
        rkb_buf_printf(&end, "%s %d %s", i ? "," : "", exits[i].code,
                       exits[i].means);
    rkb_buf_text(&end, ".");
    if (rkb_commands_left_out[0])
        rkb_buf_text(&end, " This is a static build of the evaluation core, "
                           "without");
    for (size_t i = 0; rkb_commands_left_out[i]; i++)
        rkb_buf_printf(&end, "%s '%s'", i ? "," : "", rkb_commands_left_out[i]);
    if (rkb_commands_left_out[0])
        rkb_buf_text(&end, ".");
    rkb_buf_char(out, '\n');
    wrap(rkb_buf_view(&end), 0, 0, out);
    rkb_buf_release(&end);
}

void rkb_help_text(const struct rkb_command_def *cmd, struct rkb_buf *out)
{
    struct rkb_buf usage = { 0 };

    if (!cmd) {
        program_text(out);
        return;
    }
    rkb_buf_printf(&usage, "usage: rerankbench %s [OPTION]... %s", cmd->name,
                   cmd->usage);
    wrap(rkb_buf_view(&usage), 0, 4, out);
    rkb_buf_release(&usage);
    rkb_buf_printf(out, "%s\n", cmd->summary);
    if (cmd->detail)
        rkb_buf_printf(out, "\n%s\n", cmd->detail);
    rkb_buf_char(out, '\n');
    for (const struct rkb_opt *o = cmd->options; o && o->name; o++)
        option_text(o, out);
    rkb_buf_text(out, "  --help                     show this and stop\n");
}

/* ---- man ---------------------------------------------------------------- */

/* Text of ours as it is to be read: no byte of it is a request, and hyphens
 * stay the ASCII ones that people copy. */
static void roff(struct rkb_buf *out, rkb_sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool first = i == 0 || text.at[i - 1] == '\n';

        if (first && (c == '.' || c == '\''))
            rkb_buf_text(out, "\\&");
        if (c == '\\')
            rkb_buf_text(out, "\\e");
        else if (c == '-')
            rkb_buf_text(out, "\\-");
        else if (c == '\'')
            rkb_buf_text(out, "\\(aq");
        else
            rkb_buf_char(out, c);
    }
}

static void roff_text(struct rkb_buf *out, const char *text)
{
    roff(out, rkb_sv_of(text));
}

/* Paragraphs are filled; one that is indented is shown as it is. */
static void paragraphs(struct rkb_buf *out, const char *text)
{
    rkb_sv rest = rkb_sv_of(text), line;
    bool gap = false, as_is = false;

    while (rkb_sv_split(&rest, '\n', &line)) {
        bool blank = !rkb_sv_trim(line).len;

        if (as_is && (blank || *line.at != ' ')) {
            rkb_buf_text(out, ".EE\n.RE\n");
            as_is = false;
        }
        if (blank) {
            gap = true;
            continue;
        }
        if (!as_is && *line.at == ' ') {
            rkb_buf_text(out, ".PP\n.RS 4\n.EX\n");
            as_is = true;
        } else if (gap) {
            rkb_buf_text(out, ".PP\n");
        }
        gap = false;
        roff(out, rkb_sv_trim(line));
        rkb_buf_char(out, '\n');
    }
    if (as_is)
        rkb_buf_text(out, ".EE\n.RE\n");
}

static void option_man(const struct rkb_opt *o, struct rkb_buf *out)
{
    struct rkb_buf help = { 0 };

    rkb_buf_text(out, ".TP\n");
    if (o->letter)
        rkb_buf_printf(out, "\\fB\\-%c\\fR, ", o->letter);
    rkb_buf_text(out, "\\fB\\-\\-");
    roff_text(out, o->name);
    rkb_buf_text(out, "\\fR");
    if (value_name(o)) {
        rkb_buf_text(out, "=\\fI");
        roff_text(out, value_name(o));
        rkb_buf_text(out, "\\fR");
    }
    rkb_buf_char(out, '\n');
    explain(o, &help);
    roff(out, rkb_buf_view(&help));
    rkb_buf_char(out, '\n');
    rkb_buf_release(&help);
}

/* No date: it would be another page on another day. */
static void man_head(const struct rkb_command_def *cmd, struct rkb_buf *out)
{
    rkb_buf_text(out, ".TH RERANKBENCH");
    for (const char *c = cmd ? cmd->name : ""; *c; c++)
        rkb_buf_printf(out, "%s%c", c == cmd->name ? "\\-" : "",
                       *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    rkb_buf_printf(out, " 1 \"\" \"rerankbench %s\"\n.SH NAME\nrerankbench",
                   rkb_version);
    rkb_buf_printf(out, "%s%s \\- ", cmd ? "\\-" : "", cmd ? cmd->name : "");
    roff_text(out, cmd ? cmd->summary : "evaluate and benchmark rerankers");
    rkb_buf_text(out, "\n.SH SYNOPSIS\n\\fBrerankbench ");
    rkb_buf_text(out, cmd ? cmd->name : "\\fICOMMAND");
    rkb_buf_text(out, "\\fR [\\fIOPTION\\fR]... \\fI");
    roff_text(out, cmd ? cmd->usage : "[OPERAND]...");
    rkb_buf_text(out, "\\fR\n.SH DESCRIPTION\n");
}

static void program_man(struct rkb_buf *out)
{
    man_head(NULL, out);
    rkb_buf_text(out, program_does);
    rkb_buf_text(out, "\n.SH COMMANDS\n");
    for (size_t i = 0; rkb_commands[i]; i++) {
        rkb_buf_printf(out, ".TP\n\\fB%s\\fR\n", rkb_commands[i]->name);
        roff_text(out, rkb_commands[i]->summary);
        rkb_buf_char(out, '\n');
    }
    rkb_buf_text(out, ".SH OPTIONS\n"
                      ".TP\n\\fB\\-\\-help\\fR\nshow the commands and stop\n"
                      ".TP\n\\fB\\-\\-version\\fR\nshow the release and stop\n"
                      ".SH EXIT STATUS\n");
    for (size_t i = 0; i < RKB_COUNT(exits); i++)
        rkb_buf_printf(out, ".TP\n\\fB%d\\fR\n%s\n", exits[i].code,
                       exits[i].means);
    rkb_buf_text(out, ".SH SEE ALSO\n");
    for (size_t i = 0; rkb_commands[i]; i++)
        rkb_buf_printf(out, "%s\\fBrerankbench\\-%s\\fR(1)", i ? ",\n" : "",
                       rkb_commands[i]->name);
    rkb_buf_char(out, '\n');
}

void rkb_help_man(const struct rkb_command_def *cmd, struct rkb_buf *out)
{
    if (!cmd) {
        program_man(out);
        return;
    }
    man_head(cmd, out);
    paragraphs(out, cmd->detail ? cmd->detail : cmd->summary);
    rkb_buf_text(out, ".SH OPTIONS\n");
    for (const struct rkb_opt *o = cmd->options; o && o->name; o++)
        option_man(o, out);
    rkb_buf_text(out, ".TP\n\\fB\\-\\-help\\fR\nshow this and stop\n"
                      ".SH EXIT STATUS\nAs of\n\\fBrerankbench\\fR(1).\n"
                      ".SH SEE ALSO\n\\fBrerankbench\\fR(1)\n");
}
