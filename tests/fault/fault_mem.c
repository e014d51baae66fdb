/* SPDX-License-Identifier: Apache-2.0 */
/* The Nth allocation fails: the process says so in one line and exits 6. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/par.h"
#include "base/sort.h"
#include "tests/tap.h"

#include <sys/wait.h>
#include <unistd.h>

struct outcome {
    int exit_code; /* -1: not by exit */
    char text[512];
};

/* Runs fn in a child whose nth allocation fails; it exits 0 otherwise. */
static struct outcome run_in_child(void (*fn)(void), uint64_t nth)
{
    struct outcome o = { .exit_code = -1 };
    int ends[2], status;
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    if (!CHECK(pipe(ends) == 0))
        return o;
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        rkb_mem_fail_at(nth);
        fn();
        _exit(0);
    }
    close(ends[1]);
    while ((n = read(ends[0], o.text + len, sizeof(o.text) - 1 - len)) > 0)
        len += (size_t)n;
    close(ends[0]);
    if (CHECK(pid > 0 && waitpid(pid, &status, 0) == pid) && WIFEXITED(status))
        o.exit_code = WEXITSTATUS(status);
    return o;
}

static void allocate_three(void)
{
    rkb_free(rkb_new(10, 10));
    rkb_free(rkb_resize(NULL, 5, 4));
    rkb_free(rkb_resize(rkb_resize(NULL, 1, 1), 1000, 1));
}

static void the_nth_allocation_exits_6_with_its_size(void)
{
    static const struct {
        uint64_t nth;
        int exit_code;
        const char *text;
    } rows[] = {
        { 0, 0, "" },
        { 1, 6, "rerankbench: out of memory (100 bytes)\n" },
        { 2, 6, "rerankbench: out of memory (20 bytes)\n" },
        { 3, 6, "rerankbench: out of memory (1 bytes)\n" },
        { 4, 6, "rerankbench: out of memory (1000 bytes)\n" },
        { 5, 0, "" },
    };

    for (size_t i = 0; i < RKB_COUNT(rows); i++) {
        struct outcome o = run_in_child(allocate_three, rows[i].nth);

        CHECK_EQ_INT(o.exit_code, rows[i].exit_code);
        CHECK_STR(o.text, rows[i].text);
    }
}

static void overflow_in_new(void)
{
    rkb_free(rkb_new(SIZE_MAX / 2, 3));
}

static void overflow_in_resize(void)
{
    rkb_free(rkb_resize(NULL, SIZE_MAX, 2));
}

static void overflow_in_arena(void)
{
    struct rkb_arena a = { 0 };

    rkb_arena_new(&a, SIZE_MAX, SIZE_MAX);
}

static void overflow_in_arena_block(void)
{
    struct rkb_arena a = { 0 };

    rkb_arena_new(&a, 1, SIZE_MAX - 4);
}

static void overflow_in_buf(void)
{
    struct rkb_buf b = { 0 };

    rkb_buf_text(&b, "x");
    rkb_buf_add(&b, "", SIZE_MAX);
}

static void overflow_in_grow(void)
{
    size_t cap = 0;

    rkb_free(rkb_grow(NULL, &cap, SIZE_MAX, 16));
}

static void a_size_that_overflows_is_out_of_memory(void)
{
    static void (*const fns[])(void) = {
        overflow_in_new,         overflow_in_resize, overflow_in_arena,
        overflow_in_arena_block, overflow_in_buf,    overflow_in_grow,
    };

    for (size_t i = 0; i < RKB_COUNT(fns); i++) {
        struct outcome o = run_in_child(fns[i], 0);

        CHECK_EQ_INT(o.exit_code, 6);
        CHECK(strncmp(o.text, "rerankbench: out of memory (", 28) == 0);
    }
}

static int by_byte(const void *a, const void *b, void *ctx)
{
    (void)ctx;
    return *(const char *)a - *(const char *)b;
}

static enum rkb_status allocate_item(void *arg, size_t i, size_t worker)
{
    (void)arg;
    (void)worker;
    rkb_free(rkb_new(i + 1, 1));
    return RKB_OK;
}

static void use_everything(void)
{
    static const struct rkb_opt rows[] = {
        { .name = "a", .type = RKB_OPT_TEXT, .many = true }, { 0 }
    };
    char text[] = "sphinx of black quartz";
    struct rkb_arena a = { 0 };
    struct rkb_buf b = { 0 };
    struct rkb_map m = { 0 };
    struct rkb_pool *p = rkb_pool_open(2);
    struct rkb_queue *q = rkb_queue_open(2, 8);
    struct rkb_monitor *mon = rkb_monitor_new();
    struct rkb_optset set;
    struct rkb_spec spec;
    struct rkb_err err;

    rkb_sort(text, sizeof(text) - 1, 1, by_byte, NULL);
    for (int i = 0; i < 40; i++) {
        rkb_buf_printf(&b, "%d", i);
        rkb_map_add(&m, rkb_buf_view(&b), NULL);
    }
    rkb_optset_init(&set, &a, rows);
    if (rkb_spec_parse(&a, rkb_sv_of("x(a=1,a=2)"), &spec, &err) ||
        rkb_optset_put(&set, spec.keys[0], spec.values[0], &err) ||
        rkb_pool_run(p, 5, allocate_item, NULL))
        _exit(1);
    rkb_arena_new(&a, 1, 2000000);
    rkb_monitor_free(mon);
    rkb_queue_free(q);
    rkb_pool_close(p);
    rkb_map_release(&m);
    rkb_buf_release(&b);
    rkb_arena_release(&a);
}

static void wherever_memory_ends_the_exit_is_clean(void)
{
    struct outcome o = { 0 };
    uint64_t nth = 1;

    for (; nth < 1000; nth++) {
        o = run_in_child(use_everything, nth);
        if (o.exit_code != 6)
            break;
        CHECK(strncmp(o.text, "rerankbench: out of memory (", 28) == 0);
        CHECK(strchr(o.text, '\n') == o.text + strlen(o.text) - 1);
    }
    CHECK_EQ_INT(o.exit_code, 0);
    CHECK_STR(o.text, "");
    CHECK(nth > 15);
}

static void bad_fallback(void)
{
    static const struct rkb_opt rows[] = {
        { .name = "a", .type = RKB_OPT_INT, .fallback = "x" }, { 0 }
    };
    struct rkb_arena a = { 0 };
    struct rkb_optset set;

    rkb_optset_init(&set, &a, rows);
}

static void unknown_row(void)
{
    struct rkb_arena a = { 0 };
    struct rkb_optset set;

    rkb_optset_init(&set, &a, NULL);
    rkb_optset_get(&set, "a");
}

static void a_mistake_of_ours_stops_at_once(void)
{
    static void (*const fns[])(void) = { bad_fallback, unknown_row };

    for (size_t i = 0; i < RKB_COUNT(fns); i++) {
        struct outcome o = run_in_child(fns[i], 0);

        CHECK_EQ_INT(o.exit_code, -1);
        CHECK(strstr(o.text, "Assertion") != NULL);
    }
}

TESTS(TEST(the_nth_allocation_exits_6_with_its_size),
      TEST(a_size_that_overflows_is_out_of_memory),
      TEST(wherever_memory_ends_the_exit_is_clean),
      TEST(a_mistake_of_ours_stops_at_once))
