/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/format.h"

#include <stddef.h>

const struct rkb_input_format *const rkb_input_formats[] = {
#define RKB_INPUT_FORMAT(id) &rkb_input_format_##id,
#include "datasets/formats.def"
#undef RKB_INPUT_FORMAT
    NULL,
};
