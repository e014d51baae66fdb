/* SPDX-License-Identifier: Apache-2.0 */
/* A test program is a row of named cases; its output is TAP.
 *
 *     static void rr_is_zero_when_nothing_relevant_is_retrieved(void)
 *     {
 *         CHECK_NEAR(rr(list, 3), 0.0, 0.0);
 *     }
 *     TESTS(TEST(rr_is_zero_when_nothing_relevant_is_retrieved))
 *
 * A failed check is printed and the case goes on; a later line that needs it
 * says `if (!CHECK(p)) return;`. `test_x WORD` runs the cases whose name
 * contains WORD. Programs run in the root of the tree. */
#ifndef RKB_TESTS_TAP_H
#define RKB_TESTS_TAP_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tap_case {
    const char *name;
    void (*run)(void);
};

static bool tap_bad;       /* a check of this case failed */
static char tap_skip[512]; /* why this case was skipped   */

/* clang-format off */
#define TEST(fn) { #fn, fn }
/* clang-format on */
#define TESTS(...)                                                            \
    int main(int argc, char **argv)                                           \
    {                                                                         \
        static const struct tap_case cases[] = { __VA_ARGS__ };               \
        return tap_main(cases, sizeof(cases) / sizeof(cases[0]), argc, argv); \
    }

/* Each returns whether it held. Strings may be NULL; two NULLs are equal.
 * NEAR is absolute, and NaN is near nothing. */
#define CHECK(cond) tap_check((cond) != 0, __FILE__, __LINE__, #cond)
#define CHECK_EQ_INT(got, want) \
    tap_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_STR(got, want) tap_str(__FILE__, __LINE__, #got, got, want)
#define CHECK_NEAR(got, want, tol) \
    tap_near(__FILE__, __LINE__, #got, got, want, tol)
/* Ends the case. The reason is printed; STRICT=1 makes it a failure. */
#define SKIP(reason)                                          \
    do {                                                      \
        snprintf(tap_skip, sizeof(tap_skip), "%s", (reason)); \
        return;                                               \
    } while (0)

#define TAP_UNUSED __attribute__((unused)) static

TAP_UNUSED bool tap_check(bool ok, const char *file, int line, const char *text)
{
    if (!ok) {
        tap_bad = true;
        printf("# %s:%d: failed: %s\n", file, line, text);
    }
    return ok;
}

TAP_UNUSED bool tap_int(const char *file, int line, const char *text,
                        long long got, long long want)
{
    if (got != want)
        printf("# got %lld, want %lld\n", got, want);
    return tap_check(got == want, file, line, text);
}

TAP_UNUSED bool tap_str(const char *file, int line, const char *text,
                        const char *got, const char *want)
{
    bool ok = got && want ? strcmp(got, want) == 0 : got == want;

    if (!ok)
        printf("# got  '%s'\n# want '%s'\n", got ? got : "(null)",
               want ? want : "(null)");
    return tap_check(ok, file, line, text);
}

TAP_UNUSED bool tap_near(const char *file, int line, const char *text,
                         double got, double want, double tol)
{
    bool ok = fabs(got - want) <= tol;

    if (!ok)
        printf("# got %.17g, want %.17g +- %g\n", got, want, tol);
    return tap_check(ok, file, line, text);
}

/* The full name of a file or folder of the shared test data, good until the
 * next call, or NULL, and then the case counts as skipped:
 *     const char *path = rkb_test_data("dl19/qrels.txt");
 *     if (!path) return;
 */
TAP_UNUSED const char *rkb_test_data(const char *path)
{
    static char full[4096];
    const char *root = getenv("RERANKBENCH_TEST_DATA");

    snprintf(full, sizeof(full), "%s/%s", root ? root : "../shared/data", path);
    if (access(full, R_OK) == 0)
        return full;
    snprintf(tap_skip, sizeof(tap_skip),
             "no '%.400s' under RERANKBENCH_TEST_DATA", path);
    return NULL;
}

TAP_UNUSED int tap_main(const struct tap_case *cases, size_t n, int argc,
                        char **argv)
{
    bool failed = false;

    setvbuf(stdout, NULL, _IOLBF, 0); /* a crash or fork loses no line */
    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        if (argc > 1 && !strstr(cases[i].name, argv[1])) {
            printf("# %zu %s: not asked for\n", i + 1, cases[i].name);
            continue;
        }
        tap_bad = false;
        tap_skip[0] = '\0';
        cases[i].run();
        printf("%sok %zu - %s%s%s\n", tap_bad ? "not " : "", i + 1,
               cases[i].name, tap_skip[0] ? " # SKIP " : "", tap_skip);
        failed = failed || tap_bad;
    }
    return failed;
}

#endif
