/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets of the formats share: events are written as a file of
 * the same format, so that reading it again must give the same events. */
#ifndef RKB_TESTS_FUZZ_TOLD_H
#define RKB_TESTS_FUZZ_TOLD_H

#include "base/buf.h"
#include "datasets/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
    struct rkb_buf text;
    const char *middle; /* between query and document of a judgment */
    bool json;          /* write JSON lines                         */
    size_t n;
};

typedef enum rkb_status told_read_fn(struct rkb_stream *in,
                                     const struct rkb_sink *sink,
                                     struct rkb_err *err);

static inline void demand(bool holds)
{
    if (!holds)
        abort();
}

static inline void demand_id(rkb_sv id)
{
    demand(id.len > 0 && id.len <= RKB_ID_LIMIT);
    demand(!memchr(id.at, '\0', id.len) && !memchr(id.at, '\n', id.len));
    demand(rkb_sv_trim(id).len == id.len);
    demand(rkb_sv_is_utf8(id, NULL));
}

/* An id may begin with what a file or a line may not: a byte order mark is put
 * before the first, a blank before each ("#" would make a comment). */
static inline void told_begin(struct told *t)
{
    rkb_buf_text(&t->text, t->text.len ? " " : "\xef\xbb\xbf ");
}

static inline enum rkb_status told_query(void *ctx, rkb_sv qid, rkb_sv text,
                                         struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    t->n++;
    demand_id(qid);
    demand(rkb_sv_is_utf8(text, NULL));
    if (t->json) {
        rkb_buf_text(&t->text, "{\"_id\":");
        rkb_buf_json(&t->text, qid);
        rkb_buf_text(&t->text, ",\"text\":");
        rkb_buf_json(&t->text, text);
        rkb_buf_text(&t->text, "}\n");
    } else {
        told_begin(t);
        rkb_buf_sv(&t->text, qid);
        rkb_buf_char(&t->text, '\t');
        rkb_buf_sv(&t->text, text);
        rkb_buf_text(&t->text, "\r\n");
    }
    return RKB_OK;
}

static inline enum rkb_status told_doc(void *ctx, rkb_sv docid, rkb_sv title,
                                       rkb_sv text, struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    t->n++;
    demand_id(docid);
    demand(rkb_sv_is_utf8(title, NULL) && rkb_sv_is_utf8(text, NULL));
    rkb_buf_text(&t->text, "{\"_id\":");
    rkb_buf_json(&t->text, docid);
    rkb_buf_text(&t->text, ",\"title\":");
    rkb_buf_json(&t->text, title);
    rkb_buf_text(&t->text, ",\"text\":");
    rkb_buf_json(&t->text, text);
    rkb_buf_text(&t->text, "}\n");
    return RKB_OK;
}

static inline enum rkb_status told_grade(void *ctx, rkb_sv qid, rkb_sv docid,
                                         int32_t grade, struct rkb_err *err)
{
    struct told *t = ctx;

    (void)err;
    t->n++;
    demand_id(qid);
    demand_id(docid);
    told_begin(t);
    rkb_buf_sv(&t->text, qid);
    rkb_buf_text(&t->text, t->middle);
    rkb_buf_sv(&t->text, docid);
    rkb_buf_printf(&t->text, "\t%d\n", (int)grade);
    return RKB_OK;
}

static inline struct rkb_sink told_sink(struct told *t, unsigned parts)
{
    return (struct rkb_sink){
        .ctx = t,
        .on_query = parts & RKB_PART_QUERIES ? told_query : NULL,
        .on_doc = parts & RKB_PART_DOCS ? told_doc : NULL,
        .on_grade = parts & RKB_PART_GRADES ? told_grade : NULL,
    };
}

/* False when it was refused; then there is a message that can be shown. */
static inline bool told_read(struct told *t, told_read_fn *read, unsigned parts,
                             const void *at, size_t n)
{
    const struct rkb_sink sink = told_sink(t, parts);
    struct rkb_err err = { 0 };
    struct rkb_stream *s;
    enum rkb_status rc;

    rkb_stream_from_memory(&s, at, n);
    rc = read(s, &sink, &err);
    demand(rc == err.code || rc == RKB_OK);
    demand(!rc || err.msg[0]);
    demand(!rc || rkb_sv_is_utf8(rkb_sv_of(err.msg), NULL));
    return !rc;
}

static inline bool told_again(struct told *second, told_read_fn *read,
                              unsigned parts, const struct told *first)
{
    rkb_sv text = rkb_buf_view(&first->text);

    return told_read(second, read, parts, text.at, text.len);
}

static inline void told_release(struct told *t)
{
    rkb_buf_release(&t->text);
}

#endif
