/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/shelf.h"

#include "base/buf.h"
#include "base/io/file.h"
#include "base/io/yaml.h"
#include "harness/rerankers/preset.h"
#include "harness/rerankers/reranker.h"

#include <string.h>

struct reader {
    struct rkb_arena *arena;
    const char *file, *folder;
    struct rkb_shelf *shelf;
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

/* ---- options ------------------------------------------------------------- */

static const char *value_name(const struct rkb_opt *rows, rkb_sv key)
{
    for (; rows && rows->name; rows++)
        if (rkb_sv_is(key, rows->name))
            return rows->value_name ? rows->value_name : "";
    return "";
}

bool rkb_option_names_file(const struct rkb_opt *rows, rkb_sv key, rkb_sv value,
                           size_t *before)
{
    const char *is = value_name(rows, key);

    *before = 0;
    if (strcmp(is, "FILE") == 0)
        return true;
    if (strcmp(is, "TEMPLATE") == 0)
        return !rkb_sv_starts(value, "builtin:");
    if (strcmp(is, "FRAME") == 0)
        return !rkb_sv_starts(value, "builtin:") && !rkb_sv_is(value, "chat") &&
               !rkb_sv_is(value, "apply-template");
    if (strcmp(is, "SERVER") != 0 || !rkb_sv_starts(value, "replay:"))
        return false;
    *before = strlen("replay:");
    return true;
}

bool rkb_option_is_list(const struct rkb_opt *rows, rkb_sv key)
{
    return strcmp(value_name(rows, key), "RERANKERS") == 0;
}

enum rkb_status rkb_shelf_expand(struct rkb_arena *a, const struct rkb_shelf *s,
                                 rkb_sv *list, struct rkb_err *err)
{
    struct rkb_buf b = { 0 };
    rkb_sv rest = *list, one;
    enum rkb_status rc = RKB_OK;

    while (!rc && rkb_spec_cut(&rest, &one)) {
        const struct rkb_reranker_def *def;
        const char *text = NULL;
        struct rkb_spec spec;

        rc = rkb_spec_parse(a, one, &spec, err);
        if (!rc)
            rc = rkb_shelf_apply(a, s, &spec, err);
        if (!rc)
            rc = rkb_reranker_find(spec.name, &def, err);
        for (size_t i = 0; !rc && i < spec.n; i++)
            if (rkb_option_is_list(def->options, spec.keys[i]))
                rc = rkb_shelf_expand(a, s, &spec.values[i], err);
        if (!rc && !(text = rkb_spec_text(a, &spec)))
            rc = rkb_fail(err, RKB_E_USAGE,
                          "an option of '%.*s' has both kinds of quotes",
                          shown(one), one.at);
        if (!rc)
            rkb_buf_printf(&b, "%s%s", b.len ? "; " : "", text);
    }
    if (!rc)
        *list = rkb_arena_copy(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return rc;
}

static rkb_sv place(const struct reader *r, const struct rkb_opt *rows,
                    rkb_sv key, rkb_sv value)
{
    size_t before;

    if (!r->folder || !rkb_option_names_file(rows, key, value, &before))
        return value;
    return rkb_arena_join(
        r->arena, (rkb_sv){ value.at, before },
        rkb_sv_of(rkb_path_join(
            r->arena, r->folder,
            rkb_arena_cstr(
                r->arena, (rkb_sv){ value.at + before, value.len - before }))));
}

/* ---- one entry ------------------------------------------------------------- */

static enum rkb_status scalar(const struct reader *r, const struct rkb_yaml *y,
                              struct rkb_err *err)
{
    if (y->kind == RKB_YAML_SCALAR && (y->quoted || y->text.len) &&
        !(y->text.len && memchr(y->text.at, '\0', y->text.len)))
        return RKB_OK;
    rkb_fail(err, RKB_E_USAGE, "'%.*s' takes one value", shown(y->key),
             y->key.at);
    return at(r, y->line, err);
}

static bool is_name(rkb_sv name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.at[i] <= ' ' || name.at[i] == '\x7f' ||
            strchr("(),;=", name.at[i]))
            return false;
    return name.len > 0;
}

static bool is_taken(rkb_sv name)
{
    for (size_t i = 0; rkb_rerankers[i]; i++)
        if (rkb_sv_is(name, rkb_rerankers[i]->name))
            return true;
    return rkb_reranker_preset_find(name) != NULL;
}

/* The row, and every option by its own line; a preset's have none. */
static enum rkb_status check_options(const struct reader *r,
                                     const struct rkb_yaml *y,
                                     const struct rkb_reranker_def *def,
                                     struct rkb_spec *spec, struct rkb_err *err)
{
    size_t n_own = 0, n_before;
    const struct rkb_yaml *key;
    struct rkb_optset set;
    unsigned traits;

    for (key = y->child; key; key = key->next)
        n_own += !rkb_sv_is(key->key, "use");
    n_before = spec->n - n_own;
    rkb_optset_init(&set, r->arena, def->options);
    key = y->child;
    for (size_t i = 0; i < spec->n; i++) {
        size_t line = y->key_line;

        if (i >= n_before) { /* in the order of the file */
            while (rkb_sv_is(key->key, "use"))
                key = key->next;
            line = key->line;
            key = key->next;
        }
        if (rkb_option_is_list(def->options, spec->keys[i]) &&
            rkb_shelf_expand(r->arena, r->shelf, &spec->values[i], err))
            return at(r, line, err);
        if (rkb_optset_put(&set, spec->keys[i], spec->values[i], err))
            return at(r, line, err);
        spec->values[i] =
            place(r, def->options, spec->keys[i], spec->values[i]);
    }
    return rkb_reranker_check(def, &set, &traits, err) ? at(r, y->key_line, err)
                                                       : RKB_OK;
}

static enum rkb_status read_map(const struct reader *r,
                                const struct rkb_yaml *y, struct rkb_spec *spec,
                                struct rkb_err *err)
{
    for (const struct rkb_yaml *k = y->child; k; k = k->next) {
        enum rkb_status rc = scalar(r, k, err);

        if (rc)
            return rc;
        if (rkb_sv_is(k->key, "use")) {
            spec->name = k->text;
            continue;
        }
        spec->keys[spec->n] = k->key;
        spec->values[spec->n++] = k->text;
    }
    if (spec->name.at)
        return RKB_OK;
    rkb_fail(err, RKB_E_USAGE, "'%.*s' has no 'use': a row or a preset",
             shown(y->key), y->key.at);
    return at(r, y->key_line, err);
}

static enum rkb_status entry(const struct reader *r, const struct rkb_yaml *y,
                             struct rkb_shelf_entry *e, struct rkb_err *err)
{
    const struct rkb_reranker_def *def;
    enum rkb_status rc = RKB_OK;

    *e = (struct rkb_shelf_entry){ .file = r->file, .line = y->key_line };
    if (!is_name(y->key))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "'%.*s' is no name of a reranker: blanks and ( ) , ; = "
                      "are not",
                      shown(y->key), y->key.at);
    else if (is_taken(y->key))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "'%.*s' is registered already: choose another name for "
                      "one of your own",
                      shown(y->key), y->key.at);
    else if (y->kind != RKB_YAML_MAP)
        rc = rkb_fail(err, RKB_E_USAGE,
                      "'%.*s' takes a map, such as {use: rankgpt, server: URL}",
                      shown(y->key), y->key.at);
    if (rc)
        return at(r, y->key_line, err);
    e->name = rkb_arena_cstr(r->arena, y->key);
    e->spec.keys = rkb_arena_new(r->arena, y->n_children, sizeof *e->spec.keys);
    e->spec.values =
        rkb_arena_new(r->arena, y->n_children, sizeof *e->spec.values);
    rc = read_map(r, y, &e->spec, err);
    if (rc)
        return rc;
    e->use = rkb_arena_cstr(r->arena, e->spec.name);
    rc = rkb_reranker_preset_apply(r->arena, &e->spec, err);
    if (!rc)
        rc = rkb_reranker_find(e->spec.name, &def, err);
    if (rc)
        return at(r, y->key_line, err);
    return check_options(r, y, def, &e->spec, err);
}

/* ---- the file ----------------------------------------------------------------- */

static enum rkb_status add(struct reader *r, const struct rkb_shelf_entry *e,
                           struct rkb_err *err)
{
    const struct rkb_shelf_entry *old =
        rkb_shelf_find(r->shelf, rkb_sv_of(e->name));

    if (!old) {
        r->shelf->entries[r->shelf->n++] = *e;
        return RKB_OK;
    }
    if (old < r->shelf->entries + r->first)
        return RKB_OK;
    rkb_fail(err, RKB_E_USAGE, "'%s' is there twice, first on line %zu",
             e->name, old->line);
    return at(r, e->line, err);
}

static enum rkb_status read_root(struct reader *r, const struct rkb_yaml *root,
                                 struct rkb_err *err)
{
    struct rkb_shelf *s = r->shelf;
    struct rkb_shelf_entry *more, e;
    enum rkb_status rc = RKB_OK;

    if (root->kind == RKB_YAML_SCALAR && !root->text.len && !root->quoted)
        return RKB_OK;
    if (root->kind != RKB_YAML_MAP) {
        rkb_fail(err, RKB_E_USAGE,
                 "a map of rerankers is needed, such as 'mine: {use: rankgpt, "
                 "server: URL}'");
        return at(r, root->line, err);
    }
    more = rkb_arena_new(r->arena, s->n + root->n_children, sizeof *more);
    if (s->n)
        memcpy(more, s->entries, s->n * sizeof *more);
    s->entries = more;
    for (const struct rkb_yaml *y = root->child; y && !rc; y = y->next) {
        rc = entry(r, y, &e, err);
        if (!rc)
            rc = add(r, &e, err);
    }
    return rc;
}

enum rkb_status rkb_shelf_parse(struct rkb_arena *a, const char *file,
                                const char *folder, rkb_sv text,
                                struct rkb_shelf *s, struct rkb_err *err)
{
    struct reader r = {
        .arena = a, .file = file, .folder = folder, .shelf = s, .first = s->n
    };
    const struct rkb_yaml *root;

    if (rkb_yaml_parse(a, text, &root, err))
        return rkb_yaml_at(file, err);
    return read_root(&r, root, err);
}

static enum rkb_status load_file(struct rkb_arena *a, const char *file,
                                 bool joins, struct rkb_shelf *s,
                                 struct rkb_err *err)
{
    const char *slash = file ? strrchr(file, '/') : NULL, *folder = NULL;
    rkb_sv text = { 0 };
    enum rkb_status rc;

    if (!file || !rkb_file_exists(file))
        return RKB_OK;
    rc = rkb_file_read(a, file, RKB_SHELF_BYTES, &text, err);
    if (joins && slash)
        folder = rkb_arena_cstr(a, (rkb_sv){ file, (size_t)(slash - file) });
    return rc ? rc
              : rkb_shelf_parse(a, file, folder, text.at ? text : rkb_sv_of(""),
                                s, err);
}

enum rkb_status rkb_shelf_load(struct rkb_arena *a, const char *folder,
                               struct rkb_shelf *s, struct rkb_err *err)
{
    static const char name[] = "rerankers.yaml";
    enum rkb_status rc =
        load_file(a, rkb_path_join(a, folder, name), false, s, err);

    return rc ? rc : load_file(a, rkb_path_config(a, name), true, s, err);
}

/* ---- looking up ----------------------------------------------------------------- */

const struct rkb_shelf_entry *rkb_shelf_find(const struct rkb_shelf *s,
                                             rkb_sv name)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (rkb_sv_is(name, s->entries[i].name))
            return &s->entries[i];
    return NULL;
}

enum rkb_status rkb_shelf_apply(struct rkb_arena *a, const struct rkb_shelf *s,
                                struct rkb_spec *spec, struct rkb_err *err)
{
    const struct rkb_shelf_entry *e = rkb_shelf_find(s, spec->name);

    if (!e)
        return rkb_reranker_preset_apply(a, spec, err);
    rkb_spec_put_under(a, spec, &e->spec);
    return RKB_OK;
}
