/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/record.h"

#include "base/io/json.h"
#include "base/io/lines.h"

#include <string.h>

enum rkb_status rkb_record_utf8(rkb_sv text, struct rkb_err *err)
{
    size_t bad = 0;

    if (rkb_sv_is_utf8(text, &bad))
        return RKB_OK;
    return rkb_fail(err, RKB_E_DATA, "invalid UTF-8 at byte %zu", bad + 1);
}

enum rkb_status rkb_record_id(rkb_sv raw, const char *what, rkb_sv *id,
                              struct rkb_err *err)
{
    rkb_sv t = rkb_sv_trim(raw);
    enum rkb_status rc;

    if (t.len == 0)
        return rkb_fail(err, RKB_E_DATA, "empty %s", what);
    if (t.len > RKB_ID_LIMIT)
        return rkb_fail(err, RKB_E_LIMIT, "%s longer than %u bytes", what,
                        RKB_ID_LIMIT);
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];

        if (c < 0x20 || c == 0x7f)
            return rkb_fail(err, RKB_E_DATA, "%s byte in %s",
                            c ? "control" : "NUL", what);
    }
    rc = rkb_record_utf8(t, err);
    if (rc)
        return rkb_wrap(err, "bad %s", what);
    *id = t;
    return RKB_OK;
}

enum rkb_status rkb_record_grade(rkb_sv raw, int32_t *grade,
                                 struct rkb_err *err)
{
    int64_t n;
    rkb_sv t = rkb_sv_trim(raw);

    /* trec_eval takes a plus sign, so qrels with one are about. */
    if (t.len > 1 && t.at[0] == '+' && t.at[1] != '-') {
        t.at++;
        t.len--;
    }
    /* INT32_MIN means "not in the qrels" everywhere else. */
    if (!rkb_sv_to_i64(t, -INT32_MAX, INT32_MAX, &n))
        return rkb_fail(err, RKB_E_DATA, "bad grade '%.*s': not a whole number",
                        t.len < 40 ? (int)t.len : 40, t.len ? t.at : "");
    *grade = (int32_t)n;
    return RKB_OK;
}

rkb_sv rkb_record_chomp(rkb_sv line)
{
    if (line.len && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

enum rkb_status rkb_record_lines(struct rkb_stream *in, rkb_record_fn *fn,
                                 void *ctx, struct rkb_err *err)
{
    struct rkb_lines lines = { 0 };
    enum rkb_status rc = RKB_OK;
    rkb_sv line;

    rkb_lines_from(&lines, in);
    while (rkb_lines_next(&lines, &line)) {
        rc = fn(ctx, line, err);
        if (rc) {
            rkb_wrap(err, "%s:%zu", rkb_stream_name(in), lines.line_no);
            goto done;
        }
    }
    rc = rkb_lines_status(&lines, err);
    if (!rc && lines.line_no == 0)
        rc = rkb_fail(err, RKB_E_DATA, "'%s' is empty", rkb_stream_name(in));
done:
    rkb_lines_close(&lines);
    return rc;
}

struct jsonl {
    const struct rkb_record_keys *keys;
    rkb_record_keys_fn *keys_of; /* asked where keys is NULL */
    const struct rkb_sink *sink;
    struct rkb_arena arena;
};

/* The values of the three keys; the id and the text must be there. */
static enum rkb_status pick(struct jsonl *j, rkb_sv line, rkb_sv out[3],
                            struct rkb_err *err)
{
    const char *const wanted[] = { j->keys->id, j->keys->text, j->keys->title };
    size_t n = j->keys->title ? 3 : 2;
    enum rkb_status rc;

    out[2] = (rkb_sv){ 0 };
    rkb_arena_reset(&j->arena);
    rc = rkb_json_pick(&j->arena, line, wanted, n, out, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < 2; i++)
        if (!out[i].at)
            return rkb_fail(err, RKB_E_DATA, "no '%s'", wanted[i]);
    return RKB_OK;
}

static enum rkb_status run(struct rkb_stream *in, rkb_record_fn *fn,
                           const struct rkb_record_keys *keys,
                           const struct rkb_sink *sink, struct rkb_err *err)
{
    struct jsonl j = { .keys = keys, .sink = sink };
    enum rkb_status rc = rkb_record_lines(in, fn, &j, err);

    rkb_arena_release(&j.arena);
    return rc;
}

static enum rkb_status query_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct jsonl *j = ctx;
    enum rkb_status rc;
    rkb_sv v[3], qid;

    if (rkb_sv_trim(line).len == 0)
        return RKB_OK;
    rc = pick(j, line, v, err);
    if (!rc)
        rc = rkb_record_id(v[0], "query id", &qid, err);
    return rc ? rc : j->sink->on_query(j->sink->ctx, qid, v[1], err);
}

static rkb_sv skip_blanks(rkb_sv a)
{
    while (a.len && (a.at[0] == ' ' || a.at[0] == '\t')) {
        a.at++;
        a.len--;
    }
    return a;
}

static bool eat(rkb_sv *a, const char *text)
{
    size_t n = strlen(text);
    rkb_sv t = skip_blanks(*a);

    if (!rkb_sv_starts(t, text))
        return false;
    *a = (rkb_sv){ t.at + n, t.len - n };
    return true;
}

/* The id of a line that begins with it, as corpora do, without looking at the
 * rest: 8.8 million lines are passed over for the sake of a few thousand. False
 * where only the real parser can tell. */
static bool quick_id(rkb_sv line, const char *key, rkb_sv *id)
{
    rkb_sv rest = line;
    const char *end;

    if (!eat(&rest, "{") || !eat(&rest, "\"") || !rkb_sv_starts(rest, key))
        return false;
    rest.at += strlen(key);
    rest.len -= strlen(key);
    if (rest.len == 0 || rest.at[0] != '"')
        return false;
    rest.at++;
    rest.len--;
    if (!eat(&rest, ":") || !eat(&rest, "\""))
        return false;
    end = rest.len ? memchr(rest.at, '"', rest.len) : NULL;
    if (!end)
        return false;
    *id = (rkb_sv){ rest.at, (size_t)(end - rest.at) };
    return id->len > 0 && !memchr(id->at, '\\', id->len) &&
           rkb_sv_trim(*id).len == id->len;
}

static enum rkb_status doc_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct jsonl *j = ctx;
    const struct rkb_sink *sink = j->sink;
    enum rkb_status rc;
    rkb_sv v[3], docid;

    if (!j->keys && rkb_sv_trim(line).len > 0) {
        j->keys = j->keys_of(line);
        if (!j->keys)
            return rkb_fail(err, RKB_E_DATA, "no document in the first line");
    }
    if (j->keys && sink->wants_doc && quick_id(line, j->keys->id, &docid) &&
        !sink->wants_doc(sink->ctx, docid))
        return RKB_OK;
    if (rkb_sv_trim(line).len == 0)
        return RKB_OK;
    rc = pick(j, line, v, err);
    if (!rc)
        rc = rkb_record_id(v[0], "document id", &docid, err);
    if (rc || (sink->wants_doc && !sink->wants_doc(sink->ctx, docid)))
        return rc;
    return sink->on_doc(sink->ctx, docid, v[2], v[1], err);
}

static enum rkb_status grade_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct jsonl *j = ctx;
    int32_t grade = 0;
    enum rkb_status rc;
    rkb_sv v[3], qid, docid;

    if (rkb_sv_trim(line).len == 0)
        return RKB_OK;
    rc = pick(j, line, v, err);
    if (!rc)
        rc = rkb_record_id(v[0], "query id", &qid, err);
    if (!rc)
        rc = rkb_record_id(v[2], "document id", &docid, err);
    if (!rc)
        rc = rkb_record_grade(v[1], &grade, err);
    return rc ? rc : j->sink->on_grade(j->sink->ctx, qid, docid, grade, err);
}

enum rkb_status rkb_record_queries(struct rkb_stream *in,
                                   const struct rkb_record_keys *keys,
                                   const struct rkb_sink *sink,
                                   struct rkb_err *err)
{
    return run(in, query_line, keys, sink, err);
}

enum rkb_status rkb_record_docs(struct rkb_stream *in,
                                const struct rkb_record_keys *keys,
                                const struct rkb_sink *sink,
                                struct rkb_err *err)
{
    return run(in, doc_line, keys, sink, err);
}

enum rkb_status rkb_record_docs_of(struct rkb_stream *in,
                                   rkb_record_keys_fn *keys_of,
                                   const struct rkb_sink *sink,
                                   struct rkb_err *err)
{
    struct jsonl j = { .keys_of = keys_of, .sink = sink };
    enum rkb_status rc = rkb_record_lines(in, doc_line, &j, err);

    rkb_arena_release(&j.arena);
    return rc;
}

enum rkb_status rkb_record_grades(struct rkb_stream *in,
                                  const struct rkb_record_keys *keys,
                                  const struct rkb_sink *sink,
                                  struct rkb_err *err)
{
    return run(in, grade_line, keys, sink, err);
}
