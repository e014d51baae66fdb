/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/slot_name.h"

#include <stdio.h>
#include <string.h>

rkb_sv rkb_name_family(const struct rkb_measure_def *def)
{
    rkb_sv rest = rkb_sv_of(def->name), family;

    (void)rkb_sv_split(&rest, '@', &family);
    return family;
}

static bool has_cuts(const struct rkb_measure *m)
{
    return m->def->args == RKB_ARGS_CUTS || m->def->args == RKB_ARGS_POINTS;
}

/* "1,-1,0,0" */
static void add_list(const struct rkb_measure *m, struct rkb_buf *out)
{
    for (size_t i = 0; i < m->n_cuts; i++) {
        if (i)
            rkb_buf_char(out, ',');
        rkb_buf_real(out, m->cuts[i]);
    }
}

/* "1=3,2=9" */
static void add_gains(const struct rkb_measure *m, struct rkb_buf *out)
{
    for (size_t i = 0; i < m->n_gains; i++) {
        if (i)
            rkb_buf_char(out, ',');
        rkb_buf_real(out, m->gains[2 * i]);
        rkb_buf_char(out, '=');
        rkb_buf_real(out, m->gains[2 * i + 1]);
    }
}

/* Whether the list is the default one, by its canonical text. */
static bool list_is_default(const struct rkb_measure *m)
{
    struct rkb_buf text = { 0 };
    bool same;

    add_list(m, &text);
    same = rkb_sv_is(rkb_buf_view(&text), m->def->fallback);
    rkb_buf_release(&text);
    return same;
}

/* The value of one parameter as text; nothing when it is the default. */
static void add_value(const struct rkb_measure *m, size_t row,
                      struct rkb_buf *out)
{
    const struct rkb_opt *opt = &m->params.rows[row];
    const struct rkb_opt_value *v = &m->params.values[row];

    if (m->def->args_name && strcmp(opt->name, m->def->args_name) == 0) {
        if (m->n_gains)
            add_gains(m, out);
        else if (m->def->args == RKB_ARGS_LIST && !list_is_default(m))
            add_list(m, out);
    } else if (strcmp(opt->name, "rel") == 0) {
        if (m->rel != 1)
            rkb_buf_printf(out, "%ld", (long)m->rel);
    } else if (opt->type == RKB_OPT_REAL) {
        rkb_buf_real(out, v->real);
    } else {
        rkb_buf_sv(out, v->text);
    }
    if (opt->fallback && rkb_sv_is(rkb_buf_view(out), opt->fallback))
        rkb_buf_reset(out);
}

/* "rel=2,gains='1=3,2=9'" */
static void add_params(const struct rkb_measure *m, struct rkb_buf *out)
{
    struct rkb_buf value = { 0 };
    bool any = false;

    for (size_t i = 0; i < m->params.n_rows; i++) {
        const struct rkb_opt *opt = &m->params.rows[i];
        bool quote;

        rkb_buf_reset(&value);
        add_value(m, i, &value);
        if (!value.len)
            continue;
        quote = opt->type == RKB_OPT_CHOICE || opt->type == RKB_OPT_TEXT;
        rkb_buf_printf(out, "%c%s=%s", any ? ',' : '(', opt->name,
                       quote ? "'" : "");
        rkb_buf_sv(out, rkb_buf_view(&value));
        rkb_buf_text(out, quote ? "'" : "");
        any = true;
    }
    if (any)
        rkb_buf_char(out, ')');
    rkb_buf_release(&value);
}

void rkb_name_canonical(const struct rkb_measure *m, size_t i,
                        struct rkb_buf *out)
{
    rkb_buf_sv(out, rkb_name_family(m->def));
    add_params(m, out);
    if (has_cuts(m)) {
        rkb_buf_char(out, '@');
        rkb_buf_real(out, m->cuts[i]);
    }
}

/* Whether trec_eval has the measure with these parameters. */
static bool trec_can(const struct rkb_measure *m)
{
    return m->def->trec_name && !m->exp_gain &&
           !(m->n_gains && m->def->args != RKB_ARGS_PAIRS);
}

/* What trec_eval would be asked for behind the dot: "p=0.8,1=3". */
static void add_trec_args(const struct rkb_measure *m, struct rkb_buf *out)
{
    struct rkb_buf value = { 0 };

    if (m->def->args == RKB_ARGS_LIST) {
        if (!list_is_default(m))
            add_list(m, out);
        return;
    }
    for (size_t i = 0; i < m->params.n_rows; i++) {
        if (m->params.rows[i].type != RKB_OPT_REAL)
            continue;
        rkb_buf_reset(&value);
        add_value(m, i, &value);
        if (value.len)
            rkb_buf_printf(out, "%s=%s%s", m->params.rows[i].name, value.at,
                           m->n_gains ? "," : "");
    }
    add_gains(m, out);
    rkb_buf_release(&value);
}

void rkb_name_trec(const struct rkb_measure *m, size_t i, rkb_sv args,
                   struct rkb_buf *out)
{
    struct rkb_buf made = { 0 };

    if (!trec_can(m)) {
        rkb_name_canonical(m, i, out);
        return;
    }
    rkb_buf_text(out, m->def->trec_name);
    if (m->def->args == RKB_ARGS_CUTS) {
        rkb_buf_printf(out, "_%.0f", m->cuts[i]);
    } else if (m->def->args == RKB_ARGS_POINTS) {
        char text[64];

        /* trec_eval's buffer holds nine bytes more than the name. */
        snprintf(text, sizeof(text), "_%3.2f", m->cuts[i]);
        text[9] = '\0';
        rkb_buf_text(out, text);
    } else {
        if (!args.len) {
            add_trec_args(m, &made);
            args = rkb_buf_view(&made);
        }
        rkb_buf_text(out, args.len ? "_" : "");
        rkb_buf_sv(out, args);
        rkb_buf_release(&made);
    }
}

static void name_slot(struct rkb_measures *ms, struct rkb_slot *slot)
{
    const struct rkb_measure_item *item = &ms->items[slot->item];
    struct rkb_buf text = { 0 };

    rkb_name_canonical(&item->measure, slot->value, &text);
    slot->name = rkb_arena_cstr(&ms->arena, rkb_buf_view(&text));
    rkb_buf_reset(&text);
    rkb_name_trec(&item->measure, slot->value, item->args, &text);
    slot->trec_name = rkb_arena_cstr(&ms->arena, rkb_buf_view(&text));
    rkb_buf_release(&text);
    slot->label = item->as_trec ? slot->trec_name : slot->name;
    slot->plain = slot->def->trec_name &&
                  strcmp(slot->trec_name, slot->def->trec_name) == 0;
    slot->plain = slot->plain || item->measure.def->args == RKB_ARGS_CUTS;
}

void rkb_slots_build(struct rkb_measures *ms)
{
    size_t n = 0;

    for (size_t i = 0; i < ms->n_items; i++) {
        ms->items[i].first_slot = n;
        n += ms->items[i].measure.n_values;
    }
    ms->slots = rkb_arena_new(&ms->arena, n, sizeof(*ms->slots));
    ms->n_slots = n;
    for (size_t i = 0; i < ms->n_items; i++) {
        const struct rkb_measure_item *item = &ms->items[i];
        const struct rkb_measure_def *def = item->measure.def;

        for (size_t v = 0; v < item->measure.n_values; v++) {
            struct rkb_slot *slot = &ms->slots[item->first_slot + v];

            slot->def = def;
            slot->item = i;
            slot->value = v;
            slot->in_queries = !(def->traits & RKB_NOT_IN_QUERIES);
            slot->in_all = !(def->traits & RKB_NOT_IN_ALL);
            slot->is_text = def->text != NULL;
            name_slot(ms, slot);
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i && !ms->slots[i].again; k++)
            ms->slots[i].again =
                strcmp(ms->slots[i].name, ms->slots[k].name) == 0;
}
