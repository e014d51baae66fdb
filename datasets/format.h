/* SPDX-License-Identifier: Apache-2.0 */
/* Input formats: each reads one family of files as they lie on disk and
 * *emits* what it finds into a sink, in plain arguments. Formats know neither
 * runs nor stores; whoever reads decides where things go.
 */
#ifndef RKB_DATASETS_FORMAT_H
#define RKB_DATASETS_FORMAT_H

#include "base/arena.h"
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
    /* MAY, beside wants_doc: [n_wanted] all ids that it says yes to, so that a
     * format that knows where they lie need not look through everything. */
    const rkb_sv *wanted;
    size_t n_wanted;
    enum rkb_status (*on_doc)(void *ctx, rkb_sv docid, rkb_sv title,
                              rkb_sv text, struct rkb_err *err);
    enum rkb_status (*on_grade)(void *ctx, rkb_sv qid, rkb_sv docid,
                                int32_t grade, struct rkb_err *err);
    enum rkb_status (*on_exclude)(void *ctx, rkb_sv qid, rkb_sv docid,
                                  struct rkb_err *err);
    /* rank: 1, 2, ... in file order of the query; score NaN when absent. */
    enum rkb_status (*on_hit)(void *ctx, rkb_sv qid, rkb_sv docid, int64_t rank,
                              double score, struct rkb_err *err);
};

/* What a format is asked to read. */
struct rkb_input {
    const char *path;       /* file, folder or archive                    */
    struct rkb_tree *tree;  /* of a folder or archive, else NULL          */
    rkb_sv head;            /* first bytes of a file, decoded (64 KiB)    */
    const char *under;      /* folder inside the tree, "" or "android/"   */
    const char *split;      /* "test", a BRIGHT task, ...; NULL = default */
    const char *query_text; /* BRIGHT variant, field of a topic; NULL = the
                               usual one                                 */
};

struct rkb_input_format {
    const char *name;    /* "beir", as in "beir:PATH[:SPLIT]"            */
    const char *summary; /* one line                                     */
    const char *source;  /* who defines it                               */
    unsigned parts;      /* what it can emit                             */
    bool split;          /* takes a ":SPLIT" behind the path             */
    bool query_text;     /* has several texts of a query to choose from  */
    /* MUST: does the content look like this format? 0 = no, larger = surer. */
    int (*recognise)(const struct rkb_input *in);
    /* MAY: which of `parts` this input has; NULL = all of them. */
    unsigned (*present)(const struct rkb_input *in);
    /* MUST: emits queries, then grades, excludes, then docs and hits. */
    enum rkb_status (*read)(const struct rkb_input *in,
                            const struct rkb_sink *sink, struct rkb_err *err);
};

#define RKB_INPUT_FORMAT(id) \
    extern const struct rkb_input_format rkb_input_format_##id;
#include "datasets/formats.def"
#undef RKB_INPUT_FORMAT

/* The table, NULL-terminated, in listing order. */
extern const struct rkb_input_format *const rkb_input_formats[];

/* A path may go into an archive: "cqadupstack.zip/android", and also
 * "cqadupstack/android" where only the archive is there. */

/* "PATH" or "FORMAT:PATH[:SPLIT]" taken apart; *format is NULL for a bare
 * path, *split NULL when none was given. A prefix counts only when it names a
 * row. RKB_E_USAGE for an empty path. */
enum rkb_status rkb_format_spec(struct rkb_arena *a, const char *spec,
                                const struct rkb_input_format **format,
                                const char **path, const char **split,
                                struct rkb_err *err) RKB_MUST_CHECK;

/* What the content of a file, folder or archive looks like: the name of a
 * row, or of a known shape that is not read here ("trec-run", "parquet",
 * "html", ...); NULL when it looks like nothing known. */
enum rkb_status rkb_format_guess(const char *path, const char **name,
                                 struct rkb_err *err) RKB_MUST_CHECK;

/* The parts that the spec's file, folder or archive holds. */
enum rkb_status rkb_format_parts(const char *spec, const char *split,
                                 unsigned *parts, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Reads "PATH" (format found from the content) or "FORMAT:PATH[:SPLIT]".
 * `parts`: what the caller needs; RKB_E_DATA when the format found cannot give
 * them, naming what was expected and what the file looks like. */
enum rkb_status rkb_format_read(const char *spec, unsigned parts,
                                const char *split, const char *query_text,
                                const struct rkb_sink *sink,
                                struct rkb_err *err) RKB_MUST_CHECK;

#endif
