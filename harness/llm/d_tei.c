/* SPDX-License-Identifier: Apache-2.0 */
/* Text Embeddings Inference: cross-encoders and embeddings. Its parser refuses
 * a body in which a member stands twice. */
#include "harness/llm/wire.h"

static enum rkb_status write_ask(const struct rkb_ask *ask,
                                 struct rkb_buf *path, struct rkb_buf *body,
                                 struct rkb_err *err)
{
    enum rkb_status rc = rkb_wire_check(&rkb_dialect_tei, ask, err);

    if (rc)
        return rc;
    switch (ask->kind) {
    case RKB_ASK_RERANK:
        rkb_buf_text(path, "/rerank");
        rkb_buf_char(body, '{');
        rkb_wire_text(body, "query", ask->query);
        rkb_wire_texts(body, "texts", ask->docs, ask->n_docs);
        rkb_wire_flag(body, "raw_scores", ask->raw_scores);
        rkb_wire_flag(body, "return_text", false);
        rkb_wire_flag(body, "truncate", false);
        break;
    case RKB_ASK_EMBED:
        rkb_buf_text(path, "/embed");
        rkb_buf_char(body, '{');
        rkb_wire_texts(body, "inputs", ask->docs, ask->n_docs);
        rkb_wire_flag(body, "truncate", false);
        break;
    case RKB_ASK_TOKENIZE:
        rkb_buf_text(path, "/tokenize");
        rkb_buf_char(body, '{');
        rkb_wire_texts(body, "inputs", &ask->prompt, 1);
        rkb_wire_flag(body, "add_special_tokens", false);
        break;
    default:
        rkb_buf_text(path, "/info");
        return RKB_OK;
    }
    return rkb_wire_close(body, ask->extra, err);
}

/* [[{"id":1,"text":"a"}]] of one text */
static const char *read_pieces(struct rkb_arena *a, const struct rkb_json *root,
                               struct rkb_answer *out)
{
    const struct rkb_json *list = rkb_wire_first(root);
    rkb_sv *units;
    size_t n = 0;

    if (!list || list->kind != RKB_JSON_ARRAY || list->next)
        return "no list of tokens for one text";
    units = rkb_arena_new(a, list->n_children + 1, sizeof(*units));
    for (const struct rkb_json *j = list->child; j; j = j->next)
        if (!rkb_json_string(rkb_json_get(j, "text"), &units[n++]))
            return "a token without its text";
    out->n_units = (int64_t)n;
    out->units = units;
    return NULL;
}

static const char *read_info(struct rkb_arena *a, const struct rkb_json *root,
                             struct rkb_answer *out)
{
    struct rkb_model *m = rkb_arena_new(a, 1, sizeof(*m));

    m->name = rkb_wire_string(root, "model_id");
    m->context = rkb_wire_count(root, "max_input_length");
    if (!m->name.len)
        return "no model_id";
    out->models = m;
    out->n_models = 1;
    out->context = m->context;
    out->model = m->name;
    return NULL;
}

static enum rkb_status read_reply(struct rkb_arena *a,
                                  const struct rkb_ask *ask, rkb_sv body,
                                  struct rkb_answer *out, struct rkb_err *err)
{
    const struct rkb_json *root;
    enum rkb_status rc;
    const char *why;

    if (ask->kind == RKB_ASK_RERANK)
        return rkb_wire_read_rerank(a, ask, body, out, err);
    if (ask->kind == RKB_ASK_EMBED)
        return rkb_wire_read_embed(a, ask, body, out, err);
    rkb_answer_init(out);
    rc = rkb_wire_parse(a, body, &root, err);
    if (rc)
        return rc;
    why = ask->kind == RKB_ASK_MODELS ? read_info(a, root, out)
                                      : read_pieces(a, root, out);
    return why ? rkb_wire_refuse(body, why, err) : RKB_OK;
}

const struct rkb_dialect_def rkb_dialect_tei = {
    .name = "tei",
    .summary = "Text Embeddings Inference: cross-encoders, embeddings",
    .source = "huggingface/text-embeddings-inference router/src/http",
    .proven = "recorded answers: rerank, opea-project/GenAIExamples@15b0d46; "
              "the rest from documentation",
    .can = RKB_CAN(RKB_ASK_RERANK) | RKB_CAN(RKB_ASK_EMBED) |
           RKB_CAN(RKB_ASK_TOKENIZE) | RKB_CAN(RKB_ASK_MODELS) | RKB_CAN_BE_RAW,
    .max_docs = 32,
    .version = 1,
    .write = write_ask,
    .read = read_reply,
};
