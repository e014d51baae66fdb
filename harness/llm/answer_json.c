/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/answer_json.h"

#include "harness/llm/dialect.h"

#include <math.h>

static const char *const finish_names[] = {
    [RKB_FINISH_UNKNOWN] = NULL,      [RKB_FINISH_STOP] = "stop",
    [RKB_FINISH_LENGTH] = "length",   [RKB_FINISH_FILTER] = "filter",
    [RKB_FINISH_REFUSED] = "refused",
};

/* ---- writing ----------------------------------------------------------- */

static void key(struct rkb_buf *out, const char *name)
{
    rkb_buf_printf(out, "%s\"%s\":", out->at[out->len - 1] == '{' ? "" : ",",
                   name);
}

static void text(struct rkb_buf *out, const char *name, rkb_sv value)
{
    if (!value.len)
        return;
    key(out, name);
    rkb_buf_json(out, value);
}

static void count(struct rkb_buf *out, const char *name, int64_t value)
{
    if (value < 0)
        return;
    key(out, name);
    rkb_buf_printf(out, "%lld", (long long)value);
}

/* ["text", logprob or null, [["text", logprob], ...], offset] */
static void write_tokens(struct rkb_buf *out, const struct rkb_answer *answer)
{
    key(out, "tokens");
    rkb_buf_char(out, '[');
    for (size_t i = 0; i < answer->n_tokens; i++) {
        const struct rkb_token *t = &answer->tokens[i];

        rkb_buf_text(out, i ? ",[" : "[");
        rkb_buf_json(out, t->text);
        rkb_buf_char(out, ',');
        rkb_buf_real(out, t->has_logprob ? t->logprob : NAN);
        rkb_buf_text(out, ",[");
        for (size_t k = 0; k < t->n_alts; k++) {
            rkb_buf_text(out, k ? ",[" : "[");
            rkb_buf_json(out, t->alts[k].text);
            rkb_buf_char(out, ',');
            rkb_buf_real(out, t->alts[k].logprob);
            rkb_buf_char(out, ']');
        }
        rkb_buf_printf(out, "],%lld]", (long long)t->offset);
    }
    rkb_buf_char(out, ']');
}

static void write_numbers(struct rkb_buf *out, const struct rkb_ask *ask,
                          const struct rkb_answer *answer)
{
    if (answer->scores) {
        key(out, "scores");
        for (size_t i = 0; i < ask->n_docs; i++) {
            rkb_buf_char(out, i ? ',' : '[');
            rkb_buf_real(out, answer->scored[i] ? answer->scores[i] : NAN);
        }
        rkb_buf_text(out, ask->n_docs ? "]" : "[]");
    }
    if (answer->vectors) {
        count(out, "dims", (int64_t)answer->n_dims);
        key(out, "vectors");
        for (size_t i = 0; i < ask->n_docs * answer->n_dims; i++) {
            rkb_buf_char(out, i ? ',' : '[');
            rkb_buf_real(out, (double)answer->vectors[i]);
        }
        rkb_buf_text(out, ask->n_docs * answer->n_dims > 0 ? "]" : "[]");
    }
}

void rkb_answer_write(const struct rkb_ask *ask,
                      const struct rkb_answer *answer, struct rkb_buf *out)
{
    rkb_buf_char(out, '{');
    text(out, "text", answer->text);
    text(out, "reasoning", answer->reasoning);
    text(out, "stop_text", answer->stop_text);
    if (finish_names[answer->finish])
        text(out, "finish", rkb_sv_of(finish_names[answer->finish]));
    if (answer->n_tokens)
        write_tokens(out, answer);
    if (answer->n_echoed)
        count(out, "echoed", (int64_t)answer->n_echoed);
    write_numbers(out, ask, answer);
    count(out, "units", answer->n_units);
    count(out, "context", answer->context);
    count(out, "prompt_tokens", answer->prompt_tokens);
    count(out, "cached_tokens", answer->cached_tokens);
    count(out, "output_tokens", answer->output_tokens);
    count(out, "reasoning_tokens", answer->reasoning_tokens);
    text(out, "model", answer->model);
    rkb_buf_char(out, '}');
}

/* ---- reading ----------------------------------------------------------- */

static enum rkb_status bad(struct rkb_err *err, const char *what)
{
    return rkb_fail(err, RKB_E_DATA, "'%s' of an answer is not as we write it",
                    what);
}

static bool read_finish(const struct rkb_json *j, enum rkb_finish *out)
{
    rkb_sv name;

    if (!j)
        return true;
    if (!rkb_json_string(j, &name))
        return false;
    for (size_t i = 1; i < RKB_COUNT(finish_names); i++)
        if (rkb_sv_is(name, finish_names[i])) {
            *out = (enum rkb_finish)i;
            return true;
        }
    return false;
}

static bool read_text(const struct rkb_json *json, const char *name,
                      rkb_sv *out)
{
    const struct rkb_json *j = rkb_json_get(json, name);

    return !j || rkb_json_string(j, out);
}

static bool read_count(const struct rkb_json *json, const char *name,
                       int64_t *out)
{
    const struct rkb_json *j = rkb_json_get(json, name);

    return !j || (j->kind == RKB_JSON_NUMBER &&
                  rkb_sv_to_i64(j->text, 0, INT64_MAX, out));
}

static bool read_alts(struct rkb_arena *a, const struct rkb_json *j,
                      struct rkb_token *t)
{
    struct rkb_alt *alts;
    size_t n = 0;

    if (!j || j->kind != RKB_JSON_ARRAY)
        return false;
    t->alts = alts = rkb_arena_new(a, j->n_children, sizeof *alts);
    t->n_alts = j->n_children;
    for (const struct rkb_json *e = j->child; e; e = e->next, n++)
        if (e->kind != RKB_JSON_ARRAY || e->n_children != 2 ||
            !rkb_json_string(e->child, &alts[n].text) ||
            !rkb_json_double(e->child->next, &alts[n].logprob))
            return false;
    return true;
}

static bool read_token(struct rkb_arena *a, const struct rkb_json *j,
                       struct rkb_token *t)
{
    const struct rkb_json *logprob, *offset;

    if (j->kind != RKB_JSON_ARRAY || j->n_children != 4 ||
        !rkb_json_string(j->child, &t->text))
        return false;
    logprob = j->child->next;
    offset = logprob->next->next;
    t->has_logprob = logprob->kind != RKB_JSON_NULL;
    return (!t->has_logprob || rkb_json_double(logprob, &t->logprob)) &&
           read_alts(a, logprob->next, t) && offset->kind == RKB_JSON_NUMBER &&
           rkb_sv_to_i64(offset->text, -1, INT64_MAX, &t->offset);
}

static bool read_tokens(struct rkb_arena *a, const struct rkb_json *j,
                        struct rkb_answer *out)
{
    struct rkb_token *tokens;
    size_t n = 0;

    if (!j)
        return true;
    if (j->kind != RKB_JSON_ARRAY)
        return false;
    out->tokens = tokens = rkb_arena_new(a, j->n_children, sizeof *tokens);
    out->n_tokens = j->n_children;
    for (const struct rkb_json *e = j->child; e; e = e->next)
        if (!read_token(a, e, &tokens[n++]))
            return false;
    return true;
}

static bool read_scores(struct rkb_arena *a, const struct rkb_ask *ask,
                        const struct rkb_json *j, struct rkb_answer *out)
{
    size_t n = 0;

    if (!j)
        return ask->kind != RKB_ASK_RERANK;
    if (j->kind != RKB_JSON_ARRAY || j->n_children != ask->n_docs)
        return false;
    out->scores = rkb_arena_new(a, ask->n_docs, sizeof *out->scores);
    out->scored = rkb_arena_new(a, ask->n_docs, 1);
    for (const struct rkb_json *e = j->child; e; e = e->next, n++) {
        if (e->kind == RKB_JSON_NULL)
            continue;
        if (!rkb_json_double(e, &out->scores[n]))
            return false;
        out->scored[n] = 1;
    }
    return true;
}

static bool read_vectors(struct rkb_arena *a, const struct rkb_ask *ask,
                         const struct rkb_json *json, struct rkb_answer *out)
{
    const struct rkb_json *j = rkb_json_get(json, "vectors");
    int64_t dims = -1;
    float *vectors;
    size_t n = 0;

    if (!j)
        return ask->kind != RKB_ASK_EMBED;
    if (j->kind != RKB_JSON_ARRAY || !read_count(json, "dims", &dims) ||
        dims < 1 || !ask->n_docs || j->n_children % ask->n_docs ||
        j->n_children / ask->n_docs != (size_t)dims)
        return false;
    out->n_dims = (size_t)dims;
    out->vectors = vectors = rkb_arena_new(a, j->n_children, sizeof *vectors);
    for (const struct rkb_json *e = j->child; e; e = e->next) {
        double value;

        if (!rkb_json_double(e, &value) || !isfinite((float)value))
            return false;
        vectors[n++] = (float)value;
    }
    return true;
}

static bool read_counts(const struct rkb_json *json, struct rkb_answer *out,
                        const char **what)
{
    const struct {
        const char *name;
        int64_t *to;
    } rows[] = {
        { "units", &out->n_units },
        { "context", &out->context },
        { "prompt_tokens", &out->prompt_tokens },
        { "cached_tokens", &out->cached_tokens },
        { "output_tokens", &out->output_tokens },
        { "reasoning_tokens", &out->reasoning_tokens },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        if (!read_count(json, *what = rows[i].name, rows[i].to))
            return false;
    return true;
}

enum rkb_status rkb_answer_read(struct rkb_arena *a, const struct rkb_ask *ask,
                                const struct rkb_json *json,
                                struct rkb_answer *out, struct rkb_err *err)
{
    const char *what = "counts";
    int64_t n_echoed = 0;

    rkb_answer_init(out);
    if (!json || json->kind != RKB_JSON_OBJECT)
        return rkb_fail(err, RKB_E_DATA, "an answer is an object");
    if (!read_text(json, "text", &out->text))
        return bad(err, "text");
    if (!read_text(json, "reasoning", &out->reasoning))
        return bad(err, "reasoning");
    if (!read_text(json, "stop_text", &out->stop_text))
        return bad(err, "stop_text");
    if (!read_text(json, "model", &out->model))
        return bad(err, "model");
    if (!read_finish(rkb_json_get(json, "finish"), &out->finish))
        return bad(err, "finish");
    if (!read_tokens(a, rkb_json_get(json, "tokens"), out))
        return bad(err, "tokens");
    if (!read_count(json, "echoed", &n_echoed) ||
        (size_t)n_echoed > out->n_tokens)
        return bad(err, "echoed");
    out->n_echoed = (size_t)n_echoed;
    if (!read_scores(a, ask, rkb_json_get(json, "scores"), out))
        return bad(err, "scores");
    if (!read_vectors(a, ask, json, out))
        return bad(err, "vectors");
    if (!read_counts(json, out, &what))
        return bad(err, what);
    if (ask->kind == RKB_ASK_TOKENIZE && out->n_units < 0)
        return bad(err, "units");
    return RKB_OK;
}
