/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/preset.h"

#include "base/buf.h"

#include <string.h>

const struct rkb_reranker_preset rkb_reranker_presets[] = {
#define RKB_RERANKER_PRESET(name, spec, summary, source, needs, published) \
    { name, spec, summary, source, needs, published },
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

void rkb_spec_put_under(struct rkb_arena *a, struct rkb_spec *spec,
                        const struct rkb_spec *base)
{
    struct rkb_spec out;

    out = (struct rkb_spec){
        .name = base->name,
        .keys = rkb_arena_new(a, spec->n + base->n, sizeof *out.keys),
        .values = rkb_arena_new(a, spec->n + base->n, sizeof *out.values),
    };
    for (size_t i = 0; i < base->n; i++)
        if (!has_key(spec, base->keys[i])) {
            out.keys[out.n] = base->keys[i];
            out.values[out.n++] = base->values[i];
        }
    for (size_t i = 0; i < spec->n; i++) {
        out.keys[out.n] = spec->keys[i];
        out.values[out.n++] = spec->values[i];
    }
    *spec = out;
}

static enum rkb_status lacks(const struct rkb_reranker_preset *p,
                             struct rkb_err *err)
{
    if (strcmp(p->needs, "template") != 0)
        return rkb_fail(err, RKB_E_USAGE, "'%s' needs %s=...: %s", p->name,
                        p->needs, p->published);
    return rkb_fail(err, RKB_E_USAGE,
                    "'%s' is a fine-tuned checkpoint and works with its own "
                    "prompt alone: set template=FILE, published as %s",
                    p->name, p->published);
}

enum rkb_status rkb_reranker_preset_apply(struct rkb_arena *a,
                                          struct rkb_spec *spec,
                                          struct rkb_err *err)
{
    const struct rkb_reranker_preset *p = rkb_reranker_preset_find(spec->name);
    struct rkb_spec base;
    enum rkb_status rc;

    if (!p)
        return RKB_OK;
    if (p->needs && !has_key(spec, rkb_sv_of(p->needs)))
        return lacks(p, err);
    rc = rkb_spec_parse(a, rkb_sv_of(p->spec), &base, err);
    if (rc)
        return rkb_wrap(err, "preset '%s'", p->name);
    rkb_spec_put_under(a, spec, &base);
    return RKB_OK;
}

static void add_value(struct rkb_buf *b, rkb_sv value)
{
    bool bare = value.len && rkb_sv_eq(value, rkb_sv_trim(value));
    char quote = '\'';

    for (size_t i = 0; i < value.len; i++) {
        bare &= !memchr("(),='\";", value.at[i], 7);
        if (value.at[i] == '\'')
            quote = '"';
    }
    if (bare) {
        rkb_buf_sv(b, value);
        return;
    }
    rkb_buf_char(b, quote);
    rkb_buf_sv(b, value);
    rkb_buf_char(b, quote);
}

const char *rkb_spec_text(struct rkb_arena *a, const struct rkb_spec *s)
{
    struct rkb_buf b = { 0 };
    const char *text;

    rkb_buf_sv(&b, s->name);
    for (size_t i = 0; i < s->n; i++) {
        rkb_sv value = s->values[i];

        if (value.len && memchr(value.at, '\'', value.len) &&
            memchr(value.at, '"', value.len)) {
            rkb_buf_release(&b);
            return NULL;
        }
        rkb_buf_char(&b, i ? ',' : '(');
        rkb_buf_sv(&b, s->keys[i]);
        rkb_buf_char(&b, '=');
        add_value(&b, value);
    }
    rkb_buf_text(&b, s->n ? ")" : "");
    text = rkb_arena_cstr(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return text;
}
