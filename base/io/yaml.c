/* SPDX-License-Identifier: Apache-2.0 */
/* The door to libyaml. */
#include "base/io/yaml.h"

#include "base/map.h"
#include "base/mem.h"

#include <string.h>
#include <yaml.h>

struct builder {
    yaml_parser_t parser;
    yaml_event_t event; /* the one under way */
    bool has_event;
    struct rkb_arena *arena;
    struct rkb_err *err;
};

static size_t line_of(const struct builder *b)
{
    return b->event.start_mark.line + 1;
}

static enum rkb_status refuse(struct builder *b, enum rkb_status code,
                              const char *why)
{
    return rkb_fail(b->err, code, "line %zu: %s", line_of(b), why);
}

static void drop_event(struct builder *b)
{
    if (b->has_event)
        yaml_event_delete(&b->event);
    b->has_event = false;
}

static enum rkb_status parse_failed(struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    const char *why = p->problem ? p->problem : "not YAML";
    size_t line = p->problem_mark.line + 1;

    if (p->error == YAML_MEMORY_ERROR)
        rkb_mem_exhausted(0);
    /* The reader, before tokens, knows the offset only. */
    if (p->error == YAML_READER_ERROR)
        return rkb_fail(b->err, RKB_E_USAGE, "line %zu: %s at byte %zu",
                        p->mark.line + 1, why, p->problem_offset);
    return rkb_fail(b->err, RKB_E_USAGE, "line %zu: %s", line, why);
}

/* Anchors make documents that grow without bound, and tags ask for types
 * that we do not have. */
static enum rkb_status check_plain(struct builder *b)
{
    const yaml_event_t *e = &b->event;
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;

    if (e->type == YAML_ALIAS_EVENT)
        return refuse(b, RKB_E_USAGE, "aliases are not supported");
    if (e->type == YAML_SCALAR_EVENT) {
        anchor = e->data.scalar.anchor;
        tag = e->data.scalar.tag;
    } else if (e->type == YAML_SEQUENCE_START_EVENT) {
        anchor = e->data.sequence_start.anchor;
        tag = e->data.sequence_start.tag;
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        anchor = e->data.mapping_start.anchor;
        tag = e->data.mapping_start.tag;
    }
    if (anchor)
        return refuse(b, RKB_E_USAGE, "anchors are not supported");
    if (tag)
        return refuse(b, RKB_E_USAGE, "tags are not supported");
    return RKB_OK;
}

static enum rkb_status next_event(struct builder *b)
{
    drop_event(b);
    if (!yaml_parser_parse(&b->parser, &b->event))
        return parse_failed(b);
    b->has_event = true;
    return check_plain(b);
}

static enum rkb_status node(struct builder *b, unsigned depth,
                            struct rkb_yaml *y);

static struct rkb_yaml *append(struct builder *b, struct rkb_yaml *y,
                               struct rkb_yaml **last)
{
    struct rkb_yaml *child = rkb_arena_new(b->arena, 1, sizeof(*child));

    if (*last)
        (*last)->next = child;
    else
        y->child = child;
    *last = child;
    y->n_children++;
    return child;
}

static rkb_sv scalar_text(struct builder *b)
{
    return rkb_arena_copy(b->arena,
                          (rkb_sv){ (const char *)b->event.data.scalar.value,
                                    b->event.data.scalar.length });
}

static enum rkb_status list(struct builder *b, unsigned depth,
                            struct rkb_yaml *y)
{
    struct rkb_yaml *last = NULL;
    enum rkb_status rc = next_event(b);

    while (!rc && b->event.type != YAML_SEQUENCE_END_EVENT) {
        rc = node(b, depth, append(b, y, &last));
        if (!rc)
            rc = next_event(b);
    }
    return rc;
}

static int key_shown(rkb_sv key)
{
    return key.len < 100 ? (int)key.len : 100;
}

static enum rkb_status map_key(struct builder *b, struct rkb_map *keys,
                               struct rkb_yaml *child)
{
    bool is_new;

    if (b->event.type != YAML_SCALAR_EVENT)
        return refuse(b, RKB_E_USAGE, "a key must be plain text");
    child->key = scalar_text(b);
    child->key_line = line_of(b);
    rkb_map_add(keys, child->key, &is_new);
    if (!is_new)
        return rkb_fail(b->err, RKB_E_USAGE, "line %zu: '%.*s' is there twice",
                        child->key_line, key_shown(child->key), child->key.at);
    return next_event(b);
}

static enum rkb_status map(struct builder *b, unsigned depth,
                           struct rkb_yaml *y)
{
    struct rkb_map keys = { 0 };
    struct rkb_yaml *last = NULL;
    enum rkb_status rc = next_event(b);

    while (!rc && b->event.type != YAML_MAPPING_END_EVENT) {
        struct rkb_yaml *child = append(b, y, &last);

        rc = map_key(b, &keys, child);
        if (!rc)
            rc = node(b, depth, child);
        if (!rc)
            rc = next_event(b);
    }
    rkb_map_release(&keys);
    return rc;
}

/* The node whose first event is under way, inside `depth` others. */
static enum rkb_status node(struct builder *b, unsigned depth,
                            struct rkb_yaml *y)
{
    y->line = line_of(b);
    if (b->event.type != YAML_SCALAR_EVENT && depth >= RKB_YAML_DEPTH)
        return refuse(b, RKB_E_LIMIT, "nested too deep");
    switch (b->event.type) {
    case YAML_SCALAR_EVENT:
        y->kind = RKB_YAML_SCALAR;
        y->text = scalar_text(b);
        y->quoted = b->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return RKB_OK;
    case YAML_SEQUENCE_START_EVENT:
        y->kind = RKB_YAML_LIST;
        return list(b, depth + 1, y);
    case YAML_MAPPING_START_EVENT:
        y->kind = RKB_YAML_MAP;
        return map(b, depth + 1, y);
    default:
        return refuse(b, RKB_E_USAGE, "not YAML");
    }
}

/* The first document, or an empty scalar when there is none. */
static enum rkb_status document(struct builder *b, struct rkb_yaml *root)
{
    enum rkb_status rc = next_event(b); /* the start of the stream */

    root->line = 1;
    root->text = rkb_arena_copy(b->arena, (rkb_sv){ 0 });
    if (!rc)
        rc = next_event(b);
    if (rc || b->event.type == YAML_STREAM_END_EVENT)
        return rc;
    rc = next_event(b);
    if (!rc)
        rc = node(b, 0, root);
    if (!rc)
        rc = next_event(b); /* the end of the document */
    if (!rc)
        rc = next_event(b);
    if (!rc && b->event.type != YAML_STREAM_END_EVENT)
        rc = refuse(b, RKB_E_USAGE, "more than one document");
    return rc;
}

enum rkb_status rkb_yaml_parse(struct rkb_arena *a, rkb_sv text,
                               const struct rkb_yaml **out, struct rkb_err *err)
{
    struct builder b = { .arena = a, .err = err };
    struct rkb_yaml *root = rkb_arena_new(a, 1, sizeof(*root));
    enum rkb_status rc;

    *out = NULL;
    if (!yaml_parser_initialize(&b.parser))
        rkb_mem_exhausted(0);
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &b.parser, (const unsigned char *)(text.len ? text.at : ""), text.len);
    rc = document(&b, root);
    drop_event(&b);
    yaml_parser_delete(&b.parser);
    if (!rc)
        *out = root;
    return rc;
}

enum rkb_status rkb_yaml_at(const char *file, struct rkb_err *err)
{
    static const char lead[] = "line ";
    char text[sizeof err->msg];
    rkb_sv rest, number;
    int64_t line;

    memcpy(text, err->msg, sizeof text);
    rest = rkb_sv_of(text);
    if (!rkb_sv_starts(rest, lead))
        return rkb_wrap(err, "%s", file);
    rest.at += strlen(lead);
    rest.len -= strlen(lead);
    if (!rkb_sv_split(&rest, ':', &number) || !rest.at ||
        !rkb_sv_to_i64(number, 1, INT64_MAX, &line))
        return rkb_wrap(err, "%s", file);
    rkb_fail(err, err->code, "%s", rkb_sv_trim(rest).at);
    return rkb_wrap(err, "%s:%lld", file, (long long)line);
}

const struct rkb_yaml *rkb_yaml_get(const struct rkb_yaml *y, const char *key)
{
    if (!y || y->kind != RKB_YAML_MAP)
        return NULL;
    for (const struct rkb_yaml *c = y->child; c; c = c->next)
        if (rkb_sv_is(c->key, key))
            return c;
    return NULL;
}
