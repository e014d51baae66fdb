# SPDX-License-Identifier: Apache-2.0
# What figures show, as tables in text and in JSON.
. "$TOP/tests/data/report/open.sh"
exec 2>&1
both pareto --runs bm25@dl19 --runs 'generate*@dl19'
both tasks --runs first@dl20 --runs 'bm25@dl*'
both heat --runs first@dl20 --runs 'bm25@dl*'
both depth --runs window-5 --runs generate
both effort --runs monot5@beir/scifact
both cdf --runs monot5@beir/scifact --runs seven@beir/scifact
both history --runs 'generate*'
both differences --runs monot5@beir/scifact --runs seven@beir/scifact
