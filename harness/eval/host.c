/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/host.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io/lines.h"
#include "base/io/proc.h"
#include "runs/store_read.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What counts as busy, in percent of the time. */
#define LOADED_PERCENT 10
/* A shorter session says nothing about a share of its time. */
#define LOADED_SESSION_NS INT64_C(1000000000)

/* ---- what it is ----------------------------------------------------------- */

static const char *under(struct rkb_arena *a, const char *root,
                         const char *path)
{
    return rkb_arena_printf(a, "%s/%s", root ? root : "", path);
}

static void read_cpuinfo(struct rkb_arena *a, const char *root,
                         struct rkb_host *out)
{
    struct rkb_lines in = { 0 };
    struct rkb_err ignored;
    rkb_sv line, key;

    if (!rkb_lines_open(&in, under(a, root, "proc/cpuinfo"), &ignored))
        while (rkb_lines_next(&in, &line)) {
            if (!rkb_sv_split(&line, ':', &key))
                continue;
            key = rkb_sv_trim(key);
            out->n_cpus += rkb_sv_is(key, "processor");
            if (!out->cpu.len && rkb_sv_is(key, "model name"))
                out->cpu = rkb_arena_copy(a, rkb_sv_trim(line));
        }
    rkb_lines_close(&in);
    if (!out->n_cpus && sysconf(_SC_NPROCESSORS_ONLN) > 0)
        out->n_cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
}

/* The first line of a file that may be absent. */
static rkb_sv first_line(struct rkb_arena *a, const char *path)
{
    struct rkb_lines in = { 0 };
    struct rkb_err ignored;
    rkb_sv line, out = { 0 };

    if (!rkb_lines_open(&in, path, &ignored) && rkb_lines_next(&in, &line))
        out = rkb_arena_copy(a, rkb_sv_trim(line));
    rkb_lines_close(&in);
    return out;
}

static rkb_sv governor(struct rkb_arena *a, const char *root, size_t n_cpus)
{
    rkb_sv all = { 0 };

    for (size_t i = 0; i < n_cpus; i++) {
        const char *name = rkb_arena_printf(
            a, "sys/devices/system/cpu/cpu%zu/cpufreq/scaling_governor", i);
        rkb_sv one = first_line(a, under(a, root, name));

        if (all.len && one.len && !rkb_sv_eq(one, all))
            return rkb_sv_of("mixed");
        if (one.len)
            all = one;
    }
    return all;
}

void rkb_host_look(struct rkb_arena *a, const char *root, struct rkb_host *out)
{
    char name[256] = "";

    if (gethostname(name, sizeof name - 1))
        name[0] = 0;
    *out = (struct rkb_host){ .name = rkb_arena_copy(a, rkb_sv_of(name)) };
    read_cpuinfo(a, root, out);
    out->governor = governor(a, root, out->n_cpus);
}

/* ---- how busy it is --------------------------------------------------------- */

/* "some avg10=1.50 avg60=... total=123456": percent, and microseconds. */
static void read_pressure(struct rkb_arena *a, const char *root,
                          struct rkb_host_moment *out)
{
    rkb_sv line = first_line(a, under(a, root, "proc/pressure/cpu"));
    rkb_sv word = rkb_sv_word(&line), key;
    double percent;
    int64_t us;

    if (!rkb_sv_is(word, "some"))
        return;
    while ((word = rkb_sv_word(&line)).len) {
        (void)rkb_sv_split(&word, '=', &key);
        if (rkb_sv_is(key, "avg10") && rkb_sv_to_double(word, &percent))
            out->pressure = percent;
        if (rkb_sv_is(key, "total") &&
            rkb_sv_to_i64(word, 0, INT64_MAX / 1000, &us))
            out->stalled_ns = us * 1000;
    }
}

static rkb_sv gpu_clocks(struct rkb_arena *a)
{
    static const char *const argv[] = { "nvidia-smi",
                                        "--query-gpu=clocks.sm,clocks.max.sm",
                                        "--format=csv,noheader,nounits", NULL };
    struct rkb_buf text = { 0 };
    struct rkb_err ignored;
    rkb_sv rest, line, now, out = { 0 };

    if (rkb_proc_output(a, argv, 4096, rkb_clock_now() + (int64_t)10e9, &rest,
                        &ignored))
        return out;
    while (rkb_sv_split(&rest, '\n', &line)) {
        if (!rkb_sv_split(&line, ',', &now) || !line.len)
            continue;
        now = rkb_sv_trim(now);
        line = rkb_sv_trim(line);
        rkb_buf_printf(&text, "%s%.*s of %.*s MHz", text.len ? ", " : "",
                       (int)now.len, now.at, (int)line.len, line.at);
    }
    if (text.len)
        out = rkb_arena_copy(a, rkb_buf_view(&text));
    rkb_buf_release(&text);
    return out;
}

void rkb_host_moment(struct rkb_arena *a, const char *root, bool gpu,
                     struct rkb_host_moment *out)
{
    rkb_sv line = first_line(a, under(a, root, "proc/loadavg"));

    *out = (struct rkb_host_moment){
        .at_ns = rkb_clock_now(), .load = -1, .pressure = -1, .stalled_ns = -1
    };
    (void)rkb_sv_to_double(rkb_sv_word(&line), &out->load);
    read_pressure(a, root, out);
    if (gpu)
        out->gpu_clocks = gpu_clocks(a);
}

/* ---- its record ------------------------------------------------------------- */

static void add_text(struct rkb_buf *json, const char *name, rkb_sv text)
{
    if (!text.len)
        return;
    rkb_buf_printf(json, "%s\"%s\":", json->len ? "," : "", name);
    rkb_buf_json(json, text);
}

static void add_number(struct rkb_buf *json, const char *name, double value,
                       int digits)
{
    if (value >= 0)
        rkb_buf_printf(json, "%s\"%s\":%.*f", json->len ? "," : "", name,
                       digits, value);
}

void rkb_host_before(const struct rkb_host *host,
                     const struct rkb_host_moment *before, struct rkb_buf *json)
{
    add_number(json, "cpus", (double)host->n_cpus, 0);
    add_text(json, "governor", host->governor);
    add_number(json, "load_before", before->load, 2);
    add_number(json, "pressure_before", before->pressure, 2);
    add_text(json, "gpu_clocks_before", before->gpu_clocks);
}

static double stalled_percent(const struct rkb_host_moment *before,
                              const struct rkb_host_moment *after)
{
    int64_t took = after->at_ns - before->at_ns;

    if (before->stalled_ns < 0 || after->stalled_ns < before->stalled_ns ||
        took <= 0)
        return -1;
    return 100 * (double)(after->stalled_ns - before->stalled_ns) /
           (double)took;
}

static void add_loaded(const struct rkb_host *host,
                       const struct rkb_host_moment *before,
                       const struct rkb_host_moment *after, double stalled,
                       struct rkb_buf *json)
{
    bool by_load = before->pressure < 0 && before->load >= 0 && host->n_cpus;
    char why[160] = "no";

    if (before->pressure < 0 && !by_load && stalled < 0)
        return;
    if (before->pressure >= LOADED_PERCENT)
        snprintf(why, sizeof why,
                 "in the 10 s before it, processes waited for a processor "
                 "%.0f %% of the time",
                 before->pressure);
    else if (by_load && before->load >= 0.5 * (double)host->n_cpus)
        snprintf(why, sizeof why,
                 "load average of %.2f on %zu processors when it began",
                 before->load, host->n_cpus);
    else if (stalled >= LOADED_PERCENT &&
             after->at_ns - before->at_ns >= LOADED_SESSION_NS)
        snprintf(why, sizeof why,
                 "processes waited for a processor %.0f %% of the time",
                 stalled);
    add_text(json, "loaded", rkb_sv_of(why));
}

void rkb_host_after(const struct rkb_host *host,
                    const struct rkb_host_moment *before,
                    const struct rkb_host_moment *after, struct rkb_buf *json)
{
    double stalled = stalled_percent(before, after);

    add_number(json, "load_after", after->load, 2);
    add_number(json, "pressure_after", after->pressure, 2);
    add_number(json, "stalled_percent", stalled, 2);
    add_text(json, "gpu_clocks_after", after->gpu_clocks);
    add_loaded(host, before, after, stalled, json);
}

enum rkb_status rkb_loaded_tell(struct rkb_store *store, struct rkb_arena *a,
                                int64_t run_id, const char **out,
                                struct rkb_err *err)
{
    struct rkb_session_row *rows;
    size_t n;
    enum rkb_status rc = rkb_store_sessions(store, a, run_id, &rows, &n, err);

    *out = NULL;
    for (size_t i = 0; i < n && !rc && !*out; i++)
        if (rows[i].loaded.len)
            *out = rkb_arena_cstr(a, rows[i].loaded);
    return rc;
}

/* ---- accelerators ----------------------------------------------------------- */

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

/* ---- machines of a run -------------------------------------------------- */

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
