/* SPDX-License-Identifier: Apache-2.0 */
/* Whole small files, single bytes of large ones, and files that are there
 * whole or not at all. */
#ifndef RKB_BASE_IO_FILE_H
#define RKB_BASE_IO_FILE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* All bytes (decoded if compressed), at most max_bytes (RKB_E_LIMIT). */
enum rkb_status rkb_file_read(struct rkb_arena *a, const char *path,
                              size_t max_bytes, rkb_sv *out,
                              struct rkb_err *err) RKB_MUST_CHECK;

/* Any bytes of a regular file, in any order, not decoded. A zeroed struct may
 * be closed. Set `at` instead of opening to read from memory. */
struct rkb_file_in {
    int fd;
    bool is_open;
    const char *at; /* NULL for a file */
    uint64_t size;  /* when it was opened */
};
enum rkb_status rkb_file_in_open(struct rkb_file_in *f, const char *path,
                                 struct rkb_err *err) RKB_MUST_CHECK;
/* All n bytes from `offset`; RKB_E_DATA where the file ends before. Messages
 * do not name the file. */
enum rkb_status rkb_file_in_read(const struct rkb_file_in *f, uint64_t offset,
                                 void *to, size_t n, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_file_in_close(struct rkb_file_in *f);

/* Writes PATH.tmp.PID, then renames: never half a file. "-" is stdout; a pipe
 * or a device is written as it is; a link is followed. Needs SIGXFSZ and
 * SIGPIPE ignored to report a limit or a closed pipe. */
enum rkb_status rkb_file_write(const char *path, rkb_sv bytes,
                               struct rkb_err *err) RKB_MUST_CHECK;

/* Output in pieces with the same promise; a zeroed struct may be closed.
 * close without commit removes the temporary file. */
struct rkb_file_out {
    int fd;
    char *path, *temp; /* owned; temp is NULL when written as it is */
    struct rkb_buf buf;
    struct rkb_err failed; /* the first write error; commit reports it */
};
enum rkb_status rkb_file_out_open(struct rkb_file_out *f, const char *path,
                                  struct rkb_err *err) RKB_MUST_CHECK;
void rkb_file_out_add(struct rkb_file_out *f, rkb_sv bytes);
enum rkb_status rkb_file_out_commit(struct rkb_file_out *f, struct rkb_err *err)
    RKB_MUST_CHECK;
void rkb_file_out_close(struct rkb_file_out *f);

/* Lines added to the end of a file that is made when absent: each is one
 * write, whole after a crash or not there. Thread-safe. */
struct rkb_file_append;
enum rkb_status rkb_file_append_open(struct rkb_file_append **out,
                                     const char *path, struct rkb_err *err)
    RKB_MUST_CHECK;
enum rkb_status rkb_file_append_add(struct rkb_file_append *f, rkb_sv line,
                                    struct rkb_err *err) RKB_MUST_CHECK;
void rkb_file_append_close(struct rkb_file_append *f); /* NULL is fine */

bool rkb_file_exists(const char *path);
bool rkb_file_is_folder(const char *path);
/* "DIR/NAME" in the arena; NAME alone when it is absolute or DIR is empty. */
char *rkb_path_join(struct rkb_arena *a, const char *dir, const char *name);
/* Absolute, without links; NULL when it is not there. */
char *rkb_path_real(struct rkb_arena *a, const char *path);
/* "~" and "~/x" expanded from HOME. */
char *rkb_path_home(struct rkb_arena *a, const char *path);
/* A file of the user's configuration: "$XDG_CONFIG_HOME/rerankbench/NAME" or
 * "~/.config/rerankbench/NAME"; NULL when there is no such folder to name. */
char *rkb_path_config(struct rkb_arena *a, const char *name);

#endif
