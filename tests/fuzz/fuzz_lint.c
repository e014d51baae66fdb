/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as any kind of file (the first byte picks it). Findings are in
 * order, bounded and printable, and lint agrees with the readers: what has no
 * error is read, and what is read has no malformed line. */
#include "datasets/record.h"
#include "harness/lint/lint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum rkb_status read_fn(struct rkb_stream *, const struct rkb_sink *,
                                struct rkb_err *);

static enum rkb_status read_requests(struct rkb_stream *s,
                                     const struct rkb_sink *sink,
                                     struct rkb_err *err)
{
    enum rkb_status rc = rkb_requests_read(s, sink, err);

    rkb_stream_close(s);
    return rc;
}

static enum rkb_status read_topics(struct rkb_stream *s,
                                   const struct rkb_sink *sink,
                                   struct rkb_err *err)
{
    return rkb_topics_read(s, NULL, sink, NULL, err);
}

static const struct {
    const char *name;
    read_fn *read; /* NULL: another door */
} kinds[] = {
    { "trec-qrels", rkb_qrels_trec },
    { "beir-qrels", rkb_qrels_beir },
    { "rank-llm", read_requests },
    { "tsv-queries", rkb_tsv_queries },
    { "tsv-corpus", rkb_tsv_docs },
    { "msmarco-run", NULL },
    { "trec-run", NULL },
    { "jsonl-queries", NULL },
    { "jsonl-corpus", NULL },
    { "json-qrels", NULL },
    { "bright", NULL },
    { "plan", NULL },
    { "topics", read_topics },
    { "msmarco-docs", NULL },
};

static void must(bool ok)
{
    if (!ok)
        abort();
}

static enum rkb_status on_pair(void *ctx, rkb_sv id, rkb_sv text,
                               struct rkb_err *err)
{
    (void)ctx, (void)id, (void)text, (void)err;
    return RKB_OK;
}

static enum rkb_status on_doc(void *ctx, rkb_sv docid, rkb_sv title,
                              rkb_sv text, struct rkb_err *err)
{
    (void)ctx, (void)docid, (void)title, (void)text, (void)err;
    return RKB_OK;
}

static enum rkb_status on_grade(void *ctx, rkb_sv qid, rkb_sv docid,
                                int32_t grade, struct rkb_err *err)
{
    (void)ctx, (void)qid, (void)docid, (void)grade, (void)err;
    return RKB_OK;
}

static void check_findings(const struct rkb_lint_report *r, size_t n_lines)
{
    size_t listed = 0, last = 0;

    for (size_t i = 0; i < r->n; i++) {
        const struct rkb_finding *f = &r->findings[i];

        must(f->code < RKB_LINT_N && f->n >= 1 && f->line <= n_lines);
        must(!f->line || f->line >= last);
        must(last != SIZE_MAX || !f->line);
        last = f->line ? f->line : SIZE_MAX;
        listed += f->n;
        for (const char *c = f->text; *c; c++)
            must((unsigned char)*c >= 0x20);
    }
    must(listed == r->counts[0] + r->counts[1] + r->counts[2]);
    must(r->n <= RKB_LINT_N * 6);
}

static size_t errors(const struct rkb_lint_report *r, enum rkb_lint_id code)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++)
        n += r->findings[i].code == code;
    return n;
}

static bool reads(read_fn *read, rkb_sv text)
{
    const struct rkb_sink sink = { .on_query = on_pair,
                                   .on_doc = on_doc,
                                   .on_grade = on_grade };
    struct rkb_err err = { 0 };
    struct rkb_stream *s;

    rkb_stream_from_memory(&s, text.at, text.len);
    return read(s, &sink, &err) == RKB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rkb_lint_report r = { 0 };
    size_t kind, n_lines = 1;

    if (size < 1)
        return 0;
    kind = (size_t)(data[0] - 'a') % RKB_COUNT(kinds);

    const rkb_sv text = { (const char *)data + 1, size - 1 };

    for (size_t i = 0; i < text.len; i++)
        n_lines += text.at[i] == '\n';
    rkb_lint_memory(rkb_sv_of(kinds[kind].name), text, &r);
    check_findings(&r,
                   strcmp(kinds[kind].name, "plan") == 0 ? SIZE_MAX : n_lines);
    if (kinds[kind].read && reads(kinds[kind].read, text))
        must(!errors(&r, RKB_LINT_LINE) && !errors(&r, RKB_LINT_BROKEN));
    else if (kinds[kind].read)
        must(errors(&r, RKB_LINT_LINE) || errors(&r, RKB_LINT_BROKEN) ||
             errors(&r, RKB_LINT_UTF8));
    rkb_lint_report_release(&r);
    return 0;
}
