/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON (RFC 8259) from outside. A scanner of ours checks UTF-8,
 * grammar, depth and numbers and keeps the raw number text; a tree is built
 * in the arena from it. Duplicate keys: the last one wins, as everywhere.
 * Strings may hold \u0000; lone surrogates are an error. */
#ifndef RKB_BASE_IO_JSON_H
#define RKB_BASE_IO_JSON_H

#include "base/arena.h"
#include "base/err.h"
#include "base/sv.h"

#define RKB_JSON_DEPTH 64

enum rkb_json_kind {
    RKB_JSON_NULL,
    RKB_JSON_FALSE,
    RKB_JSON_TRUE,
    RKB_JSON_NUMBER,
    RKB_JSON_STRING,
    RKB_JSON_ARRAY,
    RKB_JSON_OBJECT
};

struct rkb_json {
    enum rkb_json_kind kind;
    rkb_sv key;  /* decoded, when a member of an object              */
    rkb_sv text; /* decoded string, or the number exactly as written */
    const struct rkb_json *child; /* first of array or object         */
    const struct rkb_json *next;
    size_t n_children;
};

/* One whole value; anything but blanks behind it is RKB_E_DATA, nesting deeper
 * than RKB_JSON_DEPTH RKB_E_LIMIT, both with the byte offset from 0: "bad JSON
 * at byte 17: ...". Strings without escapes point into `text`, which must
 * outlive the tree. A byte order mark is refused. */
enum rkb_status rkb_json_parse(struct rkb_arena *a, rkb_sv text,
                               const struct rkb_json **out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* NULL when absent or when j is not an object. */
const struct rkb_json *rkb_json_get(const struct rkb_json *j, const char *key);
/* String or number as text (ids are strings even where they are numbers);
 * false for anything else, or NULL. */
bool rkb_json_id(const struct rkb_json *j, rkb_sv *out);
bool rkb_json_string(const struct rkb_json *j, rkb_sv *out);
bool rkb_json_double(const struct rkb_json *j, double *out);

/* Members of one flat JSON object without building a tree: the fast path for
 * JSONL corpora. wanted[i] names a top-level key; out[i] gets its value:
 * string (decoded) or number text, at == NULL when absent or null; other
 * kinds are RKB_E_DATA. Of duplicate keys the last one wins. The whole line is
 * still checked. Decoded strings with escapes live in the arena. */
enum rkb_status rkb_json_pick(struct rkb_arena *a, rkb_sv line,
                              const char *const *wanted, size_t n_wanted,
                              rkb_sv *out, struct rkb_err *err) RKB_MUST_CHECK;

/* Elements of a large top-level array one at a time, from a stream: calls
 * `each` with the text of one element. JSONL (one value a line, empty lines
 * skipped) is accepted as well: the first non-blank byte decides. A byte order
 * mark at the start is dropped. *line is the line on which the element starts.
 * One element holds at most max_bytes. Only the ends of an element are looked
 * for: `each` checks it, by rkb_json_parse or rkb_json_pick. What `each`
 * returns ends the walk when it is not RKB_OK; our own messages start with
 * "NAME:LINE: ". */
struct rkb_stream;
typedef enum rkb_status rkb_json_each_fn(void *ctx, rkb_sv element, size_t line,
                                         struct rkb_err *err);
enum rkb_status rkb_json_each(struct rkb_stream *in, size_t max_bytes,
                              rkb_json_each_fn *each, void *ctx,
                              struct rkb_err *err) RKB_MUST_CHECK;

#endif
