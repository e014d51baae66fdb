/* SPDX-License-Identifier: Apache-2.0 */
/* What formats ask of an input. */
#include "datasets/record.h"

#include <string.h>

enum rkb_status rkb_input_file(const struct rkb_input *in,
                               struct rkb_stream **out, struct rkb_err *err)
{
    if (in->tree)
        return rkb_fail(err, RKB_E_DATA,
                        "'%s' is a folder or archive, not a file", in->path);
    return rkb_stream_open_ahead(out, in->path, err);
}

enum rkb_status rkb_input_member(const struct rkb_input *in, const char *name,
                                 struct rkb_stream **out, struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    enum rkb_status rc;

    if (!in->tree)
        return rkb_fail(err, RKB_E_DATA, "'%s' is not a folder or archive",
                        in->path);
    rc = rkb_tree_stream(
        in->tree, rkb_arena_printf(&a, "%s%s", in->under, name), out, err);
    rkb_arena_release(&a);
    return rc;
}

static const char *const endings[] = { "", ".gz", ".zst" };

bool rkb_input_has(const struct rkb_input *in, const char *name)
{
    struct rkb_arena a = { 0 };
    bool found = false;

    for (size_t i = 0; !found && in->tree && i < RKB_COUNT(endings); i++)
        found = rkb_tree_has(in->tree, rkb_arena_printf(&a, "%s%s%s", in->under,
                                                        name, endings[i]));
    rkb_arena_release(&a);
    return found;
}

/* What stands between the two, or the empty view. */
static rkb_sv between(rkb_sv name, const char *prefix, const char *suffix)
{
    if (!rkb_sv_starts(name, prefix))
        return (rkb_sv){ 0 };
    name.at += strlen(prefix);
    name.len -= strlen(prefix);
    for (size_t i = 1; i < RKB_COUNT(endings); i++)
        if (rkb_sv_ends(name, endings[i]))
            name.len -= strlen(endings[i]);
    if (!rkb_sv_ends(name, suffix) || memchr(name.at, '/', name.len))
        return (rkb_sv){ 0 };
    name.len -= strlen(suffix);
    return name;
}

char *rkb_input_names(struct rkb_arena *a, const struct rkb_input *in,
                      const char *prefix, const char *suffix, size_t *n)
{
    const char *full = rkb_arena_printf(a, "%s%s", in->under, prefix);
    char *names = NULL;

    *n = 0;
    for (size_t i = 0; in->tree && i < rkb_tree_count(in->tree); i++) {
        rkb_sv name =
            between(rkb_sv_of(rkb_tree_name(in->tree, i)), full, suffix);

        if (name.len == 0)
            continue;
        names = names ? rkb_arena_printf(a, "%s, %.*s", names, (int)name.len,
                                         name.at)
                      : rkb_arena_printf(a, "%.*s", (int)name.len, name.at);
        ++*n;
    }
    return names;
}

bool rkb_head_line(const struct rkb_input *in, rkb_sv *rest, rkb_sv *line)
{
    const char *end;

    if (rest->len == 0)
        return false;
    end = memchr(rest->at, '\n', rest->len);
    if (!end) {
        *line = *rest;
        *rest = (rkb_sv){ rest->at + rest->len, 0 };
        return in->head.len < RKB_HEAD_BYTES || line->at == in->head.at;
    }
    *line = (rkb_sv){ rest->at, (size_t)(end - rest->at) };
    rest->len -= line->len + 1;
    rest->at = end + 1;
    return true;
}

bool rkb_head_all(const struct rkb_input *in, bool (*pass)(rkb_sv line))
{
    rkb_sv rest = in->head, line;
    size_t n = 0;

    while (n < 50 && rkb_head_line(in, &rest, &line)) {
        if (!pass(line))
            return false;
        n++;
    }
    return n > 0;
}
