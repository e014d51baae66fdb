/* SPDX-License-Identifier: Apache-2.0 */
/* LaTeX booktabs; every character that LaTeX would read is written out. */
#include "reports/doc.h"

#include <string.h>

static const char *const written_out[256] = {
    ['\\'] = "\\textbackslash{}",
    ['~'] = "\\textasciitilde{}",
    ['^'] = "\\textasciicircum{}",
    ['<'] = "\\textless{}",
    ['>'] = "\\textgreater{}",
    ['|'] = "\\textbar{}",
    ['`'] = "\\textasciigrave{}",
    ['\n'] = " ",
    ['\r'] = " ",
    ['\t'] = " ",
};

static void put(struct rkb_buf *out, rkb_sv cell)
{
    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.at[i];

        if (c == '+' && i + 1 < cell.len && cell.at[i + 1] == '-') {
            rkb_buf_text(out, "$\\pm$");
            i++;
        } else if (written_out[(unsigned char)c]) {
            rkb_buf_text(out, written_out[(unsigned char)c]);
        } else if (c && strchr("&%$#_{}", c)) {
            rkb_buf_char(out, '\\');
            rkb_buf_char(out, c);
        } else if ((unsigned char)c >= 0x20) {
            rkb_buf_char(out, c);
            /* Two of them would become one sign. */
            if (strchr("-',", c) && i + 1 < cell.len && cell.at[i + 1] == c)
                rkb_buf_text(out, "{}");
        }
    }
}

/* Of captions and notes: a path may be broken behind a slash. */
static void put_prose(struct rkb_buf *out, const char *text)
{
    const char *slash;

    while ((slash = strchr(text, '/')) && slash[1] && slash[1] != ' ') {
        put(out, (rkb_sv){ text, (size_t)(slash - text) + 1 });
        rkb_buf_text(out, "\\allowbreak{}");
        text = slash + 1;
    }
    put(out, rkb_sv_of(text));
}

/* A minus sign before digits is one. */
static void put_number(struct rkb_buf *out, rkb_sv cell)
{
    if (cell.len > 1 && cell.at[0] == '-' && cell.at[1] >= '0' &&
        cell.at[1] <= '9') {
        rkb_buf_text(out, "$-$");
        cell = (rkb_sv){ cell.at + 1, cell.len - 1 };
    }
    put(out, cell);
}

static void put_cell(const struct rkb_table *t, size_t i, struct rkb_buf *out)
{
    static const char *const open[] = { "", "\\textbf{", "\\underline{" };
    struct rkb_dress d = rkb_table_dress(t, i);

    rkb_buf_text(out, open[d.mark]);
    if (!t->cells[i].at)
        rkb_buf_text(out, "--");
    else if (t->columns[i % t->n_columns].number)
        put_number(out, t->cells[i]);
    else
        put(out, t->cells[i]);
    rkb_buf_text(out, d.mark ? "}" : "");
    if (d.super || d.loaded) {
        rkb_buf_text(out, "\\textsuperscript{");
        rkb_table_above(t, d, out);
        rkb_buf_char(out, '}');
    }
}

static void put_groups(const struct rkb_table *t, struct rkb_buf *out)
{
    for (size_t c = 0, end; c < t->n_columns; c = end) {
        end = rkb_table_group_end(t, c);
        if (c)
            rkb_buf_text(out, " & ");
        if (t->groups[c]) {
            rkb_buf_printf(out, "\\multicolumn{%zu}{c}{", end - c);
            put(out, rkb_sv_of(t->groups[c]));
            rkb_buf_char(out, '}');
        }
    }
    rkb_buf_text(out, " \\\\\n");
    for (size_t c = 0, end; c < t->n_columns; c = end) {
        end = rkb_table_group_end(t, c);
        if (t->groups[c])
            rkb_buf_printf(out, "\\cmidrule(lr){%zu-%zu}", c + 1, end);
    }
    rkb_buf_char(out, '\n');
}

/* Rows first, ..., end - 1, under the whole head. */
static void put_tabular(const struct rkb_table *t, size_t first, size_t end,
                        struct rkb_buf *out)
{
    rkb_buf_text(out, "\\begin{tabular}{");
    for (size_t c = 0; c < t->n_columns; c++)
        rkb_buf_char(out, t->columns[c].number ? 'r' : 'l');
    rkb_buf_text(out, "}\n\\toprule\n");
    if (rkb_table_has_groups(t))
        put_groups(t, out);
    for (size_t c = 0; c < t->n_columns; c++) {
        put(out, rkb_sv_of(t->columns[c].name));
        rkb_buf_text(out, c + 1 == t->n_columns ? " \\\\\n\\midrule\n" : " & ");
    }
    for (size_t i = first * t->n_columns; i < end * t->n_columns; i++) {
        if (i % t->n_columns == 0 && i / t->n_columns > first &&
            rkb_table_has_rule(t, i / t->n_columns))
            rkb_buf_text(out, "\\midrule\n");
        put_cell(t, i, out);
        rkb_buf_text(out, (i + 1) % t->n_columns ? " & " : " \\\\\n");
    }
    rkb_buf_text(out, "\\bottomrule\n\\end{tabular}");
}

/* A note is one comment line, whatever it holds. */
static void write_tex(const struct rkb_table *t, struct rkb_buf *out)
{
    put_tabular(t, 0, rkb_table_rows(t), out);
    rkb_buf_char(out, '\n');
    for (size_t i = 0; i < t->n_notes; i++) {
        rkb_buf_text(out, "% ");
        for (const char *p = t->notes[i]; *p; p++)
            rkb_buf_char(out, *p == '\n' || *p == '\r' ? ' ' : *p);
        rkb_buf_char(out, '\n');
    }
}

/* What fits on a page with caption and notes; a float cannot be broken. */
enum { FLOAT_ROWS = 32 };

static void put_float(const struct rkb_table *t, size_t first, size_t end,
                      struct rkb_buf *out)
{
    rkb_buf_text(out, "\\begin{table}\n\\centering\n\\caption{");
    if (t->title) {
        put_prose(out, t->title);
        rkb_buf_text(out, t->caption || first ? ". " : "");
    }
    if (first)
        rkb_buf_text(out, "Continued.");
    else if (t->caption)
        put_prose(out, t->caption);
    rkb_buf_text(out,
                 "}\n\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else"
                 "\\width\\fi}{!}{%\n");
    put_tabular(t, first, end, out);
    rkb_buf_text(out, "}\n");
    for (size_t i = 0; i < t->n_notes && end == rkb_table_rows(t); i++) {
        rkb_buf_text(out, "\\par{\\footnotesize\\raggedright\\sloppy ");
        put_prose(out, t->notes[i]);
        rkb_buf_text(out, "\\par}\n");
    }
    rkb_buf_text(out, "\\end{table}\n");
}

static void write_tex_doc(const struct rkb_doc *d, struct rkb_buf *out)
{
    rkb_buf_text(out, "% \\usepackage{booktabs,graphicx}\n");
    for (size_t i = 0; i < d->n_tables; i++) {
        size_t n = rkb_table_rows(d->tables[i]), first = 0;

        do {
            size_t end = n - first > FLOAT_ROWS ? first + FLOAT_ROWS : n;

            put_float(d->tables[i], first, end, out);
            first = end;
        } while (first < n);
    }
}

const struct rkb_table_format rkb_table_format_tex = {
    .name = "tex",
    .summary = "a LaTeX table (booktabs)",
    .ext = "tex",
    .write = write_tex,
    .write_doc = write_tex_doc,
};
