/* SPDX-License-Identifier: Apache-2.0 */
/* Rerankers that differ in a path and the names of a few members; one reader
 * serves them all. */
#include "harness/llm/wire_openai.h"

struct shape {
    const struct rkb_dialect_def *def;
    const char *rerank, *embed; /* paths; embed NULL: has none */
    const char *docs;           /* of the list of documents */
    const char *top; /* where less than all come back unless asked for; NULL */
    const char *quiet; /* false: documents are not sent back; NULL */
    const char *cut;   /* false: what is too long is an error; NULL */
    bool raw;          /* takes "raw_scores" */
    bool objects;      /* documents are {"text":"..."} */
};

static void write_documents(struct rkb_buf *b, const struct shape *s,
                            const struct rkb_ask *ask)
{
    if (!s->objects) {
        rkb_wire_texts(b, s->docs, ask->docs, ask->n_docs);
        return;
    }
    rkb_wire_key(b, s->docs);
    rkb_buf_char(b, '[');
    for (size_t i = 0; i < ask->n_docs; i++) {
        rkb_buf_text(b, i ? ",{" : "{");
        rkb_wire_text(b, "text", ask->docs[i]);
        rkb_buf_char(b, '}');
    }
    rkb_buf_char(b, ']');
}

static enum rkb_status write_shape(const struct shape *s,
                                   const struct rkb_ask *ask,
                                   struct rkb_buf *path, struct rkb_buf *body,
                                   struct rkb_err *err)
{
    enum rkb_status rc = rkb_wire_check(s->def, ask, err);

    if (rc)
        return rc;
    if (ask->kind == RKB_ASK_EMBED) {
        rkb_buf_text(path, s->embed);
        rkb_openai_write_embed(body, ask);
    } else {
        rkb_buf_text(path, s->rerank);
        rkb_buf_char(body, '{');
        rkb_wire_model(body, ask->model);
        rkb_wire_text(body, "query", ask->query);
        write_documents(body, s, ask);
        if (s->top)
            rkb_wire_int(body, s->top, (int64_t)ask->n_docs);
        if (s->quiet)
            rkb_wire_flag(body, s->quiet, false);
        if (s->raw)
            rkb_wire_flag(body, "raw_scores", ask->raw_scores);
        if (s->objects) {
            rkb_wire_key(body, "parameters");
            rkb_buf_text(body, "{\"truncate\":\"NONE\"}");
        }
    }
    if (s->cut)
        rkb_wire_flag(body, s->cut, false);
    return rkb_wire_close(body, ask->extra, err);
}

static enum rkb_status read_reply(struct rkb_arena *a,
                                  const struct rkb_ask *ask, rkb_sv body,
                                  struct rkb_answer *out, struct rkb_err *err)
{
    if (ask->kind == RKB_ASK_EMBED)
        return rkb_wire_read_embed(a, ask, body, out, err);
    return rkb_wire_read_rerank(a, ask, body, out, err);
}

/* ---- cohere ------------------------------------------------------ */

static enum rkb_status cohere_write(const struct rkb_ask *ask,
                                    struct rkb_buf *path, struct rkb_buf *body,
                                    struct rkb_err *err)
{
    static const struct shape shape = {
        .def = &rkb_dialect_cohere,
        .rerank = "/v2/rerank",
        .docs = "documents",
    };

    return write_shape(&shape, ask, path, body, err);
}

const struct rkb_dialect_def rkb_dialect_cohere = {
    .name = "cohere",
    .summary = "Cohere's rerank, version 2",
    .source = "Cohere API reference: v2/rerank",
    .proven = "recorded answers: traceloop/openllmetry@18e7492",
    .can = RKB_CAN(RKB_ASK_RERANK),
    .max_docs = 1000,
    .version = 1,
    .write = cohere_write,
    .read = read_reply,
};

/* ---- jina -------------------------------------------------------- */

static enum rkb_status jina_write(const struct rkb_ask *ask,
                                  struct rkb_buf *path, struct rkb_buf *body,
                                  struct rkb_err *err)
{
    static const struct shape shape = {
        .def = &rkb_dialect_jina,
        .rerank = "/v1/rerank",
        .embed = "/v1/embeddings",
        .docs = "documents",
        .quiet = "return_documents",
    };

    return write_shape(&shape, ask, path, body, err);
}

const struct rkb_dialect_def rkb_dialect_jina = {
    .name = "jina",
    .summary = "Jina's rerank and embeddings",
    .source = "Jina API reference: v1/rerank, v1/embeddings",
    .proven = "from documentation",
    .can = RKB_CAN(RKB_ASK_RERANK) | RKB_CAN(RKB_ASK_EMBED),
    .version = 1,
    .write = jina_write,
    .read = read_reply,
};

/* ---- infinity ---------------------------------------------------- */

static enum rkb_status infinity_write(const struct rkb_ask *ask,
                                      struct rkb_buf *path,
                                      struct rkb_buf *body, struct rkb_err *err)
{
    static const struct shape shape = {
        .def = &rkb_dialect_infinity,
        .rerank = "/rerank",
        .embed = "/embeddings",
        .docs = "documents",
        .quiet = "return_documents",
        .raw = true,
    };

    return write_shape(&shape, ask, path, body, err);
}

const struct rkb_dialect_def rkb_dialect_infinity = {
    .name = "infinity",
    .summary = "Infinity: cross-encoders, embeddings",
    .source = "michaelfeil/infinity docs: API",
    .proven = "from documentation",
    .can = RKB_CAN(RKB_ASK_RERANK) | RKB_CAN(RKB_ASK_EMBED) | RKB_CAN_BE_RAW,
    .max_docs = 2048,
    .version = 1,
    .write = infinity_write,
    .read = read_reply,
};

/* ---- voyage ------------------------------------------------------ */

static enum rkb_status voyage_write(const struct rkb_ask *ask,
                                    struct rkb_buf *path, struct rkb_buf *body,
                                    struct rkb_err *err)
{
    static const struct shape shape = {
        .def = &rkb_dialect_voyage,
        .rerank = "/v1/rerank",
        .embed = "/v1/embeddings",
        .docs = "documents",
        .cut = "truncation",
    };

    return write_shape(&shape, ask, path, body, err);
}

const struct rkb_dialect_def rkb_dialect_voyage = {
    .name = "voyage",
    .summary = "Voyage AI's rerank and embeddings",
    .source = "Voyage AI API reference: v1/rerank, v1/embeddings",
    .proven = "from documentation",
    .can = RKB_CAN(RKB_ASK_RERANK) | RKB_CAN(RKB_ASK_EMBED),
    .max_docs = 1000,
    .version = 1,
    .write = voyage_write,
    .read = read_reply,
};

/* ---- mixedbread -------------------------------------------------- */

static enum rkb_status mixedbread_write(const struct rkb_ask *ask,
                                        struct rkb_buf *path,
                                        struct rkb_buf *body,
                                        struct rkb_err *err)
{
    static const struct shape shape = {
        .def = &rkb_dialect_mixedbread,
        .rerank = "/v1/reranking",
        .embed = "/v1/embeddings",
        .docs = "input",
        .top = "top_k",
        .quiet = "return_input",
    };

    return write_shape(&shape, ask, path, body, err);
}

const struct rkb_dialect_def rkb_dialect_mixedbread = {
    .name = "mixedbread",
    .summary = "Mixedbread's rerank and embeddings",
    .source = "Mixedbread API reference: v1/reranking, v1/embeddings",
    .proven = "from documentation",
    .can = RKB_CAN(RKB_ASK_RERANK) | RKB_CAN(RKB_ASK_EMBED),
    .version = 1,
    .write = mixedbread_write,
    .read = read_reply,
};

/* ---- pinecone ---------------------------------------------------- */

static enum rkb_status pinecone_write(const struct rkb_ask *ask,
                                      struct rkb_buf *path,
                                      struct rkb_buf *body, struct rkb_err *err)
{
    static const struct shape shape = {
        .def = &rkb_dialect_pinecone,
        .rerank = "/rerank",
        .docs = "documents",
        .top = "top_n",
        .quiet = "return_documents",
        .objects = true,
    };

    return write_shape(&shape, ask, path, body, err);
}

const struct rkb_dialect_def rkb_dialect_pinecone = {
    .name = "pinecone",
    .summary = "Pinecone's rerank",
    .source = "Pinecone API reference: rerank",
    .proven = "from documentation",
    .can = RKB_CAN(RKB_ASK_RERANK),
    .max_docs = 100,
    .key_header = "Api-Key",
    .version = 1,
    .write = pinecone_write,
    .read = read_reply,
};
