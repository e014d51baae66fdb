# SPDX-License-Identifier: Apache-2.0
# The stored answers of trec_eval 9.0.8 and 10 over the sample of pairs.
sh "$TOP/tests/oracle/check_sample.sh" "$RERANKBENCH"
