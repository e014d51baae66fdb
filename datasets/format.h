/* SPDX-License-Identifier: Apache-2.0 */
/* Input formats: each reads one family of files as they lie on disk and
 * *emits* what it finds into a sink, in plain arguments. Formats know neither
 * runs nor stores; whoever reads decides where things go.
 */
#ifndef RKB_DATASETS_FORMAT_H
#define RKB_DATASETS_FORMAT_H

#include "base/err.h"
#include "base/io/stream.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stdint.h>

enum rkb_part {
    RKB_PART_QUERIES = 1,
    RKB_PART_DOCS = 2,
    RKB_PART_GRADES = 4,
    RKB_PART_EXCLUDES = 8,
    RKB_PART_HITS = 16 /* candidates with rank and score */
};

/* Any member may be NULL: that part is not wanted and, where the format can,
 * not read. Views are valid during the call. A non-zero status stops the
 * reading and is returned, wrapped with file and line. */
struct rkb_sink {
    void *ctx;
    enum rkb_status (*on_query)(void *ctx, rkb_sv qid, rkb_sv text,
                                struct rkb_err *err);
    /* Asked before a document's text is decoded; NULL means all. */
    bool (*wants_doc)(void *ctx, rkb_sv docid);
    enum rkb_status (*on_doc)(void *ctx, rkb_sv docid, rkb_sv title,
                              rkb_sv text, struct rkb_err *err);
    enum rkb_status (*on_grade)(void *ctx, rkb_sv qid, rkb_sv docid,
                                int32_t grade, struct rkb_err *err);
    enum rkb_status (*on_exclude)(void *ctx, rkb_sv qid, rkb_sv docid,
                                  struct rkb_err *err);
    /* rank from 1 in file order of the query; score NaN when absent. */
    enum rkb_status (*on_hit)(void *ctx, rkb_sv qid, rkb_sv docid,
                              int64_t rank, double score,
                              struct rkb_err *err);
};

/* What a format is asked to read. */
struct rkb_input {
    const char *path;      /* file, folder or archive                    */
    struct rkb_tree *tree; /* of a folder or archive, else NULL          */
    rkb_sv head;           /* first bytes of a file, decoded (64 KiB)    */
    const char *split;     /* "test", a BRIGHT task, ...; NULL = default */
    const char *query_text; /* BRIGHT variant; NULL = original          */
};

struct rkb_input_format {
    const char *name, *summary, *source; /* "beir": BEIR:PATH[:split] */
    unsigned parts;                      /* what it can emit           */
    /* MUST: does the content look like this format? 0 = no, larger = surer. */
    int (*recognise)(const struct rkb_input *in);
    /* MUST */
    enum rkb_status (*read)(const struct rkb_input *in,
                            const struct rkb_sink *sink, struct rkb_err *err);
};

/* The table, NULL-terminated, in listing order. */
extern const struct rkb_input_format *const rkb_input_formats[];

/* Reads "PATH" (format found from the content) or "FORMAT:PATH[:SPLIT]".
 * `parts`: what the caller needs; RKB_E_DATA when the format found cannot give
 * them, naming what was expected and what the file looks like. */
enum rkb_status rkb_format_read(const char *spec, unsigned parts,
                                const char *split, const char *query_text,
                                const struct rkb_sink *sink,
                                struct rkb_err *err) RKB_MUST_CHECK;

#endif
