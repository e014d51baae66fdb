/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/preset.h"

#include <string.h>

const struct rkb_reranker_preset rkb_reranker_presets[] = {
#define RKB_RERANKER_PRESET(name, spec, summary, source, template_from) \
    { name, spec, summary, source, template_from },
#include "harness/rerankers/presets.def"
#undef RKB_RERANKER_PRESET
    { 0 },
};

const struct rkb_reranker_preset *rkb_reranker_preset_find(rkb_sv name)
{
    for (const struct rkb_reranker_preset *p = rkb_reranker_presets; p->name;
         p++)
        if (rkb_sv_is(name, p->name))
            return p;
    return NULL;
}

static bool has_key(const struct rkb_spec *spec, rkb_sv key)
{
    for (size_t i = 0; i < spec->n; i++)
        if (rkb_sv_eq(spec->keys[i], key))
            return true;
    return false;
}

enum rkb_status rkb_reranker_preset_apply(struct rkb_arena *a,
                                          struct rkb_spec *spec,
                                          struct rkb_err *err)
{
    const struct rkb_reranker_preset *p = rkb_reranker_preset_find(spec->name);
    struct rkb_spec base, out;
    enum rkb_status rc;

    if (!p)
        return RKB_OK;
    if (p->template_from && !has_key(spec, rkb_sv_of("template")))
        return rkb_fail(err, RKB_E_USAGE,
                        "'%s' is a fine-tuned checkpoint and works with its "
                        "own prompt alone: set template=FILE, published as %s",
                        p->name, p->template_from);
    rc = rkb_spec_parse(a, rkb_sv_of(p->spec), &base, err);
    if (rc)
        return rkb_wrap(err, "preset '%s'", p->name);
    out = (struct rkb_spec){
        .name = base.name,
        .keys = rkb_arena_new(a, spec->n + base.n, sizeof *out.keys),
        .values = rkb_arena_new(a, spec->n + base.n, sizeof *out.values),
    };
    for (size_t i = 0; i < base.n; i++)
        if (!has_key(spec, base.keys[i])) {
            out.keys[out.n] = base.keys[i];
            out.values[out.n++] = base.values[i];
        }
    for (size_t i = 0; i < spec->n; i++) {
        out.keys[out.n] = spec->keys[i];
        out.values[out.n++] = spec->values[i];
    }
    *spec = out;
    return RKB_OK;
}
