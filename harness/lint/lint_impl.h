/* SPDX-License-Identifier: Apache-2.0 */
/* What the walks of lint share. Only for harness/lint. */
#ifndef RKB_HARNESS_LINT_LINT_IMPL_H
#define RKB_HARNESS_LINT_LINT_IMPL_H

#include "base/buf.h"
#include "base/io/digest.h"
#include "base/io/lines.h"
#include "base/map.h"
#include "datasets/presets.h"
#include "harness/lint/lint.h"

#include <stdint.h>

enum { /* bytes of a text; more is hardly ever read to its end */
       RKB_LINT_LONG_QUERY = 16384,
       RKB_LINT_LONG_DOC = 65536
};

/* Ids that are looked for exactly, and as they may have been meant: without
 * leading zeros, quotes, blanks, ".0", and case. */
struct rkb_lint_ids {
    struct rkb_map exact, folded;
    uint32_t *first; /* [folded.n] index into exact */
    size_t first_cap;
};
void rkb_lint_ids_release(struct rkb_lint_ids *ids);
uint32_t rkb_lint_ids_add(struct rkb_lint_ids *ids, rkb_sv id, bool *is_new);
/* An id that is another one but looks like it; RKB_MAP_NONE. */
uint32_t rkb_lint_ids_near(const struct rkb_lint_ids *ids, rkb_sv id);

/* 64-bit keys to a value; 0 and ~0 are keys like any other. */
struct rkb_lint_set {
    uint64_t *keys, *values; /* values: + 1, 0 = free */
    size_t n, n_slots;
};
void rkb_lint_set_release(struct rkb_lint_set *s);
void rkb_lint_set_reset(struct rkb_lint_set *s);
/* The value that is there, or UINT64_MAX once it was put (value < 2^64-1). */
uint64_t rkb_lint_set_put(struct rkb_lint_set *s, uint64_t key, uint64_t value);
uint64_t rkb_lint_set_find(const struct rkb_lint_set *s, uint64_t key);
uint64_t rkb_lint_pair(rkb_sv a, rkb_sv b);

struct rkb_lint_judgment {
    uint32_t query, doc;
    int32_t grade;
    size_t line;
};

/* A judged query. */
struct rkb_lint_query {
    size_t line, n_pos;
    bool has_text, ranked;
};

struct rkb_lint_doc { /* judged, or a candidate */
    size_t judged_line, candidate_line;
    uint32_t candidate_file;
    bool judged, candidate, present;
    const char *near; /* an id of the corpus that looks like it */
};

struct rkb_lint_version { /* of judgments, one a file */
    uint32_t file;
    size_t n_queries, n_grades, n_relevant;
    struct rkb_digest digest;
    const struct rkb_known *known;
    uint64_t queries_hash; /* the same for the same set of queries */
};

struct rkb_lint {
    struct rkb_lint_report *report;
    const struct rkb_lint_want *want;
    struct rkb_arena scratch; /* of a line or a query */
    struct {
        const char *name;
        size_t count[RKB_LINT_N];
    } * files;
    size_t n_files, files_cap;
    uint32_t file; /* the one that is walked */
    size_t line;
    size_t n_qrels, n_queries_files, n_corpora; /* given */

    struct rkb_lint_ids judged; /* queries of the judgments    */
    struct rkb_lint_query *queries;
    size_t queries_cap;
    struct rkb_lint_judgment *judgments;
    size_t n_judgments, judgments_cap;
    struct rkb_lint_set pairs; /* of the judgments, to their index */
    struct rkb_lint_ids docs;
    struct rkb_lint_doc *doc;
    size_t doc_cap;
    struct rkb_lint_ids texts; /* queries that have a text */
    size_t *texts_line;
    size_t texts_cap;
    uint32_t texts_file, qrels_file;
    struct rkb_lint_set excluded;
    struct rkb_lint_version *versions;
    size_t n_versions, versions_cap;
};

/* A finding in the file that is walked; line 0: of the whole file. */
void rkb_lint_at(struct rkb_lint *l, enum rkb_lint_id code, size_t line,
                 const char *fmt, ...) RKB_PRINTF(4, 5);
/* The same in another file. */
void rkb_lint_in(struct rkb_lint *l, uint32_t file, enum rkb_lint_id code,
                 size_t line, const char *fmt, ...) RKB_PRINTF(5, 6);

/* Lines with what can be wrong with any line told. */
struct rkb_lint_walk {
    struct rkb_lines in;
    size_t n_cr, first_cr, n_tabs, n_blanks;
    bool mixed;
    int id_kind; /* 0 none yet; -1 mixed and told */
};
/* Without CR. Lines that are not UTF-8 are told and passed over. */
bool rkb_lint_next(struct rkb_lint *l, struct rkb_lint_walk *w, rkb_sv *line);
void rkb_lint_walk_end(struct rkb_lint *l, struct rkb_lint_walk *w);
/* Fields are parted by tabs in some lines and by blanks in others. */
void rkb_lint_separators(struct rkb_lint *l, struct rkb_lint_walk *w,
                         rkb_sv line);
/* False, and told, when a reader would refuse the id. */
bool rkb_lint_id(struct rkb_lint *l, rkb_sv raw, const char *what, rkb_sv *id);
/* Tells when ids are numbers in some lines and texts in others. */
void rkb_lint_id_kind(struct rkb_lint *l, struct rkb_lint_walk *w, bool number);
void rkb_lint_text(struct rkb_lint *l, rkb_sv text, const char *what, rkb_sv id,
                   size_t longest);

/* "%.*s" of an id, cut. */
#define RKB_LINT_SV(id) (int)((id).len < 60 ? (id).len : 60), (id).at

/* ---- worlds ---- */
void rkb_lint_grade(struct rkb_lint *l, rkb_sv qid, rkb_sv docid,
                    int32_t grade);
void rkb_lint_exclude(struct rkb_lint *l, rkb_sv qid, rkb_sv docid);
void rkb_lint_query_text(struct rkb_lint *l, rkb_sv qid, rkb_sv text);
uint32_t rkb_lint_doc(struct rkb_lint *l, rkb_sv docid);
/* What was said of a document is checked; `text_hash` tells texts apart. */
void rkb_lint_corpus_doc(struct rkb_lint *l, struct rkb_lint_set *seen,
                         rkb_sv docid, uint64_t text_hash);
void rkb_lint_qrels_begin(struct rkb_lint *l);
void rkb_lint_qrels_end(struct rkb_lint *l);

/* ---- rankings, from runs and requests ---- */
struct rkb_lint_ranking;
struct rkb_lint_ranking *rkb_lint_ranking_open(struct rkb_lint *l);
struct rkb_lint_hit {
    rkb_sv docid; /* copied */
    double score; /* never NaN */
    int64_t rank;
    bool has_score, has_rank;
};
/* A new query begins where qid differs from the last one's. */
void rkb_lint_rank(struct rkb_lint_ranking *r, rkb_sv qid,
                   const struct rkb_lint_hit *hit);
void rkb_lint_ranking_query(struct rkb_lint_ranking *r, rkb_sv qid);
void rkb_lint_ranking_close(struct rkb_lint_ranking *r);

/* The best that can be had when only `there` documents can be ranked: mean
 * nDCG@10 and recall over the queries that have a positive judgment. */
struct rkb_lint_ceiling {
    double ndcg, recall;
    size_t n_queries, n_pos, n_there;
};
struct rkb_lint_ceiling rkb_lint_ceiling(const struct rkb_lint *l,
                                         const uint8_t *there);

/* ---- after all files ---- */
void rkb_lint_cross(struct rkb_lint *l);

/* ---- kinds ---- */
struct rkb_lint_kind {
    const char *name; /* as in KIND:PATH */
    enum rkb_lint_role role;
    int (*votes)(rkb_sv head); /* MAY: how many lines look like it */
    void (*walk)(struct rkb_lint *l, struct rkb_stream *in); /* MUST */
};
extern const struct rkb_lint_kind rkb_lint_kinds[];
extern const size_t rkb_lint_n_kinds;
/* The surest one that has the role; NULL. *other: the surest of all. */
const struct rkb_lint_kind *rkb_lint_recognise(rkb_sv head,
                                               enum rkb_lint_role role,
                                               const char **other);
/* By name, NULL. */
const struct rkb_lint_kind *rkb_lint_kind_find(rkb_sv name);

/* The same shape with another role; itself when there is none. */
const struct rkb_lint_kind *rkb_lint_kind_as(const struct rkb_lint_kind *kind,
                                             enum rkb_lint_role role);

/* The walks; each closes the stream. */
void rkb_lint_walk_trec_qrels(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_beir_qrels(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_json_qrels(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_bright(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_tsv(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_tsv_queries(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_tsv_docs(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_jsonl(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_jsonl_queries(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_jsonl_docs(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_msmarco_docs(struct rkb_lint *l, struct rkb_stream *in);
bool rkb_lint_like_msmarco_doc(rkb_sv line);
void rkb_lint_walk_topics(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_run(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_msmarco(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_requests(struct rkb_lint *l, struct rkb_stream *in);
void rkb_lint_walk_plan(struct rkb_lint *l, struct rkb_stream *in);

#endif
