/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/mem.h"
#include "datasets/record.h"

#include <string.h>

#define FILE_BYTES ((size_t)64 << 20)
#define TOPIC_BYTES ((size_t)256 << 10)
#define MAX_FIELDS 200 /* each looks for its end in the whole topic */
#define TAG_BYTES 4096

/* ---- tags ------------------------------------------------------------------ */

struct tag {
    rkb_sv name, attributes;
    bool is_end, is_empty; /* </x>, <x/> */
    size_t len;            /* of all of it */
};

static bool same_name(rkb_sv a, const char *name)
{
    return a.len == strlen(name) && strncasecmp(a.at, name, a.len) == 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static rkb_sv behind(rkb_sv a, size_t n)
{
    return (rkb_sv){ a.at + n, a.len - n };
}

static rkb_sv name_at(rkb_sv a)
{
    size_t n = 0;

    while (n < a.len &&
           (is_letter(a.at[n]) || (n && a.at[n] >= '0' && a.at[n] <= '9') ||
            (n && strchr("_.:-", a.at[n]) && a.at[n])))
        n++;
    return (rkb_sv){ a.at, n };
}

/* NAME="value", with either quote, at the front of *rest. */
static bool next_attribute(rkb_sv *rest, rkb_sv *name, rkb_sv *value)
{
    rkb_sv a = *rest;
    const char *end;

    while (a.len && is_blank(*a.at))
        a = behind(a, 1);
    *name = name_at(a);
    a = behind(a, name->len);
    if (!name->len || a.len < 2 || a.at[0] != '=' ||
        (a.at[1] != '"' && a.at[1] != '\''))
        return false;
    end = memchr(a.at + 2, a.at[1], a.len - 2);
    if (!end)
        return false;
    *value = (rkb_sv){ a.at + 2, (size_t)(end - a.at) - 2 };
    *rest = behind(a, value->len + 3);
    return true;
}

/* Topics are full of '<' that nobody escaped: what has not exactly the shape
 * of a tag is text. */
static bool tag_at(rkb_sv a, struct tag *t)
{
    rkb_sv rest = a, name, value;

    *t = (struct tag){ 0 };
    if (rest.len > TAG_BYTES)
        rest.len = TAG_BYTES;
    if (rest.len < 3 || rest.at[0] != '<')
        return false;
    t->is_end = rest.at[1] == '/';
    rest = behind(rest, t->is_end ? 2 : 1);
    t->name = name_at(rest);
    rest = behind(rest, t->name.len);
    if (!t->name.len)
        return false;
    t->attributes = rest;
    while (!t->is_end && next_attribute(&rest, &name, &value))
        continue;
    t->attributes.len -= rest.len;
    while (rest.len && is_blank(*rest.at))
        rest = behind(rest, 1);
    t->is_empty = !t->is_end && rest.len > 1 && rest.at[0] == '/';
    if (t->is_empty)
        rest = behind(rest, 1);
    t->len = (size_t)(rest.at - a.at) + 1;
    return rest.len > 0 && rest.at[0] == '>';
}

/* Length of what only looks like text: a comment, a declaration or an
 * instruction; 0 when there is none here. */
static size_t aside_at(rkb_sv a)
{
    const char *end = ">";
    const char *at;

    if (a.len < 2 || a.at[0] != '<' || (a.at[1] != '!' && a.at[1] != '?'))
        return 0;
    if (rkb_sv_starts(a, "<!--"))
        end = "-->";
    else if (rkb_sv_starts(a, "<![CDATA["))
        end = "]]>";
    else if (a.at[1] == '?')
        end = "?>";
    else if (a.len < 3 || !is_letter(a.at[2]))
        return 0;
    at = memmem(a.at, a.len, end, strlen(end));
    return at ? (size_t)(at - a.at) + strlen(end) : 0;
}

/* From the front of `a` to the next tag: false when there is none. */
static bool find_tag(rkb_sv a, size_t *offset, struct tag *t)
{
    rkb_sv rest = a;

    while (rest.len) {
        const char *at = memchr(rest.at, '<', rest.len);
        size_t aside;

        if (!at)
            return false;
        rest = behind(rest, (size_t)(at - rest.at));
        *offset = (size_t)(rest.at - a.at);
        if (tag_at(rest, t))
            return true;
        aside = aside_at(rest);
        rest = behind(rest, aside ? aside : 1);
    }
    return false;
}

/* ---- text ------------------------------------------------------------------ */

static void put_code_point(struct rkb_buf *b, uint32_t c)
{
    char s[4];
    size_t n = 0;

    if (c < 0x80) {
        s[n++] = (char)c;
    } else if (c < 0x800) {
        s[n++] = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        s[n++] = (char)(0xe0 | c >> 12);
        s[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        s[n++] = (char)(0xf0 | c >> 18);
        s[n++] = (char)(0x80 | (c >> 12 & 0x3f));
        s[n++] = (char)(0x80 | (c >> 6 & 0x3f));
    }
    if (c >= 0x80)
        s[n++] = (char)(0x80 | (c & 0x3f));
    rkb_buf_add(b, s, n);
}

/* The value of "65" or "x41", 0 when it is no character. */
static uint32_t numeric(rkb_sv digits)
{
    bool hex = digits.len && (*digits.at == 'x' || *digits.at == 'X');
    uint32_t c = 0;

    if (hex)
        digits = behind(digits, 1);
    if (!digits.len || digits.len > 7)
        return 0;
    for (size_t i = 0; i < digits.len; i++) {
        const char *all = "0123456789abcdef";
        char low = digits.at[i];
        const char *at;

        if (low >= 'A' && low <= 'F')
            low = (char)(low - 'A' + 'a');
        at = low ? memchr(all, low, hex ? 16 : 10) : NULL;
        if (!at)
            return 0;
        c = c * (hex ? 16 : 10) + (uint32_t)(at - all);
    }
    return c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : c;
}

/* One of XML's entities at the front of `a`; its length, 0 when there is none:
 * a lone '&' stands for itself. */
static size_t entity_at(rkb_sv a, uint32_t *c)
{
    static const struct {
        const char *name;
        uint32_t c;
    } named[] = { { "&amp;", '&' },
                  { "&lt;", '<' },
                  { "&gt;", '>' },
                  { "&quot;", '"' },
                  { "&apos;", '\'' } };
    const char *end;

    for (size_t i = 0; i < RKB_COUNT(named); i++)
        if (rkb_sv_starts(a, named[i].name)) {
            *c = named[i].c;
            return strlen(named[i].name);
        }
    if (!rkb_sv_starts(a, "&#"))
        return 0;
    end = memchr(a.at, ';', a.len < 12 ? a.len : 12);
    *c = end ? numeric((rkb_sv){ a.at + 2, (size_t)(end - a.at) - 2 }) : 0;
    return *c ? (size_t)(end - a.at) + 1 : 0;
}

/* A byte of text; blanks in a row are one, and none leads. */
static void put_byte(struct rkb_buf *b, char c)
{
    if (!is_blank(c))
        rkb_buf_char(b, c);
    else if (b->len && b->at[b->len - 1] != ' ')
        rkb_buf_char(b, ' ');
}

static void put_raw(struct rkb_buf *b, rkb_sv text)
{
    for (size_t i = 0; i < text.len; i++)
        put_byte(b, text.at[i]);
}

/* Lines are joined and entities decoded; `markup`: tags inside are dropped. */
static rkb_sv plain(struct rkb_buf *b, rkb_sv a, bool markup)
{
    struct tag t;
    uint32_t c;

    rkb_buf_reset(b);
    while (a.len) {
        size_t n = *a.at == '<' ? aside_at(a) : 0;
        size_t entity = *a.at == '&' ? entity_at(a, &c) : 0;

        if (n && rkb_sv_starts(a, "<![CDATA[")) {
            put_raw(b, (rkb_sv){ a.at + 9, n - 12 });
        } else if (n || (markup && tag_at(a, &t))) {
            put_byte(b, ' ');
            n = n ? n : t.len;
        } else if (entity) {
            n = entity;
            if (c < 0x80)
                put_byte(b, (char)c);
            else
                put_code_point(b, c);
        } else {
            put_byte(b, *a.at);
            n = 1;
        }
        a = behind(a, n);
    }
    return rkb_sv_trim(rkb_buf_view(b));
}

/* ---- topics ---------------------------------------------------------------- */

/* What leads the text of a field in TREC's own files, and says nothing. */
static const struct {
    const char *name, *label;
} labels[] = {
    { "num", "Number:" },       { "title", "Topic:" },
    { "desc", "Description:" }, { "narr", "Narrative:" },
    { "smry", "Summary:" },     { "con", "Concept(s):" },
    { "dom", "Domain:" },       { "def", "Definition(s):" },
    { "fac", "Factor(s):" },
};

static const char *const id_names[] = { "num", "number", "id", "identifier" };
static const char *const usual[] = { "title", "query" };
static const char *const same[][2] = { { "desc", "description" },
                                       { "narr", "narrative" } };

struct topics {
    const char *name; /* of the file */
    rkb_sv text;
    const char *counted; /* lines up to here ... */
    size_t line;         /* ... are this many    */
    const char *field;   /* whose text is the query; "": the topic's own */
    const struct rkb_sink *sink;
    size_t *told_line; /* the caller's, or NULL */
    struct rkb_buf id, query, fields;
    size_t n;
};

static size_t line_of(struct topics *t, const char *at)
{
    for (; t->counted < at; t->counted++)
        t->line += *t->counted == '\n';
    return t->line;
}

static enum rkb_status at_line(struct topics *t, const char *at,
                               struct rkb_err *err)
{
    return rkb_wrap(err, "%s:%zu", t->name, line_of(t, at));
}

struct field {
    rkb_sv name, text;
    bool closed;
};

static bool is_id(rkb_sv name)
{
    for (size_t i = 0; i < RKB_COUNT(id_names); i++)
        if (same_name(name, id_names[i]))
            return true;
    return false;
}

static bool is_field(rkb_sv name, const char *asked)
{
    if (same_name(name, asked))
        return true;
    for (size_t i = 0; i < RKB_COUNT(same); i++)
        for (size_t k = 0; k < 2; k++)
            if (same_name(name, same[i][k]) &&
                strcasecmp(asked, same[i][1 - k]) == 0)
                return true;
    return false;
}

static bool has_label(rkb_sv name)
{
    for (size_t i = 0; i < RKB_COUNT(labels); i++)
        if (same_name(name, labels[i].name))
            return true;
    return false;
}

static bool leads_line(rkb_sv body, size_t offset)
{
    while (offset && body.at[offset - 1] != '\n')
        if (!is_blank(body.at[--offset]))
            return false;
    return true;
}

/* The text of a field whose tag is closed, else up to the next field: a tag
 * that leads a line, or one of TREC's own anywhere. Returns the whole length. */
static size_t field_text(rkb_sv body, const struct tag *open, struct field *f)
{
    rkb_sv rest = behind(body, open->len);
    size_t offset = 0, at = 0, n_open = 0;
    struct tag t;

    *f = (struct field){ .name = open->name, .text = { rest.at, 0 } };
    if (open->is_empty)
        return open->len;
    while (find_tag(behind(rest, at), &offset, &t)) {
        if (t.is_end && t.name.len == open->name.len &&
            strncasecmp(t.name.at, open->name.at, t.name.len) == 0) {
            f->closed = true;
            f->text.len = at + offset;
            return open->len + f->text.len + t.len;
        }
        at += offset + t.len;
    }
    for (at = 0; find_tag(behind(rest, at), &offset, &t);
         at += offset + t.len) {
        bool inside = t.is_end && n_open > 0; /* </b> of a <b> in the text */

        if (!inside &&
            (t.is_end || has_label(t.name) || leads_line(rest, at + offset))) {
            f->text.len = at + offset;
            return open->len + f->text.len;
        }
        n_open = inside ? n_open - 1 : n_open + !t.is_empty;
    }
    f->text.len = rest.len;
    return open->len + rest.len;
}

static rkb_sv without_label(const struct field *f)
{
    rkb_sv text = rkb_sv_trim(f->text);

    for (size_t i = 0; i < RKB_COUNT(labels); i++) {
        size_t n = strlen(labels[i].label);

        if (same_name(f->name, labels[i].name) && text.len >= n &&
            strncasecmp(text.at, labels[i].label, n) == 0)
            return behind(text, n);
    }
    return text;
}

/* What was found in one topic. */
struct found {
    rkb_sv id, text; /* at == NULL: not there */
    bool markup;
    bool has[RKB_COUNT(usual)];
    size_t n_fields;
};

static enum rkb_status take_field(struct topics *t, const struct field *f,
                                  const char *wanted, struct found *found,
                                  struct rkb_err *err)
{
    if (++found->n_fields > MAX_FIELDS)
        return rkb_fail(err, RKB_E_LIMIT, "more than %d fields in a topic",
                        MAX_FIELDS);
    rkb_buf_printf(&t->fields, "%s%.*s", t->fields.len ? ", " : "",
                   f->name.len < 60 ? (int)f->name.len : 60, f->name.at);
    if (is_id(f->name) && !found->id.at)
        found->id = plain(&t->id, without_label(f), f->closed);
    for (size_t i = 0; i < RKB_COUNT(usual); i++)
        found->has[i] |= same_name(f->name, usual[i]);
    if (!wanted || !is_field(f->name, wanted))
        return RKB_OK;
    if (found->text.at)
        return rkb_fail(err, RKB_E_DATA, "a second '%s' in a topic", wanted);
    found->text = without_label(f);
    found->markup = f->closed;
    return RKB_OK;
}

/* All of a topic's fields, looking for `wanted` (NULL: for none). */
static enum rkb_status walk(struct topics *t, rkb_sv body, const char *wanted,
                            struct found *found, struct rkb_err *err)
{
    enum rkb_status rc = RKB_OK;
    size_t offset = 0;
    struct field f;
    struct tag tag;
    rkb_sv rest = body;

    rkb_buf_reset(&t->fields);
    while (!rc && find_tag(rest, &offset, &tag)) {
        rkb_sv between = { rest.at, offset };

        if (plain(&t->query, between, false).len) {
            rkb_fail(err, RKB_E_DATA, "text that is in no field of its topic");
            return at_line(t, rest.at, err);
        }
        rest = behind(rest, offset);
        if (tag.is_end) {
            rest = behind(rest, tag.len);
            continue;
        }
        offset = field_text(rest, &tag, &f);
        rc = take_field(t, &f, wanted, found, err);
        if (rc)
            return at_line(t, rest.at, err);
        rest = behind(rest, offset);
    }
    if (found->n_fields && plain(&t->query, rest, false).len) {
        rkb_fail(err, RKB_E_DATA, "text that is in no field of its topic");
        return at_line(t, rest.at, err);
    }
    if (wanted && !*wanted && !found->n_fields)
        found->text = body;
    return rc;
}

/* The first topic decides which field is the query, where nobody did. */
static enum rkb_status choose_field(struct topics *t, rkb_sv body,
                                    struct rkb_err *err)
{
    struct found found = { 0 };
    enum rkb_status rc = walk(t, body, NULL, &found, err);

    for (size_t i = 0; !rc && !t->field && i < RKB_COUNT(usual); i++)
        if (found.has[i])
            t->field = usual[i];
    if (rc || t->field)
        return rc;
    if (!found.n_fields) {
        t->field = "";
        return RKB_OK;
    }
    rkb_fail(err, RKB_E_USAGE,
             "a topic has neither 'title' nor 'query': name what is the query "
             "with --query-text; it has %s",
             t->fields.at);
    return at_line(t, body.at, err);
}

static void id_attribute(struct topics *t, rkb_sv attributes,
                         struct found *found)
{
    rkb_sv name, value;

    while (!found->id.at && next_attribute(&attributes, &name, &value))
        if (is_id(name))
            found->id = plain(&t->id, value, false);
}

static enum rkb_status take_topic(struct topics *t, const struct tag *open,
                                  rkb_sv body, struct rkb_err *err)
{
    struct found found = { 0 };
    enum rkb_status rc = RKB_OK;
    rkb_sv id;

    if (body.len > TOPIC_BYTES) {
        rkb_fail(err, RKB_E_LIMIT, "a topic of more than %zu bytes",
                 TOPIC_BYTES);
        return at_line(t, body.at, err);
    }
    if (!t->field)
        rc = choose_field(t, body, err);
    if (rc)
        return rc;
    id_attribute(t, open->attributes, &found);
    rc = walk(t, body, t->field, &found, err);
    if (rc)
        return rc;
    if (!found.id.at)
        rc = rkb_fail(err, RKB_E_DATA,
                      "a topic without 'num' or a 'number' of its own");
    else
        rc = rkb_record_id(found.id, "query id", &id, err);
    if (!rc && !found.text.at)
        rc = rkb_fail(err, RKB_E_DATA, "topic '%.*s' has no '%s', but %s",
                      (int)id.len, id.at, *t->field ? t->field : "text",
                      t->fields.len ? t->fields.at : "no fields");
    t->n++;
    if (t->told_line)
        *t->told_line = line_of(t, body.at);
    if (!rc)
        rc = t->sink->on_query(t->sink->ctx, id,
                               plain(&t->query, found.text, found.markup), err);
    return rc ? at_line(t, body.at, err) : RKB_OK;
}

static bool is_topic(const struct tag *t)
{
    return same_name(t->name, "top") || same_name(t->name, "topic");
}

/* Up to the topic's end tag or the next topic. In XML, where the file may have
 * been cut, the end must be there. Returns the length with the end tag. */
static enum rkb_status topic_body(rkb_sv rest, const struct tag *open,
                                  rkb_sv *body, size_t *len,
                                  struct rkb_err *err)
{
    size_t at = 0, offset = 0;
    struct tag t;

    while (!open->is_empty && find_tag(behind(rest, at), &offset, &t)) {
        if (is_topic(&t)) {
            *body = (rkb_sv){ rest.at, at + offset };
            *len = body->len + (t.is_end ? t.len : 0);
            if (t.is_end || same_name(open->name, "top"))
                return RKB_OK;
            break;
        }
        at += offset + t.len;
    }
    *body = (rkb_sv){ rest.at, open->is_empty ? 0 : rest.len };
    *len = body->len;
    if (open->is_empty || same_name(open->name, "top"))
        return RKB_OK;
    return rkb_fail(err, RKB_E_DATA, "a topic without its '</topic>'");
}

static enum rkb_status read_topics(struct topics *t, struct rkb_err *err)
{
    bool wrapped = false, unwrapped = false;
    enum rkb_status rc = RKB_OK;
    size_t offset = 0, len;
    rkb_sv rest = t->text, body;
    struct tag tag;

    while (!rc && find_tag(rest, &offset, &tag)) {
        if (plain(&t->query, (rkb_sv){ rest.at, offset }, false).len) {
            rkb_fail(err, RKB_E_DATA, "text outside of a topic");
            return at_line(t, rest.at, err);
        }
        rest = behind(rest, offset + tag.len);
        if (same_name(tag.name, "topics")) {
            wrapped |= !tag.is_end;
            unwrapped |= tag.is_end;
        }
        if (tag.is_end || !is_topic(&tag))
            continue;
        rc = topic_body(rest, &tag, &body, &len, err);
        if (rc)
            return at_line(t, rest.at, err);
        rc = take_topic(t, &tag, body, err);
        rest = behind(rest, len);
    }
    if (rc)
        return rc;
    if (plain(&t->query, rest, false).len) {
        rkb_fail(err, RKB_E_DATA, "text outside of a topic");
        return at_line(t, rest.at, err);
    }
    if (wrapped && !unwrapped)
        return rkb_fail(err, RKB_E_DATA, "'%s' is cut short: no '</topics>'",
                        t->name);
    if (!t->n)
        return rkb_fail(err, RKB_E_DATA, "no topic in '%s'", t->name);
    return RKB_OK;
}

/* All of the file. */
static enum rkb_status slurp(struct rkb_stream *in, struct rkb_buf *all,
                             struct rkb_err *err)
{
    size_t got = 1, cap = (size_t)64 << 10;
    char *block = rkb_new(cap, 1);
    enum rkb_status rc = RKB_OK;

    while (!rc && got) {
        got = 0;
        rc = rkb_stream_read(in, block, cap, &got, err);
        rkb_buf_add(all, block, got);
        if (!rc && all->len > FILE_BYTES)
            rc = rkb_fail(err, RKB_E_LIMIT,
                          "'%s' is longer than topics may be (%zu bytes)",
                          rkb_stream_name(in), FILE_BYTES);
    }
    rkb_free(block);
    return rc;
}

enum rkb_status rkb_topics_read(struct rkb_stream *in, const char *field,
                                const struct rkb_sink *sink, size_t *line,
                                struct rkb_err *err)
{
    struct topics t = { .name = rkb_stream_name(in),
                        .line = 1,
                        .field = field,
                        .sink = sink,
                        .told_line = line };
    struct rkb_buf all = { 0 };
    enum rkb_status rc = slurp(in, &all, err);
    size_t bad;

    t.text = rkb_buf_view(&all);
    if (rkb_sv_starts(t.text, "\xef\xbb\xbf"))
        t.text = behind(t.text, 3);
    t.counted = t.text.at;
    if (!rc && !rkb_sv_is_utf8(t.text, &bad)) {
        rkb_fail(err, RKB_E_DATA, "invalid UTF-8");
        rc = at_line(&t, t.text.at + bad, err);
    }
    if (!rc)
        rc = read_topics(&t, err);
    rkb_buf_release(&all);
    rkb_buf_release(&t.id);
    rkb_buf_release(&t.query);
    rkb_buf_release(&t.fields);
    rkb_stream_close(in);
    return rc;
}

/* ---- the row --------------------------------------------------------------- */

bool rkb_topics_like(rkb_sv head)
{
    size_t offset = 0;
    struct tag t;

    head = rkb_sv_trim(head);
    if (!rkb_sv_starts(head, "<"))
        return false;
    while (find_tag(head, &offset, &t)) {
        if (!t.is_end && is_topic(&t))
            return true;
        head = behind(head, offset + t.len);
    }
    return false;
}

static int recognise(const struct rkb_input *in)
{
    return !in->tree && rkb_topics_like(in->head) ? 90 : 0;
}

static enum rkb_status read(const struct rkb_input *in,
                            const struct rkb_sink *sink, struct rkb_err *err)
{
    struct rkb_stream *s;
    enum rkb_status rc = rkb_input_file(in, &s, err);

    return rc ? rc : rkb_topics_read(s, in->query_text, sink, NULL, err);
}

const struct rkb_input_format rkb_input_format_topics = {
    .name = "topics",
    .summary = "TREC topics, SGML or XML; --query-text names the field",
    .source = "TREC, topics of ad hoc, web, COVID and other tracks",
    .parts = RKB_PART_QUERIES,
    .query_text = true,
    .recognise = recognise,
    .read = read,
};
