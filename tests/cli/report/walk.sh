# SPDX-License-Identifier: Apache-2.0
# The commands of README that make the tables of a paper, over the real files:
# what they write is whole, and RankVicuna's published digits are regenerated.
for need in replay/dl19-bm25-rankvicuna-top100 replay/dl20-bm25-rankvicuna-top20 \
    replay/dl19-bm25-vicuna13b-top100 dl19/spladepp.trec bright/runs; do
    [ -e "$DATA/$need" ] || { echo "no $need under RERANKBENCH_TEST_DATA"; exit 77; }
done
ln -s "$RERANKBENCH" rerankbench
ln -s "$TOP/examples" examples
ln -s "$DATA" ir
# As README has them, with the data at hand for ~/ir.
grep -h '^    .*paper\.db' "$TOP/README.md" | grep -v '^    \$' |
    sed 's/~\/ir/ir/; s/ *#.*//' >commands
[ "$(grep -c . commands)" -eq 3 ] || cat commands
sh -e commands >log 2>&1 || { echo "=> $?"; cat log; }
ls paper | grep -E '\.(dat|gp|md|tex)$'
sed -n '5,$p' paper/rankvicuna.md | grep 'regenerated |$'
grep -c 'regenerated \\\\$' paper/rankvicuna.tex
grep '^|' paper/dl.md
grep '^| reasonir' paper/bright.md
grep '^reasonir' paper/bright.tex
./rerankbench report paper anserini --store paper.db --runs bm25 | grep 'equal$'
grep -q '</html>' paper.html || echo "the page is not whole"
for f in paper/*.md paper/*.tex paper/*.dat paper/*.gp; do
    [ -s "$f" ] || echo "$f is empty"
done
if command -v gnuplot >/dev/null; then
    for f in pareto differences cdf depth effort tasks heat history; do
        grep -q '<svg' paper/$f.svg || echo "no picture in $f.svg"
        head -c 8 paper/$f.png | grep -q PNG || echo "no picture in $f.png"
    done
fi
# A second time nothing is sent and nothing changes.
cp -r paper first
sh -e commands >log 2>&1 || cat log
for f in paper/*.md paper/*.tex paper/*.dat paper/*.gp; do
    cmp "$f" "first/${f#paper/}"
done
sqlite3 paper.db 'SELECT count(*), max(attempt) FROM run, query_result ON run_id = run.id' |
    sed 's/^[0-9]*|//'
