/* SPDX-License-Identifier: Apache-2.0 */
#include "base/opt.h"

#include "tests/tap.h"

static const struct rkb_opt rows[] = {
    { .name = "k1", .type = RKB_OPT_REAL, .fallback = "0.9", .max = 10 },
    { .name = "depth",
      .type = RKB_OPT_INT,
      .fallback = "100",
      .min = 1,
      .max = 1000 },
    { .name = "seed", .type = RKB_OPT_INT },
    { .name = "norm", .type = RKB_OPT_CHOICE, .choices = "none|minmax|z" },
    { .name = "stem", .type = RKB_OPT_FLAG },
    { .name = "title", .type = RKB_OPT_TEXT, .fallback = "" },
    { .name = "run", .type = RKB_OPT_TEXT, .many = true },
    { .name = "weight", .type = RKB_OPT_REAL, .fallback = "1", .many = true },
    { .name = "offset", .type = RKB_OPT_REAL, .min = -HUGE_VAL, .max = 5 },
    { .name = "wait", .type = RKB_OPT_INT, .min = 1, .max = HUGE_VAL },
    { 0 },
};

struct fixture {
    struct rkb_arena arena;
    struct rkb_optset set;
    struct rkb_err err;
};

static void setup(struct fixture *f)
{
    *f = (struct fixture){ 0 };
    rkb_optset_init(&f->set, &f->arena, rows);
}

static enum rkb_status put(struct fixture *f, const char *name,
                           const char *value)
{
    return rkb_optset_put(&f->set, rkb_sv_of(name), rkb_sv_of(value), &f->err);
}

static void fallbacks_hold_until_a_value_is_given(void)
{
    struct fixture f;

    setup(&f);
    CHECK_EQ_INT(f.set.n_rows, RKB_COUNT(rows) - 1);
    CHECK_NEAR(rkb_optset_real(&f.set, "k1"), 0.9, 0);
    CHECK_EQ_INT(rkb_optset_int(&f.set, "depth"), 100);
    CHECK_STR(rkb_optset_cstr(&f.set, "title"), "");
    CHECK(rkb_optset_cstr(&f.set, "norm") == NULL);
    CHECK(rkb_optset_text(&f.set, "seed").at == NULL);
    CHECK(!rkb_optset_flag(&f.set, "stem"));
    CHECK(!rkb_optset_get(&f.set, "k1")->given);
    CHECK_EQ_INT(put(&f, "k1", "1.2"), RKB_OK);
    CHECK_NEAR(rkb_optset_real(&f.set, "k1"), 1.2, 0);
    CHECK(rkb_optset_get(&f.set, "k1")->given);
    CHECK_EQ_INT(put(&f, "norm", "z"), RKB_OK);
    CHECK_EQ_INT(rkb_optset_int(&f.set, "norm"), 2);
    CHECK_STR(rkb_optset_cstr(&f.set, "norm"), "z");
    rkb_arena_release(&f.arena);
}

static void a_table_of_no_rows_is_empty(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_optset set;
    struct rkb_err err;
    struct rkb_buf b = { 0 };

    rkb_optset_init(&set, &a, NULL);
    CHECK_EQ_INT(set.n_rows, 0);
    CHECK_EQ_INT(rkb_optset_put(&set, rkb_sv_of("k1"), rkb_sv_of("1"), &err),
                 RKB_E_USAGE);
    CHECK_STR(err.msg, "unknown option 'k1'");
    rkb_optset_json(&set, &b);
    CHECK_STR(b.at, "{}");
    rkb_buf_release(&b);
    rkb_arena_release(&a);
}

static void good_values_are_taken(void)
{
    static const struct {
        const char *name, *value;
    } good[] = {
        { "k1", "0" },
        { "k1", "10" },
        { "k1", "1e-3" },
        { "depth", "1" },
        { "depth", "1000" },
        { "offset", "-1e300" },
        { "offset", "5" },
        { "wait", "9223372036854775807" },
        { "seed", "-9223372036854775808" },
        { "stem", NULL },
        { "stem", "true" },
        { "stem", "false" },
        { "title", "a, (b)" },
        { "title", "" },
        { "norm", "none" },
    };

    for (size_t i = 0; i < RKB_COUNT(good); i++) {
        struct fixture f;

        setup(&f);
        if (!CHECK_EQ_INT(put(&f, good[i].name, good[i].value), RKB_OK))
            printf("# %s\n", f.err.msg);
        CHECK_STR(rkb_optset_cstr(&f.set, good[i].name),
                  good[i].value ? good[i].value : "true");
        rkb_arena_release(&f.arena);
    }
}

static void bad_values_are_refused_with_what_was_wanted(void)
{
    static const struct {
        const char *name, *value, *message;
    } bad[] = {
        { "k1", "x", "option 'k1' must be a number from 0 to 10, not 'x'" },
        { "k1", "10.001",
          "option 'k1' must be a number from 0 to 10, not '10.001'" },
        { "k1", "", "option 'k1' must be a number from 0 to 10, not ''" },
        { "k1", NULL, "option 'k1' needs a value" },
        { "k1", "nan", "option 'k1' must be a number from 0 to 10, not 'nan'" },
        { "depth", "0",
          "option 'depth' must be a whole number from 1 to 1000, not '0'" },
        { "depth", "1.0",
          "option 'depth' must be a whole number from 1 to 1000, not '1.0'" },
        { "seed", "a\x1b[2J",
          "option 'seed' must be a whole number, not 'a?[2J'" },
        { "wait", "0",
          "option 'wait' must be a whole number of at least 1, not '0'" },
        { "offset", "5.1",
          "option 'offset' must be a number of at most 5, not '5.1'" },
        { "stem", "yes", "option 'stem' must be true or false, not 'yes'" },
        { "norm", "max",
          "option 'norm' must be one of none|minmax|z, not 'max'" },
        { "norm", "none|minmax",
          "option 'norm' must be one of none|minmax|z, not 'none|minmax'" },
        { "k2", "1", "unknown option 'k2' (did you mean 'k1'?)" },
        { "dept", "1", "unknown option 'dept' (did you mean 'depth'?)" },
        { "", "1", "unknown option ''" },
        { "temperature", "1", "unknown option 'temperature'" },
    };

    for (size_t i = 0; i < RKB_COUNT(bad); i++) {
        struct fixture f;

        setup(&f);
        CHECK_EQ_INT(put(&f, bad[i].name, bad[i].value), RKB_E_USAGE);
        CHECK_STR(f.err.msg, bad[i].message);
        CHECK_NEAR(rkb_optset_real(&f.set, "k1"), 0.9, 0);
        CHECK(!rkb_optset_get(&f.set, "k1")->given);
        rkb_arena_release(&f.arena);
    }
}

static void a_row_is_given_once_unless_it_takes_many(void)
{
    struct fixture f;
    const struct rkb_opt_value *v;

    setup(&f);
    CHECK_EQ_INT(put(&f, "k1", "1"), RKB_OK);
    CHECK_EQ_INT(put(&f, "k1", "1"), RKB_E_USAGE);
    CHECK_STR(f.err.msg, "option 'k1' is given twice");
    v = rkb_optset_get(&f.set, "run");
    CHECK_EQ_INT(v->n_all, 0);
    for (int i = 0; i < 100; i++) {
        char text[16];

        snprintf(text, sizeof(text), "r%d", i);
        CHECK_EQ_INT(put(&f, "run", text), RKB_OK);
    }
    CHECK_EQ_INT(v->n_all, 100);
    for (size_t i = 0; i < v->n_all; i++) {
        char text[16];

        snprintf(text, sizeof(text), "r%d", (int)i);
        CHECK_STR(v->all[i].at, text);
    }
    rkb_arena_release(&f.arena);
}

static void the_first_given_value_replaces_the_fallback_of_many(void)
{
    struct fixture f;
    const struct rkb_opt_value *v;

    setup(&f);
    v = rkb_optset_get(&f.set, "weight");
    CHECK(v->n_all == 1 && rkb_sv_is(v->all[0], "1"));
    CHECK_EQ_INT(put(&f, "weight", "0.25"), RKB_OK);
    CHECK_EQ_INT(put(&f, "weight", "bad"), RKB_E_USAGE);
    CHECK_EQ_INT(put(&f, "weight", "0.75"), RKB_OK);
    CHECK_EQ_INT(v->n_all, 2);
    CHECK(rkb_sv_is(v->all[0], "0.25") && rkb_sv_is(v->all[1], "0.75"));
    CHECK_NEAR(v->real, 0.75, 0);
    rkb_arena_release(&f.arena);
}

static void values_are_copied(void)
{
    struct fixture f;
    char text[] = "abc";

    setup(&f);
    CHECK_EQ_INT(put(&f, "title", text), RKB_OK);
    text[0] = 'z';
    CHECK_STR(rkb_optset_cstr(&f.set, "title"), "abc");
    rkb_arena_release(&f.arena);
}

static void equal_sets_give_equal_json(void)
{
    static const struct {
        const char *k1, *depth, *stem, *json;
    } cases[] = {
        { "0.9", "100", "false",
          "{\"k1\":0.9,\"depth\":100,\"seed\":null,\"norm\":null,"
          "\"stem\":false,\"title\":\"a\\n\\\"b\",\"run\":[\"x\",\"y\"],"
          "\"weight\":[1],\"offset\":null,\"wait\":null}" },
        { "0.90000", "0100", NULL,
          "{\"k1\":0.9,\"depth\":100,\"seed\":null,\"norm\":null,"
          "\"stem\":true,\"title\":\"a\\n\\\"b\",\"run\":[\"x\",\"y\"],"
          "\"weight\":[1],\"offset\":null,\"wait\":null}" },
        { "9e-1", "100", "true",
          "{\"k1\":0.9,\"depth\":100,\"seed\":null,\"norm\":null,"
          "\"stem\":true,\"title\":\"a\\n\\\"b\",\"run\":[\"x\",\"y\"],"
          "\"weight\":[1],\"offset\":null,\"wait\":null}" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        struct rkb_buf b = { 0 };
        struct fixture f;

        setup(&f);
        CHECK_EQ_INT(put(&f, "run", "x"), RKB_OK);
        CHECK_EQ_INT(put(&f, "stem", cases[i].stem), RKB_OK);
        CHECK_EQ_INT(put(&f, "depth", cases[i].depth), RKB_OK);
        CHECK_EQ_INT(put(&f, "title", "a\n\"b"), RKB_OK);
        CHECK_EQ_INT(put(&f, "k1", cases[i].k1), RKB_OK);
        CHECK_EQ_INT(put(&f, "run", "y"), RKB_OK);
        rkb_optset_json(&f.set, &b);
        CHECK_STR(b.at, cases[i].json);
        rkb_buf_release(&b);
        rkb_arena_release(&f.arena);
    }
}

/* ---- specs ---- */

static void specs_are_a_name_and_pairs(void)
{
    static const struct {
        const char *text, *name;
        const char *pairs[6]; /* key, value, ... */
    } good[] = {
        { "bm25", "bm25", { 0 } },
        { " bm25 ", "bm25", { 0 } },
        { "bm25()", "bm25", { 0 } },
        { "bm25( )", "bm25", { 0 } },
        { "bm25(k1=0.9,b=0.4)", "bm25", { "k1", "0.9", "b", "0.4" } },
        { "bm25 ( k1 = 0.9 , b = 0.4 ) ", "bm25", { "k1", "0.9", "b", "0.4" } },
        { "x(a='1, (2)=\"3\"',b=\"it's\")",
          "x",
          { "a", "1, (2)=\"3\"", "b", "it's" } },
        { "x(a='')", "x", { "a", "" } },
        { "x(a=' y ')", "x", { "a", " y " } },
        { "x(url=http://[::1]:8080/v1?q)",
          "x",
          { "url", "http://[::1]:8080/v1?q" } },
        { "x(a=two words)", "x", { "a", "two words" } },
        { "x(a=1,a=2)", "x", { "a", "1", "a", "2" } },
    };

    for (size_t i = 0; i < RKB_COUNT(good); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_spec spec;
        struct rkb_err err;
        size_t n = 0;

        if (!CHECK_EQ_INT(
                rkb_spec_parse(&a, rkb_sv_of(good[i].text), &spec, &err),
                RKB_OK)) {
            printf("# %s\n", err.msg);
            continue;
        }
        CHECK(rkb_sv_is(spec.name, good[i].name));
        for (; n < 3 && good[i].pairs[2 * n]; n++) {
            if (!CHECK(n < spec.n))
                break;
            CHECK(rkb_sv_is(spec.keys[n], good[i].pairs[2 * n]));
            CHECK(rkb_sv_is(spec.values[n], good[i].pairs[2 * n + 1]));
        }
        CHECK_EQ_INT(spec.n, n);
        rkb_arena_release(&a);
    }
}

static void broken_specs_name_the_column(void)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        { "", "bad spec '': expected a name at column 1" },
        { "(a=1)", "bad spec '(a=1)': expected a name at column 1" },
        { "x(", "bad spec 'x(': expected a name at column 3" },
        { "x(a", "bad spec 'x(a': expected '=' at column 4" },
        { "x(a)", "bad spec 'x(a)': expected '=' at column 4" },
        { "x(a=", "bad spec 'x(a=': expected a value at column 5" },
        { "x(a=)", "bad spec 'x(a=)': expected a value at column 5" },
        { "x(a=1", "bad spec 'x(a=1': expected ',' or ')' at column 6" },
        { "x(a=1,)", "bad spec 'x(a=1,)': expected a name at column 7" },
        { "x(=1)", "bad spec 'x(=1)': expected a name at column 3" },
        { "x(a=1))", "bad spec 'x(a=1))': expected the end at column 7" },
        { "x)", "bad spec 'x)': expected the end at column 2" },
        { "x(a='1)", "bad spec 'x(a='1)': expected the closing quote at "
                     "column 8" },
        { "x(a='1'2)",
          "bad spec 'x(a='1'2)': expected ',' or ')' at column 8" },
        { "x(a=y(b=1))",
          "bad spec 'x(a=y(b=1))': expected ',' or ')' at column 6" },
    };

    for (size_t i = 0; i < RKB_COUNT(bad); i++) {
        struct rkb_arena a = { 0 };
        struct rkb_spec spec;
        struct rkb_err err;

        CHECK_EQ_INT(rkb_spec_parse(&a, rkb_sv_of(bad[i].text), &spec, &err),
                     RKB_E_USAGE);
        CHECK_STR(err.msg, bad[i].message);
        rkb_arena_release(&a);
    }
}

static void a_nul_byte_is_no_end_of_a_spec(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_spec spec;
    struct rkb_err err;

    CHECK_EQ_INT(rkb_spec_parse(&a, (rkb_sv){ "x(a=1)\0y", 8 }, &spec, &err),
                 RKB_E_USAGE);
    CHECK_EQ_INT(rkb_spec_parse(&a, (rkb_sv){ "x(a=1\0)", 7 }, &spec, &err),
                 RKB_OK);
    CHECK_EQ_INT(spec.values[0].len, 2);
    CHECK_EQ_INT(rkb_spec_parse(&a, (rkb_sv){ 0 }, &spec, &err), RKB_E_USAGE);
    rkb_arena_release(&a);
}

static void the_nearest_name_is_near_enough(void)
{
    static const char *const names[] = { "ndcg", "map", "window", "step" };
    static const struct {
        const char *name, *nearest;
    } cases[] = {
        { "ndgc", "ndcg" },      { "ndc", "ndcg" },
        { "mapp", "map" },       { "windwo", "window" },
        { "windows", "window" }, { "w", "" },
        { "map", "map" },        { "", "" },
        { "recall", "" },
    };

    for (size_t i = 0; i < RKB_COUNT(cases); i++) {
        rkb_sv near =
            rkb_nearest(rkb_sv_of(cases[i].name), names, RKB_COUNT(names));

        if (!CHECK(rkb_sv_is(near, cases[i].nearest)))
            printf("# '%s'\n", cases[i].name);
    }
    CHECK_EQ_INT(rkb_nearest(rkb_sv_of("x"), NULL, 0).len, 0);
}

static void a_list_of_specs_is_cut_outside_quotes_and_parentheses(void)
{
    static const char *const lists[][4] = {
        { "a; b(x=1;2) ;c", "a", "b(x=1;2)", "c" },
        { "f(i='a; (b'); \"x;'\";)", "f(i='a; (b')", "\"x;'\"", ")" },
        { "a;;", "a", "", "" },
        { "f(i=\"g(i='a;b')\")", "f(i=\"g(i='a;b')\")", NULL },
        { "'open; b", "'open; b", NULL },
        { " ", "", NULL },
    };

    for (size_t i = 0; i < RKB_COUNT(lists); i++) {
        rkb_sv list = rkb_sv_of(lists[i][0]), spec;
        size_t n = 0;

        while (n < 3 && rkb_spec_cut(&list, &spec)) {
            n++;
            if (CHECK(n < 4 && lists[i][n]))
                CHECK(rkb_sv_is(spec, lists[i][n]));
        }
        CHECK(!rkb_spec_cut(&list, &spec));
        CHECK(n == 3 || !lists[i][n + 1]);
    }
}

TESTS(TEST(a_list_of_specs_is_cut_outside_quotes_and_parentheses),
      TEST(fallbacks_hold_until_a_value_is_given),
      TEST(a_table_of_no_rows_is_empty), TEST(good_values_are_taken),
      TEST(bad_values_are_refused_with_what_was_wanted),
      TEST(a_row_is_given_once_unless_it_takes_many),
      TEST(the_first_given_value_replaces_the_fallback_of_many),
      TEST(values_are_copied), TEST(equal_sets_give_equal_json),
      TEST(specs_are_a_name_and_pairs), TEST(broken_specs_name_the_column),
      TEST(a_nul_byte_is_no_end_of_a_spec),
      TEST(the_nearest_name_is_near_enough))
