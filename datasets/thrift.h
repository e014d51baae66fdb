/* SPDX-License-Identifier: Apache-2.0 */
/* Thrift's compact protocol, as far as Parquet's headers need it. Reading past
 * the end, or a value of another type than asked for, makes the reader `bad`:
 * from then on every call gives zeros and every loop ends. Source: Apache
 * Thrift, doc/specs/thrift-compact-protocol.md. */
#ifndef RKB_DATASETS_THRIFT_H
#define RKB_DATASETS_THRIFT_H

#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rkb_thrift_type {
    RKB_THRIFT_STOP,
    RKB_THRIFT_TRUE,
    RKB_THRIFT_FALSE,
    RKB_THRIFT_BYTE,
    RKB_THRIFT_I16,
    RKB_THRIFT_I32,
    RKB_THRIFT_I64,
    RKB_THRIFT_DOUBLE,
    RKB_THRIFT_BINARY,
    RKB_THRIFT_LIST,
    RKB_THRIFT_SET,
    RKB_THRIFT_MAP,
    RKB_THRIFT_STRUCT
};

struct rkb_thrift {
    const unsigned char *at, *end;
    bool bad;
};

struct rkb_thrift_field {
    int64_t id; /* 0 before the first */
    unsigned type;
};

/* The next field of a struct: `f` starts zeroed and is moved on. False behind
 * the last one. Its value must then be read or skipped. */
bool rkb_thrift_next(struct rkb_thrift *t, struct rkb_thrift_field *f);
void rkb_thrift_skip(struct rkb_thrift *t, const struct rkb_thrift_field *f);

/* A whole number of any width; a boolean; text or bytes, as a view. */
int64_t rkb_thrift_int(struct rkb_thrift *t, const struct rkb_thrift_field *f);
bool rkb_thrift_bool(struct rkb_thrift *t, const struct rkb_thrift_field *f);
rkb_sv rkb_thrift_bytes(struct rkb_thrift *t, const struct rkb_thrift_field *f);
/* The value is a struct: its fields follow, from a zeroed field on. */
void rkb_thrift_struct(struct rkb_thrift *t, const struct rkb_thrift_field *f);
/* How many structs follow; never more than there are bytes left. */
size_t rkb_thrift_structs(struct rkb_thrift *t,
                          const struct rkb_thrift_field *f);

#endif
