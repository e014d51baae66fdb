/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/io/json.h"
#include "base/io/proc.h"
#include "base/mem.h"

#include <string.h>

struct words {
    struct rkb_arena *arena;
    const char **argv; /* [n], in the arena */
    size_t n, cap;
};

static void add(struct words *w, rkb_sv word)
{
    if (w->n + 1 >= w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 8;
        const char **argv = rkb_arena_new(w->arena, cap, sizeof(*argv));

        for (size_t i = 0; i < w->n; i++)
            argv[i] = w->argv[i];
        w->argv = argv;
        w->cap = cap;
    }
    w->argv[w->n++] = rkb_arena_cstr(w->arena, word);
}

static enum rkb_status from_json(struct words *w, rkb_sv command,
                                 struct rkb_err *err)
{
    const struct rkb_json *list;
    enum rkb_status rc = rkb_json_parse(w->arena, command, &list, err);

    if (rc)
        return rkb_fail(err, RKB_E_USAGE, "command: %s", err->msg);
    for (const struct rkb_json *j = list->child; j; j = j->next) {
        if (j->kind != RKB_JSON_STRING)
            return rkb_fail(err, RKB_E_USAGE,
                            "command: word %zu is not a string", w->n + 1);
        if (j->text.len && memchr(j->text.at, '\0', j->text.len))
            return rkb_fail(err, RKB_E_USAGE, "command: word %zu has a NUL",
                            w->n + 1);
        add(w, j->text);
    }
    return RKB_OK;
}

static bool is_blank(char c)
{
    return rkb_sv_trim((rkb_sv){ &c, 1 }).len == 0;
}

/* From the quote at *i to behind its end; false when it has none. */
static bool quoted(rkb_sv c, size_t *i, struct rkb_buf *word)
{
    char quote = c.at[(*i)++];

    for (; *i < c.len && c.at[*i] != quote; ++*i) {
        bool escape = quote == '"' && c.at[*i] == '\\' && *i + 1 < c.len &&
                      (c.at[*i + 1] == '"' || c.at[*i + 1] == '\\');

        *i += escape;
        rkb_buf_char(word, c.at[*i]);
    }
    return (*i)++ < c.len;
}

static enum rkb_status from_text(struct words *w, rkb_sv c,
                                 struct rkb_buf *word, struct rkb_err *err)
{
    bool in_word = false;

    for (size_t i = 0; i < c.len;) {
        size_t start = i;

        if (is_blank(c.at[i])) {
            if (in_word)
                add(w, rkb_buf_view(word));
            rkb_buf_reset(word);
            in_word = false;
            i++;
            continue;
        }
        in_word = true;
        if (c.at[i] == '\'' || c.at[i] == '"') {
            if (!quoted(c, &i, word))
                return rkb_fail(err, RKB_E_USAGE,
                                "command: the quote at column %zu has no end",
                                start + 1);
            continue;
        }
        if (c.at[i] == '\\' && ++i == c.len)
            return rkb_fail(err, RKB_E_USAGE, "command ends with a backslash");
        rkb_buf_char(word, c.at[i++]);
    }
    if (in_word)
        add(w, rkb_buf_view(word));
    return RKB_OK;
}

enum rkb_status rkb_proc_words(struct rkb_arena *a, rkb_sv command,
                               const char *const **argv, struct rkb_err *err)
{
    struct words w = { .arena = a };
    struct rkb_buf word = { 0 };
    enum rkb_status rc;

    command = rkb_sv_trim(command);
    if (command.len && memchr(command.at, '\0', command.len))
        return rkb_fail(err, RKB_E_USAGE, "command has a NUL byte");
    rc = rkb_sv_starts(command, "[") ? from_json(&w, command, err)
                                     : from_text(&w, command, &word, err);
    rkb_buf_release(&word);
    if (rc)
        return rc;
    if (!w.n || !w.argv[0][0])
        return rkb_fail(err, RKB_E_USAGE, "command names no program");
    *argv = w.argv;
    return RKB_OK;
}
