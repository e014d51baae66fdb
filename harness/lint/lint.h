/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with the files of an evaluation, told with file and line, and
 * what it does to the numbers. Where a reader stops, lint goes on. Files are
 * walked line by line: what stays in memory are ids of judgments, of queries
 * and (where a corpus is checked) of candidates, and 16 bytes a document. */
#ifndef RKB_HARNESS_LINT_LINT_H
#define RKB_HARNESS_LINT_LINT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/sv.h"

#include <stdbool.h>
#include <stddef.h>

enum rkb_severity {                   /* of a finding */
                    RKB_LINT_ERROR,   /* a number is wrong, or a tool refuses */
                    RKB_LINT_WARNING, /* numbers may mislead */
                    RKB_LINT_NOTE
};

/* Rows of codes.def, in this order. */
enum rkb_lint_id {
#define RKB_LINT(id, name, severity, effect) RKB_LINT_##id,
#include "harness/lint/codes.def"
#undef RKB_LINT
    RKB_LINT_N
};
struct rkb_lint_code {
    const char *name, *effect; /* effect: on the numbers */
    enum rkb_severity severity;
};
extern const struct rkb_lint_code rkb_lint_codes[RKB_LINT_N];
const char *rkb_severity_name(enum rkb_severity severity);

enum rkb_lint_role {
    RKB_ROLE_ANY, /* told from the content */
    RKB_ROLE_QRELS,
    RKB_ROLE_QUERIES,
    RKB_ROLE_CORPUS,
    RKB_ROLE_RUN, /* candidates: a run, or requests */
    RKB_ROLE_PLAN
};

struct rkb_lint_input {
    const char *spec; /* PATH, or KIND:PATH; a folder or archive is taken
                         apart. KIND: a format of `list formats`, or qrels,
                         queries, corpus, run, plan */
    enum rkb_lint_role role;
};

struct rkb_lint_want {
    const struct rkb_lint_input *inputs;
    size_t n_inputs;
    const struct rkb_preset *preset; /* conventions; NULL: none known  */
    const char *split;               /* of folders; NULL: preset's, or test */
    const char *query_text;          /* field of TREC topics; NULL: usual one */
    size_t most;                     /* findings listed of a code in a file */
};

struct rkb_finding {
    const char *file;
    size_t line; /* 0: of the whole file */
    enum rkb_lint_id code;
    const char *text;
    size_t n; /* 1; more: so many others of this code were not listed */
};

/* A zeroed struct may be released. Findings: by file in the order given, then
 * by line, those of the whole file last. */
struct rkb_lint_report {
    struct rkb_arena arena;
    struct rkb_finding *findings;
    size_t n, cap;
    size_t counts[3]; /* by severity */
};
void rkb_lint_report_release(struct rkb_lint_report *r);

/* RKB_E_IO for a file that is not there; what is wrong in a file is a finding
 * and no failure. */
enum rkb_status rkb_lint(const struct rkb_lint_want *want,
                         struct rkb_lint_report *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* One file that is in memory, for tests: judged alone. */
void rkb_lint_memory(rkb_sv kind, rkb_sv text, struct rkb_lint_report *out);

#endif
