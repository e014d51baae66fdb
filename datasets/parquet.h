/* SPDX-License-Identifier: Apache-2.0 */
/* Parquet files as rows of JSON: the part of the format that data sets on
 * Hugging Face use. One top-level column is one member of the object; a null
 * is left out, a list is an array. What is read and what is refused, by name:
 * docs/formats.md. Source: Apache parquet-format 2.11 (README, Encodings.md,
 * parquet.thrift). */
#ifndef RKB_DATASETS_PARQUET_H
#define RKB_DATASETS_PARQUET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/io/stream.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stdint.h>

struct rkb_parquet;

/* `columns`: the names that are wanted, in the order in which rows give them,
 * ended by NULL; those that the file lacks are passed over. A wanted column
 * that is not read is RKB_E_DATA here. NULL wants all, in the file's order.
 * RKB_E_IO, RKB_E_DATA and RKB_E_LIMIT name the file. */
enum rkb_status rkb_parquet_open(struct rkb_parquet **out, const char *path,
                                 const char *const *columns,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* From memory, which must outlive it; `name` is for messages. */
enum rkb_status rkb_parquet_from_memory(struct rkb_parquet **out,
                                        const char *name, rkb_sv bytes,
                                        const char *const *columns,
                                        struct rkb_err *err) RKB_MUST_CHECK;
void rkb_parquet_close(struct rkb_parquet *p); /* NULL is fine */

uint64_t rkb_parquet_rows(const struct rkb_parquet *p);
/* All columns of the file, wanted or not. */
bool rkb_parquet_has(const struct rkb_parquet *p, const char *column);

/* Adds the next row and "\n"; *more is false when there was none left. */
enum rkb_status rkb_parquet_next(struct rkb_parquet *p, struct rkb_buf *to,
                                 bool *more, struct rkb_err *err)
    RKB_MUST_CHECK;

/* The rows of n >= 1 files, one behind the other, as JSON lines. The stream is
 * called `name`. */
enum rkb_status rkb_parquet_stream(struct rkb_stream **out, const char *name,
                                   const char *const *paths, size_t n,
                                   const char *const *columns,
                                   struct rkb_err *err) RKB_MUST_CHECK;

#endif
