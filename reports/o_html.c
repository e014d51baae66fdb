/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for a browser, without scripts; names are text, never markup. */
#include "reports/doc.h"
#include "reports/page_html.h"

static void put(struct rkb_buf *out, rkb_sv text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];

        if (c == '&')
            rkb_buf_text(out, "&amp;");
        else if (c == '<')
            rkb_buf_text(out, "&lt;");
        else if (c == '>')
            rkb_buf_text(out, "&gt;");
        else if (c == '"')
            rkb_buf_text(out, "&quot;");
        else if (c == '\'')
            rkb_buf_text(out, "&#39;");
        else
            rkb_buf_char(out, (unsigned char)c < 0x20 ? ' ' : c);
    }
}

void rkb_html_text(struct rkb_buf *out, const char *text)
{
    put(out, rkb_sv_of(text));
}

static void put_element(const char *name, const char *text, struct rkb_buf *out)
{
    rkb_buf_printf(out, "<%s>", name);
    put(out, rkb_sv_of(text));
    rkb_buf_printf(out, "</%s>\n", name);
}

static void put_head(const struct rkb_table *t, struct rkb_buf *out)
{
    rkb_buf_text(out, "<thead>\n");
    if (rkb_table_has_groups(t)) {
        rkb_buf_text(out, "<tr>");
        for (size_t c = 0, end; c < t->n_columns; c = end) {
            const char *group = t->groups[c];

            end = rkb_table_group_end(t, c);
            if (group)
                rkb_buf_printf(out, "<th colspan=\"%zu\" scope=\"colgroup\">",
                               end - c);
            else
                rkb_buf_text(out, "<td>");
            put(out, rkb_sv_of(group));
            rkb_buf_text(out, group ? "</th>" : "</td>");
        }
        rkb_buf_text(out, "</tr>\n");
    }
    rkb_buf_text(out, "<tr>");
    for (size_t c = 0; c < t->n_columns; c++) {
        rkb_buf_printf(out, "<th scope=\"col\"%s>",
                       t->columns[c].number ? " class=\"n\"" : "");
        put(out, rkb_sv_of(t->columns[c].name));
        rkb_buf_text(out, "</th>");
    }
    rkb_buf_text(out, "</tr>\n</thead>\n<tbody>\n");
}

static void put_cell(const struct rkb_table *t, size_t i, struct rkb_buf *out)
{
    static const char *const open[] = { "", "<b>", "<u>" };
    static const char *const close[] = { "", "</b>", "</u>" };
    const rkb_sv none = { "-", 1 };
    struct rkb_dress d = rkb_table_dress(t, i);

    rkb_buf_printf(out, "<td%s>%s",
                   t->columns[i % t->n_columns].number ? " class=\"n\"" : "",
                   open[d.mark]);
    put(out, t->cells[i].at ? t->cells[i] : none);
    rkb_buf_text(out, close[d.mark]);
    if (d.super || d.loaded) {
        rkb_buf_text(out, "<sup>");
        rkb_table_above(t, d, out);
        rkb_buf_text(out, "</sup>");
    }
    rkb_buf_text(out, "</td>");
}

static void write_html(const struct rkb_table *t, struct rkb_buf *out)
{
    rkb_buf_text(out, "<table>\n");
    if (t->caption)
        put_element("caption", t->caption, out);
    put_head(t, out);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t c = i % t->n_columns;

        if (c == 0 && rkb_table_has_rule(t, i / t->n_columns))
            rkb_buf_text(out, "</tbody>\n<tbody>\n");
        rkb_buf_text(out, c == 0 ? "<tr>" : "");
        put_cell(t, i, out);
        rkb_buf_text(out, c + 1 == t->n_columns ? "</tr>\n" : "");
    }
    rkb_buf_text(out, "</tbody>\n</table>\n");
    for (size_t i = 0; i < t->n_notes; i++)
        put_element("p", t->notes[i], out);
}

static void write_html_doc(const struct rkb_doc *d, struct rkb_buf *out)
{
    if (d->page.at) {
        rkb_buf_sv(out, d->page);
        return;
    }
    rkb_buf_text(out,
                 "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                 "<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n");
    put_element("title", d->title, out);
    rkb_buf_text(out,
                 "<style>\nbody{font:15px/1.4 sans-serif;margin:2em}\n"
                 "table{border-collapse:collapse;margin:1em 0}\n"
                 "caption{text-align:left;padding:.3em 0}\n"
                 "th,td{padding:.15em .6em;text-align:left}\n"
                 ".n,th[colspan]{text-align:right;"
                 "font-variant-numeric:tabular-nums}\n"
                 "thead th[colspan]{text-align:center}\n"
                 "table,tbody{border-top:1px solid;border-bottom:1px solid}\n"
                 "</style>\n</head>\n<body>\n");
    put_element("h1", d->title, out);
    for (size_t i = 0; i < d->n_tables; i++) {
        if (d->tables[i]->title)
            put_element("h2", d->tables[i]->title, out);
        write_html(d->tables[i], out);
    }
    rkb_buf_text(out, "</body>\n</html>\n");
}

const struct rkb_table_format rkb_table_format_html = {
    .name = "html",
    .summary = "a table for a browser, without scripts",
    .ext = "html",
    .write = write_html,
    .write_doc = write_html_doc,
};
