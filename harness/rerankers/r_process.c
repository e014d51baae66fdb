/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/proc.h"
#include "harness/rerankers/process.h"

static int64_t option_ns(const struct rkb_env *env, const char *name)
{
    return (int64_t)(rkb_optset_real(env->options, name) * 1e9);
}

static enum rkb_status open_process(const struct rkb_env *env, void **self,
                                    struct rkb_err *err)
{
    struct rkb_process_want want = {
        .load_ns = option_ns(env, "load-timeout"),
        .timeout_ns = option_ns(env, "timeout"),
        .grace_ns = option_ns(env, "grace"),
        .max_restarts = rkb_optset_int(env->options, "restarts"),
        .stop = env->stop,
    };
    struct rkb_process *p;
    enum rkb_status rc = rkb_proc_words(
        env->arena, rkb_optset_text(env->options, "command"), &want.argv, err);

    if (!rc)
        rc = rkb_process_open(&p, &want, err);
    if (!rc)
        *self = p;
    return rc;
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    const struct rkb_process_hello *hello = rkb_process_hello(self);

    (void)conditions;
    (void)err;
    rkb_buf_text(identity, "name=");
    rkb_buf_json(identity, rkb_sv_of(hello->name));
    rkb_buf_text(identity, " version=");
    rkb_buf_json(identity, rkb_sv_of(hello->version));
    return RKB_OK;
}

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    if (!request->n_docs)
        return RKB_OK;
    return rkb_process_ask(self, branch, request, outcome, err);
}

static void close_process(void *self)
{
    rkb_process_close(self);
}

static const struct rkb_opt options[] = {
    { .name = "command",
      .type = RKB_OPT_TEXT,
      .value_name = "COMMAND",
      .help = "program and arguments, parted by blanks; quotes as in a shell, "
              "or a JSON array of strings. No shell reads it" },
    { .name = "timeout",
      .type = RKB_OPT_REAL,
      .fallback = "600",
      .min = 0.001,
      .max = 1e6,
      .aside = true,
      .help = "seconds from sending a query to its answer" },
    { .name = "load-timeout",
      .type = RKB_OPT_REAL,
      .fallback = "600",
      .min = 0.001,
      .max = 1e6,
      .aside = true,
      .help = "seconds from the start to the line that says ready; never "
              "counted as latency" },
    { .name = "restarts",
      .type = RKB_OPT_INT,
      .fallback = "3",
      .min = 0,
      .max = 1e6,
      .aside = true,
      .help = "how often a program that went down is started again" },
    { .name = "grace",
      .type = RKB_OPT_REAL,
      .fallback = "5",
      .min = 0,
      .max = 1e6,
      .aside = true,
      .help = "seconds to end by itself once its stdin is closed, and again "
              "after SIGTERM; then SIGKILL" },
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_process = {
    .name = "process",
    .summary = "asks a program of yours: one JSON object a line each way, "
               "several queries at once if it can",
    .source = "docs/process.md, protocol 1",
    .options = options,
    .traits = RKB_NEEDS_TEXT,
    .version = 1,
    .open = open_process,
    .probe = probe,
    .rerank = rerank,
    .close = close_process,
};
