#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules of this project that a script can check, as TAP. Reads the tree in
# the current folder and, where it is built, $BUILD/release. Every rule has a
# planted fault in selftest.sh, which shows that it can fail.
set -u

CC=${CC:-gcc}
CLANG_FORMAT=${CLANG_FORMAT:-clang-format}
here=$(cd "$(dirname "$0")" && pwd)
out=${BUILD:-build}/release
lib=$out/librerankbench.a
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-lint.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
: >"$tmp/bad"
failed=0
n=0

# result NAME: not ok when the file of complaints has a line
result() {
    n=$((n + 1))
    if [ -s "$tmp/bad" ]; then
        sed 's/^/# /' "$tmp/bad"
        echo "not ok $n - $1"
        failed=1
    else
        echo "ok $n - $1"
    fi
    : >"$tmp/bad"
}

skip() {
    n=$((n + 1))
    echo "ok $n - $1 # SKIP $2"
}

# c_files PATTERN: in the folders of C that exist
c_files() {
    for d in base metrics datasets runs reports harness tests bench; do
        [ ! -d "$d" ] || find "$d" -type f -name "$1"
    done | LC_ALL=C sort
}

# ---- text ----------------------------------------------------------------
perl "$here/source.pl" >"$tmp/source" 2>&1 || failed=1
cat "$tmp/source"
n=$(grep -c -E '^(not )?ok ' "$tmp/source")
if [ "$n" -eq 0 ]; then
    echo "source.pl printed no result" >"$tmp/bad"
    result source_rules_ran
fi

# ---- each header compiles alone ------------------------------------------
PKGS="sqlite3 libarchive zlib yaml-0.1 libcrypto snappy"
# shellcheck disable=SC2086
flags=$(pkg-config --cflags $PKGS 2>/dev/null) || flags=
export CC flags
c_files '*.h' | xargs -r -n 4 -P "${JOBS:-2}" sh -c '
    for h; do
        printf "#include \"%s\"\n#include \"%s\"\nextern int rkb_x;\n" \
            "$h" "$h" |
            $CC -std=c11 -D_GNU_SOURCE -I. $flags -fsyntax-only \
                -Wall -Wextra -Wpedantic -Wno-unused-function -Werror \
                -x c - 2>&1 || echo "$h: does not stand alone"
    done' lint >>"$tmp/bad" 2>&1
result every_header_compiles_alone_and_twice

# ---- objects -------------------------------------------------------------
# .data.rel.ro holds const tables with pointers; it is read-only once loaded.
# Before the tab, `objdump -t` prints value, flags and section; then the size
# and the name. Sections have a symbol of their own, of size 0.
allowed='^base/(mem[a-z_]*|log|clock|stop)\.o$'
if [ -d "$out" ]; then
    find "$out" -name '*.o' ! -path "$out/tests/*" ! -path "$out/bench/*" |
        LC_ALL=C sort | while read -r o; do
        short=${o#"$out"/}
        # The object of a deleted source stays until `make clean`.
        [ -e "${short%.o}.c" ] || continue
        printf '%s\n' "$short" | grep -qE "$allowed" && continue
        objdump -t "$o" | awk -F "\t" -v o="$short" '
            {
                n = split($1, left, " ")
                split($2, right, " ")
                section = left[n]
                if (section ~ /^(\.t?(data|bss)|\*COM\*)/ &&
                    section !~ /^\.data\.rel\.ro/ && right[1] !~ /^0+$/)
                    print o ": writable " right[2] " in " section
            }'
    done >"$tmp/bad"
    result no_writable_variable_outside_the_four_files
else
    skip no_writable_variable_outside_the_four_files "no $out"
fi

if [ -e "$lib" ]; then
    nm -g --defined-only "$lib" 2>/dev/null |
        awk 'NF == 3 && $3 !~ /^rkb_/ { print $3 " lacks the prefix rkb_" }' \
            >"$tmp/bad"
    result external_names_start_with_rkb
else
    skip external_names_start_with_rkb "no $lib"
fi

# ---- layout --------------------------------------------------------------
# Another version lays code out differently, so only 14 (Debian 12) decides.
version=$($CLANG_FORMAT --version 2>/dev/null |
    sed 's/.*version \([0-9]*\).*/\1/')
if [ "$version" = 14 ]; then
    export CLANG_FORMAT
    c_files "*.[ch]" | xargs -r -n 8 -P "${JOBS:-2}" sh -c '
        for f; do
            "$CLANG_FORMAT" --dry-run -Werror --style=file "$f" 2>/dev/null ||
                echo "$f: run make format"
        done' lint | LC_ALL=C sort >"$tmp/bad"
    result layout_is_what_clang_format_makes
else
    skip layout_is_what_clang_format_makes \
        "missing package: clang-format 14, found '${version:-none}'"
fi

echo "1..$n"
exit "$failed"
