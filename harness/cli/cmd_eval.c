/* SPDX-License-Identifier: Apache-2.0 */
/* trec_eval's job with trec_eval's options and output. */
#include "base/io/lines.h"
#include "base/log.h"
#include "base/mem.h"
#include "datasets/dataset.h"
#include "harness/cli/command.h"
#include "harness/eval/evaluate.h"
#include "reports/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_BYTES = 1 << 20, MAX_RUNS = 100000 };

static const struct rkb_opt options[] = {
    { .name = "query-eval-wanted",
      .letter = 'q',
      .type = RKB_OPT_FLAG,
      .help = "print every query as well" },
    { .name = "complete-rel-info-wanted",
      .letter = 'c',
      .type = RKB_OPT_FLAG,
      .help = "average over all judged queries; missing ones count 0" },
    { .name = "level-for-rel",
      .letter = 'l',
      .type = RKB_OPT_INT,
      .min = 1,
      .max = 1000000,
      .help = "smallest grade that binary measures count as relevant "
              "(default 1, or the dataset's)" },
    { .name = "max-retrieved-per-topic",
      .letter = 'M',
      .type = RKB_OPT_INT,
      .min = 1,
      .max = 4294967295.0,
      .help = "look at the top N of every query only" },
    { .name = "judged-docs-only",
      .letter = 'J',
      .type = RKB_OPT_FLAG,
      .help = "drop documents without judgment first" },
    { .name = "number-docs-in-coll",
      .letter = 'N',
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 9e15,
      .help = "documents in the collection (measure utility)" },
    { .name = "nosummary",
      .letter = 'n',
      .type = RKB_OPT_FLAG,
      .help = "no block for all queries" },
    { .name = "measure",
      .letter = 'm',
      .type = RKB_OPT_TEXT,
      .many = true,
      .value_name = "M",
      .help = "ndcg_cut.10,20 or nDCG@10, all_trec, official (default); see "
              "'list measures'" },
    { .name = "compat",
      .type = RKB_OPT_CHOICE,
      .choices = "9|10",
      .fallback = "9",
      .help = "whose numbers: trec_eval 9.0.8 (32-bit scores) or 10" },
    { .name = "order",
      .type = RKB_OPT_CHOICE,
      .choices = "trec|stable|rank",
      .fallback = "trec",
      .help = "a ranking is by score, ties by docid as in trec_eval or stable, "
              "as they come (BEIR), or it is by the rank column (MS MARCO)" },
    { .name = "dataset",
      .type = RKB_OPT_TEXT,
      .value_name = "NAME",
      .help = "apply this collection's conventions (see 'list datasets')" },
    { .name = "files-from",
      .type = RKB_OPT_TEXT,
      .value_name = "LIST.tsv",
      .help = "evaluate many: qrels<TAB>run[<TAB>label] a line" },
    { .name = "format",
      .type = RKB_OPT_CHOICE,
      .choices = "text|json|csv|md|tex|html",
      .fallback = "text",
      .help = "how to print a table" },
    { .name = "threads",
      .letter = 'j',
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 256,
      .help = "threads; 0 = one a processor. Results do not depend on it" },
    { 0 },
};

/* A run to evaluate and what came of it. */
struct job {
    const char *qrels, *run, *label;
    size_t line_no; /* in the list, 0: from the command line */
    struct rkb_judgments *judgments;
    struct rkb_evaluated result;
    struct rkb_err err;
};

struct eval {
    struct rkb_context *ctx;
    const struct rkb_optset *opts;
    struct rkb_measures measures;
    struct rkb_evaluate how;
    const struct rkb_preset *preset;
    struct rkb_catalog catalog;  /* where --dataset is given */
    struct rkb_dataset *dataset; /* NULL: only its preset's row is needed */
    bool excludes_in_qrels;      /* there is no data to take them from */
    struct job *jobs;
    size_t n_jobs, jobs_cap;
    struct rkb_judgments *judgments; /* [n_judgments] one per qrels file */
    const char **qrels;
    size_t n_judgments;
    size_t *order; /* of the slots as columns */
    bool per_query, summary;
};

/* ---- setting up -------------------------------------------------------- */

static enum rkb_status add_measures(struct eval *e, struct rkb_err *err)
{
    const struct rkb_opt_value *asked = rkb_optset_get(e->opts, "measure");
    const struct rkb_opt_value *level =
        rkb_optset_get(e->opts, "level-for-rel");
    struct rkb_measure_rules rules = {
        .rel = level->given ? (int32_t)level->integer
               : e->preset  ? e->preset->binary_rel
                            : 1,
        .compat = (int)e->how.rules.compat,
    };

    if (!asked->n_all)
        return rkb_measures_add(&e->measures, rkb_sv_of("official"), &rules,
                                err);
    for (size_t i = 0; i < asked->n_all; i++) {
        enum rkb_status rc =
            rkb_measures_add(&e->measures, asked->all[i], &rules, err);

        if (rc)
            return rc;
    }
    return RKB_OK;
}

/* A name is enough for what its row says; excluded ids are in the data. */
static enum rkb_status set_conventions(struct eval *e, const char *dataset,
                                       struct rkb_err *err)
{
    const struct rkb_dataset_source source = {
        .spec = dataset,
        .data_dir = getenv("RERANKBENCH_DATA"),
        .catalog = &e->catalog,
    };
    enum rkb_status rc = rkb_catalog_load(e->ctx->arena, "", &e->catalog, err);

    if (rc)
        return rc;
    e->preset = rkb_catalog_preset(&e->catalog, rkb_sv_of(dataset));
    if (e->preset && !e->preset->path)
        return rkb_fail(err, RKB_E_USAGE,
                        "'%s' is a group: evaluate its parts, each with its "
                        "own judgments",
                        dataset);
    e->excludes_in_qrels = e->preset && e->preset->drop_excluded &&
                           !source.data_dir &&
                           !rkb_catalog_find(&e->catalog, rkb_sv_of(dataset));
    if (!e->preset || (e->preset->drop_excluded && !e->excludes_in_qrels)) {
        rc = rkb_dataset_open(&e->dataset, &source, err);
        if (rc)
            return rkb_wrap(err, "--dataset");
        e->preset = e->dataset->preset;
    }
    if (!e->preset)
        return rkb_fail(err, RKB_E_USAGE,
                        "'%s' is no known collection and has no conventions "
                        "(see 'rerankbench list datasets')",
                        dataset);
    e->how.rules.drop_self = e->preset->drop_self;
    return RKB_OK;
}

static void exclude(struct eval *e, struct rkb_judgments *j)
{
    const struct rkb_dataset *d = e->dataset;

    for (size_t q = 0; d && e->preset->drop_excluded && q < d->qids.n; q++)
        for (size_t i = 0; i < d->queries[q].n_excluded; i++)
            rkb_judgments_exclude(j, d->queries[q].qid,
                                  d->docids.keys[d->queries[q].excluded[i]]);
}

static enum rkb_status set_up(struct eval *e, struct rkb_err *err)
{
    const struct rkb_optset *o = e->opts;
    const struct rkb_opt_value *max =
        rkb_optset_get(o, "max-retrieved-per-topic");
    const char *dataset = rkb_optset_cstr(o, "dataset");

    e->per_query = rkb_optset_flag(o, "query-eval-wanted");
    e->summary = !rkb_optset_flag(o, "nosummary");
    e->how = (struct rkb_evaluate){
        .measures = &e->measures,
        .complete = rkb_optset_flag(o, "complete-rel-info-wanted"),
        .order = (enum rkb_rank_rule)rkb_optset_int(o, "order"),
        .rules = { .compat = rkb_sv_is(rkb_optset_text(o, "compat"), "9")
                                 ? RKB_COMPAT_9
                                 : RKB_COMPAT_10,
                   .max_ret = max->given ? (size_t)max->integer : SIZE_MAX,
                   .judged_only = rkb_optset_flag(o, "judged-docs-only"),
                   .n_collection = rkb_optset_int(o, "number-docs-in-coll") },
    };
    enum rkb_status rc = dataset ? set_conventions(e, dataset, err) : RKB_OK;

    return rc ? rc : add_measures(e, err);
}

static void add_job(struct eval *e, const char *qrels, const char *run,
                    const char *label, size_t line_no)
{
    e->jobs = rkb_grow(e->jobs, &e->jobs_cap, e->n_jobs + 1, sizeof *e->jobs);
    e->jobs[e->n_jobs++] = (struct job){
        .qrels = qrels, .run = run, .label = label, .line_no = line_no
    };
}

static enum rkb_status read_list(struct eval *e, const char *path,
                                 struct rkb_err *err)
{
    struct rkb_arena *a = e->ctx->arena;
    struct rkb_lines in = { 0 };
    enum rkb_status rc = rkb_lines_open(&in, path, err);
    rkb_sv line;

    while (!rc && rkb_lines_next(&in, &line)) {
        rkb_sv rest = rkb_sv_trim(line), part[3] = { 0 };
        size_t n = 0;

        if (!rest.len || rest.at[0] == '#')
            continue;
        while (n < 3 && rkb_sv_split(&rest, '\t', &part[n]))
            n++;
        if (n < 2 || !part[0].len || !part[1].len || rest.len)
            rc = rkb_fail(err, RKB_E_DATA,
                          "%s:%zu: expected qrels<TAB>run[<TAB>label]", path,
                          in.line_no);
        else if (e->n_jobs == MAX_RUNS)
            rc = rkb_fail(err, RKB_E_LIMIT, "%s: more than %d runs", path,
                          MAX_RUNS);
        else
            add_job(e, rkb_arena_cstr(a, part[0]), rkb_arena_cstr(a, part[1]),
                    rkb_arena_cstr(a, n > 2 && part[2].len ? part[2] : part[1]),
                    in.line_no);
    }
    if (!rc)
        rc = rkb_lines_status(&in, err);
    rkb_lines_close(&in);
    if (!rc && !e->n_jobs)
        rc = rkb_fail(err, RKB_E_DATA, "%s: no runs in it", path);
    return rc;
}

/* Each qrels file is read once, however many runs it judges. */
static void read_judgments(struct eval *e, struct job *job)
{
    for (size_t i = 0; i < e->n_judgments; i++)
        if (strcmp(e->qrels[i], job->qrels) == 0) {
            job->judgments = &e->judgments[i];
            if (!job->judgments->by_qid) /* it failed before */
                rkb_fail(&job->err, RKB_E_DATA, "%s: see above", job->qrels);
            return;
        }
    struct rkb_judgments *j = &e->judgments[e->n_judgments];
    bool excludes = e->preset && e->preset->drop_excluded;
    size_t n_excluded = 0;

    e->qrels[e->n_judgments++] = job->qrels;
    job->judgments = j;
    if (!rkb_judgments_read(j, job->qrels, excludes, &n_excluded, &job->err) &&
        e->excludes_in_qrels && !n_excluded)
        rkb_fail(&job->err, RKB_E_USAGE,
                 "dataset '%s' has excluded ids: set RERANKBENCH_DATA, or give "
                 "judgments that have them as grade %d (%s has none)",
                 e->preset->name, RKB_GRADE_EXCLUDED, job->qrels);
    if (job->err.code) {
        rkb_judgments_release(j);
        return;
    }
    exclude(e, j);
}

/* ---- what one may have got wrong ---------------------------------------- */

static rkb_sv bare_id(rkb_sv id)
{
    while (id.len && strchr("0\"' ", *id.at) && *id.at) {
        id.at++;
        id.len--;
    }
    while (id.len && strchr("\"' ", id.at[id.len - 1]) && id.at[id.len - 1])
        id.len--;
    return id;
}

static void add_ids(struct rkb_buf *b, const rkb_sv *ids, size_t n)
{
    for (size_t i = 0; i < n && i < RKB_SAMPLE_IDS; i++)
        rkb_buf_printf(b, "%s'%.*s'", i ? " " : "",
                       (int)(ids[i].len < 40 ? ids[i].len : 40), ids[i].at);
}

static enum rkb_status no_common_query(const struct job *job,
                                       struct rkb_err *err)
{
    const struct rkb_evaluated *r = &job->result;
    const struct rkb_judgments *j = job->judgments;
    struct rkb_buf a = { 0 }, b = { 0 };
    rkb_sv judged[RKB_SAMPLE_IDS];
    size_t n_judged = 0;
    size_t n_run =
        r->n_run_only < RKB_SAMPLE_IDS ? r->n_run_only : RKB_SAMPLE_IDS;
    bool alike = false;

    if (!n_run)
        return rkb_fail(err, RKB_E_DATA, "%s: no ranking in it", job->run);
    for (size_t i = 0; i < j->qids.n && i < RKB_SAMPLE_IDS; i++)
        judged[n_judged++] = j->queries[j->by_qid[i]].qid;
    for (size_t i = 0; i < n_run; i++)
        for (size_t q = 0; q < j->qids.n && !alike; q++)
            alike =
                rkb_sv_eq(bare_id(r->run_only[i]), bare_id(j->queries[q].qid));
    add_ids(&a, judged, n_judged);
    add_ids(&b, r->run_only, n_run);
    rkb_fail(err, RKB_E_DATA,
             "%s and %s have no query in common: judged are %s, ranked are "
             "%s%s",
             job->qrels, job->run, a.at, b.at,
             alike ? "; they are alike but for leading zeros or quotes (007 "
                     "and 7 are different ids, ids are text)"
                   : "");
    rkb_buf_release(&a);
    rkb_buf_release(&b);
    return err->code;
}

static void warn_coverage(const struct eval *e, const struct job *job)
{
    const struct rkb_evaluated *r = &job->result;

    if (r->n_missing)
        rkb_log(RKB_LOG_WARN, "%s: %zu of %zu judged queries are missing; %s",
                job->run, r->n_missing, r->n_queries,
                e->how.complete ? "they count 0"
                                : "the means leave them out (-c counts 0)");
    if (r->n_run_only)
        rkb_log(RKB_LOG_INFO, "%s: queries not judged and left out: %zu",
                job->run, r->n_run_only);
}

/* ---- evaluating -------------------------------------------------------- */

static enum rkb_status evaluate_job(void *arg, size_t i, size_t worker)
{
    struct eval *e = arg;
    struct job *job = &e->jobs[i];
    struct rkb_evaluate how = e->how;

    (void)worker;
    if (job->err.code)
        return RKB_OK;
    how.judgments = job->judgments;
    if (rkb_evaluate_file(&how, job->run, &job->result, &job->err))
        return RKB_OK;
    if (!job->result.n_seen) {
        no_common_query(job, &job->err);
    } else if (!e->per_query && e->n_jobs > 1) {
        /* Only the means are wanted of many runs. */
        rkb_free(job->result.values);
        job->result.values = NULL;
    }
    return RKB_OK;
}

static void print_line(struct rkb_buf *out, const struct rkb_slot *slot,
                       rkb_sv qid)
{
    size_t len = strlen(slot->label);

    rkb_buf_add(out, slot->label, len);
    for (; len < 22; len++)
        rkb_buf_char(out, ' ');
    rkb_buf_char(out, '\t');
    rkb_buf_sv(out, qid);
    rkb_buf_char(out, '\t');
}

static void print_query(const struct eval *e, const struct job *job,
                        size_t query, struct rkb_buf *out)
{
    const struct rkb_measures *ms = &e->measures;
    const struct rkb_evaluated *r = &job->result;
    rkb_sv qid = job->judgments->queries[query].qid;

    for (size_t s = 0; s < ms->n_slots; s++) {
        const struct rkb_slot *slot = &ms->slots[s];

        if (!slot->in_queries)
            continue;
        print_line(out, slot, qid);
        if (slot->is_text)
            rkb_buf_sv(out, r->texts[query * ms->n_slots + s]);
        else
            rkb_slot_format(slot, r->values[query * ms->n_slots + s], out);
        rkb_buf_char(out, '\n');
    }
}

static void print_all(const struct eval *e, const struct job *job,
                      struct rkb_buf *out)
{
    const struct rkb_measures *ms = &e->measures;
    const struct rkb_judged view = { .tag = job->result.tag };

    for (size_t s = 0; s < ms->n_slots; s++) {
        const struct rkb_slot *slot = &ms->slots[s];

        if (!slot->in_all)
            continue;
        print_line(out, slot, rkb_sv_of("all"));
        if (slot->is_text)
            rkb_slot_text(ms, s, &view, false, out);
        else
            rkb_slot_format(slot, job->result.all[s], out);
        rkb_buf_char(out, '\n');
    }
}

/* As trec_eval prints it. 10 goes through the judged queries and stops at
 * the first that the run lacks, unless -c. */
static enum rkb_status print_trec(struct eval *e, const struct job *job,
                                  struct rkb_err *err)
{
    const struct rkb_judgments *j = job->judgments;
    bool ten = e->how.rules.compat == RKB_COMPAT_10;
    enum rkb_status rc = RKB_OK;

    for (size_t i = 0; i < j->qids.n && !rc; i++) {
        uint32_t q = j->by_qid[i];
        bool seen = job->result.seen[q];

        if (!seen && ten && !e->how.complete)
            return rkb_fail(err, RKB_E_DATA,
                            "%s: query '%.*s' is judged but not ranked, and "
                            "trec_eval 10 stops there; -c counts it as 0",
                            job->run, (int)j->queries[q].qid.len,
                            j->queries[q].qid.at);
        if (e->per_query && (seen || (ten && e->how.complete)))
            print_query(e, job, q, e->ctx->out);
        if (e->ctx->out->len > FLUSH_BYTES)
            rc = rkb_out_flush(e->ctx, err);
    }
    if (!rc && e->summary)
        print_all(e, job, e->ctx->out);
    return rc;
}

/* ---- a table of many --------------------------------------------------- */

static void table_cell(struct rkb_table *t, const struct rkb_slot *slot,
                       double value)
{
    if (isnan(value))
        rkb_table_none(t);
    else
        rkb_table_real(t, value, slot->def->whole_number ? 0 : 4);
}

static bool in_table(const struct rkb_slot *slot)
{
    return !slot->is_text;
}

static void table_queries(const struct eval *e, const struct job *job,
                          struct rkb_table *t)
{
    const struct rkb_measures *ms = &e->measures;

    for (size_t i = 0; i < job->judgments->qids.n; i++) {
        uint32_t q = job->judgments->by_qid[i];

        if (!job->result.seen[q] && !e->how.complete)
            continue;
        rkb_table_text(t, job->label);
        rkb_table_sv(t, job->judgments->queries[q].qid);
        for (size_t c = 0; c < ms->n_slots; c++) {
            size_t s = e->order[c];

            if (!in_table(&ms->slots[s]))
                continue;
            if (ms->slots[s].in_queries)
                table_cell(t, &ms->slots[s],
                           job->result.values[q * ms->n_slots + s]);
            else
                rkb_table_none(t);
        }
    }
}

static enum rkb_status print_table(struct eval *e, struct rkb_err *err)
{
    const struct rkb_measures *ms = &e->measures;
    struct rkb_table t = { 0 };

    e->order = rkb_arena_new(e->ctx->arena, ms->n_slots, sizeof *e->order);
    rkb_measures_as_asked(ms, e->order);
    rkb_table_column(&t, "run", false);
    if (e->per_query)
        rkb_table_column(&t, "query", false);
    rkb_table_column(&t, "queries", true);
    if (e->per_query)
        t.n_columns--; /* the column of counts is for means only */
    for (size_t c = 0; c < ms->n_slots; c++)
        if (in_table(&ms->slots[e->order[c]]))
            rkb_table_column(&t, ms->slots[e->order[c]].label, true);
    for (size_t i = 0; i < e->n_jobs; i++) {
        const struct job *job = &e->jobs[i];

        if (job->err.code)
            continue;
        if (e->per_query)
            table_queries(e, job, &t);
        if (!e->summary)
            continue;
        rkb_table_text(&t, job->label);
        if (e->per_query)
            rkb_table_text(&t, "all");
        else
            rkb_table_int(&t, (int64_t)job->result.n_counted);
        for (size_t c = 0; c < ms->n_slots; c++)
            if (in_table(&ms->slots[e->order[c]]))
                table_cell(&t, &ms->slots[e->order[c]],
                           job->result.all[e->order[c]]);
    }
    enum rkb_status rc = rkb_table_write(&t, rkb_optset_text(e->opts, "format"),
                                         e->ctx->out, err);

    rkb_table_release(&t);
    return rc;
}

/* ---- the command ------------------------------------------------------- */

static enum rkb_status report(struct eval *e, struct rkb_err *err)
{
    bool one = e->n_jobs == 1 && !e->jobs[0].line_no &&
               rkb_sv_is(rkb_optset_text(e->opts, "format"), "text");
    size_t n_failed = 0;

    if (one) {
        if (e->jobs[0].err.code) {
            *err = e->jobs[0].err;
            return err->code;
        }
        warn_coverage(e, &e->jobs[0]);
        return print_trec(e, &e->jobs[0], err);
    }
    for (size_t i = 0; i < e->n_jobs; i++) {
        if (!e->jobs[i].err.code) {
            warn_coverage(e, &e->jobs[i]);
            continue;
        }
        rkb_log(RKB_LOG_ERROR, "%s", e->jobs[i].err.msg);
        n_failed++;
    }
    enum rkb_status rc = print_table(e, err);

    if (!rc && n_failed)
        rc = rkb_fail(err, RKB_E_DATA, "%zu of %zu runs were not evaluated",
                      n_failed, e->n_jobs);
    return rc;
}

static enum rkb_status collect_jobs(struct eval *e, const struct rkb_args *args,
                                    struct rkb_err *err)
{
    const char *list = rkb_optset_cstr(e->opts, "files-from");

    if (list && args->n_operands)
        return rkb_fail(err, RKB_E_USAGE,
                        "operands and --files-from exclude each other");
    if (list)
        return read_list(e, list, err);
    if (args->n_operands < 2)
        return rkb_fail(err, RKB_E_USAGE,
                        "too few operands (usage: rerankbench eval "
                        "[OPTION]... QRELS RUN...)");
    for (size_t i = 1; i < args->n_operands; i++)
        add_job(e, args->operands[0], args->operands[i], args->operands[i], 0);
    return RKB_OK;
}

static enum rkb_status run_eval(struct rkb_context *ctx,
                                const struct rkb_args *args,
                                struct rkb_err *err)
{
    struct eval e = { .ctx = ctx, .opts = &args->opts };
    enum rkb_status rc = set_up(&e, err);

    if (!rc)
        rc = collect_jobs(&e, args, err);
    if (rc)
        goto done;
    e.judgments = rkb_new(e.n_jobs, sizeof *e.judgments);
    e.qrels = rkb_new(e.n_jobs, sizeof *e.qrels);
    for (size_t i = 0; i < e.n_jobs; i++)
        read_judgments(&e, &e.jobs[i]);
    e.how.pool = rkb_pool_open((size_t)rkb_optset_int(e.opts, "threads"));
    if (e.n_jobs == 1) /* then all threads read the one file */
        evaluate_job(&e, 0, 0);
    else
        rkb_pool_run(e.how.pool, e.n_jobs, evaluate_job, &e);
    rc = report(&e, err);
done:
    rkb_pool_close(e.how.pool);
    for (size_t i = 0; i < e.n_jobs; i++)
        rkb_evaluated_release(&e.jobs[i].result);
    for (size_t i = 0; i < e.n_judgments; i++)
        rkb_judgments_release(&e.judgments[i]);
    rkb_free(e.judgments);
    rkb_free((void *)(uintptr_t)e.qrels);
    rkb_free(e.jobs);
    rkb_measures_release(&e.measures);
    rkb_dataset_close(e.dataset);
    return rc;
}

const struct rkb_command_def rkb_command_eval = {
    .name = "eval",
    .summary = "measures of TREC runs, as trec_eval prints them",
    .usage = "QRELS RUN...",
    .detail = "One run is printed as trec_eval prints it, byte for byte; "
              "several, or\n"
              "--files-from, give a table. Runs and qrels may be .gz or .zst.",
    .options = options,
    .min_operands = 0,
    .max_operands = SIZE_MAX,
    .run = run_eval,
};
