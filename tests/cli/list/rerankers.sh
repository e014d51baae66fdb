# SPDX-License-Identifier: Apache-2.0
# Text for people; the rest for programs. With a name: what its options mean.
"$RERANKBENCH" list rerankers | sed -n 's/^\(name \|first-stage\|rankgpt\) .*/\1/p'
"$RERANKBENCH" list rerankers bm25
"$RERANKBENCH" list rerankers bm24 2>&1
"$RERANKBENCH" list datasets dl19 2>&1
"$RERANKBENCH" list rerankers --format json | grep -c "\"name\": \"oracle\", "
"$RERANKBENCH" list rerankers --format csv | head -n 1
"$RERANKBENCH" list rerankers --format md | head -n 1
"$RERANKBENCH" list rerankers --format=tex | grep -c tabular
