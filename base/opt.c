/* SPDX-License-Identifier: Apache-2.0 */
#include "base/opt.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one value ---- */

static enum rkb_status refuse(const struct rkb_opt *row, rkb_sv value,
                              const char *wanted, struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE, "option '%s' must be %s, not '%.*s'",
                    row->name, wanted, (int)(value.len < 200 ? value.len : 200),
                    value.len ? value.at : "");
}

/* "a number from 0 to 1", "a number of at least 0" or "a number". */
static void describe_range(const struct rkb_opt *row, const char *noun,
                           char *out, size_t size)
{
    bool low = row->min > -__builtin_inf(), high = row->max < __builtin_inf();

    if (row->min == 0 && row->max == 0)
        low = high = false;
    if (low && high)
        snprintf(out, size, "%s from %.15g to %.15g", noun, row->min, row->max);
    else if (low)
        snprintf(out, size, "%s of at least %.15g", noun, row->min);
    else if (high)
        snprintf(out, size, "%s of at most %.15g", noun, row->max);
    else
        snprintf(out, size, "%s", noun);
}

/* A double bound as int64; what lies outside is no bound. */
static int64_t int_bound(double bound)
{
    if (bound >= 0x1p63)
        return INT64_MAX;
    if (bound <= -0x1p63)
        return INT64_MIN;
    return (int64_t)bound;
}

static enum rkb_status parse_int(const struct rkb_opt *row, rkb_sv text,
                                 struct rkb_opt_value *v, struct rkb_err *err)
{
    bool bounded = row->min != 0 || row->max != 0;
    int64_t min = bounded ? int_bound(row->min) : INT64_MIN;
    int64_t max = bounded ? int_bound(row->max) : INT64_MAX;
    char wanted[128];

    if (rkb_sv_to_i64(text, min, max, &v->integer))
        return RKB_OK;
    describe_range(row, "a whole number", wanted, sizeof(wanted));
    return refuse(row, text, wanted, err);
}

static enum rkb_status parse_real(const struct rkb_opt *row, rkb_sv text,
                                  struct rkb_opt_value *v, struct rkb_err *err)
{
    bool bounded = row->min != 0 || row->max != 0;
    char wanted[128];
    double real;

    if (rkb_sv_to_double(text, &real) &&
        (!bounded || (real >= row->min && real <= row->max))) {
        v->real = real;
        return RKB_OK;
    }
    describe_range(row, "a number", wanted, sizeof(wanted));
    return refuse(row, text, wanted, err);
}

static enum rkb_status parse_flag(const struct rkb_opt *row, rkb_sv text,
                                  struct rkb_opt_value *v, struct rkb_err *err)
{
    if (!text.at || rkb_sv_is(text, "true"))
        v->flag = true;
    else if (rkb_sv_is(text, "false"))
        v->flag = false;
    else
        return refuse(row, text, "true or false", err);
    return RKB_OK;
}

static enum rkb_status parse_choice(const struct rkb_opt *row, rkb_sv text,
                                    struct rkb_opt_value *v,
                                    struct rkb_err *err)
{
    rkb_sv rest = rkb_sv_of(row->choices), choice;
    char wanted[160];

    for (int64_t i = 0; rkb_sv_split(&rest, '|', &choice); i++) {
        if (rkb_sv_eq(choice, text)) {
            v->integer = i;
            return RKB_OK;
        }
    }
    snprintf(wanted, sizeof(wanted), "one of %.150s", row->choices);
    return refuse(row, text, wanted, err);
}

static enum rkb_status parse_value(const struct rkb_opt *row, rkb_sv text,
                                   struct rkb_opt_value *v, struct rkb_err *err)
{
    if (!text.at && row->type != RKB_OPT_FLAG)
        return rkb_fail(err, RKB_E_USAGE, "option '%s' needs a value",
                        row->name);
    v->text = text.at ? text : rkb_sv_of("true");
    switch (row->type) {
    case RKB_OPT_FLAG:
        return parse_flag(row, text, v, err);
    case RKB_OPT_INT:
        return parse_int(row, text, v, err);
    case RKB_OPT_REAL:
        return parse_real(row, text, v, err);
    case RKB_OPT_CHOICE:
        return parse_choice(row, text, v, err);
    case RKB_OPT_TEXT:
        break;
    }
    return RKB_OK;
}

/* ---- a set ---- */

void rkb_optset_init(struct rkb_optset *set, struct rkb_arena *a,
                     const struct rkb_opt *rows)
{
    *set = (struct rkb_optset){ .rows = rows, .arena = a };
    while (rows && rows[set->n_rows].name)
        set->n_rows++;
    set->values = rkb_arena_new(a, set->n_rows, sizeof(*set->values));
    for (size_t i = 0; i < set->n_rows; i++) {
        struct rkb_err err;
        enum rkb_status rc = RKB_OK;

        if (rows[i].fallback)
            rc = parse_value(&rows[i], rkb_sv_of(rows[i].fallback),
                             &set->values[i], &err);
        assert(rc == RKB_OK && "a fallback that its own row refuses");
        (void)rc;
        if (rows[i].many && rows[i].fallback) {
            set->values[i].all = &set->values[i].text;
            set->values[i].n_all = 1;
        }
    }
}

static size_t find_row(const struct rkb_optset *set, rkb_sv name)
{
    size_t i = 0;

    while (i < set->n_rows && !rkb_sv_is(name, set->rows[i].name))
        i++;
    return i;
}

static enum rkb_status unknown_name(const struct rkb_optset *set, rkb_sv name,
                                    struct rkb_err *err)
{
    const char **names = rkb_arena_new(set->arena, set->n_rows, sizeof(*names));
    int len = (int)(name.len < 200 ? name.len : 200);
    const char *at = name.len ? name.at : "";
    rkb_sv near;

    for (size_t i = 0; i < set->n_rows; i++)
        names[i] = set->rows[i].name;
    near = rkb_nearest(name, names, set->n_rows);
    if (near.len)
        return rkb_fail(err, RKB_E_USAGE,
                        "unknown option '%.*s' (did you mean '%.*s'?)", len, at,
                        (int)near.len, near.at);
    return rkb_fail(err, RKB_E_USAGE, "unknown option '%.*s'", len, at);
}

/* Room for one more doubles at each power of two, so n values copy 2n. */
static void append(struct rkb_optset *set, struct rkb_opt_value *v, rkb_sv text)
{
    if ((v->n_all & (v->n_all - 1)) == 0) {
        rkb_sv *all = rkb_arena_new(set->arena, v->n_all ? v->n_all * 2 : 1,
                                    sizeof(*all));

        if (v->n_all)
            memcpy(all, v->all, v->n_all * sizeof(*all));
        v->all = all;
    }
    v->all[v->n_all++] = text;
}

enum rkb_status rkb_optset_put(struct rkb_optset *set, rkb_sv name,
                               rkb_sv value, struct rkb_err *err)
{
    size_t i = find_row(set, name);
    struct rkb_opt_value *v = &set->values[i], next = { 0 };
    enum rkb_status rc;

    if (i == set->n_rows)
        return unknown_name(set, name, err);
    if (v->given && !set->rows[i].many)
        return rkb_fail(err, RKB_E_USAGE, "option '%s' is given twice",
                        set->rows[i].name);
    rc = parse_value(&set->rows[i], value, &next, err);
    if (rc)
        return rc;
    next.given = true;
    next.text = rkb_arena_copy(set->arena, next.text);
    if (set->rows[i].many) {
        if (v->given) {
            next.all = v->all;
            next.n_all = v->n_all;
        }
        append(set, &next, next.text);
    }
    *v = next;
    return RKB_OK;
}

const struct rkb_opt_value *rkb_optset_get(const struct rkb_optset *set,
                                           const char *name)
{
    size_t i = find_row(set, rkb_sv_of(name));

    assert(i < set->n_rows && "a name that is no row of the set");
    return &set->values[i];
}

int64_t rkb_optset_int(const struct rkb_optset *set, const char *name)
{
    return rkb_optset_get(set, name)->integer;
}

double rkb_optset_real(const struct rkb_optset *set, const char *name)
{
    return rkb_optset_get(set, name)->real;
}

bool rkb_optset_flag(const struct rkb_optset *set, const char *name)
{
    return rkb_optset_get(set, name)->flag;
}

rkb_sv rkb_optset_text(const struct rkb_optset *set, const char *name)
{
    return rkb_optset_get(set, name)->text;
}

const char *rkb_optset_cstr(const struct rkb_optset *set, const char *name)
{
    return rkb_optset_get(set, name)->text.at;
}

/* ---- canonical text ---- */

static void json_value(const struct rkb_opt *row, const struct rkb_opt_value *v,
                       struct rkb_buf *out)
{
    if (row->type == RKB_OPT_FLAG)
        rkb_buf_text(out, v->flag ? "true" : "false");
    else if (!v->text.at)
        rkb_buf_text(out, "null");
    else if (row->type == RKB_OPT_INT)
        rkb_buf_printf(out, "%lld", (long long)v->integer);
    else if (row->type == RKB_OPT_REAL)
        rkb_buf_real(out, v->real);
    else
        rkb_buf_json(out, v->text);
}

static void json_values(const struct rkb_opt *row,
                        const struct rkb_opt_value *v, struct rkb_buf *out)
{
    struct rkb_err err;

    rkb_buf_char(out, '[');
    for (size_t i = 0; i < v->n_all; i++) {
        struct rkb_opt_value one = { 0 };

        if (i)
            rkb_buf_char(out, ',');
        if (parse_value(row, v->all[i], &one, &err) == RKB_OK)
            json_value(row, &one, out);
    }
    rkb_buf_char(out, ']');
}

void rkb_optset_json(const struct rkb_optset *set, struct rkb_buf *out)
{
    size_t n = 0;

    rkb_buf_char(out, '{');
    for (size_t i = 0; i < set->n_rows; i++) {
        if (set->rows[i].aside)
            continue;
        if (n++)
            rkb_buf_char(out, ',');
        rkb_buf_json(out, rkb_sv_of(set->rows[i].name));
        rkb_buf_char(out, ':');
        if (set->rows[i].many)
            json_values(&set->rows[i], &set->values[i], out);
        else
            json_value(&set->rows[i], &set->values[i], out);
    }
    rkb_buf_char(out, '}');
}

rkb_sv rkb_nearest(rkb_sv name, const char *const *names, size_t n)
{
    size_t best = (name.len + 1) / 3 + 1;
    rkb_sv near = { 0 };

    for (size_t i = 0; i < n; i++) {
        size_t distance = rkb_sv_distance(name, rkb_sv_of(names[i]));

        if (distance < best) {
            best = distance;
            near = rkb_sv_of(names[i]);
        }
    }
    return near;
}

/* ---- specs ---- */

struct scanner {
    rkb_sv text;
    size_t at;
    struct rkb_err *err;
};

static enum rkb_status expected(const struct scanner *s, const char *what)
{
    int len = (int)(s->text.len < 200 ? s->text.len : 200);

    return rkb_fail(s->err, RKB_E_USAGE,
                    "bad spec '%.*s': expected %s at "
                    "column %zu",
                    len, s->text.at, what, s->at + 1);
}

/* The byte under the scanner, NUL at the end. */
static char peek(const struct scanner *s)
{
    return s->at < s->text.len ? s->text.at[s->at] : '\0';
}

static void skip_blanks(struct scanner *s)
{
    while (peek(s) == ' ' || (peek(s) >= '\t' && peek(s) <= '\r'))
        s->at++;
}

static bool accept(struct scanner *s, char c)
{
    skip_blanks(s);
    if (s->at >= s->text.len || peek(s) != c)
        return false;
    s->at++;
    return true;
}

/* Bytes up to one that means something here; blanks inside stay. */
static rkb_sv bare(struct scanner *s)
{
    size_t from;

    skip_blanks(s);
    from = s->at;
    while (s->at < s->text.len && !memchr("(),='\"", peek(s), 6))
        s->at++;
    return rkb_sv_trim((rkb_sv){ s->text.at + from, s->at - from });
}

static enum rkb_status spec_value(struct scanner *s, rkb_sv *out)
{
    const char *end;
    char quote;

    skip_blanks(s);
    quote = peek(s);
    if (quote != '\'' && quote != '"') {
        *out = bare(s);
        return out->len ? RKB_OK : expected(s, "a value");
    }
    s->at++;
    end = s->at < s->text.len
              ? memchr(s->text.at + s->at, quote, s->text.len - s->at)
              : NULL;
    if (!end) {
        s->at = s->text.len;
        return expected(s, "the closing quote");
    }
    *out = (rkb_sv){ s->text.at + s->at, (size_t)(end - s->text.at) - s->at };
    s->at += out->len + 1;
    return RKB_OK;
}

static enum rkb_status spec_pairs(struct scanner *s, struct rkb_spec *out)
{
    enum rkb_status rc;

    if (accept(s, ')'))
        return RKB_OK;
    do {
        rkb_sv key = bare(s);

        if (!key.len)
            return expected(s, "a name");
        if (!accept(s, '='))
            return expected(s, "'='");
        out->keys[out->n] = key;
        rc = spec_value(s, &out->values[out->n]);
        if (rc)
            return rc;
        out->n++;
    } while (accept(s, ','));
    return accept(s, ')') ? RKB_OK : expected(s, "',' or ')'");
}

enum rkb_status rkb_spec_parse(struct rkb_arena *a, rkb_sv text,
                               struct rkb_spec *out, struct rkb_err *err)
{
    struct scanner s = { .text = rkb_arena_copy(a, text), .err = err };
    size_t n_max = 0;

    for (size_t i = 0; i < text.len; i++)
        n_max += text.at[i] == '=';
    *out = (struct rkb_spec){
        .keys = rkb_arena_new(a, n_max, sizeof(rkb_sv)),
        .values = rkb_arena_new(a, n_max, sizeof(rkb_sv)),
        .name = bare(&s),
    };
    if (!out->name.len)
        return expected(&s, "a name");
    if (accept(&s, '(')) {
        enum rkb_status rc = spec_pairs(&s, out);

        if (rc)
            return rc;
    }
    skip_blanks(&s);
    return s.at == s.text.len ? RKB_OK : expected(&s, "the end");
}

bool rkb_spec_cut(rkb_sv *list, rkb_sv *spec)
{
    size_t end = 0, depth = 0;
    char quote = '\0';

    if (!list->at)
        return false;
    for (; end < list->len; end++) {
        char c = list->at[end];

        if (quote) {
            if (c == quote)
                quote = '\0';
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && depth > 0) {
            depth--;
        } else if (c == ';' && depth == 0) {
            break;
        }
    }
    *spec = rkb_sv_trim((rkb_sv){ list->at, end });
    if (end < list->len)
        *list = (rkb_sv){ list->at + end + 1, list->len - end - 1 };
    else
        *list = (rkb_sv){ 0 };
    return true;
}
