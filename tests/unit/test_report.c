/* SPDX-License-Identifier: Apache-2.0 */
/* The tables behind reports, and names; tests/cli/report has their outputs. */
#include "reports/report.h"

#include "harness/cli/report_math.h"
#include "reports/gather.h"
#include "reports/grid.h"
#include "tests/store_fixture.h"

static bool is_option(rkb_sv name)
{
    for (const struct rkb_opt *o = rkb_report_options; o->name; o++)
        if (rkb_sv_is(name, o->name))
            return true;
    return false;
}

static void every_report_has_a_name_a_summary_and_real_options(void)
{
    for (size_t i = 0; rkb_reports[i]; i++) {
        const struct rkb_report_def *r = rkb_reports[i];
        rkb_sv rest = rkb_sv_of(r->takes), word;

        CHECK(r->name && r->summary && r->takes && r->build);
        while ((word = rkb_sv_word(&rest)).len)
            CHECK(is_option(word));
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(rkb_reports[k]->name, r->name) != 0);
    }
}

static void every_set_has_members_once_and_no_loop(void)
{
    static const struct {
        const char *name;
        size_t n;
    } sizes[] = { { "beir7", 7 },   { "beir8", 8 },
                  { "beir11", 11 }, { "beir13", 13 },
                  { "beir15", 15 }, { "beir18", 18 },
                  { "bright", 12 }, { "beir/cqadupstack", 12 },
                  { "r2med", 8 } };

    for (size_t i = 0; i < RKB_COUNT(sizes); i++) {
        const struct rkb_report_set *s = rkb_report_set_find(sizes[i].name);
        size_t n = 0;

        if (!CHECK(s != NULL))
            continue;
        for (; s->members[n]; n++) {
            CHECK(strcmp(s->members[n], s->name) != 0);
            for (size_t k = 0; k < n; k++)
                CHECK(strcmp(s->members[k], s->members[n]) != 0);
        }
        CHECK_EQ_INT(n, sizes[i].n);
    }
    CHECK(rkb_report_set_find("beir9") == NULL);
}

static void first_stages_are_named_by_their_files(void)
{
    static const char *const cases[][3] = {
        { "~/ir/dl19/bm25.requests.json", "dl19", "bm25" },
        { "dl20/bm25.requests.jsonl.gz", "dl20", "bm25" },
        { "bm25", "dl19", "bm25" },
        { "bm25(k1=0.9,b=0.4)", "dl19", "bm25" },
        { "runs/biology.reasonir.trec", "bright/biology", "reasonir" },
        { "run.beir.bm25-flat.scifact.txt", "beir/scifact",
          "run.beir.bm25-flat" },
        { "a(b)/spladepp.trec", "dl19", "spladepp" },
        { "scifact.trec", "beir/scifact", "scifact" },
        { ".trec", "dl19", ".trec" },
        { "", "dl19", "" },
    };
    struct rkb_arena a = { 0 };

    for (size_t i = 0; i < RKB_COUNT(cases); i++)
        CHECK_STR(rkb_first_stage_name(&a, rkb_sv_of(cases[i][0]),
                                       rkb_sv_of(cases[i][1])),
                  cases[i][2]);
    rkb_arena_release(&a);
}

static void a_measure_is_found_with_its_level_of_relevance(void)
{
    static const struct rkb_report_measure measures[] = {
        { .name = "AP(rel=2)" },
        { .name = "nDCG@10" },
        { .name = "R(rel=1)@100" },
        { .name = "R(rel=2)@100" },
        { .name = "nDCG(dcg='exp-log2')@5" },
    };
    const struct rkb_report_run run = { .measures = measures,
                                        .n_measures = RKB_COUNT(measures) };

    CHECK(rkb_run_measure(&run, "AP") == &measures[0]);
    CHECK(rkb_run_measure(&run, "AP(rel=2)") == &measures[0]);
    CHECK(rkb_run_measure(&run, "nDCG@10") == &measures[1]);
    CHECK(rkb_run_measure(&run, "R@100") == NULL); /* two might be meant */
    CHECK(rkb_run_measure(&run, "R(rel=2)@100") == &measures[3]);
    CHECK(rkb_run_measure(&run, "nDCG@5") == NULL);
    CHECK(rkb_run_measure(&run, "P@10") == NULL);
}

/* A run with one measure at `value`, whole; n_samples evaluations. */
static void put_run(struct rkb_store *s, const char *label, double value)
{
    struct rkb_err err = { 0 };
    struct rkb_digest judged = fix_digest("judgments");
    struct rkb_run run = fix_run(s, label);
    int64_t session = fix_session(s, run.id), set, eval;
    const int64_t ord[] = { 0 };
    struct rkb_result r[FIX_QUERIES];
    bool there;

    for (int i = 0; i < FIX_QUERIES; i++)
        r[i] = fix_result(run.id, session, i);
    fix_write(s, r, FIX_QUERIES);
    fix_must(rkb_run_end(s, &run, NULL, &err), &err);
    fix_must(rkb_store_begin(s, &err), &err);
    fix_must(rkb_store_put_judgment_set(s, &judged, rkb_sv_of("j"), &set,
                                        &there, &err),
             &err);
    const struct rkb_evaluation e = { .run_id = run.id,
                                      .judgment_set = set,
                                      .compat = 9,
                                      .rules = rkb_sv_of("r") };

    fix_must(rkb_store_put_evaluation(s, &e, &eval, &err), &err);
    const struct rkb_measured m = { .measure = rkb_sv_of("LastRel"),
                                    .version = 1,
                                    .ord = ord,
                                    .value = &value,
                                    .n_values = 1,
                                    .mean = value,
                                    .n = 4 };

    fix_must(rkb_store_put_measure(s, eval, &m, &err), &err);
    fix_must(rkb_store_commit(s, &err), &err);
}

/* The document as JSON, in the arena. */
static const char *report_json(struct rkb_store *s, struct rkb_arena *a,
                               const char *name, const char *measure)
{
    struct rkb_optset options;
    struct rkb_err err = { 0 };
    struct rkb_doc doc = { .name = name };
    struct rkb_buf out = { 0 };

    rkb_optset_init(&options, a, rkb_report_options);
    fix_must(rkb_optset_put(&options, rkb_sv_of("measure"), rkb_sv_of(measure),
                            &err),
             &err);
    const struct rkb_report_want want = { .store = s,
                                          .options = &options,
                                          .math = &rkb_report_math };
    const struct rkb_report_def *r = rkb_report_find(rkb_sv_of(name), &err);

    fix_must(r ? r->build(a, &want, &doc, &err) : err.code, &err);
    fix_must(rkb_doc_write(&doc, rkb_sv_of("json"), &out, &err), &err);
    const char *text = rkb_arena_cstr(a, rkb_buf_view(&out));

    rkb_buf_release(&out);
    rkb_doc_release(&doc);
    return text;
}

static void the_smallest_is_best_where_small_is_good(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_arena a = { 0 };

    put_run(s, "one", 3);
    put_run(s, "two", 2);
    put_run(s, "tie", 2.00001);
    const char *json = report_json(s, &a, "matrix", "LastRel");

    CHECK(strstr(json, "\"marks\": [\n"
                       "   {\"row\": 0, \"column\": \"dl19\", \"mark\": "
                       "\"second\"},\n"
                       "   {\"row\": 1, \"column\": \"dl19\", \"mark\": "
                       "\"best\"},\n"
                       "   {\"row\": 2, \"column\": \"dl19\", \"mark\": "
                       "\"best\"}]") != NULL);
    rkb_arena_release(&a);
    rkb_store_close(s);
    fix_clean();
}

static void a_store_with_a_bad_identity_is_named(void)
{
    struct rkb_store *s = fix_open(fix_path(), RKB_STORE_CREATE);
    struct rkb_optset options;
    struct rkb_gathered g;
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };

    put_run(s, "one", 3);
    fix_exec(s, "UPDATE run SET identity = '{\"a\":'");
    rkb_optset_init(&options, &a, rkb_report_options);
    const struct rkb_report_want want = { .store = s, .options = &options };

    CHECK_EQ_INT(rkb_gather(&a, &want, &g, &err), RKB_E_DATA);
    CHECK(fix_says(&err, "identity of run 1: bad JSON"));
    rkb_arena_release(&a);
    rkb_store_close(s);
    fix_clean();
}

TESTS(TEST(every_report_has_a_name_a_summary_and_real_options),
      TEST(every_set_has_members_once_and_no_loop),
      TEST(first_stages_are_named_by_their_files),
      TEST(a_measure_is_found_with_its_level_of_relevance),
      TEST(the_smallest_is_best_where_small_is_good),
      TEST(a_store_with_a_bad_identity_is_named))
