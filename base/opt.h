/* SPDX-License-Identifier: Apache-2.0 */
/* Option rows: name, type, range, default, help. One table of rows serves
 * reranker specs ("bm25(k1=0.9,b=0.4)"), plan files and the command line, and
 * its help text; every value is checked here, once. */
#ifndef RKB_BASE_OPT_H
#define RKB_BASE_OPT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/sv.h"

enum rkb_opt_type {
    RKB_OPT_FLAG,  /* no value on the command line; true|false elsewhere */
    RKB_OPT_INT,   /* int64, min..max                                    */
    RKB_OPT_REAL,  /* finite double, min..max                            */
    RKB_OPT_TEXT,  /* any bytes                                          */
    RKB_OPT_CHOICE /* one of `choices`, written "a|b|c"                  */
};

struct rkb_opt {
    const char *name; /* long name, without dashes; NULL ends a table  */
    enum rkb_opt_type type;
    const char *fallback; /* default as text; NULL = none (may be absent)  */
    double min, max;      /* both 0: unbounded. INT and REAL only          */
    const char *choices;
    const char *help;
    char letter;            /* short option, 0 = none. Command line only     */
    bool many;              /* may be given several times. Command line only */
    bool aside;             /* says where, not what (a path whose digest
                               counts), or is told in another form (by
                               probe): left out of rkb_optset_json      */
    const char *value_name; /* "N", "FILE": for help; NULL by type     */
};

/* One value of one row. Text is as it was given; the number is parsed. */
struct rkb_opt_value {
    bool given;      /* by the user, not from the fallback */
    rkb_sv text;     /* at == NULL: absent                 */
    int64_t integer; /* CHOICE: which one, from 0 */
    double real;
    bool flag;
    rkb_sv *all; /* [n_all] every value of a `many` row, in order; its
                    fallback alone when none was given */
    size_t n_all;
};

/* All rows of a table with their values: rows[i] has values[i]. */
struct rkb_optset {
    const struct rkb_opt *rows;
    size_t n_rows;
    struct rkb_opt_value *values;
    struct rkb_arena *arena; /* owns the values */
};

/* Every row at its fallback. rows may be NULL: no options. A fallback that
 * its own row refuses is our mistake (assert). */
void rkb_optset_init(struct rkb_optset *set, struct rkb_arena *a,
                     const struct rkb_opt *rows);

/* RKB_E_USAGE for an unknown name (with the nearest one), a bad value, or a
 * row given twice that is not `many`. The text is copied. A value whose `at`
 * is NULL means that none was written: true for a FLAG, else an error. */
enum rkb_status rkb_optset_put(struct rkb_optset *set, rkb_sv name,
                               rkb_sv value, struct rkb_err *err)
    RKB_MUST_CHECK;

/* By name; the name must be a row of the set (assert). */
const struct rkb_opt_value *rkb_optset_get(const struct rkb_optset *set,
                                           const char *name);
int64_t rkb_optset_int(const struct rkb_optset *set, const char *name);
double rkb_optset_real(const struct rkb_optset *set, const char *name);
bool rkb_optset_flag(const struct rkb_optset *set, const char *name);
rkb_sv rkb_optset_text(const struct rkb_optset *set, const char *name);
/* As a C string, NULL when absent. An absent number reads as 0. */
const char *rkb_optset_cstr(const struct rkb_optset *set, const char *name);

/* "name" or "name(a=1,b='x, y')". The bytes ( ) , = ' " stand in a value only
 * between quotes ' or ", where every byte but that quote stands for itself;
 * blanks around parts are dropped; an empty value is ''. The views live in
 * the arena. RKB_E_USAGE with the column (byte, from 1) of the fault. */
struct rkb_spec {
    rkb_sv name;
    rkb_sv *keys, *values;
    size_t n;
};
enum rkb_status rkb_spec_parse(struct rkb_arena *a, rkb_sv text,
                               struct rkb_spec *out, struct rkb_err *err)
    RKB_MUST_CHECK;

/* Cuts the next spec off a list such as "bm25(k1=1); first-stage": ';' counts
 * outside quotes and parentheses, blanks around specs are dropped. False at
 * the end; nothing between two ';' is an empty view. */
bool rkb_spec_cut(rkb_sv *list, rkb_sv *spec);

/* Adds {"a":1,"b":"x"} with every row in table order, defaults expanded;
 * absent values are null (a FLAG: false), `many` rows are arrays. Canonical:
 * equal sets give equal bytes. */
void rkb_optset_json(const struct rkb_optset *set, struct rkb_buf *out);

/* Nearest name within a third (rounded) of the length of `name`, or the empty view: for "did you
 * mean". */
rkb_sv rkb_nearest(rkb_sv name, const char *const *names, size_t n);

#endif
