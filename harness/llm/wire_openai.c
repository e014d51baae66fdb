/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/llm/wire_openai.h"

#include <string.h>

/* ---- writing --------------------------------------------------------------- */

static void sampling(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_wire_int(b, "max_tokens", ask->max_tokens);
    rkb_wire_real(b, "temperature", ask->temperature);
    if (ask->top_p > 0)
        rkb_wire_real(b, "top_p", ask->top_p);
    if (ask->has_seed)
        rkb_wire_int(b, "seed", rkb_wire_seed(ask->seed));
    if (ask->n_stop)
        rkb_wire_texts(b, "stop", ask->stop, ask->n_stop);
    if (!ask->stream)
        return;
    rkb_wire_flag(b, "stream", true);
    rkb_wire_key(b, "stream_options");
    rkb_buf_text(b, "{\"include_usage\":true}");
}

void rkb_openai_write_chat(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    rkb_wire_turns(b, "messages", ask->turns, ask->n_turns);
    sampling(b, ask);
    if (ask->n_alts) {
        rkb_wire_flag(b, "logprobs", true);
        rkb_wire_int(b, "top_logprobs", ask->n_alts);
    }
}

void rkb_openai_write_complete(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    rkb_wire_text(b, "prompt", ask->prompt);
    sampling(b, ask);
    if (ask->n_alts || ask->echo)
        rkb_wire_int(b, "logprobs", ask->n_alts ? ask->n_alts : 1);
    if (ask->echo)
        rkb_wire_flag(b, "echo", true);
}

void rkb_openai_write_neutral(struct rkb_buf *b, const struct rkb_ask *ask,
                              int top_k, const char *penalty)
{
    if (ask->top_p <= 0)
        rkb_wire_int(b, "top_p", 1);
    rkb_wire_int(b, "top_k", top_k);
    rkb_wire_int(b, "min_p", 0);
    rkb_wire_int(b, penalty, 1);
}

void rkb_openai_write_embed(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    rkb_wire_texts(b, "input", ask->docs, ask->n_docs);
}

void rkb_openai_write_rerank(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    rkb_wire_text(b, "query", ask->query);
    rkb_wire_texts(b, "documents", ask->docs, ask->n_docs);
}

/* ---- the parts of a choice --------------------------------------------------- */

enum rkb_finish rkb_openai_finish(rkb_sv word)
{
    static const struct {
        const char *word;
        enum rkb_finish finish;
    } words[] = {
        { "stop", RKB_FINISH_STOP },
        { "eos", RKB_FINISH_STOP },
        { "eos_token", RKB_FINISH_STOP },
        { "stop_sequence", RKB_FINISH_STOP },
        { "length", RKB_FINISH_LENGTH },
        { "max_tokens", RKB_FINISH_LENGTH },
        { "content_filter", RKB_FINISH_FILTER },
        { "refusal", RKB_FINISH_REFUSED },
    };

    for (size_t i = 0; i < RKB_COUNT(words); i++)
        if (rkb_sv_is(word, words[i].word))
            return words[i].finish;
    return RKB_FINISH_UNKNOWN;
}

/* A text, or Mistral's list of parts, of which a "thinking" part is
 * reasoning. False for what is neither; null is no text. */
static bool add_content(struct rkb_arena *a, const struct rkb_json *j,
                        struct rkb_answer *out, bool reasoning)
{
    if (!j || j->kind == RKB_JSON_NULL)
        return true;
    if (j->kind == RKB_JSON_STRING) {
        (reasoning ? rkb_wire_add_reasoning : rkb_wire_add_text)(a, out,
                                                                 j->text);
        return true;
    }
    if (j->kind != RKB_JSON_ARRAY)
        return false;
    for (const struct rkb_json *p = j->child; p; p = p->next) {
        const struct rkb_json *text = rkb_json_get(p, "text");
        const struct rkb_json *thinking = rkb_json_get(p, "thinking");

        if (!add_content(a, thinking ? thinking : text, out,
                         reasoning || thinking))
            return false;
    }
    return true;
}

/* The message, or what a stream adds to it. */
static const char *add_message(struct rkb_arena *a, const struct rkb_json *m,
                               struct rkb_answer *out)
{
    const struct rkb_json *reasoning = rkb_wire_get(m, "reasoning_content");

    if (m->kind != RKB_JSON_OBJECT)
        return "a message that is no object";
    if (!reasoning)
        reasoning = rkb_wire_get(m, "reasoning");
    if (reasoning && reasoning->kind == RKB_JSON_STRING)
        rkb_wire_add_reasoning(a, out, reasoning->text);
    if (!add_content(a, rkb_json_get(m, "content"), out, false))
        return "content that is no text";
    if (rkb_wire_string(m, "refusal").len)
        rkb_wire_draft(a, out)->refused = true;
    return NULL;
}

static bool add_logprobs(struct rkb_arena *a, const struct rkb_json *j,
                         struct rkb_answer *out, const char **why)
{
    const struct rkb_json *content = rkb_wire_get(j, "content");

    if (!j)
        return true;
    if (j->kind == RKB_JSON_ARRAY)
        return rkb_wire_tokens(a, j, out, why);
    if (content && content->kind == RKB_JSON_ARRAY)
        return rkb_wire_tokens(a, content, out, why);
    if (rkb_wire_get(j, "tokens"))
        return rkb_wire_token_lists(a, j, out, why);
    return true;
}

static void add_finish(struct rkb_arena *a, const struct rkb_json *choice,
                       struct rkb_answer *out)
{
    rkb_sv word = rkb_wire_string(choice, "finish_reason");
    rkb_sv stop = rkb_wire_string(choice, "stop_reason"); /* vLLM */

    if (!stop.len)
        stop = rkb_wire_string(choice, "matched_stop"); /* SGLang */
    if (word.len)
        out->finish = rkb_openai_finish(word);
    if (stop.len)
        out->stop_text = stop;
    if (rkb_wire_draft(a, out)->refused)
        out->finish = RKB_FINISH_REFUSED;
}

/* Of a whole reply or of one event. */
static const char *add_choice(struct rkb_arena *a, const struct rkb_ask *ask,
                              const struct rkb_json *choice,
                              struct rkb_answer *out)
{
    const struct rkb_json *part = rkb_wire_get(choice, "message");
    const char *why = NULL, *bad;

    if (choice->kind != RKB_JSON_OBJECT)
        return "a choice that is no object";
    if (!part)
        part = rkb_wire_get(choice, "delta");
    if (part)
        why = add_message(a, part, out);
    else if (ask->kind == RKB_ASK_CHAT)
        why = "a choice without its message";
    else if (!add_content(a, rkb_json_get(choice, "text"), out, false))
        why = "text that is no text";
    if (!why && !add_logprobs(a, rkb_wire_get(choice, "logprobs"), out, &bad))
        why = bad;
    if (!why)
        add_finish(a, choice, out);
    return why;
}

/* The choice with index 0, or the first one; NULL where there is none. */
static const struct rkb_json *our_choice(const struct rkb_json *root)
{
    const struct rkb_json *first =
        rkb_wire_first(rkb_wire_get(root, "choices"));

    for (const struct rkb_json *c = first; c; c = c->next)
        if (rkb_wire_count(c, "index") == 0)
            return c;
    return first && rkb_wire_count(first, "index") > 0 ? NULL : first;
}

/* ---- the rest of a reply ------------------------------------------------------ */

static int64_t first_known(int64_t a, int64_t b)
{
    return a >= 0 ? a : b;
}

static void add_usage(const struct rkb_json *root, struct rkb_answer *out)
{
    const struct rkb_json *usage = rkb_wire_get(root, "usage");
    const struct rkb_json *in = rkb_wire_get(usage, "prompt_tokens_details");
    const struct rkb_json *made =
        rkb_wire_get(usage, "completion_tokens_details");
    const struct rkb_json *timings = rkb_wire_get(root, "timings");
    int64_t prompt_ns = rkb_wire_ms(timings, "prompt_ms");
    int64_t made_ns = rkb_wire_ms(timings, "predicted_ms");
    int64_t cached = rkb_wire_count(in, "cached_tokens");

    cached = first_known(cached, rkb_wire_count(timings, "cache_n"));
    cached =
        first_known(cached, rkb_wire_count(usage, "prompt_cache_hit_tokens"));
    out->cached_tokens = first_known(cached, out->cached_tokens);
    out->prompt_tokens =
        first_known(rkb_wire_count(usage, "prompt_tokens"), out->prompt_tokens);
    out->output_tokens = first_known(rkb_wire_count(usage, "completion_tokens"),
                                     out->output_tokens);
    out->reasoning_tokens =
        first_known(first_known(rkb_wire_count(made, "reasoning_tokens"),
                                rkb_wire_count(usage, "reasoning_tokens")),
                    out->reasoning_tokens);
    if (prompt_ns >= 0 && made_ns >= 0)
        out->server_ns = prompt_ns + made_ns;
}

/* "model" or "model@fingerprint": the fingerprint is the server's revision. */
static void add_model(struct rkb_arena *a, const struct rkb_json *root,
                      struct rkb_answer *out)
{
    rkb_sv model = rkb_wire_string(root, "model");
    rkb_sv print = rkb_wire_string(root, "system_fingerprint");
    char *text;

    if (!model.len || out->model.len)
        return;
    text = rkb_arena_new(a, model.len + print.len + 2, 1);
    memcpy(text, model.at, model.len);
    out->model = (rkb_sv){ text, model.len };
    if (!print.len)
        return;
    text[model.len] = '@';
    memcpy(text + model.len + 1, print.at, print.len);
    out->model.len += 1 + print.len;
}

/* Of an echoed prompt the tokens lead. usage says how many they are; without
 * it, the offsets. */
static const char *split_echo(const struct rkb_ask *ask, struct rkb_answer *out)
{
    size_t n = 0, code_points = 0;

    for (size_t i = 0; i < ask->prompt.len; code_points++)
        rkb_sv_code_point(ask->prompt, &i);
    if (out->prompt_tokens >= 0)
        n = (size_t)out->prompt_tokens;
    else
        while (n < out->n_tokens && out->tokens[n].offset >= 0 &&
               (size_t)out->tokens[n].offset < code_points)
            n++;
    if (n == 0 || n > out->n_tokens)
        return "no logprobs of the prompt";
    out->n_echoed = n;
    if (out->text.len < ask->prompt.len ||
        memcmp(out->text.at, ask->prompt.at, ask->prompt.len) != 0)
        return "an echo that is not the prompt";
    out->text.at += ask->prompt.len;
    out->text.len -= ask->prompt.len;
    return NULL;
}

static enum rkb_status read_choice(struct rkb_arena *a,
                                   const struct rkb_ask *ask,
                                   const struct rkb_json *root, rkb_sv body,
                                   struct rkb_answer *out, struct rkb_err *err)
{
    const struct rkb_json *choice = our_choice(root);
    const char *why;

    if (!choice)
        return rkb_wire_refuse(body, "no choices", err);
    if (rkb_wire_error(choice))
        return rkb_wire_server_says(rkb_wire_error(choice), err);
    rkb_wire_draft(a, out);
    why = add_choice(a, ask, choice, out);
    if (!why && ask->kind == RKB_ASK_COMPLETE && !rkb_json_get(choice, "text"))
        why = "a choice without its text";
    add_usage(root, out);
    add_model(a, root, out);
    if (!why && ask->echo)
        why = split_echo(ask, out);
    if (why)
        return rkb_wire_refuse(body, why, err);
    return rkb_answer_check(ask, out, err);
}

/* ---- other kinds --------------------------------------------------------------- */

static int64_t context_of(const struct rkb_json *j)
{
    static const char *const keys[] = { "max_model_len", "context_length",
                                        "context_window",
                                        "max_context_length" };
    int64_t n = -1;

    for (size_t i = 0; i < RKB_COUNT(keys) && n < 0; i++)
        n = rkb_wire_count(j, keys[i]);
    /* llama.cpp: of a slot; n_ctx_train beside it is the model's. */
    return n >= 0 ? n : rkb_wire_count(rkb_wire_get(j, "meta"), "n_ctx");
}

static enum rkb_status read_models(struct rkb_arena *a,
                                   const struct rkb_json *root, rkb_sv body,
                                   struct rkb_answer *out, struct rkb_err *err)
{
    const struct rkb_json *list = rkb_wire_get(root, "data");
    struct rkb_model *models;

    if (!list || list->kind != RKB_JSON_ARRAY)
        return rkb_wire_refuse(body, "no list of models", err);
    models = rkb_arena_new(a, list->n_children + 1, sizeof(*models));
    for (const struct rkb_json *j = list->child; j; j = j->next) {
        struct rkb_model *m = &models[out->n_models];

        m->name = rkb_wire_string(j, "id");
        m->context = context_of(j);
        if (!m->name.len)
            return rkb_wire_refuse(body, "a model without its id", err);
        out->n_models++;
    }
    out->models = models;
    if (out->n_models == 1) {
        out->context = models[0].context;
        out->model = models[0].name;
    }
    return RKB_OK;
}

static enum rkb_status read_count(struct rkb_arena *a,
                                  const struct rkb_json *root, rkb_sv body,
                                  struct rkb_answer *out, struct rkb_err *err)
{
    const struct rkb_json *texts = rkb_wire_get(root, "token_strs");
    const struct rkb_json *tokens = rkb_wire_get(root, "tokens");
    rkb_sv *units;
    size_t n = 0;

    out->n_units = rkb_wire_count(root, "count");
    if (out->n_units < 0 && tokens && tokens->kind == RKB_JSON_ARRAY)
        out->n_units = (int64_t)tokens->n_children;
    if (out->n_units < 0)
        return rkb_wire_refuse(body, "no count of tokens", err);
    out->context = context_of(root);
    if (!texts || texts->kind != RKB_JSON_ARRAY ||
        texts->n_children != (size_t)out->n_units)
        return RKB_OK;
    units = rkb_arena_new(a, texts->n_children + 1, sizeof(*units));
    for (const struct rkb_json *j = texts->child; j; j = j->next)
        if (!rkb_json_string(j, &units[n++]))
            return rkb_wire_refuse(body, "a token that is no text", err);
    out->units = units;
    return RKB_OK;
}

enum rkb_status rkb_openai_read(struct rkb_arena *a, const struct rkb_ask *ask,
                                rkb_sv body, struct rkb_answer *out,
                                struct rkb_err *err)
{
    const struct rkb_json *root;
    enum rkb_status rc;

    if (ask->kind == RKB_ASK_RERANK)
        return rkb_wire_read_rerank(a, ask, body, out, err);
    if (ask->kind == RKB_ASK_EMBED)
        return rkb_wire_read_embed(a, ask, body, out, err);
    rkb_answer_init(out);
    rc = rkb_wire_parse(a, body, &root, err);
    if (rc)
        return rc;
    switch (ask->kind) {
    case RKB_ASK_MODELS:
        return read_models(a, root, body, out, err);
    case RKB_ASK_TOKENIZE:
        return read_count(a, root, body, out, err);
    default:
        return read_choice(a, ask, root, body, out, err);
    }
}

enum rkb_status rkb_openai_read_event(struct rkb_arena *a,
                                      const struct rkb_ask *ask, rkb_sv data,
                                      struct rkb_answer *sofar,
                                      bool *has_content, bool *is_last,
                                      struct rkb_err *err)
{
    size_t before = sofar->text.len + sofar->reasoning.len;
    const struct rkb_json *root, *choice, *choices;
    const char *why = NULL;
    enum rkb_status rc;

    rkb_wire_draft(a, sofar);
    *has_content = false;
    *is_last = rkb_sv_is(rkb_sv_trim(data), "[DONE]");
    if (*is_last)
        return RKB_OK;
    rc = rkb_wire_parse(a, data, &root, err);
    if (rc)
        return rc;
    choice = our_choice(root);
    if (rkb_wire_error(choice))
        return rkb_wire_server_says(rkb_wire_error(choice), err);
    choices = rkb_wire_get(root, "choices");
    if (choices && choices->kind != RKB_JSON_ARRAY)
        why = "choices that are no list";
    else if (choice)
        why = add_choice(a, ask, choice, sofar);
    add_usage(root, sofar);
    add_model(a, root, sofar);
    *has_content = sofar->text.len + sofar->reasoning.len > before;
    return why ? rkb_wire_refuse(data, why, err) : RKB_OK;
}
