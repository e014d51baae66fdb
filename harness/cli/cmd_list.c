/* SPDX-License-Identifier: Apache-2.0 */
/* What is registered, straight from the rows, and the runs of a store. */
#include "base/io/json.h"
#include "datasets/catalog.h"
#include "datasets/format.h"
#include "harness/cli/command.h"
#include "harness/llm/dialect.h"
#include "harness/rerankers/preset.h"
#include "harness/rerankers/reranker.h"
#include "harness/rerankers/shelf.h"
#include "metrics/measure.h"
#include "reports/published.h"
#include "reports/report.h"
#include "reports/table.h"
#include "runs/store.h"
#include "runs/store_read.h"

#include <string.h>

static const struct rkb_opt options[] = {
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "whose runs are listed" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md|tex|html",
      .fallback = "text",
      .help = "how to print the table" },
    { 0 },
};

/* ---- cells --------------------------------------------------------------- */

/* "a, b" of the texts whose bit is set; an empty cell when none is. */
static void bits_cell(struct rkb_table *t, unsigned bits,
                      const char *const *texts, size_t n)
{
    struct rkb_buf b = { 0 };

    for (size_t i = 0; i < n; i++)
        if (bits & (1u << i))
            rkb_buf_printf(&b, "%s%s", b.len ? ", " : "", texts[i]);
    rkb_table_sv(t, b.len ? rkb_buf_view(&b) : (rkb_sv){ 0 });
    rkb_buf_release(&b);
}

/* "k1=0.9", "stats=corpus|list (corpus)", "path=FILE". */
static void add_option(const struct rkb_opt *o, struct rkb_buf *b)
{
    static const char *const values[] = {
        [RKB_OPT_FLAG] = "true|false", [RKB_OPT_INT] = "N",
        [RKB_OPT_REAL] = "X",          [RKB_OPT_TEXT] = "TEXT",
        [RKB_OPT_CHOICE] = "",
    };

    rkb_buf_printf(b, "%s%s=", b->len ? ", " : "", o->name);
    if (o->type == RKB_OPT_CHOICE && o->fallback)
        rkb_buf_printf(b, "%s (%s)", o->choices, o->fallback);
    else if (o->type == RKB_OPT_CHOICE)
        rkb_buf_text(b, o->choices);
    else if (o->fallback)
        rkb_buf_text(b, o->fallback);
    else
        rkb_buf_text(b, o->value_name ? o->value_name : values[o->type]);
}

/* The same of one option without its name. */
static void value_cell(struct rkb_table *t, const struct rkb_opt *o)
{
    struct rkb_buf b = { 0 };

    add_option(o, &b);
    rkb_table_text(t, strchr(b.at, '=') + 1);
    rkb_buf_release(&b);
}

static void options_cell(struct rkb_table *t, const struct rkb_opt *rows)
{
    struct rkb_buf b = { 0 };

    for (; rows && rows->name; rows++)
        add_option(rows, &b);
    rkb_table_sv(t, b.len ? rkb_buf_view(&b) : (rkb_sv){ 0 });
    rkb_buf_release(&b);
}

static void columns(struct rkb_table *t, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) /* "#name" is a number */
        rkb_table_column(t, names[i] + (names[i][0] == '#'),
                         names[i][0] == '#');
}

/* ---- the listings ---------------------------------------------------------- */

struct request {
    struct rkb_context *ctx;
    const struct rkb_args *args;
    struct rkb_table *table;
};

/* What a name stands for: an entry of rerankers.yaml, a preset or a row. */
static enum rkb_status stands_for(const struct request *q, const char *name,
                                  const struct rkb_shelf_entry *e,
                                  struct rkb_spec *spec, struct rkb_err *err)
{
    const struct rkb_reranker_preset *p =
        rkb_reranker_preset_find(rkb_sv_of(name));

    if (e) {
        *spec = e->spec;
        return RKB_OK;
    }
    return rkb_spec_parse(q->ctx->arena, rkb_sv_of(p ? p->spec : name), spec,
                          err);
}

/* Its options, one a line. */
static enum rkb_status option_rows(const struct request *q,
                                   const struct rkb_reranker_def *def,
                                   const struct rkb_spec *spec,
                                   struct rkb_err *err)
{
    static const char *const names[] = { "option", "default", "what" };
    struct rkb_optset set;
    enum rkb_status rc = RKB_OK;

    columns(q->table, names, RKB_COUNT(names));
    rkb_optset_init(&set, q->ctx->arena, def->options);
    for (size_t i = 0; i < spec->n && !rc; i++)
        rc = rkb_optset_put(&set, spec->keys[i], spec->values[i], err);
    for (size_t i = 0; i < set.n_rows && !rc; i++) {
        const struct rkb_opt *o = &set.rows[i];
        struct rkb_opt shown = *o;

        if (set.values[i].given)
            shown.fallback = rkb_arena_cstr(q->ctx->arena, set.values[i].text);
        rkb_table_text(q->table, o->name);
        value_cell(q->table, &shown);
        rkb_table_text(q->table, o->help);
    }
    return rc;
}

static enum rkb_status list_options(const struct request *q, const char *name,
                                    const struct rkb_shelf *shelf,
                                    struct rkb_err *err)
{
    const struct rkb_shelf_entry *e = rkb_shelf_find(shelf, rkb_sv_of(name));
    const struct rkb_reranker_preset *p =
        rkb_reranker_preset_find(rkb_sv_of(e ? e->use : name));
    const struct rkb_reranker_def *def;
    struct rkb_spec spec;
    enum rkb_status rc = stands_for(q, name, e, &spec, err);

    if (!rc)
        rc = rkb_reranker_find(spec.name, &def, err);
    if (!rc)
        rc = option_rows(q, def, &spec, err);
    if (rc)
        return rc;
    rkb_table_note(q->table, "%s: %s (%s)", name, p ? p->summary : def->summary,
                   p ? p->source : def->source);
    if (e)
        rkb_table_note(q->table, "it is %s with the options of %s:%zu", e->use,
                       e->file, e->line);
    if (p)
        rkb_table_note(q->table, "%s is %s", p->name, p->spec);
    if (p && p->needs)
        rkb_table_note(q->table, "it needs %s: %s", p->needs, p->published);
    return rc;
}

static void preset_row(struct rkb_table *t, const struct rkb_reranker_preset *p)
{
    rkb_table_text(t, p->name);
    rkb_table_text(t, p->summary);
    rkb_table_printf(t, "a preset over %.*s%s%s", (int)strcspn(p->spec, "("),
                     p->spec, p->needs ? ", needs " : "",
                     p->needs ? p->needs : "");
    rkb_table_text(t, p->source);
}

static void own_row(struct rkb_table *t, const struct rkb_shelf_entry *e)
{
    rkb_table_text(t, e->name);
    rkb_table_printf(t, "%s as you set it", e->use);
    rkb_table_printf(t, "yours, over %.*s", (int)e->spec.name.len,
                     e->spec.name.at);
    rkb_table_printf(t, "%s:%zu", e->file, e->line);
}

static enum rkb_status list_rerankers(const struct request *q,
                                      struct rkb_err *err)
{
    static const char *const names[] = { "name", "summary", "traits",
                                         "source" };
    static const char *const traits[] = {
        "sees the judgments",       "needs texts",     "one query at a time",
        "keeps first-stage scores", "uses the corpus", "gives no scores",
        "asks model servers"
    };
    struct rkb_shelf shelf = { 0 };
    enum rkb_status rc = rkb_shelf_load(q->ctx->arena, "", &shelf, err);

    if (rc)
        return rc;
    if (q->args->n_operands > 1)
        return list_options(q, q->args->operands[1], &shelf, err);
    columns(q->table, names, RKB_COUNT(names));
    for (size_t i = 0; rkb_rerankers[i]; i++) {
        const struct rkb_reranker_def *r = rkb_rerankers[i];

        rkb_table_text(q->table, r->name);
        rkb_table_text(q->table, r->summary);
        bits_cell(q->table, r->traits, traits, RKB_COUNT(traits));
        rkb_table_text(q->table, r->source);
    }
    for (const struct rkb_reranker_preset *p = rkb_reranker_presets; p->name;
         p++)
        preset_row(q->table, p);
    for (size_t i = 0; i < shelf.n; i++)
        own_row(q->table, &shelf.entries[i]);
    rkb_table_note(q->table, "options: list rerankers NAME");
    return RKB_OK;
}

static void dataset_row(struct rkb_table *t, const struct rkb_preset *p,
                        const struct rkb_catalog_entry *e)
{
    static const char *const drops[] = { "the query itself", "excluded ids" };

    rkb_table_text(t, p->name);
    rkb_table_text(t, p->format);
    rkb_table_text(t, e && (e->path || e->own) ? e->path : p->path);
    rkb_table_text(t, e && e->split ? e->split : p->split);
    if (p->n_queries)
        rkb_table_int(t, p->n_queries);
    else
        rkb_table_none(t);
    rkb_table_int(t, p->binary_rel);
    bits_cell(t, p->drop_self | (unsigned)p->drop_excluded << 1, drops,
              RKB_COUNT(drops));
    rkb_table_text(t, p->part_of);
    rkb_table_text(t, p->headline);
    rkb_table_text(t, p->note);
    if (e)
        rkb_table_printf(t, "%s:%zu", e->file, e->line);
    else
        rkb_table_none(t);
}

static enum rkb_status list_datasets(const struct request *q,
                                     struct rkb_err *err)
{
    static const char *const names[] = { "name",  "format",   "path",
                                         "split", "#queries", "#relevant",
                                         "drops", "part of",  "headline",
                                         "note",  "from" };
    struct rkb_catalog catalog = { 0 };
    enum rkb_status rc = rkb_catalog_load(q->ctx->arena, "", &catalog, err);

    if (rc)
        return rc;
    columns(q->table, names, RKB_COUNT(names));
    for (size_t i = 0; i < catalog.n; i++)
        if (catalog.entries[i].own)
            dataset_row(q->table, catalog.entries[i].preset,
                        &catalog.entries[i]);
    for (size_t i = 0; i < rkb_n_presets; i++)
        dataset_row(q->table, &rkb_presets[i],
                    rkb_catalog_find(&catalog, rkb_sv_of(rkb_presets[i].name)));
    rkb_table_note(q->table,
                   "relevant: smallest grade that binary measures count; path: "
                   "below the data folder, none = the mean of its parts; "
                   "from: datasets.yaml");
    return RKB_OK;
}

static enum rkb_status list_measures(const struct request *q,
                                     struct rkb_err *err)
{
    static const char *const names[] = { "name",    "trec_eval", "parameters",
                                         "default", "summary",   "source" };

    (void)err;
    columns(q->table, names, RKB_COUNT(names));
    for (size_t i = 0; rkb_measure_at(i); i++) {
        const struct rkb_measure_def *m = rkb_measure_at(i);

        rkb_table_text(q->table, m->name);
        rkb_table_text(q->table, m->trec_name);
        options_cell(q->table, m->params);
        rkb_table_text(q->table, m->fallback);
        rkb_table_text(q->table, m->summary);
        rkb_table_text(q->table, m->source);
    }
    rkb_table_note(q->table,
                   "write nDCG@10, AP(rel=2)@100 or ndcg_cut.10,20; default: "
                   "the values of a bare name");
    return RKB_OK;
}

static enum rkb_status list_formats(const struct request *q,
                                    struct rkb_err *err)
{
    static const char *const names[] = { "name", "holds", "spelling", "summary",
                                         "source" };
    static const char *const parts[] = { "queries", "documents", "judgments",
                                         "excluded ids", "candidates" };

    (void)err;
    columns(q->table, names, RKB_COUNT(names));
    for (size_t i = 0; rkb_input_formats[i]; i++) {
        const struct rkb_input_format *f = rkb_input_formats[i];

        rkb_table_text(q->table, f->name);
        bits_cell(q->table, f->parts, parts, RKB_COUNT(parts));
        rkb_table_printf(q->table, "%s:PATH%s", f->name,
                         f->split ? "[:SPLIT]" : "");
        rkb_table_text(q->table, f->summary);
        rkb_table_text(q->table, f->source);
    }
    return RKB_OK;
}

static enum rkb_status list_reports(const struct request *q,
                                    struct rkb_err *err)
{
    static const char *const names[] = { "name", "of", "summary", "takes" };

    (void)err;
    columns(q->table, names, RKB_COUNT(names));
    for (size_t i = 0; rkb_reports[i]; i++) {
        const struct rkb_report_def *r = rkb_reports[i];
        rkb_sv rest = rkb_sv_of(r->takes), word;
        struct rkb_buf b = { 0 };

        while ((word = rkb_sv_word(&rest)).len)
            rkb_buf_printf(&b, "%s--%.*s", b.len ? " " : "", (int)word.len,
                           word.at);
        rkb_table_text(q->table, r->name);
        rkb_table_text(q->table, r->subject);
        rkb_table_text(q->table, r->summary);
        rkb_table_sv(q->table, b.len ? rkb_buf_view(&b) : (rkb_sv){ 0 });
        rkb_buf_release(&b);
    }
    rkb_table_note(q->table, "all take --runs, --digits, --judgments, "
                             "--format, -o and --store");
    for (size_t i = 0; rkb_published_name(q->ctx->arena, i); i++)
        rkb_table_note(q->table, "PAPER: %s",
                       rkb_published_name(q->ctx->arena, i));
    return RKB_OK;
}

static enum rkb_status list_dialects(const struct request *q,
                                     struct rkb_err *err)
{
    static const char *const names[] = { "name",          "summary", "can",
                                         "#alternatives", "#texts",  "proven",
                                         "source" };
    static const char *const can[] = {
        /* in the order of RKB_CAN's bits */
        "chat",        "complete",   "rerank",  "embed",    "tokenize",
        "render",      "models",     "",        "logprobs", "prefill",
        "echo",        "stream",     "choices", "thinking", "cold",
        "count turns", "raw scores", "instruct"
    };

    (void)err;
    columns(q->table, names, RKB_COUNT(names));
    for (size_t i = 0; rkb_dialects[i]; i++) {
        const struct rkb_dialect_def *d = rkb_dialects[i];
        struct rkb_table *t = q->table;

        rkb_table_text(t, d->name);
        rkb_table_text(t, d->summary);
        bits_cell(t, d->can, can, RKB_COUNT(can));
        if (d->max_alts)
            rkb_table_int(t, d->max_alts);
        else
            rkb_table_none(t);
        if (d->max_docs)
            rkb_table_int(t, (int64_t)d->max_docs);
        else
            rkb_table_none(t);
        rkb_table_text(t, d->proven);
        rkb_table_text(t, d->source);
    }
    rkb_table_note(q->table,
                   "alternatives: at one position, of a default server; texts: "
                   "in one call; proven: what shows that it is right; "
                   "docs/servers.md has more");
    return RKB_OK;
}

/* "bm25(k1=2,b=0.75)" of what the identity says; the bare name when it cannot
 * be read or has no options. */
static void spec_cell(struct rkb_table *t, struct rkb_arena *a,
                      const struct rkb_run_row *r)
{
    struct rkb_buf text = { 0 };
    const struct rkb_json *json, *settings = NULL;
    struct rkb_err ignored;

    if (!rkb_json_parse(a, r->identity, &json, &ignored))
        settings = rkb_json_get(json, "options");
    rkb_buf_sv(&text, r->reranker);
    for (const struct rkb_json *o = settings ? settings->child : NULL; o;
         o = o->next) {
        rkb_buf_char(&text, o == settings->child ? '(' : ',');
        rkb_buf_sv(&text, o->key);
        rkb_buf_char(&text, '=');
        rkb_buf_sv(&text, o->text);
        rkb_buf_text(&text, o->next ? "" : ")");
    }
    rkb_table_sv(t, rkb_buf_view(&text));
    rkb_buf_release(&text);
}

static void run_row(struct rkb_table *t, struct rkb_arena *a,
                    const struct rkb_run_row *r)
{
    rkb_table_int(t, r->id);
    rkb_table_sv(t, r->label);
    rkb_table_sv(t, r->dataset);
    rkb_table_sv(t, r->candidates);
    rkb_table_sv(t, r->order_rule);
    if (r->depth)
        rkb_table_int(t, r->depth);
    else
        rkb_table_text(t, "all");
    spec_cell(t, a, r);
    rkb_table_int(t, r->repeat);
    rkb_table_sv(t, r->status);
    rkb_table_int(t, r->n_queries);
    rkb_table_int(t, r->n_ok);
    rkb_table_int(t, r->n_repaired);
    rkb_table_int(t, r->n_failed);
    rkb_table_sv(t, r->ended_utc.len     ? r->ended_utc
                    : r->started_utc.len ? r->started_utc
                                         : (rkb_sv){ 0 });
}

static enum rkb_status list_runs(const struct request *q, struct rkb_err *err)
{
    static const char *const names[] = {
        "#id",    "label",     "dataset", "candidates", "order",
        "#depth", "reranker",  "#repeat", "status",     "#queries",
        "#ok",    "#repaired", "#failed", "date",
    };
    const struct rkb_store_options how = { .mode = RKB_STORE_READ };
    struct rkb_run_row *runs;
    struct rkb_store *store = NULL;
    size_t n = 0;
    enum rkb_status rc = rkb_store_open(
        &store, rkb_optset_cstr(&q->args->opts, "store"), &how, err);

    if (!rc)
        rc = rkb_store_runs(store, q->ctx->arena, NULL, &runs, &n, err);
    columns(q->table, names, RKB_COUNT(names));
    for (size_t i = 0; i < n && !rc; i++)
        run_row(q->table, q->ctx->arena, &runs[i]);
    rkb_store_close(store);
    return rc;
}

/* ---- the command ------------------------------------------------------------ */

static const struct {
    const char *name;
    enum rkb_status (*list)(const struct request *q, struct rkb_err *err);
} listings[] = {
    { "rerankers", list_rerankers }, { "datasets", list_datasets },
    { "measures", list_measures },   { "formats", list_formats },
    { "dialects", list_dialects },   { "reports", list_reports },
    { "runs", list_runs },
};

static enum rkb_status unknown_word(const char *word, struct rkb_err *err)
{
    const char *names[RKB_COUNT(listings)];
    struct rkb_buf all = { 0 };
    rkb_sv near;

    for (size_t i = 0; i < RKB_COUNT(listings); i++) {
        names[i] = listings[i].name;
        rkb_buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    near = rkb_nearest(rkb_sv_of(word), names, RKB_COUNT(names));
    rkb_fail(err, RKB_E_USAGE, "unknown listing '%s'%s%.*s%s; there are %s",
             word, near.len ? " (did you mean '" : "", (int)near.len,
             near.len ? near.at : "", near.len ? "'?)" : "", all.at);
    rkb_buf_release(&all);
    return err->code;
}

static enum rkb_status run_list(struct rkb_context *ctx,
                                const struct rkb_args *args,
                                struct rkb_err *err)
{
    struct rkb_table t = { 0 };
    const struct request q = { ctx, args, &t };
    enum rkb_status rc;
    size_t i = 0;

    while (i < RKB_COUNT(listings) &&
           strcmp(listings[i].name, args->operands[0]) != 0)
        i++;
    if (i == RKB_COUNT(listings))
        return unknown_word(args->operands[0], err);
    if (args->n_operands > 1 && listings[i].list != list_rerankers)
        return rkb_fail(err, RKB_E_USAGE, "only 'list rerankers' takes a name");
    rc = listings[i].list(&q, err);
    if (!rc)
        rc = rkb_table_write(&t, rkb_optset_text(&args->opts, "format"),
                             ctx->out, err);
    rkb_table_release(&t);
    return rc;
}

const struct rkb_command_def rkb_command_list = {
    .name = "list",
    .summary = "what is registered, and the runs of a store",
    .usage = "rerankers|datasets|measures|formats|dialects|runs [NAME]",
    .detail = "With NAME, a reranker's options: 'list rerankers listwise'.",
    .options = options,
    .min_operands = 1,
    .max_operands = 2,
    .run = run_list,
};
