#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Figures as gnuplot draws them: SVGs are XML, the same bytes a second time, and
# show names as they are; PNGs are PNGs; 40 systems are drawn too.
set -eu

command -v gnuplot >/dev/null || { echo 'missing package: gnuplot-nox'; exit 77; }
command -v python3 >/dev/null || { echo 'missing package: python3'; exit 77; }
RERANKBENCH=$(pwd)/rerankbench
export RERANKBENCH
top=$(pwd)
make_store=$top/tests/data/figure_store.sh
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-figures.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
cd "$tmp"
mkdir temp
TMPDIR=$tmp/temp
export TMPDIR

fail() {
    echo "figures: $*" >&2
    exit 1
}

# xml FILE TEXT: parses it, and finds TEXT in one of its texts
xml() {
    python3 - "$1" "$2" <<'P' || fail "$1 is no good SVG"
import sys
import xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
svg = '{http://www.w3.org/2000/svg}'
assert root.tag == svg + 'svg', root.tag
drawn = [e for e in root.iter() if e.tag in (svg + 'path', svg + 'use',
                                             svg + 'polygon')]
texts = [''.join(e.itertext()) for e in root.iter(svg + 'text')]
assert len(drawn) > 5, len(drawn)
assert any(sys.argv[2] in t for t in texts), texts
P
}

# draw TEXT NAME OPTION...: twice as SVG, once as PNG
draw() {
    text=$1
    name=$2
    shift 2
    for f in "$name.svg" again/"$name.svg" "$name.png"; do
        "$RERANKBENCH" report "$name" --store s.db -o "$f" "$@" 2>err ||
            fail "$name: $(cat err)"
        [ ! -s err ] || fail "$name says: $(cat err)"
        [ -s "$f" ] || fail "$f is empty"
    done
    cmp "$name.svg" again/"$name.svg" || fail "$name.svg is not the same again"
    cmp "$name.dat" again/"$name.dat"
    xml "$name.svg" "$text"
    [ "$(dd if="$name.png" bs=1 skip=1 count=3 2>/dev/null)" = PNG ] ||
        fail "$name.png is no PNG"
}

mkdir again out
sh "$make_store" '`touch PWNED`' || fail 'no store'
only='--runs slow@alpha --runs quick@alpha --runs 3 --runs 4'
draw '`touch PWNED` $a_b^{c} & <i>' pareto $only
draw 'Größe ]] > "q" 100%s' cdf $only
draw '`touch PWNED`' effort $only
draw '`touch PWNED`' differences --runs slow@alpha --runs 3
draw '`touch PWNED`' tasks $only
draw 'Größe ]] > "q" 100%s' heat
draw 'step' depth --runs step
draw 'below the band' history --runs '*@alpha'
[ ! -e PWNED ] || fail 'a name was run'

# The script draws the picture by itself, too.
mkdir alone
cp pareto.gp pareto.dat alone
gnuplot -d -e "cd 'alone'" pareto.gp
"$RERANKBENCH" report pareto $only --store s.db -o pareto.svg
cp pareto.gp pareto.dat alone
gnuplot -d -e "cd 'alone'" pareto.gp
cmp alone/pareto.svg pareto.svg || fail 'the script alone draws another picture'

# A name of a file that gnuplot must not misread.
"$RERANKBENCH" report heat --store s.db -o "it's \`date\` \$x.svg"
xml "it's \`date\` \$x.svg" slow

# 40 systems.
i=0
while [ $i -lt 40 ]; do
    i=$((i + 1))
    awk -v by=$i '{ n = substr($1, 2) + 0; print $1, $2, $3, $4,
        (100 - (($4 * by + n) % 7)), "t" }' alpha/first.trec >t.trec
    for q in 1 2 3 4 5 6; do
        printf 'q%s\t%s\n' $q $((i * i * (q + 4)))
    done >t.tsv
    "$RERANKBENCH" import --store s.db --dataset alpha --label \
        "system with a name $i" --latency t.tsv t.trec >/dev/null
done
many='--runs system*'
draw 'system with a name' pareto $many
draw 'system with a name 40' cdf $many
draw 'system with a name 40' effort $many
draw 'system with a name 40' tasks $many
draw 'system with a name 40' heat $many
draw 'below the band' history $many

# The commands of docs/figures.md, over the store of the demo.
"$RERANKBENCH" run "$top/demo/plan.yaml" --store out/demo.db >/dev/null 2>&1 ||
    fail 'the demo failed'
sed -n 's,^\./rerankbench ,"$RERANKBENCH" ,p' "$top/docs/figures.md" >docs.sh
[ "$(wc -l <docs.sh)" -eq 8 ] || fail 'docs/figures.md shows other commands'
sh -e docs.sh 2>err && [ ! -s err ] || fail "docs/figures.md: $(cat err)"
for f in pareto cdf effort differences tasks depth history; do
    xml $f.svg '' && [ -s $f.gp ]
done

[ -z "$(ls temp)" ] || fail "left in TMPDIR: $(ls temp)"
[ -z "${KEEP-}" ] || cp ./*.png ./*.svg "$KEEP"
echo 'figures: all drawn'
