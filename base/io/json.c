/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/json.h"

#include "base/io/json_scan.h"

#include <string.h>

/* The tree is built while the text is checked. Without an arena the same
 * functions only check, which is how rkb_json_pick passes over the members
 * that nobody asked for. */
struct builder {
    struct rkb_json_scan scan;
    struct rkb_arena *arena; /* of the tree; NULL: only check */
};

static rkb_sv decoded(struct rkb_arena *a, rkb_sv raw, bool escaped)
{
    char *to;

    if (!escaped)
        return raw;
    to = rkb_arena_new(a, raw.len + 1, 1);
    return (rkb_sv){ to, rkb_json_unescape(raw, to) };
}

static bool value(struct builder *b, unsigned depth, struct rkb_json *j);

/* A new last child of j. */
static struct rkb_json *append(struct builder *b, struct rkb_json *j,
                               struct rkb_json **last)
{
    struct rkb_json *child;

    if (!b->arena)
        return NULL;
    child = rkb_arena_new(b->arena, 1, sizeof(*child));
    if (*last)
        (*last)->next = child;
    else
        j->child = child;
    *last = child;
    j->n_children++;
    return child;
}

/* "key": with the blanks around the colon. */
static bool member_key(struct rkb_json_scan *s, rkb_sv *raw, bool *escaped)
{
    if (rkb_json_peek(s) != '"')
        return rkb_json_refuse(s, s->at, "a member without a key");
    if (!rkb_json_scan_string(s, raw, escaped))
        return false;
    rkb_json_blanks(s);
    if (rkb_json_peek(s) != ':')
        return rkb_json_refuse(s, s->at, "a key without ':'");
    s->at++;
    rkb_json_blanks(s);
    return true;
}

/* Behind an element: *more when a comma was there, else the closer was. */
static bool separator(struct rkb_json_scan *s, char closer, bool *more)
{
    int c;

    rkb_json_blanks(s);
    c = rkb_json_peek(s);
    if (c != ',' && c != closer)
        return rkb_json_refuse(s, s->at,
                               c < 0 ? "an end in the middle of a value"
                                     : "a missing ',' or bracket");
    s->at++;
    *more = c == ',';
    rkb_json_blanks(s);
    return true;
}

static bool open_bracket(struct rkb_json_scan *s, unsigned depth, char closer,
                         bool *more)
{
    if (depth > RKB_JSON_DEPTH) {
        rkb_json_refuse(s, s->at, "values nested too deep");
        s->code = RKB_E_LIMIT;
        return false;
    }
    s->at++;
    rkb_json_blanks(s);
    *more = rkb_json_peek(s) != closer;
    if (!*more)
        s->at++;
    return true;
}

static bool object(struct builder *b, unsigned depth, struct rkb_json *j)
{
    struct rkb_json_scan *s = &b->scan;
    struct rkb_json *last = NULL;
    bool more;

    if (!open_bracket(s, depth, '}', &more))
        return false;
    while (more) {
        struct rkb_json *child;
        bool escaped;
        rkb_sv raw;

        if (!member_key(s, &raw, &escaped))
            return false;
        child = append(b, j, &last);
        if (child)
            child->key = decoded(b->arena, raw, escaped);
        if (!value(b, depth, child) || !separator(s, '}', &more))
            return false;
    }
    return true;
}

static bool array(struct builder *b, unsigned depth, struct rkb_json *j)
{
    struct rkb_json *last = NULL;
    bool more;

    if (!open_bracket(&b->scan, depth, ']', &more))
        return false;
    while (more) {
        if (!value(b, depth, append(b, j, &last)) ||
            !separator(&b->scan, ']', &more))
            return false;
    }
    return true;
}

static bool string(struct builder *b, struct rkb_json *j)
{
    bool escaped;
    rkb_sv raw;

    if (!rkb_json_scan_string(&b->scan, &raw, &escaped))
        return false;
    if (j)
        j->text = decoded(b->arena, raw, escaped);
    return true;
}

static bool number(struct builder *b, struct rkb_json *j)
{
    rkb_sv text;

    if (!rkb_json_scan_number(&b->scan, &text))
        return false;
    if (j)
        j->text = text;
    return true;
}

static enum rkb_json_kind kind_at(const struct rkb_json_scan *s)
{
    switch (rkb_json_peek(s)) {
    case '{':
        return RKB_JSON_OBJECT;
    case '[':
        return RKB_JSON_ARRAY;
    case '"':
        return RKB_JSON_STRING;
    case 't':
        return RKB_JSON_TRUE;
    case 'f':
        return RKB_JSON_FALSE;
    case 'n':
        return RKB_JSON_NULL;
    default:
        return RKB_JSON_NUMBER;
    }
}

/* The value at the position, inside `depth` brackets. */
static bool value(struct builder *b, unsigned depth, struct rkb_json *j)
{
    enum rkb_json_kind kind = kind_at(&b->scan);
    int c = rkb_json_peek(&b->scan);

    if (j)
        j->kind = kind;
    switch (kind) {
    case RKB_JSON_OBJECT:
        return object(b, depth + 1, j);
    case RKB_JSON_ARRAY:
        return array(b, depth + 1, j);
    case RKB_JSON_STRING:
        return string(b, j);
    case RKB_JSON_TRUE:
        return rkb_json_scan_word(&b->scan, "true");
    case RKB_JSON_FALSE:
        return rkb_json_scan_word(&b->scan, "false");
    case RKB_JSON_NULL:
        return rkb_json_scan_word(&b->scan, "null");
    case RKB_JSON_NUMBER:
        break;
    }
    if (c != '-' && (c < '0' || c > '9'))
        return rkb_json_refuse(&b->scan, b->scan.at,
                               c < 0 ? "an end in the middle of a value"
                                     : "something that is no value");
    return number(b, j);
}

static void start(struct builder *b, rkb_sv text)
{
    b->scan.begin = text.len > 0 ? text.at : "";
    b->scan.at = b->scan.begin;
    b->scan.end = b->scan.begin + text.len;
    rkb_json_blanks(&b->scan);
}

/* Nothing but blanks may be left. */
static bool finish(struct builder *b)
{
    rkb_json_blanks(&b->scan);
    if (b->scan.at < b->scan.end)
        return rkb_json_refuse(&b->scan, b->scan.at, "text behind the value");
    return true;
}

static enum rkb_status refused(const struct builder *b, struct rkb_err *err)
{
    return rkb_fail(err, b->scan.code, "bad JSON at byte %zu: %s",
                    (size_t)(b->scan.bad - b->scan.begin), b->scan.why);
}

enum rkb_status rkb_json_parse(struct rkb_arena *a, rkb_sv text,
                               const struct rkb_json **out, struct rkb_err *err)
{
    struct builder b = { .arena = a };
    struct rkb_json *root = rkb_arena_new(a, 1, sizeof(*root));

    *out = NULL;
    start(&b, text);
    if (!value(&b, 0, root) || !finish(&b))
        return refused(&b, err);
    *out = root;
    return RKB_OK;
}

const struct rkb_json *rkb_json_get(const struct rkb_json *j, const char *key)
{
    const struct rkb_json *found = NULL;

    if (!j || j->kind != RKB_JSON_OBJECT)
        return NULL;
    for (const struct rkb_json *c = j->child; c; c = c->next)
        if (rkb_sv_is(c->key, key))
            found = c;
    return found;
}

bool rkb_json_string(const struct rkb_json *j, rkb_sv *out)
{
    if (!j || j->kind != RKB_JSON_STRING)
        return false;
    *out = j->text;
    return true;
}

bool rkb_json_id(const struct rkb_json *j, rkb_sv *out)
{
    if (!j || (j->kind != RKB_JSON_STRING && j->kind != RKB_JSON_NUMBER))
        return false;
    *out = j->text;
    return true;
}

bool rkb_json_double(const struct rkb_json *j, double *out)
{
    return j && j->kind == RKB_JSON_NUMBER && rkb_sv_to_double(j->text, out);
}

/* Picking. */

static size_t wanted_index(rkb_sv key, const char *const *wanted, size_t n)
{
    size_t i = 0;

    while (i < n && !rkb_sv_is(key, wanted[i]))
        i++;
    return i;
}

/* Text, a number or null. */
static bool pick_value(struct builder *b, struct rkb_arena *a, rkb_sv *out)
{
    struct rkb_json j = { 0 };
    bool escaped;
    rkb_sv raw;

    if (rkb_json_peek(&b->scan) != '"') {
        if (!value(b, 1, &j))
            return false;
        *out = j.text;
        return true;
    }
    if (!rkb_json_scan_string(&b->scan, &raw, &escaped))
        return false;
    *out = decoded(a, raw, escaped);
    return true;
}

static bool can_pick(const struct rkb_json_scan *s)
{
    enum rkb_json_kind kind = kind_at(s);

    return kind == RKB_JSON_STRING || kind == RKB_JSON_NUMBER ||
           kind == RKB_JSON_NULL;
}

enum rkb_status rkb_json_pick(struct rkb_arena *a, rkb_sv line,
                              const char *const *wanted, size_t n_wanted,
                              rkb_sv *out, struct rkb_err *err)
{
    struct builder b = { 0 };
    struct rkb_json_scan *s = &b.scan;
    bool ok, more;

    for (size_t i = 0; i < n_wanted; i++)
        out[i] = (rkb_sv){ 0 };
    start(&b, line);
    if (rkb_json_peek(s) != '{') {
        rkb_json_refuse(s, s->at, "not an object");
        return refused(&b, err);
    }
    ok = open_bracket(s, 1, '}', &more);
    while (ok && more) {
        bool escaped;
        rkb_sv key;
        size_t i;

        ok = member_key(s, &key, &escaped);
        if (!ok)
            break;
        i = wanted_index(decoded(a, key, escaped), wanted, n_wanted);
        if (i < n_wanted && !can_pick(s))
            return rkb_fail(err, RKB_E_DATA, "'%s' is no text or number",
                            wanted[i]);
        ok = i < n_wanted ? pick_value(&b, a, &out[i]) : value(&b, 1, NULL);
        ok = ok && separator(s, '}', &more);
    }
    if (!ok || !finish(&b))
        return refused(&b, err);
    return RKB_OK;
}
