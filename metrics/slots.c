/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/spec.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* trec_eval's floor below which a geometric mean does not look. */
static const double min_geometric = 0.00001;

size_t rkb_measures_find(const struct rkb_measures *ms, rkb_sv name)
{
    for (size_t i = 0; i < ms->n_slots; i++)
        if (rkb_sv_is(name, ms->slots[i].label))
            return i;
    for (size_t i = 0; i < ms->n_slots; i++)
        if (rkb_sv_is(name, ms->slots[i].name) ||
            rkb_sv_is(name, ms->slots[i].trec_name))
            return i;
    return SIZE_MAX;
}

bool rkb_measures_need(const struct rkb_measures *ms, unsigned trait)
{
    for (size_t i = 0; i < ms->n_items; i++)
        if (ms->items[i].measure.def->traits & trait)
            return true;
    return false;
}

void rkb_measures_calc(const struct rkb_measures *ms,
                       const struct rkb_judged *q, double *values)
{
    for (size_t i = 0; i < ms->n_items; i++) {
        const struct rkb_measure_item *item = &ms->items[i];

        if (item->measure.def->calc)
            item->measure.def->calc(&item->measure, q,
                                    values + item->first_slot);
        else
            values[item->first_slot] = NAN;
    }
}

/* trec_eval 10 resets by the printed name, so parameters of one's own keep
 * the value of the unknown document. */
static bool is_reset(const struct rkb_slot *slot)
{
    return slot->plain && (slot->def->traits & RKB_ZERO_IF_ABSENT);
}

void rkb_measures_as_asked(const struct rkb_measures *ms, size_t *order)
{
    size_t n = 0;

    for (size_t asked = 0; asked < ms->n_items; asked++)
        for (size_t i = 0; i < ms->n_items; i++) {
            const struct rkb_measure_item *item = &ms->items[i];

            if (item->asked == asked)
                for (size_t v = 0; v < item->measure.n_values; v++)
                    order[n++] = item->first_slot + v;
        }
}

void rkb_measures_absent(const struct rkb_measures *ms,
                         const struct rkb_judged *q, double *values)
{
    rkb_measures_calc(ms, q, values);
    for (size_t i = 0; i < ms->n_slots; i++)
        if (!ms->slots[i].is_text &&
            (ms->compat < 10 || is_reset(&ms->slots[i])))
            values[i] = 0;
}

void rkb_slot_text(const struct rkb_measures *ms, size_t slot,
                   const struct rkb_judged *q, bool absent, struct rkb_buf *out)
{
    const struct rkb_measure_item *item = &ms->items[ms->slots[slot].item];
    struct rkb_judged none = *q;

    assert(ms->slots[slot].is_text);
    if (absent && is_reset(&ms->slots[slot]))
        none.n_ret = 0;
    item->measure.def->text(&item->measure, &none, out);
}

void rkb_measures_sum_init(struct rkb_measures_sum *sum, struct rkb_arena *a,
                           const struct rkb_measures *ms, bool complete)
{
    *sum = (struct rkb_measures_sum){ .of = ms, .complete = complete };
    sum->sums = rkb_arena_new(a, ms->n_slots, sizeof(*sum->sums));
}

void rkb_measures_sum_add(struct rkb_measures_sum *sum,
                          const struct rkb_judged *q, const double *values)
{
    for (size_t i = 0; i < sum->of->n_slots; i++) {
        const struct rkb_measure_def *def = sum->of->slots[i].def;

        if (def->agg == RKB_AGG_GEOMETRIC)
            sum->sums[i] += log(fmax(values[i], min_geometric));
        else if (sum->complete && (def->traits & RKB_ALL_GRADES_IF_COMPLETE))
            sum->sums[i] += (double)q->n_pos;
        else
            sum->sums[i] += values[i];
    }
    sum->n_queries++;
}

void rkb_measures_sum_absent(struct rkb_measures_sum *sum,
                             const struct rkb_judged *q, const double *values)
{
    assert(sum->complete);
    if (sum->of->compat >= 10) {
        rkb_measures_sum_add(sum, q, values);
        return;
    }
    for (size_t i = 0; i < sum->of->n_slots; i++)
        if (sum->of->slots[i].def->traits & RKB_ALL_GRADES_IF_COMPLETE)
            sum->sums[i] += (double)q->n_pos;
    sum->n_absent++;
}

void rkb_measures_sum_finish(const struct rkb_measures_sum *sum, double *out)
{
    double n = (double)(sum->n_queries + sum->n_absent);

    for (size_t i = 0; i < sum->of->n_slots; i++) {
        switch (sum->of->slots[i].def->agg) {
        case RKB_AGG_MEAN:
            out[i] = n > 0 ? sum->sums[i] / n : NAN;
            break;
        case RKB_AGG_SUM:
            out[i] = sum->sums[i];
            break;
        case RKB_AGG_GEOMETRIC:
            out[i] = sum->sums[i];
            if (sum->complete)
                out[i] += (double)sum->n_absent * log(min_geometric);
            out[i] = n > 0 ? exp(out[i] / n) : NAN;
            break;
        case RKB_AGG_COUNT:
            out[i] = n;
            break;
        case RKB_AGG_NONE:
            out[i] = NAN;
            break;
        }
    }
}
