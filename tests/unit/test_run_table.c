/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cli/run_table.h"

#include "tests/tap.h"

#include <math.h>
#include <stdio.h>

enum { N_PARTS = 12 };

static const struct rkb_preset *part(size_t nth)
{
    for (size_t i = 0; i < rkb_n_presets; i++)
        if (rkb_presets[i].part_of && nth-- == 0)
            return &rkb_presets[i];
    return NULL;
}

/* nDCG@10 of part i is i / 100, so that the mean of 12 is 0.055. */
static void add_parts(struct rkb_run_table *t, struct rkb_run_value *values,
                      size_t n, size_t unfinished)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = (struct rkb_run_value){ .name = "nDCG@10",
                                            .value = (double)i / 100 };
        const struct rkb_table_run row = {
            .dataset = part(i)->name,
            .preset = part(i),
            .candidates = "bm25",
            .run = "first-stage",
            .n_queries = 10,
            .n_finished = i == unfinished ? 9 : 10,
            .values = &values[i],
            .n_values = 1,
            .p50 = { 1e6, false },
            .p90 = { NAN, false },
        };

        rkb_run_table_add(t, &row);
    }
}

static bool has_mean(size_t n, size_t unfinished)
{
    struct rkb_run_table t = { 0 };
    struct rkb_run_value values[N_PARTS];
    struct rkb_buf out = { 0 };
    struct rkb_err err;

    add_parts(&t, values, n, unfinished);
    CHECK_EQ_INT(rkb_run_table_print(&t, rkb_sv_of("csv"), NULL, &out, &err),
                 RKB_OK);
    bool found = strstr(out.at, "\nbeir/cqadupstack,bm25,first-stage,120,"
                                "0.0550,,\n") != NULL;

    CHECK(found || !strstr(out.at, "beir/cqadupstack,"));
    rkb_buf_release(&out);
    rkb_run_table_release(&t);
    return found;
}

static void a_group_has_a_mean_when_all_parts_are_whole(void)
{
    CHECK(has_mean(N_PARTS, SIZE_MAX));
    CHECK(!has_mean(N_PARTS - 1, SIZE_MAX));
    CHECK(!has_mean(N_PARTS, 3));
}

static void an_incomplete_run_says_how_many(void)
{
    struct rkb_run_table t = { 0 };
    struct rkb_run_value values[N_PARTS];
    struct rkb_buf out = { 0 };
    struct rkb_err err;

    add_parts(&t, values, 1, 0);
    CHECK_EQ_INT(rkb_run_table_print(&t, rkb_sv_of("csv"), NULL, &out, &err),
                 RKB_OK);
    CHECK(strstr(out.at, ",9 of 10,0.0000,1.0000,\n") != NULL);
    rkb_buf_release(&out);
    rkb_run_table_release(&t);
}

static void no_rows_print_nothing(void)
{
    struct rkb_run_table t = { 0 };
    struct rkb_buf out = { 0 };
    struct rkb_err err;

    CHECK_EQ_INT(rkb_run_table_print(&t, rkb_sv_of("text"), NULL, &out, &err),
                 RKB_OK);
    CHECK_EQ_INT(out.len, 0);
    rkb_run_table_release(&t);
}

TESTS(TEST(a_group_has_a_mean_when_all_parts_are_whole),
      TEST(an_incomplete_run_says_how_many), TEST(no_rows_print_nothing))
