/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/table.h"

static void put(struct rkb_buf *out, rkb_sv cell)
{
    rkb_buf_text(out, "| ");
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.at[i] == '|' || cell.at[i] == '\\')
            rkb_buf_char(out, '\\');
        rkb_buf_char(out, cell.at[i] == '\n' ? ' ' : cell.at[i]);
    }
    rkb_buf_char(out, ' ');
}

static void write_md(const struct rkb_table *t, struct rkb_buf *out)
{
    const rkb_sv none = { "-", 1 };

    for (size_t c = 0; c < t->n_columns; c++)
        put(out, rkb_sv_of(t->columns[c].name));
    rkb_buf_text(out, "|\n");
    for (size_t c = 0; c < t->n_columns; c++)
        rkb_buf_text(out, t->columns[c].number ? "|---:" : "|---");
    rkb_buf_text(out, "|\n");
    for (size_t i = 0; i < t->n_cells; i++) {
        put(out, t->cells[i].at ? t->cells[i] : none);
        if ((i + 1) % t->n_columns == 0)
            rkb_buf_text(out, "|\n");
    }
    for (size_t i = 0; i < t->n_notes; i++)
        rkb_buf_printf(out, "\n%s\n", t->notes[i]);
}

const struct rkb_table_format rkb_table_format_md = {
    .name = "md",
    .summary = "a Markdown table",
    .write = write_md,
};
