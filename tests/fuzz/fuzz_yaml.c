/* SPDX-License-Identifier: Apache-2.0 */
/* What parses is printed in flow style and parses to the same tree. */
#include "base/buf.h"
#include "base/io/yaml.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_text(struct rkb_buf *b, rkb_sv text)
{
    rkb_buf_char(b, '"');
    for (size_t i = 0; i < text.len;) {
        uint32_t c = rkb_sv_code_point(text, &i);

        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
            rkb_buf_char(b, (char)c);
        else
            rkb_buf_printf(b, "\\U%08x", (unsigned)c);
    }
    rkb_buf_char(b, '"');
}

/* "? key : value", because libyaml wants other keys under 1024 bytes. */
static void print(struct rkb_buf *b, const struct rkb_yaml *y)
{
    if (y->kind == RKB_YAML_SCALAR) {
        print_text(b, y->text);
        return;
    }
    rkb_buf_char(b, y->kind == RKB_YAML_LIST ? '[' : '{');
    for (const struct rkb_yaml *c = y->child; c; c = c->next) {
        if (y->kind == RKB_YAML_MAP) {
            rkb_buf_text(b, "? ");
            print_text(b, c->key);
            rkb_buf_text(b, " : ");
        }
        print(b, c);
        if (c->next)
            rkb_buf_text(b, ", ");
    }
    rkb_buf_char(b, y->kind == RKB_YAML_LIST ? ']' : '}');
}

static void check_same(const struct rkb_yaml *a, const struct rkb_yaml *b)
{
    const struct rkb_yaml *x = a->child, *y = b->child;
    size_t n = 0;

    assert(a->kind == b->kind && rkb_sv_eq(a->key, b->key));
    assert(rkb_sv_eq(a->text, b->text) && a->n_children == b->n_children);
    assert(a->line >= 1 && b->line == 1);
    for (; x && y; x = x->next, y = y->next, n++) {
        assert(x->line >= a->line);
        check_same(x, y);
    }
    assert(!x && !y && n == a->n_children);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const struct rkb_yaml *y = NULL, *again = NULL;
    enum rkb_status rc =
        rkb_yaml_parse(&a, (rkb_sv){ (const char *)data, size }, &y, &err);

    assert(rc == err.code && (rc == RKB_OK) == (y != NULL));
    if (y) {
        struct rkb_buf b = { 0 };

        print(&b, y);
        assert(!rkb_yaml_parse(&a, rkb_buf_view(&b), &again, &err));
        check_same(y, again);
        rkb_buf_release(&b);
    }
    rkb_arena_release(&a);
    return 0;
}
