/* SPDX-License-Identifier: Apache-2.0 */
/* Small Parquet files made on the spot, with faults where they are wanted:
 * one row group, nothing packed. */
#ifndef RKB_TESTS_PARQUET_FIXTURE_H
#define RKB_TESTS_PARQUET_FIXTURE_H

#include "base/buf.h"
#include "tests/io_fixture.h"

#include <string.h>

/* A schema element below the root; values of parquet.thrift, -1 = not said. */
struct made_node {
    const char *name;
    int type, repetition, n_children, converted;
};

struct made_chunk {
    int type, codec, n_values;
    size_t start, size;
    bool encrypted;
};

/* Zero a struct, add pages, then end it with its schema. */
struct made {
    struct rkb_buf file;
    struct made_chunk chunks[8];
    size_t n_chunks;
    int64_t n_rows, footer_size; /* footer_size: 0 = what it is */
    bool wrong_crc;
};

static inline void made_varint(struct rkb_buf *b, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        rkb_buf_char(b, (char)(0x80 | (n & 0x7f)));
    rkb_buf_char(b, (char)n);
}

static inline void made_int(struct rkb_buf *b, int step, int64_t n)
{
    rkb_buf_char(b, (char)(step << 4 | 6));
    made_varint(b, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

static inline void made_head(struct rkb_buf *b, int step, int type)
{
    rkb_buf_char(b, (char)(step << 4 | type));
}

static inline void made_list(struct rkb_buf *b, int step, size_t n)
{
    made_head(b, step, 9);
    rkb_buf_char(b, (char)0xfc);
    made_varint(b, n);
}

static inline void made_text(struct rkb_buf *b, int step, const char *text)
{
    made_head(b, step, 8);
    made_varint(b, strlen(text));
    rkb_buf_text(b, text);
}

static inline void made_le32(struct rkb_buf *b, size_t n)
{
    for (unsigned i = 0; i < 4; i++)
        rkb_buf_char(b, (char)(n >> 8 * i & 0xff));
}

/* A BYTE_ARRAY of PLAIN. */
static inline void made_value(struct rkb_buf *b, const char *text)
{
    made_le32(b, strlen(text));
    rkb_buf_text(b, text);
}

static inline struct made_chunk *made_column(struct made *m, int type)
{
    struct made_chunk *c = &m->chunks[m->n_chunks++];

    if (m->file.len == 0)
        rkb_buf_text(&m->file, "PAR1");
    *c = (struct made_chunk){ .type = type, .start = m->file.len };
    return c;
}

/* kind: 0 data, 2 dictionary. Levels are part of the bytes. */
static inline void made_page(struct made *m, int kind, int n_values,
                             int encoding, const void *bytes, size_t n)
{
    struct made_chunk *c = &m->chunks[m->n_chunks - 1];

    made_int(&m->file, 1, kind);
    made_int(&m->file, 1, (int64_t)n);
    made_int(&m->file, 1, (int64_t)n);
    if (m->wrong_crc)
        made_int(&m->file, 1, 12345);
    made_head(&m->file, (kind == 0 ? 5 : 7) - (m->wrong_crc ? 4 : 3), 12);
    made_int(&m->file, 1, n_values);
    made_int(&m->file, 1, encoding);
    if (kind == 0) {
        made_int(&m->file, 1, 3);
        made_int(&m->file, 1, 3);
    }
    rkb_buf_char(&m->file, 0);
    rkb_buf_char(&m->file, 0);
    rkb_buf_add(&m->file, bytes, n);
    if (kind == 0)
        c->n_values += n_values;
    c->size = m->file.len - c->start;
}

static inline void made_schema(struct rkb_buf *b, const struct made_node *nodes,
                               size_t n)
{
    int n_top = 0;

    for (size_t i = 0, skip = 0; i < n; i++) {
        if (skip > 0)
            skip--;
        else
            n_top++;
        if (nodes[i].n_children > 0)
            skip += (size_t)nodes[i].n_children;
    }
    made_list(b, 1, n + 1);
    made_text(b, 4, "root");
    made_int(b, 1, n_top);
    rkb_buf_char(b, 0);
    for (size_t i = 0; i < n; i++) {
        int at = 0;

        if (nodes[i].type >= 0) {
            made_int(b, 1, nodes[i].type);
            at = 1;
        }
        made_int(b, 3 - at, nodes[i].repetition);
        made_text(b, 1, nodes[i].name);
        at = 4;
        if (nodes[i].n_children > 0) {
            made_int(b, 1, nodes[i].n_children);
            at = 5;
        }
        if (nodes[i].converted >= 0)
            made_int(b, 6 - at, nodes[i].converted);
        rkb_buf_char(b, 0);
    }
}

static inline void made_end(struct made *m, const struct made_node *nodes,
                            size_t n_nodes)
{
    struct rkb_buf *b = &m->file;
    size_t start = b->len;

    made_int(b, 1, 1);
    made_schema(b, nodes, n_nodes);
    made_int(b, 1, m->n_rows);
    made_list(b, 1, 1);
    made_list(b, 1, m->n_chunks);
    for (size_t i = 0; i < m->n_chunks; i++) {
        const struct made_chunk *c = &m->chunks[i];

        made_int(b, 2, (int64_t)c->start);
        made_head(b, 1, 12);
        made_int(b, 1, c->type);
        made_int(b, 3, c->codec);
        made_int(b, 1, c->n_values);
        made_int(b, 1, (int64_t)c->size);
        made_int(b, 1, (int64_t)c->size);
        made_int(b, 2, (int64_t)c->start);
        rkb_buf_char(b, 0);
        if (c->encrypted) {
            made_head(b, 5, 12);
            rkb_buf_char(b, 0);
        }
        rkb_buf_char(b, 0);
    }
    made_int(b, 1, 100);
    made_int(b, 1, m->n_rows);
    rkb_buf_char(b, 0);
    rkb_buf_char(b, 0);
    made_le32(b, m->footer_size ? (size_t)m->footer_size : b->len - start);
    rkb_buf_text(b, "PAR1");
}

/* A file of required texts: cells[row * n_columns + column]. */
TAP_UNUSED void made_texts(struct made *m, const char *const *columns,
                           size_t n_columns, const char *const *cells,
                           size_t n_rows)
{
    struct made_node nodes[8];

    m->n_rows = (int64_t)n_rows;
    for (size_t k = 0; k < n_columns; k++) {
        struct rkb_buf page = { 0 };

        nodes[k] = (struct made_node){ columns[k], 6, 0, 0, 0 };
        for (size_t i = 0; i < n_rows; i++)
            made_value(&page, cells[i * n_columns + k]);
        made_column(m, 6);
        made_page(m, 0, (int)n_rows, 0, page.at, page.len);
        rkb_buf_release(&page);
    }
    made_end(m, nodes, n_columns);
}

#endif
