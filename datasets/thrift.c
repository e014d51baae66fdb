/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/thrift.h"

#include <string.h>

#define MAX_DEPTH 32

static void go_bad(struct rkb_thrift *t)
{
    t->bad = true;
    t->at = t->end;
}

static size_t left(const struct rkb_thrift *t)
{
    return (size_t)(t->end - t->at);
}

static unsigned byte(struct rkb_thrift *t)
{
    if (t->at == t->end) {
        go_bad(t);
        return 0;
    }
    return *t->at++;
}

static uint64_t varint(struct rkb_thrift *t)
{
    uint64_t n = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned b = byte(t);

        n |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return t->bad ? 0 : n;
    }
    go_bad(t);
    return 0;
}

static int64_t zigzag(uint64_t n)
{
    return (int64_t)(n >> 1 ^ (0 - (n & 1)));
}

bool rkb_thrift_next(struct rkb_thrift *t, struct rkb_thrift_field *f)
{
    unsigned head = byte(t);

    f->type = head & 0x0f;
    if (t->bad || f->type == RKB_THRIFT_STOP)
        return false;
    if (head >> 4)
        f->id += head >> 4;
    else
        f->id = zigzag(varint(t));
    if (f->type > RKB_THRIFT_STRUCT || f->id < INT16_MIN || f->id > INT16_MAX)
        go_bad(t);
    return !t->bad;
}

static void skip_bytes(struct rkb_thrift *t, uint64_t n)
{
    if (n > left(t))
        go_bad(t);
    else
        t->at += n;
}

static void skip(struct rkb_thrift *t, unsigned type, bool in_list,
                 unsigned depth);

/* In a list a boolean has a byte of its own, so that each element but an empty
 * struct's takes one, and that one its end. */
static uint64_t list_head(struct rkb_thrift *t, unsigned *type)
{
    unsigned head = byte(t);
    uint64_t n = head >> 4 == 15 ? varint(t) : head >> 4;

    *type = head & 0x0f;
    if (n > left(t))
        go_bad(t);
    return t->bad ? 0 : n;
}

static void skip_list(struct rkb_thrift *t, unsigned depth)
{
    unsigned type;
    uint64_t n = list_head(t, &type);

    for (; n > 0 && !t->bad; n--)
        skip(t, type, true, depth + 1);
}

static void skip_map(struct rkb_thrift *t, unsigned depth)
{
    uint64_t n = varint(t);
    unsigned types = n > 0 ? byte(t) : 0;

    if (n > left(t))
        go_bad(t);
    for (; n > 0 && !t->bad; n--) {
        skip(t, types >> 4, true, depth + 1);
        skip(t, types & 0x0f, true, depth + 1);
    }
}

static void skip(struct rkb_thrift *t, unsigned type, bool in_list,
                 unsigned depth)
{
    struct rkb_thrift_field f = { 0 };

    if (depth > MAX_DEPTH) {
        go_bad(t);
        return;
    }
    switch (type) {
    case RKB_THRIFT_TRUE:
    case RKB_THRIFT_FALSE:
        skip_bytes(t, in_list);
        break;
    case RKB_THRIFT_BYTE:
        skip_bytes(t, 1);
        break;
    case RKB_THRIFT_I16:
    case RKB_THRIFT_I32:
    case RKB_THRIFT_I64:
        varint(t);
        break;
    case RKB_THRIFT_DOUBLE:
        skip_bytes(t, 8);
        break;
    case RKB_THRIFT_BINARY:
        skip_bytes(t, varint(t));
        break;
    case RKB_THRIFT_LIST:
    case RKB_THRIFT_SET:
        skip_list(t, depth);
        break;
    case RKB_THRIFT_MAP:
        skip_map(t, depth);
        break;
    case RKB_THRIFT_STRUCT:
        while (rkb_thrift_next(t, &f))
            skip(t, f.type, false, depth + 1);
        break;
    default:
        go_bad(t);
    }
}

void rkb_thrift_skip(struct rkb_thrift *t, const struct rkb_thrift_field *f)
{
    skip(t, f->type, false, 0);
}

int64_t rkb_thrift_int(struct rkb_thrift *t, const struct rkb_thrift_field *f)
{
    if (f->type == RKB_THRIFT_BYTE)
        return (int8_t)byte(t);
    if (f->type >= RKB_THRIFT_I16 && f->type <= RKB_THRIFT_I64)
        return zigzag(varint(t));
    go_bad(t);
    return 0;
}

bool rkb_thrift_bool(struct rkb_thrift *t, const struct rkb_thrift_field *f)
{
    if (f->type != RKB_THRIFT_TRUE && f->type != RKB_THRIFT_FALSE)
        go_bad(t);
    return f->type == RKB_THRIFT_TRUE;
}

rkb_sv rkb_thrift_bytes(struct rkb_thrift *t, const struct rkb_thrift_field *f)
{
    uint64_t n = 0;
    rkb_sv v;

    if (f->type == RKB_THRIFT_BINARY)
        n = varint(t);
    else
        go_bad(t);
    v = (rkb_sv){ (const char *)t->at, (size_t)n };
    skip_bytes(t, n);
    return t->bad ? (rkb_sv){ 0 } : v;
}

void rkb_thrift_struct(struct rkb_thrift *t, const struct rkb_thrift_field *f)
{
    if (f->type != RKB_THRIFT_STRUCT)
        go_bad(t);
}

size_t rkb_thrift_structs(struct rkb_thrift *t,
                          const struct rkb_thrift_field *f)
{
    unsigned type = RKB_THRIFT_STRUCT;
    uint64_t n = 0;

    if (f->type == RKB_THRIFT_LIST)
        n = list_head(t, &type);
    else
        go_bad(t);
    if (n > 0 && type != RKB_THRIFT_STRUCT)
        go_bad(t);
    return t->bad ? 0 : (size_t)n;
}
