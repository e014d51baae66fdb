/* SPDX-License-Identifier: Apache-2.0 */
/* What tokens cost, from a YAML file of the user's:
 *   MODEL: {prompt: 0.15, output: 0.60}     # US dollars a million tokens
 *   MODEL: {parameters: 7.24e9}             # of a model of one's own
 * or all three. */
#ifndef RKB_RUNS_PRICES_H
#define RKB_RUNS_PRICES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/sv.h"

#include <stddef.h>
#include <stdint.h>

struct rkb_price {
    rkb_sv model;
    double prompt, output; /* US dollars a million tokens; NaN: not said */
    double parameters;     /* active ones of the model; NaN: not said */
};
struct rkb_prices {
    struct rkb_price *rows; /* [n] in the arena */
    size_t n;
};

/* RKB_E_USAGE with FILE:LINE for what is no such file, RKB_E_IO. */
enum rkb_status rkb_prices_read(struct rkb_arena *a, const char *path,
                                struct rkb_prices *out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* The same from its text. */
enum rkb_status rkb_prices_parse(struct rkb_arena *a, const char *path,
                                 rkb_sv text, struct rkb_prices *out,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* NULL: nothing is said of it. */
const struct rkb_price *rkb_price_of(const struct rkb_prices *p, rkb_sv model);
/* In US dollars; NaN where the price has none. */
double rkb_cost(const struct rkb_price *price, int64_t prompt_tokens,
                int64_t output_tokens);

#endif
