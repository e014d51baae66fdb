/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with files, before numbers are made of them. */
#include "base/mem.h"
#include "datasets/catalog.h"
#include "harness/cli/command.h"
#include "harness/lint/lint.h"
#include "reports/table.h"

static const struct rkb_opt options[] = {
    { .name = "dataset",
      .type = RKB_OPT_TEXT,
      .value_name = "NAME",
      .help = "the collection: grades, versions, own and excluded documents" },
    { .name = "qrels",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "judgments, looked up by all other files" },
    { .name = "queries",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "queries with their texts" },
    { .name = "corpus",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .many = true,
      .help = "documents" },
    { .name = "split",
      .type = RKB_OPT_TEXT,
      .value_name = "NAME",
      .help = "split or task of folders (default: the dataset's, or test)" },
    { .name = "query-text",
      .type = RKB_OPT_TEXT,
      .value_name = "NAME",
      .help = "field of TREC topics that is the query (default: title)" },
    { .name = "most",
      .type = RKB_OPT_INT,
      .fallback = "5",
      .min = 1,
      .max = 1000000,
      .help = "findings of one code that are listed of a file" },
    { .name = "strict",
      .type = RKB_OPT_FLAG,
      .help = "exit 3 for warnings, too" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md",
      .fallback = "text",
      .help = "how to print the findings" },
    { 0 },
};

/* One line a finding, as compilers print them, and what each code does to the
 * numbers once. */
static void print_text(const struct rkb_lint_report *r, struct rkb_buf *out)
{
    bool met[RKB_LINT_N] = { false };

    for (size_t i = 0; i < r->n; i++) {
        const struct rkb_finding *f = &r->findings[i];
        const struct rkb_lint_code *code = &rkb_lint_codes[f->code];

        rkb_buf_text(out, f->file);
        if (f->line)
            rkb_buf_printf(out, ":%zu", f->line);
        rkb_buf_printf(out, ": %s: %s [%s]\n",
                       rkb_severity_name(code->severity), f->text, code->name);
        met[f->code] = true;
    }
    if (r->n)
        rkb_buf_char(out, '\n');
    for (size_t c = 0; c < RKB_LINT_N; c++)
        if (met[c])
            rkb_buf_printf(out, "%s: %s\n", rkb_lint_codes[c].name,
                           rkb_lint_codes[c].effect);
    rkb_buf_printf(out, "%s%zu errors, %zu warnings, %zu notes\n",
                   r->n ? "\n" : "", r->counts[RKB_LINT_ERROR],
                   r->counts[RKB_LINT_WARNING], r->counts[RKB_LINT_NOTE]);
}

static enum rkb_status print_table(const struct rkb_lint_report *r,
                                   rkb_sv format, struct rkb_buf *out,
                                   struct rkb_err *err)
{
    struct rkb_table t = { 0 };

    rkb_table_column(&t, "file", false);
    rkb_table_column(&t, "line", true);
    rkb_table_column(&t, "severity", false);
    rkb_table_column(&t, "code", false);
    rkb_table_column(&t, "count", true);
    rkb_table_column(&t, "finding", false);
    rkb_table_column(&t, "effect", false);
    for (size_t i = 0; i < r->n; i++) {
        const struct rkb_finding *f = &r->findings[i];
        const struct rkb_lint_code *code = &rkb_lint_codes[f->code];

        rkb_table_text(&t, f->file);
        if (f->line)
            rkb_table_int(&t, (int64_t)f->line);
        else
            rkb_table_none(&t);
        rkb_table_text(&t, rkb_severity_name(code->severity));
        rkb_table_text(&t, code->name);
        rkb_table_int(&t, (int64_t)f->n);
        rkb_table_text(&t, f->text);
        rkb_table_text(&t, code->effect);
    }
    enum rkb_status rc = rkb_table_write(&t, format, out, err);

    rkb_table_release(&t);
    return rc;
}

struct inputs {
    struct rkb_lint_input *at;
    size_t n, cap;
};

static void add(struct inputs *in, const char *spec, enum rkb_lint_role role)
{
    if (!spec)
        return;
    in->at = rkb_grow(in->at, &in->cap, in->n + 1, sizeof *in->at);
    in->at[in->n++] = (struct rkb_lint_input){ spec, role };
}

static enum rkb_status find_preset(const struct rkb_catalog *catalog,
                                   const char *name,
                                   const struct rkb_preset **out,
                                   struct rkb_err *err)
{
    const char *near;

    *out = name ? rkb_catalog_preset(catalog, rkb_sv_of(name)) : NULL;
    if (!name || *out)
        return RKB_OK;
    near = rkb_catalog_nearest(catalog, rkb_sv_of(name));
    return rkb_fail(err, RKB_E_USAGE, "unknown dataset '%s'%s%s%s", name,
                    near ? " (did you mean '" : "", near ? near : "",
                    near ? "'?)" : "; see 'rerankbench list datasets'");
}

/* Of an entry of datasets.yaml, its files; so that its name alone is enough. */
static void add_entry(struct inputs *in, const struct rkb_catalog *catalog,
                      const char *name, struct rkb_lint_want *want)
{
    const struct rkb_catalog_entry *e =
        name ? rkb_catalog_find(catalog, rkb_sv_of(name)) : NULL;

    if (!e || in->n)
        return;
    add(in, e->qrels, RKB_ROLE_QRELS);
    add(in, e->queries, RKB_ROLE_QUERIES);
    add(in, e->corpus, RKB_ROLE_CORPUS);
    add(in, e->path, RKB_ROLE_ANY);
    if (!want->split)
        want->split = e->split;
    if (!want->query_text)
        want->query_text = e->query_text;
}

static enum rkb_status run_lint(struct rkb_context *ctx,
                                const struct rkb_args *args,
                                struct rkb_err *err)
{
    const struct rkb_optset *o = &args->opts;
    const struct rkb_opt_value *corpora = rkb_optset_get(o, "corpus");
    rkb_sv format = rkb_optset_text(o, "format");
    struct rkb_lint_report report = { 0 };
    struct inputs in = { 0 };
    struct rkb_lint_want want = { .most = (size_t)rkb_optset_int(o, "most"),
                                  .split = rkb_optset_cstr(o, "split"),
                                  .query_text =
                                      rkb_optset_cstr(o, "query-text") };
    const char *dataset = rkb_optset_cstr(o, "dataset");
    struct rkb_catalog catalog = { 0 };
    enum rkb_status rc =
        dataset ? rkb_catalog_load(ctx->arena, "", &catalog, err) : RKB_OK;

    if (!rc)
        rc = find_preset(&catalog, dataset, &want.preset, err);
    if (rc)
        return rc;
    add(&in, rkb_optset_cstr(o, "qrels"), RKB_ROLE_QRELS);
    add(&in, rkb_optset_cstr(o, "queries"), RKB_ROLE_QUERIES);
    for (size_t i = 0; i < corpora->n_all; i++)
        add(&in, rkb_arena_cstr(ctx->arena, corpora->all[i]), RKB_ROLE_CORPUS);
    for (size_t i = 0; i < args->n_operands; i++)
        add(&in, args->operands[i], RKB_ROLE_ANY);
    add_entry(&in, &catalog, dataset, &want);
    want.inputs = in.at;
    want.n_inputs = in.n;
    rc = in.n ? rkb_lint(&want, &report, err)
              : rkb_fail(err, RKB_E_USAGE,
                         "no file (usage: rerankbench lint "
                         "[OPTION]... FILE...)");
    if (!rc && rkb_sv_is(format, "text"))
        print_text(&report, ctx->out);
    else if (!rc)
        rc = print_table(&report, format, ctx->out, err);
    if (!rc &&
        (report.counts[RKB_LINT_ERROR] ||
         (rkb_optset_flag(o, "strict") && report.counts[RKB_LINT_WARNING])))
        rc = RKB_E_DATA;
    rkb_lint_report_release(&report);
    rkb_free(in.at);
    return rc;
}

const struct rkb_command_def rkb_command_lint = {
    .name = "lint",
    .summary = "what is wrong with files, and what it does to the numbers",
    .usage = "FILE...",
    .detail =
        "FILE is a qrels, run, request, query, corpus or plan file, told by\n"
        "its content, or KIND:FILE (qrels, queries, corpus, run, plan, or a\n"
        "format of 'list formats'), or the folder or archive of a dataset.\n"
        "Exit code 3 when there are errors.",
    .options = options,
    .min_operands = 0,
    .max_operands = SIZE_MAX,
    .run = run_lint,
};
