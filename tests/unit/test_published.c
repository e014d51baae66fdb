/* SPDX-License-Identifier: Apache-2.0 */
/* Walks every file of reports/published/. */
#include "reports/published.h"

#include "base/arena.h"
#include "datasets/presets.h"
#include "metrics/spec.h"
#include "reports/grid.h"
#include "tests/tap.h"

#include <ctype.h>

static bool squeezed(const char *text)
{
    for (; *text; text++)
        if (!islower((unsigned char)*text) && !isdigit((unsigned char)*text))
            return false;
    return true;
}

/* Not collections of ours: whole benchmarks that one paper averages. */
static bool is_benchmark(const char *name)
{
    static const char *const names[] = { "MTEB-R", "CMTEB-R",   "MMTEB-R",
                                         "MLDR",   "MTEB-Code", "FollowIR" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void check_value(const struct rkb_published_table *t,
                        const struct rkb_published_value *v)
{
    const char *point = strchr(v->text, '.');
    double x = NAN;

    if (!CHECK(rkb_sv_to_double(rkb_sv_of(v->text), &x)))
        return;
    CHECK(x <= t->scale && x >= -t->scale);
    CHECK_EQ_INT(point ? strlen(point + 1) : 0, t->digits);
    if (!CHECK(rkb_preset_find(rkb_sv_of(v->dataset)) ||
               rkb_report_set_find(v->dataset) || is_benchmark(v->dataset)))
        printf("# %s\n", v->dataset);
    if (!isnan(v->lo))
        CHECK(v->lo <= v->hi && v->lo > 0 && v->hi < 1 &&
              x / t->scale >= v->lo - 0.001 && x / t->scale <= v->hi + 0.001);
}

static void check_row(const struct rkb_published_table *t,
                      const struct rkb_published_row *r)
{
    CHECK(r->system && r->system[0]);
    CHECK(r->match && r->match[0] && squeezed(r->match));
    CHECK(r->depth >= 0 && r->depth <= 1000);
    CHECK(r->n_values > 0);
    if (strcmp(r->match, "firststage") == 0)
        CHECK(r->first_stage != NULL);
    for (size_t i = 0; i < r->n_values; i++) {
        check_value(t, &r->values[i]);
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(r->values[k].dataset, r->values[i].dataset) != 0);
    }
}

static void check_table(const struct rkb_published_table *t)
{
    const struct rkb_measure_rules rules = { .rel = 1, .compat = 9 };
    struct rkb_measures ms = { 0 };
    struct rkb_err err = { 0 };

    if (!CHECK(t->title && t->measure && t->source && t->source[0]))
        return;
    CHECK(t->evidence && (strcmp(t->evidence, "primary") == 0 ||
                          strcmp(t->evidence, "transcribed") == 0 ||
                          strcmp(t->evidence, "secondary") == 0));
    CHECK(t->scale == 1 || t->scale == 100);
    CHECK(t->digits >= 1 && t->digits <= 4);
    if (strcmp(t->measure, "p-MRR") != 0) {
        CHECK(!rkb_measures_add(&ms, rkb_sv_of(t->measure), &rules, &err));
        if (CHECK(ms.n_slots == 1))
            CHECK_STR(ms.slots[0].name, t->measure);
    }
    rkb_measures_release(&ms);
    CHECK(t->n_rows > 0);
    for (size_t i = 0; i < t->n_rows; i++)
        check_row(t, &t->rows[i]);
}

static void every_file_is_whole(void)
{
    struct rkb_arena a = { 0 };
    size_t n = 0;

    for (const char *name; (name = rkb_published_name(&a, n)); n++) {
        struct rkb_published p;
        struct rkb_err err = { 0 };

        if (!CHECK_EQ_INT(rkb_published_load(&a, name, &p, &err), RKB_OK)) {
            printf("# %s\n", err.msg);
            continue;
        }
        CHECK_STR(p.name, name);
        CHECK(p.title && p.n_notes > 0 && p.n_tables > 0);
        for (size_t i = 0; i < p.n_tables; i++)
            check_table(&p.tables[i]);
    }
    CHECK_EQ_INT(n, 17);
    rkb_arena_release(&a);
}

/* Values that the research behind this project confirmed twice. */
static void known_values_are_as_printed(void)
{
    static const struct {
        const char *paper, *system, *stage, *dataset, *text;
        int depth;
    } want[] = {
        { "rankvicuna", "RankVicuna (data augmentation)", "bm25", "dl19",
          "0.6682", 100 },
        { "rankvicuna", "RankVicuna (data augmentation)", "bm25", "dl20",
          "0.5986", 20 },
        { "rankgpt", "BM25", "bm25", "beir8", "43.42", 100 },
        { "lit5", "LiT5-Distill-xl-v2", "spladepp", "dl20", "80.4", 100 },
        { "reasonrank", "ReasonRank (32B)", "reasonir", "bright", "38.03",
          100 },
        { "setwise", "setwise.heapsort", "bm25", "dl19", "0.670", 100 },
    };
    struct rkb_arena a = { 0 };

    for (size_t w = 0; w < sizeof want / sizeof want[0]; w++) {
        struct rkb_published p;
        struct rkb_err err = { 0 };
        bool found = false;

        if (!CHECK_EQ_INT(rkb_published_load(&a, want[w].paper, &p, &err),
                          RKB_OK))
            continue;
        for (size_t r = 0; r < p.tables[0].n_rows && !found; r++) {
            const struct rkb_published_row *row = &p.tables[0].rows[r];

            for (size_t v = 0; v < row->n_values; v++)
                found |= strcmp(row->system, want[w].system) == 0 &&
                         strcmp(row->first_stage, want[w].stage) == 0 &&
                         row->depth == want[w].depth &&
                         strcmp(row->values[v].dataset, want[w].dataset) == 0 &&
                         strcmp(row->values[v].text, want[w].text) == 0;
        }
        if (!CHECK(found))
            printf("# %s %s\n", want[w].paper, want[w].system);
    }
    rkb_arena_release(&a);
}

static void an_unknown_paper_is_told_with_those_there_are(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_published p;
    struct rkb_err err = { 0 };

    CHECK_EQ_INT(rkb_published_load(&a, "rankvic", &p, &err), RKB_E_USAGE);
    CHECK(strstr(err.msg, "rankvicuna") != NULL);
    rkb_arena_release(&a);
}

TESTS(TEST(every_file_is_whole), TEST(known_values_are_as_printed),
      TEST(an_unknown_paper_is_told_with_those_there_are))
