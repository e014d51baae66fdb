/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/measure.h"

static const struct rkb_measure_def *const table[] = {
#define RKB_MEASURE(id) &rkb_measure_##id,
#include "metrics/measures.def"
#undef RKB_MEASURE
};

const struct rkb_measure_def *rkb_measure_at(size_t i)
{
    return i < RKB_COUNT(table) ? table[i] : NULL;
}
