/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of id and text that are read, written out and read again are the same;
 * a run keeps each query's hits numbered from 1. */
#include "base/map.h"
#include "tests/fuzz/told.h"

struct ranks {
    struct rkb_map qids;
    int64_t last[256];
};

static enum rkb_status check_hit(void *ctx, rkb_sv qid, rkb_sv docid,
                                 int64_t rank, double score,
                                 struct rkb_err *err)
{
    struct ranks *r = ctx;
    uint32_t q = rkb_map_add(&r->qids, qid, NULL);

    (void)err;
    demand_id(qid);
    demand_id(docid);
    demand(isnan(score));
    if (q < RKB_COUNT(r->last)) {
        demand(rank == r->last[q] + 1);
        r->last[q] = rank;
    }
    return RKB_OK;
}

/* The columns of a document stand in the line, one tab behind another. */
static void check_document(rkb_sv line)
{
    rkb_sv id, title, body;
    struct rkb_err err = { 0 };

    if (rkb_msmarco_doc_split(line, &id, &title, &body, &err)) {
        demand(err.msg[0]);
        return;
    }
    demand(id.at == line.at && id.at[id.len] == '\t');
    demand(title.at > id.at + id.len + 1 && title.at[-1] == '\t');
    demand(body.at == title.at + title.len + 1);
    demand(body.at + body.len <= line.at + line.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told first = { 0 }, second = { 0 };
    struct ranks ranks = { .last = { 0 } };
    const struct rkb_sink sink = { .ctx = &ranks, .on_hit = check_hit };
    struct rkb_err err = { 0 };
    struct rkb_stream *s;

    if (told_read(&first, rkb_tsv_queries, RKB_PART_QUERIES, data, size) &&
        first.n > 0) {
        demand(told_again(&second, rkb_tsv_queries, RKB_PART_QUERIES, &first));
        demand(
            rkb_sv_eq(rkb_buf_view(&first.text), rkb_buf_view(&second.text)));
    }
    told_release(&first);
    told_release(&second);
    check_document((rkb_sv){ size ? (const char *)data : "", size });
    rkb_stream_from_memory(&s, data, size);
    demand(!rkb_tsv_hits(s, &sink, &err) || err.msg[0]);
    rkb_map_release(&ranks.qids);
    return 0;
}
