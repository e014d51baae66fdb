/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/json.h"
#include "base/map.h"
#include "datasets/record.h"

#include <string.h>

static const struct rkb_record_keys doc_keys = { "id", NULL, "content" };
static const struct rkb_record_keys query_keys = { "id", NULL, "query" };
static const char *const doc_columns[] = { "id", "content", NULL };
static const char *const query_columns[] = { "id", "query", NULL };

/* Long BRIGHT is the same folder with whole pages as documents, and judgments
 * of those. */
struct kind {
    const char *documents; /* folder */
    const char *gold;      /* key    */
};
static const struct kind passages = { "documents", "gold_ids" };
static const struct kind pages = { "long_documents", "gold_ids_long" };

/* The task asked for, or the only one that is there; NULL otherwise. */
static const char *task_of(struct rkb_arena *a, const struct rkb_input *in)
{
    size_t n;
    const char *names = rkb_input_record_names(a, in, "examples/", &n);

    if (in->split)
        return in->split;
    return n == 1 ? names : NULL;
}

/* One task's examples by themselves: without its excluded ids such a file
 * would give other numbers. */
static bool is_examples(const struct rkb_input *in, const struct kind *kind)
{
    const char *const columns[] = { "id", "query", kind->gold, "excluded_ids",
                                    NULL };
    struct rkb_arena a = { 0 };
    const struct rkb_json *j;
    struct rkb_err ignored;
    rkb_sv rest = in->head, line;
    bool found;

    if (rkb_input_is_parquet(in))
        return rkb_input_has_columns(in, columns);
    found = rkb_head_line(in, &rest, &line) &&
            !rkb_json_parse(&a, line, &j, &ignored) && rkb_json_get(j, "id") &&
            rkb_json_get(j, "query") && rkb_json_get(j, kind->gold) &&
            rkb_json_get(j, "excluded_ids");

    rkb_arena_release(&a);
    return found;
}

static unsigned parts_of(const struct rkb_input *in, const struct kind *kind)
{
    const unsigned examples =
        RKB_PART_QUERIES | RKB_PART_GRADES | RKB_PART_EXCLUDES;
    struct rkb_arena a = { 0 };
    unsigned parts = 0;
    const char *task;
    size_t n;

    if (!in->tree)
        return is_examples(in, kind) ? examples : 0;
    if (rkb_input_record_names(&a, in, "examples/", &n))
        parts = examples;
    task = task_of(&a, in);
    if (task && rkb_input_has_records(
                    in, rkb_arena_printf(&a, "%s/%s", kind->documents, task)))
        parts |= RKB_PART_DOCS;
    rkb_arena_release(&a);
    return parts;
}

static unsigned present(const struct rkb_input *in)
{
    return parts_of(in, &passages);
}

static unsigned present_long(const struct rkb_input *in)
{
    return parts_of(in, &pages);
}

static int recognise(const struct rkb_input *in)
{
    return present(in) & RKB_PART_QUERIES ? 95 : 0;
}

/* The same files as above: it has to be named. */
static int recognise_long(const struct rkb_input *in)
{
    (void)in;
    return 0;
}

/* ---- gold and excluded ids ------------------------------------------------ */

struct golds {
    const struct rkb_sink *sink;
    const struct kind *kind;
    struct rkb_arena arena;
};

/* The ids of a list, each once (the evaluator keeps them in a dictionary);
 * "N/A" says that there are none. */
static enum rkb_status ids_of(const struct rkb_json *record, const char *key,
                              struct rkb_map *ids, struct rkb_err *err)
{
    const struct rkb_json *list = rkb_json_get(record, key);
    enum rkb_status rc;
    rkb_sv id;

    if (!list || list->kind != RKB_JSON_ARRAY)
        return rkb_fail(err, RKB_E_DATA, "no list '%s'", key);
    for (const struct rkb_json *i = list->child; i; i = i->next) {
        if (!rkb_json_id(i, &id))
            return rkb_fail(err, RKB_E_DATA, "an id in '%s' is no string", key);
        if (rkb_sv_is(id, "N/A"))
            continue;
        rc = rkb_record_id(id, "document id", &id, err);
        if (rc)
            return rc;
        rkb_map_add(ids, id, NULL);
    }
    return RKB_OK;
}

static enum rkb_status emit(const struct golds *g, rkb_sv qid,
                            const struct rkb_map *gold,
                            const struct rkb_map *excluded, struct rkb_err *err)
{
    const struct rkb_sink *sink = g->sink;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < excluded->n; i++)
        if (rkb_map_find(gold, excluded->keys[i]) != RKB_MAP_NONE)
            return rkb_fail(err, RKB_E_DATA,
                            "document '%.*s' is both gold and excluded",
                            (int)excluded->keys[i].len, excluded->keys[i].at);
    for (size_t i = 0; !rc && sink->on_grade && i < gold->n; i++)
        rc = sink->on_grade(sink->ctx, qid, gold->keys[i], 1, err);
    for (size_t i = 0; !rc && sink->on_exclude && i < excluded->n; i++)
        rc = sink->on_exclude(sink->ctx, qid, excluded->keys[i], err);
    return rc;
}

static enum rkb_status gold_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct golds *g = ctx;
    struct rkb_map gold = { 0 }, excluded = { 0 };
    const struct rkb_json *record;
    enum rkb_status rc;
    rkb_sv qid;

    if (rkb_sv_trim(line).len == 0)
        return RKB_OK;
    rkb_arena_reset(&g->arena);
    rc = rkb_json_parse(&g->arena, line, &record, err);
    if (rc)
        return rc;
    if (!rkb_json_id(rkb_json_get(record, "id"), &qid))
        return rkb_fail(err, RKB_E_DATA, "no 'id'");
    rc = rkb_record_id(qid, "query id", &qid, err);
    if (!rc)
        rc = ids_of(record, g->kind->gold, &gold, err);
    if (!rc)
        rc = ids_of(record, "excluded_ids", &excluded, err);
    if (!rc)
        rc = emit(g, qid, &gold, &excluded, err);
    rkb_map_release(&gold);
    rkb_map_release(&excluded);
    return rc;
}

static enum rkb_status read_golds(struct rkb_stream *in,
                                  const struct rkb_sink *sink,
                                  const struct kind *kind, struct rkb_err *err)
{
    struct golds g = { .sink = sink, .kind = kind };
    enum rkb_status rc = rkb_record_lines(in, gold_line, &g, err);

    rkb_arena_release(&g.arena);
    return rc;
}

/* ---- the folder ----------------------------------------------------------- */

/* FOLDER/TASK; the message lists the tasks that FOLDER has. */
static enum rkb_status open_task(const struct rkb_input *in, const char *folder,
                                 const char *task, const char *const *columns,
                                 struct rkb_stream **out, struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    const char *prefix = rkb_arena_printf(&a, "%s/", folder);
    const char *name = NULL;
    enum rkb_status rc;
    size_t n;

    if (task)
        name = rkb_arena_printf(&a, "%s%s", prefix, task);
    if (name && rkb_input_has_records(in, name)) {
        rc = rkb_input_records(in, name, columns, out, err);
    } else {
        const char *names = rkb_input_record_names(&a, in, prefix, &n);

        if (!names)
            rc = rkb_fail(err, RKB_E_DATA, "no folder '%s' of tasks in '%s'",
                          folder, in->path);
        else if (!task)
            rc = rkb_fail(err, RKB_E_USAGE,
                          "'%s' has several tasks, name one: %s", in->path,
                          names);
        else
            rc = rkb_fail(err, RKB_E_DATA, "no task '%s' in '%s/%s': it has %s",
                          task, in->path, folder, names);
    }
    rkb_arena_release(&a);
    return rc;
}

static enum rkb_status read_file(const struct rkb_input *in,
                                 const struct rkb_sink *sink,
                                 const struct kind *kind, struct rkb_err *err)
{
    const char *const columns[] = { "id", kind->gold, "excluded_ids", NULL };
    struct rkb_stream *s;
    enum rkb_status rc = RKB_OK;

    if (!is_examples(in, kind))
        return rkb_fail(err, RKB_E_DATA,
                        "%s:1: no object with 'id', 'query', '%s' and "
                        "'excluded_ids'",
                        in->path, kind->gold);
    if (sink->on_query) {
        rc = rkb_input_rows(in, query_columns, &s, err);
        if (!rc)
            rc = rkb_record_queries(s, &query_keys, sink, err);
    }
    if (!rc && (sink->on_grade || sink->on_exclude)) {
        rc = rkb_input_rows(in, columns, &s, err);
        if (!rc)
            rc = read_golds(s, sink, kind, err);
    }
    return rc;
}

/* "original" or nothing: the examples; "gpt4" stands for "gpt4_reason". */
static const char *variant_of(struct rkb_arena *a, const struct rkb_input *in)
{
    const char *longer;
    size_t n;

    if (!in->query_text || strcmp(in->query_text, "original") == 0)
        return "examples";
    longer = rkb_arena_printf(a, "%s_reason", in->query_text);
    return rkb_input_record_names(a, in, rkb_arena_printf(a, "%s/", longer), &n)
               ? longer
               : in->query_text;
}

static enum rkb_status read_kind(const struct rkb_input *in,
                                 const struct rkb_sink *sink,
                                 const struct kind *kind, struct rkb_err *err)
{
    const char *const columns[] = { "id", kind->gold, "excluded_ids", NULL };
    struct rkb_arena a = { 0 };
    const char *task;
    struct rkb_stream *s;
    enum rkb_status rc = RKB_OK;

    if (!in->tree)
        return read_file(in, sink, kind, err);
    task = task_of(&a, in);
    if (sink->on_query) {
        rc = open_task(in, variant_of(&a, in), task, query_columns, &s, err);
        if (!rc)
            rc = rkb_record_queries(s, &query_keys, sink, err);
    }
    if (!rc && (sink->on_grade || sink->on_exclude)) {
        rc = open_task(in, "examples", task, columns, &s, err);
        if (!rc)
            rc = read_golds(s, sink, kind, err);
    }
    if (!rc && sink->on_doc && (parts_of(in, kind) & RKB_PART_DOCS)) {
        rc = open_task(in, kind->documents, task, doc_columns, &s, err);
        if (!rc)
            rc = rkb_record_docs(s, &doc_keys, sink, err);
    }
    rkb_arena_release(&a);
    return rc;
}

static enum rkb_status read(const struct rkb_input *in,
                            const struct rkb_sink *sink, struct rkb_err *err)
{
    return read_kind(in, sink, &passages, err);
}

static enum rkb_status read_long(const struct rkb_input *in,
                                 const struct rkb_sink *sink,
                                 struct rkb_err *err)
{
    return read_kind(in, sink, &pages, err);
}

const struct rkb_input_format rkb_input_format_bright = {
    .name = "bright",
    .summary = "folder with examples/TASK and documents/TASK as JSON lines or "
               "Parquet, or one file of examples",
    .source = "BRIGHT, Hugging Face xlangai/BRIGHT",
    .parts =
        RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES | RKB_PART_EXCLUDES,
    .split = true,
    .query_text = true,
    .recognise = recognise,
    .present = present,
    .read = read,
};

const struct rkb_input_format rkb_input_format_bright_long = {
    .name = "bright-long",
    .summary = "the same folder, with long_documents/TASK and gold_ids_long",
    .source = "BRIGHT, Hugging Face xlangai/BRIGHT",
    .parts =
        RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES | RKB_PART_EXCLUDES,
    .split = true,
    .query_text = true,
    .recognise = recognise_long,
    .present = present_long,
    .read = read_long,
};
