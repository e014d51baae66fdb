/* SPDX-License-Identifier: Apache-2.0 */
/* A TREC run made elsewhere becomes a run in the store. */
#include "base/log.h"
#include "harness/cli/command.h"
#include "harness/cli/run_table.h"
#include "harness/eval/import.h"
#include "harness/eval/score.h"

#include <stdlib.h>
#include <string.h>

static const struct rkb_opt options[] = {
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .fallback = "rerankbench.db",
      .value_name = "FILE",
      .help = "where results are kept" },
    { .name = "data",
      .type = RKB_OPT_TEXT,
      .value_name = "DIR",
      .help = "folder of the collections (default: RERANKBENCH_DATA)" },
    { .name = "dataset",
      .type = RKB_OPT_TEXT,
      .value_name = "D",
      .help = "what the run ranks: a name of 'list datasets', a path, or "
              "FORMAT:PATH[:SPLIT]" },
    { .name = "queries",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "queries, where they are not the dataset's" },
    { .name = "qrels",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "judgments, likewise" },
    { .name = "split",
      .type = RKB_OPT_TEXT,
      .value_name = "NAME",
      .help = "split or task of the dataset" },
    { .name = "label",
      .type = RKB_OPT_TEXT,
      .value_name = "TEXT",
      .help = "name of the run (default: the file's name)" },
    { .name = "latency",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE.tsv",
      .help = "times taken elsewhere: qid<TAB>milliseconds a line" },
    { .name = "candidate-order",
      .type = RKB_OPT_CHOICE,
      .choices = "evaluator|file|rank",
      .fallback = "evaluator",
      .help = "which order of the file is the ranking" },
    { .name = "measure",
      .letter = 'm',
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "M",
      .help = "measures to compute (default nDCG@10 RR@10 R@100)" },
    { .name = "compat",
      .type = RKB_OPT_CHOICE,
      .choices = "9|10",
      .fallback = "9",
      .help = "whose numbers: trec_eval 9.0.8 (32-bit scores) or 10" },
    { 0 },
};

static const char *base_name(struct rkb_arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    rkb_sv name = rkb_sv_of(slash ? slash + 1 : path), part;

    return rkb_sv_split(&name, '.', &part) && part.len ? rkb_arena_cstr(a, part)
                                                       : "import";
}

static enum rkb_status add_measures(const struct rkb_optset *opts,
                                    const struct rkb_preset *preset,
                                    enum rkb_compat compat,
                                    struct rkb_measures *ms,
                                    struct rkb_err *err)
{
    static const char *const usual[] = { "nDCG@10", "RR@10", "R@100" };
    const struct rkb_opt_value *asked = rkb_optset_get(opts, "measure");
    const struct rkb_measure_rules rules = { .rel = preset ? preset->binary_rel
                                                           : 1,
                                             .compat = (int)compat };
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < asked->n_all && !rc; i++)
        rc = rkb_measures_add(ms, asked->all[i], &rules, err);
    for (size_t i = 0; !asked->n_all && i < RKB_COUNT(usual) && !rc; i++)
        rc = rkb_measures_add(ms, rkb_sv_of(usual[i]), &rules, err);
    return rc;
}

static enum rkb_status score(struct rkb_context *ctx, struct rkb_store *store,
                             const struct rkb_testbed *bed,
                             const struct rkb_import *import, int64_t run_id,
                             const struct rkb_optset *opts,
                             enum rkb_compat compat, struct rkb_err *err)
{
    struct rkb_measures ms = { 0 };
    struct rkb_score result;
    struct rkb_run_table t = { 0 };
    enum rkb_status rc =
        add_measures(opts, bed->dataset->preset, compat, &ms, err);
    const struct rkb_score_want want = { .run_id = run_id,
                                         .judgment_set = bed->judgment_set,
                                         .judgments = bed->judgments,
                                         .measures = &ms,
                                         .compat = compat };

    if (!rc)
        rc = rkb_score_run(store, ctx->arena, &want, &result, err);
    if (!rc) {
        if (result.n_empty)
            rkb_log(RKB_LOG_WARN,
                    "%s: judged queries that it lacks count 0 (%zu)",
                    import->path, result.n_empty);
        rkb_run_table_add_score(&t, ctx->arena, bed->dataset, import->path,
                                import->label, &ms, &result);
        rc = rkb_run_table_print(&t, rkb_sv_of("text"), NULL, ctx->out, err);
    }
    rkb_run_table_release(&t);
    rkb_measures_release(&ms);
    return rc;
}

static enum rkb_status run_import(struct rkb_context *ctx,
                                  const struct rkb_args *args,
                                  struct rkb_err *err)
{
    const struct rkb_optset *o = &args->opts;
    const struct rkb_store_options how = { .mode = RKB_STORE_CREATE };
    const char *label = rkb_optset_cstr(o, "label");
    enum rkb_compat compat = rkb_sv_is(rkb_optset_text(o, "compat"), "9")
                                 ? RKB_COMPAT_9
                                 : RKB_COMPAT_10;
    struct rkb_catalog catalog = { 0 };
    const struct rkb_dataset_source source = {
        .spec = rkb_optset_cstr(o, "dataset"),
        .queries = rkb_optset_cstr(o, "queries"),
        .qrels = rkb_optset_cstr(o, "qrels"),
        .split = rkb_optset_cstr(o, "split"),
        .data_dir = rkb_optset_cstr(o, "data") ? rkb_optset_cstr(o, "data")
                                               : getenv("RERANKBENCH_DATA"),
        .catalog = &catalog,
    };
    struct rkb_testbed bed = { 0 };
    struct rkb_store *store = NULL;
    const struct rkb_candidates_want want = {
        .spec = args->operands[0],
        .order = (enum rkb_candidate_order)rkb_optset_int(o, "candidate-order"),
        .compat = compat,
        .depth = SIZE_MAX,
        .all_queries = true,
    };
    enum rkb_run_state state = RKB_RUN_NEW;
    int64_t run_id = 0;

    if (!source.spec)
        return rkb_fail(err, RKB_E_USAGE, "import needs --dataset");
    enum rkb_status rc = rkb_catalog_load(ctx->arena, "", &catalog, err);

    if (!rc)
        rc = rkb_testbed_open(&bed, &source, err);
    if (!rc)
        rc = rkb_testbed_load(&bed, &want, err);
    if (!rc)
        rc = rkb_store_open(&store, rkb_optset_cstr(o, "store"), &how, err);
    if (!rc)
        rc = rkb_testbed_store(&bed, store, false, err);
    const struct rkb_import import = {
        .testbed = &bed,
        .path = args->operands[0],
        .latency_path = rkb_optset_cstr(o, "latency"),
        .label = label ? label : base_name(ctx->arena, args->operands[0]),
        .host_root = getenv("RERANKBENCH_HOST_ROOT"), /* for tests */
    };

    if (!rc)
        rc = rkb_import_run(&import, store, &run_id, &state, err);
    if (!rc && state == RKB_RUN_COMPLETE)
        rkb_log(RKB_LOG_INFO, "%s was imported before, as run %lld",
                args->operands[0], (long long)run_id);
    if (!rc)
        rc = score(ctx, store, &bed, &import, run_id, o, compat, err);
    rkb_store_close(store);
    rkb_testbed_close(&bed);
    return rc;
}

const struct rkb_command_def rkb_command_import = {
    .name = "import",
    .summary = "put a TREC run made elsewhere into the store and score it",
    .usage = "FILE",
    .detail =
        "A judged query that the file lacks counts 0. Latency is unknown\n"
        "unless --latency gives it.",
    .options = options,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_import,
};
