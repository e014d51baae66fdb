/* SPDX-License-Identifier: Apache-2.0 */
/* Request files: ranks count from 1 within a request, ids are clean, and what
 * is read, written in the newer form and read again is the same. */
#include "tests/fuzz/told.h"

/* Hits as requests of one candidate each: the second reading has rank 1. */
struct hits {
    struct rkb_buf text;
    struct rkb_buf query, doc; /* the last ones, as JSON members */
    int64_t last;
};

static void member(struct rkb_buf *b, const char *key, rkb_sv value)
{
    rkb_buf_printf(b, ",\"%s\":", key);
    rkb_buf_json(b, value);
}

static enum rkb_status on_query(void *ctx, rkb_sv qid, rkb_sv text,
                                struct rkb_err *err)
{
    struct hits *h = ctx;

    (void)err;
    demand_id(qid);
    demand(rkb_sv_is_utf8(text, NULL));
    h->last = 0;
    rkb_buf_reset(&h->query);
    rkb_buf_json(&h->query, text);
    return RKB_OK;
}

static enum rkb_status on_doc(void *ctx, rkb_sv docid, rkb_sv title,
                              rkb_sv text, struct rkb_err *err)
{
    struct hits *h = ctx;

    (void)err;
    demand_id(docid);
    rkb_buf_reset(&h->doc);
    member(&h->doc, "title", title);
    member(&h->doc, "text", text);
    return RKB_OK;
}

static enum rkb_status on_hit(void *ctx, rkb_sv qid, rkb_sv docid, int64_t rank,
                              double score, struct rkb_err *err)
{
    struct hits *h = ctx;

    (void)err;
    demand_id(qid);
    demand_id(docid);
    demand(rank == h->last + 1);
    h->last = rank;
    demand(!isinf(score));
    rkb_buf_text(&h->text, "{\"query\":{\"text\":");
    rkb_buf_sv(&h->text, rkb_buf_view(&h->query));
    member(&h->text, "qid", qid);
    rkb_buf_text(&h->text, "},\"candidates\":[{\"a\":0");
    member(&h->text, "docid", docid);
    if (!isnan(score))
        rkb_buf_printf(&h->text, ",\"score\":%.17g", score);
    if (h->doc.len > 0) {
        rkb_buf_text(&h->text, ",\"doc\":{\"b\":0");
        rkb_buf_sv(&h->text, rkb_buf_view(&h->doc));
        rkb_buf_text(&h->text, "}");
    }
    rkb_buf_text(&h->text, "}]}\n");
    rkb_buf_reset(&h->doc);
    return RKB_OK;
}

static bool read_hits(struct hits *h, const void *at, size_t n)
{
    const struct rkb_sink sink = {
        .ctx = h, .on_query = on_query, .on_doc = on_doc, .on_hit = on_hit
    };
    struct rkb_err err = { 0 };
    struct rkb_stream *s;
    enum rkb_status rc;

    rkb_stream_from_memory(&s, at, n);
    rc = rkb_requests_read(s, &sink, &err);
    rkb_stream_close(s);
    demand(!rc || err.msg[0]);
    return !rc;
}

static void release(struct hits *h)
{
    rkb_buf_release(&h->text);
    rkb_buf_release(&h->query);
    rkb_buf_release(&h->doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hits first = { .last = 0 }, second = { .last = 0 };
    rkb_sv text;

    if (read_hits(&first, data, size) && first.text.len > 0) {
        text = rkb_buf_view(&first.text);
        demand(read_hits(&second, text.at, text.len));
        demand(rkb_sv_eq(text, rkb_buf_view(&second.text)));
    }
    release(&first);
    release(&second);
    return 0;
}
