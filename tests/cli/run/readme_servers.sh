# SPDX-License-Identifier: Apache-2.0
# The commands of README's three model servers, against a scripted one: each is
# counted first, then run, and every query ends well.
cat >rank_zephyr_alpha_template.yaml <<'END'
method: singleturn_listwise
prefix: "query: {query}\n"
body: "[{rank}] {candidate}\n"
suffix: "Order:"
END
ln -s "$TOP/demo" demo
grep '^    ./rerankbench run .*server=http' "$TOP/README.md" >commands
cat >each.sh <<'END'
while read -r line; do
    line=$(printf '%s\n' "$line" |
        sed "s|^./rerankbench run|\"$RERANKBENCH\" run --format csv|
             s|http://localhost:[0-9]*|$MOCK_URL|")
    eval "$line --dry-run" 2>/dev/null | grep -c '[0-9]'
    eval "$line" 2>log | cut -d, -f3-4 || cat log
done <commands
END
"$BIN/mockd" 'on body=Say
 model answer=yesno
on
 model' sh each.sh 2>&1
"$RERANKBENCH" list runs --format csv | cut -d, -f2 | sort | tr '\n' ' '
