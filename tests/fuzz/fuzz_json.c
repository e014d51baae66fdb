/* SPDX-License-Identifier: Apache-2.0 */
/* What parses is printed and parses to the same tree; rkb_json_pick agrees
 * with the tree; rkb_json_each gives the value back as one element. */
#include "base/buf.h"
#include "base/io/json.h"
#include "base/io/stream.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(struct rkb_buf *b, const struct rkb_json *j)
{
    switch (j->kind) {
    case RKB_JSON_NULL:
        rkb_buf_text(b, "null");
        return;
    case RKB_JSON_FALSE:
        rkb_buf_text(b, "false");
        return;
    case RKB_JSON_TRUE:
        rkb_buf_text(b, "true");
        return;
    case RKB_JSON_NUMBER:
        rkb_buf_sv(b, j->text);
        return;
    case RKB_JSON_STRING:
        rkb_buf_json(b, j->text);
        return;
    case RKB_JSON_ARRAY:
    case RKB_JSON_OBJECT:
        break;
    }
    rkb_buf_char(b, j->kind == RKB_JSON_ARRAY ? '[' : '{');
    for (const struct rkb_json *c = j->child; c; c = c->next) {
        if (j->kind == RKB_JSON_OBJECT) {
            rkb_buf_json(b, c->key);
            rkb_buf_char(b, ':');
        }
        print(b, c);
        if (c->next)
            rkb_buf_char(b, ',');
    }
    rkb_buf_char(b, j->kind == RKB_JSON_ARRAY ? ']' : '}');
}

static void check_same(const struct rkb_json *a, const struct rkb_json *b)
{
    const struct rkb_json *x = a->child, *y = b->child;
    size_t n = 0;

    assert(a->kind == b->kind && rkb_sv_eq(a->key, b->key));
    assert(rkb_sv_eq(a->text, b->text) && a->n_children == b->n_children);
    for (; x && y; x = x->next, y = y->next, n++)
        check_same(x, y);
    assert(!x && !y && n == a->n_children);
}

static const char *const wanted[] = { "_id", "text", "a" };

static void check_pick(rkb_sv text, const struct rkb_json *tree)
{
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    rkb_sv out[3];
    enum rkb_status rc = rkb_json_pick(&a, text, wanted, 3, out, &err);

    if (!tree || tree->kind != RKB_JSON_OBJECT) {
        assert(rc);
    } else if (!rc) {
        for (size_t i = 0; i < 3; i++) {
            const struct rkb_json *j = rkb_json_get(tree, wanted[i]);
            rkb_sv id = { 0 };

            assert(!j || j->kind == RKB_JSON_NULL || rkb_json_id(j, &id));
            assert((id.at == NULL) == (out[i].at == NULL));
            assert(rkb_sv_eq(id, out[i]));
        }
    } else {
        /* Refused, so a wanted member is neither text nor a number. */
        bool odd = false;

        for (const struct rkb_json *c = tree->child; c; c = c->next)
            for (size_t i = 0; i < 3; i++)
                odd =
                    odd ||
                    (rkb_sv_is(c->key, wanted[i]) &&
                     (c->kind == RKB_JSON_TRUE || c->kind == RKB_JSON_FALSE ||
                      c->kind == RKB_JSON_ARRAY || c->kind == RKB_JSON_OBJECT));
        assert(odd);
    }
    rkb_arena_release(&a);
}

struct seen {
    const struct rkb_json *tree; /* NULL: only count */
    size_t n;
};

static enum rkb_status see(void *ctx, rkb_sv element, size_t line,
                           struct rkb_err *err)
{
    struct seen *seen = ctx;
    struct rkb_arena a = { 0 };
    const struct rkb_json *j = NULL;
    enum rkb_status rc = rkb_json_parse(&a, element, &j, err);

    assert(line >= 1 && element.len > 0);
    if (seen->tree) {
        assert(!rc);
        check_same(seen->tree, j);
    }
    seen->n++;
    rkb_arena_release(&a);
    return rc;
}

static enum rkb_status walk(rkb_sv text, struct seen *seen)
{
    struct rkb_stream *s = NULL;
    struct rkb_err err = { 0 };
    enum rkb_status rc;

    rkb_stream_from_memory(&s, text.at, text.len);
    rc = rkb_json_each(s, text.len + 1, see, seen, &err);
    assert(rc == err.code);
    rkb_stream_close(s);
    return rc;
}

/* As the only element, and between two others. */
static void check_each(rkb_sv text, const struct rkb_json *tree)
{
    struct rkb_buf b = { 0 };
    struct seen one = { .tree = tree };

    rkb_buf_char(&b, '[');
    rkb_buf_sv(&b, text);
    rkb_buf_text(&b, "\n,");
    rkb_buf_sv(&b, text);
    rkb_buf_char(&b, ']');
    assert(!walk(rkb_buf_view(&b), &one) && one.n == 2);
    rkb_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rkb_sv text = { (const char *)data, size };
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const struct rkb_json *tree = NULL, *again = NULL;
    enum rkb_status rc = rkb_json_parse(&a, text, &tree, &err);
    struct seen any = { 0 };

    assert(rc == err.code && (rc == RKB_OK) == (tree != NULL));
    check_pick(text, tree);
    /* All elements parse: then so does the array. */
    if (!walk(text, &any) && size > 0 && data[0] == '[')
        assert(tree && any.n == tree->n_children);
    if (tree) {
        struct rkb_buf b = { 0 };

        print(&b, tree);
        assert(!rkb_json_parse(&a, rkb_buf_view(&b), &again, &err));
        check_same(tree, again);
        check_each(text, tree);
        rkb_buf_release(&b);
    }
    rkb_arena_release(&a);
    return 0;
}
