/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/doc.h"

#include <string.h>

/* RFC 4180, lines ended by "\n". */
static void put(struct rkb_buf *out, rkb_sv cell)
{
    bool quote = false;

    for (size_t i = 0; i < cell.len; i++)
        quote |= strchr(",\"\r\n", cell.at[i]) && cell.at[i];
    if (!quote) {
        rkb_buf_sv(out, cell);
        return;
    }
    rkb_buf_char(out, '"');
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.at[i] == '"')
            rkb_buf_char(out, '"');
        rkb_buf_char(out, cell.at[i]);
    }
    rkb_buf_char(out, '"');
}

/* Letters have a column of their own, so that numbers stay numbers. */
static void write_csv(const struct rkb_table *t, struct rkb_buf *out)
{
    struct rkb_buf name = { 0 };

    for (size_t c = 0; c < t->n_columns; c++) {
        rkb_buf_reset(&name);
        rkb_table_name(t, c, &name);
        put(out, rkb_buf_view(&name));
        if (rkb_table_lettered(t, c)) {
            rkb_buf_printf(&name, " %s",
                           t->letters_are ? t->letters_are : "note");
            rkb_buf_char(out, ',');
            put(out, rkb_buf_view(&name));
        }
        if (rkb_table_any_loaded(t, c)) {
            rkb_buf_text(&name, " loaded");
            rkb_buf_char(out, ',');
            put(out, rkb_buf_view(&name));
        }
        rkb_buf_char(out, c + 1 == t->n_columns ? '\n' : ',');
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        put(out, t->cells[i]);
        if (rkb_table_lettered(t, i % t->n_columns)) {
            rkb_buf_char(out, ',');
            put(out, rkb_sv_of(rkb_table_dress(t, i).super));
        }
        if (rkb_table_any_loaded(t, i % t->n_columns))
            rkb_buf_text(out, rkb_table_dress(t, i).loaded ? ",L" : ",");
        rkb_buf_char(out, (i + 1) % t->n_columns ? ',' : '\n');
    }
    rkb_buf_release(&name);
}

/* CSV has no comments: an empty line parts two tables. */
static void write_csv_doc(const struct rkb_doc *d, struct rkb_buf *out)
{
    for (size_t i = 0; i < d->n_tables; i++) {
        if (i)
            rkb_buf_char(out, '\n');
        write_csv(d->tables[i], out);
    }
}

const struct rkb_table_format rkb_table_format_csv = {
    .name = "csv",
    .summary = "comma-separated values (RFC 4180)",
    .ext = "csv",
    .write = write_csv,
    .write_doc = write_csv_doc,
};
