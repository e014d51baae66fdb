# SPDX-License-Identifier: Apache-2.0
# Methods, presets of them with their papers, and the servers they speak to.
"$RERANKBENCH" list rerankers --format csv | cut -d, -f1 >names
for n in listwise first pointwise pairwise setwise tournament rerank-api \
    embedding consistency rankgpt rankzephyr reasonrank fullrank \
    qwen3-reranker rank1 erank prp-sliding-10 setwise-heapsort rank-r1 \
    tourrank; do
    grep -qx -e "$n" names || echo "no $n"
done
"$RERANKBENCH" list rerankers --format csv | grep '^rankgpt,'
"$RERANKBENCH" list dialects --format csv | cut -d, -f1 >names
for n in openai vllm sglang llamacpp ollama tei cohere; do
    grep -qx "$n" names || echo "no $n"
done
# docs/servers.md says of each row what proves it, in the row's own words.
"$RERANKBENCH" list dialects --format json |
    sed -n 's/.*"name": "\([^"]*\)".*"proven": "\([^"]*\)".*/| `\1` | \2 |/p' >rows
[ "$(wc -l <rows)" -ge 12 ] || cat rows
grep -vxF -f "$TOP/docs/servers.md" rows || :
