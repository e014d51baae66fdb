#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Turns data files into C on standard output; base/embed.h is the other half.
#   embed.sh file PATH          one array and its length
#   embed.sh table PATH...      the table of all of them, in the order given
#   embed.sh version V COMMIT   the two version strings
# od and sed only: a fresh machine has no xxd and no python.
set -eu

symbol() {
    printf 'rkb_embed_%s' "$(printf '%s' "$1" | tr -c 'A-Za-z0-9' '_')"
}

verb=$1
shift
echo '#include "base/embed.h"'
case $verb in
file)
    s=$(symbol "$1")
    echo "extern const unsigned char ${s}[];"
    echo "extern const size_t ${s}_len;"
    echo "const unsigned char ${s}[] = {"
    od -An -v -tx1 "$1" | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo "0x00 };"
    echo "const size_t ${s}_len = $(wc -c <"$1" | tr -d ' ');"
    ;;
table)
    for f; do
        echo "extern const unsigned char $(symbol "$f")[];"
    done
    echo "const struct rkb_embed rkb_embeds[] = {"
    for f; do
        printf '    { "%s", %s, %s },\n' "$f" "$(symbol "$f")" \
            "$(wc -c <"$f" | tr -d ' ')"
    done
    echo "    { NULL, NULL, 0 },"
    echo "};"
    ;;
version)
    echo "const char rkb_version[] = \"$1\";"
    echo "const char rkb_commit[] = \"${2:-unknown}\";"
    ;;
*)
    echo "embed.sh: bad verb '$verb'" >&2
    exit 2
    ;;
esac
