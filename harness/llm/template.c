/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/template.h"

#include "base/buf.h"
#include "base/opt.h"
#include "harness/llm/blanks.h"

#include <string.h>

enum value {
    V_NUM,
    V_QUERY,
    V_RANK,
    V_CANDIDATE,
    V_PSG_IDS,
    V_N_BEST,
    V_DOC_CONTENT,
    V_INSTRUCTION,
    V_DOC1,
    V_DOC2,
    N_VALUES
};
static const char *const value_names[N_VALUES + 1] = {
    "num",    "query",       "rank",        "candidate", "psg_ids",
    "n_best", "doc_content", "instruction", "doc1",      "doc2",
};
#define BIT(value) (1u << (value))

enum part {
    P_SYSTEM,
    P_PREFIX,
    P_BODY,
    P_SUFFIX,
    P_PREFIX_USER,
    P_PREFIX_ASSISTANT,
    P_BODY_USER,
    P_BODY_ASSISTANT,
    P_SUFFIX_USER,
    P_SUFFIX_ASSISTANT,
    P_INSTRUCTION,
    N_PARTS
};

/* What may stand in a file, by form. As rank_llm's handlers check it; n_best,
 * suffix_assistant and the system text of pairs are ours. */
static const struct part_row {
    enum rkb_template_form form;
    enum part part;
    const char *name;
    bool required;
    unsigned may, needs;
} part_rows[] = {
#define AROUND (BIT(V_NUM) | BIT(V_QUERY) | BIT(V_N_BEST))
#define PASSAGE (BIT(V_RANK) | BIT(V_CANDIDATE))
#define POINT (BIT(V_QUERY) | BIT(V_DOC_CONTENT))
#define PAIR (BIT(V_QUERY) | BIT(V_DOC1) | BIT(V_DOC2))
    { RKB_FORM_LIST, P_SYSTEM, "system_message", false, 0, 0 },
    { RKB_FORM_LIST, P_PREFIX, "prefix", false, AROUND, 0 },
    { RKB_FORM_LIST, P_BODY, "body", true, PASSAGE, PASSAGE },
    { RKB_FORM_LIST, P_SUFFIX, "suffix", false, AROUND | BIT(V_PSG_IDS), 0 },
    { RKB_FORM_TURNS, P_SYSTEM, "system_message", false, 0, 0 },
    { RKB_FORM_TURNS, P_PREFIX_USER, "prefix_user", false, AROUND, 0 },
    { RKB_FORM_TURNS, P_PREFIX_ASSISTANT, "prefix_assistant", false, AROUND,
      0 },
    { RKB_FORM_TURNS, P_BODY_USER, "body_user", true, PASSAGE, PASSAGE },
    { RKB_FORM_TURNS, P_BODY_ASSISTANT, "body_assistant", false, BIT(V_RANK),
      0 },
    { RKB_FORM_TURNS, P_SUFFIX_USER, "suffix_user", false, AROUND, 0 },
    { RKB_FORM_TURNS, P_SUFFIX_ASSISTANT, "suffix_assistant", false, AROUND,
      0 },
    { RKB_FORM_POINT, P_SYSTEM, "system_message", false, 0, 0 },
    { RKB_FORM_POINT, P_INSTRUCTION, "instruction", false, 0, 0 },
    { RKB_FORM_POINT, P_BODY, "body", true, POINT | BIT(V_INSTRUCTION), POINT },
    { RKB_FORM_PAIR, P_SYSTEM, "system_message", false, 0, 0 },
    { RKB_FORM_PAIR, P_BODY, "body", true, PAIR, PAIR },
};

static const struct method {
    const char *name;
    enum rkb_template_form form;
} methods[] = {
    { "singleturn_listwise", RKB_FORM_LIST },
    { "multiturn_listwise", RKB_FORM_TURNS },
    { "pointwise", RKB_FORM_POINT },
    { "pairwise", RKB_FORM_PAIR },
};

struct rkb_template {
    enum rkb_template_form form;
    bool has[N_PARTS];
    struct rkb_blanks parts[N_PARTS];
    bool has_roles; /* query and document as turns of their own */
    struct rkb_regex *validation, *extraction;
    struct rkb_digest digest;
};

/* One file on its way to a template. */
struct load {
    struct rkb_arena *arena;
    struct rkb_blanks_file file;
    struct rkb_template *out;
    struct rkb_hasher *said; /* what the digest covers */
    struct rkb_err *err;
};

static enum rkb_status refuse(struct load *l, size_t line, const char *what,
                              const char *why)
{
    return rkb_fail(l->err, RKB_E_USAGE, "%s:%zu: '%s' %s", l->file.name, line,
                    what, why);
}

/* ---- regular expressions ------------------------------------------------- */

/* The pattern of r"..." or r'...', as Python reads it; else the text. */
static bool unwrap(const struct rkb_yaml *y, rkb_sv *pattern)
{
    rkb_sv text = y->text;

    *pattern = text;
    if (y->quoted || text.len < 2 || (text.at[0] != 'r' && text.at[0] != 'R') ||
        (text.at[1] != '"' && text.at[1] != '\''))
        return true;
    if (text.len < 3 || text.at[text.len - 1] != text.at[1])
        return false;
    *pattern = (rkb_sv){ text.at + 2, text.len - 3 };
    return true;
}

static enum rkb_status open_regex(struct load *l, const struct rkb_yaml *y,
                                  rkb_sv pattern, struct rkb_regex **out)
{
    if (rkb_regex_open(out, pattern, l->err))
        return rkb_wrap(l->err, "%s:%zu: '%s'", l->file.name, y->line,
                        rkb_arena_cstr(l->arena, y->key));
    return RKB_OK;
}

/* `whole`: only all of a text matches, whatever anchors there are. */
static enum rkb_status read_regex(struct load *l, const struct rkb_yaml *y,
                                  bool whole, struct rkb_regex **out)
{
    struct rkb_buf anchored = { 0 };
    enum rkb_status rc;
    rkb_sv pattern;

    if (!unwrap(y, &pattern))
        return refuse(l, y->line, rkb_arena_cstr(l->arena, y->key),
                      "is r\"... without its closing quote");
    rkb_hasher_field(l->said, y->key);
    rkb_hasher_field(l->said, pattern);
    /* First as it is, so that a fault is told at its place and a parenthesis
     * too many is not closed by ours. */
    rc = open_regex(l, y, pattern, out);
    if (rc || !whole)
        return rc;
    rkb_regex_close(*out);
    rkb_buf_text(&anchored, "\\A(?:");
    rkb_buf_sv(&anchored, pattern);
    rkb_buf_text(&anchored, ")\\z");
    rc = open_regex(l, y, rkb_buf_view(&anchored), out);
    rkb_buf_release(&anchored);
    return rc;
}

/* ---- parts --------------------------------------------------------------- */

static enum rkb_status read_method(struct load *l, const struct rkb_yaml *root)
{
    const struct rkb_yaml *y = rkb_yaml_get(root, "method");

    if (!y)
        return rkb_fail(l->err, RKB_E_USAGE, "%s:%zu: no 'method'",
                        l->file.name, root->line);
    for (size_t i = 0; i < RKB_COUNT(methods); i++)
        if (rkb_sv_is(y->text, methods[i].name)) {
            l->out->form = methods[i].form;
            return RKB_OK;
        }
    return rkb_fail(l->err, RKB_E_USAGE,
                    "%s:%zu: method '%.*s' is none of singleturn_listwise, "
                    "multiturn_listwise, pointwise, pairwise",
                    l->file.name, y->line,
                    y->text.len > 60 ? 60 : (int)y->text.len, y->text.at);
}

static enum rkb_status read_roles(struct load *l, const struct rkb_yaml *y)
{
    l->out->has_roles = rkb_sv_is(y->text, "reranker");
    if (!l->out->has_roles && !rkb_sv_is(y->text, "default"))
        return refuse(l, y->line, "message_roles",
                      "is neither default nor reranker");
    return RKB_OK;
}

static enum rkb_status unknown_part(struct load *l, const struct rkb_yaml *y)
{
    const char *names[RKB_COUNT(part_rows) + 4];
    rkb_sv near;
    size_t n = 0;

    for (size_t i = 0; i < RKB_COUNT(part_rows); i++)
        if (part_rows[i].form == l->out->form)
            names[n++] = part_rows[i].name;
    names[n++] = "output_validation_regex";
    names[n++] = "output_extraction_regex";
    if (l->out->form == RKB_FORM_POINT)
        names[n++] = "message_roles";
    near = rkb_nearest(y->key, names, n);
    return rkb_fail(l->err, RKB_E_USAGE,
                    "%s:%zu: unknown part '%.*s' of this method%s%.*s%s",
                    l->file.name, y->key_line,
                    y->key.len > 60 ? 60 : (int)y->key.len, y->key.at,
                    near.len ? " (did you mean '" : "", (int)near.len,
                    near.len ? near.at : "", near.len ? "'?)" : "");
}

static const struct part_row *find_part(const struct load *l, rkb_sv key)
{
    for (size_t i = 0; i < RKB_COUNT(part_rows); i++)
        if (part_rows[i].form == l->out->form &&
            rkb_sv_is(key, part_rows[i].name))
            return &part_rows[i];
    return NULL;
}

static enum rkb_status read_part(struct load *l, const struct rkb_yaml *y)
{
    const struct part_row *row = find_part(l, y->key);

    if (rkb_sv_is(y->key, "method"))
        return RKB_OK;
    if (rkb_sv_is(y->key, "output_validation_regex"))
        return read_regex(l, y, true, &l->out->validation);
    if (rkb_sv_is(y->key, "output_extraction_regex"))
        return read_regex(l, y, false, &l->out->extraction);
    if (rkb_sv_is(y->key, "message_roles") && l->out->form == RKB_FORM_POINT)
        return read_roles(l, y);
    if (!row)
        return unknown_part(l, y);
    l->out->has[row->part] = true;
    /* A template for turns of query and document needs no body. */
    return rkb_blanks_parse(l->arena, &l->file, y, row->may,
                            l->out->has_roles ? 0 : row->needs,
                            &l->out->parts[row->part], l->err);
}

/* In the order of the table, so that the order of a file does not count. */
static void hash_parts(struct load *l, const struct rkb_yaml *root)
{
    for (size_t i = 0; i < RKB_COUNT(part_rows); i++) {
        const struct rkb_yaml *y = rkb_yaml_get(root, part_rows[i].name);

        if (part_rows[i].form != l->out->form || !y)
            continue;
        rkb_hasher_field(l->said, y->key);
        rkb_hasher_field(l->said, y->text);
    }
}

static bool uses(const struct rkb_template *t, enum value value)
{
    for (size_t i = 0; i < N_PARTS; i++)
        if (t->has[i] && (t->parts[i].used & BIT(value)))
            return true;
    return false;
}

static enum rkb_status check_turns(struct load *l, size_t line)
{
    const bool *has = l->out->has;

    if (l->out->form != RKB_FORM_TURNS)
        return RKB_OK;
    if (has[P_PREFIX_USER] != has[P_PREFIX_ASSISTANT])
        return refuse(l, line, "prefix_user",
                      "and 'prefix_assistant' come together");
    if (!has[P_PREFIX_ASSISTANT] && !has[P_BODY_ASSISTANT])
        return refuse(l, line, "multiturn_listwise",
                      "needs 'prefix_assistant' or 'body_assistant'");
    if (has[P_SUFFIX_ASSISTANT] && !has[P_SUFFIX_USER])
        return refuse(l, line, "suffix_assistant", "needs 'suffix_user'");
    return RKB_OK;
}

static enum rkb_status check_whole(struct load *l, size_t line)
{
    const struct rkb_template *t = l->out;

    for (size_t i = 0; i < RKB_COUNT(part_rows); i++)
        if (part_rows[i].form == t->form && part_rows[i].required &&
            !t->has[part_rows[i].part] && !t->has_roles)
            return rkb_fail(l->err, RKB_E_USAGE, "%s:%zu: no '%s'",
                            l->file.name, line, part_rows[i].name);
    if (t->has_roles && !t->has[P_INSTRUCTION])
        return refuse(l, line, "message_roles",
                      "reranker needs an 'instruction'");
    if (!t->has_roles && !uses(t, V_QUERY))
        return rkb_fail(l->err, RKB_E_USAGE, "%s:%zu: no part has {query}",
                        l->file.name, line);
    return check_turns(l, line);
}

static enum rkb_status load(struct load *l, const struct rkb_yaml *root)
{
    const struct rkb_yaml *roles = rkb_yaml_get(root, "message_roles");
    enum rkb_status rc = read_method(l, root);

    /* Before the parts, which depend on them. */
    if (!rc && roles && l->out->form == RKB_FORM_POINT)
        rc = read_roles(l, roles);
    for (const struct rkb_yaml *y = root->child; y && !rc; y = y->next)
        rc = read_part(l, y);
    if (rc)
        return rc;
    rkb_hasher_u64(l->said, (uint64_t)l->out->form);
    rkb_hasher_u64(l->said, l->out->has_roles);
    hash_parts(l, root);
    return check_whole(l, root->line);
}

enum rkb_status rkb_template_parse(struct rkb_arena *a, const char *name,
                                   rkb_sv text, struct rkb_template **out,
                                   struct rkb_err *err)
{
    struct load l = {
        .arena = a,
        .file = { name, text, value_names, N_VALUES },
        .err = err,
    };
    const struct rkb_yaml *root;
    enum rkb_status rc;

    *out = NULL;
    rc = rkb_blanks_load(a, &l.file, &root, err);
    if (rc)
        return rc;
    l.out = rkb_arena_new(a, 1, sizeof(*l.out));
    l.said = rkb_hasher_new();
    rc = load(&l, root);
    l.out->digest = rkb_hasher_done(l.said);
    if (rc)
        rkb_template_close(l.out);
    else
        *out = l.out;
    return rc;
}

enum rkb_status rkb_template_open(struct rkb_arena *a, const char *path,
                                  struct rkb_template **out,
                                  struct rkb_err *err)
{
    enum rkb_status rc;
    rkb_sv text;

    *out = NULL;
    rc = rkb_blanks_open(a, path, "", &text, err);
    return rc ? rc : rkb_template_parse(a, path, text, out, err);
}

void rkb_template_close(struct rkb_template *t)
{
    if (!t)
        return;
    rkb_regex_close(t->validation);
    rkb_regex_close(t->extraction);
    t->validation = NULL;
    t->extraction = NULL;
}

enum rkb_template_form rkb_template_form(const struct rkb_template *t)
{
    return t->form;
}

bool rkb_template_has_roles(const struct rkb_template *t)
{
    return t->has_roles;
}

struct rkb_digest rkb_template_digest(const struct rkb_template *t)
{
    return t->digest;
}

const struct rkb_regex *rkb_template_validation(const struct rkb_template *t)
{
    return t->validation;
}

const struct rkb_regex *rkb_template_extraction(const struct rkb_template *t)
{
    return t->extraction;
}

/* ---- rendering ----------------------------------------------------------- */

struct render {
    const struct rkb_template *t;
    struct rkb_arena *arena;
    const struct rkb_prompt *p;
    rkb_sv values[N_VALUES];
    struct rkb_buf text; /* of the turn under way */
    struct rkb_turn *turns;
    size_t n;
};

static void fill(struct render *r, enum part part)
{
    if (r->t->has[part])
        rkb_blanks_fill(&r->t->parts[part], r->values, &r->text);
}

static void fill_passage(struct render *r, enum part part, size_t i)
{
    r->values[V_RANK] = r->p->ids[i];
    r->values[V_CANDIDATE] = r->p->docs[i];
    fill(r, part);
}

/* Ends a turn. One without text is none. */
static void end_turn(struct render *r, enum rkb_role role)
{
    rkb_sv text = rkb_buf_view(&r->text);

    if (text.len)
        r->turns[r->n++] =
            (struct rkb_turn){ role, rkb_arena_copy(r->arena, text) };
    rkb_buf_reset(&r->text);
}

static void text_turn(struct render *r, enum rkb_role role, rkb_sv text)
{
    rkb_buf_sv(&r->text, text);
    end_turn(r, role);
}

static void part_turn(struct render *r, enum rkb_role role, enum part part)
{
    fill(r, part);
    end_turn(r, role);
}

static void render_list(struct render *r)
{
    part_turn(r, RKB_SYSTEM, P_SYSTEM);
    fill(r, P_PREFIX);
    for (size_t i = 0; i < r->p->n_docs; i++)
        fill_passage(r, P_BODY, i);
    part_turn(r, RKB_USER, P_SUFFIX);
}

/* Without body_assistant the passages are one turn with the suffix. */
static void render_turns(struct render *r)
{
    part_turn(r, RKB_SYSTEM, P_SYSTEM);
    part_turn(r, RKB_USER, P_PREFIX_USER);
    part_turn(r, RKB_ASSISTANT, P_PREFIX_ASSISTANT);
    for (size_t i = 0; i < r->p->n_docs; i++) {
        fill_passage(r, P_BODY_USER, i);
        if (!r->t->has[P_BODY_ASSISTANT])
            continue;
        end_turn(r, RKB_USER);
        part_turn(r, RKB_ASSISTANT, P_BODY_ASSISTANT);
    }
    part_turn(r, RKB_USER, P_SUFFIX_USER);
    part_turn(r, RKB_ASSISTANT, P_SUFFIX_ASSISTANT);
}

/* rank_llm trims the system text and the instruction here, and only here. */
static void render_point(struct render *r)
{
    fill(r, P_INSTRUCTION);
    r->values[V_INSTRUCTION] =
        rkb_sv_trim(rkb_arena_copy(r->arena, rkb_buf_view(&r->text)));
    rkb_buf_reset(&r->text);
    if (r->p->instruction.len)
        r->values[V_INSTRUCTION] = r->p->instruction;
    r->values[V_DOC_CONTENT] = r->p->docs[0];
    if (r->t->has_roles) {
        text_turn(r, RKB_SYSTEM, r->values[V_INSTRUCTION]);
        text_turn(r, RKB_QUERY, r->p->query);
        text_turn(r, RKB_DOCUMENT, r->p->docs[0]);
        return;
    }
    part_turn(r, RKB_SYSTEM, P_SYSTEM);
    if (r->n)
        r->turns[0].text = rkb_sv_trim(r->turns[0].text);
    part_turn(r, RKB_USER, P_BODY);
}

static void render_pair(struct render *r)
{
    r->values[V_DOC1] = r->p->docs[0];
    r->values[V_DOC2] = r->p->docs[1];
    part_turn(r, RKB_SYSTEM, P_SYSTEM);
    part_turn(r, RKB_USER, P_BODY);
}

static rkb_sv number(struct rkb_arena *a, size_t n)
{
    return rkb_sv_of(rkb_arena_printf(a, "%zu", n));
}

/* [PASSAGE1, PASSAGE2], as LRL lists its variables. */
static rkb_sv passage_ids(struct rkb_arena *a, const struct rkb_prompt *p)
{
    struct rkb_buf b = { 0 };
    rkb_sv text;

    rkb_buf_char(&b, '[');
    for (size_t i = 0; i < p->n_docs; i++) {
        rkb_buf_text(&b, i ? ", PASSAGE" : "PASSAGE");
        rkb_buf_sv(&b, p->ids[i]);
    }
    rkb_buf_char(&b, ']');
    text = rkb_arena_copy(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return text;
}

void rkb_template_render(const struct rkb_template *t, struct rkb_arena *a,
                         const struct rkb_prompt *p,
                         const struct rkb_turn **turns, size_t *n_turns)
{
    struct render r = { .t = t, .arena = a, .p = p };

    r.turns = rkb_arena_new(a, 2 * p->n_docs + 5, sizeof(*r.turns));
    r.values[V_NUM] = number(a, p->n_docs);
    r.values[V_N_BEST] = number(a, p->n_best);
    r.values[V_QUERY] = p->query;
    if (uses(t, V_PSG_IDS))
        r.values[V_PSG_IDS] = passage_ids(a, p);
    switch (t->form) {
    case RKB_FORM_LIST:
        render_list(&r);
        break;
    case RKB_FORM_TURNS:
        render_turns(&r);
        break;
    case RKB_FORM_POINT:
        render_point(&r);
        break;
    case RKB_FORM_PAIR:
        render_pair(&r);
        break;
    }
    rkb_buf_release(&r.text);
    *turns = r.turns;
    *n_turns = r.n;
}
