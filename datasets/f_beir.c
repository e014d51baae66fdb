/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "datasets/record.h"

static const struct rkb_record_keys keys = { "_id", "title", "text" };
static const struct rkb_record_keys query_keys = { "_id", NULL, "text" };

static unsigned present(const struct rkb_input *in)
{
    struct rkb_arena a = { 0 };
    unsigned parts = 0;
    size_t n;

    if (!in->tree)
        return 0;
    if (rkb_input_has(in, "queries.jsonl"))
        parts |= RKB_PART_QUERIES;
    if (rkb_input_has(in, "corpus.jsonl"))
        parts |= RKB_PART_DOCS;
    if (rkb_input_names(&a, in, "qrels/", ".tsv", &n))
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

static enum rkb_status open_qrels(const struct rkb_input *in,
                                  struct rkb_stream **out, struct rkb_err *err)
{
    struct rkb_arena a = { 0 };
    const char *split = in->split ? in->split : "test";
    const char *name = rkb_arena_printf(&a, "qrels/%s.tsv", split);
    enum rkb_status rc;
    size_t n;

    if (rkb_input_has(in, name)) {
        rc = rkb_input_member(in, name, out, err);
    } else {
        const char *names = rkb_input_names(&a, in, "qrels/", ".tsv", &n);

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
        rc = open_qrels(in, &s, err);
        if (!rc)
            rc = rkb_qrels_beir(s, &note, err);
        if (rc)
            goto done;
    }
    rc = rkb_input_member(in, "queries.jsonl", &s, err);
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
    if (!rc && sink->on_grade && (has & RKB_PART_GRADES)) {
        rc = open_qrels(in, &s, err);
        if (!rc)
            rc = rkb_qrels_beir(s, sink, err);
    }
    if (!rc && sink->on_doc && (has & RKB_PART_DOCS)) {
        rc = rkb_input_member(in, "corpus.jsonl", &s, err);
        if (!rc)
            rc = rkb_record_docs(s, &keys, sink, err);
    }
    return rc;
}

const struct rkb_input_format rkb_input_format_beir = {
    .name = "beir",
    .summary = "folder or zip with corpus.jsonl, queries.jsonl, "
               "qrels/SPLIT.tsv",
    .source = "beir, datasets/data_loader.py",
    .parts = RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES,
    .split = true,
    .recognise = recognise,
    .present = present,
    .read = read,
};
