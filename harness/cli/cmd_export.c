/* SPDX-License-Identifier: Apache-2.0 */
/* A stored run as a TREC run file. */
#include "base/io/file.h"
#include "base/log.h"
#include "harness/cli/command.h"
#include "runs/store_read.h"

#include <string.h>

static const struct rkb_opt options[] = {
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "where results are kept" },
    { .name = "output",
      .letter = 'o',
      .type = RKB_OPT_TEXT,
      .fallback = "-",
      .value_name = "FILE",
      .help = "where to write; - is standard output" },
    { .name = "tag",
      .type = RKB_OPT_TEXT,
      .value_name = "TEXT",
      .help = "last field of every line (default: the run's label)" },
    { 0 },
};

struct export
{
    struct rkb_store *store;
    struct rkb_arena arena; /* of the row at hand */
    struct rkb_file_out file;
    struct rkb_buf text;
    rkb_sv tag;
    size_t n_written, n_spaced;
};

static bool has_blank(rkb_sv s)
{
    rkb_sv rest = s, word = rkb_sv_word(&rest);

    return word.len != s.len;
}

/* Scores are made up, n down to 1: a run made here has no ties, and these
 * survive 32-bit floats. The real scores are in the store. */
static void add_query(struct export *e, const struct rkb_result_row *row)
{
    size_t n = row->r.n_docs;

    if (row->r.status == RKB_RESULT_FAILED)
        return;
    e->n_written++;
    rkb_buf_reset(&e->text);
    for (size_t i = 0; i < n; i++) {
        rkb_sv docid = rkb_result_docid(row, i);

        e->n_spaced += has_blank(docid);
        rkb_buf_sv(&e->text, row->qid);
        rkb_buf_text(&e->text, " Q0 ");
        rkb_buf_sv(&e->text, docid);
        rkb_buf_printf(&e->text, " %zu %zu ", i + 1, n - i);
        rkb_buf_sv(&e->text, e->tag);
        rkb_buf_char(&e->text, '\n');
    }
    rkb_file_out_add(&e->file, rkb_buf_view(&e->text));
}

static enum rkb_status write_all(struct export *e, int64_t run_id,
                                 struct rkb_err *err)
{
    struct rkb_result_cursor cursor = rkb_result_cursor(run_id);

    for (;;) {
        struct rkb_result_row row;
        bool there;

        rkb_arena_reset(&e->arena);
        enum rkb_status rc = rkb_store_next_result(e->store, &e->arena, &cursor,
                                                   &row, &there, err);

        if (rc)
            return rc;
        if (!there)
            return rkb_file_out_commit(&e->file, err);
        if (row.r.sample == 0) /* whose order is measured */
            add_query(e, &row);
    }
}

static rkb_sv make_tag(struct rkb_arena *a, rkb_sv text)
{
    char *tag = rkb_arena_cstr(a, text);

    for (char *c = tag; *c; c++)
        if (!rkb_sv_trim((rkb_sv){ c, 1 }).len)
            *c = '_';
    return *tag ? rkb_sv_of(tag) : rkb_sv_of("rerankbench");
}

static enum rkb_status run_export(struct rkb_context *ctx,
                                  const struct rkb_args *args,
                                  struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_READ };
    const struct rkb_opt_value *tag = rkb_optset_get(&args->opts, "tag");
    struct export e = { 0 };
    struct rkb_run_row run;
    rkb_sv output = rkb_optset_text(&args->opts, "output");

    if (rkb_sv_ends(output, ".gz") || rkb_sv_ends(output, ".zst"))
        return rkb_fail(err, RKB_E_USAGE,
                        "a run is written as plain text, which '%.*s' does "
                        "not say; pipe it through gzip or zstd",
                        (int)output.len, output.at);
    enum rkb_status rc = rkb_store_open(
        &e.store, rkb_optset_cstr(&args->opts, "store"), &how, err);

    if (!rc)
        rc = rkb_store_select_one(e.store, ctx->arena,
                                  rkb_sv_of(args->operands[0]), &run, err);
    if (!rc)
        rc = rkb_file_out_open(&e.file, rkb_optset_cstr(&args->opts, "output"),
                               err);
    if (!rc) {
        e.tag = make_tag(ctx->arena, tag->given ? tag->text : run.label);
        rc = write_all(&e, run.id, err);
    }
    if (!rc && e.n_spaced)
        rkb_log(RKB_LOG_WARN,
                "%zu docids have blanks in them: trec_eval cannot read those "
                "lines, 'rerankbench eval' can",
                e.n_spaced);
    if (!rc && !rkb_sv_is(run.status, "complete"))
        rc = rkb_fail(err, RKB_E_INCOMPLETE,
                      "the run is incomplete: %zu of %lld queries are written",
                      e.n_written, (long long)run.n_queries);
    rkb_file_out_close(&e.file);
    rkb_buf_release(&e.text);
    rkb_arena_release(&e.arena);
    rkb_store_close(e.store);
    return rc;
}

const struct rkb_command_def rkb_command_export = {
    .name = "export",
    .summary = "write a stored run as a TREC run file",
    .usage = "RUN",
    .detail = "RUN is an id, a label, or label@dataset#repeat with globs. "
              "Scores fall strictly\nfrom n to 1, so that every evaluator "
              "sees the order that the reranker gave.",
    .options = options,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_export,
};
