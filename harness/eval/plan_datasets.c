/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a plan names, and its datasets. */
#include "base/io/file.h"
#include "datasets/record.h"
#include "datasets/source.h"
#include "harness/eval/plan_draft.h"

#include <stddef.h>
#include <string.h>

/* ---- files ------------------------------------------------------------- */

static enum rkb_status find_path(const struct rkb_plan_draft *d,
                                 const char *data_dir, size_t line,
                                 const char *path, const char **out,
                                 struct rkb_err *err)
{
    const char *first = rkb_path_join(d->arena, line ? d->folder : "", path);

    *out = first;
    if (strcmp(path, "-") == 0 || rkb_input_exists(first))
        return RKB_OK;
    if (!data_dir || path[0] == '/')
        return rkb_fail(err, RKB_E_IO, "there is no file '%s'", first);
    *out = rkb_path_join(d->arena, data_dir, path);
    if (rkb_input_exists(*out))
        return RKB_OK;
    return rkb_fail(err, RKB_E_IO, "there is no file '%s', nor '%s'", first,
                    *out);
}

enum rkb_status rkb_plan_find_file(const struct rkb_plan_draft *d,
                                   const char *data_dir, size_t line,
                                   const char *spec, const char **out,
                                   struct rkb_err *err)
{
    const struct rkb_input_format *format;
    const char *path, *split;
    enum rkb_status rc =
        rkb_format_spec(d->arena, spec, &format, &path, &split, err);

    if (!rc)
        rc = find_path(d, data_dir, line, rkb_path_home(d->arena, path), out,
                       err);
    if (!rc && format)
        *out = rkb_arena_printf(d->arena, "%s:%s%s%s", format->name, *out,
                                split ? ":" : "", split ? split : "");
    return rc;
}

/* "data/bm25.requests.json" is "bm25", "x/scifact.zip" is "scifact". */
const char *rkb_plan_base_name(struct rkb_arena *a, const char *spec)
{
    const struct rkb_input_format *format;
    const char *path = spec, *split;
    struct rkb_err ignored;
    size_t end, start;

    if (rkb_format_spec(a, spec, &format, &path, &split, &ignored))
        return "";
    end = strlen(path);
    while (end && path[end - 1] == '/')
        end--;
    for (start = end; start && path[start - 1] != '/';)
        start--;
    for (size_t i = start + 1; i < end; i++)
        if (path[i] == '.')
            end = i;
    return rkb_arena_cstr(a, (rkb_sv){ path + start, end - start });
}

/* ---- datasets ---------------------------------------------------------- */

static const struct {
    const char *row;
    size_t member; /* of rkb_dataset_source */
    bool file;
} parts[] = {
    { "queries", offsetof(struct rkb_dataset_source, queries), true },
    { "qrels", offsetof(struct rkb_dataset_source, qrels), true },
    { "corpus", offsetof(struct rkb_dataset_source, corpus), true },
    { "split", offsetof(struct rkb_dataset_source, split), false },
    { "query-text", offsetof(struct rkb_dataset_source, query_text), false },
};

static enum rkb_status put_part(const struct rkb_plan_draft *d,
                                struct rkb_dataset_source *source, size_t part,
                                size_t line, rkb_sv value, struct rkb_err *err)
{
    const char *text = rkb_arena_cstr(d->arena, value);
    enum rkb_status rc = RKB_OK;

    if (parts[part].file)
        rc = rkb_plan_find_file(d, d->out->data_dir, line, text, &text, err);
    if (rc)
        return rkb_plan_at(d, parts[part].row, line, err);
    *(const char **)(void *)((char *)source + parts[part].member) = text;
    return RKB_OK;
}

static enum rkb_status put_pairs(const struct rkb_plan_draft *d,
                                 const struct rkb_plan_entry *e,
                                 struct rkb_dataset_source *source,
                                 struct rkb_err *err)
{
    const char *names[RKB_COUNT(parts) + 1];

    names[RKB_COUNT(parts)] = "use";
    for (size_t i = 0; i < RKB_COUNT(parts); i++)
        names[i] = parts[i].row;
    for (size_t i = 0; i < e->n_pairs; i++) {
        const struct rkb_plan_pair *pair = &e->pairs[i];
        rkb_sv near = rkb_nearest(pair->key, names, RKB_COUNT(names));
        enum rkb_status rc;
        size_t part = 0;

        while (part < RKB_COUNT(parts) &&
               !rkb_sv_is(pair->key, parts[part].row))
            part++;
        if (part == RKB_COUNT(parts)) {
            rkb_fail(
                err, RKB_E_USAGE, "unknown key '%.*s' of a dataset%s%.*s%s",
                (int)(pair->key.len < 100 ? pair->key.len : 100), pair->key.at,
                near.len ? " (did you mean '" : "", (int)near.len,
                near.len ? near.at : "", near.len ? "'?)" : "");
            return rkb_plan_at(d, "dataset", pair->line, err);
        }
        rc = put_part(d, source, part, pair->line, pair->value, err);
        if (rc)
            return rc;
    }
    return RKB_OK;
}

/* Its files must be there before the datasets that come first are run. */
static enum rkb_status check_preset(const struct rkb_plan_dataset *ds,
                                    struct rkb_err *err)
{
    struct rkb_dataset probe = { 0 };
    enum rkb_status rc = rkb_source_resolve(&probe, &ds->source, err);

    rkb_arena_release(&probe.arena);
    return rc;
}

static enum rkb_status unknown_dataset(const struct rkb_plan_draft *d,
                                       const char *name, struct rkb_err *err)
{
    const char *near = rkb_catalog_nearest(&d->out->catalog, rkb_sv_of(name));

    if (near)
        return rkb_fail(err, RKB_E_USAGE,
                        "unknown dataset '%s' (did you mean '%s'?)", name,
                        near);
    return rkb_fail(err, RKB_E_USAGE,
                    "'%s' is neither a dataset (see 'rerankbench list "
                    "datasets') nor a file",
                    name);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static enum rkb_status check_once(const struct rkb_plan_draft *d,
                                  const struct rkb_plan_dataset *ds, size_t n,
                                  struct rkb_err *err)
{
    const struct rkb_dataset_source *y = &ds->source;

    for (size_t i = 0; i < n; i++) {
        const struct rkb_dataset_source *x = &d->out->datasets[i].source;

        if (same_text(x->spec, y->spec) && same_text(x->queries, y->queries) &&
            same_text(x->qrels, y->qrels) && same_text(x->corpus, y->corpus) &&
            same_text(x->split, y->split) &&
            same_text(x->query_text, y->query_text))
            return rkb_fail(err, RKB_E_USAGE, "dataset '%s' is there twice",
                            ds->name);
    }
    return RKB_OK;
}

/* A path, or a preset that is no group. Without a data folder a preset may
 * lie beside the plan, or in the current folder. */
static enum rkb_status add_dataset(struct rkb_plan_draft *d,
                                   const struct rkb_plan_entry *e,
                                   const struct rkb_preset *preset,
                                   struct rkb_plan_dataset *ds,
                                   struct rkb_err *err)
{
    const char *use = rkb_arena_cstr(d->arena, e->use);
    const char *beside = rkb_path_join(d->arena, e->line ? d->folder : "", use);
    enum rkb_status rc = RKB_OK;

    *ds = (struct rkb_plan_dataset){ .line = e->line, .preset = preset };
    ds->source.data_dir = d->out->data_dir;
    ds->source.catalog = &d->out->catalog;
    if (preset) {
        ds->name = ds->source.spec = preset->name;
        if (!d->out->data_dir && rkb_input_exists(beside) &&
            !rkb_catalog_find(&d->out->catalog, rkb_sv_of(preset->name)))
            ds->source.spec = beside;
    } else {
        rc = rkb_plan_find_file(d, d->out->data_dir, e->line, use,
                                &ds->source.spec, err);
        if (rc && !strpbrk(use, "/:"))
            rc = unknown_dataset(d, use, err);
        ds->name = rkb_plan_base_name(d->arena, use);
    }
    return rc ? rkb_plan_at(d, "dataset", e->line, err)
              : put_pairs(d, e, &ds->source, err);
}

/* What one entry stands for: itself, or all parts of a group. `prefix` is
 * "FORMAT:PATH:" where a '*' was written instead of a task. */
struct family {
    const struct rkb_preset *group; /* NULL: no group */
    const char *prefix;
};

static size_t group_size(const struct rkb_preset *group)
{
    size_t n = 0;

    for (size_t i = 0; i < rkb_n_presets; i++)
        n += same_text(rkb_presets[i].part_of, group->name);
    return n;
}

/* The group whose parts are tasks in one folder of this format. */
static const struct rkb_preset *tasks_of(const char *format)
{
    for (size_t i = 0; i < rkb_n_presets; i++)
        if (rkb_presets[i].split && rkb_presets[i].part_of &&
            strcmp(rkb_presets[i].format, format) == 0)
            return rkb_preset_find(rkb_sv_of(rkb_presets[i].part_of));
    return NULL;
}

static enum rkb_status find_family(const struct rkb_plan_draft *d,
                                   const struct rkb_plan_entry *e,
                                   struct family *f, struct rkb_err *err)
{
    const struct rkb_preset *p = rkb_catalog_preset(&d->out->catalog, e->use);
    const struct rkb_input_format *format;
    const char *use = rkb_arena_cstr(d->arena, e->use), *path, *split;
    struct rkb_err ignored;

    *f = (struct family){ 0 };
    if (p) {
        f->group = p->path ? NULL : p;
        return RKB_OK;
    }
    if (rkb_format_spec(d->arena, use, &format, &path, &split, &ignored) ||
        !split || strcmp(split, "*") != 0)
        return RKB_OK;
    f->group = tasks_of(format->name);
    f->prefix = rkb_arena_printf(d->arena, "%s:%s:", format->name, path);
    if (f->group)
        return RKB_OK;
    rkb_fail(err, RKB_E_USAGE,
             "'%s': '*' stands for all tasks of a known collection, and %s "
             "folders have none",
             use, format->name);
    return rkb_plan_at(d, "dataset", e->line, err);
}

static enum rkb_status pass_exclude(void *ctx, rkb_sv qid, rkb_sv docid,
                                    struct rkb_err *err)
{
    (void)ctx;
    (void)qid;
    (void)docid;
    (void)err;
    return RKB_OK;
}

/* All tasks must be there before the first one is run. */
static enum rkb_status check_task(const struct rkb_plan_draft *d,
                                  const struct rkb_plan_dataset *ds,
                                  struct rkb_err *err)
{
    const struct rkb_sink sink = { .on_exclude = pass_exclude };
    enum rkb_status rc = rkb_format_read(ds->source.spec, RKB_PART_EXCLUDES,
                                         NULL, NULL, &sink, err);

    return rc ? rkb_plan_at(d, "dataset", ds->line, err) : RKB_OK;
}

static enum rkb_status add_part(struct rkb_plan_draft *d,
                                const struct rkb_plan_entry *e,
                                const struct family *f,
                                const struct rkb_preset *part,
                                struct rkb_plan_dataset *ds,
                                struct rkb_err *err)
{
    struct rkb_plan_entry one = *e;
    enum rkb_status rc;

    if (!f->prefix)
        return add_dataset(d, e, part, ds, err);
    one.use =
        rkb_sv_of(rkb_arena_printf(d->arena, "%s%s", f->prefix, part->split));
    rc = add_dataset(d, &one, NULL, ds, err);
    ds->name = part->name;
    return rc ? rc : check_task(d, ds, err);
}

/* Of what is said of a group only the text of the queries is for all. */
static enum rkb_status check_pairs(const struct rkb_plan_draft *d,
                                   const struct rkb_plan_entry *e,
                                   const struct family *f, struct rkb_err *err)
{
    for (size_t i = 0; i < e->n_pairs; i++)
        if (!rkb_sv_is(e->pairs[i].key, "query-text")) {
            rkb_fail(err, RKB_E_USAGE,
                     "'%s' is a group: name the files of its parts",
                     f->group->name);
            return rkb_plan_at(d, "dataset", e->line, err);
        }
    return RKB_OK;
}

static enum rkb_status add_entry(struct rkb_plan_draft *d,
                                 const struct rkb_plan_entry *e,
                                 const struct family *f,
                                 struct rkb_plan_dataset *all, size_t *n,
                                 struct rkb_err *err)
{
    enum rkb_status rc;

    if (!f->group)
        return add_dataset(d, e, rkb_catalog_preset(&d->out->catalog, e->use),
                           &all[(*n)++], err);
    rc = check_pairs(d, e, f, err);
    for (size_t i = 0; !rc && i < rkb_n_presets; i++)
        if (same_text(rkb_presets[i].part_of, f->group->name))
            rc = add_part(d, e, f, &rkb_presets[i], &all[(*n)++], err);
    return rc;
}

/* What was said of the data set of the plan, by flag or key. */
static enum rkb_status put_settings(struct rkb_plan_draft *d,
                                    struct rkb_plan_dataset *all, size_t n,
                                    struct rkb_err *err)
{
    for (size_t part = 0; part < RKB_COUNT(parts); part++) {
        const struct rkb_opt_value *v =
            rkb_optset_get(&d->opts, parts[part].row);
        size_t line = rkb_plan_line(d, parts[part].row);
        bool for_group =
            d->datasets.n == 1 && strcmp(parts[part].row, "query-text") == 0;
        enum rkb_status rc = RKB_OK;

        if (!v->given)
            continue;
        if (n != 1 && !for_group) {
            rkb_fail(err, RKB_E_USAGE,
                     "'%s' is for one dataset, and there are %zu",
                     parts[part].row, n);
            return rkb_plan_at(d, parts[part].row, line, err);
        }
        for (size_t i = 0; i < n && !rc; i++)
            rc = put_part(d, &all[i].source, part, line, v->text, err);
        if (rc)
            return rc;
    }
    return RKB_OK;
}

enum rkb_status rkb_plan_datasets(struct rkb_plan_draft *d, struct rkb_err *err)
{
    const struct rkb_plan_list *list = &d->datasets;
    struct family *families =
        rkb_arena_new(d->arena, list->n, sizeof *families);
    struct rkb_plan_dataset *all;
    size_t n = 0, room = 0;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < list->n; i++) {
        rc = find_family(d, &list->entries[i], &families[i], err);
        if (rc)
            return rc;
        room += families[i].group ? group_size(families[i].group) : 1;
    }
    d->out->datasets = all = rkb_arena_new(d->arena, room, sizeof *all);
    for (size_t i = 0; i < list->n && !rc; i++)
        rc = add_entry(d, &list->entries[i], &families[i], all, &n, err);
    d->out->n_datasets = n;
    if (!rc)
        rc = put_settings(d, all, n, err);
    for (size_t i = 0; i < n && !rc; i++)
        if (check_once(d, &all[i], i, err) ||
            (all[i].preset && check_preset(&all[i], err)))
            rc = rkb_plan_at(d, "dataset", all[i].line, err);
    return rc;
}
