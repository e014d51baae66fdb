# SPDX-License-Identifier: Apache-2.0
# A failed query is in no pair, and the exit code says that something is
# missing. A single query has a difference, and no interval.
exec 2>&1
data=$TOP/demo/trec-dl-garden
cat >half.sh <<'END'
echo '{"rerankbench":1,"ready":true}'
while read -r line; do
    case $line in
    *rot\ in*) echo "no rot please" >&2; exit 1 ;;
    esac
    printf '%s\n' "$line" | perl -ne '
        my ($id) = /"id":("?[^",]+"?)/; my $n = () = /"docid"/g;
        $id ||= 0;
        print "{\"id\":$id,\"order\":[" . join(",", reverse 0 .. $n - 1) . "]}\n"'
done
END
"$RERANKBENCH" run --dataset "$data" --candidates bm25 --label ok \
    --reranker first-stage >/dev/null 2>&1
"$RERANKBENCH" run --dataset "$data" --candidates bm25 --label half \
    --reranker "process(command='sh half.sh')" >/dev/null 2>log
echo "run: $?"
"$RERANKBENCH" compare ok half --format csv | cut -d, -f1-4,7,13-15
"$RERANKBENCH" compare ok half >table || echo "compare: $?"
grep "in all" table
printf '1 0 a 1\n1 0 b 0\n' >qrels
printf '1 Q0 a 1 2 t\n1 Q0 b 2 1 t\n' >one
printf '1 Q0 b 1 2 t\n1 Q0 a 2 1 t\n' >two
"$RERANKBENCH" compare one two --qrels qrels
