/* SPDX-License-Identifier: Apache-2.0 */
/* TREC run files: `qid Q0 docid rank score tag`, read block by block on all
 * cores. Nothing of a file is kept: a block is one maximal stretch of lines
 * with the same qid, handed to the caller and forgotten.
 *
 * A line is read from the left as trec_eval does, text after the tag ignored,
 * when it has six fields, or more of which the 4th is an integer and the 5th
 * a number; else from the right, so that docids with spaces (BRIGHT)
 * survive. Blank lines are skipped, and lines whose first non-blank byte is
 * '#'. Fields are parted by the C locale's white space.
 * Source: trec_eval get_trec_results.c.
 */
#ifndef RKB_RUNS_TREC_RUN_H
#define RKB_RUNS_TREC_RUN_H

#include "base/err.h"
#include "base/par.h"
#include "runs/ranking.h"

#define RKB_RUN_QUERY_LIMIT ((size_t)1 << 31) /* bytes of one query */

/* Views are valid during the call. */
struct rkb_run_block {
    rkb_sv qid;
    const struct rkb_entry *entries; /* [n] in file order                    */
    const rkb_sv *ranks; /* [n] rank column; NULL if not asked for */
    size_t n;
    uint64_t at; /* of its first line: larger in later blocks, by at least n */
};

/* Called from several threads at once; `worker` < the pool's size. Any status
 * but RKB_OK ends the reading and is returned with its message as it is (of
 * several, the earliest in the file). */
typedef enum rkb_status rkb_run_block_fn(void *ctx,
                                         const struct rkb_run_block *block,
                                         size_t worker, struct rkb_err *err);

struct rkb_run_want {
    rkb_run_block_fn *block;
    void *ctx;
    bool ranks;
    bool three; /* lines of three fields, qid docid rank, are read as well:
                   MS MARCO's; they have score 0 */
};

/* Streams a plain, gzip or zstd file. RKB_E_IO for what cannot be opened or
 * read, RKB_E_DATA "PATH:LINE: ..." for a malformed line or NaN score,
 * RKB_E_LIMIT for a line longer than RKB_LINE_LIMIT (base/io/lines.h). The
 * tag of the last line is left in *tag (owned by the arena; may be NULL). */
struct rkb_arena;
enum rkb_status rkb_run_read(const char *path, struct rkb_pool *pool,
                             const struct rkb_run_want *want,
                             struct rkb_arena *arena, rkb_sv *tag,
                             struct rkb_err *err) RKB_MUST_CHECK;

/* Whether a path gives the same bytes once more: a regular file. */
bool rkb_run_rereadable(const char *path);

/* The line (from 1) on which the nth (from 1) entry of the query with this
 * docid stands, 0 when there is none or the path is not a regular file: a
 * second, slow reading for messages. */
size_t rkb_run_find_line(const char *path, rkb_sv qid, rkb_sv docid, int nth);

/* One line, for tests and other readers of the format. */
struct rkb_run_line {
    rkb_sv qid, docid, rank, score_text, tag;
    double score;
};
enum rkb_run_line_kind {
    RKB_RUN_LINE_OK,
    RKB_RUN_LINE_BLANK,
    RKB_RUN_LINE_THREE, /* qid docid rank: bad, unless asked for */
    RKB_RUN_LINE_BAD
};
/* *why is set when bad, also of three fields. */
enum rkb_run_line_kind rkb_run_line_parse(rkb_sv line, struct rkb_run_line *out,
                                          const char **why);

#endif
