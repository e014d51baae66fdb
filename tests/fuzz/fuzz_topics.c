/* SPDX-License-Identifier: Apache-2.0 */
/* Topics of either form, written as XML and read again, are the same. */
#include "tests/fuzz/told.h"

static void escaped(struct rkb_buf *b, rkb_sv text)
{
    for (size_t i = 0; i < text.len; i++)
        if (memchr("<>&\"'", text.at[i], 5))
            rkb_buf_printf(b, "&#%d;", text.at[i]);
        else
            rkb_buf_char(b, text.at[i]);
}

static enum rkb_status topic(void *ctx, rkb_sv qid, rkb_sv text,
                             struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    t->n++;
    demand_id(qid);
    demand(rkb_sv_is_utf8(text, NULL) && rkb_sv_trim(text).len == text.len);
    demand(!text.len || !memchr(text.at, '\n', text.len));
    rkb_buf_text(&t->text, "<topic number=\"");
    escaped(&t->text, qid);
    rkb_buf_text(&t->text, "\"><query>");
    escaped(&t->text, text);
    rkb_buf_text(&t->text, "</query></topic>\n");
    return RKB_OK;
}

static bool topics(struct told *t, const void *at, size_t n)
{
    const struct rkb_sink sink = { .ctx = t, .on_query = topic };
    struct rkb_err err = { 0 };
    struct rkb_stream *s;
    size_t line = 0;
    enum rkb_status rc;

    rkb_stream_from_memory(&s, at, n);
    rc = rkb_topics_read(s, NULL, &sink, &line, &err);
    demand(!rc || err.msg[0]);
    demand(!rc || rkb_sv_is_utf8(rkb_sv_of(err.msg), NULL));
    demand(rc || (line >= 1 && t->n >= 1));
    return !rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct told first = { 0 }, second = { 0 };
    rkb_sv text;

    (void)rkb_topics_like((rkb_sv){ (const char *)data, size });
    if (topics(&first, data, size)) {
        text = rkb_buf_view(&first.text);
        demand(topics(&second, text.at, text.len));
        demand(rkb_sv_eq(text, rkb_buf_view(&second.text)));
    }
    told_release(&first);
    told_release(&second);
    return 0;
}
