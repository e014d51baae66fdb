/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/prices.h"

#include "base/io/file.h"
#include "base/io/yaml.h"

#include <math.h>

#define PRICES_BYTES ((size_t)1 << 20)

static const char *const names[] = { "prompt", "output", "parameters" };
static const char *const units[] = { "US dollars a million tokens",
                                     "US dollars a million tokens",
                                     "a number of parameters" };

static enum rkb_status read_price(const struct rkb_yaml *y, const char *path,
                                  struct rkb_price *out, struct rkb_err *err)
{
    double *const to[] = { &out->prompt, &out->output, &out->parameters };

    for (const struct rkb_yaml *c = y->child; c; c = c->next) {
        bool known = false;

        for (size_t i = 0; i < RKB_COUNT(names); i++)
            known |= rkb_sv_is(c->key, names[i]);
        if (!known)
            return rkb_fail(err, RKB_E_USAGE,
                            "%s:%zu: a price has 'prompt' and 'output', or "
                            "'parameters', not '%.*s'",
                            path, c->key_line, (int)c->key.len, c->key.at);
    }
    for (size_t i = 0; i < RKB_COUNT(names); i++) {
        const struct rkb_yaml *c = rkb_yaml_get(y, names[i]);
        /* Half a price is a slip; no price needs the parameters. */
        bool free_of_price = rkb_yaml_get(y, "parameters") &&
                             !rkb_yaml_get(y, "prompt") &&
                             !rkb_yaml_get(y, "output");

        *to[i] = NAN;
        if (!c && (i == 2 || free_of_price))
            continue;
        if (!c || c->kind != RKB_YAML_SCALAR ||
            !rkb_sv_to_double(c->text, to[i]) || *to[i] < 0)
            return rkb_fail(err, RKB_E_USAGE, "%s:%zu: '%s' must be %s", path,
                            c ? c->line : y->line, names[i], units[i]);
    }
    return RKB_OK;
}

enum rkb_status rkb_prices_parse(struct rkb_arena *a, const char *path,
                                 rkb_sv text, struct rkb_prices *out,
                                 struct rkb_err *err)
{
    const struct rkb_yaml *root;
    enum rkb_status rc = rkb_yaml_parse(a, text, &root, err);

    *out = (struct rkb_prices){ 0 };
    if (rc)
        return rkb_wrap(err, "%s", path);
    if (root->kind != RKB_YAML_MAP)
        return rkb_fail(err, RKB_E_USAGE,
                        "%s:%zu: prices are a map, such as 'MODEL: {prompt: "
                        "0.15, output: 0.6}'",
                        path, root->line);
    out->rows = rkb_arena_new(a, root->n_children, sizeof *out->rows);
    for (const struct rkb_yaml *y = root->child; y && !rc; y = y->next) {
        out->rows[out->n].model = y->key;
        rc = read_price(y, path, &out->rows[out->n++], err);
    }
    return rc;
}

enum rkb_status rkb_prices_read(struct rkb_arena *a, const char *path,
                                struct rkb_prices *out, struct rkb_err *err)
{
    rkb_sv text;
    enum rkb_status rc = rkb_file_read(a, path, PRICES_BYTES, &text, err);

    return rc ? rc : rkb_prices_parse(a, path, text, out, err);
}

const struct rkb_price *rkb_price_of(const struct rkb_prices *p, rkb_sv model)
{
    for (size_t i = 0; i < p->n; i++)
        if (rkb_sv_eq(p->rows[i].model, model))
            return &p->rows[i];
    return NULL;
}

double rkb_cost(const struct rkb_price *price, int64_t prompt_tokens,
                int64_t output_tokens)
{
    return (price->prompt * (double)prompt_tokens +
            price->output * (double)output_tokens) /
           1e6;
}
