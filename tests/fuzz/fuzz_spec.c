/* SPDX-License-Identifier: Apache-2.0 */
/* A spec that parses, written out again, parses to the same parts; one that
 * does not has a message. A list of specs is cut where it was joined. */
#include "base/buf.h"
#include "base/opt.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void write_spec(struct rkb_buf *b, const struct rkb_spec *s)
{
    rkb_buf_sv(b, s->name);
    rkb_buf_char(b, '(');
    for (size_t i = 0; i < s->n; i++) {
        rkb_sv value = s->values[i];
        bool has_single = value.len && memchr(value.at, '\'', value.len);

        rkb_buf_text(b, i ? " , " : " ");
        rkb_buf_sv(b, s->keys[i]);
        rkb_buf_text(b, has_single ? " = \"" : "='");
        rkb_buf_sv(b, value);
        rkb_buf_char(b, has_single ? '"' : '\'');
    }
    rkb_buf_text(b, ") ");
}

static void demand_equal(const struct rkb_spec *a, const struct rkb_spec *b)
{
    demand(rkb_sv_eq(a->name, b->name) && a->n == b->n);
    for (size_t i = 0; i < a->n; i++)
        demand(rkb_sv_eq(a->keys[i], b->keys[i]) &&
               rkb_sv_eq(a->values[i], b->values[i]));
}

static void demand_two(rkb_sv spec)
{
    struct rkb_buf b = { 0 };
    rkb_sv list, one;

    rkb_buf_sv(&b, spec);
    rkb_buf_char(&b, ';');
    rkb_buf_sv(&b, spec);
    list = rkb_buf_view(&b);
    for (int i = 0; i < 2; i++)
        demand(rkb_spec_cut(&list, &one) && rkb_sv_eq(one, rkb_sv_trim(spec)));
    demand(!rkb_spec_cut(&list, &one));
    rkb_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rkb_sv text = { (const char *)data, size };
    struct rkb_arena arena = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_spec first, second;
    struct rkb_err err = { 0 };

    if (rkb_spec_parse(&arena, text, &first, &err) == RKB_OK) {
        write_spec(&out, &first);
        demand(rkb_spec_parse(&arena, rkb_buf_view(&out), &second, &err) ==
               RKB_OK);
        demand_equal(&first, &second);
        if (!memchr(first.name.at, ';', first.name.len))
            demand_two(rkb_buf_view(&out));
    } else {
        demand(err.code == RKB_E_USAGE && err.msg[0]);
        demand(rkb_sv_is_utf8(rkb_sv_of(err.msg), NULL));
    }
    rkb_buf_release(&out);
    rkb_arena_release(&arena);
    return 0;
}
