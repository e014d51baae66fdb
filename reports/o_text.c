/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/table.h"

#include "base/mem.h"

/* Columns as wide as their widest cell, counted in code points. */
static size_t width_of(rkb_sv s)
{
    size_t n = 0, i = 0;

    while (i < s.len) {
        rkb_sv_code_point(s, &i);
        n++;
    }
    return n;
}

static void put(struct rkb_buf *out, rkb_sv cell, size_t width, bool right,
                bool last)
{
    size_t pad = width - width_of(cell);

    for (size_t i = 0; right && i < pad; i++)
        rkb_buf_char(out, ' ');
    rkb_buf_sv(out, cell);
    for (size_t i = 0; !right && !last && i < pad; i++)
        rkb_buf_char(out, ' ');
    rkb_buf_text(out, last ? "\n" : "  ");
}

static void write_text(const struct rkb_table *t, struct rkb_buf *out)
{
    size_t *widths = rkb_new(t->n_columns, sizeof *widths);
    const rkb_sv none = { "-", 1 };

    for (size_t c = 0; c < t->n_columns; c++)
        widths[c] = width_of(rkb_sv_of(t->columns[c].name));
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t w = width_of(t->cells[i].at ? t->cells[i] : none);

        if (w > widths[i % t->n_columns])
            widths[i % t->n_columns] = w;
    }
    for (size_t c = 0; c < t->n_columns; c++)
        put(out, rkb_sv_of(t->columns[c].name), widths[c], t->columns[c].number,
            c + 1 == t->n_columns);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t c = i % t->n_columns;

        put(out, t->cells[i].at ? t->cells[i] : none, widths[c],
            t->columns[c].number, c + 1 == t->n_columns);
    }
    for (size_t i = 0; i < t->n_notes; i++)
        rkb_buf_printf(out, "%s\n", t->notes[i]);
    rkb_free(widths);
}

const struct rkb_table_format rkb_table_format_text = {
    .name = "text",
    .summary = "aligned columns",
    .write = write_text,
};
