/* SPDX-License-Identifier: Apache-2.0 */
/* Rows without a look: built once, printed in any format of formats.def. A
 * table stands alone, or is one of a document (reports/doc.h). */
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

enum rkb_mark { RKB_MARK_NONE, RKB_MARK_BEST, RKB_MARK_SECOND };

/* How a cell is shown beside its text. */
struct rkb_dress {
    unsigned char mark; /* enum rkb_mark                            */
    bool loaded;        /* a time that a loaded machine took: an L above it */
    const char *super;  /* letters above it, a blank between two; NULL: none */
};

/* A zeroed struct is an empty table; release frees all. Cells are filled row
 * by row, left to right. An empty cell (no value) is "-" for people, empty in
 * CSV and null in JSON. */
struct rkb_table {
    struct rkb_arena arena;
    struct rkb_column *columns;
    size_t n_columns, columns_cap;
    const char **groups; /* [n_columns] what stands above it and its
                            neighbours; NULL: nothing */
    size_t groups_cap;
    rkb_sv *cells; /* at == NULL: no value */
    size_t n_cells, cells_cap;
    struct rkb_dress *dress; /* [n_dress] as cells; NULL until one is */
    size_t n_dress, dress_cap;
    size_t *rules; /* [n_rules] rows, ascending, that a line stands above */
    size_t n_rules, rules_cap;
    const char *letters_are; /* "better than": what they say, a static text;
                                NULL: notes */
    bool long_letters; /* some are "aa", so that "ab" would not be a and b */
    const char *title, *caption; /* NULL: none */
    const char **notes;          /* lines under the table; not in CSV */
    size_t n_notes, notes_cap;
};

void rkb_table_release(struct rkb_table *t);
void rkb_table_column(struct rkb_table *t, const char *name, bool number);
/* The same as part of a group; neighbours with equal groups share it. */
void rkb_table_column_of(struct rkb_table *t, const char *group,
                         const char *name, bool number);
/* "GROUP NAME": what the column is called where there is one line of heads. */
void rkb_table_name(const struct rkb_table *t, size_t column,
                    struct rkb_buf *out);
void rkb_table_sv(struct rkb_table *t, rkb_sv text);
void rkb_table_text(struct rkb_table *t, const char *text); /* NULL: none */
void rkb_table_printf(struct rkb_table *t, const char *fmt, ...)
    RKB_PRINTF(2, 3);
void rkb_table_none(struct rkb_table *t);
/* NaN is no value. */
void rkb_table_real(struct rkb_table *t, double value, int digits);
void rkb_table_int(struct rkb_table *t, int64_t value);
void rkb_table_note(struct rkb_table *t, const char *fmt, ...) RKB_PRINTF(2, 3);
/* What the mark L means: `n` runs, at least 1, the first of them `run`. */
void rkb_table_note_loaded(struct rkb_table *t, size_t n, const char *run,
                           const char *why);
/* A line above the row that comes next; none above the first. */
void rkb_table_rule(struct rkb_table *t);
/* Of a cell that is there; the letters, in ascending order with a blank between
 * two, are copied. */
void rkb_table_mark(struct rkb_table *t, size_t row, size_t column,
                    enum rkb_mark mark);
void rkb_table_super(struct rkb_table *t, size_t row, size_t column,
                     const char *super);
/* Of a cell that is there: its time was taken on a loaded machine. */
void rkb_table_loaded(struct rkb_table *t, size_t row, size_t column);
/* Plain for a cell without any. */
struct rkb_dress rkb_table_dress(const struct rkb_table *t, size_t cell);
/* What stands above a cell, for people: "L", "abd", or "a-c,aa" where some
 * letters are long. Adds nothing where there is nothing. */
void rkb_table_above(const struct rkb_table *t, struct rkb_dress dress,
                     struct rkb_buf *out);
/* Has any cell of the column letters, or an L? */
bool rkb_table_lettered(const struct rkb_table *t, size_t column);
bool rkb_table_any_loaded(const struct rkb_table *t, size_t column);
bool rkb_table_has_rule(const struct rkb_table *t, size_t row);
/* The column behind the last one of the group that starts at `first`. */
size_t rkb_table_group_end(const struct rkb_table *t, size_t first);
bool rkb_table_has_groups(const struct rkb_table *t);
bool rkb_table_has_marks(const struct rkb_table *t);
size_t rkb_table_rows(const struct rkb_table *t);

struct rkb_doc;

/* One row of formats.def. */
struct rkb_table_format {
    const char *name, *summary;
    const char *ext; /* of files that hold it: "tex" */
    /* MUST: cells, marks, groups and notes; not title and caption. */
    void (*write)(const struct rkb_table *t, struct rkb_buf *out);
    /* MUST: a whole file. */
    void (*write_doc)(const struct rkb_doc *doc, struct rkb_buf *out);
};
/* NULL-terminated, in listing order. */
extern const struct rkb_table_format *const rkb_table_formats[];
/* NULL with RKB_E_USAGE and the names there are. */
const struct rkb_table_format *rkb_table_format_find(rkb_sv name,
                                                     struct rkb_err *err);
enum rkb_status rkb_table_write(const struct rkb_table *t, rkb_sv format,
                                struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;

#endif
