/* SPDX-License-Identifier: Apache-2.0 */
/* The footer: the schema as top-level columns, and where their pages lie. */
#include "datasets/parquet_impl.h"
#include "datasets/thrift.h"

#include <string.h>

/* Repetition, converted and logical types of parquet.thrift. */
enum { REQUIRED = 0, OPTIONAL = 1, REPEATED = 2 };
enum { NONE = -1, MAP = 1, LIST = 3 };

struct node {
    rkb_sv name;
    int64_t type, repetition, n_children, converted, logical;
    bool is_signed;
};

struct reader {
    struct rkb_arena *arena;
    struct rkb_thrift in;
    struct node *nodes; /* [n_nodes], depth first, the root first */
    size_t n_nodes;
    int64_t n_rows;
};

static enum rkb_status damaged(const char *what, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_DATA, "damaged Parquet footer: %s", what);
}

static enum rkb_status over(const char *what, size_t limit, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_LIMIT, "Parquet file with more than %zu %s",
                    limit, what);
}

/* ---- schema ------------------------------------------------------------- */

/* LogicalType is a union: the number of its member tells which; only INTEGER
 * says more that counts here. */
static void read_logical(struct rkb_thrift *in, struct node *n,
                         const struct rkb_thrift_field *outer)
{
    struct rkb_thrift_field f = { 0 }, inner = { 0 };

    rkb_thrift_struct(in, outer);
    while (rkb_thrift_next(in, &f)) {
        n->logical = f.id;
        if (f.id != 10) {
            rkb_thrift_skip(in, &f);
            continue;
        }
        rkb_thrift_struct(in, &f);
        inner = (struct rkb_thrift_field){ 0 };
        while (rkb_thrift_next(in, &inner))
            if (inner.id == 2)
                n->is_signed = rkb_thrift_bool(in, &inner);
            else
                rkb_thrift_skip(in, &inner);
    }
}

static void read_node(struct rkb_thrift *in, struct node *n)
{
    struct rkb_thrift_field f = { 0 };

    *n = (struct node){
        .type = NONE, .converted = NONE, .logical = NONE, .is_signed = true
    };
    while (rkb_thrift_next(in, &f))
        switch (f.id) {
        case 1:
            n->type = rkb_thrift_int(in, &f);
            break;
        case 3:
            n->repetition = rkb_thrift_int(in, &f);
            break;
        case 4:
            n->name = rkb_thrift_bytes(in, &f);
            break;
        case 5:
            n->n_children = rkb_thrift_int(in, &f);
            break;
        case 6:
            n->converted = rkb_thrift_int(in, &f);
            break;
        case 10:
            read_logical(in, n, &f);
            break;
        default:
            rkb_thrift_skip(in, &f);
        }
    /* UINT_8 to UINT_64 */
    if (n->converted >= 11 && n->converted <= 14)
        n->is_signed = false;
}

static enum rkb_status read_schema(struct reader *r,
                                   const struct rkb_thrift_field *f,
                                   struct rkb_err *err)
{
    size_t n = rkb_thrift_structs(&r->in, f);

    if (n > RKB_PARQUET_NODE_LIMIT)
        return over("schema elements", RKB_PARQUET_NODE_LIMIT, err);
    r->nodes = rkb_arena_new(r->arena, n, sizeof *r->nodes);
    r->n_nodes = n;
    for (size_t i = 0; i < n; i++)
        read_node(&r->in, &r->nodes[i]);
    return RKB_OK;
}

/* The index behind node i and all below it; 0 where the schema is wrong. */
static size_t behind(const struct reader *r, size_t i, unsigned depth,
                     size_t *n_leaves)
{
    const struct node *n;
    size_t next = i + 1;

    if (i >= r->n_nodes || depth > RKB_PARQUET_DEPTH_LIMIT)
        return 0;
    n = &r->nodes[i];
    if (n->repetition < REQUIRED || n->repetition > REPEATED ||
        n->n_children < 0)
        return 0;
    if (n->n_children == 0)
        ++*n_leaves;
    for (int64_t k = 0; next && k < n->n_children; k++)
        next = behind(r, next, depth + 1, n_leaves);
    return next;
}

/* Why values of this leaf are not read, or NULL. */
static const char *unread_leaf(const struct node *n)
{
    static const struct {
        int64_t converted, logical;
        const char *why;
    } rows[] = {
        { 5, 5, "DECIMAL is not read" },
        { 6, 6, "DATE is not read" },
        { 7, 7, "TIME is not read" },
        { 8, 7, "TIME is not read" },
        { 9, 8, "TIMESTAMP is not read" },
        { 10, 8, "TIMESTAMP is not read" },
        { 20, 13, "BSON is not read" },
        { 21, 14, "INTERVAL and UUID are not read" },
        { 21, 15, "FLOAT16 is not read" },
    };

    if (n->type < RKB_PARQUET_BOOLEAN || n->type > RKB_PARQUET_FIXED)
        return "its type is not known";
    if (n->type == RKB_PARQUET_INT96)
        return "INT96 is not read";
    if (n->type == RKB_PARQUET_FIXED)
        return "FIXED_LEN_BYTE_ARRAY is not read";
    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        if (n->converted == rows[i].converted || n->logical == rows[i].logical)
            return rows[i].why;
    return NULL;
}

static void set_leaf(struct rkb_parquet_column *c, const struct node *n)
{
    c->unread = unread_leaf(n);
    c->type = n->type;
    c->is_unsigned = !n->is_signed;
}

/* "array" and NAME_tuple mark old lists whose repeated group is the element
 * (LogicalTypes.md, backward compatibility). */
static bool is_element(const struct node *repeated, const struct node *list)
{
    size_t n = list->name.len;

    rkb_sv head = repeated->name;

    if (head.len > n)
        head.len = n;
    return repeated->n_children == 1 && !rkb_sv_is(repeated->name, "array") &&
           !(rkb_sv_eq(head, list->name) && repeated->name.len == n + 6 &&
             rkb_sv_ends(repeated->name, "_tuple"));
}

/* An annotated group with one repeated child: the child itself is the element
 * (two levels), or its only child is (three levels). */
static void set_list(struct rkb_parquet_column *c, const struct node *list)
{
    const struct node *repeated = list + 1, *element = repeated;

    c->is_list = true;
    c->list_def = list->repetition == OPTIONAL;
    c->max_def = c->list_def + 1;
    if (repeated->n_children > 0) {
        if (!is_element(repeated, list)) {
            c->unread = "a list of structs is not read";
            return;
        }
        element = repeated + 1;
        c->max_def += element->repetition == OPTIONAL;
        if (element->n_children > 0 || element->repetition == REPEATED) {
            c->unread = "a list of lists or structs is not read";
            return;
        }
    }
    set_leaf(c, element);
}

static void set_column(struct rkb_parquet_column *c, const struct node *n)
{
    bool is_list = n->converted == LIST || n->logical == LIST;

    if (n->n_children == 0) {
        c->is_list = n->repetition == REPEATED;
        c->max_def = n->repetition != REQUIRED;
        set_leaf(c, n);
    } else if (is_list && n->n_children == 1 && n->repetition != REPEATED &&
               n[1].repetition == REPEATED) {
        set_list(c, n);
    } else if (n->converted == MAP || n->logical == 2) {
        c->unread = "a map is not read";
    } else {
        c->unread = "a struct is not read";
    }
}

static enum rkb_status make_columns(struct reader *r,
                                    struct rkb_parquet_meta *m,
                                    struct rkb_err *err)
{
    size_t all = 0, at = 1;

    if (r->n_nodes == 0 || behind(r, 0, 0, &all) != r->n_nodes)
        return damaged("its schema is not whole", err);
    m->n_columns = (size_t)r->nodes[0].n_children;
    if (m->n_columns == 0)
        return damaged("a schema without columns", err);
    m->columns = rkb_arena_new(r->arena, m->n_columns, sizeof *m->columns);
    for (size_t i = 0; i < m->n_columns; i++) {
        struct rkb_parquet_column *c = &m->columns[i];

        c->name = rkb_arena_cstr(r->arena, r->nodes[at].name);
        if (strlen(c->name) != r->nodes[at].name.len)
            return damaged("NUL in the name of a column", err);
        c->leaf = m->n_leaves;
        set_column(c, &r->nodes[at]);
        at = behind(r, at, 0, &m->n_leaves);
    }
    return RKB_OK;
}

/* ---- row groups ---------------------------------------------------------- */

struct offsets {
    int64_t data, dict, size;
};

static void read_chunk_meta(struct rkb_thrift *in, struct rkb_parquet_chunk *c,
                            struct offsets *o)
{
    struct rkb_thrift_field f = { 0 };

    c->present = true;
    while (rkb_thrift_next(in, &f))
        switch (f.id) {
        case 1:
            c->type = rkb_thrift_int(in, &f);
            break;
        case 4:
            c->codec = rkb_thrift_int(in, &f);
            break;
        case 5:
            c->n_values = rkb_thrift_int(in, &f);
            break;
        case 7:
            o->size = rkb_thrift_int(in, &f);
            break;
        case 9:
            o->data = rkb_thrift_int(in, &f);
            break;
        case 11:
            o->dict = rkb_thrift_int(in, &f);
            break;
        default:
            rkb_thrift_skip(in, &f);
        }
}

/* Where the pages begin: some writers give 0 for "no dictionary". */
static bool place(struct rkb_parquet_chunk *c, const struct offsets *o,
                  uint64_t data_end)
{
    int64_t start = o->dict > 0 && o->dict < o->data ? o->dict : o->data;

    if (start < 4 || o->size < 0 || c->n_values < 0 ||
        (uint64_t)start > data_end ||
        (uint64_t)o->size > data_end - (uint64_t)start)
        return false;
    c->start = (uint64_t)start;
    c->size = (uint64_t)o->size;
    return true;
}

static enum rkb_status read_chunk(struct reader *r,
                                  const struct rkb_parquet_meta *m,
                                  struct rkb_parquet_chunk *c,
                                  struct rkb_err *err)
{
    struct rkb_thrift_field f = { 0 };
    struct offsets o = { 0 };

    while (rkb_thrift_next(&r->in, &f))
        switch (f.id) {
        case 1:
            c->elsewhere = rkb_thrift_bytes(&r->in, &f).len > 0;
            break;
        case 3:
            rkb_thrift_struct(&r->in, &f);
            read_chunk_meta(&r->in, c, &o);
            break;
        case 8:
        case 9:
            c->encrypted = true;
            rkb_thrift_skip(&r->in, &f);
            break;
        default:
            rkb_thrift_skip(&r->in, &f);
        }
    if (!r->in.bad && c->present && !c->elsewhere && !c->encrypted &&
        !place(c, &o, m->data_end))
        return damaged("a column lies outside the file", err);
    return RKB_OK;
}

static enum rkb_status read_chunks(struct reader *r, struct rkb_parquet_meta *m,
                                   struct rkb_parquet_group *g,
                                   const struct rkb_thrift_field *f,
                                   struct rkb_err *err)
{
    size_t n = rkb_thrift_structs(&r->in, f);
    enum rkb_status rc = RKB_OK;

    if (g->chunks || n != m->n_leaves)
        return damaged("a row group with other columns than the schema", err);
    g->chunks = rkb_arena_new(r->arena, n, sizeof *g->chunks);
    for (size_t i = 0; !rc && i < n; i++)
        rc = read_chunk(r, m, &g->chunks[i], err);
    return rc;
}

static enum rkb_status read_group(struct reader *r, struct rkb_parquet_meta *m,
                                  struct rkb_parquet_group *g,
                                  struct rkb_err *err)
{
    struct rkb_thrift_field f = { 0 };
    enum rkb_status rc = RKB_OK;
    int64_t n_rows = -1;

    while (!rc && rkb_thrift_next(&r->in, &f))
        if (f.id == 1)
            rc = read_chunks(r, m, g, &f, err);
        else if (f.id == 3)
            n_rows = rkb_thrift_int(&r->in, &f);
        else
            rkb_thrift_skip(&r->in, &f);
    if (!rc && !r->in.bad && (n_rows < 0 || !g->chunks))
        return damaged("a row group without rows or columns", err);
    g->n_rows = (uint64_t)n_rows;
    return rc;
}

static enum rkb_status read_groups(struct reader *r, struct rkb_parquet_meta *m,
                                   const struct rkb_thrift_field *f,
                                   struct rkb_err *err)
{
    size_t n = rkb_thrift_structs(&r->in, f);
    enum rkb_status rc = RKB_OK;

    if (!m->columns)
        return damaged("row groups before the schema", err);
    if (n > RKB_PARQUET_CHUNK_LIMIT / m->n_leaves)
        return over("columns in row groups", RKB_PARQUET_CHUNK_LIMIT, err);
    m->groups = rkb_arena_new(r->arena, n, sizeof *m->groups);
    m->n_groups = n;
    for (size_t i = 0; !rc && i < n; i++)
        rc = read_group(r, m, &m->groups[i], err);
    return rc;
}

/* ---- the footer ---------------------------------------------------------- */

static enum rkb_status read_footer(struct reader *r, struct rkb_parquet_meta *m,
                                   struct rkb_err *err)
{
    struct rkb_thrift_field f = { 0 };
    enum rkb_status rc = RKB_OK;

    r->n_rows = -1;
    while (!rc && rkb_thrift_next(&r->in, &f))
        switch (f.id) {
        case 2:
            if (r->nodes)
                return damaged("two schemas", err);
            rc = read_schema(r, &f, err);
            if (!rc && !r->in.bad)
                rc = make_columns(r, m, err);
            break;
        case 3:
            r->n_rows = rkb_thrift_int(&r->in, &f);
            break;
        case 4:
            if (m->groups)
                return damaged("row groups given twice", err);
            rc = read_groups(r, m, &f, err);
            break;
        default:
            rkb_thrift_skip(&r->in, &f);
        }
    if (!rc && r->in.bad)
        rc = damaged("it is cut, or no thrift", err);
    if (!rc && !m->columns)
        rc = damaged("no schema", err);
    return rc;
}

/* n_rows of the file is the sum of its groups'. */
static enum rkb_status check_rows(const struct reader *r,
                                  struct rkb_parquet_meta *m,
                                  struct rkb_err *err)
{
    for (size_t i = 0; i < m->n_groups; i++)
        if (__builtin_add_overflow(m->n_rows, m->groups[i].n_rows,
                                   &m->n_rows) ||
            m->n_rows > RKB_PARQUET_ROW_LIMIT)
            return over("rows", RKB_PARQUET_ROW_LIMIT, err);
    if (r->n_rows < 0 || (uint64_t)r->n_rows != m->n_rows)
        return damaged("its row groups do not add up to its rows", err);
    return RKB_OK;
}

static enum rkb_status check_magic(const struct rkb_file_in *in, uint64_t at,
                                   struct rkb_err *err)
{
    char magic[4];
    enum rkb_status rc = rkb_file_in_read(in, at, magic, sizeof magic, err);

    if (rc)
        return rc;
    if (memcmp(magic, "PARE", 4) == 0)
        return rkb_fail(err, RKB_E_DATA,
                        "an encrypted Parquet file is not read");
    if (memcmp(magic, "PAR1", 4) != 0)
        return rkb_fail(err, RKB_E_DATA,
                        at ? "does not end as a Parquet file does: cut short?"
                           : "is no Parquet file");
    return RKB_OK;
}

enum rkb_status rkb_parquet_meta_read(struct rkb_arena *a,
                                      const struct rkb_file_in *in,
                                      struct rkb_parquet_meta *meta,
                                      struct rkb_err *err)
{
    struct reader r = { .arena = a };
    unsigned char size[4], *bytes;
    enum rkb_status rc = check_magic(in, 0, err);
    uint64_t n;

    *meta = (struct rkb_parquet_meta){ 0 };
    if (!rc && in->size < 12)
        rc = rkb_fail(err, RKB_E_DATA, "is cut short");
    if (!rc)
        rc = check_magic(in, in->size - 4, err);
    if (!rc)
        rc = rkb_file_in_read(in, in->size - 8, size, sizeof size, err);
    if (rc)
        return rc;
    n = rkb_sv_le32(size);
    if (n > RKB_PARQUET_FOOTER_LIMIT)
        return rkb_fail(err, RKB_E_LIMIT, "Parquet footer larger than %u bytes",
                        RKB_PARQUET_FOOTER_LIMIT);
    if (n > in->size - 12)
        return damaged("larger than the file", err);
    meta->data_end = in->size - 8 - n;
    bytes = rkb_arena_new(a, (size_t)n, 1);
    rc = rkb_file_in_read(in, meta->data_end, bytes, (size_t)n, err);
    r.in = (struct rkb_thrift){ .at = bytes, .end = bytes + n };
    if (!rc)
        rc = read_footer(&r, meta, err);
    return rc ? rc : check_rows(&r, meta, err);
}
