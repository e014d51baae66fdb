#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tables, in LaTeX and Markdown, and the figures, as SVG and PNG, of the
# store that runs.sh fills.
set -eu
[ $# -eq 2 ] || { echo "usage: tables.sh STORE FOLDER" >&2; exit 2; }
store=$1
out=$2

report() {
    "${RERANKBENCH:-./rerankbench}" report "$@" --store "$store"
}

mkdir -p "$out"
for format in tex md; do
    report dl --runs '*@dl*' --against bm25 --against spladepp -o "$out/dl.$format"
    report bright --x100 --runs reasonir -o "$out/bright.$format"
    report paper rankvicuna -o "$out/rankvicuna.$format"
done
for format in svg png; do
    report pareto --runs '*@dl19' -o "$out/pareto.$format"
    report differences --runs bm25@dl19 --runs rankvicuna@dl19 \
        -o "$out/differences.$format"
    report cdf --runs 'rescored@dl19' -o "$out/cdf.$format"
    report depth --runs rescored@dl19 -o "$out/depth.$format"
    report effort --runs 'rescored@dl19' -o "$out/effort.$format"
    report tasks --runs bm25 --runs rankvicuna --runs reasonir \
        -o "$out/tasks.$format"
    report heat --runs bm25 --runs rankvicuna --runs reasonir \
        -o "$out/heat.$format"
    report history --runs rescored@dl19 -o "$out/history.$format"
done
