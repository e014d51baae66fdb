/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/table.h"

#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define RKB_TABLE_FORMAT(id) \
    extern const struct rkb_table_format rkb_table_format_##id;
#include "reports/formats.def"
#undef RKB_TABLE_FORMAT

const struct rkb_table_format *const rkb_table_formats[] = {
#define RKB_TABLE_FORMAT(id) &rkb_table_format_##id,
#include "reports/formats.def"
#undef RKB_TABLE_FORMAT
    NULL
};

void rkb_table_release(struct rkb_table *t)
{
    rkb_free(t->columns);
    rkb_free(t->cells);
    rkb_free((void *)(uintptr_t)t->notes);
    rkb_free((void *)(uintptr_t)t->groups);
    rkb_free(t->dress);
    rkb_free(t->rules);
    rkb_arena_release(&t->arena);
    *t = (struct rkb_table){ 0 };
}

void rkb_table_column_of(struct rkb_table *t, const char *group,
                         const char *name, bool number)
{
    t->columns = rkb_grow(t->columns, &t->columns_cap, t->n_columns + 1,
                          sizeof *t->columns);
    t->groups = rkb_grow((void *)(uintptr_t)t->groups, &t->groups_cap,
                         t->n_columns + 1, sizeof *t->groups);
    t->groups[t->n_columns] =
        group ? rkb_arena_cstr(&t->arena, rkb_sv_of(group)) : NULL;
    t->columns[t->n_columns++] =
        (struct rkb_column){ rkb_arena_cstr(&t->arena, rkb_sv_of(name)),
                             number };
}

void rkb_table_column(struct rkb_table *t, const char *name, bool number)
{
    rkb_table_column_of(t, NULL, name, number);
}

void rkb_table_name(const struct rkb_table *t, size_t column,
                    struct rkb_buf *out)
{
    const char *group = t->groups[column], *name = t->columns[column].name;

    rkb_buf_printf(out, "%s%s%s", group ? group : "",
                   group && name[0] ? " " : "", name);
}

static void add_cell(struct rkb_table *t, rkb_sv text)
{
    t->cells =
        rkb_grow(t->cells, &t->cells_cap, t->n_cells + 1, sizeof *t->cells);
    t->cells[t->n_cells++] = text;
}

void rkb_table_sv(struct rkb_table *t, rkb_sv text)
{
    add_cell(t, text.at ? rkb_arena_copy(&t->arena, text) : text);
}

void rkb_table_text(struct rkb_table *t, const char *text)
{
    rkb_table_sv(t, text ? rkb_sv_of(text) : (rkb_sv){ 0 });
}

static char *print(struct rkb_table *t, const char *fmt, va_list args)
    RKB_PRINTF(2, 0);
static char *print(struct rkb_table *t, const char *fmt, va_list args)
{
    char small[256];
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, fmt, args);
    char *text = rkb_arena_new(&t->arena, (size_t)n + 1, 1);

    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    return text;
}

void rkb_table_printf(struct rkb_table *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_cell(t, rkb_sv_of(print(t, fmt, args)));
    va_end(args);
}

void rkb_table_none(struct rkb_table *t)
{
    add_cell(t, (rkb_sv){ 0 });
}

void rkb_table_real(struct rkb_table *t, double value, int digits)
{
    if (isnan(value))
        rkb_table_none(t);
    else
        rkb_table_printf(t, "%.*f", digits, value);
}

void rkb_table_int(struct rkb_table *t, int64_t value)
{
    rkb_table_printf(t, "%lld", (long long)value);
}

void rkb_table_note(struct rkb_table *t, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    t->notes = rkb_grow((void *)(uintptr_t)t->notes, &t->notes_cap,
                        t->n_notes + 1, sizeof *t->notes);
    t->notes[t->n_notes++] = print(t, fmt, args);
    va_end(args);
}

void rkb_table_note_loaded(struct rkb_table *t, size_t n, const char *run,
                           const char *why)
{
    char more[64] = "";

    if (n > 1)
        snprintf(more, sizeof more, "; so did %zu more, see 'show RUN'", n - 1);
    rkb_table_note(t, "L: %s ran on a loaded machine: %s%s", run, why, more);
}

/* ---- the look --------------------------------------------------------- */

void rkb_table_rule(struct rkb_table *t)
{
    size_t row = rkb_table_rows(t);

    if (row == 0 || rkb_table_has_rule(t, row))
        return;
    t->rules =
        rkb_grow(t->rules, &t->rules_cap, t->n_rules + 1, sizeof *t->rules);
    t->rules[t->n_rules++] = row;
}

static struct rkb_dress *dress_of(struct rkb_table *t, size_t row,
                                  size_t column)
{
    size_t cell = row * t->n_columns + column;

    t->dress = rkb_grow(t->dress, &t->dress_cap, cell + 1, sizeof *t->dress);
    while (t->n_dress <= cell)
        t->dress[t->n_dress++] = (struct rkb_dress){ 0 };
    return &t->dress[cell];
}

void rkb_table_mark(struct rkb_table *t, size_t row, size_t column,
                    enum rkb_mark mark)
{
    dress_of(t, row, column)->mark = (unsigned char)mark;
}

void rkb_table_super(struct rkb_table *t, size_t row, size_t column,
                     const char *super)
{
    rkb_sv rest = rkb_sv_of(super), word;

    dress_of(t, row, column)->super =
        rkb_arena_cstr(&t->arena, rkb_sv_of(super));
    while ((word = rkb_sv_word(&rest)).len)
        t->long_letters = t->long_letters || word.len > 1;
}

void rkb_table_loaded(struct rkb_table *t, size_t row, size_t column)
{
    dress_of(t, row, column)->loaded = true;
}

/* "a" is 1, "z" 26, "aa" 27. */
static size_t letter_number(rkb_sv letter)
{
    size_t n = 0;

    for (size_t i = 0; i < letter.len; i++)
        n = n * 26 + (size_t)(letter.at[i] - 'a' + 1);
    return n;
}

/* Three and more in a row are a range; `last` is its end. */
static rkb_sv range_end(rkb_sv first, rkb_sv *rest)
{
    rkb_sv last = first, ahead = *rest, word;
    size_t n = 0;

    while ((word = rkb_sv_word(&ahead)).len &&
           letter_number(word) == letter_number(last) + 1) {
        last = word;
        n++;
        if (n >= 2)
            *rest = ahead;
    }
    return n >= 2 ? last : first;
}

void rkb_table_above(const struct rkb_table *t, struct rkb_dress dress,
                     struct rkb_buf *out)
{
    rkb_sv rest = rkb_sv_of(dress.super), word;
    bool first = true;

    rkb_buf_text(out, dress.loaded ? "L" : "");
    while ((word = rkb_sv_word(&rest)).len) {
        rkb_sv last = t->long_letters ? range_end(word, &rest) : word;

        rkb_buf_text(out, t->long_letters && !first ? "," : "");
        rkb_buf_sv(out, word);
        if (last.at != word.at)
            rkb_buf_printf(out, "-%.*s", (int)last.len, last.at);
        first = false;
    }
}

bool rkb_table_lettered(const struct rkb_table *t, size_t column)
{
    for (size_t i = column; i < t->n_dress; i += t->n_columns)
        if (t->dress[i].super)
            return true;
    return false;
}

bool rkb_table_any_loaded(const struct rkb_table *t, size_t column)
{
    for (size_t i = column; i < t->n_dress; i += t->n_columns)
        if (t->dress[i].loaded)
            return true;
    return false;
}

struct rkb_dress rkb_table_dress(const struct rkb_table *t, size_t cell)
{
    return cell < t->n_dress ? t->dress[cell] : (struct rkb_dress){ 0 };
}

bool rkb_table_has_rule(const struct rkb_table *t, size_t row)
{
    for (size_t i = 0; i < t->n_rules; i++)
        if (t->rules[i] == row)
            return true;
    return false;
}

size_t rkb_table_group_end(const struct rkb_table *t, size_t first)
{
    size_t end = first + 1;

    while (end < t->n_columns && t->groups[first] && t->groups[end] &&
           strcmp(t->groups[first], t->groups[end]) == 0)
        end++;
    return end;
}

bool rkb_table_has_groups(const struct rkb_table *t)
{
    for (size_t c = 0; c < t->n_columns; c++)
        if (t->groups[c])
            return true;
    return false;
}

bool rkb_table_has_marks(const struct rkb_table *t)
{
    for (size_t i = 0; i < t->n_dress; i++)
        if (t->dress[i].mark)
            return true;
    return false;
}

size_t rkb_table_rows(const struct rkb_table *t)
{
    return t->n_columns ? t->n_cells / t->n_columns : 0;
}

const struct rkb_table_format *rkb_table_format_find(rkb_sv name,
                                                     struct rkb_err *err)
{
    struct rkb_buf names = { 0 };

    for (size_t i = 0; rkb_table_formats[i]; i++)
        if (rkb_sv_is(name, rkb_table_formats[i]->name))
            return rkb_table_formats[i];
    for (size_t i = 0; rkb_table_formats[i]; i++)
        rkb_buf_printf(&names, "%s%s", i ? ", " : "",
                       rkb_table_formats[i]->name);
    rkb_fail(err, RKB_E_USAGE, "unknown format '%.*s' (there are %s)",
             (int)name.len, name.at, names.at);
    rkb_buf_release(&names);
    return NULL;
}

enum rkb_status rkb_table_write(const struct rkb_table *t, rkb_sv format,
                                struct rkb_buf *out, struct rkb_err *err)
{
    const struct rkb_table_format *f = rkb_table_format_find(format, err);

    if (!f)
        return err->code;
    f->write(t, out);
    return RKB_OK;
}
