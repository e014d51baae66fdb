# SPDX-License-Identifier: Apache-2.0
# Standard output on a full disk.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
[ -e /dev/full ] || { echo "no /dev/full"; exit 77; }
"$RERANKBENCH" eval qrels run >/dev/full
