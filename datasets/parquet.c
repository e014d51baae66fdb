/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a Parquet file as JSON lines. */
#include "datasets/parquet.h"

#include "base/io/lines.h"
#include "base/io/stream_impl.h"
#include "base/map.h"
#include "base/mem.h"
#include "datasets/parquet_impl.h"

#include <math.h>
#include <string.h>

/* A wanted column with one value looked at in advance: a list ends where the
 * next row begins. */
struct lane {
    struct rkb_parquet_cursor cursor;
    bool more;
    unsigned rep, def;
};

struct rkb_parquet {
    struct rkb_arena arena;
    const char *name;
    struct rkb_file_in in;
    struct rkb_parquet_meta meta;
    struct rkb_map names; /* of all columns, in the schema's order */
    struct lane *lanes;
    size_t n_lanes;
    size_t group;      /* the next one to start         */
    uint64_t in_group; /* rows of this one still to come */
    uint64_t row;      /* given so far */
};

/* ---- opening ------------------------------------------------------------- */

static enum rkb_status want(struct rkb_parquet *p,
                            const struct rkb_parquet_column *c,
                            struct rkb_err *err)
{
    if (c->unread)
        return rkb_fail(err, RKB_E_DATA, "column '%s': %s", c->name, c->unread);
    p->lanes[p->n_lanes].cursor.column = c;
    p->lanes[p->n_lanes++].cursor.in = &p->in;
    return RKB_OK;
}

static enum rkb_status choose(struct rkb_parquet *p, const char *const *columns,
                              struct rkb_err *err)
{
    const struct rkb_parquet_meta *m = &p->meta;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < m->n_columns; i++) {
        bool is_new;

        rkb_map_add(&p->names, rkb_sv_of(m->columns[i].name), &is_new);
        if (!is_new)
            return rkb_fail(err, RKB_E_DATA, "two columns '%s'",
                            m->columns[i].name);
    }
    p->lanes = rkb_arena_new(&p->arena, m->n_columns, sizeof *p->lanes);
    for (size_t i = 0; !rc && !columns && i < m->n_columns; i++)
        rc = want(p, &m->columns[i], err);
    for (size_t i = 0; !rc && columns && columns[i]; i++) {
        uint32_t at = rkb_map_find(&p->names, rkb_sv_of(columns[i]));

        if (at != RKB_MAP_NONE)
            rc = want(p, &m->columns[at], err);
    }
    return rc;
}

static enum rkb_status begin(struct rkb_parquet **out, struct rkb_parquet *p,
                             const char *name, const char *const *columns,
                             struct rkb_err *err)
{
    enum rkb_status rc;

    p->name = rkb_arena_cstr(&p->arena, rkb_sv_of(name));
    rc = rkb_parquet_meta_read(&p->arena, &p->in, &p->meta, err);
    if (!rc)
        rc = choose(p, columns, err);
    if (rc) {
        rkb_wrap(err, "%s", p->name);
        rkb_parquet_close(p);
        return rc;
    }
    *out = p;
    return RKB_OK;
}

enum rkb_status rkb_parquet_open(struct rkb_parquet **out, const char *path,
                                 const char *const *columns,
                                 struct rkb_err *err)
{
    struct rkb_parquet *p = rkb_new(1, sizeof *p);
    enum rkb_status rc = rkb_file_in_open(&p->in, path, err);

    *out = NULL;
    if (!rc)
        return begin(out, p, path, columns, err);
    rkb_parquet_close(p);
    return rc;
}

enum rkb_status rkb_parquet_from_memory(struct rkb_parquet **out,
                                        const char *name, rkb_sv bytes,
                                        const char *const *columns,
                                        struct rkb_err *err)
{
    struct rkb_parquet *p = rkb_new(1, sizeof *p);

    *out = NULL;
    p->in = (struct rkb_file_in){ .at = bytes.at ? bytes.at : "",
                                  .size = bytes.len };
    return begin(out, p, name, columns, err);
}

void rkb_parquet_close(struct rkb_parquet *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->n_lanes; i++)
        rkb_parquet_release(&p->lanes[i].cursor);
    rkb_map_release(&p->names);
    rkb_file_in_close(&p->in);
    rkb_arena_release(&p->arena);
    rkb_free(p);
}

uint64_t rkb_parquet_rows(const struct rkb_parquet *p)
{
    return p->meta.n_rows;
}

bool rkb_parquet_has(const struct rkb_parquet *p, const char *column)
{
    return rkb_map_find(&p->names, rkb_sv_of(column)) != RKB_MAP_NONE;
}

/* ---- values --------------------------------------------------------------- */

static enum rkb_status put_text(struct rkb_buf *to, rkb_sv text,
                                struct rkb_err *err)
{
    size_t bad = 0;

    if (!rkb_sv_is_utf8(text, &bad))
        return rkb_fail(err, RKB_E_DATA, "invalid UTF-8 at byte %zu", bad + 1);
    rkb_buf_json(to, text);
    return RKB_OK;
}

static enum rkb_status put_value(struct rkb_buf *to,
                                 const struct rkb_parquet_column *c,
                                 const struct rkb_parquet_value *v,
                                 struct rkb_err *err)
{
    switch (c->type) {
    case RKB_PARQUET_BYTE_ARRAY:
        return put_text(to, v->text, err);
    case RKB_PARQUET_BOOLEAN:
        rkb_buf_text(to, v->whole ? "true" : "false");
        return RKB_OK;
    case RKB_PARQUET_FLOAT:
    case RKB_PARQUET_DOUBLE:
        if (!isfinite(v->real))
            return rkb_fail(err, RKB_E_DATA, "a number that is not finite");
        rkb_buf_real(to, v->real);
        return RKB_OK;
    default:
        if (c->is_unsigned)
            rkb_buf_printf(to, "%llu", (unsigned long long)v->bits);
        else
            rkb_buf_printf(to, "%lld", (long long)v->whole);
        return RKB_OK;
    }
}

static enum rkb_status advance(struct lane *l, struct rkb_err *err)
{
    return rkb_parquet_levels(&l->cursor, &l->more, &l->rep, &l->def, err);
}

/* The value in advance is put and the next one looked at. */
static enum rkb_status put_next(struct rkb_buf *to, struct lane *l,
                                struct rkb_err *err)
{
    const struct rkb_parquet_column *c = l->cursor.column;
    struct rkb_parquet_value v;
    enum rkb_status rc;

    if (l->def < c->max_def) {
        rkb_buf_text(to, "null");
        return advance(l, err);
    }
    rc = rkb_parquet_take(&l->cursor, &v, err);
    if (!rc)
        rc = put_value(to, c, &v, err);
    return rc ? rc : advance(l, err);
}

static enum rkb_status put_list(struct rkb_buf *to, struct lane *l,
                                struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    bool first = true;

    rkb_buf_char(to, '[');
    if (l->def <= l->cursor.column->list_def) {
        rc = advance(l, err);
        if (!rc && l->more && l->rep)
            rc = rkb_fail(err, RKB_E_DATA, "a list without elements goes on");
    } else {
        while (!rc && l->more && (first || l->rep)) {
            if (l->def <= l->cursor.column->list_def)
                return rkb_fail(err, RKB_E_DATA,
                                "a list without elements goes on");
            if (to->len > RKB_LINE_LIMIT)
                return rkb_fail(err, RKB_E_LIMIT, "a row of more than %u bytes",
                                RKB_LINE_LIMIT);
            if (!first)
                rkb_buf_char(to, ',');
            first = false;
            rc = put_next(to, l, err);
        }
    }
    rkb_buf_char(to, ']');
    return rc;
}

/* `"name":value` of the row, or nothing for a null. */
static enum rkb_status put_member(struct rkb_buf *to, struct lane *l,
                                  bool *first, struct rkb_err *err)
{
    const struct rkb_parquet_column *c = l->cursor.column;
    enum rkb_status rc;

    if (!l->more)
        return rkb_fail(err, RKB_E_DATA, "has fewer rows than its group");
    if (l->rep)
        return rkb_fail(err, RKB_E_DATA, "a row begins inside a list");
    if (c->is_list ? l->def < c->list_def : l->def < c->max_def) {
        rc = advance(l, err);
        if (!rc && l->more && l->rep)
            rc = rkb_fail(err, RKB_E_DATA, "a null goes on as a list");
        return rc;
    }
    if (!*first)
        rkb_buf_char(to, ',');
    *first = false;
    rkb_buf_json(to, rkb_sv_of(c->name));
    rkb_buf_char(to, ':');
    return c->is_list ? put_list(to, l, err) : put_next(to, l, err);
}

/* ---- rows ----------------------------------------------------------------- */

static enum rkb_status of_lane(const struct rkb_parquet *p,
                               const struct lane *l, struct rkb_err *err)
{
    rkb_wrap(err, "column '%s'", l->cursor.column->name);
    return rkb_wrap(err, "%s:%llu", p->name, (unsigned long long)p->row + 1);
}

static enum rkb_status start_group(struct rkb_parquet *p, struct rkb_err *err)
{
    const struct rkb_parquet_group *g = &p->meta.groups[p->group++];

    p->in_group = g->n_rows;
    for (size_t i = 0; i < p->n_lanes; i++) {
        struct lane *l = &p->lanes[i];
        enum rkb_status rc =
            rkb_parquet_start(&l->cursor, &g->chunks[l->cursor.column->leaf],
                              p->meta.data_end, err);

        if (!rc)
            rc = advance(l, err);
        if (rc)
            return of_lane(p, l, err);
    }
    return RKB_OK;
}

/* Whatever a column has left when its rows are done belongs to none. */
static enum rkb_status end_group(const struct rkb_parquet *p,
                                 struct rkb_err *err)
{
    for (size_t i = 0; i < p->n_lanes; i++)
        if (p->lanes[i].more) {
            rkb_fail(err, RKB_E_DATA, "has more rows than its group");
            return of_lane(p, &p->lanes[i], err);
        }
    return RKB_OK;
}

enum rkb_status rkb_parquet_next(struct rkb_parquet *p, struct rkb_buf *to,
                                 bool *more, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    size_t before = to->len;
    bool first = true;

    *more = false;
    while (!rc && p->in_group == 0 && p->group < p->meta.n_groups) {
        rc = start_group(p, err);
        if (!rc && p->in_group == 0)
            rc = end_group(p, err);
    }
    if (rc || p->in_group == 0)
        return rc;
    rkb_buf_char(to, '{');
    for (size_t i = 0; i < p->n_lanes; i++) {
        rc = put_member(to, &p->lanes[i], &first, err);
        if (!rc && to->len - before > RKB_LINE_LIMIT)
            rc = rkb_fail(err, RKB_E_LIMIT, "a row of more than %u bytes",
                          RKB_LINE_LIMIT);
        if (rc)
            return of_lane(p, &p->lanes[i], err);
    }
    rkb_buf_text(to, "}\n");
    p->in_group--;
    p->row++;
    *more = true;
    return p->in_group == 0 ? end_group(p, err) : RKB_OK;
}

/* ---- as a stream ---------------------------------------------------------- */

struct row_stream {
    struct rkb_stream base;
    struct rkb_arena arena;
    const char *const *paths;
    const char *const *columns;
    size_t n, next;
    struct rkb_parquet *file;
    struct rkb_buf rows;
    size_t given;
};

static enum rkb_status fill(struct row_stream *s, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    bool more = false;

    rkb_buf_reset(&s->rows);
    s->given = 0;
    while (!rc && s->rows.len < RKB_STREAM_BLOCK) {
        if (s->file)
            rc = rkb_parquet_next(s->file, &s->rows, &more, err);
        if (rc || more)
            continue;
        rkb_parquet_close(s->file);
        s->file = NULL;
        if (s->next == s->n)
            break;
        rc = rkb_parquet_open(&s->file, s->paths[s->next++], s->columns, err);
    }
    return rc;
}

static enum rkb_status row_read(struct rkb_stream *base, void *to, size_t n,
                                size_t *got, struct rkb_err *err)
{
    struct row_stream *s = (struct row_stream *)base;
    enum rkb_status rc = RKB_OK;

    *got = 0;
    if (s->given == s->rows.len)
        rc = fill(s, err);
    if (rc)
        return rc;
    *got = s->rows.len - s->given < n ? s->rows.len - s->given : n;
    if (*got > 0)
        memcpy(to, s->rows.at + s->given, *got);
    s->given += *got;
    return RKB_OK;
}

static void row_close(struct rkb_stream *base)
{
    struct row_stream *s = (struct row_stream *)base;

    rkb_parquet_close(s->file);
    rkb_buf_release(&s->rows);
    rkb_arena_release(&s->arena);
}

static const struct rkb_stream_ops row_ops = { .read = row_read,
                                               .close = row_close };

static const char *const *copy_list(struct rkb_arena *a,
                                    const char *const *list, size_t n)
{
    const char **copy = rkb_arena_new(a, n + 1, sizeof *copy);

    for (size_t i = 0; i < n; i++)
        copy[i] = rkb_arena_cstr(a, rkb_sv_of(list[i]));
    return copy;
}

enum rkb_status rkb_parquet_stream(struct rkb_stream **out, const char *name,
                                   const char *const *paths, size_t n,
                                   const char *const *columns,
                                   struct rkb_err *err)
{
    struct row_stream *s = rkb_stream_new(sizeof *s, &row_ops, name);
    size_t n_columns = 0;
    enum rkb_status rc;

    while (columns && columns[n_columns])
        n_columns++;
    s->paths = copy_list(&s->arena, paths, n);
    s->n = n;
    s->columns = columns ? copy_list(&s->arena, columns, n_columns) : NULL;
    rc = rkb_parquet_open(&s->file, s->paths[s->next++], s->columns, err);
    *out = &s->base;
    if (rc) {
        rkb_stream_close(*out);
        *out = NULL;
        return rc;
    }
    s->base.is_regular = true;
    s->base.is_decoder = true;
    rkb_stream_ahead(out);
    return RKB_OK;
}
