/* SPDX-License-Identifier: Apache-2.0 */
/* What a gate decided, for people and for machines. */
#ifndef RKB_HARNESS_CLI_GATE_PRINT_H
#define RKB_HARNESS_CLI_GATE_PRINT_H

#include "harness/eval/verdict.h"
#include "reports/doc.h"

struct rkb_gate_print {
    const struct rkb_verdicts *gate;
    double alpha;
    int exit_code;
    bool unsure_passes; /* --unsure pass */
    size_t n_worst;     /* queries listed of a question */
    const char **notes; /* [n_notes] more lines below the answers */
    size_t n_notes;
};

/* The verdict in one paragraph, without a line end. */
void rkb_gate_text(const struct rkb_gate_print *p, struct rkb_buf *out);
/* format: text, json, csv or md. */
enum rkb_status rkb_gate_write(const struct rkb_gate_print *p, rkb_sv format,
                               struct rkb_buf *out, struct rkb_err *err)
    RKB_MUST_CHECK;
/* As JUnit's XML: a test case for each question. */
void rkb_gate_junit(const struct rkb_gate_print *p, struct rkb_buf *out);

#endif
