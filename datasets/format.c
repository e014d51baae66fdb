/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/format.h"

#include "base/io/file.h"
#include "base/opt.h"
#include "datasets/record.h"

#include <string.h>

/* ---- shapes that are known, but read elsewhere or not at all ---------------- */

static bool starts(const struct rkb_input *in, const char *text)
{
    rkb_sv head = rkb_sv_trim(in->head);

    return !in->tree && head.len >= strlen(text) &&
           strncasecmp(head.at, text, strlen(text)) == 0;
}

static bool like_lfs(const struct rkb_input *in)
{
    return starts(in, "version https://git-lfs");
}

static bool like_html(const struct rkb_input *in)
{
    return starts(in, "<!doctype html") || starts(in, "<html");
}

static bool like_parquet(const struct rkb_input *in)
{
    return starts(in, "PAR1");
}

static bool like_sqlite(const struct rkb_input *in)
{
    return starts(in, "SQLite format 3");
}

static bool like_xml(const struct rkb_input *in)
{
    return starts(in, "<?xml");
}

static bool like_history(const struct rkb_input *in)
{
    return !in->tree && in->head.len &&
           memmem(in->head.at, in->head.len, "\"invocations_history\"", 21);
}

/* From the right, because a docid may hold blanks: tag, score, rank. */
static bool run_line(rkb_sv line)
{
    rkb_sv words[3] = { { 0 } }, rest = line, word;
    size_t n = 0;
    int64_t rank;
    double score;

    while ((word = rkb_sv_word(&rest)).len > 0) {
        words[0] = words[1];
        words[1] = words[2];
        words[2] = word;
        n++;
    }
    return n >= 6 && rkb_sv_to_double(words[1], &score) &&
           rkb_sv_to_i64(words[0], INT64_MIN, INT64_MAX, &rank);
}

static bool like_run(const struct rkb_input *in)
{
    return !in->tree && rkb_head_all(in, run_line);
}

static bool like_binary(const struct rkb_input *in)
{
    return !in->tree && in->head.len && memchr(in->head.at, '\0', in->head.len);
}

static const struct {
    const char *name, *says;
    bool (*like)(const struct rkb_input *in);
} foreign[] = {
    { "git-lfs", "a git-lfs pointer, the data itself was not fetched",
      like_lfs },
    { "html", "an HTML page, perhaps a download that failed", like_html },
    { "parquet", "Parquet, but no column is a known id or text", like_parquet },
    { "sqlite", "an SQLite database", like_sqlite },
    { "xml", "XML, but without a '<topic>' near its beginning", like_xml },
    { "rank-llm-history", "a rank_llm history of answers", like_history },
    { "trec-run", "a TREC run", like_run },
    { "binary", "binary data", like_binary },
};

/* ---- opening ---------------------------------------------------------------- */

enum rkb_status rkb_format_spec(struct rkb_arena *a, const char *spec,
                                const struct rkb_input_format **format,
                                const char **path, const char **split,
                                struct rkb_err *err)
{
    const char *colon = strchr(spec, ':');
    const char *last = strrchr(spec, ':');

    *format = NULL;
    *split = NULL;
    *path = spec;
    for (size_t i = 0; colon && rkb_input_formats[i]; i++)
        if (rkb_sv_is((rkb_sv){ spec, (size_t)(colon - spec) },
                      rkb_input_formats[i]->name))
            *format = rkb_input_formats[i];
    if (*format) {
        *path = colon + 1;
        if ((*format)->split && last > colon && last[1] && !strchr(last, '/')) {
            *path =
                rkb_arena_cstr(a, (rkb_sv){ *path, (size_t)(last - *path) });
            *split = last + 1;
        }
    }
    if (!**path)
        return rkb_fail(err, RKB_E_USAGE, "no path in '%s'", spec);
    *path = rkb_path_home(a, *path);
    return RKB_OK;
}

struct opened {
    struct rkb_arena arena;
    struct rkb_input in;
    const struct rkb_input_format *format;
};

static bool is_archive(rkb_sv head)
{
    return rkb_sv_starts(head, "PK\3\4") ||
           (head.len > 262 && memcmp(head.at + 257, "ustar", 5) == 0);
}

static enum rkb_status read_head(struct opened *o, const char *path,
                                 struct rkb_err *err)
{
    char *head = rkb_arena_new(&o->arena, RKB_HEAD_BYTES, 1);
    size_t len = 0, got = 1;
    struct rkb_stream *s;
    enum rkb_status rc = rkb_stream_open(&s, path, err);

    if (rc)
        return rc;
    while (!rc && got && len < RKB_HEAD_BYTES) {
        rc = rkb_stream_read(s, head + len, RKB_HEAD_BYTES - len, &got, err);
        len += got;
    }
    rkb_stream_close(s);
    o->in.head = (rkb_sv){ head, len };
    if (rkb_sv_starts(o->in.head, "\xef\xbb\xbf")) {
        o->in.head.at += 3;
        o->in.head.len -= 3;
    }
    return rc;
}

/* The file there is of PATH and PATH with the ending of an archive, or NULL. */
static const char *archive_at(struct opened *o, const char *path)
{
    static const char *const endings[] = { "",        ".zip", ".tar",
                                           ".tar.gz", ".tgz", ".tar.zst" };

    for (size_t i = 0; i < RKB_COUNT(endings); i++) {
        const char *at = rkb_arena_printf(&o->arena, "%s%s", path, endings[i]);

        if (rkb_file_exists(at))
            return at;
    }
    return NULL;
}

/* PATH as it stands, or else the archive that it leads into: for "x/y/z" the
 * first there is of x/y, x/y.zip, ..., x, x.zip, ..., and what is left in
 * `under`. */
static const char *find(struct opened *o, const char *path)
{
    rkb_sv head = rkb_sv_of(path);

    o->in.under = "";
    if (rkb_file_exists(path) || rkb_sv_is(head, "-"))
        return path;
    while (head.len > 1) {
        const char *at;

        while (head.len && head.at[head.len - 1] != '/')
            head.len--;
        if (head.len < 2)
            break;
        head.len--;
        at = archive_at(o, rkb_arena_cstr(&o->arena, head));
        if (!at)
            continue;
        if (rkb_file_is_folder(at))
            break;
        o->in.under =
            rkb_arena_printf(&o->arena, "%s%s", path + head.len + 1,
                             rkb_sv_ends(rkb_sv_of(path), "/") ? "" : "/");
        return at;
    }
    return path;
}

bool rkb_input_exists(const char *path)
{
    struct opened o = { 0 };
    bool exists = rkb_file_exists(find(&o, path));

    rkb_arena_release(&o.arena);
    return exists;
}

static enum rkb_status open_input(struct opened *o, const char *spec,
                                  const char *split, const char *query_text,
                                  struct rkb_err *err)
{
    const char *own_split;
    enum rkb_status rc = rkb_format_spec(&o->arena, spec, &o->format,
                                         &o->in.path, &own_split, err);

    if (rc)
        return rc;
    o->in.split = own_split ? own_split : split;
    o->in.query_text = query_text;
    o->in.path = find(o, o->in.path);
    if (rkb_sv_is(rkb_sv_of(o->in.path), "-"))
        return o->format ? RKB_OK
                         : rkb_fail(err, RKB_E_USAGE,
                                    "standard input needs its format named: "
                                    "FORMAT:-");
    if (rkb_file_is_folder(o->in.path))
        return rkb_tree_open(&o->in.tree, o->in.path, err);
    rc = read_head(o, o->in.path, err);
    if (rc)
        return rc;
    if (is_archive(o->in.head)) {
        o->in.head = (rkb_sv){ 0 };
        return rkb_tree_open(&o->in.tree, o->in.path, err);
    }
    if (o->in.head.len == 0)
        return rkb_fail(err, RKB_E_DATA, "'%s' is empty", o->in.path);
    if (*o->in.under)
        return rkb_fail(err, RKB_E_IO, "'%s' is not an archive", o->in.path);
    return RKB_OK;
}

static void close_input(struct opened *o)
{
    rkb_tree_close(o->in.tree);
    rkb_arena_release(&o->arena);
}

/* The surest row; among equals the first that gives the parts. */
static const struct rkb_input_format *recognise(const struct rkb_input *in,
                                                unsigned parts)
{
    const struct rkb_input_format *best = NULL;
    bool best_fits = false;
    int surest = 0;

    for (size_t i = 0; rkb_input_formats[i]; i++) {
        const struct rkb_input_format *f = rkb_input_formats[i];
        bool fits = (parts & ~f->parts) == 0;
        int sure = f->recognise(in);

        if (sure > surest || (sure && sure == surest && fits && !best_fits)) {
            best = f;
            best_fits = fits;
            surest = sure;
        }
    }
    return best;
}

static const char *parts_text(struct rkb_arena *a, unsigned parts)
{
    static const char *const names[] = { "queries", "documents", "judgments",
                                         "excluded ids", "candidates" };
    const char *text = "";

    for (size_t i = 0; i < RKB_COUNT(names); i++)
        if (parts & (1u << i))
            text = rkb_arena_printf(a, "%s%s%s", text, *text ? ", " : "",
                                    names[i]);
    return text;
}

/* "android, english": the folders of an archive that hold several data sets. */
static const char *folders_inside(struct opened *o)
{
    const char *names = NULL;

    for (size_t i = 0; o->in.tree && i < rkb_tree_count(o->in.tree); i++) {
        rkb_sv name = rkb_sv_of(rkb_tree_name(o->in.tree, i));

        if (!rkb_sv_ends(name, "/queries.jsonl") &&
            !rkb_sv_ends(name, "/query.jsonl"))
            continue;
        while (name.at[name.len - 1] != '/')
            name.len--;
        names = names ? rkb_arena_printf(&o->arena, "%s, %.*s", names,
                                         (int)name.len - 1, name.at)
                      : rkb_arena_printf(&o->arena, "%.*s", (int)name.len - 1,
                                         name.at);
    }
    return names;
}

static enum rkb_status unknown(struct opened *o, unsigned parts,
                               struct rkb_err *err)
{
    const char *want = parts ? parts_text(&o->arena, parts) : "a data set";
    const char *inside = folders_inside(o);

    for (size_t i = 0; i < RKB_COUNT(foreign); i++)
        if (foreign[i].like(&o->in))
            return rkb_fail(err, RKB_E_DATA, "'%s' looks like %s; wanted %s",
                            o->in.path, foreign[i].says, want);
    if (inside)
        return rkb_fail(err, RKB_E_USAGE,
                        "'%s' holds several data sets, name one as '%s/NAME': "
                        "%s",
                        o->in.path, o->in.path, inside);
    return rkb_fail(err, RKB_E_DATA,
                    "cannot tell the format of '%s' (wanted %s); name it as "
                    "FORMAT:PATH",
                    o->in.path, want);
}

static unsigned here(const struct opened *o)
{
    return o->format->present ? o->format->present(&o->in) : o->format->parts;
}

static enum rkb_status choose(struct opened *o, unsigned parts,
                              struct rkb_err *err)
{
    bool named = o->format != NULL;
    unsigned missing;

    if (!named)
        o->format = recognise(&o->in, parts);
    if (!o->format)
        return unknown(o, parts, err);
    if (parts & ~o->format->parts)
        return rkb_fail(err, RKB_E_DATA, "'%s' %s %s, which has no %s%s",
                        o->in.path, named ? "is named" : "looks like",
                        o->format->name,
                        parts_text(&o->arena, parts & ~o->format->parts),
                        named ? "" : " (if it is not, name it as FORMAT:PATH)");
    missing = parts & ~here(o);
    if (missing)
        return rkb_fail(err, RKB_E_DATA, "no %s in '%s%s%s' (%s)",
                        parts_text(&o->arena, missing), o->in.path,
                        *o->in.under ? "/" : "", o->in.under, o->format->name);
    return RKB_OK;
}

/* ---- the door ---------------------------------------------------------------- */

enum rkb_status rkb_format_guess(const char *path, const char **name,
                                 struct rkb_err *err)
{
    struct opened o = { 0 };
    enum rkb_status rc = open_input(&o, path, NULL, NULL, err);

    *name = NULL;
    if (rc)
        goto done;
    if (!o.format)
        o.format = recognise(&o.in, 0);
    if (o.format)
        *name = o.format->name;
    for (size_t i = 0; !*name && i < RKB_COUNT(foreign); i++)
        if (foreign[i].like(&o.in))
            *name = foreign[i].name;
done:
    close_input(&o);
    return rc;
}

enum rkb_status rkb_format_parts(const char *spec, const char *split,
                                 unsigned *parts, struct rkb_err *err)
{
    struct opened o = { 0 };
    enum rkb_status rc = open_input(&o, spec, split, NULL, err);

    *parts = 0;
    if (!rc)
        rc = choose(&o, 0, err);
    if (!rc)
        *parts = here(&o);
    close_input(&o);
    return rc;
}

static unsigned sink_parts(const struct rkb_sink *sink)
{
    return (sink->on_query ? RKB_PART_QUERIES : 0u) |
           (sink->on_doc ? RKB_PART_DOCS : 0u) |
           (sink->on_grade ? RKB_PART_GRADES : 0u) |
           (sink->on_exclude ? RKB_PART_EXCLUDES : 0u) |
           (sink->on_hit ? RKB_PART_HITS : 0u);
}

enum rkb_status rkb_format_read(const char *spec, unsigned parts,
                                const char *split, const char *query_text,
                                const struct rkb_sink *sink,
                                struct rkb_err *err)
{
    struct opened o = { 0 };
    enum rkb_status rc = open_input(&o, spec, split, query_text, err);

    if (!rc)
        rc = choose(&o, parts, err);
    if (!rc && query_text && sink->on_query && !o.format->query_text &&
        (here(&o) & RKB_PART_QUERIES))
        rc = rkb_fail(err, RKB_E_USAGE,
                      "there is no query text '%s' to choose in '%s': %s has "
                      "one text of a query",
                      query_text, o.in.path, o.format->name);
    if (!rc && (sink_parts(sink) & here(&o)))
        rc = o.format->read(&o.in, sink, err);
    close_input(&o);
    return rc;
}
