/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/rerankers/process_line.h"

#include <stdio.h>
#include <string.h>

/* Numbers in JSON are doubles to many readers: integers end at 2^53. */
#define EXACT_MAX ((int64_t)1 << 53)

enum { SHOWN = 60 }; /* bytes of a line in a message */

static bool get_int(const struct rkb_json *j, int64_t min, int64_t max,
                    int64_t *out)
{
    return j && j->kind == RKB_JSON_NUMBER &&
           rkb_sv_to_i64(j->text, min, max, out);
}

/* Absent and null are fine. */
static bool get_count(const struct rkb_json *message, const char *key,
                      int64_t *out)
{
    const struct rkb_json *j = rkb_json_get(message, key);

    *out = -1;
    return !j || j->kind == RKB_JSON_NULL || get_int(j, 0, EXACT_MAX, out);
}

static enum rkb_status no_message(rkb_sv line, struct rkb_err *err)
{
    if (!line.len)
        return rkb_fail(err, RKB_E_DATA, "an empty line on stdout");
    return rkb_fail(err, RKB_E_DATA,
                    "no JSON object on stdout, which is for answers only: "
                    "'%.*s%s'",
                    (int)(line.len < SHOWN ? line.len : SHOWN), line.at,
                    line.len > SHOWN ? "..." : "");
}

/* ---- hello ------------------------------------------------------------- */

static enum rkb_status get_name(const struct rkb_json *message, const char *key,
                                char *out, size_t size, struct rkb_err *err)
{
    const struct rkb_json *j = rkb_json_get(message, key);

    out[0] = '\0';
    if (!j || j->kind == RKB_JSON_NULL)
        return RKB_OK;
    if (j->kind != RKB_JSON_STRING || j->text.len >= size ||
        (j->text.len && memchr(j->text.at, '\0', j->text.len)))
        return rkb_fail(err, RKB_E_DATA,
                        "'%s' must be a string of at most %zu bytes", key,
                        size - 1);
    snprintf(out, size, "%.*s", (int)j->text.len, j->text.at);
    return RKB_OK;
}

enum rkb_status rkb_process_read_hello(struct rkb_arena *a, rkb_sv line,
                                       struct rkb_process_hello *out,
                                       struct rkb_err *err)
{
    const struct rkb_json *j, *ready;
    int64_t version, max = 1;
    enum rkb_status rc;
    rkb_sv text;

    *out = (struct rkb_process_hello){ 0 };
    if (rkb_json_parse(a, line, &j, err) || j->kind != RKB_JSON_OBJECT)
        return no_message(line, err);
    if (!get_int(rkb_json_get(j, "rerankbench"), 1, EXACT_MAX, &version))
        return rkb_fail(err, RKB_E_DATA,
                        "the first line lacks \"rerankbench\":%d",
                        RKB_PROCESS_VERSION);
    if (version != RKB_PROCESS_VERSION)
        return rkb_fail(err, RKB_E_DATA,
                        "it speaks protocol %lld, this is protocol %d",
                        (long long)version, RKB_PROCESS_VERSION);
    if (rkb_json_string(rkb_json_get(j, "error"), &text))
        return rkb_fail(err, RKB_E_DATA, "it says: %.*s", (int)text.len,
                        text.len ? text.at : "");
    ready = rkb_json_get(j, "ready");
    if (!ready || ready->kind != RKB_JSON_TRUE)
        return rkb_fail(err, RKB_E_DATA, "the first line lacks \"ready\":true");
    if (rkb_json_get(j, "max_in_flight") &&
        !get_int(rkb_json_get(j, "max_in_flight"), 1, RKB_PROCESS_IN_FLIGHT_MAX,
                 &max))
        return rkb_fail(err, RKB_E_DATA,
                        "'max_in_flight' must be a number from 1 to %d",
                        RKB_PROCESS_IN_FLIGHT_MAX);
    out->max_in_flight = (size_t)max;
    rc = get_name(j, "name", out->name, sizeof(out->name), err);
    if (!rc)
        rc = get_name(j, "version", out->version, sizeof(out->version), err);
    return rc;
}

/* ---- request ----------------------------------------------------------- */

static void member(struct rkb_buf *out, const char *key, rkb_sv value)
{
    rkb_buf_printf(out, ",\"%s\":", key);
    rkb_buf_json(out, value);
}

void rkb_process_write(struct rkb_buf *out, uint64_t id,
                       const struct rkb_request *request)
{
    rkb_buf_printf(out, "{\"id\":%llu", (unsigned long long)id);
    member(out, "qid", request->qid);
    member(out, "query", request->query);
    rkb_buf_printf(out, ",\"seed\":%llu,\"docs\":[",
                   (unsigned long long)(request->seed >> 11));
    for (size_t i = 0; i < request->n_docs; i++) {
        const struct rkb_candidate *d = &request->docs[i];

        rkb_buf_text(out, i ? ",{\"docid\":" : "{\"docid\":");
        rkb_buf_json(out, d->docid);
        member(out, "title", d->title);
        member(out, "text", d->text);
        if (d->has_score) {
            rkb_buf_text(out, ",\"score\":");
            rkb_buf_real(out, d->score);
        }
        rkb_buf_char(out, '}');
    }
    rkb_buf_text(out, "]}\n");
}

/* ---- answer ------------------------------------------------------------ */

static size_t count_byte(rkb_sv line, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < line.len; i++)
        n += line.at[i] == c;
    return n;
}

/* A copy in which NaN, Infinity and -Infinity outside strings are null; false
 * when there is none. Python's json module writes them. */
static bool without_nan(struct rkb_arena *a, rkb_sv line, rkb_sv *out)
{
    static const char *const words[] = { "-Infinity", "Infinity", "NaN" };
    struct rkb_buf b = { 0 };
    bool in_string = false, found = false;

    for (size_t i = 0; i < line.len;) {
        rkb_sv rest = { line.at + i, line.len - i };
        size_t w = 0, take = 1;

        while (w < RKB_COUNT(words) &&
               (in_string || !rkb_sv_starts(rest, words[w])))
            w++;
        if (w < RKB_COUNT(words)) {
            rkb_buf_text(&b, "null");
            i += strlen(words[w]);
            found = true;
            continue;
        }
        if (in_string && line.at[i] == '\\' && i + 1 < line.len)
            take = 2;
        else if (line.at[i] == '"')
            in_string = !in_string;
        rkb_buf_add(&b, rest.at, take);
        i += take;
    }
    if (found)
        *out = rkb_arena_copy(a, rkb_buf_view(&b));
    rkb_buf_release(&b);
    return found;
}

enum rkb_status rkb_process_read(struct rkb_arena *a, rkb_sv line,
                                 size_t max_values,
                                 struct rkb_process_answer *out,
                                 struct rkb_err *err)
{
    const struct rkb_json *j = NULL;
    rkb_sv mended;
    int64_t id;

    *out = (struct rkb_process_answer){ 0 };
    if (count_byte(line, ',') > max_values)
        return rkb_fail(err, RKB_E_LIMIT, "an answer of more than %zu values",
                        max_values);
    if (rkb_json_parse(a, line, &j, err)) {
        out->not_finite = without_nan(a, line, &mended);
        if (!out->not_finite || rkb_json_parse(a, mended, &j, err))
            return no_message(line, err);
    }
    if (j->kind != RKB_JSON_OBJECT)
        return no_message(line, err);
    if (!get_int(rkb_json_get(j, "id"), 0, EXACT_MAX, &id))
        return rkb_fail(err, RKB_E_DATA,
                        "an answer whose \"id\" is missing or no number");
    out->id = (uint64_t)id;
    out->message = j;
    return RKB_OK;
}

static enum rkb_status check_list(const struct rkb_json *j, const char *key,
                                  size_t n_docs, struct rkb_err *err)
{
    if (j->kind != RKB_JSON_ARRAY)
        return rkb_fail(err, RKB_E_DATA, "'%s' is no array", key);
    if (j->n_children != n_docs)
        return rkb_fail(err, RKB_E_DATA, "'%s' has %zu entries for %zu docs",
                        key, j->n_children, n_docs);
    return RKB_OK;
}

static enum rkb_status take_scores(const struct rkb_process_answer *answer,
                                   const struct rkb_json *list, size_t n_docs,
                                   struct rkb_outcome *outcome,
                                   struct rkb_err *err)
{
    enum rkb_status rc = check_list(list, "scores", n_docs, err);
    size_t i = 0;

    if (rc)
        return rc;
    for (const struct rkb_json *j = list->child; j; j = j->next, i++) {
        if (j->kind != RKB_JSON_NUMBER ||
            !rkb_sv_to_double(j->text, &outcome->score[i]))
            return rkb_fail(err, RKB_E_DATA,
                            "score %zu (from 0) is no finite number%s", i,
                            answer->not_finite && j->kind == RKB_JSON_NULL
                                ? " but NaN or Infinity"
                                : "");
        outcome->scored[i] = 1;
    }
    return RKB_OK;
}

/* `scored` marks what is placed: an index twice needs no memory of its own. */
static enum rkb_status take_order(const struct rkb_json *list, size_t n_docs,
                                  struct rkb_outcome *outcome,
                                  struct rkb_err *err)
{
    enum rkb_status rc = check_list(list, "order", n_docs, err);
    size_t i = 0;

    if (rc)
        return rc;
    memset(outcome->scored, 0, n_docs);
    for (const struct rkb_json *j = list->child; j; j = j->next, i++) {
        int64_t doc;

        if (!n_docs || !get_int(j, 0, (int64_t)n_docs - 1, &doc))
            return rkb_fail(err, RKB_E_DATA,
                            "position %zu (from 0) of 'order' is no index "
                            "from 0 to %zu",
                            i, n_docs - 1);
        if (outcome->scored[doc])
            return rkb_fail(err, RKB_E_DATA, "'order' has index %lld twice",
                            (long long)doc);
        outcome->scored[doc] = 1;
        outcome->order[i] = (uint32_t)doc;
    }
    memset(outcome->scored, 0, n_docs);
    return RKB_OK;
}

static enum rkb_status take_counts(const struct rkb_json *message,
                                   struct rkb_process_counts *counts,
                                   struct rkb_err *err)
{
    const struct rkb_json *tokens = rkb_json_get(message, "tokens");
    bool object = !tokens || tokens->kind == RKB_JSON_OBJECT ||
                  tokens->kind == RKB_JSON_NULL;

    if (!object || !get_count(message, "calls", &counts->n_calls) ||
        !get_count(tokens, "prompt", &counts->prompt_tokens) ||
        !get_count(tokens, "output", &counts->output_tokens))
        return rkb_fail(err, RKB_E_DATA,
                        "'calls', 'tokens.prompt' and 'tokens.output' must be "
                        "whole numbers from 0");
    return RKB_OK;
}

enum rkb_status rkb_process_apply(const struct rkb_process_answer *answer,
                                  size_t n_docs, struct rkb_outcome *outcome,
                                  struct rkb_process_counts *counts,
                                  struct rkb_err *err)
{
    const struct rkb_json *j = answer->message;
    const struct rkb_json *order = rkb_json_get(j, "order"),
                          *scores = rkb_json_get(j, "scores"),
                          *error = rkb_json_get(j, "error");
    enum rkb_status rc = take_counts(j, counts, err);

    if (rc)
        return rc;
    if (error && error->kind != RKB_JSON_NULL) {
        bool text = error->kind == RKB_JSON_STRING && error->text.len;

        return rkb_fail(err, RKB_E_DATA, "it says: %.*s",
                        text ? (int)error->text.len : 20,
                        text ? error->text.at : "error without text");
    }
    if (!order && !scores)
        return rkb_fail(err, RKB_E_DATA,
                        "the answer has neither 'order' nor 'scores'");
    if (order)
        rc = take_order(order, n_docs, outcome, err);
    if (!rc && scores)
        rc = take_scores(answer, scores, n_docs, outcome, err);
    if (!rc && !order)
        rkb_outcome_sort(outcome, n_docs);
    return rc;
}
