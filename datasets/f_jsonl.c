/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/json.h"
#include "datasets/parquet.h"
#include "datasets/record.h"

#include <string.h>

/* Which keys name the parts is found from the first line: the first row whose
 * id and text are there. MS MARCO v2 has both "pid" and "docid", so pid leads.
 */
static const struct {
    unsigned parts;
    struct rkb_record_keys keys;
} shapes[] = {
    { RKB_PART_GRADES, { "q_id", "p_id", "score" } },
    { RKB_PART_GRADES, { "query-id", "corpus-id", "score" } },
    { RKB_PART_QUERIES | RKB_PART_DOCS, { "_id", "title", "text" } },
    { RKB_PART_QUERIES, { "qid", NULL, "text" } },
    { RKB_PART_QUERIES, { "qid", NULL, "query" } },
    { RKB_PART_QUERIES, { "query_id", NULL, "text" } },
    { RKB_PART_QUERIES, { "query_id", NULL, "query" } },
    { RKB_PART_DOCS, { "pid", "title", "passage" } },
    { RKB_PART_QUERIES | RKB_PART_DOCS, { "id", "title", "text" } },
    { RKB_PART_DOCS, { "id", "title", "contents" } },
    { RKB_PART_DOCS, { "id", "title", "content" } },
    { RKB_PART_QUERIES, { "id", NULL, "query" } },
    { RKB_PART_DOCS, { "docid", "title", "text" } },
    { RKB_PART_DOCS, { "docid", "title", "segment" } },
    { RKB_PART_DOCS, { "docid", "title", "contents" } },
    { RKB_PART_DOCS, { "docid", "title", "body" } },
};

/* -1 when the line is no object of a known shape. */
static int shape_of(rkb_sv line)
{
    struct rkb_arena a = { 0 };
    const struct rkb_json *j;
    struct rkb_err err;
    int found = -1;
    rkb_sv v;

    if (!rkb_json_parse(&a, line, &j, &err)) {
        for (size_t i = 0; found < 0 && i < RKB_COUNT(shapes); i++)
            if (rkb_json_id(rkb_json_get(j, shapes[i].keys.id), &v) &&
                rkb_json_id(rkb_json_get(j, shapes[i].keys.text), &v))
                found = (int)i;
    }
    rkb_arena_release(&a);
    return found;
}

/* Of a Parquet file, by the names of its columns. */
static enum rkb_status parquet_shape(const char *path, int *shape,
                                     struct rkb_err *err)
{
    static const char *const none[] = { NULL };
    struct rkb_parquet *p;
    enum rkb_status rc = rkb_parquet_open(&p, path, none, err);

    *shape = -1;
    if (rc)
        return rc;
    for (size_t i = 0; *shape < 0 && i < RKB_COUNT(shapes); i++)
        if (rkb_parquet_has(p, shapes[i].keys.id) &&
            rkb_parquet_has(p, shapes[i].keys.text))
            *shape = (int)i;
    rkb_parquet_close(p);
    return RKB_OK;
}

static int head_shape(const struct rkb_input *in)
{
    rkb_sv rest = in->head, line;

    while (rkb_head_line(in, &rest, &line))
        if (rkb_sv_trim(line).len > 0)
            return shape_of(line);
    return -1;
}

/* Of a damaged Parquet file all: reading it will say what is wrong. */
static unsigned present(const struct rkb_input *in)
{
    struct rkb_err ignored;
    int shape;

    if (in->tree)
        return rkb_pieces_there(in) ? RKB_PART_DOCS : 0;
    if (!rkb_input_is_parquet(in))
        shape = head_shape(in);
    else if (parquet_shape(in->path, &shape, &ignored))
        return RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES;
    return shape < 0 ? 0 : shapes[shape].parts;
}

static int recognise(const struct rkb_input *in)
{
    if (in->tree)
        return present(in) ? 20 : 0;
    return present(in) ? 60 : 0;
}

static enum rkb_status open_parquet(const char *path, int *shape,
                                    struct rkb_stream **out,
                                    struct rkb_err *err)
{
    enum rkb_status rc = parquet_shape(path, shape, err);
    const struct rkb_record_keys *keys;

    if (rc || *shape < 0)
        return rc ? rc
                  : rkb_fail(err, RKB_E_DATA,
                             "'%s' has no columns that are a known id and text",
                             path);
    keys = &shapes[*shape].keys;
    return rkb_parquet_stream(
        out, path, &path, 1,
        (const char *[]){ keys->id, keys->text, keys->title, NULL }, err);
}

const struct rkb_record_keys *rkb_jsonl_doc_keys(rkb_sv line)
{
    int shape = shape_of(line);

    return shape >= 0 && shapes[shape].parts & RKB_PART_DOCS
               ? &shapes[shape].keys
               : NULL;
}

enum rkb_status rkb_jsonl_parquet_docs(const char *path,
                                       const struct rkb_record_keys **keys,
                                       struct rkb_stream **out,
                                       struct rkb_err *err)
{
    int shape;
    enum rkb_status rc = open_parquet(path, &shape, out, err);

    if (rc)
        return rc;
    *keys = &shapes[shape].keys;
    if (shapes[shape].parts & RKB_PART_DOCS)
        return RKB_OK;
    rkb_stream_close(*out);
    return rkb_fail(err, RKB_E_DATA, "no documents in '%s'", path);
}

static enum rkb_status read(const struct rkb_input *in,
                            const struct rkb_sink *sink, struct rkb_err *err)
{
    struct rkb_stream *s = NULL;
    const struct rkb_record_keys *keys;
    enum rkb_status rc;
    int shape;

    if (in->tree)
        return sink->on_doc ? rkb_pieces_read(in, sink, err) : RKB_OK;
    rc = rkb_input_is_parquet(in) ? open_parquet(in->path, &shape, &s, err)
                                  : RKB_OK;
    if (rc)
        return rc;
    shape = s ? shape : head_shape(in);
    if (shape < 0)
        return rkb_fail(err, RKB_E_DATA,
                        "%s:1: no JSON object with an id and a text", in->path);
    keys = &shapes[shape].keys;
    if (sink->on_query && sink->on_doc &&
        (shapes[shape].parts & RKB_PART_QUERIES) &&
        (shapes[shape].parts & RKB_PART_DOCS)) {
        rkb_stream_close(s);
        return rkb_fail(err, RKB_E_USAGE,
                        "'%s' may hold queries or documents: name them one by "
                        "one",
                        in->path);
    }
    if (!s)
        rc = rkb_input_file(in, &s, err);
    if (rc)
        return rc;
    if (shapes[shape].parts & RKB_PART_GRADES && sink->on_grade)
        return rkb_record_grades(s, keys, sink, err);
    if (shapes[shape].parts & RKB_PART_QUERIES && sink->on_query)
        return rkb_record_queries(s, keys, sink, err);
    if (shapes[shape].parts & RKB_PART_DOCS && sink->on_doc)
        return rkb_record_docs(s, keys, sink, err);
    rkb_stream_close(s);
    return RKB_OK;
}

const struct rkb_input_format rkb_input_format_jsonl = {
    .name = "jsonl",
    .summary = "queries, documents or judgments as JSON lines or Parquet, or a "
               "folder of documents",
    .source = "Pyserini collections, MS MARCO v2, R2MED",
    .parts = RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES,
    .recognise = recognise,
    .present = present,
    .read = read,
};
