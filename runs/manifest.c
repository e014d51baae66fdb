/* SPDX-License-Identifier: Apache-2.0 */
#include "runs/manifest.h"

#include "base/arena.h"
#include "base/io/json.h"
#include "base/mem.h"
#include "base/sort.h"

#include <string.h>

/* Of the layout of the identity itself: a change makes every run a new one. */
#define IDENTITY_VERSION 1

static int by_key(const void *a, const void *b, void *ctx)
{
    const struct rkb_json *const *x = a, *const *y = b;

    (void)ctx;
    return rkb_sv_cmp((*x)->key, (*y)->key);
}

/* The members of an object in key order; *n without those that a later one of
 * the same key replaces. */
static const struct rkb_json **members(struct rkb_arena *a,
                                       const struct rkb_json *j, size_t *n)
{
    const struct rkb_json **out =
        rkb_arena_new(a, j->n_children, sizeof(const struct rkb_json *));
    size_t kept = 0, i = 0;

    for (const struct rkb_json *c = j->child; c; c = c->next)
        out[i++] = c;
    rkb_sort(out, i, sizeof(const struct rkb_json *), by_key, NULL);
    for (size_t k = 0; k < i; k++)
        if (k + 1 == i || !rkb_sv_eq(out[k]->key, out[k + 1]->key))
            out[kept++] = out[k];
    *n = kept;
    return out;
}

/* 1, 1.0 and 1e0 are one number; whole numbers keep all their digits, which a
 * double would not. */
static void write_number(rkb_sv text, struct rkb_buf *out)
{
    bool whole = !rkb_sv_is(text, "-0");
    double value;

    for (size_t i = 0; i < text.len; i++)
        whole = whole && !strchr(".eE", text.at[i]);
    if (!whole && rkb_sv_to_double(text, &value))
        rkb_buf_real(out, value);
    else
        rkb_buf_sv(out, text);
}

static void write_value(struct rkb_arena *a, const struct rkb_json *j,
                        struct rkb_buf *out);

static bool is_one_of(rkb_sv key, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rkb_sv_is(key, names[i]))
            return true;
    return false;
}

/* But for members that are named. */
static void write_without(struct rkb_arena *a, const struct rkb_json *j,
                          const char *const *names, size_t n_names,
                          struct rkb_buf *out)
{
    size_t n, written = 0;
    const struct rkb_json **sorted = members(a, j, &n);

    rkb_buf_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (is_one_of(sorted[i]->key, names, n_names))
            continue;
        if (written++)
            rkb_buf_char(out, ',');
        rkb_buf_json(out, sorted[i]->key);
        rkb_buf_char(out, ':');
        write_value(a, sorted[i], out);
    }
    rkb_buf_char(out, '}');
}

/* The parser bounds the depth. */
static void write_value(struct rkb_arena *a, const struct rkb_json *j,
                        struct rkb_buf *out)
{
    switch (j->kind) {
    case RKB_JSON_NULL:
        rkb_buf_text(out, "null");
        break;
    case RKB_JSON_FALSE:
        rkb_buf_text(out, "false");
        break;
    case RKB_JSON_TRUE:
        rkb_buf_text(out, "true");
        break;
    case RKB_JSON_NUMBER:
        write_number(j->text, out);
        break;
    case RKB_JSON_STRING:
        rkb_buf_json(out, j->text);
        break;
    case RKB_JSON_ARRAY:
        rkb_buf_char(out, '[');
        for (const struct rkb_json *c = j->child; c; c = c->next) {
            write_value(a, c, out);
            if (c->next)
                rkb_buf_char(out, ',');
        }
        rkb_buf_char(out, ']');
        break;
    case RKB_JSON_OBJECT:
        write_without(a, j, NULL, 0, out);
        break;
    }
}

/* One "key":value of the draft, whose order does not matter yet. */
static void add_key(struct rkb_buf *draft, const char *key)
{
    rkb_buf_char(draft, draft->len ? ',' : '{');
    rkb_buf_json(draft, rkb_sv_of(key));
    rkb_buf_char(draft, ':');
}

static void add_number(struct rkb_buf *draft, const char *key, int64_t value)
{
    add_key(draft, key);
    rkb_buf_printf(draft, "%lld", (long long)value);
}

static void add_digest(struct rkb_buf *draft, const char *key,
                       const struct rkb_digest *d)
{
    char hex[65];

    add_key(draft, key);
    if (!d) {
        rkb_buf_text(draft, "null");
        return;
    }
    rkb_digest_hex(d, hex);
    rkb_buf_json(draft, rkb_sv_of(hex));
}

/* An object goes in as it is; what is none becomes a string. */
static void add_text(struct rkb_buf *draft, const char *key, rkb_sv text)
{
    struct rkb_arena a = { 0 };
    struct rkb_err ignored = { 0 };
    const struct rkb_json *j;

    add_key(draft, key);
    if (text.len == 0)
        rkb_buf_text(draft, "null");
    else if (rkb_json_parse(&a, text, &j, &ignored) ||
             j->kind != RKB_JSON_OBJECT)
        rkb_buf_json(draft, text);
    else
        rkb_buf_sv(draft, text);
    rkb_arena_release(&a);
}

static enum rkb_status check_options(rkb_sv options, struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    const struct rkb_json *j;
    enum rkb_status rc = rkb_json_parse(&a, options, &j, err);

    if (!rc && j->kind != RKB_JSON_OBJECT)
        rc = rkb_fail(err, RKB_E_DATA, "not a JSON object");
    rkb_arena_release(&a);
    return rc ? rkb_wrap(err, "options of the reranker") : RKB_OK;
}

enum rkb_status rkb_manifest_json(const struct rkb_manifest *m,
                                  struct rkb_buf *out, struct rkb_err *err)
{
    struct rkb_buf draft = { 0 };
    struct rkb_arena a = { 0 };
    const struct rkb_json *j;
    enum rkb_status rc = check_options(m->options, err);

    if (rc)
        return rc;
    add_number(&draft, "identity", IDENTITY_VERSION);
    add_text(&draft, "reranker", m->reranker);
    add_number(&draft, "version", m->version);
    if (m->build.len) { /* absent, not null: older keys stay what they are */
        add_key(&draft, "build");
        rkb_buf_json(&draft, m->build);
    }
    if (m->load.len) { /* likewise */
        add_key(&draft, "load");
        rkb_buf_json(&draft, m->load);
    }
    add_text(&draft, "options", m->options);
    add_text(&draft, "probe", m->probe);
    add_digest(&draft, "candidates", &m->candidates);
    add_digest(&draft, "queries", &m->queries);
    add_digest(&draft, "texts", &m->texts);
    add_text(&draft, "text_rule", m->text_rule);
    add_number(&draft, "top_k", m->top_k);
    add_key(&draft, "seed");
    rkb_buf_printf(&draft, "%llu", (unsigned long long)m->seed);
    add_number(&draft, "repeat", m->repeat);
    add_number(&draft, "n_samples", m->n_samples);
    add_digest(&draft, "judgments", m->judgments);
    rkb_buf_char(&draft, '}');
    rc = rkb_json_parse(&a, rkb_buf_view(&draft), &j, err);
    if (!rc)
        write_value(&a, j, out);
    rkb_arena_release(&a);
    rkb_buf_release(&draft);
    return rc;
}

struct rkb_digest rkb_manifest_key(rkb_sv json)
{
    return rkb_digest_of(json);
}

enum rkb_status rkb_manifest_system(rkb_sv json, struct rkb_buf *out,
                                    struct rkb_err *err)
{
    static const char *const others[] = { "candidates", "judgments", "queries",
                                          "repeat",     "seed",      "texts" };
    struct rkb_arena a = { 0 };
    const struct rkb_json *j;
    enum rkb_status rc = rkb_json_parse(&a, json, &j, err);

    if (!rc && j->kind != RKB_JSON_OBJECT)
        rc = rkb_fail(err, RKB_E_DATA, "not a JSON object");
    if (!rc)
        write_without(&a, j, others, RKB_COUNT(others), out);
    rkb_arena_release(&a);
    return rc ? rkb_wrap(err, "identity of the run") : RKB_OK;
}

/* ---- differences ------------------------------------------------------- */

struct diff {
    struct rkb_arena arena;
    struct rkb_buf *out;
    size_t start;
};

static void say_value(struct diff *d, const struct rkb_json *j)
{
    if (j)
        write_value(&d->arena, j, d->out);
    else
        rkb_buf_text(d->out, "absent");
}

static void compare(struct diff *d, const char *path, const struct rkb_json *a,
                    const struct rkb_json *b);

static void compare_member(struct diff *d, const char *path, rkb_sv key,
                           const struct rkb_json *a, const struct rkb_json *b)
{
    const char *below = rkb_arena_printf(
        &d->arena, "%s%s%.*s", path, path[0] ? "." : "", (int)key.len, key.at);

    compare(d, below, a, b);
}

/* Merges two lists in key order. */
static void compare_objects(struct diff *d, const char *path,
                            const struct rkb_json *a, const struct rkb_json *b)
{
    size_t n_a, n_b, i = 0, k = 0;
    const struct rkb_json **x = members(&d->arena, a, &n_a);
    const struct rkb_json **y = members(&d->arena, b, &n_b);

    while (i < n_a || k < n_b) {
        int order = i == n_a   ? 1
                    : k == n_b ? -1
                               : rkb_sv_cmp(x[i]->key, y[k]->key);
        const struct rkb_json *left = order <= 0 ? x[i++] : NULL;
        const struct rkb_json *right = order >= 0 ? y[k++] : NULL;

        compare_member(d, path, left ? left->key : right->key, left, right);
    }
}

static void compare(struct diff *d, const char *path, const struct rkb_json *a,
                    const struct rkb_json *b)
{
    struct rkb_buf x = { 0 }, y = { 0 };
    bool equal;

    if (a && b && a->kind == RKB_JSON_OBJECT && b->kind == RKB_JSON_OBJECT) {
        compare_objects(d, path, a, b);
        return;
    }
    if (a)
        write_value(&d->arena, a, &x);
    if (b)
        write_value(&d->arena, b, &y);
    equal = a && b && rkb_sv_eq(rkb_buf_view(&x), rkb_buf_view(&y));
    rkb_buf_release(&x);
    rkb_buf_release(&y);
    if (equal)
        return;
    if (d->out->len > d->start)
        rkb_buf_text(d->out, "; ");
    rkb_buf_printf(d->out, "%s: ", path);
    say_value(d, a);
    rkb_buf_text(d->out, " -> ");
    say_value(d, b);
}

enum rkb_status rkb_manifest_diff(rkb_sv a, rkb_sv b, struct rkb_buf *out,
                                  struct rkb_err *err)
{
    struct diff d = { .out = out, .start = out->len };
    const struct rkb_json *x, *y;
    enum rkb_status rc = rkb_json_parse(&d.arena, a, &x, err);

    if (!rc)
        rc = rkb_json_parse(&d.arena, b, &y, err);
    if (!rc)
        compare(&d, "", x, y);
    rkb_arena_release(&d.arena);
    return rc;
}
