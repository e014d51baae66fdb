# SPDX-License-Identifier: Apache-2.0
# Text for people, with what the options mean; the rest for programs.
"$RERANKBENCH" list rerankers | sed -n 's/^\(name \|first-stage\|bm25 b\).*/\1/p'
"$RERANKBENCH" list rerankers --format json | grep -c "\"name\": \"oracle\", "
"$RERANKBENCH" list rerankers --format csv | head -n 1
"$RERANKBENCH" list rerankers --format md | head -n 1
"$RERANKBENCH" list rerankers --format=tex | grep -c tabular
