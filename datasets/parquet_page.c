/* SPDX-License-Identifier: Apache-2.0 */
/* One column of one row group: its pages, levels and values. */
#include "base/mem.h"
#include "datasets/parquet_impl.h"
#include "datasets/thrift.h"

#include <string.h>

/* Values of parquet.thrift. */
enum { DATA_PAGE = 0, INDEX_PAGE = 1, DICTIONARY_PAGE = 2, DATA_PAGE_V2 = 3 };
enum { PLAIN = 0, PLAIN_DICTIONARY = 2, RLE = 3, RLE_DICTIONARY = 8 };

static const char *const encodings[] = {
    "PLAIN",
    "GROUP_VAR_INT",
    "PLAIN_DICTIONARY",
    "RLE",
    "BIT_PACKED",
    "DELTA_BINARY_PACKED",
    "DELTA_LENGTH_BYTE_ARRAY",
    "DELTA_BYTE_ARRAY",
    "RLE_DICTIONARY",
    "BYTE_STREAM_SPLIT",
};
static const char *const codecs[] = { "UNCOMPRESSED", "SNAPPY", "GZIP",
                                      "LZO",          "BROTLI", "LZ4",
                                      "ZSTD",         "LZ4_RAW" };

struct page {
    int64_t type, unpacked, packed, crc;
    bool has_crc;
    int64_t n_values, encoding, def_encoding, rep_encoding;
    int64_t def_bytes, rep_bytes; /* version 2 */
    bool is_packed, has_head;
};

static enum rkb_status damaged(const char *what, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_DATA, "damaged page: %s", what);
}

static enum rkb_status not_read(const char *what, const char *const *names,
                                size_t n, int64_t value, struct rkb_err *err)
{
    if (value >= 0 && (uint64_t)value < n)
        return rkb_fail(err, RKB_E_DATA, "%s %s is not read", what,
                        names[value]);
    return rkb_fail(err, RKB_E_DATA, "%s %lld is not read", what,
                    (long long)value);
}

static enum rkb_status bad_encoding(int64_t value, struct rkb_err *err)
{
    return not_read("encoding", encodings, RKB_COUNT(encodings), value, err);
}

/* ---- runs ---------------------------------------------------------------- */

static bool next_run(struct rkb_parquet_runs *r)
{
    size_t n = (r->width + 7) / 8;
    uint64_t head = 0;
    unsigned shift = 0, b = 0x80;

    while (b & 0x80) {
        if (r->at == r->end || shift > 28)
            return false;
        b = *r->at++;
        head |= (uint64_t)(b & 0x7f) << shift;
        shift += 7;
    }
    r->packed = head & 1;
    r->left = head >> 1;
    if (r->packed) {
        uint64_t bytes = r->left * r->width;
        size_t rest = (size_t)(r->end - r->at);

        /* The last group of a page may lack bytes that no value uses. */
        r->left *= 8;
        r->bits = 0;
        r->packed_end = r->at + (bytes < rest ? (size_t)bytes : rest);
        return true;
    }
    if ((size_t)(r->end - r->at) < n)
        return false;
    r->value = 0;
    for (size_t i = 0; i < n; i++)
        r->value |= (uint32_t)r->at[i] << 8 * i;
    r->at += n;
    return true;
}

/* Least significant bit first. */
static bool take_bits(struct rkb_parquet_runs *r, uint32_t *value)
{
    uint64_t size = (uint64_t)(r->packed_end - r->at) * 8;
    uint64_t word = 0;
    uint64_t first = r->bits / 8;

    if (r->bits + r->width > size)
        return false;
    for (uint64_t i = first; i <= (r->bits + r->width - 1) / 8; i++)
        word |= (uint64_t)r->at[i] << 8 * (i - first);
    *value = (uint32_t)(word >> r->bits % 8 & ((UINT64_C(1) << r->width) - 1));
    r->bits += r->width;
    return true;
}

static bool take_run(struct rkb_parquet_runs *r, uint32_t *value)
{
    if (r->width == 0) {
        *value = 0;
        return true;
    }
    while (r->left == 0)
        if (!next_run(r))
            return false;
    r->left--;
    if (r->packed) {
        bool ok = take_bits(r, value);

        if (r->left == 0)
            r->at = r->packed_end;
        return ok;
    }
    *value = r->value;
    return true;
}

/* ---- page headers -------------------------------------------------------- */

static void read_data_head(struct rkb_thrift *in, struct page *p)
{
    struct rkb_thrift_field f = { 0 };

    /* The third of a dictionary says whether it is sorted. */
    while (rkb_thrift_next(in, &f))
        switch (p->type == DICTIONARY_PAGE && f.id > 2 ? 0 : f.id) {
        case 1:
            p->n_values = rkb_thrift_int(in, &f);
            break;
        case 2:
            p->encoding = rkb_thrift_int(in, &f);
            break;
        case 3:
            p->def_encoding = rkb_thrift_int(in, &f);
            break;
        case 4:
            p->rep_encoding = rkb_thrift_int(in, &f);
            break;
        default:
            rkb_thrift_skip(in, &f);
        }
}

static void read_data_head_v2(struct rkb_thrift *in, struct page *p)
{
    struct rkb_thrift_field f = { 0 };

    while (rkb_thrift_next(in, &f))
        switch (f.id) {
        case 1:
            p->n_values = rkb_thrift_int(in, &f);
            break;
        case 4:
            p->encoding = rkb_thrift_int(in, &f);
            break;
        case 5:
            p->def_bytes = rkb_thrift_int(in, &f);
            break;
        case 6:
            p->rep_bytes = rkb_thrift_int(in, &f);
            break;
        case 7:
            p->is_packed = rkb_thrift_bool(in, &f);
            break;
        default:
            rkb_thrift_skip(in, &f);
        }
}

/* The struct that belongs to the type; a dictionary's first two fields are
 * those of a data page. */
static void read_own_head(struct rkb_thrift *in, struct page *p,
                          const struct rkb_thrift_field *f)
{
    static const int64_t of_type[] = { [DATA_PAGE] = 5,
                                       [INDEX_PAGE] = 6,
                                       [DICTIONARY_PAGE] = 7,
                                       [DATA_PAGE_V2] = 8 };

    if (p->type < 0 || p->type > DATA_PAGE_V2 || of_type[p->type] != f->id ||
        p->type == INDEX_PAGE) {
        rkb_thrift_skip(in, f);
        return;
    }
    rkb_thrift_struct(in, f);
    p->has_head = true;
    if (p->type == DATA_PAGE_V2)
        read_data_head_v2(in, p);
    else
        read_data_head(in, p);
}

static void read_head(struct rkb_thrift *in, struct page *p)
{
    struct rkb_thrift_field f = { 0 };

    *p = (struct page){ .type = -1, .is_packed = true };
    while (rkb_thrift_next(in, &f))
        switch (f.id) {
        case 1:
            p->type = rkb_thrift_int(in, &f);
            break;
        case 2:
            p->unpacked = rkb_thrift_int(in, &f);
            break;
        case 3:
            p->packed = rkb_thrift_int(in, &f);
            break;
        case 4:
            p->crc = rkb_thrift_int(in, &f);
            p->has_crc = true;
            break;
        default:
            read_own_head(in, p, &f);
        }
}

static unsigned char *room(struct rkb_buf *b, size_t n)
{
    rkb_buf_reset(b);
    b->at = rkb_grow(b->at, &b->cap, n + 1, 1);
    b->len = n;
    return (unsigned char *)b->at;
}

/* The size of a header is known only when it was read: statistics in it may
 * hold whole texts. */
static enum rkb_status fetch_head(struct rkb_parquet_cursor *c, struct page *p,
                                  struct rkb_err *err)
{
    uint64_t rest = c->end - c->next;

    for (size_t n = 4096;; n *= 4) {
        size_t size = n < rest ? n : (size_t)rest;
        unsigned char *at = room(&c->head, size);
        struct rkb_thrift in = { .at = at, .end = at + size };
        enum rkb_status rc = rkb_file_in_read(c->in, c->next, at, size, err);

        if (rc)
            return rc;
        read_head(&in, p);
        if (!in.bad) {
            c->next += (uint64_t)(in.at - at);
            return RKB_OK;
        }
        if (size == rest || n >= RKB_PARQUET_HEAD_LIMIT)
            return damaged("no page header where one should be", err);
    }
}

/* Header and stored bytes of the next page, checked against each other. */
static enum rkb_status fetch(struct rkb_parquet_cursor *c, struct page *p,
                             struct rkb_err *err)
{
    enum rkb_status rc = fetch_head(c, p, err);

    if (rc)
        return rc;
    if (p->packed < 0 || p->unpacked < 0 || p->n_values < 0 ||
        p->def_bytes < 0 || p->rep_bytes < 0 || p->n_values > INT32_MAX ||
        p->def_bytes > INT32_MAX || p->rep_bytes > INT32_MAX)
        return damaged("a size that cannot be", err);
    if (p->packed > RKB_PARQUET_PAGE_LIMIT ||
        p->unpacked > RKB_PARQUET_PAGE_LIMIT)
        return rkb_fail(err, RKB_E_LIMIT, "a page is larger than %lld bytes",
                        (long long)RKB_PARQUET_PAGE_LIMIT);
    if ((uint64_t)p->packed > c->end - c->next)
        return damaged("larger than what is left of the file", err);
    if (p->type != INDEX_PAGE && !p->has_head)
        return damaged("its header is of another type", err);
    rc = rkb_file_in_read(c->in, c->next, room(&c->packed, (size_t)p->packed),
                          (size_t)p->packed, err);
    c->next += (uint64_t)p->packed;
    if (!rc && p->has_crc &&
        rkb_crc32(rkb_buf_view(&c->packed)) != (uint32_t)p->crc)
        rc = damaged("its checksum does not match", err);
    return rc;
}

/* ---- unpacking ------------------------------------------------------------ */

static enum rkb_status unpack(const struct rkb_parquet_chunk *chunk,
                              bool is_packed, rkb_sv from, size_t size,
                              struct rkb_buf *to, struct rkb_err *err)
{
    enum { UNCOMPRESSED = 0, SNAPPY = 1, GZIP = 2, ZSTD = 6 };

    switch (is_packed ? chunk->codec : UNCOMPRESSED) {
    case UNCOMPRESSED:
        if (from.len != size)
            return damaged("its two sizes differ", err);
        rkb_buf_reset(to);
        rkb_buf_add(to, from.at, from.len);
        return RKB_OK;
    case SNAPPY:
        return rkb_codec_unpack(RKB_CODEC_SNAPPY, from, size, to, err);
    case GZIP:
        return rkb_codec_unpack(RKB_CODEC_GZIP, from, size, to, err);
    case ZSTD:
        return rkb_codec_unpack(RKB_CODEC_ZSTD, from, size, to, err);
    default:
        return not_read("compression", codecs, RKB_COUNT(codecs), chunk->codec,
                        err);
    }
}

/* ---- values --------------------------------------------------------------- */

static size_t width_of(int64_t type)
{
    return type == RKB_PARQUET_INT32 || type == RKB_PARQUET_FLOAT ? 4 : 8;
}

static uint64_t le64(const unsigned char *p)
{
    return rkb_sv_le32(p) | rkb_sv_le32(p + 4) << 32;
}

static void set_number(const struct rkb_parquet_column *c,
                       const unsigned char *p, struct rkb_parquet_value *v)
{
    float single;
    uint32_t raw = (uint32_t)rkb_sv_le32(p);

    switch (c->type) {
    case RKB_PARQUET_INT32:
        v->whole = c->is_unsigned ? (int64_t)raw : (int64_t)(int32_t)raw;
        break;
    case RKB_PARQUET_FLOAT:
        memcpy(&single, &raw, sizeof single);
        v->real = (double)single;
        break;
    default: /* a double has the same bits as its whole number */
        v->bits = le64(p);
    }
}

/* One value of PLAIN from *at; false where bytes are missing. */
static bool take_plain(const struct rkb_parquet_column *c,
                       const unsigned char **at, const unsigned char *end,
                       struct rkb_parquet_value *v)
{
    size_t rest = (size_t)(end - *at), n = width_of(c->type);

    if (c->type != RKB_PARQUET_BYTE_ARRAY) {
        if (rest < n)
            return false;
        set_number(c, *at, v);
        *at += n;
        return true;
    }
    if (rest < 4)
        return false;
    n = (size_t)rkb_sv_le32(*at);
    if (rest - 4 < n)
        return false;
    v->text = (rkb_sv){ (const char *)*at + 4, n };
    *at += 4 + n;
    return true;
}

static enum rkb_status load_dictionary(struct rkb_parquet_cursor *c,
                                       const struct page *p,
                                       struct rkb_err *err)
{
    const unsigned char *at, *end;
    size_t least = c->column->type == RKB_PARQUET_BYTE_ARRAY
                       ? 4
                       : width_of(c->column->type);
    enum rkb_status rc;

    if (c->has_dict)
        return damaged("a second dictionary", err);
    if (p->encoding != PLAIN && p->encoding != PLAIN_DICTIONARY)
        return bad_encoding(p->encoding, err);
    if (c->column->type == RKB_PARQUET_BOOLEAN)
        return damaged("a dictionary of booleans", err);
    if ((uint64_t)p->n_values > RKB_PARQUET_DICT_LIMIT)
        return rkb_fail(err, RKB_E_LIMIT, "a dictionary of more than %zu",
                        RKB_PARQUET_DICT_LIMIT);
    if ((uint64_t)p->n_values > (uint64_t)p->unpacked / least)
        return damaged("a dictionary shorter than it says", err);
    rc = unpack(c->chunk, true, rkb_buf_view(&c->packed), (size_t)p->unpacked,
                &c->dict_page, err);
    if (rc)
        return rc;
    c->n_dict = (size_t)p->n_values;
    c->dict = rkb_grow(c->dict, &c->dict_cap, c->n_dict + 1, sizeof *c->dict);
    at = (const unsigned char *)c->dict_page.at;
    end = at + c->dict_page.len;
    for (size_t i = 0; i < c->n_dict; i++)
        if (!take_plain(c->column, &at, end, &c->dict[i]))
            return damaged("a dictionary shorter than it says", err);
    c->has_dict = true;
    return RKB_OK;
}

/* Four bytes of length, then runs; moves *at behind them. */
static bool sized_runs(struct rkb_parquet_runs *r, unsigned width,
                       const unsigned char **at, const unsigned char *end)
{
    size_t n;

    if (end - *at < 4)
        return false;
    n = (size_t)rkb_sv_le32(*at);
    *at += 4;
    if ((size_t)(end - *at) < n)
        return false;
    *r = (struct rkb_parquet_runs){ .at = *at, .end = *at + n, .width = width };
    *at += n;
    return true;
}

static unsigned def_width(const struct rkb_parquet_column *c)
{
    return c->max_def > 1 ? 2 : c->max_def;
}

static enum rkb_status begin_values(struct rkb_parquet_cursor *c,
                                    const struct page *p,
                                    const unsigned char *at,
                                    const unsigned char *end,
                                    struct rkb_err *err)
{
    const struct rkb_parquet_runs none = { .at = end, .end = end, .width = 1 };
    bool is_bits = c->column->type == RKB_PARQUET_BOOLEAN;

    c->plain = at;
    c->plain_end = end;
    c->bits_used = 0;
    if (p->encoding == PLAIN) {
        c->how = is_bits ? RKB_PARQUET_BITS : RKB_PARQUET_PLAIN;
    } else if (p->encoding == RLE && is_bits) {
        c->how = RKB_PARQUET_INDICES;
        c->indices = none;
        if (at < end && !sized_runs(&c->indices, 1, &at, end))
            return damaged("booleans are missing", err);
    } else if (p->encoding == PLAIN_DICTIONARY ||
               p->encoding == RLE_DICTIONARY) {
        if (!c->has_dict)
            return damaged("values without their dictionary", err);
        c->how = RKB_PARQUET_INDICES;
        c->indices = none;
        if (at < end) {
            c->indices.at = at + 1;
            c->indices.width = *at;
        }
        if (c->indices.width > 32)
            return damaged("indices of more than 32 bits", err);
    } else {
        return bad_encoding(p->encoding, err);
    }
    return RKB_OK;
}

/* Version 1: levels are packed with the values. */
static enum rkb_status begin_v1(struct rkb_parquet_cursor *c,
                                const struct page *p, struct rkb_err *err)
{
    const unsigned char *at, *end;
    enum rkb_status rc = unpack(c->chunk, true, rkb_buf_view(&c->packed),
                                (size_t)p->unpacked, &c->page, err);

    if (rc)
        return rc;
    at = (const unsigned char *)rkb_buf_view(&c->page).at;
    end = at + c->page.len;
    if (c->column->is_list) {
        if (p->rep_encoding != RLE)
            return bad_encoding(p->rep_encoding, err);
        if (!sized_runs(&c->reps, 1, &at, end))
            return damaged("levels are missing", err);
    }
    if (c->column->max_def) {
        if (p->def_encoding != RLE)
            return bad_encoding(p->def_encoding, err);
        if (!sized_runs(&c->defs, def_width(c->column), &at, end))
            return damaged("levels are missing", err);
    }
    return begin_values(c, p, at, end, err);
}

/* Version 2: levels lie before the packed values, without their length. */
static enum rkb_status begin_v2(struct rkb_parquet_cursor *c,
                                const struct page *p, struct rkb_err *err)
{
    const unsigned char *at = (const unsigned char *)c->packed.at;
    int64_t levels = p->rep_bytes + p->def_bytes;
    rkb_sv values;
    enum rkb_status rc;

    if (levels > p->packed || levels > p->unpacked)
        return damaged("levels are missing", err);
    c->reps = (struct rkb_parquet_runs){ .at = at,
                                         .end = at + p->rep_bytes,
                                         .width = c->column->is_list };
    at += p->rep_bytes;
    c->defs = (struct rkb_parquet_runs){ .at = at,
                                         .end = at + p->def_bytes,
                                         .width = def_width(c->column) };
    at += p->def_bytes;
    values = (rkb_sv){ (const char *)at, (size_t)(p->packed - levels) };
    rc = unpack(c->chunk, p->is_packed, values, (size_t)(p->unpacked - levels),
                &c->page, err);
    if (rc)
        return rc;
    at = (const unsigned char *)rkb_buf_view(&c->page).at;
    return begin_values(c, p, at, at + c->page.len, err);
}

/* ---- the cursor ----------------------------------------------------------- */

static enum rkb_status next_page(struct rkb_parquet_cursor *c,
                                 struct rkb_err *err)
{
    struct page p;
    enum rkb_status rc = fetch(c, &p, err);

    if (rc || p.type == INDEX_PAGE)
        return rc;
    if (p.type == DICTIONARY_PAGE)
        return load_dictionary(c, &p, err);
    if (p.n_values > c->left)
        return damaged("more values than its column has", err);
    c->left -= p.n_values;
    c->in_page = (uint64_t)p.n_values;
    return p.type == DATA_PAGE ? begin_v1(c, &p, err) : begin_v2(c, &p, err);
}

enum rkb_status rkb_parquet_start(struct rkb_parquet_cursor *c,
                                  const struct rkb_parquet_chunk *chunk,
                                  uint64_t data_end, struct rkb_err *err)
{
    if (chunk->encrypted)
        return rkb_fail(err, RKB_E_DATA, "is encrypted");
    if (chunk->elsewhere)
        return rkb_fail(err, RKB_E_DATA, "lies in another file");
    if (!chunk->present || chunk->type != c->column->type)
        return damaged("its type is not the schema's", err);
    c->chunk = chunk;
    c->next = chunk->start;
    c->end = data_end;
    c->left = chunk->n_values;
    c->in_page = 0;
    c->has_dict = false;
    c->n_dict = 0;
    return RKB_OK;
}

enum rkb_status rkb_parquet_levels(struct rkb_parquet_cursor *c, bool *more,
                                   unsigned *rep, unsigned *def,
                                   struct rkb_err *err)
{
    uint32_t r = 0, d = 0;

    *more = false;
    while (c->in_page == 0) {
        enum rkb_status rc;

        if (c->left == 0)
            return RKB_OK;
        rc = next_page(c, err);
        if (rc)
            return rc;
    }
    c->in_page--;
    if ((c->column->is_list && !take_run(&c->reps, &r)) ||
        (c->column->max_def && !take_run(&c->defs, &d)))
        return damaged("levels are missing", err);
    if (d > c->column->max_def)
        return damaged("a level higher than the schema's", err);
    *more = true;
    *rep = r;
    *def = d;
    return RKB_OK;
}

enum rkb_status rkb_parquet_take(struct rkb_parquet_cursor *c,
                                 struct rkb_parquet_value *value,
                                 struct rkb_err *err)
{
    uint32_t i;

    if (c->how == RKB_PARQUET_PLAIN)
        return take_plain(c->column, &c->plain, c->plain_end, value)
                   ? RKB_OK
                   : damaged("values are missing", err);
    if (c->how == RKB_PARQUET_BITS) {
        if (c->bits_used / 8 >= (uint64_t)(c->plain_end - c->plain))
            return damaged("values are missing", err);
        value->whole = c->plain[c->bits_used / 8] >> c->bits_used % 8 & 1;
        c->bits_used++;
        return RKB_OK;
    }
    if (!take_run(&c->indices, &i))
        return damaged("values are missing", err);
    if (c->column->type == RKB_PARQUET_BOOLEAN) {
        value->whole = i;
    } else if (i < c->n_dict) {
        *value = c->dict[i];
    } else {
        return damaged("an index outside its dictionary", err);
    }
    return RKB_OK;
}

void rkb_parquet_release(struct rkb_parquet_cursor *c)
{
    rkb_buf_release(&c->head);
    rkb_buf_release(&c->packed);
    rkb_buf_release(&c->page);
    rkb_buf_release(&c->dict_page);
    rkb_free(c->dict);
    *c = (struct rkb_parquet_cursor){ 0 };
}
