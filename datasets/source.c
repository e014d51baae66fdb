/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/source.h"

#include "base/io/file.h"
#include "datasets/record.h"

#include <string.h>

static const char *const endings[] = { "",    ".zip",     ".tar.gz", ".tgz",
                                       ".gz", ".tar.zst", ".zst",    ".tar" };

/* "a/b/c.zip" gives "c". */
static rkb_sv base_name(const char *path)
{
    rkb_sv name = rkb_sv_of(path);
    size_t start;

    while (name.len > 1 && name.at[name.len - 1] == '/')
        name.len--;
    for (start = name.len; start > 0 && name.at[start - 1] != '/';)
        start--;
    name = (rkb_sv){ name.at + start, name.len - start };
    for (size_t i = 1; i < RKB_COUNT(endings); i++)
        if (name.len > strlen(endings[i]) && rkb_sv_ends(name, endings[i])) {
            name.len -= strlen(endings[i]);
            break;
        }
    return name;
}

/* DIR/PATH with any of the endings; also without the first folder of PATH, for
 * a data root that holds one family only. NULL when there is none. */
static const char *below(struct rkb_arena *a, const char *dir, const char *path)
{
    const char *short_path = strchr(path, '/');

    dir = rkb_path_home(a, dir);
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; path && k < RKB_COUNT(endings); k++) {
            const char *full =
                rkb_arena_printf(a, "%s/%s%s", dir, path, endings[k]);

            if (rkb_input_exists(full))
                return full;
        }
        path = short_path ? short_path + 1 : NULL;
    }
    return NULL;
}

static enum rkb_status name_parts(struct rkb_arena *a,
                                  const struct rkb_preset *group,
                                  struct rkb_err *err)
{
    const char *names = "";

    for (size_t i = 0; i < rkb_n_presets; i++)
        if (rkb_presets[i].part_of &&
            strcmp(rkb_presets[i].part_of, group->name) == 0)
            names = rkb_arena_printf(a, "%s%s%s", names, *names ? ", " : "",
                                     rkb_presets[i].name);
    return rkb_fail(err, RKB_E_USAGE,
                    "'%s' is the mean of its parts, name those: %s",
                    group->name, names);
}

static enum rkb_status unknown_name(const struct rkb_catalog *catalog,
                                    const char *spec, struct rkb_err *err)
{
    const char *near = rkb_catalog_nearest(catalog, rkb_sv_of(spec));

    return rkb_fail(err, RKB_E_USAGE, "no dataset and no file '%s'%s%s%s", spec,
                    near ? " (did you mean '" : "", near ? near : "",
                    near ? "'?)" : "");
}

static enum rkb_status preset_base(struct rkb_dataset *d,
                                   const struct rkb_dataset_source *src,
                                   struct rkb_err *err)
{
    const struct rkb_preset *p = d->preset;
    const char *found = NULL;

    if (!p->path)
        return name_parts(&d->arena, p, err);
    if (src->data_dir)
        found = below(&d->arena, src->data_dir, p->path);
    if (found) {
        d->parts.spec = rkb_arena_printf(&d->arena, "%s:%s", p->format, found);
    } else if (src->qrels) {
        return RKB_OK;
    } else if (src->data_dir) {
        return rkb_fail(err, RKB_E_IO, "no '%s' (folder or archive) in '%s'",
                        p->path, src->data_dir);
    } else {
        return rkb_fail(err, RKB_E_USAGE,
                        "dataset '%s' needs a data folder, or --qrels and "
                        "--queries",
                        p->name);
    }
    return RKB_OK;
}

static bool same_word(rkb_sv a, rkb_sv b)
{
    return a.len == b.len && a.len > 0 && strncasecmp(a.at, b.at, a.len) == 0;
}

/* BRIGHT's tasks share a folder: there the split tells the row. */
static bool split_names_row(const struct rkb_preset *p)
{
    return p->split && same_word(base_name(p->name), rkb_sv_of(p->split));
}

/* The preset whose folder has the name of this one and is read the same way:
 * "somewhere/scifact.zip" is beir/scifact when it is in BEIR's format. */
static const struct rkb_preset *preset_of(const char *format, const char *path,
                                          const char *split)
{
    rkb_sv name = base_name(path);

    for (size_t i = 0; i < rkb_n_presets; i++) {
        const struct rkb_preset *p = &rkb_presets[i];

        if (!p->path || strcmp(p->format, format) != 0)
            continue;
        if (split_names_row(p)
                ? same_word(rkb_sv_of(p->split), rkb_sv_of(split))
                : same_word(base_name(p->path), name))
            return p;
    }
    return NULL;
}

static enum rkb_status path_base(struct rkb_dataset *d,
                                 const struct rkb_dataset_source *src,
                                 struct rkb_err *err)
{
    const struct rkb_input_format *format;
    const char *path, *split, *guess = NULL;
    enum rkb_status rc =
        rkb_format_spec(&d->arena, src->spec, &format, &path, &split, err);

    if (rc)
        return rc;
    if (!format && !rkb_input_exists(path))
        return unknown_name(src->catalog, src->spec, err);
    d->parts.spec = rkb_arena_cstr(&d->arena, rkb_sv_of(src->spec));
    d->name = rkb_arena_cstr(&d->arena, base_name(path));
    if (!split)
        split = src->split;
    if (format)
        guess = format->name;
    else
        rc = rkb_format_guess(path, &guess, err);
    if (!rc && guess && !d->preset)
        d->preset = preset_of(guess, path, split);
    return rc;
}

/* Which parts the base gives is looked at only when it is needed. A preset
 * must have what was not given otherwise; of a path at least something. */
static enum rkb_status fall_back(struct rkb_dataset *d,
                                 const struct rkb_dataset_source *src,
                                 bool strict, struct rkb_err *err)
{
    struct rkb_dataset_source *p = &d->parts;
    unsigned has = 0, wanted = 0;
    enum rkb_status rc;

    if (!p->spec)
        return RKB_OK;
    rc = rkb_format_parts(p->spec, p->split, &has, err);
    if (rc)
        return rc;
    if (!p->queries)
        wanted |= RKB_PART_QUERIES;
    if (!p->qrels)
        wanted |= RKB_PART_GRADES;
    if (strict || (!(has & wanted) && !src->queries && !src->qrels))
        has |= wanted; /* reading it will say what is missing */
    if (has & wanted & RKB_PART_QUERIES)
        p->queries = p->spec;
    if (has & wanted & RKB_PART_GRADES)
        p->qrels = p->spec;
    if (!p->corpus && (has & RKB_PART_DOCS))
        p->corpus = p->spec;
    return RKB_OK;
}

/* ---- datasets.yaml ------------------------------------------------------ */

/* The path of an entry. A group names the folder of its parts: one folder of
 * tasks, or a folder for each of them. */
static const char *entry_path(struct rkb_arena *a,
                              const struct rkb_catalog_entry *e,
                              const struct rkb_preset *preset)
{
    if (!e->path || e->preset == preset || preset->split)
        return e->path;
    return rkb_arena_printf(a, "%s/%s", e->path,
                            strrchr(preset->name, '/') + 1);
}

/* What an entry names must be there, and is said where it was named. */
static enum rkb_status check_entry(struct rkb_arena *a,
                                   const struct rkb_catalog_entry *e,
                                   const struct rkb_dataset_source *named,
                                   struct rkb_err *err)
{
    const char *const specs[] = { named->spec, named->queries, named->qrels,
                                  named->corpus };
    const struct rkb_input_format *format;
    const char *path, *split;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; !rc && i < RKB_COUNT(specs); i++) {
        if (!specs[i])
            continue;
        rc = rkb_format_spec(a, specs[i], &format, &path, &split, err);
        if (!rc && strcmp(path, "-") != 0 && !rkb_input_exists(path))
            rc = rkb_fail(err, RKB_E_IO, "there is no file '%s'", path);
    }
    return rc ? rkb_wrap(err, "%s:%zu", e->file, e->line) : RKB_OK;
}

/* *merged: `src` with what the entry adds to it, its path as the spec (NULL
 * where it has none). */
static enum rkb_status merge_entry(struct rkb_dataset *d,
                                   const struct rkb_catalog_entry *e,
                                   const struct rkb_dataset_source *src,
                                   struct rkb_dataset_source *merged,
                                   struct rkb_err *err)
{
    const struct rkb_dataset_source named = {
        .spec = entry_path(&d->arena, e, d->preset),
        .queries = src->queries ? NULL : e->queries,
        .qrels = src->qrels ? NULL : e->qrels,
        .corpus = src->corpus ? NULL : e->corpus,
    };

    *merged = *src;
    merged->spec = named.spec;
    if (named.queries)
        merged->queries = named.queries;
    if (named.qrels)
        merged->qrels = named.qrels;
    if (named.corpus)
        merged->corpus = named.corpus;
    if (!src->split)
        merged->split = e->split ? e->split : d->preset->split;
    if (!src->query_text)
        merged->query_text = e->query_text;
    if (e->own && !merged->spec && !merged->queries && !merged->qrels)
        return rkb_fail(err, RKB_E_USAGE,
                        "%s:%zu: '%s' has conventions, but neither a path nor "
                        "queries nor qrels",
                        e->file, e->line, e->preset->name);
    return check_entry(&d->arena, e, &named, err);
}

static const char *copy(struct rkb_arena *a, const char *text)
{
    return text ? rkb_arena_cstr(a, rkb_sv_of(text)) : NULL;
}

/* By name, where the catalog has an entry of it. */
static enum rkb_status entry_base(struct rkb_dataset *d,
                                  const struct rkb_catalog_entry *e,
                                  const struct rkb_dataset_source *src,
                                  struct rkb_err *err)
{
    struct rkb_dataset_source by_name = *src;

    if (src->spec)
        return path_base(d, src, err);
    by_name.spec = d->preset->name;
    return e->own ? RKB_OK : preset_base(d, &by_name, err);
}

static void copy_parts(struct rkb_dataset *d,
                       const struct rkb_dataset_source *src)
{
    d->parts = (struct rkb_dataset_source){
        .queries = copy(&d->arena, src->queries),
        .qrels = copy(&d->arena, src->qrels),
        .corpus = copy(&d->arena, src->corpus),
        .split = copy(&d->arena, src->split),
        .query_text = copy(&d->arena, src->query_text),
        .data_dir = copy(&d->arena, src->data_dir),
    };
}

enum rkb_status rkb_source_resolve(struct rkb_dataset *d,
                                   const struct rkb_dataset_source *src,
                                   struct rkb_err *err)
{
    struct rkb_dataset_source *p = &d->parts, merged = *src;
    bool named = src->spec && *src->spec;
    const struct rkb_catalog_entry *e =
        named ? rkb_catalog_find(src->catalog, rkb_sv_of(src->spec)) : NULL;
    bool is_path = false;
    enum rkb_status rc = RKB_OK;

    if (named)
        d->preset = rkb_catalog_preset(src->catalog, rkb_sv_of(src->spec));
    if (e && d->preset->path)
        rc = merge_entry(d, e, src, &merged, err);
    else
        e = NULL;
    if (rc)
        return rc;
    copy_parts(d, &merged);
    if (!named && !p->queries && !p->qrels)
        return rkb_fail(err, RKB_E_USAGE, "no dataset was named");
    if (!named) {
        d->name = rkb_arena_cstr(&d->arena,
                                 base_name(p->qrels ? p->qrels : p->queries));
        return RKB_OK;
    }
    if (e) {
        is_path = merged.spec != NULL;
        rc = entry_base(d, e, &merged, err);
    } else {
        is_path = !d->preset ||
                  (!p->data_dir && !p->qrels && rkb_input_exists(src->spec));
        rc = is_path ? path_base(d, src, err) : preset_base(d, src, err);
    }
    if (d->preset) {
        d->name = d->preset->name;
        if (!p->split)
            p->split = d->preset->split;
        if (!p->corpus && d->preset->corpus && p->data_dir)
            p->corpus = below(&d->arena, p->data_dir, d->preset->corpus);
    }
    return rc ? rc : fall_back(d, &merged, !is_path, err);
}
