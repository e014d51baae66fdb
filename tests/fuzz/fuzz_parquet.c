/* SPDX-License-Identifier: Apache-2.0 */
/* Parquet files: reading twice gives the same, every row is one line of strict
 * JSON, a file that is read whole has as many rows as it says, and asking for
 * fewer columns never makes a good file bad. */
#include "datasets/parquet.h"

#include "base/io/json.h"

#include <stdlib.h>
#include <string.h>

/* Run lengths make millions of nulls from a few bytes. */
#define MAX_ROWS 2000u
#define MAX_BYTES ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

struct outcome {
    enum rkb_status rc;
    struct rkb_err err;
    struct rkb_buf text;
    size_t n_rows;
    bool whole;
};

static void read_all(struct outcome *o, rkb_sv bytes,
                     const char *const *columns)
{
    struct rkb_parquet *p;
    bool more = true;

    *o = (struct outcome){ 0 };
    o->rc = rkb_parquet_from_memory(&p, "x", bytes, columns, &o->err);
    if (!o->rc) {
        while (!o->rc && more && o->n_rows < MAX_ROWS &&
               o->text.len < MAX_BYTES) {
            o->rc = rkb_parquet_next(p, &o->text, &more, &o->err);
            o->n_rows += !o->rc && more;
        }
        o->whole = !o->rc && !more;
        demand(!o->whole || o->n_rows == rkb_parquet_rows(p));
        rkb_parquet_close(p);
    }
    demand(!o->rc || (o->err.code == o->rc && o->err.msg[0]));
}

static void check_lines(const struct outcome *o)
{
    rkb_sv rest = rkb_buf_view(&o->text), line;
    struct rkb_arena a = { 0 };

    for (size_t i = 0; i < o->n_rows; i++) {
        const struct rkb_json *j;
        struct rkb_err err;

        demand(rkb_sv_split(&rest, '\n', &line));
        demand(rkb_json_parse(&a, line, &j, &err) == RKB_OK);
        demand(j->kind == RKB_JSON_OBJECT);
        rkb_arena_reset(&a);
    }
    rkb_arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const id[] = { "id", NULL };
    const rkb_sv bytes = { (const char *)data, size };
    struct outcome first, second, some;

    read_all(&first, bytes, NULL);
    read_all(&second, bytes, NULL);
    read_all(&some, bytes, id);
    demand(first.rc == second.rc && first.n_rows == second.n_rows);
    demand(strcmp(first.err.msg, second.err.msg) == 0);
    demand(rkb_sv_eq(rkb_buf_view(&first.text), rkb_buf_view(&second.text)));
    if (!first.rc)
        check_lines(&first);
    demand(!first.whole || !some.rc);
    rkb_buf_release(&first.text);
    rkb_buf_release(&second.text);
    rkb_buf_release(&some.text);
    return 0;
}
