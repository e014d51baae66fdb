#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every report in LaTeX compiles without a warning, names with every special
# character included.
set -eu

TOP=$(pwd)
RERANKBENCH=${RERANKBENCH:-$TOP/rerankbench}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rkb-latex.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
for need in pdflatex kpsewhich; do
    command -v $need >/dev/null 2>&1 || {
        echo "no $need; Debian's texlive-latex-recommended has it"
        exit 77
    }
done
kpsewhich booktabs.sty >/dev/null || {
    echo "no booktabs.sty; Debian's texlive-latex-recommended has it"
    exit 77
}
cd "$tmp"
. "$TOP/tests/data/report/open.sh"
sqlite3 s.db "INSERT INTO judgment SELECT DISTINCT judgment_set, qid, 'a', 1 FROM evaluation AS e
    JOIN run ON run.id = e.run_id JOIN candidate_list AS c ON c.set_id = run.candidate_set"

# compile NAME: out.tex as the body of an article
compile() {
    {
        printf '%s\n' '\documentclass{article}' \
            '\usepackage{booktabs,graphicx}' '\begin{document}'
        cat out.tex
        printf '%s\n' '\end{document}'
    } >doc.tex
    pdflatex -interaction=nonstopmode -halt-on-error doc.tex >log 2>&1 || {
        echo "$1: LaTeX stopped"
        tail -n 30 log
        exit 1
    }
    if grep -E 'Warning|Overfull|Missing character' log >bad; then
        echo "$1:"
        cat bad
        exit 1
    fi
}

n=0
while read -r r; do
    set -f
    report $r --format tex >out.tex
    set +f
    grep -q 'begin{tabular}' out.tex || { echo "$r: no table"; exit 1; }
    compile "$r"
    n=$((n + 1))
done <<'R'
dl
dl --x100 --digits 1
dl --against *
bright
beir --set beir8
beir --set beir18
matrix --runs *@dl*
efficiency
latency --baseline generate
validity
ablation --baseline first --runs first --runs window-5 --runs generate
robustness
paper rankvicuna
R
[ "$n" -eq 13 ]
n=0
for p in $("$RERANKBENCH" list reports | sed -n 's/^PAPER: //p'); do
    report paper "$p" --all --format tex >out.tex
    compile "paper $p"
    n=$((n + 1))
done
[ "$n" -ge 17 ]

# The check itself: a name that is not written out must fail.
printf '%s\n' 'a_b & c' >out.tex
if (compile planted) >/dev/null 2>&1; then
    echo "a fault was not seen"
    exit 1
fi
