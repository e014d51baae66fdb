# SPDX-License-Identifier: Apache-2.0
# Lists that are not lists.
try() {
    "$RERANKBENCH" eval "$@"
    echo "exit $?"
}
printf 'qrels run\n' >one.tsv
printf '# nothing\n\n' >empty.tsv
printf 'a\tb\tc\td\n' >four.tsv
printf '\tb\n' >blank.tsv
for list in one empty four blank missing; do
    try --files-from $list.tsv
done
try --files-from one.tsv qrels run
try qrels
try
