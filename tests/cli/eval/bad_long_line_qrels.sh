# SPDX-License-Identifier: Apache-2.0
# A judgment of 100 MB.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
{ printf 'q1 0 '; head -c 100000000 /dev/zero | tr '\0' x; echo ' 1'; } |
    cat qrels - >long.qrels
"$RERANKBENCH" eval -j2 long.qrels run
