/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/template.h"

#include "base/buf.h"
#include "base/opt.h"
#include "harness/llm/blanks.h"

#include <assert.h>
#include <string.h>

enum part {
    P_BOS,
    P_SYSTEM,
    P_USER,
    P_ASSISTANT,
    P_START,
    P_QUERY,
    P_DOCUMENT
};
enum { N_PARTS = P_DOCUMENT + 1 };

/* Which turn a part is for, by role. */
static const enum part by_role[] = {
    [RKB_SYSTEM] = P_SYSTEM,       [RKB_USER] = P_USER,
    [RKB_ASSISTANT] = P_ASSISTANT, [RKB_QUERY] = P_QUERY,
    [RKB_DOCUMENT] = P_DOCUMENT,
};

static const struct part_row {
    const char *name;
    bool required;
    unsigned blanks; /* bit 0: {content}, may and must */
} part_rows[N_PARTS] = {
    [P_BOS] = { "bos", false, 0 },
    [P_SYSTEM] = { "system", false, 1 },
    [P_USER] = { "user", true, 1 },
    [P_ASSISTANT] = { "assistant", true, 1 },
    [P_START] = { "start", true, 0 },
    [P_QUERY] = { "query", false, 1 },
    [P_DOCUMENT] = { "document", false, 1 },
};

static const char *const value_names[] = { "content", NULL };

struct rkb_frame {
    const char *name;
    bool has[N_PARTS];
    struct rkb_blanks parts[N_PARTS];
    rkb_sv bos;
    struct rkb_digest digest;
};

static enum rkb_status unknown_part(const struct rkb_blanks_file *file,
                                    const struct rkb_yaml *y,
                                    struct rkb_err *err)
{
    const char *names[N_PARTS];
    rkb_sv near;

    for (size_t i = 0; i < N_PARTS; i++)
        names[i] = part_rows[i].name;
    near = rkb_nearest(y->key, names, N_PARTS);
    return rkb_fail(
        err, RKB_E_USAGE, "%s:%zu: unknown part '%.*s' of a frame%s%.*s%s",
        file->name, y->key_line, y->key.len > 60 ? 60 : (int)y->key.len,
        y->key.at, near.len ? " (did you mean '" : "", (int)near.len,
        near.len ? near.at : "", near.len ? "'?)" : "");
}

static enum rkb_status load(struct rkb_arena *a,
                            const struct rkb_blanks_file *file,
                            const struct rkb_yaml *root, struct rkb_frame *out,
                            struct rkb_err *err)
{
    for (const struct rkb_yaml *y = root->child; y; y = y->next) {
        enum rkb_status rc;
        size_t i = 0;

        while (i < N_PARTS && !rkb_sv_is(y->key, part_rows[i].name))
            i++;
        if (i == N_PARTS)
            return unknown_part(file, y, err);
        rc = rkb_blanks_parse(a, file, y, part_rows[i].blanks,
                              part_rows[i].blanks, &out->parts[i], err);
        if (rc)
            return rc;
        out->has[i] = true;
        if (i == P_BOS)
            out->bos = y->text;
    }
    for (size_t i = 0; i < N_PARTS; i++)
        if (part_rows[i].required && !out->has[i])
            return rkb_fail(err, RKB_E_USAGE, "%s:%zu: no '%s'", file->name,
                            root->line, part_rows[i].name);
    return RKB_OK;
}

static struct rkb_digest digest_of(const struct rkb_yaml *root)
{
    struct rkb_hasher *h = rkb_hasher_new();

    for (size_t i = 0; i < N_PARTS; i++) {
        const struct rkb_yaml *y = rkb_yaml_get(root, part_rows[i].name);

        if (!y)
            continue;
        rkb_hasher_field(h, y->key);
        rkb_hasher_field(h, y->text);
    }
    return rkb_hasher_done(h);
}

enum rkb_status rkb_frame_parse(struct rkb_arena *a, const char *name,
                                rkb_sv text, struct rkb_frame **out,
                                struct rkb_err *err)
{
    const struct rkb_blanks_file file = { name, text, value_names, 1 };
    struct rkb_frame *f = rkb_arena_new(a, 1, sizeof(*f));
    const struct rkb_yaml *root;
    enum rkb_status rc;

    *out = NULL;
    rc = rkb_blanks_load(a, &file, &root, err);
    if (!rc)
        rc = load(a, &file, root, f, err);
    if (rc)
        return rc;
    f->name = rkb_arena_cstr(a, rkb_sv_of(name));
    f->digest = digest_of(root);
    *out = f;
    return RKB_OK;
}

enum rkb_status rkb_frame_open(struct rkb_arena *a, const char *path,
                               struct rkb_frame **out, struct rkb_err *err)
{
    enum rkb_status rc;
    rkb_sv text;

    *out = NULL;
    rc = rkb_blanks_open(a, path, "frame-", &text, err);
    return rc ? rc : rkb_frame_parse(a, path, text, out, err);
}

enum rkb_status rkb_frame_check(const struct rkb_frame *f,
                                const struct rkb_template *t,
                                struct rkb_err *err)
{
    if (rkb_template_has_roles(t) &&
        !(f->has[P_QUERY] && f->has[P_DOCUMENT] && f->has[P_SYSTEM]))
        return rkb_fail(err, RKB_E_USAGE,
                        "%s: the template's turns are system, query and "
                        "document, and this frame has not all of them",
                        f->name);
    return RKB_OK;
}

struct rkb_digest rkb_frame_digest(const struct rkb_frame *f)
{
    return f->digest;
}

rkb_sv rkb_frame_bos(const struct rkb_frame *f)
{
    return f->bos;
}

static void add_turn(const struct rkb_frame *f, struct rkb_buf *out,
                     enum part part, rkb_sv text)
{
    assert(f->has[part]);
    rkb_blanks_fill(&f->parts[part], &text, out);
}

/* A model without system turns gets that text before the user's. */
static void add_user(const struct rkb_frame *f, struct rkb_buf *out,
                     rkb_sv *system, rkb_sv text)
{
    struct rkb_buf joined = { 0 };

    if (!system->len) {
        add_turn(f, out, P_USER, text);
        return;
    }
    rkb_buf_sv(&joined, *system);
    rkb_buf_text(&joined, "\n\n");
    rkb_buf_sv(&joined, text);
    add_turn(f, out, P_USER, rkb_buf_view(&joined));
    rkb_buf_release(&joined);
    *system = (rkb_sv){ 0 };
}

rkb_sv rkb_frame_render(const struct rkb_frame *f, struct rkb_arena *a,
                        const struct rkb_turn *turns, size_t n_turns,
                        rkb_sv prefill)
{
    struct rkb_buf out = { 0 };
    rkb_sv system = { 0 }, text;

    rkb_buf_sv(&out, f->bos);
    for (size_t i = 0; i < n_turns; i++) {
        const struct rkb_turn *turn = &turns[i];

        if (turn->role == RKB_SYSTEM && !f->has[P_SYSTEM])
            system = turn->text;
        else if (turn->role == RKB_USER)
            add_user(f, &out, &system, turn->text);
        else if (turn->role != RKB_ASSISTANT || i + 1 < n_turns)
            add_turn(f, &out, by_role[turn->role], turn->text);
    }
    rkb_blanks_fill(&f->parts[P_START], NULL, &out);
    if (n_turns && turns[n_turns - 1].role == RKB_ASSISTANT)
        rkb_buf_sv(&out, turns[n_turns - 1].text);
    rkb_buf_sv(&out, prefill);
    text = rkb_arena_copy(a, rkb_buf_view(&out));
    rkb_buf_release(&out);
    return text;
}
