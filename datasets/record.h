/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats share: rows of a text file with their line numbers,
 * checked ids and texts, JSON lines. All of it works on streams, so that a
 * member of an archive reads like a file, and a test reads from memory. */
#ifndef RKB_DATASETS_RECORD_H
#define RKB_DATASETS_RECORD_H

#include "base/io/stream.h"
#include "datasets/format.h"

#define RKB_ID_LIMIT 4096u

/* `raw` without blanks around it. RKB_E_DATA when it is empty, not UTF-8 or
 * holds a control byte (NUL included), RKB_E_LIMIT past RKB_ID_LIMIT bytes.
 * `what` names it in messages: "query id". */
enum rkb_status rkb_record_id(rkb_sv raw, const char *what, rkb_sv *id,
                              struct rkb_err *err) RKB_MUST_CHECK;
/* RKB_E_DATA "invalid UTF-8 at byte N", N from 1 in `text`. */
enum rkb_status rkb_record_utf8(rkb_sv text, struct rkb_err *err)
    RKB_MUST_CHECK;
/* A judgment: a whole decimal number of 32 bits. */
enum rkb_status rkb_record_grade(rkb_sv raw, int32_t *grade,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* Without one "\r" at the end. */
rkb_sv rkb_record_chomp(rkb_sv line);

/* Every line of the stream, without its end. What `fn` fails with is wrapped
 * with NAME:LINE. A stream without a byte is RKB_E_DATA. The stream is
 * closed in any case. */
typedef enum rkb_status rkb_record_fn(void *ctx, rkb_sv line,
                                      struct rkb_err *err);
enum rkb_status rkb_record_lines(struct rkb_stream *in, rkb_record_fn *fn,
                                 void *ctx, struct rkb_err *err) RKB_MUST_CHECK;

/* The keys of one JSON object a line; title may be NULL: there is none. Lines
 * of blanks are skipped. Each closes the stream. */
struct rkb_record_keys {
    const char *id, *title, *text;
};
enum rkb_status rkb_record_queries(struct rkb_stream *in,
                                   const struct rkb_record_keys *keys,
                                   const struct rkb_sink *sink,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* A document that the sink does not want is skipped as soon as its id is
 * known; its line is then not checked (and where a line names its id twice, the
 * first one decides). */
enum rkb_status rkb_record_docs(struct rkb_stream *in,
                                const struct rkb_record_keys *keys,
                                const struct rkb_sink *sink,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* The same; the keys are told by the first line that is not blank. NULL from
 * there is RKB_E_DATA. */
typedef const struct rkb_record_keys *rkb_record_keys_fn(rkb_sv line);
enum rkb_status rkb_record_docs_of(struct rkb_stream *in,
                                   rkb_record_keys_fn *keys_of,
                                   const struct rkb_sink *sink,
                                   struct rkb_err *err) RKB_MUST_CHECK;
/* keys: title holds the document's id, text the grade. */
enum rkb_status rkb_record_grades(struct rkb_stream *in,
                                  const struct rkb_record_keys *keys,
                                  const struct rkb_sink *sink,
                                  struct rkb_err *err) RKB_MUST_CHECK;

/* A folder or archive of JSON lines or Parquet files as one corpus (f_jsonl.c
 * has the keys, pieces.c finds and reads the files). Names are taken in order;
 * deeper folders are not looked into. With sink->wanted, an id such as
 * "msmarco_passage_07_123" is read at byte 123 of the file msmarco_passage_07
 * where that is not packed, and otherwise looked for in that file only. */
enum rkb_status rkb_pieces_read(const struct rkb_input *in,
                                const struct rkb_sink *sink,
                                struct rkb_err *err) RKB_MUST_CHECK;
bool rkb_pieces_there(const struct rkb_input *in);
/* Keys of a document; NULL when the line is none of a known shape. */
const struct rkb_record_keys *rkb_jsonl_doc_keys(rkb_sv line);
/* A Parquet file of documents as JSON lines with these keys. */
enum rkb_status rkb_jsonl_parquet_docs(const char *path,
                                       const struct rkb_record_keys **keys,
                                       struct rkb_stream **out,
                                       struct rkb_err *err) RKB_MUST_CHECK;

/* The fields of one line of either, as they stand. Of BEIR's lines without a
 * CR at the end. */
struct rkb_qrels_row {
    rkb_sv qid, docid, grade;
};
enum rkb_status rkb_qrels_split_trec(rkb_sv line, struct rkb_qrels_row *row,
                                     struct rkb_err *err) RKB_MUST_CHECK;
enum rkb_status rkb_qrels_split_beir(rkb_sv line, struct rkb_qrels_row *row,
                                     struct rkb_err *err) RKB_MUST_CHECK;

/* TREC qrels (`qid iter docid grade`) and BEIR's three columns. */
enum rkb_status rkb_qrels_trec(struct rkb_stream *in,
                               const struct rkb_sink *sink, struct rkb_err *err)
    RKB_MUST_CHECK;
enum rkb_status rkb_qrels_beir(struct rkb_stream *in,
                               const struct rkb_sink *sink, struct rkb_err *err)
    RKB_MUST_CHECK;
/* `id<TAB>text` as queries or documents. */
enum rkb_status rkb_tsv_queries(struct rkb_stream *in,
                                const struct rkb_sink *sink,
                                struct rkb_err *err) RKB_MUST_CHECK;
enum rkb_status rkb_tsv_docs(struct rkb_stream *in, const struct rkb_sink *sink,
                             struct rkb_err *err) RKB_MUST_CHECK;
/* A line of msmarco-docs.tsv; what is behind the third tab is the body. */
enum rkb_status rkb_msmarco_doc_split(rkb_sv line, rkb_sv *id, rkb_sv *title,
                                      rkb_sv *body, struct rkb_err *err)
    RKB_MUST_CHECK;
/* `qid<TAB>docid<TAB>rank`, ranks rising within a query. */
enum rkb_status rkb_tsv_hits(struct rkb_stream *in, const struct rkb_sink *sink,
                             struct rkb_err *err) RKB_MUST_CHECK;
/* TREC topics: the text of `field` ("desc" is also "description", "narr" also
 * "narrative"), or NULL: of "title" or "query", whichever the first topic has,
 * or the topic's own text where it has no fields. Labels such as "Number:" are
 * dropped, lines joined, XML's entities decoded. *line, if not NULL, is where
 * the topic of the query begins. The stream is closed. */
enum rkb_status rkb_topics_read(struct rkb_stream *in, const char *field,
                                const struct rkb_sink *sink, size_t *line,
                                struct rkb_err *err) RKB_MUST_CHECK;
/* True when a file that begins like this holds topics. */
bool rkb_topics_like(rkb_sv head);
/* rank_llm requests; the stream stays open. */
enum rkb_status rkb_requests_read(struct rkb_stream *in,
                                  const struct rkb_sink *sink,
                                  struct rkb_err *err) RKB_MUST_CHECK;

/* True when there is a file, folder or archive, or a place in an archive. */
bool rkb_input_exists(const char *path);
/* The single file of an input, read ahead. */
enum rkb_status rkb_input_file(const struct rkb_input *in,
                               struct rkb_stream **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* A member of the input's tree, below in->under. RKB_E_IO when absent. */
enum rkb_status rkb_input_member(const struct rkb_input *in, const char *name,
                                 struct rkb_stream **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* Also true for NAME.gz and NAME.zst. */
bool rkb_input_has(const struct rkb_input *in, const char *name);
/* "biology, economics": what stands between prefix and suffix (or suffix.gz,
 * suffix.zst) in the names below in->under, where that holds no "/"; NULL when
 * nothing does. *n = how many. */
char *rkb_input_names(struct rkb_arena *a, const struct rkb_input *in,
                      const char *prefix, const char *suffix, size_t *n);

/* Records are NAME.jsonl or, where that is absent, Parquet: NAME.parquet,
 * NAME-00000-of-00002.parquet and so on (all of them), NAME/0000.parquet and
 * so on. Rows come as JSON lines with the wanted columns, id first. */
bool rkb_input_has_records(const struct rkb_input *in, const char *name);
enum rkb_status rkb_input_records(const struct rkb_input *in, const char *name,
                                  const char *const *columns,
                                  struct rkb_stream **out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* The single file of an input as records: JSON lines as they are, or Parquet.
 * Whether it is the latter, and then one with all these columns. */
enum rkb_status rkb_input_rows(const struct rkb_input *in,
                               const char *const *columns,
                               struct rkb_stream **out, struct rkb_err *err)
    RKB_MUST_CHECK;
bool rkb_input_is_parquet(const struct rkb_input *in);
bool rkb_input_has_columns(const struct rkb_input *in,
                           const char *const *columns);
/* As rkb_input_names, of records. */
char *rkb_input_record_names(struct rkb_arena *a, const struct rkb_input *in,
                             const char *prefix, size_t *n);

/* The next line of a head's text; false at the end. The last line of a head
 * that was cut is dropped, unless it is the only one. */
bool rkb_head_line(const struct rkb_input *in, rkb_sv *rest, rkb_sv *line);
/* True when the first lines (at most 50, at least one) all pass. */
bool rkb_head_all(const struct rkb_input *in, bool (*pass)(rkb_sv line));

#define RKB_HEAD_BYTES ((size_t)64 << 10)

#endif
