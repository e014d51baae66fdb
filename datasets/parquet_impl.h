/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a Parquet reader: parquet_meta.c reads the footer,
 * parquet_page.c the pages of one column, parquet.c makes rows of them. */
#ifndef RKB_DATASETS_PARQUET_IMPL_H
#define RKB_DATASETS_PARQUET_IMPL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/io/codec.h"
#include "base/io/file.h"

#include <stdint.h>

#define RKB_PARQUET_FOOTER_LIMIT ((uint32_t)64 << 20)
#define RKB_PARQUET_PAGE_LIMIT ((int64_t)256 << 20)
#define RKB_PARQUET_HEAD_LIMIT ((size_t)16 << 20) /* of one page's header   */
#define RKB_PARQUET_NODE_LIMIT 10000              /* of the schema          */
#define RKB_PARQUET_DEPTH_LIMIT 32                /* of the schema          */
#define RKB_PARQUET_CHUNK_LIMIT ((size_t)1 << 20) /* columns x row groups   */
#define RKB_PARQUET_DICT_LIMIT ((size_t)16 << 20) /* entries                */
#define RKB_PARQUET_ROW_LIMIT ((size_t)1 << 32)   /* of a file             */

/* Values of parquet.thrift. */
enum rkb_parquet_type {
    RKB_PARQUET_BOOLEAN = 0,
    RKB_PARQUET_INT32 = 1,
    RKB_PARQUET_INT64 = 2,
    RKB_PARQUET_INT96 = 3,
    RKB_PARQUET_FLOAT = 4,
    RKB_PARQUET_DOUBLE = 5,
    RKB_PARQUET_BYTE_ARRAY = 6,
    RKB_PARQUET_FIXED = 7
};

struct rkb_parquet_column {
    const char *name;
    const char *unread; /* why it is not read, or NULL                     */
    int64_t type;
    bool is_unsigned, is_list;
    unsigned max_def;  /* of a value that is there                        */
    unsigned list_def; /* of a list without elements; below it is a null  */
    size_t leaf;       /* index into a row group's chunks                 */
};

struct rkb_parquet_chunk {
    int64_t type, codec, n_values;
    uint64_t start, size; /* in the file */
    bool encrypted, elsewhere, present;
};

struct rkb_parquet_group {
    uint64_t n_rows;
    struct rkb_parquet_chunk *chunks; /* [n_leaves] */
};

struct rkb_parquet_meta {
    uint64_t n_rows, data_end; /* where the footer begins */
    struct rkb_parquet_column *columns;
    size_t n_columns, n_leaves;
    struct rkb_parquet_group *groups;
    size_t n_groups;
};

/* Everything lies in the arena. Messages do not name the file. */
enum rkb_status rkb_parquet_meta_read(struct rkb_arena *a,
                                      const struct rkb_file_in *in,
                                      struct rkb_parquet_meta *meta,
                                      struct rkb_err *err) RKB_MUST_CHECK;

/* Run lengths and packed bits in turn; width 0 gives zeros for ever. */
struct rkb_parquet_runs {
    const unsigned char *at, *end, *packed_end;
    unsigned width;
    bool packed;
    uint64_t left, bits; /* of this run; bits of the packed one used so far */
    uint32_t value;
};

struct rkb_parquet_value {
    rkb_sv text; /* of a BYTE_ARRAY; valid until the cursor moves */
    union {
        int64_t whole;
        uint64_t bits;
        double real;
    };
};

/* A place in one column of one row group. */
struct rkb_parquet_cursor {
    const struct rkb_parquet_column *column;
    const struct rkb_file_in *in;
    uint64_t next, end; /* of the pages that are not read yet, end of data */
    const struct rkb_parquet_chunk *chunk;
    int64_t left;     /* values of the chunk in later pages */
    uint64_t in_page; /* values left in this page           */

    struct rkb_buf head, packed, page; /* bytes as stored, unpacked */
    struct rkb_parquet_runs reps, defs, indices;
    const unsigned char *plain, *plain_end;
    enum { RKB_PARQUET_PLAIN, RKB_PARQUET_INDICES, RKB_PARQUET_BITS } how;
    uint64_t bits_used;

    struct rkb_buf dict_page;
    struct rkb_parquet_value *dict;
    size_t n_dict, dict_cap;
    bool has_dict;
};

/* A zeroed cursor may be started and released; `column` and `in` stay. */
enum rkb_status rkb_parquet_start(struct rkb_parquet_cursor *c,
                                  const struct rkb_parquet_chunk *chunk,
                                  uint64_t data_end, struct rkb_err *err)
    RKB_MUST_CHECK;
/* The levels of the next value; *more is false behind the last. Where def is
 * the column's max_def, rkb_parquet_take must follow. */
enum rkb_status rkb_parquet_levels(struct rkb_parquet_cursor *c, bool *more,
                                   unsigned *rep, unsigned *def,
                                   struct rkb_err *err) RKB_MUST_CHECK;
enum rkb_status rkb_parquet_take(struct rkb_parquet_cursor *c,
                                 struct rkb_parquet_value *value,
                                 struct rkb_err *err) RKB_MUST_CHECK;
void rkb_parquet_release(struct rkb_parquet_cursor *c);

#endif
