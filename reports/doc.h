/* SPDX-License-Identifier: Apache-2.0 */
/* What a report is: tables in a row, each with title, caption, groups of
 * columns, marks and notes (reports/table.h). Built once, printed by any format
 * of formats.def. */
#ifndef RKB_REPORTS_DOC_H
#define RKB_REPORTS_DOC_H

#include "reports/table.h"

/* A zeroed struct is an empty document; release frees all. */
struct rkb_doc {
    struct rkb_arena arena;
    const char *name;  /* of the report: "dl" */
    const char *title; /* a line              */
    struct rkb_table **tables;
    size_t n_tables, tables_cap;
    const char *script; /* of a figure (reports/plot.h), whose data the tables
                           are; NULL: none */
    rkb_sv page; /* the document as HTML, where the report lays it out itself;
                    at == NULL: it does not */
    int width, height; /* of the figure, in hundredths of an inch */
};

void rkb_doc_release(struct rkb_doc *d);
/* A new table at the end, at an address that stays; released with the
 * document. The title is copied and may be NULL. */
struct rkb_table *rkb_doc_table(struct rkb_doc *d, const char *title);
/* Adds a sentence to the caption. */
void rkb_doc_caption(struct rkb_table *t, const char *fmt, ...)
    RKB_PRINTF(2, 3);
enum rkb_status rkb_doc_write(const struct rkb_doc *d, rkb_sv format,
                              struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
