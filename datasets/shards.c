/* SPDX-License-Identifier: Apache-2.0 */
/* Records by the name they have without an ending: NAME.jsonl, or Parquet in
 * the layouts that Hugging Face uses. */
#include "base/io/file.h"
#include "base/map.h"
#include "datasets/parquet.h"
#include "datasets/record.h"

#include <string.h>

/* One file of NAME: NAME.parquet; NAME-00001-of-00003.parquet, with or without
 * a fingerprint behind it; NAME/0001.parquet as automatic conversion names it
 * (how many there are is not said: of = 0). */
struct shard {
    rkb_sv name;
    uint64_t index, of;
};

static bool digits_behind(rkb_sv *text, size_t least, uint64_t *n)
{
    size_t k = 0;
    int64_t value;

    while (k < text->len && k < 9 && text->at[text->len - 1 - k] >= '0' &&
           text->at[text->len - 1 - k] <= '9')
        k++;
    if (k < least || !rkb_sv_to_i64((rkb_sv){ text->at + text->len - k, k }, 0,
                                    INT32_MAX, &value))
        return false;
    *n = (uint64_t)value;
    text->len -= k;
    return true;
}

static bool drop(rkb_sv *text, const char *ending)
{
    if (!rkb_sv_ends(*text, ending))
        return false;
    text->len -= strlen(ending);
    return true;
}

static void drop_fingerprint(rkb_sv *text)
{
    size_t n = text->len;

    if (n < 17 || text->at[n - 17] != '-')
        return;
    for (size_t i = n - 16; i < n; i++)
        if (!strchr("0123456789abcdef", text->at[i]) || !text->at[i])
            return;
    text->len -= 17;
}

static bool shard_of(rkb_sv file, struct shard *s)
{
    rkb_sv rest;

    if (!drop(&file, ".parquet"))
        return false;
    *s = (struct shard){ .name = file, .of = 1 };
    rest = file;
    drop_fingerprint(&rest);
    if (digits_behind(&rest, 5, &s->of) && drop(&rest, "-of-") &&
        digits_behind(&rest, 5, &s->index) && drop(&rest, "-")) {
        s->name = rest;
        return true;
    }
    *s = (struct shard){ .name = file, .of = 1 };
    rest = file;
    if (digits_behind(&rest, 4, &s->index) && drop(&rest, "/")) {
        s->name = rest;
        s->of = 0;
        return true;
    }
    s->index = 0;
    return true;
}

/* Member i of the tree, when it is a shard below in->under. */
static bool member_shard(const struct rkb_input *in, size_t i, struct shard *s)
{
    rkb_sv name = rkb_sv_of(rkb_tree_name(in->tree, i));
    size_t skip = strlen(in->under);

    if (!rkb_sv_starts(name, in->under))
        return false;
    return shard_of((rkb_sv){ name.at + skip, name.len - skip }, s);
}

static bool has_shard(const struct rkb_input *in, const char *name)
{
    struct shard s;

    for (size_t i = 0; in->tree && i < rkb_tree_count(in->tree); i++)
        if (member_shard(in, i, &s) && rkb_sv_is(s.name, name))
            return true;
    return false;
}

bool rkb_input_has_records(const struct rkb_input *in, const char *name)
{
    struct rkb_arena a = { 0 };
    bool has = rkb_input_has(in, rkb_arena_printf(&a, "%s.jsonl", name)) ||
               has_shard(in, name);

    rkb_arena_release(&a);
    return has;
}

char *rkb_input_record_names(struct rkb_arena *a, const struct rkb_input *in,
                             const char *prefix, size_t *n)
{
    char *names = rkb_input_names(a, in, prefix, ".jsonl", n);
    struct rkb_map seen = { 0 };
    struct shard s;

    for (size_t i = 0; in->tree && i < rkb_tree_count(in->tree); i++) {
        size_t skip = strlen(prefix);
        bool is_new;

        if (!member_shard(in, i, &s) || !rkb_sv_starts(s.name, prefix) ||
            s.name.len == skip)
            continue;
        s.name.at += skip;
        s.name.len -= skip;
        rkb_map_add(&seen, s.name, &is_new);
        if (!is_new || memchr(s.name.at, '/', s.name.len) ||
            rkb_input_has(in, rkb_arena_printf(a, "%s%.*s.jsonl", prefix,
                                               (int)s.name.len, s.name.at)))
            continue;
        names = names ? rkb_arena_printf(a, "%s, %.*s", names, (int)s.name.len,
                                         s.name.at)
                      : rkb_arena_printf(a, "%.*s", (int)s.name.len, s.name.at);
        ++*n;
    }
    rkb_map_release(&seen);
    return names;
}

struct shards {
    struct rkb_arena *arena;
    const char **paths;
    size_t n;
    uint64_t of;
};

/* Members are sorted, and numbers have leading zeros. */
static enum rkb_status add_shard(struct shards *all, const struct rkb_input *in,
                                 const char *member, const struct shard *s,
                                 struct rkb_err *err)
{
    if (all->n > 0 && (s->of != all->of || s->of == 1))
        return rkb_fail(err, RKB_E_DATA,
                        "'%s' holds files of several kinds for '%.*s'",
                        in->path, (int)s->name.len, s->name.at);
    if (s->index != all->n)
        return rkb_fail(err, RKB_E_DATA, "'%s': part %zu of '%.*s' is missing",
                        in->path, all->n, (int)s->name.len, s->name.at);
    all->of = s->of;
    all->paths[all->n++] =
        rkb_arena_printf(all->arena, "%s/%s", in->path, member);
    return RKB_OK;
}

static enum rkb_status find_shards(struct shards *all,
                                   const struct rkb_input *in, const char *name,
                                   struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    size_t n = rkb_tree_count(in->tree);
    struct shard s;

    all->paths = rkb_arena_new(all->arena, n, sizeof *all->paths);
    for (size_t i = 0; !rc && i < n; i++)
        if (member_shard(in, i, &s) && rkb_sv_is(s.name, name))
            rc = add_shard(all, in, rkb_tree_name(in->tree, i), &s, err);
    if (rc)
        return rc;
    if (all->n == 0)
        return rkb_fail(err, RKB_E_IO, "'%s' holds no '%s.jsonl' or '.parquet'",
                        in->path, name);
    if (all->of > all->n)
        return rkb_fail(err, RKB_E_DATA, "'%s': part %zu of '%s' is missing",
                        in->path, all->n, name);
    return RKB_OK;
}

static enum rkb_status open_parquet(const struct rkb_input *in,
                                    const char *name,
                                    const char *const *columns,
                                    struct rkb_stream **out,
                                    struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    struct shards all = { .arena = &a };
    const char *called;
    enum rkb_status rc;

    if (!rkb_file_is_folder(in->path))
        return rkb_fail(err, RKB_E_DATA,
                        "'%s' holds '%s' as Parquet, which is not read inside "
                        "an archive: unpack it first",
                        in->path, name);
    rc = find_shards(&all, in, name, err);
    if (!rc) {
        called = all.n == 1
                     ? all.paths[0]
                     : rkb_arena_printf(&a, "%s/%s%s (%zu files)", in->path,
                                        in->under, name, all.n);
        rc = rkb_parquet_stream(out, called, all.paths, all.n, columns, err);
    }
    rkb_arena_release(&a);
    return rc;
}

enum rkb_status rkb_input_records(const struct rkb_input *in, const char *name,
                                  const char *const *columns,
                                  struct rkb_stream **out, struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    const char *jsonl = rkb_arena_printf(&a, "%s.jsonl", name);
    enum rkb_status rc;

    if (!in->tree || rkb_input_has(in, jsonl) || !has_shard(in, name))
        rc = rkb_input_member(in, jsonl, out, err);
    else
        rc = open_parquet(in, name, columns, out, err);
    rkb_arena_release(&a);
    return rc;
}

bool rkb_input_is_parquet(const struct rkb_input *in)
{
    return !in->tree && rkb_sv_starts(in->head, "PAR1");
}

bool rkb_input_has_columns(const struct rkb_input *in,
                           const char *const *columns)
{
    static const char *const none[] = { NULL };
    struct rkb_parquet *p;
    struct rkb_err ignored;
    bool all = true;

    if (rkb_parquet_open(&p, in->path, none, &ignored))
        return false;
    for (size_t i = 0; all && columns[i]; i++)
        all = rkb_parquet_has(p, columns[i]);
    rkb_parquet_close(p);
    return all;
}

enum rkb_status rkb_input_rows(const struct rkb_input *in,
                               const char *const *columns,
                               struct rkb_stream **out, struct rkb_err *err)
{
    if (!rkb_input_is_parquet(in))
        return rkb_input_file(in, out, err);
    return rkb_parquet_stream(out, in->path, &in->path, 1, columns, err);
}
