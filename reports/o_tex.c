/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/table.h"

#include <string.h>

/* LaTeX booktabs; every character that LaTeX would read is written out. */
static void put(struct rkb_buf *out, rkb_sv cell)
{
    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.at[i];

        if (c && strchr("&%$#_{}", c)) {
            rkb_buf_char(out, '\\');
            rkb_buf_char(out, c);
        } else if (c == '\\') {
            rkb_buf_text(out, "\\textbackslash{}");
        } else if (c == '~') {
            rkb_buf_text(out, "\\textasciitilde{}");
        } else if (c == '^') {
            rkb_buf_text(out, "\\textasciicircum{}");
        } else {
            rkb_buf_char(out, c);
        }
    }
}

static void write_tex(const struct rkb_table *t, struct rkb_buf *out)
{
    const rkb_sv none = { "--", 2 };

    rkb_buf_text(out, "\\begin{tabular}{");
    for (size_t c = 0; c < t->n_columns; c++)
        rkb_buf_char(out, t->columns[c].number ? 'r' : 'l');
    rkb_buf_text(out, "}\n\\toprule\n");
    for (size_t c = 0; c < t->n_columns; c++) {
        put(out, rkb_sv_of(t->columns[c].name));
        rkb_buf_text(out, c + 1 == t->n_columns ? " \\\\\n\\midrule\n" : " & ");
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        if (t->cells[i].at)
            put(out, t->cells[i]);
        else
            rkb_buf_sv(out, none);
        rkb_buf_text(out, (i + 1) % t->n_columns ? " & " : " \\\\\n");
    }
    rkb_buf_text(out, "\\bottomrule\n\\end{tabular}\n");
    for (size_t i = 0; i < t->n_notes; i++)
        rkb_buf_printf(out, "%% %s\n", t->notes[i]);
}

const struct rkb_table_format rkb_table_format_tex = {
    .name = "tex",
    .summary = "a LaTeX table (booktabs)",
    .write = write_tex,
};
