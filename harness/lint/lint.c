/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/lint/lint.h"

#include "base/io/file.h"
#include "base/mem.h"
#include "base/sort.h"
#include "datasets/format.h"
#include "datasets/record.h"
#include "harness/lint/lint_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct rkb_lint_code rkb_lint_codes[RKB_LINT_N] = {
#define RKB_LINT(id, name, severity, effect) \
    { name, effect, RKB_LINT_##severity },
#include "harness/lint/codes.def"
#undef RKB_LINT
};

const char *rkb_severity_name(enum rkb_severity severity)
{
    static const char *const names[] = { "error", "warning", "note" };

    return names[severity];
}

void rkb_lint_report_release(struct rkb_lint_report *r)
{
    rkb_free(r->findings);
    rkb_arena_release(&r->arena);
    *r = (struct rkb_lint_report){ 0 };
}

/* ---- findings --------------------------------------------------------------- */

static void put(struct rkb_lint *l, uint32_t file, enum rkb_lint_id code,
                size_t line, const char *text, size_t n)
{
    struct rkb_lint_report *r = l->report;

    r->findings = rkb_grow(r->findings, &r->cap, r->n + 1, sizeof *r->findings);
    r->findings[r->n++] = (struct rkb_finding){
        .file = l->files[file].name,
        .line = line,
        .code = code,
        .text = rkb_arena_cstr(&r->arena, rkb_sv_of(text)),
        .n = n,
    };
}

static void tell(struct rkb_lint *l, uint32_t file, enum rkb_lint_id code,
                 size_t line, const char *fmt, va_list args) RKB_PRINTF(5, 0);
static void tell(struct rkb_lint *l, uint32_t file, enum rkb_lint_id code,
                 size_t line, const char *fmt, va_list args)
{
    char text[512];
    int n;

    l->report->counts[rkb_lint_codes[code].severity]++;
    if (l->files[file].count[code]++ >= l->want->most)
        return;
    n = vsnprintf(text, sizeof text, fmt, args);
    rkb_printable(text, n >= (int)sizeof text);
    put(l, file, code, line, text, 1);
}

void rkb_lint_at(struct rkb_lint *l, enum rkb_lint_id code, size_t line,
                 const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    tell(l, l->file, code, line, fmt, args);
    va_end(args);
}

void rkb_lint_in(struct rkb_lint *l, uint32_t file, enum rkb_lint_id code,
                 size_t line, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    tell(l, file, code, line, fmt, args);
    va_end(args);
}

static size_t file_index(const struct rkb_lint *l, const char *name)
{
    size_t i = 0;

    while (l->files[i].name != name)
        i++;
    return i;
}

static int by_place(const void *a, const void *b, void *ctx)
{
    const struct rkb_lint *l = ctx;
    const struct rkb_finding *x = a, *y = b;
    size_t fx = file_index(l, x->file), fy = file_index(l, y->file);
    size_t lx = x->line - 1, ly = y->line - 1; /* 0 becomes the largest */

    if (fx != fy)
        return fx < fy ? -1 : 1;
    return (lx > ly) - (lx < ly);
}

static void finish(struct rkb_lint *l)
{
    char text[64];

    for (uint32_t f = 0; f < l->n_files; f++)
        for (int c = 0; c < RKB_LINT_N; c++) {
            size_t n = l->files[f].count[c];

            if (n <= l->want->most)
                continue;
            n -= l->want->most;
            snprintf(text, sizeof text, "%zu more of this kind", n);
            put(l, f, (enum rkb_lint_id)c, 0, text, n);
        }
    rkb_sort(l->report->findings, l->report->n, sizeof *l->report->findings,
             by_place, l);
    rkb_arena_release(&l->scratch);
    rkb_free(l->files);
    rkb_lint_ids_release(&l->judged);
    rkb_lint_ids_release(&l->docs);
    rkb_lint_ids_release(&l->texts);
    rkb_free(l->queries);
    rkb_free(l->judgments);
    rkb_free(l->doc);
    rkb_free(l->texts_line);
    rkb_free(l->versions);
    rkb_lint_set_release(&l->pairs);
    rkb_lint_set_release(&l->excluded);
}

/* ---- inputs ----------------------------------------------------------------- */

struct part { /* one file to walk */
    const char *path;
    struct rkb_tree *tree; /* NULL: a file of its own */
    const char *member;
    enum rkb_lint_role role;
    const struct rkb_lint_kind *kind;
    uint32_t file;
    bool bom;
    int stage;
};

struct parts {
    struct rkb_arena arena;
    struct part *at;
    size_t n, cap;
    struct rkb_tree **trees;
    size_t n_trees, trees_cap;
};

static void add_part(struct rkb_lint *l, struct parts *p, struct part part)
{
    const char *name =
        part.member ? rkb_arena_printf(&l->report->arena, "%s:%s", part.path,
                                       part.member)
                    : rkb_arena_cstr(&l->report->arena, rkb_sv_of(part.path));

    l->files =
        rkb_grow(l->files, &l->files_cap, l->n_files + 1, sizeof *l->files);
    memset(&l->files[l->n_files], 0, sizeof *l->files);
    l->files[l->n_files].name = name;
    part.file = (uint32_t)l->n_files++;
    p->at = rkb_grow(p->at, &p->cap, p->n + 1, sizeof *p->at);
    p->at[p->n++] = part;
}

/* What folders and archives of data sets hold. %s is the split. */
static const struct {
    const char *name;
    enum rkb_lint_role role;
} members[] = {
    { "queries.jsonl", RKB_ROLE_QUERIES },
    { "query.jsonl", RKB_ROLE_QUERIES },
    { "queries.tsv", RKB_ROLE_QUERIES },
    { "topics.tsv", RKB_ROLE_QUERIES },
    { "queries.%s.tsv", RKB_ROLE_QUERIES },
    { "qrels/%s.tsv", RKB_ROLE_QRELS },
    { "qrels.jsonl", RKB_ROLE_QRELS },
    { "qrels.txt", RKB_ROLE_QRELS },
    { "qrels.tsv", RKB_ROLE_QRELS },
    { "qrels.%s.tsv", RKB_ROLE_QRELS },
    { "corpus.jsonl", RKB_ROLE_CORPUS },
    { "collection.tsv", RKB_ROLE_CORPUS },
    { "corpus.tsv", RKB_ROLE_CORPUS },
    { "examples/%s.jsonl", RKB_ROLE_QUERIES },
    { "documents/%s.jsonl", RKB_ROLE_CORPUS },
};

/* "qrels/%s.tsv" with the split put in. */
static const char *member_name(struct rkb_arena *a, const char *pattern,
                               const char *split)
{
    const char *percent = strstr(pattern, "%s");

    return percent ? rkb_arena_printf(a, "%.*s%s%s", (int)(percent - pattern),
                                      pattern, split, percent + 2)
                   : pattern;
}

static enum rkb_status add_tree(struct rkb_lint *l, struct parts *p,
                                const char *path, const char *split,
                                enum rkb_lint_role role, struct rkb_err *err)
{
    static const char *const endings[] = { "", ".gz", ".zst" };
    struct rkb_tree *tree;
    size_t n = 0;
    enum rkb_status rc = rkb_tree_open(&tree, path, err);

    if (rc)
        return rc;
    p->trees =
        rkb_grow(p->trees, &p->trees_cap, p->n_trees + 1, sizeof(*p->trees));
    p->trees[p->n_trees++] = tree;
    for (size_t i = 0; i < RKB_COUNT(members); i++)
        for (size_t k = 0; k < RKB_COUNT(endings); k++) {
            const char *name = rkb_arena_printf(
                &p->arena, "%s%s",
                member_name(&p->arena, members[i].name, split), endings[k]);

            if ((role != RKB_ROLE_ANY && role != members[i].role) ||
                !rkb_tree_has(tree, name))
                continue;
            add_part(l, p,
                     (struct part){ .path = path,
                                    .tree = tree,
                                    .member = name,
                                    .role = members[i].role });
            n++;
        }
    if (!n)
        return rkb_fail(err, RKB_E_DATA,
                        "no file of a data set in '%s' (split '%s')", path,
                        split);
    return RKB_OK;
}

static const struct {
    const char *name;
    enum rkb_lint_role role;
} roles[] = {
    { "qrels", RKB_ROLE_QRELS },   { "queries", RKB_ROLE_QUERIES },
    { "corpus", RKB_ROLE_CORPUS }, { "run", RKB_ROLE_RUN },
    { "plan", RKB_ROLE_PLAN },
};

/* Takes KIND: from the front of the spec. */
static void take_prefix(struct part *p, const char **spec)
{
    const char *colon = strchr(*spec, ':');
    rkb_sv word;

    if (!colon)
        return;
    word = (rkb_sv){ *spec, (size_t)(colon - *spec) };
    for (size_t i = 0; i < RKB_COUNT(roles); i++)
        if (rkb_sv_is(word, roles[i].name)) {
            p->role = roles[i].role;
            *spec = colon + 1;
            return;
        }
    p->kind = rkb_lint_kind_find(word);
    if (!p->kind)
        return;
    *spec = colon + 1;
    if (p->kind->role == RKB_ROLE_ANY && p->role != RKB_ROLE_ANY)
        p->kind = rkb_lint_kind_as(p->kind, p->role);
    else
        p->role = p->kind->role;
}

static enum rkb_status open_part(const struct part *p, struct rkb_stream **out,
                                 struct rkb_err *err)
{
    return p->tree ? rkb_tree_stream(p->tree, p->member, out, err)
                   : rkb_stream_open_ahead(out, p->path, err);
}

static bool is_archive(rkb_sv head)
{
    return rkb_sv_starts(head, "PK\3\4") ||
           (head.len > 262 && memcmp(head.at + 257, "ustar", 5) == 0);
}

static enum rkb_status head_of(struct rkb_arena *a, struct rkb_stream *s,
                               rkb_sv *head, struct rkb_err *err)
{
    char *at = rkb_arena_new(a, RKB_HEAD_BYTES, 1);
    size_t len = 0, got = 1;
    enum rkb_status rc = RKB_OK;

    while (!rc && got && len < RKB_HEAD_BYTES) {
        rc = rkb_stream_read(s, at + len, RKB_HEAD_BYTES - len, &got, err);
        len += rc ? 0 : got;
    }
    *head = (rkb_sv){ at, len };
    return rc;
}

static enum rkb_status add_input(struct rkb_lint *l, struct parts *p,
                                 const struct rkb_lint_input *in,
                                 struct rkb_err *err)
{
    const struct rkb_preset *preset = l->want->preset;
    struct part part = { .role = in->role };
    const struct rkb_input_format *format;
    const char *spec = in->spec, *path, *split;
    struct rkb_stream *s;
    rkb_sv head = { 0 };
    enum rkb_status rc;

    take_prefix(&part, &spec);
    rc = rkb_format_spec(&p->arena, in->spec, &format, &path, &split, err);
    if (!rc && !format)
        rc = rkb_format_spec(&p->arena, spec, &format, &path, &split, err);
    if (rc)
        return rc;
    if (!split)
        split = l->want->split            ? l->want->split
                : preset && preset->split ? preset->split
                                          : "test";
    part.path = path;
    if (rkb_file_is_folder(path))
        return add_tree(l, p, path, split, part.role, err);
    rc = open_part(&part, &s, err);
    if (rc)
        return rc;
    if (!rkb_sv_is(rkb_sv_of(path), "-") &&
        head_of(&p->arena, s, &head, err) == RKB_OK && is_archive(head)) {
        rkb_stream_close(s);
        return add_tree(l, p, path, split, part.role, err);
    }
    rkb_stream_close(s);
    add_part(l, p, part);
    return RKB_OK;
}

/* ---- walking ---------------------------------------------------------------- */

static const char *foreign_name(const struct part *p, struct rkb_err *err)
{
    const char *name = NULL;

    if (p->tree || rkb_format_guess(p->path, &name, err))
        return NULL;
    return name;
}

/* Decides what a part is; false, and told, when it cannot be walked. */
static bool settle(struct rkb_lint *l, struct parts *all, struct part *p)
{
    static const char *const wanted[] = { "any",    "judgments", "queries",
                                          "corpus", "a ranking", "a plan" };
    struct rkb_err err = { 0 };
    const char *other = NULL, *foreign;
    struct rkb_stream *s = NULL;
    rkb_sv head = { 0 };

    l->file = p->file;
    if (p->kind && rkb_sv_is(rkb_sv_of(p->path), "-"))
        return true;
    if (open_part(p, &s, &err) || head_of(&all->arena, s, &head, &err)) {
        rkb_stream_close(s);
        rkb_lint_at(l, RKB_LINT_BROKEN, 0, "%s", err.msg);
        return false;
    }
    rkb_stream_close(s);
    if (!head.len) {
        rkb_lint_at(l, RKB_LINT_BROKEN, 0, "the file is empty");
        return false;
    }
    if (rkb_sv_starts(head, "\xef\xbb\xbf")) {
        rkb_lint_at(l, RKB_LINT_BOM, 1, "a byte order mark at the start");
        head.at += 3;
        head.len -= 3;
    }
    if (p->kind)
        return true;
    p->kind = rkb_lint_recognise(head, p->role, &other);
    if (p->kind) {
        if (p->role == RKB_ROLE_ANY)
            p->role = p->kind->role;
        return true;
    }
    foreign = foreign_name(p, &err);
    rkb_lint_at(l, RKB_LINT_KIND, 0, "looks like %s%s%s",
                foreign ? foreign
                : other ? other
                        : "nothing that is known",
                p->role ? ", wanted is " : "; name it as KIND:PATH",
                p->role ? wanted[p->role] : "");
    return false;
}

/* Judgments first, then what is looked up in them; a corpus last, when all
 * the ids that it should have are known. */
static int stage_of(const struct part *p)
{
    static const int stages[] = {
        [RKB_ROLE_QRELS] = 0,  [RKB_ROLE_QUERIES] = 1, [RKB_ROLE_RUN] = 2,
        [RKB_ROLE_CORPUS] = 3, [RKB_ROLE_ANY] = 4,     [RKB_ROLE_PLAN] = 5
    };

    return stages[p->role];
}

static void walk_parts(struct rkb_lint *l, struct parts *p)
{
    struct rkb_err err = { 0 };

    for (size_t i = 0; i < p->n; i++) {
        struct part *part = &p->at[i];

        part->stage = settle(l, p, part) ? stage_of(part) : -1;
        l->n_qrels += part->stage == 0;
        l->n_queries_files += part->stage == 1;
        l->n_corpora += part->stage == 3;
    }
    for (int stage = 0; stage <= 5; stage++)
        for (size_t i = 0; i < p->n; i++) {
            struct rkb_stream *s;

            if (p->at[i].stage != stage)
                continue;
            l->file = p->at[i].file;
            if (open_part(&p->at[i], &s, &err))
                rkb_lint_at(l, RKB_LINT_BROKEN, 0, "%s", err.msg);
            else
                p->at[i].kind->walk(l, s);
        }
    rkb_lint_cross(l);
}

enum rkb_status rkb_lint(const struct rkb_lint_want *want,
                         struct rkb_lint_report *out, struct rkb_err *err)
{
    struct rkb_lint l = { .report = out, .want = want };
    struct parts p = { 0 };
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < want->n_inputs && !rc; i++)
        rc = add_input(&l, &p, &want->inputs[i], err);
    if (!rc)
        walk_parts(&l, &p);
    for (size_t i = 0; i < p.n_trees; i++)
        rkb_tree_close(p.trees[i]);
    rkb_free((void *)p.trees);
    rkb_free(p.at);
    rkb_arena_release(&p.arena);
    finish(&l);
    return rc;
}

void rkb_lint_memory(rkb_sv kind, rkb_sv text, struct rkb_lint_report *out)
{
    const struct rkb_lint_want want = { .most = 5 };
    struct rkb_lint l = { .report = out, .want = &want };
    const struct rkb_lint_kind *k = rkb_lint_kind_find(kind);
    struct parts p = { 0 };
    struct rkb_stream *s;

    add_part(&l, &p, (struct part){ .path = "<memory>" });
    l.n_qrels = k && k->role == RKB_ROLE_QRELS;
    rkb_stream_from_memory(&s, text.at, text.len);
    if (k)
        k->walk(&l, s);
    else
        rkb_stream_close(s);
    rkb_free(p.at);
    finish(&l);
}
