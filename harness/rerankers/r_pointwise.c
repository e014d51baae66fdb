/* SPDX-License-Identifier: Apache-2.0 */
/* Pointwise reranking: the model judges each passage by itself (METHODS.md 6,
 * 5.3, 5.4). A score is the logit of one label against another, an integer
 * times its probability, or the likelihood of the query. */
#include "harness/llm/labels.h"
#include "harness/llm/permutation.h"
#include "harness/rerankers/llm_row.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum mode { MODE_LABELS, MODE_SCALE, MODE_EXPECTED, MODE_QUERY };
enum { MOST_SPELLINGS = 16, MOST_SCALE = 100 };

struct pointwise {
    struct rkb_llm llm;
    enum mode mode;
    enum rkb_read_at read;
    struct rkb_label labels[2]; /* yes, no */
    rkb_sv label_texts[2];      /* the first spelling of each */
    enum rkb_combine combine;
    bool probability; /* instead of log-odds */
    bool mean;        /* of the query's tokens, instead of their sum */
    bool force;       /* asks again for a label that did not come */
    int64_t most_score;
    int32_t n_alts, max_tokens;
    rkb_sv instruction, stops[2];
};

static void close_pointwise(void *self)
{
    struct pointwise *p = self;

    rkb_llm_close(&p->llm);
}

/* "yes|Yes| yes": a label's spellings. A blank at the start of one counts, so
 * that Rank1's " true" is not "true". */
static enum rkb_status read_label(struct rkb_arena *a, rkb_sv text, bool trims,
                                  struct rkb_label *out, rkb_sv *first,
                                  struct rkb_err *err)
{
    rkb_sv *spellings = rkb_arena_new(a, MOST_SPELLINGS, sizeof *spellings);
    rkb_sv one;

    *out = (struct rkb_label){ .spellings = spellings, .trims = trims };
    while (rkb_sv_split(&text, '|', &one)) {
        if (!one.len)
            return rkb_fail(err, RKB_E_USAGE, "an empty spelling of a label");
        if (out->n == MOST_SPELLINGS)
            return rkb_fail(err, RKB_E_USAGE, "more than %d spellings",
                            MOST_SPELLINGS);
        spellings[out->n++] = rkb_arena_copy(a, one);
    }
    *first = spellings[0];
    return RKB_OK;
}

static enum rkb_status read_options(struct pointwise *p,
                                    const struct rkb_env *env,
                                    struct rkb_err *err)
{
    const struct rkb_optset *o = env->options;
    bool trims = rkb_optset_get(o, "spelling")->integer == 0;
    rkb_sv stop = rkb_optset_text(o, "stop");
    enum rkb_status rc =
        read_label(env->arena, rkb_optset_text(o, "yes"), trims, &p->labels[0],
                   &p->label_texts[0], err);

    if (!rc)
        rc = read_label(env->arena, rkb_optset_text(o, "no"), trims,
                        &p->labels[1], &p->label_texts[1], err);
    p->mode = (enum mode)rkb_optset_get(o, "mode")->integer;
    p->read = (enum rkb_read_at[]){
        RKB_READ_FIRST, RKB_READ_LAST, RKB_READ_AFTER_THINK, RKB_READ_AFTER_TAG
    }[rkb_optset_get(o, "read")->integer];
    p->combine = (enum rkb_combine)rkb_optset_get(o, "combine")->integer;
    p->probability = rkb_optset_get(o, "value")->integer == 1;
    p->mean = rkb_optset_flag(o, "mean");
    p->force = rkb_optset_flag(o, "force");
    p->most_score = rkb_optset_int(o, "scale");
    p->n_alts = (int32_t)rkb_optset_int(o, "alternatives");
    if (!p->n_alts)
        p->n_alts = rkb_server_dialect(p->llm.server)->max_alts;
    p->max_tokens = (int32_t)rkb_optset_int(o, "max-tokens");
    p->instruction = rkb_optset_text(o, "instruct");
    if (stop.len)
        for (size_t i = 0; i < 2; i++)
            p->stops[i] = rkb_arena_join(env->arena, stop, p->label_texts[i]);
    return rc;
}

static enum rkb_status open_pointwise(const struct rkb_env *env, void **self,
                                      struct rkb_err *err)
{
    struct pointwise *p = rkb_arena_new(env->arena, 1, sizeof *p);
    const struct rkb_server_env server = rkb_llm_env(env);
    enum rkb_status rc =
        rkb_llm_open(&p->llm, &server, 1u << RKB_FORM_POINT, err);

    if (rc)
        return rc;
    rc = read_options(p, env, err);
    if (rc)
        close_pointwise(p);
    else
        *self = p;
    return rc;
}

static enum rkb_status check(const struct rkb_optset *o, unsigned *traits,
                             struct rkb_err *err)
{
    bool query = rkb_optset_get(o, "mode")->integer == MODE_QUERY;
    rkb_sv frame = rkb_optset_text(o, "frame");

    (void)traits;
    if (query && rkb_sv_is(frame, "chat"))
        return rkb_fail(err, RKB_E_USAGE,
                        "mode=query reads the prompt's own logprobs, which "
                        "no chat route gives: set frame to a file, "
                        "builtin:raw or apply-template");
    return RKB_OK;
}

static enum rkb_status probe(void *self, struct rkb_buf *identity,
                             struct rkb_buf *conditions, struct rkb_err *err)
{
    struct pointwise *p = self;
    bool query = p->mode == MODE_QUERY;
    const struct rkb_llm_needs needs = {
        .method = "pointwise",
        .can = query ? (unsigned)RKB_CAN_ECHO : 0,
        .n_alts = query ? 0 : p->n_alts,
        .fewest_alts = query                    ? 0
                       : p->mode == MODE_LABELS ? 2
                                                : 1,
    };

    return rkb_llm_look(&p->llm, &needs, identity, conditions, err);
}

/* ---- from an answer to a score --------------------------------------------- */

/* Of the two labels; a missing one is bounded by the least likely alternative
 * that came. NULL, or what was wrong; without either label there is none. */
static const char *label_score(const struct pointwise *p,
                               const struct rkb_answer *answer, double *score,
                               bool *scored)
{
    size_t at = rkb_label_position(answer, p->read);
    double logprob[2];
    unsigned char seen[2];

    *scored = false;
    if (at == SIZE_MAX)
        return answer->finish == RKB_FINISH_LENGTH ? "truncated" : "no_label";
    /* An answer of one token always ends by its length. */
    if (!rkb_labels_read(&answer->tokens[at], p->labels, 2, p->combine, logprob,
                         seen))
        return answer->finish == RKB_FINISH_LENGTH && p->read != RKB_READ_FIRST
                   ? "truncated"
                   : "no_label";
    *score = logprob[0] - logprob[1];
    if (p->probability)
        *score = 1 / (1 + exp(-*score));
    *scored = true;
    return seen[0] && seen[1] ? NULL : "one_label";
}

/* The integer at the answer's place and the log of its probability: the sum
 * over its tokens, for "10" may be two of them. -1: none there. */
static int64_t read_integer(const struct rkb_answer *answer, size_t at,
                            int64_t most, double *logprob)
{
    int64_t value = 0;
    size_t n_digits = 0;

    *logprob = 0;
    for (size_t i = at; i < answer->n_tokens; i++) {
        rkb_sv text = rkb_sv_trim(answer->tokens[i].text);
        size_t k = 0;

        while (k < text.len && text.at[k] >= '0' && text.at[k] <= '9' &&
               value <= most) {
            value = 10 * value + (text.at[k++] - '0');
            n_digits++;
        }
        if (k)
            *logprob += answer->tokens[i].logprob;
        if (k < text.len || (!k && n_digits))
            break;
    }
    return n_digits && value <= most ? value : -1;
}

/* The labels "0" .. "n-1". */
struct digit_labels {
    char digits[MOST_SCALE + 1][4];
    rkb_sv texts[MOST_SCALE + 1];
    struct rkb_label labels[MOST_SCALE + 1];
};

static void make_digit_labels(struct digit_labels *d, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int len = snprintf(d->digits[i], sizeof d->digits[i], "%zu", i);

        d->texts[i] = (rkb_sv){ d->digits[i], (size_t)len };
        d->labels[i] = (struct rkb_label){ &d->texts[i], 1, true };
    }
}

/* Where the tokenizer splits numbers, "1" stands for 1 and for all that begin
 * with it, and only what was written tells how it goes on: of 10 the next
 * token's alternatives, which then take their share of the "1". */
static void split_label(const struct pointwise *p,
                        const struct rkb_answer *answer, size_t at,
                        const struct digit_labels *d, double *share)
{
    rkb_sv text = rkb_sv_trim(answer->tokens[at].text);
    double logprob[10], whole, rest = 1;
    unsigned char seen[10];

    if (text.len != 1 || text.at[0] < '1' || text.at[0] > '9' ||
        at + 1 >= answer->n_tokens)
        return;
    size_t first = (size_t)(text.at[0] - '0');

    (void)rkb_labels_read(&answer->tokens[at + 1], d->labels, 10, p->combine,
                          logprob, seen);
    whole = share[first];
    for (size_t i = 0; i < 10 && first * 10 + i <= (size_t)p->most_score; i++)
        if (seen[i]) {
            share[first * 10 + i] += whole * exp(logprob[i]);
            rest -= exp(logprob[i]);
        }
    share[first] = whole * fmax(0, rest);
}

/* Sum of v p(v) over p of all labels seen at the place. */
static bool expected_score(const struct pointwise *p,
                           const struct rkb_answer *answer, size_t at,
                           double *score)
{
    struct digit_labels d;
    double logprob[MOST_SCALE + 1], share[MOST_SCALE + 1] = { 0 };
    double sum = 0, weighted = 0;
    unsigned char seen[MOST_SCALE + 1];
    size_t n = (size_t)p->most_score + 1;

    make_digit_labels(&d, n < 10 ? 10 : n);
    if (!rkb_labels_read(&answer->tokens[at], d.labels, n, p->combine, logprob,
                         seen))
        return false;
    for (size_t i = 0; i < n; i++)
        share[i] = seen[i] ? exp(logprob[i]) : 0;
    split_label(p, answer, at, &d, share);
    for (size_t i = 0; i < n; i++) {
        sum += share[i];
        weighted += (double)i * share[i];
    }
    *score = weighted / sum;
    return sum > 0;
}

static const char *scale_score(const struct pointwise *p,
                               const struct rkb_answer *answer, double *score,
                               bool *scored)
{
    size_t at = rkb_label_position(answer, p->read);
    double logprob;
    int64_t value;

    *scored = false;
    if (at == SIZE_MAX)
        return answer->finish == RKB_FINISH_LENGTH ? "truncated" : "no_answer";
    if (p->mode == MODE_EXPECTED) {
        *scored = expected_score(p, answer, at, score);
        return *scored ? NULL : "wrong_format";
    }
    value = read_integer(answer, at, p->most_score, &logprob);
    if (value < 0)
        return "wrong_format";
    *score = (double)value * exp(logprob);
    *scored = true;
    return NULL;
}

static int64_t code_points(rkb_sv text)
{
    int64_t n = 0;

    for (size_t i = 0; i < text.len; n++)
        (void)rkb_sv_code_point(text, &i);
    return n;
}

/* The token in which the last `length` code points of the prompt begin: by the
 * offsets, or, where the server sends none, by the texts, which are whole
 * characters unless a token holds part of one. SIZE_MAX when there are not so
 * many. */
static size_t find_tail(const struct rkb_token *t, size_t n, int64_t length)
{
    size_t i = n;

    if (n && t[n - 1].offset >= 0) {
        int64_t start = t[n - 1].offset + code_points(t[n - 1].text) - length;

        while (i > 0 && t[i - 1].offset > start)
            i--;
        /* Tokens that share the bytes of its first character. */
        while (i > 1 && t[i - 1].offset == start && t[i - 2].offset == start)
            i--;
        return i > 0 && start >= 0 ? i - 1 : SIZE_MAX;
    }
    while (i > 0 && length > 0)
        length -= code_points(t[--i].text);
    return length > 0 || i == n ? SIZE_MAX : i;
}

/* Whether the tokens from `first` on end with the query, as far as texts can
 * tell: a template that says more behind it would be scored with it. */
static bool ends_with(struct rkb_arena *a, const struct rkb_token *t,
                      size_t first, size_t n, rkb_sv query)
{
    struct rkb_buf b = { 0 };
    bool same = true;
    char *end = rkb_arena_cstr(a, query);

    for (size_t i = first; i < n; i++)
        rkb_buf_sv(&b, t[i].text);
    if (b.len && !memmem(b.at, b.len, "\xef\xbf\xbd", 3))
        same = rkb_sv_ends(rkb_buf_view(&b), end);
    rkb_buf_release(&b);
    return same;
}

/* The query stands at the end of the prompt; the token in which it begins
 * belongs to it. */
static const char *query_score(const struct pointwise *p, struct rkb_arena *a,
                               rkb_sv query, const struct rkb_answer *answer,
                               double *score, bool *scored)
{
    const struct rkb_token *t = answer->tokens;
    size_t n = answer->n_echoed;
    size_t first = find_tail(t, n, code_points(query));
    double sum = 0;

    *scored = false;
    if (first == SIZE_MAX)
        return "no_echo";
    if (!ends_with(a, t, first, n, query))
        return "query_not_last";
    for (size_t i = first; i < n; i++) {
        if (!t[i].has_logprob)
            return "no_echo";
        sum += t[i].logprob;
    }
    *score = p->mean ? sum / (double)(n - first) : sum;
    *scored = true;
    return NULL;
}

/* ---- a passage ------------------------------------------------------------------ */

struct point {
    double score;
    bool scored;
    const char *bad;
};

struct job {
    struct pointwise *p;
    const struct rkb_request *request;
    struct point *points; /* [n_docs] */
};

static void fill_ask(const struct pointwise *p, struct rkb_ask *ask)
{
    ask->max_tokens = p->max_tokens;
    ask->n_alts = p->n_alts;
    ask->labels = p->label_texts;
    ask->n_labels = 2;
    if (p->mode == MODE_QUERY) {
        ask->max_tokens = 1;
        ask->n_alts = 1;
        ask->echo = true;
    } else if (p->stops[0].len) {
        ask->stop = p->stops;
        ask->n_stop = 2;
        ask->keep_stop = true;
    }
}

/* The thought up to its last whole sentence, closed, as Rank1's code has it. A
 * stop text that came is no part of it. */
static rkb_sv closed_thought(struct rkb_arena *a, rkb_sv text)
{
    static const char tag[] = "</think>";
    size_t n = text.len;
    const char *end = memmem(text.at, text.len, tag, strlen(tag));

    if (end)
        text.len = n = (size_t)(end - text.at);
    while (n > 0 && !memchr(".!?", text.at[n - 1], 3))
        n--;
    if (n)
        text.len = n;
    text = rkb_sv_trim(text);
    return rkb_sv_of(rkb_arena_printf(a, "\n%.*s\n%s", (int)text.len,
                                      text.len ? text.at : "", tag));
}

static enum rkb_status ask_again(struct pointwise *p, struct rkb_branch *b,
                                 const struct rkb_llm_prompt *prompt,
                                 rkb_sv before, struct rkb_answer *answer,
                                 struct rkb_err *err)
{
    struct rkb_llm_prompt closed = *prompt;
    struct rkb_ask ask;

    closed.prefill = closed_thought(b->arena, before);
    rkb_server_ask(p->llm.server, b, RKB_ASK_CHAT, &ask);
    fill_ask(p, &ask);
    ask.max_tokens = 1;
    ask.n_stop = 0;
    return rkb_llm_send(&p->llm, b, &closed, &ask, answer, err);
}

static enum rkb_status judge(struct pointwise *p, struct rkb_branch *b,
                             const struct rkb_llm_prompt *prompt,
                             struct point *out, struct rkb_err *err)
{
    struct rkb_answer answer;
    struct rkb_ask ask;
    enum rkb_status rc;

    rkb_server_ask(p->llm.server, b, RKB_ASK_CHAT, &ask);
    fill_ask(p, &ask);
    rc = rkb_llm_send(&p->llm, b, prompt, &ask, &answer, err);
    if (rc)
        return rc;
    switch (p->mode) {
    case MODE_LABELS:
        out->bad = label_score(p, &answer, &out->score, &out->scored);
        break;
    case MODE_SCALE:
    case MODE_EXPECTED:
        out->bad = scale_score(p, &answer, &out->score, &out->scored);
        break;
    case MODE_QUERY:
        out->bad = query_score(
            p, b->arena, rkb_query_text(b->arena, &p->llm.text, prompt->query),
            &answer, &out->score, &out->scored);
        break;
    }
    if (out->bad)
        rkb_branch_class(b, out->bad);
    if (!out->bad || !p->force || p->mode != MODE_LABELS)
        return RKB_OK;
    rc = ask_again(p, b, prompt, answer.text, &answer, err);
    if (rc)
        return rc;
    out->bad = label_score(p, &answer, &out->score, &out->scored);
    rkb_branch_class(b, out->bad ? out->bad : "forced");
    if (!out->scored) { /* Rank1's code says 0.5 */
        out->score = p->probability ? 0.5 : 0;
        out->scored = true;
    } else if (!out->bad) {
        out->bad = "forced";
    }
    return RKB_OK;
}

static enum rkb_status judge_item(struct rkb_branch *item, size_t i, void *arg,
                                  struct rkb_err *err)
{
    struct job *job = arg;
    const uint32_t doc = (uint32_t)i;
    const struct rkb_llm_prompt prompt = {
        .query = job->request->query,
        .docs = rkb_llm_docs(item->arena, job->request, &doc, 1),
        .n_docs = 1,
        .instruction = job->p->instruction,
    };

    return judge(job->p, item, &prompt, &job->points[i], err);
}

static enum rkb_status rerank(void *self, struct rkb_branch *b,
                              const struct rkb_request *request,
                              struct rkb_outcome *outcome, struct rkb_err *err)
{
    struct pointwise *p = self;
    size_t n = request->n_docs;
    struct job job = { p, request,
                       rkb_arena_new(b->arena, n, sizeof *job.points) };
    struct rkb_tally tally = { 0 };
    enum rkb_status rc = rkb_fork(b, n, judge_item, &job, err);

    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        outcome->score[i] = job.points[i].score;
        outcome->scored[i] = job.points[i].scored;
        rkb_tally_add(&tally, job.points[i].bad);
    }
    rkb_outcome_sort(outcome, n);
    rkb_tally_tell(&tally, outcome);
    return rkb_server_leftover(p->llm.server, b, err);
}

static const struct rkb_opt options[] = {
    { .name = "mode",
      .type = RKB_OPT_CHOICE,
      .fallback = "labels",
      .choices = "labels|scale|expected|query",
      .help = "labels: logit of yes against no; scale: an integer times its "
              "probability (ERank); expected: the mean of the scale; query: "
              "the query's likelihood after the passage" },
    { .name = "yes",
      .type = RKB_OPT_TEXT,
      .fallback = "yes|Yes|YES",
      .help = "spellings of the label that counts for the passage" },
    { .name = "no",
      .type = RKB_OPT_TEXT,
      .fallback = "no|No|NO",
      .help = "and of the one against it" },
    { .name = "spelling",
      .type = RKB_OPT_CHOICE,
      .fallback = "spaced",
      .choices = "spaced|exact",
      .help = "spaced: a token's leading blanks and markers are dropped; "
              "exact: they count" },
    { .name = "combine",
      .type = RKB_OPT_CHOICE,
      .fallback = "sum",
      .choices = "max|sum",
      .help = "several spellings: the likeliest, or the sum of their "
              "probabilities" },
    { .name = "read",
      .type = RKB_OPT_CHOICE,
      .fallback = "first",
      .choices = "first|last|after-think|after-tag",
      .help = "which token holds the label" },
    { .name = "value",
      .type = RKB_OPT_CHOICE,
      .fallback = "logit",
      .choices = "logit|probability",
      .help = "of mode=labels; the order is the same, but probabilities "
              "saturate" },
    { .name = "scale",
      .type = RKB_OPT_INT,
      .fallback = "10",
      .min = 1,
      .max = MOST_SCALE,
      .help = "largest integer of mode=scale and expected; the least is 0" },
    { .name = "mean",
      .type = RKB_OPT_FLAG,
      .help = "mode=query: the mean over the query's tokens, not the sum" },
    { .name = "instruct",
      .type = RKB_OPT_TEXT,
      .help =
          "instruction for the template's {instruction} (default: its own)" },
    { .name = "stop",
      .type = RKB_OPT_TEXT,
      .help = "text that, with a label behind it, ends the answer, as "
              "'</think>' does Rank1's" },
    { .name = "force",
      .type = RKB_OPT_FLAG,
      .help = "without a label close the thought and ask for one token more" },
    { .name = "max-tokens",
      .type = RKB_OPT_INT,
      .fallback = "1",
      .min = 1,
      .max = 1e7,
      .help = "tokens of an answer, thinking included" },
    { .name = "alternatives",
      .type = RKB_OPT_INT,
      .fallback = "0",
      .min = 0,
      .max = 100000,
      .help = "logprobs asked for; 0 = as many as the dialect's servers give "
              "by default" },
#define RKB_TEMPLATE "builtin:pointwise"
#define RKB_TITLE "space"
#define RKB_BRACKETS "keep"
#define RKB_WORDS "300"
#include "harness/llm/prompt_options.def"
#include "harness/llm/server_options.def"
    { .name = NULL },
};

const struct rkb_reranker_def rkb_reranker_pointwise = {
    .name = "pointwise",
    .summary = "an LLM judges every passage by itself: yes or no, a grade, or "
               "the query's likelihood",
    .source = "Nogueira et al. 2020 (monoT5), arXiv 2003.06713; Sachan et al. "
              "2022 (UPR), arXiv 2204.07496; Zhang et al. 2025 "
              "(Qwen3-Reranker), arXiv 2506.05176; Weller et al. 2025 "
              "(Rank1), arXiv 2502.18418; ERank, arXiv 2509.00520",
    .options = options,
    .traits = RKB_NEEDS_TEXT | RKB_ASKS_SERVERS,
    .version = 1,
    .check = check,
    .open = open_pointwise,
    .probe = probe,
    .rerank = rerank,
    .close = close_pointwise,
};
