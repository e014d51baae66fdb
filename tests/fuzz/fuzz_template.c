/* SPDX-License-Identifier: Apache-2.0 */
/* A template or a frame that is read renders, with braces in its values left as
 * they are, and the same text gives the same digest; one that is refused says
 * why in words that can be shown. */
#include "harness/llm/template.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void demand_refusal(enum rkb_status rc, const struct rkb_err *err)
{
    demand(rc == err->code && (rc == RKB_E_USAGE || rc == RKB_E_LIMIT));
    demand(strncmp(err->msg, "fuzz:", 5) == 0);
    demand(rkb_sv_is_utf8(rkb_sv_of(err->msg), NULL));
}

static const rkb_sv docs[] = { { "{rank}", 6 }, { "}{", 2 }, { "", 0 } };
static const rkb_sv ids[] = { { "1", 1 }, { "B", 1 }, { "{", 1 } };

static void render(struct rkb_arena *a, const struct rkb_template *t,
                   const struct rkb_frame *f)
{
    const struct rkb_prompt p = { .query = { "{query} ?", 9 },
                                  .docs = docs,
                                  .ids = ids,
                                  .n_docs = 3,
                                  .n_best = 1 };
    const struct rkb_turn *turns;
    struct rkb_err err = { 0 };
    size_t n, len = 0;
    rkb_sv prompt;

    rkb_template_render(t, a, &p, &turns, &n);
    demand(n <= 2 * 3 + 5);
    for (size_t i = 0; i < n; i++)
        len += turns[i].text.len;
    if (!f || rkb_frame_check(f, t, &err))
        return;
    prompt = rkb_frame_render(f, a, turns, n, rkb_sv_of("["));
    demand(prompt.len >= len + 1 && prompt.at[prompt.len - 1] == '[');
}

static void again(struct rkb_arena *a, rkb_sv text,
                  const struct rkb_template *first)
{
    struct rkb_digest x = rkb_template_digest(first), y;
    struct rkb_template *t;
    struct rkb_err err = { 0 };

    demand(rkb_template_parse(a, "fuzz", text, &t, &err) == RKB_OK);
    y = rkb_template_digest(t);
    demand(rkb_digest_eq(&x, &y));
    rkb_template_close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rkb_sv text = { (const char *)data, size };
    struct rkb_arena arena = { 0 };
    struct rkb_template *t;
    struct rkb_frame *f = NULL;
    struct rkb_err err = { 0 };
    enum rkb_status rc = rkb_frame_parse(&arena, "fuzz", text, &f, &err);

    if (rc) {
        demand_refusal(rc, &err);
        demand(!rkb_frame_open(&arena, "builtin:mistral", &f, &err));
    } else {
        demand(!rkb_template_open(&arena, "builtin:listwise-turns", &t, &err));
        render(&arena, t, f);
        rkb_template_close(t);
    }
    rc = rkb_template_parse(&arena, "fuzz", text, &t, &err);
    if (rc) {
        demand_refusal(rc, &err);
    } else {
        render(&arena, t, f);
        again(&arena, text, t);
        rkb_template_close(t);
    }
    rkb_arena_release(&arena);
    return 0;
}
