/* SPDX-License-Identifier: Apache-2.0 */
/* An array of objects, one a row; numbers stay as they were formatted. */
#include "reports/doc.h"

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

static void put_name(const struct rkb_table *t, size_t column,
                     struct rkb_buf *out)
{
    struct rkb_buf name = { 0 };

    rkb_table_name(t, column, &name);
    rkb_buf_json(out, rkb_buf_view(&name));
    rkb_buf_release(&name);
}

static void put_rows(const struct rkb_table *t, const char *indent,
                     struct rkb_buf *out)
{
    rkb_buf_text(out, "[");
    for (size_t i = 0; i < t->n_cells; i++) {
        const struct rkb_column *column = &t->columns[i % t->n_columns];

        if (i % t->n_columns == 0)
            rkb_buf_printf(out, "%s\n%s{", i ? "," : "", indent);
        else
            rkb_buf_text(out, ", ");
        put_name(t, i % t->n_columns, out);
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
}

static void write_json(const struct rkb_table *t, struct rkb_buf *out)
{
    put_rows(t, " ", out);
    rkb_buf_text(out, "\n]\n");
}

static void put_text(const char *key, const char *text, struct rkb_buf *out)
{
    rkb_buf_printf(out, ",\n  \"%s\": ", key);
    if (text)
        rkb_buf_json(out, rkb_sv_of(text));
    else
        rkb_buf_text(out, "null");
}

static void put_letters(const struct rkb_table *t, const char *super,
                        struct rkb_buf *out)
{
    rkb_sv rest = rkb_sv_of(super), word;
    bool first = true;

    rkb_buf_text(out, ", ");
    rkb_buf_json(out, rkb_sv_of(t->letters_are ? t->letters_are : "note"));
    rkb_buf_text(out, ": [");
    while ((word = rkb_sv_word(&rest)).len) {
        rkb_buf_text(out, first ? "" : ", ");
        rkb_buf_json(out, word);
        first = false;
    }
    rkb_buf_char(out, ']');
}

static void put_marks(const struct rkb_table *t, struct rkb_buf *out)
{
    static const char *const names[] = { NULL, "best", "second" };
    bool first = true;

    rkb_buf_text(out, ",\n  \"marks\": [");
    for (size_t i = 0; i < t->n_dress; i++) {
        const struct rkb_dress *d = &t->dress[i];

        if (!d->mark && !d->super && !d->loaded)
            continue;
        rkb_buf_printf(out,
                       "%s\n   {\"row\": %zu, \"column\": ", first ? "" : ",",
                       i / t->n_columns);
        put_name(t, i % t->n_columns, out);
        if (d->mark)
            rkb_buf_printf(out, ", \"mark\": \"%s\"", names[d->mark]);
        if (d->loaded)
            rkb_buf_text(out, ", \"loaded\": true");
        if (d->super)
            put_letters(t, d->super, out);
        rkb_buf_text(out, "}");
        first = false;
    }
    rkb_buf_text(out, "]");
}

/* Rows of marks count from 0, as in the array of rows. */
static void put_table(const struct rkb_table *t, struct rkb_buf *out)
{
    rkb_buf_text(out, "\n {\"title\": ");
    if (t->title)
        rkb_buf_json(out, rkb_sv_of(t->title));
    else
        rkb_buf_text(out, "null");
    put_text("caption", t->caption, out);
    rkb_buf_text(out, ",\n  \"columns\": [");
    for (size_t c = 0; c < t->n_columns; c++) {
        rkb_buf_text(out, c ? ", " : "");
        put_name(t, c, out);
    }
    rkb_buf_text(out, "],\n  \"rows\": ");
    put_rows(t, "   ", out);
    rkb_buf_text(out, "]");
    put_marks(t, out);
    rkb_buf_text(out, ",\n  \"notes\": [");
    for (size_t i = 0; i < t->n_notes; i++) {
        rkb_buf_text(out, i ? ",\n   " : "\n   ");
        rkb_buf_json(out, rkb_sv_of(t->notes[i]));
    }
    rkb_buf_text(out, "]}");
}

static void write_json_doc(const struct rkb_doc *d, struct rkb_buf *out)
{
    rkb_buf_text(out, "{\"report\": ");
    rkb_buf_json(out, rkb_sv_of(d->name));
    rkb_buf_text(out, ",\n \"title\": ");
    rkb_buf_json(out, rkb_sv_of(d->title));
    rkb_buf_text(out, ",\n \"tables\": [");
    for (size_t i = 0; i < d->n_tables; i++) {
        rkb_buf_text(out, i ? "," : "");
        put_table(d->tables[i], out);
    }
    rkb_buf_text(out, "]}\n");
}

const struct rkb_table_format rkb_table_format_json = {
    .name = "json",
    .summary = "an array of objects",
    .ext = "json",
    .write = write_json,
    .write_doc = write_json_doc,
};
