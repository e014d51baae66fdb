/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/gather.h"

#include "base/mem.h"
#include "base/sort.h"
#include "runs/manifest.h"

#include <math.h>
#include <string.h>

const char *rkb_plain_text(struct rkb_arena *a, rkb_sv text)
{
    char *copy = rkb_arena_cstr(a, text);

    rkb_printable(copy, false);
    return copy;
}

/* ---- names ------------------------------------------------------------ */

static rkb_sv last_part(rkb_sv path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.at[i - 1] == '/')
            return (rkb_sv){ path.at + i, path.len - i };
    return path;
}

static rkb_sv without_endings(rkb_sv name)
{
    static const char *const endings[] = { ".gz",    ".zst",      ".trec",
                                           ".txt",   ".run",      ".json",
                                           ".jsonl", ".requests", ".tsv" };

    for (bool cut = true; cut;) {
        cut = false;
        for (size_t i = 0; i < RKB_COUNT(endings) && !cut; i++)
            if (rkb_sv_ends(name, endings[i]) &&
                name.len > strlen(endings[i])) {
                name.len -= strlen(endings[i]);
                cut = true;
            }
    }
    return name;
}

static bool is_break(char c)
{
    return strchr(".-_", c) != NULL;
}

/* Drops "biology." of "biology.reasonir", "-scifact" of "flat-scifact". */
static rkb_sv without_dataset(struct rkb_arena *a, rkb_sv name, rkb_sv dataset)
{
    rkb_sv word = last_part(dataset);

    for (size_t i = 0; word.len && i + word.len < name.len; i++) {
        size_t end = i + word.len;
        bool head = i == 0 && is_break(name.at[end]);

        if (memcmp(name.at + i, word.at, word.len) == 0 && head)
            return (rkb_sv){ name.at + end + 1, name.len - end - 1 };
    }
    for (size_t i = 1; word.len && i + word.len <= name.len; i++) {
        size_t end = i + word.len;

        if (memcmp(name.at + i, word.at, word.len) == 0 &&
            is_break(name.at[i - 1]) &&
            (end == name.len || is_break(name.at[end])))
            return rkb_arena_join(a, (rkb_sv){ name.at, i - 1 },
                                  (rkb_sv){ name.at + end, name.len - end });
    }
    return name;
}

const char *rkb_first_stage_name(struct rkb_arena *a, rkb_sv source,
                                 rkb_sv dataset)
{
    const char *paren = memchr(source.at ? source.at : "", '(', source.len);
    rkb_sv name;

    /* A recipe, not a file. */
    if (paren && source.at[source.len - 1] == ')' &&
        !memchr(source.at, '/', source.len))
        return rkb_plain_text(
            a, (rkb_sv){ source.at, (size_t)(paren - source.at) });
    name = without_endings(last_part(source));
    return rkb_plain_text(a, without_dataset(a, name, dataset));
}

static rkb_sv member(const struct rkb_json *j, const char *key)
{
    rkb_sv text = { 0 };

    if (j && rkb_json_get(j, key))
        (void)rkb_json_string(rkb_json_get(j, key), &text);
    return text;
}

/* What the server said, or else what it was asked for. */
static const char *model_of(struct rkb_arena *a,
                            const struct rkb_json *identity)
{
    const struct rkb_json *probe = rkb_json_get(identity, "probe");
    rkb_sv model =
        member(probe ? rkb_json_get(probe, "server") : NULL, "model");

    if (!model.len)
        model = member(rkb_json_get(identity, "options"), "model");
    return model.len ? rkb_plain_text(a, model) : NULL;
}

static enum rkb_status describe(struct rkb_arena *a, struct rkb_report_run *r,
                                struct rkb_err *err)
{
    const struct rkb_json *probe, *server, *judgments, *top_k;
    enum rkb_status rc = rkb_json_parse(a, r->row.identity, &r->identity, err);
    double k = 0;

    if (rc) {
        rkb_wrap(err, "identity of run %lld", (long long)r->row.id);
        return err->code = RKB_E_DATA;
    }
    r->label = rkb_plain_text(a, r->row.label);
    r->dataset = rkb_plain_text(a, r->row.dataset);
    r->reranker = rkb_plain_text(a, r->row.reranker);
    r->first_stage = rkb_first_stage_name(a, r->row.candidates, r->row.dataset);
    r->model = model_of(a, r->identity);
    probe = rkb_json_get(r->identity, "probe");
    server = probe ? rkb_json_get(probe, "server") : NULL;
    r->recorded = member(server, "recorded").len > 0;
    judgments = rkb_json_get(r->identity, "judgments");
    r->sees_grades = judgments && judgments->kind != RKB_JSON_NULL;
    top_k = rkb_json_get(r->identity, "top_k");
    r->depth = r->row.depth;
    if (top_k && rkb_json_double(top_k, &k) && k >= 1 &&
        (r->depth == 0 || k < (double)r->depth))
        r->depth = (int64_t)k;
    return RKB_OK;
}

/* ---- evaluations ------------------------------------------------------- */

static bool contains(rkb_sv text, rkb_sv part)
{
    return !part.len ||
           (text.len && memmem(text.at, text.len, part.at, part.len));
}

static bool same_rules(const struct rkb_evaluation_row *x,
                       const struct rkb_evaluation_row *y)
{
    return x->judgment_set == y->judgment_set && x->compat == y->compat &&
           rkb_sv_eq(x->rules, y->rules);
}

/* Keeps those of the last one that fits, one a sample. */
static void choose_evaluation(struct rkb_arena *a, struct rkb_report_run *r,
                              const struct rkb_evaluation_row *rows, size_t n,
                              rkb_sv judgments)
{
    const struct rkb_evaluation_row *last = NULL;
    int64_t *evals = rkb_arena_new(a, n, sizeof *evals);

    for (size_t i = 0; i < n; i++)
        if (contains(rows[i].source, judgments))
            last = &rows[i];
    for (size_t i = 0; i < n && last; i++)
        if (same_rules(&rows[i], last))
            evals[r->n_evals++] = rows[i].id;
    r->evals = evals;
    if (last) {
        r->judgments = last->judgments;
        r->judged_by = rkb_plain_text(a, last->source);
    }
}

static struct rkb_report_measure *find_measure(struct rkb_report_measure *m,
                                               size_t n, rkb_sv name)
{
    for (size_t i = 0; i < n; i++)
        if (rkb_sv_is(name, m[i].name))
            return &m[i];
    return NULL;
}

/* The mean over samples; one sample without a value leaves none. */
static enum rkb_status read_means(struct rkb_arena *a, struct rkb_store *store,
                                  struct rkb_report_run *r, struct rkb_err *err)
{
    struct rkb_report_measure *out = NULL;
    size_t n_out = 0;

    for (size_t e = 0; e < r->n_evals; e++) {
        struct rkb_mean_row *rows;
        size_t n;
        enum rkb_status rc =
            rkb_store_means(store, a, r->evals[e], &rows, &n, err);

        if (rc)
            return rc;
        if (e == 0)
            out = rkb_arena_new(a, n, sizeof *out);
        for (size_t i = 0; i < n; i++) {
            struct rkb_report_measure *m =
                find_measure(out, n_out, rows[i].measure);

            if (!m && e > 0)
                continue;
            if (!m) {
                m = &out[n_out++];
                m->name = rkb_arena_cstr(a, rows[i].measure);
                m->figure.n = rows[i].n;
            }
            m->figure.n_runs++; /* samples, so far */
            m->figure.value += rows[i].value / (double)r->n_evals;
            if (rows[i].n < m->figure.n)
                m->figure.n = rows[i].n;
            if (rows[i].n_missing > m->figure.n_missing)
                m->figure.n_missing = rows[i].n_missing;
            if (rows[i].n_failed > m->figure.n_failed)
                m->figure.n_failed = rows[i].n_failed;
        }
    }
    for (size_t i = 0; i < n_out; i++) {
        struct rkb_figure *f = &out[i].figure;

        if (f->n_runs < r->n_evals)
            f->value = NAN;
        f->n_runs = 1;
        f->n_queries = r->row.n_queries;
        f->n_finished = r->row.n_finished;
        f->whole = f->n_finished == f->n_queries && f->n_failed == 0 &&
                   (r->n_evals == 1 || r->n_evals == (size_t)r->row.n_samples);
    }
    r->measures = out;
    r->n_measures = n_out;
    return RKB_OK;
}

static enum rkb_status measure_run(struct rkb_arena *a, struct rkb_store *store,
                                   struct rkb_report_run *r, rkb_sv judgments,
                                   struct rkb_err *err)
{
    struct rkb_evaluation_row *rows;
    size_t n;
    enum rkb_status rc =
        rkb_store_evaluations(store, a, r->row.id, &rows, &n, err);

    if (rc)
        return rc;
    choose_evaluation(a, r, rows, n, judgments);
    return read_means(a, store, r, err);
}

rkb_sv rkb_measure_bare(struct rkb_arena *a, const char *name)
{
    const char *open = strstr(name, "(rel="), *close;

    if (!open)
        return rkb_sv_of(name);
    close = strpbrk(open, ",)");
    if (!close || *close == ',')
        return rkb_sv_of(name);
    return rkb_arena_join(a, (rkb_sv){ name, (size_t)(open - name) },
                          rkb_sv_of(close + 1));
}

const struct rkb_report_measure *rkb_run_measure(
    const struct rkb_report_run *run, const char *name)
{
    const struct rkb_report_measure *found = NULL;
    struct rkb_arena a = { 0 };
    bool one = true;

    for (size_t i = 0; i < run->n_measures; i++)
        if (strcmp(run->measures[i].name, name) == 0)
            return &run->measures[i];
    for (size_t i = 0; i < run->n_measures; i++)
        if (rkb_sv_is(rkb_measure_bare(&a, run->measures[i].name), name)) {
            one = !found;
            found = &run->measures[i];
        }
    rkb_arena_release(&a);
    return one ? found : NULL;
}

/* ---- which runs ---------------------------------------------------------- */

static int by_number(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static int by_content(const void *a, const void *b, void *ctx)
{
    const struct rkb_report_run *x = a, *y = b;
    int c = strcmp(x->label, y->label);

    (void)ctx;
    if (!c)
        c = strcmp(x->dataset, y->dataset);
    if (!c)
        c = strcmp(x->first_stage, y->first_stage);
    if (!c)
        c = by_number(x->depth, y->depth);
    if (!c)
        c = by_number(x->row.repeat, y->row.repeat);
    return c ? c : memcmp(&x->row.key, &y->row.key, sizeof x->row.key);
}

static bool is_there(const struct rkb_gathered *g, int64_t id)
{
    for (size_t i = 0; i < g->n_runs; i++)
        if (g->runs[i].row.id == id)
            return true;
    return false;
}

/* Adds what one selector gave (or all) in the order of their content. */
static enum rkb_status add_runs(struct rkb_arena *a, struct rkb_store *store,
                                const struct rkb_run_row *rows, size_t n,
                                rkb_sv judgments, struct rkb_gathered *g,
                                struct rkb_err *err)
{
    struct rkb_report_run *runs = rkb_arena_new(a, g->n_runs + n, sizeof *runs);
    size_t first = g->n_runs;

    if (first)
        memcpy(runs, g->runs, first * sizeof *runs);
    g->runs = runs;
    for (size_t i = 0; i < n; i++) {
        struct rkb_report_run *r = &runs[g->n_runs];
        enum rkb_status rc;

        if (is_there(g, rows[i].id))
            continue;
        r->row = rows[i];
        rc = describe(a, r, err);
        if (!rc)
            rc = measure_run(a, store, r, judgments, err);
        if (rc)
            return rc;
        g->n_runs++;
    }
    rkb_sort(runs + first, g->n_runs - first, sizeof *runs, by_content, NULL);
    return RKB_OK;
}

enum rkb_status rkb_gather(struct rkb_arena *a,
                           const struct rkb_report_want *want,
                           struct rkb_gathered *out, struct rkb_err *err)
{
    const struct rkb_opt_value *asked = rkb_optset_get(want->options, "runs");
    rkb_sv judgments = rkb_optset_text(want->options, "judgments");
    struct rkb_run_row *rows;
    enum rkb_status rc = RKB_OK;
    size_t n;

    *out = (struct rkb_gathered){ 0 };
    for (size_t i = 0; i < want->n_run_ids && !rc; i++) {
        struct rkb_run_row *one = rkb_arena_new(a, 1, sizeof *one);

        rc = rkb_store_run(want->store, a, want->run_ids[i], one, err);
        if (!rc)
            rc = add_runs(a, want->store, one, 1, judgments, out, err);
    }
    for (size_t i = 0; i < asked->n_all && !want->run_ids && !rc; i++) {
        rc = rkb_store_select(want->store, a, asked->all[i], &rows, &n, err);
        if (!rc)
            rc = add_runs(a, want->store, rows, n, judgments, out, err);
    }
    if (!rc && asked->n_all == 0 && !want->run_ids) {
        rc = rkb_store_runs(want->store, a, NULL, &rows, &n, err);
        if (!rc)
            rc = add_runs(a, want->store, rows, n, judgments, out, err);
    }
    if (!rc && out->n_runs == 0)
        rc = rkb_fail(err, RKB_E_USAGE, "'%s' has no runs",
                      rkb_store_path(want->store));
    return rc;
}

enum rkb_status rkb_runs_differ(const struct rkb_report_run *x,
                                const struct rkb_report_run *y,
                                const char *const *parts, bool *out,
                                struct rkb_err *err)
{
    struct rkb_buf diff = { 0 };
    enum rkb_status rc =
        rkb_manifest_diff(x->row.identity, y->row.identity, &diff, err);
    rkb_sv rest = rkb_buf_view(&diff);

    *out = false;
    while (!rc && rest.len) {
        const char *end = memmem(rest.at, rest.len, "; ", 2);
        rkb_sv part = { rest.at, end ? (size_t)(end - rest.at) : rest.len };
        rkb_sv change = part, name;
        bool known = false;

        (void)rkb_sv_split(&change, ':', &name);
        for (size_t i = 0; parts[i]; i++)
            known |= rkb_sv_is(name, parts[i]);
        *out |= !known;
        rest =
            end ? (rkb_sv){ end + 2, rest.len - part.len - 2 } : (rkb_sv){ 0 };
    }
    rkb_buf_release(&diff);
    return rc;
}

enum rkb_status rkb_runs_repeat(const struct rkb_report_run *x,
                                const struct rkb_report_run *y, bool *out,
                                struct rkb_err *err)
{
    static const char *const parts[] = { "repeat", "seed", NULL };
    enum rkb_status rc = rkb_runs_differ(x, y, parts, out, err);

    *out = !*out;
    return rc;
}
