/* SPDX-License-Identifier: Apache-2.0 */
/* Measures are refused with a message, or compiled to slots whose canonical
 * names read back to the same slot, and which compute on any ranking. */
#include "metrics/spec.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct rkb_hit hits[] = { { 1, 2, 0 }, { 3, 0, 0 }, { 9, -1, 0 } };
static const int32_t grades[] = { 3, 2, 1, 0, 0, -1 };
static const struct rkb_judged query = {
    .hits = hits,
    .n_hits = 3,
    .n_ret = 20,
    .grades = grades,
    .n_qrels = 6,
    .n_judged = 5,
    .n_pos = 3,
};

static void read_back(const struct rkb_slot *slot, double value)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 10 };
    struct rkb_measures ms = { 0 };
    struct rkb_err err;
    double again;

    assert(rkb_measures_add(&ms, rkb_sv_of(slot->name), &rules, &err) ==
           RKB_OK);
    assert(ms.n_slots == 1 && ms.slots[0].def == slot->def);
    assert(strcmp(ms.slots[0].name, slot->name) == 0);
    rkb_measures_calc(&ms, &query, &again);
    assert(memcmp(&value, &again, sizeof(value)) == 0 || value != value);
    rkb_measures_release(&ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static double values[10001];
    const struct rkb_measure_rules rules = { .rel = (int32_t)(size % 3),
                                             .compat = 10 };
    struct rkb_measures ms = { 0 };
    struct rkb_buf out = { 0 };
    rkb_sv text = { (const char *)data, size };
    struct rkb_err err;

    if (rkb_measures_add(&ms, text, &rules, &err) == RKB_OK) {
        assert(ms.n_slots > 0);
        rkb_measures_calc(&ms, &query, values);
        for (size_t i = 0; i < ms.n_slots && i < 200; i++) {
            read_back(&ms.slots[i], values[i]);
            if (ms.slots[i].is_text)
                rkb_slot_text(&ms, i, &query, false, &out);
            else
                rkb_slot_format(&ms.slots[i], values[i], &out);
        }
    } else {
        assert(err.code == RKB_E_USAGE && err.msg[0] && ms.n_slots == 0);
    }
    rkb_buf_release(&out);
    rkb_measures_release(&ms);
    return 0;
}
