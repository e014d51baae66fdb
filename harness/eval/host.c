/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/host.h"

#include "base/io/lines.h"

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
