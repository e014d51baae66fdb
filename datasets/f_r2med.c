/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/record.h"

static const struct rkb_record_keys keys = { "id", NULL, "text" };
static const struct rkb_record_keys qrels = { "q_id", "p_id", "score" };

static unsigned present(const struct rkb_input *in)
{
    unsigned parts = 0;

    if (!in->tree)
        return 0;
    if (rkb_input_has(in, "query.jsonl"))
        parts |= RKB_PART_QUERIES;
    if (rkb_input_has(in, "corpus.jsonl"))
        parts |= RKB_PART_DOCS;
    if (rkb_input_has(in, "qrels.jsonl"))
        parts |= RKB_PART_GRADES;
    return parts;
}

static int recognise(const struct rkb_input *in)
{
    unsigned parts = present(in);

    return (parts & RKB_PART_QUERIES) && (parts & RKB_PART_GRADES) ? 95 : 0;
}

static enum rkb_status read(const struct rkb_input *in,
                            const struct rkb_sink *sink, struct rkb_err *err)
{
    unsigned has = present(in);
    struct rkb_stream *s;
    enum rkb_status rc = RKB_OK;

    if (sink->on_query && (has & RKB_PART_QUERIES)) {
        rc = rkb_input_member(in, "query.jsonl", &s, err);
        if (!rc)
            rc = rkb_record_queries(s, &keys, sink, err);
    }
    if (!rc && sink->on_grade && (has & RKB_PART_GRADES)) {
        rc = rkb_input_member(in, "qrels.jsonl", &s, err);
        if (!rc)
            rc = rkb_record_grades(s, &qrels, sink, err);
    }
    if (!rc && sink->on_doc && (has & RKB_PART_DOCS)) {
        rc = rkb_input_member(in, "corpus.jsonl", &s, err);
        if (!rc)
            rc = rkb_record_docs(s, &keys, sink, err);
    }
    return rc;
}

const struct rkb_input_format rkb_input_format_r2med = {
    .name = "r2med",
    .summary = "folder with query.jsonl, corpus.jsonl, qrels.jsonl",
    .source = "R2MED, arXiv 2505.14558",
    .parts = RKB_PART_QUERIES | RKB_PART_DOCS | RKB_PART_GRADES,
    .recognise = recognise,
    .present = present,
    .read = read,
};
