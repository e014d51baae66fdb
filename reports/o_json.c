/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/table.h"

/* An array of objects, one a row; numbers stay as they were formatted. */
static size_t digits(rkb_sv s, size_t i)
{
    size_t n = 0;

    while (i + n < s.len && s.at[i + n] >= '0' && s.at[i + n] <= '9')
        n++;
    return n;
}

/* JSON's own grammar: "5.", ".5" and "01" are none of its numbers. */
static bool is_number(rkb_sv s)
{
    size_t i = rkb_sv_starts(s, "-"), n = digits(s, i);

    if (n == 0 || (n > 1 && s.at[i] == '0'))
        return false;
    i += n;
    if (i < s.len && s.at[i] == '.') {
        n = digits(s, i + 1);
        if (n == 0)
            return false;
        i += n + 1;
    }
    if (i < s.len && (s.at[i] == 'e' || s.at[i] == 'E')) {
        i++;
        i += i < s.len && (s.at[i] == '+' || s.at[i] == '-');
        n = digits(s, i);
        if (n == 0)
            return false;
        i += n;
    }
    return i == s.len;
}

static void write_json(const struct rkb_table *t, struct rkb_buf *out)
{
    rkb_buf_text(out, "[");
    for (size_t i = 0; i < t->n_cells; i++) {
        const struct rkb_column *column = &t->columns[i % t->n_columns];

        if (i % t->n_columns == 0)
            rkb_buf_text(out, i ? ",\n {" : "\n {");
        else
            rkb_buf_text(out, ", ");
        rkb_buf_json(out, rkb_sv_of(column->name));
        rkb_buf_text(out, ": ");
        if (!t->cells[i].at)
            rkb_buf_text(out, "null");
        else if (column->number && is_number(t->cells[i]))
            rkb_buf_sv(out, t->cells[i]);
        else
            rkb_buf_json(out, t->cells[i]);
        if ((i + 1) % t->n_columns == 0)
            rkb_buf_text(out, "}");
    }
    rkb_buf_text(out, "\n]\n");
}

const struct rkb_table_format rkb_table_format_json = {
    .name = "json",
    .summary = "an array of objects",
    .write = write_json,
};
