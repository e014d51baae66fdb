/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/record.h"

#include <string.h>

static size_t count_tabs(rkb_sv line)
{
    size_t n = 0;

    for (size_t i = 0; i < line.len; i++)
        n += line.at[i] == '\t';
    return n;
}

static bool is_whole(rkb_sv a)
{
    struct rkb_err err;
    int32_t grade;

    return !rkb_record_grade(a, &grade, &err);
}

static bool is_word(rkb_sv a)
{
    rkb_sv rest = rkb_sv_trim(a), word = rkb_sv_word(&rest);

    return word.len > 0 && rest.len == 0;
}

/* Four columns between three tabs, blanks only in the third. *row stays as it
 * is where there are no such columns. */
static bool split_tabs(rkb_sv line, struct rkb_qrels_row *row)
{
    struct rkb_qrels_row columns;
    rkb_sv rest = line, iter;

    if (count_tabs(line) != 3)
        return false;
    (void)rkb_sv_split(&rest, '\t', &columns.qid);
    (void)rkb_sv_split(&rest, '\t', &iter);
    (void)rkb_sv_split(&rest, '\t', &columns.docid);
    columns.grade = rest;
    if (!is_word(columns.qid) || !is_word(iter) || !is_word(columns.grade))
        return false;
    *row = columns;
    return true;
}

/* Four fields are read as trec_eval reads them. BRIGHT has ids with blanks in
 * them, which trec_eval refuses: three tabs, or else a fourth field that is no
 * number, leave only one reading of such a line. */
enum rkb_status rkb_qrels_split_trec(rkb_sv line, struct rkb_qrels_row *row,
                                     struct rkb_err *err)
{
    rkb_sv rest = line, third, fourth, behind_iter;
    size_t last;

    row->qid = rkb_sv_word(&rest);
    if (row->qid.len == 0)
        return rkb_fail(err, RKB_E_DATA, "blank line");
    (void)rkb_sv_word(&rest);
    behind_iter = rest;
    third = rkb_sv_word(&rest);
    fourth = rkb_sv_word(&rest);
    if (fourth.len == 0)
        return rkb_fail(err, RKB_E_DATA,
                        "too few fields: 'qid iter docid grade' needs 4");
    if (rkb_sv_trim(rest).len == 0) {
        row->docid = third;
        row->grade = fourth;
        return RKB_OK;
    }
    if (split_tabs(line, row))
        return RKB_OK;
    if (is_whole(fourth))
        return rkb_fail(err, RKB_E_DATA,
                        "more than the 4 fields of 'qid iter docid grade'");
    behind_iter = rkb_sv_trim(behind_iter);
    for (last = behind_iter.len;
         !strchr(" \t\v\f\r", behind_iter.at[last - 1]);)
        last--;
    row->docid = (rkb_sv){ behind_iter.at, last };
    row->grade = (rkb_sv){ behind_iter.at + last, behind_iter.len - last };
    return RKB_OK;
}

enum rkb_status rkb_qrels_split_beir(rkb_sv line, struct rkb_qrels_row *row,
                                     struct rkb_err *err)
{
    rkb_sv rest = rkb_record_chomp(line);

    if (count_tabs(rest) != 2)
        return rkb_fail(err, RKB_E_DATA,
                        "%zu columns: 'query-id<TAB>corpus-id<TAB>score' "
                        "needs 3",
                        count_tabs(rest) + 1);
    (void)rkb_sv_split(&rest, '\t', &row->qid);
    (void)rkb_sv_split(&rest, '\t', &row->docid);
    row->grade = rkb_sv_trim(rest);
    return RKB_OK;
}

static enum rkb_status emit(const struct rkb_sink *sink,
                            const struct rkb_qrels_row *row,
                            struct rkb_err *err)
{
    rkb_sv qid, docid;
    int32_t grade = 0;
    enum rkb_status rc = rkb_record_id(row->qid, "query id", &qid, err);

    if (!rc)
        rc = rkb_record_id(row->docid, "document id", &docid, err);
    if (!rc)
        rc = rkb_record_grade(row->grade, &grade, err);
    return rc ? rc : sink->on_grade(sink->ctx, qid, docid, grade, err);
}

struct qrels {
    const struct rkb_sink *sink;
    size_t n_lines, n_grades;
};

static enum rkb_status trec_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct qrels *q = ctx;
    struct rkb_qrels_row row;
    enum rkb_status rc;

    if (rkb_sv_starts(line, "#"))
        return RKB_OK;
    q->n_grades++;
    rc = rkb_record_utf8(line, err);
    if (!rc)
        rc = rkb_qrels_split_trec(line, &row, err);
    return rc ? rc : emit(q->sink, &row, err);
}

static enum rkb_status beir_line(void *ctx, rkb_sv line, struct rkb_err *err)
{
    struct qrels *q = ctx;
    struct rkb_qrels_row row;
    enum rkb_status rc;

    q->n_lines++;
    if (rkb_sv_trim(line).len == 0)
        return RKB_OK;
    rc = rkb_record_utf8(line, err);
    if (!rc)
        rc = rkb_qrels_split_beir(line, &row, err);
    /* beir drops the first line unseen; a file without a header would lose a
     * judgment that way, so here only a header is dropped. */
    if (!rc && q->n_lines == 1 && !is_whole(row.grade))
        return RKB_OK;
    q->n_grades++;
    return rc ? rc : emit(q->sink, &row, err);
}

static enum rkb_status read_qrels(struct rkb_stream *in, rkb_record_fn *fn,
                                  const struct rkb_sink *sink,
                                  struct rkb_err *err)
{
    struct qrels q = { .sink = sink };
    enum rkb_status rc = rkb_record_lines(in, fn, &q, err);

    if (!rc && q.n_grades == 0)
        rc = rkb_fail(err, RKB_E_DATA, "no judgment in it");
    return rc;
}

enum rkb_status rkb_qrels_trec(struct rkb_stream *in,
                               const struct rkb_sink *sink, struct rkb_err *err)
{
    return read_qrels(in, trec_line, sink, err);
}

enum rkb_status rkb_qrels_beir(struct rkb_stream *in,
                               const struct rkb_sink *sink, struct rkb_err *err)
{
    return read_qrels(in, beir_line, sink, err);
}

static bool looks_trec(rkb_sv line)
{
    struct rkb_qrels_row row;
    struct rkb_err err;

    return rkb_sv_starts(line, "#") ||
           (!rkb_qrels_split_trec(line, &row, &err) &&
            is_whole(rkb_sv_trim(row.grade)));
}

static bool looks_beir(rkb_sv line)
{
    struct rkb_qrels_row row;
    struct rkb_err err;

    return rkb_sv_trim(line).len == 0 ||
           (!rkb_qrels_split_beir(line, &row, &err) && is_whole(row.grade));
}

/* A faulty line further down must not hide what the file is: the reader names
 * that line, so its first row is enough for a weak yes. */
static int recognise_trec(const struct rkb_input *in)
{
    rkb_sv rest = in->head, line = { 0 };

    if (in->tree)
        return 0;
    if (rkb_head_all(in, looks_trec))
        return 90;
    while (rkb_head_line(in, &rest, &line) && rkb_sv_starts(line, "#"))
        continue;
    return looks_trec(line) ? 30 : 0;
}

static int recognise_beir(const struct rkb_input *in)
{
    struct rkb_input rows = *in;
    rkb_sv rest = in->head, first, second;
    struct rkb_qrels_row row;
    struct rkb_err err;

    if (in->tree || !rkb_head_line(in, &rest, &first) ||
        rkb_qrels_split_beir(first, &row, &err))
        return 0;
    if (is_whole(row.grade))
        return rkb_head_all(in, looks_beir) ? 50 : 30;
    if (looks_trec(first)) /* no header: its blanks may be tabs */
        return 0;
    rows.head = rest;
    if (!rkb_head_line(&rows, &rest, &second) || !looks_beir(second))
        return 0;
    return rkb_head_all(&rows, looks_beir) ? 95 : 30;
}

static enum rkb_status read_trec(const struct rkb_input *in,
                                 const struct rkb_sink *sink,
                                 struct rkb_err *err)
{
    struct rkb_stream *s;
    enum rkb_status rc = rkb_input_file(in, &s, err);

    return rc ? rc : rkb_qrels_trec(s, sink, err);
}

static enum rkb_status read_beir(const struct rkb_input *in,
                                 const struct rkb_sink *sink,
                                 struct rkb_err *err)
{
    struct rkb_stream *s;
    enum rkb_status rc = rkb_input_file(in, &s, err);

    return rc ? rc : rkb_qrels_beir(s, sink, err);
}

const struct rkb_input_format rkb_input_format_trec_qrels = {
    .name = "trec-qrels",
    .summary = "judgments as trec_eval reads them: 'qid iter docid grade'",
    .source = "trec_eval, get_qrels.c",
    .parts = RKB_PART_GRADES,
    .recognise = recognise_trec,
    .read = read_trec,
};

const struct rkb_input_format rkb_input_format_beir_qrels = {
    .name = "beir-qrels",
    .summary = "judgments as BEIR has them: query-id, corpus-id, score",
    .source = "beir, datasets/data_loader.py",
    .parts = RKB_PART_GRADES,
    .recognise = recognise_beir,
    .read = read_beir,
};
