/* SPDX-License-Identifier: Apache-2.0 */
/* A dataset in memory: queries, judgments, excluded ids, and the texts of the
 * documents that are needed. Ids are interned; documents are numbers. */
#ifndef RKB_DATASETS_DATASET_H
#define RKB_DATASETS_DATASET_H

#include "base/arena.h"
#include "base/err.h"
#include "base/io/digest.h"
#include "base/map.h"
#include "base/stop.h"
#include "datasets/catalog.h"
#include "datasets/format.h"
#include "datasets/presets.h"

struct rkb_grade {
    uint32_t doc; /* index into dataset docids */
    int32_t grade;
};

struct rkb_query {
    rkb_sv qid, text;         /* text empty where the source had none   */
    struct rkb_grade *grades; /* [n_grades] in file order               */
    size_t n_grades;
    uint32_t *excluded; /* [n_excluded] docids dropped before the cut */
    size_t n_excluded;
    bool has_text, judged; /* judged: the qrels name this query */
};

struct rkb_doc {
    rkb_sv title, text;
    bool present;
};

/* Where the parts lie. `spec` is the name of a preset ("dl19", "beir/scifact")
 * or of an entry of the catalog, "FORMAT:PATH[:SPLIT]" or a path; the others
 * override single parts and may be NULL. A preset needs data_dir, an entry or
 * the overrides; a path whose base name is a preset of the same format gets
 * that preset ("x/scifact.zip"). The catalog must outlive the dataset. */
struct rkb_dataset_source {
    const char *spec, *queries, *qrels, *corpus, *split, *query_text, *data_dir;
    const struct rkb_catalog *catalog; /* NULL: none */
};

struct rkb_dataset {
    struct rkb_arena arena;
    const char *name;                /* "dl19", or the spec's base name    */
    const struct rkb_preset *preset; /* conventions; NULL = none known     */
    struct rkb_map qids, docids;
    struct rkb_query *queries; /* [qids.n] by qid index, order of the queries
                                  file, then of the qrels */
    struct rkb_doc *docs;      /* [docs_cap >= docids.n] by doc index */
    size_t queries_cap, docs_cap;
    size_t n_judged, n_grades, n_excludes;
    /* Over the sorted content, so that neither file order nor format counts:
     * (qid, text), (qid, docid, grade) and (qid, docid). */
    struct rkb_digest queries_digest, grades_digest, excludes_digest;
    const struct rkb_known *known; /* the judgments' version; NULL = unknown */
    struct rkb_dataset_source parts; /* where each part is read; private    */
    const struct rkb_stop *stop;     /* the caller's: ends scans with
                                    RKB_E_STOPPED; NULL: never */
};

/* Loads queries, judgments and excluded ids; no texts of documents.
 * RKB_E_USAGE for an unknown preset (nearest match), RKB_E_IO / RKB_E_DATA
 * with file:line. */
enum rkb_status rkb_dataset_open(struct rkb_dataset **out,
                                 const struct rkb_dataset_source *src,
                                 struct rkb_err *err) RKB_MUST_CHECK;
void rkb_dataset_close(struct rkb_dataset *d);

/* Index of the docid, added when new. */
uint32_t rkb_dataset_doc(struct rkb_dataset *d, rkb_sv docid);
/* Keeps a copy of title and text. */
void rkb_dataset_set_doc(struct rkb_dataset *d, uint32_t doc, rkb_sv title,
                         rkb_sv text);

/* Keeps a copy of the text of a query that the source has none of. The digest
 * of the queries is stale until it is made again. */
void rkb_dataset_set_query_text(struct rkb_dataset *d, uint32_t query,
                                rkb_sv text);
void rkb_dataset_redigest(struct rkb_dataset *d);

/* True when the source has a corpus to scan. */
bool rkb_dataset_has_corpus(const struct rkb_dataset *d);
/* Streams the corpus once: every document (BM25 statistics), or with
 * sink->wants_doc only some. */
enum rkb_status rkb_dataset_scan(struct rkb_dataset *d,
                                 const struct rkb_sink *sink,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* Scans for the texts of all docs with wanted[doc] != 0 that have none yet;
 * *n_missing = how many were not found. */
enum rkb_status rkb_dataset_load_texts(struct rkb_dataset *d,
                                       const uint8_t *wanted, size_t *n_missing,
                                       struct rkb_err *err) RKB_MUST_CHECK;

#endif
