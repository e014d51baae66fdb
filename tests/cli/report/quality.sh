# SPDX-License-Identifier: Apache-2.0
# Tables of papers: repeats are averaged, unfinished runs and those that see the
# judgments are never best, ties are both, an average needs all of its cells.
. "$TOP/tests/data/report/open.sh"
exec 2>&1
both dl
both dl --x100 -m ndcg_cut.10 -m map --runs 'first@dl*' --runs 'bm25'
both bright --x100 --digits 1
both beir --set beir8
report beir --set beir15
both matrix --runs '*@dl*' --measure P@10 --measure nDCG@10
