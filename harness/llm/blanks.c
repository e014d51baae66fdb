/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/blanks.h"

#include "base/embed.h"
#include "base/io/file.h"
#include "base/opt.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NAMES = 32, BUILTINS = 64, SHOWN = 60 };

/* ---- messages ------------------------------------------------------------ */

/* The line of `what` in the source, from the line of the key on: the value may
 * be folded, so its own newlines tell nothing. */
static size_t line_of(const struct rkb_blanks_file *f, const struct rkb_yaml *y,
                      rkb_sv what)
{
    rkb_sv rest = f->source, line;
    size_t n = 0;

    while (rkb_sv_split(&rest, '\n', &line)) {
        n++;
        if (n >= y->key_line && what.len &&
            memmem(line.at, line.len, what.at, what.len))
            return n;
    }
    return y->line;
}

static int shown(rkb_sv text)
{
    return text.len > SHOWN ? SHOWN : (int)text.len;
}

static enum rkb_status fault(const struct rkb_blanks_file *f,
                             const struct rkb_yaml *y, rkb_sv what,
                             const char *why, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE, "%s:%zu: '%.*s' in '%.*s': %s", f->name,
                    line_of(f, y, what), shown(what), what.at, shown(y->key),
                    y->key.at, why);
}

static enum rkb_status unknown(const struct rkb_blanks_file *f,
                               const struct rkb_yaml *y, rkb_sv what,
                               rkb_sv name, unsigned may, struct rkb_err *err)
{
    const char *near[MAX_NAMES];
    char why[128];
    rkb_sv best;
    size_t n = 0;

    for (size_t i = 0; i < f->n_names; i++)
        if (may >> i & 1)
            near[n++] = f->names[i];
    best = rkb_nearest(name, near, n);
    if (best.len)
        snprintf(why, sizeof(why),
                 "no value has this name (did you mean {%.*s}?)", (int)best.len,
                 best.at);
    else
        snprintf(why, sizeof(why),
                 n ? "no value has this name"
                   : "no values are there in this part");
    return fault(f, y, what, why, err);
}

/* ---- reading ------------------------------------------------------------- */

enum rkb_status rkb_blanks_load(struct rkb_arena *a,
                                const struct rkb_blanks_file *f,
                                const struct rkb_yaml **root,
                                struct rkb_err *err)
{
    if (f->source.len > RKB_TEMPLATE_BYTES)
        return rkb_fail(err, RKB_E_LIMIT, "%s: longer than %zu bytes", f->name,
                        RKB_TEMPLATE_BYTES);
    if (rkb_yaml_parse(a, f->source, root, err))
        return rkb_wrap(err, "%s", f->name);
    if ((*root)->kind != RKB_YAML_MAP)
        return rkb_fail(err, RKB_E_USAGE, "%s:%zu: not a map of texts", f->name,
                        (*root)->line);
    for (const struct rkb_yaml *y = (*root)->child; y; y = y->next)
        if (y->kind != RKB_YAML_SCALAR)
            return rkb_fail(err, RKB_E_USAGE, "%s:%zu: '%.*s' is not a text",
                            f->name, y->key_line, shown(y->key), y->key.at);
    return RKB_OK;
}

struct reader {
    struct rkb_piece *pieces;
    size_t n;
    rkb_sv text;
    size_t plain; /* where the text under way begins */
};

static void put(struct reader *r, size_t from, size_t to, size_t value)
{
    if (to > from)
        r->pieces[r->n++] =
            (struct rkb_piece){ { r->text.at + from, to - from }, value };
}

/* A view for messages: from a brace to the end of its line or name. */
static rkb_sv around(rkb_sv text, size_t at)
{
    size_t n = 1;

    while (at + n < text.len && n < SHOWN && text.at[at + n] != '\n' &&
           text.at[at + n] != '{' && text.at[at + n - 1] != '}')
        n++;
    return (rkb_sv){ text.at + at, n };
}

static size_t find_name(const struct rkb_blanks_file *f, rkb_sv name,
                        unsigned may)
{
    for (size_t i = 0; i < f->n_names; i++)
        if ((may >> i & 1) && rkb_sv_is(name, f->names[i]))
            return i;
    return SIZE_MAX;
}

/* One brace at *i, which moves behind what it opens. */
static enum rkb_status read_brace(struct reader *r,
                                  const struct rkb_blanks_file *f,
                                  const struct rkb_yaml *y, unsigned may,
                                  size_t *i, struct rkb_err *err)
{
    rkb_sv text = r->text;
    size_t at = *i, value;
    const char *end;
    rkb_sv name;

    put(r, r->plain, at, SIZE_MAX);
    if (at + 1 < text.len && text.at[at + 1] == text.at[at]) {
        r->plain = at + 1; /* the second of the two is the brace itself */
        *i = at + 2;
        return RKB_OK;
    }
    if (text.at[at] == '}')
        return fault(f, y, around(text, at),
                     "a brace that closes nothing; '}}' is a brace", err);
    end = memchr(text.at + at, '}', text.len - at);
    if (!end)
        return fault(f, y, around(text, at),
                     "a brace that is not closed; '{{' is a brace", err);
    name = (rkb_sv){ text.at + at + 1, (size_t)(end - text.at) - at - 1 };
    value = find_name(f, name, may);
    if (value == SIZE_MAX)
        return unknown(f, y, around(text, at), name, may, err);
    put(r, at + 1, at + 1 + name.len, value);
    *i = at + name.len + 2;
    r->plain = *i;
    return RKB_OK;
}

enum rkb_status rkb_blanks_parse(struct rkb_arena *a,
                                 const struct rkb_blanks_file *f,
                                 const struct rkb_yaml *y, unsigned may,
                                 unsigned needs, struct rkb_blanks *out,
                                 struct rkb_err *err)
{
    struct reader r = { .text = y->text };
    size_t n_braces = 0, i = 0;
    enum rkb_status rc;

    assert(f->n_names <= MAX_NAMES);
    for (size_t k = 0; k < y->text.len; k++)
        n_braces += y->text.at[k] == '{' || y->text.at[k] == '}';
    r.pieces = rkb_arena_new(a, 2 * n_braces + 1, sizeof(*r.pieces));
    while (i < y->text.len) {
        if (y->text.at[i] != '{' && y->text.at[i] != '}') {
            i++;
            continue;
        }
        rc = read_brace(&r, f, y, may, &i, err);
        if (rc)
            return rc;
    }
    put(&r, r.plain, y->text.len, SIZE_MAX);
    *out = (struct rkb_blanks){ .pieces = r.pieces, .n = r.n };
    for (size_t k = 0; k < r.n; k++)
        if (r.pieces[k].value != SIZE_MAX)
            out->used |= 1u << r.pieces[k].value;
    for (size_t k = 0; k < f->n_names; k++)
        if ((needs & ~out->used) >> k & 1)
            return rkb_fail(err, RKB_E_USAGE, "%s:%zu: '%.*s' has no {%s}",
                            f->name, y->key_line, shown(y->key), y->key.at,
                            f->names[k]);
    return RKB_OK;
}

void rkb_blanks_fill(const struct rkb_blanks *b, const rkb_sv *values,
                     struct rkb_buf *out)
{
    for (size_t i = 0; i < b->n; i++)
        rkb_buf_sv(out, b->pieces[i].value == SIZE_MAX
                            ? b->pieces[i].text
                            : values[b->pieces[i].value]);
}

/* ---- files --------------------------------------------------------------- */

/* NAME of an embedded file, or the empty view. */
static rkb_sv builtin_name(const struct rkb_embed *e, const char *prefix)
{
    rkb_sv path = rkb_sv_of(e->path);
    size_t n = strlen(RKB_TEMPLATE_FOLDER);

    if (!rkb_sv_starts(path, RKB_TEMPLATE_FOLDER) ||
        !rkb_sv_ends(path, ".yaml"))
        return (rkb_sv){ 0 };
    path = (rkb_sv){ path.at + n, path.len - n - strlen(".yaml") };
    if (!rkb_sv_starts(path, prefix) ||
        (!*prefix && rkb_sv_starts(path, "frame-")))
        return (rkb_sv){ 0 };
    return (rkb_sv){ path.at + strlen(prefix), path.len - strlen(prefix) };
}

static enum rkb_status open_builtin(struct rkb_arena *a, rkb_sv name,
                                    const char *prefix, rkb_sv *text,
                                    struct rkb_err *err)
{
    const char *names[BUILTINS];
    rkb_sv best;
    size_t n = 0;

    for (const struct rkb_embed *e = rkb_embeds; e->path; e++) {
        rkb_sv own = builtin_name(e, prefix);

        if (!own.len)
            continue;
        if (rkb_sv_eq(own, name)) {
            *text = (rkb_sv){ (const char *)e->data, e->len };
            return RKB_OK;
        }
        if (n < BUILTINS)
            names[n++] = rkb_arena_cstr(a, own);
    }
    best = rkb_nearest(name, names, n);
    if (best.len)
        return rkb_fail(err, RKB_E_USAGE,
                        "no built-in %s '%.*s' (did you mean '%.*s'?)",
                        *prefix ? "frame" : "template", shown(name), name.at,
                        (int)best.len, best.at);
    return rkb_fail(err, RKB_E_USAGE, "no built-in %s '%.*s'",
                    *prefix ? "frame" : "template", shown(name), name.at);
}

enum rkb_status rkb_blanks_open(struct rkb_arena *a, const char *path,
                                const char *prefix, rkb_sv *text,
                                struct rkb_err *err)
{
    rkb_sv name = rkb_sv_of(path);

    if (!rkb_sv_starts(name, "builtin:"))
        return rkb_file_read(a, path, RKB_TEMPLATE_BYTES, text, err);
    name.at += strlen("builtin:");
    name.len -= strlen("builtin:");
    return open_builtin(a, name, prefix, text, err);
}
