/* SPDX-License-Identifier: Apache-2.0 */
/* Every combination of a plan, with its files found and its label. */
#include "base/map.h"
#include "base/mem.h"
#include "harness/eval/plan_draft.h"
#include "harness/rerankers/preset.h"

#include <string.h>

/* ---- specs as text ----------------------------------------------------- */

/* ---- {dataset} --------------------------------------------------------- */

static rkb_sv expand(struct rkb_arena *a, rkb_sv text, const char *dataset)
{
    static const char mark[] = "{dataset}";
    struct rkb_buf b = { 0 };
    rkb_sv out;

    while (text.len) {
        const char *at = memmem(text.at, text.len, mark, sizeof mark - 1);
        size_t n = at ? (size_t)(at - text.at) : text.len;

        rkb_buf_add(&b, text.at, n);
        if (at) {
            rkb_buf_text(&b, dataset);
            n += sizeof mark - 1;
        }
        text.at += n;
        text.len -= n;
    }
    out = rkb_arena_copy(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return out;
}

/* ---- what a dataset makes of candidates and rerankers ------------------- */

static enum rkb_status candidates_for(const struct rkb_plan_draft *d,
                                      const struct rkb_plan_dataset *ds,
                                      const struct rkb_plan_candidates *c,
                                      const char **out, struct rkb_err *err)
{
    rkb_sv spec;

    *out = c->spec;
    if (c->bm25)
        return RKB_OK;
    spec = expand(d->arena, rkb_sv_of(c->spec), ds->name);
    if (rkb_plan_find_file(d, d->out->data_dir, c->line, spec.at, out, err))
        return rkb_plan_at(d, "candidates", c->line, err);
    return RKB_OK;
}

/* Options that are files, or rerankers, are rows that say so. */
static enum rkb_status spec_text(const struct rkb_plan_draft *d,
                                 const struct rkb_spec *spec, const char **out,
                                 struct rkb_err *err)
{
    *out = rkb_spec_text(d->arena, spec);
    return *out ? RKB_OK
                : rkb_fail(err, RKB_E_USAGE, "a path has both kinds of quotes");
}

static enum rkb_status find_paths(const struct rkb_plan_draft *d,
                                  const struct rkb_opt *rows, rkb_sv key,
                                  size_t line, rkb_sv *value,
                                  struct rkb_err *err);

/* The list again, with every path found. Rerankers nest as deep as there are
 * kinds of quotes. */
static enum rkb_status find_inner_paths(const struct rkb_plan_draft *d,
                                        size_t line, rkb_sv *list,
                                        struct rkb_err *err)
{
    struct rkb_buf b = { 0 };
    rkb_sv rest = *list, one;
    enum rkb_status rc = RKB_OK;

    while (!rc && rkb_spec_cut(&rest, &one)) {
        const struct rkb_reranker_def *def;
        struct rkb_spec spec;
        const char *text;

        rc = rkb_spec_parse(d->arena, one, &spec, err);
        if (!rc)
            rc = rkb_shelf_apply(d->arena, &d->out->shelf, &spec, err);
        if (!rc)
            rc = rkb_reranker_find(spec.name, &def, err);
        for (size_t i = 0; !rc && i < spec.n; i++)
            rc = find_paths(d, def->options, spec.keys[i], line,
                            &spec.values[i], err);
        if (!rc)
            rc = spec_text(d, &spec, &text, err);
        if (!rc)
            rkb_buf_printf(&b, "%s%s", b.len ? "; " : "", text);
    }
    if (!rc)
        *list = rkb_arena_copy(d->arena, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return rc;
}

static enum rkb_status find_paths(const struct rkb_plan_draft *d,
                                  const struct rkb_opt *rows, rkb_sv key,
                                  size_t line, rkb_sv *value,
                                  struct rkb_err *err)
{
    const char *path;
    size_t before;
    enum rkb_status rc;

    if (rkb_option_is_list(rows, key))
        return find_inner_paths(d, line, value, err);
    if (!rkb_option_names_file(rows, key, *value, &before))
        return RKB_OK;
    rc = rkb_plan_find_file(
        d, d->out->data_dir, line,
        rkb_arena_cstr(d->arena,
                       (rkb_sv){ value->at + before, value->len - before }),
        &path, err);
    if (!rc)
        *value = rkb_sv_of(
            rkb_arena_printf(d->arena, "%.*s%s", (int)before, value->at, path));
    return rc;
}

static enum rkb_status reranker_for(const struct rkb_plan_draft *d,
                                    const struct rkb_plan_dataset *ds,
                                    size_t index, const char **out,
                                    struct rkb_err *err)
{
    const struct rkb_plan_reranker *r = &d->out->rerankers[index];
    const struct rkb_plan_pair *pairs = d->rerankers.entries[index].pairs;
    struct rkb_spec spec = r->spec;

    spec.values = rkb_arena_new(d->arena, spec.n, sizeof *spec.values);
    for (size_t i = 0; i < spec.n; i++) {
        rkb_sv value = expand(d->arena, r->spec.values[i], ds->name);

        if (find_paths(d, r->def->options, spec.keys[i], pairs[i].line, &value,
                       err))
            return rkb_plan_at(d, "reranker", pairs[i].line, err);
        spec.values[i] = value;
    }
    if (!spec_text(d, &spec, out, err))
        return RKB_OK;
    return rkb_plan_at(d, "reranker", r->line, err);
}

/* ---- labels ------------------------------------------------------------ */

static const char *label_of(const struct rkb_plan_draft *d, size_t candidates,
                            size_t reranker)
{
    const struct rkb_plan *p = d->out;
    const char *given = rkb_optset_cstr(&d->opts, "label");
    const char *label = p->rerankers[reranker].name;

    if (given && (p->n_rerankers > 1 || d->rerankers.entries[0].as.at))
        label = rkb_arena_printf(d->arena, "%s/%s", given, label);
    else if (given)
        label = given;
    if (p->n_candidates > 1)
        label = rkb_arena_printf(d->arena, "%s/%s", label,
                                 p->candidates[candidates].name);
    return label;
}

/* labels[candidates][reranker] */
static enum rkb_status labels(const struct rkb_plan_draft *d, const char ***out,
                              struct rkb_err *err)
{
    const struct rkb_plan *p = d->out;
    rkb_sv given = rkb_optset_text(&d->opts, "label");
    struct rkb_map seen = { 0 };
    const char **all =
        rkb_arena_new(d->arena, p->n_candidates * p->n_rerankers, sizeof *all);
    enum rkb_status rc = RKB_OK;

    *out = all;
    if (given.at && !rkb_sv_trim(given).len) {
        rkb_fail(err, RKB_E_USAGE, "a label cannot be empty");
        return rkb_plan_at(d, "label", rkb_plan_line(d, "label"), err);
    }
    for (size_t c = 0; c < p->n_candidates && !rc; c++)
        for (size_t r = 0; r < p->n_rerankers && !rc; r++) {
            const char *label = label_of(d, c, r);
            bool is_new;

            all[c * p->n_rerankers + r] = label;
            rkb_map_add(&seen, rkb_sv_of(label), &is_new);
            if (!is_new)
                rc = rkb_fail(err, RKB_E_USAGE,
                              "two runs would have the label '%s'", label);
        }
    rkb_map_release(&seen);
    return rc ? rkb_plan_at(d, "label", p->rerankers[0].line, err) : RKB_OK;
}

/* ---- cells ------------------------------------------------------------- */

static enum rkb_status count(const struct rkb_plan *p, size_t *n,
                             struct rkb_err *err)
{
    const size_t factors[] = { p->n_datasets, p->n_candidates, p->n_rerankers,
                               (size_t)p->repeat };

    *n = 1;
    for (size_t i = 0; i < RKB_COUNT(factors); i++) {
        if (factors[i] > RKB_PLAN_CELLS / *n) {
            rkb_fail(err, RKB_E_USAGE, "a plan of more than %zu runs",
                     RKB_PLAN_CELLS);
            return p->path ? rkb_wrap(err, "%s", p->path) : err->code;
        }
        *n *= factors[i];
    }
    return RKB_OK;
}

static enum rkb_status dataset_cells(const struct rkb_plan_draft *d,
                                     size_t dataset, const char **label,
                                     struct rkb_plan_cell **next,
                                     struct rkb_err *err)
{
    const struct rkb_plan *p = d->out;
    const struct rkb_plan_dataset *ds = &p->datasets[dataset];
    const char **specs = rkb_arena_new(d->arena, p->n_rerankers, sizeof *specs);
    enum rkb_status rc = RKB_OK;

    for (size_t r = 0; r < p->n_rerankers && !rc; r++)
        rc = reranker_for(d, ds, r, &specs[r], err);
    for (size_t c = 0; c < p->n_candidates && !rc; c++) {
        const char *path;

        rc = candidates_for(d, ds, &p->candidates[c], &path, err);
        for (size_t r = 0; r < p->n_rerankers && !rc; r++)
            for (int64_t i = 1; i <= p->repeat; i++)
                *(*next)++ = (struct rkb_plan_cell){
                    .dataset = dataset,
                    .candidates = c,
                    .reranker = r,
                    .repeat = i,
                    .label = label[c * p->n_rerankers + r],
                    .candidates_spec = path,
                    .reranker_spec = specs[r],
                };
    }
    return rc;
}

enum rkb_status rkb_plan_cells(struct rkb_plan_draft *d, struct rkb_err *err)
{
    struct rkb_plan *p = d->out;
    struct rkb_plan_cell *next;
    const char **label;
    enum rkb_status rc = count(p, &p->n_cells, err);

    if (!rc)
        rc = labels(d, &label, err);
    if (rc)
        return rc;
    p->cells = next = rkb_arena_new(d->arena, p->n_cells, sizeof *next);
    for (size_t i = 0; i < p->n_datasets && !rc; i++)
        rc = dataset_cells(d, i, label, &next, err);
    return rc;
}
