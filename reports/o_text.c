/* SPDX-License-Identifier: Apache-2.0 */
/* Columns as wide as their widest cell, counted in code points. Marks and
 * letters stand behind a number, in a space of their own, so that digits stay
 * below digits. */
#include "base/mem.h"
#include "reports/doc.h"

struct widths {
    size_t cell, dress; /* dress: of the cell's width, behind the text */
};

static size_t width_of(rkb_sv s)
{
    size_t n = 0, i = 0;

    while (i < s.len) {
        rkb_sv_code_point(s, &i);
        n++;
    }
    return n;
}

static void pad(struct rkb_buf *out, size_t n)
{
    while (n--)
        rkb_buf_char(out, ' ');
}

static size_t dress_width(const struct rkb_table *t, struct rkb_dress d)
{
    struct rkb_buf letters = { 0 };

    if (d.super || d.loaded) {
        rkb_buf_char(&letters, '^');
        rkb_table_above(t, d, &letters);
    }
    size_t width = (d.mark ? 1 : 0) + letters.len;

    rkb_buf_release(&letters);
    return width;
}

static rkb_sv cell_text(const struct rkb_table *t, size_t i)
{
    const rkb_sv none = { "-", 1 };

    return t->cells[i].at ? t->cells[i] : none;
}

static void measure(const struct rkb_table *t, struct widths *w)
{
    for (size_t i = 0; i < t->n_cells; i++) {
        struct widths *c = &w[i % t->n_columns];
        size_t dress = dress_width(t, rkb_table_dress(t, i));

        c->dress = dress > c->dress ? dress : c->dress;
    }
    for (size_t c = 0; c < t->n_columns; c++)
        w[c].cell = width_of(rkb_sv_of(t->columns[c].name));
    for (size_t i = 0; i < t->n_cells; i++) {
        struct widths *c = &w[i % t->n_columns];
        size_t width = width_of(cell_text(t, i)) + c->dress;

        c->cell = width > c->cell ? width : c->cell;
    }
    for (size_t c = 0, end; c < t->n_columns; c = end) {
        size_t have = 0, need;

        end = rkb_table_group_end(t, c);
        if (!t->groups[c])
            continue;
        for (size_t k = c; k < end; k++)
            have += w[k].cell + (k > c ? 2 : 0);
        need = width_of(rkb_sv_of(t->groups[c]));
        if (need > have)
            w[end - 1].cell += need - have;
    }
}

static void put(const struct rkb_table *t, struct rkb_buf *out, rkb_sv cell,
                struct rkb_dress dress, struct widths w, bool right, bool last)
{
    static const char *const marks[] = { "", "*", "+" };
    size_t dressed = dress_width(t, dress);
    size_t behind = right ? w.dress - dressed : 0;
    size_t used = width_of(cell) + dressed;

    if (right)
        pad(out, w.cell - used - behind);
    rkb_buf_sv(out, cell);
    rkb_buf_text(out, marks[dress.mark]);
    if (dress.super || dress.loaded) {
        rkb_buf_char(out, '^');
        rkb_table_above(t, dress, out);
    }
    if (!last)
        pad(out, right ? behind : w.cell - used);
    rkb_buf_text(out, last ? "\n" : "  ");
}

static void put_groups(const struct rkb_table *t, const struct widths *w,
                       struct rkb_buf *out)
{
    size_t at = 0, written = 0;

    for (size_t c = 0, end; c < t->n_columns; c = end) {
        end = rkb_table_group_end(t, c);
        if (t->groups[c]) {
            pad(out, at - written);
            rkb_buf_text(out, t->groups[c]);
            written = at + width_of(rkb_sv_of(t->groups[c]));
        }
        for (size_t k = c; k < end; k++)
            at += w[k].cell + 2;
    }
    rkb_buf_char(out, '\n');
}

static void put_rule(const struct rkb_table *t, const struct widths *w,
                     struct rkb_buf *out)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        for (size_t i = 0; i < w[c].cell; i++)
            rkb_buf_char(out, '-');
        rkb_buf_text(out, c + 1 == t->n_columns ? "\n" : "  ");
    }
}

static void write_text(const struct rkb_table *t, struct rkb_buf *out)
{
    struct widths *w = rkb_new(t->n_columns, sizeof *w);

    measure(t, w);
    if (rkb_table_has_groups(t))
        put_groups(t, w, out);
    for (size_t c = 0; c < t->n_columns; c++) {
        struct widths head = w[c];

        head.dress = 0;
        put(t, out, rkb_sv_of(t->columns[c].name), (struct rkb_dress){ 0 },
            head, t->columns[c].number, c + 1 == t->n_columns);
    }
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t c = i % t->n_columns;

        if (c == 0 && rkb_table_has_rule(t, i / t->n_columns))
            put_rule(t, w, out);
        put(t, out, cell_text(t, i), rkb_table_dress(t, i), w[c],
            t->columns[c].number, c + 1 == t->n_columns);
    }
    if (rkb_table_has_marks(t))
        rkb_buf_text(out, "* best, + second best\n");
    for (size_t i = 0; i < t->n_notes; i++)
        rkb_buf_printf(out, "%s\n", t->notes[i]);
    rkb_free(w);
}

static void write_text_doc(const struct rkb_doc *d, struct rkb_buf *out)
{
    rkb_buf_printf(out, "%s\n", d->title);
    for (size_t i = 0; i < d->n_tables; i++) {
        const struct rkb_table *t = d->tables[i];

        rkb_buf_char(out, '\n');
        if (t->title)
            rkb_buf_printf(out, "%s\n", t->title);
        if (t->caption)
            rkb_buf_printf(out, "%s\n", t->caption);
        write_text(t, out);
    }
}

const struct rkb_table_format rkb_table_format_text = {
    .name = "text",
    .summary = "aligned columns",
    .ext = "txt",
    .write = write_text,
    .write_doc = write_text_doc,
};
