/* SPDX-License-Identifier: Apache-2.0 */
/* Rendered prompts go to /generate, whose alternatives carry token ids and so
 * do not fall together where two have one text; its streams repeat what was
 * sent before, so a stream takes OpenAI's route. */
#include "harness/llm/wire_openai.h"

#include <string.h>

/* ---- writing --------------------------------------------------------------- */

/* "(A|B)", with what a regular expression would read otherwise escaped. */
static void write_choices(struct rkb_buf *b, const struct rkb_ask *ask)
{
    struct rkb_buf regex = { 0 };

    for (size_t i = 0; i < ask->n_choices; i++) {
        rkb_buf_char(&regex, i ? '|' : '(');
        for (size_t k = 0; k < ask->choices[i].len; k++) {
            char c = ask->choices[i].at[k];

            if (c && strchr("\\^$.|?*+()[]{}", c))
                rkb_buf_char(&regex, '\\');
            rkb_buf_char(&regex, c);
        }
    }
    rkb_buf_char(&regex, ')');
    rkb_wire_text(b, "regex", rkb_buf_view(&regex));
    rkb_buf_release(&regex);
}

static void shared_members(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_openai_write_neutral(b, ask, -1, "repetition_penalty");
    if (ask->keep_stop)
        rkb_wire_flag(b, "no_stop_trim", true);
    if (ask->n_choices)
        write_choices(b, ask);
}

static void openai_members(struct rkb_buf *b, const struct rkb_ask *ask)
{
    shared_members(b, ask);
    if (ask->cold && ask->cache_salt.len)
        rkb_wire_text(b, "cache_salt", ask->cache_salt);
    if (ask->prefill)
        rkb_wire_flag(b, "continue_final_message", true);
    if (ask->thinking != RKB_THINK_DEFAULT)
        rkb_wire_switch(b, "chat_template_kwargs", "enable_thinking",
                        ask->thinking == RKB_THINK_ON);
}

static void write_generate(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_text(b, "text", ask->prompt);
    rkb_wire_key(b, "sampling_params");
    rkb_buf_char(b, '{');
    rkb_wire_int(b, "max_new_tokens", ask->max_tokens);
    rkb_wire_real(b, "temperature", ask->temperature);
    if (ask->top_p > 0)
        rkb_wire_real(b, "top_p", ask->top_p);
    /* Builds that lack it refuse it; greedy decoding does without. */
    if (ask->has_seed && ask->temperature > 0)
        rkb_wire_int(b, "sampling_seed", rkb_wire_seed(ask->seed));
    if (ask->n_stop)
        rkb_wire_texts(b, "stop", ask->stop, ask->n_stop);
    shared_members(b, ask);
    rkb_buf_char(b, '}');
    if (ask->n_alts || ask->echo) {
        rkb_wire_flag(b, "return_logprob", true);
        rkb_wire_int(b, "logprob_start_len", ask->echo ? 0 : -1);
        rkb_wire_int(b, "top_logprobs_num", ask->n_alts);
        rkb_wire_flag(b, "return_text_in_logprobs", true);
    }
    if (ask->cold && ask->cache_salt.len)
        rkb_wire_text(b, "extra_key", ask->cache_salt);
}

static void write_documents(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_openai_write_rerank(b, ask);
    if (ask->instruct.len)
        rkb_wire_text(b, "instruct", ask->instruct);
    rkb_wire_flag(b, "return_documents", false);
}

static void write_tokenize(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    rkb_wire_text(b, "prompt", ask->prompt);
    rkb_wire_flag(b, "add_special_tokens", false);
}

static enum rkb_status write_ask(const struct rkb_ask *ask,
                                 struct rkb_buf *path, struct rkb_buf *body,
                                 struct rkb_err *err)
{
    enum rkb_status rc = rkb_wire_check(&rkb_dialect_sglang, ask, err);

    if (!rc && ask->cold && !ask->cache_salt.len)
        rc = rkb_wire_cannot(&rkb_dialect_sglang,
                             "keep a prefix cache out without a salt", err);
    if (rc)
        return rc;
    switch (ask->kind) {
    case RKB_ASK_CHAT:
        rkb_buf_text(path, "/v1/chat/completions");
        rkb_openai_write_chat(body, ask);
        openai_members(body, ask);
        break;
    case RKB_ASK_COMPLETE:
        rkb_buf_text(path, ask->stream ? "/v1/completions" : "/generate");
        if (ask->stream) {
            rkb_openai_write_complete(body, ask);
            openai_members(body, ask);
        } else {
            write_generate(body, ask);
        }
        break;
    case RKB_ASK_RERANK:
        rkb_buf_text(path, "/v1/rerank");
        write_documents(body, ask);
        break;
    case RKB_ASK_EMBED:
        rkb_buf_text(path, "/v1/embeddings");
        rkb_openai_write_embed(body, ask);
        break;
    case RKB_ASK_TOKENIZE:
        rkb_buf_text(path, "/tokenize");
        write_tokenize(body, ask);
        break;
    default:
        rkb_buf_text(path, "/v1/models");
        return RKB_OK;
    }
    return rkb_wire_close(body, ask->extra, err);
}

/* ---- /generate ---------------------------------------------------------------- */

/* [logprob or null, id, text] */
static bool read_triple(const struct rkb_json *j, double *logprob, bool *known,
                        rkb_sv *text)
{
    const struct rkb_json *id;

    if (j->kind != RKB_JSON_ARRAY || j->n_children < 3)
        return false;
    id = j->child->next;
    *known = j->child->kind != RKB_JSON_NULL;
    return rkb_json_string(id->next, text) &&
           (!*known || rkb_wire_logprob(j->child, logprob));
}

static bool read_alts(struct rkb_arena *a, const struct rkb_json *list,
                      struct rkb_token *t)
{
    struct rkb_alt *alts;
    bool known;

    if (list->kind == RKB_JSON_NULL)
        return true;
    if (list->kind != RKB_JSON_ARRAY)
        return false;
    alts = rkb_arena_new(a, list->n_children, sizeof(*alts));
    for (const struct rkb_json *j = list->child; j; j = j->next) {
        struct rkb_alt *alt = &alts[t->n_alts++];

        if (!read_triple(j, &alt->logprob, &known, &alt->text) || !known)
            return false;
    }
    rkb_wire_sort_alts(alts, t->n_alts);
    t->alts = alts;
    return true;
}

/* The tokens under one key with their alternatives under another. */
static bool read_tokens(struct rkb_arena *a, const struct rkb_json *meta,
                        const char *key, const char *alts_key,
                        struct rkb_answer *out)
{
    const struct rkb_json *list = rkb_wire_get(meta, key);
    const struct rkb_json *alts = rkb_wire_first(rkb_wire_get(meta, alts_key));

    for (const struct rkb_json *j = rkb_wire_first(list); j; j = j->next) {
        struct rkb_token *t = rkb_wire_add_token(a, out);

        if (!read_triple(j, &t->logprob, &t->has_logprob, &t->text) ||
            (alts && !read_alts(a, alts, t)))
            return false;
        alts = alts ? alts->next : NULL;
    }
    return !alts;
}

static void read_meta(const struct rkb_json *meta, struct rkb_answer *out)
{
    const struct rkb_json *finish = rkb_wire_get(meta, "finish_reason");
    double seconds;

    out->prompt_tokens = rkb_wire_count(meta, "prompt_tokens");
    out->cached_tokens = rkb_wire_count(meta, "cached_tokens");
    out->output_tokens = rkb_wire_count(meta, "completion_tokens");
    out->finish = rkb_openai_finish(rkb_wire_string(finish, "type"));
    out->stop_text = rkb_wire_string(finish, "matched");
    if (rkb_json_double(rkb_json_get(meta, "e2e_latency"), &seconds) &&
        seconds >= 0 && seconds < 1e6)
        out->server_ns = (int64_t)(seconds * 1e9);
}

static enum rkb_status read_generate(struct rkb_arena *a,
                                     const struct rkb_ask *ask, rkb_sv body,
                                     struct rkb_answer *out,
                                     struct rkb_err *err)
{
    const struct rkb_json *root, *meta, *finish;
    enum rkb_status rc;
    rkb_sv text;

    rkb_answer_init(out);
    rc = rkb_wire_parse(a, body, &root, err);
    if (rc)
        return rc;
    meta = rkb_wire_get(root, "meta_info");
    if (!rkb_json_string(rkb_json_get(root, "text"), &text) || !meta)
        return rkb_wire_refuse(body, "no text or no meta_info", err);
    finish = rkb_wire_get(meta, "finish_reason");
    if (rkb_sv_is(rkb_wire_string(finish, "type"), "abort"))
        return rkb_wire_server_says(finish, err);
    rkb_wire_add_text(a, out, text);
    read_meta(meta, out);
    if (ask->echo && !read_tokens(a, meta, "input_token_logprobs",
                                  "input_top_logprobs", out))
        return rkb_wire_refuse(body, "logprobs of the prompt that are none",
                               err);
    out->n_echoed = out->n_tokens;
    if (!read_tokens(a, meta, "output_token_logprobs", "output_top_logprobs",
                     out))
        return rkb_wire_refuse(body, "logprobs that are none", err);
    return rkb_answer_check(ask, out, err);
}

static enum rkb_status read_reply(struct rkb_arena *a,
                                  const struct rkb_ask *ask, rkb_sv body,
                                  struct rkb_answer *out, struct rkb_err *err)
{
    if (ask->kind == RKB_ASK_COMPLETE && !ask->stream)
        return read_generate(a, ask, body, out, err);
    return rkb_openai_read(a, ask, body, out, err);
}

const struct rkb_dialect_def rkb_dialect_sglang = {
    .name = "sglang",
    .summary = "SGLang: OpenAI's routes for chats, /generate for prompts",
    .source = "sgl-project/sglang docs: OpenAI APIs, native APIs, "
              "sampling parameters",
    .proven = "recorded answers: rerank, sgl-project/sglang pull request "
              "16403; the rest from documentation",
    .can = RKB_CAN(RKB_ASK_CHAT) | RKB_CAN(RKB_ASK_COMPLETE) |
           RKB_CAN(RKB_ASK_RERANK) | RKB_CAN(RKB_ASK_EMBED) |
           RKB_CAN(RKB_ASK_TOKENIZE) | RKB_CAN(RKB_ASK_MODELS) |
           RKB_CAN_LOGPROBS | RKB_CAN_PREFILL | RKB_CAN_ECHO | RKB_CAN_STREAM |
           RKB_CAN_CHOICES | RKB_CAN_THINK | RKB_CAN_COLD | RKB_CAN_INSTRUCT |
           RKB_ADDS_BOS,
    .max_alts = 1000,
    .version = 1,
    .write = write_ask,
    .read = read_reply,
    .read_event = rkb_openai_read_event,
};
