/* SPDX-License-Identifier: Apache-2.0 */
/* One side of a gate, looked up by name. */
#include "harness/eval/baseline.h"

#include "metrics/spec.h"

enum { MOST_REL = 9 }; /* no collection counts from a higher grade */

static size_t find_name(const struct rkb_baseline_set *s, const char *name)
{
    for (size_t i = 0; i < s->n_measures; i++)
        if (rkb_sv_is(s->measures[i].name, name))
            return i;
    return SIZE_MAX;
}

enum rkb_status rkb_baseline_measure(const struct rkb_baseline_set *s,
                                     rkb_sv name, size_t *out,
                                     struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    *out = SIZE_MAX;
    for (int rel = 1; rel <= MOST_REL && *out == SIZE_MAX && !rc; rel++) {
        const struct rkb_measure_rules rules = { .rel = rel, .compat = 9 };
        struct rkb_measures ms = { 0 };

        rc = rkb_measures_add(&ms, name, &rules, err);
        if (!rc && ms.n_slots != 1)
            rc = rkb_fail(err, RKB_E_USAGE, "'%.*s' is %zu measures, not one",
                          (int)name.len, name.at, ms.n_slots);
        if (!rc)
            *out = find_name(s, ms.slots[0].name);
        rkb_measures_release(&ms);
    }
    return rc;
}

const struct rkb_baseline_set *rkb_baseline_find(const struct rkb_baseline *b,
                                                 rkb_sv dataset)
{
    for (size_t i = 0; i < b->n_sets; i++)
        if (rkb_sv_eq(b->sets[i].dataset, dataset))
            return &b->sets[i];
    return NULL;
}
