/* SPDX-License-Identifier: Apache-2.0 */
/* Walks every table of the program: what is registered is listed, and the help
 * of a command tells all its options. */
#include "datasets/format.h"
#include "datasets/presets.h"
#include "harness/cli/command.h"
#include "harness/llm/dialect.h"
#include "harness/rerankers/reranker.h"
#include "metrics/measure.h"
#include "reports/table.h"
#include "runs/store.h"
#include "tests/tap.h"

struct fixture {
    struct rkb_arena arena;
    struct rkb_buf out;
    struct rkb_err err;
};

static void done(struct fixture *f)
{
    rkb_arena_release(&f->arena);
    rkb_buf_release(&f->out);
}

static const struct rkb_command_def *command(const char *name)
{
    for (size_t i = 0; rkb_commands[i]; i++)
        if (strcmp(rkb_commands[i]->name, name) == 0)
            return rkb_commands[i];
    return NULL;
}

/* The output of `list ...`, or NULL. */
static const char *list(struct fixture *f, int argc, const char *const *argv)
{
    struct rkb_context ctx = { .arena = &f->arena, .out = &f->out };
    char **copy = rkb_arena_new(&f->arena, (size_t)argc + 1, sizeof *copy);
    const struct rkb_command_def *cmd = command("list");
    struct rkb_args args;
    bool help;

    rkb_buf_reset(&f->out);
    for (int i = 0; i < argc; i++)
        copy[i] = rkb_arena_printf(&f->arena, "%s", argv[i]);
    if (!cmd ||
        rkb_args_parse(&f->arena, cmd, argc, copy, &args, &help, &f->err) ||
        cmd->run(&ctx, &args, &f->err))
        return NULL;
    return f->out.at;
}

static const char *list_word(struct fixture *f, const char *word,
                             const char *format)
{
    const char *argv[] = { word, "--format", format };

    return list(f, 3, argv);
}

static const char *list_name(struct fixture *f, const char *word,
                             const char *name, const char *format)
{
    const char *argv[] = { word, name, "--format", format };

    return list(f, 4, argv);
}

/* `name` is the first column of a row of the CSV. */
static void check_listed(const char *csv, const char *name)
{
    char start[256];

    snprintf(start, sizeof start, "\n%s,", name);
    if (!CHECK(csv && strstr(csv, start)))
        printf("# '%s' is not listed\n", name);
}

static void every_row_is_listed(void)
{
    struct fixture f = { 0 };
    const char *csv = list_word(&f, "rerankers", "csv");

    for (size_t i = 0; rkb_rerankers[i]; i++)
        check_listed(csv, rkb_rerankers[i]->name);
    csv = list_word(&f, "datasets", "csv");
    for (size_t i = 0; i < rkb_n_presets; i++)
        check_listed(csv, rkb_presets[i].name);
    csv = list_word(&f, "measures", "csv");
    for (size_t i = 0; rkb_measure_at(i); i++)
        check_listed(csv, rkb_measure_at(i)->name);
    csv = list_word(&f, "formats", "csv");
    for (size_t i = 0; rkb_input_formats[i]; i++)
        check_listed(csv, rkb_input_formats[i]->name);
    csv = list_word(&f, "dialects", "csv");
    for (size_t i = 0; rkb_dialects[i]; i++)
        check_listed(csv, rkb_dialects[i]->name);
    done(&f);
}

static void options_show_their_defaults(void)
{
    struct fixture f = { 0 };
    const char *csv = list_name(&f, "rerankers", "bm25", "csv");

    CHECK(csv && strstr(csv, "\nk1,0.9,how slowly repeated words saturate\n"));
    CHECK(csv && strstr(csv, "\nstats,auto|query (auto),"));
    csv = list_name(&f, "rerankers", "run-file", "csv");
    CHECK(csv && strstr(csv, "\npath,FILE,"));
    csv = list_name(&f, "rerankers", "rankgpt", "csv"); /* a preset's own */
    CHECK(csv && strstr(csv, "\ntemplate,builtin:listwise-turns,"));
    CHECK(csv && strstr(csv, "\nstride,10,"));
    csv = list_word(&f, "rerankers", "csv");
    CHECK(csv && strstr(csv, "sees the judgments"));
    CHECK(csv && strstr(csv, "\"a preset over listwise, needs template\""));
    done(&f);
}

static void conventions_are_shown(void)
{
    struct fixture f = { 0 };
    const char *csv = list_word(&f, "datasets", "csv");

    CHECK(csv && strstr(csv, "\ndl19,tsv,dl19,,43,2,,,nDCG@10,"));
    CHECK(csv && strstr(csv, "\nbeir/arguana,beir,beir/arguana,,1406,1,the "
                             "query itself,,nDCG@10,"));
    CHECK(csv && strstr(csv, ",excluded ids,"));
    CHECK(csv && strstr(csv, ",beir/cqadupstack,nDCG@10,"));
    done(&f);
}

static void what_a_dialect_can_is_shown(void)
{
    struct fixture f = { 0 };
    const char *csv = list_word(&f, "dialects", "csv");

    CHECK(csv && strstr(csv, "\"chat, complete, embed, models, logprobs, echo, "
                             "stream\",20,2048,"));
    CHECK(csv && strstr(csv, "\"rerank, embed, tokenize, models, raw scores\","
                             ",32,"));
    done(&f);
}

static void every_listing_has_every_format(void)
{
    static const char *const words[] = { "rerankers", "datasets", "measures",
                                         "formats",   "dialects", "reports" };
    struct fixture f = { 0 };

    for (size_t w = 0; w < RKB_COUNT(words); w++)
        for (size_t i = 0; rkb_table_formats[i]; i++) {
            const char *out =
                list_word(&f, words[w], rkb_table_formats[i]->name);

            CHECK(out && strlen(out) > 100);
        }
    done(&f);
}

static void runs_come_from_the_store(void)
{
    char path[] = "/tmp/rkb-list.XXXXXX";
    struct fixture f = { 0 };
    struct rkb_store *store = NULL;
    const struct rkb_store_options how = { .mode = RKB_STORE_CREATE };
    char *db;

    if (!CHECK(mkdtemp(path)))
        return;
    db = rkb_arena_printf(&f.arena, "%s/s.db", path);
    CHECK_EQ_INT(rkb_store_open(&store, db, &how, &f.err), RKB_OK);
    rkb_store_close(store);
    const char *argv[] = { "runs", "--store", db, "--format=csv" };
    const char *out = list(&f, 4, argv);

    CHECK_STR(out, "id,label,dataset,candidates,order,depth,reranker,repeat,"
                   "status,queries,ok,repaired,failed,date\n");
    static const char *const left[] = { "", "-wal", "-shm", "-journal",
                                        ".lock" };

    for (size_t i = 0; i < RKB_COUNT(left); i++)
        remove(rkb_arena_printf(&f.arena, "%s%s", db, left[i]));
    CHECK(!rmdir(path));
    const char *none[] = { "runs", "--store", db };

    CHECK(!list(&f, 3, none));
    CHECK_EQ_INT(f.err.code, RKB_E_IO);
    done(&f);
}

static void an_unknown_word_lists_what_there_is(void)
{
    struct fixture f = { 0 };

    CHECK(!list_word(&f, "reranker", "text"));
    CHECK_EQ_INT(f.err.code, RKB_E_USAGE);
    CHECK_STR(f.err.msg, "unknown listing 'reranker' (did you mean "
                         "'rerankers'?); there are rerankers, datasets, "
                         "measures, formats, dialects, reports, runs");
    done(&f);
}

/* ---- commands -------------------------------------------------------------- */

/* Help is wrapped: line breaks and runs of blanks become one blank. */
static void unwrap(struct rkb_buf *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->len; i++) {
        char c = b->at[i] == '\n' ? ' ' : b->at[i];

        if (c != ' ' || !n || b->at[n - 1] != ' ')
            b->at[n++] = c;
    }
    b->at[b->len = n] = '\0';
}

static void help_tells_every_option(void)
{
    struct fixture f = { 0 };

    for (size_t i = 0; rkb_commands[i]; i++) {
        const struct rkb_command_def *cmd = rkb_commands[i];

        rkb_buf_reset(&f.out);
        rkb_help_text(cmd, &f.out);
        CHECK(strstr(f.out.at, cmd->summary) != NULL);
        for (const char *c = f.out.at, *line = c; *c; c++)
            if (*c == '\n') {
                CHECK(c - line < 80);
                line = c + 1;
            }
        unwrap(&f.out);
        CHECK(strstr(f.out.at, cmd->usage) != NULL);
        for (const struct rkb_opt *o = cmd->options; o && o->name; o++) {
            char name[64];

            snprintf(name, sizeof name, "--%s", o->name);
            if (!CHECK(strstr(f.out.at, name) && o->help && *o->help &&
                       strstr(f.out.at, o->help)))
                printf("# %s %s\n", cmd->name, name);
        }
    }
    done(&f);
}

static void commands_have_rows_that_can_be_told_apart(void)
{
    struct fixture f = { 0 };
    struct rkb_optset set;

    for (size_t i = 0; rkb_commands[i]; i++) {
        const struct rkb_command_def *cmd = rkb_commands[i];

        CHECK(cmd->run && cmd->summary && cmd->usage);
        CHECK(cmd->min_operands <= cmd->max_operands);
        CHECK(command(cmd->name) == cmd);
        rkb_optset_init(&set, &f.arena, cmd->options); /* the fallbacks */
        for (size_t a = 0; a < set.n_rows; a++)
            for (size_t b = a + 1; b < set.n_rows; b++) {
                CHECK(strcmp(set.rows[a].name, set.rows[b].name) != 0);
                CHECK(!set.rows[a].letter ||
                      set.rows[a].letter != set.rows[b].letter);
            }
    }
    done(&f);
}

TESTS(TEST(every_row_is_listed), TEST(options_show_their_defaults),
      TEST(conventions_are_shown), TEST(what_a_dialect_can_is_shown),
      TEST(every_listing_has_every_format), TEST(runs_come_from_the_store),
      TEST(an_unknown_word_lists_what_there_is), TEST(help_tells_every_option),
      TEST(commands_have_rows_that_can_be_told_apart))
