/* SPDX-License-Identifier: Apache-2.0 */
/* A corpus in pieces, such as MS MARCO v2's seventy: which files of a folder
 * are pieces, and where a document lies whose id says so. */
#include "base/io/file.h"
#include "base/io/json.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/sort.h"
#include "datasets/record.h"

#include <string.h>

#define FIRST_BYTES ((size_t)64 << 10)
#define RECORD_BYTES ((size_t)64 << 20)

struct piece {
    const char *name; /* below in->under                        */
    rkb_sv base;      /* without endings: "msmarco_passage_07"  */
    bool is_parquet;
    bool is_plain; /* not packed, by its name */
    bool scan;
};

struct pieces {
    struct rkb_arena arena;
    struct piece *at;
    size_t n;
};

static bool digits_behind(rkb_sv *text, size_t least)
{
    size_t n = 0;

    while (n < text->len && text->at[text->len - 1 - n] >= '0' &&
           text->at[text->len - 1 - n] <= '9')
        n++;
    text->len -= n;
    if (n < least || !text->len || text->at[text->len - 1] != '_')
        return false;
    text->len--;
    return text->len > 0;
}

static bool drop(rkb_sv *text, const char *ending)
{
    if (!rkb_sv_ends(*text, ending) || text->len == strlen(ending))
        return false;
    text->len -= strlen(ending);
    return true;
}

/* JSON lines, packed or not; Parquet; and, as MS MARCO's are called once they
 * are unpacked, NAME_07. */
static bool is_piece(const char *name, struct piece *p)
{
    rkb_sv base = rkb_sv_of(name), stem;
    bool packed = drop(&base, ".gz") || drop(&base, ".zst");
    bool records = drop(&base, ".jsonl") || drop(&base, ".json");

    *p = (struct piece){ .name = name, .is_plain = !packed };
    p->is_parquet = !packed && !records && drop(&base, ".parquet");
    p->base = stem = base;
    return packed || records || p->is_parquet || digits_behind(&stem, 2);
}

static const char *member(const struct rkb_input *in, size_t i)
{
    const char *name = rkb_tree_name(in->tree, i);
    size_t skip = strlen(in->under);

    if (!rkb_sv_starts(rkb_sv_of(name), in->under) || strchr(name + skip, '/'))
        return NULL;
    return name + skip;
}

bool rkb_pieces_there(const struct rkb_input *in)
{
    struct piece p;

    for (size_t i = 0; in->tree && i < rkb_tree_count(in->tree); i++)
        if (member(in, i) && is_piece(member(in, i), &p))
            return true;
    return false;
}

static void find_pieces(struct pieces *all, const struct rkb_input *in)
{
    size_t n = rkb_tree_count(in->tree);

    all->at = rkb_arena_new(&all->arena, n, sizeof *all->at);
    for (size_t i = 0; i < n; i++)
        if (member(in, i) && is_piece(member(in, i), &all->at[all->n]))
            all->n++;
}

static enum rkb_status scan(const struct rkb_input *in, const struct piece *p,
                            const struct rkb_sink *sink, struct rkb_err *err)
{
    const struct rkb_record_keys *keys;
    struct rkb_arena a = { 0 };
    struct rkb_stream *s;
    enum rkb_status rc;

    if (p->is_parquet && rkb_file_is_folder(in->path)) {
        rc = rkb_jsonl_parquet_docs(
            rkb_arena_printf(&a, "%s/%s%s", in->path, in->under, p->name),
            &keys, &s, err);
        if (!rc)
            rc = rkb_record_docs(s, keys, sink, err);
    } else {
        rc = rkb_input_member(in, p->name, &s, err);
        if (!rc)
            rc = rkb_record_docs_of(s, rkb_jsonl_doc_keys, sink, err);
    }
    rkb_arena_release(&a);
    return rc;
}

/* ---- at its offset ---------------------------------------------------------- */

/* "msmarco_passage_07_123": byte 123 of msmarco_passage_07. */
struct place {
    rkb_sv id;
    size_t piece; /* SIZE_MAX: its id names none */
    uint64_t offset;
};

static struct place place_of(const struct pieces *all, rkb_sv id)
{
    struct place p = { .id = id, .piece = SIZE_MAX };
    rkb_sv base = id, stem;
    int64_t offset;

    if (!digits_behind(&base, 1))
        return p;
    stem = base;
    if (!digits_behind(&stem, 2) ||
        !rkb_sv_to_i64((rkb_sv){ id.at + base.len + 1, id.len - base.len - 1 },
                       0, INT64_MAX, &offset))
        return p;
    for (size_t i = 0; i < all->n; i++)
        if (rkb_sv_eq(all->at[i].base, base)) {
            p.piece = i;
            p.offset = (uint64_t)offset;
        }
    return p;
}

static int by_place(const void *a, const void *b, void *ctx)
{
    const struct place *x = a, *y = b;

    (void)ctx;
    if (x->piece != y->piece)
        return x->piece < y->piece ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* The line that starts at the offset; false when there is none. */
static bool line_at(const struct rkb_file_in *f, uint64_t offset,
                    struct rkb_buf *b, rkb_sv *line)
{
    struct rkb_err ignored;
    const char *end = NULL;
    size_t n = FIRST_BYTES;

    for (; offset < f->size && n <= RECORD_BYTES; n *= 4) {
        size_t have = f->size - offset < n ? (size_t)(f->size - offset) : n;
        char *block = rkb_new(have, 1);
        bool read = !rkb_file_in_read(f, offset, block, have, &ignored);

        rkb_buf_reset(b);
        rkb_buf_add(b, block, have);
        rkb_free(block);
        if (!read)
            return false;
        end = memchr(b->at, '\n', have);
        if (end || have < n) {
            *line = (rkb_sv){ b->at, end ? (size_t)(end - b->at) : have };
            return true;
        }
    }
    return false;
}

static bool has_id(rkb_sv line, const struct rkb_record_keys *keys, rkb_sv id)
{
    struct rkb_arena a = { 0 };
    const struct rkb_json *j;
    struct rkb_err ignored;
    rkb_sv there;
    bool same = !rkb_json_parse(&a, line, &j, &ignored) &&
                rkb_json_id(rkb_json_get(j, keys->id), &there) &&
                rkb_sv_eq(there, id);

    rkb_arena_release(&a);
    return same;
}

struct direct {
    struct rkb_file_in file;
    struct rkb_buf line;
    size_t piece; /* whose file is open; SIZE_MAX: none */
};

/* *there: the document was where its id says. */
static enum rkb_status read_place(struct direct *d, const struct rkb_input *in,
                                  const struct piece *p,
                                  const struct place *place,
                                  const struct rkb_sink *sink, bool *there,
                                  struct rkb_err *err)
{
    const struct rkb_record_keys *keys;
    struct rkb_arena a = { 0 };
    struct rkb_stream *s;
    enum rkb_status rc = RKB_OK;
    rkb_sv line;

    *there = false;
    if (d->piece != place->piece) {
        rkb_file_in_close(&d->file);
        d->file = (struct rkb_file_in){ 0 };
        d->piece = place->piece;
        rc = rkb_file_in_open(
            &d->file,
            rkb_arena_printf(&a, "%s/%s%s", in->path, in->under, p->name), err);
    }
    rkb_arena_release(&a);
    if (rc || !line_at(&d->file, place->offset, &d->line, &line))
        return rc;
    keys = rkb_jsonl_doc_keys(line);
    *there = keys && has_id(line, keys, place->id);
    if (!*there)
        return RKB_OK;
    rkb_stream_from_memory(&s, line.at, line.len);
    if (rkb_record_docs(s, keys, sink, err))
        return rkb_wrap(err, "%s/%s%s at byte %llu", in->path, in->under,
                        p->name, (unsigned long long)place->offset);
    return RKB_OK;
}

/* Reads what lies at its offset, and marks the pieces where the rest has to be
 * looked for: all of them for an id that names none. */
static enum rkb_status read_places(struct pieces *all,
                                   const struct rkb_input *in,
                                   const struct rkb_sink *sink,
                                   struct rkb_err *err)
{
    struct place *places =
        rkb_arena_new(&all->arena, sink->n_wanted, sizeof *places);
    bool in_folder = rkb_file_is_folder(in->path);
    struct direct d = { .piece = SIZE_MAX };
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < sink->n_wanted; i++)
        places[i] = place_of(all, sink->wanted[i]);
    rkb_sort(places, sink->n_wanted, sizeof *places, by_place, NULL);
    for (size_t i = 0; !rc && i < sink->n_wanted; i++) {
        struct piece *p =
            places[i].piece == SIZE_MAX ? NULL : &all->at[places[i].piece];
        bool there = false;

        for (size_t k = 0; !p && k < all->n; k++)
            all->at[k].scan = true;
        if (!p || p->scan)
            continue;
        if (in_folder && p->is_plain && !p->is_parquet) {
            rc = read_place(&d, in, p, &places[i], sink, &there, err);
            if (!rc && !there)
                rkb_log(RKB_LOG_WARN,
                        "%s/%s%s: no '%.*s' at byte %llu; all of the file is "
                        "looked through",
                        in->path, in->under, p->name, (int)places[i].id.len,
                        places[i].id.at, (unsigned long long)places[i].offset);
        }
        p->scan = !there;
    }
    rkb_file_in_close(&d.file);
    rkb_buf_release(&d.line);
    return rc;
}

enum rkb_status rkb_pieces_read(const struct rkb_input *in,
                                const struct rkb_sink *sink,
                                struct rkb_err *err)
{
    struct pieces all = { 0 };
    enum rkb_status rc = RKB_OK;

    find_pieces(&all, in);
    if (sink->wanted)
        rc = read_places(&all, in, sink, err);
    for (size_t i = 0; !rc && i < all.n; i++)
        if (!sink->wanted || all.at[i].scan)
            rc = scan(in, &all.at[i], sink, err);
    rkb_arena_release(&all.arena);
    return rc;
}
