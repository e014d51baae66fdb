/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io/yaml.h"

#include "base/io/file.h"
#include "tests/tap.h"

#include <dirent.h>

static const struct rkb_yaml *parse(struct rkb_arena *a, rkb_sv text,
                                    struct rkb_err *err)
{
    const struct rkb_yaml *y = NULL;
    enum rkb_status rc = rkb_yaml_parse(a, text, &y, err);

    CHECK_EQ_INT(rc, err->code);
    CHECK((rc == RKB_OK) == (y != NULL));
    return y;
}

static void a_plan_becomes_a_tree_with_lines(void)
{
    static const char plan[] = "# a comment\n"
                               "data: ~/ir\n"
                               "datasets: [dl19, dl20]\n"
                               "candidates: {bm25: \"{dataset}/x.json\"}\n"
                               "rerankers:\n"
                               "  - {use: first, repeat: 3}\n"
                               "  - use: 'null'\n"
                               "    text: |\n"
                               "      two\n"
                               "      lines\n"
                               "depth: null\n";
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const struct rkb_yaml *y = parse(&a, rkb_sv_of(plan), &err);
    const struct rkb_yaml *x;

    CHECK_STR(err.msg, "");
    if (!CHECK(y && y->kind == RKB_YAML_MAP))
        return;
    CHECK_EQ_INT(y->n_children, 5);
    CHECK_EQ_INT(y->line, 2);
    x = rkb_yaml_get(y, "data");
    CHECK(x && rkb_sv_is(x->text, "~/ir") && !x->quoted);
    CHECK(x && x->line == 2 && x->key_line == 2);
    x = rkb_yaml_get(y, "datasets");
    CHECK(x && x->kind == RKB_YAML_LIST && x->n_children == 2);
    CHECK(x && rkb_sv_is(x->child->next->text, "dl20"));
    CHECK(x && x->child->next->key.len == 0);
    x = rkb_yaml_get(rkb_yaml_get(y, "candidates"), "bm25");
    CHECK(x && x->quoted && rkb_sv_is(x->text, "{dataset}/x.json"));
    x = rkb_yaml_get(y, "rerankers");
    CHECK(x && x->line == 6 && x->key_line == 5 && x->n_children == 2);
    x = x ? x->child->next : NULL;
    CHECK(rkb_yaml_get(x, "use") && rkb_yaml_get(x, "use")->quoted);
    x = rkb_yaml_get(x, "text");
    CHECK(x && x->quoted && rkb_sv_is(x->text, "two\nlines\n"));
    CHECK_EQ_INT(x ? x->line : 0, 8);
    x = rkb_yaml_get(y, "depth");
    CHECK(x && !x->quoted && rkb_sv_is(x->text, "null"));
    CHECK(rkb_yaml_get(y, "none") == NULL);
    CHECK(rkb_yaml_get(rkb_yaml_get(y, "data"), "x") == NULL);
    CHECK(rkb_yaml_get(NULL, "x") == NULL);
    rkb_arena_release(&a);
}

static void nothing_is_an_empty_scalar(void)
{
    static const char *const texts[] = { "", "# only this\n", "---\n",
                                         "\xef\xbb\xbf" };

    for (size_t i = 0; i < RKB_COUNT(texts); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_err err = { 0 };
        const struct rkb_yaml *y = parse(&a, rkb_sv_of(texts[i]), &err);

        CHECK(y && y->kind == RKB_YAML_SCALAR && y->text.len == 0 &&
              !y->quoted && y->line > 0);
        rkb_arena_release(&a);
    }
}

static void what_is_refused_is_named_with_its_line(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "a: 1\nb: 2\na: 3\n", "line 3: 'a' is there twice" },
        { "a: {b: 1, \"b\": 2}\n", "line 1: 'b' is there twice" },
        { "a: &x 1\n", "line 1: anchors are not supported" },
        { "a: 1\nb: *x\n", "line 2: aliases are not supported" },
        { "a: &x [1]\n", "line 1: anchors are not supported" },
        { "&k a: 1\n", "line 1: anchors are not supported" },
        { "\na: !!int 1\n", "line 2: tags are not supported" },
        { "a: !x {b: 1}\n", "line 1: tags are not supported" },
        { "a: 1\n---\nb: 2\n", "line 2: more than one document" },
        { "? [a]\n: 1\n", "line 1: a key must be plain text" },
        { "{{a: 1}: 2}\n", "line 1: a key must be plain text" },
        { "a: 1\n\tb: 2\n", "line 2: " },
        { "a: [1\nb: 2\n", "line 2: " },
        { "a: \"x\n", "line " },
        { "a: b: c\n", "line 1: " },
        { "a: \xff\n", "line " },
        { "a: \x01\n", "line " },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_err err = { 0 };

        CHECK(parse(&a, rkb_sv_of(cases[i].text), &err) == NULL);
        CHECK_EQ_INT(err.code, RKB_E_USAGE);
        if (!CHECK(strncmp(err.msg, cases[i].want, strlen(cases[i].want)) == 0))
            printf("# %s-> %s\n", cases[i].text, err.msg);
        rkb_arena_release(&a);
    }
}

static void depth_is_limited(void)
{
    char text[2 * RKB_YAML_DEPTH + 3];

    for (size_t over = 0; over < 2; over++) {
        size_t n = RKB_YAML_DEPTH + over;
        struct rkb_arena a = { 0 };
        struct rkb_err err = { 0 };

        memset(text, '[', n);
        text[n] = 'x';
        memset(text + n + 1, ']', n);
        CHECK((parse(&a, (rkb_sv){ text, 2 * n + 1 }, &err) != NULL) == !over);
        CHECK_EQ_INT(err.code, over ? RKB_E_LIMIT : RKB_OK);
        rkb_arena_release(&a);
    }
}

static void published_templates_are_read(void)
{
    const char *found = rkb_test_data("templates");
    struct rkb_arena a = { 0 };
    struct rkb_err err = { 0 };
    const struct dirent *e;
    int n = 0;
    DIR *dir;

    if (!found)
        return;
    dir = opendir(found);
    while (dir && (e = readdir(dir))) {
        rkb_sv text = { 0 };
        const struct rkb_yaml *y;

        if (!rkb_sv_ends(rkb_sv_of(e->d_name), ".yaml"))
            continue;
        n++;
        CHECK(!rkb_file_read(&a, rkb_path_join(&a, found, e->d_name), 1 << 20,
                             &text, &err));
        y = parse(&a, text, &err);
        if (!CHECK(y && y->kind == RKB_YAML_MAP && y->n_children > 0))
            printf("# %s: %s\n", e->d_name, err.msg);
    }
    CHECK(n > 0);
    if (dir)
        closedir(dir);
    rkb_arena_release(&a);
}

TESTS(TEST(a_plan_becomes_a_tree_with_lines), TEST(nothing_is_an_empty_scalar),
      TEST(what_is_refused_is_named_with_its_line), TEST(depth_is_limited),
      TEST(published_templates_are_read))
