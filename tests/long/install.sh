#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# make install puts the program, a page a command and the completions where
# DESTDIR and PREFIX say, with the modes of such files; uninstall takes all of
# it away again.
set -eu

BUILD=${BUILD:-build}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-install.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
dest="$tmp/a root"
umask 077

build() {
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory \
        -j"${JOBS:-2}" BUILD="$BUILD" DESTDIR="$dest" PREFIX=/usr "$@"
}
fail() {
    echo "install: $*"
    exit 1
}
build install >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
(cd "$dest" && find . -type f -printf '%m %p\n' | LC_ALL=C sort) >"$tmp/got"
{
    echo '755 ./usr/bin/rerankbench'
    echo '644 ./usr/share/bash-completion/completions/rerankbench'
    echo '644 ./usr/share/zsh/site-functions/_rerankbench'
    echo '644 ./usr/share/man/man1/rerankbench.1'
    "$dest/usr/bin/rerankbench" --help |
        sed -n 's|^  \([a-z]*\) .*|644 ./usr/share/man/man1/rerankbench-\1.1|p'
} | LC_ALL=C sort >"$tmp/want"
cmp "$tmp/got" "$tmp/want" || { diff "$tmp/want" "$tmp/got" || :; fail files; }

# What was installed is what the program prints, from any folder.
cd "$tmp"
for c in '' $("$dest/usr/bin/rerankbench" --help |
    sed -n 's/^  \([a-z]*\) .*/\1/p'); do
    "$dest/usr/bin/rerankbench" help --man $c |
        cmp - "$dest/usr/share/man/man1/rerankbench${c:+-$c}.1"
done
for s in bash-completion/completions/rerankbench \
    zsh/site-functions/_rerankbench; do
    shell=${s%%[-/]*}
    "$dest/usr/bin/rerankbench" help --completion=$shell |
        cmp - "$dest/usr/share/$s"
done
cd "$OLDPWD"
build uninstall >"$tmp/log" 2>&1 || { cat "$tmp/log"; exit 1; }
[ -z "$(find "$dest" -type f)" ] || fail "left: $(find "$dest" -type f)"
echo "$(wc -l <"$tmp/want") files"
