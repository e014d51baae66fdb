/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/eval/plan.h"

#include "base/mem.h"
#include "datasets/presets.h"
#include "tests/tap.h"

#include <sys/stat.h>

#define FOLDER "tests/data/plan"
#define FILE_NAME FOLDER "/plan.yaml"

/* A plan from flags ("name=value" pairs, NULL at the end) and text. */
struct fixture {
    struct rkb_arena arena;
    struct rkb_optset flags;
    struct rkb_plan plan;
    struct rkb_err err;
    enum rkb_status rc;
};

static void flag(struct fixture *f, const char *pair)
{
    rkb_sv value = rkb_sv_of(pair), name;
    struct rkb_err err;

    if (!f->flags.rows)
        rkb_optset_init(&f->flags, &f->arena, rkb_plan_options);
    if (pair)
        rkb_sv_split(&value, '=', &name);
    if (pair)
        CHECK_EQ_INT(rkb_optset_put(&f->flags, name, value, &err), RKB_OK);
}

/* Without what the caller's environment says. */
static void load(struct fixture *f, const char *text)
{
    unsetenv("RERANKBENCH_DATA");
    f->err = (struct rkb_err){ 0 };
    flag(f, NULL);
    f->rc = rkb_plan_parse(&f->arena, text ? FILE_NAME : NULL, rkb_sv_of(text),
                           &f->flags, &f->plan, &f->err);
}

static bool loaded(struct fixture *f, const char *text)
{
    load(f, text);
    if (f->rc)
        printf("# %s\n", f->err.msg);
    return CHECK_EQ_INT(f->rc, RKB_OK);
}

static void done(struct fixture *f)
{
    rkb_arena_release(&f->arena);
}

/* ---- what a plan says ---------------------------------------------------- */

static const char whole[] =
    "data: .\n"
    "datasets: [dl19, {use: dl20, qrels: dl19/qrels.txt}]\n"
    "candidates: {bm25: \"{dataset}/bm25.trec\", again: dl19/splade.trec}\n"
    "rerankers:\n"
    "  - {use: bm25, as: lex, k1: 1.2}\n"
    "  - use: run-file\n"
    "    path: '{dataset}/bm25.trec'\n"
    "  - bm25(b=0.5)\n"
    "depth: 0\n"
    "top-k: 20\n"
    "repeat: 2\n"
    "seed: 7\n"
    "compat: 10\n"
    "failed: first-stage\n"
    "missing-text: drop\n"
    "candidate-order: rank\n"
    "all-queries: true\n"
    "measures: [nDCG@5, map]\n"
    "store: s.db\n";

static void a_file_says_everything(void)
{
    struct fixture f = { 0 };
    const struct rkb_plan *p = &f.plan;

    if (!loaded(&f, whole))
        return;
    CHECK_STR(p->path, FILE_NAME);
    CHECK_STR(p->store, FOLDER "/s.db");
    CHECK_STR(p->data_dir, FOLDER "/.");
    CHECK_EQ_INT(p->n_datasets, 2);
    CHECK_STR(p->datasets[1].name, "dl20");
    CHECK_STR(p->datasets[1].source.qrels, FOLDER "/dl19/qrels.txt");
    CHECK(p->datasets[1].preset == rkb_preset_find(rkb_sv_of("dl20")));
    CHECK_EQ_INT(p->datasets[1].line, 2);
    CHECK_EQ_INT(p->n_candidates, 2);
    CHECK_STR(p->candidates[0].name, "bm25");
    CHECK(!p->candidates[0].bm25);
    CHECK_EQ_INT(p->n_rerankers, 3);
    CHECK_EQ_INT(p->rerankers[2].line, 8);
    CHECK(p->depth == SIZE_MAX);
    CHECK_EQ_INT(p->top_k, 20);
    CHECK_EQ_INT(p->seed, 7);
    CHECK_EQ_INT(p->compat, RKB_COMPAT_10);
    CHECK_EQ_INT(p->failed, RKB_FAILED_FIRST_STAGE);
    CHECK_EQ_INT(p->missing_text, RKB_MISSING_DROP);
    CHECK_EQ_INT(p->candidate_order, RKB_ORDER_RANK);
    CHECK(p->all_queries && !p->again && !p->dry_run && !p->durable);
    CHECK_EQ_INT(p->n_measures, 2);
    done(&f);
}

static void cells_go_by_dataset_candidates_reranker_repeat(void)
{
    struct fixture f = { 0 };
    const struct rkb_plan_cell *c;

    if (!loaded(&f, whole))
        return;
    CHECK_EQ_INT(f.plan.n_cells, 2 * 2 * 3 * 2);
    for (size_t i = 0; i < f.plan.n_cells; i++) {
        c = &f.plan.cells[i];
        CHECK_EQ_INT(c->dataset, i / 12);
        CHECK_EQ_INT(c->candidates, i / 6 % 2);
        CHECK_EQ_INT(c->reranker, i / 2 % 3);
        CHECK_EQ_INT(c->repeat, i % 2 + 1);
    }
    c = &f.plan.cells[14];
    CHECK_STR(c->label, "run-file/bm25");
    CHECK_STR(c->candidates_spec, FOLDER "/dl20/bm25.trec");
    CHECK_STR(c->reranker_spec, "run-file(path=" FOLDER "/dl20/bm25.trec)");
    CHECK_STR(f.plan.cells[4].label, "bm25/bm25");
    CHECK_STR(f.plan.cells[6].label, "lex/again");
    done(&f);
}

static void flags_alone_are_a_plan(void)
{
    struct fixture f = { 0 };
    const struct rkb_plan *p = &f.plan;

    flag(&f, "dataset=dl19");
    flag(&f, "qrels=" FOLDER "/dl19/qrels.txt");
    flag(&f, "candidates=" FOLDER "/dl19/bm25.trec");
    flag(&f, "reranker=run-file(path='" FOLDER "/dl19/splade.trec')");
    flag(&f, "label=L");
    if (!loaded(&f, NULL))
        return;
    CHECK_EQ_INT(p->n_cells, 1);
    CHECK_STR(p->store, "rerankbench.db");
    CHECK_STR(p->cells[0].label, "L");
    CHECK_STR(p->candidates[0].name, "bm25");
    CHECK_STR(p->cells[0].reranker_spec,
              "run-file(path=" FOLDER "/dl19/splade.trec)");
    CHECK_EQ_INT(p->depth, 100);
    CHECK(p->top_k == SIZE_MAX);
    CHECK_EQ_INT(p->seed, 42);
    CHECK_EQ_INT(p->concurrency, 0);
    CHECK_EQ_INT(p->datasets[0].line, 0);
    done(&f);
}

static void a_flag_replaces_what_the_file_says(void)
{
    struct fixture f = { 0 };
    const struct rkb_plan *p = &f.plan;

    flag(&f, "reranker=first-stage");
    flag(&f, "dataset=dl19");
    flag(&f, "depth=10");
    flag(&f, "label=L");
    flag(&f, "measure=RR@10");
    if (!loaded(&f, whole))
        return;
    CHECK_EQ_INT(p->n_datasets, 1);
    CHECK_EQ_INT(p->n_rerankers, 1);
    CHECK_EQ_INT(p->depth, 10);
    CHECK_EQ_INT(p->top_k, 20);
    CHECK_EQ_INT(p->n_measures, 1);
    CHECK_STR(p->cells[0].label, "L/bm25");
    CHECK_STR(p->rerankers[0].name, "first-stage");
    done(&f);
}

static void set_changes_the_one_reranker(void)
{
    struct fixture f = { 0 };

    flag(&f, "dataset=" FOLDER "/dl19");
    flag(&f, "candidates=bm25");
    flag(&f, "reranker=bm25(k1=0.9,b=0.3)");
    flag(&f, "set=k1=1.5");
    if (!loaded(&f, NULL))
        return;
    CHECK_STR(f.plan.cells[0].reranker_spec, "bm25(k1=1.5,b=0.3)");
    CHECK_STR(f.plan.cells[0].candidates_spec, "bm25");
    CHECK(f.plan.candidates[0].bm25);
    CHECK_STR(f.plan.datasets[0].name, "dl19");
    done(&f);
}

static void a_preset_may_lie_beside_the_plan(void)
{
    struct fixture f = { 0 };

    if (!loaded(&f, "datasets: dl19\ncandidates: bm25\nrerankers: reverse\n"))
        return;
    CHECK_STR(f.plan.datasets[0].name, "dl19");
    CHECK_STR(f.plan.datasets[0].source.spec, FOLDER "/dl19");
    done(&f);
}

static void inner_rerankers_are_resolved_and_lend_their_traits(void)
{
    struct fixture f = { 0 };
    const char *spec;

    if (!loaded(&f, "data: .\ndatasets: [dl20]\ncandidates: bm25\n"
                    "rerankers:\n- use: fuse\n  inputs: bm25(k1=1.2);"
                    "fuse(inputs=\"run-file(path={dataset}/bm25.trec);oracle\")"
                    "\n- first-stage\n"))
        return;
    spec = f.plan.cells[0].reranker_spec;
    CHECK_STR(spec,
              "fuse(inputs=\"bm25(k1=1.2); fuse(inputs='run-file(path=" FOLDER
              "/dl20/bm25.trec); oracle')\")");
    CHECK_EQ_INT(f.plan.rerankers[0].traits,
                 RKB_NEEDS_TEXT | RKB_WANTS_STATS | RKB_SEES_GRADES);
    CHECK_EQ_INT(f.plan.rerankers[1].traits, RKB_KEEPS_SCORES);
    done(&f);
}

static void the_environment_may_name_the_data_folder(void)
{
    struct fixture f = { 0 };

    flag(&f, "dataset=dl20");
    flag(&f, "candidates=dl20/bm25.trec");
    flag(&f, "reranker=reverse");
    setenv("RERANKBENCH_DATA", FOLDER, 1);
    CHECK_EQ_INT(rkb_plan_load(&f.arena, NULL, &f.flags, &f.plan, &f.err),
                 RKB_OK);
    CHECK_STR(f.plan.cells[0].candidates_spec, FOLDER "/dl20/bm25.trec");
    CHECK_STR(f.plan.datasets[0].source.data_dir, FOLDER);
    setenv("RERANKBENCH_DATA", "nowhere", 1);
    CHECK_EQ_INT(rkb_plan_load(&f.arena, NULL, &f.flags, &f.plan, &f.err),
                 RKB_E_IO);
    CHECK_STR(f.err.msg, "RERANKBENCH_DATA: there is no data folder 'nowhere'");
    flag(&f, "data=" FOLDER);
    CHECK_EQ_INT(rkb_plan_load(&f.arena, NULL, &f.flags, &f.plan, &f.err),
                 RKB_OK);
    unsetenv("RERANKBENCH_DATA");
    done(&f);
}

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    if (!CHECK(out))
        return;
    fputs(text, out);
    fclose(out);
}

static void a_group_becomes_its_parts(void)
{
    char root[] = "/tmp/rkb-plan.XXXXXX";
    struct fixture f = { 0 };
    struct rkb_arena a = { 0 };

    if (!CHECK(mkdtemp(root)))
        return;
    mkdir(rkb_arena_printf(&a, "%s/beir", root), 0755);
    mkdir(rkb_arena_printf(&a, "%s/beir/cqadupstack", root), 0755);
    for (size_t i = 0; i < rkb_n_presets; i++) {
        const struct rkb_preset *p = &rkb_presets[i];
        char *dir = rkb_arena_printf(&a, "%s/%s", root, p->path);

        if (!p->part_of || strcmp(p->part_of, "beir/cqadupstack") != 0)
            continue;
        mkdir(dir, 0755);
        mkdir(rkb_arena_printf(&a, "%s/qrels", dir), 0755);
        write_file(rkb_arena_printf(&a, "%s/corpus.jsonl", dir),
                   "{\"_id\":\"d\",\"title\":\"\",\"text\":\"t\"}\n");
        write_file(rkb_arena_printf(&a, "%s/queries.jsonl", dir),
                   "{\"_id\":\"q\",\"text\":\"t\"}\n");
        write_file(rkb_arena_printf(&a, "%s/qrels/test.tsv", dir),
                   "query-id\tcorpus-id\tscore\nq\td\t1\n");
    }
    flag(&f, rkb_arena_printf(&a, "data=%s", root));
    flag(&f, "dataset=cqadupstack");
    flag(&f, "candidates=bm25");
    flag(&f, "reranker=reverse");
    if (loaded(&f, NULL)) {
        CHECK_EQ_INT(f.plan.n_datasets, 12);
        CHECK_EQ_INT(f.plan.n_cells, 12);
        CHECK_STR(f.plan.datasets[0].name, "beir/cqadupstack/android");
    }
    for (size_t i = 0; i < rkb_n_presets; i++) {
        static const char *const files[] = { "/corpus.jsonl", "/queries.jsonl",
                                             "/qrels/test.tsv", "/qrels", "" };

        if (!rkb_presets[i].part_of ||
            strcmp(rkb_presets[i].part_of, "beir/cqadupstack") != 0)
            continue;
        for (size_t j = 0; j < RKB_COUNT(files); j++)
            CHECK(!remove(rkb_arena_printf(&a, "%s/%s%s", root,
                                           rkb_presets[i].path, files[j])));
    }
    rmdir(rkb_arena_printf(&a, "%s/beir/cqadupstack", root));
    rmdir(rkb_arena_printf(&a, "%s/beir", root));
    CHECK(!rmdir(root));
    rkb_arena_release(&a);
    done(&f);
}

/* ---- labels ---------------------------------------------------------------- */

static void labels_tell_runs_apart(void)
{
    static const struct {
        const char *label, *rerankers, *candidates, *want; /* of all cells */
    } rows[] = {
        { NULL, "[bm25]", "bm25", "bm25" },
        { "L", "[bm25]", "bm25", "L" },
        { "L", "[{use: bm25, as: x}]", "bm25", "L/x" },
        { NULL, "[bm25, reverse]", "bm25", "bm25 reverse" },
        { "L", "[bm25, reverse]", "bm25", "L/bm25 L/reverse" },
        { NULL, "[bm25, 'bm25(k1=2)']", "bm25", "bm25 bm25(k1=2)" },
        { NULL, "[{use: bm25, as: x}, 'bm25(k1=2)']", "bm25", "x bm25" },
        { NULL, "bm25", "[a=bm25, b=bm25]", "bm25/a bm25/b" },
        { "L", "bm25", "[a=bm25, b=bm25]", "L/a L/b" },
        { NULL, "run-file(path='dl19/bm25.trec')", "bm25", "run-file" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct fixture f = { 0 };
        struct rkb_buf got = { 0 };
        const char *text;

        if (rows[i].label)
            flag(&f, rkb_arena_printf(&f.arena, "label=%s", rows[i].label));
        text = rkb_arena_printf(&f.arena,
                                "datasets: [dl19]\n"
                                "candidates: %s\n"
                                "rerankers: %s\n",
                                rows[i].candidates, rows[i].rerankers);
        if (loaded(&f, text)) {
            for (size_t c = 0; c < f.plan.n_cells; c++)
                rkb_buf_printf(&got, "%s%s", c ? " " : "",
                               f.plan.cells[c].label);
            CHECK_STR(got.at, rows[i].want);
        }
        rkb_buf_release(&got);
        done(&f);
    }
}

/* ---- what may be wrong ----------------------------------------------------- */

#define REST "candidates: bm25\nrerankers: [bm25]\n"

static const struct {
    const char *text, *want; /* behind the name of the file */
} faults[] = {
    { "", ":1: a plan is a map of keys, such as 'datasets: [dl19]'" },
    { "- dl19\n", ":1: a plan is a map of keys, such as 'datasets: "
                  "[dl19]'" },
    { "datasets: [dl19\n", ":2: did not find expected ',' or ']'" },
    { "depth: 5\ndataset: [dl19]\n",
      ":2: unknown key 'dataset' (did you mean 'datasets'?)" },
    { "datasets: [dl19]\n\nreranker: bm25\n",
      ":3: unknown key 'reranker' (did you mean 'rerankers'?)" },
    { "dry-run: true\n", ":1: unknown key 'dry-run'" },
    { "set: k1=2\n", ":1: unknown key 'set'" },
    { "datasets: [dl19]\ndepth: many\n",
      ":2: option 'depth' must be a whole number from 0 to 1000000, not "
      "'many'" },
    { "depth:\n", ":1: 'depth' has no value" },
    { "depth: [1, 2]\n", ":1: 'depth' takes one value, not a list" },
    { "store: {a: b}\n", ":1: 'store' takes one value, not a map" },
    { "failed: all\n", ":1: option 'failed' must be one of "
                       "none|zero|first-stage, not 'all'" },
    { "datasets: []\n", ":1: 'datasets' is empty" },
    { "datasets: {dl19: x}\n", ":1: 'datasets' takes a list, not a map" },
    { "datasets:\n- [dl19]\n", ":2: 'datasets' takes one value, not a "
                               "list" },
    { "datasets: ['']\n", ":1: an empty name" },
    { "datasets: [{qrels: x}]\n", ":1: which dataset? write {use: NAME, ...}" },
    { "datasets: [dl91]\n" REST,
      ":1: unknown dataset 'dl91' (did you mean 'dl19'?)" },
    { "datasets: [qqqqqqqqqqqq]\n" REST,
      ":1: 'qqqqqqqqqqqq' is neither a dataset (see 'rerankbench list "
      "datasets') nor a file" },
    { "datasets: [dl19, dl20, dl19]\n" REST,
      ":1: dataset 'dl19' is there twice" },
    { "datasets: [dl21]\n" REST,
      ":1: dataset 'dl21' needs a data folder, or --qrels and "
      "--queries" },
    { "data: nowhere\ndatasets: [dl19]\n" REST,
      ":1: there is no data folder '" FOLDER "/nowhere'" },
    { "datasets:\n- {use: dl19,\n   qrel: x}\n" REST,
      ":3: unknown key 'qrel' of a dataset (did you mean 'qrels'?)" },
    { "datasets:\n- {use: dl19,\n   qrels: x.txt}\n" REST,
      ":3: there is no file '" FOLDER "/x.txt'" },
    { "datasets: [dl19, dl20]\nqrels: dl19/qrels.txt\n" REST,
      ":2: 'qrels' is for one dataset, and there are 2" },
    { "datasets: [{use: cqadupstack, qrels: x}]\n" REST,
      ":1: 'beir/cqadupstack' is a group: name the files of its parts" },
    { "datasets: [./nowhere]\n" REST,
      ":1: there is no file '" FOLDER "/./nowhere'" },
    { "datasets: [dl19]\nrerankers: [bm25]\n",
      ": no candidates: --candidates FILE, or 'candidates: FILE' in a "
      "plan" },
    { "datasets: [dl19]\ncandidates: {a: }\nrerankers: [bm25]\n",
      ":2: 'a' has no value" },
    { "datasets: [dl19]\ncandidates: {a: ' '}\nrerankers: [bm25]\n",
      ":2: 'a' is empty" },
    { "datasets: [dl19]\ncandidates:\n- bm25\n- dl19/bm25.trec\n"
      "rerankers: [bm25]\n",
      ":4: two sets of candidates are called 'bm25': name them, "
      "NAME=FILE" },
    { "data: .\ndatasets: [dl19, dl20]\n"
      "candidates: '{dataset}/splade.trec'\nrerankers: [bm25]\n",
      ":3: there is no file '" FOLDER "/dl20/splade.trec', nor '" FOLDER
      "/./dl20/splade.trec'" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n- bm2\n",
      ":4: unknown reranker 'bm2' (did you mean 'bm25'?)" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n"
      "- use: bm25\n  k11: 2\n",
      ":5: reranker 'bm25': unknown option 'k11' (did you mean 'k1'?)" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n"
      "- use: bm25\n  b: 2\n",
      ":5: reranker 'bm25': option 'b' must be a number from 0 to 1, not "
      "'2'" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers: ['bm25(b=']\n",
      ":3: bad spec 'bm25(b=': expected a value at column 8" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n"
      "- bm25(b=0.5)\n- bm25(b=0.5)\n",
      ":5: two rerankers are called 'bm25(b=0.5)': tell them apart with "
      "'as: NAME'" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n"
      "- {use: reverse, as: x}\n- {use: bm25, as: x}\n",
      ":5: two rerankers are called 'x': tell them apart with 'as: "
      "NAME'" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n"
      "- {use: run-file, path: none.trec}\n",
      ":4: there is no file '" FOLDER "/none.trec'" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n- use: fuse\n"
      "  inputs: bm25; run-file(path=none.trec)\n",
      ":5: there is no file '" FOLDER "/none.trec'" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n- use: fuse\n"
      "  inputs: bm25; reverse\n  method: sum\n",
      ":4: reranker 'fuse': input 2: 'reverse' gives no scores: fuse it with "
      "method=rrf" },
    { "datasets: [dl19]\ncandidates: bm25\nrerankers:\n"
      "- {use: bm25, as: ''}\n",
      ":4: 'as' is empty" },
    { "datasets: [dl19]\nmeasures: [nDCG@10,\n  nDC@5]\n" REST,
      ":3: unknown measure 'nDC' (did you mean 'nDCG'?)" },
    { "datasets: [dl19]\nlabel: ' '\n" REST, ":2: a label cannot be "
                                             "empty" },
    { "store: \"a\\0b\"\n", ":1: a NUL byte" },
};

static void faults_are_told_with_file_and_line(void)
{
    for (size_t i = 0; i < RKB_COUNT(faults); i++) {
        struct fixture f = { 0 };

        load(&f, faults[i].text);
        CHECK(f.rc == RKB_E_USAGE || f.rc == RKB_E_IO);
        CHECK(strncmp(f.err.msg, FILE_NAME, strlen(FILE_NAME)) == 0);
        CHECK_STR(f.err.msg + strlen(FILE_NAME), faults[i].want);
        done(&f);
    }
}

static void faults_of_flags_name_the_flag(void)
{
    static const struct {
        const char *flags[5], *want;
    } rows[] = {
        { { NULL },
          "no dataset: --dataset NAME, or 'datasets: [NAME]' in a plan" },
        { { "dataset=dl91", "candidates=bm25", "reranker=bm25" },
          "--dataset: unknown dataset 'dl91' (did you mean 'dl19'?)" },
        { { "dataset=" FOLDER "/dl19", "candidates=none.trec",
            "reranker=bm25" },
          "--candidates: there is no file 'none.trec'" },
        { { "dataset=" FOLDER "/dl19", "candidates=bm25", "reranker=bm2" },
          "--reranker: unknown reranker 'bm2' (did you mean 'bm25'?)" },
        { { "dataset=" FOLDER "/dl19", "candidates=bm25", "reranker=bm25",
            "reranker=reverse", "set=k1=2" },
          "--set is for one reranker, and there are 2: write their options "
          "in parentheses" },
        { { "dataset=" FOLDER "/dl19", "candidates=bm25", "reranker=bm25",
            "set=k1" },
          "--set: expected OPTION=VALUE" },
        { { "dataset=" FOLDER "/dl19", "dataset=" FOLDER "/dl20",
            "candidates=bm25", "reranker=bm25", "split=x" },
          "--split: 'split' is for one dataset, and there are 2" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct fixture f = { 0 };

        for (size_t j = 0; j < 5 && rows[i].flags[j]; j++)
            flag(&f, rows[i].flags[j]);
        load(&f, NULL);
        CHECK(f.rc);
        CHECK_STR(f.err.msg, rows[i].want);
        done(&f);
    }
}

static void a_plan_has_a_bound(void)
{
    struct fixture f = { 0 };
    struct rkb_buf text = { 0 };

    rkb_buf_text(&text, "datasets: [dl19]\nrepeat: 1000\nrerankers: bm25\n"
                        "candidates: [a0=bm25");
    for (int i = 1; i < 101; i++)
        rkb_buf_printf(&text, ", a%d=bm25", i);
    rkb_buf_text(&text, "]\n");
    load(&f, text.at);
    CHECK_EQ_INT(f.rc, RKB_E_USAGE);
    CHECK_STR(f.err.msg, FILE_NAME ": a plan of more than 100000 runs");
    rkb_buf_release(&text);
    done(&f);
}

/* ---- secrets ----------------------------------------------------------------- */

static void secrets_in_urls_are_seen(void)
{
    static const struct {
        const char *text;
        bool secret;
    } rows[] = {
        { "http://gpu1:8000/v1", false },
        { "http://user:hunter2@gpu1:8000/v1", true },
        { "https://hunter2@host/", true },
        { "see http://a/b, then HTTPS://u:hunter2@c", true },
        { "http://host/path@v1", false },
        { "http://host \n# mail me@example.org", false },
        { "http://host/?q=1&api_key=hunter2", true },
        { "http://host/?API_KEY=hunter2", true },
        { "http://host/?token=", false },
        { "http://host/?tokens=5", false },
        { "me@example.org", false },
        { "://", false },
        { "://@", true },
        { "", false },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++)
        if (!CHECK_EQ_INT(rkb_has_secret(rkb_sv_of(rows[i].text), NULL),
                          rows[i].secret))
            printf("# in '%s'\n", rows[i].text);
}

static void a_secret_is_refused_and_not_shown(void)
{
    static const char *const texts[] = {
        "datasets: [dl19]\nlabel: 'http://u:hunter2@h/'\n",
        "# http://u:hunter2@h/\ndatasets: [dl19]\n",
        "datasets: \"http:\\/\\/u:hunter2@h/\"\n",
        "datasets: \"http:/\\\n  /u:hunter2@h/\"\n",
        "? http://u:hunter2@h/\n: 1\n? http://u:hunter2@h/\n: 2\n",
    };
    struct fixture f = { 0 };

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        load(&f, texts[i]);
        CHECK_EQ_INT(f.rc, RKB_E_USAGE);
        CHECK(strstr(f.err.msg, "a URL with a user name"));
        CHECK(!strstr(f.err.msg, "hunter2"));
        CHECK(strncmp(f.err.msg, FILE_NAME ":", sizeof FILE_NAME) == 0);
    }
    flag(&f, "reranker=bm25");
    flag(&f, "reranker=x(server='http://u:hunter2@h/')");
    load(&f, NULL);
    CHECK(strncmp(f.err.msg, "--reranker: a URL with", 22) == 0);
    CHECK(!strstr(f.err.msg, "hunter2"));
    f.rc = rkb_plan_load(&f.arena, "http://u:hunter2@h/", &f.flags, &f.plan,
                         &f.err);
    CHECK_EQ_INT(f.rc, RKB_E_USAGE);
    CHECK(!strstr(f.err.msg, "hunter2"));
    done(&f);
}

/* ---- measures ---------------------------------------------------------------- */

static void measures_follow_the_dataset(void)
{
    struct fixture f = { 0 };
    struct rkb_measures ms = { 0 };
    const struct rkb_preset *dl19 = rkb_preset_find(rkb_sv_of("dl19"));
    const struct rkb_preset *msmarco = rkb_preset_find(rkb_sv_of("msmarco"));

    if (!loaded(&f, "datasets: [dl19]\n" REST))
        return;
    CHECK_EQ_INT(rkb_plan_measures(&f.plan, msmarco, &ms, &f.err), RKB_OK);
    CHECK_EQ_INT(ms.n_slots, 3);
    rkb_measures_release(&ms);
    CHECK_EQ_INT(rkb_plan_measures(&f.plan, NULL, &ms, &f.err), RKB_OK);
    CHECK(rkb_measures_find(&ms, rkb_sv_of("RR@10")) < 3);
    rkb_measures_release(&ms);
    CHECK_EQ_INT(rkb_plan_measures(&f.plan, dl19, &ms, &f.err), RKB_OK);
    CHECK(rkb_measures_find(&ms, rkb_sv_of("R(rel=2)@100")) < 3);
    rkb_measures_release(&ms);
    done(&f);
    f = (struct fixture){ 0 };
    flag(&f, "measure=map");
    if (!loaded(&f, "datasets: [dl19]\n" REST))
        return;
    CHECK_EQ_INT(rkb_plan_measures(&f.plan, dl19, &ms, &f.err), RKB_OK);
    CHECK_EQ_INT(ms.n_slots, 1);
    CHECK_STR(ms.slots[0].name, "AP(rel=2)");
    rkb_measures_release(&ms);
    done(&f);
}

/* ---- files and rows ------------------------------------------------------------ */

static void a_plan_that_is_not_there_is_an_io_error(void)
{
    struct fixture f = { 0 };

    flag(&f, NULL);
    CHECK_EQ_INT(
        rkb_plan_load(&f.arena, FOLDER "/none.yaml", &f.flags, &f.plan, &f.err),
        RKB_E_IO);
    CHECK(strstr(f.err.msg, "none.yaml"));
    done(&f);
}

static void rows_can_be_written_in_a_plan(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_optset set;

    rkb_optset_init(&set, &a, rkb_plan_options); /* checks the fallbacks */
    for (const struct rkb_opt *o = rkb_plan_options; o->name; o++)
        CHECK(o->help && *o->help);
    for (size_t i = 0; rkb_rerankers[i]; i++)
        for (const struct rkb_opt *o = rkb_rerankers[i]->options; o && o->name;
             o++) {
            CHECK(strcmp(o->name, "use") != 0 && strcmp(o->name, "as") != 0);
            CHECK(!o->value_name || strcmp(o->value_name, "FILE") != 0 ||
                  o->type == RKB_OPT_TEXT);
        }
    rkb_arena_release(&a);
}

TESTS(TEST(a_file_says_everything),
      TEST(cells_go_by_dataset_candidates_reranker_repeat),
      TEST(flags_alone_are_a_plan), TEST(a_flag_replaces_what_the_file_says),
      TEST(set_changes_the_one_reranker),
      TEST(a_preset_may_lie_beside_the_plan),
      TEST(inner_rerankers_are_resolved_and_lend_their_traits),
      TEST(the_environment_may_name_the_data_folder),
      TEST(a_group_becomes_its_parts), TEST(labels_tell_runs_apart),
      TEST(faults_are_told_with_file_and_line),
      TEST(faults_of_flags_name_the_flag), TEST(a_plan_has_a_bound),
      TEST(secrets_in_urls_are_seen), TEST(a_secret_is_refused_and_not_shown),
      TEST(measures_follow_the_dataset),
      TEST(a_plan_that_is_not_there_is_an_io_error),
      TEST(rows_can_be_written_in_a_plan))
