/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/catalog.h"

#include "datasets/dataset.h"
#include "tests/formats_fixture.h"

static const struct rkb_catalog_entry *find(const struct rkb_catalog *c,
                                            const char *name)
{
    return rkb_catalog_find(c, rkb_sv_of(name));
}

static void check_parsed(struct rkb_arena *a, const char *file,
                         const char *text, struct rkb_catalog *c)
{
    struct rkb_err err = { 0 };

    if (!CHECK(!rkb_catalog_parse(a, file, rkb_sv_of(text), c, &err)))
        printf("# %s\n", err.msg);
}

static void entry_of_a_known_name_has_its_conventions(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_catalog c = { 0 };
    const struct rkb_catalog_entry *e;

    check_parsed(&a, "conf/datasets.yaml",
                 "dl19: {queries: a/q.xml, query-text: title, qrels: /b}\n"
                 "scifact: beir:x.zip\n",
                 &c);
    CHECK_EQ_INT(c.n, 2);
    e = find(&c, "dl19");
    if (CHECK(e && !e->own)) {
        CHECK(e->preset == rkb_preset_find(rkb_sv_of("dl19")));
        CHECK_STR(e->queries, "conf/a/q.xml");
        CHECK_STR(e->qrels, "/b");
        CHECK_STR(e->query_text, "title");
        CHECK(!e->path && !e->corpus && !e->split);
        CHECK_EQ_INT(e->line, 1);
    }
    e = find(&c, "beir/scifact");
    CHECK(e && e == find(&c, "scifact"));
    CHECK_STR(e ? e->path : NULL, "beir:conf/x.zip");
    CHECK(!find(&c, "dl20") && !find(&c, "conf"));
    rkb_arena_release(&a);
}

static void own_name_says_its_conventions(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_catalog c = { 0 };
    const struct rkb_catalog_entry *e;
    const struct rkb_preset *p;

    check_parsed(&a, "datasets.yaml",
                 "ours:\n  path: beir:corpora/ours:dev\n  relevance: 2\n"
                 "  drop-self: true\n  excluded: true\n  headline: RR@5\n"
                 "plain: {qrels: q}\n",
                 &c);
    e = find(&c, "ours");
    if (CHECK(e && e->own)) {
        p = rkb_catalog_preset(&c, rkb_sv_of("ours"));
        CHECK(p == e->preset);
        CHECK_STR(p->name, "ours");
        CHECK_STR(e->path, "beir:corpora/ours:dev");
        CHECK_EQ_INT(p->binary_rel, 2);
        CHECK(p->drop_self && p->drop_excluded && p->path);
        CHECK_STR(p->headline, "RR@5");
    }
    p = rkb_catalog_preset(&c, rkb_sv_of("plain"));
    if (CHECK(p != NULL)) {
        CHECK_EQ_INT(p->binary_rel, 1);
        CHECK(!p->drop_self && !p->drop_excluded);
        CHECK_STR(p->headline, "nDCG@10");
    }
    CHECK_STR(rkb_catalog_nearest(&c, rkb_sv_of("plane")), "plain");
    CHECK_STR(rkb_catalog_nearest(&c, rkb_sv_of("sciafct")), "beir/scifact");
    CHECK(rkb_catalog_preset(NULL, rkb_sv_of("dl19")) != NULL);
    rkb_arena_release(&a);
}

static void faults_are_told_with_their_line(void)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "x:\n  paht: y\n", "f:2: unknown key 'paht' of a data set (did you "
                             "mean 'path'?)" },
        { "dl19:\n  relevance: 3\n", "f:2: 'dl19' is a known collection" },
        { "bright: {corpus: x}\n", "f:1: 'bright' is a group" },
        { "x: {relevance: two}\n", "f:1: option 'relevance'" },
        { "x: {relevance: 0}\n", "f:1: option 'relevance'" },
        { "x: {drop-self: maybe}\n", "f:1: option 'drop-self'" },
        { "x: {path: [a, b]}\n", "f:1: 'path' takes one value" },
        { "x: {path: }\n", "f:1: 'path' takes one value" },
        { "x: [a]\n", "f:1: 'x' takes a path or a map" },
        { "x: {}\n", "f:1: 'x' takes a path or a map" },
        { "x: ''\n", "f:1: 'path': no path in ''" },
        { "\"a b\": c\n", "f:1: 'a b' is no name of a data set" },
        { "a:b: c\n", "f:1: 'a:b' is no name of a data set" },
        { "- a\n", "f:1: a map of data sets is needed" },
        { "scifact: a\nbeir/scifact: b\n",
          "f:2: 'beir/scifact' is there twice, first on line 1" },
        { "x: a\nx: b\n", "f:2: 'x' is there twice" },
        { "x: {path: *y}\n", "f:1: aliases are not supported" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_catalog c = { 0 };
        struct rkb_err err = { 0 };

        CHECK_EQ_INT(
            rkb_catalog_parse(&a, "f", rkb_sv_of(rows[i].text), &c, &err),
            RKB_E_USAGE);
        if (!CHECK(strncmp(err.msg, rows[i].says, strlen(rows[i].says)) == 0))
            printf("# got  '%s'\n# want '%s'\n", err.msg, rows[i].says);
        rkb_arena_release(&a);
    }
}

static void first_file_counts(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_catalog c = { 0 };
    struct rkb_err err = { 0 };
    char folder[512];

    fixture_deep("plan/datasets.yaml", "x: near\ny: near\n");
    fixture_deep("conf/rerankbench/datasets.yaml", "x: far\nz: far\n# end\n");
    snprintf(folder, sizeof(folder), "%s", fixture_path("plan"));
    setenv("XDG_CONFIG_HOME", fixture_path("conf"), 1);
    CHECK_EQ_INT(rkb_catalog_load(&a, folder, &c, &err), RKB_OK);
    CHECK_EQ_INT(c.n, 3);
    CHECK_STR(find(&c, "x")->path, rkb_arena_printf(&a, "%s/near", folder));
    CHECK_STR(find(&c, "z")->path, fixture_path("conf/rerankbench/far"));
    c = (struct rkb_catalog){ 0 };
    CHECK_EQ_INT(rkb_catalog_load(&a, fixture_path("nowhere"), &c, &err),
                 RKB_OK);
    CHECK_EQ_INT(c.n, 2);
    fixture_deep("plan/datasets.yaml", "");
    c = (struct rkb_catalog){ 0 };
    CHECK_EQ_INT(rkb_catalog_load(&a, folder, &c, &err), RKB_OK);
    CHECK_EQ_INT(c.n, 2);
    unsetenv("XDG_CONFIG_HOME");
    rkb_arena_release(&a);
}

/* ---- as a dataset ------------------------------------------------------------ */

static void check_open(const struct rkb_catalog *c, const char *spec,
                       const char *qrels, const char *name, size_t n_judged)
{
    const struct rkb_dataset_source src = { .spec = spec,
                                            .qrels = qrels,
                                            .catalog = c };
    struct rkb_err err = { 0 };
    struct rkb_dataset *d = NULL;

    if (!CHECK(!rkb_dataset_open(&d, &src, &err))) {
        printf("# %s: %s\n", spec, err.msg);
        return;
    }
    CHECK_STR(d->name, name);
    CHECK(d->preset == rkb_catalog_preset(c, rkb_sv_of(spec)));
    CHECK_EQ_INT(d->n_judged, n_judged);
    CHECK_EQ_INT(rkb_dataset_has_corpus(d), 1);
    rkb_dataset_close(d);
}

static void check_closed(const struct rkb_catalog *c, const char *spec,
                         enum rkb_status code, const char *says)
{
    const struct rkb_dataset_source src = { .spec = spec, .catalog = c };
    struct rkb_err err = { 0 };
    struct rkb_dataset *d = NULL;

    CHECK_EQ_INT(rkb_dataset_open(&d, &src, &err), code);
    if (!CHECK(strstr(err.msg, says) != NULL))
        printf("# got '%s'\n", err.msg);
}

static void names_lead_to_their_files(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_catalog c = { 0 };
    char file[512];

    fixture_deep("ir/garden/queries.tsv", "1\tone\n2\ttwo\n");
    fixture_deep("ir/garden/qrels.txt", "1 0 a 1\n2 0 b 2\n");
    fixture_deep("ir/garden/qrels.dev.txt", "1 0 a 1\n");
    fixture_deep("ir/garden/queries.dev.tsv", "1\tone\n");
    fixture_deep("ir/garden/collection.tsv", "a\tA\nb\tB\n");
    fixture_deep("ir/hf/examples/pony.jsonl",
                 "{\"id\":\"1\",\"query\":\"q\",\"gold_ids\":[\"a\"],"
                 "\"excluded_ids\":[\"N/A\"]}\n");
    fixture_deep("ir/hf/documents/pony.jsonl",
                 "{\"id\":\"a\",\"content\":\"x\"}\n");
    fixture_deep("ir/cqa/stats/queries.jsonl",
                 "{\"_id\":\"1\",\"text\":\"q\"}\n");
    fixture_deep("ir/cqa/stats/corpus.jsonl",
                 "{\"_id\":\"a\",\"title\":\"\",\"text\":\"x\"}\n");
    fixture_deep("ir/cqa/stats/qrels/test.tsv",
                 "query-id\tcorpus-id\tscore\n1\ta\t1\n");
    snprintf(file, sizeof(file), "%s", fixture_path("ir/datasets.yaml"));
    check_parsed(&a, file,
                 "garden: garden\n"
                 "dev: {path: garden, split: dev}\n"
                 "parts: {queries: garden/queries.tsv, qrels: "
                 "garden/qrels.txt,\n corpus: garden/collection.tsv}\n"
                 "dl19: {path: garden, qrels: garden/qrels.dev.txt}\n"
                 "bright: hf\n"
                 "cqadupstack: cqa\n"
                 "gone: {qrels: nowhere}\n"
                 "rules: {relevance: 2}\n",
                 &c);
    check_open(&c, "garden", NULL, "garden", 2);
    check_open(&c, "dev", NULL, "dev", 1);
    check_open(&c, "parts", NULL, "parts", 2);
    check_open(&c, "dl19", NULL, "dl19", 1);
    check_open(&c, "dl19", fixture_path("ir/garden/qrels.txt"), "dl19", 2);
    check_open(&c, "bright/pony", NULL, "bright/pony", 1);
    check_open(&c, "pony", NULL, "bright/pony", 1);
    check_open(&c, "stats", NULL, "beir/cqadupstack/stats", 1);
    check_closed(&c, "bright/aops", RKB_E_DATA, "no task 'aops'");
    check_closed(&c, "gone", RKB_E_IO, "datasets.yaml:8: there is no file '");
    check_closed(&c, "rules", RKB_E_USAGE,
                 "datasets.yaml:9: 'rules' has conventions, but neither");
    check_closed(&c, "gardn", RKB_E_USAGE, "(did you mean 'garden'?)");
    check_closed(&c, "dl20", RKB_E_USAGE, "needs a data folder");
    rkb_arena_release(&a);
    fixture_done();
}

TESTS(TEST(entry_of_a_known_name_has_its_conventions),
      TEST(own_name_says_its_conventions),
      TEST(faults_are_told_with_their_line), TEST(first_file_counts),
      TEST(names_lead_to_their_files))
