/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/doc.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

void rkb_doc_release(struct rkb_doc *d)
{
    for (size_t i = 0; i < d->n_tables; i++)
        rkb_table_release(d->tables[i]);
    rkb_free((void *)d->tables);
    rkb_arena_release(&d->arena);
    *d = (struct rkb_doc){ 0 };
}

struct rkb_table *rkb_doc_table(struct rkb_doc *d, const char *title)
{
    struct rkb_table *t = rkb_arena_new(&d->arena, 1, sizeof *t);

    d->tables = rkb_grow((void *)d->tables, &d->tables_cap, d->n_tables + 1,
                         sizeof(*d->tables));
    d->tables[d->n_tables++] = t;
    if (title)
        t->title = rkb_arena_cstr(&t->arena, rkb_sv_of(title));
    return t;
}

void rkb_doc_caption(struct rkb_table *t, const char *fmt, ...)
{
    va_list args, again;

    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    char *text = rkb_arena_new(&t->arena, (size_t)n + 1, 1);

    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(args);
    t->caption = t->caption
                     ? rkb_arena_printf(&t->arena, "%s %s", t->caption, text)
                     : text;
}

enum rkb_status rkb_doc_write(const struct rkb_doc *d, rkb_sv format,
                              struct rkb_buf *out, struct rkb_err *err)
{
    const struct rkb_table_format *f = rkb_table_format_find(format, err);

    if (!f)
        return err->code;
    f->write_doc(d, out);
    return RKB_OK;
}
