/* SPDX-License-Identifier: Apache-2.0 */
/* Ollama's own routes. They stream unless told not to, a JSON object a line,
 * and cut a long prompt in silence unless told not to. */
#include "harness/llm/wire_openai.h"

/* ---- writing --------------------------------------------------------------- */

static void write_options(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_wire_key(b, "options");
    rkb_buf_char(b, '{');
    rkb_wire_int(b, "num_predict", ask->max_tokens);
    rkb_wire_real(b, "temperature", ask->temperature);
    if (ask->top_p > 0)
        rkb_wire_real(b, "top_p", ask->top_p);
    rkb_openai_write_neutral(b, ask, 0, "repeat_penalty");
    if (ask->has_seed)
        rkb_wire_int(b, "seed", rkb_wire_seed(ask->seed));
    if (ask->n_stop)
        rkb_wire_texts(b, "stop", ask->stop, ask->n_stop);
    rkb_buf_char(b, '}');
}

static void write_answering(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    if (ask->kind == RKB_ASK_CHAT) {
        rkb_wire_turns(b, "messages", ask->turns, ask->n_turns);
    } else {
        rkb_wire_text(b, "prompt", ask->prompt);
        rkb_wire_flag(b, "raw", true);
    }
    rkb_wire_flag(b, "stream", ask->stream);
    rkb_wire_flag(b, "truncate", false);
    rkb_wire_flag(b, "shift", false);
    if (ask->kind == RKB_ASK_CHAT && ask->thinking != RKB_THINK_DEFAULT)
        rkb_wire_flag(b, "think", ask->thinking == RKB_THINK_ON);
    if (ask->n_alts) {
        rkb_wire_flag(b, "logprobs", true);
        rkb_wire_int(b, "top_logprobs", ask->n_alts);
    }
    write_options(b, ask);
}

static enum rkb_status write_ask(const struct rkb_ask *ask,
                                 struct rkb_buf *path, struct rkb_buf *body,
                                 struct rkb_err *err)
{
    enum rkb_status rc = rkb_wire_check(&rkb_dialect_ollama, ask, err);

    if (rc)
        return rc;
    switch (ask->kind) {
    case RKB_ASK_CHAT:
        rkb_buf_text(path, "/api/chat");
        write_answering(body, ask);
        break;
    case RKB_ASK_COMPLETE:
        rkb_buf_text(path, "/api/generate");
        write_answering(body, ask);
        break;
    case RKB_ASK_EMBED:
        rkb_buf_text(path, "/api/embed");
        rkb_openai_write_embed(body, ask);
        rkb_wire_flag(body, "truncate", false);
        break;
    default:
        rkb_buf_text(path, "/api/tags");
        return RKB_OK;
    }
    return rkb_wire_close(body, ask->extra, err);
}

/* ---- reading --------------------------------------------------------------- */

/* Counts and durations come with the last line; they are nanoseconds. */
static void add_counts(const struct rkb_json *root, struct rkb_answer *out)
{
    out->prompt_tokens = rkb_wire_count(root, "prompt_eval_count");
    out->output_tokens = rkb_wire_count(root, "eval_count");
    out->server_ns = rkb_wire_count(root, "total_duration");
    out->finish = rkb_openai_finish(rkb_wire_string(root, "done_reason"));
    out->model = rkb_wire_string(root, "model");
}

/* A whole reply, or a line of a stream; *last: nothing follows. */
static const char *add_line(struct rkb_arena *a, const struct rkb_ask *ask,
                            const struct rkb_json *root, struct rkb_answer *out,
                            bool *last)
{
    const bool chat = ask->kind == RKB_ASK_CHAT;
    const struct rkb_json *part = chat ? rkb_wire_get(root, "message") : root;
    const struct rkb_json *text =
        rkb_json_get(part, chat ? "content" : "response");
    const struct rkb_json *done = rkb_json_get(root, "done");
    const struct rkb_json *tokens = rkb_wire_get(root, "logprobs");
    const char *why = NULL;

    *last = done && done->kind == RKB_JSON_TRUE;
    if (!text || text->kind != RKB_JSON_STRING)
        return chat ? "no message with content" : "no response";
    rkb_wire_add_text(a, out, text->text);
    rkb_wire_add_reasoning(a, out, rkb_wire_string(part, "thinking"));
    if (tokens && tokens->kind != RKB_JSON_ARRAY)
        return "logprobs that are no list";
    if (tokens && !rkb_wire_tokens(a, tokens, out, &why))
        return why;
    if (*last)
        add_counts(root, out);
    return NULL;
}

static enum rkb_status read_models(struct rkb_arena *a,
                                   const struct rkb_json *root, rkb_sv body,
                                   struct rkb_answer *out, struct rkb_err *err)
{
    const struct rkb_json *list = rkb_wire_get(root, "models");
    struct rkb_model *models;

    if (!list || list->kind != RKB_JSON_ARRAY)
        return rkb_wire_refuse(body, "no list of models", err);
    models = rkb_arena_new(a, list->n_children + 1, sizeof(*models));
    for (const struct rkb_json *j = list->child; j; j = j->next) {
        struct rkb_model *m = &models[out->n_models++];

        m->name = rkb_wire_string(j, "name");
        m->context = -1;
        if (!m->name.len)
            return rkb_wire_refuse(body, "a model without its name", err);
    }
    out->models = models;
    return RKB_OK;
}

static enum rkb_status read_reply(struct rkb_arena *a,
                                  const struct rkb_ask *ask, rkb_sv body,
                                  struct rkb_answer *out, struct rkb_err *err)
{
    const struct rkb_json *root;
    enum rkb_status rc;
    const char *why;
    bool last;

    if (ask->kind == RKB_ASK_EMBED)
        return rkb_wire_read_embed(a, ask, body, out, err);
    rkb_answer_init(out);
    rc = rkb_wire_parse(a, body, &root, err);
    if (rc)
        return rc;
    if (ask->kind == RKB_ASK_MODELS)
        return read_models(a, root, body, out, err);
    why = add_line(a, ask, root, out, &last);
    if (!why && !last)
        why = "an answer that is not done";
    if (why)
        return rkb_wire_refuse(body, why, err);
    return rkb_answer_check(ask, out, err);
}

static enum rkb_status read_event(struct rkb_arena *a,
                                  const struct rkb_ask *ask, rkb_sv data,
                                  struct rkb_answer *sofar, bool *has_content,
                                  bool *is_last, struct rkb_err *err)
{
    const struct rkb_json *root;
    enum rkb_status rc;
    const char *why;
    size_t before;

    rkb_wire_draft(a, sofar);
    before = sofar->text.len + sofar->reasoning.len;
    *has_content = *is_last = false;
    rc = rkb_wire_parse(a, data, &root, err);
    if (rc)
        return rc;
    why = add_line(a, ask, root, sofar, is_last);
    *has_content = sofar->text.len + sofar->reasoning.len > before;
    return why ? rkb_wire_refuse(data, why, err) : RKB_OK;
}

const struct rkb_dialect_def rkb_dialect_ollama = {
    .name = "ollama",
    .summary = "Ollama's own routes; the context is set by extra: "
               "{\"options\":{\"num_ctx\":N}}",
    .source = "ollama/ollama docs/api.md, api/types.go",
    .proven = "from documentation",
    .can = RKB_CAN(RKB_ASK_CHAT) | RKB_CAN(RKB_ASK_COMPLETE) |
           RKB_CAN(RKB_ASK_EMBED) | RKB_CAN(RKB_ASK_MODELS) | RKB_CAN_LOGPROBS |
           RKB_CAN_STREAM | RKB_CAN_THINK | RKB_IS_NDJSON | RKB_ADDS_BOS,
    .max_alts = 20,
    .version = 1,
    .write = write_ask,
    .read = read_reply,
    .read_event = read_event,
};
