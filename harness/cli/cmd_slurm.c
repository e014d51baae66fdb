/* SPDX-License-Identifier: Apache-2.0 */
/* A plan as a Slurm job array, and a job that merges what comes of it. */
#include "base/clock.h"
#include "base/io/file.h"
#include "base/io/proc.h"
#include "base/log.h"
#include "harness/cli/command.h"
#include "harness/eval/shard_status.h"
#include "harness/eval/shard_store.h"
#include "reports/table.h"
#include "runs/merge.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASK_NS ((int64_t)60 * 1000000000) /* sbatch and squeue answer by then */
#define SCRIPT_BYTES ((size_t)1 << 20)
#define ANSWER_BYTES ((size_t)1 << 20)

static const struct rkb_opt options[] = {
    { .name = "tasks",
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = RKB_MERGE_STORES,
      .help = "shards, each a task of the array; 0: as many as before" },
    { .name = "sbatch-arg",
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "ARG",
      .help = "an option of sbatch for every task, such as --gres=gpu:1; "
              "partition, account, qos and time are for the merge too" },
    { .name = "submit",
      .type = RKB_OPT_FLAG,
      .help = "submit the tasks that are not done, then the merge" },
    { .name = "status",
      .type = RKB_OPT_FLAG,
      .help = "show what is done, failed and left of every shard" },
    { .name = "store",
      .type = RKB_OPT_TEXT,
      .value_name = "FILE",
      .help = "where results are kept, instead of the plan's" },
    { .name = "data",
      .type = RKB_OPT_TEXT,
      .value_name = "DIR",
      .help = "folder of the collections, likewise" },
    { .name = "local",
      .type = RKB_OPT_TEXT,
      .value_name = "DIR",
      .help = "folder of a node where its shard's store is written" },
    { .name = "checkpoint",
      .type = RKB_OPT_INT,
      .fallback = "300",
      .min = 1,
      .max = 1000000,
      .help = "seconds between two copies of it" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md|tex|html",
      .fallback = "text",
      .help = "how to print the table of --status" },
    { 0 },
};

struct cluster {
    struct rkb_context *ctx;
    const struct rkb_optset *opts;
    struct rkb_plan plan;
    const char *folder; /* absolute, as all of these */
    const char *plan_path, *store, *program, *cwd;
    int64_t n_tasks;
    const char *job; /* last array job, NULL: none */
};

/* ---- where everything is --------------------------------------------------- */

/* Goes into scripts and into lines that sbatch reads. */
static enum rkb_status check_path(const char *path, struct rkb_err *err)
{
    if (strpbrk(path, "\"\\\n"))
        return rkb_fail(err, RKB_E_USAGE,
                        "sbatch cannot take the path '%s' with its quotes, "
                        "backslashes or line ends",
                        path);
    return RKB_OK;
}

static enum rkb_status find_paths(struct cluster *c, const char *plan_path,
                                  struct rkb_err *err)
{
    struct rkb_arena *a = c->ctx->arena;
    const char *folder = rkb_shard_folder(a, c->plan.store);

    if (mkdir(folder, 0777) && errno != EEXIST)
        return rkb_fail(err, RKB_E_IO, "cannot make the folder '%s': %s",
                        folder, strerror(errno));
    c->folder = rkb_path_real(a, folder);
    c->plan_path = rkb_path_real(a, plan_path);
    c->program = rkb_path_real(a, "/proc/self/exe");
    c->cwd = rkb_path_real(a, ".");
    if (!c->folder || !c->plan_path || !c->program || !c->cwd)
        return rkb_fail(err, RKB_E_IO, "cannot find '%s': %s",
                        c->folder ? plan_path : folder, strerror(errno));
    c->store = rkb_arena_cstr(
        a, (rkb_sv){ c->folder, strlen(c->folder) - strlen(".shards") });
    return check_path(c->folder, err);
}

static const char *file(const struct cluster *c, const char *name)
{
    return rkb_arena_printf(c->ctx->arena, "%s/%s", c->folder, name);
}

/* "TASKS [JOB]": other shards would do the work again. */
static enum rkb_status read_memory(struct cluster *c, struct rkb_err *err)
{
    const char *path = file(c, "array");
    int64_t asked = rkb_optset_int(c->opts, "tasks");
    rkb_sv text = { 0 }, tasks, job;

    if (rkb_file_exists(path)) {
        enum rkb_status rc =
            rkb_file_read(c->ctx->arena, path, 1000, &text, err);

        if (rc)
            return rc;
        tasks = rkb_sv_word(&text);
        job = rkb_sv_word(&text);
        if (!rkb_sv_to_i64(tasks, 1, RKB_MERGE_STORES, &c->n_tasks))
            return rkb_fail(err, RKB_E_DATA, "'%s' is damaged", path);
        if (job.len)
            c->job = rkb_arena_cstr(c->ctx->arena, job);
    }
    if (asked && c->n_tasks && asked != c->n_tasks)
        return rkb_fail(err, RKB_E_USAGE,
                        "'%s' has shards of %lld tasks, and %lld would do the "
                        "work again: leave --tasks out, or take another store",
                        c->folder, (long long)c->n_tasks, (long long)asked);
    if (asked)
        c->n_tasks = asked;
    if (!c->n_tasks)
        return rkb_fail(err, RKB_E_USAGE, "how many tasks? --tasks N");
    return RKB_OK;
}

static enum rkb_status write_memory(const struct cluster *c,
                                    struct rkb_err *err)
{
    const char *text =
        rkb_arena_printf(c->ctx->arena, "%lld %s\n", (long long)c->n_tasks,
                         c->job ? c->job : "");

    return rkb_file_write(file(c, "array"), rkb_sv_of(text), err);
}

/* ---- the scripts -------------------------------------------------------------- */

static void quote(struct rkb_buf *b, const char *text)
{
    rkb_buf_char(b, '\'');
    for (; *text; text++)
        if (*text == '\'')
            rkb_buf_text(b, "'\\''");
        else
            rkb_buf_char(b, *text);
    rkb_buf_char(b, '\'');
}

/* A line that sbatch reads; in file names it knows %a and the like. */
static void output_line(struct rkb_buf *b, const struct cluster *c,
                        const char *name)
{
    rkb_buf_text(b, "#SBATCH --open-mode=append\n#SBATCH --output=\"");
    for (const char *p = c->folder; *p; p++)
        rkb_buf_text(b, *p == '%' ? "%%" : (const char[]){ *p, 0 });
    rkb_buf_printf(b, "/%s\"\n", name);
}

/* The merge needs the user's place in the queue, and none of the hardware. */
static bool is_of_merge(rkb_sv arg)
{
    static const char *const starts[] = {
        "-p",    "--partition", "-A",     "--account",    "-q",
        "--qos", "-t",          "--time", "--reservation"
    };

    for (size_t i = 0; i < RKB_COUNT(starts); i++)
        if (rkb_sv_starts(arg, starts[i]))
            return true;
    return false;
}

static enum rkb_status user_lines(struct rkb_buf *b, const struct cluster *c,
                                  bool merge, struct rkb_err *err)
{
    const struct rkb_opt_value *args = rkb_optset_get(c->opts, "sbatch-arg");

    for (size_t i = 0; i < args->n_all; i++) {
        rkb_sv arg = args->all[i];

        if (!rkb_sv_starts(arg, "-") || memchr(arg.at, '\n', arg.len))
            return rkb_fail(err, RKB_E_USAGE,
                            "--sbatch-arg: an option such as "
                            "'--partition=gpu', not '%.*s'",
                            (int)(arg.len < 60 ? arg.len : 60), arg.at);
        if (rkb_sv_starts(arg, "--array") || rkb_sv_starts(arg, "-a"))
            return rkb_fail(err, RKB_E_USAGE,
                            "--sbatch-arg: the array is --tasks");
        if (!merge || is_of_merge(arg))
            rkb_buf_printf(b, "#SBATCH %.*s\n", (int)arg.len, arg.at);
    }
    return RKB_OK;
}

static void option(struct rkb_buf *b, const struct cluster *c, const char *name)
{
    const struct rkb_opt_value *v = rkb_optset_get(c->opts, name);

    if (!v->given)
        return;
    rkb_buf_printf(b, " --%s ", name);
    quote(b, rkb_arena_cstr(c->ctx->arena, v->text));
}

/* exec: signals that Slurm sends to the batch script reach us, and no shell
 * dies with us left behind. */
static enum rkb_status array_script(const struct cluster *c, struct rkb_buf *b,
                                    struct rkb_err *err)
{
    rkb_buf_printf(b,
                   "#!/bin/sh\n# Written by rerankbench slurm.\n"
                   "#SBATCH --job-name=rerankbench\n"
                   "#SBATCH --array=1-%lld\n#SBATCH --requeue\n"
                   "#SBATCH --signal=B:TERM@60\n",
                   (long long)c->n_tasks);
    output_line(b, c, "%a.log");
    enum rkb_status rc = user_lines(b, c, false, err);

    rkb_buf_text(b, "cd ");
    quote(b, c->cwd);
    rkb_buf_text(b, " || exit 4\nexec ");
    quote(b, c->program);
    rkb_buf_text(b, " run ");
    quote(b, c->plan_path);
    rkb_buf_text(b, " --store ");
    quote(b, c->store);
    option(b, c, "data");
    option(b, c, "local");
    option(b, c, "checkpoint");
    rkb_buf_printf(b, " \\\n    --shard \"$SLURM_ARRAY_TASK_ID/%lld\"\n",
                   (long long)c->n_tasks);
    return rc;
}

static enum rkb_status merge_script(const struct cluster *c, struct rkb_buf *b,
                                    struct rkb_err *err)
{
    rkb_buf_text(b, "#!/bin/sh\n# Written by rerankbench slurm.\n"
                    "#SBATCH --job-name=rerankbench-merge\n");
    output_line(b, c, "merge.log");
    enum rkb_status rc = user_lines(b, c, true, err);

    quote(b, c->program);
    rkb_buf_text(b, " merge -o ");
    quote(b, c->store);
    rkb_buf_text(b, " --format md ");
    quote(b, c->folder);
    rkb_buf_printf(b, "/*-of-%lld.db \\\n    >", (long long)c->n_tasks);
    quote(b, file(c, "report.md"));
    rkb_buf_char(b, '\n');
    return rc;
}

/* Saying --submit again must not need all options again: scripts of this plan
 * stay unless there is anything to change. */
static bool may_stay(const struct cluster *c)
{
    static const char *const shaping[] = { "sbatch-arg", "data", "local",
                                           "checkpoint" };
    const char *path = file(c, "array.sh");
    struct rkb_buf plan = { 0 };
    struct rkb_err ignored;
    rkb_sv text;
    bool stay = rkb_file_exists(path) && rkb_file_exists(file(c, "merge.sh"));

    for (size_t i = 0; i < RKB_COUNT(shaping); i++)
        stay &= !rkb_optset_get(c->opts, shaping[i])->given;
    quote(&plan, c->plan_path);
    stay = stay &&
           !rkb_file_read(c->ctx->arena, path, SCRIPT_BYTES, &text, &ignored) &&
           memmem(text.at, text.len, plan.at, plan.len);
    rkb_buf_release(&plan);
    return stay;
}

static enum rkb_status write_scripts(const struct cluster *c,
                                     struct rkb_err *err)
{
    if (may_stay(c))
        return RKB_OK;
    struct rkb_buf array = { 0 }, merge = { 0 };
    enum rkb_status rc = array_script(c, &array, err);

    if (!rc)
        rc = merge_script(c, &merge, err);
    if (!rc) /* first: scripts that stay are for so many tasks */
        rc = write_memory(c, err);
    if (!rc)
        rc = rkb_file_write(file(c, "array.sh"), rkb_buf_view(&array), err);
    if (!rc)
        rc = rkb_file_write(file(c, "merge.sh"), rkb_buf_view(&merge), err);
    rkb_buf_release(&array);
    rkb_buf_release(&merge);
    return rc;
}

/* ---- submitting ------------------------------------------------------------------ */

static enum rkb_status ask(const struct cluster *c, const char *const *argv,
                           rkb_sv *out, struct rkb_err *err)
{
    return rkb_proc_output(c->ctx->arena, argv, ANSWER_BYTES,
                           rkb_clock_now() + ASK_NS, out, err);
}

/* Two tasks of one shard would do the same work. A job that Slurm has
 * forgotten is an error of squeue's; any other one leaves it open. */
static enum rkb_status check_idle(const struct cluster *c, struct rkb_err *err)
{
    const char *const argv[] = { "squeue", "-h", "-r", "-j",
                                 c->job,   "-o", "%T", NULL };
    struct rkb_err told;
    rkb_sv out, line;
    size_t n = 0;

    if (!c->job)
        return RKB_OK;
    if (ask(c, argv, &out, &told)) {
        if (strstr(told.msg, "Invalid job id"))
            return RKB_OK;
        *err = told;
        return err->code;
    }
    while (rkb_sv_split(&out, '\n', &line))
        n += line.len > 0;
    if (n)
        return rkb_fail(err, RKB_E_IO,
                        "job %s still has %zu tasks: wait for them, or "
                        "'scancel %s'",
                        c->job, n, c->job);
    return RKB_OK;
}

/* "1-3,7" of the shards that are not done. */
static enum rkb_status find_open(const struct cluster *c, struct rkb_buf *out,
                                 size_t *n_open, struct rkb_err *err)
{
    int64_t first = 0;
    enum rkb_status rc = RKB_OK;

    *n_open = 0;
    for (int64_t i = 1; i <= c->n_tasks + 1 && !rc; i++) {
        struct rkb_shard_status s = { .state = RKB_SHARD_DONE };

        if (i <= c->n_tasks)
            rc = rkb_shard_look(c->ctx->arena, &c->plan,
                                (struct rkb_shard){ i, c->n_tasks }, &s, err);
        bool open = s.state != RKB_SHARD_DONE;

        *n_open += open;
        if (open && !first)
            first = i;
        if (open || !first)
            continue;
        rkb_buf_printf(out, "%s%lld", out->len ? "," : "", (long long)first);
        if (i - 1 > first)
            rkb_buf_printf(out, "-%lld", (long long)i - 1);
        first = 0;
    }
    return rc;
}

/* "123" or "123;cluster" */
static enum rkb_status sbatch(const struct cluster *c, const char *option,
                              const char *script, const char **job,
                              struct rkb_err *err)
{
    const char *const with[] = { "sbatch", "--parsable", option, script, NULL };
    const char *const without[] = { "sbatch", "--parsable", script, NULL };
    rkb_sv out, id;
    enum rkb_status rc = ask(c, option ? with : without, &out, err);

    if (rc)
        return rc;
    out = rkb_sv_trim(out);
    if (!rkb_sv_split(&out, ';', &id) || !id.len)
        return rkb_fail(err, RKB_E_IO, "sbatch told no job id");
    *job = rkb_arena_cstr(c->ctx->arena, id);
    return RKB_OK;
}

static enum rkb_status submit(struct cluster *c, struct rkb_err *err)
{
    struct rkb_arena *a = c->ctx->arena;
    struct rkb_buf tasks = { 0 };
    const char *after = NULL, *merge;
    size_t n_open;
    enum rkb_status rc = check_idle(c, err);

    if (!rc)
        rc = find_open(c, &tasks, &n_open, err);
    if (!rc && !n_open)
        rkb_log(RKB_LOG_INFO, "all %lld shards are done",
                (long long)c->n_tasks);
    if (!rc && n_open) {
        rc = sbatch(c, rkb_arena_printf(a, "--array=%s", tasks.at),
                    file(c, "array.sh"), &c->job, err);
        if (!rc)
            rc = write_memory(c, err);
        if (!rc) {
            rkb_buf_printf(c->ctx->out, "job %s: tasks %s of %lld\n", c->job,
                           tasks.at, (long long)c->n_tasks);
            after = rkb_arena_printf(a, "--dependency=afterany:%s", c->job);
        }
    }
    if (!rc)
        rc = sbatch(c, after, file(c, "merge.sh"), &merge, err);
    if (!rc)
        rkb_buf_printf(c->ctx->out, "job %s: merge into %s\n", merge, c->store);
    rkb_buf_release(&tasks);
    return rc;
}

/* ---- status ------------------------------------------------------------------------ */

static enum rkb_status status(const struct cluster *c, struct rkb_err *err)
{
    static const char *const columns[] = { "shard",  "state", "runs", "done",
                                           "failed", "left",  "node", "last" };
    struct rkb_table t = { 0 };
    enum rkb_status rc = RKB_OK;
    bool all = true;

    for (size_t i = 0; i < RKB_COUNT(columns); i++)
        rkb_table_column(&t, columns[i], i == 0 || (i >= 2 && i <= 5));
    for (int64_t i = 1; i <= c->n_tasks && !rc; i++) {
        struct rkb_shard_status s;

        rc = rkb_shard_look(c->ctx->arena, &c->plan,
                            (struct rkb_shard){ i, c->n_tasks }, &s, err);
        all &= s.n_begun == c->plan.n_cells;
        rkb_table_int(&t, i);
        rkb_table_text(&t, rkb_shard_state_name(s.state));
        rkb_table_printf(&t, "%zu of %zu", s.n_begun, c->plan.n_cells);
        rkb_table_int(&t, s.n_done);
        rkb_table_int(&t, s.n_failed);
        rkb_table_int(&t, s.n_queries - s.n_done - s.n_failed);
        rkb_table_sv(&t, s.host);
        rkb_table_sv(&t, s.last);
    }
    if (!all)
        rkb_table_note(&t, "queries are those of the runs that were begun, as "
                           "of the last copy");
    if (!rc)
        rc = rkb_table_write(&t, rkb_optset_text(c->opts, "format"),
                             c->ctx->out, err);
    rkb_table_release(&t);
    return rc;
}

/* ---- the command ---------------------------------------------------------------------- */

static enum rkb_status load_plan(struct cluster *c, const char *path,
                                 struct rkb_err *err)
{
    static const char *const passed[] = { "store", "data", "local",
                                          "checkpoint" };
    struct rkb_optset flags;
    enum rkb_status rc = RKB_OK;

    rkb_optset_init(&flags, c->ctx->arena, rkb_plan_options);
    for (size_t i = 0; i < RKB_COUNT(passed) && !rc; i++) {
        const struct rkb_opt_value *v = rkb_optset_get(c->opts, passed[i]);

        if (v->given)
            rc = rkb_optset_put(&flags, rkb_sv_of(passed[i]), v->text, err);
    }
    return rc ? rc : rkb_plan_load(c->ctx->arena, path, &flags, &c->plan, err);
}

static enum rkb_status run_slurm(struct rkb_context *ctx,
                                 const struct rkb_args *args,
                                 struct rkb_err *err)
{
    struct cluster c = { .ctx = ctx, .opts = &args->opts };
    enum rkb_status rc = load_plan(&c, args->operands[0], err);

    if (!rc)
        rc = find_paths(&c, args->operands[0], err);
    if (!rc)
        rc = read_memory(&c, err);
    if (!rc && rkb_optset_flag(c.opts, "status"))
        return status(&c, err);
    if (!rc)
        rc = write_scripts(&c, err);
    if (rc)
        return rc;
    if (rkb_optset_flag(c.opts, "submit"))
        return submit(&c, err);
    rkb_buf_printf(ctx->out, "%s\n%s\n", file(&c, "array.sh"),
                   file(&c, "merge.sh"));
    rkb_log(RKB_LOG_INFO, "nothing was submitted: --submit does it");
    return RKB_OK;
}

const struct rkb_command_def rkb_command_slurm = {
    .name = "slurm",
    .summary = "run a plan as a Slurm job array and merge what comes of it",
    .usage = "PLAN.yaml",
    .detail =
        "Writes STORE.shards/array.sh, a job array with a shard a task, and\n"
        "merge.sh, which makes STORE of what the tasks did. --submit submits "
        "both,\nand only the tasks that are not done: after failures, say it "
        "again.",
    .options = options,
    .min_operands = 1,
    .max_operands = 1,
    .run = run_slurm,
};
