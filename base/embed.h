/* SPDX-License-Identifier: Apache-2.0 */
/* Data files that travel inside the program, so that one binary works from
 * any directory. The Makefile's EMBED lists them by wildcard and writes the
 * definitions with base/embed.sh; nothing here is edited by hand.
 *
 * A file can also be named directly, without the table:
 *     extern const unsigned char rkb_embed_runs_schema_sql[];
 *     extern const size_t rkb_embed_runs_schema_sql_len;
 */
#ifndef RKB_BASE_EMBED_H
#define RKB_BASE_EMBED_H

#include <stddef.h>

struct rkb_embed {
    const char *path;          /* root-relative: "runs/schema.sql"  */
    const unsigned char *data; /* the bytes, then one NUL           */
    size_t len;                /* in bytes, without that NUL        */
};

/* Sorted by path in C order; ends with a row whose path is NULL. */
extern const struct rkb_embed rkb_embeds[];

/* The release, as in "0.1.0", and the commit it was built from: twelve hex
 * digits, with "-dirty" when a tracked file differed, or "unknown". */
extern const char rkb_version[];
extern const char rkb_commit[];

#endif
