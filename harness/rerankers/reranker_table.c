/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/preset.h"
#include "harness/rerankers/reranker.h"

#include "base/sort.h"

#include <math.h>

const struct rkb_reranker_def *const rkb_rerankers[] = {
#define RKB_RERANKER(id) &rkb_reranker_##id,
#include "harness/rerankers/rerankers.def"
#undef RKB_RERANKER
    NULL,
};

/* Counted here because the preset's table is another file's. */
enum {
    N_ROWS = RKB_COUNT(rkb_rerankers) - 1,
    N_PRESETS = 0
#define RKB_RERANKER_PRESET(name, spec, summary, source, needs, published) +1
#include "harness/rerankers/presets.def"
#undef RKB_RERANKER_PRESET
};

enum rkb_status rkb_reranker_find(rkb_sv name,
                                  const struct rkb_reranker_def **out,
                                  struct rkb_err *err)
{
    int len = (int)(name.len < 100 ? name.len : 100);
    const char *names[N_ROWS + N_PRESETS];
    rkb_sv near;

    for (size_t i = 0; i < N_ROWS; i++) {
        names[i] = rkb_rerankers[i]->name;
        if (rkb_sv_is(name, names[i])) {
            *out = rkb_rerankers[i];
            return RKB_OK;
        }
    }
    for (size_t i = 0; i < N_PRESETS; i++)
        names[N_ROWS + i] = rkb_reranker_presets[i].name;
    near = rkb_nearest(name, names, N_ROWS + N_PRESETS);
    if (near.len)
        return rkb_fail(err, RKB_E_USAGE,
                        "unknown reranker '%.*s' (did you mean '%.*s'?)", len,
                        name.len ? name.at : "", (int)near.len, near.at);
    return rkb_fail(err, RKB_E_USAGE, "unknown reranker '%.*s'", len,
                    name.len ? name.at : "");
}

enum rkb_status rkb_reranker_check(const struct rkb_reranker_def *def,
                                   const struct rkb_optset *options,
                                   unsigned *traits, struct rkb_err *err)
{
    *traits = def->traits;
    return def->check ? def->check(options, traits, err) : RKB_OK;
}

static enum rkb_status read_row(struct rkb_reranker *r,
                                const struct rkb_reranker_def *def,
                                const struct rkb_spec *spec,
                                struct rkb_arena *arena, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    *r = (struct rkb_reranker){ 0 };
    rkb_optset_init(&r->options, arena, def->options);
    for (size_t i = 0; i < spec->n && !rc; i++)
        rc = rkb_optset_put(&r->options, spec->keys[i], spec->values[i], err);
    return rc ? rc : rkb_reranker_check(def, &r->options, &r->traits, err);
}

static enum rkb_status parse(struct rkb_spec *spec,
                             const struct rkb_reranker_def **def, rkb_sv text,
                             struct rkb_arena *arena, struct rkb_err *err)
{
    enum rkb_status rc = rkb_spec_parse(arena, text, spec, err);

    if (!rc)
        rc = rkb_reranker_preset_apply(arena, spec, err);
    return rc ? rc : rkb_reranker_find(spec->name, def, err);
}

enum rkb_status rkb_reranker_read(struct rkb_reranker *r, rkb_sv spec,
                                  struct rkb_arena *arena, struct rkb_err *err)
{
    const struct rkb_reranker_def *def;
    struct rkb_spec parsed;
    enum rkb_status rc = parse(&parsed, &def, spec, arena, err);

    *r = (struct rkb_reranker){ 0 };
    if (rc)
        return rc;
    rc = read_row(r, def, &parsed, arena, err);
    if (rc)
        return rkb_wrap(err, "reranker '%s'", def->name);
    r->def = def;
    return RKB_OK;
}

enum rkb_status rkb_reranker_open_row(struct rkb_reranker *r,
                                      const struct rkb_reranker_def *def,
                                      const struct rkb_spec *spec,
                                      const struct rkb_env *env,
                                      struct rkb_err *err)
{
    struct rkb_env own = *env;
    enum rkb_status rc = read_row(r, def, spec, env->arena, err);

    own.options = &r->options;
    if (!rc && def->open)
        rc = def->open(&own, &r->self, err);
    if (rc)
        return rkb_wrap(err, "reranker '%s'", def->name);
    r->def = def;
    return RKB_OK;
}

enum rkb_status rkb_reranker_open(struct rkb_reranker *r, rkb_sv spec,
                                  const struct rkb_env *env,
                                  struct rkb_err *err)
{
    const struct rkb_reranker_def *def;
    struct rkb_spec parsed;
    enum rkb_status rc;

    *r = (struct rkb_reranker){ 0 };
    rc = parse(&parsed, &def, spec, env->arena, err);
    return rc ? rc : rkb_reranker_open_row(r, def, &parsed, env, err);
}

void rkb_reranker_close(struct rkb_reranker *r)
{
    if (r->def && r->def->close)
        r->def->close(r->self);
    *r = (struct rkb_reranker){ 0 };
}

static int higher_first(const void *a, const void *b, void *ctx)
{
    const struct rkb_outcome *o = ctx;
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;

    if (!o->scored[p] || !o->scored[q])
        return !o->scored[p] - !o->scored[q];
    return (o->score[p] < o->score[q]) - (o->score[p] > o->score[q]);
}

void rkb_outcome_sort(struct rkb_outcome *outcome, size_t n)
{
    rkb_sort(outcome->order, n, sizeof *outcome->order, higher_first, outcome);
}

enum rkb_status rkb_outcome_check(const struct rkb_outcome *outcome, size_t n,
                                  struct rkb_arena *scratch,
                                  struct rkb_err *err)
{
    uint8_t *seen = rkb_arena_new(scratch, n, 1);

    for (size_t i = 0; i < n; i++) {
        uint32_t doc = outcome->order[i];

        if (doc >= n || seen[doc])
            return rkb_fail(err, RKB_E_DATA,
                            "the order is not a permutation: position %zu "
                            "has candidate %u",
                            i + 1, doc);
        seen[doc] = 1;
    }
    for (size_t i = 0; i < n; i++)
        if (outcome->scored[i] && !isfinite(outcome->score[i]))
            return rkb_fail(err, RKB_E_DATA,
                            "the score of candidate %zu is not finite", i);
    return RKB_OK;
}
