/* SPDX-License-Identifier: Apache-2.0 */
/* The elements of a JSON array or of JSONL, from a stream, one at a time. Here
 * only their ends are looked for; who parses an element checks it. */
#include "base/io/json.h"
#include "base/io/json_scan.h"
#include "base/io/stream.h"
#include "base/mem.h"

#include <string.h>

#define FIRST_BYTES ((size_t)256 << 10)

struct feed {
    struct rkb_stream *in;
    char *at;
    size_t len, cap;
    size_t begin; /* of what must be kept: the element under way */
    size_t next;  /* first byte not looked at */
    size_t line;  /* of `begin` */
    size_t max_bytes;
    bool ended;
};

static enum rkb_status feed_fail(const struct feed *f, enum rkb_status code,
                                 const char *why, struct rkb_err *err)
{
    return rkb_fail(err, code, "%s:%zu: %s", rkb_stream_name(f->in), f->line,
                    why);
}

static enum rkb_status more(struct feed *f, struct rkb_err *err)
{
    enum rkb_status rc;
    size_t got = 0;

    if (f->begin > 0) {
        memmove(f->at, f->at + f->begin, f->len - f->begin);
        f->len -= f->begin;
        f->next -= f->begin;
        f->begin = 0;
    }
    if (f->len > f->max_bytes)
        return rkb_fail(err, RKB_E_LIMIT,
                        "%s:%zu: the element is longer than %zu bytes",
                        rkb_stream_name(f->in), f->line, f->max_bytes);
    if (f->len == f->cap) {
        f->cap = f->cap > 0 ? 2 * f->cap : FIRST_BYTES;
        f->at = rkb_resize(f->at, f->cap, 1);
    }
    rc = rkb_stream_read(f->in, f->at + f->len, f->cap - f->len, &got, err);
    f->len += got;
    f->ended = !rc && got == 0;
    return rc;
}

/* True when there is a byte at `next`. */
static bool has_byte(struct feed *f, enum rkb_status *rc, struct rkb_err *err)
{
    while (!*rc && f->next == f->len && !f->ended)
        *rc = more(f, err);
    return !*rc && f->next < f->len;
}

/* What was looked at is done with; its lines are counted. */
static void consume(struct feed *f)
{
    const char *p = f->at + f->begin;
    const char *end = f->at + f->next;

    while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
        f->line++;
        p++;
    }
    f->begin = f->next;
}

static bool skip_blanks(struct feed *f, enum rkb_status *rc,
                        struct rkb_err *err)
{
    while (has_byte(f, rc, err) && rkb_json_is_blank(f->at[f->next])) {
        f->next++;
        consume(f);
    }
    return !*rc && f->next < f->len;
}

/* From behind the opening quote to behind the closing one. */
static enum rkb_status pass_string(struct feed *f, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    while (has_byte(f, &rc, err)) {
        const char *p = rkb_json_skip_text(f->at + f->next, f->at + f->len);

        f->next = (size_t)(p - f->at);
        if (f->next == f->len)
            continue;
        f->next++;
        if (*p == '"')
            return RKB_OK;
        if (has_byte(f, &rc, err))
            f->next++; /* what the backslash protects */
    }
    return rc ? rc : feed_fail(f, RKB_E_DATA, "a string without its end", err);
}

/* From the first byte of an array's element to behind its last. */
static enum rkb_status pass_element(struct feed *f, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    size_t depth = 0;

    while (has_byte(f, &rc, err)) {
        char c = f->at[f->next];

        if (depth == 0 && (c == ',' || c == ']' || rkb_json_is_blank(c)))
            return RKB_OK;
        f->next++;
        if (c == '"')
            rc = pass_string(f, err);
        else if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth -= depth > 0;
        else
            continue;
        if (rc || depth == 0)
            return rc;
    }
    return rc ? rc
              : feed_fail(f, RKB_E_DATA, "an end in the middle of a value",
                          err);
}

static enum rkb_status give(struct feed *f, rkb_json_each_fn *each, void *ctx,
                            struct rkb_err *err)
{
    rkb_sv element = { f->at + f->begin, f->next - f->begin };
    enum rkb_status rc;

    if (element.len > f->max_bytes)
        return rkb_fail(err, RKB_E_LIMIT,
                        "%s:%zu: the element is longer than %zu bytes",
                        rkb_stream_name(f->in), f->line, f->max_bytes);
    rc = each(ctx, element, f->line, err);
    consume(f);
    return rc;
}

/* Behind the opening bracket. */
static enum rkb_status each_of_array(struct feed *f, rkb_json_each_fn *each,
                                     void *ctx, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    bool comma = false; /* the last thing was one */
    bool first = true;

    while (skip_blanks(f, &rc, err)) {
        char c = f->at[f->next];

        if (c == ']' && !comma)
            break;
        if (c == ']' || c == ',' || (!first && !comma))
            return feed_fail(f, RKB_E_DATA, "a missing ',' or element", err);
        rc = pass_element(f, err);
        if (!rc)
            rc = give(f, each, ctx, err);
        first = false;
        comma = !rc && skip_blanks(f, &rc, err) && f->at[f->next] == ',';
        if (comma) {
            f->next++;
            consume(f);
        }
    }
    if (rc)
        return rc;
    if (f->next == f->len)
        return feed_fail(f, RKB_E_DATA, "an array without its end", err);
    f->next++;
    consume(f);
    if (skip_blanks(f, &rc, err))
        return feed_fail(f, RKB_E_DATA, "text behind the array", err);
    return rc;
}

static enum rkb_status each_of_lines(struct feed *f, rkb_json_each_fn *each,
                                     void *ctx, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    while (skip_blanks(f, &rc, err)) {
        const char *end = NULL;

        while (!end && has_byte(f, &rc, err)) {
            end = memchr(f->at + f->next, '\n', f->len - f->next);
            f->next = end ? (size_t)(end - f->at) : f->len;
        }
        if (!rc)
            rc = give(f, each, ctx, err);
    }
    return rc;
}

static enum rkb_status skip_bom(struct feed *f, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;

    while (!rc && f->len < 3 && !f->ended)
        rc = more(f, err);
    if (!rc && f->len >= 3 && memcmp(f->at, "\xef\xbb\xbf", 3) == 0)
        f->begin = f->next = 3;
    return rc;
}

enum rkb_status rkb_json_each(struct rkb_stream *in, size_t max_bytes,
                              rkb_json_each_fn *each, void *ctx,
                              struct rkb_err *err)
{
    struct feed f = { .in = in, .line = 1, .max_bytes = max_bytes };
    enum rkb_status rc = skip_bom(&f, err);

    if (!rc && skip_blanks(&f, &rc, err)) {
        if (f.at[f.next] == '[') {
            f.next++;
            consume(&f);
            rc = each_of_array(&f, each, ctx, err);
        } else {
            rc = each_of_lines(&f, each, ctx, err);
        }
    }
    rkb_free(f.at);
    return rc;
}
