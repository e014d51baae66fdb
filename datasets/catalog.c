/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/catalog.h"

#include "base/io/file.h"
#include "base/io/yaml.h"
#include "base/opt.h"
#include "datasets/format.h"

#include <stddef.h>
#include <string.h>

/* The keys of an entry. */
static const struct rkb_opt keys[] = {
    { .name = "path", .type = RKB_OPT_TEXT },
    { .name = "queries", .type = RKB_OPT_TEXT },
    { .name = "qrels", .type = RKB_OPT_TEXT },
    { .name = "corpus", .type = RKB_OPT_TEXT },
    { .name = "split", .type = RKB_OPT_TEXT },
    { .name = "query-text", .type = RKB_OPT_TEXT },
    { .name = "relevance",
      .type = RKB_OPT_INT,
      .fallback = "1",
      .min = 1,
      .max = 1000000 },
    { .name = "drop-self", .type = RKB_OPT_FLAG },
    { .name = "excluded", .type = RKB_OPT_FLAG },
    { .name = "headline", .type = RKB_OPT_TEXT, .fallback = "nDCG@10" },
    { 0 },
};
enum { FIRST_CONVENTION = 6 }; /* index into keys */

static const struct {
    const char *key;
    size_t member; /* of rkb_catalog_entry */
    bool file;
} parts[] = {
    { "path", offsetof(struct rkb_catalog_entry, path), true },
    { "queries", offsetof(struct rkb_catalog_entry, queries), true },
    { "qrels", offsetof(struct rkb_catalog_entry, qrels), true },
    { "corpus", offsetof(struct rkb_catalog_entry, corpus), true },
    { "split", offsetof(struct rkb_catalog_entry, split), false },
    { "query-text", offsetof(struct rkb_catalog_entry, query_text), false },
};

struct reader {
    struct rkb_arena *arena;
    const char *file, *folder;
    struct rkb_catalog *catalog;
    size_t first; /* entry of this file */
};

static enum rkb_status at(const struct reader *r, size_t line,
                          struct rkb_err *err)
{
    return rkb_wrap(err, "%s:%zu", r->file, line);
}

static int shown(rkb_sv text)
{
    return text.len < 100 ? (int)text.len : 100;
}

/* ---- one entry ---------------------------------------------------------- */

/* A spec with its path joined to the folder of the file. */
static enum rkb_status place(const struct reader *r, const char *spec,
                             const char **out, struct rkb_err *err)
{
    const struct rkb_input_format *format;
    const char *path, *split;
    enum rkb_status rc =
        rkb_format_spec(r->arena, spec, &format, &path, &split, err);

    if (rc)
        return rc;
    *out = rkb_path_join(r->arena, r->folder, path);
    if (format)
        *out = rkb_arena_printf(r->arena, "%s:%s%s%s", format->name, *out,
                                split ? ":" : "", split ? split : "");
    return RKB_OK;
}

static size_t key_index(rkb_sv name)
{
    size_t i = 0;

    while (keys[i].name && !rkb_sv_is(name, keys[i].name))
        i++;
    return i;
}

static enum rkb_status unknown_key(const struct reader *r,
                                   const struct rkb_yaml *y,
                                   struct rkb_err *err)
{
    const char *names[RKB_COUNT(keys) - 1];
    rkb_sv near;

    for (size_t i = 0; i < RKB_COUNT(names); i++)
        names[i] = keys[i].name;
    near = rkb_nearest(y->key, names, RKB_COUNT(names));
    rkb_fail(err, RKB_E_USAGE, "unknown key '%.*s' of a data set%s%.*s%s",
             shown(y->key), y->key.at, near.len ? " (did you mean '" : "",
             (int)near.len, near.len ? near.at : "", near.len ? "'?)" : "");
    return at(r, y->key_line, err);
}

static enum rkb_status put_key(const struct reader *r,
                               const struct rkb_catalog_entry *e,
                               const struct rkb_yaml *y, struct rkb_optset *set,
                               struct rkb_err *err)
{
    size_t i = key_index(y->key);
    enum rkb_status rc = RKB_OK;

    if (!keys[i].name)
        return unknown_key(r, y, err);
    if (y->kind != RKB_YAML_SCALAR || (!y->quoted && !y->text.len))
        rc = rkb_fail(err, RKB_E_USAGE, "'%s' takes one value", keys[i].name);
    else if (y->text.len && memchr(y->text.at, '\0', y->text.len))
        rc = rkb_fail(err, RKB_E_USAGE, "a NUL byte in '%s'", keys[i].name);
    else if (!e->own && i >= FIRST_CONVENTION)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "'%s' is a known collection, whose '%s' stays: choose "
                      "another name for one of your own",
                      e->preset->name, keys[i].name);
    else if (!e->preset->path && i > 0 && strcmp(keys[i].name, "query-text"))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "'%s' is a group: of it there is only 'path', of its "
                      "parts also '%s'",
                      e->preset->name, keys[i].name);
    else
        rc = rkb_optset_put(set, y->key, y->text, err);
    return rc ? at(r, y->line, err) : RKB_OK;
}

static enum rkb_status fill(const struct reader *r, struct rkb_catalog_entry *e,
                            const struct rkb_optset *set, struct rkb_err *err)
{
    struct rkb_preset *own = NULL;

    for (size_t i = 0; i < RKB_COUNT(parts); i++) {
        const char *value = rkb_optset_cstr(set, parts[i].key);

        if (value && parts[i].file && place(r, value, &value, err)) {
            rkb_wrap(err, "'%s'", parts[i].key);
            return at(r, e->line, err);
        }
        *(const char **)(void *)((char *)e + parts[i].member) = value;
    }
    if (!e->own)
        return RKB_OK;
    own = rkb_arena_new(r->arena, 1, sizeof *own);
    *own = (struct rkb_preset){
        .name = e->preset->name,
        .family = "own",
        .path = e->path ? e->path : "",
        .binary_rel = (int32_t)rkb_optset_int(set, "relevance"),
        .drop_self = rkb_optset_flag(set, "drop-self"),
        .drop_excluded = rkb_optset_flag(set, "excluded"),
        .headline = rkb_optset_cstr(set, "headline"),
    };
    e->preset = own;
    return RKB_OK;
}

static bool is_name(rkb_sv name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] <= ' ' || name.at[i] == '\x7f' ||
            name.at[i] == ':')
            return false;
    return name.len > 0;
}

/* The preset, or until it is filled one that has the name only. */
static enum rkb_status begin(const struct reader *r, const struct rkb_yaml *y,
                             struct rkb_catalog_entry *e, struct rkb_err *err)
{
    struct rkb_preset *name = rkb_arena_new(r->arena, 1, sizeof *name);

    if (!is_name(y->key)) {
        rkb_fail(err, RKB_E_USAGE,
                 "'%.*s' is no name of a data set: blanks and ':' are not",
                 shown(y->key), y->key.at);
        return at(r, y->key_line, err);
    }
    *e = (struct rkb_catalog_entry){ .file = r->file, .line = y->key_line };
    e->preset = rkb_preset_find(y->key);
    e->own = !e->preset;
    if (e->preset)
        return RKB_OK;
    name->name = rkb_arena_cstr(r->arena, y->key);
    name->path = "";
    e->preset = name;
    return RKB_OK;
}

static enum rkb_status entry(const struct reader *r, const struct rkb_yaml *y,
                             struct rkb_catalog_entry *e, struct rkb_err *err)
{
    struct rkb_yaml path = *y;
    struct rkb_optset set;
    enum rkb_status rc = begin(r, y, e, err);

    if (rc)
        return rc;
    rkb_optset_init(&set, r->arena, keys);
    if (y->kind == RKB_YAML_SCALAR) {
        path.key = rkb_sv_of("path");
        rc = put_key(r, e, &path, &set, err);
    } else if (y->kind == RKB_YAML_LIST || !y->child) {
        rkb_fail(err, RKB_E_USAGE,
                 "'%s' takes a path or a map of keys, such as {path: FOLDER}",
                 e->preset->name);
        rc = at(r, y->line, err);
    }
    for (const struct rkb_yaml *k = y->kind == RKB_YAML_MAP ? y->child : NULL;
         k && !rc; k = k->next)
        rc = put_key(r, e, k, &set, err);
    return rc ? rc : fill(r, e, &set, err);
}

/* ---- the file ----------------------------------------------------------- */

static struct rkb_catalog_entry *exact(const struct rkb_catalog *c,
                                       const char *name)
{
    for (size_t i = 0; c && i < c->n; i++)
        if (strcmp(c->entries[i].preset->name, name) == 0)
            return &c->entries[i];
    return NULL;
}

static enum rkb_status add(struct reader *r, const struct rkb_catalog_entry *e,
                           struct rkb_err *err)
{
    const struct rkb_catalog_entry *old = exact(r->catalog, e->preset->name);

    if (!old) {
        r->catalog->entries[r->catalog->n++] = *e;
        return RKB_OK;
    }
    if (old < r->catalog->entries + r->first)
        return RKB_OK;
    rkb_fail(err, RKB_E_USAGE, "'%s' is there twice, first on line %zu",
             e->preset->name, old->line);
    return at(r, e->line, err);
}

static const char *folder_of(struct rkb_arena *a, const char *file)
{
    const char *slash = strrchr(file, '/');

    if (!slash)
        return "";
    return rkb_arena_cstr(
        a, (rkb_sv){ file, slash == file ? 1 : (size_t)(slash - file) });
}

static enum rkb_status read_root(struct reader *r, const struct rkb_yaml *root,
                                 struct rkb_err *err)
{
    struct rkb_catalog *c = r->catalog;
    struct rkb_catalog_entry *more, e;
    enum rkb_status rc = RKB_OK;

    if (root->kind == RKB_YAML_SCALAR && !root->text.len && !root->quoted)
        return RKB_OK;
    if (root->kind != RKB_YAML_MAP) {
        rkb_fail(
            err, RKB_E_USAGE,
            "a map of data sets is needed, such as 'dl19: {path: ir/dl19}'");
        return at(r, root->line, err);
    }
    more = rkb_arena_new(r->arena, c->n + root->n_children, sizeof *more);
    if (c->n)
        memcpy(more, c->entries, c->n * sizeof *more);
    c->entries = more;
    for (const struct rkb_yaml *y = root->child; y && !rc; y = y->next) {
        rc = entry(r, y, &e, err);
        if (!rc)
            rc = add(r, &e, err);
    }
    return rc;
}

enum rkb_status rkb_catalog_parse(struct rkb_arena *a, const char *file,
                                  rkb_sv text, struct rkb_catalog *c,
                                  struct rkb_err *err)
{
    struct reader r = { .arena = a,
                        .file = file,
                        .folder = folder_of(a, file),
                        .catalog = c,
                        .first = c->n };
    const struct rkb_yaml *root;

    if (rkb_yaml_parse(a, text, &root, err))
        return rkb_yaml_at(file, err);
    return read_root(&r, root, err);
}

static enum rkb_status load_file(struct rkb_arena *a, const char *file,
                                 struct rkb_catalog *c, struct rkb_err *err)
{
    rkb_sv text = { 0 };
    enum rkb_status rc;

    if (!file || !rkb_file_exists(file))
        return RKB_OK;
    rc = rkb_file_read(a, file, RKB_CATALOG_BYTES, &text, err);
    return rc ? rc
              : rkb_catalog_parse(a, file, text.at ? text : rkb_sv_of(""), c,
                                  err);
}

enum rkb_status rkb_catalog_load(struct rkb_arena *a, const char *folder,
                                 struct rkb_catalog *c, struct rkb_err *err)
{
    static const char name[] = "datasets.yaml";
    enum rkb_status rc = load_file(a, rkb_path_join(a, folder, name), c, err);

    return rc ? rc : load_file(a, rkb_path_config(a, name), c, err);
}

/* ---- looking up ------------------------------------------------------------ */

const struct rkb_catalog_entry *rkb_catalog_find(const struct rkb_catalog *c,
                                                 rkb_sv name)
{
    const struct rkb_catalog_entry *e;
    const struct rkb_preset *p;

    for (size_t i = 0; c && i < c->n; i++)
        if (rkb_sv_is(name, c->entries[i].preset->name))
            return &c->entries[i];
    p = c ? rkb_preset_find(name) : NULL;
    e = p ? exact(c, p->name) : NULL;
    return !e && p && p->part_of ? exact(c, p->part_of) : e;
}

const struct rkb_preset *rkb_catalog_preset(const struct rkb_catalog *c,
                                            rkb_sv name)
{
    for (size_t i = 0; c && i < c->n; i++)
        if (rkb_sv_is(name, c->entries[i].preset->name))
            return c->entries[i].preset;
    return rkb_preset_find(name);
}

const char *rkb_catalog_nearest(const struct rkb_catalog *c, rkb_sv name)
{
    struct rkb_arena a = { 0 };
    const char *found = NULL;
    const char **names = c ? rkb_arena_new(&a, c->n, sizeof *names) : NULL;
    rkb_sv near = { 0 };

    for (size_t i = 0; c && i < c->n; i++)
        names[i] = c->entries[i].preset->name;
    if (c && c->n)
        near = rkb_nearest(name, names, c->n);
    for (size_t i = 0; near.len && !found; i++)
        if (rkb_sv_is(near, names[i]))
            found = names[i];
    rkb_arena_release(&a);
    return found ? found : rkb_preset_nearest(name);
}
