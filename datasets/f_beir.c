/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/file.h"
#include "base/map.h"
#include "datasets/record.h"

static const struct rkb_record_keys keys = { "_id", "title", "text" };
static const struct rkb_record_keys query_keys = { "_id", NULL, "text" };
static const struct rkb_record_keys grade_keys = { "query-id", "corpus-id",
                                                   "score" };
static const char *const columns[] = { "_id", "title", "text", NULL };
static const char *const query_columns[] = { "_id", "text", NULL };
static const char *const grade_columns[] = { "query-id", "corpus-id", "score",
                                             NULL };

/* As unpacked from BEIR's zip, and as Hugging Face lays out configurations. */
static const char *const query_names[] = { "queries", "queries/queries" };
static const char *const corpus_names[] = { "corpus", "corpus/corpus" };
static const char *const grade_folders[] = { "qrels/", "data/" };

/* The one of two names that is there, or NULL. */
static const char *records_of(const struct rkb_input *in,
                              const char *const names[2])
{
    for (size_t i = 0; i < 2; i++)
        if (rkb_input_has_records(in, names[i]))
            return names[i];
    return NULL;
}

/* "test, dev": the splits that are judged, as text or as records; NULL = none.
 */
static const char *split_names(struct rkb_arena *a, const struct rkb_input *in)
{
    size_t n;
    const char *names = rkb_input_names(a, in, "qrels/", ".tsv", &n);

    for (size_t i = 0; !names && i < RKB_COUNT(grade_folders); i++)
        names = rkb_input_record_names(a, in, grade_folders[i], &n);
    return names;
}

/* Hugging Face keeps the judgments of BeIR/NAME in BeIR/NAME-qrels. */
static const char *beside(struct rkb_arena *a, const struct rkb_input *in)
{
    rkb_sv path = rkb_sv_of(in->path);
    const char *file;

    while (path.len > 1 && path.at[path.len - 1] == '/')
        path.len--;
    file = rkb_arena_printf(a, "%.*s-qrels/%s.tsv", (int)path.len, path.at,
                            in->split ? in->split : "test");
    return !*in->under && rkb_file_exists(file) ? file : NULL;
}

static unsigned present(const struct rkb_input *in)
{
    struct rkb_arena a = { 0 };
    unsigned parts = 0;

    if (!in->tree)
        return 0;
    if (records_of(in, query_names))
        parts |= RKB_PART_QUERIES;
    if (records_of(in, corpus_names))
        parts |= RKB_PART_DOCS;
    if (split_names(&a, in) || (parts && beside(&a, in)))
        parts |= RKB_PART_GRADES;
    rkb_arena_release(&a);
    return parts;
}

static int recognise(const struct rkb_input *in)
{
    unsigned parts = in->tree ? present(in) : 0;

    if (parts == (RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES))
        return 95;
    return parts & (RKB_PART_DOCS | RKB_PART_QUERIES) ? 50 : 0;
}

/* Text is read before records, and a folder beside this one at last. */
static enum rkb_status read_grades(const struct rkb_input *in,
                                   const struct rkb_sink *sink,
                                   struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    const char *split = in->split ? in->split : "test", *names, *file;
    const char *text = rkb_arena_printf(&a, "qrels/%s.tsv", split);
    const char *records = NULL;
    struct rkb_stream *s;
    enum rkb_status rc;

    for (size_t i = 0; !records && i < RKB_COUNT(grade_folders); i++) {
        const char *name =
            rkb_arena_printf(&a, "%s%s", grade_folders[i], split);

        records = rkb_input_has_records(in, name) ? name : NULL;
    }
    if (rkb_input_has(in, text)) {
        rc = rkb_input_member(in, text, &s, err);
        if (!rc)
            rc = rkb_qrels_beir(s, sink, err);
    } else if (records) {
        rc = rkb_input_records(in, records, grade_columns, &s, err);
        if (!rc)
            rc = rkb_record_grades(s, &grade_keys, sink, err);
    } else if ((file = beside(&a, in))) {
        rc = rkb_stream_open(&s, file, err);
        if (!rc)
            rc = rkb_qrels_beir(s, sink, err);
    } else {
        names = split_names(&a, in);
        rc = rkb_fail(err, RKB_E_DATA, "no split '%s' in '%s': it has %s",
                      split, in->path, names ? names : "no qrels");
    }
    rkb_arena_release(&a);
    return rc;
}

/* queries.jsonl holds the queries of all splits; those of one split are the
 * ones that its judgments name, as in beir's loader. */
struct of_split {
    const struct rkb_sink *sink;
    struct rkb_map qids;
};

static enum rkb_status note_query(void *ctx, rkb_sv qid, rkb_sv docid,
                                  int32_t grade, struct rkb_err *err)
{
    struct of_split *f = ctx;

    (void)docid;
    (void)grade;
    (void)err;
    rkb_map_add(&f->qids, qid, NULL);
    return RKB_OK;
}

static enum rkb_status pass_query(void *ctx, rkb_sv qid, rkb_sv text,
                                  struct rkb_err *err)
{
    struct of_split *f = ctx;

    if (rkb_map_find(&f->qids, qid) == RKB_MAP_NONE)
        return RKB_OK;
    return f->sink->on_query(f->sink->ctx, qid, text, err);
}

static enum rkb_status read_queries(const struct rkb_input *in,
                                    const struct rkb_sink *sink,
                                    struct rkb_err *err)
{
    struct of_split f = { .sink = sink };
    const struct rkb_sink note = { .ctx = &f, .on_grade = note_query };
    const struct rkb_sink pass = { .ctx = &f, .on_query = pass_query };
    struct rkb_stream *s;
    enum rkb_status rc;

    if (sink->on_grade) {
        rc = read_grades(in, &note, err);
        if (rc)
            goto done;
    }
    rc = rkb_input_records(in, records_of(in, query_names), query_columns, &s,
                           err);
    if (!rc)
        rc = rkb_record_queries(s, &query_keys, sink->on_grade ? &pass : sink,
                                err);
done:
    rkb_map_release(&f.qids);
    return rc;
}

static enum rkb_status read(const struct rkb_input *in,
                            const struct rkb_sink *sink, struct rkb_err *err)
{
    unsigned has = present(in);
    struct rkb_stream *s;
    enum rkb_status rc = RKB_OK;

    if (sink->on_query && (has & RKB_PART_QUERIES))
        rc = read_queries(in, sink, err);
    if (!rc && sink->on_grade && (has & RKB_PART_GRADES))
        rc = read_grades(in, sink, err);
    if (!rc && sink->on_doc && (has & RKB_PART_DOCS)) {
        rc = rkb_input_records(in, records_of(in, corpus_names), columns, &s,
                               err);
        if (!rc)
            rc = rkb_record_docs(s, &keys, sink, err);
    }
    return rc;
}

const struct rkb_input_format rkb_input_format_beir = {
    .name = "beir",
    .summary = "folder or zip with corpus.jsonl, queries.jsonl, "
               "qrels/SPLIT.tsv; Parquet as on Hugging Face",
    .source = "beir, datasets/data_loader.py",
    .parts = RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES,
    .split = true,
    .recognise = recognise,
    .present = present,
    .read = read,
};
