/* SPDX-License-Identifier: Apache-2.0 */
/* Several rerankers asked about one query, their answers made one. */
#include "base/mem.h"
#include "harness/rerankers/reranker.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RRF, MINMAX, ZSCORE, SUM };
enum { MAX_INPUTS = 16 };

/* What the inner rows are asked to be, the wrapper has to be as well. */
static const unsigned passed_on = RKB_SEES_GRADES | RKB_NEEDS_TEXT |
                                  RKB_SERIAL | RKB_WANTS_STATS |
                                  RKB_ASKS_SERVERS;

struct fuse {
    struct rkb_reranker inputs[MAX_INPUTS];
    double weights[MAX_INPUTS];
    size_t n;
    int64_t method;
    double k;
};

/* ---- options ----------------------------------------------------------- */

static enum rkb_status read_weights(rkb_sv text, size_t n, double *weights,
                                    struct rkb_err *err)
{
    size_t n_given = 0;
    double most = 0;
    rkb_sv word;

    for (size_t i = 0; i < n; i++)
        weights[i] = 1;
    if (!text.at)
        return RKB_OK;
    while (rkb_sv_split(&text, ',', &word)) {
        double w;

        word = rkb_sv_trim(word);
        if (!rkb_sv_to_double(word, &w) || w < 0 || w > 1e6)
            return rkb_fail(err, RKB_E_USAGE,
                            "a weight must be a number from 0 to 1e6, not "
                            "'%.*s'",
                            (int)(word.len < 100 ? word.len : 100),
                            word.len ? word.at : "");
        if (n_given < n)
            weights[n_given] = w + 0.0; /* -0 is 0 */
        most = w > most ? w : most;
        n_given++;
    }
    if (n_given != n)
        return rkb_fail(err, RKB_E_USAGE, "%zu inputs have %zu weights", n,
                        n_given);
    return most > 0 ? RKB_OK : rkb_fail(err, RKB_E_USAGE, "all weights are 0");
}

static enum rkb_status cut_inputs(const struct rkb_optset *options,
                                  rkb_sv *specs, size_t *n, struct rkb_err *err)
{
    rkb_sv list = rkb_optset_text(options, "inputs"), spec;

    *n = 0;
    while (rkb_spec_cut(&list, &spec)) {
        if (*n == MAX_INPUTS)
            return rkb_fail(err, RKB_E_USAGE, "more than %d inputs",
                            MAX_INPUTS);
        specs[(*n)++] = spec;
    }
    return *n >= 2 ? RKB_OK
                   : rkb_fail(err, RKB_E_USAGE,
                              "inputs must name two rerankers or more, as in "
                              "'bm25; first-stage'");
}

/* Without opening anything, so that a plan is told before it runs. */
static enum rkb_status check(const struct rkb_optset *options, unsigned *traits,
                             struct rkb_err *err)
{
    int64_t method = rkb_optset_int(options, "method");
    double weights[MAX_INPUTS];
    rkb_sv specs[MAX_INPUTS];
    enum rkb_status rc;
    size_t n;

    rc = cut_inputs(options, specs, &n, err);
    if (!rc)
        rc = read_weights(rkb_optset_text(options, "weights"), n, weights, err);
    if (!rc && method != RRF && rkb_optset_get(options, "k")->given)
        rc = rkb_fail(err, RKB_E_USAGE, "k is for method=rrf alone");
    for (size_t i = 0; i < n && !rc; i++) {
        struct rkb_reranker input;

        rc = rkb_reranker_read(&input, specs[i], options->arena, err);
        if (!rc && method != RRF && (input.traits & RKB_NO_SCORES))
            rc = rkb_fail(err, RKB_E_USAGE,
                          "'%s' gives no scores: fuse it with method=rrf",
                          input.def->name);
        if (rc)
            return rkb_wrap(err, "input %zu", i + 1);
        *traits |= input.traits & passed_on;
    }
    return rc;
}

static void close_fuse(void *self)
{
    struct fuse *f = self;

    for (size_t i = 0; i < f->n; i++)
        rkb_reranker_close(&f->inputs[i]);
}

static enum rkb_status open_fuse(const struct rkb_env *env, void **self,
                                 struct rkb_err *err)
{
    struct fuse *f = rkb_arena_new(env->arena, 1, sizeof(*f));
    rkb_sv specs[MAX_INPUTS];
    enum rkb_status rc;
    size_t n;

    f->method = rkb_optset_int(env->options, "method");
    f->k = rkb_optset_real(env->options, "k");
    rc = cut_inputs(env->options, specs, &n, err);
    if (!rc)
        rc = read_weights(rkb_optset_text(env->options, "weights"), n,
                          f->weights, err);
    while (f->n < n && !rc) {
        rc = rkb_reranker_open(&f->inputs[f->n], specs[f->n], env, err);
        if (rc)
            rkb_wrap(err, "input %zu", f->n + 1);
        else
            f->n++;
    }
    if (rc)
        close_fuse(f);
    *self = f;
    return rc;
}

/* The inputs' own identities, so that it does not matter how a spec was
 * written or where a file lies. A JSON object, as the manifest takes it in. */
static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    const struct fuse *f = self;
    enum rkb_status rc = RKB_OK;

    rkb_buf_text(identity, "{\"inputs\":[");
    if (conditions)
        rkb_buf_text(conditions, "{\"inputs\":[");
    for (size_t i = 0; i < f->n && !rc; i++) {
        const struct rkb_reranker *r = &f->inputs[i];
        struct rkb_buf inner = { 0 }, how = { 0 };

        rkb_buf_text(identity, i ? ",{\"reranker\":" : "{\"reranker\":");
        rkb_buf_json(identity, rkb_sv_of(r->def->name));
        rkb_buf_printf(identity,
                       ",\"version\":%d,\"options\":", r->def->version);
        rkb_optset_json(&r->options, identity);
        if (r->def->probe)
            rc = r->def->probe(r->self, &inner, &how, err);
        rkb_buf_text(identity, ",\"probe\":");
        rkb_buf_json(identity, rkb_buf_view(&inner));
        rkb_buf_text(identity, ",\"weight\":");
        rkb_buf_real(identity, f->weights[i]);
        rkb_buf_char(identity, '}');
        if (conditions)
            rkb_buf_printf(conditions, "%s%s", i ? "," : "",
                           how.len ? how.at : "{}");
        rkb_buf_release(&inner);
        rkb_buf_release(&how);
        if (rc)
            rkb_wrap(err, "input %zu ('%s')", i + 1, r->def->name);
    }
    rkb_buf_text(identity, "]}");
    if (conditions)
        rkb_buf_text(conditions, "]}");
    return rc;
}

/* ---- asking ------------------------------------------------------------ */

struct job {
    const struct fuse *f;
    const struct rkb_request *request;
    struct rkb_outcome *answers; /* [f->n] */
};

static bool any_scored(const struct rkb_outcome *o, size_t n)
{
    return n > 0 && memchr(o->scored, 1, n) != NULL;
}

/* An inner row gets what its own traits say, no more. */
static const struct rkb_candidate *docs_for(unsigned traits,
                                            const struct rkb_request *request,
                                            struct rkb_arena *a)
{
    size_t n = request->n_docs;
    struct rkb_candidate *docs = rkb_arena_new(a, n, sizeof(*docs));

    for (size_t i = 0; i < n; i++) {
        docs[i] = request->docs[i];
        if (!(traits & RKB_NEEDS_TEXT))
            docs[i].title = docs[i].text = (rkb_sv){ 0 };
        if (!(traits & RKB_SEES_GRADES))
            docs[i].grade = RKB_UNPOOLED;
    }
    return docs;
}

static enum rkb_status ask(struct rkb_branch *item, size_t i, void *arg,
                           struct rkb_err *err)
{
    const struct job *job = arg;
    const struct rkb_reranker *r = &job->f->inputs[i];
    struct rkb_outcome *answer = &job->answers[i];
    struct rkb_request request = *job->request;
    enum rkb_status rc;

    request.docs = docs_for(r->traits, &request, item->arena);
    rc = r->def->rerank(r->self, item, &request, answer, err);
    if (rc == RKB_E_STOPPED)
        return rc;
    if (!rc && answer->status == RKB_QUERY_FAILED)
        rc = rkb_fail(err, RKB_E_DATA, "%s", answer->why);
    if (!rc)
        rc = rkb_outcome_check(answer, request.n_docs, item->arena, err);
    if (!rc && job->f->method != RRF && request.n_docs > 0 &&
        !any_scored(answer, request.n_docs))
        rc = rkb_fail(err, RKB_E_DATA, "it scored no candidate");
    return rc ? rkb_wrap(err, "input %zu ('%s')", i + 1, r->def->name) : RKB_OK;
}

static struct rkb_outcome *make_answers(struct rkb_arena *a, size_t n_inputs,
                                        size_t n_docs)
{
    struct rkb_outcome *answers = rkb_arena_new(a, n_inputs, sizeof(*answers));

    for (size_t i = 0; i < n_inputs; i++) {
        struct rkb_outcome *o = &answers[i];

        o->order = rkb_arena_new(a, n_docs, sizeof(*o->order));
        o->score = rkb_arena_new(a, n_docs, sizeof(*o->score));
        o->scored = rkb_arena_new(a, n_docs, 1);
        for (size_t d = 0; d < n_docs; d++)
            o->order[d] = (uint32_t)d;
    }
    return answers;
}

/* ---- one number of each input ------------------------------------------ */

/* An input that scores some candidates lacks the others: a run file puts them
 * last, but has no rank for them. */
static void by_rank(const struct rkb_outcome *o, size_t n, double k,
                    double *value)
{
    bool some = any_scored(o, n);

    for (size_t i = 0; i < n; i++) {
        uint32_t d = o->order[i];

        value[d] = some && !o->scored[d] ? 0 : 1 / (k + (double)i + 1);
    }
}

/* Smallest and largest score. */
static void range(const struct rkb_outcome *o, size_t n, double *min,
                  double *max)
{
    *min = INFINITY;
    *max = -INFINITY;
    for (size_t d = 0; d < n; d++)
        if (o->scored[d]) {
            *min = fmin(*min, o->score[d]);
            *max = fmax(*max, o->score[d]);
        }
}

static void by_min_max(const struct rkb_outcome *o, size_t n, double *value)
{
    double min, max;

    range(o, n, &min, &max);
    for (size_t d = 0; d < n; d++) {
        if (!o->scored[d])
            value[d] = 0;
        else
            value[d] = min < max ? (o->score[d] - min) / (max - min) : 1;
    }
}

/* Equal scores are found by comparing: their deviation from a rounded mean
 * need not be 0. */
static void by_z_score(const struct rkb_outcome *o, size_t n, double *value)
{
    double min, max, sum = 0, squares = 0, n_scored = 0;

    range(o, n, &min, &max);
    for (size_t d = 0; d < n; d++)
        if (o->scored[d]) {
            sum += o->score[d];
            n_scored++;
        }
    double mean = sum / n_scored;

    for (size_t d = 0; d < n; d++)
        if (o->scored[d])
            squares += (o->score[d] - mean) * (o->score[d] - mean);
    double sd = sqrt(squares / n_scored);

    for (size_t d = 0; d < n; d++) {
        double score = o->scored[d] ? o->score[d] : min;

        value[d] = min < max ? (score - mean) / sd : 0;
    }
}

static void by_score(const struct rkb_outcome *o, size_t n, double *value)
{
    for (size_t d = 0; d < n; d++)
        value[d] = o->scored[d] ? o->score[d] : 0;
}

static void values_of(const struct fuse *f, const struct rkb_outcome *o,
                      size_t n, double *value)
{
    switch (f->method) {
    case RRF:
        by_rank(o, n, f->k, value);
        break;
    case MINMAX:
        by_min_max(o, n, value);
        break;
    case ZSCORE:
        by_z_score(o, n, value);
        break;
    default:
        by_score(o, n, value);
        break;
    }
}

/* ---- the answer -------------------------------------------------------- */

static void take_notes(const struct fuse *f, const struct rkb_outcome *answers,
                       struct rkb_outcome *outcome)
{
    size_t at = 0, room = sizeof(outcome->why);

    for (size_t i = 0; i < f->n; i++) {
        if (answers[i].status == RKB_QUERY_REPAIRED)
            outcome->status = RKB_QUERY_REPAIRED;
        if (!answers[i].why[0] || at >= room)
            continue;
        int len = snprintf(outcome->why + at, room - at,
                           "%sinput %zu ('%s'): %s", at ? "; " : "", i + 1,
                           f->inputs[i].def->name, answers[i].why);

        at += len > 0 ? (size_t)len : 0;
    }
}

static enum rkb_status rerank(void *self, struct rkb_branch *branch,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    const struct fuse *f = self;
    size_t n = request->n_docs;
    double *value = rkb_arena_new(branch->arena, n, sizeof(*value));
    struct job job = { .f = f,
                       .request = request,
                       .answers = make_answers(branch->arena, f->n, n) };
    enum rkb_status rc = rkb_fork(branch, f->n, ask, &job, err);

    if (rc)
        return rc;
    for (size_t d = 0; d < n; d++)
        outcome->score[d] = 0;
    for (size_t i = 0; i < f->n; i++) {
        values_of(f, &job.answers[i], n, value);
        for (size_t d = 0; d < n; d++)
            outcome->score[d] += f->weights[i] * value[d];
    }
    for (size_t d = 0; d < n; d++) {
        if (!isfinite(outcome->score[d]))
            return rkb_fail(err, RKB_E_DATA,
                            "the fused score of candidate %zu is not finite",
                            d);
        outcome->scored[d] = 1;
        outcome->order[d] = job.answers[0].order[d];
    }
    rkb_outcome_sort(outcome, n);
    take_notes(f, job.answers, outcome);
    return RKB_OK;
}

static const struct rkb_opt options[] = {
    { .name = "inputs",
      .type = RKB_OPT_TEXT,
      .value_name = "RERANKERS",
      .aside = true,
      .help = "rerankers with their options, separated by ';'" },
    { .name = "method",
      .type = RKB_OPT_CHOICE,
      .fallback = "rrf",
      .choices = "rrf|minmax|zscore|sum",
      .help = "what is added: 1 / (k + rank), or the score as a share of the "
              "query's range, in standard deviations, or as it is" },
    { .name = "weights",
      .type = RKB_OPT_TEXT,
      .value_name = "W,W...",
      .aside = true,
      .help = "what each input is multiplied by; 1 each unless given" },
    { .name = "k",
      .type = RKB_OPT_REAL,
      .fallback = "60",
      .min = 0,
      .max = 1e6,
      .help = "of rrf: how little the first ranks stand out" },
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_fuse = {
    .name = "fuse",
    .summary = "adds up what several rerankers or run files make of a query, "
               "by rank or by score; ties in the first one's order",
    .source = "Cormack et al. 2009 (RRF); Fox & Shaw 1994; ERank 2025 "
              "(z-scores)",
    .options = options,
    .version = 1,
    .check = check,
    .open = open_fuse,
    .probe = probe,
    .rerank = rerank,
    .close = close_fuse,
};
