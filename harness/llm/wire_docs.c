/* SPDX-License-Identifier: Apache-2.0 */
/* Replies that are about documents: rerankers and embeddings. */
#include "harness/llm/wire.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* usage, or Cohere's meta; what is not there stays unknown. */
static void read_usage(const struct rkb_json *root, struct rkb_answer *out)
{
    const struct rkb_json *usage = rkb_wire_get(root, "usage");
    const struct rkb_json *meta = rkb_wire_get(root, "meta");

    out->model = rkb_wire_string(root, "model");
    out->prompt_tokens = rkb_wire_count(usage, "prompt_tokens");
    if (out->prompt_tokens < 0)
        out->prompt_tokens = rkb_wire_count(usage, "total_tokens");
    if (out->prompt_tokens < 0)
        out->prompt_tokens = rkb_wire_count(root, "prompt_eval_count");
    if (out->prompt_tokens < 0)
        out->prompt_tokens =
            rkb_wire_count(rkb_wire_get(meta, "tokens"), "input_tokens");
}

/* The list itself, or the member of the object that holds it. */
static const struct rkb_json *list_in(const struct rkb_json *root,
                                      const char *const *keys, size_t n)
{
    if (root->kind == RKB_JSON_ARRAY)
        return root;
    for (size_t i = 0; i < n; i++) {
        const struct rkb_json *j = rkb_wire_get(root, keys[i]);

        if (j && j->kind == RKB_JSON_ARRAY)
            return j;
    }
    return NULL;
}

/* ---- rerank ---------------------------------------------------------------- */

static bool read_score(const struct rkb_json *entry, size_t n_docs,
                       struct rkb_answer *out, char *why, size_t size)
{
    const struct rkb_json *index = rkb_json_get(entry, "index");
    const struct rkb_json *score = rkb_json_get(entry, "relevance_score");
    int64_t i;

    if (!score)
        score = rkb_json_get(entry, "score");
    if (!index || index->kind != RKB_JSON_NUMBER ||
        !rkb_sv_to_i64(index->text, INT64_MIN, INT64_MAX, &i)) {
        snprintf(why, size, "a result without a whole number as its index");
        return false;
    }
    if (i < 0 || (uint64_t)i >= n_docs) {
        snprintf(why, size, "index %lld of %zu documents", (long long)i,
                 n_docs);
        return false;
    }
    if (out->scored[i]) {
        snprintf(why, size, "index %lld stands twice", (long long)i);
        return false;
    }
    if (!rkb_json_double(score, &out->scores[i])) {
        snprintf(why, size, "the score of index %lld is no finite number",
                 (long long)i);
        return false;
    }
    out->scored[i] = 1;
    return true;
}

enum rkb_status rkb_wire_read_rerank(struct rkb_arena *a,
                                     const struct rkb_ask *ask, rkb_sv body,
                                     struct rkb_answer *out,
                                     struct rkb_err *err)
{
    static const char *const keys[] = { "results", "data" };
    const struct rkb_json *root, *list;
    enum rkb_status rc;
    char why[96];

    rkb_answer_init(out);
    rc = rkb_wire_parse(a, body, &root, err);
    if (rc)
        return rc;
    list = list_in(root, keys, RKB_COUNT(keys));
    if (!list)
        return rkb_wire_refuse(body, "no list of results", err);
    read_usage(root, out);
    out->scores = rkb_arena_new(a, ask->n_docs + 1, sizeof(*out->scores));
    out->scored = rkb_arena_new(a, ask->n_docs + 1, 1);
    for (const struct rkb_json *j = list->child; j; j = j->next)
        if (!read_score(j, ask->n_docs, out, why, sizeof(why)))
            return rkb_wire_refuse(body, why, err);
    return RKB_OK;
}

/* ---- embed ----------------------------------------------------------------- */

/* The vector of an entry: itself, or its "embedding"; llama.cpp wraps one
 * more time. */
static const struct rkb_json *vector_of(const struct rkb_json *entry)
{
    if (entry->kind == RKB_JSON_OBJECT)
        entry = rkb_json_get(entry, "embedding");
    if (entry && entry->kind == RKB_JSON_ARRAY && entry->n_children == 1 &&
        entry->child->kind == RKB_JSON_ARRAY)
        entry = entry->child;
    return entry && entry->kind == RKB_JSON_ARRAY ? entry : NULL;
}

/* rows[i] of document i; an entry without an index stands at its place. */
static const char *place_vectors(const struct rkb_json *list, size_t n,
                                 const struct rkb_json **rows)
{
    size_t place = 0, n_dims = 0;

    if (list->n_children != n)
        return "not a vector for each text";
    for (const struct rkb_json *j = list->child; j; j = j->next, place++) {
        const struct rkb_json *index = rkb_json_get(j, "index");
        int64_t i = (int64_t)place;

        if (index && (index->kind != RKB_JSON_NUMBER ||
                      !rkb_sv_to_i64(index->text, 0, (int64_t)n - 1, &i)))
            return "a vector with an index that is none";
        if (rows[i])
            return "two vectors of one text";
        rows[i] = vector_of(j);
        if (!rows[i] || !rows[i]->n_children)
            return "an embedding that is no list of numbers";
        if (!n_dims)
            n_dims = rows[i]->n_children;
        if (rows[i]->n_children != n_dims)
            return "vectors of different lengths";
    }
    return NULL;
}

static bool read_vector(const struct rkb_json *row, float *to)
{
    for (const struct rkb_json *j = row->child; j; j = j->next) {
        double value;

        if (!rkb_json_double(j, &value) || fabs(value) > (double)FLT_MAX)
            return false;
        *to++ = (float)value;
    }
    return true;
}

enum rkb_status rkb_wire_read_embed(struct rkb_arena *a,
                                    const struct rkb_ask *ask, rkb_sv body,
                                    struct rkb_answer *out, struct rkb_err *err)
{
    static const char *const keys[] = { "data", "embeddings" };
    const struct rkb_json *root, *list, **rows;
    enum rkb_status rc;
    const char *why;
    float *vectors;

    rkb_answer_init(out);
    rc = rkb_wire_parse(a, body, &root, err);
    if (rc)
        return rc;
    list = list_in(root, keys, RKB_COUNT(keys));
    if (!list)
        return rkb_wire_refuse(body, "no list of vectors", err);
    read_usage(root, out);
    rows = rkb_arena_new(a, ask->n_docs + 1, sizeof(const struct rkb_json *));
    why = place_vectors(list, ask->n_docs, rows);
    if (why)
        return rkb_wire_refuse(body, why, err);
    out->n_dims = ask->n_docs ? rows[0]->n_children : 0;
    vectors = rkb_arena_new(a, ask->n_docs * out->n_dims + 1, sizeof(float));
    for (size_t i = 0; i < ask->n_docs; i++)
        if (!read_vector(rows[i], vectors + i * out->n_dims))
            return rkb_wire_refuse(
                body, "a vector with what is no 32-bit number", err);
    out->vectors = vectors;
    return RKB_OK;
}
