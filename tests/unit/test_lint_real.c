/* SPDX-License-Identifier: Apache-2.0 */
/* Real files that are sound, or have what is known of them, give no false
 * alarm. */
#include "datasets/presets.h"
#include "harness/lint/lint.h"
#include "tests/tap.h"

static void print_all(const struct rkb_lint_report *r)
{
    for (size_t i = 0; i < r->n; i++)
        printf("#   %s:%zu: %s [%s]\n", r->findings[i].file,
               r->findings[i].line, r->findings[i].text,
               rkb_lint_codes[r->findings[i].code].name);
}

/* What there is to say of a real file: notes are not counted, a warning only
 * where the file has what it warns of. */
struct real {
    const char *dataset, *names[3];
    size_t n_warnings;
    enum rkb_lint_id warned;
};

static void lint_real(const struct real *real)
{
    struct rkb_lint_report r = { 0 };
    struct rkb_lint_input in[3];
    struct rkb_lint_want want = { .inputs = in, .most = 5 };
    struct rkb_err err = { 0 };
    static char paths[3][4096];
    bool met = true;

    for (; want.n_inputs < 3 && real->names[want.n_inputs]; want.n_inputs++) {
        const char *path = rkb_test_data(real->names[want.n_inputs]);

        if (!path)
            return;
        snprintf(paths[want.n_inputs], sizeof paths[0], "%s", path);
        in[want.n_inputs] =
            (struct rkb_lint_input){ paths[want.n_inputs], RKB_ROLE_ANY };
    }
    if (real->dataset)
        want.preset = rkb_preset_find(rkb_sv_of(real->dataset));
    CHECK(rkb_lint(&want, &r, &err) == RKB_OK);
    for (size_t i = 0; i < r.n; i++)
        met = met &&
              (rkb_lint_codes[r.findings[i].code].severity == RKB_LINT_NOTE ||
               r.findings[i].code == real->warned);
    if (!CHECK_EQ_INT(r.counts[RKB_LINT_ERROR], 0) ||
        !CHECK_EQ_INT(r.counts[RKB_LINT_WARNING], real->n_warnings) ||
        !CHECK(met)) {
        printf("# %s\n", real->names[0]);
        print_all(&r);
    }
    rkb_lint_report_release(&r);
}

static void real_files_give_no_false_alarm(void)
{
    static const char *const alone[] = {
        "dl19/qrels.txt",
        "dl19/queries.tsv",
        "dl19/bm25.trec",
        "dl19/spladepp.trec",
        "dl19/bm25.requests.json",
        "dl20/qrels.txt",
        "dl20/queries.tsv",
        "dl20/bm25.trec",
        "dl20/bm25.requests.json",
        "beir/scifact.zip",
        "bright/examples/biology.jsonl",
        "bright/examples/leetcode.jsonl",
        "bright/examples/stackoverflow.jsonl",
        "bright/qrels/qrels.bright-biology.txt",
        "bright/qrels/qrels.bright-biology.fixed.txt",
        "bright/qrels/qrels.bright-leetcode.txt",
        "bright/qrels/qrels.bright-leetcode.fixed.txt",
        "bright/qrels/qrels.bright-stackoverflow.txt",
        "bright/qrels/qrels.bright-stackoverflow.fixed.txt",
        "bright/runs/biology.reasonir.trec",
        "bright/runs/leetcode.reasonir.trec",
        "replay/dl19-bm25-rankvicuna-top100/expected.trec",
        "replay/dl19-bm25-vicuna13b-top100/expected.trec",
        "replay/dl20-bm25-rankvicuna-top20/expected.trec",
        "trec_eval/qrels.test",
        "trec_eval/qrels.rel_level",
        "trec_eval/results.test",
        "trec_eval/results.trunc",
    };
    static const struct real together[] = {
        { "dl19",
          { "dl19/qrels.txt", "dl19/queries.tsv", "dl19/bm25.trec" },
          0,
          RKB_LINT_N },
        { "dl19",
          { "dl19/qrels.txt", "dl19/bm25.requests.json", "dl19/spladepp.trec" },
          0,
          RKB_LINT_N },
        { "dl20",
          { "dl20/qrels.txt", "dl20/queries.tsv", "dl20/bm25.trec" },
          0,
          RKB_LINT_N },
        { "dl20",
          { "dl20/qrels.txt", "dl20/bm25.requests.json" },
          0,
          RKB_LINT_N },
        { "beir/scifact", { "beir/scifact.zip" }, 0, RKB_LINT_N },
        { "bright/biology",
          { "bright/examples/biology.jsonl",
            "bright/runs/biology.reasonir.trec" },
          0,
          RKB_LINT_N },
        { "bright/leetcode",
          { "bright/examples/leetcode.jsonl",
            "bright/runs/leetcode.reasonir.trec" },
          0,
          RKB_LINT_N },
        /* twelve lines of this run have a blank in the docid */
        { "bright/stackoverflow",
          { "bright/examples/stackoverflow.jsonl",
            "bright/runs/stackoverflow.reasonir.trec" },
          12,
          RKB_LINT_SPACE },
        { "bright/stackoverflow",
          { "bright/qrels/qrels.bright-stackoverflow.fixed.txt",
            "bright/runs/stackoverflow.reasonir.trec" },
          12,
          RKB_LINT_SPACE },
        /* the two that are about are told apart by digest */
        { "bright/biology",
          { "bright/qrels/qrels.bright-biology.txt",
            "bright/qrels/qrels.bright-biology.fixed.txt" },
          1,
          RKB_LINT_VERSIONS },
        { NULL,
          { "trec_eval/qrels.test", "trec_eval/results.test" },
          0,
          RKB_LINT_N },
    };

    for (size_t i = 0; i < RKB_COUNT(alone); i++)
        lint_real(&(struct real){ NULL, { alone[i] }, 0, RKB_LINT_N });
    for (size_t i = 0; i < RKB_COUNT(together); i++)
        lint_real(&together[i]);
}

/* One real file has the finding, and errors or none. */
static void real_file_has(const char *name, const char *dataset, bool refused,
                          enum rkb_lint_id wanted)
{
    const char *path = rkb_test_data(name);
    struct rkb_lint_report r = { 0 };
    struct rkb_lint_input in = { path, RKB_ROLE_ANY };
    struct rkb_lint_want want = { .inputs = &in, .n_inputs = 1, .most = 5 };
    struct rkb_err err = { 0 };
    bool met = false;

    if (!path)
        return;
    if (dataset)
        want.preset = rkb_preset_find(rkb_sv_of(dataset));
    CHECK(rkb_lint(&want, &r, &err) == RKB_OK);
    for (size_t i = 0; i < r.n; i++)
        met = met || r.findings[i].code == wanted;
    if (!CHECK((r.counts[RKB_LINT_ERROR] > 0) == refused) || !CHECK(met)) {
        printf("# %s\n", name);
        print_all(&r);
    }
    rkb_lint_report_release(&r);
}

static void versions_of_judgments_are_named(void)
{
    real_file_has("bright/qrels/qrels.bright-biology.fixed.txt",
                  "bright/biology", false, RKB_LINT_KNOWN);
    real_file_has("dl19/qrels.txt", "dl20", true, RKB_LINT_DATASET);
}

static void judgments_that_no_evaluator_takes_have_errors(void)
{
    real_file_has("trec_eval/qrels.123", NULL, true, RKB_LINT_DOCID);
}

TESTS(TEST(real_files_give_no_false_alarm),
      TEST(versions_of_judgments_are_named),
      TEST(judgments_that_no_evaluator_takes_have_errors))
