/* SPDX-License-Identifier: Apache-2.0 */
/* Letters of significance in tables of quality. What is tested is laid out
 * here; the tests are harness/eval's, and stored. */
#include "base/mem.h"
#include "reports/grid_impl.h"
#include "runs/store_read.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *rkb_letter(struct rkb_arena *a, size_t i)
{
    char text[16];
    size_t at = sizeof text;

    text[--at] = '\0';
    for (size_t n = i + 1; n > 0; n = (n - 1) / 26)
        text[--at] = (char)('a' + (n - 1) % 26);
    return rkb_arena_cstr(a, rkb_sv_of(text + at));
}

/* ---- which rows ---------------------------------------------------------- */

static bool names_any(const struct rkb_grid *g, const char *glob)
{
    for (size_t s = 0; s < g->n_systems; s++)
        if (fnmatch(glob, g->systems[s].label, 0) == 0)
            return true;
    return false;
}

static enum rkb_status check_alone(const struct rkb_optset *options,
                                   struct rkb_err *err)
{
    static const char *const names[] = { "test", "correction", "alpha" };

    for (size_t i = 0; i < RKB_COUNT(names); i++)
        if (rkb_optset_get(options, names[i])->given)
            return rkb_fail(err, RKB_E_USAGE, "--%s goes with --against",
                            names[i]);
    return RKB_OK;
}

enum rkb_status rkb_letter_rows(struct rkb_grid *g, const struct rkb_filled *f,
                                struct rkb_err *err)
{
    const struct rkb_opt_value *against =
        rkb_optset_get(g->want->options, "against");
    size_t n = 0;

    if (!against->n_all)
        return check_alone(g->want->options, err);
    g->letters = rkb_arena_new(g->arena, g->n_systems, sizeof(*g->letters));
    for (size_t s = 0; s < g->n_systems; s++)
        g->letters[s] = "";
    for (size_t i = 0; i < against->n_all; i++) {
        const char *glob = rkb_arena_cstr(g->arena, against->all[i]);

        if (!names_any(g, glob))
            return rkb_fail(err, RKB_E_USAGE,
                            "--against '%.100s': no row is called that", glob);
        for (size_t s = 0; s < g->n_systems; s++)
            if (f->shown[s] && fnmatch(glob, g->systems[s].label, 0) == 0)
                g->letters[s] = "?";
    }
    for (size_t s = 0; s < g->n_systems; s++)
        if (*g->letters[s])
            g->letters[s] = rkb_letter(g->arena, n++);
    return RKB_OK;
}

/* ---- what is tested ------------------------------------------------------- */

/* A pair of the family is system `s` against the named `base`, in a column. */
struct tested {
    size_t column, s, base;
    const struct rkb_comparison *found; /* NULL: not stored */
};

struct lettering {
    const struct rkb_grid *g;
    const struct rkb_filled *f;
    struct rkb_family family;
    struct rkb_contrast_cell *cells; /* as figures; n_evals 0: not tested */
    struct rkb_contrast_pair *pairs; /* [n] */
    struct tested *tests;            /* [n] */
    size_t n;
};

/* The evaluations of all repeats, and what tells that they are these. */
static void add_evals(struct lettering *l, size_t i, struct rkb_hasher *h)
{
    const struct rkb_grid *g = l->g;
    const struct rkb_grid_column *column = &g->columns[i % g->n_columns];
    struct rkb_contrast_cell *cell = &l->cells[i];
    int64_t *evals = NULL;
    size_t cap = 0;

    for (size_t k = 0; k < g->data.n_runs; k++) {
        const struct rkb_report_run *r = &g->data.runs[k];

        if (!rkb_system_has(&g->systems[i / g->n_columns], r) ||
            strcmp(r->dataset, column->dataset) != 0)
            continue;
        for (size_t e = 0; e < r->n_evals; e++) {
            evals = rkb_grow(evals, &cap, cell->n_evals + 1, sizeof *evals);
            evals[cell->n_evals++] = r->evals[e];
        }
        rkb_hasher_field(
            h, (rkb_sv){ (const char *)r->row.key.at, sizeof r->row.key.at });
        rkb_hasher_field(h, (rkb_sv){ (const char *)r->judgments.at,
                                      sizeof r->judgments.at });
    }
    int64_t *kept = rkb_arena_new(g->arena, cell->n_evals, sizeof *kept);

    if (cell->n_evals)
        memcpy(kept, evals, cell->n_evals * sizeof *kept);
    cell->evals = kept;
    rkb_free(evals);
}

static void add_cell(struct lettering *l, size_t i, struct rkb_hasher *h)
{
    const struct rkb_grid *g = l->g;
    const struct rkb_grid_column *column = &g->columns[i % g->n_columns];
    const struct rkb_report_run *r = l->f->runs[i];
    char text[64];

    if (!l->f->shown[i / g->n_columns] || !r ||
        !rkb_cell_competes(g, l->f, i) ||
        !rkb_judged_alike(g, l->f, i % g->n_columns))
        return;
    snprintf(text, sizeof text, "%zu %.17g", i, l->f->figures[i].value);
    l->cells[i].measure = rkb_run_measure(r, column->measure)->name;
    rkb_hasher_field(h, rkb_sv_of(text));
    rkb_hasher_field(h, rkb_sv_of(l->cells[i].measure));
    add_evals(l, i, h);
}

/* A pair of two named rows is one test, whichever of them is better. */
static void add_pair(struct lettering *l, size_t column, size_t base, size_t s)
{
    const struct rkb_grid *g = l->g;
    size_t a = s * g->n_columns + column, b = base * g->n_columns + column;

    if (s == base || (*g->letters[s] && s < base) || !l->cells[a].n_evals ||
        !l->cells[b].n_evals ||
        strcmp(l->cells[a].measure, l->cells[b].measure) != 0)
        return;
    l->pairs[l->n] = (struct rkb_contrast_pair){ a, b };
    l->tests[l->n++] = (struct tested){ column, s, base, NULL };
}

static void lay_out(struct lettering *l)
{
    const struct rkb_grid *g = l->g;
    size_t n = g->n_systems * g->n_columns;
    struct rkb_hasher *h = rkb_hasher_new();
    char hex[65];

    l->cells = rkb_arena_new(g->arena, n, sizeof *l->cells);
    for (size_t i = 0; i < n; i++)
        add_cell(l, i, h);
    l->pairs = rkb_arena_new(g->arena, n * g->n_systems, sizeof *l->pairs);
    l->tests = rkb_arena_new(g->arena, n * g->n_systems, sizeof *l->tests);
    for (size_t c = 0; c < g->n_columns; c++)
        for (size_t b = 0; b < g->n_systems; b++)
            for (size_t s = 0; s < g->n_systems && *g->letters[b]; s++)
                add_pair(l, c, b, s);
    for (size_t s = 0; s < g->n_systems; s++)
        rkb_hasher_field(h, rkb_sv_of(g->letters[s]));
    struct rkb_digest digest = rkb_hasher_done(h);

    rkb_digest_hex(&digest, hex);
    l->family = (struct rkb_family){
        .name = rkb_arena_printf(g->arena, "table of %zu: %.32s", l->n, hex),
        .cells = l->cells,
        .n_cells = n,
        .pairs = l->pairs,
        .n_pairs = l->n,
    };
}

/* ---- what is stored --------------------------------------------------------- */

static enum rkb_status find_tests(struct lettering *l, size_t *n_found,
                                  struct rkb_err *err)
{
    const struct rkb_optset *o = l->g->want->options;
    rkb_sv test = rkb_optset_text(o, "test");
    rkb_sv correction = rkb_optset_text(o, "correction");
    struct rkb_comparison *rows;
    size_t n, at = 0;
    enum rkb_status rc =
        rkb_store_comparisons(l->g->want->store, l->g->arena,
                              rkb_sv_of(l->family.name), &rows, &n, err);

    *n_found = 0;
    /* Put in the order of the pairs, with any test and correction. */
    for (size_t i = 0; i < l->n && !rc; i++) {
        const struct rkb_contrast_cell *a = &l->cells[l->pairs[i].a];
        const struct rkb_contrast_cell *b = &l->cells[l->pairs[i].b];

        for (size_t k = 0; k < n && !l->tests[i].found; k++, at++) {
            const struct rkb_comparison *row = &rows[at % n];

            if (row->eval_a == a->evals[0] && row->eval_b == b->evals[0] &&
                rkb_sv_is(row->measure, a->measure) &&
                rkb_sv_eq(row->test, test) &&
                rkb_sv_eq(row->correction, correction))
                l->tests[i].found = row;
        }
        *n_found += l->tests[i].found != NULL;
    }
    return rc;
}

static void ask_for(const struct lettering *l)
{
    struct rkb_lacking *lacking = l->g->want->lacking;
    struct rkb_family *families;

    if (!lacking)
        return;
    families = rkb_arena_new(l->g->arena, lacking->n + 1, sizeof *families);
    if (lacking->n)
        memcpy(families, lacking->families, lacking->n * sizeof *families);
    families[lacking->n++] = l->family;
    lacking->families = families;
}

typedef bool test_kind(const struct lettering *l, const struct tested *x);

/* ---- cells, caption, notes -------------------------------------------------- */

static bool is_significant(const struct lettering *l,
                           const struct rkb_comparison *c)
{
    return c && !c->forced &&
           c->p_corrected < rkb_optset_real(l->g->want->options, "alpha");
}

/* In this test, is `s` better than the named row? */
static bool is_better(const struct lettering *l, const struct tested *t)
{
    bool low =
        l->g->want->math->smaller_is_better(l->g->columns[t->column].measure);

    return low ? t->found->diff < 0 : t->found->diff > 0;
}

/* Letters come in the order of rows, since tests of a column do. */
static void add_letter(const struct lettering *l, struct rkb_buf *letters,
                       size_t better, size_t column, size_t worse)
{
    struct rkb_buf *b = &letters[better * l->g->n_columns + column];

    rkb_buf_printf(b, "%s%s", b->len ? " " : "", l->g->letters[worse]);
}

static void put_letters(const struct lettering *l, size_t heads,
                        struct rkb_table *t)
{
    const struct rkb_grid *g = l->g;
    size_t n = g->n_systems * g->n_columns;
    struct rkb_buf *letters = rkb_new(n, sizeof *letters);

    for (size_t base = 0; base < g->n_systems; base++)
        for (size_t i = 0; i < l->n; i++) {
            const struct tested *x = &l->tests[i];

            if (!is_significant(l, x->found))
                continue;
            if (x->base == base && is_better(l, x))
                add_letter(l, letters, x->s, x->column, base);
            if (x->s == base && *g->letters[base] && !is_better(l, x))
                add_letter(l, letters, x->base, x->column, base);
        }
    for (size_t i = 0, row = 0; i < n; i++) {
        if (letters[i].len)
            rkb_table_super(t, row, heads + i % g->n_columns, letters[i].at);
        row += (i + 1) % g->n_columns == 0 && l->f->shown[i / g->n_columns];
        rkb_buf_release(&letters[i]);
    }
    rkb_free(letters);
}

/* "dl19 nDCG@10" */
static void put_column(const struct rkb_grid *g, size_t column,
                       struct rkb_buf *out)
{
    const struct rkb_grid_column *c = &g->columns[column];

    rkb_buf_printf(out, "%s %s", c->dataset, c->measure);
}

/* "bc on dl19 nDCG@10, b on dl20 nDCG@10": of the tests of system `s` that
 * `kind` picks. */
static void list_tests(const struct lettering *l, const struct rkb_table *t,
                       size_t s, test_kind *kind, struct rkb_buf *out)
{
    const struct rkb_grid *g = l->g;

    for (size_t c = 0; c < g->n_columns; c++) {
        struct rkb_buf letters = { 0 };

        for (size_t i = 0; i < l->n; i++) {
            const struct tested *x = &l->tests[i];

            if (x->column == c && x->s == s && kind(l, x))
                rkb_buf_printf(&letters, "%s%s", letters.len ? " " : "",
                               g->letters[x->base]);
        }
        if (letters.len) {
            rkb_buf_text(out, out->len ? ", " : "");
            rkb_table_above(t, (struct rkb_dress){ .super = letters.at }, out);
            rkb_buf_text(out, " on ");
            put_column(g, c, out);
        }
        rkb_buf_release(&letters);
    }
}

/* With what tells it from another row of its label. */
static const char *row_name(const struct lettering *l, size_t s)
{
    const struct rkb_system *x = &l->g->systems[s];
    bool stage = false, depth = false;

    for (size_t k = 0; k < l->g->n_systems; k++) {
        const struct rkb_system *y = &l->g->systems[k];

        if (k == s || !l->f->shown[k] || strcmp(x->label, y->label) != 0)
            continue;
        stage = stage || strcmp(x->first_stage, y->first_stage) != 0;
        depth = depth || x->depth != y->depth;
    }
    const char *name = x->label;

    if (stage)
        name =
            rkb_arena_printf(l->g->arena, "%s over %s", name, x->first_stage);
    if (depth && x->depth)
        name = rkb_arena_printf(l->g->arena, "%s at depth %lld", name,
                                (long long)x->depth);
    return name;
}

static void note_tests(const struct lettering *l, struct rkb_table *t,
                       const char *what, test_kind *kind)
{
    for (size_t s = 0; s < l->g->n_systems; s++) {
        struct rkb_buf tests = { 0 };

        list_tests(l, t, s, kind, &tests);
        if (tests.len)
            rkb_table_note(t, "%s %s %s", row_name(l, s), what, tests.at);
        rkb_buf_release(&tests);
    }
}

/* A named row that is worse has its letter on the other one. */
static bool is_worse(const struct lettering *l, const struct tested *x)
{
    return is_significant(l, x->found) && !is_better(l, x) &&
           !*l->g->letters[x->s];
}

static bool is_untestable(const struct lettering *l, const struct tested *x)
{
    (void)l;
    return x->found && (x->found->forced || isnan(x->found->p));
}

static void caption_tests(const struct lettering *l, struct rkb_table *t)
{
    const struct rkb_optset *o = l->g->want->options;
    rkb_sv test = rkb_optset_text(o, "test");
    rkb_sv correction = rkb_optset_text(o, "correction");
    int64_t draws = 0;

    for (size_t i = 0; i < l->n; i++)
        if (l->tests[i].found && l->tests[i].found->draws > draws)
            draws = l->tests[i].found->draws;
    const char *drawn = draws ? rkb_arena_printf(l->g->arena, " of %lld draws",
                                                 (long long)draws)
                              : "";

    rkb_doc_caption(t,
                    "Letters: significantly better than the row of that "
                    "letter, p < %g; %.*s test%s, two-sided, paired by query; "
                    "correction: %.*s over all tests of this table (%zu).",
                    rkb_optset_real(o, "alpha"), (int)test.len, test.at, drawn,
                    (int)correction.len, correction.at, l->n);
}

static void note_untested(const struct lettering *l, struct rkb_table *t)
{
    const struct rkb_grid *g = l->g;

    for (size_t s = 0; s < g->n_systems; s++) {
        struct rkb_buf columns = { 0 };

        for (size_t c = 0; c < g->n_columns && l->f->shown[s]; c++) {
            size_t i = s * g->n_columns + c;

            if (l->cells[i].n_evals || !l->f->runs[i] ||
                isnan(l->f->figures[i].value))
                continue;
            rkb_buf_text(&columns, columns.len ? ", " : "");
            put_column(g, c, &columns);
        }
        if (columns.len)
            rkb_table_note(t,
                           "%s is not tested (unfinished, a ceiling, or other "
                           "judgments): %s",
                           row_name(l, s), columns.at);
        rkb_buf_release(&columns);
    }
}

enum rkb_status rkb_letter_cells(const struct rkb_grid *g,
                                 const struct rkb_filled *f, size_t heads,
                                 struct rkb_table *t, struct rkb_err *err)
{
    struct lettering l = { .g = g, .f = f };
    size_t n_found;

    lay_out(&l);
    enum rkb_status rc = find_tests(&l, &n_found, err);

    if (rc)
        return rc;
    if (n_found < l.n) {
        ask_for(&l);
        rkb_table_note(t, "no letters: %zu of %zu comparisons are not stored",
                       l.n - n_found, l.n);
        return RKB_OK;
    }
    if (!l.n)
        rkb_table_note(t, "no letters: there is nothing to test");
    else
        caption_tests(&l, t);
    t->letters_are = "better than";
    put_letters(&l, heads, t);
    note_tests(&l, t, "is significantly worse than", is_worse);
    note_tests(&l, t,
               "cannot be tested (other queries, texts or rules) against",
               is_untestable);
    note_untested(&l, t);
    return RKB_OK;
}
