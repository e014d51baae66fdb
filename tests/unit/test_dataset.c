/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/dataset.h"

#include "tests/formats_fixture.h"

static struct rkb_dataset *open_ok(const struct rkb_dataset_source *src)
{
    struct rkb_err err = { 0 };
    struct rkb_dataset *d = NULL;

    if (!CHECK(rkb_dataset_open(&d, src, &err) == RKB_OK))
        printf("# %s\n", err.msg);
    return d;
}

static void check_no_dataset(const struct rkb_dataset_source *src,
                             enum rkb_status code, const char *says)
{
    struct rkb_err err = { 0 };
    struct rkb_dataset *d = NULL;

    CHECK_EQ_INT(rkb_dataset_open(&d, src, &err), code);
    CHECK(d == NULL);
    if (!CHECK(strstr(err.msg, says) != NULL))
        printf("# got  '%s'\n# want '%s' in it\n", err.msg, says);
}

static void check_same(const struct rkb_digest *a, const struct rkb_digest *b,
                       bool want)
{
    CHECK_EQ_INT(rkb_digest_eq(a, b), want);
}

static const char *garden(void)
{
    fixture_deep("root/garden/queries.tsv", "q2\ttwo\nq1\tone\nq3\tnone\n");
    fixture_deep("root/garden/qrels.txt",
                 "q1 0 b 2\nq9 0 a 0\nq1 0 a -1\nq2 0 c 1\n");
    fixture_deep("root/garden/collection.tsv", "a\tA\nb\tB\nz\tZ\n");
    return fixture_path("root/garden");
}

static void queries_keep_the_order_of_their_file(void)
{
    struct rkb_dataset *d =
        open_ok(&(struct rkb_dataset_source){ .spec = garden() });
    static const char *const qids[] = { "q2", "q1", "q3", "q9" };

    if (!d)
        return;
    CHECK_STR(d->name, "garden");
    CHECK(d->preset == NULL && d->known == NULL);
    CHECK_EQ_INT(d->qids.n, 4);
    for (size_t i = 0; i < 4; i++)
        CHECK(rkb_sv_is(d->queries[i].qid, qids[i]));
    CHECK(d->queries[1].judged && d->queries[1].has_text);
    CHECK_EQ_INT(d->queries[1].n_grades, 2);
    CHECK_EQ_INT(d->queries[1].grades[0].grade, 2);
    CHECK(rkb_sv_is(d->docids.keys[d->queries[1].grades[1].doc], "a"));
    CHECK_EQ_INT(d->queries[1].grades[1].grade, -1);
    CHECK(!d->queries[2].judged && d->queries[2].has_text);
    CHECK(d->queries[3].judged && !d->queries[3].has_text);
    CHECK_EQ_INT(d->n_judged, 3);
    CHECK_EQ_INT(d->n_grades, 4);
    rkb_dataset_close(d);
}

/* As ir_datasets writes BRIGHT's, in a collection that drops excluded ids. */
static void grade_of_excluded_is_no_judgment(void)
{
    struct rkb_dataset_source src = {
        .spec = "bright/leetcode",
        .queries = fixture_text("q.tsv", "1\tone\n2\ttwo\n"),
        .qrels = fixture_text("x.txt", "1 0 x -100\n1 0 a 1\n2 0 b 1\n"),
    };
    struct rkb_dataset *with, *same, *plain;

    with = open_ok(&src);
    src.qrels = fixture_text("a.txt", "1 0 a 1\n2 0 b 1\n");
    same = open_ok(&src);
    src.spec = "beir/scifact";
    src.qrels = fixture_path("x.txt");
    plain = open_ok(&src);
    if (with && same && plain) {
        CHECK_EQ_INT(with->n_grades, 2);
        CHECK_EQ_INT(with->n_excludes, 1);
        CHECK(rkb_sv_is(with->docids.keys[with->queries[0].excluded[0]], "x"));
        check_same(&with->grades_digest, &same->grades_digest, true);
        check_same(&with->excludes_digest, &same->excludes_digest, false);
        CHECK_EQ_INT(plain->n_grades, 3);
        CHECK_EQ_INT(plain->n_excludes, 0);
    }
    rkb_dataset_close(with);
    rkb_dataset_close(same);
    rkb_dataset_close(plain);
    src.spec = "bright/leetcode";
    src.qrels = fixture_text("x.txt", "1 0 x -100\n1 0 a 1\n1 0 x 1\n");
    check_no_dataset(&src, RKB_E_DATA,
                     "x.txt:3: document 'x' is both judged and excluded");
    src.qrels = fixture_text("x.txt", "1 0 x 0\n1 0 x -100\n");
    check_no_dataset(&src, RKB_E_DATA, "x.txt:2: document 'x' is both judged");
}

static void only_wanted_texts_are_kept(void)
{
    struct rkb_dataset *d =
        open_ok(&(struct rkb_dataset_source){ .spec = garden() });
    struct rkb_err err = { 0 };
    uint8_t wanted[3] = { 0 };
    size_t n_missing = 9;
    uint32_t a, c;

    if (!d)
        return;
    a = rkb_map_find(&d->docids, rkb_sv_of("a"));
    c = rkb_map_find(&d->docids, rkb_sv_of("c"));
    wanted[a] = wanted[c] = 1;
    CHECK(rkb_dataset_has_corpus(d));
    CHECK_EQ_INT(rkb_dataset_load_texts(d, wanted, &n_missing, &err), RKB_OK);
    CHECK_EQ_INT(n_missing, 1);
    CHECK(d->docs[a].present && rkb_sv_is(d->docs[a].text, "A"));
    CHECK(!d->docs[c].present);
    CHECK(!d->docs[rkb_map_find(&d->docids, rkb_sv_of("b"))].present);
    rkb_dataset_set_doc(d, c, rkb_sv_of("t"), rkb_sv_of("C"));
    CHECK_EQ_INT(rkb_dataset_load_texts(d, wanted, &n_missing, &err), RKB_OK);
    CHECK_EQ_INT(n_missing, 0);
    CHECK(rkb_sv_is(d->docs[c].title, "t"));
    CHECK_EQ_INT(rkb_dataset_doc(d, rkb_sv_of("new")), 3);
    CHECK(!d->docs[3].present);
    rkb_dataset_close(d);
}

static void document_with_two_texts_is_refused(void)
{
    struct rkb_dataset_source src = { .qrels = fixture_text("r", "1 0 a 1\n") };
    struct rkb_err err = { 0 };
    const uint8_t wanted[1] = { 1 };
    struct rkb_dataset *d;
    size_t n_missing;

    src.corpus = fixture_text("c", "a\tA\nb\tB\na\tA\n");
    d = open_ok(&src);
    if (!d)
        return;
    CHECK_EQ_INT(rkb_dataset_load_texts(d, wanted, &n_missing, &err), RKB_OK);
    rkb_dataset_close(d);
    fixture_text("c", "a\tA\nb\tB\na\tother\n");
    d = open_ok(&src);
    CHECK_EQ_INT(rkb_dataset_load_texts(d, wanted, &n_missing, &err),
                 RKB_E_DATA);
    CHECK(strstr(err.msg, "c:3: document 'a' is there twice") != NULL);
    rkb_dataset_close(d);
}

static void what_is_there_twice_is_refused(void)
{
    check_no_dataset(
        &(struct rkb_dataset_source){
            .queries = fixture_text("q", "1\ta\n2\tb\n1\ta\n"),
            .qrels = fixture_text("r", "1 0 a 1\n") },
        RKB_E_DATA, "q:3: query '1' is there twice");
    check_no_dataset(
        &(struct rkb_dataset_source){
            .qrels = fixture_text("r", "1 0 a 1\n2 0 a 1\n1 0 a 0\n") },
        RKB_E_DATA,
        "r:3: document 'a' is judged twice for query '1': 0, and 1 as "
        "judgment 1");
}

static void digests_do_not_depend_on_order_or_format(void)
{
    struct rkb_dataset *a = open_ok(&(struct rkb_dataset_source){
        .queries = fixture_text("q1", "1\tone\n2\ttwo\n"),
        .qrels = fixture_text("r1", "1 0 a 1\n1 0 b 0\n2 0 c -1\n") });
    struct rkb_dataset *b = open_ok(&(struct rkb_dataset_source){
        .queries = fixture_text("q2", "{\"_id\":2,\"text\":\"two\"}\n"
                                      "{\"_id\":\"1\",\"text\":\"one\"}\n"),
        .qrels = fixture_text("r2", "q\td\ts\n2\tc\t-1\n1\tb\t0\n1\ta\t1\n") });
    struct rkb_dataset *c = open_ok(&(struct rkb_dataset_source){
        .queries = fixture_text("q1", "1\tone\n2\ttwo \n"),
        .qrels = fixture_text("r1", "1 0 a 1\n1 0 b 0\n2 0 c 0\n") });

    if (a && b && c) {
        check_same(&a->queries_digest, &b->queries_digest, true);
        check_same(&a->grades_digest, &b->grades_digest, true);
        check_same(&a->excludes_digest, &c->excludes_digest, true);
        check_same(&a->queries_digest, &c->queries_digest, false);
        check_same(&a->grades_digest, &c->grades_digest, false);
    }
    rkb_dataset_close(a);
    rkb_dataset_close(b);
    rkb_dataset_close(c);
}

static void preset_is_found_below_the_data_root(void)
{
    struct rkb_dataset_source src = { .spec = "dl19" };
    struct rkb_dataset *d;

    garden();
    fixture_deep("root/dl19/queries.tsv", "1\tone\n");
    fixture_deep("root/dl19/qrels.txt", "1 0 a 2\n");
    src.data_dir = fixture_path("root");
    d = open_ok(&src);
    if (!d)
        return;
    CHECK_STR(d->name, "dl19");
    CHECK_EQ_INT(d->preset->binary_rel, 2);
    CHECK(!rkb_dataset_has_corpus(d));
    rkb_dataset_close(d);
    fixture_deep("root/msmarco/collection.tsv", "a\tA\n");
    d = open_ok(&src);
    CHECK(d && rkb_dataset_has_corpus(d));
    rkb_dataset_close(d);
}

static void group_of_an_archive_opens_by_its_parts(void)
{
    static const struct fixture_entry parts[] = {
        { "cqadupstack/android/queries.jsonl",
          "{\"_id\": \"1\", \"text\": \"a\"}\n" },
        { "cqadupstack/android/qrels/test.tsv", "q\td\ts\n1\tx\t1\n" },
        { "cqadupstack/gis/queries.jsonl",
          "{\"_id\": \"1\", \"text\": \"g\"}\n" },
        { "cqadupstack/gis/qrels/test.tsv", "q\td\ts\n1\ty\t1\n" },
    };
    struct bytes b = archive_bytes("zip", "none", parts, RKB_COUNT(parts));
    struct rkb_dataset_source src = { .spec = "gis" };
    struct rkb_dataset *d;

    fixture_file("cqadupstack.zip", b.at, b.len);
    rkb_free(b.at);
    src.data_dir = fixture_path("");
    d = open_ok(&src);
    if (d)
        CHECK_STR(d->name, "beir/cqadupstack/gis");
    rkb_dataset_close(d);
    src =
        (struct rkb_dataset_source){ .spec = fixture_path("cqadupstack/gis") };
    d = open_ok(&src);
    if (d)
        CHECK_STR(d->name, "beir/cqadupstack/gis");
    rkb_dataset_close(d);
    src.spec = "beir/cqadupstack";
    check_no_dataset(&src, RKB_E_USAGE, "the mean of its parts, name those");
}

static void overrides_need_no_data_root(void)
{
    struct rkb_dataset_source src = { .spec = "dl19" };
    struct rkb_dataset *d;

    src.queries = fixture_text("q", "1\tone\n");
    src.qrels = fixture_text("r", "1 0 a 2\n");
    d = open_ok(&src);
    if (!d)
        return;
    CHECK_STR(d->name, "dl19");
    CHECK(d->preset && !rkb_dataset_has_corpus(d));
    rkb_dataset_close(d);
    src.queries = NULL;
    d = open_ok(&src);
    CHECK(d && !d->queries[0].has_text);
    rkb_dataset_close(d);
}

static void overridden_judgments_keep_the_rest(void)
{
    struct rkb_dataset_source src = { .split = "maze" };
    struct rkb_dataset *d;

    fixture_deep("puzzles/examples/maze.jsonl",
                 "{\"query\": \"way in\", \"id\": 1, \"excluded_ids\": "
                 "[\"m/x\", \"m/y\"], \"gold_ids\": [\"m/c\"]}\n");
    src.spec = fixture_path("puzzles");
    src.qrels = fixture_text("r", "1\t0\tm/d e\t1\n");
    d = open_ok(&src);
    if (!d)
        return;
    CHECK_EQ_INT(d->n_grades, 1);
    CHECK(rkb_sv_is(d->docids.keys[d->queries[0].grades[0].doc], "m/d e"));
    CHECK_EQ_INT(d->queries[0].n_excluded, 2);
    CHECK(rkb_sv_is(d->queries[0].text, "way in"));
    rkb_dataset_close(d);
}

static void unknown_names_get_help(void)
{
    check_no_dataset(&(struct rkb_dataset_source){ .spec = "dl18" },
                     RKB_E_USAGE, "did you mean 'dl19'?");
    check_no_dataset(&(struct rkb_dataset_source){ .spec = "biology" },
                     RKB_E_USAGE, "did you mean 'bright/biology'?");
    check_no_dataset(&(struct rkb_dataset_source){ .spec = "dl19" },
                     RKB_E_USAGE, "needs a data folder");
    check_no_dataset(
        &(struct rkb_dataset_source){ .spec = "beir/nq",
                                      .data_dir = fixture_path("") },
        RKB_E_IO, "no 'beir/nq' (folder or archive)");
    check_no_dataset(&(struct rkb_dataset_source){ .spec = "" }, RKB_E_USAGE,
                     "no dataset was named");
    check_no_dataset(
        &(struct rkb_dataset_source){
            .spec = fixture_text("run", "1 Q0 a 1 2.5 tag\n") },
        RKB_E_DATA, "looks like a TREC run");
}

static void known_collections_are_recognised(void)
{
    static const struct {
        const char *spec, *qrels, *name, *label;
        size_t n_queries, n_judged, n_grades, n_excludes;
    } rows[] = {
        { "dl19", NULL, "dl19", "TREC DL 2019 passage (NIST)", 43, 43, 9260,
          0 },
        { "dl20", NULL, "dl20", "TREC DL 2020 passage (NIST)", 200, 54, 11386,
          0 },
        { "scifact", NULL, "beir/scifact", "BEIR SciFact test", 300, 300, 339,
          0 },
        { "bright/biology", NULL, "bright/biology", "BRIGHT as circulated", 103,
          103, 372, 0 },
        { "bright/biology", "bright/qrels/qrels.bright-biology.txt",
          "bright/biology", "BRIGHT as circulated", 103, 103, 372, 0 },
        { "bright/biology", "bright/qrels/qrels.bright-biology.fixed.txt",
          "bright/biology", "BRIGHT fixed", 103, 103, 393, 0 },
        { "stackoverflow", "bright/qrels/qrels.bright-stackoverflow.fixed.txt",
          "bright/stackoverflow", "BRIGHT fixed", 117, 117, 580, 0 },
        { "bright/leetcode", NULL, "bright/leetcode", "BRIGHT, both versions",
          142, 142, 262, 33485 },
    };
    char root[4096], qrels[4096];
    const char *path = rkb_test_data("dl19/..");

    fixture_done();
    if (!path)
        return;
    snprintf(root, sizeof(root), "%s", path);
    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct rkb_dataset_source src = { .spec = rows[i].spec,
                                          .data_dir = root };
        struct rkb_dataset *d;

        if (rows[i].qrels) {
            snprintf(qrels, sizeof(qrels), "%s", rkb_test_data(rows[i].qrels));
            src.qrels = qrels;
        }
        d = open_ok(&src);
        if (!d)
            continue;
        CHECK_STR(d->name, rows[i].name);
        CHECK_STR(d->known ? d->known->label : NULL, rows[i].label);
        CHECK_EQ_INT(d->qids.n, rows[i].n_queries);
        CHECK_EQ_INT(d->n_judged, rows[i].n_judged);
        CHECK_EQ_INT(d->n_grades, rows[i].n_grades);
        CHECK_EQ_INT(d->n_excludes, rows[i].n_excludes);
        rkb_dataset_close(d);
    }
}

static void path_gets_the_preset_of_its_name(void)
{
    static const char *const rows[][3] = {
        { "beir/scifact.zip", NULL, "beir/scifact" },
        { "dl19", NULL, "dl19" },
        { "bright", "leetcode", "bright/leetcode" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        const char *path = rkb_test_data(rows[i][0]);
        struct rkb_dataset *d;

        if (!path)
            return;
        d = open_ok(
            &(struct rkb_dataset_source){ .spec = path, .split = rows[i][1] });
        if (!d)
            continue;
        CHECK_STR(d->name, rows[i][2]);
        CHECK(d->preset != NULL);
        rkb_dataset_close(d);
    }
}

TESTS(TEST(queries_keep_the_order_of_their_file),
      TEST(grade_of_excluded_is_no_judgment), TEST(only_wanted_texts_are_kept),
      TEST(document_with_two_texts_is_refused),
      TEST(what_is_there_twice_is_refused),
      TEST(digests_do_not_depend_on_order_or_format),
      TEST(preset_is_found_below_the_data_root),
      TEST(group_of_an_archive_opens_by_its_parts),
      TEST(overrides_need_no_data_root),
      TEST(overridden_judgments_keep_the_rest), TEST(unknown_names_get_help),
      TEST(known_collections_are_recognised),
      TEST(path_gets_the_preset_of_its_name))
