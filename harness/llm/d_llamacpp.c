/* SPDX-License-Identifier: Apache-2.0 */
/* llama.cpp's own server: OpenAI's routes for chats, its own for the rest. */
#include "harness/llm/wire_openai.h"

#include <string.h>

/* ---- writing --------------------------------------------------------------- */

/* A grammar of the alternatives (GBNF): root ::= "A" | "B". */
static void write_grammar(struct rkb_buf *b, const struct rkb_ask *ask)
{
    struct rkb_buf g = { 0 };

    rkb_buf_text(&g, "root ::= ");
    for (size_t i = 0; i < ask->n_choices; i++) {
        rkb_buf_text(&g, i ? " | \"" : "\"");
        for (size_t k = 0; k < ask->choices[i].len; k++) {
            unsigned char c = (unsigned char)ask->choices[i].at[k];

            if (c == '"' || c == '\\')
                rkb_buf_printf(&g, "\\%c", c);
            else if (c < 0x20 || c == 0x7f)
                rkb_buf_printf(&g, "\\x%02X", c);
            else
                rkb_buf_char(&g, (char)c);
        }
        rkb_buf_char(&g, '"');
    }
    rkb_wire_text(b, "grammar", rkb_buf_view(&g));
    rkb_buf_release(&g);
}

static void decoding_members(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_openai_write_neutral(b, ask, 0, "repeat_penalty");
    if (ask->n_choices)
        write_grammar(b, ask);
    if (ask->cold)
        rkb_wire_flag(b, "cache_prompt", false);
}

/* An answer that was begun cannot think first: the server refuses the two
 * together. */
static void template_members(struct rkb_buf *b, const struct rkb_ask *ask)
{
    if (ask->prefill || ask->thinking != RKB_THINK_DEFAULT)
        rkb_wire_switch(b, "chat_template_kwargs", "enable_thinking",
                        ask->thinking == RKB_THINK_ON);
}

static void write_completion(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    rkb_wire_text(b, "prompt", ask->prompt);
    rkb_wire_int(b, "n_predict", ask->max_tokens);
    rkb_wire_real(b, "temperature", ask->temperature);
    if (ask->top_p > 0)
        rkb_wire_real(b, "top_p", ask->top_p);
    if (ask->has_seed)
        rkb_wire_int(b, "seed", rkb_wire_seed(ask->seed));
    if (ask->n_stop)
        rkb_wire_texts(b, "stop", ask->stop, ask->n_stop);
    if (ask->n_alts)
        rkb_wire_int(b, "n_probs", ask->n_alts);
    if (ask->stream)
        rkb_wire_flag(b, "stream", true);
    decoding_members(b, ask);
}

static void write_tokenize(struct rkb_buf *b, const struct rkb_ask *ask)
{
    rkb_buf_char(b, '{');
    rkb_wire_model(b, ask->model);
    rkb_wire_text(b, "content", ask->prompt);
    rkb_wire_flag(b, "add_special", false);
    rkb_wire_flag(b, "parse_special", true);
    rkb_wire_flag(b, "with_pieces", true);
}

static enum rkb_status write_ask(const struct rkb_ask *ask,
                                 struct rkb_buf *path, struct rkb_buf *body,
                                 struct rkb_err *err)
{
    enum rkb_status rc = rkb_wire_check(&rkb_dialect_llamacpp, ask, err);

    if (rc)
        return rc;
    switch (ask->kind) {
    case RKB_ASK_CHAT:
        rkb_buf_text(path, "/v1/chat/completions");
        rkb_openai_write_chat(body, ask);
        decoding_members(body, ask);
        template_members(body, ask);
        break;
    case RKB_ASK_COMPLETE:
        rkb_buf_text(path, "/completion");
        write_completion(body, ask);
        break;
    case RKB_ASK_RERANK:
        rkb_buf_text(path, "/v1/rerank");
        rkb_openai_write_rerank(body, ask);
        break;
    case RKB_ASK_EMBED:
        rkb_buf_text(path, "/v1/embeddings");
        rkb_openai_write_embed(body, ask);
        break;
    case RKB_ASK_TOKENIZE:
        rkb_buf_text(path, "/tokenize");
        write_tokenize(body, ask);
        break;
    case RKB_ASK_RENDER:
        rkb_buf_text(path, "/apply-template");
        rkb_buf_char(body, '{');
        rkb_wire_model(body, ask->model);
        rkb_wire_turns(body, "messages", ask->turns, ask->n_turns);
        template_members(body, ask);
        break;
    default:
        rkb_buf_text(path, "/v1/models");
        return RKB_OK;
    }
    return rkb_wire_close(body, ask->extra, err);
}

/* ---- /completion ------------------------------------------------------------- */

static void add_counts(const struct rkb_json *root, struct rkb_answer *out)
{
    const struct rkb_json *timings = rkb_wire_get(root, "timings");
    int64_t prompt_ns = rkb_wire_ms(timings, "prompt_ms");
    int64_t made_ns = rkb_wire_ms(timings, "predicted_ms");
    int64_t new_tokens = rkb_wire_count(timings, "prompt_n");

    out->prompt_tokens = rkb_wire_count(root, "tokens_evaluated");
    out->output_tokens = rkb_wire_count(root, "tokens_predicted");
    out->cached_tokens = rkb_wire_count(timings, "cache_n");
    /* Older builds: what of the prompt was not computed was kept. */
    if (out->cached_tokens < 0 && new_tokens >= 0 &&
        out->prompt_tokens >= new_tokens)
        out->cached_tokens = out->prompt_tokens - new_tokens;
    if (prompt_ns >= 0 && made_ns >= 0)
        out->server_ns = prompt_ns + made_ns;
}

static void add_finish(struct rkb_arena *a, const struct rkb_ask *ask,
                       const struct rkb_json *root, struct rkb_answer *out)
{
    rkb_sv type = rkb_wire_string(root, "stop_type");

    out->stop_text = rkb_wire_string(root, "stopping_word");
    if (rkb_sv_is(type, "limit"))
        out->finish = RKB_FINISH_LENGTH;
    else if (rkb_sv_is(type, "eos") || rkb_sv_is(type, "word"))
        out->finish = RKB_FINISH_STOP;
    if (ask->keep_stop && rkb_sv_is(type, "word"))
        rkb_wire_add_text(a, out, out->stop_text);
}

/* "truncated" is told of a prompt that was cut, which no build does since b6723,
 * and of an answer that ends where the context does: then all tokens but the last
 * one are in the slot. Builds before cache_n (b6399) cut by default, and the two
 * cannot be told apart there. */
static bool is_prompt_cut(const struct rkb_json *root)
{
    const struct rkb_json *cut = rkb_json_get(root, "truncated");
    int64_t in_slot = rkb_wire_count(root, "tokens_cached");
    int64_t read = rkb_wire_count(root, "tokens_evaluated");
    int64_t made = rkb_wire_count(root, "tokens_predicted");

    if (!cut || cut->kind != RKB_JSON_TRUE)
        return false;
    if (rkb_wire_count(rkb_wire_get(root, "timings"), "cache_n") < 0)
        return true;
    return in_slot < 0 || read < 0 || made < 0 || in_slot + 1 < read + made;
}

/* A whole reply, or a part of a stream; *last: nothing follows. */
static const char *add_completion(struct rkb_arena *a,
                                  const struct rkb_ask *ask,
                                  const struct rkb_json *root,
                                  struct rkb_answer *out, bool *last)
{
    const struct rkb_json *tokens =
        rkb_wire_get(root, "completion_probabilities");
    const struct rkb_json *stop = rkb_json_get(root, "stop");
    const char *why = NULL;
    rkb_sv text;

    *last = stop && stop->kind == RKB_JSON_TRUE;
    if (!rkb_json_string(rkb_json_get(root, "content"), &text))
        return "no content";
    if (is_prompt_cut(root))
        return "the server cut the prompt";
    rkb_wire_add_text(a, out, text);
    if (tokens && tokens->kind != RKB_JSON_ARRAY)
        return "probabilities that are no list";
    if (tokens && !rkb_wire_tokens(a, tokens, out, &why))
        return why;
    if (rkb_wire_get(root, "timings"))
        add_counts(root, out);
    if (*last) {
        add_finish(a, ask, root, out);
        out->model = rkb_wire_string(root, "model");
    }
    return NULL;
}

/* ---- the other routes ----------------------------------------------------------- */

/* {"tokens":[{"id":1,"piece":"a"}, {"id":2,"piece":[226,130]}, 3]} */
static const char *read_pieces(struct rkb_arena *a, const struct rkb_json *root,
                               struct rkb_answer *out)
{
    const struct rkb_json *tokens = rkb_wire_get(root, "tokens");
    rkb_sv *units;
    size_t n = 0;

    if (!tokens || tokens->kind != RKB_JSON_ARRAY)
        return "no list of tokens";
    out->n_units = (int64_t)tokens->n_children;
    units = rkb_arena_new(a, tokens->n_children + 1, sizeof(*units));
    for (const struct rkb_json *j = tokens->child; j; j = j->next, n++) {
        const struct rkb_json *piece = rkb_json_get(j, "piece");

        if (j->kind == RKB_JSON_NUMBER)
            return NULL; /* ids alone: no texts */
        if (!rkb_wire_bytes(a, piece, &units[n]) &&
            !rkb_json_string(piece, &units[n]))
            return "a token without its piece";
    }
    out->units = units;
    return NULL;
}

/* The server gives the begun answer back with what it added. */
static void drop_prefill(const struct rkb_ask *ask, struct rkb_answer *out)
{
    rkb_sv begun;

    if (ask->kind != RKB_ASK_CHAT || !ask->prefill || !ask->n_turns)
        return;
    begun = ask->turns[ask->n_turns - 1].text;
    if (out->text.len < begun.len ||
        memcmp(out->text.at, begun.at, begun.len) != 0)
        return;
    out->text.at += begun.len;
    out->text.len -= begun.len;
}

static enum rkb_status read_reply(struct rkb_arena *a,
                                  const struct rkb_ask *ask, rkb_sv body,
                                  struct rkb_answer *out, struct rkb_err *err)
{
    const struct rkb_json *root;
    const char *why = NULL;
    enum rkb_status rc;
    bool last;

    if (ask->kind != RKB_ASK_COMPLETE && ask->kind != RKB_ASK_TOKENIZE &&
        ask->kind != RKB_ASK_RENDER) {
        rc = rkb_openai_read(a, ask, body, out, err);
        if (!rc)
            drop_prefill(ask, out);
        return rc;
    }
    rkb_answer_init(out);
    rc = rkb_wire_parse(a, body, &root, err);
    if (rc)
        return rc;
    if (ask->kind == RKB_ASK_COMPLETE)
        why = add_completion(a, ask, root, out, &last);
    else if (ask->kind == RKB_ASK_TOKENIZE)
        why = read_pieces(a, root, out);
    else if (!rkb_json_string(rkb_json_get(root, "prompt"), &out->text))
        why = "no prompt";
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

    if (ask->kind == RKB_ASK_CHAT) {
        rc = rkb_openai_read_event(a, ask, data, sofar, has_content, is_last,
                                   err);
        if (!rc && *is_last)
            drop_prefill(ask, sofar);
        return rc;
    }
    rkb_wire_draft(a, sofar);
    before = sofar->text.len;
    *has_content = *is_last = false;
    if (rkb_sv_is(rkb_sv_trim(data), "[DONE]")) {
        *is_last = true;
        return RKB_OK;
    }
    rc = rkb_wire_parse(a, data, &root, err);
    if (rc)
        return rc;
    why = add_completion(a, ask, root, sofar, is_last);
    *has_content = sofar->text.len > before;
    return why ? rkb_wire_refuse(data, why, err) : RKB_OK;
}

const struct rkb_dialect_def rkb_dialect_llamacpp = {
    .name = "llamacpp",
    .summary = "llama.cpp's server: any number of alternatives, grammars, "
               "templates, rerank",
    .source = "ggml-org/llama.cpp tools/server/README.md",
    .proven = "real server: llama.cpp b10573",
    .can = RKB_CAN(RKB_ASK_CHAT) | RKB_CAN(RKB_ASK_COMPLETE) |
           RKB_CAN(RKB_ASK_RERANK) | RKB_CAN(RKB_ASK_EMBED) |
           RKB_CAN(RKB_ASK_TOKENIZE) | RKB_CAN(RKB_ASK_RENDER) |
           RKB_CAN(RKB_ASK_MODELS) | RKB_CAN_LOGPROBS | RKB_CAN_PREFILL |
           RKB_CAN_STREAM | RKB_CAN_CHOICES | RKB_CAN_THINK | RKB_CAN_COLD |
           RKB_CAN_BE_RAW | RKB_ADDS_BOS,
    .max_alts = 1000,
    .version = 1,
    .write = write_ask,
    .read = read_reply,
    .read_event = read_event,
};
