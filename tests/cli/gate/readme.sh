# SPDX-License-Identifier: Apache-2.0
# The commands of the README's section on CI print what stands there.
ln -s "$RERANKBENCH" rerankbench
ln -s "$TOP/demo" demo
awk '/^## / { on = $0 == "## In CI" } on && /^    / { print substr($0, 5) }' \
    "$TOP/README.md" >section
grep '^\./rerankbench' section >commands
wc -l <commands
sh ./commands >out 2>err # no -e: the gate fails, as it should
sed -n '/^gate: /,/^\.\.\./p' section | grep -v '^\.\.\.' | while read -r line; do
    grep -qxF -- "$line" out || echo "not printed: $line"
done
grep error err
