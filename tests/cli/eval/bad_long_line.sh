# SPDX-License-Identifier: Apache-2.0
# A line of 100 MB: refused at once, in little memory.
printf 'q1 0 a 1\n' >qrels
printf 'q1 Q0 a 1 2 t\n' >run
{ printf 'q1 Q0 '; head -c 100000000 /dev/zero | tr '\0' x; echo ' 2 1 t'; } |
    cat run - >long.run
case $RERANKBENCH in
*san/*) ;; # the sanitizers reserve address space
*) ulimit -v 400000 ;;
esac
"$RERANKBENCH" eval -j2 qrels long.run
