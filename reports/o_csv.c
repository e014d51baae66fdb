/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/table.h"

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

static void write_csv(const struct rkb_table *t, struct rkb_buf *out)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        put(out, rkb_sv_of(t->columns[c].name));
        rkb_buf_char(out, c + 1 == t->n_columns ? '\n' : ',');
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        put(out, t->cells[i]);
        rkb_buf_char(out, (i + 1) % t->n_columns ? ',' : '\n');
    }
}

const struct rkb_table_format rkb_table_format_csv = {
    .name = "csv",
    .summary = "comma-separated values (RFC 4180)",
    .write = write_csv,
};
