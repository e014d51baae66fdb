# SPDX-License-Identifier: Apache-2.0
# What runs took: percentiles where there are enough queries, ratios between
# equal conditions only, money and arithmetic where the file has the model.
. "$TOP/tests/data/report/open.sh"
exec 2>&1
cat >prices.yaml <<'Y'
acme/first-7b: {parameters: 7e9}
acme/list-7b: {prompt: 0.5, output: 2, parameters: 7e9}
Y
both efficiency --runs '*@dl*' --prices prices.yaml
both latency --runs '*@dl19' --baseline generate
report latency --runs 'first@dl20' --runs 'bm25'
both validity --runs '*@dl19' --runs reasoner@bright/pony
both ablation --runs 'first@dl19' --runs window-5 --runs generate --baseline first
both robustness --runs first --runs orders --runs broken
