# SPDX-License-Identifier: Apache-2.0
# No query in common and none that looks alike: no hint.
echo 'a 0 d 1' >qrels
echo 'b Q0 d 1 1 t' >run
"$RERANKBENCH" eval qrels run
