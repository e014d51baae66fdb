/* SPDX-License-Identifier: Apache-2.0 */
/* Several stores become one, scored as a whole. */
#include "base/io/file.h"
#include "base/log.h"
#include "harness/cli/command.h"
#include "harness/cli/run_table.h"
#include "harness/eval/host.h"
#include "harness/eval/rescore.h"
#include "runs/merge.h"
#include "runs/store_lock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct rkb_opt options[] = {
    { .name = "output",
      .letter = 'o',
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help =
          "the store to write; one that is there is joined with the others" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md|tex|html",
      .fallback = "text",
      .help = "how to print the table" },
    { 0 },
};

/* ---- telling ------------------------------------------------------------- */

static void tell_missing(const struct rkb_merged_run *run)
{
    struct rkb_buf names = { 0 };

    if (run->n_failed)
        rkb_log(RKB_LOG_WARN, "%.*s on %.*s: %zu of %lld queries failed",
                (int)run->label.len, run->label.at, (int)run->dataset.len,
                run->dataset.at, run->n_failed, (long long)run->n_queries);
    if (!run->n_missing)
        return;
    for (size_t i = 0; i < run->n_missing && i < RKB_MERGE_NAMED; i++)
        rkb_buf_printf(&names, " %.*s", (int)run->missing[i].len,
                       run->missing[i].at);
    rkb_log(RKB_LOG_WARN, "%.*s on %.*s: %zu of %lld queries are missing:%s%s",
            (int)run->label.len, run->label.at, (int)run->dataset.len,
            run->dataset.at, run->n_missing, (long long)run->n_queries,
            names.at, run->n_missing > RKB_MERGE_NAMED ? " ..." : "");
    rkb_buf_release(&names);
}

static void tell(const struct rkb_merged *m, size_t n_stores)
{
    rkb_log(RKB_LOG_INFO, "%zu stores: %zu runs, %zu results", n_stores,
            m->n_runs, m->n_results);
    if (m->n_same)
        rkb_log(RKB_LOG_INFO, "%zu results were there more than once",
                m->n_same);
    if (m->n_again)
        rkb_log(RKB_LOG_WARN,
                "%zu queries were finished twice, with equal results: the "
                "earlier ones stay, with their times",
                m->n_again);
    if (m->n_comparisons)
        rkb_log(RKB_LOG_INFO,
                "comparisons are not taken over (%zu): compare again",
                m->n_comparisons);
    for (size_t i = 0; i < m->n_runs; i++)
        tell_missing(&m->runs[i]);
}

/* ---- the table ----------------------------------------------------------- */

static const char *base_name(struct rkb_arena *a, rkb_sv path)
{
    const char *text = rkb_arena_cstr(a, path), *slash = strrchr(text, '/');

    return slash ? slash + 1 : text;
}

static void add_row(struct rkb_run_table *t, struct rkb_arena *a,
                    const struct rkb_run_row *run,
                    const struct rkb_rescored *scored, bool repeats,
                    const char *machines, const char *loaded)
{
    struct rkb_table_run row = {
        .dataset = rkb_arena_cstr(a, run->dataset),
        .candidates = base_name(a, run->candidates),
        .run = repeats ? rkb_arena_printf(a, "%.*s#%lld", (int)run->label.len,
                                          run->label.at, (long long)run->repeat)
                       : rkb_arena_cstr(a, run->label),
        .preset = rkb_preset_find(run->dataset),
        .n_queries = (size_t)run->n_queries,
        .n_finished = (size_t)run->n_finished,
        .values = rkb_arena_new(a, scored->n_names, sizeof *row.values),
        .n_values = scored->n_names,
        .machines = machines,
        .loaded = loaded,
    };

    for (size_t i = 0; i < scored->n_names; i++)
        row.values[i] = (struct rkb_run_value){
            .name = rkb_arena_cstr(a, rkb_sv_of(scored->names[i])),
            .value = scored->values[i],
            .whole_number = scored->counts[i],
        };
    rkb_run_table_latency(&row, &scored->score);
    rkb_run_table_add(t, &row);
}

static enum rkb_status score_all(struct rkb_context *ctx, const char *path,
                                 const struct rkb_merged *m,
                                 struct rkb_run_table *t, struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_WRITE,
                                           .no_wal = true };
    struct rkb_store *store;
    bool repeats = false;
    enum rkb_status rc = rkb_store_open(&store, path, &how, err);

    for (size_t i = 0; i < m->n_runs; i++)
        repeats |= m->runs[i].repeat > 1;
    for (size_t i = 0; i < m->n_runs && !rc; i++) {
        struct rkb_rescored scored;
        struct rkb_arena a = { 0 };
        struct rkb_run_row run;
        const char *machines, *loaded;

        rc = rkb_rescore(store, &a, m->runs[i].id, &scored, err);
        if (!rc)
            rc = rkb_store_run(store, &a, m->runs[i].id, &run, err);
        if (!rc)
            rc = rkb_machines_tell(store, ctx->arena, run.id, &machines, err);
        if (!rc)
            rc = rkb_loaded_tell(store, ctx->arena, run.id, &loaded, err);
        if (rc)
            rkb_wrap(err, "run '%.*s'", (int)m->runs[i].label.len,
                     m->runs[i].label.at);
        else
            add_row(t, ctx->arena, &run, &scored, repeats, machines, loaded);
        rkb_arena_release(&a);
    }
    rkb_store_close(store);
    return rc;
}

/* ---- the files ------------------------------------------------------------- */

/* SQLite writes the new store beside its place, or on this machine where that
 * is a network file system. */
static const char *draft_path(struct rkb_arena *a, const char *to)
{
    const char *tmp = getenv("TMPDIR");

    if (rkb_path_is_network(to))
        return rkb_arena_printf(a, "%s/rerankbench-merge.%ld.db",
                                tmp && *tmp ? tmp : "/tmp", (long)getpid());
    return rkb_arena_printf(a, "%s.merge.%ld", to, (long)getpid());
}

/* A log that somebody still writes would be read into the new file. */
static enum rkb_status put_in_place(struct rkb_arena *a, const char *draft,
                                    const char *to, struct rkb_err *err)
{
    if (rkb_file_exists(rkb_arena_printf(a, "%s-wal", to)) ||
        rkb_file_exists(rkb_arena_printf(a, "%s-journal", to)))
        return rkb_fail(err, RKB_E_IO,
                        "'%s' is in use by another process, or was left by one "
                        "that was killed",
                        to);
    if (rkb_path_is_network(to))
        return rkb_store_copy(draft, to, err);
    if (rename(draft, to))
        return rkb_fail(err, RKB_E_IO, "cannot write '%s': %s", to,
                        strerror(errno));
    return RKB_OK;
}

/* Without a write-ahead log the file is all there is, and reading it makes no
 * new log. Fails while somebody has the store open. */
static enum rkb_status settle(const char *path, struct rkb_err *err)
{
    const struct rkb_store_options how = { .mode = RKB_STORE_WRITE,
                                           .no_wal = true };
    struct rkb_store *store;
    enum rkb_status rc = rkb_store_open(&store, path, &how, err);

    if (!rc)
        rkb_store_close(store);
    return rc;
}

/* A descriptor a store, two more while it is being written. */
static void allow_files(void)
{
    struct rlimit r;

    if (!getrlimit(RLIMIT_NOFILE, &r)) {
        r.rlim_cur = r.rlim_max;
        (void)!setrlimit(RLIMIT_NOFILE, &r);
    }
}

static enum rkb_status run_merge(struct rkb_context *ctx,
                                 const struct rkb_args *args,
                                 struct rkb_err *err)
{
    const char *to = rkb_optset_cstr(&args->opts, "output");
    size_t n = args->n_operands, n_incomplete = 0;
    const char **from = rkb_arena_new(ctx->arena, n + 1, sizeof *from);
    struct rkb_run_table t = { 0 };
    struct rkb_merged m;
    enum rkb_status rc = RKB_OK;

    if (!to)
        return rkb_fail(err, RKB_E_USAGE, "merge needs -o FILE");
    memcpy(from, args->operands, n * sizeof *from);
    if (rkb_file_exists(to)) {
        from[n++] = to;
        rc = settle(to, err);
    }
    const char *draft = draft_path(ctx->arena, to);

    allow_files();
    if (!rc)
        rc = rkb_store_merge(draft, from, n, ctx->arena, &m, err);
    if (rc)
        return rc;
    rc = score_all(ctx, draft, &m, &t, err);
    if (!rc)
        rc = put_in_place(ctx->arena, draft, to, err);
    rkb_store_remove(draft);
    if (!rc) {
        tell(&m, n);
        rc = rkb_run_table_print(&t, rkb_optset_text(&args->opts, "format"),
                                 NULL, ctx->out, err);
    }
    rkb_run_table_release(&t);
    for (size_t i = 0; i < m.n_runs; i++)
        n_incomplete += m.runs[i].n_missing || m.runs[i].n_failed;
    if (!rc && n_incomplete)
        rc = rkb_fail(err, RKB_E_INCOMPLETE, "%zu of %zu runs are incomplete",
                      n_incomplete, m.n_runs);
    return rc;
}

const struct rkb_command_def rkb_command_merge = {
    .name = "merge",
    .summary = "join stores, such as those of shards, into one",
    .usage = "-o FILE STORE...",
    .detail =
        "Runs with the same key become one run, scored again as a whole. A\n"
        "result that several stores have is kept once; unequal results of one\n"
        "query are an error that names it. What is missing is listed. Neither "
        "the\norder of the stores nor merging twice makes a difference.",
    .options = options,
    .min_operands = 1,
    .max_operands = SIZE_MAX,
    .run = run_merge,
};
