/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/doc.h"

#include <ctype.h>
#include <string.h>

static bool is_word(rkb_sv text, size_t i)
{
    return i < text.len && (isalnum((unsigned char)text.at[i]) ||
                            (unsigned char)text.at[i] >= 0x80);
}

/* What Markdown or the HTML inside it would read. An underscore within a word
 * is itself, as in P_10. */
static void put_text(struct rkb_buf *out, rkb_sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c == '<')
            rkb_buf_text(out, "&lt;");
        else if (c == '&')
            rkb_buf_text(out, "&amp;");
        else if (c == '\n' || c == '\r')
            rkb_buf_char(out, ' ');
        else {
            if ((c && strchr("|\\*`[]", c)) ||
                (c == '_' &&
                 !(i && is_word(text, i - 1) && is_word(text, i + 1))))
                rkb_buf_char(out, '\\');
            rkb_buf_char(out, c);
        }
    }
}

static void put_cell(const struct rkb_table *t, struct rkb_buf *out,
                     rkb_sv text, struct rkb_dress dress)
{
    static const char *const open[] = { "", "**", "<u>" };
    static const char *const close[] = { "", "**", "</u>" };

    rkb_buf_printf(out, "| %s", open[dress.mark]);
    put_text(out, text);
    rkb_buf_text(out, close[dress.mark]);
    if (dress.super || dress.loaded) {
        rkb_buf_text(out, "<sup>");
        rkb_table_above(t, dress, out);
        rkb_buf_text(out, "</sup>");
    }
    rkb_buf_char(out, ' ');
}

static void write_md(const struct rkb_table *t, struct rkb_buf *out)
{
    const rkb_sv none = { "-", 1 };
    struct rkb_buf name = { 0 };

    for (size_t c = 0; c < t->n_columns; c++) {
        rkb_buf_reset(&name);
        rkb_table_name(t, c, &name);
        put_cell(t, out, rkb_buf_view(&name), (struct rkb_dress){ 0 });
    }
    rkb_buf_text(out, "|\n");
    for (size_t c = 0; c < t->n_columns; c++)
        rkb_buf_text(out, t->columns[c].number ? "|---:" : "|---");
    rkb_buf_text(out, "|\n");
    for (size_t i = 0; i < t->n_cells; i++) {
        put_cell(t, out, t->cells[i].at ? t->cells[i] : none,
                 rkb_table_dress(t, i));
        if ((i + 1) % t->n_columns == 0)
            rkb_buf_text(out, "|\n");
    }
    for (size_t i = 0; i < t->n_notes; i++) {
        rkb_buf_char(out, '\n');
        put_text(out, rkb_sv_of(t->notes[i]));
        rkb_buf_char(out, '\n');
    }
    rkb_buf_release(&name);
}

static void write_md_doc(const struct rkb_doc *d, struct rkb_buf *out)
{
    rkb_buf_text(out, "# ");
    put_text(out, rkb_sv_of(d->title));
    rkb_buf_char(out, '\n');
    for (size_t i = 0; i < d->n_tables; i++) {
        const struct rkb_table *t = d->tables[i];

        if (t->title) {
            rkb_buf_text(out, "\n## ");
            put_text(out, rkb_sv_of(t->title));
            rkb_buf_char(out, '\n');
        }
        if (t->caption) {
            rkb_buf_char(out, '\n');
            put_text(out, rkb_sv_of(t->caption));
            rkb_buf_char(out, '\n');
        }
        rkb_buf_char(out, '\n');
        write_md(t, out);
    }
}

const struct rkb_table_format rkb_table_format_md = {
    .name = "md",
    .summary = "a Markdown table",
    .ext = "md",
    .write = write_md,
    .write_doc = write_md_doc,
};
