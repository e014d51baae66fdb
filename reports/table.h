/* SPDX-License-Identifier: Apache-2.0 */
/* Rows without a look: built once, printed in any format of formats.def. */
#ifndef RKB_REPORTS_TABLE_H
#define RKB_REPORTS_TABLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>

struct rkb_column {
    const char *name;
    bool number; /* right-aligned; a number in JSON */
};

/* A zeroed struct is an empty table; release frees all. Cells are filled row
 * by row, left to right. An empty cell (no value) is "-" for people, empty in
 * CSV and null in JSON. */
struct rkb_table {
    struct rkb_arena arena;
    struct rkb_column *columns;
    size_t n_columns, columns_cap;
    rkb_sv *cells; /* at == NULL: no value */
    size_t n_cells, cells_cap;
    const char **notes; /* lines under the table; not in CSV */
    size_t n_notes, notes_cap;
};

void rkb_table_release(struct rkb_table *t);
void rkb_table_column(struct rkb_table *t, const char *name, bool number);
void rkb_table_sv(struct rkb_table *t, rkb_sv text);
void rkb_table_text(struct rkb_table *t, const char *text); /* NULL: none */
void rkb_table_printf(struct rkb_table *t, const char *fmt, ...)
    RKB_PRINTF(2, 3);
void rkb_table_none(struct rkb_table *t);
/* NaN is no value. */
void rkb_table_real(struct rkb_table *t, double value, int digits);
void rkb_table_int(struct rkb_table *t, int64_t value);
void rkb_table_note(struct rkb_table *t, const char *fmt, ...) RKB_PRINTF(2, 3);
size_t rkb_table_rows(const struct rkb_table *t);

/* One row of formats.def. */
struct rkb_table_format {
    const char *name, *summary;
    void (*write)(const struct rkb_table *t, struct rkb_buf *out); /* MUST */
};
/* NULL-terminated, in listing order. */
extern const struct rkb_table_format *const rkb_table_formats[];
/* RKB_E_USAGE with the names there are. */
enum rkb_status rkb_table_write(const struct rkb_table *t, rkb_sv format,
                                struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
