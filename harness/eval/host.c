/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/host.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io/lines.h"
#include "base/io/proc.h"
#include "runs/store_read.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static rkb_sv cpu_model(struct rkb_arena *a)
{
    struct rkb_lines in = { 0 };
    struct rkb_err ignored;
    rkb_sv line, model = { 0 }, key;

    if (!rkb_lines_open(&in, "/proc/cpuinfo", &ignored))
        while (!model.len && rkb_lines_next(&in, &line))
            if (rkb_sv_split(&line, ':', &key) &&
                rkb_sv_is(rkb_sv_trim(key), "model name"))
                model = rkb_arena_copy(a, rkb_sv_trim(line));
    rkb_lines_close(&in);
    return model;
}

void rkb_host_look(struct rkb_arena *a, struct rkb_host *out)
{
    char name[256] = "";

    if (gethostname(name, sizeof name - 1))
        name[0] = 0;
    *out = (struct rkb_host){ .name = rkb_arena_copy(a, rkb_sv_of(name)),
                              .cpu = cpu_model(a) };
    if (getloadavg(&out->load, 1) != 1)
        out->load = -1;
}

static void add_gpu(struct rkb_buf *text, rkb_sv name, size_t n)
{
    if (n)
        rkb_buf_printf(text, "%s%.*s", text->len ? ", " : "", (int)name.len,
                       name.at);
    if (n > 1)
        rkb_buf_printf(text, " x %zu", n);
}

const char *rkb_host_gpu(struct rkb_arena *a)
{
    static const char *const argv[] = { "nvidia-smi", "--query-gpu=name",
                                        "--format=csv,noheader", NULL };
    struct rkb_buf text = { 0 };
    struct rkb_err ignored;
    rkb_sv rest, line, last = { 0 };
    size_t n = 0; /* of `last`: alike ones follow each other */
    const char *out = NULL;

    if (rkb_proc_output(a, argv, 4096, rkb_clock_now() + (int64_t)10e9, &rest,
                        &ignored))
        return NULL;
    while (rkb_sv_split(&rest, '\n', &line)) {
        line = rkb_sv_trim(line);
        if (n && rkb_sv_eq(line, last)) {
            n++;
            continue;
        }
        add_gpu(&text, last, n);
        last = line;
        n = line.len > 0;
    }
    add_gpu(&text, last, n);
    if (text.len)
        out = rkb_arena_cstr(a, rkb_buf_view(&text));
    rkb_buf_release(&text);
    return out;
}

enum rkb_status rkb_machines_tell(struct rkb_store *store, struct rkb_arena *a,
                                  int64_t run_id, const char **out,
                                  struct rkb_err *err)
{
    struct rkb_machine_row *rows;
    struct rkb_buf text = { 0 };
    size_t n;
    enum rkb_status rc = rkb_store_machines(store, a, run_id, &rows, &n, err);

    *out = NULL;
    if (rc || n < 2)
        return rc;
    rkb_buf_printf(&text, "%zu kinds of machine: ", n);
    for (size_t i = 0; i < n; i++) {
        const struct rkb_machine_row *m = &rows[i];

        rkb_buf_printf(&text, "%s%.*s%s%.*s (%.*s", i ? ", " : "",
                       (int)m->cpu.len, m->cpu.len ? m->cpu.at : "",
                       m->gpu.len ? " with " : "", (int)m->gpu.len,
                       m->gpu.len ? m->gpu.at : "", (int)m->host.len,
                       m->host.at);
        if (m->n_hosts > 1)
            rkb_buf_printf(&text, " and %lld more", (long long)m->n_hosts - 1);
        rkb_buf_printf(&text, "; %lld queries)", (long long)m->n_queries);
    }
    *out = rkb_arena_cstr(a, rkb_buf_view(&text));
    rkb_buf_release(&text);
    return RKB_OK;
}
