/* SPDX-License-Identifier: Apache-2.0 */
/* From flags and YAML to a draft: one spelling for both. */
#include "base/io/yaml.h"
#include "harness/eval/plan_draft.h"

#include <string.h>

/* Where the key of a file is not the name of the flag; NULL: there is none. */
static const struct {
    const char *row, *key;
} keys[] = {
    { "dataset", "datasets" }, { "reranker", "rerankers" },
    { "measure", "measures" }, { "set", NULL },
    { "again", NULL },         { "dry-run", NULL },
    { "format", NULL },        { "shard", NULL },
};

static const char *key_of(const struct rkb_opt *row)
{
    for (size_t i = 0; i < RKB_COUNT(keys); i++)
        if (strcmp(keys[i].row, row->name) == 0)
            return keys[i].key;
    return row->name;
}

/* "server_command" is "server-command", as on the command line. */
static bool is_key(rkb_sv given, const char *key)
{
    size_t n = strlen(key);

    if (given.len != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((given.at[i] == '_' ? '-' : given.at[i]) != key[i])
            return false;
    return true;
}

static struct rkb_plan_list *list_of(struct rkb_plan_draft *d, const char *row)
{
    struct rkb_plan_list *lists[] = { &d->datasets, &d->candidates,
                                      &d->rerankers, &d->measures };

    for (size_t i = 0; i < RKB_COUNT(lists); i++)
        if (strcmp(lists[i]->row, row) == 0)
            return lists[i];
    return NULL;
}

/* ---- places ------------------------------------------------------------ */

enum rkb_status rkb_plan_at(const struct rkb_plan_draft *d, const char *row,
                            size_t line, struct rkb_err *err)
{
    if (line)
        return rkb_wrap(err, "%s:%zu", d->path, line);
    return rkb_wrap(err, "--%s", row);
}

size_t rkb_plan_line(const struct rkb_plan_draft *d, const char *row)
{
    for (size_t i = 0; i < d->opts.n_rows; i++)
        if (strcmp(d->opts.rows[i].name, row) == 0)
            return d->lines[i];
    return 0;
}

static int shown(rkb_sv text)
{
    return text.len < 100 ? (int)text.len : 100;
}

/* ---- secrets ----------------------------------------------------------- */

/* Everything after this would store, log or print the text. */
static const char secret_found[] =
    "a URL with a user name, password or token in it (not shown); "
    "put the secret in an environment variable";

static enum rkb_status check_flags(const struct rkb_optset *flags,
                                   struct rkb_err *err)
{
    for (size_t i = 0; i < flags->n_rows; i++) {
        const struct rkb_opt_value *v = &flags->values[i];
        bool found = v->given && rkb_has_secret(v->text, NULL);

        for (size_t j = 0; j < v->n_all && !found; j++)
            found = rkb_has_secret(v->all[j], NULL);
        if (found)
            return rkb_fail(err, RKB_E_USAGE, "--%s: %s", flags->rows[i].name,
                            secret_found);
    }
    return RKB_OK;
}

static enum rkb_status check_text(const struct rkb_plan_draft *d, rkb_sv text,
                                  struct rkb_err *err)
{
    size_t offset, line = 1;

    if (!rkb_has_secret(text, &offset))
        return RKB_OK;
    for (size_t i = 0; i < offset; i++)
        line += text.at[i] == '\n';
    return rkb_fail(err, RKB_E_USAGE, "%s:%zu: %s", d->path, line,
                    secret_found);
}

/* Escapes and folded lines can hide what the raw text does not show; and a C
 * string cannot hold a NUL. */
static enum rkb_status check_tree(const struct rkb_plan_draft *d,
                                  const struct rkb_yaml *y, struct rkb_err *err)
{
    const rkb_sv texts[] = { y->key, y->text };

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        if (rkb_has_secret(texts[i], NULL))
            return rkb_fail(err, RKB_E_USAGE, "%s:%zu: %s", d->path, y->line,
                            secret_found);
        if (texts[i].len && memchr(texts[i].at, '\0', texts[i].len))
            return rkb_fail(err, RKB_E_USAGE, "%s:%zu: a NUL byte", d->path,
                            y->line);
    }
    for (const struct rkb_yaml *c = y->child; c; c = c->next) {
        enum rkb_status rc = check_tree(d, c, err);

        if (rc)
            return rc;
    }
    return RKB_OK;
}

/* ---- entries ----------------------------------------------------------- */

static struct rkb_plan_entry *add_entry(struct rkb_plan_draft *d,
                                        struct rkb_plan_list *list, size_t line)
{
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 4;
        struct rkb_plan_entry *more =
            rkb_arena_new(d->arena, cap, sizeof *more);

        if (list->n)
            memcpy(more, list->entries, list->n * sizeof *more);
        list->entries = more;
        list->cap = cap;
    }
    list->entries[list->n] = (struct rkb_plan_entry){ .line = line };
    return &list->entries[list->n++];
}

/* "splade=FILE"; a path may hold '=' too, but not before its first '/'. */
static void split_name(rkb_sv text, struct rkb_plan_entry *e)
{
    e->use = text;
    for (size_t i = 0; i < text.len && text.at[i] != '/'; i++)
        if (text.at[i] == '=') {
            e->as = rkb_sv_trim((rkb_sv){ text.at, i });
            e->use = rkb_sv_trim((rkb_sv){ text.at + i + 1, text.len - i - 1 });
            return;
        }
}

static enum rkb_status split_spec(struct rkb_plan_draft *d, rkb_sv text,
                                  struct rkb_plan_entry *e, struct rkb_err *err)
{
    struct rkb_spec spec;
    enum rkb_status rc = rkb_spec_parse(d->arena, text, &spec, err);

    if (rc)
        return rc;
    e->use = spec.name;
    e->n_pairs = spec.n;
    e->pairs = rkb_arena_new(d->arena, spec.n, sizeof *e->pairs);
    for (size_t i = 0; i < spec.n; i++)
        e->pairs[i] =
            (struct rkb_plan_pair){ spec.keys[i], spec.values[i], e->line };
    return RKB_OK;
}

static enum rkb_status text_entry(struct rkb_plan_draft *d,
                                  struct rkb_plan_list *list, rkb_sv text,
                                  size_t line, struct rkb_err *err)
{
    struct rkb_plan_entry *e = add_entry(d, list, line);
    enum rkb_status rc = RKB_OK;

    e->use = text = rkb_sv_trim(rkb_arena_copy(d->arena, text));
    if (list == &d->candidates)
        split_name(text, e);
    else if (list == &d->rerankers)
        rc = split_spec(d, text, e, err);
    if (!rc && !e->use.len)
        rc = rkb_fail(err, RKB_E_USAGE, "an empty name");
    return rc ? rkb_plan_at(d, list->row, line, err) : RKB_OK;
}

/* ---- YAML -------------------------------------------------------------- */

static bool is_null(const struct rkb_yaml *y)
{
    return y->kind == RKB_YAML_SCALAR && !y->quoted &&
           (!y->text.len || rkb_sv_is(y->text, "~") ||
            rkb_sv_is(y->text, "null"));
}

static enum rkb_status bad(const struct rkb_plan_draft *d,
                           const struct rkb_yaml *y, const char *name,
                           const char *why, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE, "%s:%zu: '%s' %s", d->path, y->line, name,
                    why);
}

static enum rkb_status need_scalar(const struct rkb_plan_draft *d,
                                   const struct rkb_yaml *y, const char *name,
                                   struct rkb_err *err)
{
    if (y->kind != RKB_YAML_SCALAR)
        return bad(d, y, name,
                   y->kind == RKB_YAML_LIST ? "takes one value, not a list"
                                            : "takes one value, not a map",
                   err);
    if (is_null(y))
        return bad(d, y, name, "has no value", err);
    return RKB_OK;
}

static enum rkb_status add_pairs(struct rkb_plan_draft *d,
                                 struct rkb_plan_entry *e,
                                 const struct rkb_yaml *y, const char *name,
                                 struct rkb_err *err)
{
    const struct rkb_yaml *one = y->kind == RKB_YAML_LIST ? y->child : y;
    enum rkb_status rc = RKB_OK;

    if (!one)
        return bad(d, y, name, "is an empty list", err);
    for (; one && !rc; one = y->kind == RKB_YAML_LIST ? one->next : NULL) {
        rc = need_scalar(d, one, name, err);
        if (!rc)
            e->pairs[e->n_pairs++] =
                (struct rkb_plan_pair){ y->key, one->text, one->line };
    }
    return rc;
}

/* {use: NAME, as: NAME, OPTION: value...} */
static enum rkb_status map_entry(struct rkb_plan_draft *d,
                                 struct rkb_plan_list *list,
                                 const struct rkb_yaml *y, struct rkb_err *err)
{
    struct rkb_plan_entry *e = add_entry(d, list, y->line);
    size_t n = 0;

    for (const struct rkb_yaml *c = y->child; c; c = c->next)
        n += c->kind == RKB_YAML_LIST ? c->n_children : 1;
    e->pairs = rkb_arena_new(d->arena, n, sizeof *e->pairs);
    for (const struct rkb_yaml *c = y->child; c; c = c->next) {
        const char *name = rkb_arena_cstr(d->arena, c->key);
        bool use = strcmp(name, "use") == 0;
        enum rkb_status rc;

        if (use || strcmp(name, "as") == 0) {
            rc = need_scalar(d, c, name, err);
            if (!rc && !rkb_sv_trim(c->text).len)
                rc = bad(d, c, name, "is empty", err);
            *(use ? &e->use : &e->as) = rkb_sv_trim(c->text);
        } else {
            rc = add_pairs(d, e, c, name, err);
        }
        if (rc)
            return rc;
    }
    if (!e->use.at)
        return rkb_fail(err, RKB_E_USAGE,
                        "%s:%zu: which %s? write {use: NAME, ...}", d->path,
                        y->line, list->row);
    return RKB_OK;
}

static enum rkb_status list_item(struct rkb_plan_draft *d,
                                 struct rkb_plan_list *list, const char *key,
                                 const struct rkb_yaml *y, struct rkb_err *err)
{
    bool maps = list == &d->datasets || list == &d->rerankers;
    enum rkb_status rc;

    if (maps && y->kind == RKB_YAML_MAP)
        return map_entry(d, list, y, err);
    rc = need_scalar(d, y, key, err);
    return rc ? rc : text_entry(d, list, y->text, y->line, err);
}

/* {bm25: FILE, splade: FILE} */
static enum rkb_status named_items(struct rkb_plan_draft *d,
                                   struct rkb_plan_list *list,
                                   const struct rkb_yaml *y,
                                   struct rkb_err *err)
{
    for (const struct rkb_yaml *c = y->child; c; c = c->next) {
        const char *name = rkb_arena_cstr(d->arena, c->key);
        enum rkb_status rc = need_scalar(d, c, name, err);

        if (!rc && !rkb_sv_trim(c->text).len)
            rc = bad(d, c, name, "is empty", err);
        if (rc)
            return rc;
        struct rkb_plan_entry *e = add_entry(d, list, c->line);

        e->as = rkb_sv_trim(c->key);
        e->use = rkb_sv_trim(c->text);
    }
    return RKB_OK;
}

static enum rkb_status list_key(struct rkb_plan_draft *d,
                                struct rkb_plan_list *list,
                                const struct rkb_yaml *y, struct rkb_err *err)
{
    const char *key = rkb_arena_cstr(d->arena, y->key);
    enum rkb_status rc = RKB_OK;

    if (y->kind == RKB_YAML_SCALAR)
        return list_item(d, list, key, y, err);
    if (!y->child)
        return bad(d, y, key, "is empty", err);
    if (y->kind == RKB_YAML_MAP && list == &d->candidates)
        return named_items(d, list, y, err);
    if (y->kind == RKB_YAML_MAP)
        return bad(d, y, key, "takes a list, not a map", err);
    for (const struct rkb_yaml *c = y->child; c && !rc; c = c->next)
        rc = list_item(d, list, key, c, err);
    return rc;
}

static enum rkb_status unknown_key(const struct rkb_plan_draft *d,
                                   const struct rkb_yaml *y,
                                   struct rkb_err *err)
{
    const char **names = rkb_arena_new(d->arena, d->opts.n_rows, sizeof *names);
    rkb_sv near;
    size_t n = 0;

    for (size_t i = 0; i < d->opts.n_rows; i++)
        if (key_of(&d->opts.rows[i]))
            names[n++] = key_of(&d->opts.rows[i]);
    near = rkb_nearest(y->key, names, n);
    rkb_fail(err, RKB_E_USAGE, "%s:%zu: unknown key '%.*s'", d->path,
             y->key_line, shown(y->key), y->key.len ? y->key.at : "");
    if (near.len)
        rkb_fail(err, RKB_E_USAGE, "%s (did you mean '%.*s'?)", err->msg,
                 (int)near.len, near.at);
    return err->code;
}

static enum rkb_status plan_key(struct rkb_plan_draft *d,
                                const struct rkb_yaml *y, struct rkb_err *err)
{
    const struct rkb_opt *rows = d->opts.rows;
    enum rkb_status rc;
    size_t i = 0;

    while (i < d->opts.n_rows &&
           !(key_of(&rows[i]) && is_key(y->key, key_of(&rows[i]))))
        i++;
    if (i == d->opts.n_rows)
        return unknown_key(d, y, err);
    if (d->lines[i]) /* once with '-', once with '_' */
        return bad(d, y, rows[i].name, "is there twice", err);
    d->lines[i] = y->line;
    if (rows[i].many)
        return list_key(d, list_of(d, rows[i].name), y, err);
    rc = need_scalar(d, y, rows[i].name, err);
    if (rc)
        return rc;
    rc = rkb_optset_put(&d->opts, rkb_sv_of(rows[i].name), y->text, err);
    return rc ? rkb_plan_at(d, rows[i].name, y->line, err) : RKB_OK;
}

static enum rkb_status read_yaml(struct rkb_plan_draft *d, rkb_sv text,
                                 struct rkb_err *err)
{
    const struct rkb_yaml *root;
    enum rkb_status rc = check_text(d, text, err);

    if (rc)
        return rc;
    if (rkb_yaml_parse(d->arena, text, &root, err))
        return rkb_yaml_at(d->path, err);
    rc = check_tree(d, root, err);
    if (rc)
        return rc;
    if (root->kind != RKB_YAML_MAP)
        return rkb_fail(err, RKB_E_USAGE,
                        "%s:%zu: a plan is a map of keys, such as "
                        "'datasets: [dl19]'",
                        d->path, root->line);
    for (const struct rkb_yaml *y = root->child; y && !rc; y = y->next)
        rc = plan_key(d, y, err);
    return rc;
}

/* ---- flags ------------------------------------------------------------- */

/* What a flag says replaces what the file says. */
static enum rkb_status put_flags(struct rkb_plan_draft *d,
                                 const struct rkb_optset *flags,
                                 struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < d->opts.n_rows && !rc; i++) {
        const struct rkb_opt *row = &d->opts.rows[i];
        const struct rkb_opt_value *v = rkb_optset_get(flags, row->name);
        struct rkb_plan_list *list = list_of(d, row->name);

        if (!v->given)
            continue;
        d->opts.values[i] = *v;
        d->lines[i] = 0;
        if (list)
            list->n = 0;
        for (size_t j = 0; list && j < v->n_all && !rc; j++)
            rc = text_entry(d, list, v->all[j], 0, err);
    }
    return rc;
}

enum rkb_status rkb_plan_draft_read(struct rkb_plan_draft *d, rkb_sv text,
                                    const struct rkb_optset *flags,
                                    struct rkb_err *err)
{
    enum rkb_status rc;

    rkb_optset_init(&d->opts, d->arena, rkb_plan_options);
    d->lines = rkb_arena_new(d->arena, d->opts.n_rows, sizeof *d->lines);
    d->datasets.row = "dataset";
    d->candidates.row = "candidates";
    d->rerankers.row = "reranker";
    d->measures.row = "measure";
    rc = check_flags(flags, err);
    if (!rc && text.at)
        rc = read_yaml(d, text, err);
    return rc ? rc : put_flags(d, flags, err);
}
