# SPDX-License-Identifier: Apache-2.0
# The sections of the README on data and rerankers of one's own, as written.
ln -s "$RERANKBENCH" rerankbench
ln -s "$TOP/demo" demo
ln -s "$TOP/examples" examples
command -v python3 >/dev/null || { echo 'missing package: python3'; exit 77; }
section() {
    awk -v head="## $1" '/^## / { on = $0 == head }
        on && /^    / { print substr($0, 5) }' "$TOP/README.md" >commands
    grep -c rerankbench commands
    # Latencies, and the date, are of the day.
    sh -e ./commands 2>&1 | sed 's/results of .*/results of DATE/
        s/  *[0-9.-]*  *[0-9.-]*$//; s/  */ /g'
}
section 'Bring your own data'
section 'Bring your own reranker'
