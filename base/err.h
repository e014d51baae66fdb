/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes and error messages: how every fallible function reports.
 *
 * A function that can fail returns `enum rkb_status` and takes a
 * `struct rkb_err *` as its last argument, never NULL. Messages are lower
 * case without a full stop, cause first, subject in single quotes. Each layer
 * puts before the message what only it knows: "qrels.tsv:12: bad grade 'x'".
 */
#ifndef RKB_BASE_ERR_H
#define RKB_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define RKB_MUST_CHECK __attribute__((warn_unused_result))
#define RKB_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define RKB_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Values up to RKB_E_UNSURE are also the program's exit codes; RKB_E_LIMIT
 * (a named limit was met by outside data) leaves the program as 3,
 * RKB_E_REFUSED as 4. */
enum rkb_status {
    RKB_OK = 0,
    RKB_E_INCOMPLETE = 1, /* results are incomplete, or a gate failed     */
    RKB_E_USAGE = 2,      /* command line or plan                         */
    RKB_E_DATA = 3,       /* malformed or inconsistent data               */
    RKB_E_IO = 4,         /* file, network or service                     */
    RKB_E_STOPPED = 5,    /* interrupted; the same command resumes        */
    RKB_E_NOMEM = 6,      /* never returned: base/mem exits with it       */
    RKB_E_UNSURE = 7,     /* the gate cannot tell                         */
    RKB_E_LIMIT = 8,      /* outside data larger than a named limit       */
    RKB_E_REFUSED = 9     /* a service: no request of this run will do    */
};

enum { RKB_ERR_PREFIX_MAX = 255 };

struct rkb_err {
    enum rkb_status code;
    char msg[512];
};

/* Sets code and message, returns `code`: `return rkb_fail(err, ...);`. A
 * message longer than the buffer is cut at a UTF-8 boundary and goes through
 * rkb_printable. The arguments may point into err->msg. */
enum rkb_status rkb_fail(struct rkb_err *err, enum rkb_status code,
                         const char *fmt, ...) RKB_PRINTF(3, 4);

/* Puts "PREFIX: " before the message and returns err->code. A prefix is cut
 * at RKB_ERR_PREFIX_MAX bytes, so that a long path leaves the cause visible. */
enum rkb_status rkb_wrap(struct rkb_err *err, const char *fmt, ...)
    RKB_PRINTF(2, 3);

/* For texts that reach a terminal: control bytes and bytes that are not UTF-8
 * become '?' in place. `cut`: the text was cut, so a last character without its
 * end is dropped. */
void rkb_printable(char *text, bool cut);

/* The exit code of the program for a status. */
int rkb_exit_code(enum rkb_status rc);

#endif
