/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/published.h"

#include "base/buf.h"
#include "base/embed.h"
#include "base/io/json.h"

#include <math.h>
#include <string.h>

static const char folder[] = "reports/published/";

static const struct rkb_embed *file_at(size_t i)
{
    for (const struct rkb_embed *e = rkb_embeds; e->path; e++)
        if (strncmp(e->path, folder, sizeof folder - 1) == 0 && i-- == 0)
            return e;
    return NULL;
}

const char *rkb_published_name(struct rkb_arena *a, size_t i)
{
    const struct rkb_embed *e = file_at(i);
    rkb_sv name;

    if (!e)
        return NULL;
    name = rkb_sv_of(e->path + sizeof folder - 1);
    if (rkb_sv_ends(name, ".json"))
        name.len -= 5;
    return rkb_arena_cstr(a, name);
}

/* ---- the file ----------------------------------------------------------- */

static const char *text_of(struct rkb_arena *a, const struct rkb_json *j,
                           const char *key)
{
    rkb_sv text;

    return rkb_json_string(rkb_json_get(j, key), &text)
               ? rkb_arena_cstr(a, text)
               : NULL;
}

static double number_of(const struct rkb_json *j, const char *key)
{
    double x = 0;

    return rkb_json_get(j, key) && rkb_json_double(rkb_json_get(j, key), &x)
               ? x
               : 0;
}

static void read_values(struct rkb_arena *a, const struct rkb_json *j,
                        struct rkb_published_row *row)
{
    const struct rkb_json *values = rkb_json_get(j, "values");
    const struct rkb_json *ranges = rkb_json_get(j, "range");
    struct rkb_published_value *out =
        rkb_arena_new(a, values ? values->n_children : 0, sizeof *out);

    for (const struct rkb_json *v = values ? values->child : NULL; v;
         v = v->next) {
        const char *dataset = rkb_arena_cstr(a, v->key);
        const struct rkb_json *range =
            ranges ? rkb_json_get(ranges, dataset) : NULL;
        struct rkb_published_value *p = &out[row->n_values++];

        *p = (struct rkb_published_value){ .dataset = dataset,
                                           .text = rkb_arena_cstr(a, v->text),
                                           .lo = NAN,
                                           .hi = NAN };
        if (range && range->n_children == 2 &&
            !(rkb_json_double(range->child, &p->lo) &&
              rkb_json_double(range->child->next, &p->hi)))
            p->lo = p->hi = NAN;
    }
    row->values = out;
}

static void read_table(struct rkb_arena *a, const struct rkb_json *j,
                       struct rkb_published_table *t)
{
    const struct rkb_json *rows = rkb_json_get(j, "rows");
    struct rkb_published_row *out =
        rkb_arena_new(a, rows ? rows->n_children : 0, sizeof *out);

    t->title = text_of(a, j, "table");
    t->measure = text_of(a, j, "measure");
    t->source = text_of(a, j, "source");
    t->evidence = text_of(a, j, "evidence");
    t->scale = number_of(j, "scale");
    t->digits = (int)number_of(j, "digits");
    for (const struct rkb_json *r = rows ? rows->child : NULL; r; r = r->next) {
        struct rkb_published_row *row = &out[t->n_rows++];

        row->system = text_of(a, r, "system");
        row->match = text_of(a, r, "match");
        row->first_stage = text_of(a, r, "first_stage");
        row->backbone = text_of(a, r, "backbone");
        row->depth = (int64_t)number_of(r, "depth");
        read_values(a, r, row);
    }
    t->rows = out;
}

static void read_notes(struct rkb_arena *a, const struct rkb_json *j,
                       struct rkb_published *p)
{
    const char **notes =
        rkb_arena_new(a, j ? j->n_children : 0, sizeof(*notes));

    for (const struct rkb_json *n = j ? j->child : NULL; n; n = n->next)
        notes[p->n_notes++] = rkb_arena_cstr(a, n->text);
    p->notes = notes;
}

static enum rkb_status unknown(struct rkb_arena *a, const char *name,
                               struct rkb_err *err)
{
    struct rkb_buf names = { 0 };

    for (size_t i = 0; file_at(i); i++)
        rkb_buf_printf(&names, "%s%s", i ? ", " : "", rkb_published_name(a, i));
    rkb_fail(err, RKB_E_USAGE, "unknown paper '%.60s' (there are %s)", name,
             names.at);
    rkb_buf_release(&names);
    return err->code;
}

enum rkb_status rkb_published_load(struct rkb_arena *a, const char *name,
                                   struct rkb_published *out,
                                   struct rkb_err *err)
{
    const struct rkb_json *j, *tables;
    struct rkb_published_table *t;
    size_t i = 0;

    *out = (struct rkb_published){ 0 };
    while (file_at(i) && strcmp(rkb_published_name(a, i), name) != 0)
        i++;
    if (!file_at(i))
        return unknown(a, name, err);
    enum rkb_status rc = rkb_json_parse(
        a, (rkb_sv){ (const char *)file_at(i)->data, file_at(i)->len }, &j,
        err);

    if (rc)
        return rkb_wrap(err, "%s", file_at(i)->path);
    out->name = text_of(a, j, "paper");
    out->title = text_of(a, j, "title");
    out->arxiv = text_of(a, j, "arxiv");
    read_notes(a, rkb_json_get(j, "notes"), out);
    tables = rkb_json_get(j, "tables");
    t = rkb_arena_new(a, tables ? tables->n_children : 0, sizeof *t);
    for (const struct rkb_json *x = tables ? tables->child : NULL; x;
         x = x->next)
        read_table(a, x, &t[out->n_tables++]);
    out->tables = t;
    return RKB_OK;
}
