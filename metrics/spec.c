/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/spec.h"

#include "base/sort.h"
#include "metrics/slot_name.h"

#include <string.h>

enum { MAX_TEXT = 4096, MAX_SLOTS = 10000 };

/* ---- one text, taken apart ---- */

enum form {
    PLAIN,  /* map               */
    DOTTED, /* P.5,10            */
    OURS    /* AP(rel=2)@100     */
};

struct ask {
    rkb_sv text; /* without blanks and quotes around it */
    enum form form;
    rkb_sv name;
    rkb_sv parens; /* "AP(rel=2)", OURS only; empty: none */
    rkb_sv args;   /* behind the dot or the @             */
    bool has_args;
};

/* For %.*s. */
static int shown(rkb_sv text)
{
    return (int)(text.len < 200 ? text.len : 200);
}

static rkb_sv unquote(rkb_sv text)
{
    text = rkb_sv_trim(text);
    if (text.len >= 2 && (text.at[0] == '\'' || text.at[0] == '"') &&
        text.at[text.len - 1] == text.at[0])
        text = rkb_sv_trim((rkb_sv){ text.at + 1, text.len - 2 });
    return text;
}

static rkb_sv part(rkb_sv text, size_t from, size_t to)
{
    return rkb_sv_trim((rkb_sv){ text.at + from, to - from });
}

/* From the '(' at `open` to the last ')', then nothing or '@'. */
static enum rkb_status split_parens(struct ask *a, size_t open,
                                    struct rkb_err *err)
{
    rkb_sv text = a->text, rest;
    size_t close = text.len;

    while (close > open && text.at[close - 1] != ')')
        close--;
    rest = part(text, close, text.len);
    if (close == open || (rest.len && rest.at[0] != '@'))
        return rkb_fail(err, RKB_E_USAGE,
                        "measure '%.*s' is not of the form NAME(...)@CUT",
                        shown(text), text.at);
    a->parens = part(text, 0, close);
    a->has_args = rest.len > 0;
    if (a->has_args)
        a->args = part(rest, 1, rest.len);
    return RKB_OK;
}

static enum rkb_status split_ask(rkb_sv text, struct ask *a,
                                 struct rkb_err *err)
{
    size_t i = 0;

    *a = (struct ask){ .text = unquote(text) };
    text = a->text;
    if (!text.len)
        return rkb_fail(err, RKB_E_USAGE, "empty name of a measure");
    if (text.len > MAX_TEXT)
        return rkb_fail(err, RKB_E_USAGE,
                        "name of a measure is longer than %d bytes", MAX_TEXT);
    while (i < text.len && text.at[i] && !strchr(".(@", text.at[i]))
        i++;
    a->name = part(text, 0, i);
    if (i == text.len || !text.at[i])
        return RKB_OK;
    a->form = text.at[i] == '.' ? DOTTED : OURS;
    if (text.at[i] == '(')
        return split_parens(a, i, err);
    a->args = part(text, i + 1, text.len);
    a->has_args = true;
    if (a->form == DOTTED && !a->args.len)
        return rkb_fail(err, RKB_E_USAGE,
                        "measure '%.*s' has nothing behind the dot",
                        shown(text), text.at);
    return RKB_OK;
}

/* ---- names ---- */

static const struct {
    const char *name;
    unsigned traits, traits_10;
} lists[] = {
    { "official", RKB_IN_OFFICIAL, RKB_IN_OFFICIAL },
    { "set", RKB_IN_SET, RKB_IN_SET },
    { "all_trec", RKB_IN_ALL_TREC, RKB_IN_ALL_TREC | RKB_IN_ALL_TREC_10 },
};

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool same_letters(rkb_sv a, rkb_sv b)
{
    size_t i = 0;

    if (a.len != b.len)
        return false;
    while (i < a.len && lower(a.at[i]) == lower(b.at[i]))
        i++;
    return i == a.len;
}

static bool is_alias(const struct rkb_measure_def *def, rkb_sv name)
{
    rkb_sv rest = rkb_sv_of(def->aliases), alias;

    while ((alias = rkb_sv_word(&rest)).len)
        if (same_letters(alias, name))
            return true;
    return false;
}

static bool has_cuts(const struct rkb_measure_def *def)
{
    return def->args == RKB_ARGS_CUTS || def->args == RKB_ARGS_POINTS;
}

/* How well a name fits a row: the exact canonical or trec_eval name, then
 * any case and the aliases. 0 = not at all. */
static int fit(const struct rkb_measure_def *def, rkb_sv name)
{
    if (rkb_sv_eq(name, rkb_name_family(def)))
        return 3;
    if (def->trec_name && rkb_sv_is(name, def->trec_name))
        return 2;
    if (def->traits & RKB_EXACT_CASE)
        return 0;
    return same_letters(name, rkb_name_family(def)) || is_alias(def, name);
}

static const struct rkb_measure_def *find_ours(rkb_sv name, bool cut)
{
    const struct rkb_measure_def *def, *best = NULL;
    int best_fit = 0;

    for (size_t i = 0; (def = rkb_measure_at(i)); i++) {
        int f = has_cuts(def) == cut ? fit(def, name) : 0;

        if (f > best_fit) {
            best_fit = f;
            best = def;
        }
    }
    return best;
}

static const struct rkb_measure_def *find_trec(rkb_sv name)
{
    const struct rkb_measure_def *def;

    for (size_t i = 0; (def = rkb_measure_at(i)); i++)
        if (def->trec_name && rkb_sv_is(name, def->trec_name))
            return def;
    return NULL;
}

/* Keeps the name nearer to `wanted`: one letter wrong in a short name, a
 * third and one in a longer one. */
struct nearest {
    rkb_sv wanted, name;
    size_t distance;
};

static void consider(struct nearest *n, rkb_sv name)
{
    size_t distance = rkb_sv_distance(n->wanted, name);

    if (distance < n->distance) {
        n->distance = distance;
        n->name = name;
    }
}

static enum rkb_status unknown(rkb_sv name, struct rkb_err *err)
{
    const struct rkb_measure_def *def;
    struct nearest n = { .wanted = name };

    n.distance = name.len < 2 ? 0 : name.len < 4 ? 2 : name.len / 3 + 2;
    for (size_t i = 0; i < RKB_COUNT(lists); i++)
        consider(&n, rkb_sv_of(lists[i].name));
    for (size_t i = 0; (def = rkb_measure_at(i)); i++) {
        rkb_sv rest = rkb_sv_of(def->aliases), alias;

        consider(&n, rkb_name_family(def));
        if (def->trec_name)
            consider(&n, rkb_sv_of(def->trec_name));
        while ((alias = rkb_sv_word(&rest)).len)
            consider(&n, alias);
    }
    if (!n.name.len)
        return rkb_fail(err, RKB_E_USAGE, "unknown measure '%.*s'", shown(name),
                        name.at);
    return rkb_fail(err, RKB_E_USAGE,
                    "unknown measure '%.*s' (did you mean '%.*s'?)",
                    shown(name), name.at, shown(n.name), n.name.at);
}

/* The row is known but for its cut-off. */
static enum rkb_status wrong_cut(const struct ask *a, bool cut,
                                 const struct rkb_measure_def *def,
                                 struct rkb_err *err)
{
    rkb_sv family = rkb_name_family(def);

    if (cut)
        return rkb_fail(err, RKB_E_USAGE, "measure '%.*s' takes no cut-off",
                        shown(a->name), a->name.at);
    return rkb_fail(err, RKB_E_USAGE,
                    "measure '%.*s' needs a cut-off, as in '%.*s@%s'",
                    shown(a->name), a->name.at, shown(family), family.at,
                    def->args == RKB_ARGS_CUTS ? "10" : "0.5");
}

/* ---- arguments ---- */

static enum rkb_status bad_arg(rkb_sv text, const char *wanted,
                               struct rkb_err *err)
{
    return rkb_fail(err, RKB_E_USAGE, "'%.*s' is not %s", shown(text),
                    text.len ? text.at : "", wanted);
}

static size_t count_parts(rkb_sv text)
{
    size_t n = 1;

    for (size_t i = 0; i < text.len; i++)
        n += text.at[i] == ',';
    return n;
}

static int cmp_double(const void *a, const void *b, void *ctx)
{
    double x = *(const double *)a, y = *(const double *)b;

    (void)ctx;
    return (x > y) - (x < y);
}

static bool read_number(enum rkb_measure_args kind, rkb_sv text, double *out)
{
    int64_t whole;

    if (kind != RKB_ARGS_CUTS)
        return rkb_sv_to_double(text, out) && *out >= -1e6 && *out <= 1e6;
    if (!rkb_sv_to_i64(text, 1, INT32_MAX, &whole))
        return false;
    *out = (double)whole;
    return true;
}

/* "10,23.4" is "10,23" behind a dot: trec_eval drops a cut-off's fraction. */
static rkb_sv drop_fractions(struct rkb_arena *arena, rkb_sv text)
{
    char *to = rkb_arena_new(arena, text.len + 1, 1);
    size_t n = 0;
    rkb_sv word;

    while (rkb_sv_split(&text, ',', &word)) {
        rkb_sv rest = word, whole;
        int64_t ignored;
        bool fraction = rkb_sv_split(&rest, '.', &whole) &&
                        rkb_sv_to_i64(whole, 0, INT64_MAX, &ignored) &&
                        rkb_sv_to_i64(rest, 0, INT64_MAX, &ignored);

        if (fraction)
            word = whole;
        memcpy(to + n, word.at, word.len);
        n += word.len;
        if (text.at)
            to[n++] = ',';
    }
    return (rkb_sv){ to, n };
}

static enum rkb_status read_list(struct rkb_arena *arena, struct rkb_measure *m,
                                 rkb_sv text, struct rkb_err *err)
{
    const struct rkb_measure_def *def = m->def;
    double *cuts = rkb_arena_new(arena, count_parts(text), sizeof(*cuts));
    rkb_sv word;
    size_t n = 0;

    while (rkb_sv_split(&text, ',', &word)) {
        word = rkb_sv_trim(word);
        if (!read_number(def->args, word, &cuts[n]))
            return bad_arg(word,
                           def->args == RKB_ARGS_CUTS
                               ? "a cut-off (a whole number of at least 1)"
                               : "a number between -1e6 and 1e6",
                           err);
        cuts[n] += 0.0; /* -0 is 0 */
        n++;
    }
    if (def->n_args && n != def->n_args)
        return rkb_fail(err, RKB_E_USAGE, "takes %zu numbers, not %zu",
                        def->n_args, n);
    if (has_cuts(def))
        rkb_sort(cuts, n, sizeof(*cuts), cmp_double, NULL);
    for (size_t i = 1; has_cuts(def) && i < n; i++)
        if (cuts[i] == cuts[i - 1])
            return rkb_fail(err, RKB_E_USAGE, "cut-off %.15g is given twice",
                            cuts[i]);
    m->cuts = cuts;
    m->n_cuts = n;
    return RKB_OK;
}

/* "1=3,2=9"; what stands before '=' and is no grade is a parameter of the
 * measure ("p=0.8") where `others` says so. */
static enum rkb_status read_pairs(struct rkb_arena *arena,
                                  struct rkb_measure *m, rkb_sv text,
                                  bool others, struct rkb_err *err)
{
    double *gains = rkb_arena_new(arena, 2 * count_parts(text), sizeof(*gains));
    rkb_sv pair, key;
    size_t n = 0;

    while (rkb_sv_split(&text, ',', &pair)) {
        rkb_sv value = pair;
        int64_t grade;

        if (!rkb_sv_split(&value, '=', &key) || !value.at)
            return bad_arg(pair, "of the form GRADE=GAIN", err);
        key = rkb_sv_trim(key);
        value = rkb_sv_trim(value);
        if (!rkb_sv_to_i64(key, 0, INT32_MAX, &grade)) {
            enum rkb_status rc;

            if (!others)
                return bad_arg(key, "a grade", err);
            rc = rkb_optset_put(&m->params, key, value, err);
            if (rc)
                return rc;
            continue;
        }
        if (!read_number(RKB_ARGS_PAIRS, value, &gains[2 * n + 1]))
            return bad_arg(value, "a gain between -1e6 and 1e6", err);
        gains[2 * n + 1] += 0.0;
        gains[2 * n] = (double)grade;
        for (size_t i = 0; i < n; i++)
            if (gains[2 * i] == gains[2 * n])
                return bad_arg(key, "a grade without a gain yet", err);
        n++;
    }
    if (n > 64)
        return rkb_fail(err, RKB_E_USAGE, "gains for more than 64 grades");
    m->gains = gains;
    m->n_gains = n;
    return RKB_OK;
}

/* ---- a measure ---- */

/* Parameters in parentheses. */
static enum rkb_status read_params(struct rkb_arena *arena,
                                   struct rkb_measure *m, rkb_sv parens,
                                   struct rkb_err *err)
{
    struct rkb_spec spec;
    enum rkb_status rc;

    if (!parens.len)
        return RKB_OK;
    rc = rkb_spec_parse(arena, parens, &spec, err);
    for (size_t i = 0; !rc && i < spec.n; i++)
        rc = rkb_optset_put(&m->params, spec.keys[i], spec.values[i], err);
    return rc;
}

static bool has_row(const struct rkb_measure *m, const char *name)
{
    for (size_t i = 0; i < m->params.n_rows; i++)
        if (strcmp(m->params.rows[i].name, name) == 0)
            return true;
    return false;
}

/* Arguments behind the dot or @, else those in parentheses, else the
 * default ones. */
static enum rkb_status read_args(struct rkb_arena *arena, struct rkb_measure *m,
                                 rkb_sv args, bool has_args,
                                 struct rkb_err *err)
{
    const struct rkb_measure_def *def = m->def;
    rkb_sv named = { 0 };
    enum rkb_status rc = RKB_OK;

    if (def->args_name)
        named = rkb_optset_text(&m->params, def->args_name);
    if (def->args == RKB_ARGS_NONE)
        return RKB_OK;
    if (named.at && def->args != RKB_ARGS_LIST)
        rc = read_pairs(arena, m, named, false, err);
    if (rc)
        return rc;
    if (def->args == RKB_ARGS_PAIRS)
        return has_args ? read_pairs(arena, m, args, true, err) : RKB_OK;
    if (!has_args && def->args == RKB_ARGS_LIST && named.at)
        args = named;
    else if (!has_args)
        args = rkb_sv_of(def->fallback);
    return read_list(arena, m, args, err);
}

static enum rkb_status compile(struct rkb_arena *arena, const struct ask *a,
                               const struct rkb_measure_def *def,
                               const struct rkb_measure_rules *rules,
                               struct rkb_measure *m, struct rkb_err *err)
{
    enum rkb_status rc;

    *m = (struct rkb_measure){ .def = def,
                               .rel = rules->rel,
                               .compat = rules->compat };
    rkb_optset_init(&m->params, arena, def->params);
    rkb_sv args = a->form == DOTTED && def->args == RKB_ARGS_CUTS
                      ? drop_fractions(arena, a->args)
                      : a->args;

    rc = read_params(arena, m, a->parens, err);
    if (!rc)
        rc = read_args(arena, m, args, a->has_args, err);
    if (!rc && has_row(m, "rel")) {
        const struct rkb_opt_value *v = rkb_optset_get(&m->params, "rel");

        if (v->given)
            m->rel = (int32_t)v->integer;
    }
    m->n_values = has_cuts(def) ? m->n_cuts : 1;
    if (!rc && def->prepare)
        rc = def->prepare(m, err);
    if (rc)
        return rkb_wrap(err, "measure '%.*s'", shown(a->text), a->text.at);
    return RKB_OK;
}

/* ---- the list ---- */

static bool is_there(const struct rkb_measures *ms,
                     const struct rkb_measure_item *item)
{
    struct rkb_buf name = { 0 }, label = { 0 };
    bool found = false;

    rkb_name_canonical(&item->measure, 0, &name);
    if (item->as_trec)
        rkb_name_trec(&item->measure, 0, item->args, &label);
    else
        rkb_buf_sv(&label, rkb_buf_view(&name));
    for (size_t i = 0; i < ms->n_slots && !found; i++)
        found = rkb_sv_is(rkb_buf_view(&name), ms->slots[i].name) &&
                rkb_sv_is(rkb_buf_view(&label), ms->slots[i].label);
    rkb_buf_release(&name);
    rkb_buf_release(&label);
    return found;
}

static bool goes_before(const struct rkb_measure_item *a,
                        const struct rkb_measure_item *b)
{
    if (a->order != b->order)
        return a->order < b->order;
    return a->as_trec && !b->as_trec;
}

static void insert(struct rkb_measures *ms, struct rkb_measure_item item)
{
    size_t at = ms->n_items;

    if (item.measure.n_values == 1 && is_there(ms, &item))
        return;
    for (size_t i = 0; item.as_trec && i < ms->n_items; i++) {
        struct rkb_measure_item *old = &ms->items[i];

        if (!old->as_trec || old->order != item.order)
            continue;
        item.asked = old->asked;
        if (!old->args.len && item.args.len)
            *old = item;
        return;
    }
    if (ms->n_items == ms->cap_items) {
        struct rkb_measure_item *items;

        ms->cap_items = ms->cap_items ? 2 * ms->cap_items : 64;
        items = rkb_arena_new(&ms->arena, ms->cap_items, sizeof(*items));
        if (ms->n_items)
            memcpy(items, ms->items, ms->n_items * sizeof(*items));
        ms->items = items;
    }
    item.asked = ms->n_items;
    while (at > 0 && goes_before(&item, &ms->items[at - 1])) {
        ms->items[at] = ms->items[at - 1];
        at--;
    }
    ms->items[at] = item;
    ms->n_items++;
}

static size_t order_of(const struct rkb_measure_def *def)
{
    size_t i = 0;

    while (rkb_measure_at(i) != def)
        i++;
    return i;
}

static enum rkb_status add_one(struct rkb_measures *ms, const struct ask *a,
                               const struct rkb_measure_def *def, bool as_trec,
                               const struct rkb_measure_rules *rules,
                               struct rkb_err *err)
{
    struct rkb_measure_item item = { .order = order_of(def),
                                     .as_trec = as_trec };
    struct rkb_measure m;
    enum rkb_status rc = compile(&ms->arena, a, def, rules, &m, err);

    if (rc)
        return rc;
    if (ms->n_slots + m.n_values > MAX_SLOTS)
        return rkb_fail(err, RKB_E_USAGE, "more than %d measures", MAX_SLOTS);
    item.measure = m;
    if (as_trec) {
        item.args = rkb_arena_copy(&ms->arena, a->args);
        insert(ms, item);
        return RKB_OK;
    }
    for (size_t i = 0; i < m.n_values; i++) {
        if (has_cuts(def)) {
            item.measure.cuts = m.cuts + i;
            item.measure.n_cuts = item.measure.n_values = 1;
        }
        insert(ms, item);
        rkb_slots_build(ms);
    }
    return RKB_OK;
}

static enum rkb_status add_list(struct rkb_measures *ms, unsigned traits,
                                const struct rkb_measure_rules *rules,
                                struct rkb_err *err)
{
    const struct rkb_measure_def *def;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; !rc && (def = rkb_measure_at(i)); i++) {
        struct ask a = { .text = rkb_sv_of(def->trec_name) };

        if (def->traits & traits)
            rc = add_one(ms, &a, def, true, rules, err);
    }
    return rc;
}

/* "ndcg_cut_10", as trec_eval prints it: the longest name that leaves
 * arguments its measure takes. */
static const struct rkb_measure_def *find_printed(
    struct rkb_arena *arena, struct ask *a,
    const struct rkb_measure_rules *rules)
{
    const struct rkb_measure_def *def, *best = NULL;
    struct ask try = { 0 }, best_ask = { 0 };
    struct rkb_measure m;
    struct rkb_err err;

    for (size_t i = 0; (def = rkb_measure_at(i)); i++) {
        size_t len = def->trec_name ? strlen(def->trec_name) : 0;

        if (!len || len <= best_ask.name.len || a->text.len < len + 2 ||
            def->args == RKB_ARGS_NONE || a->text.at[len] != '_' ||
            !rkb_sv_starts(a->text, def->trec_name))
            continue;
        try = (struct ask){ .text = a->text,
                            .form = DOTTED,
                            .name = { a->text.at, len },
                            .args = part(a->text, len + 1, a->text.len),
                            .has_args = true };
        if (compile(arena, &try, def, rules, &m, &err) == RKB_OK) {
            best = def;
            best_ask = try;
        }
    }
    if (best)
        *a = best_ask;
    return best;
}

/* trec_eval ignores what stands behind a dot that nobody asked for. */
static void drop_args(struct ask *a)
{
    a->args = (rkb_sv){ 0 };
    a->has_args = false;
}

/* The row a text means, and in which spelling. */
static enum rkb_status find_row(struct rkb_measures *ms, struct ask *a,
                                const struct rkb_measure_rules *rules,
                                const struct rkb_measure_def **def,
                                bool *as_trec, struct rkb_err *err)
{
    bool cut = a->form == OURS && a->has_args;
    const struct rkb_measure_def *other;

    *as_trec = a->form != OURS;
    *def = *as_trec ? find_trec(a->name) : NULL;
    if (!*def && *as_trec)
        *def = find_printed(&ms->arena, a, rules);
    if (*def && *as_trec && rules->compat < 10 &&
        ((*def)->traits & RKB_ONLY_10))
        return rkb_fail(err, RKB_E_USAGE,
                        "measure '%.*s' is one of trec_eval 10 (--compat 10)",
                        shown(a->text), a->text.at);
    if (*def && (*def)->args == RKB_ARGS_NONE)
        drop_args(a);
    if (*def)
        return RKB_OK;
    *as_trec = false;
    if (a->form == DOTTED)
        return unknown(a->name, err);
    *def = find_ours(a->name, cut);
    if (*def)
        return RKB_OK;
    other = find_ours(a->name, !cut);
    return other ? wrong_cut(a, cut, other, err) : unknown(a->name, err);
}

enum rkb_status rkb_measures_add(struct rkb_measures *ms, rkb_sv text,
                                 const struct rkb_measure_rules *rules,
                                 struct rkb_err *err)
{
    const struct rkb_measure_def *def = NULL;
    bool as_trec = false;
    enum rkb_status rc;
    struct ask a;

    if (rules->rel < 0)
        return rkb_fail(err, RKB_E_USAGE,
                        "smallest relevant grade must be at least 0, not %ld",
                        (long)rules->rel);
    rc = split_ask(text, &a, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < RKB_COUNT(lists) && !rc; i++) {
        if (!rkb_sv_is(a.name, lists[i].name))
            continue;
        if (a.form == OURS)
            return rkb_fail(err, RKB_E_USAGE, "'%s' takes no parameters",
                            lists[i].name);
        rc = add_list(
            ms, rules->compat >= 10 ? lists[i].traits_10 : lists[i].traits,
            rules, err);
        goto done;
    }
    rc = find_row(ms, &a, rules, &def, &as_trec, err);
    if (!rc)
        rc = add_one(ms, &a, def, as_trec, rules, err);
done:
    if (!rc) {
        ms->compat = rules->compat;
        rkb_slots_build(ms);
    }
    return rc;
}

void rkb_measures_release(struct rkb_measures *ms)
{
    rkb_arena_release(&ms->arena);
    *ms = (struct rkb_measures){ 0 };
}
