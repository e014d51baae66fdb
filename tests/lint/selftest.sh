#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows that every lint rule can fail: plants one fault at a time in a small
# clean tree and expects exactly that rule to be "not ok". Prints TAP.
set -u

CC=${CC:-gcc}
lint=$(cd "$(dirname "$0")" && pwd)/lint.sh
top=$(pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-selftest.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
n=0
failed=0

clean_tree() {
    rm -rf "$tmp/tree"
    mkdir -p "$tmp/tree" && cd "$tmp/tree" || exit 1
    mkdir -p base/io metrics runs harness/llm tests
    cp "$top/.clang-format" .
    put base/sv.h 'int rkb_sv_n(void);'
    put metrics/m_rr.c '#include "base/sv.h"

const int rkb_rr = 1;
const char *const rkb_names[] = { "a", "b" };'
    put base/io/gz.c '#include <zlib.h>

const int rkb_gz = Z_OK;'
    put runs/store.h 'extern const int rkb_store;'
}

# put FILE TEXT: with the licence line on top
put() {
    printf '/* SPDX-License-Identifier: Apache-2.0 */\n%s\n' "$2" >"$1"
}

# expect RULE: only RULE fails in the current tree ("none": no rule)
expect() {
    n=$((n + 1))
    rm -rf build
    for c in $(find base metrics runs harness -name '*.c'); do
        mkdir -p "build/release/$(dirname "$c")"
        $CC -std=gnu11 -w -fPIE -I. -c -o "build/release/${c%.c}.o" "$c"
    done
    find build -name '*.o' -exec ar rc build/release/librerankbench.a {} + \
        2>/dev/null
    BUILD=build sh "$lint" >"$tmp/out" 2>&1
    got=$(sed -n 's/^not ok [0-9]* - //p' "$tmp/out" | tr '\n' ' ')
    if grep -q "^ok .*- $1 # SKIP" "$tmp/out"; then
        echo "ok $n - $2 # SKIP $(sed -n "s/.*- $1 # SKIP //p" "$tmp/out")"
    elif [ "$got" = "$1 " ] || { [ "$1" = none ] && [ -z "$got" ]; }; then
        echo "ok $n - $2"
    else
        sed 's/^/# /' "$tmp/out"
        echo "# want failing: $1; got: $got"
        echo "not ok $n - $2"
        failed=1
    fi
    clean_tree
}

lines() {
    awk -v n="$1" -v t="$2" 'BEGIN { for (i = 0; i < n; i++) print t }'
}

clean_tree
expect none a_clean_tree_passes

arrows=include_arrows_point_one_way
put metrics/m_x.c '#include "runs/store.h"'
expect $arrows metrics_may_not_include_runs
put base/map.c '#include "base/io/file.h"'
put base/io/file.h 'int rkb_file_n(void);'
expect $arrows base_may_not_include_its_doors
put runs/x.c '#include "store.h"'
printf 'build/\n' >.gitignore
sed -i 's/"store.h"/"..\/runs\/store.h"/' runs/x.c
expect $arrows includes_are_root_relative
mkdir -p harness/rerankers
put harness/rerankers/r_x.c '#include "runs/store.h"'
expect $arrows rerankers_may_not_include_the_store
mkdir -p harness/rerankers
put harness/rerankers/r_x.c '#include "runs/trec_run.h"'
put runs/trec_run.h 'int rkb_trec_run_n(void);'
expect none rerankers_may_include_run_files
put tests/x.h 'int rkb_x_n(void);'
put runs/x.c '#include "tests/x.h"'
expect $arrows nobody_includes_tests
mkdir -p harness/new
put harness/new/x.c 'extern int rkb_none;'
expect $arrows a_folder_without_a_row_is_an_error

third=third_party_headers_stay_in_base_io
put runs/x.c '#include <zlib.h>'
expect $third a_library_header_outside_its_door_fails
put runs/x.c '#include <pthread.h>'
expect $third threads_outside_base_par_fail
put base/par.c '#include <pthread.h>'
expect none threads_in_base_par_pass

ban=banned_functions_are_not_called
put runs/x.c '#include <stdlib.h>

int rkb_x(const char *s);
int rkb_x(const char *s)
{
    return atoi(s);
}'
expect $ban atoi_is_banned
put runs/x.c '#include <time.h>

long rkb_x(void);
long rkb_x(void)
{
    return (long)time(NULL);
}'
expect $ban wall_clock_is_banned_outside_base_clock
put runs/x.c '/* atoi(s) in a comment, and in a text: */
const char rkb_x[] = "call atoi(s), not strcpy(a, b)";'
expect none comments_and_texts_are_not_calls
put tests/x.c 'char *strcpy(char *a, const char *b);'
expect $ban unbounded_copies_are_banned_in_tests_too

{
    echo '/* SPDX-License-Identifier: Apache-2.0 */'
    echo 'void rkb_x(void);'
    echo 'void rkb_x(void)'
    echo '{'
    lines 101 '    ;'
    echo '}'
} >runs/x.c
expect functions_have_at_most_100_lines a_function_of_101_lines_fails

{
    echo '/* SPDX-License-Identifier: Apache-2.0 */'
    lines 800 '/* one more line */'
} >runs/x.c
expect files_have_at_most_800_lines a_file_of_801_lines_fails

put runs/m_rr.c 'extern int rkb_none;'
expect source_file_names_are_unique two_files_of_one_name_fail

echo 'extern int rkb_none;' >runs/x.c
expect files_start_with_their_licence a_file_without_spdx_fails
echo '-- a table' >runs/schema.sql
expect files_start_with_their_licence a_schema_without_spdx_fails

put runs/x.c "/* $(echo TO)DO: later */"
expect notes_to_self_are_issues_instead a_note_to_self_fails

put runs/x.c 'const char *const rkb_x = "/home/me/data";'
expect text_is_clean_and_names_no_machine a_machine_path_fails

put runs/x.h 'rkb_undeclared *rkb_x(void);'
expect every_header_compiles_alone_and_twice a_header_that_needs_another_fails
put runs/x.h 'struct rkb_x {
    int a;
};'
expect every_header_compiles_alone_and_twice a_header_without_guard_fails

writable=no_writable_variable_outside_the_four_files
put runs/x.c 'int rkb_x = 1;'
expect $writable a_writable_global_fails
put runs/x.c 'int rkb_x(void);
int rkb_x(void)
{
    static int calls;

    return ++calls;
}'
expect $writable a_hidden_static_counter_fails
put runs/x.c '_Thread_local int rkb_x;'
expect $writable a_thread_local_variable_fails
put base/log.c 'int rkb_x = 1;'
expect none base_log_may_hold_state

put runs/x.c 'const int x_without_prefix = 1;'
expect external_names_start_with_rkb a_name_without_prefix_fails

put runs/x.c 'const   int rkb_x = 1;'
expect layout_is_what_clang_format_makes another_layout_fails

echo "1..$n"
exit "$failed"
